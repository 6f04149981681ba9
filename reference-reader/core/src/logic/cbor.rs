//! How large service data are in the format `cbor`: whichever format is asked for, data are held to both.

use cardwire_codec::message::{Item, ItemKind};

/// The head of the array that an item is.
const PAIR: usize = 1;

/// How many bytes an item has in the format `cbor`: an array of two, its name, its value.
pub(crate) fn item_size(item: &Item<'_>) -> usize {
    let string = |length: usize| head_size(length) + length;
    let value = match (item.kind, item.value) {
        (ItemKind::Number, &[a, b, c, d]) => head_size(u32::from_be_bytes([a, b, c, d]) as usize),
        (ItemKind::Number | ItemKind::Text | ItemKind::Bytes, value) => string(value.len()),
    };
    PAIR + string(item.name.len()) + value
}

/// The size of the shortest head that holds this number (RFC 8949, 4.2.1).
pub(crate) fn head_size(number: usize) -> usize {
    match number {
        0..=23 => 1,
        24..=0xFF => 2,
        0x100..=0xFFFF => 3,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    /// The edges and the example that the book's chapter on formats prints.
    #[test]
    fn sizes_in_cbor_are_those_of_the_book() {
        let number = |value: u32| size_of(ItemKind::Number, "n", &value.to_be_bytes());
        assert_eq!([23, 24, 258, 65536].map(number), [4, 5, 6, 8]);
        assert_eq!(size_of(ItemKind::Bytes, "n", &[]), 4);
        assert_eq!(size_of(ItemKind::Bytes, "atr", &[0; 22]), 28);
        assert_eq!(size_of(ItemKind::Text, "iccid", &[b'8'; 19]), 27);
        assert_eq!(size_of(ItemKind::Text, &"n".repeat(24), &[b'8'; 24]), 1 + 26 + 26);
    }

    fn size_of(kind: ItemKind, name: &str, value: &[u8]) -> usize {
        item_size(&Item {
            name: cardwire_codec::Name::from_text(name),
            kind,
            value,
        })
    }
}
