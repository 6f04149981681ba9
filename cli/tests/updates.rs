//! The cloud sends new service logic after the login, and the reader keeps it across restarts.

mod common;

use common::{Listening, client, iccid, run};
use serde_json::Value;
use std::fs;

//= spec/book/src/updates.md#cw-upd-008
//= type=test
//# Logic that was put into force MUST be what the service runs from then on, also after a reset.
#[test]
fn new_logic_reaches_the_reader_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (db, state, text, bin) = (
        path("cloud.db"),
        path("state"),
        path("new.logic"),
        path("new.bin"),
    );
    let old = include_str!("../../spec/services/card.identify.logic");
    fs::write(&text, old.replacen("version 1", "version 2", 1)).unwrap();
    let cloud = Listening::cloud(&["--db", &db]);
    let version = |reader: &Listening| -> Value {
        let list = run(&client(
            &reader.place,
            &cloud.place,
            &["list", "--format", "json"],
        ))
        .json();
        list["services"][0]["logic_version"].clone()
    };
    {
        let reader = Listening::reader(&["--state", &state]);
        assert_eq!(version(&reader), 1);
        run(&["cloud", "publish", "logic", &text, "--counter", "2", "--db", &db]).succeeded();
        let updates = ["cloud", "updates", "--db", &db];
        assert!(run(&updates).succeeded().stdout.contains("not offered yet"));
        let first = run(&client(&reader.place, &cloud.place, &["run", "card.identify"]));
        assert!(first.succeeded().stdout.contains(&iccid()), "{first:#?}");
        assert!(first.stderr.contains("updates"), "{first:#?}");
        let state = run(&[&updates[..], &["--format", "json"]].concat()).json();
        assert_eq!(state[0]["deliveries"][0]["state"], "installed");
        assert_eq!(version(&reader), 2);
    }
    let reader = Listening::reader(&["--state", &state]);
    assert_eq!(version(&reader), 2);
    let readers = run(&["cloud", "readers", "list", "--db", &db, "--format", "json"]).json();
    assert_eq!(
        (&readers[0]["id"], &readers[0]["counters"]["logic"]),
        (&"CERT-READER-1".into(), &2.into())
    );
    let readers = run(&["cloud", "readers", "list", "--db", &db]);
    assert!(
        readers.succeeded().stdout.contains("CERT-CLIENT-1"),
        "{readers:#?}"
    );

    // Assembled or not, an update's counter is taken once.
    run(&["logic", "asm", &text, "--out", &bin]).succeeded();
    let again = ["cloud", "publish", "logic", &bin, "--counter", "2", "--db", &db];
    run(&again).failed(1, &["counter 2", "higher counter"]);
    run(&["cloud", "publish", "logic", &state, "--counter", "3", "--db", &db])
        .failed(2, &["cardwire logic asm"]);
}
