//! Our own codec is certified, as a program of anybody else would be.

use cardwire_conformance::{
    Outcome,
    codec::{Options, certify},
};

#[test]
fn the_codec_is_certified() {
    let program = env!("CARGO_BIN_EXE_cardwire-codec-adapter");
    let run = certify(&Options::new(vec![program.into()]), &mut ()).unwrap();
    let failed: Vec<_> = run
        .results
        .iter()
        .filter(|result| result.verdict.name() != "pass")
        .map(|result| (&result.case.id, result.verdict.reason()))
        .take(20)
        .collect();
    assert_eq!(
        (run.outcome(), run.exit_code()),
        (Outcome::Certified, 0),
        "{failed:#?}"
    );
}
