//! The cloud against a `snow` initiator that plays the reader, right and wrong.

use super::*;
use crate::{
    Identities,
    cloud::{Update, DeliveryState},
    identity::{Authority, Key, ReaderIdentity},
    scripted::{ReaderLogin, reply},
};
use cardwire_codec::message::{
    ChannelRequest, CloudRelay, HardwareClass, Suite, UpdateKind, UpdateResult, UpdateState, UpdateStatus,
};
use core::time::Duration;

const CLIENT: &str = "CERT-CLIENT-1";
const SESSION: [u8; 32] = [0x5E; 32];

fn reader() -> ReaderIdentity {
    Identities::certification().reader.unwrap()
}

fn cloud() -> Arc<Cloud> {
    let cloud = Cloud::in_memory(&Identities::certification().cloud.unwrap()).unwrap();
    cloud.registry().grant(&reader().id, CLIENT, &Granted::All, 120).unwrap();
    Arc::new(cloud)
}

fn header<'a>(reader_id: &'a str) -> LoginHeader<'a> {
    LoginHeader {
        version: 1,
        suite: Suite::NOISE_IK,
        reader_id,
        hardware_class: HardwareClass::REFERENCE_HOST,
        boot_counter: 3,
        client_id: CLIENT,
        session: &SESSION,
        extensions: Extensions::NONE,
    }
}

fn begin(reader: &ReaderIdentity) -> ReaderLogin {
    ReaderLogin::begin(reader, reply(&header(&reader.id))).unwrap()
}

/// cloud_open as an honest client sends it for this login.
fn open(login: &ReaderLogin) -> Vec<u8> {
    open_as(login, CLIENT, &SESSION)
}

fn open_as(login: &ReaderLogin, client_id: &str, session: &[u8; 32]) -> Vec<u8> {
    let (header, handshake) = (&*login.header, &login.first);
    reply(&CloudOpen { version: 1, client_id, session, header, handshake, extensions: Extensions::NONE })
}

fn relay(payload: &[u8]) -> Vec<u8> {
    reply(&CloudRelay { payload, extensions: Extensions::NONE })
}

fn confirm(reader_id: &str, counter: u32) -> Vec<u8> {
    reply(&LoginConfirm {
        reader_id,
        client_id: CLIENT,
        software: "snow-1",
        software_counter: counter,
        authentication_counter: 0,
        logic_counter: counter,
        extensions: Extensions::NONE,
    })
}

fn code(answer: &[u8]) -> Option<ErrorCode> {
    CloudError::decode(answer).ok().map(|error| error.code)
}

fn payload(answer: &[u8]) -> Vec<u8> {
    match CloudRelayAnswer::decode(answer) {
        Ok(answer) => answer.payload.to_vec(),
        Err(_) => panic!("no relay answer: {:?}", code(answer)),
    }
}

fn finish(login: ReaderLogin, answer: &[u8]) -> Channel {
    login.finish(CloudOpenAnswer::decode(answer).unwrap().handshake).unwrap()
}

fn logins(cloud: &Cloud) -> u32 {
    cloud.registry().readers().unwrap().iter().map(|reader| reader.logins).sum()
}

/// A reader that is logged in, at its end and at the cloud's.
fn logged_in(cloud: &Arc<Cloud>, counter: u32) -> (Conversation, Channel) {
    let mut conversation = Cloud::conversation(cloud);
    let login = begin(&reader());
    let answer = conversation.handle(&open(&login), Instant::now());
    let mut channel = finish(login, &answer);
    let confirm = channel.seal(&confirm(&reader().id, counter)).unwrap();
    let result = conversation.handle(&relay(&confirm), Instant::now());
    channel.open(&payload(&result)).unwrap();
    (conversation, channel)
}

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
    assert_eq!((result.reader_id, result.client_id), ("CERT-READER-1", CLIENT));
    assert!(result.all_services && result.services.is_empty() && result.lifetime == 120);
    assert!(logins(&cloud) == 1 && conversation.is_logged_in());
    let record = cloud.registry().readers().unwrap().remove(0);
    assert_eq!((record.software.as_deref(), record.counters.logic), (Some("snow-1"), 7));

    // The channel goes on: nothing is pending.
    assert_eq!(payload(&conversation.handle(&relay(&[]), Instant::now())), []);
}

