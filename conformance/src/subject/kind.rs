//! What is tested, and what the suite has for it.

use crate::{case, client, codec};
pub use cardwire_spec::book::Subject as Kind;

/// What the suite has for products of a kind.
pub(crate) trait Parts: Copy {
    /// The groups of its cases, in the order in which they run.
    fn groups(self) -> Vec<&'static str>;
    /// The groups in which a case has to run before anything is certified.
    fn mandatory(self) -> Vec<&'static str>;
    /// What a program may declare that it can do; nothing of readers, which are no programs.
    fn ops(self) -> Vec<&'static str>;
}

impl Parts for Kind {
    fn groups(self) -> Vec<&'static str> {
        match self {
            Self::Reader => case::Group::ALL.map(case::Group::name).into(),
            Self::Client => client::Group::ALL.map(client::Group::name).into(),
            Self::Codec => codec::Group::ALL.map(codec::Group::name).into(),
        }
    }

    fn mandatory(self) -> Vec<&'static str> {
        match self {
            Self::Reader | Self::Client => self.groups(),
            Self::Codec => codec::Group::MANDATORY.map(codec::Group::name).into(),
        }
    }

    fn ops(self) -> Vec<&'static str> {
        match self {
            Self::Reader => Vec::new(),
            Self::Client => client::Op::ALL.map(client::Op::name).into(),
            Self::Codec => codec::Op::ALL.map(codec::Op::name).into(),
        }
    }
}
