//! Where something can be changed in a message in CBOR: its map, its keys, its values, and what they hold.

use super::super::values::fields_of;
use super::item::{Item, SIMPLE};
use cardwire_spec::{
    Protocol,
    kind::Kind,
    model::{ExtensionField, Field},
};

/// A data item, and what it is to the message.
pub(super) struct Site<'s> {
    pub(super) item: &'s Item,
    /// As names of vectors have it.
    pub(super) label: String,
    pub(super) role: Role<'s>,
}

/// What a data item is to the message.
#[derive(Clone, Copy)]
pub(super) enum Role<'s> {
    /// The map, or the array of service data, or an item in that.
    Whole,
    Key,
    /// The number under key 0.
    Code,
    /// A field, with all of its items if it is a list.
    Field(&'s Field),
    /// An item of a list.
    One(&'s Field),
}

/// All of a message.
pub(super) fn of_message<'s>(protocol: &'s Protocol, name: &str, map: &'s Item) -> Vec<Site<'s>> {
    let mut sites = vec![site(map, "message", Role::Whole)];
    let fields = fields_of(protocol, name);
    let labels = core::iter::once("message-code").chain(fields.iter().map(|field| field.name.as_str()));
    for ((pair, label), place) in map.items.chunks(2).zip(labels).zip(0..) {
        let [key, value] = pair else { continue };
        sites.push(site(key, &format!("key-of-{label}"), Role::Key));
        match fields.get(place - usize::from(place > 0)).filter(|_| place > 0) {
            None => sites.push(site(value, label, Role::Code)),
            Some(field) => add(protocol, field, label, value, &mut sites),
        }
    }
    sites
}

/// The value of an extension that the schema knows and that stands last.
pub(super) fn of_known_extension<'s>(
    protocol: &'s Protocol,
    known: &'s ExtensionField,
    map: &'s Item,
) -> Vec<Site<'s>> {
    let mut sites = Vec::new();
    if let [.., key, value] = map.items.as_slice() {
        let label = known.field.name.as_str();
        sites.push(site(key, &format!("key-of-{label}"), Role::Key));
        add(protocol, &known.field, label, value, &mut sites);
    }
    sites
}

/// All of service data.
pub(super) fn of_service_data(array: &Item) -> Vec<Site<'_>> {
    let mut sites = vec![site(array, "items", Role::Whole)];
    for (item, index) in array.items.iter().zip(0..) {
        sites.push(site(item, &format!("item-{index}"), Role::Whole));
        for (part, label) in item.items.iter().zip(["name", "value"]) {
            sites.push(site(part, &format!("item-{index}-{label}"), Role::Whole));
        }
    }
    sites
}

fn site<'s>(item: &'s Item, label: &str, role: Role<'s>) -> Site<'s> {
    Site {
        item,
        label: label.to_owned(),
        role,
    }
}

/// A field, the first item of a list, the fields of a structure.
fn add<'s>(protocol: &'s Protocol, field: &'s Field, label: &str, item: &'s Item, sites: &mut Vec<Site<'s>>) {
    sites.push(site(item, label, Role::Field(field)));
    let one = match (field.count, item.items.first()) {
        (None, _) => item,
        (Some(_), Some(first)) => {
            sites.push(site(first, &format!("{label}-first"), Role::One(field)));
            first
        }
        (Some(_), None) => return,
    };
    if let Some(Kind::Structure(structure)) = protocol.kind(&field.type_name)
        && one.major != SIMPLE
    {
        for (inner, item) in structure.fields.iter().zip(&one.items) {
            add(protocol, inner, &format!("{label}-{}", inner.name), item, sites);
        }
    }
}
