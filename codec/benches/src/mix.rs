//! The mix: nine messages, as facts that each codec turns into values of its own.
//!
//! A session at a counter is many small messages, some that carry what a card said, and, at times, an update or a list
//! of services. Each of them counts once, small ones as much as large ones.

use crate::registries::{Policy, WorkingState};

/// Which message of the mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    JobStatus,
    InstructAnswer,
    Error,
    JobStatusAnswer,
    Instruct,
    JobDataAnswer,
    UpdateChunk,
    Relay,
    ServiceListAnswer,
}

impl Kind {
    /// All of them: small control, APDU-sized, chunk-sized, a list of services.
    pub(crate) const ALL: [Self; 9] = [
        Self::JobStatus,
        Self::InstructAnswer,
        Self::Error,
        Self::JobStatusAnswer,
        Self::Instruct,
        Self::JobDataAnswer,
        Self::UpdateChunk,
        Self::Relay,
        Self::ServiceListAnswer,
    ];

    /// The schema's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::JobStatus => "job_status",
            Self::InstructAnswer => "instruct_answer",
            Self::Error => "error",
            Self::JobStatusAnswer => "job_status_answer",
            Self::Instruct => "instruct",
            Self::JobDataAnswer => "job_data_answer",
            Self::UpdateChunk => "update_chunk",
            Self::Relay => "relay",
            Self::ServiceListAnswer => "service_list_answer",
        }
    }
}

/// Job ids are random.
pub(crate) const JOB: &[u8; 16] = &random(0x6A6F_6273);

/// An agent reads who the subscriber is: `subscriber.read`.
pub(crate) const SERVICE: u16 = 0x0002;

/// No message of the mix has an extension, as nearly none of a session has. Each codec has the place for them.
pub(crate) const EXTENSIONS: &[u8] = &[];

pub(crate) mod error {
    //! A client that instructs while a job is running.
    /// The code of `instruct`.
    pub(crate) const REQUEST: u8 = 0x06;
    /// `busy`.
    pub(crate) const CODE: u16 = 0x0006;
    pub(crate) const DETAIL: u16 = 0;
    pub(crate) const OFFSET: u16 = 0;
}

pub(crate) mod job_status_answer {
    //! `subscriber.read` has done what it is for, in some two hundred steps; the card's last word was 9000.
    pub(crate) const LOGIC_DIGEST: &[u8; 32] = &super::random(0x6C6F_6769);
    pub(crate) const STEP: u16 = 214;
    pub(crate) const OUTCOME: u16 = 0x0000;
    pub(crate) const STATUS_WORD: u16 = 0x9000;
    /// IMSI, provider name and number as service data.
    pub(crate) const DATA_LENGTH: u16 = 78;
}

pub(crate) mod instruct {
    //! A vendor's service that takes a number and a short code: thirty-three bytes of service data.
    pub(crate) const SERVICE: u16 = 0xF003;
    pub(crate) const PARAMETERS: &[u8] = b"\x61\x02\x06msisdn\x01\x0e+4915228817386\x03puk\x02\x02\x17\x09";
}

pub(crate) mod job_data_answer {
    //! The most that a card says in one answer to a short APDU, 256 bytes, as a client gets it.
    pub(crate) const PART: u16 = 0;
    pub(crate) const LAST: bool = true;
    pub(crate) const DATA: &[u8] = &super::random::<256>(0x6461_7461);
}

pub(crate) mod update_chunk {
    //! From the middle of an image of some four MiB, in chunks as large as they may be. Compressed or encrypted images
    //! look random.
    pub(crate) const DIGEST: &[u8; 32] = &super::random(0x6469_6765);
    pub(crate) const OFFSET: u32 = 5_243 * 400;
    pub(crate) const DATA: &[u8] = &super::random::<400>(0x6368_756E);
}

pub(crate) mod relay {
    //! The message in which a chunk of an update reaches the reader. Nobody between cloud and reader can read it: what is
    //! sealed looks random.

    /// `update_chunk` of this mix, encoded.
    const CHUNK: usize = 1 + 32 + 4 + 2 + super::update_chunk::DATA.len();
    /// What sealing adds.
    pub(crate) const TAG: usize = 16;
    pub(crate) const PAYLOAD: &[u8] = &super::random::<{ CHUNK + TAG }>(0x7365_616C);
}

pub(crate) mod service_list_answer {
    //! As many services as one answer holds: the two that every reader has, and four of a vendor.
    use super::{Policy, Service, WorkingState, random};

    pub(crate) const TOTAL: u8 = 9;
    pub(crate) const SERVICES: &[Service] = &[
        Service {
            service: 0x0001,
            name: "card.identify",
            logic_version: 3,
            policy: Policy::WholeService,
            interface: WorkingState::Enabled,
            logic_digest: &random(1),
        },
        Service {
            service: 0x0002,
            name: "subscriber.read",
            logic_version: 5,
            policy: Policy::PerStep,
            interface: WorkingState::Busy,
            logic_digest: &random(2),
        },
        Service {
            service: 0xF001,
            name: "pin.unblock",
            logic_version: 1,
            policy: Policy::PerStep,
            interface: WorkingState::Enabled,
            logic_digest: &random(3),
        },
        Service {
            service: 0xF002,
            name: "profile.install",
            logic_version: 12,
            policy: Policy::WholeService,
            interface: WorkingState::Disabled,
            logic_digest: &random(4),
        },
        Service {
            service: 0xF003,
            name: "msisdn.assign",
            logic_version: 7,
            policy: Policy::PerStep,
            interface: WorkingState::Enabled,
            logic_digest: &random(5),
        },
        Service {
            service: 0xF010,
            name: "roaming-list.write",
            logic_version: 258,
            policy: Policy::WholeService,
            interface: WorkingState::Disabled,
            logic_digest: &random(6),
        },
    ];
}

/// A service in a list.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    pub(crate) service: u16,
    pub(crate) name: &'static str,
    pub(crate) logic_version: u16,
    pub(crate) policy: Policy,
    pub(crate) interface: WorkingState,
    pub(crate) logic_digest: &'static [u8; 32],
}

/// Bytes that look random and are the same in every run (xorshift).
const fn random<const N: usize>(seed: u64) -> [u8; N] {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[at] = (state >> 32) as u8;
        at += 1;
    }
    bytes
}
