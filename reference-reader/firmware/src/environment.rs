//! What the core asks of its board: randomness and storage, from the hardware contract.

use crate::Board;
use cardwire_core::Env;
use cardwire_core::env::{RandomFailed, Record, StoreFailed};
use cardwire_store::{Layout, Slot, Stage, Store};
use core::cell::RefCell;
use embedded_storage::nor_flash::NorFlash;

/// The board as the core sees it.
///
/// The main loop works on the same board; the two take turns and neither holds it while the other runs.
#[derive(Debug)]
pub struct Environment<'b, B> {
    board: &'b RefCell<B>,
    layout: Layout,
    stage: Stage,
    stage_size: u32,
}

impl<'b, B: Board> Environment<'b, B> {
    /// The environment on a board whose software runs from the first slot.
    ///
    /// # Panics
    /// The board's flash is smaller than the board says, or its sizes do not fit to one another: no such image comes past
    /// its first start.
    pub fn new(board: &'b RefCell<B>) -> Self {
        let (layout, stage, stage_size) = lay_out(board.borrow_mut().flash(), B::STORAGE);
        Self {
            board,
            layout,
            stage,
            stage_size,
        }
    }
}

impl<B: Board> Environment<'_, B> {
    /// Whether nothing was ever written to a record. Flash that can't be read is not taken for blank.
    pub fn is_blank(&mut self, record: Record) -> bool {
        Store::new(self.board.borrow_mut().flash(), &self.layout)
            .is_blank(record.number())
            .unwrap_or(false)
    }

    /// Whether a record was ever stored to its end, also where it can't be read any more.
    pub fn was_stored(&mut self, record: Record) -> bool {
        Store::new(self.board.borrow_mut().flash(), &self.layout)
            .was_stored(record.number())
            .unwrap_or(true)
    }
}

fn lay_out<F: NorFlash>(flash: &F, sizes: cardwire_store::Sizes) -> (Layout, Stage, u32) {
    let Ok(layout) = Layout::new(flash, sizes) else {
        panic!("the board's flash can't be divided as the board says");
    };
    let stage = layout.stage(Slot::A);
    let size = stage.size::<F>();
    (layout, stage, size)
}

impl<B: Board> Env for Environment<'_, B> {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.board.borrow_mut().fill_random(out).map_err(|_| RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Store::new(self.board.borrow_mut().flash(), &self.layout)
            .load(record.number(), out)
            .ok()
            .flatten()
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let mut board = self.board.borrow_mut();
        let flash = board.flash();
        let stored = match record {
            // What these say of staged bytes has to be true after a reset. An empty one says nothing.
            Record::Commit | Record::Boot if !data.is_empty() => {
                self.stage.finish(flash).map_err(|_| StoreFailed)?;
                Store::new(flash, &self.layout).store(record.number(), data)
            }
            // A key that is not in force any more is not to be found either.
            Record::Authentication | Record::Identity | Record::StageKey => {
                Store::new(flash, &self.layout).store_and_erase(record.number(), data)
            }
            Record::Commit
            | Record::Boot
            | Record::BootCounter
            | Record::FailedConnects
            | Record::Journal
            | Record::Manifest
            | Record::Logic(_) => Store::new(flash, &self.layout).store(record.number(), data),
        };
        stored.map_err(|_| StoreFailed)
    }

    fn stage_size(&self) -> u32 {
        self.stage_size
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        let mut board = self.board.borrow_mut();
        self.stage.begin(board.flash(), digest).map_err(|_| StoreFailed)
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        let mut board = self.board.borrow_mut();
        self.stage.length(board.flash(), digest).unwrap_or(0)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        let mut board = self.board.borrow_mut();
        self.stage.append(board.flash(), data).map_err(|_| StoreFailed)
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let mut board = self.board.borrow_mut();
        self.stage
            .read(board.flash(), offset, out)
            .map_err(|_| StoreFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use crate::bench::Bench;
    use crate::{firmware, identity};
    use cardwire_core::env::Record;
    use cardwire_core::{Env, Instant};
    use core::cell::RefCell;

    fn records() -> Vec<Record> {
        let others = [
            Record::BootCounter,
            Record::FailedConnects,
            Record::Journal,
            Record::Manifest,
            Record::Boot,
            Record::Authentication,
            Record::Commit,
            Record::Identity,
            Record::StageKey,
        ];
        others.into_iter().chain((0..15).map(Record::Logic)).collect()
    }

    #[test]
    fn every_record_has_a_place_of_its_own_and_room() {
        let board = RefCell::new(Bench::default());
        let mut environment = Environment::new(&board);
        // The longest record: an update counter and execution logic.
        for (index, record) in records().into_iter().enumerate() {
            assert_eq!(
                environment.store(record, &[index as u8; 4 + 1024]),
                Ok(()),
                "{record:?}"
            );
        }
        for (index, record) in records().into_iter().enumerate() {
            let mut out = [0xff; 4 + 1024];
            assert_eq!(environment.load(record, &mut out), Some(out.len()), "{record:?}");
            assert_eq!(out, [index as u8; 4 + 1024], "{record:?}");
        }
    }

    /// An update goes on after a reset where its whole blocks end, and is there to its last byte when it is relied on.
    #[test]
    fn staged_bytes_outlive_a_reset() {
        let board = RefCell::new(Bench::default());
        let (digest, bytes) = ([3; 32], [0x42; 400]);
        let mut environment = Environment::new(&board);
        assert!(
            environment.stage_size() >= 96 * 1024,
            "as large as the image may be"
        );
        environment.stage_begin(&digest).unwrap();
        for _ in 0..11 {
            environment.stage_append(&bytes).unwrap();
        }
        let mut environment = Environment::new(&board);
        assert_eq!(environment.stage_length(&digest), 4096);
        environment.stage_append(&bytes[..301]).unwrap();
        environment.store(Record::Commit, b"all of it").unwrap();

        let mut environment = Environment::new(&board);
        assert_eq!(environment.stage_length(&digest), 4397);
        let mut out = [0; 301];
        environment.stage_read(4096, &mut out).unwrap();
        assert_eq!(out, bytes[..301]);
    }

    #[test]
    fn what_is_stored_outlives_a_reset() {
        let board = RefCell::new(Bench::default());
        for boots in 1..4_u32 {
            firmware::boot(&board, identity::certification()).boot(Instant::from_millis(0));
            let mut counter = [0; 4];
            assert_eq!(
                Environment::new(&board).load(Record::BootCounter, &mut counter),
                Some(4)
            );
            assert_eq!(u32::from_be_bytes(counter), boots);
        }
    }

    #[test]
    fn a_record_that_was_never_stored_is_none() {
        let board = RefCell::new(Bench::default());
        assert_eq!(Environment::new(&board).load(Record::Journal, &mut [0; 89]), None);
    }
}
