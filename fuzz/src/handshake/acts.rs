//! What somebody in between does with a message, read from a fuzzer's bytes and written for seeds.

use crate::sequence;
use arbitrary::{Result, Unstructured};

/// Most messages that are touched in one execution.
pub const ACTS_MAX: usize = 40;

/// What becomes of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It arrives.
    Pass,
    /// It does not.
    Drop,
    /// It arrives twice.
    Twice,
    /// A byte of it arrives altered.
    Alter(u16, u8),
    /// Only the front of it arrives.
    Cut(u8),
    /// It arrives behind the next one.
    Hold,
    /// It arrives so many hundredths of a second later.
    Late(u8),
    /// A message of another session arrives in its place.
    Replace(u8),
    /// A message of another session arrives before it.
    Before(u8),
    /// It arrives joined with the next one: what divides them is missing.
    Join,
    /// The reader's link is reset when it has arrived.
    Reset,
    /// The reader's power goes and comes back when it has arrived.
    PowerCut,
}

impl Act {
    /// One of each, with a name.
    pub const EACH: [(&'static str, Self); 12] = [
        ("pass", Self::Pass),
        ("drop", Self::Drop),
        ("twice", Self::Twice),
        ("alter", Self::Alter(24, 1)),
        ("cut", Self::Cut(20)),
        ("hold", Self::Hold),
        ("late", Self::Late(200)),
        ("replace", Self::Replace(3)),
        ("before", Self::Before(2)),
        ("join", Self::Join),
        ("reset", Self::Reset),
        ("power-cut", Self::PowerCut),
    ];

    /// What becomes of the messages, in their order; those behind the last one arrive.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Vec<Self> {
        sequence::read_all(bytes, ACTS_MAX, Self::read)
    }

    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        Ok(match kind % 24 {
            0 | 12..=19 => Self::Pass,
            1 => Self::Drop,
            2 => Self::Twice,
            3 | 20 | 21 => Self::Alter(input.arbitrary()?, input.arbitrary()?),
            4 => Self::Cut(input.arbitrary()?),
            5 => Self::Hold,
            6 => Self::Late(input.arbitrary()?),
            7 | 22 => Self::Replace(input.arbitrary()?),
            8 | 23 => Self::Before(input.arbitrary()?),
            9 => Self::Join,
            10 => Self::Reset,
            _ => Self::PowerCut,
        })
    }

    /// The bytes that [`Act::read_all`] reads as these.
    #[must_use]
    pub fn write_all(acts: &[Self]) -> Vec<u8> {
        let mut out = Vec::new();
        for act in acts {
            match *act {
                Self::Pass => out.push(0),
                Self::Drop => out.push(1),
                Self::Twice => out.push(2),
                Self::Alter(at, with) => {
                    out.push(3);
                    out.extend(at.to_le_bytes());
                    out.push(with);
                }
                Self::Cut(at) => out.extend([4, at]),
                Self::Hold => out.push(5),
                Self::Late(time) => out.extend([6, time]),
                Self::Replace(which) => out.extend([7, which]),
                Self::Before(which) => out.extend([8, which]),
                Self::Join => out.push(9),
                Self::Reset => out.push(10),
                Self::PowerCut => out.push(11),
            }
        }
        out
    }
}
