//! Updates for a reader that takes them, refuses them, or goes round in circles.

use super::*;
use crate::{
    Cloud, Identities,
    cloud::{
        Channel, Conversation, Part, Update,
        testing::{cloud, code, confirm, logged_in, payload, relay},
    },
    identity::Authority,
    scripted::reply,
};
use cardwire_codec::message::{ChannelRequest, HardwareClass};
use std::time::Instant;

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
    reply(&UpdateStatus {
        digest,
        state,
        next_offset,
        error,
        detail: 0,
        extensions: Extensions::NONE,
    })
}

fn digest_of(offer: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    match ChannelRequest::decode(offer) {
        Ok(ChannelRequest::UpdateOffer(offer)) => sha2::Sha256::digest(offer.manifest).into(),
        other => panic!("no offer: {other:?}"),
    }
}

fn digest_of_update(update: &Update) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(update.manifest()).into()
}

fn delivery(cloud: &Cloud) -> (DeliveryState, Option<ErrorCode>) {
    let delivery = cloud
        .registry()
        .campaigns()
        .unwrap()
        .remove(0)
        .deliveries
        .remove(0);
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
        let Ok(ChannelRequest::UpdateChunk(chunk)) = ChannelRequest::decode(&chunk) else {
            panic!("no chunk")
        };
        assert_eq!((chunk.offset as usize, *chunk.digest), (offset, digest));
        assert_eq!(*chunk.data, content[offset..(offset + 400).min(900)]);
        offset += chunk.data.len();
        if offset == 900 {
            break;
        }
    }
    let word = status(&digest, UpdateState::Received, 900, ErrorCode(0));
    let commit = next(&mut conversation, &mut channel, Some(&word)).unwrap();
    assert!(matches!(
        ChannelRequest::decode(&commit),
        Ok(ChannelRequest::UpdateCommit(_))
    ));
    assert_eq!(delivery(&cloud).0, DeliveryState::Delivering);
    // An empty question while the reader's word is awaited changes nothing.
    assert_eq!(
        code(&conversation.handle(&relay(&[]), Instant::now())),
        Some(ErrorCode::UNEXPECTED)
    );

    let result = reply(&UpdateResult {
        digest: &digest,
        state: UpdateState::Installed,
        error: ErrorCode(0),
        detail: 0,
        software_counter: 5,
        authentication_counter: 0,
        logic_counter: 0,
        extensions: Extensions::NONE,
    });
    assert_eq!(next(&mut conversation, &mut channel, Some(&result)), None);
    assert_eq!(delivery(&cloud), (DeliveryState::Installed, None));
    assert_eq!(cloud.registry().readers().unwrap()[0].counters.software, 5);
}

#[test]
fn software_on_trial_is_offered_again_and_counts_once_it_is_confirmed() {
    let cloud = cloud();
    let parts = vec![Part::software(b"image", 5), Part::authentication(b"keys", 6)];
    let update = Update::of(parts, HardwareClass::REFERENCE_HOST, &authority()).unwrap();
    cloud.registry().publish(&update).unwrap();
    // Nothing else is brought to a reader that has software on trial.
    let later = Update::software(b"later", 7, HardwareClass::REFERENCE_HOST, &authority()).unwrap();
    cloud.registry().publish(&later).unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 4);
    let digest = digest_of(&next(&mut conversation, &mut channel, None).unwrap());
    let word = status(&digest, UpdateState::Received, 9, ErrorCode(0));
    next(&mut conversation, &mut channel, Some(&word)).unwrap();
    let result = reply(&UpdateResult {
        digest: &digest,
        state: UpdateState::Trial,
        error: ErrorCode(0),
        detail: 0,
        software_counter: 4,
        authentication_counter: 0,
        logic_counter: 0,
        extensions: Extensions::NONE,
    });
    assert_eq!(next(&mut conversation, &mut channel, Some(&result)), None);
    assert_eq!(delivery(&cloud), (DeliveryState::Trial, None));
    assert_eq!(cloud.registry().readers().unwrap()[0].counters.software, 4);
    // The next login confirms it; login_confirm was said before that.
    let (mut conversation, mut channel) = logged_in(&cloud, 4);
    let offer = next(&mut conversation, &mut channel, None).unwrap();
    assert_eq!(digest_of(&offer), digest);
    let word = status(&digest, UpdateState::Installed, 9, ErrorCode(0));
    let offer = next(&mut conversation, &mut channel, Some(&word)).unwrap();
    assert_ne!(digest_of(&offer), digest, "that is the later one");
    assert_eq!(delivery(&cloud), (DeliveryState::Installed, None));
    let counters = cloud.registry().readers().unwrap()[0].counters;
    assert_eq!((counters.software, counters.authentication), (5, 6));
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
        cloud
            .registry()
            .publish(&Update::software(b"x", 5, class, &authority()).unwrap())
            .unwrap();
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
        cloud
            .registry()
            .publish(&Update::software(&[1; 1000], 5, class, &authority()).unwrap())
            .unwrap();
        let (mut conversation, mut channel) = logged_in(&cloud, 4);
        let offer = next(&mut conversation, &mut channel, None).unwrap();
        let mut said = None;
        for word in words(&digest_of(&offer), &other) {
            said = next(&mut conversation, &mut channel, Some(&word));
        }
        assert_eq!(said, None, "case {case}");
        assert_eq!(
            delivery(&cloud),
            (DeliveryState::Failed, Some(ErrorCode::UNEXPECTED))
        );
        // A word that nobody asked for changes nothing.
        let word = status(&other, UpdateState::Receiving, 0, none);
        assert_eq!(next(&mut conversation, &mut channel, Some(&word)), None);
    }
}

