//! Registries: their width, whether they are open, whose numbers are whose.

use super::{
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    standing, values, words,
};
use crate::{
    model::{Protocol, Registry, Stability, Width},
    source::At,
};

kinds! {
    /// What changes in a registry as a whole.
    RegistryKind {
        /// There is a new registry.
        Added = "registry-added", None:
            "The registry `{name}` is new.",
            "No field that exists holds its values; a field that begins to is told of its own.",
            "";
        /// A registry is gone.
        Removed = "registry-removed", None:
            "The registry `{name}` is gone.",
            "No field holds its values any more; a field that did is told of its own.",
            "";
        /// A registry has another name.
        Renamed = "registry-renamed", None:
            "The registry `{old}` is called `{new}`.",
            "Its width and its values are the same, and no name goes over the wire.",
            "";
        /// Its values take another number of bytes.
        Width = "registry-width", Wire:
            "The values of the registry `{name}` take {new}, before {old}.",
            "Every field that holds one, and every field behind it, stands elsewhere.",
            "Add a registry of the new width, and extensions that hold its values.";
        /// Unknown values are kept where they were refused.
        Opened = "registry-opened", Receivers:
            "The registry `{name}` is open, before it was closed.",
            "Newer {from} may send values of vendors and of later versions, and older {to} refuse them with the rule `value`.",
            "Leave it closed; or open it with a new version.";
        /// Unknown values are refused where they were kept.
        Closed = "registry-closed", Senders:
            "The registry `{name}` is closed, before it was open.",
            "Older {from} may send values of vendors and of later versions, and newer {to} refuse them with the rule `value`.",
            "Leave it open.";
        /// What a receiver does with an unknown value is another rule.
        UnknownRule = "registry-unknown-rule", Receivers:
            "For an unknown value of the registry `{name}` it holds: “{new}”, before: “{old}”.",
            "Older {to} keep to the rule before, while newer {from} count on the new one.",
            "Keep the rule; where only its words are better, say so in the review.";
        /// More numbers are for vendors.
        PrivateWidened = "registry-private-widened", None:
            "The numbers of the registry `{name}` for vendors are {new}, before {old}.",
            "No registered value is among them, and unknown values are kept.",
            "";
        /// Fewer numbers are for vendors, or others.
        PrivateNarrowed = "registry-private-narrowed", Both:
            "The numbers of the registry `{name}` for vendors are {new}, before {old}.",
            "Vendors may use numbers that are not theirs any more, and that will be registered for something else.",
            "Keep every number that vendors were given.";
        /// More numbers are for the conformance suite.
        CertificationWidened = "registry-certification-widened", None:
            "The numbers of the registry `{name}` for the conformance suite are {new}, before {old}.",
            "No registered value of others is among them, and unknown values are kept.",
            "";
        /// Fewer numbers are for the conformance suite, or others.
        CertificationNarrowed = "registry-certification-narrowed", Both:
            "The numbers of the registry `{name}` for the conformance suite are {new}, before {old}.",
            "A suite of before sends numbers that can now mean something else, to ends that it certifies.",
            "Keep every number that the suite was given.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let pairs = pairs(finder.old, finder.new);
    for (old, new) in pairs.both {
        let subject = subject(finder, old.name, At::top("registry").key(new.name));
        if old.name != new.name {
            finder.tell(
                RegistryKind::Renamed,
                &subject,
                Values::changed(old.name, new.name),
            );
        }
        registry(finder, &subject, old.item, new.item);
        let is_held = finder.scope.is_held(old.name);
        values::compare(finder, &subject, is_held, old.item, new.item);
    }
    for old in pairs.removed {
        let subject = subject(finder, old.name, At::top("registry").key(old.name));
        finder.tell(RegistryKind::Removed, &subject, Values::removed(old.name));
        // No field tells of values that no field holds.
        if !finder.scope.is_held(old.name) {
            values::removed(finder, &subject, old.item);
        }
    }
    for new in pairs.added {
        let subject = subject(finder, new.name, At::top("registry").key(new.name));
        finder.tell(RegistryKind::Added, &subject, Values::added(new.name));
    }
}

/// Which registry is which: a renamed one has the width and the values of the old.
pub(super) fn pairs<'p>(old: &'p Protocol, new: &'p Protocol) -> Pairs<'p, Registry> {
    let same = |old: &Named<'_, Registry>, new: &Named<'_, Registry>| {
        let (old, new) = (old.item, new.item);
        let has = |registry: &Registry, (name, number): (&String, u64)| {
            let mut values = registry.values.iter();
            values.any(|value| (&value.name, value.value) == (name, number))
        };
        old.width == new.width
            && old.values.len() == new.values.len()
            && old
                .values
                .iter()
                .all(|value| has(new, (&value.name, value.value)))
            && words::are_same(&old.doc, &new.doc)
    };
    pairs::pair(
        pairs::of_map(&old.registries),
        pairs::of_map(&new.registries),
        same,
    )
}

fn subject(finder: &Finder<'_>, name: &str, at: At) -> Subject {
    Subject::new(at, name)
        .between(finder.scope.route(name))
        .promised(finder.scope.promise(name, Stability::Stable))
}

fn registry(finder: &mut Finder<'_>, subject: &Subject, old: &Registry, new: &Registry) {
    if old.width != new.width {
        let values = Values::changed(bytes(old.width), bytes(new.width));
        finder.tell(RegistryKind::Width, &subject.key("width"), values);
    }
    if old.open != new.open {
        let kind = if new.open {
            RegistryKind::Opened
        } else {
            RegistryKind::Closed
        };
        let word = |open| if open { "open" } else { "closed" };
        let values = Values::changed(word(old.open), word(new.open));
        finder.tell(kind, &subject.key("open"), values);
    }
    // A registry that is opened or closed gains or loses its rule with that.
    if old.unknown != new.unknown && old.open && new.open {
        let values = Values::optional(old.unknown.as_ref(), new.unknown.as_ref());
        finder.tell(RegistryKind::UnknownRule, &subject.key("unknown"), values);
    }
    numbers(
        finder,
        &subject.key("private"),
        new.width,
        [old.private, new.private],
        [RegistryKind::PrivateWidened, RegistryKind::PrivateNarrowed],
    );
    numbers(
        finder,
        &subject.key("certification"),
        new.width,
        [old.certification, new.certification],
        [
            RegistryKind::CertificationWidened,
            RegistryKind::CertificationNarrowed,
        ],
    );
    if old.open == new.open {
        standing::requirement(
            finder,
            subject,
            old.requirement.as_deref(),
            new.requirement.as_deref(),
        );
    }
    standing::doc(finder, subject, &old.doc, &new.doc);
}

/// Numbers that belong to others.
fn numbers(
    finder: &mut Finder<'_>,
    subject: &Subject,
    width: Width,
    [old, new]: [Option<[u64; 2]>; 2],
    [widened, narrowed]: [RegistryKind; 2],
) {
    if old == new {
        return;
    }
    let is_kept = match (old, new) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some([old_first, old_last]), Some([first, last])) => first <= old_first && old_last <= last,
    };
    // `0x` and two digits for each byte.
    let digits = 2 + 2 * width.bytes();
    let text = |range: Option<[u64; 2]>| {
        range.map(|[first, last]| format!("{first:#0digits$X} to {last:#0digits$X}"))
    };
    let kind = if is_kept { widened } else { narrowed };
    finder.tell(kind, subject, Values::optional(text(old), text(new)));
}

const fn bytes(width: Width) -> &'static str {
    match width {
        Width::U8 => "one byte",
        Width::U16 => "two bytes",
    }
}
