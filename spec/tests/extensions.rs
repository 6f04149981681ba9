//! Extensions that the schema defines. The real one defines one alone, so that more are added to it.

use cardwire_spec::{
    Error, Place, Protocol,
    interpret::{self, Data, Explanation},
    render,
};
use serde_json::json;
use std::path::Path;

const SCHEMA: &str = include_str!("../protocol.toml");

/// Three extensions of `service_list`, whose only field is a number of one byte.
const EXTENSIONS: &str = r#"
extensions = [
    { tag = 0x0005, critical = false, field = { name = "colour", type = "u8", range = [1, 3], default = 2, since = 1, requirement = "CW-INTF-009", doc = "How entries are shown." } },
    { tag = 0x0006, critical = true, field = { name = "only", type = "offer", since = 1, doc = "The only one that is wanted." } },
    { tag = 0x0009, critical = false, field = { name = "kinds", type = "update_state", count = [0, 4], order = "ascending", default = [], since = 1, stability = "experimental", doc = "Kinds." } },
]
"#;

fn extended() -> Protocol {
    let head = "name = \"service_list\"\n";
    assert!(SCHEMA.contains(head));
    let text = SCHEMA.replacen(head, &format!("{head}{EXTENSIONS}"), 1);
    cardwire_spec::parse("protocol.toml", &text).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    interpret::hex::read(hex).unwrap()
}

#[test]
fn known_extensions_are_fields_of_the_json_form() {
    let protocol = extended();
    let cases = [
        ("05 00", json!({ "from": 0 })),
        ("05 00 0005 0001 03", json!({ "from": 0, "colour": 3 })),
        (
            "05 00 8006 0003 0002 01",
            json!({ "from": 0, "only": { "service": "subscriber.read", "format": "native" } }),
        ),
        (
            "05 07 0001 0000 0005 0001 01 0007 0002 abcd 0009 0003 02 00 03",
            json!({
                "from": 7, "colour": 1, "kinds": ["none", "installed"],
                "extensions": [{ "tag": 1, "value": "" }, { "tag": 7, "value": "abcd" }]
            }),
        ),
    ];
    for (hex, value) in cases {
        let tree = interpret::decode(&protocol, Place::Request, &bytes(hex)).expect(hex);
        assert_eq!(interpret::to_json(&tree), value, "{hex}");
        let encoded = interpret::encode(&protocol, "service_list", &value).unwrap();
        assert_eq!(encoded, bytes(hex), "{value}");
    }
}

#[test]
fn what_breaks_a_known_extension_is_named_with_its_place() {
    let protocol = extended();
    let cases = [
        // The critical bit is part of the tag that the schema states.
        (
            "05 00 8005 0001 03",
            "extension-bit: extensions at offset 2",
            "colour",
            2..4,
        ),
        (
            "05 00 0006 0003 0002 01",
            "extension-bit: extensions at offset 2",
            "only",
            2..4,
        ),
        (
            "05 00 0005 0002 03 00",
            "extension-tail: extensions at offset 2",
            "colour",
            7..8,
        ),
        (
            "05 00 0009 0002 00 00",
            "extension-tail: extensions at offset 2",
            "kinds",
            7..8,
        ),
        // A value ends with its extension, whatever stands behind it.
        (
            "05 00 0005 0000 0009 0001 00",
            "truncated: colour at offset 6",
            "colour",
            6..6,
        ),
        (
            "05 00 8006 0002 0002 0009 0001 00",
            "truncated: offer.format at offset 8",
            "only.format",
            8..8,
        ),
        (
            "05 00 0009 0002 02 00 0a",
            "truncated: kinds at offset 8",
            "kinds[1]",
            8..8,
        ),
        ("05 00 0005 0001 04", "range: colour at offset 6", "colour", 6..7),
        (
            "05 00 0009 0003 02 01 01",
            "order: kinds at offset 8",
            "kinds[1]",
            8..9,
        ),
        (
            "05 00 0009 0002 01 07",
            "value: kinds at offset 7",
            "kinds[0]",
            7..8,
        ),
        // The rules of all extensions hold for known ones as well, and before their own.
        (
            "05 00 0005 0002 03",
            "truncated: extensions at offset 2",
            "extensions[0]",
            2..7,
        ),
        (
            "05 00 0009 0001 00 8005 0001 04",
            "extension-order: extensions at offset 7",
            "extensions[0]",
            7..9,
        ),
        (
            "05 00 0001 0000 8007 0000",
            "extension-critical: extensions at offset 6",
            "extensions[1]",
            6..8,
        ),
    ];
    for (hex, fault, path, mark) in cases {
        let found = interpret::decode(&protocol, Place::Request, &bytes(hex)).expect_err(hex);
        assert_eq!(found.to_string(), fault, "{hex}");
        assert_eq!(
            (found.detail.path.as_str(), found.detail.mark),
            (path, mark),
            "{hex}"
        );
    }
}

