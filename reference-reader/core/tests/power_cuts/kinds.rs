//! The kinds of updates that are cut, and the reader that they meet: one that was updated before.

use crate::{
    board::{Flash, SIZES, Weakness, flash, layout, on},
    common::{pair::encode, updates::*},
    update::{Ending, InForce, Known, Stop, Update, load},
};
use cardwire_codec::{List, Name, message::*};
use cardwire_core::{boot::Slot, env::Record};
use cardwire_store::Store;
use core::cell::Cell;

/// Services that a test may find: three that are there before, and one that is new.
pub const SERVICES: [ServiceId; 4] = [
    ServiceId(0xF101),
    ServiceId(0xF102),
    ServiceId(0xF103),
    ServiceId(0xF104),
];
pub const NEW_CLIENT: &str = "NEW-CLIENT";
pub const NEW_KEY: [u8; 32] = [0x21; 32];
pub const SPARE_CLIENT: &str = "SPARE-CLIENT";
pub const SPARE_KEY: [u8; 32] = [0x22; 32];

/// All kinds of updates, for readers with this weakness.
pub fn all(weakness: Option<Weakness>) -> Vec<Update> {
    let before = updated();
    let kinds: [(&'static str, Ending, Vec<Part>); 6] = [
        ("logic", Ending::InForce, vec![says(0, 5, true)]),
        (
            "several logics",
            Ending::InForce,
            vec![says(0, 5, true), says(1, 6, true), says(3, 5, true)],
        ),
        ("authentication", Ending::InForce, vec![keys(5, true)]),
        ("software, confirmed", Ending::InForce, vec![image(5)]),
        ("software, given up", Ending::GivenUp, vec![image(5)]),
        (
            "all kinds at once",
            Ending::InForce,
            vec![
                image(5),
                keys(5, true),
                says(0, 5, true).needs(5),
                says(3, 6, true),
            ],
        ),
    ];
    kinds
        .into_iter()
        .map(|(name, ending, parts)| Update {
            weakness,
            ..before.then(name, ending, &parts)
        })
        .collect()
}

/// A reader with which this was done, each of it for real: an update of all kinds, and one of another service.
fn updated() -> Update {
    let mut new = flash();
    let layout = layout(&new);
    // A job that a reset has interrupted: it has nothing to do with updates, and is not to be forgotten over one.
    let stored = Store::new(&mut new, &layout).store(Record::Journal.number(), &[0; 89]);
    stored.unwrap();
    let factory = InForce {
        slot: Slot::A,
        software: vec![0xff; image(1).content.len()],
        counters: [0; 3],
        says: [None; 4],
        clients: [false, false],
    };
    let factory = Update {
        name: "",
        package: Package::of(&[says(0, 1, false)]),
        ending: Ending::InForce,
        flash: new,
        old: factory.clone(),
        new: factory,
        bystanders: Vec::new(),
        weakness: None,
        left: Cell::default(),
    };
    let first = [image(1), keys(1, false), says(0, 1, false), says(1, 1, false)];
    let first = factory.then("", Ending::InForce, &first).done();
    let mut second = first.then("", Ending::InForce, &[says(2, 2, false)]).done();
    for record in [
        Record::BootCounter,
        Record::Manifest,
        Record::Boot,
        Record::Logic(0),
    ] {
        fill(&mut second.flash, record);
    }
    second
}

/// Stores what a record holds until its block has room for one value more: the second that follows needs an erase.
fn fill(flash: &mut Flash, record: Record) {
    let layout = layout(flash);
    let value = load(flash, record).expect("it was stored");
    let erased = |flash: &Flash| flash.erases().iter().sum::<u32>();
    let store = |flash: &mut Flash| Store::new(flash, &layout).store(record.number(), &value).unwrap();
    let before = erased(flash);
    while erased(flash) == before {
        store(flash);
    }
    // Head, value and mark, in words of 8 bytes.
    let entry = 16 + value.len().next_multiple_of(8) + 8;
    for _ in 2..SIZES.block as usize / entry {
        store(flash);
    }
    assert_eq!(erased(flash), before + 1);
}

impl Update {
    /// An update that follows when this one is done.
    fn then(&self, name: &'static str, ending: Ending, parts: &[Part]) -> Self {
        let old = self.new.clone();
        let mut new = old.clone();
        let mut changed = vec![];
        for part in parts {
            let which = match part.kind {
                UpdateKind::SOFTWARE => {
                    new.slot = old.slot.other();
                    new.software.clone_from(&part.content);
                    changed.push(Record::Boot);
                    0
                }
                UpdateKind::AUTHENTICATION => {
                    new.clients = if part.counter == 1 {
                        [false, true]
                    } else {
                        [true, false]
                    };
                    changed.push(Record::Authentication);
                    1
                }
                _ => {
                    let service = SERVICES
                        .iter()
                        .position(|service| *service == part.service)
                        .unwrap();
                    new.says[service] = Some(TEXTS[service][usize::from(part.counter > 2)]);
                    2
                }
            };
            new.counters[which] = new.counters[which].max(part.counter);
        }
        // The services were stored in their order.
        let logic = (0..3).filter(|service| new.says[*service] == old.says[*service]);
        let others = [Record::Journal, Record::Authentication, Record::Boot];
        let bystanders = others
            .into_iter()
            .filter(|record| !changed.contains(record))
            .chain(logic.map(|service| Record::Logic(service as u8)));
        let mut flash = self.flash.clone();
        let bystanders = bystanders.filter_map(|record| Some((record, load(&mut flash, record)?)));
        Self {
            name,
            package: Package::of(parts),
            ending,
            bystanders: bystanders.collect(),
            flash,
            old,
            new,
            weakness: None,
            left: Cell::default(),
        }
    }

    /// The same when it is done.
    fn done(self) -> Self {
        let mut flash = self.flash.clone();
        match on(&mut flash, |flash| self.go_on(flash, &mut Known::default())) {
            Ok(()) => Self { flash, ..self },
            Err(Stop::PowerOff) => unreachable!("nobody has cut it"),
            Err(Stop::Wrong(what)) => panic!("the reader of the test: {what}"),
        }
    }
}

/// What a service says, by its place.
const TEXTS: [[&str; 2]; 4] = [
    ["old 0", "new 0"],
    ["old 1", "new 1"],
    ["old 2", "new 2"],
    ["old 3", "new 3"],
];

/// Logic of a service that says its text.
fn says(service: usize, counter: u32, new: bool) -> Part {
    let text = TEXTS[service][usize::from(new)];
    Part::logic(
        SERVICES[service],
        counter,
        echo_of(SERVICES[service], text.as_bytes()),
    )
}

/// Software of two blocks.
fn image(counter: u32) -> Part {
    let mut content = software("reader-2.0", 1800);
    for byte in &mut content[limits::SOFTWARE_HEADER..] {
        *byte ^= counter as u8;
    }
    Part::new(UpdateKind::SOFTWARE, counter, content)
}

/// The first keys are one of the spare client; those that follow revoke it, and there is a new one.
fn keys(counter: u32, new: bool) -> Part {
    let (id, pre_shared_key) = if new {
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
    let spare = Revocation {
        client_id: Name::from_text(SPARE_CLIENT),
        generation: 1,
    };
    let revoked = [spare];
    let document = encode(&Authentication {
        clients: List::from_items(&[client]),
        entitlements: List::default(),
        revoked: List::from_items(if new { &revoked } else { &[] }),
        cloud: List::default(),
        authority: List::default(),
        extensions: Default::default(),
    });
    Part::new(UpdateKind::AUTHENTICATION, counter, document)
}
