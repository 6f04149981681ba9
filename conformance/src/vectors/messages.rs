//! Vectors of one message: values of every size, and one mutation for every rule that a field can break.

use super::{
    InvalidMessage, MessageVectors, ValidMessage,
    values::{self, Size, fields_of},
};
use crate::{embedded::protocol, hex};
use cardwire_spec::{
    Place,
    interpret::{self, Data, Node},
    kind::{Kind, prefix_size},
    model::{Charset, Field, Length, Order},
};

/// Tags of extensions that no version knows: of the range for certification.
const TAG: u16 = 0x7F01;
const HIGHER_TAG: u16 = 0x7F02;
const CRITICAL: u16 = 0x8000;

/// The vectors of a message or document of the schema.
pub(super) fn vectors(name: &str) -> MessageVectors {
    let message = protocol().message(name);
    let place = match message.and_then(|message| message.place()) {
        Some(place) => place.to_string(),
        None => format!("document:{name}"),
    };
    let code = message.map(|message| message.code);
    let code = code.or_else(|| protocol().document(name).map(|document| document.code));
    let mut made = Made {
        name,
        place: &place,
        valid: Vec::new(),
        invalid: Vec::new(),
    };
    made.all();
    let Made { valid, invalid, .. } = made;
    // Every name that comes here is in the schema.
    MessageVectors {
        message: name.to_owned(),
        code: code.unwrap_or_default(),
        place: place.clone(),
        valid,
        invalid,
    }
}

struct Made<'n> {
    name: &'n str,
    place: &'n str,
    valid: Vec<ValidMessage>,
    invalid: Vec<InvalidMessage>,
}

