//! The cloud is killed at random moments, while readers log in and take updates, and started again: nothing is lost that
//! anybody was told, and every reader comes through.

mod common;

use cardwire_peers::cloud::{CampaignState, DeliveryState};
use common::{
    PATIENCE,
    fleet::{Choices, Counter, Fleet, Told},
};
use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{sync::Mutex, thread, time::Instant};

const READERS: usize = 6;
/// Logic of these versions is published, one update after the other.
const VERSIONS: core::ops::RangeInclusive<u16> = 2..=7;
const KILLS: u32 = 6;

#[test]
fn a_cloud_that_is_killed_loses_nothing_and_strands_nobody() {
    for seed in [1, 2, 3] {
        let lost = round(seed);
        println!("seed {seed}: clients lost the cloud {lost} times");
    }
}

/// Kills the cloud a few times; gives how often a client noticed.
fn round(seed: u64) -> u32 {
    let fleet = Fleet::new(READERS);
    let readers = fleet.start();
    let mut cloud = fleet.cloud(None);
    let place = cloud.place.clone();
    let told = Mutex::new(vec![Told::default(); READERS]);
    let done = AtomicUsize::new(0);
    let deadline = Instant::now() + PATIENCE;
    let mut choices = Choices(seed);
    thread::scope(|scope| {
        for (number, reader) in readers.iter().enumerate() {
            let (fleet, told, done, place) = (&fleet, &told, &done, place.parse().unwrap());
            scope.spawn(move || {
                let mut counter = Counter::connect(&fleet.client(), &reader.endpoint, &place);
                // Updates are published one by one; each is fetched by a login of its own.
                loop {
                    counter.visit(deadline, |seen| told.lock().unwrap()[number] = seen.clone());
                    if counter.service().logic_version == *VERSIONS.end() {
                        break;
                    }
                }
                told.lock().unwrap()[number] = counter.told.clone();
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut versions = VERSIONS;
        for _ in 0..KILLS {
            if let Some(version) = versions.next() {
                fleet.publish(version);
            }
            thread::sleep(Duration::from_millis(choices.below(120)));
            cloud.kill();
            // What it knew is whole, and beside it: nobody runs recovery but the next cloud.
            let before = told.lock().unwrap().clone();
            cloud = fleet.cloud(Some(&place));
            fleet.check(&before);
        }
        versions.for_each(|version| fleet.publish(version));
    });
    assert_eq!(done.load(Ordering::Relaxed), READERS, "seed {seed}");
    let told = told.into_inner().unwrap();
    fleet.check(&told);
    assert_eq!(
        fleet.count(DeliveryState::Installed),
        READERS * VERSIONS.count(),
        "seed {seed}: {:?}",
        fleet.registry().campaigns()
    );
    let campaigns = fleet.registry().campaigns().unwrap();
    assert!(
        campaigns
            .iter()
            .all(|campaign| campaign.state == CampaignState::Done)
    );
    let lost: u32 = told.iter().map(|told| told.lost).sum();
    // A kill that nobody noticed has tested nothing.
    assert!(lost > 0, "seed {seed}");
    lost
}
