//! The way in, always in the same order: locked, connected, logged in.

mod common;

use cardwire_codec::{List, Message, Name, message::*};
use common::{CLIENT_ID, CLOUD_KEY, PRE_SHARED_KEY, READER_ID, Records, identity, pair::*};

const OFFERS: [Offer; 2] = [
    Offer {
        service: ServiceId::CARD_IDENTIFY,
        format: Format::NATIVE,
    },
    Offer {
        service: ServiceId::SUBSCRIBER_READ,
        format: Format::NATIVE,
    },
];

fn hello() -> Vec<u8> {
    encode(&Hello {
        versions: List::from_items(&[1]),
        max_frame: 512,
        extensions: Default::default(),
    })
}

fn error(answer: &[u8]) -> ErrorCode {
    ErrorAnswer::decode(answer).unwrap().code
}

fn status(pair: &mut Pair) -> SessionState {
    let answer = pair.request(&ReaderStatus {
        extensions: Default::default(),
    });
    ReaderStatusAnswer::decode(&answer).unwrap().state
}

#[test]
fn a_locked_reader_answers_hello_and_refuses_everything_else_alike() {
    let mut pair = Pair::new();
    let answer = pair.clear(&hello());
    let answer = HelloAnswer::decode(&answer).unwrap();
    assert_eq!((answer.version, answer.reader_id.as_str()), (1, READER_ID));
    for code in 0..=0x7F_u8 {
        if ![Hello::CODE, Connect::CODE].contains(&code) {
            assert_eq!(pair.clear(&[code]), [Refusal::CODE], "{code:02X}");
        }
    }
    assert_eq!(pair.clear(&[]), [Refusal::CODE]);
    assert_eq!(
        pair.send_frame(FrameKind::Sealed, 0, &[0; 20]),
        [(FrameKind::Clear, 0, vec![Refusal::CODE])]
    );
    // Answers are not answered: two readers on one line would never stop.
    for code in 0x80..=0xFF_u8 {
        assert!(pair.send_frame(FrameKind::Clear, 1, &[code]).is_empty());
    }
}

#[test]
fn wrong_clients_are_refused_alike_and_slow_nobody_down_for_long() {
    let mut pair = Pair::new();
    let challenge = HelloAnswer::decode(&pair.clear(&hello()))
        .unwrap()
        .challenge
        .to_vec();
    for _ in 0..20 {
        assert!(!pair.connect_with(CLIENT_ID, 1, &[8; 32]));
        assert!(!pair.connect_with("SOMEBODY", 1, &PRE_SHARED_KEY));
        assert!(!pair.connect_with(CLIENT_ID, 2, &PRE_SHARED_KEY));
        pair.pass(1000);
    }
    let answer = pair.clear(&hello());
    assert_eq!(
        HelloAnswer::decode(&answer).unwrap().challenge.to_vec(),
        challenge
    );
    pair.pass(2000);
    pair.connect();
    let answer = pair.clear(&hello());
    assert_ne!(
        HelloAnswer::decode(&answer).unwrap().challenge.to_vec(),
        challenge
    );
}

#[test]
fn failures_are_counted_across_resets() {
    let records = Records::default();
    let mut pair = Pair::with(records.clone(), identity());
    for _ in 0..4 {
        assert!(!pair.connect_with(CLIENT_ID, 1, &[8; 32]));
        pair.pass(1000);
    }
    let mut pair = Pair::with(records, identity());
    assert!(
        !pair.connect_with(CLIENT_ID, 1, &PRE_SHARED_KEY),
        "the back-off is applied once at boot"
    );
    pair.pass(2000);
    pair.connect();
}

