//! The card itself: power, and one command after another.

use crate::{
    Profile, RESPONSE_MAX,
    answer::{Reply, Response},
    binary,
    certification::Certification,
    channels::Channels,
    command::{Class, Command, ins},
    files::Memory,
    pin::{PinValues, Pins},
    record,
    sw::StatusWord,
};
#[cfg(feature = "full")]
use crate::{
    access::Condition,
    authenticate::{SubscriberKey, Subscription},
    gsm,
    select::Session,
};

/// A simulated card. It starts without power, and is mute until a cold reset.
#[derive(Clone)]
pub struct Card<M = Certification> {
    powered: bool,
    memory: M,
    pins: Pins,
    channels: Channels,
    response: Response,
    /// The channel whose response waits.
    response_channel: u8,
    #[cfg(feature = "full")]
    subscription: Option<Subscription>,
}

impl Card {
    /// A certification card as it leaves the factory, personalised with a profile.
    pub fn new(profile: &Profile) -> Self {
        let card = Self::with_memory(Certification::new(profile), &profile.pins());
        #[cfg(feature = "full")]
        let card = card.with_subscription(Profile::SUBSCRIBER_KEY, 0);
        card
    }
}

impl<M: Memory> Card<M> {
    /// A card with these files and PINs.
    pub fn with_memory(memory: M, pins: &PinValues) -> Self {
        Self {
            powered: false,
            pins: Pins::new(pins),
            channels: Channels::new(),
            response: Response::new(),
            response_channel: 0,
            #[cfg(feature = "full")]
            subscription: None,
            memory,
        }
    }

    /// The same card with a subscriber's key; `sqn` is the highest sequence number that counts as used.
    #[cfg(feature = "full")]
    #[must_use]
    pub fn with_subscription(self, key: SubscriberKey, sqn: u64) -> Self {
        Self {
            subscription: Some(Subscription::new(key, sqn)),
            ..self
        }
    }

    /// Supply on, clock on, reset released (ETSI TS 102 221, 6.1): the card answers, with [`ATR`](crate::ATR) the
    /// certification card.
    ///
    /// Files and PIN counters are as they were; the master file is current, no PIN is verified.
    pub fn cold_reset(&mut self) -> &[u8] {
        self.powered = true;
        self.forget_session();
        self.memory.layout().atr
    }

    /// Reset with the supply on (ISO/IEC 7816-3, 6.2.3): the same answer and effect as a cold reset.
    ///
    /// A card without power doesn't answer: the slice is empty.
    pub fn warm_reset(&mut self) -> &[u8] {
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
        let command = Command::parse(tpdu, self.memory.layout().generation);
        // What waits is for the very next command, which has to ask for it, on the same channel (12.1.1.1).
        let takes_it = |command: &Command<'_>| {
            command.instruction == ins::GET_RESPONSE
                && !matches!(command.class, Class::Etsi)
                && command.channel == self.response_channel
        };
        if !command.as_ref().is_ok_and(takes_it) {
            self.response.clear();
        }
        let command = &command?;
        let Self {
            memory,
            channels,
            pins,
            response,
            response_channel,
            ..
        } = self;
        *response_channel = command.channel;
        let session = channels.of(command)?;
        match (command.class, command.instruction) {
            (Class::Iso, ins::SELECT) => session.select(command, memory.layout(), pins, response),
            (Class::Iso, ins::READ_BINARY) => binary::read(command, session, pins, memory, reply),
            (Class::Iso, ins::UPDATE_BINARY) => binary::update(command, session, pins, memory),
            (Class::Iso, ins::READ_RECORD) => record::read(command, session, pins, memory, reply),
            (Class::Iso, ins::UPDATE_RECORD) => record::update(command, session, pins, memory),
            (Class::Iso, ins::SEARCH_RECORD) => record::search(command, session, pins, memory, response),
            (Class::Iso, ins::VERIFY | ins::CHANGE | ins::DISABLE | ins::ENABLE | ins::UNBLOCK) => {
                pins.execute(command)
            }
            (Class::Iso, ins::GET_RESPONSE) => response.get(command, reply),
            #[cfg(feature = "full")]
            (Class::Iso, ins::MANAGE_CHANNEL) => channels.manage(command, memory.layout(), pins, reply),
            #[cfg(not(feature = "full"))]
            (Class::Iso, ins::MANAGE_CHANNEL) => Err(StatusWord::CHANNEL_NOT_SUPPORTED),
            #[cfg(feature = "full")]
            (Class::Iso, ins::AUTHENTICATE) => {
                let subscription = self.subscription.as_mut();
                authenticate(command, memory, session, pins, subscription, response)
            }
            (Class::Etsi, ins::STATUS) => session.status(command, memory.layout(), pins, reply),
            (Class::Etsi, ins::TERMINAL_CAPABILITY) => terminal_capability(command),
            #[cfg(feature = "full")]
            (Class::Gsm, _) => {
                let work = gsm::Work {
                    memory,
                    session,
                    pins,
                    subscription: &mut self.subscription,
                    response,
                    reply,
                };
                Err(gsm::execute(command, work))
            }
            _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
        }
    }

    fn forget_session(&mut self) {
        self.pins.reset();
        self.channels = Channels::new();
        self.response.clear();
    }
}

