//! Generated cases: vectors with a few bytes changed, and streams put together at random. Seed and number decide what a
//! case is, so that it is replayed alone as it was among all others.

use super::{decode, frames, new, refusal, streams::line, with_twin};
use crate::{
    codec::{
        case::{Case, Expect, Group},
        request::{Encoding, Request},
        transcode,
    },
    embedded::protocol,
    hex,
    random::Random,
    vectors::{self, MessageVectors, ValidMessage},
};
use cardwire_spec::{
    Place,
    interpret::{self, frame::DELIMITER},
};

const PREFIX: &str = "codec.generated.";

/// Bytes at which decoders turn.
const TURNS: [u8; 8] = [0x00, 0x01, 0x02, 0x7F, 0x80, 0xFE, 0xFF, 0x20];

/// The number of a generated case with this id.
pub(crate) fn number_of(id: &str) -> Option<u32> {
    id.strip_prefix(PREFIX)?.parse().ok()
}

/// The generated case of this number.
pub(in crate::codec) fn case(seed: u64, number: u32) -> Case {
    let id = format!("{PREFIX}{number}");
    let mut random = Random::new(seed, &id);
    let made = match random.below(8) {
        0 => stream(&mut random, &id),
        1 => value(&mut random, &id),
        2 => transcoded(&mut random, &id),
        _ => message(&mut random, &id),
    };
    // Every message has vectors: there is something to choose from.
    made.unwrap_or_else(|| stream_of(&id, Vec::new(), protocol().limit("frame_min")))
}

/// A message with some bytes changed, mostly where it belongs.
fn message(random: &mut Random, id: &str) -> Option<Case> {
    let (vectors, vector) = chosen(random)?;
    let (bytes, changes) = changed(random, hex::decode(&vector.hex)?);
    let elsewhere = random.below(16) == 0;
    let place = if elsewhere {
        pick(random, &Place::MESSAGES)?.to_string()
    } else {
        vectors.place.clone()
    };
    let title = format!(
        "decodes {} ({}) with {changes} changes, at {place}",
        vectors.message, vector.name
    );
    let twin = decode::valid_id(&vectors.message, &vector.name);
    let (requirement, expect) = match interpret::decode(protocol(), Place::parse(&place)?, &bytes) {
        Ok(tree) => {
            let expect = Expect::Value {
                message: tree.name.clone(),
                value: interpret::to_json(&tree),
                bytes: bytes.clone(),
            };
            (decode::WHOLE, expect)
        }
        Err(fault) => (fault.rule.requirement(), refusal(fault)),
    };
    let is_right = matches!(expect, Expect::Value { .. });
    let request = Request::Decode { place, bytes };
    let case = generated(id, title, requirement, request, expect);
    Some(if is_right { case } else { with_twin(case, twin) })
}

/// The value of a message that was changed and is one all the same.
fn value(random: &mut Random, id: &str) -> Option<Case> {
    let (vectors, vector) = chosen(random)?;
    let original = hex::decode(&vector.hex)?;
    let place = Place::parse(&vectors.place)?;
    let decoded = (0..16).find_map(|_| {
        let (bytes, _) = changed(random, original.clone());
        interpret::decode(protocol(), place, &bytes)
            .ok()
            .map(|tree| (tree, bytes))
    });
    let (tree, bytes) = match decoded {
        Some(decoded) => decoded,
        None => (interpret::decode(protocol(), place, &original).ok()?, original),
    };
    let request = Request::Encode {
        message: tree.name.clone(),
        value: interpret::to_json(&tree),
    };
    let title = format!("encodes {} ({}), changed", tree.name, vector.name);
    Some(generated(id, title, decode::WHOLE, request, Expect::Bytes(bytes)))
}

fn transcoded(random: &mut Random, id: &str) -> Option<Case> {
    let (vectors, vector) = chosen(random)?;
    let native = hex::decode(&vector.hex)?;
    let message = vectors.message.clone();
    let (from, original) = match transcode::transcode(&message, Encoding::Native, &native) {
        Ok(cbor) if random.below(2) == 0 => (Encoding::Cbor, cbor),
        Ok(_) | Err(_) => (Encoding::Native, native),
    };
    let (bytes, changes) = changed(random, original);
    let title = format!("transcodes {message} ({}) with {changes} changes", vector.name);
    let (requirement, expect) = match transcode::transcode(&message, from, &bytes) {
        Ok(bytes) => (super::transcode::FORM, Expect::Bytes(bytes)),
        Err(fault) => (fault.rule.requirement(), refusal(fault)),
    };
    let is_right = matches!(expect, Expect::Bytes(_));
    let twin = super::transcode::twin(vectors, &vector.name)?;
    let request = Request::Transcode { message, from, bytes };
    let case = generated(id, title, requirement, request, expect);
    Some(if is_right { case } else { with_twin(case, twin) })
}

