//! Two codecs that share no code must agree on every byte string: the one generated from the schema, and the
//! interpreter of the schema that the suite judges devices with.

use cardwire_codec::{
    DecodeError, Message,
    frame::{DELIMITER, Deframer, line_size},
    message::{
        Answer, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer, CloudRequest, Event,
        Logic, LoginHeader, Manifest, Request, ServiceData, limits::FRAME_MAX,
    },
};
use cardwire_spec::{
    Place, Protocol, interpret,
    kind::{Kind, prefix_size},
    model::{Charset, Field, Length, Order},
};
use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use std::path::Path;

fn protocol() -> Protocol {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/protocol.toml");
    cardwire_spec::load(&file).expect("the protocol's own schema is right")
}

/// What the generated codec says of bytes at a place: the error's rule, field and offset.
fn generated(place: Place<'_>, bytes: &[u8]) -> Result<(), (String, String, usize)> {
    let verdict: Result<(), DecodeError> = match place {
        Place::ClearRequest => ClearRequest::decode(bytes).map(drop),
        Place::ClearAnswer => ClearAnswer::decode(bytes).map(drop),
        Place::Request => Request::decode(bytes).map(drop),
        Place::Answer => Answer::decode(bytes).map(drop),
        Place::Event => Event::decode(bytes).map(drop),
        Place::CloudRequest => CloudRequest::decode(bytes).map(drop),
        Place::CloudAnswer => CloudAnswer::decode(bytes).map(drop),
        Place::ChannelRequest => ChannelRequest::decode(bytes).map(drop),
        Place::ChannelAnswer => ChannelAnswer::decode(bytes).map(drop),
        Place::Document("login_header") => LoginHeader::decode(bytes).map(drop),
        Place::Document("service_data") => ServiceData::decode(bytes).map(drop),
        Place::Document("manifest") => Manifest::decode(bytes).map(drop),
        Place::Document("logic") => Logic::decode(bytes).map(drop),
        Place::Document(_) | Place::Any => panic!("a place that the codec does not have: {place}"),
    };
    verdict.map_err(|error| (error.rule.name().to_owned(), error.field.to_owned(), error.offset))
}

fn interpreted(protocol: &Protocol, place: Place<'_>, bytes: &[u8]) -> Result<(), (String, String, usize)> {
    let verdict = interpret::decode(protocol, place, bytes).map(drop);
    verdict.map_err(|fault| (fault.rule.to_string(), fault.field, fault.offset))
}

/// Encodings of a field: mostly within its bounds, so that the rules behind it are reached too.
fn field(protocol: &Protocol, field: &Field) -> BoxedStrategy<Vec<u8>> {
    let Some([min, max]) = field.count else {
        return item(protocol, field);
    };
    let ascending = field.order == Some(Order::Ascending);
    let items = proptest::collection::vec(item(protocol, field), min as usize..=(max as usize).min(6));
    items
        .prop_map(move |mut items| {
            if ascending {
                items.sort();
                items.dedup();
            }
            [prefix(items.len(), max), items.concat()].concat()
        })
        .boxed()
}

fn item(protocol: &Protocol, field: &Field) -> BoxedStrategy<Vec<u8>> {
    match protocol.kind(&field.type_name).expect("a known type") {
        Kind::Number(size) => {
            let [min, max] = field.range.unwrap_or([0, u64::MAX >> (64 - 8 * size)]);
            (min..=max)
                .prop_map(move |value| value.to_be_bytes()[8 - size..].to_vec())
                .boxed()
        }
        Kind::Bool => (0..=1_u8).prop_map(|value| vec![value]).boxed(),
        Kind::Registry(_, registry) => {
            let size = registry.width.bytes();
            let values: Vec<u64> = registry.values.iter().map(|value| value.value).collect();
            select(values)
                .prop_map(move |value| value.to_be_bytes()[8 - size..].to_vec())
                .boxed()
        }
        Kind::Structure(structure) => fields(protocol, &structure.fields),
        Kind::Bytes => lengths(field, any::<u8>().boxed()),
        Kind::Text => {
            let set = if field.charset == Some(Charset::Name) {
                &b"aZ09.-_"[..]
            } else {
                &b"aZ09 ,!?"[..]
            };
            lengths(field, select(set.to_vec()).boxed())
        }
        Kind::Register | Kind::Label => panic!("an operand's type in a field"),
    }
}

