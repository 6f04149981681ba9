//! Both directions against a CBOR library, on the book's examples, on random data and on hostile bytes.

extern crate std;

use super::{PARAMETERS_MAX, ServiceFormat};
use crate::logic::cbor::{head_size, item_size};
use cardwire_codec::{
    List, Message, Name, cbor,
    message::{Item, ItemKind, ServiceData, limits::JOB_DATA_MAX},
};
use ciborium::Value;
use proptest::prelude::*;
use std::{borrow::ToOwned, string::String, vec, vec::Vec};

type OwnedItem = (String, ItemKind, Vec<u8>);

#[test]
fn the_examples_of_the_book() {
    let number = |value: u32| item("n", ItemKind::Number, &value.to_be_bytes());
    for (items, expected) in [
        (vec![], "80"),
        (vec![number(23)], "81 82616E17"),
        (vec![number(24)], "81 82616E1818"),
        (vec![number(258)], "81 82616E190102"),
        (vec![number(65536)], "81 82616E1A00010000"),
        (vec![item("n", ItemKind::Bytes, &[])], "81 82616E40"),
        (vec![item("n", ItemKind::Text, &[])], "81 82616E60"),
        (
            vec![
                item("atr", ItemKind::Bytes, &[0x3B; 22]),
                item("iccid", ItemKind::Text, b"8900001010123456783"),
            ],
            "82 82 63617472 56 3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B3B \
             82 656963636964 73 38393030303031303130313233343536373833",
        ),
    ] {
        let native = native(&items);
        let bytes = to_cbor(&native).unwrap();
        assert_eq!(bytes, hex(expected));
        assert_eq!(to_native(&bytes), Some(native));
    }
}

//= spec/book/src/interfaces.md#cw-intf-009
//= type=test
//# A reader MUST refuse parameters that are not one whole value in the only form that its interface's format allows with `parameters-refused`.
#[test]
fn what_the_book_refuses() {
    for (bytes, what) in [
        ("", "nothing at all"),
        ("8000", "a byte behind the whole"),
        ("81", "a part is missing"),
        ("8182616E42FF", "half a string"),
        ("82 82616E00", "half an array"),
        ("9800", "a count with a long head"),
        ("990000", "a longer one"),
        ("9A00000000", "the longest one"),
        ("9B0000000000000000", "a head of 64 bits"),
        ("9C", "a reserved head"),
        ("9FFF", "an array of indefinite length"),
        ("81 9F616E00FF", "an item of indefinite length"),
        ("81 827F616EFF00", "a name of indefinite length"),
        ("81 82616E5F4100FF", "a value of indefinite length"),
        ("81 82616E1817", "23 in two bytes"),
        ("81 82616E1900FF", "255 in three"),
        ("81 82616E1A0000FFFF", "65535 in five"),
        ("81 82616E1B0000000100000000", "more than 32 bits"),
        ("81 8278016E00", "a name with a long head"),
        ("A0", "a map"),
        ("A1 616E00", "a map with an item"),
        ("81 A1616E00", "an item that is a map"),
        ("C680", "a tag"),
        ("F6", "null"),
        ("60", "text"),
        ("00", "a number"),
        ("81 80", "an item of no elements"),
        ("81 81616E", "an item of one"),
        ("81 83616E0000", "an item of three"),
        ("81 82416E00", "a name of bytes"),
        ("81 820000", "a name that is a number"),
        ("81 82616E20", "a negative number"),
        ("81 82616E80", "an array as value"),
        ("81 82616EA0", "a map as value"),
        ("81 82616EC000", "a tag as value"),
        ("81 82616EF4", "a boolean"),
        ("81 82616EF6", "null as value"),
        ("81 82616EF90000", "a float"),
        ("81 82616E61FF", "text that is no UTF-8"),
        ("81 82616E63EDA080", "a surrogate"),
        ("81 82616E62C080", "an overlong form"),
        ("81 826000", "a name without characters"),
        ("81 82612000", "a name with a space"),
        ("81 8262C3BC00", "a name beyond ASCII"),
    ] {
        assert_eq!(to_native(&hex(bytes)), None, "{what}");
    }
    let long_name = [&hex("8182 7819")[..], &[b'n'; 25], &[0]].concat();
    assert_eq!(to_native(&long_name), None, "a name of 25 characters");
    let long_value = [&hex("8182616E 590100")[..], &[0; 256]].concat();
    assert_eq!(to_native(&long_value), None, "a value of 256 bytes");
    let many = [&[0x98, 33][..], &hex("82616E00").repeat(33)].concat();
    assert_eq!(to_native(&many), None, "33 items");
    let most = [&[0x98, 32][..], &hex("82616E00").repeat(32)].concat();
    assert!(to_native(&most).is_some(), "32 items");
    assert!(to_native(&hex("80")).is_some(), "no items");
}

