//! Authentication information: keys that are added, rotated and revoked, of clients, of the cloud, of the authority.

mod common;

use cardwire_codec::{List, Message, Name, message::*};
use common::{AUTHORITY_KEY, CLIENT_ID, PRE_SHARED_KEY, pair::*, public_key, updates::*};

const NEW_KEY: [u8; 32] = [0x21; 32];
const SECOND: &str = "SECOND-CLIENT";

/// What a document says; a test fills in what it is about.
#[derive(Clone, Default)]
struct Changes<'a> {
    clients: Vec<ClientKey<'a>>,
    entitlements: Vec<Entitlement>,
    revoked: Vec<Revocation<'a>>,
    cloud: Vec<CloudKey<'a>>,
    authority: Vec<AuthorityKey<'a>>,
}

impl Changes<'_> {
    fn encode(&self) -> Vec<u8> {
        encode(&Authentication {
            clients: List::from_items(&self.clients),
            entitlements: List::from_items(&self.entitlements),
            revoked: List::from_items(&self.revoked),
            cloud: List::from_items(&self.cloud),
            authority: List::from_items(&self.authority),
            extensions: Default::default(),
        })
    }

    fn package(&self, counter: u32) -> Package {
        Package::of(&[Part::new(UpdateKind::AUTHENTICATION, counter, self.encode())])
    }

    fn install(&self, pair: &mut Pair, counter: u32) {
        let package = self.package(counter);
        package.bring(pair);
        let result = package.commit_in_full(pair);
        assert_eq!(
            (result.state, result.error, result.counters[1]),
            (UpdateState::Installed, NONE, counter)
        );
    }
}

fn client(id: &'static str, generation: u32, change: KeyChange) -> ClientKey<'static> {
    ClientKey {
        client_id: Name::from_text(id),
        generation,
        change,
        logins_left: 0,
        pre_shared_key: &NEW_KEY,
        limited: false,
    }
}

fn revocation(id: &'static str, generation: u32) -> Revocation<'static> {
    Revocation {
        client_id: Name::from_text(id),
        generation,
    }
}

fn rotation(logins_left: u16) -> Changes<'static> {
    Changes {
        clients: vec![ClientKey {
            logins_left,
            ..client(CLIENT_ID, 2, KeyChange::Rotate)
        }],
        ..Changes::default()
    }
}

fn second_client() -> Changes<'static> {
    Changes {
        clients: vec![client(SECOND, 1, KeyChange::Replace)],
        ..Changes::default()
    }
}

fn opens(pair: &mut Pair, id: &str, generation: u32, key: &[u8; 32]) -> bool {
    // The wait after a connect that failed.
    pair.pass(limits::T_BACKOFF_MS);
    pair.connect_with(id, generation, key)
}

#[test]
fn a_rotated_key_works_beside_the_old_one_until_it_is_used() {
    let mut pair = updating();
    rotation(0).install(&mut pair, 1);
    for _ in 0..2 {
        pair.serve(&[]);
        pair = pair.reset();
        assert!(
            opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY),
            "the old one still does"
        );
    }
    assert!(opens(&mut pair, CLIENT_ID, 2, &NEW_KEY));
    let mut pair = pair.reset();
    assert!(!opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY), "it has ended");
    assert!(opens(&mut pair, CLIENT_ID, 2, &NEW_KEY));
    pair.client = (CLIENT_ID.to_owned(), 2, NEW_KEY);
    pair.serve(&[]);
}

#[test]
fn a_failed_try_with_the_new_key_does_not_end_the_old_one() {
    let mut pair = updating();
    rotation(0).install(&mut pair, 1);
    assert!(!opens(&mut pair, CLIENT_ID, 2, &[9; 32]));
    assert!(!opens(&mut pair, CLIENT_ID, 3, &NEW_KEY));
    assert!(opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY));
}

#[test]
fn a_rotated_key_ends_when_its_logins_are_used_up() {
    let mut pair = updating();
    rotation(2).install(&mut pair, 1);
    pair.serve(&[]);
    // A login that is denied does not count.
    pair.connect();
    pair.login_with(&[], |result| result.outcome = LoginOutcome::Denied);
    let mut pair = pair.reset();
    pair.serve(&[]);
    let mut pair = pair.reset();
    assert!(!opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY));
    assert!(opens(&mut pair, CLIENT_ID, 2, &NEW_KEY));
}

