//! The loop: carries bytes, time and module events between the operating system and the core, and decides nothing
//! itself.

use crate::{
    board::{Board, Times},
    clock::Clock,
    control::{Command, Control, What},
    faults::Faults,
    line::Line,
    link::{Input, Inputs, LinkId, Links, Teller},
    listen::Listener,
    lossy::Lossy,
    notice::{Notice, Notify},
    person::Person,
    software::Boot,
    source::CardSource,
};
use cardwire_core::{Identity, Instant, Reader};
use core::{fmt, num::NonZero, time::Duration};
use std::{io, sync::Arc};

/// What a reader asks to be done at once, and again, it does not get done more often than this.
const STUCK: Duration = Duration::from_millis(100);

/// So many links are told apart of each place to listen at.
const LINKS_OF_A_PLACE: LinkId = 1 << 32;

/// How a reader is set up, its identity aside.
#[derive(Clone)]
pub struct Options {
    /// What is in the contact slot.
    pub card: CardSource,
    /// Whether a simulated card is in the slot from the start.
    pub card_inserted: bool,
    /// How long the modules take.
    pub times: Times,
    /// How many times as fast the reader's clock runs, in a lab; its modules take the time that they take.
    pub clock_rate: NonZero<u16>,
    /// What goes wrong with the modules, in a lab.
    pub faults: Faults,
    /// What the links lose, in a lab.
    pub lossy: Option<Lossy>,
    /// Who is at the keypad, and what lies on the reader.
    pub person: Person,
    /// Is told what happens.
    pub notify: Notify,
}

impl Default for Options {
    /// The certification card in the slot, modules that take their time, and nobody is told.
    fn default() -> Self {
        Self {
            card: CardSource::default(),
            card_inserted: true,
            times: Times::default(),
            clock_rate: NonZero::<u16>::MIN,
            faults: Faults::default(),
            lossy: None,
            person: Person::default(),
            notify: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("card_inserted", &self.card_inserted)
            .field("times", &self.times)
            .field("clock_rate", &self.clock_rate)
            .field("faults", &self.faults)
            .field("lossy", &self.lossy)
            .finish_non_exhaustive()
    }
}

/// Boots a reader and runs it until its link can't come back; see [`Host::run`].
///
/// # Errors
/// As for [`Host::run`].
pub fn run<E: Boot>(listener: Listener, identity: Identity, env: E, options: Options) -> io::Result<()> {
    Host::new(identity, env, options).run(listener)
}

/// A reader that is a process: the core, and all that it works on.
pub struct Host<E> {
    reader: Reader<E>,
    /// What it was provisioned with; each start begins with it.
    identity: Identity,
    board: Board,
    clock: Clock,
    notify: Notify,
    line: Line,
    /// What was due already when it was last waited for.
    overdue: Option<Instant>,
    inputs: Inputs,
    teller: Teller,
}

impl<E: Boot> Host<E> {
    /// A reader that has just booted.
    pub fn new(identity: Identity, env: E, options: Options) -> Self {
        let Options {
            card,
            card_inserted,
            times,
            clock_rate,
            faults,
            lossy,
            person,
            notify,
        } = options;
        let clock = Clock::new(clock_rate);
        let (inputs, teller) = Inputs::new();
        let booted = Instant::from_millis(0);
        let mut board = Board::new(card.open(&teller), clock.times(times), Arc::clone(&notify))
            .with_faults(clock.faults(faults))
            .with_person(person);
        if card_inserted {
            board.insert_card(booted);
        }
        Self {
            reader: start(identity.clone(), env, booted),
            identity,
            board,
            clock,
            notify,
            line: Line::new(lossy),
            overdue: None,
            inputs,
            teller,
        }
    }

    /// A hold on this reader for other threads, from before it runs until it has stopped.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(self.teller.clone())
    }

    /// Runs the reader until somebody stops it or, with `stdio`, its input ends.
    ///
    /// There is one link at a time: over TCP the next connection is taken when the one before is closed, or has been
    /// silent for `T_idle`. A link that is closed ends the session on it.
    ///
    /// # Errors
    /// The operating system has no more threads.
    pub fn run(self, listener: Listener) -> io::Result<()> {
        self.run_all([listener])
    }

