//! Structures, and the fields of everything that has some.

use super::{Checker, defaults};
use crate::{
    interpret::INSTRUCTIONS,
    kind::Kind,
    model::{Field, Length},
    source::At,
};
use indexmap::IndexMap;

/// Words that no field of a Rust struct can be called.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

pub(super) fn check_structures(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    for (index, structure) in protocol.structures.iter().enumerate() {
        let at = At::top("structure").named(index, &structure.name);
        checker.doc(&at, &structure.doc);
        checker.requirement(&at, &structure.requirement);
        checker.since(at.key("since"), structure.since);
        if structure.fields.is_empty() {
            checker.find(
                at.key("fields"),
                "the structure has no fields",
                "add one, or remove the structure",
            );
        }
        check(checker, &at, &structure.fields);
    }
}

/// The fields of a message, document or structure.
pub(super) fn check(checker: &mut Checker<'_>, parent: &At, fields: &[Field]) {
    let mut names = IndexMap::new();
    for (index, field) in fields.iter().enumerate() {
        one(checker, &mut names, &parent.key("fields").index(index), field);
    }
}

/// One field, whose name must not be among `names`.
pub(super) fn one(checker: &mut Checker<'_>, names: &mut IndexMap<String, At>, at: &At, field: &Field) {
    name(checker, names, field, at);
    checker.doc(at, &field.doc);
    if let Some(requirement) = &field.requirement {
        checker.requirement(at, requirement);
    }
    if let Some(since) = field.since {
        checker.since(at.key("since"), since);
    }
    match checker.protocol.kind(&field.type_name) {
        Some(kind) => {
            value(checker, field, kind, at);
            list(checker, field, kind, at);
            defaults::check(checker, field, kind, at);
        }
        None => checker.find(
            at.key("type"),
            format!("the type `{}` is unknown", field.type_name),
            "use u8, u16, u32, u64, bool, bytes, text, a registry or a structure",
        ),
    }
}

/// A field's or operand's name.
pub(super) fn name(checker: &mut Checker<'_>, names: &mut IndexMap<String, At>, field: &Field, at: &At) {
    let at = at.key("name");
    checker.snake_case(at.clone(), &field.name);
    if KEYWORDS.contains(&field.name.as_str()) || field.name == "extensions" {
        checker.find(
            at.clone(),
            format!("the name `{}` has a meaning in code", field.name),
            "choose another name",
        );
    }
    checker.unique(
        names,
        field.name.clone(),
        at,
        &format!("the name `{}`", field.name),
    );
}

/// What a field or operand says about its value.
pub(super) fn value(checker: &mut Checker<'_>, field: &Field, kind: Kind<'_>, at: &At) {
    match (kind, field.range) {
        (Kind::Number(bytes), Some([min, max])) => {
            checker.bounds(at.key("range"), [min, max], "range");
            let largest = u64::MAX >> (64 - 8 * bytes);
            if min.max(max) > largest {
                checker.find(
                    at.key("range"),
                    format!(
                        "the range reaches beyond {}, which ends at {largest}",
                        field.type_name
                    ),
                    "take a wider type, or a smaller bound",
                );
            }
        }
        (_, Some(_)) => checker.find(
            at.key("range"),
            format!("`{}` is no number, so that it has no range", field.type_name),
            "remove the range",
        ),
        (_, None) => {}
    }
    match (kind, field.length) {
        (Kind::Bytes | Kind::Text, Some(length)) => self::length(checker, kind, length, at),
        (Kind::Bytes | Kind::Text, None) => checker.find(
            at.clone(),
            format!("the length of `{}` is not bounded", field.name),
            "add length = [fewest, most]",
        ),
        (_, Some(_)) => checker.find(
            at.key("length"),
            format!("`{}` has a length of its own", field.type_name),
            "remove the length; a list has a count",
        ),
        (_, None) => {}
    }
    if field.charset.is_some() && !matches!(kind, Kind::Text) {
        checker.find(
            at.key("charset"),
            "only text has a character set",
            "remove it, or write type = \"text\"",
        );
    }
    if field.unit.is_some() && !matches!(kind, Kind::Number(_)) {
        checker.find(at.key("unit"), "only a number has a unit", "remove it");
    }
    if let Some(name) = &field.holds {
        holds(checker, kind, name, field.length, at);
    }
}

