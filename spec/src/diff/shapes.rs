//! What a field holds: its type, its bounds, and how they lay it out.

use super::{
    finder::{Finder, Subject, Values},
    kind::kinds,
    scope::Types,
    words,
};
use crate::{
    kind::{Kind as TypeKind, prefix_size},
    model::{Charset, Field, Length, Protocol},
};

kinds! {
    /// What changes in what a field holds.
    ShapeKind {
        /// It is of another type.
        Type = "field-type", Wire:
            "The type of `{name}` is {new}, before {old}.",
            "The bytes are laid out otherwise, or mean something else.",
            "Keep the field, and add an extension of the new type.";
        /// A number has another width.
        Width = "field-width", Wire:
            "The type of `{name}` is {new}, before {old}.",
            "The number takes another number of bytes, and every byte behind it stands elsewhere.",
            "Keep the field, and add an extension of the wider type.";
        /// Its type takes more values, in the same bytes.
        TypeWidened = "field-type-widened", Receivers:
            "The type of `{name}` is {new}, before {old}.",
            "The bytes are laid out as before; newer {from} may send values that the old type has not, and older {to} refuse \
             them.",
            "Keep the type, or change it with a new version.";
        /// Its type takes fewer values, in the same bytes.
        TypeNarrowed = "field-type-narrowed", Senders:
            "The type of `{name}` is {new}, before {old}.",
            "The bytes are laid out as before; older {from} may send values that the new type has not, and newer {to} refuse \
             them.",
            "Keep the type.";
        /// Its type takes the same values, in the same bytes.
        TypeNamed = "field-type-named", None:
            "The type of `{name}` is {new}, before {old}.",
            "Every value is taken as before, in the same bytes; only what they are called changes.",
            "";
        /// It is a list, or no list any more.
        Listed = "field-listed", Wire:
            "`{name}` is {new}, before {old}.",
            "A list begins with its count, a single value does not.",
            "Keep the field, and add an extension for the other form.";
        /// A number may be larger or smaller.
        RangeWidened = "field-range-widened", Receivers:
            "The range of `{name}` is widened: {new}, before {old}.",
            "Newer {from} may send numbers beyond the old bounds, and older {to} refuse them with the rule `range`.",
            "Keep the range; or widen it with a new version, and keep to the old one in sessions of older ones.";
        /// Fewer numbers are in range.
        RangeNarrowed = "field-range-narrowed", Senders:
            "The range of `{name}` is narrowed: {new}, before {old}.",
            "Older {from} may send numbers beyond the new bounds, and newer {to} refuse them with the rule `range`.",
            "Keep the range: let receivers take what was allowed, and say in prose what newer senders keep to.";
        /// Some numbers are in range that were not, and others not any more.
        RangeMoved = "field-range-moved", Both:
            "The range of `{name}` is moved: {new}, before {old}.",
            "Older {from} may send numbers that newer {to} refuse with the rule `range`, and the other way round.",
            "Keep the range.";
        /// It may be longer or shorter.
        LengthWidened = "field-length-widened", Receivers:
            "The length of `{name}` is widened: {new} bytes, before {old} bytes.",
            "Newer {from} may send more or less than the old bounds, and older {to} refuse it with the rule `length`.",
            "Keep the bounds, and say what is more in an extension or in a second message.";
        /// Fewer lengths are allowed.
        LengthNarrowed = "field-length-narrowed", Senders:
            "The length of `{name}` is narrowed: {new} bytes, before {old} bytes.",
            "Older {from} may send more or less than the new bounds, and newer {to} refuse it with the rule `length`.",
            "Keep the bounds: let receivers take what was allowed, and say in prose what newer senders keep to.";
        /// Some lengths are allowed that were not, and others not any more.
        LengthMoved = "field-length-moved", Both:
            "The length of `{name}` is moved: {new} bytes, before {old} bytes.",
            "Older {from} may send lengths that newer {to} refuse with the rule `length`, and the other way round.",
            "Keep the bounds.";
        /// It has a length prefix of another size.
        LengthPrefix = "field-length-prefix", Wire:
            "The length of `{name}` is {new} bytes, before {old} bytes, so that its prefix has another size.",
            "A prefix has one byte where the upper bound is below 256, else two: every byte behind it stands elsewhere.",
            "Stay on the same side of 256, and say what is more in an extension.";
        /// It has a length prefix where it had none, or the other way round.
        LengthForm = "field-length-form", Wire:
            "The length of `{name}` is {new} bytes, before {old} bytes.",
            "What has one length has no prefix, and what has bounds has one: every byte behind it stands elsewhere.",
            "Keep the form of the length, and add an extension for the other one.";
        /// It has exactly another length.
        LengthExact = "field-length-exact", Wire:
            "The length of `{name}` is {new} bytes, before {old} bytes.",
            "Nothing but the schema says how long it is: every byte behind it stands elsewhere.",
            "Keep the length, and add an extension of the other one.";
        /// More or fewer items are allowed.
        CountWidened = "field-count-widened", Receivers:
            "The count of `{name}` is widened: {new}, before {old}.",
            "Newer {from} may send more or fewer items than the old bounds, and older {to} refuse them with the rule `count`.",
            "Keep the bounds, and send what is more in a second message.";
        /// Fewer counts are allowed.
        CountNarrowed = "field-count-narrowed", Senders:
            "The count of `{name}` is narrowed: {new}, before {old}.",
            "Older {from} may send more or fewer items than the new bounds, and newer {to} refuse them with the rule `count`.",
            "Keep the bounds: let receivers take what was allowed, and say in prose what newer senders keep to.";
        /// Some counts are allowed that were not, and others not any more.
        CountMoved = "field-count-moved", Both:
            "The count of `{name}` is moved: {new}, before {old}.",
            "Older {from} may send counts that newer {to} refuse with the rule `count`, and the other way round.",
            "Keep the bounds.";
        /// Its count has a prefix of another size.
        CountPrefix = "field-count-prefix", Wire:
            "The count of `{name}` is {new}, before {old}, so that its prefix has another size.",
            "A prefix has one byte where the upper bound is below 256, else two: every byte behind it stands elsewhere.",
            "Stay on the same side of 256, and send what is more in a second message.";
        /// The items of a list must ascend.
        OrderDemanded = "field-order-demanded", Senders:
            "The items of `{name}` must ascend, before they stood in any order.",
            "Older {from} may send them in any order, and newer {to} refuse them with the rule `order`.",
            "Leave the order free: let receivers sort.";
        /// The items of a list need not ascend any more.
        OrderDropped = "field-order-dropped", Receivers:
            "The items of `{name}` stand in any order, before they had to ascend.",
            "Newer {from} may send them in any order, and older {to} refuse them with the rule `order`.",
            "Keep the order.";
        /// Text may hold more characters.
        CharsetWidened = "field-charset-widened", Receivers:
            "The text `{name}` is of the character set {new}, before {old}.",
            "Newer {from} may send characters that older {to} refuse with the rule `text`.",
            "Keep the character set, and say what it can't in an extension.";
        /// Text may hold fewer characters.
        CharsetNarrowed = "field-charset-narrowed", Senders:
            "The text `{name}` is of the character set {new}, before {old}.",
            "Older {from} may send characters that newer {to} refuse with the rule `text`.",
            "Keep the character set.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    type_of(finder, subject, old, new);
    if let (Some(old), Some(new)) = (range(finder.old, old), range(finder.new, new))
        && old.type_max == new.type_max
    {
        let kinds = [
            ShapeKind::RangeWidened,
            ShapeKind::RangeNarrowed,
            ShapeKind::RangeMoved,
        ];
        bounds(finder, &subject.key("range"), [old.range, new.range], kinds);
    }
    length(finder, subject, old, new);
    count(finder, subject, old, new);
    if old.order != new.order && old.count.is_some() && new.count.is_some() {
        let kind = if new.order.is_some() {
            ShapeKind::OrderDemanded
        } else {
            ShapeKind::OrderDropped
        };
        finder.tell(kind, &subject.key("order"), Values::NONE);
    }
    charset(finder, subject, old, new);
}

/// Whether two fields hold the same, whatever they and their types are called.
pub(super) fn is_alike(types: &Types<'_>, old: &Field, new: &Field) -> bool {
    let is_type = types.are_one(&old.type_name, &new.type_name)
        || match (
            types.old.structure(&old.type_name),
            types.new.structure(&new.type_name),
        ) {
            // A structure that is not known to be one with another yet; none holds itself.
            (Some(old), Some(new)) => old.name != new.name && are_alike(types, &old.fields, &new.fields),
            _ => false,
        };
    let shape = |field: &Field| (field.range, field.length, field.count, field.order, field.charset);
    is_type && shape(old) == shape(new) && old.unit == new.unit
}

/// Whether two lists of fields hold the same, one after another.
pub(super) fn are_alike(types: &Types<'_>, old: &[Field], new: &[Field]) -> bool {
    old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_alike(types, old, new))
}

