//! Services over a line that loses, repeats and corrupts up to a tenth of its frames, in bursts: each is executed once,
//! or reported as failed; never twice, never wrong. In virtual time, with the library's client and the real reader core.
//!
//! `cargo xtask lossy` runs all of it and prints the counts; `CARDWIRE_SERVICES` says how many services there are.
// Test modules: nothing is public beyond them.
#![allow(unreachable_pub)]

#[path = "../hostile/mod.rs"]
mod hostile;
mod world;

use cardwire_codec::message::ServiceId;
use cardwire_core::{Deviation, env::Record};
use cardwire_peers::{Client, Cloud, Identities, client::ServiceItem, cloud::Granted};
use cardwire_simcard::{Card, MncLength, Profile};
use hostile::{
    board::Weakness,
    driver::{Driver, Effort, Told},
    loss::Counts,
    updates::writing,
};
use std::{collections::BTreeMap, sync::Arc};
use world::{Shared, Through};

const READING: ServiceId = ServiceId::SUBSCRIBER_READ;
const IDENTIFY: ServiceId = ServiceId::CARD_IDENTIFY;
/// A service of our own, which writes to the card.
const WRITING: ServiceId = ServiceId::CERTIFICATION_ECHO;

/// How many services the test runs where nobody says how many.
const SERVICES: u32 = 3_000;

/// What came of all services.
#[derive(Debug, Default)]
struct Result {
    done: u64,
    failed: BTreeMap<String, u64>,
    wrote: u64,
    power_cuts: u64,
    wrong: Vec<String>,
    effort: Effort,
    counts: Counts,
    hours: u64,
}

#[test]
fn each_service_is_executed_once_or_reported_as_failed() {
    let services = std::env::var("CARDWIRE_SERVICES").map_or(SERVICES, |text| text.parse().unwrap());
    let result = run(None, services, 1);
    print(&result, services);
    assert_eq!(result.wrong, Vec::<String>::new());
    let hit = result.counts.permille();
    assert!((80..=100).contains(&hit), "{hit} of a thousand frames were hit");
    let failed: u64 = result.failed.values().sum();
    assert_eq!(result.done + failed, u64::from(services));
    assert!(
        result.effort.died > u64::from(services) / 200,
        "hardly a session died: {:?}",
        result.effort
    );
    assert!(
        result.power_cuts > u64::from(services) / 100,
        "the power hardly went"
    );
    assert!(
        failed < u64::from(services) / 20,
        "{failed} failed: {:?}",
        result.failed
    );
}

#[test]
fn a_reader_that_does_something_twice_is_noticed() {
    for weakness in [
        Weakness::Core(Deviation::ForgetsJobs),
        Weakness::Core(Deviation::ExecutesRepeats),
        Weakness::Core(Deviation::RepeatsEventNumbers),
        Weakness::Loses(Record::Journal),
    ] {
        let result = (1..=8)
            .map(|seed| run(Some(weakness), 600, seed))
            .find(|result| !result.wrong.is_empty());
        let result = result.unwrap_or_else(|| panic!("{} goes unnoticed", weakness.name()));
        println!("{:<20} {}", weakness.name(), result.wrong[0]);
    }
}

#[test]
fn data_of_another_card_are_noticed() {
    let item = ServiceItem {
        name: "imsi".into(),
        kind: cardwire_codec::message::ItemKind::Text,
        value: b"001010000000007".to_vec(),
    };
    assert_eq!(
        right(READING, core::slice::from_ref(&item), "001010000000007"),
        Ok(())
    );
    assert!(right(READING, core::slice::from_ref(&item), "001010000000008").is_err());
    assert!(right(WRITING, &[item], "001010000000007").is_err());
    assert!(right(READING, &[], "001010000000007").is_err());
}

