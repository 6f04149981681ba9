//! Each vector of a message or document, decoded: to the value that it stands for, or to the fault that it has.

use super::{new, refusal, with_twin};
use crate::{
    codec::{
        case::{Case, Expect, Group},
        request::Request,
    },
    embedded::protocol,
    hex,
    vectors::{self, InvalidMessage, MessageVectors, ValidMessage},
};
use cardwire_spec::{Place, interpret};

/// The requirement that a message is what the schema says, and nothing more.
pub(super) const WHOLE: &str = "CW-CODEC-001";
/// The requirement that the first of two faults is named.
const FIRST: &str = "CW-CODEC-011";
/// The requirement that unknown extensions are kept.
pub(super) const EXTENSIONS: &str = "CW-CODEC-010";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for vectors in vectors::messages() {
        cases.extend(vectors.valid().filter_map(|vector| valid(vectors, vector)));
        cases.extend(vectors.invalid().filter_map(|vector| invalid(vectors, vector)));
        cases.extend(misplaced(vectors));
    }
    cases
}

/// The id of the case that decodes a valid vector.
pub(super) fn valid_id(message: &str, vector: &str) -> String {
    format!("codec.decode.{message}.valid.{vector}")
}

fn valid(vectors: &MessageVectors, vector: &ValidMessage) -> Option<Case> {
    let bytes = hex::decode(&vector.hex)?;
    let requirements: &[&str] = if vector.value.get("extensions").is_some() {
        &[EXTENSIONS, WHOLE]
    } else {
        &[WHOLE]
    };
    Some(new(
        valid_id(&vectors.message, &vector.name),
        Group::Decode,
        format!("takes {}: {}", vectors.message, in_words(&vector.name)),
        requirements,
        Request::Decode {
            place: vectors.place.clone(),
            bytes: bytes.clone(),
        },
        Expect::Value {
            message: vectors.message.clone(),
            value: vector.value.clone(),
            bytes,
        },
    ))
}

fn invalid(vectors: &MessageVectors, vector: &InvalidMessage) -> Option<Case> {
    let bytes = hex::decode(&vector.hex)?;
    // The vector states the same; a test of the vectors holds both together.
    let fault = interpret::decode(protocol(), Place::parse(&vectors.place)?, &bytes).err()?;
    let mut requirements = vec![fault.rule.requirement()];
    if vector.also.is_some() {
        requirements.push(FIRST);
    }
    let case = new(
        format!("codec.decode.{}.invalid.{}", vectors.message, vector.name),
        Group::Decode,
        format!(
            "refuses {} for its {}: {}",
            vectors.message,
            fault.rule,
            in_words(&vector.name)
        ),
        &requirements,
        Request::Decode {
            place: vectors.place.clone(),
            bytes,
        },
        refusal(fault),
    );
    Some(with_twin(case, valid_id(&vectors.message, &vector.twin)))
}

/// What is right in its own place, met in another one: every place but one refuses it.
fn misplaced(vectors: &MessageVectors) -> impl Iterator<Item = Case> + '_ {
    let name = vectors.message.as_str();
    let vector = vectors.valid().next();
    let bytes = vector
        .and_then(|vector| hex::decode(&vector.hex))
        .unwrap_or_default();
    let documents = protocol().documents.iter();
    let places = Place::MESSAGES
        .into_iter()
        .chain(documents.map(|document| Place::Document(&document.name)));
    places.filter_map(move |place| {
        let fault = interpret::decode(protocol(), place, &bytes).err()?;
        let case = new(
            format!(
                "codec.decode.{name}.misplaced.{}",
                place.to_string().replace(':', "-")
            ),
            Group::Decode,
            format!("refuses {name} at {place}"),
            &[fault.rule.requirement()],
            Request::Decode {
                place: place.to_string(),
                bytes: bytes.clone(),
            },
            refusal(fault),
        );
        Some(with_twin(case, valid_id(name, &vector?.name)))
    })
}

/// The name of a vector as a title holds it.
pub(super) fn in_words(name: &str) -> String {
    name.replace('-', " ")
}
