//! Fields and operands: their Rust types, and how they are read and written.

use super::{
    doc,
    names::{Named as _, registry_type},
    number,
};
use crate::{
    kind::Kind,
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

/// An expression that reads the field at `path` from `cursor`.
pub(super) fn read(protocol: &Protocol, field: &Field, path: &str) -> String {
    if field.count.is_some() {
        let bounds = bounds(field);
        return format!("List::read(cursor, \"{path}\", {bounds}, {})?", takes(field));
    }
    match kind(protocol, field) {
        Kind::Number(bytes) => {
            let read = format!("u{}", 8 * bytes);
            match field.range {
                Some([min, max]) => format!(
                    "cursor.checked(CodecRule::Range, \"{path}\", Cursor::{read}, |value| ({}..={}).contains(value))?",
                    number(min),
                    number(max)
                ),
                None => format!("cursor.{read}(\"{path}\")?"),
            }
        }
        Kind::Bool => format!("cursor.bool(\"{path}\")?"),
        Kind::Bytes => match field.length {
            Some(Length::Exact(_)) => format!("cursor.array(\"{path}\")?"),
            _ => format!("cursor.bytes(\"{path}\", {})?", length(field)),
        },
        Kind::Text => format!("cursor.text(\"{path}\", {}, {})?", length(field), charset(field)),
        Kind::Registry(..) | Kind::Structure(_) | Kind::Register | Kind::Label => {
            format!("Part::read(cursor, \"{path}\")?")
        }
    }
}

/// Statements that write `value`, the field at `path`, to `writer`.
pub(super) fn write(protocol: &Protocol, field: &Field, value: &str, path: &str) -> String {
    if field.count.is_some() {
        let bounds = bounds(field);
        return format!(
            "{value}.write(writer, \"{path}\", {bounds}, {})?;\n",
            takes(field)
        );
    }
    match kind(protocol, field) {
        Kind::Number(bytes) => {
            let check = field.range.map_or_else(String::new, |[min, max]| {
                let range = format!("{}..={}", number(min), number(max));
                format!("check(({range}).contains(&{value}), CodecRule::Range, \"{path}\")?;\n")
            });
            format!("{check}writer.u{}({value})?;\n", 8 * bytes)
        }
        Kind::Bool => format!("writer.bool({value})?;\n"),
        Kind::Bytes => match field.length {
            Some(Length::Exact(_)) => format!("writer.raw({value})?;\n"),
            _ => format!("writer.bytes(\"{path}\", {value}, {})?;\n", length(field)),
        },
        Kind::Text => {
            format!(
                "writer.text(\"{path}\", {value}, {}, {})?;\n",
                length(field),
                charset(field)
            )
        }
        Kind::Registry(..) | Kind::Structure(_) | Kind::Register | Kind::Label => {
            format!("{value}.write(writer, \"{path}\")?;\n")
        }
    }
}

fn kind<'p>(protocol: &'p Protocol, field: &Field) -> Kind<'p> {
    // Validation has refused unknown types.
    protocol.operand_kind(&field.type_name).unwrap_or(Kind::Bytes)
}

fn bounds(field: &Field) -> String {
    let [min, max] = field.count.unwrap_or_default();
    let ascending = field.order == Some(Order::Ascending);
    format!("Bounds {{ min: {min}, max: {max}, ascending: {ascending} }}")
}

fn takes(field: &Field) -> String {
    match field.range {
        Some([min, max]) => format!("|item| ({}..={}).contains(item)", number(min), number(max)),
        None => String::from("|_| true"),
    }
}

fn length(field: &Field) -> String {
    match field.length {
        Some(Length::Bounds(min, max)) => format!("{min}, {max}"),
        Some(Length::Exact(size)) => format!("{size}, {size}"),
        None => String::from("0, 0"),
    }
}

fn charset(field: &Field) -> &'static str {
    match field.charset {
        Some(Charset::Name) => "Charset::Name",
        Some(Charset::Utf8) | None => "Charset::Utf8",
    }
}