/// Runs services until so many have been done or have failed, or something is wrong.
fn run(weakness: Option<Weakness>, services: u32, seed: u64) -> Result {
    let people = Identities::certification();
    let shared = Shared::new(weakness, seed);
    {
        // As an update would have stored it.
        let board = &mut shared.lock().board;
        let record = [&1_u32.to_be_bytes()[..], &writing(WRITING)].concat();
        board.memory.lock().records.insert(Record::Logic(0), record);
        board.reset();
    }
    let cloud = Cloud::in_memory(&people.cloud.clone().unwrap()).unwrap();
    let (reader, client) = (people.reader.clone().unwrap(), people.clients[0].clone());
    cloud
        .registry()
        .grant(&reader.id, &client.id, &Granted::All, 3600)
        .unwrap();
    let way = Through {
        shared: shared.clone(),
        cloud: Arc::new(cloud),
    };
    let mut driver = Driver::new(way, Client::new(client), &[IDENTIFY, READING, WRITING], seed);
    let mut result = Result::default();
    for number in 0..services {
        one(&mut driver, &shared, number, &mut result);
        if !shared.lock().wrong.is_empty() || !result.wrong.is_empty() {
            break;
        }
    }
    let world = shared.lock();
    result.wrong.extend(world.wrong.clone());
    result.counts = world.counts();
    result.power_cuts = world.power_cuts;
    result.effort = driver.effort;
    result.hours = world.board.now / 3_600_000;
    result
}

/// One service, on a card of its own.
fn one(driver: &mut Driver<Through>, shared: &Shared, number: u32, result: &mut Result) {
    let (service, writes) = match number % 4 {
        0 | 2 => (READING, false),
        1 => (WRITING, true),
        _ => (IDENTIFY, false),
    };
    let imsi = format!("00101{number:010}");
    let mut job = [0x5E; 16];
    job[..4].copy_from_slice(&number.to_be_bytes());
    let (resets, written) = {
        let mut world = shared.lock();
        let profile = Profile::certification().with_imsi(&imsi, MncLength::Two).unwrap();
        world.mend();
        world.board.card = Card::new(&profile);
        match world.up.random(100) {
            // The power goes in the middle, at any command.
            0..4 => {
                let (command, later) = (world.up.random(12) as usize, 20 + world.up.random(3000));
                let takes_link = world.up.random(2) == 0;
                world.plan_power_cut(command, later, takes_link);
            }
            4 => {
                let command = world.up.random(12) as usize;
                world.plan_hang(command);
            }
            _ => {}
        }
        (world.board.card_resets, world.board.writes.len())
    };
    let told = driver.job(job, service, writes);
    let world = shared.lock();
    let executed = world.board.card_resets - resets;
    let wrote = world.board.writes.len() - written;
    result.wrote += wrote as u64;
    let mut wrong = |what: String| {
        result
            .wrong
            .push(format!("service {number}, {service:?}: {what}"))
    };
    match &told {
        Told::Done(items) => {
            result.done += 1;
            if !writes && executed != 1 {
                wrong(format!("executed {executed} times, and reported as done"));
            }
            if let Err(what) = right(service, items, &imsi) {
                wrong(what);
            }
            if writes && wrote != 1 {
                wrong(format!("written {wrote} times, and reported as done"));
            }
        }
        Told::Failed(why) => *result.failed.entry(why.clone()).or_default() += 1,
    }
    // What writes may be cut off before its first write and begun anew: it counts when it has written.
    if wrote > usize::from(writes) {
        wrong(format!("written {wrote} times; {told:?}"));
    }
    if !writes && executed > 1 {
        wrong(format!("executed {executed} times; {told:?}"));
    }
}

/// Whether these are the data of this card and this service.
fn right(service: ServiceId, items: &[ServiceItem], imsi: &str) -> core::result::Result<(), String> {
    let value = |name: &str| {
        let item = items.iter().find(|item| item.name == name);
        item.map(|item| String::from_utf8_lossy(&item.value).into_owned())
    };
    let held = match service {
        READING => value("imsi").as_deref() == Some(imsi),
        IDENTIFY => value("iccid").is_some_and(|iccid| iccid.len() >= 18) && value("imsi").is_none(),
        _ => items.is_empty(),
    };
    if held {
        Ok(())
    } else {
        Err(format!("the data are {items:?}"))
    }
}

fn print(result: &Result, services: u32) {
    let failed: u64 = result.failed.values().sum();
    println!("{services} services in {} hours of virtual time", result.hours);
    println!("line: {}", result.counts);
    println!(
        "sessions: {} opened, {} died, {} connects or logins came to nothing, {} power cuts",
        result.effort.sessions, result.effort.died, result.effort.kept_out, result.power_cuts
    );
    println!(
        "{} done, {failed} reported as failed, {} wrong, {} writes to cards",
        result.done,
        result.wrong.len(),
        result.wrote
    );
    for (why, count) in &result.failed {
        println!("  {count:>5} {why}");
    }
}
