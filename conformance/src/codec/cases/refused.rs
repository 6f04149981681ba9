//! Values that have no encoding: for each field one for each rule that it can break, and nothing else wrong with it.

use crate::{
    embedded::protocol,
    hex,
    vectors::{MessageVectors, ValidMessage, fields_of},
};
use cardwire_spec::{
    Place,
    interpret::{self, Data, Node},
    kind::Kind,
    model::{Charset, Field, Length, Order},
};
use serde_json::{Value, json};

/// A value that is wrong in one place.
pub(super) struct Wrong {
    pub(super) name: String,
    pub(super) value: Value,
    /// The valid vector that it was made from.
    pub(super) twin: String,
}

/// The tag of an extension that no version knows: of the range for certification.
const TAG: u16 = 0x7F01;
const CRITICAL: u16 = 0x8000;

/// What can be wrong with values of this message.
pub(super) fn values(vectors: &MessageVectors) -> Vec<Wrong> {
    let named = |name: &str| vectors.valid().find(|vector| vector.name == name);
    let Some(whole) = named("typical").or_else(|| named("smallest")) else {
        return Vec::new();
    };
    let mut made = Made {
        max_size: max_size(&vectors.message),
        whole,
        wrong: Vec::new(),
    };
    let bytes = hex::decode(&whole.hex).unwrap_or_default();
    let tree =
        Place::parse(&vectors.place).and_then(|place| interpret::decode(protocol(), place, &bytes).ok());
    if let Some(tree) = tree {
        for (field, node) in fields_of(protocol(), &vectors.message).iter().zip(&tree.fields) {
            made.field(field, node, &format!("/{}", field.name), &field.name);
        }
    }
    made.extensions();
    made.known_extensions(&vectors.message);
    made.wrong
}

struct Made<'v> {
    max_size: u64,
    whole: &'v ValidMessage,
    wrong: Vec<Wrong>,
}

