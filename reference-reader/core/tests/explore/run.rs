//! One way through everything that may happen, on the real reader core: actions, and what may never come of them.

use crate::hostile::{
    Held,
    board::{Board, Weakness, provisioned},
    ends::{Attempt, NONE, Session, encode},
    updates::{PlayedCloud, writing},
};
use cardwire_codec::{
    Frame, Message,
    frame::{Deframer, line_size},
    message::{
        ConnectAnswer, Disconnect, Format, FrameKind, Instruct, JobState, ModuleId, Offer, Provisioning,
        ServiceId,
        limits::{FRAME_MAX, T_IDLE_MS, T_MODULE_MS},
    },
};
use cardwire_core::{ModuleEvent, env::Record};
use cardwire_peers::{Identities, link::encode_frame};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// The published identities; reading them takes as long as a handshake.
static PEOPLE: LazyLock<Identities> = LazyLock::new(Identities::certification);

/// The service that writes one byte to the card.
const SERVICE: ServiceId = ServiceId::CERTIFICATION_ECHO;

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The client connects.
    Connect,
    /// The client has the reader log in; the cloud grants its service.
    Login,
    /// The client instructs the one job there is, or instructs it again.
    Instruct,
    /// It does, and the attacker keeps the frame.
    InstructHeld,
    /// The client ends its session.
    Disconnect,
    /// The attacker sends a frame that he has recorded, the newest of its kind.
    Replay(Kind),
    /// The line is cut and made again.
    Cut,
    /// The power goes and comes back.
    PowerCycle,
    CardOut,
    CardIn,
    /// The module that waits longest tells what it has to tell.
    ModuleTells,
    /// A module says once more that it has settled.
    ModuleStutters,
    /// Nothing happens until the reader gives up waiting for something.
    TimePasses,
}

/// Frames that the attacker records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Connect,
    Instruct,
    /// The first instruction of all, perhaps of a session before.
    OldInstruct,
    Disconnect,
    /// The last thing that the reader said: sent back to it.
    Answer,
}

/// A reader after a sequence of actions.
pub struct Run {
    board: Board,
    session: Option<Session>,
    /// The client waits for an answer: until it has come nothing else is asked.
    outstanding: bool,
    recorded: BTreeMap<Kind, Vec<u8>>,
    card: bool,
    /// The cloud has granted the service in a session that nothing has ended.
    granted: bool,
    /// When the reader heard its client last, at the latest.
    heard: u64,
    /// Sealed frames of the reader, by the connect_answer whose keys they are under, and their number.
    sealed: HashMap<(Vec<u8>, u64), Vec<u8>>,
    keys: Vec<u8>,
    broken: Option<&'static str>,
}

/// What tells one state from another: what can be seen, and what the attacker holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    supplied: Vec<u8>,
    untold: Vec<String>,
    /// How far the service has come: it resets the card, and writes to it.
    resets: usize,
    pub writes: usize,
    card: bool,
    granted: bool,
    outstanding: bool,
    recorded: Vec<(Kind, usize)>,
    journal: Option<u8>,
    /// State of session and job, as the client sees them.
    session: Option<String>,
    due: Option<u64>,
    pub interrupted: bool,
}

impl Run {
    pub fn new(weakness: Option<Weakness>) -> Self {
        let identity = provisioned(PEOPLE.reader.as_ref().unwrap(), Provisioning::Certification);
        let mut board = Board::new(identity, weakness);
        let record = [&1_u32.to_be_bytes()[..], &writing(SERVICE)].concat();
        board.memory.lock().records.insert(Record::Logic(0), record);
        board.reset();
        board.patient = true;
        Self {
            board,
            session: None,
            outstanding: false,
            recorded: BTreeMap::new(),
            card: true,
            granted: false,
            heard: 0,
            sealed: HashMap::new(),
            keys: Vec::new(),
            broken: None,
        }
    }