impl Default for Card {
    /// The certification card, [`Profile::certification`].
    fn default() -> Self {
        Self::new(&Profile::certification())
    }
}

/// AUTHENTICATE (3GPP TS 31.102, 7.1.1): in the application, with PIN1 verified.
#[cfg(feature = "full")]
fn authenticate(
    command: &Command<'_>,
    memory: &impl Memory,
    session: &Session,
    pins: &Pins,
    subscription: Option<&mut Subscription>,
    response: &mut Response,
) -> Result<(), StatusWord> {
    let subscription = subscription.ok_or(StatusWord::INSTRUCTION_NOT_SUPPORTED)?;
    let data = command.data()?;
    if command.p1 != 0x00 {
        return Err(StatusWord::WRONG_P1_P2);
    }
    let application = session.active_application();
    let application = application.ok_or(StatusWord::CONDITIONS_NOT_SATISFIED)?;
    pins.require(Condition::Pin1, command.channel)?;
    // A service of the USIM is a bit of EF.UST, the first is number 1 (4.2.8).
    let offers = |service: usize| {
        let layout = memory.layout();
        let table = layout.child_file(application, 0x6F38);
        let byte = table.and_then(|table| layout.file(table)?.of(memory.content()).get((service - 1) / 8));
        byte.is_some_and(|byte| byte >> ((service - 1) % 8) & 1 == 1)
    };
    match (command.p2, data) {
        (0x81, data) => subscription.authenticate(data, offers(GSM_ACCESS), response),
        (0x80, _) if !offers(GSM_CONTEXT) => Err(StatusWord::CONTEXT_NOT_SUPPORTED),
        (0x80, [0x10, rand @ ..]) => {
            let rand = rand.try_into().map_err(|_| StatusWord::WRONG_LENGTH)?;
            let (signed, key) = subscription.gsm(rand);
            response.push(&[0x04]);
            response.push(&signed);
            response.push(&[0x08]);
            response.push(&key);
            Ok(())
        }
        (0x80, []) => Err(StatusWord::WRONG_LENGTH),
        (0x80, _) => Err(StatusWord::WRONG_DATA),
        // VGCS, GBA, local keys.
        _ => Err(StatusWord::WRONG_P1_P2),
    }
}

/// Services of EF.UST: GSM access, which gives Kc beside CK and IK; GSM security context.
#[cfg(feature = "full")]
const GSM_ACCESS: usize = 27;
#[cfg(feature = "full")]
const GSM_CONTEXT: usize = 38;

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
