//! Storage that does not keep what it was given.

use cardwire_core::env::Record;

/// What the storage forgets at every reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageFault {
    /// The journal of jobs.
    ForgetsJournal,
    /// Execution logic that updates have stored.
    ForgetsLogic,
    /// How many connects have failed.
    ForgetsFailures,
    /// How many times the reader has booted.
    ForgetsBoots,
}

impl StorageFault {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::ForgetsJournal,
        Self::ForgetsLogic,
        Self::ForgetsFailures,
        Self::ForgetsBoots,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ForgetsJournal => "ForgetsJournal",
            Self::ForgetsLogic => "ForgetsLogic",
            Self::ForgetsFailures => "ForgetsFailures",
            Self::ForgetsBoots => "ForgetsBoots",
        }
    }

    pub(crate) const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::ForgetsJournal => &["CW-JOB-009"],
            Self::ForgetsLogic => &["CW-UPD-008"],
            Self::ForgetsFailures => &["CW-CONN-012"],
            Self::ForgetsBoots => &["CW-SESS-011"],
        }
    }

    /// Whether this record is gone when it is looked for.
    pub(crate) const fn loses(self, record: Record) -> bool {
        match self {
            Self::ForgetsJournal => matches!(record, Record::Journal),
            Self::ForgetsLogic => matches!(record, Record::Logic(_)),
            Self::ForgetsFailures => matches!(record, Record::FailedConnects),
            Self::ForgetsBoots => matches!(record, Record::BootCounter),
        }
    }
}
