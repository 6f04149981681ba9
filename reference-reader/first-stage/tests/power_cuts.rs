//! The power goes at every flash operation of a start, and once more at every operation of the next: the old software or the
//! new one starts, software on trial only once, and what is not sealed never.

use cardwire_core::{codec::message::HardwareClass, env::Record};
use cardwire_first_stage::{FirstStage, Trust, map::Region, package, seal};
use cardwire_store::{
    Layout, Sizes, Store,
    mock::{Inside, MockFlash, Scenario, sweep},
};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

/// Words of 8 bytes, which cut most of what is stored, and pages just large enough for a record.
type Flash = MockFlash<8, 2048>;

const SIZES: Sizes = Sizes {
    block: 2048,
    records: 8,
    slot: 4 * 2048,
};
const CLASS: HardwareClass = HardwareClass(2);
const RUNS_AT: Region = Region {
    start: 0x1_0000,
    size: 4096,
};

/// A digest of no manifest.
const MANIFEST: [u8; 32] = [0x4d; 32];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    A,
    B,
}

/// What the board knows of its other slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Nothing,
    Before,
    Trial { begun: bool },
}

/// Software: what a slot holds, header and seal included.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Software(Vec<u8>);

impl Software {
    fn sealed(number: u8, size: usize, entry: u32, key: &SigningKey) -> Self {
        let mut image = vec![number; size];
        image[4..8].copy_from_slice(&entry.to_le_bytes());
        let size = image.len() as u32;
        let signature = key.sign(&seal::signed(CLASS, size, &Sha256::digest(&image).into()));
        image.extend(seal::encode(CLASS, size, &signature.to_bytes()));
        let header = package::header("software", CLASS, image.len() as u32).expect("it is a name");
        Self([&header[..], &image].concat())
    }

    fn right(number: u8) -> Self {
        Self::sealed(number, 1000, RUNS_AT.start + 9, &key())
    }

    /// The image alone, as it runs.
    fn image(&self) -> &[u8] {
        &self.0[512..self.0.len() - seal::SIZE]
    }

