//! The JSON form of messages: an object with the fields, in the schema's order.

use super::{
    extension::EXTENSIONS,
    hex,
    tree::{Data, Node, Tree},
};
use crate::model::Literal;
use serde_json::{Map, Value, json};

/// The JSON form of a decoded message: bytes in lower-case hexadecimal, registry values by their name (or number,
/// where they are not registered). Extensions that the schema knows are fields behind the others, left out where they
/// are absent; unknown ones are a list of tag and value, `extensions`, where there are any.
#[must_use]
pub fn to_json(tree: &Tree) -> Value {
    let known = tree
        .extensions
        .iter()
        .filter_map(|extension| extension.known.as_ref());
    let mut object = fields(tree.fields.iter().chain(known));
    let unknown = tree
        .extensions
        .iter()
        .filter(|extension| extension.known.is_none());
    let unknown: Vec<Value> = unknown
        .map(|extension| json!({ "tag": extension.tag, "value": hex::encode(&extension.value) }))
        .collect();
    if !unknown.is_empty() {
        object.insert(String::from(EXTENSIONS), Value::from(unknown));
    }
    Value::Object(object)
}

fn fields<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Map<String, Value> {
    nodes
        .into_iter()
        .map(|node| (node.name.clone(), data(&node.data)))
        .collect()
}

pub(super) fn data(data: &Data) -> Value {
    match data {
        Data::Number(value) => Value::from(*value),
        Data::Bool(value) => Value::from(*value),
        Data::Bytes(bytes) => Value::from(hex::encode(bytes)),
        Data::Text(text) => Value::from(text.as_str()),
        Data::Registered { name: Some(name), .. } => Value::from(name.as_str()),
        Data::Registered { value, name: None } => Value::from(*value),
        Data::Structure(nodes) => Value::Object(fields(nodes)),
        Data::List(nodes) => nodes.iter().map(|node| self::data(&node.data)).collect(),
    }
}

impl Literal {
    /// The JSON form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Bool(value) => Value::from(*value),
            Self::Number(value) => Value::from(*value),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Empty([]) => Value::Array(Vec::new()),
        }
    }
}
