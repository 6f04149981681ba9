//! What an instruction may carry: parameters as the logic declares them.

use cardwire_codec::{
    List,
    message::{Item, ItemKind, Occurrence, Parameter, ParameterSource},
};

/// The longest value of service data, in bytes.
pub(super) const VALUE_MAX: u16 = 255;

/// Whether parameters can be met: each declared once, with bounds that are some (the rule `parameter`).
pub(super) fn are_sound(declared: List<'_, Parameter<'_>>) -> bool {
    declared.iter().enumerate().all(|(index, parameter)| {
        let bounded = match parameter.kind {
            ItemKind::Text | ItemKind::Bytes => parameter.maximum <= VALUE_MAX,
            ItemKind::Number => true,
        };
        let first = declared.iter().position(|other| other.name == parameter.name);
        bounded && parameter.minimum <= parameter.maximum && first == Some(index)
    })
}

/// Whether an instruction, or the cloud beside it, carries what the logic declares to come from there, and nothing else.
//= spec/book/src/interfaces.md#cw-intf-006
//# A reader MUST refuse parameters that its service does not take with `parameters-refused` and run nothing.
pub(crate) fn are_taken(
    declared: List<'_, Parameter<'_>>,
    given: List<'_, Item<'_>>,
    source: ParameterSource,
) -> bool {
    let known = given.iter().all(|item| {
        let parameter = declared.iter().find(|parameter| parameter.name == item.name);
        // What a client may not see it does not bring.
        parameter.is_some_and(|parameter| parameter.source == source && is_of(&parameter, &item))
    });
    known
        && declared
            .iter()
            .filter(|parameter| parameter.source == source)
            .all(|parameter| {
                let times = given.iter().filter(|item| item.name == parameter.name).count();
                match parameter.occurrence {
                    Occurrence::Required => times == 1,
                    Occurrence::Optional => times <= 1,
                    Occurrence::Several => times >= 1,
                    Occurrence::Any => true,
                }
            })
}

/// Whether an item is a value of the parameter of its name.
fn is_of(parameter: &Parameter<'_>, item: &Item<'_>) -> bool {
    let bounds = u32::from(parameter.minimum)..=u32::from(parameter.maximum);
    let measure = match (item.kind, <[u8; 4]>::try_from(item.value)) {
        (ItemKind::Number, Ok(number)) => u32::from_be_bytes(number),
        (ItemKind::Number, Err(_)) => return false,
        // A value has 255 bytes at most.
        (ItemKind::Text | ItemKind::Bytes, _) => item.value.len() as u32,
    };
    item.kind == parameter.kind && bounds.contains(&measure)
}

/// Whether the values can be of the kinds that they say: what the codec, which knows bytes only, does not see.
pub(crate) fn are_of_their_kinds(given: List<'_, Item<'_>>) -> bool {
    given.iter().all(|item| match item.kind {
        ItemKind::Text => core::str::from_utf8(item.value).is_ok(),
        ItemKind::Number => item.value.len() == 4,
        ItemKind::Bytes => true,
    })
}
