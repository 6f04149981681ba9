//! Explanations: the exact place of a fault, what is wanted there, what governs it, and what stands inside bytes.

use cardwire_spec::{
    Place, Protocol,
    interpret::{
        self, Explanation, Held, Part, Rule, explain,
        frame::{self, Where},
    },
};
use core::ops::Range;
use serde_json::json;
use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn protocol() -> Protocol {
    cardwire_spec::load(&root().join("protocol.toml")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    interpret::hex::read(hex).unwrap()
}

/// The requirements of a chapter.
fn chapter(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("book/src").join(name)).unwrap();
    let ids = text.lines().filter_map(|line| line.strip_prefix("### CW-"));
    ids.map(|id| format!("CW-{id}")).collect()
}

#[test]
fn rules_are_those_of_the_registry_and_stand_in_the_book() {
    let protocol = protocol();
    let registered: Vec<&str> = protocol.registries["codec_rule"]
        .values
        .iter()
        .map(|value| value.name.as_str())
        .collect();
    assert_eq!(Rule::ALL.map(Rule::name).to_vec(), registered);
    let book = [chapter("codec.md"), chapter("cbor.md")].concat();
    for rule in Rule::ALL {
        assert!(
            book.iter().any(|id| id == rule.requirement()),
            "{rule}: {}",
            rule.requirement()
        );
    }
}

/// Place, bytes, path of the value, its wrong bytes, what is wanted, what is found, what governs the field.
type Case = (
    Place<'static>,
    &'static str,
    &'static str,
    Range<usize>,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const WRONG: &[Case] = &[
    (
        Place::ClearRequest,
        "81",
        "code",
        0..1,
        "a code of clear-request: 01 hello, 02 connect",
        "81, the code of hello_answer, which is met at clear-answer",
        None,
    ),
    (
        Place::Any,
        "7f",
        "code",
        0..1,
        "the code of a message or document",
        "7f, which no message and no document has",
        None,
    ),
    (
        Place::Document("manifest"),
        "63",
        "code",
        0..1,
        "62 manifest, the code of the document",
        "63, the code of the document logic",
        None,
    ),
    (
        Place::ClearRequest,
        "",
        "code",
        0..0,
        "a code of clear-request: 01 hello, 02 connect",
        "no byte at all",
        None,
    ),
    (
        Place::ClearRequest,
        "01 01 01 02",
        "max_frame",
        3..4,
        "2 bytes for the field",
        "1 byte, 02, and then the end",
        Some("CW-LINK-006"),
    ),
    (
        Place::ClearRequest,
        "01",
        "versions",
        1..1,
        "1 byte for the number of items",
        "the end",
        Some("CW-CONN-002"),
    ),
    (
        Place::ClearRequest,
        "01 01 01 1001",
        "max_frame",
        3..5,
        "512 to 4096 bytes",
        "4097",
        Some("CW-LINK-006"),
    ),
    (
        Place::ClearRequest,
        "01 09 02 00",
        "versions",
        1..2,
        "1 to 8 items",
        "9 items",
        Some("CW-CONN-002"),
    ),
    (
        Place::ClearRequest,
        "01 02 02 01 0200",
        "versions[1]",
        3..4,
        "an item above the one before, 02",
        "01",
        Some("CW-CONN-002"),
    ),
    (
        Place::ClearRequest,
        "02 04",
        "hello",
        1..2,
        "5 to 64 bytes",
        "4 bytes",
        Some("CW-CONN-004"),
    ),
    (
        Place::Request,
        "08 00010203",
        "job",
        1..5,
        "16 bytes for the field",
        "4 bytes, 00010203, and then the end",
        Some("CW-JOB-003"),
    ),
    (
        Place::Answer,
        "85 01 01 0001 03 61c361 0001",
        "services[0].name",
        7..8,
        "letters, digits, full stop, hyphen and underscore of ASCII",
        "c3, which is no UTF-8, at offset 7",
        Some("CW-INTF-004"),
    ),
    (
        Place::Answer,
        "85 01 01 0001 02 c3a4",
        "services[0].name",
        6..8,
        "letters, digits, full stop, hyphen and underscore of ASCII",
        "c3a4, the character 'ä', at offset 6",
        Some("CW-INTF-004"),
    ),
    (
        Place::Event,
        "42 00 03 00000000",
        "slot.card",
        2..3,
        "one of 00 absent, 01 present, 02 unknown",
        "03",
        Some("CW-MOD-008"),
    ),
    (
        Place::ChannelRequest,
        "d1 00 01 61 01 61 02",
        "all_services",
        6..7,
        "00 or 01",
        "02",
        Some("CW-LOGIN-006"),
    ),
];

#[test]
fn what_is_wrong_is_told_with_what_is_wanted_and_what_governs_it() {
    let protocol = protocol();
    for (place, hex, path, mark, expected, found, governor) in WRONG {
        let explanation = explain(&protocol, *place, &bytes(hex));
        let refusal = explanation.refusal.expect(hex);
        let detail = &refusal.fault.detail;
        let told = (
            detail.path.as_str(),
            &detail.mark,
            detail.expected.as_str(),
            detail.found.as_str(),
        );
        assert_eq!(told, (*path, mark, *expected, *found), "{hex}");
        assert_eq!(
            refusal.standing.map(|standing| standing.requirement),
            *governor,
            "{hex}"
        );
    }
}

#[test]
fn what_stands_before_a_fault_is_there() {
    let protocol = protocol();
    let explanation = explain(&protocol, Place::Answer, &bytes("85 02 02 0001 01 61 0001 01"));
    let services = explanation.parts.last().unwrap();
    assert_eq!(
        (services.path.as_str(), services.text.as_str()),
        ("services", "list of 2")
    );
    let fields: Vec<&str> = services.parts[0]
        .parts
        .iter()
        .map(|part| part.path.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "services[0].service",
            "services[0].name",
            "services[0].logic_version",
            "services[0].policy"
        ]
    );
    assert!(explanation.fields.is_none());
    let document = explanation.to_json();
    assert_eq!(document["fault"]["path"], "services[0].interface");
    assert_eq!(document["fault"]["schema"]["type"], "working_state");
    assert_eq!(document["parts"][2]["parts"][0]["parts"][1]["value"], "a");
}

