//! A fleet at once against one cloud: `cargo xtask fleet`.
//!
//! Every reader is the reference reader's core on a TCP port of its own, every client one that talks to it and to the
//! cloud, over TCP. They all log in and take an update of their logic, and the cloud, a process, is killed in the middle
//! and started again. It fails where a reader is stranded, or where the cloud has forgotten what it told somebody.

#[path = "../tests/common/mod.rs"]
mod common;

use cardwire_peers::cloud::{CampaignState, DeliveryState};
use clap::Parser;
use common::fleet::{Choices, Counter, Fleet, Told};
use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{fs, sync::Mutex, thread, time::Instant};

/// The logic that is published; readers come with version 1.
const VERSION: u16 = 2;

/// A fleet at once against one cloud, which is killed in the middle.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask fleet --", bin_name = "cargo xtask fleet --")]
struct Options {
    /// How many readers
    #[arg(long, default_value_t = 200)]
    readers: usize,
    /// How often the cloud is killed
    #[arg(long, default_value_t = 1)]
    kills: usize,
    /// Whoever is not through after so many seconds is stranded
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Decides when the cloud is killed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let fleet = Fleet::new(options.readers);
    let before = resident(std::process::id());
    let readers = fleet.start();
    let per_reader = resident(std::process::id())
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before) / options.readers.max(1) as u64);
    fleet.publish(VERSION);
    let mut cloud = fleet.cloud(None);
    let place = cloud.place.clone();
    let idle = resident(cloud.id());

    let told = Mutex::new(vec![Told::default(); options.readers]);
    let updated = AtomicUsize::new(0);
    let client = fleet.client();
    let address = place.parse().expect("the cloud has told where it listens");
    let counters: Vec<_> = readers
        .iter()
        .map(|reader| Counter::connect(&client, &reader.endpoint, &address))
        .collect();
    let mut peaks = Vec::new();
    let mut outages = Vec::new();
    let (start, mut took) = (Instant::now(), Duration::ZERO);
    let deadline = start + Duration::from_secs(options.seconds);
    thread::scope(|scope| {
        for (number, mut counter) in counters.into_iter().enumerate() {
            let (told, updated) = (&told, &updated);
            let tell = move |seen: &Told| told.lock().expect("nobody panics with it")[number] = seen.clone();
            scope.spawn(move || {
                counter.visit(deadline, tell);
                assert_eq!(
                    counter.service().logic_version,
                    VERSION,
                    "reader {number} is stranded"
                );
                tell(&counter.told);
                updated.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut choices = Choices(options.seed);
        for kill in 0..options.kills {
            // In the middle: each kill has a part of the fleet, and comes somewhere in the middle half of it.
            let part = (options.readers / options.kills.max(1)).max(1) as u64;
            let at = kill as u64 * part + part / 4 + choices.below((part / 2).max(1));
            while (updated.load(Ordering::Relaxed) as u64) < at && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(1));
            }
            peaks.extend(peak(cloud.id()));
            let (through, killed) = (updated.load(Ordering::Relaxed), Instant::now());
            cloud.kill();
            let before = told.lock().expect("nobody panics with it").clone();
            cloud = fleet.cloud(Some(&place));
            outages.push((through, killed.elapsed()));
            fleet.check(&before);
        }
        while updated.load(Ordering::Relaxed) < options.readers && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        took = start.elapsed();
    });
    peaks.extend(peak(cloud.id()));
    let told = told.into_inner().expect("nobody panics with it");
    fleet.check(&told);
    let installed = fleet.count(DeliveryState::Installed);
    assert_eq!(
        installed, options.readers,
        "the cloud does not know of every update"
    );
    let campaigns = fleet.registry().campaigns().expect("the database is there");
    assert!(
        campaigns
            .iter()
            .all(|campaign| campaign.state == CampaignState::Done)
    );
    let audit = fleet
        .registry()
        .verify_audit(None)
        .expect("the audit log is whole");

    let logins: u32 = told.iter().map(|told| told.logins).sum();
    let lost: u32 = told.iter().map(|told| told.lost).sum();
    let second = took.as_secs_f64();
    println!(
        "{} readers, all logged in and updated, in {second:.2} s",
        options.readers
    );
    for (through, outage) in outages {
        println!(
            "cloud killed when {through} were through, listening again {} ms later",
            outage.as_millis()
        );
    }
    println!("connections lost           {lost}");
    println!(
        "logins                     {logins}, {:.0} a second",
        f64::from(logins) / second
    );
    println!(
        "readers through            {:.0} a second",
        options.readers as f64 / second
    );
    print_times("login", told.iter().flat_map(|told| &told.login_times));
    print_times("update", told.iter().flat_map(|told| &told.update_times));
    print_size("memory of a reader", per_reader);
    print_size("memory of the cloud, idle", idle);
    print_size("memory of the cloud, most", peaks.into_iter().max());
    println!("rows of the audit log      {}, chain whole", audit.number);
}

fn print_times<'a>(what: &str, times: impl Iterator<Item = &'a Duration>) {
    let mut times: Vec<_> = times.collect();
    times.sort();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    let ms = |time: Option<&&Duration>| time.map_or_else(|| "-".into(), |time| time.as_millis().to_string());
    println!(
        "{what:<26} p50 {} ms, p95 {} ms, max {} ms",
        ms(at(50)),
        ms(at(95)),
        ms(times.last())
    );
}

fn print_size(what: &str, bytes: Option<u64>) {
    match bytes {
        Some(bytes) => println!("{what:<26} {} KiB", bytes / 1024),
        None => println!("{what:<26} not known on this system"),
    }
}

/// The memory that a process has now.
fn resident(process: u32) -> Option<u64> {
    status(process, "VmRSS:")
}

/// The most that it had.
fn peak(process: u32) -> Option<u64> {
    status(process, "VmHWM:")
}

/// Bytes in a line of what Linux says of a process.
fn status(process: u32, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let found = status.lines().find_map(|found| found.strip_prefix(line))?;
    let kib: u64 = found.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}
