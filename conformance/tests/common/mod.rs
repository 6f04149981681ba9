//! Encodings made from the schema, mostly right ones, and changes that break them: what two codecs are held against each
//! other with.

use cardwire_spec::{
    Protocol,
    kind::{Kind, prefix_size},
    model::{Charset, ExtensionField, Field, Length, Order},
};
use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};
use std::path::Path;

/// What both codecs say of bytes: what they make of them, or rule, field and offset of the first fault.
pub(crate) type Said<T> = Result<T, (String, String, usize)>;

pub(crate) fn protocol() -> Protocol {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/protocol.toml");
    cardwire_spec::load(&file).expect("the protocol's own schema is right")
}

/// Runs a property on so many generated values.
pub(crate) fn hold<S: Strategy>(
    what: &str,
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(strategy, property);
    outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
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

/// Encodings of fields, one after the other.
pub(crate) fn fields(protocol: &Protocol, all: &[Field]) -> BoxedStrategy<Vec<u8>> {
    let parts: Vec<_> = all.iter().map(|part| field(protocol, part)).collect();
    parts.prop_map(|parts| parts.concat()).boxed()
}

/// Extensions in the order of their numbers: strange ones, and now and then those that the schema defines.
pub(crate) fn extensions(protocol: &Protocol, known: &[ExtensionField]) -> BoxedStrategy<Vec<u8>> {
    let strange = (any::<u16>(), proptest::collection::vec(any::<u8>(), 0..4)).prop_map(|(tag, value)| {
        // Now and then a critical one.
        let tag = if tag % 8 == 0 { tag } else { tag & 0x7FFF };
        (tag, value)
    });
    let strange = proptest::collection::vec(strange, 0..3);
    let known: Vec<_> = known
        .iter()
        .map(|known| {
            let tag = known.wire_tag();
            let value = field(protocol, &known.field).prop_map(move |value| (tag, value));
            proptest::option::of(value)
        })
        .collect();
    (strange, known)
        .prop_map(|(mut all, known)| {
            all.extend(known.into_iter().flatten());
            all.sort_by_key(|(tag, _)| tag & 0x7FFF);
            let encode = |(tag, value): &(u16, Vec<u8>)| {
                [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
            };
            all.iter().map(encode).collect::<Vec<_>>().concat()
        })
        .boxed()
}

/// One change that breaks most messages.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    None,
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, u8),
}

impl Mutation {
    pub(crate) fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::None => {}
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= mask;
                }
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len().max(1))),
            Self::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
        }
        bytes
    }
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::None),
        (any::<Index>(), 1..=255_u8).prop_map(|(at, mask)| Mutation::Flip(at, mask)),
        any::<Index>().prop_map(Mutation::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
    ]
}