fn part<'e, 'p>(explanation: &'e Explanation<'p>, path: &str) -> &'e Part<'p> {
    explanation.parts.iter().find(|part| part.path == path).unwrap()
}

#[test]
fn bytes_are_opened_as_far_as_the_schema_says() {
    let protocol = protocol();
    let connect = |hello: &str| {
        let value = json!({
            "hello": hello, "method": 1, "client_id": "C", "generation": 1, "handshake": "00".repeat(48)
        });
        interpret::encode(&protocol, "connect", &value).unwrap()
    };
    let right = explain(&protocol, Place::Any, &connect("0101010200"));
    let Some(Held::Message(hello)) = &part(&right, "hello").held else {
        panic!("{right:?}")
    };
    assert_eq!((hello.at, hello.subject.unwrap().name), (2, "hello"));
    assert_eq!(hello.fields, Some(json!({ "versions": [1], "max_frame": 512 })));
    // What is wrong inside is told, and does not make the message wrong that carries it.
    let wrong = explain(&protocol, Place::Any, &connect("0101010100"));
    assert!(wrong.refusal.is_none());
    let fault = part(&wrong, "hello").held.as_ref().and_then(Held::fault).unwrap();
    assert_eq!(fault.to_string(), "range: max_frame at offset 3");

    let logic = |code: &str| {
        let value = json!({
            "service": 1, "name": "a", "version": 1, "policy": 1, "on_client_loss": 1, "budget": 1, "code": code
        });
        interpret::encode(&protocol, "logic", &value).unwrap()
    };
    let right = explain(
        &protocol,
        Place::Document("logic"),
        &logic("22 0003 3f 0000".replace(' ', "").as_str()),
    );
    let Some(Held::Instructions(steps)) = &part(&right, "code").held else {
        panic!("{right:?}")
    };
    let told: Vec<_> = steps
        .iter()
        .map(|step| (step.path.as_str(), step.offset, step.text.as_str()))
        .collect();
    assert_eq!(
        told,
        [("code@0000", 15, "go @0003"), ("code@0003", 18, "end success")]
    );
    let wrong = explain(&protocol, Place::Document("logic"), &logic("3f000077"));
    assert!(wrong.refusal.is_none());
    let fault = part(&wrong, "code").held.as_ref().and_then(Held::fault).unwrap();
    assert_eq!(
        fault.to_string(),
        "value: opcode at offset 18",
        "counted in the document"
    );
}

/// Whatever the bytes are: nothing panics, places lie within them, and the parts of what is right are all of it.
#[test]
fn explanations_keep_to_the_bytes() {
    let protocol = protocol();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..20_000 {
        let message = &protocol.messages[random(protocol.messages.len() as u64) as usize];
        let mut bytes = vec![message.code];
        for _ in 0..random(40) {
            let below = if random(4) == 0 { 256 } else { 2 };
            bytes.push(random(below) as u8);
        }
        let explanation = explain(&protocol, Place::Any, &bytes);
        let end = explanation.parts.iter().fold(0, |end, part| {
            assert_eq!(part.offset, end, "{bytes:02x?}");
            part.offset + part.size
        });
        match &explanation.refusal {
            None => {
                right += 1;
                assert_eq!(end, bytes.len(), "{bytes:02x?}");
            }
            Some(refusal) => {
                wrong += 1;
                let mark = &refusal.fault.detail.mark;
                assert!(
                    end <= bytes.len() && mark.start <= mark.end && mark.end <= bytes.len(),
                    "{bytes:02x?}"
                );
                assert!(!refusal.fault.detail.expected.is_empty() && !refusal.fault.detail.found.is_empty());
            }
        }
        let line = &bytes[1..];
        let refusal = frame::explain(&protocol, line)
            .refusal
            .expect("no random line has a right checksum");
        let within = match refusal.within {
            Where::Line => line.len(),
            Where::Content => frame::explain(&protocol, line).content.unwrap().len(),
        };
        assert!(
            refusal.mark.end <= within && !refusal.expected.is_empty(),
            "{line:02x?}"
        );
    }
    assert!(right > 200 && wrong > 200, "{right} {wrong}");
}
