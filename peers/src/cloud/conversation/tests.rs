//! The cloud against a reader that logs in, right and wrong.

use super::*;
use crate::{
    cloud::testing::{
        CLIENT, SESSION, begin, cloud, code, confirm, finish, header, logged_in, logins, open, open_as,
        payload, reader, relay,
    },
    identity::Key,
    scripted::{ReaderLogin, reply},
};
use cardwire_codec::message::{
    Suite, UpdateState, UpdateStatus,
    limits::{RELAYED_MAX, TAG_SIZE},
};
use core::time::Duration;

#[test]
fn a_login_counts_after_the_third_message_and_states_the_grants() {
    let cloud = cloud();
    let mut conversation = Cloud::conversation(&cloud);
    let login = begin(&reader());
    let answer = conversation.handle(&open(&login), Instant::now());
    let mut channel = finish(login, &answer);
    assert!(logins(&cloud) == 0 && !conversation.is_logged_in());

    let sealed = channel.seal(&confirm(&reader().id, 7)).unwrap();
    let answer = conversation.handle(&relay(&sealed), Instant::now());
    let message = channel.open(&payload(&answer)).unwrap();
    let result = LoginResult::decode(&message).unwrap();
    assert_eq!(result.outcome, LoginOutcome::Success);
    assert_eq!(
        (result.reader_id.as_str(), result.client_id.as_str()),
        ("CERT-READER-1", CLIENT)
    );
    assert!(result.all_services && result.services.is_empty() && result.lifetime == 120);
    assert!(logins(&cloud) == 1 && conversation.is_logged_in());
    let record = cloud.registry().readers().unwrap().remove(0);
    assert_eq!(
        (record.software.as_deref(), record.counters.logic),
        (Some("snow-1"), 7)
    );

    // The channel goes on: nothing is pending.
    assert_eq!(payload(&conversation.handle(&relay(&[]), Instant::now())), []);
}

#[test]
fn a_client_without_grants_logs_in_to_nothing_and_a_denied_reader_not_at_all() {
    let cloud = cloud();
    cloud
        .registry()
        .grant(&reader().id, CLIENT, &Granted::Services(vec![]), 60)
        .unwrap();
    for admitted in [true, false] {
        cloud.registry().admit(&reader().id, admitted).unwrap();
        let mut conversation = Cloud::conversation(&cloud);
        let login = begin(&reader());
        let answer = conversation.handle(&open(&login), Instant::now());
        let mut channel = finish(login, &answer);
        let sealed = channel.seal(&confirm(&reader().id, 0)).unwrap();
        let message = channel
            .open(&payload(&conversation.handle(&relay(&sealed), Instant::now())))
            .unwrap();
        let result = LoginResult::decode(&message).unwrap();
        assert_eq!(result.outcome == LoginOutcome::Success, admitted);
        assert!(!result.all_services && result.services.is_empty());
        assert_eq!(conversation.is_logged_in(), admitted);
    }
}

//= spec/book/src/login.md#cw-login-003
//= type=test
//# A cloud MUST refuse a login whose header names another client or session than the client did, or whose static key is not the registered one of that reader, before anything has an effect.
#[test]
fn wrong_logins_are_refused_before_anything_has_an_effect() {
    let cloud = cloud();
    let right = begin(&reader());
    let mut unknown = reader();
    unknown.id = "CERT-READER-9".into();
    let mut wrong_key = reader();
    wrong_key.static_key = Key::new([9; 32]);
    let mut wrong_cloud = reader();
    wrong_cloud.cloud_public_key = Key::new([9; 32]).x25519_public();
    // Somebody exchanges the header behind the reader's back: the handshake is bound to the reader's own.
    let mut exchanged = begin(&reader());
    exchanged.header = reply(&LoginHeader {
        boot_counter: 4,
        ..header(&reader().id)
    });
    let mut low_order = begin(&reader());
    low_order.first[..32].fill(0);
    let mut suite = header("CERT-READER-1");
    suite.suite = Suite(2);
    let suite = ReaderLogin::begin(&reader(), reply(&suite)).unwrap();
    // Named before the contradiction that it is as well: the client spoke of version 1.
    let mut version = header("CERT-READER-1");
    version.version = 2;
    let version = ReaderLogin::begin(&reader(), reply(&version)).unwrap();
    let of_one = open(&version);
    let both = reply(&CloudOpen {
        version: 2,
        ..CloudOpen::decode(&of_one).unwrap()
    });

    let refused: [(&str, Vec<u8>, ErrorCode); 12] = [
        (
            "another client",
            open_as(&right, "CERT-CLIENT-2", &SESSION),
            ErrorCode::CLIENT_MISMATCH,
        ),
        (
            "spliced session",
            open_as(&right, CLIENT, &[0x5F; 32]),
            ErrorCode::CLIENT_MISMATCH,
        ),
        ("another suite", open(&suite), ErrorCode::NOT_SUPPORTED),
        ("another version", open(&version), ErrorCode::NOT_SUPPORTED),
        ("another version, of both", both, ErrorCode::NOT_SUPPORTED),
        (
            "unknown reader",
            open(&begin(&unknown)),
            ErrorCode::READER_UNKNOWN,
        ),
        ("wrong key", open(&begin(&wrong_key)), ErrorCode::READER_UNKNOWN),
        (
            "another cloud",
            open(&begin(&wrong_cloud)),
            ErrorCode::CLOUD_NOT_AUTHENTICATED,
        ),
        (
            "exchanged header",
            open(&exchanged),
            ErrorCode::CLOUD_NOT_AUTHENTICATED,
        ),
        ("low order", open(&low_order), ErrorCode::MALFORMED),
        (
            "header that is none",
            open(&ReaderLogin::begin(&reader(), vec![0x60]).unwrap()),
            ErrorCode::MALFORMED,
        ),
        ("nothing", vec![], ErrorCode::MALFORMED),
    ];
    for (what, message, expected) in refused {
        let mut conversation = Cloud::conversation(&cloud);
        assert_eq!(
            code(&conversation.handle(&message, Instant::now())),
            Some(expected),
            "{what}"
        );
        assert!(matches!(conversation.stage, Stage::Closed), "{what}");
        assert_eq!(logins(&cloud), 0, "{what}");
    }
}

