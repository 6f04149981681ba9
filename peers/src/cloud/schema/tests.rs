//! Databases of every earlier version, as they were.

use super::*;
use crate::cloud::{
    Admission, CampaignState, Component, Counters, DeliveryState, Registry,
    campaign::{Rollout, Share},
};
use cardwire_codec::message::{ErrorCode, ServiceId, UpdateKind};
use std::path::Path;

/// What a cloud of the first version has written: two readers of one class, one of another, one that never came; three
/// campaigns, of which one is on its way.
const FIRST: &str = "
    INSERT INTO reader VALUES ('R-1', zeroblob(32), 1, 1, 7, 's-1', 0, 0, 4, 'C-1', 1700000000, 3);
    INSERT INTO reader VALUES ('R-2', zeroblob(32), 0, 1, 1, 's-1', 2, 0, 5, 'C-2', 1700000001, 1);
    INSERT INTO reader VALUES ('R-3', zeroblob(32), 1, 2, 1, 's-2', 0, 0, 0, 'C-2', 1700000002, 1);
    INSERT INTO reader (id, public_key) VALUES ('R-4', zeroblob(32));
    INSERT INTO permission VALUES ('R-1', 'C-1', NULL, 60), ('R-2', 'C-2', 1, 120), ('R-2', 'C-2', 2, 120);
    INSERT INTO campaign VALUES (1, 3, 1, 4, 1, x'01', zeroblob(64), zeroblob(32), 3, 1700000003);
    INSERT INTO campaign VALUES (2, 3, 1, 5, 2, x'02', zeroblob(64), zeroblob(32), 5, 1700000004);
    INSERT INTO campaign VALUES (7, 1, 2, 1, 0, x'03', zeroblob(64), zeroblob(32), 2, 1700000005);
    INSERT INTO content VALUES (1, 0, x'010203'), (2, 0, x'0102030405'), (7, 0, x'0102');
    INSERT INTO delivery VALUES (1, 'R-1', 'installed', 3, 0, 0, 0, 1700000006);
    INSERT INTO delivery VALUES (2, 'R-1', 'delivering', 2, 0, 0, 0, 1700000007);
    INSERT INTO delivery VALUES (1, 'R-2', 'refused', 0, 38, 9, 0, 1700000008);
    INSERT INTO delivery VALUES (2, 'R-2', 'failed', 5, 36, 0, 2, 1700000009);";

fn database(path: &Path, version: usize, rows: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    for migration in &MIGRATIONS[..version] {
        connection.execute_batch(migration).unwrap();
    }
    connection
        .pragma_update(None, "user_version", version as u32)
        .unwrap();
    connection.execute_batch(rows).unwrap();
    connection
}

#[test]
fn a_database_of_the_first_version_keeps_what_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cloud.db");
    drop(database(&path, 1, FIRST));
    for _ in 0..2 {
        let registry = Registry::open(&path).unwrap();
        let readers = registry.readers().unwrap();
        let ids: Vec<_> = readers.iter().map(|reader| reader.id.as_str()).collect();
        assert_eq!(ids, ["R-1", "R-2", "R-3", "R-4"]);
        assert_eq!(
            (readers[0].counters, readers[0].logins, readers[0].last_login),
            (
                Counters {
                    software: 0,
                    authentication: 0,
                    logic: 4
                },
                3,
                Some(1_700_000_000)
            )
        );
        assert_eq!(
            (readers[1].admission, readers[3].hardware_class),
            (Admission::Denied, None)
        );
        assert_eq!(registry.grants().unwrap().len(), 2);

        let campaigns = registry.campaigns().unwrap();
        let ids: Vec<_> = campaigns.iter().map(|campaign| campaign.id).collect();
        assert_eq!(ids, [1, 2, 7]);
        let second = &campaigns[1];
        assert_eq!(
            second.components,
            [Component {
                kind: UpdateKind::LOGIC,
                service: ServiceId(2),
                counter: 5
            }]
        );
        assert_eq!((second.size, second.published), (5, 1_700_000_004));
        assert_eq!(
            (second.state, second.stage, &second.rollout),
            (
                CampaignState::Running,
                0,
                &Rollout {
                    successes: Share::ALL,
                    ..Rollout::default()
                }
            )
        );
        let of: Vec<_> = second
            .deliveries
            .iter()
            .map(|to| (to.reader.as_str(), to.state, to.next_offset))
            .collect();
        assert_eq!(
            of,
            [
                ("R-1", DeliveryState::Delivering, 2),
                ("R-2", DeliveryState::Failed, 5)
            ]
        );
        let refused = &campaigns[0].deliveries[1];
        assert_eq!(
            (refused.error, refused.detail),
            (Some(ErrorCode::UPDATE_LOGIC), 9)
        );
        // Nobody had offered it to the reader of the other class yet; it waits for it as before.
        assert_eq!(
            (
                campaigns[2].deliveries[0].reader.as_str(),
                campaigns[2].deliveries[0].state
            ),
            ("R-3", DeliveryState::Pending)
        );
        assert_eq!(registry.content(2, 1).unwrap(), [2, 3, 4, 5]);
        let next = registry.next_campaign("R-1", &[]).unwrap().unwrap();
        assert_eq!(
            (next.id, next.manifest.as_slice(), next.on_trial),
            (2, &[2][..], false)
        );
        let broken: i64 = registry
            .lock()
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(broken, 0);
        let kept: bool = registry
            .lock()
            .pragma_query_value(None, "foreign_keys", |row| row.get(0))
            .unwrap();
        assert!(kept);
    }
}

/// The tables that a migrated database has are those of a new one, column by column.
#[test]
fn every_version_ends_in_the_same_tables() {
    let tables = |connection: &Connection| {
        let mut statement = connection
            .prepare(
                "SELECT entry.type, entry.name, entry.tbl_name, columns.name, columns.type, columns.\"notnull\", columns.pk
                 FROM sqlite_schema AS entry LEFT JOIN pragma_table_info(entry.name) AS columns
                 ORDER BY entry.type, entry.name, columns.cid",
            )
            .unwrap();
        let rows = statement.query_map([], |row| {
            (0..7)
                .map(|column| row.get::<_, rusqlite::types::Value>(column))
                .collect::<Result<Vec<_>, _>>()
        });
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let directory = tempfile::tempdir().unwrap();
    let mut new = Connection::open_in_memory().unwrap();
    migrate(&mut new).unwrap();
    let expected = tables(&new);
    assert!(expected.len() > 60);
    for version in 0..MIGRATIONS.len() {
        let rows = if version == 0 { "" } else { FIRST };
        let mut old = database(
            &directory.path().join(format!("{version}.db")),
            version.min(1),
            rows,
        );
        migrate(&mut old).unwrap();
        assert_eq!(tables(&old), expected, "from version {version}");
        let found: u32 = old
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(found, VERSION);
    }
}

#[test]
fn a_database_of_a_later_version_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cloud.db");
    let connection = database(&path, MIGRATIONS.len(), "");
    connection
        .pragma_update(None, "user_version", VERSION + 1)
        .unwrap();
    drop(connection);
    let error = Registry::open(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the cloud's database has schema version {}; this software works with versions up to {VERSION}",
            VERSION + 1
        )
    );
    let connection = Connection::open(&path).unwrap();
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(found, VERSION + 1);
}
