//! Authentication information: what an update changes in the keys.

use crate::{
    identity::{Name, SecretKey},
    security::{
        keyring::{ClientRecord, Entitled, Keyring, OldCloud, earlier},
        platform::is_public_key,
    },
};
use cardwire_codec::{
    Message,
    message::{Authentication, AuthenticationRule, ClientKey, KeyChange, limits::AUTHENTICATION_MAX},
};
use ed25519_dalek::VerifyingKey;

/// Largest document: the schema's bound.
pub(super) const DOCUMENT_MAX: usize = AUTHENTICATION_MAX;

/// The keys as they are after the changes of this document; nothing is stored yet.
///
/// # Errors
/// The first rule that the document breaks.
//= spec/book/src/updates.md#cw-upd-018
//# A reader that takes authentication information MUST make the changes of this table at the commit, and no others.
#[inline(never)]
pub(crate) fn changed(keys: &Keyring, document: &[u8], counter: u32) -> Result<Keyring, AuthenticationRule> {
    let changes = Authentication::decode(document).map_err(|_| AuthenticationRule::Document)?;
    is_sound(&changes)
        .then_some(())
        .ok_or(AuthenticationRule::Document)?;
    let mut after = keys.clone();
    after.counter = counter;
    for (place, client) in changes.clients.iter().enumerate() {
        put_client(&mut after, &changes, place, &client)?;
    }
    for revoked in changes.revoked.iter() {
        let (id, generation) = (revoked.client_id.as_str(), revoked.generation);
        // What a rotation of the same document has marked is still there to be revoked; what is new is not revoked by it.
        if keys.client(id, generation).is_none() {
            return Err(AuthenticationRule::Client);
        }
        after.end(id, &(generation..=generation));
    }
    if after.keys().next().is_none() {
        return Err(AuthenticationRule::LastClient);
    }
    if let Some(cloud) = changes.cloud.iter().next() {
        if !is_public_key(cloud.public_key) {
            return Err(AuthenticationRule::Key);
        }
        // Of three keys the oldest ends.
        after.old_cloud = Some(OldCloud {
            public_key: after.cloud,
            ends_after: cloud.logins_left,
        });
        after.cloud = *cloud.public_key;
        after.forget_tries();
    }
    if let Some(authority) = changes.authority.iter().next() {
        let key = VerifyingKey::from_bytes(authority.public_key);
        if !key.is_ok_and(|key| !key.is_weak()) {
            return Err(AuthenticationRule::Key);
        }
        after.authority = *authority.public_key;
    }
    Ok(after)
}

/// What the codec can't see: that nothing is named twice, and every entitlement belongs to a limited client.
fn is_sound(changes: &Authentication<'_>) -> bool {
    let mut anything = !changes.cloud.is_empty() || !changes.authority.is_empty();
    for (place, client) in changes.clients.iter().enumerate() {
        anything = true;
        let twice = |other: &ClientKey<'_>| other.client_id == client.client_id;
        if changes.clients.iter().take(place).any(|other| twice(&other)) {
            return false;
        }
    }
    for (place, revoked) in changes.revoked.iter().enumerate() {
        anything = true;
        if changes.revoked.iter().take(place).any(|other| other == revoked) {
            return false;
        }
    }
    let limited = |place: u8| {
        let client = changes.clients.iter().nth(usize::from(place));
        client.is_some_and(|client| client.limited)
    };
    anything
        && changes
            .entitlements
            .iter()
            .all(|entitlement| limited(entitlement.client))
}

fn put_client(
    after: &mut Keyring,
    changes: &Authentication<'_>,
    place: usize,
    client: &ClientKey<'_>,
) -> Result<(), AuthenticationRule> {
    let id = client.client_id.as_str();
    let newest = after.keys().filter(|known| known.id.as_str() == id);
    let newest = newest.map(|known| known.generation).max();
    if newest.is_some_and(|newest| client.generation <= newest) {
        return Err(AuthenticationRule::Generation);
    }
    match (client.change, newest) {
        (KeyChange::Rotate, Some(newest)) => {
            // Of three keys the oldest ends: the one that was there longest has had its time.
            after.end(id, &earlier(newest));
            for known in after.clients.iter_mut().flatten() {
                if known.id.as_str() == id {
                    known.ends_after = Some(client.logins_left);
                }
            }
        }
        (KeyChange::Rotate, None) => return Err(AuthenticationRule::Client),
        (KeyChange::Replace, _) => after.end(id, &(0..=u32::MAX)),
    }
    let mut entitled = Entitled::default();
    for entitlement in changes.entitlements.iter() {
        if usize::from(entitlement.client) == place && !entitled.add(entitlement.service) {
            return Err(AuthenticationRule::Room);
        }
    }
    let record = ClientRecord {
        // The codec took the name, so that it is one.
        id: Name::new(id).ok_or(AuthenticationRule::Document)?,
        generation: client.generation,
        pre_shared_key: SecretKey(*client.pre_shared_key),
        ends_after: None,
        entitled: client.limited.then_some(entitled),
    };
    if after.add(record) {
        Ok(())
    } else {
        Err(AuthenticationRule::Room)
    }
}
