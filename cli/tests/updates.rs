//! The cloud sends software, keys and service logic after the login: what readers make of them, and of several at once.

mod common;

use common::{
    CARDWIRE, Listening,
    branch::{Branch, CLIENT, READER},
    client, iccid, run,
};
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

//= spec/book/src/updates.md#cw-upd-013
//= type=test
//# A reader MUST state in login_confirm the update counters that are in force.
#[test]
fn new_software_is_tried_and_confirmed_by_the_next_login() {
    let branch = Branch::new();
    let cloud = branch.cloud();
    let reader = branch.reader(&[]);
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    let (factory, counters) = branch.known();
    assert_eq!(counters, [0; 3]);
    assert!(
        factory.as_str().unwrap().starts_with("cardwire-host-"),
        "{factory}"
    );

    // Each goes to the slot that does not run.
    for (number, name) in [(1, "reader-2.0.0"), (2, "reader-3.0.0"), (3, "reader-4.0.0")] {
        let image = branch.write("reader.bin", vec![number as u8; 20_000]);
        let counter = number.to_string();
        branch
            .publish(&["software", &image, "--name", name, "--counter", &counter])
            .succeeded();
        let visit = branch.visit(&reader, &cloud, "keys/client.toml");
        assert_eq!(visit.succeeded().json()["software"], name);
        assert!(visit.stderr.contains("connecting again"), "{visit:#?}");
        reader.wait_for("the reader resets itself");
        reader.wait_for(&format!("software on trial: {name}"));
        reader.wait_for(&format!("software confirmed: {name}"));
        let campaign = branch.campaign(number);
        assert_eq!(campaign["installed"], 1, "{campaign:#}");
        assert_eq!(campaign["components"][0]["kind"], "software");
        branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
        assert_eq!(branch.known(), (name.into(), [number as u64, 0, 0]));
    }
    assert!(!reader.said().iter().any(|line| line.contains("resets itself")));

    // Switched off and on.
    drop(reader);
    let reader = branch.reader(&[]);
    let status = branch.visit(&reader, &cloud, "keys/client.toml");
    assert_eq!(status.succeeded().json()["software"], "reader-4.0.0");
}

/// A cable stays plugged in while the reader behind it resets itself: the client hears it from refusals.
#[test]
fn a_line_that_stays_open_outlasts_the_reset() {
    let branch = Branch::new();
    let cloud = branch.cloud();
    let place = format!(
        "exec:{CARDWIRE} reader --listen stdio --quiet --identity {} --state {}",
        branch.path("keys/reader.toml"),
        branch.path("state")
    );
    let (image, identity) = (
        branch.write("reader.bin", [7; 700]),
        branch.path("keys/client.toml"),
    );
    let visit = || {
        let action = ["--identity", &identity, "--format", "json", "status"];
        run(&client(&place, &cloud.place, &action))
    };
    visit().succeeded();
    branch
        .publish(&["software", &image, "--name", "reader-2.0.0", "--counter", "1"])
        .succeeded();
    let second = visit();
    assert_eq!(second.succeeded().json()["software"], "reader-2.0.0");
    assert!(second.stderr.contains("connecting again"), "{second:#?}");
    visit().succeeded();
    assert_eq!(branch.known().1, [1, 0, 0]);
}

//= spec/book/src/updates.md#cw-upd-006
//= type=test
//# A refused update MUST leave the reader as it was.
#[test]
fn software_that_never_logs_in_is_given_up_and_the_campaign_records_it() {
    let branch = Branch::new();
    let cloud = branch.cloud();
    let image = branch.write("reader.bin", [7; 9_000]);
    let (logic, name) = (branch.logic("card.identify", 2), "reader-bad");
    let reader = branch.reader(&["--trial-fails"]);
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    let update = [
        "update",
        "--software",
        &image,
        "--name",
        name,
        "--software-counter",
        "1",
    ];
    let with = ["--logic", &logic, "--logic-counter", "4", "--halt-after", "0"];
    branch.publish(&[&update[..], &with].concat()).succeeded();

    let visit = branch.visit(&reader, &cloud, "keys/client.toml");
    assert!(
        visit.succeeded().json()["software"]
            .as_str()
            .unwrap()
            .starts_with("cardwire-host-")
    );
    reader.wait_for("software on trial: reader-bad");
    reader.wait_for("software reverted");
    let campaign = branch.campaign(1);
    assert_eq!(
        (&campaign["failed"], &campaign["state"]),
        (&1.into(), &"halted".into()),
        "{campaign:#}"
    );
    assert_eq!(campaign["deliveries"][0]["state"], "failed");
    assert_eq!(
        branch.known().1,
        [0; 3],
        "what came with it is not in force either"
    );

    // The same in a reader in which it works.
    drop(reader);
    let reader = branch.reader(&[]);
    run(&[
        "cloud",
        "campaigns",
        "resume",
        "1",
        "--db",
        &branch.path("cloud.db"),
    ])
    .succeeded();
    let visit = branch.visit(&reader, &cloud, "keys/client.toml");
    assert_eq!(visit.succeeded().json()["software"], name);
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    assert_eq!(branch.known(), (name.into(), [1, 0, 4]));
}

