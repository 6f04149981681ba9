//! The updates that a cloud may bring, right and wrong, and what each of them leaves in force.

use crate::world::{
    encoded,
    updates::{CLASS, Package, Part, says},
};
use cardwire_codec::{
    List, Name,
    message::{Authentication, ClientKey, KeyChange, Revocation, ServiceId, Software, UpdateKind, limits},
};
use std::sync::LazyLock;

/// Services that there may be.
pub const SERVICES: [ServiceId; 4] = [
    ServiceId(0xF101),
    ServiceId(0xF102),
    ServiceId(0xF103),
    ServiceId(0xF104),
];
/// A client that the second keys bring.
pub const NEW_CLIENT: &str = "NEW-CLIENT";
/// Its key.
pub const NEW_KEY: [u8; 32] = *b"the key of the new client, fuzz.";
/// A client that the first keys bring, and the second ones revoke.
pub const SPARE_CLIENT: &str = "SPARE-CLIENT";
/// Its key.
pub const SPARE_KEY: [u8; 32] = *b"the key of the spare client, fuz";

/// What is in force, as everybody can see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Of software, authentication information and logic, as a login states them.
    pub counters: [u32; 3],
    /// The software that starts; none where it is what came from the factory.
    pub software: Option<u32>,
    /// The counter that stands in what each service says; none where there is no such service.
    pub says: [Option<u32>; SERVICES.len()],
    /// Whether the new client and the spare one are let in.
    pub clients: [bool; 2],
}

/// An update, and what it brings.
pub struct Known {
    /// The update.
    pub package: Package,
    /// Whether the authority has signed its manifest, for this class of hardware.
    signed: bool,
    software: Option<u32>,
    keys: Option<bool>,
    says: Vec<(usize, u32)>,
}

/// The updates; the first one is in force when an execution begins.
pub static PACKAGES: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let right = |parts: &[What]| Known::new(parts, Package::of);
    let mut altered = right(&[What::Says(0, 9)]);
    altered.package.content[20] ^= 1;
    altered.package.genuine = false;
    let mut broken = right(&[What::Broken(9)]);
    broken.package.genuine = false;
    vec![
        right(&[
            What::Software(1),
            What::Keys(1),
            What::Says(0, 1),
            What::Says(1, 1),
        ]),
        right(&[What::Says(0, 5)]),
        right(&[What::Says(0, 6), What::Says(1, 7), What::Says(3, 6)]),
        right(&[What::Keys(5)]),
        right(&[What::Software(5)]),
        right(&[
            What::Software(6),
            What::Keys(6),
            What::Says(0, 8),
            What::Says(3, 9),
        ]),
        right(&[What::Says(2, 2)]),
        Known::new(&[What::Says(0, 9)], Package::foreign),
        Known::new(&[What::Keys(9)], Package::for_other_hardware),
        altered,
        broken,
        Known::new(&[What::Software(9)], Package::foreign),
    ]
});

/// Whether the authority has signed the manifest of the update at this place.
#[must_use]
pub fn is_signed(place: u8) -> bool {
    PACKAGES[usize::from(place) % PACKAGES.len()].signed
}

/// A part of an update.
enum What {
    Software(u32),
    Keys(u32),
    Says(usize, u32),
    /// Logic that is none.
    Broken(u32),
}

impl Known {
    fn new(what: &[What], make: fn(&[Part]) -> Package) -> Self {
        let (mut software, mut keys, mut texts) = (None, None, Vec::new());
        let parts: Vec<_> = what
            .iter()
            .map(|what| match *what {
                What::Software(counter) => {
                    software = Some(counter);
                    Part::new(UpdateKind::SOFTWARE, counter, image(counter))
                }
                What::Keys(counter) => {
                    keys = Some(counter > 1);
                    Part::new(UpdateKind::AUTHENTICATION, counter, authentication(counter > 1))
                }
                What::Says(service, counter) => {
                    texts.push((service, counter));
                    let text = format!("said by {counter:04}");
                    let service = SERVICES[service];
                    Part::logic(service, counter, says(service, text.as_bytes()))
                }
                What::Broken(counter) => Part::logic(SERVICES[0], counter, b"\x01no logic".to_vec()),
            })
            .collect();
        let package = make(&parts);
        Self {
            signed: package.genuine,
            package,
            software,
            keys,
            says: texts,
        }
    }
}

impl InForce {
    /// What a factory leaves.
    #[must_use]
    pub const fn factory() -> Self {
        Self {
            counters: [0; 3],
            software: None,
            says: [None; SERVICES.len()],
            clients: [false; 2],
        }
    }

    /// The same when the update at this place is in force, too.
    #[must_use]
    pub fn with(&self, place: u8) -> Self {
        let known = &PACKAGES[usize::from(place) % PACKAGES.len()];
        let mut then = self.clone();
        for (counter, new) in then.counters.iter_mut().zip(known.package.counters) {
            *counter = new.max(*counter);
        }
        then.software = known.software.or(then.software);
        if let Some(second) = known.keys {
            then.clients = [second, !second];
        }
        for (service, counter) in &known.says {
            then.says[*service] = Some(*counter);
        }
        then
    }
}

/// Software of two blocks.
#[must_use]
pub fn image(counter: u32) -> Vec<u8> {
    const SIZE: usize = 1800;
    let header = encoded(&Software {
        name: Name::from_text("reader-2.0"),
        hardware_class: CLASS,
        image_size: SIZE as u32,
        extensions: Default::default(),
    });
    let mut content = (header.len() as u16).to_be_bytes().to_vec();
    content.extend(header);
    content.resize(limits::SOFTWARE_HEADER, 0);
    content.extend((0..SIZE).map(|index| index as u8 ^ counter as u8));
    content
}

/// The first keys are one of the spare client; the second ones revoke it, and there is a new client.
fn authentication(second: bool) -> Vec<u8> {
    let (id, pre_shared_key) = if second {
        (NEW_CLIENT, &NEW_KEY)
    } else {
        (SPARE_CLIENT, &SPARE_KEY)
    };
    let client = ClientKey {
        client_id: Name::from_text(id),
        generation: 1,
        change: KeyChange::Replace,
        logins_left: 0,
        pre_shared_key,
        limited: false,
    };
    let revoked = [Revocation {
        client_id: Name::from_text(SPARE_CLIENT),
        generation: 1,
    }];
    encoded(&Authentication {
        clients: List::from_items(&[client]),
        entitlements: List::default(),
        revoked: List::from_items(if second { &revoked } else { &[] }),
        cloud: List::default(),
        authority: List::default(),
        extensions: Default::default(),
    })
}
