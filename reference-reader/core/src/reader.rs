//! The reader as its board sees it: bytes, time and module events in, bytes and module commands out.

use crate::{
    control::MainControl,
    env::Env,
    identity::Identity,
    modules::{ModuleCommand, ModuleEvent, energy::Usage},
    time::Instant,
};
use cardwire_codec::{
    frame::{Deframer, line_size},
    message::limits::FRAME_MIN,
};

/// Bytes that the largest frame takes on the line.
pub(crate) const LINE: usize = line_size(FRAME_MIN);

/// A reader: all its parts, without a socket, clock, thread or flash of its own.
///
/// # Contract
/// The board owns the link, the clock and the modules. It calls, in any order and as often as it likes,
///
/// - [`handle_bytes`](Self::handle_bytes) with what came in on the link,
/// - [`handle_link_reset`](Self::handle_link_reset) when the link was closed and opened again,
/// - [`handle_module`](Self::handle_module) with what the modules did,
/// - [`handle_time`](Self::handle_time) when [`next_timeout`](Self::next_timeout) has come,
///
/// always with the present time, and after each of them, until both return `None`,
///
/// 1. [`poll_module`](Self::poll_module), carrying out each command, and
/// 2. [`poll_output`](Self::poll_output), sending the bytes out on the link.
///
/// A board with two places for software also asks [`poll_reset`](Self::poll_reset) when both have returned `None`.
///
/// Nothing here blocks, allocates or panics, whatever comes in.
#[cfg_attr(feature = "clone", derive(Clone))]
pub struct Reader<E> {
    deframer: Deframer<LINE>,
    control: MainControl<E>,
}

impl<E: Env> Reader<E> {
    /// A reader that has just booted: locked, every module disabled, no card detected.
    pub fn new(identity: Identity, env: E, now: Instant) -> Self {
        let mut reader = Self::unbooted(identity, env, now);
        reader.boot(now);
        reader
    }

    /// The same before it has looked into its storage: [`boot`](Self::boot) has to follow before anything else, and until then it
    /// accepts no client. For chips: the reader is made where it stays and not on the stack, where what boots it needs the
    /// room.
    #[inline(always)]
    pub fn unbooted(identity: Identity, env: E, now: Instant) -> Self {
        Self {
            deframer: Deframer::new(),
            control: MainControl::asleep(identity, env, now),
        }
    }

    /// Takes up what a reset has left in storage.
    #[inline(never)]
    pub fn boot(&mut self, now: Instant) {
        self.control.wake(now);
    }

    /// Takes bytes from the front of `input` until it is used up or an answer waits to go out: poll, then call again
    /// while bytes are left.
    //= spec/book/src/link.md#cw-link-008
    //# A reader MUST keep its state when bytes arrive in pieces of any size and with pauses of any length below `T_idle`.
    pub fn handle_bytes(&mut self, now: Instant, input: &mut &[u8]) {
        while !self.control.has_output() {
            let Some(frame) = self.deframer.feed(input) else {
                return;
            };
            if let Ok(frame) = frame {
                self.control.handle_frame(now, &frame);
            }
        }
    }

    /// The link was closed and opened again: the session on it has ended, and what was on its way in or out is lost.
    //= spec/book/src/link.md#cw-link-009
    //# A reader MUST drop, when its link is reset, the frame that has begun to arrive and every frame that it has not sent yet.
    pub fn handle_link_reset(&mut self, now: Instant) {
        self.deframer.reset();
        self.control.handle_link_reset(now);
    }

    /// Takes what a module did.
    pub fn handle_module(&mut self, now: Instant, event: ModuleEvent<'_>) {
        self.control.handle_module(now, event);
    }

    /// Does what is due.
    pub fn handle_time(&mut self, now: Instant) {
        self.control.handle_time(now);
    }

    /// When [`handle_time`](Self::handle_time) has something to do next; `None` while nothing is waited for.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.control.next_timeout()
    }

    /// The next command for a module; they are to be carried out in this order.
    pub fn poll_module(&mut self) -> Option<ModuleCommand<'_>> {
        self.control.next_module_command()
    }

    /// The energy account: for how long each service has had each module supplied since the reader has booted.
    pub fn energy(&self) -> impl Iterator<Item = &Usage> {
        self.control.usages()
    }

    /// Whether the board is to reset itself now: new software waits to be started on trial, or was on trial and not
    /// confirmed. The board sends what it was given for the link, then resets, and
    /// [`boot::choose`](crate::boot::choose) decides what starts.
    #[must_use]
    pub fn poll_reset(&self) -> bool {
        self.control.is_reset_due()
    }

    /// The environment, for a driver that works on the same hardware between its calls.
    pub fn env_mut(&mut self) -> &mut E {
        self.control.env_mut()
    }

    /// Ends this reader, as a reset does, and gives its environment to the next one.
    pub fn into_env(self) -> E {
        self.control.into_env()
    }

    /// The next bytes for the link: one frame, encoded.
    pub fn poll_output(&mut self) -> Option<&[u8]> {
        self.control.next_output()
    }
}