//= spec/book/src/updates.md#cw-upd-018
//= type=test
//# A reader that takes authentication information MUST make the changes of this table at the commit, and no others.
#[test]
fn a_client_is_added_another_one_rotated_and_then_revoked() {
    let branch = Branch::new();
    let (cloud, reader) = (branch.cloud(), branch.reader(&[]));
    // Whom the reader does not know it does not let in.
    branch.refuses(&reader, &cloud, "more/client.toml");
    // The client's next key.
    run(&[
        "keys",
        "new",
        "--reader",
        READER,
        "--client",
        CLIENT,
        "--dir",
        &branch.path("next"),
    ])
    .succeeded();
    let next = fs::read_to_string(branch.path("next/client.toml")).unwrap();
    branch.write("next.toml", next.replace("generation = 1", "generation = 2"));
    let changes = branch.write(
        "keys.toml",
        "[[client]]\nidentity = \"more/client.toml\"\nchange = \"replace\"\nservices = [\"card.identify\"]\n\n\
         [[client]]\nidentity = \"next.toml\"\nchange = \"rotate\"\n",
    );
    let publish = ["authentication", &changes, "--counter", "1"];
    branch.publish(&publish).failed(2, &["one reader", "--reader"]);
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    branch
        .publish(&[&publish[..], &["--reader", READER]].concat())
        .succeeded();

    let published = branch.campaign(1);
    assert_eq!(published["reader"], READER);
    let visit = branch.visit(&reader, &cloud, "keys/client.toml");
    visit.succeeded();
    assert_eq!(branch.campaign(1)["installed"], 1);
    // Both keys work until the new one has been used.
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    assert_eq!(branch.known().1, [0, 1, 0]);
    branch.visit(&reader, &cloud, "next.toml").succeeded();
    branch.refuses(&reader, &cloud, "keys/client.toml");
    branch.visit(&reader, &cloud, "next.toml").succeeded();
    // The one that was added is in, and is entitled to one service.
    let identity = branch.path("more/client.toml");
    let mut list = client(
        &reader.place,
        &cloud.place,
        &["--identity", &identity, "--format", "json"],
    );
    list.push("list");
    let services = run(&list);
    let enabled = services.succeeded().json()["services"]
        .as_array()
        .unwrap()
        .clone();
    let enabled: Vec<_> = enabled
        .iter()
        .filter(|service| service["interface"] == "enabled")
        .map(|service| service["name"].clone())
        .collect();
    assert_eq!(enabled, ["card.identify"], "{services:#?}");

    // Revoked: the session that brings it ends, and no other one begins, also after a restart.
    let changes = branch.write(
        "revoke.toml",
        "[[revoke]]\nclient = \"COUNTER-8\"\ngeneration = 1\n",
    );
    branch
        .publish(&["authentication", &changes, "--counter", "2"])
        .succeeded();
    branch.refuses(&reader, &cloud, "more/client.toml");
    branch.refuses(&reader, &cloud, "more/client.toml");
    branch.visit(&reader, &cloud, "next.toml").succeeded();
    drop(reader);
    let reader = branch.reader(&[]);
    branch.visit(&reader, &cloud, "next.toml").succeeded();
    branch.refuses(&reader, &cloud, "more/client.toml");
    branch.visit(&reader, &cloud, "next.toml").succeeded();
    assert_eq!(branch.known().1, [0, 2, 0]);
    assert_eq!(branch.campaign(2)["installed"], 1);
}