#[test]
fn native_is_held_to_its_kinds() {
    let takes = |bytes: &[u8]| {
        let mut room = [0; PARAMETERS_MAX];
        ServiceFormat::Native.take(bytes, &mut room).is_some()
    };
    assert!(takes(&hex("6100")));
    assert!(takes(&hex("6101 016E 03 0400000017")));
    assert!(!takes(&hex("6101 016E 03 03000017")), "a number of three bytes");
    assert!(!takes(&hex("6101 016E 01 01FF")), "text that is no UTF-8");
    assert!(!takes(&hex("6100 80010000")), "a critical extension");
    assert!(takes(&hex("6100 70000000")), "another extension");
}

#[test]
fn what_has_no_form_in_cbor() {
    assert_eq!(to_cbor(&hex("6100 70000000")), None, "extensions");
    assert_eq!(
        to_cbor(&hex("6101 016E 03 03000017")),
        None,
        "a number of three bytes"
    );
    assert_eq!(to_cbor(&hex("6101 016E 01 01FF")), None, "text that is no UTF-8");
}

#[test]
fn the_longest_parameters_fit() {
    // As many numbers as there may be: each is four bytes longer in the reader's own form.
    let mut bytes = vec![0x98, 32];
    for length in [9; 18].into_iter().chain([10; 14]) {
        bytes.extend([0x82, 0x60 | length]);
        bytes.extend(vec![b'n'; usize::from(length)]);
        bytes.push(0);
    }
    assert_eq!(bytes.len(), 400);
    let mut room = [0; PARAMETERS_MAX];
    let data = ServiceFormat::Cbor.take(&bytes, &mut room).unwrap();
    assert_eq!(data.items.len(), 32);
}

proptest! {
    //= spec/book/src/interfaces.md#cw-intf-008
    //= type=test
    //# An interface with the format `cbor` MUST give service data in exactly the one form that this chapter describes for it.
    /// The one form is what the library writes, of the size that was counted, and nothing is lost.
    #[test]
    fn data_are_those_of_the_library(items in items()) {
        let native = native(&items);
        let bytes = to_cbor(&native).unwrap();
        prop_assert_eq!(&bytes, &library(&items));
        let counted: usize = items.iter().map(|item| item_size(&borrowed(item))).sum();
        prop_assert_eq!(bytes.len(), head_size(items.len()) + counted);
        prop_assert_eq!(to_native(&bytes), Some(native));
    }

    /// Of what the library writes, exactly that is taken which the book's table allows.
    #[test]
    fn values_are_taken_by_their_types(value in nearly_data()) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        let taken = to_native(&bytes);
        prop_assert_eq!(taken.is_some(), is_data(&value), "{:?}", value);
        if let Some(native) = taken {
            prop_assert_eq!(to_cbor(&native), Some(bytes));
        }
    }

    /// Whatever is taken is the one form of what it says.
    #[test]
    fn hostile_bytes(items in items(), spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = library(&items);
        for (at, byte) in spoilt {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len() + 1)]] {
            if let Some(native) = to_native(bytes) {
                prop_assert_eq!(to_cbor(&native), Some(bytes.to_vec()));
            }
        }
    }
}

fn item(name: &str, kind: ItemKind, value: &[u8]) -> OwnedItem {
    (name.to_owned(), kind, value.to_vec())
}

fn borrowed((name, kind, value): &OwnedItem) -> Item<'_> {
    Item {
        name: Name::from_text(name),
        kind: *kind,
        value,
    }
}

