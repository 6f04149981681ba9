//! Interfaces of the interface module.

use super::{
    End,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    standing, words,
};
use crate::{
    model::{Interface, Protocol},
    source::At,
};
use indexmap::IndexMap;

kinds! {
    /// What changes in an interface.
    InterfaceKind {
        /// There is a new interface.
        Added = "interface-added", None:
            "The interface `{name}` is new.",
            "No request that exists goes through it; a request that begins to is told of its own.",
            "";
        /// An interface is gone.
        Removed = "interface-removed", None:
            "The interface `{name}` is gone.",
            "No request goes through it any more; a request that did is told of its own.",
            "";
        /// An interface has another name.
        Renamed = "interface-renamed", None:
            "The interface `{old}` is called `{new}`.",
            "It is enabled when it was, and no name goes over the wire.",
            "";
        /// It is enabled in more states of the session.
        Opened = "interface-opened", Receivers:
            "The interface `{name}` is also enabled in {new}.",
            "Newer {from} use it there, where older {to} refuse it.",
            "Leave the states; give what is needed earlier an interface of its own, with a new version.";
        /// It is enabled in fewer states of the session.
        Shut = "interface-shut", Senders:
            "The interface `{name}` is not enabled in {old} any more.",
            "Older {from} use it there, and newer {to} refuse them.",
            "Leave the states, unless it is unsafe there; then say so in the review.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let (old, new) = (finder.old, finder.new);
    let pairs = pairs(old, new, &finder.scope.states);
    let subject = |name: &str| {
        let at = At::top("interface").key(name);
        Subject::new(at, name).between((End::Client.into(), End::Reader.into()))
    };
    for (old, new) in pairs.both {
        let subject = subject(new.name);
        if old.name != new.name {
            let values = Values::changed(old.name, new.name);
            finder.tell(InterfaceKind::Renamed, &subject, values);
        }
        let (gained, lost) = states_between(&finder.scope.states, &old.item.enabled, &new.item.enabled);
        if !gained.is_empty() {
            let values = Values::added(words::list(gained));
            finder.tell(InterfaceKind::Opened, &subject.key("enabled"), values);
        }
        if !lost.is_empty() {
            let values = Values::removed(words::list(lost));
            finder.tell(InterfaceKind::Shut, &subject.key("enabled"), values);
        }
        let (old, new) = (old.item, new.item);
        standing::requirement(finder, &subject, Some(&old.requirement), Some(&new.requirement));
        standing::doc(finder, &subject, &old.doc, &new.doc);
    }
    for old in pairs.removed {
        finder.tell(
            InterfaceKind::Removed,
            &subject(old.name),
            Values::removed(old.name),
        );
    }
    for new in pairs.added {
        finder.tell(InterfaceKind::Added, &subject(new.name), Values::added(new.name));
    }
}

/// Which interface is which: a renamed one is enabled when the old was, and is described alike.
pub(super) fn pairs<'p>(
    old: &'p Protocol,
    new: &'p Protocol,
    states: &IndexMap<&str, &str>,
) -> Pairs<'p, Interface> {
    let same = |old: &Named<'_, Interface>, new: &Named<'_, Interface>| {
        let (gained, lost) = states_between(states, &old.item.enabled, &new.item.enabled);
        gained.is_empty() && lost.is_empty() && words::are_same(&old.item.doc, &new.item.doc)
    };
    pairs::pair(
        pairs::of_map(&old.interfaces),
        pairs::of_map(&new.interfaces),
        same,
    )
}

/// The states that are gained, and those that are lost; a renamed state is neither.
pub(super) fn states_between<'s>(
    names: &IndexMap<&str, &str>,
    old: &'s [String],
    new: &'s [String],
) -> (Vec<&'s str>, Vec<&'s str>) {
    let is_kept = |old: &str, new: &str| names.get(old).copied().unwrap_or(old) == new;
    let gained = new.iter().filter(|new| !old.iter().any(|old| is_kept(old, new)));
    let lost = old.iter().filter(|old| !new.iter().any(|new| is_kept(old, new)));
    (
        gained.map(String::as_str).collect(),
        lost.map(String::as_str).collect(),
    )
}