fn type_of(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    if finder.scope.types.are_one(&old.type_name, &new.type_name) {
        return;
    }
    let kinds = (
        finder.old.operand_kind(&old.type_name),
        finder.new.operand_kind(&new.type_name),
    );
    let kind = match kinds {
        (Some(old), Some(new)) => judged(old, new),
        (Some(_), None) | (None, Some(_)) | (None, None) => ShapeKind::Type,
    };
    let values = Values::changed(&old.type_name, &new.type_name);
    finder.tell(kind, &subject.key("type"), values);
}

/// What becomes of the values when one type takes the place of another.
fn judged(old: TypeKind<'_>, new: TypeKind<'_>) -> ShapeKind {
    match (old, new) {
        (TypeKind::Number(old), TypeKind::Number(new)) if old != new => ShapeKind::Width,
        (TypeKind::Number(1), TypeKind::Bool) | (TypeKind::Bytes, TypeKind::Text) => ShapeKind::TypeNarrowed,
        (TypeKind::Bool, TypeKind::Number(1)) | (TypeKind::Text, TypeKind::Bytes) => ShapeKind::TypeWidened,
        (TypeKind::Number(bytes), TypeKind::Registry(_, registry)) => match registry.width.bytes() {
            width if width != bytes => ShapeKind::Width,
            _ if registry.open => ShapeKind::TypeNamed,
            _ => ShapeKind::TypeNarrowed,
        },
        (TypeKind::Registry(_, registry), TypeKind::Number(bytes)) => match registry.width.bytes() {
            width if width != bytes => ShapeKind::Width,
            _ if registry.open => ShapeKind::TypeNamed,
            _ => ShapeKind::TypeWidened,
        },
        (
            TypeKind::Number(_)
            | TypeKind::Bool
            | TypeKind::Bytes
            | TypeKind::Text
            | TypeKind::Registry(..)
            | TypeKind::Structure(_)
            | TypeKind::Register
            | TypeKind::Label,
            TypeKind::Number(_)
            | TypeKind::Bool
            | TypeKind::Bytes
            | TypeKind::Text
            | TypeKind::Registry(..)
            | TypeKind::Structure(_)
            | TypeKind::Register
            | TypeKind::Label,
        ) => ShapeKind::Type,
    }
}