fn holds(checker: &mut Checker<'_>, kind: Kind<'_>, name: &str, length: Option<Length>, field_at: &At) {
    let protocol = checker.protocol;
    let at = &field_at.key("holds");
    if !matches!(kind, Kind::Bytes) {
        checker.find(at.clone(), "only bytes hold something", "remove it");
    }
    if name != INSTRUCTIONS && protocol.message(name).is_none() && protocol.document(name).is_none() {
        checker.find(
            at.clone(),
            format!("there is no message and no document `{name}`"),
            "correct the name, or write `instructions`",
        );
    }
    let message = protocol.message(name).map(|message| &message.fields);
    let held = message.or_else(|| protocol.document(name).map(|document| &document.fields));
    let most = match length {
        Some(Length::Exact(most) | Length::Bounds(_, most)) => most,
        None => return,
    };
    if let Some(fields) = held {
        let least = protocol.sizes(fields).min.saturating_add(1);
        if least > most {
            checker.find(
                field_at.key("length"),
                format!("`{name}`, which it holds, takes {least} bytes at least"),
                format!("raise the upper bound to {least} or more, or correct `holds`"),
            );
        }
    }
}

/// What bytes of a message or document hold is something else: it would grow with what it holds.
pub(super) fn hold_others<'f>(
    checker: &mut Checker<'_>,
    name: &str,
    fields: impl Iterator<Item = (At, &'f Field)>,
) {
    for (at, field) in fields {
        if field.holds.as_deref() == Some(name) {
            checker.find(
                at.key("holds"),
                format!("`{name}` holds itself"),
                "name another message or document, or remove it",
            );
        }
    }
}

fn length(checker: &mut Checker<'_>, kind: Kind<'_>, length: Length, at: &At) {
    let at = at.key("length");
    let most = match length {
        Length::Exact(0) => {
            checker.find(at.clone(), "a field of no bytes says nothing", "remove the field");
            0
        }
        Length::Exact(size) => {
            if matches!(kind, Kind::Text) {
                checker.find(
                    at.clone(),
                    "text of a fixed length is not supported",
                    "write length = [fewest, most]",
                );
            }
            size
        }
        Length::Bounds(min, max) => {
            checker.bounds(at.clone(), [min, max], "length");
            min.max(max)
        }
    };
    if most > 0xFFFF {
        checker.find(
            at,
            format!("{most} bytes: a length prefix has two bytes at most"),
            "write 65535 or less",
        );
    }
}

fn list(checker: &mut Checker<'_>, field: &Field, kind: Kind<'_>, at: &At) {
    match field.count {
        Some([min, max]) => {
            checker.bounds(at.key("count"), [min, max], "count");
            if min.max(max) > 0xFFFF {
                checker.find(
                    at.key("count"),
                    "a count has two bytes at most",
                    "write 65535 or less",
                );
            }
            if min == 0 && max == 0 {
                checker.find(
                    at.key("count"),
                    "a list of no items says nothing",
                    "raise the upper bound, or remove the field",
                );
            }
            if matches!(kind, Kind::Bool | Kind::Bytes | Kind::Text) {
                checker.find(
                    at.key("type"),
                    format!("a list of `{}` is not supported", field.type_name),
                    "make a structure of it, and a list of that",
                );
            }
        }
        None if field.order.is_some() => checker.find(
            at.key("order"),
            "only a list has an order",
            "add count = [fewest, most], or remove the order",
        ),
        None => {}
    }
}
