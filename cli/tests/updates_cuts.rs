//! Updates, and a reader whose power goes in the middle of them.

mod common;

use common::{branch::Branch, run};
use std::fs;

/// The reader's power goes again and again, in the middle of the chunks; what is whole in its flash is not sent twice.
//= spec/book/src/updates.md#cw-upd-010
//= type=test
//# A reader MUST keep the bytes of an update when client, link or cloud is lost, and after a loss of power at any moment have the old update in force or the new one, whole.
#[test]
fn an_update_goes_on_where_the_power_went() {
    let branch = Branch::new();
    let cloud = branch.cloud();
    branch
        .visit(&branch.reader(&[]), &cloud, "keys/client.toml")
        .succeeded();
    let image = branch.write(
        "reader.bin",
        (0..60_000_u32).map(|at| (at >> 4) as u8).collect::<Vec<_>>(),
    );
    branch
        .publish(&["software", &image, "--name", "reader-2.0.0", "--counter", "5"])
        .succeeded();
    let mut reached = Vec::new();
    for cut in ["90", "50:before", "30:after"] {
        let reader = branch.reader(&["--power-cut", cut]);
        let visit = branch.visit(&reader, &cloud, "keys/client.toml");
        visit.failed(1, &[]);
        let campaign = branch.campaign(1);
        assert_eq!(
            campaign["deliveries"][0]["state"], "on its way",
            "{cut}: {campaign:#}"
        );
        reached.push(campaign["deliveries"][0]["bytes"].as_u64().unwrap());
    }
    assert!(
        reached[0] > 0 && reached.is_sorted() && reached[0] < reached[2],
        "{reached:?}"
    );
    let reader = branch.reader(&[]);
    let visit = branch.visit(&reader, &cloud, "keys/client.toml");
    assert_eq!(visit.succeeded().json()["software"], "reader-2.0.0");
    let messages: u64 = visit
        .stderr
        .lines()
        .find_map(|line| {
            line.strip_prefix("the cloud sent ")?
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .unwrap();
    // All of it would be 152 chunks of 400 bytes, an offer and a commit.
    assert!(messages < 120, "{messages} messages after {reached:?} bytes");
    branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    assert_eq!(branch.known().1, [5, 0, 0]);
}

/// The power goes at every operation of the flash from the offer to the confirmation: afterwards the old software with the
/// old logic is in force, or the new with the new.
//= spec/book/src/updates.md#cw-upd-017
//= type=test
//# A commit MUST put all components of an update into force, or none of them.
#[test]
fn software_and_its_logic_outlast_every_power_cut_together() {
    let branch = Branch::new();
    let image = branch.write("reader.bin", [7; 700]);
    let logic = branch.logic("card.identify", 2);
    {
        let (cloud, reader) = (branch.cloud(), branch.reader(&[]));
        branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
    }
    let update = [
        "update",
        "--software",
        &image,
        "--name",
        "reader-2.0.0",
        "--software-counter",
        "1",
    ];
    let with = ["--logic", &logic, "--logic-counter", "4", "--needs-software", "1"];
    branch.publish(&[&update[..], &with].concat()).succeeded();
    // The database keeps what is newest beside itself.
    let files = ["state", "cloud.db", "cloud.db-wal", "cloud.db-shm"];
    let files = files.map(|name| (branch.path(name), fs::read(branch.path(name)).ok()));

    let (mut old, mut new) = (0, 0);
    for cut in 1.. {
        assert!(cut < 200, "it ends some day");
        for (path, bytes) in &files {
            match bytes {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => drop(fs::remove_file(path)),
            }
        }
        let mut cloud = branch.cloud();
        let visit = {
            let reader = branch.start_reader(&["--power-cut", &cut.to_string()]);
            reader.map(|reader| branch.visit(&reader, &cloud, "keys/client.toml"))
        };
        let went = visit.is_none_or(|visit| visit.code != Some(0));
        run(&[
            "cloud",
            "campaigns",
            "cancel",
            "1",
            "--db",
            &branch.path("cloud.db"),
        ]);
        let reader = branch.reader(&[]);
        // Where the trial had not begun the first login confirms it, after it has stated the counters.
        branch.visit(&reader, &cloud, "keys/client.toml").succeeded();
        let status = branch.visit(&reader, &cloud, "keys/client.toml");
        let software = status.succeeded().json()["software"].clone();
        match branch.known().1 {
            [0, 0, 0] => {
                assert!(
                    software.as_str().unwrap().starts_with("cardwire-host-"),
                    "{cut}: {software}"
                );
                old += 1;
            }
            [1, 0, 4] => {
                assert_eq!(software, "reader-2.0.0", "{cut}");
                new += 1;
            }
            other => panic!("{cut}: {other:?}, {software}"),
        }
        cloud.kill();
        if !went {
            break;
        }
    }
    assert!(old > 20 && new > 2, "{old} old, {new} new");
}