    /// Whether an action can happen now.
    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Connect | Action::Cut | Action::PowerCycle => true,
            Action::Login | Action::Instruct | Action::InstructHeld | Action::Disconnect => {
                self.session.is_some() && !self.outstanding
            }
            Action::Replay(kind) => self.recorded.contains_key(&kind),
            Action::CardOut => self.card,
            Action::CardIn => !self.card,
            Action::ModuleTells => !self.board.untold().is_empty(),
            Action::ModuleStutters => !self.board.supplied.is_empty(),
            Action::TimePasses => self.board.reader.next_timeout().is_some(),
        }
    }

    /// Lets it happen. Whoever can't do what he meant to has lost his session, and finds out: somebody else is on the
    /// line.
    pub fn does(&mut self, action: Action) {
        if self.try_to(action).is_err() {
            self.session = None;
        }
        self.look();
    }

    fn try_to(&mut self, action: Action) -> Held {
        match action {
            Action::Connect => {
                self.session = None;
                let attempt = Attempt::new(&mut self.board, &PEOPLE.clients[0])?;
                let line = encode_frame(FrameKind::Clear, 42, &attempt.connect);
                self.recorded.insert(Kind::Connect, line.clone());
                let answer = self.hear(&line).unwrap_or_default();
                self.session = Some(attempt.finish(&answer)?);
                // An accepted connect ends the session before it.
                (self.granted, self.outstanding) = (false, false);
            }
            Action::Login => {
                let Some(session) = &mut self.session else {
                    return Ok(());
                };
                self.granted = false;
                let key = PEOPLE.cloud.clone().unwrap().static_key;
                let offer = Offer {
                    service: SERVICE,
                    format: Format::NATIVE,
                };
                PlayedCloud::login(session, &mut self.board, &key, &[offer])?;
                (self.granted, self.heard) = (true, self.board.now);
            }
            Action::Instruct => self.send(Kind::Instruct, true),
            Action::InstructHeld => self.send(Kind::Instruct, false),
            Action::Disconnect => {
                self.send(Kind::Disconnect, true);
                (self.session, self.granted) = (None, false);
            }
            Action::Replay(kind) => {
                let line = self.recorded.get(&kind).cloned().unwrap_or_default();
                let answered = self.hear(&line).is_some();
                self.outstanding &= !(kind == Kind::Instruct && answered);
            }
            Action::Cut => {
                (self.session, self.granted) = (None, false);
                self.board.lose_link();
            }
            Action::PowerCycle => {
                (self.session, self.granted) = (None, false);
                self.board.reset();
                if !self.card {
                    self.board.tell(ModuleEvent::CardRemoved(0));
                }
            }
            Action::CardOut => {
                self.card = false;
                self.board.tell(ModuleEvent::CardRemoved(0));
            }
            Action::CardIn => {
                self.card = true;
                self.board.tell(ModuleEvent::CardInserted(0));
            }
            Action::ModuleTells => drop(self.board.let_tell()),
            Action::ModuleStutters => self.board.tell(ModuleEvent::Enabled(ModuleId::CONTACT_CARD)),
            Action::TimePasses => {
                let due = self.board.reader.next_timeout().map_or(0, |due| due.as_millis());
                self.board.pass(due.saturating_sub(self.board.now));
                if self.board.now >= self.heard + T_IDLE_MS {
                    self.granted = false;
                }
            }
        }
        Ok(())
    }

    /// Sends the client's next request, or leaves it to the attacker.
    fn send(&mut self, kind: Kind, delivered: bool) {
        let Some(session) = &mut self.session else { return };
        let message = match kind {
            Kind::Disconnect => encode(&Disconnect { extensions: NONE }),
            Kind::Connect | Kind::Instruct | Kind::OldInstruct | Kind::Answer => encode(&Instruct {
                job: &[1; 16],
                service: SERVICE,
                parameters: &[],
                extensions: NONE,
            }),
        };
        let line = encode_frame(
            FrameKind::Sealed,
            session.next,
            &session.seal(session.next, &message),
        );
        // A number is used once, whether its frame arrives or not: the client only repeats the frame.
        session.next += 1;
        if kind == Kind::Instruct {
            self.recorded
                .entry(Kind::OldInstruct)
                .or_insert_with(|| line.clone());
        }
        self.recorded.insert(kind, line.clone());
        if delivered {
            self.hear(&line);
        }
        self.outstanding = !delivered;
    }

    /// Brings a frame to the reader and gives the payload of what it says to it.
    fn hear(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        let idle = self.board.supplied.is_empty();
        let said = self.board.hear(line);
        if idle && !self.board.supplied.is_empty() && !self.granted {
            self.broken = Some("a service has begun, and nobody is logged in");
        }
        let frame = said.first()?;
        self.heard = self.board.now;
        self.recorded.insert(Kind::Answer, frame.encode());
        Some(frame.payload.clone())
    }

    /// Looks at what was said and done.
    fn look(&mut self) {
        if self.board.writes.len() > 1 {
            self.broken = Some("one job has written twice");
        }
        let due = self.board.reader.next_timeout().map(|due| due.as_millis());
        let waited_for = due.is_some_and(|due| due <= self.board.now + T_MODULE_MS);
        if !self.board.supplied.is_empty() && !waited_for {
            self.broken = Some("a module is supplied, and nobody waits for it");
        }
        let said = core::mem::take(&mut self.board.said);
        let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
        let mut rest = &said[..];
        while let Some(frame) = deframer.feed(&mut rest) {
            if let Ok(Frame {
                kind,
                number,
                payload,
            }) = frame
            {
                match kind {
                    FrameKind::Clear if payload.first() == Some(&ConnectAnswer::CODE) => {
                        self.keys = payload.to_vec()
                    }
                    FrameKind::Clear => {}
                    FrameKind::Sealed => {
                        let before = self.sealed.insert((self.keys.clone(), number), payload.to_vec());
                        if before.is_some_and(|before| before != payload) {
                            self.broken = Some("two messages are sealed under one number of one key");
                        }
                    }
                }
            }
        }
    }

    /// What can be seen now, and what was broken. The reader is asked, so that this run ends here.
    pub fn ended(mut self) -> (View, Option<&'static str>) {
        let mut view = View {
            supplied: self.board.supplied.iter().copied().collect(),
            untold: self.board.untold(),
            resets: self.board.card_resets,
            writes: self.board.writes.len(),
            card: self.card,
            granted: self.granted,
            outstanding: self.outstanding,
            recorded: self
                .recorded
                .iter()
                .map(|(kind, line)| (*kind, line.len()))
                .collect(),
            journal: None,
            session: None,
            due: None,
            interrupted: false,
        };
        let now = self.board.now;
        view.due = self
            .board
            .reader
            .next_timeout()
            .map(|due| due.as_millis().saturating_sub(now));
        // Where a job's state stands in the journal's record.
        let journal = self.board.memory.lock().records.get(&Record::Journal).cloned();
        view.journal = journal.and_then(|record| record.get(82).copied());
        let cut_off = view.journal == Some(JobState::Running.value());
        view.interrupted = cut_off && self.board.supplied.is_empty();
        if let Some(session) = &mut self.session {
            // In the place of the request that waits.
            session.next -= u64::from(self.outstanding);
            let state = session.status(&mut self.board).map(|status| status.state);
            let job = session.job(&mut self.board, 1);
            view.session = Some(format!(
                "{state:?} {:?}",
                job.ok().map(|(state, outcome, _)| (state, outcome))
            ));
        }
        self.look();
        if self.broken.is_none() {
            self.broken = self.comes_back();
        }
        (view, self.broken)
    }

    /// Whether the reader is idle some time after everybody has left it, and serves who comes next.
    fn comes_back(&mut self) -> Option<&'static str> {
        self.board.lose_link();
        self.board.pass(T_IDLE_MS + T_MODULE_MS);
        if !self.board.supplied.is_empty() {
            return Some("a module is supplied long after everybody has left");
        }
        match self.board.connect(&PEOPLE.clients[0]) {
            Ok(_) => None,
            Err(_) => Some("the right client does not get in any more"),
        }
    }
}
