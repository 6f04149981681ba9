//! Service data: an array of names and values, as interfaces with the format `cbor` take and give them.

use super::{
    head::{Major, encode},
    read::{Reader, write_prefix},
    write::string,
};
use crate::{
    interpret::{
        decode::Shape,
        extension::EXTENSIONS,
        fault::{Detail, Fault, Rule},
        hex,
        tree::{Data, Node, Tree},
    },
    kind::Kind,
    model::Field,
};

/// The document that has a form of its own.
pub(super) const NAME: &str = "service_data";

/// The registry of kinds, and the numbers that a value of its kind `number` has.
const KINDS: &str = "item_kind";
const NUMBER_MAX: u64 = 0xFFFF_FFFF;

/// Writes service data that are right by the rules of the codec.
pub(super) fn write(tree: &Tree) -> Result<Vec<u8>, Fault> {
    let items = tree.fields.first().map(|items| &items.data);
    let items = match items {
        Some(Data::List(items)) => items.as_slice(),
        _ => &[],
    };
    let mut out = encode(Major::Array, items.len() as u64);
    for (index, item) in items.iter().enumerate() {
        let Data::Structure(parts) = &item.data else {
            continue;
        };
        let [name, kind, value] = parts.as_slice() else {
            continue;
        };
        if let (Data::Text(name), Data::Registered { name: Some(kind), .. }, Data::Bytes(bytes)) =
            (&name.data, &kind.data, &value.data)
        {
            out.extend(encode(Major::Array, 2));
            string(&mut out, Major::Text, name.as_bytes());
            write_value(&mut out, kind, bytes).map_err(|expected| of_another_kind(index, value, expected))?;
        }
    }
    match tree.extensions.first() {
        Some(extension) => {
            let detail = Detail {
                path: format!("{EXTENSIONS}[0]"),
                mark: extension.offset..extension.offset + 4 + extension.value.len(),
                expected: String::from("the end: service data in CBOR have no extensions"),
                found: format!("the extension {:04x}", extension.tag),
            };
            Err(Fault::new(Rule::CborKind, EXTENSIONS, extension.offset, detail))
        }
        None => Ok(out),
    }
}

/// The value of an item; of one that is not of its kind, what is wanted instead.
fn write_value(out: &mut Vec<u8>, kind: &str, bytes: &[u8]) -> Result<(), &'static str> {
    match kind {
        "text" if core::str::from_utf8(bytes).is_err() => {
            return Err("well-formed UTF-8, as its kind is text");
        }
        "text" => string(out, Major::Text, bytes),
        "number" => {
            let four: [u8; 4] = bytes
                .try_into()
                .map_err(|_| "four bytes, as its kind is number")?;
            out.extend(encode(Major::Unsigned, u64::from(u32::from_be_bytes(four))));
        }
        _ => string(out, Major::Bytes, bytes),
    }
    Ok(())
}

fn of_another_kind(index: usize, value: &Node, expected: &str) -> Fault {
    let detail = Detail {
        path: format!("items[{index}].value"),
        mark: value.offset..value.offset + value.size,
        expected: expected.to_owned(),
        found: match &value.data {
            Data::Bytes(bytes) => hex::encode(bytes),
            _ => String::from("a value of another kind"),
        },
    };
    Fault::new(Rule::CborKind, "item.value", value.offset, detail)
}

impl<'p> Reader<'p, '_> {
    /// Reads an array of items, and writes what stands behind the code of the native document.
    pub(super) fn service_data(&mut self, shape: &Shape<'p>, native: &mut Vec<u8>) -> Result<(), Fault> {
        let Some((items, name, value)) = self.parts_of_items(shape) else {
            return Ok(());
        };
        self.trail.push_str(&items.name);
        let bounds = items.count.unwrap_or_default();
        let count = self.array(&items.name, Rule::Count, bounds)?;
        write_prefix(native, count, bounds[1]);
        for index in 0..count {
            self.trail = format!("{}[{index}]", items.name);
            self.array(&items.name, Rule::Count, [2, 2])?;
            self.trail = format!("{}[{index}].{}", items.name, name.name);
            self.value(name, "item.name", native)?;
            self.trail = format!("{}[{index}].{}", items.name, value.name);
            self.value_of_item(value, native)?;
        }
        self.trail.clear();
        Ok(())
    }

    /// The list, and of its structure the name and the value.
    fn parts_of_items(&self, shape: &Shape<'p>) -> Option<(&'p Field, &'p Field, &'p Field)> {
        let items = shape.fields.first()?;
        let item = self.protocol.structure(&items.type_name)?;
        let field = |name: &str| item.fields.iter().find(|field| field.name == name);
        Some((items, field("name")?, field("value")?))
    }

    /// The value of an item: its kind follows from its type.
    fn value_of_item(&mut self, field: &Field, native: &mut Vec<u8>) -> Result<(), Fault> {
        const FIELD: &str = "item.value";
        let start = self.offset;
        let (major, number) = self.head(FIELD, &[Major::Text, Major::Bytes, Major::Unsigned])?;
        let kind = match major {
            Major::Text => "text",
            Major::Unsigned => "number",
            _ => "bytes",
        };
        native.push(self.kind(kind));
        if major == Major::Unsigned {
            self.held(Rule::Range, FIELD, start, number, [0, NUMBER_MAX], || {
                format!("0 to {NUMBER_MAX}")
            })?;
            native.push(4);
            native.extend_from_slice(&number.to_be_bytes()[4..]);
            return Ok(());
        }
        let bytes = self.string(field, FIELD, start, number)?;
        if major == Major::Text && core::str::from_utf8(bytes).is_err() {
            return Err(self.stray(None, FIELD, start, bytes));
        }
        native.push(bytes.len() as u8);
        native.extend_from_slice(bytes);
        Ok(())
    }

    /// The number of a kind in the native encoding.
    fn kind(&self, name: &str) -> u8 {
        let Some(Kind::Registry(_, registry)) = self.protocol.kind(KINDS) else {
            return 0;
        };
        let value = registry.values.iter().find(|value| value.name == name);
        value.map_or(0, |value| value.value as u8)
    }
}
