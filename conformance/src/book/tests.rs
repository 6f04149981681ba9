//! The examples against the libraries' own handshakes, and against what the peers make of the same bytes.

use super::{
    handshakes::{CLIENT_PATTERN, CLOUD_PATTERN},
    lines::Sealed,
    story::Story,
};
use crate::embedded::protocol;
use cardwire_peers::{
    client::handshake,
    cloud::{self, Responder},
};
use cardwire_spec::{Place, interpret};
use snow::{Builder, HandshakeState};

fn story() -> Story {
    Story::tell().unwrap()
}

fn read(noise: &mut HandshakeState, message: &[u8]) {
    assert_eq!(noise.read_message(message, &mut [0; 16]).unwrap(), 0);
}

fn write(noise: &mut HandshakeState) -> Vec<u8> {
    let mut message = vec![0; 200];
    let length = noise.write_message(&[], &mut message).unwrap();
    message.truncate(length);
    message
}

#[test]
fn the_library_makes_the_same_session() {
    let story = story();
    let side = &story.client_side;
    let client = story.identities.client(None).unwrap();
    let key = client.pre_shared_key("CERT-READER-1");
    let prologue = handshake::prologue(&side.hello, &side.hello_answer, &side.header);
    assert_eq!(prologue, side.prologue);
    let builder = || {
        let builder = Builder::new(CLIENT_PATTERN.parse().unwrap());
        builder
            .prologue(&prologue)
            .unwrap()
            .psk(0, key.as_bytes())
            .unwrap()
    };
    let mut client = builder()
        .fixed_ephemeral_key_for_testing_only(&side.client_ephemeral.private)
        .build_initiator()
        .unwrap();
    let mut reader = builder()
        .fixed_ephemeral_key_for_testing_only(&side.reader_ephemeral.private)
        .build_responder()
        .unwrap();
    let first = write(&mut client);
    assert_eq!(side.connect[side.header.len() + 1..], first);
    read(&mut reader, &first);
    let second = write(&mut reader);
    assert_eq!(side.connect_answer[2..], second);
    read(&mut client, &second);
    assert_eq!(client.get_handshake_hash(), side.split.hash);
    assert_eq!(reader.get_handshake_hash(), side.split.hash);

    // The keys are the same too: what was sealed under ours, the library opens.
    let client = client.into_stateless_transport_mode().unwrap();
    let reader = reader.into_stateless_transport_mode().unwrap();
    let opens = |opener: &snow::StatelessTransportState, number, said: &Sealed| {
        let mut plain = vec![0; said.sealed.len()];
        let length = opener.read_message(number, &said.sealed, &mut plain).unwrap();
        assert_eq!(plain[..length], said.plain);
    };
    let mut exchanges = vec![
        &story.status,
        &story.not_in_place,
        &story.platform_auth,
        &story.confirm,
        &story.result,
    ];
    exchanges.extend([&story.instruct, &story.job_status]);
    exchanges.extend(&story.parts);
    exchanges.extend(story.update.steps.iter().map(|(_, relay)| relay));
    exchanges.extend([&story.malformed, &story.disconnect]);
    for (number, exchange) in (0..).zip(exchanges) {
        assert_eq!(exchange.number, number, "every number is used once, in order");
        opens(&reader, number, &exchange.request);
        opens(&client, number, &exchange.answer);
    }
    opens(&client, 1 << 63, &story.progress);
}

#[test]
fn the_library_makes_the_same_login() {
    let story = story();
    let side = &story.cloud_side;
    let prologue = cloud::prologue(&side.header);
    assert_eq!(prologue, side.prologue);
    let mut reader = Builder::new(CLOUD_PATTERN.parse().unwrap())
        .prologue(&prologue)
        .unwrap()
        .local_private_key(&side.reader_static.private)
        .unwrap()
        .remote_public_key(&side.cloud_static.public)
        .unwrap()
        .fixed_ephemeral_key_for_testing_only(&side.reader_ephemeral.private)
        .build_initiator()
        .unwrap();
    let mut owner = Builder::new(CLOUD_PATTERN.parse().unwrap())
        .prologue(&prologue)
        .unwrap()
        .local_private_key(&side.cloud_static.private)
        .unwrap()
        .fixed_ephemeral_key_for_testing_only(&side.cloud_ephemeral.private)
        .build_responder()
        .unwrap();
    assert_eq!(write(&mut reader), side.first);
    read(&mut owner, &side.first);
    assert_eq!(write(&mut owner), side.second);
    read(&mut reader, &side.second);
    assert_eq!(reader.get_handshake_hash(), side.split.hash);
    assert_eq!(owner.get_handshake_hash(), side.split.hash);

    let (mut reader, mut owner) = (
        reader.into_transport_mode().unwrap(),
        owner.into_transport_mode().unwrap(),
    );
    let opens = |opener: &mut snow::TransportState, said: &Sealed| {
        let mut plain = vec![0; said.sealed.len()];
        let length = opener.read_message(&said.sealed, &mut plain).unwrap();
        assert_eq!(plain[..length], said.plain);
    };
    opens(&mut owner, &story.login_confirm);
    opens(&mut reader, &story.login_result);
    for (exchange, _) in &story.update.steps {
        opens(&mut reader, &exchange.request);
        opens(&mut owner, &exchange.answer);
    }
}

/// The cloud of the peers takes the login of the examples, and finds the registered key in it.
#[test]
fn the_cloud_takes_the_login() {
    let story = story();
    let cloud = story.identities.cloud.as_ref().unwrap();
    let side = &story.cloud_side;
    let responder = Responder::read(&cloud.static_key, &side.header, &side.first).unwrap();
    assert!(responder.registered(&cloud.readers[0].public_key).is_some());
}

/// An exchange that shows a rule broken, and nothing else that does.
#[test]
fn the_malformed_request_is_the_only_one() {
    let story = story();
    let fault = interpret::decode(protocol(), Place::Request, &story.malformed.request.plain).unwrap_err();
    assert_eq!((fault.rule.name(), fault.offset), ("truncated", 17));
    assert_eq!(story.service_data.len(), 57);
    assert_eq!(
        story.parts.len(),
        2,
        "the examples show how parts follow each other"
    );
}
