//! The main loop: carries bytes, time and module events between a [`Board`] and the reader, and decides nothing itself.
//!
//! # The line
//! A UART has no connection: the reader can't see that a client has gone and another one has come. So
//! `Reader::handle_link_reset` is never called here, and nothing is lost by it: a session ends by `disconnect`, by
//! silence, or by the next client's connect, as it does on every link. What a client left unfinished on the line costs
//! the next one at most its first frame, and none if that begins with a delimiter.
//!
//! # Memory
//! The reader is made by [`boot`] and lives where the caller puts it, the same goes for [`Firmware`]. Both are meant for
//! statics: then their size is known to the linker, which refuses an image that doesn't fit, and the stack holds
//! nothing but calls. A reader is made where it stays, and does not pass over the stack.

use crate::Board;
use crate::environment::Environment;
use crate::modules::Modules;
#[cfg(any(test, feature = "bench"))]
use crate::modules::control::Control;
use cardwire_core::codec::frame::line_size;
use cardwire_core::codec::message::limits::FRAME_MIN;
use cardwire_core::{Identity, Instant, ModuleEvent, Reader};

/// Bytes that are taken from the line at once.
const INPUT: usize = 64;
/// The largest frame that the reader sends, on the line.
const OUTPUT: usize = line_size(FRAME_MIN);

/// The reader on a board of type `B`.
pub type BoardReader<'b, B> = Reader<Environment<'b, B>>;

