//! What a reader and its cloud say to each other of updates, decoded.

use super::model::course::DETAIL;
use crate::world::encoded;
use cardwire_codec::message::{ChannelError, ErrorCode, UpdateResult, UpdateState, UpdateStatus};

/// What a reader says, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// How an update stands.
    Status {
        /// Whether it names the update that it was asked about.
        right: bool,
        /// How it stands.
        state: UpdateState,
        /// The first byte that is missing.
        offset: u32,
        /// What is wrong; 0 for nothing.
        error: ErrorCode,
    },
    /// What became of a commit.
    Result {
        /// Whether it names the update that it was asked about.
        right: bool,
        /// How it stands.
        state: UpdateState,
        /// What is wrong; 0 for nothing.
        error: ErrorCode,
    },
    /// That it refuses the message.
    Refusal(ErrorCode),
    /// A message that is no answer to an update.
    Other(Vec<u8>),
}

/// What a reader hears, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// There is no more for it.
    Nothing,
    /// The manifest of an update.
    Offer {
        /// Its encoding.
        manifest: Vec<u8>,
        /// The authority's signature.
        signature: [u8; 64],
    },
    /// Bytes of it.
    Chunk {
        /// Of which update.
        digest: [u8; 32],
        /// Where they begin.
        offset: u32,
        /// The bytes.
        data: Vec<u8>,
    },
    /// That it is to be put into force.
    Commit {
        /// Which update.
        digest: [u8; 32],
    },
}

impl Heard {
    /// What it is, for a person.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => "no more".to_owned(),
            Self::Offer { .. } => "an offer".to_owned(),
            Self::Chunk { offset, data, .. } => format!("{} bytes at {offset}", data.len()),
            Self::Commit { .. } => "a commit".to_owned(),
        }
    }
}

impl Said {
    /// The message, of this update, by a reader with these counters.
    #[must_use]
    pub fn encoded(&self, digest: &[u8; 32], counters: [u32; 3]) -> Vec<u8> {
        let other = digest.map(|byte| byte ^ 1);
        let named = |right: bool| if right { digest } else { &other };
        let detail = |error: ErrorCode| if error.0 == 0 { 0 } else { DETAIL };
        match self {
            &Self::Status {
                right,
                state,
                offset,
                error,
            } => encoded(&UpdateStatus {
                digest: named(right),
                state,
                next_offset: offset,
                error,
                detail: detail(error),
                extensions: Default::default(),
            }),
            &Self::Result { right, state, error } => encoded(&UpdateResult {
                digest: named(right),
                state,
                error,
                detail: detail(error),
                software_counter: counters[0],
                authentication_counter: counters[1],
                logic_counter: counters[2],
                extensions: Default::default(),
            }),
            &Self::Refusal(code) => encoded(&ChannelError {
                // An offer; a cloud does not look at it.
                request: 0x54,
                code,
                detail: DETAIL,
                extensions: Default::default(),
            }),
            Self::Other(message) => message.clone(),
        }
    }
}
