//! Main control: takes the client's instruction, determines the service, drives the modules' working state, runs the
//! service.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`MainControl`] | what comes in and goes out, sessions, time |
//! | [`connection`] | hello and connect, in clear |
//! | [`requests`] | the sealed requests |
//! | [`services`] | those of them that are for service interfaces |
//! | [`login`] | the login, and what the cloud sends after it |
//! | [`session`] | one session |
//! | [`secrets`] | secrets of a card, from the cloud for one job |
//! | [`jobs`] | what was instructed, and how it ended |
//! | [`run`] | the running service |
//! | [`output`] | what is to go out |

mod connection;
mod jobs;
mod login;
mod output;
mod requests;
mod run;
mod secrets;
mod services;
mod session;

use crate::{
    diagnostics::Diagnostics,
    env::{Env, Record},
    identity::{Identity, Owner},
    interface::InterfaceModule,
    logic::LogicStore,
    modules::{ModuleCommand, ModuleEvent, Modules, energy::Usage},
    security::{backoff::Backoff, channel::Opened, entropy::Entropy, keyring::Keyring, noise::TAG},
    time::Instant,
    update::{Installed, Update},
};
use cardwire_codec::{
    Frame,
    extension::ExtensionWriter,
    message::{
        CardEvent, CardState, Event, FrameKind, JobState, Progress, Slot, WorkingState,
        limits::{MESSAGE_MAX, T_IDLE_MS},
    },
};
use jobs::Jobs;
use output::Output;
use run::{Run, Surroundings};
pub(crate) use secrets::SECRETS_MAX;
use secrets::Secrets;
use session::Session;

/// Events: the largest is progress.
const EVENT_MAX: usize = 32;

/// Slots that a reader of this software can have.
const SLOTS_MAX: usize = 4;

/// The main control and all that it drives.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct MainControl<E> {
    env: E,
    identity: Owner,
    keys: Keyring,
    boot_counter: u32,
    booted: Instant,
    /// `None` while the random source fails: no client is accepted then.
    challenge: Option<[u8; 16]>,
    entropy: Entropy,
    backoff: Backoff,
    session: Option<Session>,
    /// Number and digest of the connect frame that the cached connect_answer answers.
    accepted_connect: Option<(u64, [u8; 32])>,
    interface: InterfaceModule,
    logic: LogicStore,
    modules: Modules,
    security_state: WorkingState,
    jobs: Jobs,
    run: Run,
    secrets: Secrets,
    update: Update,
    diagnostics: Diagnostics,
    /// Those that the board has; services work with the first.
    slots: [Slot; SLOTS_MAX],
    slot_count: usize,
    output: Output,
    /// The session ends when the answer to the present request has gone out.
    ends_with_answer: bool,
}

impl<E: Env> MainControl<E> {
    /// A reader that has not looked into its storage yet: [`wake`](Self::wake) is to follow. The two are apart because on a
    /// chip the stack is deepest while the reader is made, and what looks into storage needs a stack of its own.
    #[inline(always)]
    pub(crate) fn asleep(identity: Identity, env: E, now: Instant) -> Self {
        let (identity, keys) = Keyring::of(identity);
        Self {
            boot_counter: 0,
            booted: now,
            challenge: None,
            entropy: Entropy::new(0),
            backoff: Backoff::none(now),
            session: None,
            accepted_connect: None,
            interface: InterfaceModule::new(),
            logic: LogicStore::empty(),
            keys,
            modules: Modules::new(env.modules()),
            security_state: WorkingState::Disabled,
            jobs: Jobs::empty(),
            run: Run::new(),
            secrets: Secrets::none(),
            update: Update::empty(),
            diagnostics: Diagnostics::new(now),
            slots: core::array::from_fn(|number| Slot {
                number: number as u8,
                card: CardState::Absent,
                generation: 0,
            }),
            slot_count: usize::from(env.slots()).min(SLOTS_MAX),
            output: Output::new(),
            ends_with_answer: false,
            identity,
            env,
        }
    }

