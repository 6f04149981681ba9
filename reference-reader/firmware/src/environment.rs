//! What the core asks of its board: randomness and storage, from the hardware contract.

use crate::Board;
use cardwire_core::Env;
use cardwire_core::boot::{self, Slot, Slots};
use cardwire_core::digest::sha256;
use cardwire_core::env::{RandomFailed, Record, StoreFailed};
use cardwire_store::{Layout, Stage, Store};
use embedded_storage::nor_flash::NorFlash;

/// The largest manifest: the schema's bound.
const MANIFEST_MAX: usize = 512;

/// The board as the core sees it.
///
/// The main loop works on the same board, by [`board`](Self::board), while the core does not run.
#[derive(Debug)]
pub struct Environment<'b, B> {
    board: &'b mut B,
    layout: Layout,
    stage: Stage,
    stage_size: u32,
}

impl<'b, B: Board> Environment<'b, B> {
    /// The environment on a board; where that has a first stage, of the software that it has started.
    ///
    /// # Panics
    /// The board's flash is smaller than the board says, or its sizes do not fit to one another: no such image comes past
    /// its first start.
    pub fn new(board: &'b mut B) -> Self {
        let (layout, stage, stage_size) = lay_out(board.flash(), B::STORAGE);
        let mut environment = Self {
            board,
            layout,
            stage,
            stage_size,
        };
        if B::STARTS_FROM_SLOTS {
            environment.stage = environment.find_stage();
        }
        environment
    }

    /// The board.
    pub fn board(&mut self) -> &mut B {
        self.board
    }

    /// The slot whose software is in force; the first one where software is not updated.
    fn in_force(&mut self) -> Slot {
        if B::STARTS_FROM_SLOTS {
            boot::standing(self).in_force
        } else {
            Slot::A
        }
    }

    /// The stage that holds the update whose manifest is kept. Software on trial or just confirmed has left it in the slot that
    /// it runs from, where what came with it may still be to be carried out.
    fn find_stage(&mut self) -> Stage {
        let in_force = self.in_force();
        let beside = self.layout.stage(place_of(in_force));
        let mut manifest = [0; MANIFEST_MAX];
        let length = Env::load(self, Record::Manifest, &mut manifest);
        let Some(manifest) = length.and_then(|length| manifest.get(..length)) else {
            return beside;
        };
        let digest = sha256(manifest);
        for slot in [in_force, in_force.other()] {
            let mut stage = self.layout.stage(place_of(slot));
            if stage.length(self.board.flash(), &digest).unwrap_or(0) > 0 {
                return stage;
            }
        }
        beside
    }
}

impl<B: Board> Environment<'_, B> {
    /// Whether nothing was ever written to a record. Flash that can't be read is not taken for blank.
    pub fn is_blank(&mut self, record: Record) -> bool {
        Store::new(self.board.flash(), &self.layout)
            .is_blank(record.number())
            .unwrap_or(false)
    }

    /// Whether a record was ever stored to its end, also where it can't be read any more.
    pub fn was_stored(&mut self, record: Record) -> bool {
        Store::new(self.board.flash(), &self.layout)
            .was_stored(record.number())
            .unwrap_or(true)
    }
}

fn lay_out<F: NorFlash>(flash: &F, sizes: cardwire_store::Sizes) -> (Layout, Stage, u32) {
    let Ok(layout) = Layout::new(flash, sizes) else {
        panic!("the board's flash can't be divided as the board says");
    };
    let stage = layout.stage(place_of(Slot::A));
    let size = stage.size::<F>();
    (layout, stage, size)
}

/// The slot as the store names it, which does not know the core.
const fn place_of(slot: Slot) -> cardwire_store::Slot {
    match slot {
        Slot::A => cardwire_store::Slot::A,
        Slot::B => cardwire_store::Slot::B,
    }
}

/// What [`boot::standing`] looks at. What runs has been checked by the first stage and is not read here.
impl<B: Board> Slots for Environment<'_, B> {
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Env::load(self, record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        Env::store(self, record, data)
    }

    fn read(&mut self, _slot: Slot, _offset: u32, _out: &mut [u8]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }
}