//= spec/book/src/connection.md#cw-conn-012
//= type=test
//# A reader MUST keep the count of failed connects across resets, at least the largest power of two that it has reached, and back off once, for `T_backoff` at most, after a boot with failures.
#[test]
fn who_cuts_the_power_gains_no_tries() {
    let records = Records::default();
    let mut looked_at = 0;
    // A reset wherever the wait is over and a try was made: as often as it pays.
    for _ in 0..30 {
        let mut pair = Pair::with(records.clone(), identity());
        let before = records.borrow().clone();
        pair.pass(limits::T_BACKOFF_MS - 1);
        assert!(!pair.connect_with(CLIENT_ID, 1, &[8; 32]));
        looked_at += u32::from(**records.borrow() != *before);
    }
    assert_eq!(
        looked_at, 1,
        "the first failure is stored; after it every boot waits for T_backoff"
    );
}

#[test]
fn a_failed_connect_leaves_the_session_and_a_repeated_one_its_answer() {
    let mut pair = Pair::new();
    let hello = hello();
    let hello_answer = pair.clear(&hello);
    let (connect, _) = connect(&hello, &hello_answer, CLIENT_ID, 1, &PRE_SHARED_KEY);
    let first = pair.clear(&connect);
    assert_eq!(pair.clear(&connect), first);
    pair.connect();
    assert_eq!(
        pair.clear(&connect),
        [Refusal::CODE],
        "recorded, and of no use any more"
    );
    assert_eq!(status(&mut pair), SessionState::Connected);
}

#[test]
fn services_wait_for_the_login() {
    let mut pair = Pair::new();
    pair.connect();
    let job = [1; 16];
    let service = ServiceId::CARD_IDENTIFY;
    let instruct = Instruct {
        job: &job,
        service,
        parameters: &[],
        extensions: Default::default(),
    };
    assert_eq!(error(&pair.request(&instruct)), ErrorCode::NOT_LOGGED_IN);
    assert_eq!(error(&pair.relay_bytes(&[0; 48])), ErrorCode::LOGIN_EXPIRED);
    pair.login(&OFFERS);
    let answer = pair.request(&ServiceList {
        from: 0,
        extensions: Default::default(),
    });
    let answer = ServiceListAnswer::decode(&answer).unwrap();
    let listed: Vec<_> = answer
        .services
        .iter()
        .map(|entry| (entry.name.as_str().to_owned(), entry.interface))
        .collect();
    let enabled = |name: &str| OFFERS.iter().any(|offer| offer.service.name() == Some(name));
    for (name, state) in &listed {
        assert_eq!(*state == WorkingState::Enabled, enabled(name), "{name}");
    }
    assert_eq!(listed[0].0, "card.identify");
    assert_eq!(listed[1].0, "subscriber.read");
    // A new login closes the interfaces again.
    pair.request(&PlatformAuth {
        offers: List::default(),
        extensions: Default::default(),
    });
    assert_eq!(error(&pair.request(&instruct)), ErrorCode::NOT_LOGGED_IN);
}

#[test]
fn interfaces_are_what_client_and_cloud_agree_on() {
    let mut pair = Pair::new();
    pair.connect();
    const GRANTED: [ServiceId; 1] = [ServiceId::CARD_IDENTIFY];
    pair.login_with(&OFFERS, |result| {
        result.all_services = false;
        result.services = List::from_items(&GRANTED);
    });
    let instruct = |service| {
        encode(&Instruct {
            job: &[2; 16],
            service,
            parameters: &[],
            extensions: Default::default(),
        })
    };
    let answer = pair.request_bytes(&instruct(ServiceId::SUBSCRIBER_READ));
    assert_eq!(error(&answer), ErrorCode::INTERFACE_DISABLED);
    assert_eq!(
        error(&pair.request_bytes(&instruct(ServiceId(0xF123)))),
        ErrorCode::UNKNOWN_SERVICE
    );
    assert!(InstructAnswer::decode(&pair.request_bytes(&instruct(ServiceId::CARD_IDENTIFY))).is_ok());
}