impl Made<'_> {
    fn all(&mut self) {
        let sizes = [
            ("smallest", values::value(self.name, Size::Smallest)),
            ("typical", values::value(self.name, Size::Typical)),
            ("largest", values::largest(self.name)),
        ];
        let mut typical = Vec::new();
        for (name, made) in sizes {
            let Some((_, bytes)) = made else { continue };
            // A message without fields has one size.
            if self.valid.iter().all(|known| known.hex != hex::encode(&bytes)) {
                self.take(name, &bytes);
            }
            if name == "typical" {
                typical = bytes;
            }
        }
        self.extensions(&typical);
        self.codes(&typical);
        self.fields(&typical);
        // A value with two items shows what a typical one, with fewer, can't.
        for field in fields_of(self.name)
            .iter()
            .filter(|field| field.order == Some(Order::Ascending))
        {
            self.order(field, &typical);
        }
        self.two_faults(&typical);
    }

    fn decode(&self, bytes: &[u8]) -> Result<interpret::Tree, interpret::Fault> {
        // It was made by `to_string` of a place.
        interpret::decode(protocol(), Place::parse(self.place).unwrap_or(Place::Any), bytes)
    }

    /// Adds bytes that the interpreter takes, with the value that it reads.
    fn take(&mut self, name: &str, bytes: &[u8]) {
        match self.decode(bytes) {
            Ok(tree) => self.valid.push(ValidMessage {
                name: name.to_owned(),
                hex: hex::encode(bytes),
                value: interpret::to_json(&tree),
            }),
            Err(fault) => unreachable!("{} {name} is refused: {fault}", self.name),
        }
    }

    /// Adds bytes that break this rule; others, and bytes that are there already, are passed over.
    fn refuse(&mut self, name: &str, bytes: &[u8], rule: &str) {
        let Err(fault) = self.decode(bytes) else { return };
        let hex = hex::encode(bytes);
        if fault.rule.name() != rule || self.invalid.iter().any(|known| known.hex == hex) {
            return;
        }
        let twin = if self.valid.iter().any(|known| known.name == "typical") {
            "typical"
        } else {
            "smallest"
        };
        self.invalid.push(InvalidMessage {
            name: name.to_owned(),
            hex,
            rule: rule.to_owned(),
            field: fault.field,
            offset: fault.offset,
            twin: twin.to_owned(),
        });
    }

    fn codes(&mut self, typical: &[u8]) {
        self.refuse("empty", &[], "message-type");
        let mut other = typical.to_vec();
        if let Some(code) = other.first_mut() {
            // No message and no document has this code.
            *code = 0x7F;
        }
        self.refuse("another-code", &other, "message-type");
    }

    fn extensions(&mut self, typical: &[u8]) {
        let with = |parts: &[&[u8]]| [typical, &parts.concat()].concat();
        let one = extension(TAG, &[0xAA, 0xBB]);
        let other = extension(HIGHER_TAG, &[]);
        self.take("with-an-unknown-extension", &with(&[&one]));
        self.take("with-two-unknown-extensions", &with(&[&one, &other]));
        self.refuse("extensions-descend", &with(&[&other, &one]), "extension-order");
        self.refuse("extension-twice", &with(&[&one, &one]), "extension-order");
        let critical = extension(TAG | CRITICAL, &[0xAA]);
        self.refuse("critical-extension", &with(&[&critical]), "extension-critical");
        self.refuse(
            "critical-extension-behind-another",
            &with(&[&one, &extension(HIGHER_TAG | CRITICAL, &[])]),
            "extension-critical",
        );
        self.refuse("one-byte-too-many", &with(&[&[0x00]]), "truncated");
        self.refuse("extension-without-length", &with(&[&one[..2]]), "truncated");
        self.refuse("extension-with-half-a-length", &with(&[&one[..3]]), "truncated");
        self.refuse(
            "extension-cut-short",
            &with(&[&one[..one.len() - 1]]),
            "truncated",
        );
        let room = self.max_size().saturating_sub(typical.len() + 4);
        let full = extension(TAG, &vec![0x5A; room]);
        self.take("filled-to-the-last-byte", &with(&[&full]));
        let over = extension(TAG, &vec![0x5A; room + 1]);
        self.refuse("one-byte-over-the-largest-size", &with(&[&over]), "message-size");
    }

    /// Bytes that break two rules: the one that a decoder meets first is named. Their names hold `-and-`.
    fn two_faults(&mut self, typical: &[u8]) {
        let critical = extension(TAG | CRITICAL, &[]);
        let singles: Vec<_> = self
            .invalid
            .iter()
            .filter(|vector| vector.field != "extensions")
            .filter_map(|vector| Some((vector.clone(), hex::decode(&vector.hex)?)))
            .filter(|(_, bytes)| bytes.len() == typical.len())
            .collect();
        for (vector, bytes) in &singles {
            let both = [bytes, &critical[..]].concat();
            self.refuse(
                &format!("{}-and-a-critical-extension", vector.name),
                &both,
                &vector.rule,
            );
        }
        for (one, first) in &singles {
            // The last field that can be wrong is furthest from the first.
            let behind = singles.iter().rev().find(|(other, _)| other.offset > one.offset);
            let Some((other, second)) = behind else { continue };
            let both: Vec<u8> = (0..typical.len())
                .map(|at| {
                    if first[at] == typical[at] {
                        second[at]
                    } else {
                        first[at]
                    }
                })
                .collect();
            self.refuse(&format!("{}-and-{}", one.name, other.name), &both, &one.rule);
        }
        let descending = [typical, &extension(HIGHER_TAG, &[]), &critical].concat();
        self.refuse(
            "extensions-descend-and-the-lower-is-critical",
            &descending,
            "extension-order",
        );
        let room = (self.max_size() + 1).saturating_sub(typical.len() + 4);
        let mut large = [typical, &extension(TAG | CRITICAL, &vec![0x5A; room])].concat();
        self.refuse(
            "critical-extension-and-one-byte-over-the-largest-size",
            &large,
            "message-size",
        );
        if let Some(code) = large.first_mut() {
            *code = 0x7F;
        }
        self.refuse(
            "another-code-and-one-byte-over-the-largest-size",
            &large,
            "message-type",
        );
    }

    fn max_size(&self) -> usize {
        let message = protocol().message(self.name);
        let of_channel = message.map(|message| protocol().channel_size(message.channel));
        let of_document = || protocol().document(self.name).map(|document| document.max_size);
        of_channel.or_else(of_document).unwrap_or_default() as usize
    }

    fn fields(&mut self, typical: &[u8]) {
        let Ok(tree) = self.decode(typical) else { return };
        for (field, node) in fields_of(self.name).iter().zip(&tree.fields) {
            self.refuse(
                &format!("{}-missing", field.name),
                &typical[..node.offset],
                "truncated",
            );
            self.refuse(
                &format!("{}-cut-short", field.name),
                &typical[..node.offset + node.size - 1],
                "truncated",
            );
            self.field(field, node, typical, &field.name);
        }
    }

    fn field(&mut self, field: &Field, node: &Node, typical: &[u8], path: &str) {
        let Some([min, max]) = field.count else {
            return self.value(field, node, typical, path);
        };
        let prefix = prefix_size(max) as usize;
        for (name, count) in [("too-few", min.checked_sub(1)), ("too-many", Some(max + 1))] {
            if let Some(bytes) = count.and_then(|count| patched(typical, node.offset, prefix, count)) {
                self.refuse(&format!("{path}-{name}"), &bytes, "count");
            }
        }
        if let Data::List(items) = &node.data
            && let Some(first) = items.first()
        {
            self.value(field, first, typical, path);
        }
    }

    fn value(&mut self, field: &Field, node: &Node, typical: &[u8], path: &str) {
        let at = node.offset;
        let wrong = |made: &mut Self, name: &str, bytes: Option<Vec<u8>>, rule| {
            if let Some(bytes) = bytes {
                made.refuse(&format!("{path}-{name}"), &bytes, rule);
            }
        };
        match protocol().kind(&field.type_name) {
            Some(Kind::Number(size)) => {
                let [min, max] = field.range.unwrap_or([0, u64::MAX]);
                wrong(
                    self,
                    "below-its-range",
                    min.checked_sub(1)
                        .and_then(|value| patched(typical, at, size, value)),
                    "range",
                );
                wrong(
                    self,
                    "above-its-range",
                    max.checked_add(1)
                        .and_then(|value| patched(typical, at, size, value)),
                    "range",
                );
            }
            Some(Kind::Bool) => {
                wrong(
                    self,
                    "neither-true-nor-false",
                    patched(typical, at, 1, 2),
                    "boolean",
                );
                wrong(self, "all-ones", patched(typical, at, 1, 0xFF), "boolean");
            }
            Some(Kind::Registry(_, registry)) if !registry.open => {
                let free = (0..=registry.width.max())
                    .find(|value| registry.values.iter().all(|known| known.value != *value));
                let width = registry.width.bytes();
                wrong(
                    self,
                    "unregistered",
                    free.and_then(|value| patched(typical, at, width, value)),
                    "value",
                );
                wrong(
                    self,
                    "all-ones",
                    patched(typical, at, width, registry.width.max()),
                    "value",
                );
            }
            Some(Kind::Bytes | Kind::Text) => self.bytes(field, node, typical, path),
            Some(Kind::Structure(structure)) => {
                if let Data::Structure(nodes) = &node.data {
                    for (inner, inner_node) in structure.fields.iter().zip(nodes) {
                        self.field(inner, inner_node, typical, &format!("{path}-{}", inner.name));
                    }
                }
            }
            Some(Kind::Registry(..) | Kind::Register | Kind::Label) | None => {}
        }
    }

    fn bytes(&mut self, field: &Field, node: &Node, typical: &[u8], path: &str) {
        let Some(Length::Bounds(min, max)) = field.length else {
            return;
        };
        let prefix = prefix_size(max) as usize;
        for (name, length) in [("too-short", min.checked_sub(1)), ("too-long", Some(max + 1))] {
            if let Some(bytes) = length.and_then(|length| patched(typical, node.offset, prefix, length)) {
                self.refuse(&format!("{path}-{name}"), &bytes, "length");
            }
        }
        if field.type_name == "text" && node.size > prefix {
            let (name, byte) = match field.charset {
                Some(Charset::Name) => ("with-a-space", 0x20),
                Some(Charset::Utf8) | None => ("not-utf-8", 0xFF),
            };
            let bytes = patched(typical, node.offset + prefix, 1, byte);
            self.refuse(&format!("{path}-{name}"), &bytes.unwrap_or_default(), "text");
            let bytes = patched(typical, node.offset + node.size - 1, 1, 0xC3);
            self.refuse(
                &format!("{path}-ends-inside-a-character"),
                &bytes.unwrap_or_default(),
                "text",
            );
        }
    }

    /// Two items that are equal, and two that descend.
    fn order(&mut self, field: &Field, typical: &[u8]) {
        let Ok(tree) = self.decode(typical) else { return };
        let node = tree.fields.iter().find(|node| node.name == field.name);
        let Some(Data::List(items)) = node.map(|node| &node.data) else {
            return;
        };
        let [first, second, ..] = items.as_slice() else {
            return;
        };
        let item = |node: &Node| &typical[node.offset..node.offset + node.size];
        let (before, behind) = (&typical[..first.offset], &typical[second.offset + second.size..]);
        let swapped = [before, item(second), item(first), behind].concat();
        self.refuse(&format!("{}-descend", field.name), &swapped, "order");
        let twice = [before, item(first), item(first), behind].concat();
        self.refuse(&format!("{}-repeat", field.name), &twice, "order");
    }
}

fn extension(tag: u16, value: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
}

/// `bytes` with a number of `size` bytes at `at`; `None` where it does not fit into so many.
fn patched(bytes: &[u8], at: usize, size: usize, value: u64) -> Option<Vec<u8>> {
    let mut patched = bytes.to_vec();
    if size < 8 && value >> (8 * size) != 0 {
        return None;
    }
    patched
        .get_mut(at..at + size)?
        .copy_from_slice(&value.to_be_bytes()[8 - size..]);
    Some(patched)
}
