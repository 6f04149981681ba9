//! Which software starts: for boards with two places for it, and for their boot loaders.
//!
//! An update of software is put on trial, not into force. [`choose`] decides at every start, before anything else, and
//! uses nothing else of this crate: a boot loader that links it alone is small.

use crate::{
    digest::Sha256,
    env::{Record, StoreFailed},
};

/// One of the two places for software.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The one that runs when nothing was ever updated.
    A,
    /// The other one.
    B,
}

/// What [`choose`] needs of the board: its records, and what stands in the slots.
pub trait Slots {
    /// Reads a record, as [`Env::load`](crate::Env::load).
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize>;

    /// Stores a record, as [`Env::store`](crate::Env::store).
    ///
    /// # Errors
    /// [`StoreFailed`] where the record may not be there after a reset.
    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed>;

    /// Reads what stands in a slot, from `offset` on.
    ///
    /// # Errors
    /// [`StoreFailed`] where it can't be read.
    fn read(&mut self, slot: Slot, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed>;
}

/// The slot whose software is to be started now; `None` where neither holds software that is whole.
///
/// Software on trial is started once: that it was is noted before. Without a confirmation (a login with the cloud) the
/// next start, whatever led to it, goes back to the software before. Each image is checked against the digest that was
/// noted of it, at every start; that of a factory is noted nowhere, and is started as it is.
pub fn choose(board: &mut impl Slots) -> Option<Slot> {
    let mut out = [0; BootRecord::SIZE];
    let length = board.load(Record::Boot, &mut out);
    let Some(mut record) = length.and_then(|length| BootRecord::decode(out.get(..length)?)) else {
        return Some(Slot::A);
    };
    if let Other::Trial { image, begun } = record.other {
        if is_whole(board, &image) {
            if is_committed(board, &record.manifest) {
                // It has confirmed itself; only the note of it was cut off, and the reader writes it again.
                return Some(image.slot);
            }
            record.other = Other::Trial { image, begun: true };
            // What can't be noted is not tried: it would be tried for ever.
            if !begun && board.store(Record::Boot, &record.encode()).is_ok() {
                return Some(image.slot);
            }
        }
        record.other = Other::GivenUp;
        // Where this fails the next start finds the same and decides the same.
        let _ = board.store(Record::Boot, &record.encode());
    }
    if is_whole(board, &record.running) {
        return Some(record.running.slot);
    }
    match record.other {
        Other::Before(image) if is_whole(board, &image) => {
            record.running = image;
            record.other = Other::None;
            // From now on it is what runs: the next update goes to the other slot, and not over it.
            let _ = board.store(Record::Boot, &record.encode());
            Some(image.slot)
        }
        Other::Before(_) | Other::None | Other::Trial { .. } | Other::GivenUp => None,
    }
}

/// What is known of the software in the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The slot whose software is in force. Bytes of an update that begins now go to the other one.
    pub in_force: Slot,
    /// The slot whose software is on trial, and whether it was started.
    pub trial: Option<(Slot, bool)>,
    /// Software was on trial and was not confirmed; it is forgotten when a [`Reader`](crate::Reader) has seen it.
    pub given_up: bool,
    /// Whether the software in force is that of the factory, of which nothing is known.
    pub from_factory: bool,
}

/// What is known of the software in the slots: for boards, after [`choose`] and whenever an update begins.
pub fn standing(board: &mut impl Slots) -> Standing {
    let mut out = [0; BootRecord::SIZE];
    let length = board.load(Record::Boot, &mut out);
    let record = length
        .and_then(|length| BootRecord::decode(out.get(..length)?))
        .unwrap_or(BootRecord::FACTORY);
    Standing {
        in_force: record.running.slot,
        trial: match record.other {
            Other::Trial { image, begun } => Some((image.slot, begun)),
            Other::None | Other::Before(_) | Other::GivenUp => None,
        },
        given_up: record.other == Other::GivenUp,
        from_factory: record.running.size == 0,
    }
}

/// Whether the update with this manifest was committed for good and is still being carried out.
fn is_committed(board: &mut impl Slots, manifest: &[u8; 32]) -> bool {
    let mut out = [0; COMMIT_SIZE];
    board.load(Record::Commit, &mut out) == Some(COMMIT_SIZE) && out == *manifest
}

fn is_whole(board: &mut impl Slots, image: &Image) -> bool {
    let mut digest = Sha256::default();
    let mut piece = [0; 256];
    let mut offset = 0;
    while offset < image.size {
        let length = (image.size - offset).min(piece.len() as u32);
        let piece = &mut piece[..length as usize];
        if board.read(image.slot, offset, piece).is_err() {
            return false;
        }
        digest.update(piece);
        offset += length;
    }
    image.size == 0 || digest.finish() == image.digest
}