/// Message 1 has no freshness of the cloud's in it: a recorded one is answered, and of no use.
#[test]
fn a_replayed_first_message_has_no_effect() {
    let cloud = cloud();
    let login = begin(&reader());
    let recorded = open(&login);
    let mut honest = Cloud::conversation(&cloud);
    let answer = honest.handle(&recorded, Instant::now());
    let mut channel = finish(login, &answer);
    let sealed = channel.seal(&confirm(&reader().id, 0)).unwrap();
    honest.handle(&relay(&sealed), Instant::now());
    assert_eq!(logins(&cloud), 1);

    let mut replayed = Cloud::conversation(&cloud);
    let again = replayed.handle(&recorded, Instant::now());
    assert!(CloudOpenAnswer::decode(&again).is_ok() && again != answer);
    // The recorded third message belongs to the other handshake.
    assert_eq!(
        code(&replayed.handle(&relay(&sealed), Instant::now())),
        Some(ErrorCode::LOGIN_EXPIRED)
    );
    assert!(logins(&cloud) == 1 && !replayed.is_logged_in());
}

//= spec/book/src/login.md#cw-login-005
//= type=test
//# A reader's first transport message MUST be login_confirm with its own identity and that of the authenticated client.
#[test]
fn the_third_message_must_be_the_right_confirm_and_in_time() {
    let cloud = cloud();
    let status = reply(&UpdateStatus {
        digest: &[0; 32],
        state: UpdateState::None,
        next_offset: 0,
        error: ErrorCode(0),
        detail: 0,
        extensions: Extensions::NONE,
    });
    let patience = crate::Timers::SPEC.handshake;
    for (message, after, expected) in [
        (confirm("ANOTHER", 0), Duration::ZERO, ErrorCode::LOGIN_MISMATCH),
        (status, Duration::ZERO, ErrorCode::MALFORMED),
        (vec![], Duration::ZERO, ErrorCode::MALFORMED),
        (
            confirm("CERT-READER-1", 0),
            patience + Duration::from_millis(1),
            ErrorCode::LOGIN_EXPIRED,
        ),
    ] {
        let mut conversation = Cloud::conversation(&cloud);
        let (login, start) = (begin(&reader()), Instant::now());
        let answer = conversation.handle(&open(&login), start);
        let mut channel = finish(login, &answer);
        let sealed = channel.seal(&message).unwrap();
        assert_eq!(
            code(&conversation.handle(&relay(&sealed), start + after)),
            Some(expected)
        );
        // The login is gone; the right message comes too late.
        let sealed = channel.seal(&confirm("CERT-READER-1", 0)).unwrap();
        let late = conversation.handle(&relay(&sealed), start + after);
        assert_eq!(code(&late), Some(ErrorCode::LOGIN_EXPIRED));
    }
    assert_eq!(logins(&cloud), 0);
    let mut conversation = Cloud::conversation(&cloud);
    assert_eq!(
        code(&conversation.handle(&relay(&[]), Instant::now())),
        Some(ErrorCode::LOGIN_EXPIRED)
    );
}

/// Whatever a peer sends: an answer, no panic, no login.
#[test]
fn no_bytes_bring_the_cloud_down() {
    let cloud = cloud();
    let login = begin(&reader());
    let message = open(&login);
    let now = Instant::now();
    for length in 0..message.len() {
        let mut conversation = Cloud::conversation(&cloud);
        assert_eq!(
            code(&conversation.handle(&message[..length], now)),
            Some(ErrorCode::MALFORMED)
        );
    }
    for at in 0..message.len() {
        for bit in 0..8 {
            let mut bad = message.clone();
            bad[at] ^= 1 << bit;
            let mut conversation = Cloud::conversation(&cloud);
            assert!(
                code(&conversation.handle(&bad, now)).is_some(),
                "byte {at}, bit {bit}"
            );
            assert!(code(&conversation.handle(&relay(&[0; 16]), now)).is_some());
        }
    }
    let mut conversation = Cloud::conversation(&cloud);
    for first in 0..=u8::MAX {
        assert!(code(&conversation.handle(&[first; 499], now)).is_some());
        assert!(code(&conversation.handle(&[first; 4096], now)).is_some());
    }
    assert_eq!(logins(&cloud), 0);

    // After login: a relayed message that does not authenticate ends the channel, and the next login is as the first.
    for length in [1, 15, 16, 17, RELAYED_MAX + TAG_SIZE] {
        let (mut conversation, _) = logged_in(&cloud, 0);
        let answer = conversation.handle(&relay(&vec![0xA5; length]), now);
        assert_eq!(code(&answer), Some(ErrorCode::LOGIN_EXPIRED));
        assert!(!conversation.is_logged_in());
    }
}
