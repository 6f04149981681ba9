//! A board that is a flash, as a port has it: records and two slots for software on it, and a boot loader before the reader.
//! Some boards are weak in one place, for the proof that the sweeps notice.

use cardwire_core::{
    Env,
    boot::{self, Slot, Slots},
    env::{RandomFailed, Record, StoreFailed},
};
use cardwire_store::{
    Fault, Layout, Sizes, Stage, Store,
    mock::{MockFlash, Random},
};
use core::{cell::RefCell, ops::Range};
use std::rc::Rc;

/// Words of 8 bytes, which cut most of what a reader stores; pages just large enough for its largest record.
pub type Flash = MockFlash<8, 2048>;
pub type Shared = Rc<RefCell<Flash>>;

/// The reader's records with four services and the key of the stage, and software of two blocks.
pub const SIZES: Sizes = Sizes {
    block: 2048,
    records: 13,
    slot: 4 * 2048,
};

// The record with the software in both slots: version, counter, the one in force, what the other one is, that one, and the
// digest of a manifest. Of either the slot comes first and the counter last.
const COUNTER: Range<usize> = 1..5;
const IN_FORCE: Range<usize> = 5..46;
const WHAT: usize = 46;
const OTHER: Range<usize> = 47..88;
/// What the other one can be: in force before, on trial and not started yet, on trial and started.
const BEFORE: u8 = 1;
const NOT_STARTED: u8 = 2;
const STARTED: u8 = 3;

/// A new flash with room for that.
pub fn flash() -> Flash {
    let bytes = 2 * (u32::from(SIZES.records) * SIZES.block + SIZES.slot);
    Flash::new(bytes as usize / 2048)
}

pub fn layout(flash: &Flash) -> Layout {
    Layout::new(flash, SIZES).unwrap()
}

/// A place in which a board is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Its store is.
    Store(Fault),
    /// Its stage is.
    Stage(Fault),
    /// What was noted to be carried out is not looked for after a reset.
    IgnoresNote,
    /// It is noted while the last of its bytes wait in RAM, and stay there.
    NotesBeforeStage,
    /// The boot loader takes new software into force when it starts it.
    ConfirmsAtStart,
    /// The boot loader does not mark that it has started software on trial.
    ForgetsTrials,
    /// New keys are written where the old ones stood.
    ErasesKeysFirst,
    /// The key of the stage stays where it stood when there is another value.
    KeepsStageKey,
    /// The bytes of an update are looked for beside the software that runs, also when that is on trial.
    MistakesStage,
    /// The bytes of an update go into the slot of the software in force.
    StagesOverRunning,
}

/// A flash with a boot loader; then the board of a reader.
pub struct Board {
    flash: Shared,
    layout: Layout,
    stage: Stage,
    started: Slot,
    seed: u64,
    weakness: Option<Weakness>,
}

impl Board {
    /// A board whose software in force is in the first slot, without a boot loader.
    pub fn new(flash: Shared, weakness: Option<Weakness>) -> Self {
        let layout = layout(&flash.borrow());
        // Another one at each boot: the boot counter comes first.
        let counted = flash.borrow().bytes()[..2 * SIZES.block as usize].to_vec();
        let seed = counted.iter().map(|byte| u64::from(*byte)).sum();
        let mut board = Self {
            seed,
            stage: layout.stage(cardwire_store::Slot::A),
            layout,
            flash,
            started: Slot::A,
            weakness,
        };
        board.stage_in(Slot::B);
        board
    }

    /// The same as its boot loader starts it; `None` where neither slot holds software that is whole.
    pub fn start(flash: Shared, weakness: Option<Weakness>) -> Option<Self> {
        let mut board = Self::new(flash, weakness);
        let started = boot::choose(&mut board)?;
        board.started = started;
        // Software on trial is not in force: the slot that it runs from is still the stage that it came by.
        let on_trial = board.is_on_trial(started) && weakness != Some(Weakness::MistakesStage);
        board.stage_in(if on_trial { started } else { started.other() });
        Some(board)
    }

    /// The slot whose software runs.
    pub fn started(&self) -> Slot {
        self.started
    }

    /// Whether the software in a slot is on trial.
    fn is_on_trial(&self, slot: Slot) -> bool {
        let mut record = [0; 128];
        let known = self.read_record(Record::Boot, &mut record);
        known.is_some() && [NOT_STARTED, STARTED].contains(&record[WHAT]) && record[OTHER.start] == slot as u8
    }

