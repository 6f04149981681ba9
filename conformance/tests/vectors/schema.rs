//! What the schema demands of the vectors: rules that can be broken, bounds that can be reached.

use cardwire_conformance::vectors::InvalidMessage;
use cardwire_spec::{
    Protocol,
    interpret::{Data, Node},
    kind::{Kind, prefix_size},
    model::{ExtensionField, Field, Length, Order},
};
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) fn fields_of<'p>(protocol: &'p Protocol, name: &str) -> &'p [Field] {
    let message = protocol.message(name).map(|message| &message.fields);
    let document = || protocol.document(name).map(|document| &document.fields);
    message.or_else(document).unwrap()
}

pub(crate) fn extensions_of<'p>(protocol: &'p Protocol, name: &str) -> &'p [ExtensionField] {
    protocol.message(name).map_or(&[], |message| &message.extensions)
}

/// A rule that can be broken, and where.
#[derive(Debug)]
pub(crate) struct Duty {
    pub(crate) rule: &'static str,
    pub(crate) field: String,
    /// The number that stands at the offset, and how many bytes it has: one beyond a bound.
    pub(crate) number: Option<(usize, u64)>,
}

/// All that can be broken in a message.
pub(crate) fn duties(protocol: &Protocol, name: &str) -> Vec<Duty> {
    let mut all = Vec::new();
    for (rule, field) in [
        ("message-type", "code"),
        ("message-size", "message"),
        ("truncated", "extensions"),
        ("extension-order", "extensions"),
        ("extension-critical", "extensions"),
    ] {
        add(&mut all, rule, field, None);
    }
    for field in fields_of(protocol, name) {
        of_field(protocol, field, &field.name, &mut all);
    }
    for known in extensions_of(protocol, name) {
        let tag = u64::from(known.wire_tag());
        add(&mut all, "extension-bit", "extensions", Some((2, tag ^ 0x8000)));
        add(&mut all, "extension-tail", "extensions", Some((2, tag)));
        of_field(protocol, &known.field, &known.field.name, &mut all);
    }
    all
}

fn add(all: &mut Vec<Duty>, rule: &'static str, field: &str, number: Option<(usize, u64)>) {
    all.push(Duty {
        rule,
        field: field.to_owned(),
        number,
    });
}

fn of_field(protocol: &Protocol, field: &Field, path: &str, all: &mut Vec<Duty>) {
    // A structure that ends early ends inside one of its fields.
    if field.count.is_some() || !matches!(protocol.kind(&field.type_name), Some(Kind::Structure(_))) {
        add(all, "truncated", path, None);
    }
    let mut beyond = |rule, width: usize, [min, max]: [u64; 2]| {
        if let Some(below) = min.checked_sub(1) {
            add(all, rule, path, Some((width, below)));
        }
        if max < u64::MAX >> (64 - 8 * width) {
            add(all, rule, path, Some((width, max + 1)));
        }
    };
    if let Some([min, max]) = field.count {
        beyond("count", prefix_size(max) as usize, [min, max]);
    }
    if let Some(Length::Bounds(min, max)) = field.length {
        beyond("length", prefix_size(max) as usize, [min, max]);
    }
    match protocol.kind(&field.type_name).unwrap() {
        Kind::Number(width) => beyond("range", width, range(field, width)),
        Kind::Bool => add(all, "boolean", path, None),
        Kind::Text => add(all, "text", path, None),
        Kind::Registry(_, registry) => {
            if !registry.open && (registry.values.len() as u64) <= registry.width.max() {
                add(all, "value", path, None);
            }
        }
        Kind::Structure(structure) => {
            for inner in &structure.fields {
                let path = format!("{}.{}", structure.name, inner.name);
                of_field(protocol, inner, &path, all);
            }
        }
        Kind::Bytes | Kind::Register | Kind::Label => {}
    }
    if field.order == Some(Order::Ascending) && field.count.is_some_and(|[_, max]| max > 1) {
        add(all, "order", path, None);
    }
}

fn range(field: &Field, width: usize) -> [u64; 2] {
    field.range.unwrap_or([0, u64::MAX >> (64 - 8 * width)])
}

/// Something that a value can be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bound {
    Number(String, u64),
    Length(String, u64),
    Count(String, u64),
    Bool(String, bool),
    /// Of a closed registry every value is known; of an open one there are others.
    Named(String, String),
    Unnamed(String),
}

impl Bound {
    /// All that the values of a message reach.
    pub(crate) fn all(protocol: &Protocol, name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for field in fields_of(protocol, name) {
            Self::of_field(protocol, field, &field.name, &mut all);
        }
        for known in extensions_of(protocol, name) {
            Self::of_field(protocol, &known.field, &known.field.name, &mut all);
        }
        all
    }

