//! What operators do to a cloud that runs, and what clients notice of it.

mod common;

use common::{Listening, client, run};
use serde_json::Value;
use std::fs;

/// A folder with a database, a cloud that uses it, and a reader.
struct Branch {
    folder: tempfile::TempDir,
    db: String,
    cloud: Listening,
    reader: Listening,
}

impl Branch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("cloud.db").display().to_string();
        let cloud = Listening::cloud(&["--db", &db]);
        Self {
            cloud,
            reader: Listening::reader(&[]),
            db,
            folder,
        }
    }

    /// `cardwire cloud …` on this database.
    fn operate(&self, arguments: &[&str]) -> common::Ended {
        run(&[&["cloud"], arguments, &["--db", &self.db]].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.operate(&[arguments, &["--format", "json"]].concat()).json()
    }

    fn identify(&self, more: &[&str]) -> common::Ended {
        let arguments = client(&self.reader.place, &self.cloud.place, &["run", "card.identify"]);
        run(&[&arguments, more].concat())
    }

    fn logic(&self) -> String {
        let path = self.folder.path().join("new.logic").display().to_string();
        let old = include_str!("../../spec/services/card.identify.logic");
        fs::write(&path, old.replacen("version 1", "version 2", 1)).unwrap();
        path
    }
}

#[test]
fn what_is_revoked_is_out_and_every_decision_is_written_down() {
    let branch = Branch::new();
    branch.identify(&[]).succeeded();

    let revoked = branch.operate(&["clients", "revoke", "CERT-CLIENT-1"]);
    assert!(
        revoked.succeeded().stderr.contains("last until 20"),
        "{revoked:#?}"
    );
    branch.identify(&[]).failed(1, &["login-denied"]);
    branch.identify(&["--client", "CERT-CLIENT-2"]).succeeded();
    let list = branch.json(&["clients", "list"]);
    assert_eq!(
        (&list[0]["client"], &list[0]["reader"]),
        (&"CERT-CLIENT-1".into(), &Value::Null)
    );
    branch
        .operate(&["readers", "grant", "CERT-READER-1", "CERT-CLIENT-1"])
        .failed(1, &["CERT-CLIENT-1", "clients admit"]);
    branch
        .operate(&["clients", "admit", "CERT-CLIENT-1", "--reader", "CERT-READER-1"])
        .failed(1, &["not revoked for reader", "clients list"]);
    branch.operate(&["clients", "admit", "CERT-CLIENT-1"]).succeeded();
    // It logs in again, to nothing.
    branch.identify(&[]).failed(1, &["interface-disabled"]);
    branch
        .operate(&[
            "readers",
            "grant",
            "CERT-READER-1",
            "CERT-CLIENT-1",
            "--service",
            "card.identify",
        ])
        .succeeded();
    branch.identify(&[]).succeeded();

    branch
        .operate(&["readers", "revoke", "CERT-READER-1"])
        .succeeded();
    branch
        .identify(&["--client", "CERT-CLIENT-2"])
        .failed(1, &["login-denied"]);
    assert_eq!(branch.json(&["readers", "grants"]), Value::Array(vec![]));
    assert_eq!(branch.json(&["readers", "list"])[0]["admission"], "revoked");
    branch.operate(&["readers", "admit", "CERT-READER-1"]).succeeded();
    branch
        .identify(&["--client", "CERT-CLIENT-2"])
        .failed(1, &["interface-disabled"]);

    let rows = branch.json(&["audit", "--since", "1h", "--reader", "CERT-READER-1"]);
    let told = |row: &Value| {
        let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", word("event"), word("client"), word("outcome"))
    };
    let told: Vec<_> = rows.as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        told,
        [
            "registered - admitted",
            "grant CERT-CLIENT-1 granted",
            "grant CERT-CLIENT-2 granted",
            "login CERT-CLIENT-1 accepted",
            "login CERT-CLIENT-1 denied",
            "login CERT-CLIENT-2 accepted",
            "login CERT-CLIENT-1 accepted",
            "grant CERT-CLIENT-1 granted",
            "login CERT-CLIENT-1 accepted",
            "admission - revoked",
            "login CERT-CLIENT-2 denied",
            "admission - admitted",
            "login CERT-CLIENT-2 accepted",
        ]
    );
    let kept = branch.json(&["audit", "--verify"]);
    let kept = kept["keep"].as_str().unwrap();
    branch.operate(&["audit", "--verify", "--kept", kept]).succeeded();
    let other = format!("{}:{}", kept.split_once(':').unwrap().0, "00".repeat(32));
    branch
        .operate(&["audit", "--verify", "--kept", &other])
        .failed(1, &["is not the one that was kept", "who had access"]);
    branch
        .operate(&["audit", "--verify", "--kept", "7"])
        .failed(2, &["`7`", "--verify"]);
    branch
        .operate(&["audit", "--since", "yesterday"])
        .failed(2, &["`yesterday`", "12h"]);
    let text = branch.operate(&["audit"]);
    assert!(
        text.succeeded().stdout.contains("the client is revoked"),
        "{text:#?}"
    );
}

