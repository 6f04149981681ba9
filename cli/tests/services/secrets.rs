//! Secrets of a card: stored in the cloud, sealed for the reader, never seen by the client.

use super::card::{file, hex};
use super::common::{Listening, client, run, run_with_input};
use serde_json::json;

/// The certification card, and its administrative key.
const CARD: &str = "8900001010123456783";
const ADM: &str = "4341524457495245";
const SERVICES: [&str; 6] = [
    "--service",
    "file.update.admin",
    "--service",
    "file.read",
    "--service",
    "card.identify",
];
/// EF.SPN of the USIM, which asks for the administrative key.
const SPN: [&str; 2] = ["aid=A0000000871002", "path=6F46"];

#[test]
fn a_file_is_written_with_the_key_that_the_cloud_has_and_the_client_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("cloud.db");
    let database = database.to_str().unwrap();
    let reader = Listening::reader(&[]);
    let cloud = Listening::cloud(&["--db", database]);
    let manage = |arguments: &[&str], input: &str| {
        let arguments = [&["cloud"], arguments, &["--db", database]].concat();
        run_with_input(&arguments, input)
    };
    let update = |more: &[&str]| {
        let action = [&["run", "file.update.admin"], &SPN[..], &["data=004e6577"], more].concat();
        run(&client(&reader.place, &cloud.place, &action))
    };
    let before = hex(&file(true, &[[0x6F, 0x46]], None));

    // Nobody has sent anything.
    update(&[]).failed(1, &["secrets-missing", "--card"]);
    update(&["--card", CARD]).failed(
        1,
        &["secrets-refused", "grant the client the service by its name"],
    );
    let put = ["secrets", "put", CARD, "file.update.admin", "adm=-"];
    manage(&put, &format!("{ADM}\n")).succeeded();
    // All services are granted, which is no grant by name.
    update(&["--card", CARD]).failed(1, &["secrets-refused"]);
    let grant = [
        &[
            "readers",
            "grant",
            "CERT-READER-1",
            "CERT-CLIENT-1",
            "--lifetime",
            "600",
        ],
        &SERVICES[..],
    ]
    .concat();
    manage(&grant, "").succeeded();
    update(&["--card", "8900001010123456784"]).failed(1, &["secrets-refused"]);
    // What the client itself says is no secret.
    update(&[&format!("adm:bytes={ADM}"), "card=8900001010123456783"]).failed(1, &["parameters-refused"]);

    let read = [&["run", "file.read"], &SPN[..], &["--format", "json"]].concat();
    let read = || run(&client(&reader.place, &cloud.place, &read)).json()["data"]["data"].clone();
    assert_eq!(read(), json!(before));
    update(&["--card", CARD]).succeeded();
    assert_eq!(read(), json!(format!("004e6577{}", &before[8..])));

    // Another card's key is not presented to this one.
    let put = [
        "secrets",
        "put",
        "8900001010123456791",
        "file.update.admin",
        "adm=-",
    ];
    manage(&put, "3030303030303030\n").succeeded();
    for _ in 0..4 {
        update(&["--card", "8900001010123456791"]).failed(1, &["card-mismatch"]);
    }
    update(&["--card", CARD]).succeeded();

    let listed = manage(&["secrets", "list"], "");
    assert!(
        listed.stdout.contains("adm card") && !listed.stdout.contains(ADM),
        "{listed:#?}"
    );
    let audit = manage(&["audit"], "");
    for word in ["given", "taken", "refused", "stored"] {
        assert!(audit.stdout.contains(word), "{word}: {audit:#?}");
    }
    for told in [&audit.stdout, &reader.said().join("\n"), &cloud.said().join("\n")] {
        assert!(!told.contains(ADM) && !told.contains("CARDWIRE\""), "{told}");
    }
    manage(&["secrets", "remove", CARD, "file.update.admin"], "").succeeded();
    update(&["--card", CARD]).failed(1, &["secrets-refused"]);
    let strange = ["secrets", "put", CARD, "file.update", "adm=-"];
    manage(&strange, "00000000\n").failed(2, &["takes nothing from the cloud"]);
}
