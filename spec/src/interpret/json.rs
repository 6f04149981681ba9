//! The JSON form of messages: an object with the fields, in the schema's order.

use super::{
    hex,
    tree::{Data, Node, Tree},
};
use serde_json::{Map, Value, json};

/// The JSON form of a decoded message: bytes in lower-case hexadecimal, registry values by their name (or number,
/// where they are not registered), and `extensions` as a list of tag and value where there are any.
#[must_use]
pub fn to_json(tree: &Tree) -> Value {
    let mut object = fields(&tree.fields);
    if !tree.extensions.is_empty() {
        let extensions = tree
            .extensions
            .iter()
            .map(|extension| json!({ "tag": extension.tag, "value": hex::encode(&extension.value) }))
            .collect();
        object.insert(String::from("extensions"), extensions);
    }
    Value::Object(object)
}

fn fields(nodes: &[Node]) -> Map<String, Value> {
    nodes
        .iter()
        .map(|node| (node.name.clone(), data(&node.data)))
        .collect()
}

fn data(data: &Data) -> Value {
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
