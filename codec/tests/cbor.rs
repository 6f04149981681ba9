//! CBOR without a second opinion: what is right converts there and back, what is wrong is refused in its place, whatever
//! the buffer.

use cardwire_codec::{
    Message,
    cbor::{CborError, from_cbor, to_cbor},
    message::{Hello, JobDataAnswer, Logic, PlatformAuth, Progress, RelayAnswer, ServiceData, ServiceList},
    shape::Shape,
};

const LIST: &Shape = ServiceList::SHAPE;
const DATA: &Shape = ServiceData::SHAPE;

fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<_> = digits.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap())
        .collect()
}

type Convert = fn(&Shape, &[u8], &mut [u8]) -> Result<usize, CborError>;

fn converted(convert: Convert, shape: &Shape, from: &[u8]) -> Vec<u8> {
    let mut out = [0; 2048];
    let length = convert(shape, from, &mut out).unwrap_or_else(|error| panic!("{from:02x?}: {error}"));
    // Neither more room than that is needed, nor less.
    let mut less = vec![0; length - 1];
    let needed = CborError::BufferTooSmall { needed: length };
    assert_eq!(convert(shape, from, &mut less), Err(needed));
    let mut enough = vec![0; length];
    assert_eq!(convert(shape, from, &mut enough), Ok(length));
    assert_eq!(out[..length], enough);
    enough
}

#[test]
fn what_is_right_converts_there_and_back() {
    for (shape, native, cbor) in [
        (LIST, "05 00", "A2 00 05 01 00"),
        (LIST, "05 FF", "A2 00 05 01 18 FF"),
        (LIST, "05 00 7F01 0002 ABCD", "A3 00 05 01 00 39 7F01 42 ABCD"),
        (
            Hello::SHAPE,
            "01 02 01 02 0200",
            "A3 00 01 01 82 01 02 02 19 0200",
        ),
        (PlatformAuth::SHAPE, "03 01 0001 01", "A2 00 03 01 81 82 01 01"),
        (RelayAnswer::SHAPE, "84 03 0001 FF", "A3 00 18 84 01 03 02 41 FF"),
        (
            Progress::SHAPE,
            "41 000102030405060708090A0B0C0D0E0F 02 0007 0001 0001 28",
            "A5 00 18 41 01 50 000102030405060708090A0B0C0D0E0F 02 02 03 07 21 18 28",
        ),
        (
            JobDataAnswer::SHAPE,
            "87 000102030405060708090A0B0C0D0E0F 0002 01 0000",
            "A5 00 18 87 01 50 000102030405060708090A0B0C0D0E0F 02 02 03 F5 04 40",
        ),
        (
            Logic::SHAPE,
            "63 0001 03 612E62 0007 01 02 01 01 00 0400 0001 00",
            "AA 00 18 63 01 01 02 63 612E62 03 07 04 01 05 02 06 81 01 07 80 08 19 0400 09 41 00",
        ),
        (DATA, "61 00", "80"),
        (DATA, "61 01 01 6E 03 04 00010000", "81 82 61 6E 1A 00010000"),
        (
            DATA,
            "61 02 01 6E 01 02 C3BC 01 6E 02 00",
            "82 82 61 6E 62 C3BC 82 61 6E 40",
        ),
    ] {
        let (native, cbor) = (bytes(native), bytes(cbor));
        assert_eq!(
            converted(to_cbor, shape, &native),
            cbor,
            "{}",
            shape.name.as_str()
        );
        assert_eq!(
            converted(from_cbor, shape, &cbor),
            native,
            "{}",
            shape.name.as_str()
        );
    }
}

/// A map says how many pairs it has before the first of them.
#[test]
fn many_extensions_make_a_longer_head() {
    for (count, head) in [(21, "B7"), (22, "B8 18"), (118, "B8 78")] {
        let mut native = bytes("05 00");
        (0..count).for_each(|number: u8| native.extend([0, number, 0, 0]));
        let cbor = converted(to_cbor, LIST, &native);
        assert!(cbor.starts_with(&bytes(head)), "{count}: {cbor:02x?}");
        assert_eq!(converted(from_cbor, LIST, &cbor), native);
    }
}