#[test]
fn a_cloud_that_changes_its_key_is_reached_with_either_until_the_new_one_is_used() {
    let branch = Branch::new();
    let (old, reader) = (branch.cloud(), branch.reader(&[]));
    branch.visit(&reader, &old, "keys/client.toml").succeeded();
    // Another cloud's key, in a file that knows the same reader.
    let own = fs::read_to_string(branch.path("keys/cloud.toml")).unwrap();
    let other = fs::read_to_string(branch.path("more/cloud.toml")).unwrap();
    let key = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("static_key"))
            .unwrap()
            .to_owned()
    };
    branch.write("new-cloud.toml", own.replace(&key(&own), &key(&other)));
    let changes = branch.write("cloud-key.toml", "[cloud]\nidentity = \"new-cloud.toml\"\n");
    branch
        .publish(&["authentication", &changes, "--counter", "7"])
        .succeeded();
    branch.visit(&reader, &old, "keys/client.toml").succeeded();
    assert_eq!(branch.campaign(1)["installed"], 1);

    // The first login is for the new key, which this cloud has not got: the second one reaches it.
    let tries = [(); 2].map(|()| branch.visit(&reader, &old, "keys/client.toml").code);
    assert_eq!(tries, [Some(1), Some(0)]);
    drop(old);
    let new = branch.cloud_with("new-cloud.toml");
    let tries = [(); 2].map(|()| branch.visit(&reader, &new, "keys/client.toml").code);
    assert_eq!(tries, [Some(1), Some(0)]);
    drop(new);
    let old = branch.cloud();
    let tries = [(); 3].map(|()| branch.visit(&reader, &old, "keys/client.toml").code);
    assert_eq!(tries, [Some(1); 3]);
}

//= spec/book/src/updates.md#cw-upd-017
//= type=test
//# A commit MUST put all components of an update into force, or none of them.
#[test]
fn keys_and_logic_of_one_update_come_into_force_together() {
    let branch = Branch::new();
    let (cloud, reader) = (branch.cloud(), branch.reader(&[]));
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    let add = "[[client]]\nidentity = \"more/client.toml\"\nchange = \"replace\"\n";
    let twice = format!("{add}\n[[revoke]]\nclient = \"NOBODY\"\ngeneration = 1\n");
    let logic = ["card.identify", "subscriber.read"].map(|service| branch.logic(service, 2));
    // The reader has no such key to revoke: nothing of the first one is taken, its logic neither.
    for (counter, keys, state) in [("3", twice.as_str(), "refused"), ("4", add, "installed")] {
        let keys = branch.write("keys.toml", keys);
        let parts = [
            "update",
            "--authentication",
            &keys,
            "--authentication-counter",
            counter,
        ];
        let more = [
            "--logic",
            &logic[0],
            "--logic",
            &logic[1],
            "--logic-counter",
            counter,
            "--reader",
            READER,
        ];
        branch.publish(&[&parts[..], &more].concat()).succeeded();
        branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
        let campaign = branch.campaign(if state == "refused" { 1 } else { 2 });
        assert_eq!(campaign["deliveries"][0]["state"], state, "{campaign:#}");
        let kinds = ["authentication", "logic", "logic"];
        for (component, kind) in campaign["components"].as_array().unwrap().iter().zip(kinds) {
            assert_eq!(
                (&component["kind"], &component["counter"]),
                (&kind.into(), &counter.parse::<u32>().unwrap().into())
            );
        }
        if state == "refused" {
            branch.refuses(&reader, &cloud, "more/client.toml");
            branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
            assert_eq!(branch.known().1, [0; 3]);
        }
    }
    branch.visit(&reader, &cloud, "more/client.toml").succeeded();
    assert_eq!(branch.known().1, [0, 4, 4]);
}

#[test]
fn what_can_not_be_published_is_said() {
    let branch = Branch::new();
    let image = branch.write("reader.bin", [1; 10]);
    let software = ["software", image.as_str(), "--counter", "1", "--name"];
    let name = branch.publish(&[&software[..], &["no name"]].concat());
    assert_eq!(
        (name.code, name.stderr.contains("1 to 32 letters")),
        (Some(2), true),
        "{name:#?}"
    );
    let nothing = branch.publish(&["update"]);
    assert_eq!(nothing.code, Some(2), "{nothing:#?}");
    let alone = branch.publish(&["update", "--software", &image]);
    assert!(
        alone.code == Some(2) && alone.stderr.contains("--software-counter"),
        "{alone:#?}"
    );
    for (text, words) in [
        (
            "[[client]]\nidentity = \"none.toml\"\nchange = \"swap\"\n",
            "line 3",
        ),
        (
            "[[client]]\nidentity = \"none.toml\"\nchange = \"rotate\"\n",
            "none.toml",
        ),
        ("[cloud]\nlogins_left = 3\n", "public_key"),
        ("[authority]\npublic_key = \"12\"\n", "32 bytes"),
        ("[[revoke]]\nclient = \"no name\"\ngeneration = 1\n", "no name"),
    ] {
        let changes = branch.write("changes.toml", text);
        let refused = branch.publish(&["authentication", &changes, "--counter", "1"]);
        refused.failed(2, &[words]);
    }
    let raw = branch.publish(&["authentication", &image, "--counter", "1"]);
    raw.failed(2, &["authentication", ".toml"]);
    let logic = branch.logic("card.identify", 2);
    let nobody = ["logic", logic.as_str(), "--counter", "1", "--reader", "NOBODY"];
    branch.publish(&nobody).failed(1, &["NOBODY", "readers add"]);
}