/// Software is tried before it counts: the reader says so by the counter that it states after the commit.
#[test]
fn a_trial_is_no_success_until_the_reader_says_so() {
    let class = HardwareClass::REFERENCE_HOST;
    let none = ErrorCode(0);
    type Word = fn(&[u8; 32]) -> Vec<u8>;
    // What the reader says to the next offer, and what it makes of the delivery.
    let words: [(Word, DeliveryState); 5] = [
        (
            |digest| status(digest, UpdateState::Installed, 1, ErrorCode(0)),
            DeliveryState::Installed,
        ),
        (
            |digest| status(digest, UpdateState::Receiving, 0, ErrorCode(0)),
            DeliveryState::Failed,
        ),
        (
            |digest| status(digest, UpdateState::Received, 1, ErrorCode(0)),
            DeliveryState::Failed,
        ),
        (
            |digest| status(digest, UpdateState::None, 0, ErrorCode::UPDATE_ORDER),
            DeliveryState::Trial,
        ),
        (
            |digest| status(digest, UpdateState::None, 0, ErrorCode::UPDATE_COUNTER),
            DeliveryState::Trial,
        ),
    ];
    for (case, (word, expected)) in words.into_iter().enumerate() {
        let cloud = cloud();
        let update = Update::software(b"x", 5, class, &authority()).unwrap();
        cloud.registry().publish(&update).unwrap();
        let (mut conversation, mut channel) = logged_in(&cloud, 4);
        let digest = digest_of(&next(&mut conversation, &mut channel, None).unwrap());
        let received = status(&digest, UpdateState::Received, 1, none);
        next(&mut conversation, &mut channel, Some(&received)).unwrap();
        let tried = reply(&UpdateResult {
            digest: &digest,
            state: UpdateState::Trial,
            error: none,
            detail: 0,
            software_counter: 4,
            authentication_counter: 0,
            logic_counter: 0,
            extensions: Extensions::NONE,
        });
        assert_eq!(next(&mut conversation, &mut channel, Some(&tried)), None);
        assert_eq!(delivery(&cloud).0, DeliveryState::Trial);
        assert_eq!(cloud.registry().readers().unwrap()[0].counters.software, 4);

        // The next login confirms it to the reader, which states the old counter in it.
        let (mut conversation, mut channel) = logged_in(&cloud, 4);
        let offer = next(&mut conversation, &mut channel, None).unwrap();
        assert_eq!(digest_of(&offer), digest);
        assert_eq!(
            next(&mut conversation, &mut channel, Some(&word(&digest))),
            None,
            "case {case}"
        );
        assert_eq!(delivery(&cloud).0, expected, "case {case}");
    }
}

/// A campaign that is stopped gets no further with a reader that is at it, and goes on where it was.
#[test]
fn a_campaign_that_is_stopped_sends_no_further_chunk() {
    let cloud = cloud();
    let class = HardwareClass::REFERENCE_HOST;
    let update = Update::software(&[7; 900], 5, class, &authority()).unwrap();
    let id = cloud.registry().publish(&update).unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 4);
    let digest = digest_of(&next(&mut conversation, &mut channel, None).unwrap());
    let word = status(&digest, UpdateState::Receiving, 0, ErrorCode(0));
    assert!(next(&mut conversation, &mut channel, Some(&word)).is_some());
    cloud
        .registry()
        .steer(id, crate::cloud::CampaignCommand::Pause)
        .unwrap();
    let word = status(&digest, UpdateState::Receiving, 400, ErrorCode(0));
    assert_eq!(next(&mut conversation, &mut channel, Some(&word)), None);
    assert_eq!(delivery(&cloud), (DeliveryState::Delivering, None));

    cloud
        .registry()
        .steer(id, crate::cloud::CampaignCommand::Resume)
        .unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 4);
    let offer = next(&mut conversation, &mut channel, None).unwrap();
    assert_eq!(digest_of(&offer), digest);
}

#[test]
fn an_update_waits_for_those_that_it_would_shut_out() {
    let class = HardwareClass::REFERENCE_HOST;
    let cloud = cloud();
    let mixed = vec![Part::software(b"newer", 8), Part::authentication(b"keys", 1)];
    let mixed = Update::of(mixed, class, &authority()).unwrap();
    let older = Update::software(b"older", 3, class, &authority()).unwrap();
    for update in [&mixed, &older] {
        cloud.registry().publish(update).unwrap();
    }
    let (mut conversation, mut channel) = logged_in(&cloud, 1);
    let offer = next(&mut conversation, &mut channel, None).unwrap();
    assert_eq!(digest_of(&offer), digest_of_update(&older));
    let word = status(&digest_of(&offer), UpdateState::Installed, 5, ErrorCode(0));
    let offer = next(&mut conversation, &mut channel, Some(&word)).unwrap();
    assert_eq!(digest_of(&offer), digest_of_update(&mixed));
}

#[test]
fn what_is_on_trial_is_offered_before_what_was_published_below_it() {
    let class = HardwareClass::REFERENCE_HOST;
    let cloud = cloud();
    let tried = Update::software(b"tried", 5, class, &authority()).unwrap();
    let id = cloud.registry().publish(&tried).unwrap();
    logged_in(&cloud, 1);
    let none = (ErrorCode(0), 0);
    let reader = cloud.registry().readers().unwrap().remove(0).id;
    cloud
        .registry()
        .record(id, &reader, DeliveryState::Trial, 5, none)
        .unwrap();
    let below = Update::software(b"below", 4, class, &authority()).unwrap();
    cloud.registry().publish(&below).unwrap();
    let (mut conversation, mut channel) = logged_in(&cloud, 1);
    let offer = next(&mut conversation, &mut channel, None).unwrap();
    assert_eq!(digest_of(&offer), digest_of_update(&tried));
}
