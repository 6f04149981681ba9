//! From decoded messages to CBOR.

use super::head::{Major, encode};
use crate::interpret::{
    extension::CRITICAL,
    tree::{Data, Node, Tree},
};

/// One map: the code, the fields, the extensions.
pub(super) fn message(tree: &Tree) -> Vec<u8> {
    let pairs = 1 + tree.fields.len() + tree.extensions.len();
    let mut out = encode(Major::Map, pairs as u64);
    out.extend(encode(Major::Unsigned, 0));
    out.extend(encode(Major::Unsigned, u64::from(tree.code)));
    for (index, field) in tree.fields.iter().enumerate() {
        out.extend(encode(Major::Unsigned, index as u64 + 1));
        data(&mut out, &field.data);
    }
    for extension in &tree.extensions {
        out.extend(encode(Major::Negative, u64::from(extension.tag & !CRITICAL)));
        match &extension.known {
            Some(node) => data(&mut out, &node.data),
            None => string(&mut out, Major::Bytes, &extension.value),
        }
    }
    out
}

pub(super) fn string(out: &mut Vec<u8>, major: Major, bytes: &[u8]) {
    out.extend(encode(major, bytes.len() as u64));
    out.extend_from_slice(bytes);
}

fn data(out: &mut Vec<u8>, value: &Data) {
    match value {
        Data::Number(value) | Data::Registered { value, .. } => out.extend(encode(Major::Unsigned, *value)),
        Data::Bool(value) => out.extend(encode(Major::Simple, if *value { 21 } else { 20 })),
        Data::Bytes(bytes) => string(out, Major::Bytes, bytes),
        Data::Text(text) => string(out, Major::Text, text.as_bytes()),
        Data::Structure(nodes) | Data::List(nodes) => array(out, nodes),
    }
}

fn array(out: &mut Vec<u8>, nodes: &[Node]) {
    out.extend(encode(Major::Array, nodes.len() as u64));
    for node in nodes {
        data(out, &node.data);
    }
}
