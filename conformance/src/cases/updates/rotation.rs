//! Authentication information: keys of the cloud and of the authority that are changed and changed back, keys that end
//! after logins, and the room that a reader has. The reader ends with the keys that it began with.

use super::{
    begin,
    keys::{CLIENT, change, changed, clean, client, demand_opens, opens, revoked},
    offer_refused,
};
use crate::{
    case::Case,
    hex,
    tester::{Begun, Login, Start, Tester, no_error},
    verdict::Step,
};
use cardwire_peers::identity::{Authority, Key};
use serde_json::{Value, json};

/// The cloud's and the authority's other key. Everybody knows them: after a run that was broken off a reader may be left
/// with one, and the next run of the case finds it again.
const OTHER: [u8; 32] = [0x2C; 32];
/// What every reader has room for, those of the certification identity included.
const CLIENTS: usize = 4;
/// So many of them with a second key.
const SECOND_KEYS: usize = 2;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "updates.rotated-key-ends-after-its-logins",
            &["CW-UPD-018"],
            "A client's key that is rotated ends when as many logins as the update says have succeeded with it",
            ends_after_logins,
        )
        .slow(),
        Case::code(
            "updates.key-of-the-cloud-changes",
            &["CW-UPD-018", "CW-LOGIN-015"],
            "A new key of the cloud is tried first, the old one next, which ends by a login for the new one or by its number of logins",
            cloud_changes,
        ),
        Case::code(
            "updates.key-of-the-authority-changes",
            &["CW-UPD-018", "CW-UPD-001"],
            "Manifests are signed with the new key of the authority from the commit on, and with the old one no more",
            authority_changes,
        ),
        Case::code(
            "updates.room-for-four-clients",
            &["CW-UPD-018"],
            "Four clients, two of them with a second key, have room, and each key opens a session after a reset",
            room,
        )
        .slow(),
    ]
}

fn ends_after_logins(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    begin(tester)?;
    clean(tester)?;
    let [first, second] = [tester.random.array(), tester.random.array()];
    changed(tester, &json!({ "clients": [client(1, "replace", &first)] }))?;
    tester.reach(Start::Serving)?;
    let mut rotated = client(2, "rotate", &second);
    rotated["logins_left"] = json!(2);
    changed(tester, &json!({ "clients": [rotated] }))?;
    for (what, resets) in [("both logins", true), ("the second login", false)] {
        demand_opens(tester, 1, &first, true, &format!("a rotated key before {what}"))?;
        // A login that the cloud denies has not succeeded.
        tester.denied_login()?;
        tester.login(&Login::default())?;
        if resets {
            tester.reset_device()?;
        }
    }
    demand_opens(tester, 1, &first, false, "a rotated key after its logins")?;
    demand_opens(tester, 2, &second, true, "the key that follows")?;
    tester.reset_device()?;
    demand_opens(
        tester,
        1,
        &first,
        false,
        "a rotated key after its logins and a reset",
    )?;
    clean(tester)
}

/// The cloud's two keys, as a reader sees them that is brought from one to the other.
struct Clouds {
    own: Key,
    other: Key,
}

impl Clouds {
    fn name(&self, key: &Key) -> &'static str {
        if key.as_bytes() == self.own.as_bytes() {
            "the cloud's key of the certification identity"
        } else {
            "the cloud's other key"
        }
    }

    /// Begins a login, which the reader has to make for this key.
    fn begin(&self, tester: &mut Tester, key: &Key, why: &str) -> Step<Begun> {
        tester.check("CW-UPD-018");
        let begun = tester.begin_login(&Login::default().offers)?;
        let seen = [&self.own, &self.other]
            .into_iter()
            .find(|key| begun.is_for(key))
            .map_or("a login for neither", |key| self.name(key));
        tester.demand(
            begun.is_for(key),
            format!("a login for {}, {why}", self.name(key)),
            seen,
        )?;
        Ok(begun)
    }

    /// The same, and brings it to nothing: what answers has another key.
    fn begin_in_vain(&self, tester: &mut Tester, key: &Key, why: &str) -> Step {
        self.begin(tester, key, why)?;
        tester
            .relay_refused(&[0x5A; 48], &["cloud-not-authenticated"])
            .map(drop)
    }

    /// The same, and brings it to its end.
    fn log_in(&self, tester: &mut Tester, key: &Key, why: &str) -> Step {
        let begun = self.begin(tester, key, why)?;
        tester.use_cloud_key(key.clone());
        tester.finish_login(&begun, &Login::default())
    }
}

fn cloud_changes(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    let clouds = Clouds {
        own: tester.own_cloud_key()?,
        other: Key::new(OTHER),
    };
    let outcome = cloud_there_and_back(tester, &clouds);
    tester.use_cloud_key(clouds.own);
    outcome
}

