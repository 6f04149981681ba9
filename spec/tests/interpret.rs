//! The interpreter: what every rule refuses, and where; and what JSON can't say.

use cardwire_spec::{
    Place, Protocol,
    interpret::{self, Data, frame},
};
use serde_json::{Value, json};
use std::path::Path;

fn protocol() -> Protocol {
    cardwire_spec::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol.toml")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// A place, bytes that are not met there, and why.
const REFUSED: &[(Place<'_>, &str, &str)] = &[
    (Place::ClearRequest, "", "message-type: code at offset 0"),
    (Place::ClearRequest, "81", "message-type: code at offset 0"),
    (Place::Any, "00", "message-type: code at offset 0"),
    (
        Place::Document("manifest"),
        "63",
        "message-type: code at offset 0",
    ),
    (Place::Document("nothing"), "63", "message-type: code at offset 0"),
    (Place::ClearRequest, "01", "truncated: versions at offset 1"),
    (Place::ClearRequest, "01 02 01", "truncated: versions at offset 3"),
    (
        Place::ClearRequest,
        "01 01 01 02",
        "truncated: max_frame at offset 3",
    ),
    (
        Place::ClearRequest,
        "01 01 01 01 FF",
        "range: max_frame at offset 3",
    ),
    (
        Place::ClearRequest,
        "01 02 01 00 02 00",
        "range: versions at offset 3",
    ),
    (Place::ClearRequest, "01 00 02 00", "count: versions at offset 1"),
    (Place::ClearRequest, "01 09 02 00", "count: versions at offset 1"),
    (
        Place::ClearRequest,
        "01 02 02 02 02 00",
        "order: versions at offset 3",
    ),
    (
        Place::Request,
        "03 02 0002 01 0001 01",
        "order: offers at offset 5",
    ),
    (
        Place::Request,
        "03 01 0002",
        "truncated: offer.format at offset 4",
    ),
    (Place::ClearRequest, "02 04 01010102", "length: hello at offset 1"),
    (
        Place::ClearRequest,
        "02 05 01010102",
        "truncated: hello at offset 1",
    ),
    (
        Place::ClearRequest,
        "02 05 0101010200 01 01 20 00000000",
        "text: client_id at offset 8",
    ),
    (
        Place::Document("logic"),
        "63 0000 01 61 0001 00",
        "value: policy at offset 7",
    ),
    (
        Place::Event,
        "42 08 01 00000000",
        "range: slot.number at offset 1",
    ),
    (Place::Event, "42 07 03 00000000", "value: slot.card at offset 2"),
    (
        Place::ChannelRequest,
        "D1 00 01 61 01 61 02",
        "boolean: all_services at offset 6",
    ),
    (Place::Request, "0C 00", "truncated: extensions at offset 1"),
    (Place::Request, "0C 0001 00", "truncated: extensions at offset 1"),
    (
        Place::Request,
        "0C 0001 0001",
        "truncated: extensions at offset 1",
    ),
    (
        Place::Request,
        "0C 0001 0000 0001 0000",
        "extension-order: extensions at offset 5",
    ),
    (
        Place::Request,
        "0C 0001 0000 8002 0000",
        "extension-critical: extensions at offset 5",
    ),
];

#[test]
fn every_rule_is_named_with_field_and_offset() {
    let protocol = protocol();
    for (place, hex, fault) in REFUSED {
        let found = interpret::decode(&protocol, *place, &bytes(hex)).expect_err(hex);
        assert_eq!(found.to_string(), *fault, "{hex}");
    }
}

#[test]
fn a_message_is_held_to_the_size_of_its_place() {
    let protocol = protocol();
    let padded = |code: u8, size: usize| {
        // One extension fills the message.
        let mut message = vec![code, 0x00, 0x01];
        message.extend_from_slice(&u16::try_from(size - 5).unwrap().to_be_bytes());
        message.resize(size, 0);
        message
    };
    for (place, code, max) in [(Place::ClearAnswer, 0xFF, 499), (Place::Request, 0x0C, 483)] {
        assert!(interpret::decode(&protocol, place, &padded(code, max)).is_ok());
        let found = interpret::decode(&protocol, place, &padded(code, max + 1)).unwrap_err();
        assert_eq!(found.to_string(), "message-size: message at offset 0");
    }
}

#[test]
fn values_keep_their_places() {
    let protocol = protocol();
    let message = bytes(
        "85 02 01 0001 0461626364 0003 02 00 1111111111111111111111111111111111111111111111111111111111111111",
    );
    let tree = interpret::decode(&protocol, Place::Any, &message).unwrap();
    let Some(Data::List(services)) = tree.field("services") else {
        panic!("services are a list")
    };
    let Data::Structure(service) = &services[0].data else {
        panic!("a service is a structure")
    };
    let places: Vec<_> = service
        .iter()
        .map(|node| (node.name.as_str(), node.offset, node.size))
        .collect();
    assert_eq!((services[0].offset, services[0].size), (3, message.len() - 3));
    assert_eq!(
        places,
        [
            ("service", 3, 2),
            ("name", 5, 5),
            ("logic_version", 10, 2),
            ("policy", 12, 1),
            ("interface", 13, 1),
            ("logic_digest", 14, 32)
        ]
    );
}

#[test]
fn json_and_bytes_are_two_forms_of_one_value() {
    let protocol = protocol();
    let cases = [
        (
            "platform_auth",
            "03 02 0001 01 F123 F1",
            json!({ "offers": [
            { "service": "card.identify", "format": "native" }, { "service": 0xF123, "format": 0xF1 }] }),
        ),
        (
            "error",
            "FE 06 0004 0000 0001 0005 0002 ABCD",
            json!({
            "request": 6, "code": "unknown-service", "detail": 0, "offset": 1,
            "extensions": [{ "tag": 5, "value": "abcd" }] }),
        ),
        ("cloud_relay", "32 0003 0A0B0C", json!({ "payload": "0a0b0c" })),
        (
            "service_data",
            "61 01 04 6E616D65 01 02 C3A4",
            json!({ "items": [{ "name": "name", "kind": "text", "value": "c3a4" }] }),
        ),
        ("refusal", "FF", json!({})),
    ];
    for (name, hex, value) in cases {
        assert_eq!(
            interpret::encode(&protocol, name, &value).unwrap(),
            bytes(hex),
            "{name}"
        );
        let tree = interpret::decode(&protocol, Place::Any, &bytes(hex)).unwrap();
        assert_eq!((tree.name.as_str(), interpret::to_json(&tree)), (name, value));
    }
}

#[test]
fn what_json_can_not_say_is_named_with_its_path() {
    let protocol = protocol();
    let hello = |versions: Value, max_frame: Value| json!({ "versions": versions, "max_frame": max_frame });
    let cases = [
        (
            "hallo",
            json!({}),
            "the schema has no message and no document `hallo`",
        ),
        ("hello", json!([]), "an object with the fields is wanted"),
        (
            "hello",
            json!({ "versions": [1] }),
            "max_frame: the field is missing, and has no default",
        ),
        (
            "hello",
            json!({ "versions": [1], "max_frame": 512, "colour": 1 }),
            "colour: there is no such field",
        ),
        ("hello", hello(json!(1), json!(512)), "versions: a list is wanted"),
        (
            "hello",
            hello(json!([1, 256]), json!(512)),
            "versions[1]: a number from 0 to 255 is wanted",
        ),
        (
            "hello",
            hello(json!([1]), json!("512")),
            "max_frame: a number from 0 to 65535 is wanted",
        ),
        (
            "hello",
            hello(json!([0]), json!(512)),
            "range: versions[0] must be 1 to 255, not 0",
        ),
        (
            "hello",
            hello(json!([]), json!(512)),
            "count: versions must be 1 to 8 items, not 0 items",
        ),
        (
            "hello",
            hello(json!([2, 1]), json!(512)),
            "order: versions[1] must be an item above the one before, 02, not 01",
        ),
        (
            "platform_auth",
            json!({ "offers": [{ "service": "nothing", "format": 1 }] }),
            "offers[0].service: `nothing` is not in the registry `service`",
        ),
        (
            "job_status",
            json!({ "job": "00" }),
            "job: exactly 16 bytes are wanted",
        ),
        (
            "job_status",
            json!({ "job": "0g" }),
            "job: bytes in hexadecimal are wanted",
        ),
        (
            "relay",
            json!({ "payload": "00" }),
            "length: payload must be 16 to 479 bytes, not 1 byte",
        ),
        (
            "card_event",
            json!({ "slot": { "number": 0, "card": 9, "generation": 0 } }),
            "value: slot.card must be one of 00 absent, 01 present, 02 unknown, not 9",
        ),
        (
            "service_data",
            json!({ "items": [{ "name": "ä", "kind": "text", "value": "" }] }),
            "text: items[0].name must be letters, digits, full stop, hyphen and underscore of ASCII, not c3a4, the character 'ä'",
        ),
        (
            "service_data",
            json!({ "items": vec![json!({ "name": "a", "kind": "text", "value": "00".repeat(250) }); 5] }),
            "message-size: message must be 1024 bytes at most, not 1272 bytes",
        ),
        (
            "refusal",
            json!({ "extensions": [{ "tag": 2, "value": "" }, { "tag": 2, "value": "" }] }),
            "extension-order: extensions[1] must be a number above 0002, that of the one before, not 0002",
        ),
        (
            "refusal",
            json!({ "extensions": [{ "tag": 0x8001, "value": "" }] }),
            "extension-critical: extensions[0] must be an extension that this version knows, or one that is not critical, not the tag 8001, critical and unknown",
        ),
    ];
    for (name, value, error) in cases {
        assert_eq!(
            interpret::encode(&protocol, name, &value)
                .expect_err(name)
                .to_string(),
            error
        );
    }
}

#[test]
fn frames_are_found_between_delimiters_and_judged() {
    let protocol = protocol();
    let frame = frame::Frame {
        kind: String::from("clear"),
        number: 1,
        payload: bytes("01 01 01 02 00"),
    };
    let line = frame::encode(&protocol, &frame).unwrap();
    assert_eq!(frame::from_json(&frame::to_json(&frame)), Some(frame.clone()));
    let stream = [
        &[0x00, 0x00],
        line.as_slice(),
        &[0x05, 0x01, 0x00],
        line.as_slice(),
        &[0x07],
    ]
    .concat();
    let found: Vec<_> = frame::lines(&stream)
        .map(|line| frame::decode(&protocol, line))
        .collect();
    assert_eq!(
        found,
        [Ok(frame.clone()), Err(frame::FrameFault::Cobs), Ok(frame)]
    );
    assert_eq!(frame::decode(&protocol, &[]), Err(frame::FrameFault::TooShort));
}

/// Every byte string is either refused or is the only encoding of what it decodes to.
#[test]
fn what_decodes_encodes_to_itself() {
    let protocol = protocol();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut decoded = 0;
    for _ in 0..20_000 {
        let message = &protocol.messages[random(protocol.messages.len() as u64) as usize];
        let mut bytes = vec![message.code];
        // Small values pass more checks.
        for _ in 0..random(40) {
            let below = if random(4) == 0 { 256 } else { 2 };
            bytes.push(random(below) as u8);
        }
        if let Ok(tree) = interpret::decode(&protocol, Place::Any, &bytes) {
            decoded += 1;
            assert_eq!(
                interpret::encode(&protocol, &tree.name, &interpret::to_json(&tree)).unwrap(),
                bytes
            );
        }
    }
    assert!(decoded > 200, "{decoded}");
}
