//! The power goes at each write of an update, before or after it: what is in force is the old or the new, all of it, and
//! what comes next is the same as without the cut.

mod common;

use cardwire_codec::{List, Message, Name, message::*};
use cardwire_core::{
    boot::{self, Slot},
    env::Record,
};
use common::{CLIENT_ID, Flash, Records, identity, pair::*, updates::*};

const OTHER: ServiceId = ServiceId(0xF123);
const NEW_KEY: [u8; 32] = [0x21; 32];

/// What is in force, as peers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct InForce {
    counters: [u32; 3],
    echo: Vec<(String, String)>,
    other: Option<Vec<(String, String)>>,
    slot: Slot,
    new_key: bool,
}

fn board() -> Pair {
    let records = Records::default();
    records.borrow_mut().software_max = 4096;
    let mut pair = Pair::with(records, identity());
    pair.serve(&[ECHO]);
    assert_eq!(
        Package::new(echo(b"old"), 1, |_, _| {}).install(&mut pair).0,
        NONE
    );
    pair.reset()
}

/// Looks at a reader that has just started.
fn look(pair: &mut Pair) -> InForce {
    let slot = pair.records.borrow().running;
    // The second login states what the first one has confirmed.
    pair.connect();
    pair.login_with(&[], |_| {});
    pair.connect();
    let (_, confirm) = pair.login_with(&[], |_| {});
    let confirm = LoginConfirm::decode(&confirm).unwrap();
    let counters = [
        confirm.software_counter,
        confirm.authentication_counter,
        confirm.logic_counter,
    ];
    pair.serve(&[ECHO, OTHER]);
    let echo = pair.run(1, ECHO);
    let answer = pair.request(&ServiceList {
        from: 0,
        extensions: Default::default(),
    });
    let list = ServiceListAnswer::decode(&answer).unwrap();
    let has_other = list.services.iter().any(|entry| entry.service == OTHER);
    let other = has_other.then(|| pair.run(2, OTHER));
    let new_key = pair.connect_with("NEW-CLIENT", 1, &NEW_KEY);
    // A connect that succeeds, so that the next reader that starts need not wait.
    pair.pass(limits::T_BACKOFF_MS);
    pair.connect();
    InForce {
        counters,
        echo,
        other,
        slot,
        new_key,
    }
}

fn keys() -> Part {
    let client = ClientKey {
        client_id: Name::from_text("NEW-CLIENT"),
        generation: 1,
        change: KeyChange::Replace,
        logins_left: 0,
        pre_shared_key: &NEW_KEY,
        limited: false,
    };
    let document = encode(&Authentication {
        clients: List::from_items(&[client]),
        entitlements: List::default(),
        revoked: List::default(),
        cloud: List::default(),
        authority: List::default(),
        extensions: Default::default(),
    });
    Part::new(UpdateKind::AUTHENTICATION, 3, document)
}

fn all_kinds() -> Vec<Part> {
    vec![
        Part::new(UpdateKind::SOFTWARE, 2, software("reader-2.0", 600)),
        keys(),
        Part::logic(OTHER, 4, echo_of(OTHER, b"new other")),
        Part::logic(ECHO, 4, echo(b"new")),
    ]
}

/// Starts a reader, be it with little power left.
fn start(records: &Records) -> Pair {
    {
        let mut flash = records.borrow_mut();
        if let Some(slot) = boot::choose(&mut *flash) {
            flash.running = slot;
        }
    }
    Pair::with(records.clone(), identity())
}

/// A commit, and the reset that software waits for, and the login that confirms it.
fn update(pair: &mut Pair, package: &Package) {
    package.commit_in_full(pair);
    let has_power = pair.records.borrow().cut.is_none_or(|(left, _)| left > 0);
    if pair.reader.poll_reset() && has_power {
        *pair = start(&pair.records);
        // Without power for its boot counter it lets nobody in.
        if pair.records.borrow().cut.is_none_or(|(left, _)| left > 0) {
            pair.connect();
            pair.login_with(&[], |_| {});
        }
    }
}

