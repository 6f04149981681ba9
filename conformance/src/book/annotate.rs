//! Bytes with their meaning: tables of offset, bytes, field and meaning.

use super::BookError;
use crate::{embedded::protocol, hex};
use cardwire_spec::{
    Place,
    interpret::{self, Data, Node, frame},
    model::{Field, Length},
};
use core::fmt::Write as _;

/// Bytes in one line of a cell.
const LINE: usize = 16;

/// One line of a table.
pub(super) struct Row {
    offset: usize,
    bytes: Vec<u8>,
    field: String,
    meaning: String,
}

/// The rows of a message or document.
pub(super) fn message(place: Place<'_>, bytes: &[u8]) -> Result<Vec<Row>, BookError> {
    let tree = interpret::decode(protocol(), place, bytes).map_err(|fault| BookError::Decode {
        place: place.to_string(),
        fault: Box::new(fault),
    })?;
    let message = protocol().message(&tree.name).map(|message| &message.fields);
    let document = || protocol().document(&tree.name).map(|document| &document.fields);
    let fields = message.or_else(document).map_or(&[][..], Vec::as_slice);
    let mut rows = Rows {
        bytes,
        rows: Vec::new(),
    };
    rows.put(0, 1, "code", format!("{}.", tree.name));
    for (field, node) in fields.iter().zip(&tree.fields) {
        rows.field(field, node, &field.name);
    }
    for extension in &tree.extensions {
        rows.put(
            extension.offset,
            2,
            "extension: tag",
            format!("{:04X}.", extension.tag),
        );
        let length = extension.value.len();
        rows.put(extension.offset + 2, 2, "extension: length", format!("{length}."));
        rows.put(extension.offset + 4, length, "extension: value", String::new());
    }
    Ok(rows.rows)
}

struct Rows<'b> {
    bytes: &'b [u8],
    rows: Vec<Row>,
}

impl Rows<'_> {
    fn put(&mut self, offset: usize, size: usize, field: &str, meaning: String) {
        self.rows.push(Row {
            offset,
            // Offsets and sizes are those that decoding gave.
            bytes: self.bytes.get(offset..offset + size).unwrap_or_default().to_vec(),
            field: field.to_owned(),
            meaning,
        });
    }

    fn field(&mut self, field: &Field, node: &Node, path: &str) {
        let Data::List(items) = &node.data else {
            return self.value(field, node, path);
        };
        let prefix = items
            .first()
            .map_or(node.size, |first| first.offset - node.offset);
        let count = format!("{}. {}", items.len(), field.doc);
        self.put(node.offset, prefix, &format!("{path}: count"), count);
        for (index, item) in items.iter().enumerate() {
            self.value(field, item, &format!("{path}\\[{index}\\]"));
        }
    }

    fn value(&mut self, field: &Field, node: &Node, path: &str) {
        if let Data::Structure(nodes) = &node.data {
            let structure = protocol().structure(&field.type_name);
            let fields = structure.map_or(&[][..], |structure| &structure.fields);
            for (inner, inner_node) in fields.iter().zip(nodes) {
                self.field(inner, inner_node, &format!("{path}.{}", inner.name));
            }
            return;
        }
        let size = match &node.data {
            Data::Bytes(bytes) => bytes.len(),
            Data::Text(text) => text.len(),
            _ => node.size,
        };
        let prefix = node.size - size;
        if matches!(field.length, Some(Length::Bounds(..))) {
            self.put(
                node.offset,
                prefix,
                &format!("{path}: length"),
                format!("{size}."),
            );
        }
        // A value of no bytes has said everything with its length.
        if size > 0 {
            self.put(node.offset + prefix, size, path, meaning(field, &node.data));
        }
    }
}

/// The value in words, and what the schema says of the field.
fn meaning(field: &Field, data: &Data) -> String {
    let value = match data {
        Data::Number(number) => match &field.unit {
            Some(unit) => format!("{number} {unit}"),
            None => number.to_string(),
        },
        Data::Bool(value) => value.to_string(),
        Data::Text(text) => format!("`{text}`"),
        Data::Registered { name: Some(name), .. } => format!("`{name}`"),
        Data::Registered { value, name: None } => value.to_string(),
        Data::Bytes(_) | Data::Structure(_) | Data::List(_) => return field.doc.clone(),
    };
    format!("{value}. {}", field.doc)
}

