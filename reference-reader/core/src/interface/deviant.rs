//! What only faulty readers do with CBOR: nothing here runs unless the environment says that the reader deviates.

use super::ServiceFormat;
use crate::{deviation::Deviation, env::Env};
use cardwire_codec::{
    List, Name,
    message::{Item, ItemKind, ServiceData},
};

/// Room for as many items as service data may have.
pub(super) const NO_ITEMS: [Item<'static>; 32] = [Item {
    name: Name::from_text("-"),
    kind: ItemKind::Bytes,
    value: &[],
}; 32];

/// Service data whose items stand in another order, or are of other kinds.
pub(super) fn rearrange<'d>(
    env: &impl Env,
    data: ServiceData<'d>,
    room: &'d mut [Item<'d>; 32],
) -> ServiceData<'d> {
    let (reverses, loses) = (
        env.deviates(Deviation::ReversesCbor),
        env.deviates(Deviation::LosesKindsInCbor),
    );
    if !reverses && !loses {
        return data;
    }
    let count = data.items.len().min(room.len());
    for (place, item) in room.iter_mut().zip(data.items) {
        let kind = if loses && item.kind == ItemKind::Text {
            ItemKind::Bytes
        } else {
            item.kind
        };
        *place = Item { kind, ..item };
    }
    let items = &mut room[..count];
    if reverses {
        items.reverse();
    }
    ServiceData {
        items: List::from_items(items),
        ..data
    }
}

/// Makes the first head of what was written longer than it need be.
pub(super) fn lengthen(env: &impl Env, out: &mut [u8], length: usize) -> usize {
    let is_short = out.first().is_some_and(|head| head & 0x1F < 24);
    if !env.deviates(Deviation::WritesLongHeads) || !is_short || length >= out.len() {
        return length;
    }
    out.copy_within(1..length, 2);
    out[1] = out[0] & 0x1F;
    out[0] = out[0] & 0xE0 | 24;
    length + 1
}

/// Whether parameters that are refused are service data without items to this reader.
pub(crate) fn takes(env: &impl Env, format: ServiceFormat, parameters: &[u8]) -> bool {
    if format != ServiceFormat::Cbor {
        return false;
    }
    let loose: [&[u8]; 6] = [
        &[0x98, 0x00],
        &[0x99, 0x00, 0x00],
        &[0x9A, 0x00, 0x00, 0x00, 0x00],
        &[0x9F, 0xFF],
        &[0xA0],
        &[0xC6, 0x80],
    ];
    env.deviates(Deviation::TakesLooseCbor) && loose.contains(&parameters)
        || env.deviates(Deviation::TakesBytesBehindCbor) && parameters.first() == Some(&0x80)
        || env.deviates(Deviation::TakesNativeForCbor) && parameters == [0x61, 0x00]
}
