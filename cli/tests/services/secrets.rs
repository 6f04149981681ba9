//! Secrets of a card: stored in the cloud, sealed for the reader, never seen by the client.

use super::card::{file, hex};
use super::common::{
    Listening, client, run,
    secrets::{ADM, CARD, Keeper, SERVICE, SPN},
};
use serde_json::json;

#[test]
fn a_file_is_written_with_the_key_that_the_cloud_has_and_the_client_does_not() {
    let reader = Listening::reader(&[]);
    let keeper = Keeper::start();
    let cloud = &keeper.cloud;
    let update = |more: &[&str]| {
        let action = [&["run", SERVICE], &SPN[..], &["data=004e6577"], more].concat();
        run(&client(&reader.place, &cloud.place, &action))
    };
    let before = hex(&file(true, &[[0x6F, 0x46]], None));

    // Nobody has sent anything.
    update(&[]).failed(1, &["secrets-missing", "--card"]);
    update(&["--card", CARD]).failed(
        1,
        &["secrets-refused", "grant the client the service by its name"],
    );
    keeper.put(CARD, ADM);
    // All services are granted, which is no grant by name.
    update(&["--card", CARD]).failed(1, &["secrets-refused"]);
    keeper.grant(&[SERVICE, "file.read", "card.identify"]);
    update(&["--card", "8900001010123456784"]).failed(1, &["secrets-refused"]);
    // What the client itself says is no secret.
    update(&[&format!("adm:bytes={ADM}"), "card=8900001010123456783"]).failed(1, &["parameters-refused"]);

    let read = [&["run", "file.read"], &SPN[..], &["--format", "json"]].concat();
    let read = || run(&client(&reader.place, &cloud.place, &read)).json()["data"]["data"].clone();
    assert_eq!(read(), json!(before));
    update(&["--card", CARD]).succeeded();
    assert_eq!(read(), json!(format!("004e6577{}", &before[8..])));

    // Another card's key is not presented to this one.
    keeper.put("8900001010123456791", "3030303030303030");
    for _ in 0..4 {
        update(&["--card", "8900001010123456791"]).failed(1, &["card-mismatch"]);
    }
    update(&["--card", CARD]).succeeded();

    let listed = keeper.manage(&["secrets", "list"], "");
    assert!(
        listed.stdout.contains("adm card") && !listed.stdout.contains(ADM),
        "{listed:#?}"
    );
    let audit = keeper.manage(&["audit"], "");
    for word in ["given", "taken", "refused", "stored"] {
        assert!(audit.stdout.contains(word), "{word}: {audit:#?}");
    }
    for told in [&audit.stdout, &reader.said().join("\n"), &cloud.said().join("\n")] {
        assert!(!told.contains(ADM) && !told.contains("CARDWIRE\""), "{told}");
    }
    keeper
        .manage(&["secrets", "remove", CARD, SERVICE], "")
        .succeeded();
    update(&["--card", CARD]).failed(1, &["secrets-refused"]);
    let strange = ["secrets", "put", CARD, "file.update", "adm=-"];
    keeper
        .manage(&strange, "00000000\n")
        .failed(2, &["takes nothing from the cloud"]);
}
