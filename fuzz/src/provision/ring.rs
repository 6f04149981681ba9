//! The keys in force, and what a document makes of them: the table of CW-UPD-018, written a second time.

use super::{
    documents::{Change, Changes},
    keys::{is_of_a_cloud, is_of_an_authority},
};
use cardwire_codec::message::AuthenticationRule as Rule;

/// Keys that there is room for: four clients, and two of them with a second key.
pub const ROOM: usize = 6;
/// Services that one client can be entitled to.
pub const ENTITLED: usize = 16;

/// A client's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client.
    pub name: String,
    /// Which of its keys.
    pub generation: u32,
    /// The key.
    pub key: [u8; 32],
    /// The logins that it is good for, where a newer one is there; 0 for no bound.
    pub ends_after: Option<u16>,
    /// The services that it is entitled to; `None`: all.
    pub services: Option<Vec<u16>>,
}

/// The keys in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// The update counter.
    pub counter: u32,
    /// The cloud's key, all zero where there is none.
    pub cloud: [u8; 32],
    /// The one before it, and the logins that it is good for.
    pub old_cloud: Option<([u8; 32], u16)>,
    /// The authority's key, all zero where there is none.
    pub authority: [u8; 32],
    /// The clients' keys, in no order that anybody could see.
    pub clients: Vec<Client>,
}

/// What may become of a document.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The rules that it may be refused for.
    pub refused: Vec<Rule>,
    /// The keys where it is taken; `None` where it has to be refused.
    pub taken: Option<Ring>,
}

impl Ring {
    /// No keys at all.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            counter: 0,
            cloud: [0; 32],
            old_cloud: None,
            authority: [0; 32],
            clients: Vec::new(),
        }
    }

    /// The same in one order.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.clients
            .sort_by_key(|client| (client.name.clone(), client.generation));
        self
    }

    /// The highest generation of a client.
    fn newest(&self, name: &str) -> Option<u32> {
        let mine = self.clients.iter().filter(|client| client.name == name);
        mine.map(|client| client.generation).max()
    }

    fn has(&self, name: &str, generation: u32) -> bool {
        self.clients
            .iter()
            .any(|client| client.name == name && client.generation == generation)
    }

    /// What may become of a document; `None` is one that does not decode.
    ///
    /// Of several rules that it breaks, it is refused for the first: that of the table, or that which the changes come upon
    /// first where they are made in their order. The book says both.
    #[must_use]
    pub fn judge(&self, changes: Option<&Changes>) -> Judged {
        let Some(changes) = changes.filter(|changes| is_sound(changes)) else {
            return Judged {
                refused: vec![Rule::Document],
                taken: None,
            };
        };
        let mut after = self.clone();
        let mut broken = Vec::new();
        for (place, change) in changes.clients.iter().enumerate() {
            after.put(place, change, changes, &mut broken);
        }
        for (name, generation) in &changes.revoked {
            if !self.has(name, *generation) {
                broken.push(Rule::Client);
            }
            after
                .clients
                .retain(|client| client.name != *name || client.generation != *generation);
        }
        if after.clients.is_empty() {
            broken.push(Rule::LastClient);
        }
        let unknown = after.put_public(changes, &mut broken);
        let first = broken.first().copied();
        let lowest = broken.iter().min_by_key(|rule| rule.value()).copied();
        let mut refused: Vec<_> = first.into_iter().chain(lowest).collect();
        let taken = broken.is_empty().then_some(after);
        if unknown && taken.is_some() {
            refused.push(Rule::Key);
        }
        Judged { refused, taken }
    }

    fn put(&mut self, place: usize, change: &Change, changes: &Changes, broken: &mut Vec<Rule>) {
        let newest = self.newest(&change.name);
        if change.rotate && newest.is_none() {
            broken.push(Rule::Client);
        }
        if newest.is_some_and(|newest| newest >= change.generation) {
            broken.push(Rule::Generation);
        }
        // Beside the newest one only, which ends; in the place of all others.
        self.clients.retain(|client| {
            client.name != change.name || change.rotate && Some(client.generation) == newest
        });
        for old in self
            .clients
            .iter_mut()
            .filter(|client| client.name == change.name)
        {
            old.ends_after = Some(change.logins_left);
        }
        let mine = changes
            .entitlements
            .iter()
            .filter(|(client, _)| usize::from(*client) == place);
        let services: Vec<_> = mine.map(|(_, service)| *service).collect();
        if services.len() > ENTITLED || self.clients.len() >= ROOM {
            broken.push(Rule::Room);
        }
        self.clients.push(Client {
            name: change.name.clone(),
            generation: change.generation,
            key: change.key,
            ends_after: None,
            services: change.limited.then_some(services),
        });
    }

    /// Keys of cloud and authority; whether nobody knows here that the authority's is one.
    fn put_public(&mut self, changes: &Changes, broken: &mut Vec<Rule>) -> bool {
        if let Some((key, logins_left)) = changes.cloud {
            if !is_of_a_cloud(key) {
                broken.push(Rule::Key);
            }
            self.old_cloud = Some((self.cloud, logins_left));
            self.cloud = key;
        }
        let Some(key) = changes.authority else {
            return false;
        };
        self.authority = key;
        let known = is_of_an_authority(key);
        if known == Some(false) {
            broken.push(Rule::Key);
        }
        known.is_none()
    }
}

/// Whether it changes something, names nothing twice, and entitles only whom it limits.
fn is_sound(changes: &Changes) -> bool {
    let Changes {
        clients,
        entitlements,
        revoked,
        cloud,
        authority,
    } = changes;
    let is_nothing = clients.is_empty() && revoked.is_empty() && cloud.is_none() && authority.is_none();
    let names: Vec<_> = clients.iter().map(|client| &client.name).collect();
    let limited = |place: u8| {
        clients
            .get(usize::from(place))
            .is_some_and(|client| client.limited)
    };
    !is_nothing
        && are_different(&names)
        && are_different(revoked)
        && entitlements.iter().all(|(client, _)| limited(*client))
}

fn are_different<T: PartialEq>(all: &[T]) -> bool {
    all.iter()
        .enumerate()
        .all(|(place, one)| !all[..place].contains(one))
}