fn lengths(field: &Field, byte: BoxedStrategy<u8>) -> BoxedStrategy<Vec<u8>> {
    match field.length.expect("bytes and text have a length") {
        Length::Exact(size) => proptest::collection::vec(byte, size as usize).boxed(),
        Length::Bounds(min, max) => {
            let sizes = min as usize..=(max as usize).min(min as usize + 40);
            proptest::collection::vec(byte, sizes)
                .prop_map(move |bytes| [prefix(bytes.len(), max), bytes].concat())
                .boxed()
        }
    }
}

fn prefix(value: usize, max: u64) -> Vec<u8> {
    let bytes = (value as u64).to_be_bytes();
    bytes[8 - prefix_size(max) as usize..].to_vec()
}

fn fields(protocol: &Protocol, all: &[Field]) -> BoxedStrategy<Vec<u8>> {
    let parts: Vec<_> = all.iter().map(|part| field(protocol, part)).collect();
    parts.prop_map(|parts| parts.concat()).boxed()
}

fn extensions() -> impl Strategy<Value = Vec<u8>> {
    let one = (any::<u16>(), proptest::collection::vec(any::<u8>(), 0..4));
    proptest::collection::vec(one, 0..3).prop_map(|mut extensions| {
        extensions.sort();
        let encode = |(tag, value): &(u16, Vec<u8>)| {
            // Now and then a critical one.
            let tag = if tag % 8 == 0 { *tag } else { tag & 0x7FFF };
            [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
        };
        extensions.iter().map(encode).collect::<Vec<_>>().concat()
    })
}

/// One change that breaks most messages.
#[derive(Clone, Debug)]
enum Mutation {
    None,
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, u8),
}

impl Mutation {
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => {}
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
        }
        bytes
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::None),
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        any::<Index>().prop_map(Mutation::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
    ]
}

#[test]
fn both_say_the_same_of_every_message_and_document() {
    let protocol = protocol();
    let messages = protocol.messages.iter().map(|message| {
        (
            message.place().expect("every message has a place"),
            message.code,
            &message.fields,
        )
    });
    let documents = protocol
        .documents
        .iter()
        .map(|document| (Place::Document(&document.name), document.code, &document.fields));
    for (place, code, all) in messages.chain(documents) {
        let strategy = (fields(&protocol, all), extensions(), mutation());
        let mut runner = TestRunner::new(Config {
            cases: 500,
            failure_persistence: None,
            ..Config::default()
        });
        let outcome = runner.run(&strategy, |(body, extensions, mutation)| {
            let bytes = mutation.apply([vec![code], body, extensions].concat());
            prop_assert_eq!(
                generated(place, &bytes),
                interpreted(&protocol, place, &bytes),
                "{:02x?}",
                bytes
            );
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{place}, code {code:02X}: {error}"));
    }
}

#[test]
fn both_say_the_same_of_every_line() {
    let protocol = protocol();
    let payload = proptest::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..520);
    let strategy = (
        prop_oneof![Just("clear"), Just("sealed")],
        any::<u64>(),
        payload,
        mutation(),
    );
    let mut runner = TestRunner::new(Config {
        cases: 5_000,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&strategy, |(kind, number, payload, mutation)| {
        let frame = interpret::frame::Frame {
            kind: kind.to_owned(),
            number,
            payload,
        };
        let line = interpret::frame::encode(&protocol, &frame).expect("a known kind");
        let mut line = mutation.apply(line[..line.len() - 1].to_vec());
        let judged = interpret::frame::decode(&protocol, &line).ok();
        let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
        line.push(DELIMITER);
        // A delimiter within ends a frame of its own, which the interpreter is not asked about.
        if line[..line.len() - 1].contains(&DELIMITER) {
            prop_assert!(judged.is_none());
            return Ok(());
        }
        let taken = deframer.feed(&mut &line[..]).and_then(Result::ok);
        let taken = taken.map(|frame| (frame.kind.name().to_owned(), frame.number, frame.payload.to_vec()));
        prop_assert_eq!(
            taken,
            judged.map(|frame| (frame.kind, frame.number, frame.payload))
        );
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