fn cloud_there_and_back(tester: &mut Tester, clouds: &Clouds) -> Step {
    let Clouds { own, other } = clouds;
    settle(tester, clouds)?;
    changed_cloud(tester, other, 2)?;
    for time in ["first", "second"] {
        tester.reset_device()?;
        tester.reach(Start::Connected)?;
        clouds.begin_in_vain(tester, other, "the first after a start with two keys")?;
        clouds.log_in(
            tester,
            own,
            &format!("after one that came to nothing, for its {time} time"),
        )?;
    }
    for _ in 0..2 {
        clouds.begin_in_vain(tester, other, "the only key after the old one's logins")?;
    }
    clouds.log_in(tester, other, "the only key after the old one's logins")?;
    changed_cloud(tester, own, 0)?;
    tester.reset_device()?;
    tester.reach(Start::Connected)?;
    clouds.log_in(tester, own, "the first after a start with two keys")?;
    for _ in 0..2 {
        clouds.begin_in_vain(tester, own, "the only key after a login for the new one")?;
    }
    clouds.log_in(tester, own, "the only key after a login for the new one")
}

fn changed_cloud(tester: &mut Tester, key: &Key, logins_left: u16) -> Step {
    let public_key = hex::encode(&key.x25519_public());
    changed(
        tester,
        &json!({ "cloud": [{ "public_key": public_key, "logins_left": logins_left }] }),
    )
}

/// Logs in, for whichever key the reader has after a run that was broken off.
fn settle(tester: &mut Tester, clouds: &Clouds) -> Step {
    tester.reach(Start::Connected)?;
    for _ in 0..2 {
        let begun = tester.begin_login(&Login::default().offers)?;
        if begun.is_for(&clouds.other) {
            tester.use_cloud_key(clouds.other.clone());
            tester.finish_login(&begun, &Login::default())?;
            changed_cloud(tester, &clouds.own, 0)?;
            tester.reset_device()?;
            tester.reach(Start::Connected)?;
        } else {
            tester.use_cloud_key(clouds.own.clone());
            return tester.finish_login(&begun, &Login::default());
        }
    }
    Ok(())
}

fn authority_changes(tester: &mut Tester) -> Step {
    let own = tester.own_authority()?;
    let outcome = authority_there_and_back(tester, &own);
    tester.use_authority(own);
    outcome
}

fn authority_there_and_back(tester: &mut Tester, own: &Authority) -> Step {
    let other = Authority {
        signing_key: Key::new(OTHER),
    };
    let (document, manifest) = begin(tester)?;
    let new = |authority: &Authority| json!({ "authority": [{ "public_key": hex::encode(&authority.public_key()) }] });
    // A run that was broken off may have left the other one.
    let manifest = manifest.encode()?;
    if no_error(&tester.offer(&manifest, &other.sign(&manifest))?) {
        tester.use_authority(other.clone());
        changed(tester, &new(own))?;
        tester.use_authority(own.clone());
    }
    for (before, after) in [(own, &other), (&other, own)] {
        tester.use_authority(before.clone());
        changed(tester, &new(after))?;
        tester.login(&Login::default())?;
        tester.check("CW-UPD-018");
        let manifest = tester.manifest(super::SERVICE, &document)?.encode()?;
        let signature = tester.sign(&manifest)?;
        offer_refused(
            tester,
            &manifest,
            &signature,
            &["update-signature"],
            "a manifest that the authority before has signed",
        )?;
        tester.use_authority(after.clone());
        tester.install(super::SERVICE, &document)?;
    }
    Ok(())
}

fn room(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    begin(tester)?;
    let own = tester.identities().clients.len();
    let names: Vec<String> = (own..CLIENTS)
        .map(|number| format!("{CLIENT}-{number}"))
        .collect();
    tidy(tester, &names)?;
    let mut keys: Vec<(&str, u64, [u8; 32])> = Vec::new();
    for generation in 1..=2 {
        let change = if generation == 1 { "replace" } else { "rotate" };
        for name in names
            .iter()
            .take(if generation == 1 { CLIENTS } else { SECOND_KEYS })
        {
            let key = tester.random.array();
            tester.check("CW-UPD-018");
            changed(
                tester,
                &json!({ "clients": [named(name, generation, change, &key)] }),
            )?;
            keys.push((name, generation, key));
        }
    }
    tester.reset_device()?;
    // The first key of a client opens sessions until its second has opened one.
    for (name, generation, key) in &keys {
        tester.check("CW-UPD-018");
        let opened = opens(tester, name, *generation, key)?;
        tester.demand(
            opened,
            format!("a connect with key {generation} of {name}, one of {CLIENTS} clients, accepted"),
            "refused",
        )?;
    }
    tidy(tester, &names)
}

/// A new key of this client.
fn named(name: &str, generation: u64, change: &str, key: &[u8; 32]) -> Value {
    let mut client = client(generation, change, key);
    client["client_id"] = json!(name);
    client
}

/// Forgets the keys of these clients.
fn tidy(tester: &mut Tester, names: &[String]) -> Step {
    clean(tester)?;
    for name in names {
        for generation in 1..=2 {
            let mut gone = revoked(&[generation]);
            gone["revoked"][0]["client_id"] = json!(name);
            tester.reach(Start::Serving)?;
            // Where there is none, that is said.
            change(tester, &gone)?;
        }
    }
    tester.reach(Start::Serving)
}