fn native(items: &[OwnedItem]) -> Vec<u8> {
    let items: Vec<_> = items.iter().map(borrowed).collect();
    let data = ServiceData {
        items: List::from_items(&items),
        extensions: Default::default(),
    };
    let mut out = [0; JOB_DATA_MAX];
    let length = data.encode(&mut out).unwrap();
    out[..length].to_vec()
}

fn to_cbor(native: &[u8]) -> Option<Vec<u8>> {
    let mut out = [0; JOB_DATA_MAX + 64];
    let length = cbor::to_cbor(ServiceData::SHAPE, native, &mut out).ok()?;
    Some(out[..length].to_vec())
}

/// What the whole way gives: the document, after the codec and the kinds have been looked at.
fn to_native(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = [0; 4 * JOB_DATA_MAX];
    let length = cbor::from_cbor(ServiceData::SHAPE, bytes, &mut out).ok()?;
    let mut room = [0; PARAMETERS_MAX];
    ServiceFormat::Native.take(&out[..length], &mut room)?;
    Some(out[..length].to_vec())
}

fn library(items: &[OwnedItem]) -> Vec<u8> {
    let value = |(name, kind, value): &OwnedItem| {
        let value = match kind {
            ItemKind::Text => Value::Text(String::from_utf8(value.clone()).unwrap()),
            ItemKind::Bytes => Value::Bytes(value.clone()),
            ItemKind::Number => Value::from(u32::from_be_bytes(value[..].try_into().unwrap())),
        };
        Value::Array(vec![Value::Text(name.clone()), value])
    };
    let mut bytes = Vec::new();
    ciborium::into_writer(&Value::Array(items.iter().map(value).collect()), &mut bytes).unwrap();
    bytes
}

/// Service data that a job could give.
fn items() -> impl Strategy<Value = Vec<OwnedItem>> {
    let number = prop_oneof![
        any::<u8>().prop_map(u32::from),
        any::<u16>().prop_map(u32::from),
        any::<u32>()
    ];
    let value = prop_oneof![
        "\\PC{0,40}".prop_map(|text| (ItemKind::Text, text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..=255).prop_map(|bytes| (ItemKind::Bytes, bytes)),
        number.prop_map(|number| (ItemKind::Number, number.to_be_bytes().to_vec())),
    ];
    let item = ("[A-Za-z0-9._-]{1,24}", value).prop_map(|(name, (kind, value))| (name, kind, value));
    prop::collection::vec(item, 0..=32).prop_map(|items| {
        let mut length = 2;
        let fits = |(name, _, value): &OwnedItem| {
            length += 3 + name.len() + value.len();
            length <= JOB_DATA_MAX
        };
        items.into_iter().take_while(fits).collect()
    })
}

/// Values that are service data or nearly so.
fn nearly_data() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        4 => "\\PC{0,30}".prop_map(Value::Text),
        4 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        4 => any::<u32>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(Value::Bool(true)),
        1 => Just(Value::Float(0.5)),
        1 => Just(Value::Map(vec![])),
        1 => Just(Value::Tag(1, Value::from(0).into())),
    ];
    let name = prop_oneof![
        8 => "[A-Za-z0-9._-]{1,24}".prop_map(Value::Text),
        1 => "\\PC{0,30}".prop_map(Value::Text),
        1 => Just(Value::from(7)),
    ];
    let item = prop_oneof![
        8 => (name, value.clone()).prop_map(|(name, value)| Value::Array(vec![name, value])),
        1 => prop::collection::vec(value, 0..4).prop_map(Value::Array),
    ];
    prop::collection::vec(item, 0..6).prop_map(Value::Array)
}

/// The table of the book's chapter on formats.
fn is_data(value: &Value) -> bool {
    let is_name = |name: &str| {
        (1..=24).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let is_value = |value: &Value| match value {
        Value::Text(text) => text.len() <= 255,
        Value::Bytes(bytes) => bytes.len() <= 255,
        Value::Integer(number) => u32::try_from(*number).is_ok(),
        _ => false,
    };
    let is_item = |item: &Value| match item.as_array().map(Vec::as_slice) {
        Some([Value::Text(name), value]) => is_name(name) && is_value(value),
        _ => false,
    };
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    value.is_array() && items.len() <= 32 && items.iter().all(is_item)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap())
        .collect()
}
