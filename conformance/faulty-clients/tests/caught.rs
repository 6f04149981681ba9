//! The proof: without a fault the client is certified, and each fault is caught by the case of its requirement.

use cardwire_conformance::{
    Outcome,
    client::{CaseResult, Options, Run, cases, certify},
    requirement,
};
use cardwire_faulty_clients::{Entry, FAULTS};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::{collections::BTreeSet, sync::Mutex, thread};

/// The specification's timers are multiplied with this.
const SCALE: f64 = 0.3;

fn run(what: &[&str], filter: &[&str]) -> Run {
    let program = env!("CARGO_BIN_EXE_cardwire-faulty-clients");
    let options = Options {
        timeout_scale: SCALE,
        filter: filter.iter().map(|&case| case.to_owned()).collect(),
        ..Options::new(
            [&[program], what]
                .concat()
                .iter()
                .map(|&word| word.to_owned())
                .collect(),
        )
    };
    certify(&options, &mut ()).unwrap()
}

fn reason(result: &CaseResult) -> String {
    let reason = result.verdict.reason().unwrap_or_default();
    format!("{} {}: {reason}", result.verdict.name(), result.case.id)
}

#[test]
fn the_client_without_a_fault_is_certified() {
    let run = run(&["--sound"], &[]);
    let failed: Vec<_> = run
        .results
        .iter()
        .filter(|result| result.verdict.name() != "pass")
        .map(reason)
        .collect();
    assert_eq!(run.outcome(), Outcome::Certified, "{failed:#?}");
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_fault_is_caught_by_the_case_of_its_requirement() {
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let wanted = std::env::var("FAULT").unwrap_or_default();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(entry) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if entry.name.contains(&wanted)
                        && let Err(why) = caught(entry)
                    {
                        missed.lock().unwrap().push(format!("{}: {why}", entry.name));
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    println!("{} faults, {} not caught", FAULTS.len(), missed.len());
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Some faults hang on random bytes, and may spoil the case that has to pass before: they get another try.
const TRIES: usize = 3;

/// A missed SHOULD is caught where the case says so; a broken MUST where the case fails.
fn caught(entry: &Entry) -> Result<(), String> {
    (0..TRIES)
        .map(|_| caught_now(entry))
        .find(Result::is_ok)
        .unwrap_or_else(|| caught_now(entry))
}

fn caught_now(entry: &Entry) -> Result<(), String> {
    let run = run(&["--fault", entry.name], &[entry.caught_by]);
    let result = run
        .results
        .iter()
        .find(|result| result.case.id == entry.caught_by);
    let result = result.ok_or("its case did not run")?;
    let findings = result.verdict.findings();
    let named = findings
        .iter()
        .any(|finding| finding.requirement == entry.requirement);
    println!("{:32} {}", entry.name, reason(result));
    if named { Ok(()) } else { Err(reason(result)) }
}

#[test]
fn the_table_names_what_there_is() {
    let ids: BTreeSet<_> = cases().iter().map(|case| case.id.as_str()).collect();
    let names: BTreeSet<_> = FAULTS.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), FAULTS.len());
    for entry in FAULTS {
        assert!(requirement(entry.requirement).is_some(), "{}", entry.name);
        assert!(
            ids.contains(entry.caught_by),
            "{} names {}",
            entry.name,
            entry.caught_by
        );
    }
}

/// Programs that are no client pass nothing.
#[test]
fn null_clients_pass_no_case() {
    for name in ["says-yes", "says-no"] {
        let run = run(&["--null", name], &[]);
        let passed: Vec<_> = run
            .results
            .iter()
            .filter(|result| ["pass", "non-strict"].contains(&result.verdict.name()))
            .map(|result| &result.case.id)
            .collect();
        assert!(passed.is_empty(), "{name}: {passed:#?}");
        assert_eq!(
            (run.outcome(), run.exit_code()),
            (Outcome::NotCertified, 1),
            "{name}"
        );
    }
    // Programs that don't even speak.
    for command in [["true", ""], ["cat", "-"]] {
        let command = command
            .into_iter()
            .filter(|word| !word.is_empty())
            .map(String::from);
        let options = Options {
            timeout_scale: SCALE,
            ..Options::new(command.collect())
        };
        let run = certify(&options, &mut ()).unwrap();
        assert_eq!((run.outcome(), run.exit_code()), (Outcome::NotCertified, 1));
        assert_eq!(
            run.count("inconclusive") + run.count("not-applicable"),
            run.results.len()
        );
    }
}