/// Cuts the power at each write of an update; returns how many cuts left the old and how many the new in force.
fn sweep(parts: &[Part]) -> [usize; 2] {
    let package = Package::of(parts);
    let prepare = || {
        let mut pair = board();
        pair.serve(&[ECHO]);
        package.bring(&mut pair);
        pair
    };
    let old = look(&mut board());
    let (writes, new) = {
        let mut pair = prepare();
        let before = pair.records.borrow().writes;
        update(&mut pair, &package);
        let writes = pair.records.borrow().writes - before;
        (writes, look(&mut pair.reset()))
    };
    assert_ne!(old, new);
    let mut counts = [0; 2];
    for cut in 1..=writes {
        for done in [false, true] {
            let mut pair = prepare();
            pair.records.borrow_mut().cut = Some((cut, done));
            update(&mut pair, &package);
            // A second cut, at each write of the recovery.
            let after = Flash::clone(&pair.records.borrow());
            for second in 0..6 {
                let records = Records::new(after.clone().into());
                if second > 0 {
                    records.borrow_mut().cut = Some((second, done));
                    let mut recovering = start(&records);
                    // Where it has come so far, a login may confirm software.
                    if records.borrow().cut.is_some_and(|(left, _)| left > 0) {
                        recovering.connect();
                        recovering.login_with(&[], |_| {});
                    }
                }
                let pair = Pair::with(records, identity());
                let seen = look(&mut pair.reset());
                assert!(
                    seen == old || seen == new,
                    "cut at {cut} of {writes}, write done: {done}, second cut at {second}: {seen:#?}"
                );
                counts[usize::from(seen == new)] += 1;
            }
            // Whatever it was, the update can still be made, or is.
            let mut pair = pair.reset();
            pair.serve(&[ECHO]);
            if package.offer(&mut pair).1 == NONE {
                let (state, from) = package.query(&mut pair);
                if state == UpdateState::Receiving {
                    package.send(&mut pair, from as usize);
                }
                update(&mut pair, &package);
            }
            assert_eq!(look(&mut pair.reset()), new, "cut at {cut}, write done: {done}");
        }
    }
    println!("{} writes, {counts:?} old and new", writes);
    counts
}

#[test]
fn one_service() {
    let [old, new] = sweep(&[Part::logic(ECHO, 4, echo(b"new"))]);
    assert!(old > 0 && new > 0, "{old} old, {new} new");
}

#[test]
fn two_services_and_keys() {
    let [old, new] = sweep(&all_kinds()[1..]);
    assert!(old > 0 && new > 0, "{old} old, {new} new");
}

#[test]
fn keys_alone() {
    let [old, new] = sweep(&[keys()]);
    assert!(old > 0 && new > 0, "{old} old, {new} new");
}

#[test]
fn software_alone() {
    let [old, new] = sweep(&all_kinds()[..1]);
    assert!(old > 0 && new > 0, "{old} old, {new} new");
}

#[test]
fn all_kinds_at_once() {
    let [old, new] = sweep(&all_kinds());
    assert!(old > 0 && new > 0, "{old} old, {new} new");
}

#[test]
fn bytes_on_their_way_are_cut_at_each_write_and_go_on() {
    let package = Package::of(&all_kinds());
    let writes = {
        let mut pair = board();
        pair.serve(&[]);
        let before = pair.records.borrow().writes;
        package.bring(&mut pair);
        pair.records.borrow().writes - before
    };
    for cut in 1..=writes {
        for done in [false, true] {
            let mut pair = board();
            pair.serve(&[]);
            pair.records.borrow_mut().cut = Some((cut, done));
            if package.offer(&mut pair).1 == NONE {
                let mut at = 0;
                while at < package.content.len() {
                    let end = package.content.len().min(at + 400);
                    if package.chunk(&mut pair, at, end).1 != NONE {
                        break;
                    }
                    at = end;
                }
            }
            let mut pair = pair.reset();
            pair.serve(&[]);
            assert_eq!(package.offer(&mut pair).1, NONE);
            let (state, from) = package.query(&mut pair);
            if state == UpdateState::Receiving {
                assert_eq!(
                    package.send(&mut pair, from as usize),
                    (UpdateState::Received, NONE)
                );
            }
            assert_eq!(package.commit_in_full(&mut pair).state, UpdateState::Trial);
        }
    }
}

#[test]
fn the_client_that_was_there_stays() {
    let mut pair = board();
    pair.serve(&[ECHO]);
    Package::of(&[keys()]).install(&mut pair);
    assert_eq!(pair.client.0, CLIENT_ID);
    assert!(pair.reset().try_connect());
}

/// What comes with software is read from the slot that it runs from, which is the stage only until it is in force.
#[test]
fn software_comes_into_force_after_all_else_of_its_update() {
    let package = Package::of(&all_kinds());
    let mut seen = [0; 2];
    for cut in 1..=8 {
        let mut pair = board();
        pair.serve(&[]);
        package.bring(&mut pair);
        package.commit_in_full(&mut pair);
        let mut pair = pair.reset();
        pair.records.borrow_mut().cut = Some((cut, true));
        pair.connect();
        pair.login_with(&[], |_| {});
        let flash = pair.records.borrow();
        let counter = |record, at: usize| flash.get(&record).map_or(0, |data| data[at + 3]);
        let software = counter(Record::Boot, 1);
        let others = [
            counter(Record::Authentication, 1),
            counter(Record::Logic(0), 0),
            counter(Record::Logic(1), 0),
        ];
        assert!([0, 2].contains(&software));
        assert!(software == 0 || others == [3, 4, 4], "{others:?} at cut {cut}");
        seen[usize::from(software == 2)] += 1;
    }
    assert!(seen.iter().all(|times| *times > 2), "{seen:?}");
}

