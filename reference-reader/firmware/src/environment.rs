//! What the core asks of its board: randomness and storage, from the hardware contract.

use crate::{Board, Records};
use cardwire_core::Env;
use cardwire_core::env::{RandomFailed, Record, StoreFailed};
use core::cell::RefCell;

/// The board as the core sees it.
///
/// The main loop works on the same board; the two take turns and neither holds it while the other runs.
#[derive(Debug)]
pub(crate) struct Environment<'b, B>(pub(crate) &'b RefCell<B>);

impl<B: Board> Env for Environment<'_, B> {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.0.borrow_mut().fill_random(out).map_err(|_| RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Records(self.0.borrow_mut().flash()).load(number(record), out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        Records(self.0.borrow_mut().flash())
            .store(number(record), data)
            .map_err(|_| StoreFailed)
    }
}

/// Where a record stands in flash. A number is never given to another record: new software has to find what the old
/// one has stored.
const fn number(record: Record) -> usize {
    match record {
        Record::BootCounter => 0,
        Record::FailedConnects => 1,
        Record::Journal => 2,
        // Up to here is room for records to come.
        Record::Logic(slot) => 8 + slot as usize,
    }
}
