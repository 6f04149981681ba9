//! Our own client is certified, as a program of anybody else would be.

use cardwire_conformance::{
    Outcome,
    client::{Options, certify},
};

#[test]
fn the_client_is_certified() {
    let program = env!("CARGO_BIN_EXE_cardwire-client-adapter");
    let options = Options {
        // The order of what happens is tested here, and not the hours of the day.
        timeout_scale: 0.2,
        ..Options::new(vec![program.into()])
    };
    let run = certify(&options, &mut ()).unwrap();
    let failed: Vec<_> = run
        .results
        .iter()
        .filter(|result| result.verdict.name() != "pass")
        .map(|result| (&result.case.id, result.verdict.name(), result.verdict.reason()))
        .collect();
    println!(
        "{} cases in {:?}\n{}",
        run.results.len(),
        run.duration,
        run.table()
    );
    assert_eq!(
        (run.outcome(), run.exit_code()),
        (Outcome::Certified, 0),
        "{failed:#?}"
    );
    assert!(failed.is_empty(), "{failed:#?}");
}
