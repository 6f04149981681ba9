//! A valid message that vectors are made from by changing one thing, and the sites in it where that can be done.

use super::values::{extensions_of, fields_of};
use cardwire_spec::{
    Place, Protocol,
    interpret::{self, Data, Node, Tree},
    kind::Kind,
    model::Field,
};
use core::ops::Range;
use serde_json::Value;

/// The bits of a length that stands in front of an extension's value.
const EXTENSION_LENGTH: Range<usize> = 2..4;

/// A valid message.
pub(super) struct Base {
    /// The name of its vector.
    pub(super) name: String,
    pub(super) json: Value,
    pub(super) bytes: Vec<u8>,
    pub(super) tree: Tree,
}

impl Base {
    /// The base of these bytes; `None` where they are refused.
    pub(super) fn of(protocol: &Protocol, place: &str, name: &str, bytes: &[u8]) -> Option<Self> {
        let tree = interpret::decode(protocol, Place::parse(place)?, bytes).ok()?;
        Some(Self {
            name: name.to_owned(),
            json: interpret::to_json(&tree),
            bytes: bytes.to_vec(),
            tree,
        })
    }

    /// Its fields, and the value of the extension that stands last in it if the schema knows it.
    pub(super) fn sites<'s>(&'s self, protocol: &'s Protocol, name: &str) -> Vec<Site<'s>> {
        let fields = fields_of(protocol, name).iter().zip(&self.tree.fields);
        let last = self.tree.extensions.last();
        let known = last.and_then(|extension| extension.known.as_ref());
        let known = known.and_then(|node| {
            let schema = extensions_of(protocol, name).iter();
            let field = &schema
                .map(|known| &known.field)
                .find(|field| field.name == node.name)?;
            Some((*field, node))
        });
        match known {
            Some(known) => vec![Site::top(known.0, known.1)],
            None => fields.map(|(field, node)| Site::top(field, node)).collect(),
        }
    }

    /// Its bytes with others in this range. An extension around it still has the length that it says.
    pub(super) fn splice(&self, range: Range<usize>, with: &[u8]) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let mut extensions = self.tree.extensions.iter();
        let around = extensions.find(|extension| {
            let begin = extension.offset + EXTENSION_LENGTH.end;
            begin <= range.start && range.end <= begin + extension.value.len()
        });
        if let Some(extension) = around {
            let length = (extension.value.len() + with.len()).saturating_sub(range.len());
            let at = extension.offset + EXTENSION_LENGTH.start;
            // A value of the schema's is far from filling two bytes of length.
            bytes[at..at + EXTENSION_LENGTH.len()].copy_from_slice(&(length as u16).to_be_bytes());
        }
        bytes.splice(range, with.iter().copied());
        bytes
    }

    /// Its bytes with a number of `size` bytes at `at`; `None` where it does not fit into so many.
    pub(super) fn patched(&self, at: usize, size: usize, value: u64) -> Option<Vec<u8>> {
        let fits = size >= 8 || value >> (8 * size) == 0;
        fits.then(|| self.splice(at..at + size, &value.to_be_bytes()[8 - size..]))
    }

    /// Its bytes up to here.
    pub(super) fn cut(&self, at: usize) -> Vec<u8> {
        self.splice(at..self.bytes.len(), &[])
    }
}

/// A field in a base: where it stands, and what it may be.
pub(super) struct Site<'s> {
    pub(super) field: &'s Field,
    pub(super) node: &'s Node,
    /// The way to it, as names of vectors have it.
    pub(super) label: String,
    /// The way to it, as a JSON pointer.
    pub(super) pointer: String,
}

impl<'s> Site<'s> {
    fn top(field: &'s Field, node: &'s Node) -> Self {
        Self {
            field,
            node,
            label: field.name.clone(),
            pointer: format!("/{}", field.name),
        }
    }

    /// The bytes of the field.
    pub(super) const fn range(&self) -> Range<usize> {
        self.node.offset..self.node.offset + self.node.size
    }

    /// The items, where it is a list that has some.
    pub(super) fn items(&self) -> &'s [Node] {
        match (&self.node.data, self.field.count) {
            (Data::List(items), Some(_)) => items,
            _ => &[],
        }
    }

    /// The first and the last value of the field: of a list, these items.
    pub(super) fn ends(&self) -> Option<[(&'s Node, String); 2]> {
        if self.field.count.is_none() {
            return Some([0, 1].map(|_| (self.node, self.pointer.clone())));
        }
        let items = self.items();
        let last = items.len().saturating_sub(1);
        Some([
            (items.first()?, format!("{}/0", self.pointer)),
            (items.last()?, format!("{}/{last}", self.pointer)),
        ])
    }

    /// The fields of a structure: of a list of them, those of the first item.
    pub(super) fn inner(&self, protocol: &'s Protocol) -> Vec<Self> {
        let Some(Kind::Structure(structure)) = protocol.kind(&self.field.type_name) else {
            return Vec::new();
        };
        let Some([(node, pointer), _]) = self.ends() else {
            return Vec::new();
        };
        let Data::Structure(nodes) = &node.data else {
            return Vec::new();
        };
        let inner = structure.fields.iter().zip(nodes);
        inner
            .map(|(field, node)| Site {
                field,
                node,
                label: format!("{}-{}", self.label, field.name),
                pointer: format!("{pointer}/{}", field.name),
            })
            .collect()
    }
}