//= spec/book/src/login.md#cw-login-017
//= type=test
//# Where a client offers a service more than once, a reader MUST go by the first of these offers.
#[test]
fn offers_of_one_service_crowd_out_no_other() {
    let mut offers: Vec<_> = (1..=10)
        .map(|format| Offer {
            service: ServiceId::CARD_IDENTIFY,
            format: Format(format),
        })
        .collect();
    offers.push(Offer {
        service: ServiceId::SUBSCRIBER_READ,
        format: Format::NATIVE,
    });
    let mut pair = Pair::new();
    pair.connect();
    pair.login(&offers);
    for (job, service) in [(1, ServiceId::CARD_IDENTIFY), (2, ServiceId::SUBSCRIBER_READ)] {
        assert!(!pair.run(job, service).is_empty(), "{service:?}");
    }
}

//= spec/book/src/link.md#cw-link-009
//= type=test
//# A reader MUST drop, when its link is reset, the frame that has begun to arrive and every frame that it has not sent yet.
#[test]
fn a_reset_of_the_link_drops_what_is_on_its_way() {
    let mut pair = Pair::new();
    let question = line(FrameKind::Clear, 1, &hello());
    let mut input = &question[..];
    pair.reader.handle_bytes(pair.instant(), &mut input);
    pair.reader.handle_link_reset(pair.instant());
    assert_eq!(pair.reader.poll_output(), None);
    // The first half of a frame does not hit the next one either.
    pair.send_bytes(&question[..5]);
    pair.reader.handle_link_reset(pair.instant());
    assert_eq!(pair.send_bytes(&question).len(), 1);
}

