//! The client against a scripted reader: everything that can happen on the way to an answer.

mod common;

use cardwire_codec::{
    Extensions, List,
    message::{
        CardEvent, CardState, ConnectAnswer, DisconnectAnswer, FrameKind, HelloAnswer, JobState, Progress,
        ReaderStatusAnswer, ServiceId, SessionState, Slot,
    },
};
use cardwire_peers::{
    Link,
    client::{ClientError, ConfigurationFault, LinkFault, ReaderEvent, ReaderFault, Refused},
    identity::ClientSecret,
    link::{OwnedFrame, encode_frame},
    scripted::{Damage, Half, PlainReader, ReaderSession, Reply, ScriptedReader, reply},
};
use common::{client, connected, identities, reader_identity, soon, timers};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

fn goodbye() -> Vec<u8> {
    reply(&DisconnectAnswer { extensions: Extensions::NONE })
}

/// Longer than all tries of one request together.
fn patience() -> Duration {
    timers().repeat * 4
}

#[test]
fn a_session_from_hello_to_goodbye() {
    let mut plain = PlainReader::new(reader_identity(), vec![]);
    let (_reader, mut session) =
        connected(move |session, request| Reply::Answer(plain.answer(session, request)));
    assert_eq!(session.reader_id(), "CERT-READER-1");
    for number in 0..3 {
        assert_eq!(session.next_number(), number);
        let answer = session.status().unwrap();
        let status: ReaderStatusAnswer<'_> = answer.read().unwrap();
        assert_eq!(status.state, SessionState::Connected);
        let error = answer.read::<DisconnectAnswer<'_>>().unwrap_err();
        assert!(matches!(error, ClientError::Reader(ReaderFault::WrongAnswer { code: 0x8A, .. })));
    }
    session.disconnect().unwrap();
    let error = session.status().unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderFault::SessionOver)));

    // The same link carries the next session, under other keys.
    let first = *session.id();
    let session = client().connect(session.into_link()).unwrap();
    assert_ne!(*session.id(), first);
}

#[test]
fn before_login_the_readers_refusal_has_a_name_and_a_remedy() {
    let mut plain = PlainReader::new(reader_identity(), vec![]);
    let (_reader, mut session) =
        connected(move |session, request| Reply::Answer(plain.answer(session, request)));
    let error = session.run(ServiceId::CARD_IDENTIFY, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: the reader refused instruct: not-logged-in (detail 0, offset 0)"
    );
    assert_eq!(error.remedy(), "Log the reader in first.");
}

#[test]
fn a_silent_reader_is_given_up_in_time() {
    let reader = ScriptedReader::start(|mut link| while link.receive(soon()).is_ok() {}).unwrap();
    let start = Instant::now();
    let error = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap_err();
    assert!(start.elapsed() < patience());
    let ClientError::Reader(ReaderFault::Silent { request: "hello", waited, tries: 3 }) = error else {
        panic!("{error}")
    };
    assert!(waited >= timers().repeat * 3);
}

//= spec/book/src/session.md#cw-sess-009
//= type=test
//# A client that has no answer after `T_repeat` SHOULD repeat the request's frame byte for byte.
#[test]
fn a_request_that_gets_no_answer_is_repeated_byte_for_byte_and_is_the_last() {
    let frames = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&frames);
    let mut half = Half::new(reader_identity());
    let reader = ScriptedReader::start(move |mut link| {
        half.let_in(&mut link).unwrap();
        while let Ok(frame) = link.receive(soon()) {
            seen.lock().unwrap().push(frame);
        }
    })
    .unwrap();
    let mut session = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap();
    let error = session.status().unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderFault::Silent { request: "reader_status", .. })));
    let error = session.status().unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderFault::SessionOver)));
    assert_eq!(error.remedy(), "Connect and log in again.");

    // Another message under the same number would give the key stream away.
    let frames = loop {
        let frames: Vec<OwnedFrame> = frames.lock().unwrap().clone();
        if frames.len() >= 3 {
            break frames;
        }
        std::thread::yield_now();
    };
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| *frame == frames[0]));
}

