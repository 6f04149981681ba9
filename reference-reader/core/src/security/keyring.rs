//! The keys in force: what the reader was provisioned with, and over it what updates of authentication information have
//! changed.
//!
//! All of it is one record with the update counter that it came with, so that a loss of power leaves the old keys or the
//! new ones, and never a counter without its keys.

mod stored;

use crate::{
    env::{Env, Record, StoreFailed},
    identity::{Identity, Name, Owner, SecretKey},
};
use cardwire_codec::message::ServiceId;
use core::ops::RangeInclusive;

/// Client keys that a reader has room for: each of the clients that it can be provisioned with, and second keys of two
/// of them, so that they can be rotated.
pub(crate) const KEYS_MAX: usize = crate::identity::MAX_CLIENTS + 2;
/// Services that a limited client can be entitled to.
pub(crate) const ENTITLED_MAX: usize = 16;

/// A client's key in force.
#[derive(Clone)]
pub(crate) struct ClientRecord {
    pub(crate) id: Name,
    pub(crate) generation: u32,
    pub(crate) pre_shared_key: SecretKey,
    /// `None` while no newer key of this client is there; else the logins that this one is good for, 0 for no bound.
    pub(crate) ends_after: Option<u16>,
    /// What the client is entitled to; `None`: every service.
    pub(crate) entitled: Option<Entitled>,
}

/// The services that a limited client is entitled to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entitled {
    services: [u16; ENTITLED_MAX],
    count: u8,
}

impl Entitled {
    /// Adds a service; `false` where there is no room.
    pub(crate) fn add(&mut self, service: ServiceId) -> bool {
        let Some(place) = self.services.get_mut(usize::from(self.count)) else {
            return false;
        };
        *place = service.0;
        self.count += 1;
        true
    }