    /// Takes up what a reset has left in storage.
    #[inline(never)]
    pub(crate) fn wake(&mut self, now: Instant) {
        let mut stored = [0; 4];
        let boots = match self.env.load(Record::BootCounter, &mut stored) {
            Some(4) => u32::from_be_bytes(stored),
            _ => 0,
        };
        self.boot_counter = boots.saturating_add(1);
        self.entropy = Entropy::new(self.boot_counter);
        // Ephemeral keys must not repeat after a reset: without the counter no client is accepted (CW-LOGIN-011).
        let counted = self
            .env
            .store(Record::BootCounter, &self.boot_counter.to_be_bytes())
            .is_ok();
        self.backoff = Backoff::new(&mut self.env, now);
        self.keys.load(&mut self.env, &self.identity);
        self.logic.load(&mut self.env);
        let mut installed = Installed {
            identity: &self.identity,
            logic: &mut self.logic,
            keys: &mut self.keys,
        };
        self.update = Update::load(&mut self.env, &mut installed, now);
        self.jobs = Jobs::load(&mut self.env);
        if counted {
            self.renew_challenge();
        }
    }

    /// Takes one frame from the link.
    pub(crate) fn handle_frame(&mut self, now: Instant, frame: &Frame<'_>) {
        self.handle_time(now);
        match frame.kind {
            FrameKind::Clear => self.handle_clear(now, frame),
            FrameKind::Sealed if self.session.is_some() => self.handle_sealed(now, frame),
            FrameKind::Sealed => self.refuse(frame.number),
        }
    }

    /// The link was reset: its session has ended, and what waits to go out is nobody's.
    pub(crate) fn handle_link_reset(&mut self, now: Instant) {
        self.end_session(now);
        self.output.clear();
    }

    #[inline(never)]
    fn handle_sealed(&mut self, now: Instant, frame: &Frame<'_>) {
        let mut message = [0; MESSAGE_MAX];
        let Some(session) = self.session.as_mut() else {
            return;
        };
        match session.channel.open(frame.number, frame.payload, &mut message) {
            Opened::Request(request) => {
                session.heard = now;
                let length = request.len();
                self.handle_request(now, &message[..length]);
            }
            // Whoever holds the line can repeat a frame: it is no sign of life.
            Opened::Repeat => self.output.repeat_answer(),
            Opened::TooManyFailures => self.end_session(now),
            Opened::Dropped => {}
        }
    }

    /// Ends the session: no keys, no login, no enabled interface stay behind.
    //= spec/book/src/session.md#cw-sess-007
    //# A session that ends MUST leave no keys, no open login, and no enabled interface behind.
    pub(crate) fn end_session(&mut self, now: Instant) {
        if self.session.take().is_none() {
            return;
        }
        self.accepted_connect = None;
        self.output.forget_session();
        self.interface.disable_services(now, &mut self.diagnostics);
        self.interface.set_platform(false, now, &mut self.diagnostics);
        self.forget_secrets(now);
        let (run, mut around) = self.split(now);
        run.client_lost(&mut around);
    }

    /// The running service, and what it works on.
    fn split(&mut self, now: Instant) -> (&mut Run, Surroundings<'_, E>) {
        let around = Surroundings {
            env: &mut self.env,
            jobs: &mut self.jobs,
            modules: &mut self.modules,
            diagnostics: &mut self.diagnostics,
            card_present: self.slots[0].card == CardState::Present,
            now,
        };
        (&mut self.run, around)
    }

    /// Takes what the board tells of a module.
    pub(crate) fn handle_module(&mut self, now: Instant, event: ModuleEvent<'_>) {
        let switched = match event {
            ModuleEvent::CardInserted(slot) => Some((slot, CardState::Present)),
            ModuleEvent::CardRemoved(slot) => Some((slot, CardState::Absent)),
            _ => None,
        };
        if let Some((number, card)) = switched
            && let Some(slot) = self.slots[..self.slot_count].get_mut(usize::from(number))
            && slot.card != card
        {
            //= spec/book/src/modules.md#cw-mod-008
            //# A reader MUST count insertions and removals of each slot.
            slot.card = card;
            slot.generation = slot.generation.wrapping_add(1);
            let slot = *slot;
            //= spec/book/src/modules.md#cw-mod-011
            //# A reader SHOULD send a card_event for each insertion and removal while a session is open.
            self.send_event(&Event::CardEvent(CardEvent {
                slot,
                extensions: Default::default(),
            }));
        }
        let (run, mut around) = self.split(now);
        run.handle(event, &mut around);
        self.report_progress();
    }