    /// The same with several places to listen at, of which all links share the reader's one line: the first on which bytes
    /// come holds it until it is closed, or has been silent for `T_idle` while another one waits.
    ///
    /// # Errors
    /// The operating system has no more threads.
    pub fn run_all(mut self, listeners: impl IntoIterator<Item = Listener>) -> io::Result<()> {
        let start = |(number, listener): (LinkId, Listener)| {
            Links::start(listener.kind, 1 + number * LINKS_OF_A_PLACE, self.teller.clone())
        };
        let links: Vec<Links> = (0..).zip(listeners).map(start).collect::<io::Result<_>>()?;
        let stopped = loop {
            while self.turn() {
                self = self.reset();
            }
            match self.wait() {
                Some(Input::Ended) => break None,
                Some(Input::Control(Command {
                    what: What::Stop,
                    done,
                })) => break Some(done),
                Some(input) => self.take(input),
                None => {}
            }
        };
        self.tell_energy();
        drop(self);
        for links in links {
            links.stop();
        }
        if let Some(done) = stopped {
            // Told last: the places to listen at are free again. Who asked may be gone.
            let _ = done.send(true);
        }
        Ok(())
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What a board's reset does: another reader on the same flash, and nothing left of the sessions of this one.
    fn reset(self) -> Self {
        (self.notify)(&Notice::Resets);
        self.tell_energy();
        let now = self.now();
        let Self {
            reader,
            identity,
            mut board,
            notify,
            mut line,
            ..
        } = self;
        if line.reset() {
            notify(&Notice::LinkClosed("the reader was reset".into()));
        }
        board.reset(now);
        Self {
            reader: start(identity.clone(), reader.into_env(), now),
            identity,
            board,
            notify,
            line,
            ..self
        }
    }

    /// Does all that can be done without waiting; whether the reader is then to be reset.
    fn turn(&mut self) -> bool {
        let mut idle = false;
        while !idle {
            let now = self.now();
            idle = !self.catch_up(now);
            // It is not later for the reader than when the next answer came.
            self.reader
                .handle_time(self.board.next_due().map_or(now, |due| due.min(now)));
            if self.line.choose(now) {
                self.reader.handle_link_reset(now);
            }
            idle &= !self.carry_out(now);
            idle &= !self.take_happened(now);
            idle &= !self.send_output();
            // A reader that is to be reset takes nothing more: it would not get to answer.
            idle &= self.reader.poll_reset() || !self.take_bytes(now);
        }
        self.resume();
        self.reader.poll_reset() && self.line.holder().is_none_or(|link| !link.writing)
    }

    /// Tells the reader what its modules did before it does what is overdue; whether there was something.
    ///
    /// A module that has answered in time is not late because this loop is: the processor may have been with others.
    fn catch_up(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some(then) = self.came_first(now) {
            self.take_happened(then);
            // Where nothing goes out, what is to go out next takes its place.
            self.send_output();
            any = true;
        }
        any
    }

    /// The time as of which a module is told of first, where something that it did was due before what is overdue.
    ///
    /// It is when that was due, so that what the reader has the module do next is not late either, where the modules keep to
    /// their times. What somebody else's card does next comes by the clock.
    fn came_first(&self, now: Instant) -> Option<Instant> {
        let overdue = self.reader.next_timeout().filter(|timeout| *timeout <= now)?;
        let due = self.board.next_due().filter(|due| *due <= overdue)?;
        Some(if self.board.answers_at_once() { due } else { now })
    }

    /// Tells the reader what has happened on its board; whether something has.
    fn take_happened(&mut self, now: Instant) -> bool {
        let happened = self.board.next(now);
        if let Some(happened) = &happened {
            self.reader.handle_module(now, happened.event());
            self.carry_out(now);
        }
        happened.is_some()
    }

    /// Has the board do what the reader has asked for, at the time at which it did: the reader counts from there. Whether there
    /// was something.
    fn carry_out(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some(command) = self.reader.poll_module() {
            self.board.carry_out(now, command);
            any = true;
        }
        any
    }

    /// The next input, or `None` when something is to be done without one.
    fn wait(&mut self) -> Option<Input> {
        let due = [
            self.reader.next_timeout(),
            self.board.next_due(),
            self.line.next_due(),
        ]
        .into_iter()
        .flatten()
        .min();
        let mut left = due.map(|due| self.clock.until(due));
        if left.is_some_and(|left| left.is_zero()) {
            // It became due since all was done that was. A reader that wants the same done again has a fault, and would spin.
            if core::mem::replace(&mut self.overdue, due) != due {
                return self.inputs.now();
            }
            left = Some(STUCK);
        }
        match self.line.holder() {
            Some(link) if link.is_direct() => link.next(&self.inputs, left),
            _ => self.inputs.wait(left),
        }
    }

    fn take(&mut self, input: Input) {
        // It comes behind what its modules have done before.
        let now = self.now();
        self.catch_up(now);
        match input {
            Input::Opened(opened) => {
                (self.notify)(&Notice::LinkOpened(opened.from.clone()));
                self.line.open(opened);
            }
            Input::Bytes(id, bytes) => self.line.take(now, id, bytes),
            Input::Written(id, written) => match (self.line.link(id), written) {
                (Some(link), Ok(())) => link.writing = false,
                (Some(_), Err(error)) => self.lose_link(id, error.to_string()),
                (None, _) => {}
            },
            Input::Closed(id, why) => self.lose_link(id, why),
            Input::Missing(why) => (self.notify)(&Notice::LinkMissing(why)),
            Input::Control(Command { what, done }) => {
                let changed = match what {
                    What::InsertCard => self.board.insert_card(now),
                    What::RemoveCard => self.board.remove_card(now),
                    What::Energy(account) => account.send(self.reader.energy().copied().collect()).is_ok(),
                    What::Power(trace) => trace.send(self.board.take_power()).is_ok(),
                    What::Fault(fault) => {
                        self.board.set_fault(fault);
                        true
                    }
                    What::Play(script) => {
                        self.board.play(script);
                        true
                    }
                    What::Seen(seen) => seen.send(self.board.take_seen()).is_ok(),
                    What::Stop => false,
                };
                self.turn();
                // Who asked may be gone.
                let _ = done.send(changed);
            }
            Input::Slot(told) => self.board.told(now, told),
            Input::Ended => {}
        }
    }

    //= spec/book/src/session.md#cw-sess-007
    //# A session that ends MUST leave no keys, no open login, and no enabled interface behind.
    fn lose_link(&mut self, id: LinkId, why: String) {
        let Some(held_line) = self.line.close(id) else {
            return;
        };
        (self.notify)(&Notice::LinkClosed(why));
        if held_line {
            let now = self.now();
            self.reader.handle_link_reset(now);
            self.tell_energy();
        }
    }

    fn tell_energy(&self) {
        for usage in self.reader.energy() {
            (self.notify)(&Notice::Energy(*usage));
        }
    }

    /// Hands the core's next frame to the link that holds the line; whether there was one.
    fn send_output(&mut self) -> bool {
        let Some(link) = self.line.holder() else {
            // What was meant for a link that is gone is nobody else's.
            return self.reader.poll_output().is_some();
        };
        if link.writing {
            return false;
        }
        let Some(bytes) = self.reader.poll_output() else {
            return false;
        };
        link.send(bytes);
        true
    }

    /// Gives the core the bytes that wait; whether it took some.
    fn take_bytes(&mut self, now: Instant) -> bool {
        let Some(link) = self.line.holder().filter(|link| !link.writing) else {
            return false;
        };
        let mut rest = &link.pending[link.taken..];
        let before = rest.len();
        self.reader.handle_bytes(now, &mut rest);
        let taken = before - rest.len();
        link.taken += taken;
        self.carry_out(now);
        taken > 0
    }

    /// Has the next bytes read when all of the last have been taken, and answered.
    fn resume(&mut self) {
        let Some(link) = self.line.holder().filter(|link| link.waits && !link.writing) else {
            return;
        };
        if link.taken == link.pending.len() {
            link.resume();
        }
    }
}

/// A reader that starts, under the name of the software that does.
fn start<E: Boot>(mut identity: Identity, mut env: E, now: Instant) -> Reader<E> {
    if let Some(software) = env.boot() {
        identity.software = software;
    }
    Reader::new(identity, env, now)
}

impl<E> fmt::Debug for Host<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("board", &self.board)
            .finish_non_exhaustive()
    }
}
