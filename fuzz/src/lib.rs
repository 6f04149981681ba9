//! Properties that hold for every input, as the fuzz targets and plain tests assert them.
//!
//! A target is run with `cargo +nightly fuzz run NAME` (crate `cargo-fuzz`):
//!
//! | target | property |
//! | --- | --- |
//! | `frames` | a byte stream gives the same frames however it is cut, each of which encodes to the bytes it came from |
//! | `messages` | whatever decodes encodes to the same bytes |
//! | `values` | every value that keeps the schema's bounds encodes, and comes back out of its bytes and out of its JSON |
//! | `agree` | the codec and the interpreter of the schema take the same bytes for the same values, and refuse others alike |
//! | `reader` | a reader neither panics nor powers a module, whatever comes in before a client is authenticated |

use cardwire_agreement::{Generated, Input, Interpreter, Subject, shrink::disagree};
use cardwire_codec::plain::Any;
use cardwire_codec::{
    DecodeError, EncodeError, Frame, Message,
    frame::{DELIMITER, Deframer, line_size},
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, HardwareClass, Logic, LoginHeader, Manifest, Provisioning, Request, ServiceData,
        Software, limits::FRAME_MIN,
    },
};
use cardwire_core::{
    Env, Identity, Instant, Reader,
    env::{RandomFailed, Record, StoreFailed},
    identity::{Name, SecretKey},
};
use cardwire_spec::Protocol;
use std::sync::LazyLock;

const LINE: usize = line_size(FRAME_MIN);

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

/// Feeds a reader with frames and garbage.
///
/// # Panics
/// Where a module is powered although no client was authenticated.
pub fn reader(bytes: &[u8]) {
    let mut reader = Reader::new(identity(), Board(1), Instant::from_millis(0));
    let mut now = 0;
    for piece in bytes.split(|byte| *byte == 0xFF) {
        // A piece that begins with an even byte is garbage, another one the payload of a good frame.
        let line = match piece.split_first() {
            Some((kind, payload)) if kind % 2 == 1 && payload.len() < FRAME_MIN => good_frame(*kind, payload),
            _ => [piece, &[DELIMITER]].concat(),
        };
        let mut input = &line[..];
        while !input.is_empty() {
            now += 7;
            reader.handle_bytes(Instant::from_millis(now), &mut input);
            while reader.poll_output().is_some() {}
            assert!(
                reader.poll_module().is_none(),
                "no module is powered for a stranger"
            );
        }
    }
}

fn good_frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    use cardwire_codec::message::FrameKind;
    let kind = if kind % 4 == 1 {
        FrameKind::Clear
    } else {
        FrameKind::Sealed
    };
    let mut out = vec![0; 2 * LINE];
    let length = Frame {
        kind,
        number: u64::from(kind.value()),
        payload,
    }
    .encode(&mut out)
    .expect("it fits");
    out.truncate(length);
    out
}

/// A board that remembers nothing and whose randomness repeats, so that findings do too.
struct Board(u8);

impl Env for Board {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.0 = self.0.wrapping_mul(5).wrapping_add(3);
        out.fill(self.0);
        Ok(())
    }

    fn load(&mut self, _record: Record, _out: &mut [u8]) -> Option<usize> {
        None
    }

    fn store(&mut self, _record: Record, _data: &[u8]) -> Result<(), StoreFailed> {
        Ok(())
    }
}

fn identity() -> Identity {
    let name = |text| Name::new(text).expect("a name of the right characters");
    Identity {
        reader_id: name("FUZZED"),
        hardware_class: HardwareClass::REFERENCE_HOST,
        provisioning: Provisioning::Production,
        software: name("fuzz"),
        static_key: SecretKey([1; 32]),
        cloud_public_key: [9; 32],
        authority_public_key: [9; 32],
        clients: [None, None, None, None],
    }
}
