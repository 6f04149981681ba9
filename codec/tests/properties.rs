//! Properties of every message and document, on values that are generated from the schema.

use cardwire_codec::{DecodeError, message::CodecRule, plain::Any};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};

/// Runs a property for each message and document.
fn each(cases: u32, check: impl Fn(&str, &Any, Index, u8) -> Result<(), TestCaseError>) {
    for (place, name) in Any::ALL {
        let values = Any::strategy(name).expect("each name has a strategy");
        let config = Config {
            cases,
            failure_persistence: None,
            ..Config::default()
        };
        let strategy = (values, any::<Index>(), 1..=255_u8);
        TestRunner::new(config)
            .run(&strategy, |(value, at, change)| check(place, &value, at, change))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn decode(place: &str, bytes: &[u8]) -> Result<Any, DecodeError> {
    Any::decode(place, bytes).expect("the place is one of the protocol's")
}

#[test]
fn what_is_encoded_decodes_to_the_same_value() {
    each(200, |place, value, _, _| {
        let bytes = value.encode()?;
        prop_assert_eq!(&decode(place, &bytes)?, value);
        Ok(())
    });
}

#[test]
fn json_loses_nothing() {
    each(100, |_, value, _, _| {
        let json = serde_json::to_string(value)?;
        let mut from = serde_json::Deserializer::from_str(&json);
        let again = Any::deserialize(value.name(), &mut from)?;
        prop_assert_eq!(again.as_ref(), Some(value), "{}", json);
        Ok(())
    });
}

#[test]
fn whatever_decodes_encodes_to_the_same_bytes() {
    each(200, |place, value, at, change| {
        let mut bytes = value.encode()?;
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        match decode(place, &bytes) {
            Ok(other) => prop_assert_eq!(other.encode()?, bytes),
            Err(error) => prop_assert!(error.offset <= bytes.len(), "{}", error),
        }
        Ok(())
    });
}

#[test]
fn no_beginning_of_a_message_is_a_message() {
    each(50, |place, value, at, _| {
        let bytes = value.encode()?;
        let cut = &bytes[..at.index(bytes.len())];
        match decode(place, cut) {
            // Extensions are optional: a message without its last ones is another message.
            Ok(other) => prop_assert_eq!(other.encode()?, cut),
            Err(error) if cut.is_empty() => prop_assert_eq!(error.rule, CodecRule::MessageType),
            Err(error) => prop_assert_eq!(error.rule, CodecRule::Truncated),
        }
        Ok(())
    });
}

#[test]
fn a_fuzzer_makes_values_that_have_an_encoding() {
    let strategy = proptest::collection::vec(any::<u8>(), 0..2000);
    TestRunner::new(Config {
        cases: 2000,
        failure_persistence: None,
        ..Config::default()
    })
    .run(&strategy, |bytes| {
        let mut input = arbitrary::Unstructured::new(&bytes);
        if let Ok(value) = Any::arbitrary(&mut input) {
            prop_assert!(value.encode().is_ok(), "{:?}", value);
        }
        Ok(())
    })
    .unwrap_or_else(|error| panic!("{error}"));
}
