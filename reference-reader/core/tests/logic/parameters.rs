//! What an instruction may carry, and how a program takes it.

use super::bench::*;
use cardwire_codec::{
    Name,
    message::{Instruction, Item, ItemKind, Occurrence, Outcome, Parameter, ParameterSource},
};
use cardwire_core::logic::{Refused, Simulator};

fn declared(
    name: &'static str,
    kind: ItemKind,
    occurrence: Occurrence,
    bounds: [u16; 2],
) -> Parameter<'static> {
    Parameter {
        name: Name::from_text(name),
        kind,
        source: ParameterSource::Client,
        occurrence,
        minimum: bounds[0],
        maximum: bounds[1],
    }
}

fn is_taken(parameters: &[Parameter<'_>], items: &[Item<'_>]) -> bool {
    let document = document(parameters, &code(&[SUCCESS]));
    let data = service_data(items);
    match run_document(&document, &data, &mut Modules::fine()) {
        Ok(ran) => ran.outcome == Outcome::SUCCESS,
        Err(refused) => {
            assert_eq!(refused, Refused::Parameters);
            false
        }
    }
}

#[test]
fn how_often_a_parameter_stands_there() {
    let one = item("a", ItemKind::Text, b"x");
    for (occurrence, expected) in [
        (Occurrence::Required, [false, true, false]),
        (Occurrence::Optional, [true, true, false]),
        (Occurrence::Several, [false, true, true]),
        (Occurrence::Any, [true, true, true]),
    ] {
        let parameters = [declared("a", ItemKind::Text, occurrence, [0, 9])];
        let taken = [&[][..], &[one], &[one, one]].map(|items| is_taken(&parameters, items));
        assert_eq!(taken, expected, "{occurrence:?}");
    }
}

#[test]
fn values_are_of_their_kind_and_within_their_bounds() {
    let text = [declared("a", ItemKind::Text, Occurrence::Required, [2, 4])];
    for (value, taken) in [
        (&b"x"[..], false),
        (b"xx", true),
        (b"xxxx", true),
        (b"xxxxx", false),
    ] {
        assert_eq!(is_taken(&text, &[item("a", ItemKind::Text, value)]), taken);
        assert!(!is_taken(&text, &[item("a", ItemKind::Bytes, value)]));
        assert!(!is_taken(&text, &[item("b", ItemKind::Text, value)]));
    }
    let number = [declared("n", ItemKind::Number, Occurrence::Required, [2, 500])];
    for (value, taken) in [
        (1_u32, false),
        (2, true),
        (500, true),
        (501, false),
        (0x0001_0002, false),
    ] {
        let value = value.to_be_bytes();
        assert_eq!(is_taken(&number, &[item("n", ItemKind::Number, &value)]), taken);
        assert!(!is_taken(&number, &[item("n", ItemKind::Bytes, &value)]));
    }
    assert!(
        !is_taken(&number, &[item("n", ItemKind::Number, &[0, 2])]),
        "two bytes"
    );
    // One that is right, and one that nobody declared.
    let both = [item("a", ItemKind::Text, b"xx"), item("b", ItemKind::Text, b"xx")];
    assert!(!is_taken(&text, &both));
    assert!(!is_taken(&[], &both[..1]));
    assert!(is_taken(&[], &[]));
}

#[test]
fn what_the_cloud_brings_the_client_does_not() {
    let secret = |occurrence| {
        [Parameter {
            source: ParameterSource::Cloud,
            ..declared("adm", ItemKind::Bytes, occurrence, [4, 8])
        }]
    };
    let value = item("adm", ItemKind::Bytes, b"CARDWIRE");
    for occurrence in [
        Occurrence::Required,
        Occurrence::Optional,
        Occurrence::Several,
        Occurrence::Any,
    ] {
        assert!(!is_taken(&secret(occurrence), &[value]), "{occurrence:?}");
    }
    assert!(is_taken(&secret(Occurrence::Optional), &[]));
    let data = service_data(&[value]);
    let required = document(&secret(Occurrence::Required), &code(&[SUCCESS]));
    let begun = |by_cloud: &[u8]| Simulator::with_secrets(&required, &[], by_cloud).map(drop);
    assert_eq!(begun(&[]), Err(Refused::Secrets));
    assert_eq!(begun(&data[..3]), Err(Refused::Secrets));
    assert_eq!(begun(&data), Ok(()));
    let strange = document(&[], &code(&[SUCCESS]));
    assert_eq!(
        Simulator::with_secrets(&strange, &[], &data).map(drop),
        Err(Refused::Secrets)
    );
}

#[test]
fn values_are_taken_one_by_one_in_their_order() {
    let parameters = [
        declared("a", ItemKind::Text, Occurrence::Any, [0, 9]),
        declared("n", ItemKind::Number, Occurrence::Optional, [0, 9]),
    ];
    let number = [0, 0, 0, 7];
    let data = service_data(&[
        item("a", ItemKind::Text, b"x"),
        item("n", ItemKind::Number, &number),
        item("a", ItemKind::Text, b""),
        item("a", ItemKind::Text, b"y"),
    ]);
    // Five rounds for three values; what was in the register before does not stay.
    let program = code(&[
        set(R1, b"before"),
        Instruction::Loop { times: 5 },
        parameter("a", R1),
        emit("a", R1),
        Instruction::Again,
        parameter("n", R1),
        emit("n", R1),
        parameter("n", R1),
        emit("n", R1),
        SUCCESS,
    ]);
    let ran = run_document(&document(&parameters, &program), &data, &mut Modules::fine()).unwrap();
    let values: Vec<&[u8]> = ran.data.iter().map(|(_, value)| value.as_slice()).collect();
    assert_eq!(values, [&b"x"[..], b"", b"y", b"", b"", &number, b""]);
}
