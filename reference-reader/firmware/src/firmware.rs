//! The main loop: carries bytes, time and module events between a [`Board`] and the reader, and decides nothing itself.
//!
//! # The line
//! A UART has no connection: the reader can't see that a client has gone and another one has come. So
//! `Reader::handle_link_reset` is never called here, and nothing is lost by it: a session ends by `disconnect`, by
//! silence, or by the next client's connect, as it does on every link. What a client left unfinished on the line costs
//! the next one at most its first frame, and none if that begins with a delimiter.
//!
//! # Memory
//! [`Firmware`] holds everything that lives as long as the reader, and is meant for a static: then its size is seen by
//! the linker, which refuses an image that doesn't fit, and the stack holds nothing but calls.

use crate::environment::Environment;
use crate::modules::Modules;
use crate::Board;
use cardwire_core::codec::frame::line_size;
use cardwire_core::codec::message::limits::FRAME_MIN;
use cardwire_core::{Identity, Instant, ModuleEvent, Reader};
use core::cell::RefCell;

/// Bytes that are taken from the line at once.
const INPUT: usize = 64;
/// The largest frame that the reader sends, on the line.
const OUTPUT: usize = line_size(FRAME_MIN);

/// A reader on a board.
pub struct Firmware<'b, B: Board> {
    board: &'b RefCell<B>,
    reader: Reader<Environment<'b, B>>,
    modules: Modules,
    /// What the line has given and the reader has not taken yet.
    input: Buffer<INPUT>,
    /// What the reader has said and the line has not taken yet.
    output: Buffer<OUTPUT>,
}

impl<'b, B: Board> Firmware<'b, B> {
    /// A reader that has just been reset, with a card in its slot.
    pub fn new(board: &'b RefCell<B>, identity: Identity) -> Self {
        let now = now(board);
        let mut reader = Reader::new(identity, Environment(board), now);
        reader.handle_module(now, ModuleEvent::CardInserted);
        Self {
            board,
            reader,
            modules: Modules::new(),
            input: Buffer::new(),
            output: Buffer::new(),
        }
    }

    /// Works until the next reset.
    pub fn run(&mut self) -> ! {
        loop {
            self.turn();
        }
    }

    /// One round: input, events, time, output, and sleep when there was none of them.
    pub fn turn(&mut self) {
        self.board.borrow_mut().feed_watchdog();
        let now = now(self.board);
        let worked = self.take_input(now) | self.take_event(now) | self.take_time(now) | self.give_output();
        if !worked {
            let until = self.reader.next_timeout().map(Instant::as_millis);
            self.board.borrow_mut().idle(until);
        }
    }

    /// The reader takes no byte while an answer waits for the line, and the line none while bytes wait for the reader:
    /// a client that sends without reading is held up, and takes no memory here.
    fn take_input(&mut self, now: Instant) -> bool {
        if self.input.is_empty() {
            self.input.fill(|room| self.board.borrow_mut().uart_read(room));
        }
        if self.input.is_empty() {
            return false;
        }
        let mut rest = self.input.rest();
        self.reader.handle_bytes(now, &mut rest);
        let left = rest.len();
        self.input.keep(left);
        self.poll();
        true
    }

    fn take_event(&mut self, now: Instant) -> bool {
        let Some(event) = self.modules.poll_event() else {
            return false;
        };
        self.reader.handle_module(now, event);
        self.poll();
        true
    }

    fn take_time(&mut self, now: Instant) -> bool {
        if self.reader.next_timeout().is_none_or(|due| now < due) {
            return false;
        }
        self.reader.handle_time(now);
        self.poll();
        true
    }

    fn give_output(&mut self) -> bool {
        self.poll();
        if self.output.is_empty() {
            return false;
        }
        let taken = self.board.borrow_mut().uart_write(self.output.rest());
        self.output.keep(self.output.rest().len().saturating_sub(taken));
        true
    }

    /// What the reader's contract asks for after everything that it was told. Output waits while a frame before it is
    /// on its way; the reader then takes no new one.
    fn poll(&mut self) {
        while let Some(command) = self.reader.poll_module() {
            self.modules.start(command);
        }
        if self.output.is_empty()
            && let Some(frame) = self.reader.poll_output()
        {
            self.output.fill(|room| {
                let length = frame.len().min(room.len());
                room[..length].copy_from_slice(&frame[..length]);
                length
            });
        }
    }
}

fn now<B: Board>(board: &RefCell<B>) -> Instant {
    Instant::from_millis(board.borrow_mut().now_ms())
}

/// Bytes on their way, used up from the front.
#[derive(Debug)]
struct Buffer<const N: usize> {
    bytes: [u8; N],
    next: usize,
    end: usize,
}

impl<const N: usize> Buffer<N> {
    const fn new() -> Self {
        Self {
            bytes: [0; N],
            next: 0,
            end: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Puts new bytes in place of the old ones; `put` writes to the front and returns how many.
    fn fill(&mut self, put: impl FnOnce(&mut [u8]) -> usize) {
        self.end = put(&mut self.bytes).min(N);
        self.next = 0;
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.next..self.end]
    }

    /// All but this many bytes have been used.
    fn keep(&mut self, left: usize) {
        self.next = self.end.saturating_sub(left);
    }
}
