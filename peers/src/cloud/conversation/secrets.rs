//! Secrets of cards: to whom they are given, sealed, and that nobody else learns of them.

use super::*;
use crate::cloud::{
    AuditFilter, CardSecret,
    testing::{CLIENT, cloud, code, logged_in, payload, relay},
};
use crate::scripted::reply;
use cardwire_codec::message::{ChannelError, ChannelRequest, ItemKind, JobSecretsAnswer, ServiceData};

const READER: &str = "CERT-READER-1";
const CARD: &str = "8900001010123456783";
const SERVICE: ServiceId = ServiceId::FILE_UPDATE_ADMIN;
const JOB: [u8; 16] = [0x0B; 16];
const KEY: &[u8] = b"CARDWIRE";

fn ask(card: &str, service: ServiceId) -> Vec<u8> {
    reply(&CloudSecrets {
        job: &JOB,
        service,
        card: Name::from_text(card),
        extensions: Extensions::NONE,
    })
}

fn key() -> CardSecret {
    CardSecret {
        name: "adm".into(),
        kind: ItemKind::Bytes,
        value: KEY.to_vec(),
    }
}

/// A cloud with a secret, for whose client the service is granted like this.
fn with_secret(granted: &Granted) -> Arc<Cloud> {
    let cloud = cloud();
    cloud.registry().grant(READER, CLIENT, granted, 60).unwrap();
    cloud.registry().put_secrets(CARD, SERVICE, &[key()]).unwrap();
    cloud
}

fn outcomes(cloud: &Cloud) -> Vec<String> {
    let rows = cloud.registry().audit(&AuditFilter::default()).unwrap();
    for row in &rows {
        assert!(!row.detail.contains("CARDWIRE") && !row.detail.contains("4341524457495245"));
    }
    let of_secrets = rows.into_iter().filter(|row| row.event == "secret");
    of_secrets.map(|row| row.outcome).collect()
}

#[test]
fn whoever_is_granted_the_service_by_name_has_them_sent_to_the_reader() {
    let cloud = with_secret(&Granted::Services(vec![SERVICE]));
    let (mut conversation, mut channel) = logged_in(&cloud, 0);
    let sealed = payload(&conversation.handle(&ask(CARD, SERVICE), Instant::now()));
    assert!(!sealed.windows(KEY.len()).any(|bytes| bytes == KEY));
    let message = channel.open(&sealed).unwrap();
    let Ok(ChannelRequest::JobSecrets(secrets)) = ChannelRequest::decode(&message) else {
        panic!("secrets")
    };
    assert_eq!((secrets.job, secrets.service), (&JOB, SERVICE));
    let data = ServiceData::decode(secrets.parameters).unwrap();
    let item = data.items.iter().next().unwrap();
    assert_eq!((item.name.as_str(), item.value), ("adm", KEY));

    // Before the reader has answered nothing else can be asked.
    for early in [ask(CARD, SERVICE), relay(&[])] {
        let answer = conversation.handle(&early, Instant::now());
        assert_eq!(code(&answer), Some(ErrorCode::UNEXPECTED));
    }
    let taken = reply(&JobSecretsAnswer {
        job: &JOB,
        extensions: Extensions::NONE,
    });
    let answer = conversation.handle(&relay(&channel.seal(&taken).unwrap()), Instant::now());
    assert_eq!(payload(&answer), []);
    assert_eq!(outcomes(&cloud), ["stored", "given", "taken"]);

    let again = payload(&conversation.handle(&ask(CARD, SERVICE), Instant::now()));
    channel.open(&again).unwrap();
    let refused = reply(&ChannelError {
        request: 0x58,
        code: ErrorCode::JOB_CONFLICT,
        detail: 0,
        extensions: Extensions::NONE,
    });
    conversation.handle(&relay(&channel.seal(&refused).unwrap()), Instant::now());
    assert_eq!(outcomes(&cloud)[3..], ["given", "not taken"]);
}

#[test]
fn nobody_learns_of_secrets_that_he_may_not_have() {
    let refused = Some(ErrorCode::SECRETS_REFUSED);
    let named = Granted::Services(vec![SERVICE, ServiceId::FILE_UPDATE]);
    let other = Granted::Services(vec![ServiceId::FILE_UPDATE]);
    for (granted, card, service) in [
        (&Granted::All, CARD, SERVICE),
        (&other, CARD, SERVICE),
        (&named, "8900001010123456784", SERVICE),
        (&named, CARD, ServiceId::FILE_UPDATE),
    ] {
        let cloud = with_secret(granted);
        let (mut conversation, _) = logged_in(&cloud, 0);
        for _ in 0..40 {
            let answer = conversation.handle(&ask(card, service), Instant::now());
            assert_eq!(code(&answer), refused, "{granted:?} {card} {service}");
        }
        assert!(conversation.is_logged_in());
        // A client that goes on guessing does not fill the log.
        assert_eq!(outcomes(&cloud).len(), 1 + 16);
    }
}

#[test]
fn they_are_for_readers_that_are_logged_in_and_go_when_they_are_taken_away() {
    let cloud = with_secret(&Granted::Services(vec![SERVICE]));
    let mut conversation = Cloud::conversation(&cloud);
    let answer = conversation.handle(&ask(CARD, SERVICE), Instant::now());
    assert_eq!(code(&answer), Some(ErrorCode::LOGIN_EXPIRED));

    let (mut conversation, _) = logged_in(&cloud, 0);
    cloud.registry().put_secrets(CARD, SERVICE, &[]).unwrap();
    assert!(cloud.registry().secrets().unwrap().is_empty());
    let answer = conversation.handle(&ask(CARD, SERVICE), Instant::now());
    assert_eq!(code(&answer), Some(ErrorCode::SECRETS_REFUSED));

    cloud.registry().put_secrets(CARD, SERVICE, &[key()]).unwrap();
    let (mut conversation, _) = logged_in(&cloud, 0);
    assert!(cloud.registry().revoke_client(CLIENT, None).is_ok());
    let answer = conversation.handle(&ask(CARD, SERVICE), Instant::now());
    assert_eq!(code(&answer), Some(ErrorCode::LOGIN_EXPIRED));
    assert!(!conversation.is_logged_in());
}

#[test]
fn what_no_job_can_carry_is_not_stored() {
    let cloud = cloud();
    let long = |name: &str, length| CardSecret {
        name: name.into(),
        kind: ItemKind::Bytes,
        value: vec![1; length],
    };
    for (card, secrets) in [
        (CARD, vec![long("key", 256)]),
        (CARD, vec![long("one", 200), long("two", 200)]),
        (CARD, vec![long("a name that is none", 1)]),
        (CARD, vec![long("a-name-of-25-characters--", 1)]),
        ("890000101012345678333", vec![key()]),
        ("", vec![key()]),
    ] {
        assert!(
            cloud.registry().put_secrets(card, SERVICE, &secrets).is_err(),
            "{card} {secrets:?}"
        );
    }
    assert!(cloud.registry().secrets().unwrap().is_empty());
}
