//! The main loop: carries bytes and time between a [`Board`] and the reader, and decides nothing itself.

use crate::Board;
use crate::echo::Echo;

/// A reader on a board.
#[derive(Debug)]
pub struct Firmware<B> {
    board: B,
    reader: Echo,
    output: Output,
}

impl<B: Board> Firmware<B> {
    /// A reader that has just been reset.
    pub fn new(board: B) -> Self {
        Self {
            board,
            reader: Echo::new(),
            output: Output::new(),
        }
    }

    /// Works until the next reset.
    pub fn run(mut self) -> ! {
        loop {
            self.turn();
        }
    }

    /// One round: input, time, output, and sleep when there was none of them.
    pub fn turn(&mut self) {
        self.board.feed_watchdog();
        let now = self.board.now_ms();

        // No new input while an answer waits for the line: a client that sends without reading is held up by the
        // line, and takes no memory here.
        let mut idle = true;
        if self.output.is_empty() {
            let mut input = [0; Echo::CAPACITY];
            let len = self.board.uart_read(&mut input);
            if len > 0 {
                self.reader.handle_bytes(now, &input[..len]);
                idle = false;
            }
        }
        self.reader.handle_time(now);

        if self.output.is_empty()
            && let Some(bytes) = self.reader.poll_output()
        {
            self.output.fill(bytes);
        }
        if !self.output.is_empty() {
            let taken = self.board.uart_write(self.output.rest());
            self.output.advance(taken);
            idle = false;
        }

        if idle {
            let until = self.reader.poll_timeout();
            self.board.idle(until);
        }
    }
}

/// What the reader has said and the line has not taken yet.
#[derive(Debug)]
struct Output {
    bytes: [u8; Echo::CAPACITY],
    sent: usize,
    len: usize,
}

impl Output {
    const fn new() -> Self {
        Self {
            bytes: [0; Echo::CAPACITY],
            sent: 0,
            len: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.sent == self.len
    }

    fn fill(&mut self, bytes: &[u8]) {
        self.len = bytes.len().min(self.bytes.len());
        self.bytes[..self.len].copy_from_slice(&bytes[..self.len]);
        self.sent = 0;
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..self.len]
    }

    fn advance(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.len);
    }
}

#[cfg(test)]
mod tests {
    use super::Firmware;
    use crate::board::{Board, EntropyFailed, Flash, FlashFailed};

    /// A board whose line takes three bytes at a time, so that every answer is sent in pieces.
    #[derive(Default)]
    struct Bench {
        from_client: Vec<u8>,
        to_client: Vec<u8>,
        fed: usize,
        slept: usize,
    }

    impl Board for Bench {
        fn now_ms(&mut self) -> u64 {
            0
        }
        fn uart_read(&mut self, into: &mut [u8]) -> usize {
            let len = into.len().min(self.from_client.len());
            into[..len].copy_from_slice(&self.from_client[..len]);
            self.from_client.drain(..len);
            len
        }
        fn uart_write(&mut self, bytes: &[u8]) -> usize {
            let len = bytes.len().min(3);
            self.to_client.extend_from_slice(&bytes[..len]);
            len
        }
        fn fill_random(&mut self, _into: &mut [u8]) -> Result<(), EntropyFailed> {
            Err(EntropyFailed)
        }
        fn flash(&mut self) -> &mut impl Flash {
            self
        }
        fn feed_watchdog(&mut self) {
            self.fed += 1;
        }
        fn idle(&mut self, _until_ms: Option<u64>) {
            self.slept += 1;
        }
        fn reset(&mut self) -> ! {
            panic!("nothing here resets")
        }
    }

    impl Flash for Bench {
        const PAGE: usize = 1;
        const PAGES: usize = 0;
        fn read(&mut self, _offset: usize, _into: &mut [u8]) -> Result<(), FlashFailed> {
            Err(FlashFailed::OutOfRange)
        }
        fn program(&mut self, _offset: usize, _bytes: &[u8]) -> Result<(), FlashFailed> {
            Err(FlashFailed::OutOfRange)
        }
        fn erase(&mut self, _page: usize) -> Result<(), FlashFailed> {
            Err(FlashFailed::OutOfRange)
        }
    }

    #[test]
    fn answers_over_a_slow_line_and_sleeps_only_when_all_is_sent() {
        let sent: Vec<u8> = (0..200).collect();
        let mut firmware = Firmware::new(Bench {
            from_client: sent.clone(),
            ..Bench::default()
        });
        let mut turns = 0;
        while firmware.board.slept == 0 {
            firmware.turn();
            turns += 1;
            assert!(turns < 1000, "the loop never comes to rest");
        }
        assert_eq!(firmware.board.to_client, sent);
        assert_eq!(
            firmware.board.fed, turns,
            "the watchdog is fed once in every turn"
        );
    }
}