#[test]
fn a_revoked_client_loses_its_session_with_the_answer_and_gets_none_again() {
    let mut pair = updating();
    second_client().install(&mut pair, 1);
    let revoke = Changes {
        revoked: vec![revocation(CLIENT_ID, 1)],
        ..Changes::default()
    };
    revoke.install(&mut pair, 2);
    // The answer came; the session is gone.
    let (number, sealed) = pair.seal(&encode(&ReaderStatus {
        extensions: Default::default(),
    }));
    assert_eq!(
        pair.send_frame(FrameKind::Sealed, number, &sealed),
        [(FrameKind::Clear, number, vec![Refusal::CODE])]
    );
    for _ in 0..2 {
        assert!(!opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY));
        assert!(opens(&mut pair, SECOND, 1, &NEW_KEY));
        pair = pair.reset();
    }
}

#[test]
fn a_replaced_key_ends_at_once_and_its_session_with_it() {
    let mut pair = updating();
    let replace = Changes {
        clients: vec![client(CLIENT_ID, 7, KeyChange::Replace)],
        ..Changes::default()
    };
    replace.install(&mut pair, 1);
    assert!(!opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY));
    assert!(opens(&mut pair, CLIENT_ID, 7, &NEW_KEY));
}

#[test]
fn revoking_one_generation_leaves_the_other() {
    let mut pair = updating();
    rotation(0).install(&mut pair, 1);
    let revoke = Changes {
        revoked: vec![revocation(CLIENT_ID, 2)],
        ..Changes::default()
    };
    revoke.install(&mut pair, 2);
    pair.serve(&[]);
    assert!(!opens(&mut pair, CLIENT_ID, 2, &NEW_KEY));
    assert!(opens(&mut pair, CLIENT_ID, 1, &PRE_SHARED_KEY));
}

#[test]
fn a_limited_client_gets_the_services_that_it_is_entitled_to_whatever_the_cloud_grants() {
    let mut pair = updating();
    assert_eq!(Package::new(echo(b"x"), 1, |_, _| {}).install(&mut pair).0, NONE);
    let limited = Changes {
        clients: vec![ClientKey {
            limited: true,
            ..client(SECOND, 1, KeyChange::Replace)
        }],
        entitlements: vec![Entitlement {
            client: 0,
            service: ECHO,
        }],
        ..Changes::default()
    };
    limited.install(&mut pair, 1);
    let enabled = |pair: &mut Pair| {
        pair.serve(&[ServiceId::CARD_IDENTIFY, ECHO]);
        let mut enabled = Vec::new();
        let mut from = 0;
        loop {
            let answer = pair.request(&ServiceList {
                from,
                extensions: Default::default(),
            });
            let list = ServiceListAnswer::decode(&answer).unwrap();
            let open = list
                .services
                .iter()
                .filter(|entry| entry.interface == WorkingState::Enabled);
            enabled.extend(open.map(|entry| entry.service));
            from += list.services.iter().count() as u8;
            if from >= list.total {
                break enabled;
            }
        }
    };
    assert_eq!(enabled(&mut pair), [ServiceId::CARD_IDENTIFY, ECHO]);
    for _ in 0..2 {
        pair.client = (SECOND.to_owned(), 1, NEW_KEY);
        assert_eq!(enabled(&mut pair), [ECHO]);
        pair = pair.reset();
    }
    // Nothing but limited: no services at all.
    pair.client = (CLIENT_ID.to_owned(), 1, PRE_SHARED_KEY);
    pair.serve(&[]);
    let nothing = Changes {
        clients: vec![ClientKey {
            limited: true,
            ..client(SECOND, 2, KeyChange::Replace)
        }],
        ..Changes::default()
    };
    nothing.install(&mut pair, 2);
    pair.client = (SECOND.to_owned(), 2, NEW_KEY);
    assert_eq!(enabled(&mut pair), []);
}

/// Begins a login and tells for which of these keys of the cloud it is; it is not finished.
fn asked(pair: &mut Pair, keys: &[[u8; 32]]) -> Option<usize> {
    pair.connect();
    let answer = pair.request(&PlatformAuth {
        offers: List::default(),
        extensions: Default::default(),
    });
    let answer = PlatformAuthAnswer::decode(&answer).unwrap();
    keys.iter().position(|key| {
        let mut responder = cloud_handshake(answer.header, key);
        responder.read_message(answer.handshake, &mut []).is_ok()
    })
}

