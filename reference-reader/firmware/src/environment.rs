//! What the core asks of its board: randomness and storage, from the hardware contract.

use crate::{Board, Records};
use cardwire_core::Env;
use cardwire_core::env::{RandomFailed, Record, StoreFailed};
use core::cell::RefCell;

/// The board as the core sees it.
///
/// The main loop works on the same board; the two take turns and neither holds it while the other runs.
#[derive(Debug)]
pub struct Environment<'b, B>(pub(crate) &'b RefCell<B>);

impl<B: Board> Env for Environment<'_, B> {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.0.borrow_mut().fill_random(out).map_err(|_| RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Records(self.0.borrow_mut().flash()).load(usize::from(record.number()), out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        Records(self.0.borrow_mut().flash())
            .store(usize::from(record.number()), data)
            .map_err(|_| StoreFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use crate::bench::Bench;
    use crate::{Records, firmware, identity};
    use cardwire_core::Env;
    use cardwire_core::env::Record;
    use core::cell::RefCell;

    fn records() -> Vec<Record> {
        let logic = (0..8).map(Record::Logic);
        [Record::BootCounter, Record::FailedConnects, Record::Journal]
            .into_iter()
            .chain(logic)
            .collect()
    }

    #[test]
    fn every_record_has_a_place_of_its_own_and_room() {
        let mut numbers: Vec<usize> = records()
            .into_iter()
            .map(|record| usize::from(record.number()))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), records().len());
        assert!(numbers.iter().all(|number| *number < Records::<Bench>::COUNT));

        let board = RefCell::new(Bench::default());
        let mut environment = Environment(&board);
        // The longest record: an update counter and execution logic.
        for (index, record) in records().into_iter().enumerate() {
            assert_eq!(environment.store(record, &[index as u8; 4 + 1024]), Ok(()));
        }
        for (index, record) in records().into_iter().enumerate() {
            let mut out = [0xff; 4 + 1024];
            assert_eq!(environment.load(record, &mut out), Some(out.len()), "{record:?}");
            assert_eq!(out, [index as u8; 4 + 1024], "{record:?}");
        }
    }

    #[test]
    fn what_is_stored_outlives_a_reset() {
        let board = RefCell::new(Bench::default());
        for boots in 1..4_u32 {
            drop(firmware::boot(&board, identity::certification()));
            let mut counter = [0; 4];
            assert_eq!(
                Environment(&board).load(Record::BootCounter, &mut counter),
                Some(4)
            );
            assert_eq!(u32::from_be_bytes(counter), boots);
        }
    }

    #[test]
    fn a_record_that_was_never_stored_is_none() {
        let board = RefCell::new(Bench::default());
        assert_eq!(Environment(&board).load(Record::Journal, &mut [0; 89]), None);
    }
}
