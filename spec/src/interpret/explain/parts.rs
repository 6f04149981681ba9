//! The parts of one message, each with its meaning.

use super::{Part, value};
use crate::{
    interpret::{
        Rule,
        decode::Shape,
        extension::{EXTENSIONS, default_of},
        hex, json,
        reader::number_of,
        tree::{Data, Extension, Node, Tree},
        wanted,
    },
    kind::{Kind, prefix_size},
    model::{Field, Protocol, Standing},
};
use serde_json::Value;

/// Explains the parts of one message.
pub(super) struct Explainer<'p, 'b> {
    pub(super) protocol: &'p Protocol,
    pub(super) bytes: &'b [u8],
    /// Where the message begins in the outermost one.
    pub(super) at: usize,
}

impl<'p> Explainer<'p, '_> {
    /// Code, fields and extensions; of a whole message, also the extensions that are absent.
    pub(super) fn message(&self, shape: &Shape<'p>, tree: &Tree, is_whole: bool) -> Vec<Part<'p>> {
        let mut parts = vec![Part {
            // Some messages have a field `code`: this is no field.
            path: String::from("message code"),
            offset: 0,
            size: 1,
            prefix: 0,
            field: None,
            text: shape.name.to_owned(),
            value: Value::from(shape.code),
            meaning: shape.doc.to_owned(),
            standing: shape.standing,
            parts: Vec::new(),
            held: None,
            is_absent: false,
        }];
        for (field, node) in shape.fields.iter().zip(&tree.fields) {
            parts.push(self.field(field, node, field.name.clone(), shape.standing));
        }
        let mut strange = 0;
        for extension in &tree.extensions {
            let known = shape.extensions.iter();
            let known = known.map(|known| &known.field);
            let mut known = known.filter(|field| {
                extension
                    .known
                    .as_ref()
                    .is_some_and(|node| node.name == field.name)
            });
            parts.push(match (known.next(), &extension.known) {
                (Some(field), Some(node)) => self.known(field, node, extension, shape.standing),
                _ => {
                    strange += 1;
                    strange_extension(extension, strange - 1, shape.standing)
                }
            });
        }
        for known in shape.extensions.iter().filter(|_| is_whole) {
            if tree.field(&known.field.name).is_none() {
                parts.push(self.absent(&known.field, shape.standing));
            }
        }
        parts
    }

    fn field(&self, field: &'p Field, node: &Node, path: String, holder: Standing<'p>) -> Part<'p> {
        let standing = holder.of(field);
        match (&node.data, field.count) {
            (Data::List(items), Some([_, max])) => {
                let item = |(index, node)| {
                    let mut part = self.value(field, node, format!("{path}[{index}]"), standing);
                    // What the list means, its own part says.
                    if part.meaning == field.doc {
                        part.meaning.clear();
                    }
                    part
                };
                let parts = items.iter().enumerate().map(item).collect();
                self.list(field, node, path.clone(), standing, max, parts)
            }
            _ => self.value(field, node, path, standing),
        }
    }

    /// A value: that of a field, or an item of its list.
    fn value(&self, field: &'p Field, node: &Node, path: String, standing: Standing<'p>) -> Part<'p> {
        let kind = self.protocol.operand_kind(&field.type_name);
        let parts = match (kind, &node.data) {
            (Some(Kind::Structure(structure)), Data::Structure(nodes)) => structure
                .fields
                .iter()
                .zip(nodes)
                .map(|(field, node)| {
                    self.field(
                        field,
                        node,
                        format!("{path}.{}", field.name),
                        structure.standing(),
                    )
                })
                .collect(),
            _ => Vec::new(),
        };
        let held = match &node.data {
            Data::Bytes(content) => self.held(field, content, node.offset + node.size, &path, standing),
            _ => None,
        };
        let told = value::told(kind, field, &node.data);
        let value::Told {
            text,
            meaning,
            is_experimental,
        } = told;
        Part {
            path,
            offset: node.offset,
            size: node.size,
            prefix: value::prefix(field, &node.data),
            field: Some(field),
            text,
            value: json::data(&node.data),
            meaning,
            standing: if is_experimental {
                value::experimental(standing)
            } else {
                standing
            },
            parts,
            held,
            is_absent: false,
        }
    }

    fn list(
        &self,
        field: &'p Field,
        node: &Node,
        path: String,
        standing: Standing<'p>,
        max: u64,
        parts: Vec<Part<'p>>,
    ) -> Part<'p> {
        let prefix = prefix_size(max) as usize;
        // Of a list that breaks off, the count says more than the items that are there.
        let stated = self.bytes.get(node.offset..node.offset + prefix);
        let count = stated.map_or(parts.len() as u64, number_of);
        Part {
            path,
            offset: node.offset,
            size: node.size,
            prefix,
            field: Some(field),
            text: format!("list of {count}"),
            value: json::data(&node.data),
            meaning: field.doc.clone(),
            standing,
            parts,
            held: None,
            is_absent: false,
        }
    }

    /// An extension that the schema knows: its place is that of the whole extension, tag and length before the value.
    fn known(&self, field: &'p Field, node: &Node, extension: &Extension, holder: Standing<'p>) -> Part<'p> {
        let mut part = self.field(field, node, field.name.clone(), holder);
        let prefix = node.offset - extension.offset;
        part.offset = extension.offset;
        part.size += prefix;
        part.prefix += prefix;
        part
    }

    fn absent(&self, field: &'p Field, holder: Standing<'p>) -> Part<'p> {
        let kind = self.protocol.operand_kind(&field.type_name);
        let default = default_of(self.protocol, field);
        let (text, value) = match &default {
            Some(data) => {
                let told = value::told(kind, field, data);
                (format!("absent: {} holds", told.text), json::data(data))
            }
            None => (String::from("absent"), Value::Null),
        };
        Part {
            path: field.name.clone(),
            offset: self.bytes.len(),
            size: 0,
            prefix: 0,
            field: Some(field),
            text,
            value,
            meaning: field.doc.clone(),
            standing: holder.of(field),
            parts: Vec::new(),
            held: None,
            is_absent: true,
        }
    }
}

/// An extension that the schema does not know.
fn strange_extension<'p>(extension: &Extension, index: usize, standing: Standing<'p>) -> Part<'p> {
    Part {
        path: format!("{}[{index}]", EXTENSIONS),
        offset: extension.offset,
        size: 4 + extension.value.len(),
        prefix: 4,
        field: None,
        text: format!(
            "tag {:04x}, {}",
            extension.tag,
            wanted::bytes(extension.value.len() as u64)
        ),
        value: Value::from(hex::encode(&extension.value)),
        meaning: String::from(
            "An extension that this version does not know, and that is not critical: it is passed over.",
        ),
        standing: Standing {
            requirement: Rule::ExtensionCritical.requirement(),
            ..standing
        },
        parts: Vec::new(),
        held: None,
        is_absent: false,
    }
}
