//! Hello and connect against a scripted reader.

mod common;

use cardwire_codec::{
    Extensions, List, Name,
    message::{ConnectAnswer, FrameKind, HelloAnswer},
};
use cardwire_peers::{
    Link,
    client::{ClientError, ReaderFault, Refused, Session},
    identity::ClientSecret,
    scripted::{Half, PlainReader, Reply, ScriptedReader, reply},
};
use common::{client, identities, patience, reader_identity, soon, timers};
use std::time::Instant;

#[test]
fn a_silent_reader_is_given_up_in_time() {
    let reader = ScriptedReader::start(|mut link| while link.receive(soon()).is_ok() {}).unwrap();
    let start = Instant::now();
    let error = client()
        .connect(Link::open(reader.endpoint()).unwrap())
        .unwrap_err();
    assert!(start.elapsed() < patience());
    let ClientError::Reader(ReaderFault::Silent {
        request: "hello",
        waited,
        tries: 3,
    }) = error
    else {
        panic!("{error}")
    };
    assert!(waited >= timers().repeat * 3);
}

#[test]
fn a_refused_connect_says_whose_and_what_to_check() {
    let mut plain = PlainReader::new(reader_identity(), vec![]);
    let reader = ScriptedReader::answering(reader_identity(), move |session, request| {
        Reply::Answer(plain.answer(session, request))
    })
    .unwrap();
    let right = identities().clients[0].clone();
    let mut wrong_key = right.clone();
    wrong_key.secret = ClientSecret::new(vec![7; 32]).unwrap();
    let mut wrong_generation = right.clone();
    wrong_generation.generation = 2;
    let mut unknown = right.clone();
    unknown.id = "NOBODY".into();
    let mut link = Link::open(reader.endpoint()).unwrap();
    for identity in [wrong_key, wrong_generation, unknown] {
        let client = cardwire_peers::Client::new(identity.clone()).with_timers(timers());
        let error = client.connect(&mut link).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "refused: the reader refused connect of client `{}`, generation {}",
                identity.id, identity.generation
            )
        );
        assert!(
            error
                .remedy()
                .starts_with("Check the client's identity, generation and secret")
        );
    }
    // A refusal changes nothing: the right one gets in over the same link.
    client().connect(&mut link).unwrap();
}

#[test]
fn versions_are_checked_on_both_lists() {
    let mut half = Half::new(reader_identity());
    half.versions = vec![2, 3];
    let reader = ScriptedReader::start(move |mut link| drop(half.let_in(&mut link))).unwrap();
    let error = client()
        .connect(Link::open(reader.endpoint()).unwrap())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration: client (versions [1]) and reader (versions [2, 3]) have no version in common"
    );

    for (stated, versions, expected) in [(0, &[1, 2][..], 1), (2, &[1, 2], 1), (1, &[2], 0)] {
        let reader = ScriptedReader::start(move |mut link| {
            let hello = link.receive(soon()).unwrap();
            let answer = reply(&HelloAnswer {
                version: stated,
                versions: List::from_items(versions),
                max_frame: 512,
                challenge: &[0; 16],
                reader_id: Name::from_text("R-1"),
                extensions: Extensions::NONE,
            });
            link.send_frame(FrameKind::Clear, hello.number, &answer).unwrap();
        })
        .unwrap();
        let error = client()
            .greet(&mut Link::open(reader.endpoint()).unwrap())
            .unwrap_err();
        let ClientError::Reader(ReaderFault::Version {
            stated: said,
            expected: right,
        }) = error
        else {
            panic!("{error}")
        };
        assert_eq!((said, right), (stated, expected));
    }
}

#[test]
fn a_forged_connect_answer_is_dropped_and_the_right_one_taken() {
    let forged = reply(&ConnectAnswer {
        handshake: &[9; 48],
        extensions: Extensions::NONE,
    });
    let low_order = reply(&ConnectAnswer {
        handshake: &[0; 48],
        extensions: Extensions::NONE,
    });
    let short = reply(&ConnectAnswer {
        handshake: &[9; 49],
        extensions: Extensions::NONE,
    });
    for (answers_too, is_let_in) in [(true, true), (false, false)] {
        let forgeries = [forged.clone(), low_order.clone(), short.clone()];
        let mut half = Half::new(reader_identity());
        let reader = ScriptedReader::start(move |mut link| {
            while let Ok(frame) = link.receive(soon()) {
                let (answer, established) = half.answer_clear(&frame.payload);
                if established.is_some() {
                    for forgery in &forgeries {
                        let _ = link.send_frame(FrameKind::Clear, frame.number, forgery);
                    }
                }
                if established.is_none() || answers_too {
                    let _ = link.send_frame(FrameKind::Clear, frame.number, &answer);
                } else {
                    // The repeats get no answer either.
                    while link.receive(soon()).is_ok() {}
                }
            }
        })
        .unwrap();
        let connected = client().connect(Link::open(reader.endpoint()).unwrap());
        match connected {
            Ok(_) => assert!(is_let_in),
            Err(ClientError::Reader(ReaderFault::Handshake(_))) => assert!(!is_let_in),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A reader whose challenge changes behind each of its first answers.
fn connect_where_challenges_change(answers: usize) -> Result<Session, ClientError> {
    let mut half = Half::new(reader_identity());
    let mut answered = 0u8;
    let reader = ScriptedReader::start(move |mut link| {
        while let Ok(frame) = link.receive(soon()) {
            let (answer, _) = half.answer_clear(&frame.payload);
            answered += 1;
            if usize::from(answered) <= answers {
                half.challenge = [answered; 16];
            }
            let _ = link.send_frame(FrameKind::Clear, frame.number, &answer);
        }
    })
    .unwrap();
    client().connect(Link::open(reader.endpoint()).unwrap())
}

//= spec/book/src/connection.md#cw-conn-016
//= type=test
//# A client whose connect is refused SHOULD say hello and connect once more, `T_backoff` later, before it gives up.
#[test]
fn a_refused_connect_is_tried_once_more_and_not_at_once() {
    let begun = Instant::now();
    let session = connect_where_challenges_change(1).unwrap();
    assert_eq!(session.reader_id(), reader_identity().id);
    assert!(begun.elapsed() >= timers().backoff, "{:?}", begun.elapsed());
}

#[test]
fn a_connect_for_another_challenge_is_refused() {
    // Somebody has shown the client another answer to hello than the reader gave, or the reader has changed it.
    let error = connect_where_challenges_change(usize::MAX).unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Refused(Refused::Connection {
                request: "connect",
                ..
            })
        ),
        "{error}"
    );
}
