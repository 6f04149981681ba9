//! Provisioning with the power cut at each write: the reader lets nobody in, or those that it was given, and the step can be
//! done again.

mod common;

use cardwire_codec::{Extensions, List, Name, message::*};
use cardwire_core::{
    Env,
    env::{RandomFailed, Record, StoreFailed},
    identity::{Name as Id, SecretKey},
    provision::{Kept, New, Refused, UNPROVISIONED},
};
use common::{AUTHORITY_KEY, CLIENT_ID, CLOUD_KEY, PRE_SHARED_KEY, Records, TestEnv, pair::*, public_key};

const NEW_KEY: [u8; 32] = [0x21; 32];

fn env(records: &Records) -> TestEnv {
    TestEnv::new(11, records.clone())
}

fn kept(records: &Records) -> Kept {
    Kept::load(&mut env(records)).unwrap_or(Kept::blank(HardwareClass::REFERENCE_HOST))
}

/// A reader that starts with what the flash holds.
fn start(records: &Records) -> Pair {
    records.borrow_mut().cut = None;
    let mut kept = kept(records);
    kept.boot(&mut env(records)).unwrap();
    Pair::with(
        records.clone(),
        kept.identity(Id::new("cardwire-test-0").unwrap()),
    )
}

fn lets_in(records: &Records, generation: u32, key: &[u8; 32]) -> bool {
    let mut pair = start(records);
    // What failed before is long ago.
    pair.pass(limits::T_BACKOFF_MS);
    pair.connect_with(CLIENT_ID, generation, key)
}

fn new(kind: Provisioning) -> New {
    New {
        reader_id: Id::new("READER-1").unwrap(),
        provisioning: kind,
        published_key: Some(SecretKey([0x55; 32])),
    }
}

fn client(generation: u32, change: KeyChange, key: &[u8; 32]) -> ClientKey<'_> {
    ClientKey {
        client_id: Name::from_text(CLIENT_ID),
        generation,
        change,
        logins_left: 0,
        pre_shared_key: key,
        limited: false,
    }
}

