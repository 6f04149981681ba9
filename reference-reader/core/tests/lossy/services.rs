//! Services, one after the other, and what came of them.

use crate::{
    hostile::{
        board::Weakness,
        driver::{Driver, Effort, Told},
        loss::Counts,
        updates::writing,
    },
    world::{Shared, Through},
};
use cardwire_codec::message::ServiceId;
use cardwire_core::env::Record;
use cardwire_peers::{Client, Cloud, Identities, client::ServiceItem, cloud::Granted};
use cardwire_simcard::{Card, MncLength, Profile};
use std::{collections::BTreeMap, sync::Arc};

pub const READING: ServiceId = ServiceId::SUBSCRIBER_READ;
const IDENTIFY: ServiceId = ServiceId::CARD_IDENTIFY;
/// A service of our own, which writes to the card.
pub const WRITING: ServiceId = ServiceId::CERTIFICATION_ECHO;

/// What came of all services.
#[derive(Debug, Default)]
pub struct Result {
    pub done: u64,
    pub failed: BTreeMap<String, u64>,
    pub wrote: u64,
    pub power_cuts: u64,
    pub wrong: Vec<String>,
    pub effort: Effort,
    pub counts: Counts,
    pub hours: u64,
}

/// Sees a reader with this weakness do something wrong.
pub fn is_noticed(weakness: Weakness) {
    let result = (1..=8)
        .map(|seed| run(Some(weakness), 600, seed))
        .find(|result| !result.wrong.is_empty());
    let result = result.unwrap_or_else(|| panic!("{} goes unnoticed", weakness.name()));
    println!("{:<20} {}", weakness.name(), result.wrong[0]);
}

/// Runs services until so many have been done or have failed, or something is wrong.
pub fn run(weakness: Option<Weakness>, services: u32, seed: u64) -> Result {
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
pub fn right(service: ServiceId, items: &[ServiceItem], imsi: &str) -> core::result::Result<(), String> {
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