fn cloud_rotation(public_key: &[u8; 32], logins_left: u16) -> Changes<'_> {
    Changes {
        cloud: vec![CloudKey {
            public_key,
            logins_left,
        }],
        ..Changes::default()
    }
}

#[test]
fn the_clouds_new_key_is_tried_first_and_the_old_one_until_the_new_one_has_answered() {
    const NEW_CLOUD: [u8; 32] = [0x31; 32];
    let mut pair = updating();
    let old_cloud = pair.cloud_key;
    let new = public_key(NEW_CLOUD);
    cloud_rotation(&new, 0).install(&mut pair, 1);
    let keys = [NEW_CLOUD, old_cloud];
    for _ in 0..2 {
        let tries = [(); 4].map(|()| asked(&mut pair, &keys));
        assert_eq!(tries, [Some(0), Some(1), Some(0), Some(1)]);
        pair = pair.reset();
    }
    // The old cloud answers: it is asked first then.
    assert_eq!(asked(&mut pair, &keys), Some(0));
    pair.serve(&[]);
    assert_eq!(asked(&mut pair, &keys), Some(1));
    // The new one answers: the old one has ended.
    pair.cloud_key = NEW_CLOUD;
    pair.serve(&[]);
    for _ in 0..2 {
        let tries = [(); 3].map(|()| asked(&mut pair, &keys));
        assert_eq!(tries, [Some(0); 3]);
        pair = pair.reset();
    }
}

#[test]
fn the_clouds_old_key_ends_when_its_logins_are_used_up() {
    const NEW_CLOUD: [u8; 32] = [0x31; 32];
    let mut pair = updating();
    let keys = [NEW_CLOUD, pair.cloud_key];
    let new = public_key(NEW_CLOUD);
    cloud_rotation(&new, 2).install(&mut pair, 1);
    for _ in 0..2 {
        assert_eq!(asked(&mut pair, &keys), Some(0));
        pair.serve(&[]);
        pair = pair.reset();
    }
    for _ in 0..3 {
        assert_eq!(
            asked(&mut pair, &keys),
            Some(0),
            "two logins were good, and no more"
        );
    }
}

#[test]
fn the_authority_names_its_successor_and_signs_nothing_more() {
    const SUCCESSOR: [u8; 32] = [0x41; 32];
    let mut pair = updating();
    let public = ed25519_dalek::SigningKey::from_bytes(&SUCCESSOR)
        .verifying_key()
        .to_bytes();
    let change = Changes {
        authority: vec![AuthorityKey { public_key: &public }],
        ..Changes::default()
    };
    let parts = [Part::logic(ECHO, 9, echo(b"signed"))];
    let [by_old, by_new] = [AUTHORITY_KEY, SUCCESSOR].map(|key| Package::with(&parts, &key, |_, _| {}));
    assert_eq!(by_new.offer(&mut pair).1, ErrorCode::UPDATE_SIGNATURE);
    change.install(&mut pair, 1);
    for _ in 0..2 {
        assert_eq!(by_old.offer(&mut pair).1, ErrorCode::UPDATE_SIGNATURE);
        assert_eq!(by_new.offer(&mut pair).1, NONE);
        pair = pair.reset();
        pair.serve(&[]);
    }
}

