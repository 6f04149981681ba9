//! What is done to a reader at the bench, read from a fuzzer's bytes and written for seeds.

use super::documents::Paper;
use crate::sequence;
use arbitrary::{Result, Unstructured};
use cardwire_codec::message::Provisioning;
use cardwire_core::provision::UNPROVISIONED;

/// Most that is done in one execution.
pub const ACTS_MAX: usize = 16;
/// Names that a reader may be given; the last one is that of readers without one.
pub const READERS: [&str; 4] = ["READER-1", "R", "A-READER-OF-THIRTY-TWO-LETTERS_1", UNPROVISIONED];

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The reader boots.
    Boot,
    /// It is given an identity and keys.
    Provision(Given, Paper),
    /// Its keys are changed.
    Change(Paper),
    /// It is latched.
    Latch,
    /// Identity and static key are taken from it.
    Forget,
    /// An update that is not in force yet waits, or does no more.
    Pending(bool),
    /// An update of authentication information with this counter has come into force, and has left an old key of the cloud.
    Update(u8),
    /// A write to come fails. Where the power goes with it, it stays off until it is turned on.
    Cut(Cut),
    /// The random source fails until the power is turned on.
    RandomFails,
    /// The power is turned off, and on: who the reader is comes from its flash.
    PowerCycle,
}

/// The identity that a reader is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its kind.
    pub kind: Provisioning,
    /// Its name: a place in [`READERS`].
    pub name: u8,
    /// Whether the published key is there, too.
    pub published: bool,
}

/// When a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// After so many writes that don't.
    pub writes: u8,
    /// How it does.
    pub how: How,
}

/// How a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The power goes before it.
    Before,
    /// The power goes behind it: it is done, and nobody hears of it.
    Behind,
    /// The flash does not take it; the power stays.
    Refused,
}

impl Given {
    /// The reader's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        READERS[usize::from(self.name) % READERS.len()]
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let byte: u8 = input.arbitrary()?;
        Ok(Self {
            kind: if byte & 1 == 0 {
                Provisioning::Production
            } else {
                Provisioning::Certification
            },
            published: byte & 2 != 0,
            name: (byte >> 2) % READERS.len() as u8,
        })
    }

    fn write(self) -> u8 {
        u8::from(self.kind == Provisioning::Certification) | u8::from(self.published) << 1 | self.name << 2
    }
}

impl How {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Before, Self::Behind, Self::Refused];
}

impl Cut {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let byte: u8 = input.arbitrary()?;
        Ok(Self {
            writes: byte >> 2 & 3,
            how: How::ALL[usize::from(byte & 3) % How::ALL.len()],
        })
    }

    fn write(self) -> u8 {
        self.writes << 2 | self.how as u8
    }
}

impl Act {
    /// What is done, in its order.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Vec<Self> {
        sequence::read_all(bytes, ACTS_MAX, Self::read)
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        Ok(match kind % 16 {
            0 => Self::Boot,
            1..=3 => Self::Provision(Given::read(input)?, Paper::read(input)?),
            4..=6 => Self::Change(Paper::read(input)?),
            7 => Self::Latch,
            8 => Self::Forget,
            9 => Self::Pending(true),
            10 => Self::Pending(false),
            11 => Self::Update(input.arbitrary()?),
            12 | 13 => Self::Cut(Cut::read(input)?),
            14 => Self::RandomFails,
            _ => Self::PowerCycle,
        })
    }

    /// The bytes that [`Act::read_all`] reads as these.
    #[must_use]
    pub fn write_all(acts: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        for act in acts {
            match act {
                Self::Boot => out.push(0),
                Self::Provision(given, paper) => {
                    out.extend([1, given.write()]);
                    paper.write(&mut out);
                }
                Self::Change(paper) => {
                    out.push(4);
                    paper.write(&mut out);
                }
                Self::Latch => out.push(7),
                Self::Forget => out.push(8),
                Self::Pending(true) => out.push(9),
                Self::Pending(false) => out.push(10),
                Self::Update(counter) => out.extend([11, *counter]),
                Self::Cut(cut) => out.extend([12, cut.write()]),
                Self::RandomFails => out.push(14),
                Self::PowerCycle => out.push(15),
            }
        }
        out
    }
}
