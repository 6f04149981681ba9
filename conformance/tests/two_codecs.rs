//! Two codecs that share no code must agree on every byte string: the one generated from the schema, and the
//! interpreter of the schema that the suite judges devices with.

mod common;

use cardwire_codec::{
    DecodeError, Message,
    frame::{DELIMITER, Deframer, line_size},
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, Logic, LoginHeader, Manifest, Request, ServiceData, Software, limits::FRAME_MAX,
    },
};
use cardwire_spec::{Place, Protocol, interpret};
use common::{Said, extensions, fields, hold, mutation, protocol};
use proptest::prelude::*;

/// What the generated codec says of bytes at a place: the error's rule, field and offset.
fn generated(place: Place<'_>, bytes: &[u8]) -> Said<()> {
    let verdict: Result<(), DecodeError> = match place {
        Place::ClearRequest => ClearRequest::decode(bytes).map(drop),
        Place::ClearAnswer => ClearAnswer::decode(bytes).map(drop),
        Place::Request => Request::decode(bytes).map(drop),
        Place::Answer => Answer::decode(bytes).map(drop),
        Place::Event => Event::decode(bytes).map(drop),
        Place::CloudRequest => CloudRequest::decode(bytes).map(drop),
        Place::CloudAnswer => CloudAnswer::decode(bytes).map(drop),
        Place::ChannelRequest => ChannelRequest::decode(bytes).map(drop),
        Place::ChannelAnswer => ChannelAnswer::decode(bytes).map(drop),
        Place::Document("login_header") => LoginHeader::decode(bytes).map(drop),
        Place::Document("service_data") => ServiceData::decode(bytes).map(drop),
        Place::Document("manifest") => Manifest::decode(bytes).map(drop),
        Place::Document("software") => Software::decode(bytes).map(drop),
        Place::Document("authentication") => Authentication::decode(bytes).map(drop),
        Place::Document("logic") => Logic::decode(bytes).map(drop),
        Place::Document(_) | Place::Any => panic!("a place that the codec does not have: {place}"),
    };
    verdict.map_err(|error| {
        (
            error.rule.name().to_owned(),
            error.field.to_string(),
            error.offset,
        )
    })
}

fn interpreted(protocol: &Protocol, place: Place<'_>, bytes: &[u8]) -> Said<()> {
    let verdict = interpret::decode(protocol, place, bytes).map(drop);
    verdict.map_err(|fault| (fault.rule.to_string(), fault.field, fault.offset))
}

#[test]
fn both_say_the_same_of_every_message_and_document() {
    let protocol = protocol();
    let messages = protocol.messages.iter().map(|message| {
        (
            message.place().expect("every message has a place"),
            message.code,
            &message.fields,
            &message.extensions[..],
        )
    });
    let documents = protocol.documents.iter().map(|document| {
        let place = Place::Document(&document.name);
        (place, document.code, &document.fields, &[][..])
    });
    for (place, code, all, known) in messages.chain(documents) {
        let strategy = (fields(&protocol, all), extensions(&protocol, known), mutation());
        let what = format!("{place}, code {code:02X}");
        hold(&what, 500, &strategy, |(body, extensions, mutation)| {
            let bytes = mutation.apply([vec![code], body, extensions].concat());
            prop_assert_eq!(
                generated(place, &bytes),
                interpreted(&protocol, place, &bytes),
                "{:02x?}",
                bytes
            );
            Ok(())
        });
    }
}

#[test]
fn both_say_the_same_of_every_line() {
    let protocol = protocol();
    let payload = proptest::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..520);
    let strategy = (
        prop_oneof![Just("clear"), Just("sealed")],
        any::<u64>(),
        payload,
        mutation(),
    );
    hold("lines", 5_000, &strategy, |(kind, number, payload, mutation)| {
        let frame = interpret::frame::Frame {
            kind: kind.to_owned(),
            number,
            payload,
        };
        let line = interpret::frame::encode(&protocol, &frame).expect("a known kind");
        let mut line = mutation.apply(line[..line.len() - 1].to_vec());
        let judged = interpret::frame::decode(&protocol, &line).ok();
        let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
        line.push(DELIMITER);
        // A delimiter within ends a frame of its own, which the interpreter is not asked about.
        if line[..line.len() - 1].contains(&DELIMITER) {
            prop_assert!(judged.is_none());
            return Ok(());
        }
        let taken = deframer.feed(&mut &line[..]).and_then(Result::ok);
        let taken = taken.map(|frame| (frame.kind.name().to_owned(), frame.number, frame.payload.to_vec()));
        prop_assert_eq!(
            taken,
            judged.map(|frame| (frame.kind, frame.number, frame.payload))
        );
        Ok(())
    });
}