#[test]
fn what_is_wrong_is_refused_in_its_place() {
    for (shape, cbor, expected) in [
        (LIST, "", "truncated: message at offset 0"),
        (LIST, "A2 00 05 01 19 00", "truncated: from at offset 4"),
        (
            LIST,
            "A3 00 05 01 00 20 42 00",
            "truncated: extensions at offset 6",
        ),
        (LIST, "A2 00 06 01 00", "message-type: code at offset 2"),
        (LIST, "A2 00 05 01 19 0100", "range: from at offset 4"),
        (LIST, "A2 00 05 01 18 17", "cbor-head: from at offset 4"),
        (LIST, "A2 00 05 01 1E", "cbor-head: from at offset 4"),
        (LIST, "A2 00 05 01 1F", "cbor-indefinite: from at offset 4"),
        (
            LIST,
            "A2 00 05 01 1B 0000000000000001",
            "cbor-head: from at offset 4",
        ),
        (LIST, "A2 00 05 01 F4", "cbor-type: from at offset 4"),
        (
            LIST,
            "A4 00 05 01 00 21 40 20 40",
            "cbor-key-order: extensions at offset 7",
        ),
        (
            LIST,
            "A3 00 05 01 00 01 00",
            "cbor-key-duplicate: extensions at offset 5",
        ),
        (
            LIST,
            "A3 00 05 01 00 02 00",
            "cbor-key-unknown: extensions at offset 5",
        ),
        (
            LIST,
            "A3 00 05 01 00 39 8000 40",
            "cbor-key-unknown: extensions at offset 5",
        ),
        (
            LIST,
            "A3 00 05 01 00 20 5A 00010000",
            "length: extensions at offset 6",
        ),
        (LIST, "A2 00 05 20 40", "cbor-key-missing: from at offset 3"),
        (LIST, "A1 00 05", "cbor-key-missing: from at offset 3"),
        (LIST, "A2 00 05 01 00 00", "cbor-tail: message at offset 5"),
        (Hello::SHAPE, "A3 00 01 01 80", "count: versions at offset 4"),
        (
            Hello::SHAPE,
            "A3 00 01 01 82 02 01",
            "order: versions at offset 6",
        ),
        (
            PlatformAuth::SHAPE,
            "A2 00 03 01 81 81 01",
            "count: offers at offset 5",
        ),
        (
            RelayAnswer::SHAPE,
            "A3 00 18 84 01 18 20",
            "value: state at offset 5",
        ),
        (
            RelayAnswer::SHAPE,
            "A3 00 18 84 01 19 0100",
            "range: state at offset 5",
        ),
        (
            Logic::SHAPE,
            "A9 00 18 63 01 01 02 61 20",
            "text: name at offset 7",
        ),
        (
            Logic::SHAPE,
            "A9 00 18 63 01 01 02 60",
            "length: name at offset 7",
        ),
        (DATA, "98 21", "count: items at offset 0"),
        (DATA, "81 83", "count: items at offset 1"),
        (DATA, "81 82 61 6E A0", "cbor-type: item.value at offset 4"),
        (
            DATA,
            "81 82 61 6E 1B 0000000100000000",
            "range: item.value at offset 4",
        ),
        (DATA, "81 82 61 6E 61 FF", "text: item.value at offset 4"),
    ] {
        let error = from_cbor(shape, &bytes(cbor), &mut []).unwrap_err();
        assert_eq!(error.to_string(), expected, "{} {cbor}", shape.name.as_str());
    }
    let large = [bytes("A3 00 05 01 00 20 59 01F4"), vec![0; 500]].concat();
    let error = from_cbor(LIST, &large, &mut [0; 16]).unwrap_err();
    assert_eq!(error.to_string(), "message-size: message at offset 0");
    let error = CborError::BufferTooSmall { needed: 7 };
    assert_eq!(error.to_string(), "the buffer is too small for 7 bytes");
}

#[test]
fn native_bytes_are_held_to_their_rules() {
    for (shape, native, expected) in [
        (LIST, "06 00", "message-type: code at offset 0"),
        (LIST, "05", "truncated: from at offset 1"),
        (
            LIST,
            "05 00 FF01 0000",
            "extension-critical: extensions at offset 2",
        ),
        (
            DATA,
            "61 01 01 6E 03 03 000017",
            "cbor-kind: item.value at offset 5",
        ),
        (DATA, "61 01 01 6E 01 01 FF", "cbor-kind: item.value at offset 5"),
        (
            DATA,
            "61 01 01 6E 02 00 7000 0000",
            "cbor-kind: extensions at offset 6",
        ),
        // The rules of the codec come before the kinds.
        (DATA, "61 02 01 6E 01 01 FF 00", "length: item.name at offset 7"),
    ] {
        let error = to_cbor(shape, &bytes(native), &mut []).unwrap_err();
        assert_eq!(error.to_string(), expected, "{} {native}", shape.name.as_str());
    }
}