#[test]
fn where_an_extension_is_absent_its_default_holds() {
    let protocol = extended();
    let tree = interpret::decode(&protocol, Place::Request, &bytes("05 00 0005 0001 03")).unwrap();
    assert_eq!(tree.extension(&protocol, "colour"), Some(Data::Number(3)));
    assert_eq!(tree.extension(&protocol, "kinds"), Some(Data::List(Vec::new())));
    assert_eq!(
        tree.extension(&protocol, "only"),
        None,
        "a critical one may have no default"
    );
    assert_eq!(tree.extension(&protocol, "from"), None, "a field is no extension");
    let tree = interpret::decode(&protocol, Place::Request, &bytes("05 00")).unwrap();
    assert_eq!(tree.extension(&protocol, "colour"), Some(Data::Number(2)));
    // Presence is part of the value: the same default, sent, is another encoding.
    let sent = interpret::decode(&protocol, Place::Request, &bytes("05 00 0005 0001 02")).unwrap();
    assert_eq!(sent.extension(&protocol, "colour"), Some(Data::Number(2)));
    assert_ne!(interpret::to_json(&sent), interpret::to_json(&tree));
}

#[test]
fn extensions_are_explained_present_and_absent() {
    let protocol = extended();
    let Explanation { parts, refusal, .. } =
        interpret::explain(&protocol, Place::Any, &bytes("05 00 0005 0001 03 000a 0001 ff"));
    assert!(refusal.is_none());
    let told: Vec<_> = parts
        .iter()
        .map(|part| {
            (
                part.path.as_str(),
                part.offset,
                part.size,
                part.text.as_str(),
                part.is_absent,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("message code", 0, 1, "service_list", false),
            ("from", 1, 1, "0", false),
            ("colour", 2, 5, "3", false),
            ("extensions[0]", 7, 5, "tag 000a, 1 byte", false),
            ("only", 12, 0, "absent", true),
            ("kinds", 12, 0, "absent: list of 0 holds", true),
        ]
    );
    assert_eq!(parts[2].standing.requirement, "CW-INTF-009");
    assert_eq!(parts[5].standing.stability.word(), "experimental");
    let Explanation { refusal, .. } = interpret::explain(&protocol, Place::Any, &bytes("05 00 0005 0001 09"));
    let refusal = refusal.unwrap();
    assert_eq!(refusal.field.map(|field| field.name.as_str()), Some("colour"));
    assert_eq!(
        refusal.standing.map(|standing| standing.requirement),
        Some("CW-INTF-009")
    );
}

#[test]
fn what_json_can_not_say_of_extensions_is_named() {
    let protocol = extended();
    let cases = [
        (
            json!({ "extensions": [{ "tag": 5, "value": "01" }] }),
            "extensions[0].tag: 0005 is `colour`: write it as a field of that name",
        ),
        (
            json!({ "extensions": [{ "tag": 0x8005, "value": "01" }] }),
            "extensions[0].tag: 0005 is `colour`: write it as a field of that name",
        ),
        (json!({ "colour": 4 }), "range: colour must be 1 to 3, not 4"),
        (json!({ "color": 1 }), "color: there is no such field"),
        (
            json!({ "only": { "service": 1 } }),
            "only.format: the field is missing, and has no default",
        ),
    ];
    for (value, error) in cases {
        let found = interpret::encode(&protocol, "service_list", &value).unwrap_err();
        assert_eq!(found.to_string(), error);
    }
}

#[test]
fn extended_messages_have_one_encoding_too() {
    let protocol = extended();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut known = 0;
    for _ in 0..20_000 {
        let mut bytes = vec![0x05, 0x00];
        for number in [0x03, 0x05, 0x06, 0x09] {
            if random(2) == 0 {
                let bit = if (number == 0x06) == (random(8) != 0) {
                    0x80
                } else {
                    0x00
                };
                let size = random(4) as u8;
                bytes.extend([bit, number, 0x00, size]);
                bytes.extend((0..size).map(|_| random(4) as u8));
            }
        }
        if let Ok(tree) = interpret::decode(&protocol, Place::Request, &bytes) {
            known += usize::from(tree.extensions.iter().any(|extension| extension.known.is_some()));
            let value = interpret::to_json(&tree);
            assert_eq!(
                interpret::encode(&protocol, "service_list", &value).unwrap(),
                bytes,
                "{value}"
            );
        }
    }
    assert!(known > 500, "{known}");
}

/// A field that is left out has the default that the schema states.
#[test]
fn defaults_are_written_for_what_is_left_out() {
    let protocol = extended();
    let cases = [
        ("service_list", json!({}), String::from("0500")),
        ("platform_auth", json!({}), String::from("0300")),
        ("cloud_relay", json!({}), String::from("320000")),
        (
            "relay_answer",
            json!({ "state": "login" }),
            String::from("84020000"),
        ),
        (
            "job_status_answer",
            json!({ "job": "00".repeat(16), "state": "unknown" }),
            format!("88{}", "00".repeat(59)),
        ),
    ];
    for (name, value, hex) in cases {
        let encoded = interpret::encode(&protocol, name, &value).unwrap();
        assert_eq!(interpret::hex::encode(&encoded), hex, "{name}");
        assert!(
            interpret::decode(&protocol, Place::Any, &encoded).is_ok(),
            "{name}"
        );
    }
    let missing = interpret::encode(&protocol, "job_status", &json!({}));
    assert_eq!(
        missing.unwrap_err().to_string(),
        "job: the field is missing, and has no default"
    );
}

#[test]
fn the_codec_is_generated_with_them() {
    // Plain values know no extension that holds a list.
    let text = SCHEMA.replacen(
        "name = \"service_list\"\n",
        &format!("name = \"service_list\"\n{EXTENSIONS}").replace(
            ", count = [0, 4], order = \"ascending\", default = []",
            ", default = 0",
        ),
        1,
    );
    let protocol = cardwire_spec::parse("protocol.toml", &text).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = render::rust::files(&protocol, &root).unwrap();
    let file = |name: &str| {
        let (_, text) = files.iter().find(|(path, _)| path.ends_with(name)).expect(name);
        text.as_str()
    };
    let requests = file("message/requests.rs");
    assert!(requests.contains("pub const COLOUR: u16 = 0x0005;"));
    assert!(requests.contains("pub const ONLY: u16 = 0x8006;"));
    assert!(requests.contains("pub fn only(&self) -> Option<Offer> {"));
    assert!(file("shapes.rs").contains("tag: 0x8006,"));
    assert!(file("plain/requests.rs").contains("pub only: Option<Offer>,"));
}

#[test]
fn the_codec_is_not_generated_with_an_extension_that_holds_a_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let refused = render::rust::files(&extended(), &root);
    let Err(Error::Unsupported { what }) = refused else {
        panic!("{refused:?}")
    };
    assert!(what.starts_with("the extension `kinds` holds a list"), "{what}");
}

#[test]
fn the_codec_is_not_generated_where_items_do_not_compare_as_they_encode() {
    let text = SCHEMA.replacen(
        "name = \"services\", type = \"service_entry\", count = [0, 6]",
        "name = \"services\", type = \"service_entry\", order = \"ascending\", count = [0, 6]",
        1,
    );
    let protocol = cardwire_spec::parse("protocol.toml", &text).unwrap();
    let refused = render::rust::files(&protocol, Path::new("."));
    let Err(Error::Unsupported { what }) = refused else {
        panic!("{refused:?}")
    };
    assert!(what.starts_with("the list `services` ascends"), "{what}");
}
