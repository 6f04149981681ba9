//! What happens to a reader that is updated, read from a fuzzer's bytes and written for seeds.

use crate::sequence;
use arbitrary::{Result, Unstructured};

/// Most that happens in one execution.
pub const ACTS_MAX: usize = 12;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The cloud offers an update.
    Offer(u8),
    /// It sends bytes of it.
    Chunk(u8, How),
    /// It commits it.
    Commit(u8),
    /// It offers it, and sends what is missing.
    Bring(u8),
    /// The same, and the commit.
    Install(u8),
    /// The client connects and logs in anew.
    Login,
    /// The power goes between two operations, and comes back.
    PowerCycle,
    /// The power goes at an operation to come.
    Cut(Power),
    /// Nobody logs in until software on trial is given up.
    Trial,
}

/// Which bytes of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Those that come next.
    Right,
    /// The same with one altered.
    Altered,
    /// Those of another place.
    Elsewhere,
    /// More than there are.
    Long,
}

/// When the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// At which operation of the flash, from now on.
    pub operation: u8,
    /// 0 before it, 1 inside, 2 after it.
    pub moment: u8,
    /// Which part of the operation happens.
    pub seed: u8,
}

impl How {
    const ALL: [Self; 4] = [Self::Right, Self::Altered, Self::Elsewhere, Self::Long];
}

impl Act {
    /// What happens, in its order.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Vec<Self> {
        sequence::read_all(bytes, ACTS_MAX, Self::read)
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        let mut byte = || -> Result<u8> { input.arbitrary() };
        Ok(match kind % 16 {
            0 => Self::Offer(byte()?),
            1 | 2 => Self::Chunk(byte()?, How::ALL[usize::from(byte()?) % How::ALL.len()]),
            3 | 4 => Self::Commit(byte()?),
            5 | 6 => Self::Bring(byte()?),
            7..=9 => Self::Install(byte()?),
            10 => Self::Login,
            11 => Self::PowerCycle,
            12..=14 => Self::Cut(Power {
                operation: byte()?,
                moment: byte()? % 3,
                seed: byte()?,
            }),
            _ => Self::Trial,
        })
    }

    /// The bytes that [`Act::read_all`] reads as these.
    #[must_use]
    pub fn write_all(acts: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        for act in acts {
            match *act {
                Self::Offer(place) => out.extend([0, place]),
                Self::Chunk(place, how) => {
                    let how = How::ALL.iter().position(|known| *known == how);
                    out.extend([1, place, how.unwrap_or(0) as u8]);
                }
                Self::Commit(place) => out.extend([3, place]),
                Self::Bring(place) => out.extend([5, place]),
                Self::Install(place) => out.extend([7, place]),
                Self::Login => out.push(10),
                Self::PowerCycle => out.push(11),
                Self::Cut(Power {
                    operation,
                    moment,
                    seed,
                }) => out.extend([12, operation, moment, seed]),
                Self::Trial => out.push(15),
            }
        }
        out
    }
}