#[test]
fn each_rule_of_authentication_information_refuses_and_changes_nothing() {
    use AuthenticationRule as R;
    use KeyChange::{Replace, Rotate};
    const IDS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let of = |clients: Vec<ClientKey<'static>>| Changes {
        clients,
        ..Changes::default()
    };
    let revoke = |revoked: Vec<Revocation<'static>>| Changes {
        revoked,
        ..Changes::default()
    };
    let entitled = |limited, place| Changes {
        clients: vec![ClientKey {
            limited,
            ..client(SECOND, 1, Replace)
        }],
        entitlements: vec![Entitlement {
            client: place,
            service: ECHO,
        }],
        ..Changes::default()
    };
    let many = Changes {
        entitlements: (0..17)
            .map(|service| Entitlement {
                client: 0,
                service: ServiceId(service),
            })
            .collect(),
        ..entitled(true, 0)
    };
    let zero = [0; 32];
    let no_point = [2; 32];
    let cases: Vec<(&str, Changes<'_>, R)> = vec![
        ("nothing", Changes::default(), R::Document),
        (
            "a client twice",
            of(vec![client(SECOND, 1, Replace), client(SECOND, 2, Replace)]),
            R::Document,
        ),
        (
            "a key revoked twice",
            revoke(vec![revocation(CLIENT_ID, 1); 2]),
            R::Document,
        ),
        ("an entitlement of nobody", entitled(true, 1), R::Document),
        (
            "an entitlement of who is not limited",
            entitled(false, 0),
            R::Document,
        ),
        (
            "rotates whom it does not know",
            of(vec![client(SECOND, 1, Rotate)]),
            R::Client,
        ),
        (
            "revokes whom it does not know",
            revoke(vec![revocation(SECOND, 1)]),
            R::Client,
        ),
        (
            "revokes an unknown generation",
            revoke(vec![revocation(CLIENT_ID, 2)]),
            R::Client,
        ),
        (
            "the generation that it has",
            of(vec![client(CLIENT_ID, 1, Replace)]),
            R::Generation,
        ),
        (
            "an old generation",
            of(vec![client(CLIENT_ID, 0, Rotate)]),
            R::Generation,
        ),
        ("more services than there is room for", many, R::Room),
        (
            "the last client",
            revoke(vec![revocation(CLIENT_ID, 1)]),
            R::LastClient,
        ),
        ("a cloud that is no point", cloud_rotation(&zero, 0), R::Key),
        (
            "an authority that is no point",
            Changes {
                authority: vec![AuthorityKey {
                    public_key: &no_point,
                }],
                ..Changes::default()
            },
            R::Key,
        ),
        (
            "an authority of small order",
            Changes {
                authority: vec![AuthorityKey { public_key: &zero }],
                ..Changes::default()
            },
            R::Key,
        ),
    ];
    let mut pair = updating();
    let refused = |pair: &mut Pair, what: &str, changes: &Changes<'_>, counter, rule: R| {
        let package = changes.package(counter);
        package.bring(pair);
        assert_eq!(
            package.commit_in_full(pair),
            Committed::refused(
                ErrorCode::UPDATE_AUTHENTICATION,
                u16::from(rule.value()),
                [0, counter - 1, 0]
            ),
            "{what}"
        );
    };
    for (what, changes, rule) in &cases {
        refused(&mut pair, what, changes, 1, *rule);
    }
    assert!(
        !pair
            .records
            .borrow()
            .contains_key(&cardwire_core::env::Record::Authentication)
    );
    // Six keys are there, and no room for another one.
    of(IDS[..4].iter().map(|id| client(id, 1, Replace)).collect()).install(&mut pair, 1);
    of(vec![client(IDS[4], 1, Replace)]).install(&mut pair, 2);
    refused(
        &mut pair,
        "a seventh key",
        &of(vec![client(IDS[5], 1, Replace)]),
        3,
        R::Room,
    );
    // A place becomes free, and the same update is taken.
    revoke(vec![revocation(IDS[0], 1)]).install(&mut pair, 3);
    of(vec![client(IDS[5], 1, Replace)]).install(&mut pair, 4);
    assert!(opens(&mut pair, IDS[5], 1, &NEW_KEY));
    assert!(!opens(&mut pair, IDS[0], 1, &NEW_KEY));
}

#[test]
fn old_authentication_information_is_refused() {
    let mut pair = updating();
    let package = second_client().package(4);
    package.bring(&mut pair);
    assert_eq!(package.commit_in_full(&mut pair).counters, [0, 4, 0]);
    let mut pair = pair.reset();
    pair.serve(&[]);
    for counter in [1, 4] {
        let old = rotation(0).package(counter);
        assert_eq!(old.offer(&mut pair).1, ErrorCode::UPDATE_COUNTER);
    }
}

#[test]
fn no_key_stands_in_the_record_after_it_has_ended() {
    let mut pair = updating();
    rotation(0).install(&mut pair, 1);
    let holds = |pair: &Pair, key: &[u8; 32]| {
        let records = pair.records.borrow();
        let record = &records[&cardwire_core::env::Record::Authentication];
        record.windows(32).any(|window| window == key)
    };
    assert!(holds(&pair, &PRE_SHARED_KEY) && holds(&pair, &NEW_KEY));
    assert!(opens(&mut pair, CLIENT_ID, 2, &NEW_KEY));
    assert!(!holds(&pair, &PRE_SHARED_KEY) && holds(&pair, &NEW_KEY));
}
