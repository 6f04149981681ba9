//! Tables of fields: where each stands, what it takes, what it may be.

use super::{
    Book, Table,
    prose::{capitalised, grouped},
};
use crate::{
    kind::{Kind, Sizes, prefix_size},
    model::{Charset, Field, Length, Literal, Order, Stability, Standing},
};

/// What a message or document begins with. Messages of errors have a field `code` besides, so that this row is called
/// otherwise.
#[derive(Clone, Copy)]
pub(super) enum Code {
    Message(u8),
    Document(u8),
}

/// The fields of a message, document or structure in order, behind its code.
pub(super) fn table(book: Book<'_>, code: Option<Code>, fields: &[Field], standing: Standing<'_>) -> String {
    let mut table = Table::new([
        "offset",
        "bytes",
        "field",
        "type",
        "bounds",
        "default",
        "requirement",
        "meaning",
    ]);
    let mut offset = Offset::default();
    if let Some(code) = code {
        let (name, code) = match code {
            Code::Message(code) => ("message code", code),
            Code::Document(code) => ("document code", code),
        };
        let cells = [offset.text(), "1".into(), name.into(), "`u8`".into()];
        table.row(cells.into_iter().chain([format!("always `{code:02X}`")]));
        offset.pass(Sizes { min: 1, max: 1 });
    }
    for field in fields {
        table.row([
            offset.text(),
            bytes(book, field),
            format!("`{}`", field.name),
            type_of(book, field),
            bounds(field),
            default(field),
            book.requirement(standing.of(field).requirement),
            meaning(book, field, standing),
        ]);
        offset.pass(book.protocol.sizes(core::slice::from_ref(field)));
    }
    table.finish()
}

/// Where the next field begins, as long as everything before it has one size.
struct Offset(Option<u64>);

impl Default for Offset {
    fn default() -> Self {
        Self(Some(0))
    }
}

impl Offset {
    fn text(&self) -> String {
        self.0
            .map_or_else(|| "next".to_owned(), |offset| offset.to_string())
    }

    fn pass(&mut self, sizes: Sizes) {
        let is_fixed = sizes.min == sizes.max;
        self.0 = self.0.filter(|_| is_fixed).map(|offset| offset + sizes.max);
    }
}

/// How many bytes a field takes: the prefix of its length or count, then what it holds.
pub(super) fn bytes(book: Book<'_>, field: &Field) -> String {
    if let Some([_, most]) = field.count {
        let item = Field {
            count: None,
            ..field.clone()
        };
        let sizes = book.protocol.sizes(&[item]);
        let items = if sizes.min == sizes.max {
            format!("n × {}", sizes.max)
        } else {
            format!("n × ({} to {})", sizes.min, sizes.max)
        };
        return format!("{} + {items}", prefix_size(most));
    }
    match field.length {
        Some(Length::Bounds(least, most)) => format!("{} + {least} to {most}", prefix_size(most)),
        Some(Length::Exact(_)) | None => {
            let sizes = book.protocol.sizes(core::slice::from_ref(field));
            between(sizes.min, sizes.max)
        }
    }
}

/// A field's type; registries and structures lead to what they hold.
pub(super) fn type_of(book: Book<'_>, field: &Field) -> String {
    let name = field.type_name.as_str();
    let item = match book.protocol.operand_kind(name) {
        Some(Kind::Registry(..)) => book.registry(name),
        Some(Kind::Structure(_)) => book.section(name),
        Some(Kind::Number(_) | Kind::Bool | Kind::Bytes | Kind::Text | Kind::Register | Kind::Label)
        | None => {
            format!("`{name}`")
        }
    };
    match (field.count, &field.holds) {
        (Some(_), _) => format!("list of {item}"),
        (None, Some(held)) => {
            let is_shape = book.protocol.message(held).is_some() || book.protocol.document(held).is_some();
            let held = if is_shape {
                book.section(held)
            } else {
                held.clone()
            };
            format!("{item} that [hold](codec.md#bytes-that-hold-something) {held}")
        }
        (None, None) => item,
    }
}

/// What a field's value may be, as far as its type leaves that open.
pub(super) fn bounds(field: &Field) -> String {
    let mut parts = Vec::new();
    if let Some([least, most]) = field.count {
        parts.push(format!("{} items", between(least, most)));
    }
    let each = if field.count.is_some() { "each " } else { "" };
    match field.length {
        Some(Length::Exact(size)) => parts.push(format!("{each}{size} bytes")),
        Some(Length::Bounds(least, most)) => parts.push(format!("{each}{} bytes", between(least, most))),
        None => {}
    }
    match (field.range, field.unit.as_deref()) {
        (Some([least, most]), Some(unit)) => parts.push(format!("{each}{} {unit}", between(least, most))),
        (Some([least, most]), None) => parts.push(format!("{each}{}", between(least, most))),
        (None, Some(unit)) => parts.push(format!("{each}in {unit}")),
        (None, None) => {}
    }
    match field.charset {
        Some(Charset::Name) => parts.push(set("name")),
        Some(Charset::Utf8) => parts.push(set("utf8")),
        None if field.type_name == "text" => parts.push(set("utf8")),
        None => {}
    }
    match field.order {
        Some(Order::Ascending) => parts.push("ascending".to_owned()),
        None => {}
    }
    parts.join("; ")
}

/// A set of characters; the requirement of the codec says what is in it.
fn set(name: &str) -> String {
    format!("set [`{name}`](codec.md#cw-codec-005)")
}

/// A default as a reader of the book knows it.
pub(super) fn default(field: &Field) -> String {
    match &field.default {
        None => String::new(),
        Some(Literal::Bool(value)) => format!("`{value}`"),
        Some(Literal::Number(value)) => value.to_string(),
        Some(Literal::Empty(_)) => "empty".to_owned(),
        Some(Literal::Text(text)) if text.is_empty() => "empty".to_owned(),
        Some(Literal::Text(text))
            if field.type_name == "bytes" && text.bytes().all(|digit| digit == b'0') =>
        {
            "all zero".to_owned()
        }
        Some(Literal::Text(text)) => format!("`{text}`"),
    }
}

/// What a field says, and its standing where that is not the one of what holds it.
pub(super) fn meaning(book: Book<'_>, field: &Field, standing: Standing<'_>) -> String {
    let own = standing.of(field);
    let mut apart = Vec::new();
    if own.since != standing.since {
        apart.push(format!("since version {}", own.since));
    }
    if own.stability != standing.stability {
        apart.push(own.stability.word().to_owned());
    }
    let apart = match apart.as_slice() {
        [] => String::new(),
        _ => format!(" {}.", capitalised(&apart.join(", "))),
    };
    book.prose(&field.doc) + &apart
}

/// Two bounds, or one where they are the same.
pub(super) fn between(least: u64, most: u64) -> String {
    if least == most {
        grouped(most)
    } else {
        format!("{} to {}", grouped(least), grouped(most))
    }
}

/// As [`between`], with the unit.
pub(super) fn bytes_between(least: u64, most: u64) -> String {
    let unit = if most == 1 { "byte" } else { "bytes" };
    format!("{} {unit}", between(least, most))
}

/// Versions and stability of something that has both.
pub(super) fn standing(since: u8, stability: Stability) -> String {
    format!("version {since}, {}", stability.word())
}
