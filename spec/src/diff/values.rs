//! Values of registries. Their order says nothing: each is what its number is.

use super::{
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    standing, words,
};
use crate::model::{Registry, Value};

kinds! {
    /// What changes in the values of a registry.
    ValueKind {
        /// A value is registered where unknown ones are kept.
        AddedOpen = "value-added-open", None:
            "The value `{name}` is registered: {new}.",
            "The registry is open: an older end keeps the value and does what the registry says of unknown ones.",
            "";
        /// A value is registered where unknown ones are refused.
        AddedClosed = "value-added-closed", Receivers:
            "The value `{name}` is registered: {new}.",
            "The registry is closed: newer {from} may send the value, and older {to} refuse it with the rule `value`.",
            "Say what is new in an extension, or register it with a new version.";
        /// A value is registered whose number travels in fields that take every number.
        AddedUnheld = "value-added-unheld", None:
            "The value `{name}` is registered: {new}.",
            "No field is of this registry: its numbers are told where every number is taken, and an older end shows it.",
            "";
        /// A kind of frame is registered.
        AddedFrame = "value-added-frame", Both:
            "The kind of frame `{name}` is registered: {new}.",
            "Older ends take a frame of this kind for garbage, and drop it without an answer.",
            "Put what is new into a message; the layout of frames is for all versions.";
        /// A value is not registered any more.
        Removed = "value-removed", Senders:
            "The value `{name}` is not registered any more, it was {old}.",
            "Older {from} still send it, and newer {to} refuse it or do not know what it means.",
            "Keep the value, and say in its documentation that newer ends do not send it.";
        /// A value has another number.
        Renumbered = "value-renumbered", Wire:
            "The value `{name}` goes from {old} to {new}.",
            "The same number means something else, or nothing, to the other end.",
            "Keep the number; numbers say nothing, so that none is better.";
        /// A value has another name.
        Renamed = "value-renamed", None:
            "The value `{old}` is called `{new}`.",
            "Its number and its meaning are the same, and no name goes over the wire.",
            "";
        /// A number is given to another value.
        Reused = "value-reused", Wire:
            "The number {new} is given to `{name}`, before it was `{old}`.",
            "Older ends send and take the number for what it meant before.",
            "Take a number that was never registered.";
        /// What a person can do about it is told otherwise.
        Remedy = "value-remedy", None:
            "What to do about `{name}` is “{new}”, before “{old}”.",
            "The remedy is for people; nothing on the wire carries it.",
            "";
    }
}

pub(super) fn compare(
    finder: &mut Finder<'_>,
    subject: &Subject,
    is_held: bool,
    old: &Registry,
    new: &Registry,
) {
    let pairs = pairs(old, new);
    let values = subject.at.key("values");
    let part = |named: &Named<'_, Value>| {
        let promise = subject.promise(named.item.stability);
        subject
            .part(values.index(named.index), named.name)
            .promised(promise)
    };
    let was = |number: u64| old.values.iter().find(|value| value.value == number);
    for (before, now) in &pairs.both {
        let subject = Subject {
            at: values.index(now.index),
            ..part(before)
        };
        if before.item.value != now.item.value {
            let values = Values::changed(number(old, before.item), number(new, now.item));
            finder.tell(ValueKind::Renumbered, &subject.key("value"), values);
        }
        value(finder, &subject, before, now);
    }
    for removed in &pairs.removed {
        let number = number(old, removed.item);
        finder.tell(ValueKind::Removed, &part(removed), Values::removed(number));
    }
    for added in &pairs.added {
        let subject = part(added).promised(subject.stability).since(added.item.since);
        let number = number(new, added.item);
        if let Some(before) = was(added.item.value) {
            let values = Values::changed(&before.name, number);
            finder.tell(ValueKind::Reused, &subject, values);
            continue;
        }
        let kind = match (is_held, new.open) {
            (true, true) => ValueKind::AddedOpen,
            (true, false) => ValueKind::AddedClosed,
            // The registry of the link's frames is held by frames alone.
            (false, _) if subject.name.starts_with("frame_kind.") => ValueKind::AddedFrame,
            (false, _) => ValueKind::AddedUnheld,
        };
        finder.tell(kind, &subject, Values::added(number));
    }
}

/// All values of a registry that is gone.
pub(super) fn removed(finder: &mut Finder<'_>, subject: &Subject, old: &Registry) {
    for (index, value) in old.values.iter().enumerate() {
        let part = subject
            .part(subject.at.key("values").index(index), &value.name)
            .promised(subject.promise(value.stability));
        finder.tell(ValueKind::Removed, &part, Values::removed(number(old, value)));
    }
}

/// Which value is which: a renamed one has number and meaning of the old.
pub(super) fn pairs<'p>(old: &'p Registry, new: &'p Registry) -> Pairs<'p, Value> {
    let same = |old: &Named<'_, Value>, new: &Named<'_, Value>| {
        old.item.value == new.item.value && words::are_same(&old.item.doc, &new.item.doc)
    };
    pairs::pair(
        pairs::of_list(&old.values, |value| &value.name),
        pairs::of_list(&new.values, |value| &value.name),
        same,
    )
}

fn value(finder: &mut Finder<'_>, subject: &Subject, old: &Named<'_, Value>, new: &Named<'_, Value>) {
    if old.name != new.name {
        let values = Values::changed(old.name, new.name);
        finder.tell(ValueKind::Renamed, &subject.key("name"), values);
    }
    let (old, new) = (old.item, new.item);
    if old.remedy != new.remedy {
        let values = Values::optional(old.remedy.as_ref(), new.remedy.as_ref());
        finder.tell(ValueKind::Remedy, &subject.key("remedy"), values);
    }
    standing::since(finder, subject, old.since, new.since);
    standing::stability(finder, subject, old.stability, new.stability);
    standing::doc(finder, subject, &old.doc, &new.doc);
}

/// As wide as the registry that it is in.
fn number(registry: &Registry, value: &Value) -> String {
    let digits = 2 + 2 * registry.width.bytes();
    format!("{:#0digits$X}", value.value)
}