/// What [`Record::Commit`] holds: the digest of the manifest that is being carried out, or nothing.
pub(crate) const COMMIT_SIZE: usize = 32;

/// Software in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) slot: Slot,
    /// Size in bytes, header included; 0: it came from the factory, and nothing is known of it.
    pub(crate) size: u32,
    pub(crate) digest: [u8; 32],
    /// The update counter that it came with.
    pub(crate) counter: u32,
}

/// What the slot holds that does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// Nothing of which anything is known.
    None,
    /// The software before the one in force.
    Before(Image),
    /// Software on trial; whether it was started.
    Trial { image: Image, begun: bool },
    /// Software that was on trial and not confirmed.
    GivenUp,
}

/// What [`Record::Boot`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BootRecord {
    /// The update counter of the software in force.
    pub(crate) counter: u32,
    pub(crate) running: Image,
    pub(crate) other: Other,
    /// Digest of the manifest of the software that is or was on trial.
    pub(crate) manifest: [u8; 32],
}

const IMAGE: usize = 1 + 4 + 32 + 4;
const VERSION: u8 = 1;

impl BootRecord {
    /// Version, counter, both images with what the other one is, manifest.
    pub(crate) const SIZE: usize = 1 + 4 + IMAGE + 1 + IMAGE + 32;

    /// A reader that came from the factory.
    pub(crate) const FACTORY: Self = Self {
        counter: 0,
        running: Image {
            slot: Slot::A,
            size: 0,
            digest: [0; 32],
            counter: 0,
        },
        other: Other::None,
        manifest: [0; 32],
    };

    pub(crate) fn encode(&self) -> [u8; Self::SIZE] {
        let mut out = [0; Self::SIZE];
        out[0] = VERSION;
        out[1..5].copy_from_slice(&self.counter.to_be_bytes());
        out[5..5 + IMAGE].copy_from_slice(&self.running.encode());
        let (tag, image) = match &self.other {
            Other::None => (0, None),
            Other::Before(image) => (1, Some(image)),
            Other::Trial { image, begun: false } => (2, Some(image)),
            Other::Trial { image, begun: true } => (3, Some(image)),
            Other::GivenUp => (4, None),
        };
        out[5 + IMAGE] = tag;
        if let Some(image) = image {
            out[6 + IMAGE..6 + 2 * IMAGE].copy_from_slice(&image.encode());
        }
        out[6 + 2 * IMAGE..].copy_from_slice(&self.manifest);
        out
    }

    pub(crate) fn decode(data: &[u8]) -> Option<Self> {
        let data: &[u8; Self::SIZE] = data.try_into().ok()?;
        let (&version, rest) = data.split_first()?;
        let (counter, rest) = rest.split_first_chunk::<4>()?;
        let (running, rest) = rest.split_first_chunk::<IMAGE>()?;
        let (&tag, rest) = rest.split_first()?;
        let (image, rest) = rest.split_first_chunk::<IMAGE>()?;
        let image = Image::decode(image);
        let other = match tag {
            0 => Other::None,
            1 => Other::Before(image?),
            2 | 3 => Other::Trial {
                image: image?,
                begun: tag == 3,
            },
            4 => Other::GivenUp,
            _ => return None,
        };
        (version == VERSION).then_some(())?;
        Some(Self {
            counter: u32::from_be_bytes(*counter),
            running: Image::decode(running)?,
            other,
            manifest: rest.try_into().ok()?,
        })
    }
}

impl Image {
    fn encode(&self) -> [u8; IMAGE] {
        let mut out = [0; IMAGE];
        out[0] = match self.slot {
            Slot::A => 0,
            Slot::B => 1,
        };
        out[1..5].copy_from_slice(&self.size.to_be_bytes());
        out[5..37].copy_from_slice(&self.digest);
        out[37..].copy_from_slice(&self.counter.to_be_bytes());
        out
    }

    fn decode(data: &[u8; IMAGE]) -> Option<Self> {
        let number = |at: usize| {
            let mut number = [0; 4];
            number.copy_from_slice(&data[at..at + 4]);
            u32::from_be_bytes(number)
        };
        let mut digest = [0; 32];
        digest.copy_from_slice(&data[5..37]);
        Some(Self {
            slot: match data[0] {
                0 => Slot::A,
                1 => Slot::B,
                _ => return None,
            },
            size: number(1),
            digest,
            counter: number(37),
        })
    }
}

impl Slot {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}