/// Makes a reader, which [`Firmware::new`] boots when it stands where it stays.
// Inlined: the reader is made where it stays, and does not pass over the stack.
#[inline(always)]
pub fn boot<B: Board>(mut environment: Environment<'_, B>, identity: Identity) -> BoardReader<'_, B> {
    let now = now(environment.board());
    Reader::unbooted(identity, environment, now)
}

/// A reader, its board, and what passes between them.
pub struct Firmware<'r, 'b, B: Board> {
    reader: &'r mut BoardReader<'b, B>,
    modules: Modules,
    /// What the laboratory says to the modules.
    #[cfg(any(test, feature = "bench"))]
    control: Control,
    /// What the line has given and the reader has not taken yet.
    input: Buffer<INPUT>,
    /// What the reader has said and the line has not taken yet.
    output: Buffer<OUTPUT>,
}

impl<'r, 'b, B: Board> Firmware<'r, 'b, B> {
    /// Takes up a reader that has just booted, and tells it of the card in its slot.
    pub fn new(reader: &'r mut BoardReader<'b, B>) -> Self {
        let begun = now(reader.env_mut().board());
        reader.boot(begun);
        let booted = now(reader.env_mut().board());
        reader.handle_module(booted, ModuleEvent::CardInserted(0));
        let rate = reader.env_mut().board().clock_rate();
        Self {
            reader,
            modules: Modules::new(rate),
            #[cfg(any(test, feature = "bench"))]
            control: Control::new(),
            input: Buffer::new(),
            output: Buffer::new(),
        }
    }

    fn board(&mut self) -> &mut B {
        self.reader.env_mut().board()
    }

    /// Works until the next reset.
    pub fn run(&mut self) -> ! {
        loop {
            self.turn();
        }
    }

    /// One round: input, events, time, output, and sleep when there was none of them.
    pub fn turn(&mut self) {
        self.board().feed_watchdog();
        self.reset_when_due();
        let now = now(self.board());
        let worked = self.take_link_reset(now)
            | self.take_input(now)
            | self.take_event(now)
            | self.take_time(now)
            | self.give_output(now);
        #[cfg(any(test, feature = "bench"))]
        let worked = worked | self.take_control();
        if !worked {
            let due = [self.reader.next_timeout(), self.modules.next_due()];
            let until = due.iter().flatten().min().copied();
            self.board().idle(until.map(Instant::as_millis));
        }
    }

    /// Starts anew where the reader wants to, and what it has said before is on the line.
    fn reset_when_due(&mut self) {
        if self.reader.poll_reset() && self.output.is_empty() {
            let board = self.board();
            if board.uart_has_sent() {
                board.reset();
            }
        }
    }

    /// What was on its way on a link that was reset is nobody's.
    fn take_link_reset(&mut self, now: Instant) -> bool {
        if !self.board().link_was_reset() {
            return false;
        }
        self.input.keep(0);
        self.output.keep(0);
        self.reader.handle_link_reset(now);
        self.poll(now);
        true
    }

    /// The reader takes no byte while an answer waits for the line, and the line none while bytes wait for the reader:
    /// a client that sends without reading is held up, and takes no memory here.
    fn take_input(&mut self, now: Instant) -> bool {
        // This reader answers nothing more, and does not sleep over it.
        if self.reader.poll_reset() {
            return true;
        }
        if self.input.is_empty() {
            let board = self.reader.env_mut().board();
            self.input.fill(|room| board.uart_read(room));
        }
        if self.input.is_empty() {
            return false;
        }
        let mut rest = self.input.rest();
        self.reader.handle_bytes(now, &mut rest);
        let left = rest.len();
        self.input.keep(left);
        self.poll(now);
        true
    }

    fn take_event(&mut self, now: Instant) -> bool {
        let Some(event) = self.modules.poll_event(now) else {
            return false;
        };
        self.reader.handle_module(now, event);
        self.poll(now);
        true
    }

    /// What somebody does to the modules is answered when the reader knows of it: an event that is still to be told goes
    /// before the answer, and the answer before the next line.
    #[cfg(any(test, feature = "bench"))]
    fn take_control(&mut self) -> bool {
        if self.modules.lab().card_moves() {
            return true;
        }
        let board = self.reader.env_mut().board();
        if self.control.is_busy() {
            let said = |bytes: &[u8]| board.bench_write(bytes);
            return self.control.give(self.modules.lab(), said);
        }
        let mut byte = [0];
        if board.bench_read(&mut byte) == 0 {
            return false;
        }
        let worked = board.worked();
        self.control.take(byte[0], self.modules.lab(), worked);
        true
    }

    fn take_time(&mut self, now: Instant) -> bool {
        if self.reader.next_timeout().is_none_or(|due| now < due) {
            return false;
        }
        self.reader.handle_time(now);
        self.poll(now);
        true
    }

    fn give_output(&mut self, now: Instant) -> bool {
        self.poll(now);
        if self.output.is_empty() {
            return false;
        }
        let taken = self.reader.env_mut().board().uart_write(self.output.rest());
        self.output.keep(self.output.rest().len().saturating_sub(taken));
        true
    }

    /// What the reader's contract asks for after everything that it was told. Output waits while a frame before it is
    /// on its way; the reader then takes no new one.
    fn poll(&mut self, now: Instant) {
        while let Some(command) = self.reader.poll_module() {
            self.modules.start(now, command);
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

fn now<B: Board>(board: &mut B) -> Instant {
    Instant::from_millis(board.now_ms())
}

/// Bytes on their way, used up from the front.
#[derive(Debug)]
pub(crate) struct Buffer<const N: usize> {
    bytes: [u8; N],
    next: usize,
    end: usize,
}

impl<const N: usize> Buffer<N> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            next: 0,
            end: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next == self.end
    }

    /// Puts new bytes in place of the old ones; `put` writes to the front and returns how many.
    pub(crate) fn fill(&mut self, put: impl FnOnce(&mut [u8]) -> usize) {
        self.end = put(&mut self.bytes).min(N);
        self.next = 0;
    }

    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.next..self.end]
    }

    /// All but this many bytes have been used.
    pub(crate) fn keep(&mut self, left: usize) {
        self.next = self.end.saturating_sub(left);
    }
}

#[cfg(test)]
mod tests {
    use super::{BoardReader, Firmware, boot};
    use crate::bench::Bench;
    use crate::environment::Environment;
    use crate::identity;
    use cardwire_core::codec::frame::Deframer;
    use cardwire_core::codec::message::{FrameKind, Hello, HelloAnswer};
    use cardwire_core::codec::{Frame, List, Message};

    /// Turns until the board sleeps.
    fn rest(firmware: &mut Firmware<'_, '_, Bench>) {
        let slept = firmware.board().slept;
        for turn in 0.. {
            assert!(turn < 10_000, "the loop never comes to rest");
            firmware.turn();
            if firmware.board().slept > slept {
                return;
            }
        }
    }

