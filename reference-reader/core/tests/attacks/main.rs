//! The attack table: every threat of the book's threat model, each with a real attacker on the line of the real reader
//! core, at whose ends `cardwire-peers` play client and cloud.
//!
//! Of each attack three things are shown: that a right reader refuses every attempt of it and is afterwards as it was
//! before, where the attempt is logged, and that it works on a reader that is weak in the one place that the attack aims
//! at. `cargo xtask attacks` prints the table.
// Test modules: nothing is public beyond them.
#![allow(unreachable_pub)]

#[path = "../hostile/mod.rs"]
mod hostile;
#[path = "../hostile/sound.rs"]
mod weak;

mod authors;
mod capture;
mod clouds;
mod ended;
mod field;
mod guesses;
mod handshakes;
mod jobs;
mod modules;
mod noise;
mod readers;
mod scene;
mod sealed;
mod shut;
mod staged;
mod table;
mod updates;

use hostile::board::Weakness;
use table::{ATTACKS, REASONS};

#[test]
fn every_threat_is_attacked_or_says_why_not() {
    let book = include_str!("../../../../spec/book/src/security.md");
    let mut threats = Vec::new();
    for line in book.lines() {
        let id = line.strip_prefix("### ").unwrap_or_default();
        if id.starts_with("T-") || id.starts_with("U-") {
            threats.push(id);
        }
    }
    assert_eq!(
        threats.len(),
        39,
        "27 threats to channels and services, 12 to updates"
    );
    for threat in &threats {
        let attacked = ATTACKS.iter().any(|attack| attack.threats.contains(threat));
        let reason = REASONS
            .iter()
            .any(|(id, reason)| id == threat && !reason.is_empty());
        assert!(attacked || reason, "{threat} has no attack and no reason");
    }
    let named = ATTACKS.iter().flat_map(|attack| attack.threats);
    for id in named.chain(REASONS.iter().map(|(id, _)| id)) {
        assert!(threats.contains(id), "the book knows no threat {id}");
    }
}

#[test]
fn a_right_reader_withstands_every_attack() {
    let mut fallen = Vec::new();
    let mut rows = Vec::new();
    for attack in ATTACKS {
        let (attempts, ended) = attack.on(None);
        rows.push((attack, attempts));
        match ended {
            Ok(()) if attempts > 0 => {}
            Ok(()) => fallen.push(format!("{}: nothing was tried", attack.name)),
            Err(error) => fallen.push(format!("{}: {error:?}", attack.name)),
        }
    }
    println!("{}", table::render(&rows));
    assert!(fallen.is_empty(), "{fallen:#?}");
}

#[test]
fn every_attack_works_on_a_reader_that_is_weak_there() {
    for attack in ATTACKS {
        assert_ne!(
            attack.falls.is_empty(),
            attack.cannot_fall.is_empty(),
            "{}: weaknesses, or why there are none",
            attack.name
        );
    }
    // Those whose core is weak are readers of `reference-reader/faulty`, where its tests show the rest.
    let (shown, wrong) = table::show_weak(|weakness| !matches!(weakness, Weakness::Core(_)));
    assert!(shown > 0 && wrong.is_empty(), "{wrong:#?}");
}