#[test]
fn a_login_that_is_not_meant_for_this_reader_and_client_is_dropped() {
    type Change = fn(&mut LoginResult<'_>);
    let cases: [(Change, ErrorCode); 3] = [
        (
            |result| result.reader_id = Name::from_text("OTHER"),
            ErrorCode::LOGIN_MISMATCH,
        ),
        (
            |result| result.client_id = Name::from_text("OTHER"),
            ErrorCode::LOGIN_MISMATCH,
        ),
        (
            |result| result.outcome = LoginOutcome::Denied,
            ErrorCode::LOGIN_DENIED,
        ),
    ];
    for (change, expected) in cases {
        let mut pair = Pair::new();
        pair.connect();
        let (answer, confirm) = pair.login_with(&OFFERS, change);
        assert_eq!(error(&answer), expected);
        assert_eq!(LoginConfirm::decode(&confirm).unwrap().client_id, CLIENT_ID);
        assert_eq!(status(&mut pair), SessionState::Connected);
    }
}

#[test]
fn another_cloud_gets_nowhere() {
    let mut pair = Pair::new();
    pair.connect();
    let answer = pair.request(&PlatformAuth {
        offers: List::default(),
        extensions: Default::default(),
    });
    let answer = PlatformAuthAnswer::decode(&answer).unwrap();
    // The reader's first message is for the pinned key: another cloud can't even read it.
    assert!(
        cloud_handshake(answer.header, &[6; 32])
            .read_message(answer.handshake, &mut [])
            .is_err()
    );
    let mut right = cloud_handshake(answer.header, &CLOUD_KEY);
    right.read_message(answer.handshake, &mut []).unwrap();
    let mut second = [0; 48];
    right.write_message(&[], &mut second).unwrap();
    second[47] ^= 1;
    assert_eq!(
        error(&pair.relay_bytes(&second)),
        ErrorCode::CLOUD_NOT_AUTHENTICATED
    );
    second[47] ^= 1;
    assert_eq!(
        error(&pair.relay_bytes(&second)),
        ErrorCode::LOGIN_EXPIRED,
        "the login was dropped"
    );
}

#[test]
fn time_ends_logins_grants_and_sessions() {
    let mut pair = Pair::new();
    pair.connect();
    pair.request(&PlatformAuth {
        offers: List::default(),
        extensions: Default::default(),
    });
    assert_eq!(status(&mut pair), SessionState::Login);
    pair.pass(limits::T_HANDSHAKE_MS);
    assert_eq!(status(&mut pair), SessionState::Connected);
    pair.login_with(&OFFERS, |result| result.lifetime = 2);
    assert_eq!(status(&mut pair), SessionState::Serving);
    pair.pass(2000);
    assert_eq!(status(&mut pair), SessionState::Connected);
    pair.pass(limits::T_IDLE_MS);
    let (number, sealed) = pair.seal(&[ReaderStatus::CODE]);
    let refusal = pair.send_frame(FrameKind::Sealed, number, &sealed);
    assert_eq!(refusal, [(FrameKind::Clear, number, vec![Refusal::CODE])]);
}

#[test]
fn requests_are_numbered_executed_once_and_repeated_from_the_cache() {
    let mut pair = Pair::new();
    pair.connect();
    let (number, sealed) = pair.seal(&[ReaderStatus::CODE]);
    let first = pair.send_frame(FrameKind::Sealed, number, &sealed);
    pair.pass(500);
    assert_eq!(
        pair.send_frame(FrameKind::Sealed, number, &sealed),
        first,
        "the uptime in it is the old one"
    );
    // Other bytes under a used number, numbers ahead, and forged frames get no answer.
    let other = pair.seal_under(number, &[Disconnect::CODE]);
    assert!(pair.send_frame(FrameKind::Sealed, number, &other).is_empty());
    let ahead = pair.seal_under(number + 2, &[ReaderStatus::CODE]);
    assert!(pair.send_frame(FrameKind::Sealed, number + 2, &ahead).is_empty());
    assert!(
        pair.send_frame(FrameKind::Sealed, number + 1, &[0; 40])
            .is_empty()
    );
    assert!(pair.send_frame(FrameKind::Sealed, u64::MAX, &[]).is_empty());
    assert_eq!(status(&mut pair), SessionState::Connected);
}

#[test]
fn too_many_forged_frames_end_the_session() {
    let mut pair = Pair::new();
    pair.connect();
    for failure in 1..=limits::FAILURES_MAX {
        assert!(
            pair.send_frame(FrameKind::Sealed, 0, &[0; 40]).is_empty(),
            "{failure}"
        );
    }
    assert_eq!(
        pair.send_frame(FrameKind::Sealed, 0, &[0; 40]).len(),
        1,
        "refused: there is no session"
    );
}

#[test]
fn malformed_requests_are_named_inside_the_channel() {
    let mut pair = Pair::new();
    pair.connect();
    for (bytes, rule, offset) in [
        (&[ReaderStatus::CODE, 0x00][..], CodecRule::Truncated, 1),
        (&[0x7E], CodecRule::MessageType, 0),
        (&[], CodecRule::MessageType, 0),
        (&[PlatformAuth::CODE, 0x41], CodecRule::Count, 1),
        (
            &[ReaderStatus::CODE, 0x80, 0x01, 0x00, 0x00],
            CodecRule::ExtensionCritical,
            1,
        ),
    ] {
        let answer = pair.request_bytes(bytes);
        let answer = ErrorAnswer::decode(&answer).unwrap();
        assert_eq!(answer.code, ErrorCode::MALFORMED);
        assert_eq!(
            (answer.detail, answer.offset),
            (u16::from(rule.value()), offset),
            "{bytes:02X?}"
        );
    }
    assert_eq!(status(&mut pair), SessionState::Connected);
}

#[test]
fn any_bytes_in_any_state_neither_panic_nor_wedge() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut pair = Pair::new();
    pair.serve(&[ServiceId::CARD_IDENTIFY]);
    for round in 0..3000 {
        let length = (random() % 80) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| random() as u8).collect();
        if round % 3 == 0 && !bytes.is_empty() {
            // A known request with garbage behind its code, inside the channel.
            bytes[0] = (random() % 13) as u8;
            if bytes[0] != Disconnect::CODE && bytes[0] != PlatformAuth::CODE {
                pair.request_bytes(&bytes);
            }
        } else {
            bytes.push(0);
            pair.send_bytes(&bytes);
        }
        pair.pass(1);
    }
    assert_eq!(
        pair.run(0xEE, ServiceId::CARD_IDENTIFY)[1].1,
        "8900001010123456783"
    );
}
