//! What a reader says, read from a fuzzer's bytes and written for seeds, and what it means for what the reader was told.

use super::{
    acts::{of, one},
    model::{
        Model,
        course::{Step, Told},
    },
    said::Said,
};
use arbitrary::{Result, Unstructured};
use cardwire_codec::message::{ErrorCode, UpdateState};

/// What a reader says to what its cloud has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// What is right; the commit has put the update into force.
    Right,
    /// What is right; the commit has put the update on trial.
    Tries,
    /// How the update stands, or what is wrong with it.
    Status {
        /// Whether it names the update that it was asked about.
        right: bool,
        /// How it stands.
        state: UpdateState,
        /// What is missing.
        offset: Offset,
        /// A place in [`CODES`].
        code: u8,
    },
    /// What became of a commit.
    Result {
        /// Whether it names the update that it was asked about.
        right: bool,
        /// How it stands.
        state: UpdateState,
        /// A place in [`CODES`].
        code: u8,
    },
    /// It refuses the message: a place in [`CODES`].
    Refuses(u8),
    /// The confirmation of a login.
    Confirms,
    /// That it holds secrets.
    Secrets,
    /// What is no message, sealed.
    Garbage(u8),
    /// What is right, altered behind the seal.
    Damaged(u8, u8),
    /// Nothing: its client asks what there is for it.
    Nothing,
}

/// Which byte is the first that is missing, as a reader says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// The one behind the last chunk.
    Next,
    /// The one in the middle of it, rounded up.
    Middle,
    /// The first one of the last chunk.
    Same,
    /// The first of all.
    Zero,
    /// The last of all.
    Last,
    /// None: all are there.
    Size,
    /// One that there can't be.
    Most,
    /// This one.
    At(u16),
}

/// What a reader may say is wrong. The first is nothing, the next four may go well another time.
pub const CODES: [ErrorCode; 10] = [
    ErrorCode(0),
    ErrorCode::UPDATE_DIGEST,
    ErrorCode::UPDATE_ORDER,
    ErrorCode::UPDATE_TRIAL,
    ErrorCode::STORAGE_FAILED,
    ErrorCode::UPDATE_SIGNATURE,
    ErrorCode::UPDATE_COUNTER,
    ErrorCode::UPDATE_HARDWARE,
    ErrorCode::NOT_SUPPORTED,
    ErrorCode(0xBEEF),
];

/// The error at a place of [`CODES`].
#[must_use]
pub fn code(place: u8) -> ErrorCode {
    CODES[usize::from(place) % CODES.len()]
}

const STATES: [UpdateState; 5] = [
    UpdateState::None,
    UpdateState::Receiving,
    UpdateState::Received,
    UpdateState::Installed,
    UpdateState::Trial,
];
const OFFSETS: [Offset; 7] = [
    Offset::Next,
    Offset::Middle,
    Offset::Same,
    Offset::Zero,
    Offset::Last,
    Offset::Size,
    Offset::Most,
];

impl Word {
    /// The next word.
    pub(super) fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.arbitrary::<u8>()? % 16 {
            0 | 12 => Self::Right,
            1 | 13 => Self::Tries,
            2 | 3 | 14 => Self::Status {
                right: input.arbitrary::<u8>()? % 8 != 7,
                state: one(STATES, input)?,
                offset: Offset::read(input)?,
                code: input.arbitrary()?,
            },
            4 | 15 => Self::Result {
                right: input.arbitrary::<u8>()? % 8 != 7,
                state: one(STATES, input)?,
                code: input.arbitrary()?,
            },
            5 => Self::Refuses(input.arbitrary()?),
            6 => Self::Confirms,
            7 => Self::Secrets,
            8 => Self::Garbage(input.arbitrary()?),
            9 => Self::Damaged(input.arbitrary()?, input.arbitrary()?),
            _ => Self::Nothing,
        })
    }

    /// The bytes that [`Word::read`] reads as this.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let named = |right: bool| if right { 0 } else { 7 };
        match self {
            Self::Right => out.push(0),
            Self::Tries => out.push(1),
            Self::Status {
                right,
                state,
                offset,
                code,
            } => {
                out.extend([2, named(right), of(&STATES, state)]);
                offset.write(out);
                out.push(code);
            }
            Self::Result { right, state, code } => out.extend([4, named(right), of(&STATES, state), code]),
            Self::Refuses(code) => out.extend([5, code]),
            Self::Confirms => out.push(6),
            Self::Secrets => out.push(7),
            Self::Garbage(byte) => out.extend([8, byte]),
            Self::Damaged(at, with) => out.extend([9, at, with]),
            Self::Nothing => out.push(10),
        }
    }
}

impl Offset {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = input.arbitrary()?;
        Ok(match OFFSETS.get(usize::from(kind % 8)) {
            Some(known) => *known,
            None => Self::At(input.arbitrary()?),
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::At(at) => {
                out.push(OFFSETS.len() as u8);
                out.extend(at.to_le_bytes());
            }
            known => out.push(of(&OFFSETS, known)),
        }
    }
}

/// What a reader was asked.
pub struct Asked {
    /// Of which update.
    pub digest: [u8; 32],
    size: u32,
    step: Step,
}

impl Asked {
    /// By what it was told last.
    #[must_use]
    pub fn of(model: &Model, told: Option<Told>) -> Self {
        let Some(told) = told else {
            return Self {
                digest: [9; 32],
                size: 0,
                step: Step::Offer,
            };
        };
        let update = model.campaigns[told.campaign].update;
        Self {
            digest: update.package.digest,
            size: update.size(),
            step: told.step,
        }
    }

    /// What a right reader says, for which a commit ends so.
    #[must_use]
    pub fn right(&self, committed: UpdateState) -> Said {
        let error = ErrorCode(0);
        let next = self.offset(Offset::Next);
        let state = if next < self.size {
            UpdateState::Receiving
        } else {
            UpdateState::Received
        };
        match self.step {
            Step::Offer | Step::Chunk { .. } => Said::Status {
                right: true,
                state,
                offset: next,
                error,
            },
            Step::Commit => Said::Result {
                right: true,
                state: committed,
                error,
            },
        }
    }

    /// The byte that it says is the first that is missing.
    #[must_use]
    pub fn offset(&self, offset: Offset) -> u32 {
        let (at, length) = match self.step {
            Step::Offer => (0, 0),
            Step::Chunk { offset, length } => (offset, length),
            Step::Commit => (self.size, 0),
        };
        match offset {
            Offset::Next => at + length,
            Offset::Middle => at + length.div_ceil(2),
            Offset::Same => at,
            Offset::Zero => 0,
            Offset::Last => self.size.saturating_sub(1),
            Offset::Size => self.size,
            Offset::Most => u32::MAX,
            Offset::At(at) => u32::from(at),
        }
    }
}
