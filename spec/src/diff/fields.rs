//! Fields of messages, documents and structures, and operands of instructions: which there are, and in which order.

use super::{
    Kind,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::Named,
    shapes, standing, words,
};
use crate::{
    kind::Kind as TypeKind,
    model::{Field, Literal, Protocol, Stability, Standing},
};

kinds! {
    /// What changes in the fields of something.
    FieldKind {
        /// There is a new field.
        Added = "field-added", Wire:
            "The field `{name}` is new, of type {new}.",
            "Fields stand without gaps and nothing says which there are: every byte behind the new one is taken for another \
             field, or for an extension.",
            "Make the new field an extension that is not critical: older ends pass over it.";
        /// A field is gone.
        Removed = "field-removed", Wire:
            "The field `{name}` is gone, of type {old}.",
            "Fields stand without gaps and nothing says which there are: every byte behind it is taken for another field.",
            "Keep the field, and let newer senders write its default.";
        /// Fields stand in another order.
        Reordered = "field-reordered", Wire:
            "The fields of `{name}` stand in the order {new}, before {old}.",
            "Nothing but their place says which field is which.",
            "Keep the order; what is new is an extension, behind all fields.";
        /// A field has another name.
        Renamed = "field-renamed", None:
            "The field `{old}` is called `{new}`.",
            "It stands in the same place, holds the same and means the same, and no name goes over the wire.",
            "";
        /// A field says something else in the same bytes.
        Repurposed = "field-repurposed", Wire:
            "Where the field `{old}` stood, `{new}` stands, in the same bytes.",
            "Every older end takes the bytes for what they meant before.",
            "Keep the field, and say the other thing in an extension; if only the name is better, keep its description.";
        /// What a sender writes who has nothing to say is another value.
        Default = "field-default", Both:
            "Who has nothing to say in `{name}` writes {new}, before {old}.",
            "Newer {from} that say nothing seem to older {to} to say {new}, and older ones that say nothing to newer ones {old}.",
            "Keep the default.";
        /// It is said what a sender writes who has nothing to say, or no longer said.
        DefaultStated = "field-default-stated", None:
            "Who has nothing to say in `{name}` writes {new}, before {old}.",
            "The value was allowed before, and is now; tools take it for a field that is left out.",
            "";
        /// A number counts something else.
        Unit = "field-unit", Wire:
            "`{name}` counts {new}, before {old}.",
            "The same number means something else.",
            "Keep the unit; say the other one in an extension.";
        /// It is said what a number counts, or no longer said.
        UnitStated = "field-unit-stated", None:
            "`{name}` counts {new}, before {old}.",
            "It is said what was not said, or the other way round; no number changes.",
            "";
        /// Its bytes carry something else.
        Holds = "field-holds", Wire:
            "The bytes of `{name}` hold {new}, before {old}.",
            "Every older end takes the bytes for what they held before, or refuses them.",
            "Keep what it holds; say the other thing in an extension.";
        /// It is said what its bytes carry, or no longer said.
        HoldsStated = "field-holds-stated", None:
            "The bytes of `{name}` hold {new}, before {old}.",
            "It is said what was not said, or the other way round; no byte changes, and tools show more or less of them.",
            "";
    }
}