/// The board may have been cut off before it had erased the keys that ended.
#[test]
fn keys_are_stored_once_more_where_their_commit_was_cut() {
    let package = Package::of(&[keys()]);
    let mut pair = board();
    pair.serve(&[]);
    package.bring(&mut pair);
    // The note and the keys are stored; that all is done is not noted any more.
    pair.records.borrow_mut().cut = Some((2, true));
    package.commit_in_full(&mut pair);
    let before = pair.records.borrow().writes;
    let mut pair = pair.reset();
    assert_eq!(
        pair.records.borrow().writes - before,
        5,
        "the boot counter, the keys, that all is done, and the end of the key of the stage in two"
    );
    assert!(pair.connect_with("NEW-CLIENT", 1, &NEW_KEY));
    let before = pair.records.borrow().writes;
    let pair = pair.reset();
    assert_eq!(pair.records.borrow().writes - before, 1);
}

/// How an update ends that was received.
type End<'a> = &'a dyn Fn(&Package, &mut Pair);

/// What is staged of authentication information is sealed, and what seals it is gone with the update, however that ends.
#[test]
fn keys_stand_in_the_stage_sealed_and_not_for_long() {
    let in_clear = |pair: &Pair| {
        let flash = pair.records.borrow();
        flash
            .slots
            .iter()
            .any(|slot| slot.windows(32).any(|bytes| bytes == NEW_KEY))
    };
    let key = |pair: &Pair| {
        let flash = pair.records.borrow();
        flash.get(&Record::StageKey).is_some_and(|key| !key.is_empty())
    };
    let ends: [(&str, End<'_>); 4] = [
        ("commit", &|package, pair| {
            package.commit_in_full(pair);
        }),
        ("another offer", &|_, pair| {
            let other = Package::of(&[Part::logic(ECHO, 9, echo(b"text"))]);
            other.bring(pair);
        }),
        ("refused at the commit", &|package, pair| {
            for slot in &mut pair.records.borrow_mut().slots {
                slot.iter_mut().for_each(|byte| *byte ^= 1);
            }
            package.commit_in_full(pair);
        }),
        ("cut before the key's end", &|package, pair| {
            // The note, the keys, and that all is done.
            pair.records.borrow_mut().cut = Some((3, true));
            package.commit_in_full(pair);
            *pair = pair.reset();
        }),
    ];
    for (what, end) in ends {
        let package = Package::of(&[keys()]);
        let mut pair = board();
        pair.serve(&[]);
        package.bring(&mut pair);
        assert!(key(&pair) && !in_clear(&pair), "{what}");
        end(&package, &mut pair);
        assert!(!key(&pair) && !in_clear(&pair), "{what}");
    }
}

/// The power goes when another update is about to take the place of one with secrets. That one can be brought again, and
/// its secrets are never staged in clear.
#[test]
fn secrets_are_sealed_whatever_was_offered_before() {
    let secret = Package::of(&[keys()]);
    let others = [
        Package::of(&[Part::logic(ECHO, 4, echo(b"new"))]),
        Package::of(&[keys(), Part::logic(ECHO, 5, echo(b"newer"))]),
    ];
    for (other, cut, done) in others
        .iter()
        .flat_map(|other| (1..8).flat_map(move |cut| [(other, cut, false), (other, cut, true)]))
    {
        let mut pair = board();
        pair.serve(&[ECHO]);
        assert_eq!(secret.offer(&mut pair), (UpdateState::Receiving, NONE));
        pair.records.borrow_mut().cut = Some((cut, done));
        other.offer(&mut pair);
        let mut pair = pair.reset();
        pair.serve(&[ECHO]);
        assert_eq!(secret.offer(&mut pair), (UpdateState::Receiving, NONE));
        assert_eq!(secret.send(&mut pair, 0), (UpdateState::Received, NONE));
        let in_clear = |slot: &Vec<u8>| slot.windows(NEW_KEY.len()).any(|bytes| bytes == NEW_KEY);
        assert!(
            !pair.records.borrow().slots.iter().any(in_clear),
            "cut at {cut}, write done: {done}"
        );
        update(&mut pair, &secret);
        assert!(
            look(&mut pair.reset()).new_key,
            "cut at {cut}, write done: {done}"
        );
    }
}