#[test]
fn a_client_without_grants_logs_in_to_nothing_and_a_denied_reader_not_at_all() {
    let cloud = cloud();
    cloud.registry().grant(&reader().id, CLIENT, &Granted::Services(vec![]), 60).unwrap();
    for admitted in [true, false] {
        cloud.registry().admit(&reader().id, admitted).unwrap();
        let mut conversation = Cloud::conversation(&cloud);
        let login = begin(&reader());
        let answer = conversation.handle(&open(&login), Instant::now());
        let mut channel = finish(login, &answer);
        let sealed = channel.seal(&confirm(&reader().id, 0)).unwrap();
        let message = channel.open(&payload(&conversation.handle(&relay(&sealed), Instant::now()))).unwrap();
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
    exchanged.header = reply(&LoginHeader { boot_counter: 4, ..header(&reader().id) });
    let mut low_order = begin(&reader());
    low_order.first[..32].fill(0);
    let mut suite = header("CERT-READER-1");
    suite.suite = Suite(2);
    let suite = ReaderLogin::begin(&reader(), reply(&suite)).unwrap();

    let refused: [(&str, Vec<u8>, ErrorCode); 10] = [
        ("another client", open_as(&right, "CERT-CLIENT-2", &SESSION), ErrorCode::CLIENT_MISMATCH),
        ("spliced session", open_as(&right, CLIENT, &[0x5F; 32]), ErrorCode::CLIENT_MISMATCH),
        ("another suite", open(&suite), ErrorCode::CLIENT_MISMATCH),
        ("unknown reader", open(&begin(&unknown)), ErrorCode::READER_UNKNOWN),
        ("wrong key", open(&begin(&wrong_key)), ErrorCode::READER_UNKNOWN),
        ("another cloud", open(&begin(&wrong_cloud)), ErrorCode::CLOUD_NOT_AUTHENTICATED),
        ("exchanged header", open(&exchanged), ErrorCode::CLOUD_NOT_AUTHENTICATED),
        ("low order", open(&low_order), ErrorCode::MALFORMED),
        ("header that is none", open(&ReaderLogin::begin(&reader(), vec![0x60]).unwrap()), ErrorCode::MALFORMED),
        ("nothing", vec![], ErrorCode::MALFORMED),
    ];
    for (what, message, expected) in refused {
        let mut conversation = Cloud::conversation(&cloud);
        assert_eq!(code(&conversation.handle(&message, Instant::now())), Some(expected), "{what}");
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
    assert_eq!(code(&replayed.handle(&relay(&sealed), Instant::now())), Some(ErrorCode::LOGIN_EXPIRED));
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
        (confirm("CERT-READER-1", 0), patience + Duration::from_millis(1), ErrorCode::LOGIN_EXPIRED),
    ] {
        let mut conversation = Cloud::conversation(&cloud);
        let (login, start) = (begin(&reader()), Instant::now());
        let answer = conversation.handle(&open(&login), start);
        let mut channel = finish(login, &answer);
        let sealed = channel.seal(&message).unwrap();
        assert_eq!(code(&conversation.handle(&relay(&sealed), start + after)), Some(expected));
        // The login is gone; the right message comes too late.
        let sealed = channel.seal(&confirm("CERT-READER-1", 0)).unwrap();
        let late = conversation.handle(&relay(&sealed), start + after);
        assert_eq!(code(&late), Some(ErrorCode::LOGIN_EXPIRED));
    }
    assert_eq!(logins(&cloud), 0);
    let mut conversation = Cloud::conversation(&cloud);
    assert_eq!(code(&conversation.handle(&relay(&[]), Instant::now())), Some(ErrorCode::LOGIN_EXPIRED));
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
        assert_eq!(code(&conversation.handle(&message[..length], now)), Some(ErrorCode::MALFORMED));
    }
    for at in 0..message.len() {
        for bit in 0..8 {
            let mut bad = message.clone();
            bad[at] ^= 1 << bit;
            let mut conversation = Cloud::conversation(&cloud);
            assert!(code(&conversation.handle(&bad, now)).is_some(), "byte {at}, bit {bit}");
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
    for length in [1, 15, 16, 17, 480] {
        let (mut conversation, _) = logged_in(&cloud, 0);
        let answer = conversation.handle(&relay(&vec![0xA5; length]), now);
        assert_eq!(code(&answer), Some(ErrorCode::LOGIN_EXPIRED));
        assert!(!conversation.is_logged_in());
    }
}

fn authority() -> Authority {
    Identities::certification().authority.unwrap()
}

/// The next message that the cloud has for the reader, after this word of it.
fn next(conversation: &mut Conversation, channel: &mut Channel, word: Option<&[u8]>) -> Option<Vec<u8>> {
    let sealed = word.map_or_else(Vec::new, |word| channel.seal(word).unwrap());
    let sealed = payload(&conversation.handle(&relay(&sealed), Instant::now()));
    (!sealed.is_empty()).then(|| channel.open(&sealed).unwrap())
}

fn status(digest: &[u8; 32], state: UpdateState, next_offset: u32, error: ErrorCode) -> Vec<u8> {
    reply(&UpdateStatus { digest, state, next_offset, error, detail: 0, extensions: Extensions::NONE })
}

fn digest_of(offer: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    match ChannelRequest::decode(offer) {
        Ok(ChannelRequest::UpdateOffer(offer)) => sha2::Sha256::digest(offer.manifest).into(),
        other => panic!("no offer: {other:?}"),
    }
}

fn delivery(cloud: &Cloud) -> (DeliveryState, Option<ErrorCode>) {
    let delivery = cloud.registry().campaigns().unwrap().remove(0).deliveries.remove(0);
    (delivery.state, delivery.error)
}

#[test]
fn an_update_is_offered_sent_and_committed() {
    let cloud = cloud();
    let content: Vec<u8> = (0..=255).cycle().take(900).collect();
    let class = HardwareClass::REFERENCE_HOST;
    let update = Update::software(&content, 5, class, &authority()).unwrap();
    cloud.registry().publish(&update).unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 4);
    let offer = next(&mut conversation, &mut channel, None).unwrap();
    let digest = digest_of(&offer);
    // The reader has the first 100 bytes from another day.
    let mut offset = 100;
    loop {
        let word = status(&digest, UpdateState::Receiving, offset as u32, ErrorCode(0));
        let chunk = next(&mut conversation, &mut channel, Some(&word)).unwrap();
        let Ok(ChannelRequest::UpdateChunk(chunk)) = ChannelRequest::decode(&chunk) else { panic!("no chunk") };
        assert_eq!((chunk.offset as usize, *chunk.digest), (offset, digest));
        assert_eq!(*chunk.data, content[offset..(offset + 400).min(900)]);
        offset += chunk.data.len();
        if offset == 900 {
            break;
        }
    }
    let word = status(&digest, UpdateState::Received, 900, ErrorCode(0));
    let commit = next(&mut conversation, &mut channel, Some(&word)).unwrap();
    assert!(matches!(ChannelRequest::decode(&commit), Ok(ChannelRequest::UpdateCommit(_))));
    assert_eq!(delivery(&cloud).0, DeliveryState::Delivering);
    // An empty question while the reader's word is awaited changes nothing.
    assert_eq!(code(&conversation.handle(&relay(&[]), Instant::now())), Some(ErrorCode::UNEXPECTED));

    let result = reply(&UpdateResult {
        digest: &digest,
        kind: UpdateKind::SOFTWARE,
        error: ErrorCode(0),
        detail: 0,
        counter: 5,
        extensions: Extensions::NONE,
    });
    assert_eq!(next(&mut conversation, &mut channel, Some(&result)), None);
    assert_eq!(delivery(&cloud), (DeliveryState::Installed, None));
    assert_eq!(cloud.registry().readers().unwrap()[0].counters.software, 5);
}

#[test]
fn a_commit_whose_word_was_lost_is_seen_at_the_next_login() {
    let cloud = cloud();
    let update = Update::software(b"x", 5, HardwareClass::REFERENCE_HOST, &authority()).unwrap();
    cloud.registry().publish(&update).unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 4);
    let digest = digest_of(&next(&mut conversation, &mut channel, None).unwrap());
    let word = status(&digest, UpdateState::Received, 1, ErrorCode(0));
    next(&mut conversation, &mut channel, Some(&word)).unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 5);
    assert_eq!(delivery(&cloud), (DeliveryState::Installed, None));
    assert_eq!(next(&mut conversation, &mut channel, None), None);
}

