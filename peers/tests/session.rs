//! Sealed requests against a scripted reader: everything that can happen on the way to an answer.

mod common;

use cardwire_codec::{
    Extensions,
    message::{
        CardEvent, CardState, DisconnectAnswer, FrameKind, JobState, Progress, ReaderStatusAnswer, ServiceId,
        SessionState, Slot,
    },
};
use cardwire_peers::{
    Link,
    client::{ClientError, ConfigurationFault, LinkFault, ReaderEvent, ReaderFault},
    link::{OwnedFrame, encode_frame},
    scripted::{Damage, Half, PlainReader, ReaderSession, Reply, ScriptedReader, reply},
};
use common::{client, connected, patience, reader_identity, soon, timers};
use core::sync::atomic::{AtomicU32, Ordering};
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

fn goodbye() -> Vec<u8> {
    reply(&DisconnectAnswer {
        extensions: Extensions::NONE,
    })
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
        assert!(matches!(
            error,
            ClientError::Reader(ReaderFault::WrongAnswer { code: 0x8A, .. })
        ));
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
    assert!(matches!(
        error,
        ClientError::Reader(ReaderFault::Silent {
            request: "reader_status",
            ..
        })
    ));
    let error = session.status().unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderFault::SessionOver)));
    assert_eq!(error.remedy(), "Connect and log in again.");

    // Another message under the same number would give the key stream away.
    let deadline = soon();
    while frames.lock().unwrap().len() < 3 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let frames: Vec<OwnedFrame> = frames.lock().unwrap().clone();
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| *frame == frames[0]));
}

#[test]
fn one_fault_on_the_way_is_healed_by_a_repeat_and_nothing_runs_twice() {
    let damages = [
        Damage::Lost,
        Damage::Flipped,
        Damage::Garbage,
        Damage::WrongNumber,
        Damage::WrongNonce,
        Damage::Refusal,
    ];
    for damage in damages {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let (_reader, mut session) = connected(move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            Reply::Once(damage, goodbye())
        });
        session
            .disconnect()
            .unwrap_or_else(|error| panic!("{damage:?}: {error}"));
        assert_eq!(runs.load(Ordering::SeqCst), 1, "{damage:?}");
    }
}

#[test]
fn a_fault_that_never_heals_is_an_error_that_names_it() {
    for damage in [
        Damage::Lost,
        Damage::Flipped,
        Damage::Garbage,
        Damage::WrongNumber,
        Damage::WrongNonce,
        Damage::Refusal,
    ] {
        let (_reader, mut session) = connected(move |_, _| Reply::Always(damage, goodbye()));
        let start = Instant::now();
        let error = session.disconnect().unwrap_err();
        assert!(start.elapsed() < patience(), "{damage:?}");
        match damage {
            Damage::Lost => assert!(
                matches!(error, ClientError::Reader(ReaderFault::Silent { .. })),
                "{error}"
            ),
            Damage::Flipped | Damage::Garbage => {
                assert!(
                    matches!(error, ClientError::Link(LinkFault::Damaged { garbage: 1.., .. })),
                    "{error}"
                );
                assert_eq!(
                    error.remedy(),
                    "Check the cable and the baud rate, then connect again."
                );
            }
            Damage::WrongNumber | Damage::WrongNonce => {
                assert!(
                    matches!(
                        error,
                        ClientError::Reader(ReaderFault::Unusable { dropped: 1.., .. })
                    ),
                    "{error}"
                );
            }
            Damage::Refusal => {
                assert!(
                    matches!(error, ClientError::Reader(ReaderFault::SessionLost { .. })),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn a_link_that_is_closed_midway_is_told_at_once() {
    let (_reader, mut session) = connected(|_, _| Reply::Close);
    let start = Instant::now();
    let error = session.status().unwrap_err();
    assert!(
        matches!(error, ClientError::Link(LinkFault::Closed(_))),
        "{error}"
    );
    assert!(start.elapsed() < timers().repeat * 3);
    assert_eq!(
        error.remedy(),
        "Check the reader's power and cable, then connect again."
    );
}

#[test]
fn answers_that_are_none_are_the_readers_fault() {
    for (answer, expected) in [
        (
            vec![0x8C, 0x00],
            "reader: its answer breaks a rule of the codec: truncated: extensions at offset 1",
        ),
        (
            vec![0x20],
            "reader: its answer breaks a rule of the codec: message-type: code at offset 0",
        ),
        (
            vec![],
            "reader: its answer breaks a rule of the codec: message-type: code at offset 0",
        ),
        (
            vec![0xFE, 0x0A, 0, 2, 0, 0, 0, 0],
            "reader: the request of its error is not the right one (CW-SESS-012)",
        ),
        (
            vec![0x86; 18],
            "reader: its answer breaks a rule of the codec: value: state at offset 17",
        ),
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
    let progress = |step| {
        reply(&Progress {
            job: &[1; 16],
            state: JobState::Running,
            step,
            extensions: Extensions::NONE,
        })
    };
    let slot = Slot {
        number: 0,
        card: CardState::Present,
        generation: 3,
    };
    let card = reply(&CardEvent {
        slot,
        extensions: Extensions::NONE,
    });
    let first = 1 << 63;
    let mut half = Half::new(reader_identity());
    let reader = ScriptedReader::start(move |mut link| {
        let session: ReaderSession = half.let_in(&mut link).unwrap();
        let request = link.receive(soon()).unwrap();
        let line = |number, nonce, message: &[u8]| {
            encode_frame(
                FrameKind::Sealed,
                number,
                &session.sealer.seal(nonce, message).unwrap(),
            )
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
        ReaderEvent::Progress {
            job: [1; 16],
            state: JobState::Running,
            step: 1,
        },
        ReaderEvent::Card(slot),
        ReaderEvent::Progress {
            job: [1; 16],
            state: JobState::Running,
            step: 2,
        },
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
    assert!(
        matches!(
            error,
            ClientError::Reader(ReaderFault::Silent { request: "ahead", .. })
        ),
        "{error}"
    );
    assert!(session.sealer().seal(u64::MAX, &[]).is_none());
}

#[test]
fn what_can_not_be_encoded_is_the_callers_fault() {
    let (_reader, mut session) = connected(|_, _| Reply::Answer(goodbye()));
    let error = session.run(ServiceId::CARD_IDENTIFY, &[0; 401]).unwrap_err();
    assert!(
        matches!(error, ClientError::Configuration(ConfigurationFault::Request(_))),
        "{error}"
    );
    // Nothing was sent, so that the session goes on.
    session.disconnect().unwrap();
}