    fn services(&self) -> &[u16] {
        self.services.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// A key of the cloud that has a newer one beside it.
#[derive(Clone, Copy)]
pub(crate) struct OldCloud {
    pub(crate) public_key: [u8; 32],
    /// Logins that it is good for, 0 for no bound.
    pub(crate) ends_after: u16,
}

/// The keys in force, and the update counter that they came with.
#[derive(Clone)]
pub(crate) struct Keyring {
    pub(crate) counter: u32,
    pub(crate) clients: [Option<ClientRecord>; KEYS_MAX],
    pub(crate) cloud: [u8; 32],
    pub(crate) old_cloud: Option<OldCloud>,
    pub(crate) authority: [u8; 32],
    /// Whether the login that was begun last is for the old key of the cloud.
    for_old: bool,
    /// Whether a login that is begun now is for it.
    next_for_old: bool,
}

impl Keyring {
    /// The keys of a reader that was provisioned so, and what else it knows of itself: there is one copy of a secret.
    /// [`load`](Self::load) is to follow.
    // Not inlined: the image for the Cortex-M3 then lost the keys of its clients.
    #[inline(never)]
    pub(crate) fn of(identity: Identity) -> (Owner, Self) {
        let mut keys = Self::provisioned(identity.cloud_public_key, identity.authority_public_key);
        for (slot, client) in keys.clients.iter_mut().zip(identity.clients) {
            *slot = client.map(|client| ClientRecord {
                id: client.id,
                generation: client.generation,
                pre_shared_key: client.pre_shared_key,
                ends_after: None,
                entitled: None,
            });
        }
        let owner = Owner {
            reader_id: identity.reader_id,
            hardware_class: identity.hardware_class,
            provisioning: identity.provisioning,
            software: identity.software,
            static_key: identity.static_key,
        };
        (owner, keys)
    }

    /// Takes up the keys that updates have brought.
    #[inline(never)]
    pub(crate) fn load(&mut self, env: &mut impl Env, owner: &Owner) {
        // What a provisioning that was cut off has left opens nothing.
        if owner.is_provisioned()
            && let Some(stored) = stored::load(env)
        {
            *self = stored;
        }
    }

    /// The keys of a reader that has no clients yet.
    pub(crate) fn provisioned(cloud: [u8; 32], authority: [u8; 32]) -> Self {
        Self {
            counter: 0,
            clients: [const { None }; KEYS_MAX],
            cloud,
            old_cloud: None,
            authority,
            for_old: false,
            next_for_old: false,
        }
    }

    /// Stores the keys, after which they are in force.
    ///
    /// # Errors
    /// Storage that failed.
    pub(crate) fn store(&self, env: &mut impl Env) -> Result<(), StoreFailed> {
        let mut out = stored::room();
        let length = stored::encode(self, &mut *out).ok_or(StoreFailed)?;
        env.store(Record::Authentication, &out[..length])
    }

    /// The keys of all clients.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &ClientRecord> {
        self.clients.iter().flatten()
    }

    /// The key of a client's generation.
    #[inline(never)]
    pub(crate) fn client(&self, id: &str, generation: u32) -> Option<&ClientRecord> {
        self.keys()
            .find(|client| client.id.as_str() == id && client.generation == generation)
    }

    /// Whether a client is entitled to a service under this key.
    pub(crate) fn entitles(&self, id: &str, generation: u32, service: ServiceId) -> bool {
        self.client(id, generation).is_some_and(|client| {
            client
                .entitled
                .is_none_or(|entitled| entitled.services().contains(&service.0))
        })
    }

    /// Adds a key; `false` where there is no room.
    pub(crate) fn add(&mut self, record: ClientRecord) -> bool {
        let free = self.clients.iter_mut().find(|slot| slot.is_none());
        free.map(|slot| *slot = Some(record)).is_some()
    }

    /// Ends a client's keys of these generations; their secrets are erased.
    #[inline(never)]
    pub(crate) fn end(&mut self, id: &str, generations: &RangeInclusive<u32>) {
        for slot in &mut self.clients {
            let ends =
                |client: &ClientRecord| client.id.as_str() == id && generations.contains(&client.generation);
            if slot.as_ref().is_some_and(ends) {
                *slot = None;
            }
        }
    }

    /// A client has opened a session with this key: those before it end.
    pub(crate) fn used(&mut self, env: &mut impl Env, id: &str, generation: u32) {
        let before = |client: &ClientRecord| client.id.as_str() == id && client.generation < generation;
        if self.keys().any(before) {
            self.change(env, |keys| keys.end(id, &earlier(generation)));
        }
    }

    /// The cloud's key that a login is to be begun for: while there are two, the one after which it was not asked last,
    /// unless that was the one that answered.
    pub(crate) fn begin_login(&mut self) -> [u8; 32] {
        let Some(old) = self.old_cloud else {
            self.for_old = false;
            return self.cloud;
        };
        self.for_old = self.next_for_old;
        self.next_for_old = !self.for_old;
        if self.for_old { old.public_key } else { self.cloud }
    }

    /// Begins to try the cloud's keys from the new one on.
    pub(crate) fn forget_tries(&mut self) {
        self.for_old = false;
        self.next_for_old = false;
    }

    /// A login of this client has succeeded: keys that are used up, or whose successor was used, end.
    pub(crate) fn login_succeeded(&mut self, env: &mut impl Env, id: &str, generation: u32) {
        self.next_for_old = self.for_old;
        let counted = self.client(id, generation).and_then(|client| client.ends_after);
        if self.old_cloud.is_none() && counted.is_none_or(|left| left == 0) {
            return;
        }
        let for_old = self.for_old;
        self.change(env, |keys| {
            match &mut keys.old_cloud {
                Some(old) if for_old && old.ends_after != 1 => {
                    old.ends_after = old.ends_after.saturating_sub(1);
                }
                old => *old = None,
            }
            let mine = |client: &ClientRecord| client.id.as_str() == id && client.generation == generation;
            if counted == Some(1) {
                keys.end(id, &(generation..=generation));
            }
            for client in keys.clients.iter_mut().flatten().filter(|client| mine(client)) {
                client.ends_after = client.ends_after.map(|left| left.saturating_sub(1));
            }
        });
    }

    /// Changes the keys, where that can be stored. Where it can't they stay: the next use tries again.
    fn change(&mut self, env: &mut impl Env, change: impl FnOnce(&mut Self)) {
        let mut changed = self.clone();
        change(&mut changed);
        if changed.store(env).is_ok() {
            *self = changed;
        }
    }
}

/// The generations before this one.
pub(crate) fn earlier(generation: u32) -> RangeInclusive<u32> {
    match generation.checked_sub(1) {
        Some(last) => 0..=last,
        // None: it ends before it begins.
        None => RangeInclusive::new(1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::earlier;

    #[test]
    fn there_is_no_generation_before_the_first() {
        assert!(!earlier(0).contains(&0));
        assert!(earlier(1).contains(&0) && !earlier(1).contains(&1));
        assert!(earlier(u32::MAX).contains(&(u32::MAX - 1)) && !earlier(u32::MAX).contains(&u32::MAX));
    }
}