/// The numbers that a field takes, and the largest that its type has.
struct Range {
    range: [u64; 2],
    type_max: u64,
}

/// Of a number, and of a value of an open registry, which takes every number.
fn range(protocol: &Protocol, field: &Field) -> Option<Range> {
    let type_max = match protocol.operand_kind(&field.type_name)? {
        TypeKind::Number(bytes) => u64::MAX >> (64 - 8 * bytes),
        TypeKind::Registry(_, registry) if registry.open => registry.width.max(),
        TypeKind::Registry(..)
        | TypeKind::Bool
        | TypeKind::Bytes
        | TypeKind::Text
        | TypeKind::Structure(_)
        | TypeKind::Register
        | TypeKind::Label => return None,
    };
    Some(Range {
        range: field.range.unwrap_or([0, type_max]),
        type_max,
    })
}

/// Tells how bounds changed: widened, narrowed, or both.
fn bounds(
    finder: &mut Finder<'_>,
    subject: &Subject,
    [old, new]: [[u64; 2]; 2],
    [widened, narrowed, moved]: [ShapeKind; 3],
) {
    if old == new {
        return;
    }
    let holds = |outer: [u64; 2], inner: [u64; 2]| outer[0] <= inner[0] && inner[1] <= outer[1];
    let kind = if holds(new, old) {
        widened
    } else if holds(old, new) {
        narrowed
    } else {
        moved
    };
    let values = Values::changed(words::span(old), words::span(new));
    finder.tell(kind, subject, values);
}

