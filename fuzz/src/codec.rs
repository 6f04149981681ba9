//! Properties of the codec: of streams of frames, of messages, and of what the interpreter of the schema says of both.

mod explain;
mod seeds;
mod words;

pub use explain::{explain_agreement, explain_frames, explain_messages, explain_value};
pub use seeds::{agreement_seeds, frame_seeds, message_seeds, value_seeds};
pub(crate) use words::{cbor_words, number_words};
pub use words::{frame_words, message_words};

use crate::LINE;
use cardwire_agreement::{Generated, Input, Interpreter, Subject, shrink::disagree};
use cardwire_codec::plain::Any;
use cardwire_codec::{
    DecodeError, EncodeError, Frame, Message,
    frame::{DELIMITER, Deframer, FrameError},
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, Logic, LoginHeader, Manifest, Request, ServiceData, Software,
    },
};
use cardwire_spec::Protocol;
use std::sync::LazyLock;

/// The schema that every target means.
pub(crate) static PROTOCOL: LazyLock<Protocol> = LazyLock::new(|| {
    let text = include_str!("../../spec/protocol.toml");
    cardwire_spec::parse("spec/protocol.toml", text).expect("the protocol's own schema is right")
});

/// What a deframer makes of what stands between two delimiters.
type Found = Result<Vec<u8>, FrameError>;

/// Takes a byte stream whole, in pieces whose sizes the first byte chooses, and with a good frame behind it.
///
/// # Panics
/// Where the property does not hold.
pub fn frames(bytes: &[u8]) {
    let Some((&size, stream)) = bytes.split_first() else {
        return;
    };
    let whole = deframe(stream.chunks(stream.len().max(1)));
    let pieces = deframe(stream.chunks(piece_size(size)));
    assert_eq!(
        whole, pieces,
        "the same frames and faults however the stream is cut"
    );
    let lines = stream
        .split(|byte| *byte == DELIMITER)
        .filter(|line| !line.is_empty());
    let ended = lines.clone().count() - usize::from(stream.last().is_some_and(|last| *last != DELIMITER));
    assert_eq!(
        whole.len(),
        ended,
        "each line gives a frame or a fault, and no more"
    );
    for (line, found) in lines.zip(&whole) {
        if let Ok(encoded) = found {
            assert_eq!(
                encoded.strip_suffix(&[DELIMITER]),
                Some(line),
                "a frame encodes to the bytes that it came from"
            );
        }
    }
    let behind = [stream, &[DELIMITER], &GOOD_FRAME].concat();
    assert_eq!(
        deframe(behind.chunks(behind.len())).last(),
        Some(&Ok(GOOD_FRAME.to_vec())),
        "whatever came before costs the next frame nothing"
    );
}

/// A frame that says hello, as the vectors have it.
const GOOD_FRAME: [u8; 20] = [
    0x02, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x06, 0x01, 0x01, 0x01, 0x01, 0x02, 0x05, 0xAA, 0x0C,
    0x6E, 0x2A, 0x00,
];

fn piece_size(choice: u8) -> usize {
    usize::from(choice % 16) + 1
}

fn deframe<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Found> {
    let mut deframer = Deframer::<LINE>::new();
    let mut found = Vec::new();
    for mut piece in pieces {
        while let Some(result) = deframer.feed(&mut piece) {
            found.push(result.map(|frame| encode(&frame)));
        }
    }
    found
}

fn encode(frame: &Frame<'_>) -> Vec<u8> {
    let mut out = vec![0; LINE];
    let length = frame.encode(&mut out).expect("a frame that came in fits");
    out.truncate(length);
    out
}

/// Decodes the bytes as a message of every place and as every document.
///
/// # Panics
/// Where something decodes and does not encode to the same bytes.
pub fn messages(bytes: &[u8]) {
    canonical(bytes, ClearRequest::decode, |message, out| message.encode(out));
    canonical(bytes, ClearAnswer::decode, |message, out| message.encode(out));
    canonical(bytes, Request::decode, |message, out| message.encode(out));
    canonical(bytes, Answer::decode, |message, out| message.encode(out));
    canonical(bytes, Event::decode, |message, out| message.encode(out));
    canonical(bytes, CloudRequest::decode, |message, out| message.encode(out));
    canonical(bytes, CloudAnswer::decode, |message, out| message.encode(out));
    canonical(bytes, ChannelRequest::decode, |message, out| message.encode(out));
    canonical(bytes, ChannelAnswer::decode, |message, out| message.encode(out));
    canonical(bytes, LoginHeader::decode, Message::encode);
    canonical(bytes, ServiceData::decode, Message::encode);
    canonical(bytes, Manifest::decode, Message::encode);
    canonical(bytes, Logic::decode, Message::encode);
    canonical(bytes, Software::decode, Message::encode);
    canonical(bytes, Authentication::decode, Message::encode);
}

fn canonical<'a, M>(
    bytes: &'a [u8],
    decode: impl Fn(&'a [u8]) -> Result<M, DecodeError>,
    encode: impl Fn(&M, &mut [u8]) -> Result<usize, EncodeError>,
) {
    match decode(bytes) {
        Ok(message) => {
            let mut out = vec![0; bytes.len()];
            let length = encode(&message, &mut out).expect("what decodes has an encoding");
            assert_eq!(&out[..length], bytes, "one value has one encoding");
        }
        Err(error) => assert!(
            error.offset <= bytes.len(),
            "an error names a place in the message"
        ),
    }
}

/// Makes a value of the bytes, and takes it through its encoding and its JSON form and back.
///
/// # Panics
/// Where it has no encoding, or does not come back the same.
pub fn values(bytes: &[u8]) {
    let Some(value) = value(bytes) else { return };
    let encoded = value.encode().expect("what keeps its bounds has an encoding");
    let (place, _) = Any::ALL
        .iter()
        .find(|(_, name)| *name == value.name())
        .expect("each name has a place");
    let decoded = Any::decode(place, &encoded).expect("the place is one of the protocol's");
    assert_eq!(
        decoded.as_ref(),
        Ok(&value),
        "what is encoded decodes to the same value"
    );
    let json = serde_json::to_string(&value).expect("each value has a JSON form");
    let read = Any::deserialize(value.name(), &mut serde_json::Deserializer::from_str(&json));
    assert_eq!(read.ok().flatten(), Some(value), "JSON loses nothing");
}

/// The value that the bytes make; `None` where there are too few of them.
fn value(bytes: &[u8]) -> Option<Any> {
    Any::arbitrary(&mut arbitrary::Unstructured::new(bytes)).ok()
}

/// Takes the bytes for a message of the place that the first byte chooses, or for a document, a line or a stream, and
/// holds both codecs to the same verdict.
///
/// # Panics
/// Where they disagree.
pub fn agree(bytes: &[u8]) {
    let Some(input) = input(bytes) else { return };
    if let Some([generated, interpreted]) = disagree(&input, [&Generated, &Interpreter(&PROTOCOL)]) {
        panic!("{input}: the codec says {generated}, the interpreter {interpreted}");
    }
}

/// What the first byte takes the others for.
fn input(bytes: &[u8]) -> Option<Input<'static>> {
    let (&choice, bytes) = bytes.split_first()?;
    let subject = SUBJECTS[usize::from(choice) % SUBJECTS.len()];
    let bytes = bytes.to_vec();
    Some(Input { subject, bytes })
}

/// All that bytes can be taken for, in the order of the first byte.
static SUBJECTS: LazyLock<Vec<Subject<'static>>> = LazyLock::new(|| Subject::all(&PROTOCOL).collect());
