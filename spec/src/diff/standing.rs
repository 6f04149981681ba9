//! What is said of parts of all sorts: what governs them, since when, what is promised, in which words.

use super::{
    finder::{Finder, Subject, Values},
    kind::kinds,
};
use crate::model::{Stability, Standing};

kinds! {
    /// What changes in what is said of a part.
    StandingKind {
        /// Another requirement governs it.
        Requirement = "requirement", None:
            "`{name}` is governed by {new}, before by {old}.",
            "No byte changes; what the requirement says of old and new ends stands in the book.",
            "";
        /// It is said to have come with a later version.
        SinceRaised = "since-raised", Senders:
            "`{name}` is said to come with version {new}, before with version {old}.",
            "Older {from} use it in sessions of version {old}, where newer {to} do not know it any more.",
            "Leave the version that it came with; a new version gets a new part.";
        /// It is said to have come with an earlier version.
        SinceLowered = "since-lowered", Receivers:
            "`{name}` is said to come with version {new}, before with version {old}.",
            "Newer {from} use it in sessions of version {new}, where older {to} do not know it.",
            "Leave the version that it came with: what is out can't be changed afterwards.";
        /// More is promised.
        StabilityRaised = "stability-raised", None:
            "`{name}` is {new} from now on, before it was {old}.",
            "No byte changes, and more may be relied on.",
            "";
        /// A promise is taken back.
        StabilityLowered = "stability-lowered", Both:
            "`{name}` is {new} from now on, before it was {old}.",
            "No byte changes yet, but whoever relied on the promise can't any more: the next change of it is not held against it.",
            "Keep the promise, and give what is still to change a new part.";
        /// Other words describe it.
        Doc = "doc", None:
            "`{name}` is described as “{new}”, before as “{old}”.",
            "Only words change; whether they mean the same is for the reviewer to see.",
            "";
    }
}

/// What governs a part, since when, and what is promised.
pub(super) fn compare(finder: &mut Finder<'_>, subject: &Subject, old: Standing<'_>, new: Standing<'_>) {
    requirement(finder, subject, Some(old.requirement), Some(new.requirement));
    since(finder, subject, old.since, new.since);
    stability(finder, subject, old.stability, new.stability);
}

pub(super) fn requirement(finder: &mut Finder<'_>, subject: &Subject, old: Option<&str>, new: Option<&str>) {
    if old != new {
        let values = Values::optional(old, new);
        finder.tell(StandingKind::Requirement, &subject.key("requirement"), values);
    }
}

pub(super) fn since(finder: &mut Finder<'_>, subject: &Subject, old: u8, new: u8) {
    if old != new {
        let kind = if new > old {
            StandingKind::SinceRaised
        } else {
            StandingKind::SinceLowered
        };
        finder.tell(kind, &subject.key("since"), Values::changed(old, new));
    }
}

pub(super) fn stability(finder: &mut Finder<'_>, subject: &Subject, old: Stability, new: Stability) {
    if old != new {
        let kind = if new > old {
            StandingKind::StabilityRaised
        } else {
            StandingKind::StabilityLowered
        };
        let values = Values::changed(old.word(), new.word());
        finder.tell(kind, &subject.key("stability"), values);
    }
}

pub(super) fn doc(finder: &mut Finder<'_>, subject: &Subject, old: &str, new: &str) {
    words(finder, &subject.key("doc"), Some(old), Some(new));
}

/// Words that describe it, whatever their key.
pub(super) fn words(finder: &mut Finder<'_>, subject: &Subject, old: Option<&str>, new: Option<&str>) {
    if old != new {
        finder.tell(StandingKind::Doc, subject, Values::optional(old, new));
    }
}
