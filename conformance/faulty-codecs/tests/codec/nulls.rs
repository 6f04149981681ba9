//! Programs that are no codecs: none is certified, and none takes longer than it may.

use crate::{
    Proof,
    proofs::{failed, null},
};
use cardwire_conformance::codec::{Options, certify};
use cardwire_faulty_codec::nulls::{NULLS, Null};
use core::time::Duration;
use std::time::Instant;

/// A program may take this part of its time for an answer in these proofs, 400 ms; and a run, in all, so long.
const SCALE: f64 = 0.04;
const BOUND: Duration = Duration::from_secs(20);

pub(crate) fn all() -> Vec<Proof> {
    let silent = NULLS.iter().filter(|null| !null.says.is_empty());
    let nulls = silent.map(|null| Proof {
        name: format!("null::{}", null.name),
        shows: Box::new(|| is_none(null)),
    });
    let others = [
        ("null::declares-nothing", declares_nothing as fn()),
        ("null::can-not-be-started", can_not_be_started),
    ];
    let others = others.map(|(name, shows)| Proof {
        name: name.into(),
        shows: Box::new(shows),
    });
    nulls.chain(others).collect()
}

fn is_none(program: &Null) {
    let options = Options {
        timeout_scale: SCALE,
        ..null(program.name)
    };
    let begun = Instant::now();
    let run = certify(&options, &mut ()).unwrap();
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert_eq!((run.outcome().name(), run.exit_code()), ("not-certified", 1));
    assert_eq!(run.count("pass"), 0);
    let stopped = run.stopped.iter().cloned();
    let said: Vec<_> = stopped.chain(failed(&run).map(|(_, reason)| reason)).collect();
    assert!(
        said.iter().any(|said| said.contains(program.says)),
        "{:#?} does not hold `{}`",
        said.iter().take(5).collect::<Vec<_>>(),
        program.says
    );
}

/// What is not declared is listed, and nothing is certified that did not run.
fn declares_nothing() {
    let run = certify(&null("declares-nothing"), &mut ()).unwrap();
    assert_eq!((run.outcome().name(), run.exit_code()), ("not-certified", 1));
    assert_eq!(run.count("not-applicable"), run.results.len());
    assert_eq!(run.description.unwrap().undeclared().len(), 5);
}

fn can_not_be_started() {
    let error = certify(&Options::new(vec!["/cardwire-nowhere".into()]), &mut ()).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("/cardwire-nowhere"), "{error}");
    assert_eq!(
        certify(&Options::new(Vec::new()), &mut ())
            .unwrap_err()
            .exit_code(),
        2
    );
}
