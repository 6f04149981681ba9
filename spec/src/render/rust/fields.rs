//! Fields and operands: their Rust types, and how they are read and written.

use super::{
    doc,
    names::{Named as _, registry_type},
    number,
    pieces::{AT, AT_ARGUMENT, Piece},
};
use crate::{
    kind::{Kind, prefix_size},
    model::{Charset, Field, Length, Order, Protocol},
};

/// Whether a struct of these fields borrows from the message.
pub(super) fn borrows(protocol: &Protocol, fields: &[Field]) -> bool {
    fields.iter().any(|field| {
        field.count.is_some()
            || match protocol.kind(&field.type_name) {
                Some(Kind::Bytes | Kind::Text) => true,
                Some(Kind::Structure(structure)) => borrows(protocol, &structure.fields),
                _ => false,
            }
    })
}

/// The Rust type of a field.
pub(super) fn rust_type(protocol: &Protocol, field: &Field) -> String {
    let item = match kind(protocol, field) {
        Kind::Number(bytes) => format!("u{}", 8 * bytes),
        Kind::Bool => String::from("bool"),
        Kind::Bytes => match field.length {
            Some(Length::Exact(size)) => format!("&'a [u8; {}]", number(size)),
            _ => String::from("&'a [u8]"),
        },
        Kind::Text if field.charset == Some(Charset::Name) => String::from("Name<'a>"),
        Kind::Text => String::from("&'a str"),
        Kind::Registry(name, _) => registry_type(name),
        Kind::Structure(structure) => {
            let lifetime = if borrows(protocol, &structure.fields) {
                "<'a>"
            } else {
                ""
            };
            structure.rust_name() + lifetime
        }
        Kind::Register => String::from("Register"),
        Kind::Label => String::from("Label"),
    };
    if field.count.is_some() {
        format!("List<'a, {item}>")
    } else {
        item
    }
}

/// The documentation of a field: what it says, then its bounds.
pub(super) fn field_doc(field: &Field) -> String {
    let unit = field.unit.as_deref();
    let mut bounds = Vec::new();
    match field.length {
        Some(Length::Exact(size)) => bounds.push(format!("exactly {size} bytes")),
        Some(Length::Bounds(min, max)) => bounds.push(format!("{min} to {max} bytes")),
        None => {}
    }
    match (field.range, unit) {
        (Some([min, max]), Some(unit)) => bounds.push(format!("{min} to {max} {unit}")),
        (Some([min, max]), None) => bounds.push(format!("{min} to {max}")),
        (None, Some(unit)) => bounds.push(format!("in {unit}")),
        (None, None) => {}
    }
    if let Some([min, max]) = field.count {
        bounds.push(format!("{min} to {max} items"));
    }
    if field.order == Some(Order::Ascending) {
        bounds.push(String::from("ascending"));
    }
    if field.charset == Some(Charset::Name) {
        bounds.push(String::from("letters, digits, `.`, `-` and `_`"));
    }
    let about = if field.doc.is_empty() {
        format!("Operand `{}`, of type `{}`.", field.name, field.type_name)
    } else {
        field.doc.clone()
    };
    let mut out = doc(&about);
    if !bounds.is_empty() {
        let mut bounds = bounds.join(", ");
        bounds[..1].make_ascii_uppercase();
        out += &doc(&format!("\n{bounds}."));
    }
    out
}