/// Compares fields, or operands, which stand under this key of the subject.
pub(super) fn compare(
    finder: &mut Finder<'_>,
    subject: &Subject,
    key: &str,
    standings: [Standing<'_>; 2],
    [old, new]: [&[Field]; 2],
) {
    let pairs = pairs(finder, old, new);
    let at = |index: usize| subject.at.key(key).index(index);
    let is_frozen = |field: &Field| standings[0].of(field).stability == Stability::Frozen;
    // What stands in front of a frozen field says where that begins.
    let promise = |field_is_frozen: bool| {
        if field_is_frozen {
            Stability::Frozen
        } else {
            subject.stability
        }
    };
    for (old, new) in &pairs {
        let own = standings[0].of(old.item).stability;
        let subject = subject
            .part(at(new.index), new.name)
            .promised(subject.promise(own));
        renamed(finder, &subject, old, new);
        let items = [old.item, new.item];
        field(finder, &subject, FieldKind::Default.into(), standings, items);
    }
    let is_in_order = pairs.iter().map(|(_, new)| new.index).is_sorted();
    if !is_in_order {
        let mut by_new = pairs.clone();
        by_new.sort_by_key(|(_, new)| new.index);
        let names = |pairs: &[(Named<'_, Field>, Named<'_, Field>)]| {
            words::list(pairs.iter().map(|(_, new)| new.name))
        };
        let values = Values::changed(names(&pairs), names(&by_new));
        let is_moved = |((old, _), (other, _)): (&FieldPair<'_>, &FieldPair<'_>)| {
            old.index != other.index && is_frozen(old.item)
        };
        let subject = subject
            .key(key)
            .promised(promise(pairs.iter().zip(&by_new).any(is_moved)));
        finder.tell(FieldKind::Reordered, &subject, values);
    }
    for (index, field) in old.iter().enumerate() {
        if !pairs.iter().any(|(old, _)| old.index == index) {
            let moves_frozen = old.iter().skip(index).any(is_frozen);
            let part = subject
                .part(at(index), &field.name)
                .promised(promise(moves_frozen));
            finder.tell(FieldKind::Removed, &part, Values::removed(&field.type_name));
        }
    }
    for (index, field) in new.iter().enumerate() {
        if !pairs.iter().any(|(_, new)| new.index == index) {
            let moves_frozen = pairs
                .iter()
                .any(|(old, new)| new.index > index && is_frozen(old.item));
            let part = subject
                .part(at(index), &field.name)
                .promised(promise(moves_frozen))
                .since(standings[1].of(field).since);
            finder.tell(FieldKind::Added, &part, Values::added(&field.type_name));
        }
    }
}

/// A field that is in both schemas: what it holds, and what is said of it; a default that changes is of this kind.
pub(super) fn field(
    finder: &mut Finder<'_>,
    subject: &Subject,
    default_kind: Kind,
    [old_standing, new_standing]: [Standing<'_>; 2],
    [old, new]: [&Field; 2],
) {
    shapes::compare(finder, subject, old, new);
    default(finder, subject, default_kind, old, new);
    unit(finder, subject, old, new);
    holds(finder, subject, old, new);
    let [old_own, new_own] = [old_standing.of(old), new_standing.of(new)];
    // What holds for all that stands beside it was told once already.
    if old.requirement.is_some() || new.requirement.is_some() {
        let requirements = [Some(old_own.requirement), Some(new_own.requirement)];
        standing::requirement(finder, subject, requirements[0], requirements[1]);
    }
    if old.since.is_some() || new.since.is_some() {
        standing::since(finder, subject, old_own.since, new_own.since);
    }
    if old.stability.is_some() || new.stability.is_some() {
        standing::stability(finder, subject, old_own.stability, new_own.stability);
    }
    // Under another name, other words are another meaning, which was told.
    if old.name == new.name {
        standing::doc(finder, subject, &old.doc, &new.doc);
    }
}

/// Under another name in the same place: the same thing where it is described in the same words, else another.
fn renamed(finder: &mut Finder<'_>, subject: &Subject, old: &Named<'_, Field>, new: &Named<'_, Field>) {
    if old.name != new.name {
        let kind = if words::are_same(&old.item.doc, &new.item.doc) {
            FieldKind::Renamed
        } else {
            FieldKind::Repurposed
        };
        let values = Values::changed(old.name, new.name);
        finder.tell(kind, &subject.key("name"), values);
    }
}

type FieldPair<'f> = (Named<'f, Field>, Named<'f, Field>);

/// Which field is which, in the old order: by name, and where the name is gone, by place and shape.
fn pairs<'f>(finder: &Finder<'_>, old: &'f [Field], new: &'f [Field]) -> Vec<FieldPair<'f>> {
    let place = |fields: &[Field], name: &str| fields.iter().position(|field| field.name == name);
    let named = |fields: &'f [Field], index: usize| {
        fields.get(index).map(|item| Named {
            index,
            name: item.name.as_str(),
            item,
        })
    };
    old.iter()
        .enumerate()
        .filter_map(|(index, field)| {
            let other = place(new, &field.name).or_else(|| {
                let behind = neighbour(old, index, |name| place(new, name).is_some());
                (0..new.len()).find(|other| {
                    let is_new = new.get(*other).is_some_and(|new| place(old, &new.name).is_none());
                    is_new
                        && neighbour(new, *other, |name| place(old, name).is_some()) == behind
                        && shapes::is_alike(&finder.scope.types, field, &new[*other])
                })
            })?;
            Some((named(old, index)?, named(new, other)?))
        })
        .collect()
}

/// The last field before this one that is in both schemas, and how many stand in between.
fn neighbour(fields: &[Field], index: usize, is_kept: impl Fn(&str) -> bool) -> (Option<&str>, usize) {
    let before = fields.get(..index).unwrap_or_default();
    let kept = before.iter().rposition(|field| is_kept(&field.name));
    let name = kept
        .and_then(|kept| before.get(kept))
        .map(|field| field.name.as_str());
    (name, index - kept.map_or(0, |kept| kept + 1))
}

fn default(finder: &mut Finder<'_>, subject: &Subject, kind: Kind, old: &Field, new: &Field) {
    let [old, new] = [(finder.old, old), (finder.new, new)].map(|(protocol, field)| {
        let value = field.default.as_ref();
        value.map(|value| literal(protocol, &field.type_name, value))
    });
    if old == new {
        return;
    }
    let kind = if old.is_some() && new.is_some() {
        kind
    } else {
        FieldKind::DefaultStated.into()
    };
    finder.tell(kind, &subject.key("default"), Values::optional(old, new));
}

/// A value as it is on the wire: by its number, however the schema writes it.
fn literal(protocol: &Protocol, type_name: &str, literal: &Literal) -> String {
    let registered = |name: &str| match protocol.kind(type_name) {
        Some(TypeKind::Registry(_, registry)) => {
            let mut values = registry.values.iter();
            values.find(|value| value.name == name).map(|value| value.value)
        }
        _ => None,
    };
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::Text(text) => match registered(text) {
            Some(number) => number.to_string(),
            None if type_name == "bytes" => format!("“{}”", text.to_ascii_lowercase()),
            None => format!("“{text}”"),
        },
        Literal::Empty([]) => String::from("the empty list"),
    }
}

fn unit(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    if old.unit == new.unit {
        return;
    }
    let kind = if old.unit.is_some() && new.unit.is_some() {
        FieldKind::Unit
    } else {
        FieldKind::UnitStated
    };
    let values = Values::optional(old.unit.as_ref(), new.unit.as_ref());
    finder.tell(kind, &subject.key("unit"), values);
}

/// What bytes carry; what is only called otherwise is the same.
fn holds(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    let renamed = old.holds.as_deref().map(|name| finder.scope.held(name));
    if renamed == new.holds.as_deref() {
        return;
    }
    let kind = if old.holds.is_some() && new.holds.is_some() {
        FieldKind::Holds
    } else {
        FieldKind::HoldsStated
    };
    let values = Values::optional(old.holds.as_ref(), new.holds.as_ref());
    finder.tell(kind, &subject.key("holds"), values);
}
