//! Services over a line that loses, repeats and corrupts up to a tenth of its frames, in bursts: each is executed once,
//! or reported as failed; never twice, never wrong. In virtual time, with the library's client and the real reader core.
//!
//! `cargo xtask lossy` runs all of it and prints the counts; `CARDWIRE_SERVICES` says how many services there are.
// Test modules: nothing is public beyond them.
#![allow(unreachable_pub)]

#[path = "../hostile/mod.rs"]
mod hostile;
mod services;
#[path = "../hostile/sound.rs"]
mod weak;
mod world;

use cardwire_core::env::Record;
use cardwire_peers::client::ServiceItem;
use hostile::board::Weakness;
use services::{READING, Result, WRITING, is_noticed, right, run};

/// How many services the test runs where nobody says how many.
const SERVICES: u32 = 3_000;

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
    is_noticed(Weakness::Loses(Record::Journal));
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
