//! The energy account, held against what the board measures, and the table of the book that is made of it.

mod common;

use cardwire_codec::message::*;
use cardwire_core::{ModuleCommand, Usage};
use common::{
    Records, identity,
    pair::Pair,
    variants::{self, IDENTIFY_PER_STEP, SUBSCRIBER_WHOLE},
};
use core::fmt::Write as _;
use std::{fs, path::Path};

const MODULES: [ModuleId; 2] = [ModuleId::CONTACT_CARD, ModuleId::INDICATOR];
/// How often each service is run, and how far apart the runs begin.
const RUNS: u32 = 20;
const APART_MS: u64 = 60_000;

/// What modules take in the table of the book, in milliseconds.
const SETTLE_CARD: u64 = 10;
const SETTLE_INDICATOR: u64 = 2;
const RESET: u64 = 50;
const LINE: u64 = 10;
const TPDU: u64 = 15;
const SHOW: u64 = 20;

fn takes(command: &ModuleCommand<'_>) -> u64 {
    match command {
        ModuleCommand::Enable(ModuleId::CONTACT_CARD) => SETTLE_CARD,
        ModuleCommand::Enable(_) => SETTLE_INDICATOR,
        ModuleCommand::Disable(_) => 0,
        ModuleCommand::CardReset(_) => RESET,
        ModuleCommand::CardLine(_) => LINE,
        ModuleCommand::CardTransmit(_) => TPDU,
        ModuleCommand::Show(_) => SHOW,
        // No service of the table uses those modules.
        ModuleCommand::Ask(_) | ModuleCommand::Poll => 0,
    }
}

/// A service by both policies.
struct Compared {
    name: &'static str,
    whole: ServiceId,
    per_step: ServiceId,
}

const COMPARED: [Compared; 2] = [
    Compared {
        name: "card.identify",
        whole: ServiceId::CARD_IDENTIFY,
        per_step: IDENTIFY_PER_STEP,
    },
    Compared {
        name: "subscriber.read",
        whole: SUBSCRIBER_WHOLE,
        per_step: ServiceId::SUBSCRIBER_READ,
    },
];

/// Runs a service many times in virtual time; what the reader's account and the board say of it, for all modules.
fn measure(service: ServiceId) -> (Usage, Vec<u64>) {
    let records = Records::default();
    variants::store(&records);
    let mut pair = Pair::with(records, identity());
    pair.takes = takes;
    for run in 0..RUNS {
        pair.serve(&[service]);
        let began = pair.now;
        pair.run(run as u8 + 1, service);
        pair.pass(APART_MS - (pair.now - began));
    }
    let usages: Vec<Usage> = pair.reader.energy().copied().collect();
    let [usage] = usages[..] else { panic!("{usages:?}") };
    let board = MODULES.map(|module| pair.supplied_ms[&module.0]);
    (usage, board.to_vec())
}

#[test]
fn the_account_is_what_the_board_measures() {
    for compared in COMPARED {
        for service in [compared.whole, compared.per_step] {
            let (usage, board) = measure(service);
            assert_eq!((usage.service, usage.runs), (service, RUNS));
            let account: Vec<u64> = MODULES
                .iter()
                .map(|module| u64::from(usage.supplied_ms(*module)))
                .collect();
            assert_eq!(account, board, "{service:?}");
            assert!(account.iter().all(|millis| *millis > 0), "{account:?}");
        }
    }
}

#[test]
fn a_run_that_fails_counts_as_well_and_none_is_counted_twice() {
    let mut pair = Pair::new();
    pair.takes = takes;
    pair.serve(&[ServiceId::CARD_IDENTIFY, ServiceId::SUBSCRIBER_READ]);
    pair.fault = Some((0, common::pair::Fault::Hangs));
    let instruct = Instruct {
        job: &[1; 16],
        service: ServiceId::CARD_IDENTIFY,
        parameters: &[],
        extensions: Default::default(),
    };
    pair.request(&instruct);
    pair.pass(limits::T_MODULE_MS);
    pair.fault = None;
    let of = |pair: &Pair, service| {
        let usage = pair
            .reader
            .energy()
            .find(|usage| usage.service == service)
            .copied();
        usage.map(|usage| (usage.runs, usage.modules().map(|(_, millis)| millis).sum::<u32>()))
    };
    // The card's module hung while it settled: it was supplied for all of `T_module`, and for nothing.
    let (runs, hung) = of(&pair, ServiceId::CARD_IDENTIFY).unwrap();
    assert!((1, 5000) <= (runs, hung) && hung <= 5000 + 10, "{hung}");
    pair.request(&instruct);
    assert_eq!(
        of(&pair, ServiceId::CARD_IDENTIFY),
        Some((1, hung)),
        "a job runs once"
    );
    assert_eq!(of(&pair, ServiceId::SUBSCRIBER_READ), None);
    pair.run(2, ServiceId::SUBSCRIBER_READ);
    assert_eq!(of(&pair, ServiceId::CARD_IDENTIFY), Some((1, hung)));
    assert!(of(&pair, ServiceId::SUBSCRIBER_READ).unwrap().1 > 0);
}

/// The table of the book; written anew where `INSTA_UPDATE` is `always`, as snapshots are.
#[test]
fn the_book_says_what_the_policies_save() {
    let mut table = format!(
        "<!-- made by `INSTA_UPDATE=always cargo test -p cardwire-core --test energy` -->\n\n\
         Milliseconds for which modules have their supply, for one run a minute. Taken in virtual time, with modules that \
         need {SETTLE_CARD} ms (card) and {SETTLE_INDICATOR} ms (indicator) to settle, {RESET} ms for a reset, {LINE} ms for \
         PPS, {TPDU} ms for a TPDU and {SHOW} ms to show a pattern.\n\n\
         | service | module | always on | `whole-service` | `per-step` | saved by `whole-service` | saved by `per-step` | \
         `per-step` saves of `whole-service` |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for compared in COMPARED {
        let (whole, per_step) = (measure(compared.whole).1, measure(compared.per_step).1);
        let runs = u64::from(RUNS);
        let mut row = |module: &str, always: u64, whole: u64, per_step: u64| {
            let saved = |of: u64, spent: u64| 100.0 * (1.0 - spent as f64 / of as f64);
            let (by_whole, by_step) = (saved(always, whole), saved(always, per_step));
            let name = compared.name;
            let of_whole = saved(whole, per_step);
            writeln!(
                table,
                "| `{name}` | {module} | {always} | {whole} | {per_step} | {by_whole:.2} % | {by_step:.2} % | {of_whole:.1} % |"
            )
            .unwrap();
            // A module whose part is all of the service gains nothing by `per-step`.
            assert!(
                per_step < always && whole < always,
                "{name}, {module}: {per_step} {whole} {always}"
            );
        };
        row("`contact-card`", APART_MS, whole[0] / runs, per_step[0] / runs);
        row("`indicator`", APART_MS, whole[1] / runs, per_step[1] / runs);
        let sum = |modules: &[u64]| modules.iter().sum::<u64>() / runs;
        row("both", 2 * APART_MS, sum(&whole), sum(&per_step));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/book/src/generated/energy.md");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(&path, &table).unwrap();
    }
    let book = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        book == table,
        "{} is stale; INSTA_UPDATE=always writes it anew:\n{table}",
        path.display()
    );
}