/// Frames, frames with some bytes changed, and garbage.
fn stream(random: &mut Random, id: &str) -> Option<Case> {
    let frame_min = protocol().limit("frame_min");
    let max_frame = *pick(random, &[frame_min, 2 * frame_min, protocol().limit("frame_max")])?;
    let mut stream = Vec::new();
    for _ in 0..=random.below(4) {
        let largest = if random.below(6) == 0 { max_frame + 40 } else { 300 };
        let length = random.below(largest) as usize;
        let mut payload = random.bytes(length);
        if random.below(2) == 0 {
            payload.iter_mut().for_each(|byte| *byte = (*byte).max(1));
        }
        let kind = pick(random, &["clear", "sealed"])?;
        let mut part = line(kind, random.number(), &payload);
        match random.below(4) {
            0 => part = changed(random, part).0,
            1 => {
                let length = random.below(40) as usize;
                stream.extend(random.bytes(length));
                stream.push(DELIMITER);
            }
            _ => {}
        }
        stream.extend(part);
    }
    Some(stream_of(id, stream, max_frame))
}

fn stream_of(id: &str, stream: Vec<u8>, max_frame: u64) -> Case {
    let title = format!("finds what stands in {} bytes of a stream", stream.len());
    let case = frames::deframe(id.to_owned(), title, &["CW-LINK-005"], stream, max_frame);
    let case = Case {
        group: Group::Generated,
        ..case
    };
    with_twin(case, frames::TWIN.to_owned())
}

fn generated(id: &str, title: String, requirement: &str, request: Request, expect: Expect) -> Case {
    new(
        id.to_owned(),
        Group::Generated,
        title,
        &[requirement],
        request,
        expect,
    )
}

fn chosen(random: &mut Random) -> Option<(&'static MessageVectors, &'static ValidMessage)> {
    let vectors = pick(random, vectors::messages())?;
    let valid: Vec<_> = vectors.valid().collect();
    Some((vectors, pick(random, &valid).copied()?))
}

fn pick<'c, T>(random: &mut Random, choice: &'c [T]) -> Option<&'c T> {
    choice.get(random.below(choice.len() as u64) as usize)
}

/// One to three changes: a bit, a byte, a byte more or less, an end, a part twice.
fn changed(random: &mut Random, mut bytes: Vec<u8>) -> (Vec<u8>, u64) {
    let changes = 1 + random.below(3);
    for _ in 0..changes {
        let at = random.below(bytes.len() as u64) as usize;
        let turn = pick(random, &TURNS).copied().unwrap_or_default();
        let way = random.below(8);
        let Some(byte) = bytes.get_mut(at) else {
            bytes.push(turn);
            continue;
        };
        match way {
            0 => *byte ^= 1 << random.below(8),
            1 => *byte = turn,
            2 => *byte = byte.wrapping_add(1),
            3 => *byte = byte.wrapping_sub(1),
            4 => {
                bytes.remove(at);
            }
            5 => bytes.insert(at, turn),
            6 => bytes.truncate(at),
            _ => {
                let length = 1 + random.below(6) as usize;
                let part: Vec<u8> = bytes[at..].iter().take(length).copied().collect();
                bytes.splice(at..at, part);
            }
        }
    }
    (bytes, changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_number_decide() {
        let line = |seed, number| case(seed, number).request.line(0);
        assert_eq!(line(1, 5), line(1, 5));
        assert_ne!(line(1, 5), line(2, 5));
        assert_ne!(line(1, 5), line(1, 6));
        assert_eq!(number_of(&case(0, 17).id), Some(17));
        assert_eq!(
            (number_of("codec.generated.*"), number_of("codec.decode.x")),
            (None, None)
        );
    }

    /// What is generated reaches beyond what refuses everything at once.
    #[test]
    fn a_good_part_of_what_is_generated_is_right() {
        let all: Vec<_> = (0..400).map(|number| case(0, number)).collect();
        let right = all
            .iter()
            .filter(|case| !matches!(case.expect, Expect::Refusal(_)))
            .count();
        let encoded = all
            .iter()
            .filter(|case| matches!(case.request, Request::Encode { .. }))
            .count();
        assert!((100..350).contains(&right) && encoded > 20, "{right}, {encoded}");
    }
}
