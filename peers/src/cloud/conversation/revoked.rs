//! Readers and clients that are denied or revoked, before a login and in the middle of one.

use super::*;
use crate::Identities;
use crate::cloud::{
    Admission, AuditFilter, Update,
    testing::{CLIENT, begin, cloud, code, confirm, finish, logged_in, logins, open, payload, reader, relay},
};
use cardwire_codec::message::HardwareClass;

const READER: &str = "CERT-READER-1";

/// What a login ends with, and whether anything is granted.
fn outcome(cloud: &Arc<Cloud>) -> (LoginOutcome, bool) {
    let mut conversation = Cloud::conversation(cloud);
    let login = begin(&reader());
    let answer = conversation.handle(&open(&login), Instant::now());
    let mut channel = finish(login, &answer);
    let sealed = channel.seal(&confirm(READER, 0)).unwrap();
    let message = channel
        .open(&payload(&conversation.handle(&relay(&sealed), Instant::now())))
        .unwrap();
    let result = LoginResult::decode(&message).unwrap();
    assert_eq!(
        conversation.is_logged_in(),
        result.outcome == LoginOutcome::Success
    );
    (result.outcome, result.all_services || !result.services.is_empty())
}

type Act = fn(&Cloud);

const BARS: [Act; 4] = [
    |cloud| cloud.registry().admit(READER, false).unwrap(),
    |cloud| assert!(cloud.registry().revoke_reader(READER).is_ok()),
    |cloud| assert!(cloud.registry().revoke_client(CLIENT, Some(READER)).is_ok()),
    |cloud| assert!(cloud.registry().revoke_client(CLIENT, None).is_ok()),
];

#[test]
fn a_bar_holds_for_the_channel_that_is_open_and_for_the_next_login() {
    for (case, bar) in BARS.into_iter().enumerate() {
        let cloud = cloud();
        let class = HardwareClass::REFERENCE_HOST;
        let authority = Identities::certification().authority.unwrap();
        let update = Update::software(&[1; 900], 5, class, &authority).unwrap();
        cloud.registry().publish(&update).unwrap();
        let (mut conversation, mut channel) = logged_in(&cloud, 4);
        let offer = payload(&conversation.handle(&relay(&[]), Instant::now()));
        assert!(channel.open(&offer).is_some());
        bar(&cloud);
        // The reader's word to the offer comes through a channel that is gone.
        let word = channel.seal(&confirm(READER, 0)).unwrap();
        for _ in 0..2 {
            let answer = conversation.handle(&relay(&word), Instant::now());
            assert_eq!(code(&answer), Some(ErrorCode::LOGIN_EXPIRED), "case {case}");
            assert!(!conversation.is_logged_in());
        }
        assert_eq!(outcome(&cloud), (LoginOutcome::Denied, false), "case {case}");
        let rows = cloud.registry().audit(&AuditFilter::default()).unwrap();
        let of_logins: Vec<_> = rows.iter().filter(|row| row.event == "login").collect();
        let outcomes: Vec<_> = of_logins.iter().map(|row| row.outcome.as_str()).collect();
        assert_eq!(outcomes, ["accepted", "ended", "denied"], "case {case}");
        assert!(of_logins[2].detail.starts_with("the "), "{:?}", of_logins[2]);
    }
}

/// A login that has begun is decided on when it is confirmed.
#[test]
fn a_bar_holds_for_a_login_that_has_begun() {
    for bar in BARS {
        let cloud = cloud();
        let mut conversation = Cloud::conversation(&cloud);
        let login = begin(&reader());
        let answer = conversation.handle(&open(&login), Instant::now());
        let mut channel = finish(login, &answer);
        bar(&cloud);
        let sealed = channel.seal(&confirm(READER, 0)).unwrap();
        let answer = conversation.handle(&relay(&sealed), Instant::now());
        let message = channel.open(&payload(&answer)).unwrap();
        assert_eq!(
            LoginResult::decode(&message).unwrap().outcome,
            LoginOutcome::Denied
        );
        assert!(!conversation.is_logged_in());
    }
}