impl<B: Board> Env for Environment<'_, B> {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.board.fill_random(out).map_err(|_| RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        Store::new(self.board.flash(), &self.layout)
            .load(record.number(), out)
            .ok()
            .flatten()
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let flash = self.board.flash();
        let (tells_of_stage, is_secret) = match record {
            Record::Commit | Record::Boot => (true, false),
            Record::Authentication | Record::Identity | Record::StageKey => (false, true),
            Record::BootCounter
            | Record::FailedConnects
            | Record::Journal
            | Record::Manifest
            | Record::Logic(_) => (false, false),
        };
        // What is told of staged bytes has to be true after a reset. An empty record tells nothing.
        if tells_of_stage && !data.is_empty() {
            self.stage.finish(flash).map_err(|_| StoreFailed)?;
        }
        let mut store = Store::new(flash, &self.layout);
        let stored = if is_secret {
            // A key that is not in force any more is not to be found either.
            store.store_and_erase(record.number(), data)
        } else {
            store.store(record.number(), data)
        };
        stored.map_err(|_| StoreFailed)
    }

    fn software_max(&self) -> u32 {
        if B::STARTS_FROM_SLOTS {
            self.stage_size.min(B::SOFTWARE_MAX)
        } else {
            0
        }
    }

    fn stage_size(&self) -> u32 {
        self.stage_size
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        // Software that was confirmed since the start is in force, and what is in force is not written over.
        let in_force = self.in_force();
        self.stage = self.layout.stage(place_of(in_force));
        self.stage
            .begin(self.board.flash(), digest)
            .map_err(|_| StoreFailed)
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        self.stage.length(self.board.flash(), digest).unwrap_or(0)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        self.stage
            .append(self.board.flash(), data)
            .map_err(|_| StoreFailed)
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        self.stage
            .read(self.board.flash(), offset, out)
            .map_err(|_| StoreFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;
    use crate::bench::{Bench, BenchWithSlots};
    use crate::{firmware, identity};
    use cardwire_core::env::Record;
    use cardwire_core::{Env, Instant};
    use cardwire_first_stage::STORAGE;

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
        let mut board = Bench::default();
        let mut environment = Environment::new(&mut board);
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
        let mut board = Bench::default();
        let (digest, bytes) = ([3; 32], [0x42; 400]);
        let mut environment = Environment::new(&mut board);
        assert!(
            environment.stage_size() >= 96 * 1024,
            "as large as the image may be"
        );
        environment.stage_begin(&digest).unwrap();
        for _ in 0..11 {
            environment.stage_append(&bytes).unwrap();
        }
        let mut environment = Environment::new(&mut board);
        assert_eq!(environment.stage_length(&digest), 4096);
        environment.stage_append(&bytes[..301]).unwrap();
        environment.store(Record::Commit, b"all of it").unwrap();

        let mut environment = Environment::new(&mut board);
        assert_eq!(environment.stage_length(&digest), 4397);
        let mut out = [0; 301];
        environment.stage_read(4096, &mut out).unwrap();
        assert_eq!(out, bytes[..301]);
    }

    /// What the core keeps of both slots: software in force in `running`, and on trial, once started, in the other one.
    fn boot_record(running: u8, on_trial: bool) -> Vec<u8> {
        let image = |slot: u8| [&[slot][..], &[0, 0, 2, 0], &[7; 32], &[0, 0, 0, 1]].concat();
        let other = if on_trial { image(1 - running) } else { vec![0; 41] };
        let what = if on_trial { 3 } else { 0 };
        [&[1, 0, 0, 0, 1][..], &image(running), &[what], &other, &[9; 32]].concat()
    }

    fn slot(board: &BenchWithSlots, index: usize) -> Vec<u8> {
        let first = 2 * (STORAGE.records as usize * STORAGE.block as usize);
        let size = STORAGE.slot as usize;
        board.0.flash.bytes()[first + index * size..][..size].to_vec()
    }

    /// Bytes of an update never touch the slot of the software in force, also when that has changed since the start.
    #[test]
    fn an_update_goes_to_the_slot_that_is_not_in_force() {
        let mut board = BenchWithSlots::default();
        let mut environment = Environment::new(&mut board);
        assert_eq!(environment.software_max(), environment.stage_size());
        for running in [0, 1, 1, 0] {
            let record = boot_record(running, false);
            environment.store(Record::Boot, &record).unwrap();
            let before = slot(environment.board(), usize::from(running));
            environment.stage_begin(&[running; 32]).unwrap();
            environment.stage_append(&[0x55; 5000]).unwrap();
            assert_eq!(slot(environment.board(), usize::from(running)), before);
            assert_eq!(
                slot(environment.board(), usize::from(1 - running))[..4096],
                [0x55; 4096]
            );
        }
    }

    /// What came with software is read from where it was staged, which is the slot that the software on trial runs from.
    #[test]
    fn software_on_trial_finds_what_came_with_it() {
        let mut board = BenchWithSlots::default();
        let manifest = [3; 40];
        let digest = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix(manifest)).into();
        let mut environment = Environment::new(&mut board);
        environment.store(Record::Manifest, &manifest).unwrap();
        environment.stage_begin(&digest).unwrap();
        environment.stage_append(&[0x66; 4200]).unwrap();
        environment.store(Record::Boot, &boot_record(0, true)).unwrap();
        for record in [boot_record(0, true), boot_record(1, false)] {
            Environment::new(&mut board).store(Record::Boot, &record).unwrap();
            let mut after = Environment::new(&mut board);
            assert_eq!(after.stage_length(&digest), 4200);
            let mut out = [0; 4200];
            after.stage_read(0, &mut out).unwrap();
            assert_eq!(out, [0x66; 4200]);
        }
    }

    #[test]
    fn without_a_first_stage_no_software_is_taken() {
        let mut board = Bench::default();
        assert_eq!(Environment::new(&mut board).software_max(), 0);
    }

    #[test]
    fn what_is_stored_outlives_a_reset() {
        let mut board = Bench::default();
        for boots in 1..4_u32 {
            firmware::boot(Environment::new(&mut board), identity::certification())
                .boot(Instant::from_millis(0));
            let mut counter = [0; 4];
            assert_eq!(
                Environment::new(&mut board).load(Record::BootCounter, &mut counter),
                Some(4)
            );
            assert_eq!(u32::from_be_bytes(counter), boots);
        }
    }

    #[test]
    fn a_record_that_was_never_stored_is_none() {
        let mut board = Bench::default();
        assert_eq!(
            Environment::new(&mut board).load(Record::Journal, &mut [0; 89]),
            None
        );
    }
}