fn document(clients: &[ClientKey<'_>], cloud: Option<[u8; 32]>, authority: Option<[u8; 32]>) -> Vec<u8> {
    let cloud: Vec<_> = cloud
        .iter()
        .map(|public_key| CloudKey {
            public_key,
            logins_left: 0,
        })
        .collect();
    let authority: Vec<_> = authority
        .iter()
        .map(|public_key| AuthorityKey { public_key })
        .collect();
    encode(&Authentication {
        clients: List::from_items(clients),
        entitlements: List::from_items(&[]),
        revoked: List::from_items(&[]),
        cloud: List::from_items(&cloud),
        authority: List::from_items(&authority),
        extensions: Extensions::NONE,
    })
}

fn authority() -> [u8; 32] {
    ed25519_dalek::SigningKey::from_bytes(&AUTHORITY_KEY)
        .verifying_key()
        .to_bytes()
}

fn keys() -> Vec<u8> {
    let clients = [client(1, KeyChange::Replace, &PRE_SHARED_KEY)];
    document(&clients, Some(public_key(CLOUD_KEY)), Some(authority()))
}

fn provisioned() -> Records {
    let records = Records::default();
    kept(&records)
        .provision(&mut env(&records), &new(Provisioning::Production), &keys())
        .unwrap();
    records
}

/// Does a step with the power cut at each of its writes, before and after it; what `check` sees is after the next start.
fn cut_everywhere(
    before: impl Fn() -> Records,
    step: impl Fn(&Records) -> Result<(), Refused>,
    check: impl Fn(&Records, bool),
) {
    let mut cuts = 0;
    for write in 1.. {
        let mut was_cut = false;
        for done in [false, true] {
            let records = before();
            records.borrow_mut().cut = Some((write, done));
            let result = step(&records);
            was_cut |= result.is_err();
            cuts += usize::from(result.is_err());
            records.borrow_mut().cut = None;
            check(&records, result.is_ok());
        }
        if !was_cut {
            assert!(cuts > 0, "the step writes");
            return;
        }
    }
}

#[test]
fn a_provisioning_that_is_cut_off_opens_nothing_and_is_done_again() {
    let step = |records: &Records| {
        kept(records).provision(&mut env(records), &new(Provisioning::Production), &keys())
    };
    cut_everywhere(Records::default, step, |records, done| {
        let provisioned = kept(records).identity.is_some();
        assert!(provisioned || !done);
        assert_eq!(lets_in(records, 1, &PRE_SHARED_KEY), provisioned);
        if !provisioned {
            let key = kept(records).static_key.unwrap().0;
            step(records).unwrap();
            assert_eq!(kept(records).static_key.unwrap().0, key, "the reader has made it");
        }
        assert!(lets_in(records, 1, &PRE_SHARED_KEY));
        assert!(!lets_in(records, 2, &NEW_KEY));
    });
}

#[test]
fn a_change_that_is_cut_off_is_made_or_not() {
    let rotate = [client(2, KeyChange::Replace, &NEW_KEY)];
    let rotate = document(&rotate, Some(public_key([6; 32])), None);
    let step = |records: &Records| kept(records).change(&mut env(records), &rotate);
    cut_everywhere(provisioned, step, |records, done| {
        let keys = kept(records).keys(&mut env(records)).unwrap();
        let changed = keys.cloud == public_key([6; 32]);
        assert!(changed || !done);
        assert_eq!((keys.counter, keys.old_cloud), (0, None));
        assert_eq!(lets_in(records, 1, &PRE_SHARED_KEY), !changed);
        assert_eq!(lets_in(records, 2, &NEW_KEY), changed);
    });
}

#[test]
fn what_is_taken_away_lets_nobody_in_from_the_first_write_on() {
    let step = |records: &Records| Ok(kept(records).forget(&mut env(records))?);
    let latched = || {
        let records = provisioned();
        kept(&records).latch(&mut env(&records)).unwrap();
        records
    };
    cut_everywhere(latched, step, |records, done| {
        let gone = kept(records).identity.is_none();
        assert!(gone || !done);
        assert!(kept(records).latched, "the latch stays");
        assert_eq!(kept(records).static_key.is_none(), gone);
        // The keys of others are still there, and of no use.
        assert!(records.borrow().contains_key(&Record::Authentication));
        assert_eq!(lets_in(records, 1, &PRE_SHARED_KEY), !gone);
        assert_eq!(kept(records).keys(&mut env(records)).is_err(), gone);
        let lab = kept(records).provision(&mut env(records), &new(Provisioning::Certification), &keys());
        assert_eq!(lab, Err(Refused::ProductionForGood));
    });
}

#[test]
fn an_unprovisioned_reader_answers_hello_and_refuses_every_connect() {
    let records = Records::default();
    let mut pair = start(&records);
    let hello = encode(&Hello {
        versions: List::from_items(&[1]),
        max_frame: 512,
        extensions: Extensions::NONE,
    });
    let answer = pair.clear(&hello);
    let [.., rest] = [&answer[..]];
    let id = UNPROVISIONED.as_bytes();
    assert!(rest.windows(id.len()).any(|bytes| bytes == id), "{answer:02x?}");
    for key in [PRE_SHARED_KEY, [0; 32]] {
        for client in [CLIENT_ID, UNPROVISIONED] {
            pair.pass(limits::T_BACKOFF_MS);
            assert!(!pair.connect_with(client, 0, &key));
        }
    }
    // The key that it has made is there at the next boot, and two readers have two.
    let key = kept(&records).static_key.unwrap().0;
    drop(start(&records));
    assert_eq!(kept(&records).static_key.unwrap().0, key);
    let mut other = Kept::blank(HardwareClass::REFERENCE_HOST);
    other.boot(&mut TestEnv::new(12345, Records::default())).unwrap();
    assert_ne!(other.static_key.unwrap().0, key);
}

#[test]
fn only_the_certification_identity_has_a_published_key() {
    for (kind, published) in [
        (Provisioning::Certification, true),
        (Provisioning::Production, false),
    ] {
        let records = Records::default();
        kept(&records)
            .provision(&mut env(&records), &new(kind), &keys())
            .unwrap();
        assert_eq!(kept(&records).static_key.unwrap().0 == [0x55; 32], published);
    }
}

#[test]
fn keys_have_to_keep_the_rules_of_an_update() {
    let one = [client(1, KeyChange::Replace, &PRE_SHARED_KEY)];
    let (cloud, authority) = (Some(public_key(CLOUD_KEY)), Some(authority()));
    for (keys, rule) in [
        (document(&one, None, authority), AuthenticationRule::Key),
        (document(&one, cloud, None), AuthenticationRule::Key),
        (document(&one, Some([0; 32]), authority), AuthenticationRule::Key),
        (document(&[], cloud, authority), AuthenticationRule::LastClient),
        (
            document(&[one[0], one[0]], cloud, authority),
            AuthenticationRule::Document,
        ),
        (vec![1], AuthenticationRule::Document),
    ] {
        let records = Records::default();
        let result = kept(&records).provision(&mut env(&records), &new(Provisioning::Production), &keys);
        assert_eq!(result, Err(Refused::Rule(rule)));
        assert!(records.borrow().is_empty(), "nothing is stored");
    }
    let records = provisioned();
    records.borrow_mut().insert(Record::Commit, vec![1; 32]);
    let change = document(&[], Some(public_key([6; 32])), None);
    assert_eq!(
        kept(&records).change(&mut env(&records), &change),
        Err(Refused::Pending)
    );
}

/// A board whose random source fails its test.
struct Dead(TestEnv);

impl Env for Dead {
    fn random(&mut self, _out: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        self.0.load(record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        self.0.store(record, data)
    }
}

#[test]
fn no_key_is_made_without_randomness() {
    let records = Records::default();
    let mut dead = Dead(env(&records));
    let result = kept(&records).provision(&mut dead, &new(Provisioning::Production), &keys());
    assert_eq!(result, Err(Refused::Random));
    assert!(records.borrow().is_empty());
}