/// Rows of parts that stand one behind the other: name, bytes, meaning.
pub(super) fn parts(parts: &[(&str, &[u8], &str)]) -> Vec<Row> {
    let mut offset = 0;
    parts
        .iter()
        .map(|(field, bytes, meaning)| {
            let row = Row {
                offset,
                bytes: bytes.to_vec(),
                field: (*field).to_owned(),
                meaning: (*meaning).to_owned(),
            };
            offset += bytes.len();
            row
        })
        .collect()
}

/// The decoded bytes of a frame: kind, number, payload, checksum. `payload` says what that is.
pub(super) fn frame(line: &[u8], payload: &str) -> Result<Vec<Row>, BookError> {
    let found = frame::lines(line)
        .next()
        .and_then(|line| frame::decode(protocol(), line).ok());
    let found = found.ok_or(BookError::Contradiction("a line of the examples is no frame"))?;
    let plain = decoded(line);
    let (body, checksum) = plain.split_at(plain.len().saturating_sub(4));
    Ok(parts(&[
        ("kind", &body[..1], &format!("`{}`.", found.kind)),
        ("number", &body[1..9], &format!("{}.", found.number)),
        ("payload", &body[9..], payload),
        ("checksum", checksum, "CRC-32C of everything before it."),
    ]))
}

/// The blocks of a line: code byte, the bytes behind it, and what the block stands for.
pub(super) fn blocks(line: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut offset = 0;
    while let Some(&code) = line.get(offset).filter(|code| **code != frame::DELIMITER) {
        let size = usize::from(code);
        let bytes = line.get(offset..offset + size).unwrap_or_default();
        let is_last = line.get(offset + size) == Some(&frame::DELIMITER);
        let zero = match (is_last, size) {
            (true, _) => "; the last block stands for no zero",
            (false, 0xFF) => "; a full block stands for no zero",
            (false, _) => " and a zero",
        };
        let meaning = match size - 1 {
            0 => format!("No byte{zero}."),
            1 => format!("1 byte{zero}."),
            count => format!("{count} bytes{zero}."),
        };
        rows.push(Row {
            offset,
            bytes: bytes.to_vec(),
            field: "block".to_owned(),
            meaning,
        });
        offset += size;
    }
    rows.push(Row {
        offset,
        bytes: vec![frame::DELIMITER],
        field: "delimiter".to_owned(),
        meaning: "The end of the frame.".to_owned(),
    });
    rows
}

/// The bytes of a line without COBS and delimiter.
fn decoded(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut rest = line;
    while let Some((&code, behind)) = rest.split_first().filter(|(code, _)| **code != frame::DELIMITER) {
        let (block, next) = behind.split_at(usize::from(code) - 1);
        plain.extend_from_slice(block);
        if code < 0xFF && next.first() != Some(&frame::DELIMITER) {
            plain.push(0);
        }
        rest = next;
    }
    plain
}

/// A table of rows, with a heading.
pub(super) fn table(heading: &str, rows: &[Row]) -> String {
    let mut text =
        format!("**{heading}**\n\n| offset | bytes | field | meaning |\n| ---: | --- | --- | --- |\n");
    for row in rows {
        let Row {
            offset,
            bytes,
            field,
            meaning,
        } = row;
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {offset} | {} | {field} | {} |",
            cell(bytes),
            meaning.trim_end()
        );
    }
    text.push('\n');
    text
}

/// A table of rows that do not stand one behind the other, with a heading.
pub(super) fn unplaced(heading: &str, rows: &[Row]) -> String {
    let mut text = format!("**{heading}**\n\n| value | bytes | meaning |\n| --- | --- | --- |\n");
    for Row {
        bytes,
        field,
        meaning,
        ..
    } in rows
    {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {field} | {} | {meaning} |", cell(bytes));
    }
    text.push('\n');
    text
}

/// Bytes in a cell of a table: sixteen to a line.
pub(super) fn cell(bytes: &[u8]) -> String {
    let lines: Vec<_> = bytes
        .chunks(LINE)
        .map(|line| format!("`{}`", hex::encode(line)))
        .collect();
    lines.join("<br>")
}

/// Bytes in a block of their own, with a heading.
pub(super) fn block(heading: &str, bytes: &[u8]) -> String {
    let mut text = format!("**{heading}**\n\n```text\n");
    for line in bytes.chunks(2 * LINE) {
        text += &hex::encode(line);
        text.push('\n');
    }
    text += "```\n\n";
    text
}