impl Made<'_> {
    /// Adds the value with this in place of what stands there; `more` bytes of it must fit into the message, so that
    /// its size is not wrong too.
    fn put(&mut self, pointer: &str, name: String, part: Value, more: u64) {
        let mut value = self.whole.value.clone();
        let Some(place) = value.pointer_mut(pointer) else {
            return;
        };
        *place = part;
        if self.whole.hex.len() as u64 / 2 + more <= self.max_size {
            self.add(name, value);
        }
    }

    fn add(&mut self, name: String, value: Value) {
        let twin = self.whole.name.clone();
        self.wrong.push(Wrong { name, value, twin });
    }

    fn field(&mut self, field: &Field, node: &Node, pointer: &str, path: &str) {
        let Some([min, max]) = field.count else {
            return self.value(field, node, pointer, path);
        };
        let (Data::List(nodes), Some(Value::Array(items))) = (&node.data, self.whole.value.pointer(pointer))
        else {
            return;
        };
        let items = items.clone();
        let Some((first, size)) = items.first().zip(nodes.first().map(|node| node.size as u64)) else {
            return;
        };
        if let Some(few) = min.checked_sub(1) {
            let few: Vec<_> = items.iter().take(few as usize).cloned().collect();
            self.put(pointer, format!("{path}-too-few"), Value::from(few), 0);
        }
        // More items that ascend can't be made from one.
        if field.order.is_none() {
            let many = vec![first.clone(); max as usize + 1];
            let more = (max + 1).saturating_sub(items.len() as u64) * size;
            self.put(pointer, format!("{path}-too-many"), Value::from(many), more);
        }
        if let (Some(Order::Ascending), [first, second, ..]) = (field.order, items.as_slice()) {
            let rest = &items[2..];
            let swapped = [&[second.clone(), first.clone()], rest].concat();
            self.put(pointer, format!("{path}-descend"), Value::from(swapped), 0);
            let twice = [&[first.clone(), first.clone()], rest].concat();
            self.put(pointer, format!("{path}-repeat"), Value::from(twice), 0);
        }
        if let Some(node) = nodes.first() {
            self.value(field, node, &format!("{pointer}/0"), path);
        }
    }

    fn value(&mut self, field: &Field, node: &Node, pointer: &str, path: &str) {
        match protocol().kind(&field.type_name) {
            Some(Kind::Number(size)) => {
                let [min, max] = field.range.unwrap_or([0, u64::MAX]);
                let below = min.checked_sub(1).map(|value| ("below-its-range", value));
                let above = max.checked_add(1).map(|value| ("above-its-range", value));
                let wide = (size < 8).then(|| ("beyond-its-width", 1 << (8 * size)));
                for (name, value) in [below, above, wide].into_iter().flatten() {
                    self.put(pointer, format!("{path}-{name}"), json!(value), 0);
                }
                self.put(pointer, format!("{path}-negative"), json!(-1), 0);
            }
            Some(Kind::Registry(_, registry)) if !registry.open => {
                let free = (0..=registry.width.max())
                    .find(|value| registry.values.iter().all(|known| known.value != *value));
                if let Some(free) = free {
                    self.put(pointer, format!("{path}-unregistered"), json!(free), 0);
                }
            }
            Some(Kind::Bytes) => {
                let length = hex::decode(self.text_at(pointer)).map_or(0, |bytes| bytes.len() as u64);
                self.lengths(field, pointer, path, length, |length| json!("5a".repeat(length)));
            }
            Some(Kind::Text) => {
                let length = self.text_at(pointer).len() as u64;
                self.lengths(field, pointer, path, length, |length| json!("a".repeat(length)));
                if field.charset == Some(Charset::Name) && length > 0 {
                    let spaced = format!("{} ", &"a".repeat(length as usize - 1));
                    self.put(pointer, format!("{path}-with-a-space"), json!(spaced), 0);
                }
            }
            Some(Kind::Structure(structure)) => {
                if let Data::Structure(nodes) = &node.data {
                    for (inner, node) in structure.fields.iter().zip(nodes) {
                        let pointer = format!("{pointer}/{}", inner.name);
                        self.field(inner, node, &pointer, &format!("{path}-{}", inner.name));
                    }
                }
            }
            Some(Kind::Bool | Kind::Registry(..) | Kind::Register | Kind::Label) | None => {}
        }
    }

    fn text_at(&self, pointer: &str) -> &str {
        let value = self.whole.value.pointer(pointer);
        value.and_then(Value::as_str).unwrap_or_default()
    }

    fn lengths(
        &mut self,
        field: &Field,
        pointer: &str,
        path: &str,
        present: u64,
        of_length: impl Fn(usize) -> Value,
    ) {
        let (min, max) = match field.length {
            Some(Length::Exact(exact)) => (exact, exact),
            Some(Length::Bounds(min, max)) => (min, max),
            None => return,
        };
        if let Some(short) = min.checked_sub(1) {
            let value = of_length(short as usize);
            self.put(pointer, format!("{path}-too-short"), value, 0);
        }
        let more = (max + 1).saturating_sub(present);
        let value = of_length(max as usize + 1);
        self.put(pointer, format!("{path}-too-long"), value, more);
    }

    /// Extensions that the schema knows, with a number out of range.
    fn known_extensions(&mut self, message: &str) {
        let known = protocol()
            .message(message)
            .map(|message| message.extensions.as_slice());
        for known in known.unwrap_or_default() {
            let (name, range) = (&known.field.name, known.field.range);
            if let Some([_, max]) = range
                && let Some(object) = self.whole.value.clone().as_object_mut()
            {
                object.insert(name.clone(), json!(max + 1));
                self.add(format!("{name}-above-its-range"), Value::Object(object.clone()));
            }
        }
    }

    /// Unknown extensions in another order are left out: who sorts them encodes the same value.
    fn extensions(&mut self) {
        let of = |tag: u16, value: &str| json!({ "tag": tag, "value": value });
        let one = of(TAG, "aabb");
        let critical = of(TAG | CRITICAL, "aa");
        let room = self.max_size.saturating_sub(self.whole.hex.len() as u64 / 2 + 4);
        let over = of(TAG, &"5a".repeat(room as usize + 1));
        for (name, extensions) in [
            ("extension-twice", json!([one, one])),
            ("critical-extension", json!([critical])),
            ("one-byte-over-the-largest-size", json!([over])),
        ] {
            let mut value = self.whole.value.clone();
            if let Some(object) = value.as_object_mut() {
                object.insert("extensions".into(), extensions);
                self.add(name.into(), value);
            }
        }
    }
}

fn max_size(name: &str) -> u64 {
    let schema = protocol();
    let of_message = schema
        .message(name)
        .map(|message| schema.channel_size(message.channel));
    let of_document = || schema.document(name).map(|document| document.max_size);
    of_message.or_else(of_document).unwrap_or_default()
}
