//! The readers, the updates that there are for them, and the plans by which they are rolled out.

use crate::world::{
    people::PEOPLE,
    updates::{CLASS, Package, Part},
};
use cardwire_codec::message::{HardwareClass, ServiceId, UpdateKind};
use cardwire_peers::{
    Cloud,
    cloud::{Rollout, Share, Update},
    identity::{Key, ReaderIdentity},
};
use std::sync::{Arc, LazyLock};

/// How many readers there are.
pub const READERS: usize = 4;

/// The client through which all of them log in.
pub const CLIENT: &str = "CERT-CLIENT-1";

/// The other class of hardware.
pub const OTHER_CLASS: HardwareClass = HardwareClass(CLASS.0 ^ 0x8001);

/// The readers: the published one and three beside it.
pub static FLEET: LazyLock<[ReaderIdentity; READERS]> = LazyLock::new(|| {
    let published = PEOPLE.all.reader.as_ref();
    let published = published.expect("the published identities have a reader");
    core::array::from_fn(|place| match place {
        0 => published.clone(),
        _ => ReaderIdentity {
            id: format!("FLEET-READER-{place}"),
            static_key: Key::new([0x40 + place as u8; 32]),
            ..published.clone()
        },
    })
});

/// The public keys of those three: to work them out takes as long as a handshake.
static PUBLIC: LazyLock<Vec<(&str, [u8; 32])>> = LazyLock::new(|| {
    let others = FLEET.iter().skip(1);
    others
        .map(|reader| (&*reader.id, reader.static_key.x25519_public()))
        .collect()
});

/// A cloud that knows them, and has not heard of any.
///
/// # Panics
/// Where a database in memory does not open.
#[must_use]
pub fn cloud() -> Arc<Cloud> {
    let identity = PEOPLE.all.cloud.as_ref();
    let cloud = Cloud::in_memory(identity.expect("the published identities have a cloud"));
    let cloud = cloud.expect("a database in memory opens");
    for (id, key) in PUBLIC.iter() {
        let added = cloud.registry().add_reader(id, key);
        added.expect("a database in memory takes a reader");
    }
    Arc::new(cloud)
}

/// A counter that an update raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raises {
    /// The place of its kind among a login's counters.
    pub kind: usize,
    /// To what.
    pub counter: u32,
}

/// An update that an operator may publish.
pub struct Prepared {
    /// As the authority has signed it.
    pub package: Package,
    /// The same, as a cloud publishes it.
    pub update: Update,
    /// For which class of hardware.
    pub class: HardwareClass,
    /// What it raises, part by part.
    pub raises: Vec<Raises>,
}

/// Two services whose logic is updated.
const FIRST: ServiceId = ServiceId(0xF101);
const SECOND: ServiceId = ServiceId(0xF102);

/// The updates: of one kind and of several, of one chunk, of some, and of more than one row of a database.
pub static UPDATES: LazyLock<Vec<Prepared>> = LazyLock::new(|| {
    let usual = |parts: Vec<Part>| Prepared::new(&parts, CLASS, Package::of);
    let other = |parts: Vec<Part>| Prepared::new(&parts, OTHER_CLASS, Package::for_other_hardware);
    vec![
        usual(vec![software(3, 900)]),
        usual(vec![software(5, 1)]),
        usual(vec![keys(4, 401)]),
        usual(vec![logic(FIRST, 2, 16_450)]),
        usual(vec![logic(SECOND, 5, 400)]),
        usual(vec![logic(FIRST, 3, 60), logic(SECOND, 4, 70)]),
        usual(vec![software(6, 300), keys(6, 200), logic(FIRST, 7, 50)]),
        usual(vec![software(8, 10), logic(FIRST, 1, 10)]),
        usual(vec![keys(5, 30), logic(SECOND, 6, 800)]),
        usual(vec![software(4, 40)]),
        other(vec![software(3, 500)]),
        other(vec![logic(FIRST, 2, 20), logic(SECOND, 9, 20)]),
    ]
});

fn software(counter: u32, size: usize) -> Part {
    Part::new(UpdateKind::SOFTWARE, counter, content(counter, size))
}

fn keys(counter: u32, size: usize) -> Part {
    Part::new(UpdateKind::AUTHENTICATION, counter, content(counter, size))
}

fn logic(service: ServiceId, counter: u32, size: usize) -> Part {
    Part::logic(service, counter, content(counter, size))
}

/// Bytes that are others at each place: a cloud does not look into what it brings.
fn content(counter: u32, size: usize) -> Vec<u8> {
    let byte = |at: usize| (at as u32).wrapping_mul(0x9E37_79B1).rotate_left(9) as u8 ^ counter as u8;
    (0..size).map(byte).collect()
}

impl Prepared {
    fn new(parts: &[Part], class: HardwareClass, make: fn(&[Part]) -> Package) -> Self {
        let package = make(parts);
        let update = Update::signed(&package.manifest, package.signature, &package.content);
        let raises = parts.iter().map(|part| Raises {
            kind: usize::from(part.kind.0) - usize::from(UpdateKind::SOFTWARE.0),
            counter: part.counter,
        });
        Self {
            update: update.expect("manifest and content are of the same parts"),
            class,
            raises: raises.collect(),
            package,
        }
    }

    /// Bytes of its content.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.package.content.len() as u32
    }

    /// The highest counter of each kind that it raises.
    #[must_use]
    pub fn highest(&self) -> [Option<u32>; 3] {
        let of = |kind| {
            let raises = self.raises.iter().filter(move |raises| raises.kind == kind);
            raises.map(|raises| raises.counter).max()
        };
        core::array::from_fn(of)
    }
}

/// The update at a place.
#[must_use]
pub fn update(place: u8) -> &'static Prepared {
    &UPDATES[usize::from(place) % UPDATES.len()]
}

/// How many plans there are.
pub const PLANS: u8 = 11;

/// The plan at a place.
#[must_use]
pub fn plan(place: u8) -> Rollout {
    let only = |reader: usize| Some(FLEET[reader].id.clone());
    let (stages, successes, halt_after): (&[Share], _, _) = match place % PLANS {
        1 => (&[Share::Count(1), Share::ALL], Share::ALL, None),
        2 => (
            &[Share::Count(1), Share::Percent(50), Share::ALL],
            Share::Percent(50),
            Some(Share::Count(0)),
        ),
        3 => (&[Share::ALL], Share::ALL, Some(Share::Percent(30))),
        5 => (
            &[Share::Count(1), Share::Count(2), Share::ALL],
            Share::ALL,
            Some(Share::Percent(50)),
        ),
        // Nobody, until somebody opens the next one.
        8 => (&[Share::Percent(0), Share::ALL], Share::ALL, None),
        // Nobody needs to have it before the next stage opens.
        9 => (&[Share::Count(1), Share::ALL], Share::Percent(0), None),
        // The third holds fewer than the one before it, and so as many.
        10 => (
            &[Share::Count(1), Share::Percent(60), Share::Count(1), Share::ALL],
            Share::Count(1),
            Some(Share::Count(1)),
        ),
        _ => (&[Share::ALL], Share::ALL, None),
    };
    Rollout {
        stages: stages.to_vec(),
        successes,
        halt_after: halt_after.or((place % PLANS == 7).then_some(Share::Count(0))),
        draft: matches!(place % PLANS, 4 | 5),
        only: match place % PLANS {
            6 => only(0),
            7 => only(1),
            _ => None,
        },
    }
}