//= spec/book/src/session.md#cw-sess-003
//= type=test
//# A reader MUST execute a request once, however often its frame arrives.
#[test]
fn one_fault_on_the_way_is_healed_by_a_repeat_and_nothing_runs_twice() {
    let damages = [Damage::Lost, Damage::Flipped, Damage::Garbage, Damage::WrongNumber, Damage::WrongNonce, Damage::Refusal];
    for damage in damages {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let (_reader, mut session) = connected(move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            Reply::Once(damage, goodbye())
        });
        session.disconnect().unwrap_or_else(|error| panic!("{damage:?}: {error}"));
        assert_eq!(runs.load(Ordering::SeqCst), 1, "{damage:?}");
    }
}

#[test]
fn a_fault_that_never_heals_is_an_error_that_names_it() {
    for damage in [Damage::Lost, Damage::Flipped, Damage::Garbage, Damage::WrongNumber, Damage::WrongNonce, Damage::Refusal] {
        let (_reader, mut session) = connected(move |_, _| Reply::Always(damage, goodbye()));
        let start = Instant::now();
        let error = session.disconnect().unwrap_err();
        assert!(start.elapsed() < patience(), "{damage:?}");
        match damage {
            Damage::Lost => assert!(matches!(error, ClientError::Reader(ReaderFault::Silent { .. })), "{error}"),
            Damage::Flipped | Damage::Garbage => {
                assert!(matches!(error, ClientError::Link(LinkFault::Damaged { garbage: 3, .. })), "{error}");
                assert_eq!(error.remedy(), "Check the cable and the baud rate, then connect again.");
            }
            Damage::WrongNumber | Damage::WrongNonce => {
                assert!(matches!(error, ClientError::Reader(ReaderFault::Unusable { dropped: 3, .. })), "{error}");
            }
            Damage::Refusal => {
                assert!(matches!(error, ClientError::Reader(ReaderFault::SessionLost { .. })), "{error}");
            }
        }
    }
}

#[test]
fn a_link_that_is_closed_midway_is_told_at_once() {
    let (_reader, mut session) = connected(|_, _| Reply::Close);
    let start = Instant::now();
    let error = session.status().unwrap_err();
    assert!(matches!(error, ClientError::Link(LinkFault::Closed(_))), "{error}");
    assert!(start.elapsed() < timers().repeat);
    assert_eq!(error.remedy(), "Check the reader's power and cable, then connect again.");
}

//= spec/book/src/connection.md#cw-conn-007
//= type=test
//# A reader MUST answer a connect that it refuses with the refusal, whether the client, its generation, its method or its key is the wrong one.
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
            format!("refused: the reader refused connect of client `{}`, generation {}", identity.id, identity.generation)
        );
        assert!(error.remedy().starts_with("Check the client's identity, generation and secret"));
    }
    // A refusal changes nothing: the right one gets in over the same link.
    client().connect(&mut link).unwrap();
}

#[test]
fn versions_are_checked_on_both_lists() {
    let mut half = Half::new(reader_identity());
    half.versions = vec![2, 3];
    let reader = ScriptedReader::start(move |mut link| drop(half.let_in(&mut link))).unwrap();
    let error = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap_err();
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
                reader_id: "R-1",
                extensions: Extensions::NONE,
            });
            link.send_frame(FrameKind::Clear, hello.number, &answer).unwrap();
        })
        .unwrap();
        let error = client().greet(&mut Link::open(reader.endpoint()).unwrap()).unwrap_err();
        let ClientError::Reader(ReaderFault::Version { stated: said, expected: right }) = error else {
            panic!("{error}")
        };
        assert_eq!((said, right), (stated, expected));
    }
}

#[test]
fn a_forged_connect_answer_is_dropped_and_the_right_one_taken() {
    let forged = reply(&ConnectAnswer { handshake: &[9; 48], extensions: Extensions::NONE });
    let low_order = reply(&ConnectAnswer { handshake: &[0; 48], extensions: Extensions::NONE });
    let short = reply(&ConnectAnswer { handshake: &[9; 49], extensions: Extensions::NONE });
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

#[test]
fn a_connect_for_another_challenge_is_refused() {
    // Somebody has shown the client another answer to hello than the reader gave, or the reader has changed it.
    let mut half = Half::new(reader_identity());
    let reader = ScriptedReader::start(move |mut link| {
        while let Ok(frame) = link.receive(soon()) {
            let (answer, _) = half.answer_clear(&frame.payload);
            half.challenge = [0xEE; 16];
            let _ = link.send_frame(FrameKind::Clear, frame.number, &answer);
        }
    })
    .unwrap();
    let error = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap_err();
    assert!(matches!(error, ClientError::Refused(Refused::Connection { request: "connect", .. })), "{error}");
}

#[test]
fn answers_that_are_none_are_the_readers_fault() {
    for (answer, expected) in [
        (vec![0x8C, 0x00], "reader: its answer breaks a rule of the codec: truncated: extensions at offset 1"),
        (vec![0x20], "reader: its answer breaks a rule of the codec: message-type: code at offset 0"),
        (vec![], "reader: its answer breaks a rule of the codec: message-type: code at offset 0"),
        (vec![0xFE, 0x0A, 0, 2, 0, 0, 0, 0], "reader: the request of its error is not the right one (CW-SESS-012)"),
        (vec![0x86; 18], "reader: its answer breaks a rule of the codec: value: state at offset 17"),
    ] {
        let (_reader, mut session) = connected(move |_, _| Reply::Answer(answer.clone()));
        let error = session.disconnect().unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.remedy().starts_with("Report it to the reader's vendor"));
    }
}