    /// Tells the client how far its job has come, or that it has ended; a hint.
    fn report_progress(&mut self) {
        let (ended, percent) = (self.run.take_ended(), self.run.take_percent());
        let state = if ended { JobState::Done } else { JobState::Running };
        if !ended && percent.is_none() {
            return;
        }
        let Some(job) = self.run.job().copied() else {
            return;
        };
        let mut room = [0; 8];
        let mut extensions = ExtensionWriter::new(&mut room);
        if let Some(percent) = percent {
            // The room is as large as the one extension.
            let _ = extensions.push(Progress::PERCENT, &[percent]);
        }
        let progress = Progress {
            job: &job,
            state,
            step: self.run.steps(),
            extensions: extensions.finish(),
        };
        self.send_event(&Event::Progress(progress));
    }

    #[inline(never)]
    fn send_event(&mut self, event: &Event<'_>) {
        let Some(session) = self.session.as_mut() else {
            return;
        };
        let (mut message, mut sealed) = ([0; EVENT_MAX], [0; EVENT_MAX + TAG]);
        let Ok(length) = event.encode(&mut message) else {
            return;
        };
        if let Some((number, length)) = session.channel.seal_event(&message[..length], &mut sealed) {
            self.output.put_event(number, &sealed[..length]);
        }
    }

    /// Does what is due: sessions and logins that have been silent, grants that have ended, modules that hang.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        if let Some(session) = &mut self.session {
            //= spec/book/src/session.md#cw-sess-017
            //# A reader MUST end a session when no new request has authenticated for `T_idle`, not earlier, and at most `T_answer` later.
            if now >= session.heard.plus_millis(T_IDLE_MS) {
                self.end_session(now);
            } else if session.login_deadline.is_some_and(|deadline| now >= deadline) {
                //= spec/book/src/login.md#cw-login-008
                //# A reader MUST drop a login that is not finished `T_handshake` after it began.
                session.drop_login();
            }
        }
        //= spec/book/src/login.md#cw-login-009
        //# A reader MUST disable the service interfaces when the lifetime of the grants has passed.
        if self.interface.expiry().is_some_and(|expiry| now >= expiry) {
            self.interface.disable_services(now, &mut self.diagnostics);
            if let Some(session) = &mut self.session {
                session.drop_login();
            }
        }
        self.forget_secrets(now);
        self.update.handle_time(now);
        let (run, mut around) = self.split(now);
        run.handle_time(&mut around);
        self.report_progress();
    }

    /// Whether the board is to reset itself now: never in the middle of a service, nor before an answer has gone out.
    pub(crate) fn is_reset_due(&self) -> bool {
        self.update.is_reset_due() && !self.run.is_running() && !self.output.is_pending()
    }

    pub(crate) fn env_mut(&mut self) -> &mut E {
        &mut self.env
    }

    pub(crate) fn into_env(self) -> E {
        self.env
    }

    /// When [`MainControl::handle_time`] has something to do next.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let session = self.session.as_ref();
        // By reference: an array that is iterated itself is moved first.
        let due = [
            session.map(|session| session.heard.plus_millis(T_IDLE_MS)),
            session.and_then(|session| session.login_deadline),
            self.interface.expiry(),
            self.secrets.deadline(),
            self.modules.deadline(),
            self.update.deadline(),
        ];
        due.iter().flatten().min().copied()
    }

    /// The next command for the board.
    pub(crate) fn next_module_command(&mut self) -> Option<ModuleCommand<'_>> {
        let queued = self.modules.pop()?;
        Some(queued.for_board(self.run.tpdu()))
    }

    /// The slots of this reader.
    fn slots(&self) -> &[Slot] {
        &self.slots[..self.slot_count]
    }

    /// For how long each service has had each module supplied.
    pub(crate) fn usages(&self) -> impl Iterator<Item = &Usage> {
        self.modules.usages()
    }

    /// The next bytes for the link.
    pub(crate) fn next_output(&mut self) -> Option<&[u8]> {
        self.output.next()
    }

    /// Whether bytes wait for the link.
    pub(crate) fn has_output(&self) -> bool {
        self.output.is_pending()
    }
}
