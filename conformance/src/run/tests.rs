//! Runs on several devices, and runs that go on: which devices may be part of one.

use super::*;

fn device(id: &str, software: &str) -> Device {
    Device {
        reader_id: Some(id.into()),
        software: Some(software.into()),
        hardware_class: Some("board-7".into()),
        ..Device::default()
    }
}

fn run() -> Run {
    let station = |endpoint: &str| Station::new(endpoint.parse().unwrap());
    let options = Options::of(["tcp:127.0.0.1:1", "tcp:127.0.0.1:2"].map(station));
    Run::new(&options)
}

#[test]
fn devices_of_one_kind_differ_in_their_identities_alone() {
    let mut one = run();
    // What has not told what it is yet may be anything.
    assert!(!one.tells(1, Device::default()));
    assert!(one.tells(1, device("A", "one")));
    assert_eq!(one.is_another_kind(1), None);
    assert!(one.tells(2, device("B", "one")));
    assert_eq!(one.is_another_kind(2), None);
    // Once is enough: an update may change the software.
    assert!(!one.tells(2, device("B", "two")));
    assert_eq!(one.device, device("A", "one"));

    let mut other = run();
    assert!(other.tells(1, device("A", "one")) && other.tells(2, device("B", "two")));
    assert_eq!(
        other.is_another_kind(2).unwrap(),
        "the devices are not of one kind: at tcp:127.0.0.1:2 is B with two on board-7, \
         and at tcp:127.0.0.1:1 A with one on board-7"
    );
}

#[test]
fn a_run_goes_on_with_devices_of_the_kind_that_it_began_with() {
    let mut run = run();
    run.kind = vec![device("A", "one")];
    assert!(run.tells(1, device("C", "one")));
    assert_eq!(run.is_another_kind(1), None);
    assert!(run.tells(2, device("A", "two")));
    let why = run.is_another_kind(2).unwrap();
    assert!(
        why.contains("A with two on board-7, and this run began with A with one on board-7"),
        "{why}"
    );
}

#[test]
fn results_stand_in_the_order_of_the_suite() {
    let mut run = run();
    let ids = [
        "login.cloud-key-is-pinned",
        "link.answer-repeats-number",
        "codec.empty",
    ];
    let known: Vec<_> = crate::cases()
        .iter()
        .filter(|case| ids.contains(&case.id.as_str()))
        .collect();
    for case in known.iter().rev() {
        let result = CaseResult::without_run(case, "made up");
        run.insert(Place::of(&case.id), result);
    }
    let order: Vec<_> = run.results.iter().map(|result| &result.case.id).collect();
    assert_eq!(order, known.iter().map(|case| &case.id).collect::<Vec<_>>());
}