/// What reads the field into a variable of its name.
pub(super) fn read(protocol: &Protocol, field: &Field) -> Vec<Piece> {
    let name = &field.name;
    let prefix = |min, max| Piece {
        size: Some(prefix_size(max)),
        code: format!("let {name} = {AT}prefix({}, {})?;\n", number(min), number(max)),
    };
    let rest = |code| Piece { size: None, code };
    if let Some([min, max]) = field.count {
        let (ascending, takes) = (is_ascending(field), takes(field));
        let items = format!("let {name} = List::read({AT_ARGUMENT}, {name}, {ascending}, {takes})?;\n");
        return vec![prefix(min, max), rest(items)];
    }
    match (kind(protocol, field), field.length) {
        (Kind::Bytes, Some(Length::Bounds(min, max))) => {
            vec![
                prefix(min, max),
                rest(format!("let {name} = {AT}take({name})?;\n")),
            ]
        }
        (Kind::Text, Some(Length::Bounds(min, max))) => {
            let text = format!("let {name} = {AT}{}({name})?;\n", charset(field));
            vec![prefix(min, max), rest(text)]
        }
        (kind, _) => {
            let value = match kind {
                Kind::Number(bytes) => match field.range {
                    Some(range) => format!("{AT}u{}().filter(|value| {})", 8 * bytes, within(range, "value")),
                    None => format!("{AT}u{}()", 8 * bytes),
                },
                Kind::Bool => format!("{AT}bool()"),
                Kind::Bytes | Kind::Text => format!("{AT}array()"),
                Kind::Registry(..) | Kind::Structure(_) | Kind::Register | Kind::Label => {
                    format!("Part::read({AT_ARGUMENT})")
                }
            };
            vec![Piece {
                size: fixed_size(protocol, field),
                code: format!("let {name} = {value}?;\n"),
            }]
        }
    }
}

/// What writes `value`, the field at `path`.
pub(super) fn write(protocol: &Protocol, field: &Field, value: &str, path: &str) -> Vec<Piece> {
    let prefix = |rule, min, max| Piece {
        size: Some(prefix_size(max)),
        code: format!(
            "{AT}prefix(CodecRule::{rule}, \"{path}\", {value}.len(), {}, {})?;\n",
            number(min),
            number(max)
        ),
    };
    let rest = |code| Piece { size: None, code };
    if let Some([min, max]) = field.count {
        let (ascending, takes) = (is_ascending(field), takes(field));
        let items = format!("{value}.write({AT_ARGUMENT}, \"{path}\", {ascending}, {takes})?;\n");
        return vec![prefix("Count", min, max), rest(items)];
    }
    match (kind(protocol, field), field.length) {
        (Kind::Bytes, Some(Length::Bounds(min, max))) => {
            vec![prefix("Length", min, max), rest(format!("{AT}raw({value})?;\n"))]
        }
        (Kind::Text, Some(Length::Bounds(min, max))) => {
            let text = format!("{AT}raw({value}.as_bytes())?;\n");
            vec![prefix("Length", min, max), rest(text)]
        }
        (kind, _) => {
            let code = match kind {
                Kind::Number(bytes) => {
                    let check = field.range.map_or_else(String::new, |range| {
                        let holds = within(range, &format!("&{value}"));
                        format!("check({holds}, CodecRule::Range, \"{path}\")?;\n")
                    });
                    format!("{check}{AT}u{}({value})?;\n", 8 * bytes)
                }
                Kind::Bool => format!("{AT}bool({value})?;\n"),
                Kind::Bytes | Kind::Text => format!("{AT}raw({value})?;\n"),
                Kind::Registry(..) | Kind::Structure(_) | Kind::Register | Kind::Label => {
                    format!("{value}.write({AT_ARGUMENT}, \"{path}\")?;\n")
                }
            };
            vec![Piece {
                size: fixed_size(protocol, field),
                code,
            }]
        }
    }
}

/// The names of the fields, as the parts of a struct expression.
pub(super) fn names(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("{}, ", field.name)).collect()
}

/// The bytes of a field, where every value takes as many.
fn fixed_size(protocol: &Protocol, field: &Field) -> Option<u64> {
    let size = protocol.sizes(core::slice::from_ref(field));
    (size.min == size.max).then_some(size.max)
}

/// Whether the value lies in the range, by comparisons that can fail only.
fn within([min, max]: [u64; 2], value: &str) -> String {
    format!("({}..={}).contains({value})", number(min), number(max))
}

fn is_ascending(field: &Field) -> bool {
    field.order == Some(Order::Ascending)
}

fn kind<'p>(protocol: &'p Protocol, field: &Field) -> Kind<'p> {
    // Validation has refused unknown types.
    protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bytes)
}

fn takes(field: &Field) -> String {
    match field.range {
        Some(range) => format!("|item| {}", within(range, "item")),
        None => String::from("|_| true"),
    }
}

/// The method that reads text of the field's character set.
fn charset(field: &Field) -> &'static str {
    match field.charset {
        Some(Charset::Name) => "name",
        Some(Charset::Utf8) | None => "text",
    }
}
