//! Extensions: the optional parts of messages, behind their fields.

use super::{
    fields,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    scope::Types,
    shapes, words,
};
use crate::model::{ExtensionField, Standing};

kinds! {
    /// What changes in the extensions of a message.
    ExtensionKind {
        /// There is a new extension, which is not critical.
        Added = "extension-added", None:
            "The extension `{name}` is new, with the tag {new}.",
            "It is not critical: older {to} pass over it, and its default holds where it is absent.",
            "";
        /// There is a new extension, which is critical.
        AddedCritical = "extension-added-critical", Receivers:
            "The critical extension `{name}` is new, with the tag {new}.",
            "Newer {from} may send it, and older {to} refuse every message that carries it with the rule `extension-critical`.",
            "Make it not critical, with a default that is safe where it is passed over.";
        /// An extension is gone, which was not critical.
        Removed = "extension-removed", None:
            "The extension `{name}` is gone, its tag was {old}.",
            "It was not critical: newer {to} pass over it, as every end may that does not know it.",
            "Never give its tag to another extension.";
        /// An extension is gone, which was critical.
        RemovedCritical = "extension-removed-critical", Senders:
            "The critical extension `{name}` is gone, its tag was {old}.",
            "Older {from} still send it, and newer {to} refuse every message that carries it with the rule \
             `extension-critical`.",
            "Keep the extension, and say in its documentation that newer ends do not send it.";
        /// An extension has another name.
        Renamed = "extension-renamed", None:
            "The extension `{old}` is called `{new}`.",
            "Its tag, its value and its meaning are the same, and no name goes over the wire.",
            "";
        /// A tag is given to another extension.
        TagReused = "extension-tag-reused", Wire:
            "The tag {new} is given to `{name}`, before it was that of `{old}`.",
            "Older ends take the value for what it meant before, or refuse it.",
            "Take a tag that was never used.";
        /// An extension has another tag.
        Tag = "extension-tag", Wire:
            "The tag of `{name}` goes from {old} to {new}.",
            "Neither end knows the other's extension, and what stands under the old tag is unknown to newer ends.",
            "Keep the tag; tags say nothing, so that none is better.";
        /// An extension is critical, or not any more.
        Critical = "extension-critical-bit", Wire:
            "The extension `{name}` is {new}, before {old}.",
            "A known extension that carries the other critical bit is refused with the rule `extension-bit`, by both ends.",
            "Add an extension with another tag.";
        /// What holds where it is absent is another value.
        Default = "extension-default", Wire:
            "Where `{name}` is absent {new} holds, before {old}.",
            "A message without it means something else to the other end.",
            "Keep the default; let senders write what they mean.";
    }
}

pub(super) fn compare(
    finder: &mut Finder<'_>,
    subject: &Subject,
    standings: [Standing<'_>; 2],
    [old, new]: [&[ExtensionField]; 2],
) {
    let pairs = pairs(&finder.scope.types, old, new);
    let part = |named: &Named<'_, ExtensionField>| {
        let at = subject.at.key("extensions").index(named.index);
        subject.part(at, named.name)
    };
    let [old_standing, new_standing] = standings;
    let promise =
        |named: &Named<'_, ExtensionField>| subject.promise(old_standing.of(&named.item.field).stability);
    for (old, new) in &pairs.both {
        let subject = part(new).promised(promise(old));
        extension(finder, &subject, standings, old, new);
    }
    for old in &pairs.removed {
        let subject = part(old).promised(promise(old));
        let kind = if old.item.critical {
            ExtensionKind::RemovedCritical
        } else {
            ExtensionKind::Removed
        };
        finder.tell(kind, &subject, Values::removed(tag(old.item)));
    }
    for new in &pairs.added {
        let subject = part(new).since(new_standing.of(&new.item.field).since);
        let before = old.iter().find(|old| old.tag == new.item.tag);
        if let Some(before) = before {
            let values = Values::changed(&before.field.name, tag(new.item));
            finder.tell(ExtensionKind::TagReused, &subject, values);
            continue;
        }
        let kind = if new.item.critical {
            ExtensionKind::AddedCritical
        } else {
            ExtensionKind::Added
        };
        finder.tell(kind, &subject, Values::added(tag(new.item)));
    }
}

/// Which extension is which: a renamed one has tag, value and meaning of the old.
fn pairs<'p>(
    types: &Types<'_>,
    old: &'p [ExtensionField],
    new: &'p [ExtensionField],
) -> Pairs<'p, ExtensionField> {
    let same = |old: &Named<'_, ExtensionField>, new: &Named<'_, ExtensionField>| {
        let (old, new) = (old.item, new.item);
        (old.tag, old.critical) == (new.tag, new.critical)
            && shapes::is_alike(types, &old.field, &new.field)
            && words::are_same(&old.field.doc, &new.field.doc)
    };
    pairs::pair(
        pairs::of_list(old, |extension| &extension.field.name),
        pairs::of_list(new, |extension| &extension.field.name),
        same,
    )
}

fn extension(
    finder: &mut Finder<'_>,
    subject: &Subject,
    standings: [Standing<'_>; 2],
    old: &Named<'_, ExtensionField>,
    new: &Named<'_, ExtensionField>,
) {
    let value = subject.key("field");
    if old.name != new.name {
        let values = Values::changed(old.name, new.name);
        finder.tell(ExtensionKind::Renamed, &value.key("name"), values);
    }
    let (old, new) = (old.item, new.item);
    if old.tag != new.tag {
        let values = Values::changed(tag(old), tag(new));
        finder.tell(ExtensionKind::Tag, &subject.key("tag"), values);
    }
    if old.critical != new.critical {
        let word = |critical| if critical { "critical" } else { "not critical" };
        let values = Values::changed(word(old.critical), word(new.critical));
        finder.tell(ExtensionKind::Critical, &subject.key("critical"), values);
    }
    let fields = [&old.field, &new.field];
    fields::field(finder, &value, ExtensionKind::Default.into(), standings, fields);
}

fn tag(extension: &ExtensionField) -> String {
    format!("{:#06X}", extension.tag)
}