    fn booted(board: &mut Bench) -> BoardReader<'_, Bench> {
        boot(Environment::new(board), identity::certification())
    }

    fn hello(number: u64) -> Vec<u8> {
        let (mut payload, mut line) = ([0; 16], [0; 64]);
        let hello = Hello {
            versions: List::from_items(&[1]),
            max_frame: 512,
            extensions: Default::default(),
        };
        let length = hello.encode(&mut payload).expect("hello fits");
        let frame = Frame {
            kind: FrameKind::Clear,
            number,
            payload: &payload[..length],
        };
        let length = frame.encode(&mut line).expect("the frame fits");
        line[..length].to_vec()
    }

    /// Number and reader of each hello_answer.
    fn answers(mut line: &[u8]) -> Vec<(u64, String)> {
        let mut deframer = Deframer::<600>::new();
        let mut answers = Vec::new();
        while let Some(frame) = deframer.feed(&mut line) {
            let frame = frame.expect("what the reader sends is frames");
            let answer = HelloAnswer::decode(frame.payload).expect("hello is answered");
            answers.push((frame.number, answer.reader_id.as_str().to_owned()));
        }
        answers
    }

    #[test]
    fn answers_over_a_slow_line_and_sleeps_when_all_is_sent() {
        let mut board = Bench::default();
        let mut reader = booted(&mut board);
        let mut firmware = Firmware::new(&mut reader);
        firmware.board().from_client = [hello(7), hello(8)].concat();
        rest(&mut firmware);
        let id = String::from("CERT-READER-1");
        assert_eq!(answers(&firmware.board().to_client), [(7, id.clone()), (8, id)]);
        assert_eq!(
            firmware.board().until_ms,
            None,
            "a reader without a session waits for nothing but bytes"
        );
    }

    #[test]
    fn a_card_that_is_pulled_out_is_told_before_its_line_is_answered() {
        let mut board = Bench::default();
        let mut reader = booted(&mut board);
        let mut firmware = Firmware::new(&mut reader);
        firmware.board().from_bench = b"remove\npower\n".to_vec();
        rest(&mut firmware);
        assert_eq!(firmware.board().to_bench, b"ok\nno change\n");
        assert!(!firmware.modules.lab().card_moves());
    }

    #[test]
    fn feeds_the_watchdog_once_in_every_turn() {
        let mut board = Bench::default();
        let mut reader = booted(&mut board);
        let mut firmware = Firmware::new(&mut reader);
        for turn in 1..10 {
            firmware.turn();
            assert_eq!(firmware.board().fed, turn);
        }
    }

    //= spec/book/src/link.md#cw-link-009
    //= type=test
    //# A reader MUST drop, when its link is reset, the frame that has begun to arrive and every frame that it has not sent yet.
    #[test]
    fn what_was_on_its_way_is_dropped_when_the_link_is_reset() {
        let mut board = Bench::default();
        let mut reader = booted(&mut board);
        let mut firmware = Firmware::new(&mut reader);
        firmware.board().blocked = true;
        firmware.board().from_client = [hello(1), hello(2)[..5].to_vec()].concat();
        for _ in 0..100 {
            firmware.turn();
        }
        firmware.board().from_client.clear();
        firmware.board().link_was_reset = true;
        firmware.turn();
        firmware.board().blocked = false;
        firmware.board().from_client = hello(3);
        rest(&mut firmware);
        let numbers: Vec<u64> = answers(&firmware.board().to_client)
            .iter()
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(numbers, [3]);
    }

    #[test]
    fn a_client_that_does_not_read_is_held_up_and_loses_nothing() {
        let mut board = Bench::default();
        let mut reader = booted(&mut board);
        let mut firmware = Firmware::new(&mut reader);
        firmware.board().blocked = true;
        firmware.board().from_client = (0..20).flat_map(hello).collect();
        for _ in 0..1000 {
            firmware.turn();
        }
        let left = firmware.board().from_client.len();
        assert!(
            left > 15 * hello(0).len(),
            "the reader has taken all but {left} bytes"
        );
        assert_eq!(firmware.board().slept, 0, "the line is asked again and again");

        firmware.board().blocked = false;
        rest(&mut firmware);
        let numbers: Vec<u64> = answers(&firmware.board().to_client)
            .iter()
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    }
}
