//! A board without hardware, for tests.

use crate::board::{Board, EntropyFailed, Flash, FlashFailed};

/// A board whose line takes and gives three bytes at a time, so that everything goes over it in pieces.
pub(crate) struct Bench {
    pub(crate) from_client: Vec<u8>,
    pub(crate) to_client: Vec<u8>,
    /// The line takes nothing.
    pub(crate) blocked: bool,
    /// Calls of `feed_watchdog`.
    pub(crate) fed: usize,
    /// Calls of `idle`.
    pub(crate) slept: usize,
    /// What the last of them was told.
    pub(crate) until_ms: Option<u64>,
    pub(crate) flash: Vec<u8>,
    drawn: u8,
}

const PIECE: usize = 3;

impl Default for Bench {
    fn default() -> Self {
        Self {
            from_client: Vec::new(),
            to_client: Vec::new(),
            blocked: false,
            fed: 0,
            slept: 0,
            until_ms: Some(0),
            flash: vec![0xff; Self::PAGE * Self::PAGES],
            drawn: 0,
        }
    }
}

impl Board for Bench {
    fn now_ms(&mut self) -> u64 {
        0
    }

    fn uart_read(&mut self, into: &mut [u8]) -> usize {
        let len = into.len().min(self.from_client.len()).min(PIECE);
        into[..len].copy_from_slice(&self.from_client[..len]);
        self.from_client.drain(..len);
        len
    }

    fn uart_write(&mut self, bytes: &[u8]) -> usize {
        if self.blocked {
            return 0;
        }
        let len = bytes.len().min(PIECE);
        self.to_client.extend_from_slice(&bytes[..len]);
        len
    }

    fn fill_random(&mut self, into: &mut [u8]) -> Result<(), EntropyFailed> {
        self.drawn += 1;
        into.fill(self.drawn);
        Ok(())
    }

    fn flash(&mut self) -> &mut impl Flash {
        self
    }

    fn feed_watchdog(&mut self) {
        self.fed += 1;
    }

    fn idle(&mut self, until_ms: Option<u64>) {
        self.slept += 1;
        self.until_ms = until_ms;
    }

    fn reset(&mut self) -> ! {
        panic!("nothing here resets")
    }
}

impl Flash for Bench {
    const PAGE: usize = 4096;
    const PAGES: usize = 64;

    fn read(&mut self, offset: usize, into: &mut [u8]) -> Result<(), FlashFailed> {
        into.copy_from_slice(&self.flash[offset..offset + into.len()]);
        Ok(())
    }

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), FlashFailed> {
        let cells = self.flash[offset..].iter_mut();
        cells.zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        Ok(())
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashFailed> {
        self.flash[page * Self::PAGE..(page + 1) * Self::PAGE].fill(0xff);
        Ok(())
    }
}
