//! Inputs to begin with, from the vectors of frames, messages and CBOR.

use super::{Any, SUBJECTS};
use crate::{Seed, vectors, vectors::Vector};
use cardwire_agreement::Subject;

/// Every line and every stream of the vectors, in two sizes of pieces.
#[must_use]
pub fn frame_seeds() -> Vec<Seed> {
    let pieces = [0, 6];
    let mut seeds = Vec::new();
    for (index, vector) in vectors::all("frames").iter().enumerate() {
        if let Some(stream) = line_or_stream(vector) {
            let piece = pieces[index % pieces.len()];
            seeds.push(vector.seed([&[piece], &stream[..]].concat()));
        }
    }
    seeds
}

fn line_or_stream(vector: &Vector) -> Option<Vec<u8>> {
    vector.bytes("line").or_else(|| vector.bytes("stream"))
}

/// Every message of the vectors, right and wrong.
#[must_use]
pub fn message_seeds() -> Vec<Seed> {
    let vectors = vectors::all("messages");
    let seeds = vectors.iter();
    seeds
        .filter_map(|vector| Some(vector.seed(vector.bytes("hex")?)))
        .collect()
}

/// For every right message of the vectors, a value of the same message, which its bytes make.
#[must_use]
pub fn value_seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for vector in vectors::all("messages").iter().filter(|vector| vector.is_valid()) {
        let choice = Any::ALL.iter().position(|(_, name)| *name == vector.about);
        if let (Some(choice), Some(bytes)) = (
            choice.and_then(|choice| u8::try_from(choice).ok()),
            vector.bytes("hex"),
        ) {
            seeds.push(vector.seed([&[choice], &bytes[..]].concat()));
        }
    }
    seeds
}

/// Every vector of frames, of messages and of messages in CBOR, as what it is.
#[must_use]
pub fn agreement_seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for vector in vectors::all("messages") {
        let place = vector.place.as_deref().unwrap_or_default();
        seeds.extend(seed(&vector, place, "hex"));
    }
    for vector in vectors::all("cbor") {
        seeds.extend(seed(&vector, &format!("cbor:{}", vector.about), "cbor"));
    }
    for vector in vectors::all("frames") {
        seeds.extend(seed(&vector, "stream", "stream").or_else(|| seed(&vector, "line", "line")));
    }
    seeds
}

fn seed(vector: &Vector, subject: &str, member: &str) -> Option<Seed> {
    let is_meant = |known: &Subject<'_>| known.to_string() == subject;
    let choice = u8::try_from(SUBJECTS.iter().position(is_meant)?).ok()?;
    let mut seed = vector.seed([&[choice], &vector.bytes(member)?[..]].concat());
    // Messages, CBOR and frames have names in common.
    seed.name = format!("{}-{}", subject.split(':').next().unwrap_or_default(), seed.name);
    Some(seed)
}