#[test]
fn an_admission_after_a_revocation_is_a_new_one() {
    let cloud = cloud();
    let registry = cloud.registry();
    assert_eq!(outcome(&cloud), (LoginOutcome::Success, true));
    // The grants of that login last on, and whoever revokes is told until when.
    let until = registry.revoke_reader(READER).unwrap().unwrap();
    assert!(
        (100..=120).contains(&(until - crate::cloud::registry::now())),
        "{until}"
    );
    assert_eq!(registry.readers().unwrap()[0].admission, Admission::Revoked);
    assert!(registry.grants().unwrap().is_empty());
    // Neither a grant nor the cloud's start with an identity that names the reader brings it back.
    registry
        .add_reader(READER, &reader().static_key.x25519_public())
        .unwrap();
    assert!(matches!(
        registry.grant(READER, CLIENT, &Granted::All, 60),
        Err(RegistryError::RevokedReader { .. })
    ));
    registry.admit(READER, false).unwrap();
    assert_eq!(registry.readers().unwrap()[0].admission, Admission::Revoked);
    registry.admit(READER, true).unwrap();
    assert_eq!(outcome(&cloud), (LoginOutcome::Success, false));

    registry.grant(READER, CLIENT, &Granted::All, 60).unwrap();
    assert!(registry.revoke_client(CLIENT, None).unwrap().is_some());
    assert!(matches!(
        registry.grant(READER, CLIENT, &Granted::All, 60),
        Err(RegistryError::RevokedClient { .. })
    ));
    assert!(matches!(
        registry.readmit_client(CLIENT, Some(READER)),
        Err(RegistryError::NotRevoked { .. })
    ));
    assert_eq!(registry.revoked_clients().unwrap()[0].reader, None);
    registry.readmit_client(CLIENT, None).unwrap();
    assert_eq!(outcome(&cloud), (LoginOutcome::Success, false));
    let error = registry.revoke_client(CLIENT, Some("R-9")).unwrap_err();
    assert_eq!(error.to_string(), "reader `R-9` is not registered");
}

/// Another client of the same reader, and the same client at another reader, go on.
#[test]
fn a_revocation_is_for_whom_it_names() {
    let cloud = cloud();
    let registry = cloud.registry();
    registry.add_reader("R-2", &[7; 32]).unwrap();
    registry.grant("R-2", CLIENT, &Granted::All, 60).unwrap();
    registry.grant(READER, "C-2", &Granted::All, 60).unwrap();
    registry.revoke_client(CLIENT, Some(READER)).unwrap();
    let barred = |reader, client| registry.is_barred(reader, client).unwrap();
    assert!(barred(READER, CLIENT) && !barred("R-2", CLIENT) && !barred(READER, "C-2"));
    assert!(barred("R-9", CLIENT));
    let left: Vec<_> = registry
        .grants()
        .unwrap()
        .into_iter()
        .map(|grant| (grant.reader, grant.client))
        .collect();
    assert_eq!(
        left,
        [(READER.into(), "C-2".into()), ("R-2".into(), CLIENT.into())]
    );
}

#[test]
fn refused_logins_are_written_down_with_their_reason() {
    let cloud = cloud();
    let mut unknown = reader();
    unknown.id = "CERT-READER-9".into();
    let mut conversation = Cloud::conversation(&cloud);
    conversation.handle(&open(&begin(&unknown)), Instant::now());
    let login = begin(&reader());
    let answer = conversation.handle(&open(&login), Instant::now());
    let mut channel = finish(login, &answer);
    let sealed = channel.seal(&confirm("ANOTHER", 0)).unwrap();
    conversation.handle(&relay(&sealed), Instant::now());
    let rows = cloud.registry().audit(&AuditFilter::default()).unwrap();
    let told: Vec<_> = rows
        .iter()
        .filter(|row| row.event == "login")
        .map(|row| {
            (
                row.reader.as_deref().unwrap(),
                row.client.as_deref().unwrap(),
                &*row.outcome,
                &*row.detail,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("CERT-READER-9", CLIENT, "refused", "reader-unknown"),
            (READER, CLIENT, "refused", "login-mismatch"),
        ]
    );
    assert_eq!(logins(&cloud), 0);
}
