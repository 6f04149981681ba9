//! Each vector in CBOR: from its native encoding and back, and what neither side takes.

use super::{decode::in_words, new, refusal, with_twin};
use crate::{
    codec::{
        case::{Case, Expect, Group},
        request::{Encoding, Request},
        transcode::transcode,
    },
    hex,
    vectors::{self, CborVectors, InvalidCbor, MessageVectors, ValidCbor},
};

/// The requirement that says what the other form of a message is.
pub(super) const FORM: &str = "CW-CBOR-001";
/// The requirement that says which of several rules is named.
const ORDER: &str = "CW-CBOR-005";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for vectors in vectors::cbor() {
        cases.extend(vectors.valid().filter_map(|vector| to_cbor(vectors, vector)));
        cases.extend(vectors.valid().filter_map(|vector| from_cbor(vectors, vector)));
        cases.extend(vectors.invalid().filter_map(|vector| invalid(vectors, vector)));
    }
    cases
}

fn to_cbor(vectors: &CborVectors, vector: &ValidCbor) -> Option<Case> {
    let expected = hex::decode(&vector.cbor)?;
    one(
        &vectors.message,
        &vector.name,
        Encoding::Native,
        &vector.native,
        &[FORM],
        Expect::Bytes(expected),
    )
}

fn from_cbor(vectors: &CborVectors, vector: &ValidCbor) -> Option<Case> {
    let expected = hex::decode(&vector.native)?;
    one(
        &vectors.message,
        &vector.name,
        Encoding::Cbor,
        &vector.cbor,
        &[FORM],
        Expect::Bytes(expected),
    )
}

fn invalid(vectors: &CborVectors, vector: &InvalidCbor) -> Option<Case> {
    let (from, bytes) = match (&vector.native, &vector.cbor) {
        (Some(native), _) => (Encoding::Native, native),
        (None, Some(cbor)) => (Encoding::Cbor, cbor),
        (None, None) => return None,
    };
    // The vector states the same; a test of the vectors holds both together.
    let fault = transcode(&vectors.message, from, &hex::decode(bytes)?).err()?;
    let rule = fault.rule.requirement();
    // Of two rules the first that is met is named: whoever names another one has the order wrong.
    let requirements = match &vector.also {
        Some(_) => vec![ORDER, rule],
        None => vec![rule],
    };
    let case = one(
        &vectors.message,
        &vector.name,
        from,
        bytes,
        &requirements,
        refusal(fault),
    )?;
    // What is refused says something only where the like is taken.
    let named = vector.twin.as_deref();
    let twin = vectors
        .valid()
        .find(|valid| named.is_none_or(|name| name == valid.name))?;
    Some(with_twin(case, id(&vectors.message, from, &twin.name)))
}

/// The id of the case that transcodes this valid vector to CBOR, or another one of its message where that has no form
/// in CBOR: service data may be of no kind that it can hold.
pub(super) fn twin(vectors: &MessageVectors, vector: &str) -> Option<String> {
    let all = vectors::cbor();
    let known = all.iter().find(|known| known.message == vectors.message)?;
    let named = known.valid().find(|valid| valid.name == vector);
    let chosen = named.or_else(|| known.valid().next())?;
    Some(id(&vectors.message, Encoding::Native, &chosen.name))
}

fn id(message: &str, from: Encoding, vector: &str) -> String {
    match from {
        Encoding::Native => format!("codec.transcode.{message}.to-cbor.{vector}"),
        Encoding::Cbor => format!("codec.transcode.{message}.from-cbor.{vector}"),
    }
}

fn one(
    message: &str,
    name: &str,
    from: Encoding,
    bytes: &str,
    requirements: &[&str],
    expect: Expect,
) -> Option<Case> {
    Some(new(
        id(message, from, name),
        Group::Transcode,
        format!("{message} to the other encoding: {}", in_words(name)),
        requirements,
        Request::Transcode {
            message: message.to_owned(),
            from,
            bytes: hex::decode(bytes)?,
        },
        expect,
    ))
}