fn length(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    let subject = &subject.key("length");
    let text = |length: Length| match length {
        Length::Exact(size) => format!("exactly {size}"),
        Length::Bounds(min, max) => words::span([min, max]),
    };
    let (old, new) = match (old.length, new.length) {
        (Some(old), Some(new)) if old != new => (old, new),
        // It comes and goes with the type.
        (None | Some(_), None | Some(_)) => return,
    };
    let values = Values::changed(text(old), text(new));
    match (old, new) {
        (Length::Exact(_), Length::Exact(_)) => finder.tell(ShapeKind::LengthExact, subject, values),
        (Length::Exact(_), Length::Bounds(..)) | (Length::Bounds(..), Length::Exact(_)) => {
            finder.tell(ShapeKind::LengthForm, subject, values);
        }
        (Length::Bounds(_, old_max), Length::Bounds(_, new_max))
            if prefix_size(old_max) != prefix_size(new_max) =>
        {
            finder.tell(ShapeKind::LengthPrefix, subject, values);
        }
        (Length::Bounds(old_min, old_max), Length::Bounds(new_min, new_max)) => {
            let kinds = [
                ShapeKind::LengthWidened,
                ShapeKind::LengthNarrowed,
                ShapeKind::LengthMoved,
            ];
            bounds(finder, subject, [[old_min, old_max], [new_min, new_max]], kinds);
        }
    }
}

fn count(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    let subject = &subject.key("count");
    let text = |count: Option<[u64; 2]>| match count {
        Some(bounds) => format!("a list of {}", words::span(bounds)),
        None => String::from("a single value"),
    };
    match (old.count, new.count) {
        (None, None) => {}
        (None, Some(_)) | (Some(_), None) => {
            let values = Values::changed(text(old.count), text(new.count));
            finder.tell(ShapeKind::Listed, subject, values);
        }
        (Some(old), Some(new)) if prefix_size(old[1]) != prefix_size(new[1]) => {
            let values = Values::changed(words::span(old), words::span(new));
            finder.tell(ShapeKind::CountPrefix, subject, values);
        }
        (Some(old), Some(new)) => {
            let kinds = [
                ShapeKind::CountWidened,
                ShapeKind::CountNarrowed,
                ShapeKind::CountMoved,
            ];
            bounds(finder, subject, [old, new], kinds);
        }
    }
}

/// Text of no stated character set is any UTF-8.
fn charset(finder: &mut Finder<'_>, subject: &Subject, old: &Field, new: &Field) {
    if old.type_name != "text" || new.type_name != "text" {
        return;
    }
    let set = |field: &Field| field.charset.unwrap_or(Charset::Utf8);
    let (kind, values) = match (set(old), set(new)) {
        (Charset::Name, Charset::Name) | (Charset::Utf8, Charset::Utf8) => return,
        (Charset::Name, Charset::Utf8) => (ShapeKind::CharsetWidened, Values::changed("name", "utf8")),
        (Charset::Utf8, Charset::Name) => (ShapeKind::CharsetNarrowed, Values::changed("utf8", "name")),
    };
    finder.tell(kind, &subject.key("charset"), values);
}