#[test]
fn campaigns_are_steered_while_the_cloud_runs() {
    let branch = Branch::new();
    branch.identify(&[]).succeeded();
    let logic = branch.logic();
    let publish = ["publish", "logic", &logic, "--counter", "2"];
    branch
        .operate(
            &[
                &publish[..],
                &["--stages", "1,100%", "--halt-after", "5%", "--draft"],
            ]
            .concat(),
        )
        .succeeded();
    let shown = || branch.json(&["campaigns", "show", "1"]);
    assert_eq!(
        (&shown()["state"], &shown()["readers"]),
        (&"draft".into(), &0.into())
    );
    branch.identify(&[]).succeeded();
    assert_eq!(shown()["installed"], 0);
    branch
        .operate(&["campaigns", "pause", "1"])
        .failed(1, &["campaign 1 is draft, and can't pause", "campaigns show"]);

    let advanced = branch.operate(&["campaigns", "advance", "1"]);
    assert!(
        advanced.succeeded().stdout.contains("running, stage 1 of 2 (1)"),
        "{advanced:#?}"
    );
    branch.operate(&["campaigns", "pause", "1"]).succeeded();
    branch.identify(&[]).succeeded();
    assert_eq!(
        (&shown()["state"], &shown()["installed"]),
        (&"paused".into(), &0.into())
    );
    branch.operate(&["campaigns", "resume", "1"]).succeeded();
    let updated = branch.identify(&[]);
    assert!(updated.succeeded().stderr.contains("updates"), "{updated:#?}");
    // One of one has it: the next stage has opened, and holds nobody else.
    assert_eq!(
        (&shown()["state"], &shown()["installed"], &shown()["stage"]),
        (&"done".into(), &1.into(), &2.into())
    );

    let list = branch.operate(&["campaigns", "list"]);
    for word in ["UPDATE", "done", "2 of 2 (100%)", "card.identify"] {
        assert!(list.succeeded().stdout.contains(word), "{list:#?}");
    }
    let show = branch.operate(&["campaigns", "show", "1"]);
    for word in ["halts above", "5% of a stage", "CERT-READER-1", "installed"] {
        assert!(show.succeeded().stdout.contains(word), "{show:#?}");
    }
    branch
        .operate(&["campaigns", "show", "9"])
        .failed(1, &["no campaign 9", "campaigns list"]);
    branch
        .operate(&["campaigns", "advance", "1"])
        .failed(1, &["is done"]);
    branch.operate(&["campaigns", "cancel", "1"]).succeeded();
    let share = branch.operate(&[&publish[..], &["--stages", "1,many"]].concat());
    assert!(
        share.code == Some(2) && share.stderr.contains("`many` is no share"),
        "{share:#?}"
    );
    branch.operate(&["audit", "--verify"]).succeeded();
}

/// A later version's database is left alone.
#[test]
fn a_database_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("cloud.db").display().to_string();
    run(&["cloud", "readers", "list", "--db", &db]).succeeded();
    // The version stands at a fixed place of the file, which is written back when the last user closes it.
    let mut bytes = fs::read(&db).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&db, bytes).unwrap();
    run(&["cloud", "readers", "list", "--db", &db]).failed(1, &["schema version 99", "as late as"]);
}
