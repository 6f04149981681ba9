//! One example of each rule, written and checked by hand, and what is said of it.

use super::{Convert, codec, common::protocol, interpreter};
use cardwire_codec::{cbor, message::shapes};
use cardwire_spec::interpret::{self, Fault, Rule, hex};
use core::fmt::Write as _;
use std::collections::BTreeSet;

/// Which bytes are given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Cbor,
    Native,
}

/// Message, bytes, and what is said of them.
type Example = (From, &'static str, &'static str, &'static str);

const EXAMPLES: &[Example] = &[
    // -- the rules of CBOR --
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 18 00",
        "cbor-head: from at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 1C",
        "cbor-head: from at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "B8 02 00 05 01 00",
        "cbor-head: message at offset 0",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 18 00 05 01 00",
        "cbor-head: code at offset 1",
    ),
    (
        From::Cbor,
        "service_list",
        "BF 00 05 01 00 FF",
        "cbor-indefinite: message at offset 0",
    ),
    (
        From::Cbor,
        "hello",
        "A3 00 01 01 9F 01 FF 02 19 02 00",
        "cbor-indefinite: versions at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 20",
        "cbor-type: from at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 F6",
        "cbor-type: from at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 F9 00 00",
        "cbor-type: from at offset 4",
    ),
    (
        From::Cbor,
        "job_data_answer",
        "A5 00 18 87 01 50 00000000000000000000000000000000 02 00 03 F6 04 40",
        "cbor-type: last at offset 25",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 61 31 00",
        "cbor-type: from at offset 3",
    ),
    (
        From::Cbor,
        "service_list",
        "C1 A2 00 05 01 00",
        "cbor-type: message at offset 0",
    ),
    (
        From::Cbor,
        "service_list",
        "A3 00 05 01 00 00 05",
        "cbor-key-order: extensions at offset 5",
    ),
    (
        From::Cbor,
        "service_list",
        "A4 00 05 01 00 21 40 20 40",
        "cbor-key-order: extensions at offset 7",
    ),
    (
        From::Cbor,
        "service_list",
        "A3 00 05 01 00 01 00",
        "cbor-key-duplicate: extensions at offset 5",
    ),
    (
        From::Cbor,
        "service_list",
        "A3 00 05 01 00 02 00",
        "cbor-key-unknown: extensions at offset 5",
    ),
    (
        From::Cbor,
        "service_list",
        "A3 00 05 01 00 39 80 00 40",
        "cbor-key-unknown: extensions at offset 5",
    ),
    (
        From::Cbor,
        "service_list",
        "A1 00 05",
        "cbor-key-missing: from at offset 3",
    ),
    (
        From::Cbor,
        "service_list",
        "A0",
        "cbor-key-missing: code at offset 1",
    ),
    (
        From::Cbor,
        "hello",
        "A2 00 01 02 19 02 00",
        "cbor-key-missing: versions at offset 3",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 00 00",
        "cbor-tail: message at offset 5",
    ),
    (
        From::Native,
        "service_data",
        "61 01 01 6E 03 03 00 00 17",
        "cbor-kind: item.value at offset 5",
    ),
    (
        From::Native,
        "service_data",
        "61 01 01 6E 01 01 FF",
        "cbor-kind: item.value at offset 5",
    ),
    (
        From::Native,
        "service_data",
        "61 00 70 00 00 00",
        "cbor-kind: extensions at offset 2",
    ),
    // -- the rules of both encodings --
    (From::Cbor, "service_list", "", "truncated: message at offset 0"),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01",
        "truncated: from at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 18",
        "truncated: from at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A3 00 05 01 00",
        "truncated: extensions at offset 5",
    ),
    (
        From::Cbor,
        "connect",
        "A6 00 02 01 45 01 01",
        "truncated: hello at offset 4",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 06 01 00",
        "message-type: code at offset 2",
    ),
    (
        From::Cbor,
        "service_list",
        "A2 00 05 01 19 01 00",
        "range: from at offset 4",
    ),
    (
        From::Cbor,
        "connect",
        "A6 00 02 01 44 01 01 01 02",
        "length: hello at offset 4",
    ),
    (
        From::Cbor,
        "hello",
        "A3 00 01 01 80 02 19 02 00",
        "count: versions at offset 4",
    ),
    (
        From::Cbor,
        "platform_auth",
        "A2 00 03 01 81 83 01 01 01",
        "count: offers at offset 5",
    ),
    (
        From::Cbor,
        "hello",
        "A3 00 01 01 82 01 01 02 19 02 00",
        "order: versions at offset 6",
    ),
    (
        From::Cbor,
        "logic",
        "A9 00 18 63 01 01 02 61 20",
        "text: name at offset 7",
    ),
    (
        From::Cbor,
        "relay_answer",
        "A3 00 18 84 01 18 63 02 40",
        "value: state at offset 5",
    ),
    (
        From::Native,
        "job_data_answer",
        "87 00000000000000000000000000000000 0000 02",
        "boolean: last at offset 19",
    ),
    (
        From::Native,
        "service_list",
        "05 00 FF 01 00 00",
        "extension-critical: extensions at offset 2",
    ),
    (
        From::Native,
        "service_list",
        "05 00 00 02 00 00 00 01 00 00",
        "extension-order: extensions at offset 6",
    ),
    (From::Native, "hello", "05", "message-type: code at offset 0"),
    // -- a known extension --
    (
        From::Native,
        "progress",
        "41 00000000000000000000000000000000 02 0007 8001 0001 28",
        "extension-bit: extensions at offset 20",
    ),
    (
        From::Native,
        "progress",
        "41 00000000000000000000000000000000 02 0007 0001 0002 28 00",
        "extension-tail: extensions at offset 20",
    ),
    (
        From::Cbor,
        "progress",
        "A5 00 18 41 01 50 00000000000000000000000000000000 02 02 03 07 21 18 65",
        "range: percent at offset 27",
    ),
    // -- service data --
    (From::Cbor, "service_data", "A0", "cbor-type: items at offset 0"),
    (
        From::Cbor,
        "service_data",
        "81 81 61 6E",
        "count: items at offset 1",
    ),
    (
        From::Cbor,
        "service_data",
        "81 82 41 6E 00",
        "cbor-type: item.name at offset 2",
    ),
    (
        From::Cbor,
        "service_data",
        "81 82 61 6E F5",
        "cbor-type: item.value at offset 4",
    ),
    (
        From::Cbor,
        "service_data",
        "81 82 61 6E 1B 00 00 00 01 00 00 00 00",
        "range: item.value at offset 4",
    ),
    (
        From::Cbor,
        "service_data",
        "81 82 61 6E 61 FF",
        "text: item.value at offset 4",
    ),
    (
        From::Cbor,
        "service_data",
        "80 00",
        "cbor-tail: message at offset 1",
    ),
];

