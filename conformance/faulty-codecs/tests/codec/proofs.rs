//! A right codec is certified; each codec with one fault is not, and the cases that are named say so.

use crate::Proof;
use cardwire_conformance::{
    Outcome,
    codec::{Options, Run, certify},
};
use cardwire_faulty_codec::{codec, faults};
use std::time::Instant;

pub(crate) fn all() -> Vec<Proof> {
    let right = faults::RIGHT.iter().map(|(name, _)| Proof {
        name: format!("right::{name}"),
        shows: Box::new(|| is_certified(name)),
    });
    let faulty = faults::all().map(|fault| Proof {
        name: format!("faulty::{}", fault.name),
        shows: Box::new(|| is_caught(fault)),
    });
    let table = Proof {
        name: "the_table_is_whole".into(),
        shows: Box::new(the_table_is_whole),
    };
    right.chain(faulty).chain([table]).collect()
}

/// The program with the fault of this name, or the right one of this name.
pub(crate) fn options(name: &str) -> Options {
    let is_right = faults::RIGHT.iter().any(|(right, _)| *right == name);
    program(if is_right { "--right" } else { "--fault" }, name)
}

/// The program of this name that is no codec.
pub(crate) fn null(name: &str) -> Options {
    program("--null", name)
}

fn program(what: &str, name: &str) -> Options {
    let program = env!("CARGO_BIN_EXE_cardwire-faulty-codec");
    Options::new([program, what, name].map(str::to_owned).into())
}

fn is_certified(name: &str) {
    let begun = Instant::now();
    let run = certify(&options(name), &mut ()).unwrap();
    println!("{name}: {} cases in {:?}", run.results.len(), begun.elapsed());
    let failed: Vec<_> = failed(&run).collect();
    assert_eq!(
        (run.outcome(), run.exit_code()),
        (Outcome::Certified, 0),
        "{failed:#?}"
    );
    assert!(run.description.as_ref().unwrap().undeclared().is_empty());
}

fn is_caught(fault: &faults::Fault) {
    let run = certify(&options(fault.name), &mut ()).unwrap();
    assert_eq!(
        (run.outcome(), run.exit_code()),
        (Outcome::NotCertified, 1),
        "{}",
        fault.name
    );
    let failed: Vec<_> = failed(&run).collect();
    assert!(!fault.caught_by.is_empty(), "{}", fault.name);
    for case in fault.caught_by {
        let few: Vec<_> = failed.iter().take(12).collect();
        assert!(
            failed.iter().any(|(id, _)| id == case),
            "{} is not caught by {case}, but by {} cases: {few:#?}",
            fault.name,
            failed.len()
        );
    }
}

/// The ids of the cases that failed, and why.
pub(crate) fn failed(run: &Run) -> impl Iterator<Item = (&str, String)> {
    run.results
        .iter()
        .filter(|result| result.verdict.name() == "fail")
        .map(|result| {
            let reason = result.verdict.reason().unwrap_or_default();
            (result.case.id.as_str(), reason)
        })
}

/// Enough faults, no name twice, and each edit of the schema edits something.
fn the_table_is_whole() {
    let mut names: Vec<_> = faults::all().map(|fault| fault.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), faults::all().count());
    assert!(names.len() >= 25);
    for fault in faults::all() {
        if let faults::Does::Schema(edit) = fault.does {
            let mut edited = codec::protocol();
            edit(&mut edited);
            let (edited, right) = (format!("{edited:?}"), format!("{:?}", codec::protocol()));
            assert_ne!(edited, right, "{} changes nothing", fault.name);
        }
    }
}