    fn with(mut self, at: usize, bit: u8) -> Self {
        self.0[at] ^= bit;
        self
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn trust() -> Trust {
    Trust {
        authority: key().verifying_key().to_bytes(),
        hardware_class: CLASS,
        runs_at: RUNS_AT,
    }
}

fn layout(flash: &Flash) -> Layout {
    Layout::new(flash, SIZES).expect("the flash has room")
}

fn new_flash() -> Flash {
    Flash::new((2 * (u32::from(SIZES.records) * SIZES.block + SIZES.slot) / 2048) as usize)
}

fn place(slot: Slot) -> cardwire_store::Slot {
    match slot {
        Slot::A => cardwire_store::Slot::A,
        Slot::B => cardwire_store::Slot::B,
    }
}

/// What the core keeps of both slots. Which software is in a slot the record says by its digest.
fn boot_record(running: (Slot, &Software), what: Other, other: (Slot, &Software)) -> Vec<u8> {
    let image = |(slot, software): (Slot, &Software)| {
        let size = (software.0.len() as u32).to_be_bytes();
        let digest: [u8; 32] = Sha256::digest(&software.0).into();
        [&[slot as u8][..], &size, &digest, &[0, 0, 0, 7]].concat()
    };
    let tag = match what {
        Other::Nothing => 0,
        Other::Before => 1,
        Other::Trial { begun: false } => 2,
        Other::Trial { begun: true } => 3,
    };
    let other = match what {
        Other::Nothing => vec![0; 41],
        Other::Before | Other::Trial { .. } => image(other),
    };
    [&[1, 0, 0, 0, 6][..], &image(running), &[tag], &other, &MANIFEST].concat()
}

fn store(flash: &mut Flash, record: &[u8]) -> Result<(), String> {
    let layout = layout(flash);
    Store::new(flash, &layout)
        .store(Record::Boot.number(), record)
        .map_err(|error| error.to_string())
}

/// Starts a board; gives the image that runs then.
fn start(flash: &mut Flash) -> Option<Vec<u8>> {
    let layout = layout(flash);
    let mut stage = FirstStage::new(flash, layout, trust());
    let software = stage.choose()?;
    let mut memory = [0; RUNS_AT.size as usize];
    stage.load(&software, &mut memory).ok()?;
    Some(memory[..1000].to_vec())
}

/// A board with software in both slots, of which one runs.
#[derive(Clone)]
struct Case {
    name: &'static str,
    a: Software,
    b: Software,
    /// As [`boot_record`] has it, of A and B.
    what: Other,
    /// Whether software on trial confirms itself when it runs.
    confirms: bool,
    /// The software that starts at the end, however often it is started.
    ends_with: Slot,
}

/// What was seen.
#[derive(Clone, Default)]
struct Known {
    /// How often B was started before it was confirmed.
    tried: u32,
    /// B was confirmed.
    confirmed: bool,
    /// B was begun to be confirmed: it may be or not.
    confirming: bool,
}

impl Case {
    fn software(&self, slot: Slot) -> &Software {
        match slot {
            Slot::A => &self.a,
            Slot::B => &self.b,
        }
    }

    fn which(&self, image: &[u8]) -> Option<Slot> {
        [Slot::A, Slot::B]
            .into_iter()
            .find(|slot| self.software(*slot).image() == image)
    }

    fn is_trial(&self) -> bool {
        matches!(self.what, Other::Trial { .. })
    }
}

impl Scenario<8, 2048> for Case {
    type Known = Known;

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn start(&self) -> (Flash, Known) {
        let mut flash = new_flash();
        let layout = layout(&flash);
        for slot in [Slot::A, Slot::B] {
            let at = layout.slot(place(slot)).start as usize;
            let bytes = &self.software(slot).0;
            flash.bytes_mut()[at..at + bytes.len()].copy_from_slice(bytes);
        }
        // The record is of the software that was right once.
        let (a, b) = (Software::right(0xa0), Software::right(0xb0));
        let other = if self.is_trial() { &self.b } else { &b };
        store(
            &mut flash,
            &boot_record((Slot::A, &a), self.what, (Slot::B, other)),
        )
        .expect("there is power");
        (flash, Known::default())
    }

    fn run(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        // Twice: what was tried and not confirmed is to be given up.
        for _ in 0..2 {
            let started = start(flash);
            if flash.is_off() {
                return Ok(());
            }
            let started = started.ok_or("nothing starts")?;
            let slot = self.which(&started).ok_or("what starts is neither of the two")?;
            if slot == Slot::B && self.is_trial() && !known.confirmed {
                known.tried += u32::from(!known.confirming);
                if known.tried > 1 {
                    return Err("software on trial was started twice".to_owned());
                }
                if self.confirms {
                    known.confirming = true;
                    let record = boot_record((Slot::B, &self.b), Other::Before, (Slot::A, &self.a));
                    let stored = store(flash, &record);
                    if flash.is_off() {
                        return Ok(());
                    }
                    stored?;
                    known.confirmed = true;
                }
            }
        }
        Ok(())
    }

    fn check(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        let mut copy = flash.clone();
        let started = start(&mut copy).ok_or("nothing starts")?;
        let slot = self.which(&started).ok_or("what starts is neither of the two")?;
        let allowed = match slot {
            Slot::B if !self.is_trial() => true,
            Slot::B => known.confirmed || known.confirming || known.tried == 0,
            Slot::A => !known.confirmed,
        };
        if !allowed {
            return Err(format!("slot {slot:?} starts"));
        }
        if slot == Slot::B && known.confirming {
            known.confirmed = true;
        }
        Ok(())
    }
}

fn cases() -> Vec<Case> {
    let (a, b) = (Software::right(0xa0), Software::right(0xb0));
    let trial = Other::Trial { begun: false };
    let case = |name, b: Software, what, confirms, ends_with| Case {
        name,
        a: a.clone(),
        b,
        what,
        confirms,
        ends_with,
    };
    let stranger = SigningKey::from_bytes(&[4; 32]);
    let elsewhere = Software::sealed(0xb0, 1000, 0x401, &key());
    let larger = Software::sealed(0xb0, RUNS_AT.size as usize + 4, RUNS_AT.start + 9, &key());
    vec![
        case("confirmed", b.clone(), trial, true, Slot::B),
        case("never confirmed", b.clone(), trial, false, Slot::A),
        case(
            "begun before",
            b.clone(),
            Other::Trial { begun: true },
            true,
            Slot::A,
        ),
        case("with a flipped bit", b.clone().with(700, 4), trial, true, Slot::A),
        case(
            "with a flipped bit of its seal",
            b.clone().with(1580, 4),
            trial,
            true,
            Slot::A,
        ),
        case(
            "with something behind its header",
            b.clone().with(50, 1),
            trial,
            true,
            Slot::A,
        ),
        case(
            "sealed by a stranger",
            Software::sealed(0xb0, 1000, RUNS_AT.start + 9, &stranger),
            trial,
            true,
            Slot::A,
        ),
        case("made for another place", elsewhere, trial, true, Slot::A),
        case("larger than its place", larger, trial, true, Slot::A),
        case(
            "in force, with one before it",
            b.clone(),
            Other::Before,
            false,
            Slot::A,
        ),
        Case {
            a: a.clone().with(700, 4),
            ..case(
                "damaged, with one before it",
                b.clone(),
                Other::Before,
                false,
                Slot::B,
            )
        },
        case(
            "in force, with nothing beside it",
            b,
            Other::Nothing,
            false,
            Slot::A,
        ),
    ]
}

//= spec/book/src/updates.md#cw-upd-010
//= type=test
//# A reader MUST keep the bytes of an update when client, link or cloud is lost, and after a loss of power at any moment have the old update in force or the new one, whole.
#[test]
fn every_cut_leaves_software_that_may_run() {
    let inside = Inside { first: 4, second: 2 };
    let mut operations = 0;
    for case in cases() {
        let counts = sweep(&case, inside).unwrap_or_else(|failure| panic!("{failure}"));
        operations += counts.operations;
        let (mut flash, mut known) = case.start();
        case.run(&mut flash, &mut known).expect("there is power");
        let ends = start(&mut flash).and_then(|image| case.which(&image));
        assert_eq!(ends, Some(case.ends_with), "{}", case.name);
    }
    assert!(operations > 20, "{operations} operations were cut");
}

/// What is not right never runs, whatever the record says of it.
#[test]
fn what_is_not_sealed_is_not_even_tried() {
    for case in cases().iter().filter(|case| case.b != Software::right(0xb0)) {
        let (mut flash, mut known) = case.start();
        case.run(&mut flash, &mut known).expect("there is power");
        assert_eq!(known.tried, 0, "{}", case.name);
    }
}

/// Of the factory's software no record says anything: the seal does.
#[test]
fn software_of_the_factory_has_to_be_sealed() {
    let with = |software: &Software| {
        let mut flash = new_flash();
        let at = layout(&flash).slot(place(Slot::A)).start as usize;
        flash.bytes_mut()[at..at + software.0.len()].copy_from_slice(&software.0);
        start(&mut flash)
    };
    let right = Software::right(1);
    assert_eq!(with(&right).as_deref(), Some(right.image()));
    // All but the name in the header, which is what people call it.
    let name = right
        .0
        .windows(8)
        .position(|bytes| bytes == b"software")
        .expect("it has a name");
    let seal = 512 + right.image().len();
    let looked_at = (0..540).chain((540..seal).step_by(13)).chain(seal..right.0.len());
    for byte in looked_at.filter(|byte| !(name..name + 8).contains(byte)) {
        assert_eq!(with(&right.clone().with(byte, 1)), None, "byte {byte}");
    }
    assert_eq!(start(&mut new_flash()), None, "an empty board");
}

/// A flash that tells something else at the second look.
#[test]
fn what_changes_between_two_looks_is_not_started() {
    let mut flash = new_flash();
    let layout = layout(&flash);
    let at = layout.slot(place(Slot::A)).start as usize;
    let software = Software::right(1);
    flash.bytes_mut()[at..at + software.0.len()].copy_from_slice(&software.0);
    let checked = FirstStage::new(&mut flash, layout, trust())
        .choose()
        .expect("it is right");
    flash.bytes_mut()[at + 600] ^= 1;
    let mut memory = [0; RUNS_AT.size as usize];
    let mut stage = FirstStage::new(&mut flash, layout, trust());
    assert!(stage.load(&checked, &mut memory).is_err());
    assert!(
        stage.load(&checked, &mut memory[..10]).is_err(),
        "there is no room"
    );
}
