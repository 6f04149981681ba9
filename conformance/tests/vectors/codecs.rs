//! The generated codec and the interpreter of the schema on every vector of a message.

use crate::{bytes, messages, protocol};
use cardwire_codec::{
    DecodeError, Message as _,
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, Logic, LoginHeader, Manifest, Request, ServiceData, Software,
    },
};
use cardwire_spec::{Place, interpret};

/// Decodes by the generated codec and encodes again.
fn codec(place: &str, message: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = vec![0; 4096];
    macro_rules! round_trip {
        ($decoded:expr) => {{
            let decoded = $decoded?;
            decoded
                .encode(&mut out)
                .expect("what was decoded has an encoding")
        }};
    }
    let length = match place {
        "clear-request" => round_trip!(ClearRequest::decode(message)),
        "clear-answer" => round_trip!(ClearAnswer::decode(message)),
        "request" => round_trip!(Request::decode(message)),
        "answer" => round_trip!(Answer::decode(message)),
        "event" => round_trip!(Event::decode(message)),
        "cloud-request" => round_trip!(CloudRequest::decode(message)),
        "cloud-answer" => round_trip!(CloudAnswer::decode(message)),
        "channel-request" => round_trip!(ChannelRequest::decode(message)),
        "channel-answer" => round_trip!(ChannelAnswer::decode(message)),
        "document:login_header" => round_trip!(LoginHeader::decode(message)),
        "document:service_data" => round_trip!(ServiceData::decode(message)),
        "document:manifest" => round_trip!(Manifest::decode(message)),
        "document:software" => round_trip!(Software::decode(message)),
        "document:authentication" => round_trip!(Authentication::decode(message)),
        "document:logic" => round_trip!(Logic::decode(message)),
        _ => panic!("no codec for {place}"),
    };
    Ok(out[..length].to_vec())
}

#[test]
fn both_codecs_take_what_is_valid() {
    let protocol = protocol();
    for vectors in messages() {
        for vector in vectors.valid() {
            let what = format!("{}, {}", vectors.message, vector.name);
            let message = bytes(&vector.hex);
            let place = Place::parse(&vectors.place).unwrap();
            let tree = interpret::decode(&protocol, place, &message).unwrap();
            assert_eq!(interpret::to_json(&tree), vector.value, "{what}");
            assert_eq!(
                interpret::encode(&protocol, &vectors.message, &vector.value).unwrap(),
                message,
                "{what}"
            );
            assert_eq!(codec(&vectors.place, &message).as_ref(), Ok(&message), "{what}");
        }
    }
}

#[test]
fn both_codecs_refuse_what_is_invalid_for_the_same_reason() {
    let protocol = protocol();
    for vectors in messages() {
        for vector in vectors.invalid() {
            let what = format!("{}, {}", vectors.message, vector.name);
            let message = bytes(&vector.hex);
            let place = Place::parse(&vectors.place).unwrap();
            let fault = interpret::decode(&protocol, place, &message).unwrap_err();
            let expected = (vector.rule.as_str(), vector.field.as_str(), vector.offset);
            assert_eq!(
                (fault.rule.name(), fault.field.as_str(), fault.offset),
                expected,
                "{what}"
            );
            let error = codec(&vectors.place, &message).unwrap_err();
            assert_eq!(
                (error.rule.name(), error.field.as_str(), error.offset),
                expected,
                "{what}"
            );
        }
    }
}