fn said((from, name, digits, _): &Example) -> Result<Vec<u8>, Fault> {
    let bytes = bytes(digits);
    match from {
        From::Cbor => interpret::from_cbor(&protocol(), name, &bytes),
        From::Native => interpret::to_cbor(&protocol(), name, &bytes),
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::read(digits).expect("hexadecimal digits")
}

#[test]
fn both_name_the_rule_that_an_example_breaks() {
    let mut rules = BTreeSet::new();
    for example @ (from, name, digits, expected) in EXAMPLES {
        let fault = said(example).expect_err(digits);
        assert_eq!(fault.to_string(), *expected, "{name} {digits}");
        rules.insert(fault.rule.name());
        let convert: Convert = match from {
            From::Cbor => cbor::from_cbor,
            From::Native => cbor::to_cbor,
        };
        let shape = shapes::ALL
            .iter()
            .find(|shape| shape.name.as_str() == *name)
            .expect(name);
        assert_eq!(
            codec(convert, shape, &bytes(digits)),
            interpreter(Err(fault)),
            "{name} {digits}"
        );
    }
    // Too many bytes for a table.
    let elsewhere = ["message-size"];
    let missed: Vec<_> = Rule::ALL
        .map(Rule::name)
        .into_iter()
        .filter(|rule| !rules.contains(rule) && !elsewhere.contains(rule))
        .collect();
    assert_eq!(missed, Vec::<&str>::new());
}

/// The size is looked at last: what else is wrong is named before.
#[test]
fn a_message_that_is_too_large() {
    let large = |digits: &str| [bytes(digits), vec![0; 500]].concat();
    let protocol = protocol();
    for (cbor, expected) in [
        (
            large("A3 00 05 01 00 20 59 01 F4"),
            "message-size: message at offset 0",
        ),
        (
            [large("A3 00 05 01 00 20 59 01 F4"), vec![0]].concat(),
            "cbor-tail: message at offset 509",
        ),
    ] {
        let fault = interpret::from_cbor(&protocol, "service_list", &cbor).unwrap_err();
        assert_eq!(fault.to_string(), expected);
        let other = codec(cbor::from_cbor, &shapes::SERVICE_LIST, &cbor);
        assert_eq!(other, interpreter(Err(fault)));
    }
}

/// What the book shows.
#[test]
fn both_give_and_take_what_is_right() {
    let protocol = protocol();
    for (name, native, cbor) in [
        ("service_list", "05 00", "A2 00 05 01 00"),
        ("hello", "01 01 01 02 00", "A3 00 01 01 81 01 02 19 02 00"),
        ("refusal", "FF", "A1 00 18 FF"),
        (
            "job_data_answer",
            "87 A0A1A2A3A4A5A6A7A8A9AAABACADAEAF 0002 01 0000",
            "A5 00 18 87 01 50 A0A1A2A3A4A5A6A7A8A9AAABACADAEAF 02 02 03 F5 04 40",
        ),
        ("platform_auth", "03 01 00 01 01", "A2 00 03 01 81 82 01 01"),
        (
            "service_list",
            "05 00 7F 01 00 02 AB CD",
            "A3 00 05 01 00 39 7F 01 42 AB CD",
        ),
        (
            "progress",
            "41 A0A1A2A3A4A5A6A7A8A9AAABACADAEAF 02 0007 0001 0001 28",
            "A5 00 18 41 01 50 A0A1A2A3A4A5A6A7A8A9AAABACADAEAF 02 02 03 07 21 18 28",
        ),
        (
            "service_data",
            "61 01 01 6E 03 04 00 00 01 02",
            "81 82 61 6E 19 01 02",
        ),
    ] {
        let (native, cbor) = (bytes(native), bytes(cbor));
        assert_eq!(
            interpret::to_cbor(&protocol, name, &native).as_ref(),
            Ok(&cbor),
            "{name}"
        );
        assert_eq!(
            interpret::from_cbor(&protocol, name, &cbor).as_ref(),
            Ok(&native),
            "{name}"
        );
        let shape = shapes::ALL
            .iter()
            .find(|shape| shape.name.as_str() == name)
            .expect(name);
        assert_eq!(codec(cbor::to_cbor, shape, &native), Ok(cbor.clone()), "{name}");
        assert_eq!(codec(cbor::from_cbor, shape, &cbor), Ok(native), "{name}");
    }
}

#[test]
fn what_is_said_of_each_example() {
    let mut text = String::new();
    for example @ (from, name, digits, _) in EXAMPLES {
        let fault = said(example).unwrap_err();
        let (given, detail) = (if *from == From::Cbor { "cbor" } else { "native" }, &fault.detail);
        let _ = writeln!(text, "{name}, {given} {digits}");
        let _ = writeln!(text, "    {fault}");
        let _ = writeln!(
            text,
            "    {} [{}..{}] must be {}, not {}",
            detail.path, detail.mark.start, detail.mark.end, detail.expected, detail.found
        );
    }
    insta::assert_snapshot!(text);
}
