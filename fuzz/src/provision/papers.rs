//! Documents for seeds: right ones, and such as break a rule, or two.

use super::documents::{Paper, Part, Parts};

/// Places of services in their table: none, one, 16, 17.
const SERVICES: [u8; 4] = [0, 1, 4, 5];
/// Place of the highest generation there is.
pub const HIGHEST: u8 = 5;

/// All of them.
#[must_use]
pub fn papers() -> Vec<(String, Paper)> {
    let of = |parts: Parts| Paper::Parts(parts);
    let more = |change: fn(&mut Parts)| {
        let mut parts = first();
        change(&mut parts);
        Paper::Parts(parts)
    };
    let named = [
        ("same", of(first())),
        ("nothing", of(Parts::default())),
        ("bytes", Paper::Bytes(vec![1])),
        ("altered", Paper::Altered(first(), 1, 4)),
        ("altered-authority", Paper::Altered(first(), u8::MAX, 0x10)),
        ("rotate", rotated(2, 0)),
        ("rotate-thrice", rotated(3, 9)),
        ("rotate-older", rotated(1, 3)),
        ("replace", replaced(2)),
        ("older", replaced(0)),
        ("highest", replaced(HIGHEST)),
        ("revoke", of(revocations(&[(0, 1)]))),
        ("revoke-twice", of(revocations(&[(0, 1), (0, 1)]))),
        // What is new is not revoked with it; what it replaces may be.
        (
            "revoke-new",
            more(|parts| {
                parts.clients = vec![part(1, 2)];
                parts.revoked = vec![(1, 2)];
            }),
        ),
        (
            "revoke-replaced",
            of(Parts {
                clients: vec![part(0, 2)],
                ..revocations(&[(0, 1)])
            }),
        ),
        (
            "revoke-rotated",
            of(Parts {
                revoked: vec![(0, 1)],
                ..rotation(2, 1)
            }),
        ),
        (
            "revoke-stranger-and-older",
            of(Parts {
                revoked: vec![(6, 1)],
                ..rotation(0, 1)
            }),
        ),
        (
            "revoke-other",
            more(|parts| {
                parts.clients = vec![part(1, 1)];
                parts.revoked = vec![(0, 2)];
            }),
        ),
        (
            "twice",
            more(|parts| parts.clients = vec![part(0, 2), part(0, 3)]),
        ),
        (
            "more",
            more(|parts| parts.clients = vec![part(2, 1), part(3, 0), part(5, HIGHEST), part(6, 1)]),
        ),
        ("cloud", of(cloud_of(1))),
        ("no-cloud", more(|parts| parts.cloud = None)),
        ("no-authority", more(|parts| parts.authority = None)),
        ("unlimited", limited(1, false)),
    ];
    let named = named.map(|(name, paper)| (name.to_owned(), paper));
    let weak = (2..9).map(|place| {
        (
            format!("cloud-weak-{place}"),
            of(Parts {
                cloud: Some((place, 0)),
                ..first()
            }),
        )
    });
    let authorities = (1..6).map(|place| (format!("authority-{place}"), of(authority_of(place))));
    let entitled = SERVICES.map(|services| (format!("limited-{services}"), limited(services, true)));
    named
        .into_iter()
        .chain(weak)
        .chain(authorities)
        .chain(entitled)
        .collect()
}

/// A key of a client, in the place of all others.
pub(super) fn part(client: u8, generation: u8) -> Part {
    Part {
        client,
        generation,
        rotate: false,
        limited: false,
        services: 0,
        secret: 16 * (client + 1) + generation,
    }
}

/// One client, a cloud and an authority.
pub(super) fn first() -> Parts {
    Parts {
        clients: vec![part(0, 1)],
        revoked: vec![],
        cloud: Some((0, 2)),
        authority: Some(0),
    }
}

/// Keys that are revoked, and nothing else.
pub(super) fn revocations(revoked: &[(u8, u8)]) -> Parts {
    Parts {
        revoked: revoked.to_vec(),
        ..Parts::default()
    }
}

/// The key of the first client beside the one before it.
pub(super) fn rotation(generation: u8, logins_left: u8) -> Parts {
    Parts {
        clients: vec![Part {
            rotate: true,
            secret: logins_left,
            ..part(0, generation)
        }],
        ..Parts::default()
    }
}

/// The same as a document.
pub(super) fn rotated(generation: u8, logins_left: u8) -> Paper {
    Paper::Parts(rotation(generation, logins_left))
}

/// The key of the first client in the place of all others.
pub(super) fn replaced(generation: u8) -> Paper {
    Paper::Parts(Parts {
        clients: vec![part(0, generation)],
        ..Parts::default()
    })
}

/// A key of the cloud alone.
pub(super) fn cloud_of(place: u8) -> Parts {
    Parts {
        cloud: Some((place, 0)),
        ..Parts::default()
    }
}

/// The first client with this key of the authority.
pub(super) fn authority_of(place: u8) -> Parts {
    Parts {
        authority: Some(place),
        ..first()
    }
}

/// Two clients, of which the second one is limited to so many services, or names some without being limited.
pub(super) fn limited(services: u8, limited: bool) -> Paper {
    let second = Part {
        limited,
        services,
        ..part(2, 2)
    };
    Paper::Parts(Parts {
        clients: vec![part(1, 2), second],
        ..first()
    })
}
