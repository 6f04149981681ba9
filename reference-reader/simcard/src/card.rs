//! The card itself: power, and one command after another.

use crate::{
    ATR, Profile, RESPONSE_MAX,
    answer::{Reply, Response},
    binary,
    command::{Class, Command, ins},
    content::Content,
    pin::Pins,
    record,
    select::Session,
    sw::StatusWord,
};

/// A simulated UICC. It starts without power, and is mute until a cold reset.
#[derive(Clone)]
pub struct Card {
    powered: bool,
    content: Content,
    pins: Pins,
    session: Session,
    response: Response,
}

impl Card {
    /// A card as it leaves the factory, personalised with a profile.
    pub fn new(profile: &Profile) -> Self {
        Self {
            powered: false,
            content: Content::new(profile),
            pins: Pins::new(profile),
            session: Session::new(),
            response: Response::new(),
        }
    }

    /// Supply on, clock on, reset released (ETSI TS 102 221, 6.1): the card answers with its [`ATR`].
    ///
    /// Files and PIN counters are as they were; the master file is current, no PIN is verified.
    pub fn cold_reset(&mut self) -> &'static [u8] {
        self.powered = true;
        self.forget_session();
        &ATR
    }

    /// Reset with the supply on (ISO/IEC 7816-3, 6.2.3): the same answer and effect as a cold reset.
    ///
    /// A card without power doesn't answer: the slice is empty.
    pub fn warm_reset(&mut self) -> &'static [u8] {
        if self.powered { self.cold_reset() } else { &[] }
    }

    /// Supply off. The card is mute from now on; files and PIN counters stay.
    pub fn power_off(&mut self) {
        self.powered = false;
        self.forget_session();
    }

    /// Takes one command TPDU and gives its answer: data, if any, then SW1 and SW2.
    ///
    /// `tpdu` is the header of five bytes, CLA INS P1 P2 P3, and, where P3 is Lc, the data; the procedure bytes that
    /// a real card sends in between are the reader's affair. Returned is the length of the answer in bytes: 2 to 258,
    /// or 0 for a card without power. The rest of `response` is left as it was.
    pub fn transmit(&mut self, tpdu: &[u8], response: &mut [u8; RESPONSE_MAX]) -> usize {
        if !self.powered {
            return 0;
        }
        let mut reply = Reply::new(response);
        let status = match self.execute(tpdu, &mut reply) {
            Ok(()) => self.response.status(),
            Err(refusal) => refusal,
        };
        reply.finish(status)
    }

    /// Nothing is written into `reply` by a command that is refused.
    fn execute(&mut self, tpdu: &[u8], reply: &mut Reply<'_>) -> Result<(), StatusWord> {
        // What waits is for the very next command (12.1.1.1); GET RESPONSE puts it back.
        let mut waiting = core::mem::replace(&mut self.response, Response::new());
        let command = &Command::parse(tpdu)?;
        let Self {
            session,
            pins,
            content,
            response,
            ..
        } = self;
        match (command.class, command.instruction) {
            (Class::Iso, ins::SELECT) => session.select(command, pins, response),
            (Class::Iso, ins::READ_BINARY) => binary::read(command, session, pins, content, reply),
            (Class::Iso, ins::UPDATE_BINARY) => binary::update(command, session, pins, content),
            (Class::Iso, ins::READ_RECORD) => record::read(command, session, pins, content, reply),
            (Class::Iso, ins::UPDATE_RECORD) => record::update(command, session, pins, content),
            (Class::Iso, ins::SEARCH_RECORD) => record::search(command, session, pins, content, response),
            (Class::Iso, ins::VERIFY | ins::CHANGE | ins::DISABLE | ins::ENABLE | ins::UNBLOCK) => {
                pins.execute(command)
            }
            (Class::Iso, ins::GET_RESPONSE) => {
                let got = waiting.get(command, reply);
                self.response = waiting;
                got
            }
            (Class::Iso, ins::MANAGE_CHANNEL) => Err(StatusWord::CHANNEL_NOT_SUPPORTED),
            (Class::Etsi, ins::STATUS) => session.status(command, pins, reply),
            (Class::Etsi, ins::TERMINAL_CAPABILITY) => terminal_capability(command),
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }

    fn forget_session(&mut self) {
        self.pins.reset();
        self.session = Session::new();
        self.response = Response::new();
    }
}

impl Default for Card {
    /// The certification card, [`Profile::certification`].
    fn default() -> Self {
        Self::new(&Profile::certification())
    }
}

/// TERMINAL CAPABILITY (ETSI TS 102 221, 11.1.19): the template is looked at, and taken note of.
fn terminal_capability(command: &Command<'_>) -> Result<(), StatusWord> {
    let data = command.data()?;
    command.without_parameters()?;
    match data {
        [] => Err(StatusWord::WRONG_LENGTH),
        [0xA9, length, objects @ ..] if objects.len() == usize::from(*length) => Ok(()),
        _ => Err(StatusWord::WRONG_DATA),
    }
}
