//! Where found changes are collected and judged.

use super::{Change, Ends, Kind, scope::Scope, words};
use crate::{Protocol, model::Stability, source::At};
use core::fmt::Display;

/// Why a change breaks nobody that would break those who rely on it: nobody does.
const ALONE: &str = "It is a matter of one end alone: no other end relies on it.";

/// Two protocols, and what was found between them.
pub(super) struct Finder<'p> {
    pub(super) old: &'p Protocol,
    pub(super) new: &'p Protocol,
    pub(super) scope: Scope<'p>,
    changes: Vec<Change>,
}

/// What is compared: where it stands, what it is called, and for whom it matters.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Its place, in the new schema where it is there.
    pub(super) at: At,
    /// What sentences call it, such as `hello.max_frame`.
    pub(super) name: String,
    /// Who sends it, or counts on it.
    pub(super) from: Ends,
    /// Who receives it, or bears it.
    pub(super) to: Ends,
    /// What the old schema promises.
    pub(super) stability: Stability,
    /// Of what is new: the version that it says it comes with.
    pub(super) since: Option<u8>,
}

impl Subject {
    /// What every end has to do with, of which nothing special is promised.
    pub(super) fn new(at: At, name: impl Display) -> Self {
        Self {
            at,
            name: words::clean(name),
            from: Ends::ALL,
            to: Ends::ALL,
            stability: Stability::Stable,
            since: None,
        }
    }

    pub(super) fn between(self, (from, to): (Ends, Ends)) -> Self {
        Self { from, to, ..self }
    }

    pub(super) fn promised(self, stability: Stability) -> Self {
        Self { stability, ..self }
    }

    /// What is promised of a part that promises this for itself: a part of what is frozen is frozen.
    pub(super) fn promise(&self, own: Stability) -> Stability {
        if self.stability == Stability::Frozen {
            Stability::Frozen
        } else {
            own
        }
    }

    /// Something new that comes with this version.
    pub(super) fn since(&self, since: u8) -> Self {
        Self {
            since: Some(since),
            ..self.clone()
        }
    }

    /// A part of it.
    pub(super) fn part(&self, at: At, name: impl Display) -> Self {
        Self {
            at,
            name: words::clean(format_args!("{}.{name}", self.name)),
            ..self.clone()
        }
    }

    /// The same place under one of its keys.
    pub(super) fn key(&self, key: &str) -> Self {
        Self {
            at: self.at.key(key),
            ..self.clone()
        }
    }
}

/// An old value and a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

impl Values {
    pub(super) const NONE: Self = Self { old: None, new: None };

    pub(super) fn changed(old: impl Display, new: impl Display) -> Self {
        Self {
            old: Some(words::clean(old)),
            new: Some(words::clean(new)),
        }
    }

    pub(super) fn added(new: impl Display) -> Self {
        Self {
            old: None,
            new: Some(words::clean(new)),
        }
    }

    pub(super) fn removed(old: impl Display) -> Self {
        Self {
            old: Some(words::clean(old)),
            new: None,
        }
    }

    /// Values that may be missing.
    pub(super) fn optional(old: Option<impl Display>, new: Option<impl Display>) -> Self {
        Self {
            old: old.map(words::clean),
            new: new.map(words::clean),
        }
    }
}

impl<'p> Finder<'p> {
    pub(super) fn new(old: &'p Protocol, new: &'p Protocol) -> Self {
        Self {
            old,
            new,
            scope: Scope::new(old, new),
            changes: Vec::new(),
        }
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Judges a change and keeps it.
    pub(super) fn tell(&mut self, kind: impl Into<Kind>, subject: &Subject, values: Values) {
        let kind = kind.into();
        let judgement = kind.judgement();
        let ends = judgement.effect.breaks(subject.from, subject.to);
        let classes = judgement.effect.classes(ends);
        let fill = |template: &str| {
            words::fill(template, |key| match key {
                "name" => Some(subject.name.clone()),
                "old" => Some(values.old.clone().unwrap_or_else(|| String::from("none"))),
                "new" => Some(values.new.clone().unwrap_or_else(|| String::from("none"))),
                "from" => Some(subject.from.to_string()),
                "to" => Some(subject.to.to_string()),
                _ => None,
            })
        };
        let is_alone = ends.is_empty() && judgement.effect != super::Effect::None;
        let mut change = Change {
            kind,
            path: subject.at.to_string(),
            what: fill(judgement.what),
            why: fill(if is_alone { ALONE } else { judgement.why }),
            instead: fill(if is_alone { "" } else { judgement.instead }),
            classes,
            ends,
            stability: subject.stability,
            with_version: None,
            old: values.old.clone(),
            new: values.new.clone(),
        };
        change.with_version = self.version_of(&change, subject.since);
        self.changes.push(change);
    }

    /// The new version that a change comes with. What is new comes with the version that it names; what is changed or
    /// gone, with the new protocol's; what is promised for all versions, with none.
    fn version_of(&self, change: &Change, since: Option<u8>) -> Option<u8> {
        let version = since.unwrap_or(self.new.about.version);
        let is_intended = !change.is_safe() && !change.breaks_promise() && version > self.old.about.version;
        is_intended.then_some(version)
    }
}
