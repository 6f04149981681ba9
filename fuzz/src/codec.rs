//! Properties of the codec: of streams of frames, of messages, and of what the interpreter of the schema says of both.

use crate::LINE;
use cardwire_agreement::{Generated, Input, Interpreter, Subject, shrink::disagree};
use cardwire_codec::plain::Any;
use cardwire_codec::{
    DecodeError, EncodeError, Frame, Message,
    frame::Deframer,
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, Logic, LoginHeader, Manifest, Request, ServiceData, Software,
    },
};
use cardwire_spec::Protocol;
use std::sync::LazyLock;

/// Takes a byte stream in pieces whose sizes the first byte chooses, and whole.
///
/// # Panics
/// Where the property does not hold.
pub fn frames(bytes: &[u8]) {
    let Some((&size, stream)) = bytes.split_first() else {
        return;
    };
    let whole = deframe(stream.chunks(stream.len().max(1)));
    let pieces = deframe(stream.chunks(usize::from(size % 16) + 1));
    assert_eq!(whole, pieces, "the same frames however the stream is cut");
    for encoded in whole {
        assert!(
            stream.windows(encoded.len()).any(|window| window == encoded),
            "a frame encodes to the bytes that it came from"
        );
    }
}

fn deframe<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let mut deframer = Deframer::<LINE>::new();
    let mut frames = Vec::new();
    for mut piece in pieces {
        while let Some(result) = deframer.feed(&mut piece) {
            if let Ok(frame) = result {
                frames.push(encode(&frame));
            }
        }
    }
    frames
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
    let mut input = arbitrary::Unstructured::new(bytes);
    // The only reason for none is that the bytes are used up.
    let Ok(value) = Any::arbitrary(&mut input) else {
        return;
    };
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

/// Takes the bytes for a message of the place that the first byte chooses, or for a document, a line or a stream, and
/// holds both codecs to the same verdict.
///
/// # Panics
/// Where they disagree.
pub fn agree(bytes: &[u8]) {
    static PROTOCOL: LazyLock<Protocol> = LazyLock::new(|| {
        let text = include_str!("../../spec/protocol.toml");
        cardwire_spec::parse("spec/protocol.toml", text).expect("the protocol's own schema is right")
    });
    let Some((&choice, bytes)) = bytes.split_first() else {
        return;
    };
    let subjects: Vec<Subject<'_>> = Subject::all(&PROTOCOL).collect();
    let input = Input {
        subject: subjects[usize::from(choice) % subjects.len()],
        bytes: bytes.to_vec(),
    };
    if let Some([generated, interpreted]) = disagree(&input, [&Generated, &Interpreter(&PROTOCOL)]) {
        panic!("{input}: the codec says {generated}, the interpreter {interpreted}");
    }
}
