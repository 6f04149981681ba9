//! `certify client`: each end has its exit code, and says what to do next.

mod common;

use common::run;

fn certify(arguments: &[&str]) -> common::Ended {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report").display().to_string();
    run(&[&["certify", "client", "--report", &report], arguments].concat())
}

#[test]
fn the_projects_own_client_passes_and_a_part_certifies_nothing() {
    let ended = certify(&["--case", "client.login.*", "--timeout-scale", "0.2"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(
        ended.stdout.contains("partial run: certifies nothing"),
        "{ended:#?}"
    );
}

#[test]
fn a_program_that_is_no_upper_tester_is_told_why() {
    let ended = certify(&["--", "cat"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    for part in ["the program does not answer `describe`", "not certified"] {
        assert!(ended.stdout.contains(part), "`{part}` is missing: {ended:#?}");
    }
}

#[test]
fn what_can_not_be_done_says_what_can() {
    let ended = certify(&["--case", "client.nothing"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    let ended = certify(&["--", "./there-is-no-such-program"]);
    assert_eq!(ended.code, Some(3), "{ended:#?}");
    let ended = run(&["certify", "cloud"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("out of scope for now"), "{ended:#?}");
}
