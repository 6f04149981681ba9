//! A value as people read it, and what it means.

use crate::{
    interpret::{Data, wanted},
    kind::{Kind, prefix_size},
    model::{Field, Length, Literal, Registry, Stability, Standing},
};

/// A value in words.
pub(super) struct Told {
    pub(super) text: String,
    pub(super) meaning: String,
    /// Whether the value itself may vanish, whatever the field's stability is.
    pub(super) is_experimental: bool,
}

pub(super) fn told(kind: Option<Kind<'_>>, field: &Field, data: &Data) -> Told {
    let of_field = |text: String| Told {
        text,
        meaning: field.doc.clone(),
        is_experimental: false,
    };
    match (data, kind) {
        (Data::Registered { value, .. }, Some(Kind::Registry(_, registry))) => {
            registered(registry, field, *value)
        }
        (Data::Structure(_), Some(Kind::Structure(structure))) => Told {
            text: structure.name.clone(),
            meaning: structure.doc.clone(),
            is_experimental: false,
        },
        (Data::Number(value) | Data::Registered { value, .. }, _) => of_field(number(field, *value)),
        (Data::Bool(value), _) => of_field(value.to_string()),
        (Data::Bytes(bytes), _) => of_field(wanted::bytes(bytes.len() as u64)),
        (Data::Text(text), _) => of_field(format!("{text:?}")),
        (Data::Structure(_), _) => of_field(field.type_name.clone()),
        (Data::List(items), _) => of_field(format!("list of {}", items.len())),
    }
}

fn number(field: &Field, value: u64) -> String {
    match &field.unit {
        // Units of one or two letters have no plural.
        Some(unit) if value == 1 && unit.len() > 2 => format!("1 {}", unit.trim_end_matches('s')),
        Some(unit) => format!("{value} {unit}"),
        None if value > 0xFF => format!("{value} (0x{value:x})"),
        None => value.to_string(),
    }
}

fn registered(registry: &Registry, field: &Field, value: u64) -> Told {
    if let Some(known) = registry.values.iter().find(|known| known.value == value) {
        return Told {
            text: known.name.clone(),
            meaning: known.doc.clone(),
            is_experimental: known.stability == Stability::Experimental,
        };
    }
    let digits = 2 * registry.width.bytes();
    let within = |range: Option<[u64; 2]>| range.is_some_and(|[first, last]| (first..=last).contains(&value));
    let whose = if within(registry.private) {
        "not registered: a vendor's own value"
    } else if within(registry.certification) {
        "not registered: a value of the conformance suite"
    } else {
        "not registered"
    };
    // Where a field has nothing to say, its documentation tells so.
    let is_default = field.default == Some(Literal::Number(value));
    let meaning = match &registry.unknown {
        Some(unknown) if !is_default => unknown.clone(),
        Some(_) | None => field.doc.clone(),
    };
    Told {
        text: if is_default {
            value.to_string()
        } else {
            format!("0x{value:0digits$x}, {whose}")
        },
        meaning,
        is_experimental: false,
    }
}

pub(super) const fn experimental(standing: Standing<'_>) -> Standing<'_> {
    Standing {
        stability: Stability::Experimental,
        ..standing
    }
}

/// How many of a value's bytes say how many others follow.
pub(super) fn prefix(field: &Field, data: &Data) -> usize {
    match (data, field.length) {
        (Data::Bytes(_) | Data::Text(_), Some(Length::Bounds(_, max))) => prefix_size(max) as usize,
        _ => 0,
    }
}
