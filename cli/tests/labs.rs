//! `cardwire reader` in a lab: modules that fail, a slow card, a link that loses frames, several places to listen at, and the
//! energy account.

mod common;

use common::{Listening, client, iccid, run};
use core::time::Duration;
use serde_json::Value;

/// Runs `card.identify`; what the client says of it, and how long it took.
fn identify(reader: &str, cloud: &str) -> (Value, Duration) {
    let ended = run(&client(
        reader,
        cloud,
        &["run", "card.identify", "--format", "json"],
    ));
    (ended.json(), ended.took)
}

#[test]
fn each_failure_of_a_module_has_its_outcome() {
    let cloud = Listening::cloud(&[]);
    for (fault, outcome) in [
        ("contact-card:dead", "module-failed"),
        ("contact-card:vanish", "module-failed"),
        ("indicator:dead", "module-failed"),
        ("indicator", "module-timeout"),
    ] {
        let reader = Listening::reader(&["--fail-module", fault]);
        // Twice: a module that failed is tried anew.
        for _ in 0..2 {
            let (told, took) = identify(&reader.place, &cloud.place);
            assert_eq!(told["outcome"], outcome, "{fault}: {told:#}");
            // T_module is 5 s.
            assert_eq!(
                took >= Duration::from_secs(5),
                outcome == "module-timeout",
                "{fault}: {took:?}"
            );
        }
    }
}

#[test]
fn a_slow_card_takes_its_time() {
    let cloud = Listening::cloud(&[]);
    let slow = Listening::reader(&["--slow-card", "150"]);
    let (told, took) = identify(&slow.place, &cloud.place);
    assert_eq!(
        (&told["outcome"], &told["data"]["iccid"]),
        (&"success".into(), &iccid().into())
    );
    // A reset, its line, and three commands.
    assert!(took >= Duration::from_millis(5 * 150), "{took:?}");
    let mute = Listening::reader(&["--slow-card", "6000"]);
    assert_eq!(identify(&mute.place, &cloud.place).0["outcome"], "module-timeout");
}

#[test]
fn services_run_over_a_link_that_loses_frames() {
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--lossy", "8:11"]);
    for _ in 0..3 {
        let (told, _) = identify(&reader.place, &cloud.place);
        assert_eq!(
            (&told["outcome"], &told["data"]["iccid"]),
            (&"success".into(), &iccid().into())
        );
    }
}

#[test]
fn a_reader_at_two_places_serves_both() {
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--listen", "tcp:127.0.0.1:0"]);
    let second = reader.next_line(|line| line.strip_prefix("listening on ").map(str::to_owned));
    assert_ne!(reader.place, second);
    for place in [&reader.place, &second, &reader.place] {
        assert_eq!(identify(place, &cloud.place).0["outcome"], "success");
    }
}

#[test]
fn the_energy_account_is_told_when_a_link_is_closed_and_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control");
    let control = format!("unix:{}", socket.display());
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--energy", "--quiet", "--slow-card", "20", "--control", &control]);
    for runs in 1..3 {
        assert_eq!(identify(&reader.place, &cloud.place).0["outcome"], "success");
        let told = reader.next_line(|line| line.strip_prefix("energy: ").map(str::to_owned));
        let begin = format!("card.identify, {runs} runs, contact-card ");
        let rest = told.strip_prefix(&begin).unwrap_or_else(|| panic!("{told}"));
        let millis: u32 = rest.split(' ').next().unwrap().parse().unwrap();
        assert!(millis >= runs * 100, "{told}");
        #[cfg(unix)]
        assert_eq!(
            cardwire_host::tell(&socket, "energy").unwrap(),
            format!("energy: {told}")
        );
    }
}

#[cfg(unix)]
#[test]
fn what_the_supplies_have_done_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let control = format!("unix:{}", folder.path().join("control").display());
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--quiet", "--control", &control]);
    let power = ["card", "power", "--control", &control];
    assert_eq!(run(&power).stdout, "");
    assert_eq!(identify(&reader.place, &cloud.place).0["outcome"], "success");
    // `card.identify` is a whole-service one: what came last goes first.
    let told = run(&power);
    assert_eq!(
        told.stdout, "contact-card on\nindicator on\nindicator off\ncontact-card off\n",
        "{told:#?}"
    );
    assert_eq!(run(&power).stdout, "");
}

#[cfg(unix)]
#[test]
fn modules_fail_and_work_again_while_the_reader_runs() {
    let folder = tempfile::tempdir().unwrap();
    let control = format!("unix:{}", folder.path().join("control").display());
    let cloud = Listening::cloud(&[]);
    let reader = Listening::reader(&["--quiet", "--clock-rate", "10", "--control", &control]);
    let fault = |what| run(&["card", "fault", what, "--control", &control]);
    for (what, outcome) in [
        ("contact-card:dead", "module-failed"),
        ("none", "success"),
        ("indicator:hang", "module-timeout"),
        ("none", "success"),
    ] {
        assert_eq!(fault(what).stdout, "ok\n");
        assert_eq!(identify(&reader.place, &cloud.place).0["outcome"], outcome);
    }
    let strange = fault("indicator:sulk");
    assert_eq!(strange.code, Some(2));
    assert!(
        strange.stderr.contains("expected contact-card or indicator") && strange.stderr.contains("none"),
        "{strange:#?}"
    );
    assert_eq!(identify(&reader.place, &cloud.place).0["outcome"], "success");
}

#[test]
fn flags_that_make_no_sense_are_told() {
    for (flag, value, words) in [
        (
            "--fail-module",
            "indicator:sulk",
            "expected contact-card or indicator",
        ),
        ("--lossy", "120", "expected a percentage from 0 to 100"),
    ] {
        let ended = run(&["reader", "--listen", "stdio", flag, value]);
        assert_eq!(ended.code, Some(2), "{ended:#?}");
        assert!(ended.stderr.contains(words), "{ended:#?}");
    }
}