    fn stage_in(&mut self, slot: Slot) {
        let fault = match self.weakness {
            Some(Weakness::Stage(fault)) => Some(fault),
            _ => None,
        };
        self.stage = self.layout.stage(place(slot.other())).with_fault(fault);
    }

    fn read_record(&self, record: Record, out: &mut [u8]) -> Option<usize> {
        let mut flash = self.flash.borrow_mut();
        let mut store = Store::new(&mut *flash, &self.layout).with_fault(self.fault(record));
        store.load(number(record), out).ok()?
    }

    fn write_record(&self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        let mut store = Store::new(&mut *flash, &self.layout).with_fault(self.fault(record));
        let stored = match record {
            // A key that is not in force any more is not to be found either.
            Record::StageKey if self.weakness == Some(Weakness::KeepsStageKey) => {
                store.store(number(record), data)
            }
            Record::Authentication | Record::StageKey => store.store_and_erase(number(record), data),
            _ => store.store(number(record), data),
        };
        stored.map_err(|_| StoreFailed)
    }

    fn fault(&self, record: Record) -> Option<Fault> {
        match self.weakness {
            Some(Weakness::Store(fault)) => Some(fault),
            Some(Weakness::ErasesKeysFirst) if record == Record::Authentication => Some(Fault::ErasesCurrent),
            _ => None,
        }
    }
}

/// The number of a record, close to those of four services: a small flash is swept sooner.
pub fn number(record: Record) -> u16 {
    match record {
        Record::StageKey => 12,
        // There is no room for more services.
        Record::Logic(4..) => u16::MAX,
        record => record.number(),
    }
}

/// What a slot is called in the store.
pub fn place(slot: Slot) -> cardwire_store::Slot {
    match slot {
        Slot::A => cardwire_store::Slot::A,
        Slot::B => cardwire_store::Slot::B,
    }
}

/// The boot loader's view.
impl Slots for Board {
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        self.read_record(record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let mut data = data.to_vec();
        if data[WHAT] == STARTED {
            match self.weakness {
                Some(Weakness::ForgetsTrials) => return Ok(()),
                Some(Weakness::ConfirmsAtStart) => {
                    let old = data[IN_FORCE].to_vec();
                    data.copy_within(OTHER, IN_FORCE.start);
                    data.copy_within(OTHER.end - 4..OTHER.end, COUNTER.start);
                    data[OTHER].copy_from_slice(&old);
                    data[WHAT] = BEFORE;
                }
                _ => {}
            }
        }
        self.write_record(record, &data)
    }

    fn read(&mut self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let flash = self.flash.borrow();
        if flash.is_off() {
            return Err(StoreFailed);
        }
        let from = (self.layout.slot(place(slot)).start + offset) as usize;
        let bytes = flash.bytes().get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or(StoreFailed)?);
        Ok(())
    }
}

impl Env for Board {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        let mut random = Random::new(self.seed);
        out.fill_with(|| random.next() as u8);
        self.seed = random.next();
        Ok(())
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        if record == Record::Commit && self.weakness == Some(Weakness::IgnoresNote) {
            return None;
        }
        self.read_record(record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let relies_on_stage = match record {
            Record::Commit => self.weakness != Some(Weakness::NotesBeforeStage) && !data.is_empty(),
            Record::Boot => true,
            _ => false,
        };
        if relies_on_stage {
            let mut flash = self.flash.borrow_mut();
            self.stage.finish(&mut *flash).map_err(|_| StoreFailed)?;
        }
        self.write_record(record, data)
    }

    fn software_max(&self) -> u32 {
        4000
    }

    fn stage_size(&self) -> u32 {
        self.stage.size::<Flash>()
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        let over = self.weakness == Some(Weakness::StagesOverRunning);
        self.stage_in(if over { self.started } else { self.started.other() });
        let mut flash = self.flash.borrow_mut();
        self.stage.begin(&mut *flash, digest).map_err(|_| StoreFailed)
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        let mut flash = self.flash.borrow_mut();
        self.stage.length(&mut *flash, digest).unwrap_or(0)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        self.stage.append(&mut *flash, data).map_err(|_| StoreFailed)
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let mut flash = self.flash.borrow_mut();
        self.stage.read(&mut *flash, offset, out).map_err(|_| StoreFailed)
    }
}

/// Lends a flash to readers.
pub fn on<T>(flash: &mut Flash, work: impl FnOnce(&Shared) -> T) -> T {
    let shared = Rc::new(RefCell::new(core::mem::replace(flash, Flash::new(0))));
    let result = work(&shared);
    *flash = Rc::into_inner(shared).expect("the reader is gone").into_inner();
    result
}
