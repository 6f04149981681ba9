//! What only faulty readers do with CBOR: nothing here runs unless the environment says that the reader deviates.

use super::ServiceFormat;
use crate::{deviation::Deviation, env::Env};
use cardwire_codec::{
    List, Message, Name,
    cbor::to_cbor,
    message::{Item, ItemKind, ServiceData, limits::JOB_DATA_MAX},
};

/// Room for as many items as service data may have.
const NO_ITEMS: [Item<'static>; 32] = [Item {
    name: Name::from_text("-"),
    kind: ItemKind::Bytes,
    value: &[],
}; 32];

/// Whether the items of service data in CBOR stand in another order, or are of other kinds.
pub(super) fn rearranges(env: &impl Env) -> bool {
    env.deviates(Deviation::ReversesCbor) || env.deviates(Deviation::LosesKindsInCbor)
}

/// Service data in CBOR, rearranged: in a function of its own, whose memory a right reader never has need of.
#[inline(never)]
pub(super) fn to_cbor_rearranged(env: &impl Env, native: &[u8], out: &mut [u8]) -> Option<usize> {
    let data = ServiceData::decode(native).ok()?;
    let mut room = NO_ITEMS;
    let count = data.items.len().min(room.len());
    for (place, item) in room.iter_mut().zip(data.items) {
        let loses_kind = env.deviates(Deviation::LosesKindsInCbor) && item.kind == ItemKind::Text;
        let kind = if loses_kind { ItemKind::Bytes } else { item.kind };
        *place = Item { kind, ..item };
    }
    let items = &mut room[..count];
    if env.deviates(Deviation::ReversesCbor) {
        items.reverse();
    }
    let data = ServiceData {
        items: List::from_items(items),
        ..data
    };
    let mut native = [0; JOB_DATA_MAX];
    let length = data.encode(&mut native).ok()?;
    to_cbor(ServiceData::SHAPE, native.get(..length)?, out).ok()
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
