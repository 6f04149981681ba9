//! Every fault that a reader may have: in the core, in its storage, on its link or port, or as it is provisioned.

use crate::{link::LinkFault, port::PortFault, specimen::SpecimenFault, storage::StorageFault};
use cardwire_core::Deviation;

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The core deviates from the specification.
    Core(Deviation),
    /// The storage loses what it should keep.
    Storage(StorageFault),
    /// The link loses frames.
    Link(LinkFault),
    /// The port takes connections wrongly.
    Port(PortFault),
    /// Something is left of certification in a reader that is provisioned for production.
    Specimen(SpecimenFault),
}

/// Faults that only cases in which time must pass can see.
const TAKE_TIME: [&str; 17] = [
    "DropsPausedFrames",
    "KeepsSecretsForever",
    "EndsSessionsEarly",
    "StaysOpenInSilence",
    "LivesOnRepeats",
    "KeepsUnfinishedLogin",
    "EndsServiceOnLogin",
    "EndsServiceOnCommit",
    "FinishesWithoutClient",
    "AbortsWithoutClient",
    "LosesLastRound",
    "KeepsRevokedKeys",
    "KeepsExpiredGrants",
    "HasRoomForThreeKeys",
    "TrialNeverEnds",
    "TakesOffersOnTrial",
    "ResetsUnderAService",
];

/// Faults that show when the link alone is reset, or when there are two.
const NEED_LINK: [&str; 5] = [
    "ExecutesAfterLinkReset",
    "StaysOpenOverLinkReset",
    "KeepsBegunFrames",
    "RemembersLogin",
    "ServesWhoeverCameLast",
];

impl Fault {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let core = Deviation::ALL.iter().copied().map(Self::Core);
        let storage = StorageFault::ALL.iter().copied().map(Self::Storage);
        let link = LinkFault::ALL.iter().copied().map(Self::Link);
        let port = PortFault::ALL.iter().copied().map(Self::Port);
        let specimen = SpecimenFault::ALL.iter().copied().map(Self::Specimen);
        core.chain(storage).chain(link).chain(port).chain(specimen)
    }

    /// The fault of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|fault| fault.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core(deviation) => deviation.name(),
            Self::Storage(fault) => fault.name(),
            Self::Link(fault) => fault.name(),
            Self::Port(fault) => fault.name(),
            Self::Specimen(fault) => fault.name(),
        }
    }

    /// Whether it shows when the link alone is reset, or when there are two.
    #[must_use]
    pub fn needs_link(self) -> bool {
        NEED_LINK.contains(&self.name())
    }

    /// Whether only a reader that is provisioned for production can have it.
    #[must_use]
    pub fn needs_production(self) -> bool {
        match self {
            Self::Specimen(_) => true,
            Self::Core(deviation) => deviation == Deviation::TellsRecordsInProduction,
            Self::Storage(_) | Self::Link(_) | Self::Port(_) => false,
        }
    }

    /// Whether only cases in which time must pass can see it.
    #[must_use]
    pub fn takes_time(self) -> bool {
        TAKE_TIME.contains(&self.name())
    }

    /// The requirements that a reader with it breaks.
    #[must_use]
    pub const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::Core(deviation) => deviation.requirements(),
            Self::Storage(fault) => fault.requirements(),
            Self::Link(fault) => fault.requirements(),
            Self::Port(fault) => fault.requirements(),
            Self::Specimen(fault) => fault.requirements(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_lead_back() {
        let names: HashSet<_> = Fault::all().map(Fault::name).collect();
        assert_eq!(names.len(), Fault::all().count());
        assert!(Fault::all().all(|fault| Fault::named(fault.name()) == Some(fault)));
        assert!(
            TAKE_TIME
                .iter()
                .chain(&NEED_LINK)
                .all(|name| Fault::named(name).is_some())
        );
        assert!(Fault::all().all(|fault| !fault.requirements().is_empty()));
    }
}