    fn of_field(protocol: &Protocol, field: &Field, path: &str, all: &mut Vec<Self>) {
        let name = || path.to_owned();
        if let Some(bounds) = field.count {
            all.extend(bounds.map(|count| Self::Count(name(), count)));
        }
        if let Some(Length::Bounds(min, max)) = field.length {
            all.extend([min, max].map(|length| Self::Length(name(), length)));
        }
        match protocol.kind(&field.type_name).unwrap() {
            Kind::Number(width) => all.extend(range(field, width).map(|number| Self::Number(name(), number))),
            Kind::Bool => all.extend([false, true].map(|value| Self::Bool(name(), value))),
            Kind::Registry(_, registry) if registry.open => all.push(Self::Unnamed(name())),
            Kind::Registry(_, registry) => {
                let values = registry.values.iter();
                all.extend(values.map(|value| Self::Named(name(), value.name.clone())));
            }
            Kind::Structure(structure) => {
                for inner in &structure.fields {
                    let path = format!("{}.{}", structure.name, inner.name);
                    Self::of_field(protocol, inner, &path, all);
                }
            }
            Kind::Bytes | Kind::Text | Kind::Register | Kind::Label => {}
        }
    }
}

/// Adds what a value is.
pub(crate) fn seen(protocol: &Protocol, name: &str, value: &Value, all: &mut BTreeSet<Bound>) {
    for field in fields_of(protocol, name) {
        seen_in(protocol, field, &field.name, &value[&field.name], all);
    }
    for known in extensions_of(protocol, name) {
        if let Some(value) = value.get(&known.field.name) {
            seen_in(protocol, &known.field, &known.field.name, value, all);
        }
    }
}

fn seen_in(protocol: &Protocol, field: &Field, path: &str, value: &Value, all: &mut BTreeSet<Bound>) {
    let name = || path.to_owned();
    if field.count.is_some() {
        let items = value.as_array().unwrap();
        all.insert(Bound::Count(name(), items.len() as u64));
        let mut one = field.clone();
        one.count = None;
        for item in items {
            seen_in(protocol, &one, path, item, all);
        }
        return;
    }
    match protocol.kind(&field.type_name).unwrap() {
        Kind::Number(_) => drop(all.insert(Bound::Number(name(), value.as_u64().unwrap()))),
        Kind::Bool => drop(all.insert(Bound::Bool(name(), value.as_bool().unwrap()))),
        Kind::Bytes => {
            let length = value.as_str().unwrap().len() as u64 / 2;
            all.insert(Bound::Length(name(), length));
        }
        Kind::Text => drop(all.insert(Bound::Length(name(), value.as_str().unwrap().len() as u64))),
        Kind::Registry(..) => drop(all.insert(match value.as_str() {
            Some(value) => Bound::Named(name(), value.to_owned()),
            None => Bound::Unnamed(name()),
        })),
        Kind::Structure(structure) => {
            for inner in &structure.fields {
                let path = format!("{}.{}", structure.name, inner.name);
                seen_in(protocol, inner, &path, &value[&inner.name], all);
            }
        }
        Kind::Register | Kind::Label => {}
    }
}

/// The bytes of the field that a vector names, within a node of its twin.
pub(crate) fn innermost(
    protocol: &Protocol,
    fields: &[Field],
    node: &Node,
    vector: &InvalidMessage,
) -> (usize, usize) {
    let field = fields.iter().find(|field| field.name == node.name).unwrap();
    find(protocol, field, &field.name, node, vector)
        .unwrap_or_else(|| panic!("{}: {} is not in its twin", vector.name, vector.field))
}

fn find(
    protocol: &Protocol,
    field: &Field,
    path: &str,
    node: &Node,
    vector: &InvalidMessage,
) -> Option<(usize, usize)> {
    let range = (node.offset, node.offset + node.size);
    if path == vector.field {
        return Some(range);
    }
    let inside = |node: &&Node| (node.offset..node.offset + node.size).contains(&vector.offset);
    match (&node.data, protocol.kind(&field.type_name)) {
        (Data::List(items), _) => find(protocol, field, path, items.iter().find(inside)?, vector),
        (Data::Structure(nodes), Some(Kind::Structure(structure))) => {
            let node = nodes.iter().find(inside)?;
            let field = structure.fields.iter().find(|field| field.name == node.name)?;
            let path = format!("{}.{}", structure.name, field.name);
            find(protocol, field, &path, node, vector)
        }
        _ => None,
    }
}