#[test]
fn refusals_are_final_and_mishaps_are_tried_again_three_times() {
    for (error, attempts, state) in [
        (ErrorCode::UPDATE_SIGNATURE, 1, DeliveryState::Refused),
        (ErrorCode::UPDATE_DIGEST, 3, DeliveryState::Failed),
    ] {
        let cloud = cloud();
        let class = HardwareClass::REFERENCE_HOST;
        cloud.registry().publish(&Update::software(b"x", 5, class, &authority()).unwrap()).unwrap();
        for attempt in 0..5 {
            let (mut conversation, mut channel) = logged_in(&cloud, 4);
            match next(&mut conversation, &mut channel, None) {
                None => assert!(attempt >= attempts, "{error}"),
                Some(offer) => {
                    assert!(attempt < attempts, "{error}");
                    let word = status(&digest_of(&offer), UpdateState::None, 0, error);
                    assert_eq!(next(&mut conversation, &mut channel, Some(&word)), None);
                }
            }
        }
        assert_eq!(delivery(&cloud), (state, Some(error)));
    }
}

/// A reader that does not get on must not keep the cloud busy, and its lies are its own loss.
#[test]
fn a_reader_that_goes_round_in_circles_is_left_alone() {
    let class = HardwareClass::REFERENCE_HOST;
    let other = [9; 32];
    let none = ErrorCode(0);
    type Words = fn(&[u8; 32], &[u8; 32]) -> Vec<Vec<u8>>;
    let words: [Words; 6] = [
        |digest, _| vec![status(digest, UpdateState::Receiving, 0, ErrorCode(0)); 2],
        |digest, _| vec![status(digest, UpdateState::Receiving, 1000, ErrorCode(0))],
        |digest, _| vec![status(digest, UpdateState::Receiving, u32::MAX, ErrorCode(0))],
        |digest, _| vec![status(digest, UpdateState::None, 0, ErrorCode(0))],
        |_, other| vec![status(other, UpdateState::Receiving, 0, ErrorCode(0))],
        |_, _| vec![confirm("CERT-READER-1", 0)],
    ];
    for (case, words) in words.into_iter().enumerate() {
        let cloud = cloud();
        cloud.registry().publish(&Update::software(&[1; 1000], 5, class, &authority()).unwrap()).unwrap();
        let (mut conversation, mut channel) = logged_in(&cloud, 4);
        let offer = next(&mut conversation, &mut channel, None).unwrap();
        let mut said = None;
        for word in words(&digest_of(&offer), &other) {
            said = next(&mut conversation, &mut channel, Some(&word));
        }
        assert_eq!(said, None, "case {case}");
        assert_eq!(delivery(&cloud), (DeliveryState::Failed, Some(ErrorCode::UNEXPECTED)));
        // A word that nobody asked for changes nothing.
        let word = status(&other, UpdateState::Receiving, 0, none);
        assert_eq!(next(&mut conversation, &mut channel, Some(&word)), None);
    }
}