//= spec/book/src/session.md#cw-sess-013
//= type=test
//# Events MUST carry numbers from 2^63 on that ascend strictly.
#[test]
fn events_are_kept_and_old_ones_dropped() {
    let progress = |step| reply(&Progress { job: &[1; 16], state: JobState::Running, step, extensions: Extensions::NONE });
    let slot = Slot { number: 0, card: CardState::Present, generation: 3 };
    let card = reply(&CardEvent { slot, extensions: Extensions::NONE });
    let first = 1 << 63;
    let mut half = Half::new(reader_identity());
    let reader = ScriptedReader::start(move |mut link| {
        let session: ReaderSession = half.let_in(&mut link).unwrap();
        let request = link.receive(soon()).unwrap();
        let line = |number, nonce, message: &[u8]| {
            encode_frame(FrameKind::Sealed, number, &session.sealer.seal(nonce, message).unwrap())
        };
        // With a gap, then one that is not above it, a forged one, and one that is no event.
        for line in [
            line(first + 5, first + 5, &progress(1)),
            line(first + 5, first + 5, &progress(1)),
            line(first + 4, first + 4, &progress(9)),
            line(first + 6, first + 7, &progress(9)),
            line(first + 7, first + 7, &goodbye()),
            line(first + 8, first + 8, &card),
            line(request.number, request.number, &goodbye()),
            line(first + 9, first + 9, &progress(2)),
        ] {
            link.send(&line).unwrap();
        }
        let _ = link.receive(soon());
    })
    .unwrap();
    let mut session = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap();
    session.disconnect().unwrap();
    let expected = [
        ReaderEvent::Progress { job: [1; 16], state: JobState::Running, step: 1 },
        ReaderEvent::Card(slot),
        ReaderEvent::Progress { job: [1; 16], state: JobState::Running, step: 2 },
    ];
    for event in expected {
        assert_eq!(session.wait_event(soon()).unwrap(), Some(event));
    }
    assert_eq!(session.wait_event(Instant::now()).unwrap(), None);
}

#[test]
fn a_tester_can_seal_what_it_likes() {
    let mut plain = PlainReader::new(reader_identity(), vec![]);
    let (_reader, mut session) =
        connected(move |session, request| Reply::Answer(plain.answer(session, request)));
    // A number ahead is dropped by a right reader; the right one is answered.
    let ahead = session.sealer().seal(7, &[0x0A]).unwrap();
    session.link().send_frame(FrameKind::Sealed, 7, &ahead).unwrap();
    let answer = session.request_bytes("malformed", &[0x0A, 0xFF]).unwrap();
    assert_eq!(answer, [0xFE, 0x0A, 0, 1, 0, 0, 0, 0]);
    session.set_next_number(7);
    let error = session.request_bytes("ahead", &[0x0A]).unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderFault::Silent { request: "ahead", .. })), "{error}");
    assert!(session.sealer().seal(u64::MAX, &[]).is_none());
}

#[test]
fn what_can_not_be_encoded_is_the_callers_fault() {
    let (_reader, mut session) = connected(|_, _| Reply::Answer(goodbye()));
    let error = session.run(ServiceId::CARD_IDENTIFY, &[0; 401]).unwrap_err();
    assert!(matches!(error, ClientError::Configuration(ConfigurationFault::Request(_))), "{error}");
    // Nothing was sent, so that the session goes on.
    session.disconnect().unwrap();
}
