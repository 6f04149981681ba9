//! Faults inside the database: every operation, broken off at any point of any of its statements, leaves all as it was, and
//! goes well when it is done again.

use super::{
    Admission, Cloud, Counters, DeliveryState, Granted, LoginFacts, Registry, Rollout, Share, Update, schema,
    testing::{begin, cloud, code, confirm, finish, logins, open, reader, relay},
};
use crate::Identities;
use cardwire_codec::message::{ErrorCode, HardwareClass};
use core::sync::atomic::{AtomicU32, Ordering};
use rusqlite::{Connection, types::Value};
use std::{sync::Arc, time::Instant};

const READER: &str = "R-1";
const CLASS: HardwareClass = HardwareClass::REFERENCE_HOST;

/// All rows of all tables.
fn everything(connection: &Connection) -> Vec<(String, Vec<Value>)> {
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut rows = Vec::new();
    for name in names {
        let mut statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = statement.column_count();
        let found = statement.query_map([], |row| (0..columns).map(|column| row.get(column)).collect());
        rows.extend(found.unwrap().map(|row| (name.clone(), row.unwrap())));
    }
    rows
}

/// The table of each row.
fn tables(registry: &Registry) -> Vec<String> {
    everything(&registry.lock())
        .into_iter()
        .map(|(table, _)| table)
        .collect()
}

/// Has the database fail after so many steps of its machine, whichever statement that is in.
fn fail_after(connection: &mut Connection, steps: u32) {
    let left = AtomicU32::new(steps);
    let handler = move || {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .is_err()
    };
    connection.progress_handler(1, Some(handler)).unwrap();
}

fn heal(connection: &mut Connection) {
    connection.progress_handler(0, None::<fn() -> bool>).unwrap();
    connection.commit_hook(None::<fn() -> bool>).unwrap();
}

fn update(counter: u32) -> Update {
    let authority = Identities::certification().authority.unwrap();
    Update::software(&[7; 40_000], counter, CLASS, &authority).unwrap()
}

fn facts(reader: &str, software: u32) -> LoginFacts {
    LoginFacts {
        reader_id: reader.into(),
        client_id: "C-1".into(),
        hardware_class: CLASS,
        boot_counter: 1,
        software: "s".into(),
        counters: Counters {
            software,
            ..Counters::default()
        },
    }
}

/// Two readers, one of which is at an update.
fn prepared() -> Registry {
    let registry = Registry::in_memory().unwrap();
    for reader in [READER, "R-2"] {
        registry.add_reader(reader, &[7; 32]).unwrap();
        registry.grant(reader, "C-1", &Granted::All, 60).unwrap();
        registry.login(&facts(reader, 0)).unwrap();
    }
    let rollout = Rollout {
        stages: vec![Share::Count(2), Share::ALL],
        halt_after: Some(Share::Count(0)),
        ..Rollout::default()
    };
    registry.publish_in_stages(&update(1), &rollout).unwrap();
    registry.next_campaign(READER, &[]).unwrap();
    registry
}

type Operation = fn(&Registry) -> Result<(), super::RegistryError>;

const OPERATIONS: [(&str, Operation); 11] = [
    ("login", |registry| registry.login(&facts(READER, 0)).map(drop)),
    ("login that settles", |registry| {
        registry.login(&facts(READER, 1)).map(drop)
    }),
    ("registration", |registry| registry.add_reader("R-3", &[1; 32])),
    ("grant", |registry| {
        registry.grant(READER, "C-1", &Granted::Services(vec![]), 9)
    }),
    ("denial", |registry| registry.admit(READER, false)),
    ("revocation of a reader", |registry| {
        registry.revoke_reader(READER).map(drop)
    }),
    ("revocation of a client", |registry| {
        registry.revoke_client("C-1", None).map(drop)
    }),
    ("publication", |registry| registry.publish(&update(2)).map(drop)),
    ("offer", |registry| registry.next_campaign("R-2", &[]).map(drop)),
    ("success", |registry| {
        registry.record(1, READER, DeliveryState::Installed, 40_000, (ErrorCode(0), 0))
    }),
    ("failure that halts", |registry| {
        registry.record(1, READER, DeliveryState::Failed, 0, (ErrorCode::UPDATE_DIGEST, 0))
    }),
];

#[test]
fn an_operation_that_is_broken_off_has_changed_nothing() {
    for (what, operation) in OPERATIONS {
        let registry = prepared();
        let before = everything(&registry.lock());
        let mut steps = 0;
        let (mut faults, mut late) = (0, 0);
        loop {
            fail_after(&mut registry.lock(), steps);
            let done = operation(&registry);
            heal(&mut registry.lock());
            if done.is_ok() {
                break;
            }
            registry.verify_audit(None).unwrap();
            if everything(&registry.lock()) != before {
                // Broken off behind the commit: it is done, and nobody was told. Each operation adds rows.
                let whole = prepared();
                operation(&whole).unwrap();
                assert_eq!(tables(&registry), tables(&whole), "{what}, after {steps} steps");
                late += 1;
                break;
            }
            faults += 1;
            // Every point of a short statement, and one in a few of a long one.
            steps += 1 + steps / 50;
        }
        assert!(faults > 20 && late <= 1, "{what}: {faults} faults only");
        assert_ne!(everything(&registry.lock()), before, "{what}");

        let registry = prepared();
        let before = everything(&registry.lock());
        registry.lock().commit_hook(Some(|| true)).unwrap();
        assert!(operation(&registry).is_err(), "{what}");
        heal(&mut registry.lock());
        assert_eq!(everything(&registry.lock()), before, "{what}, at its commit");
        operation(&registry).unwrap();
        registry.verify_audit(None).unwrap();
    }
}

#[test]
fn a_migration_that_is_broken_off_has_changed_nothing() {
    let old = || {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(include_str!("migrations/0001-first.sql"))
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO reader (id, public_key, hardware_class) VALUES ('R-1', zeroblob(32), 1);
                 INSERT INTO campaign VALUES (1, 3, 1, 4, 1, x'01', zeroblob(64), zeroblob(32), 3, 1700000003);",
            )
            .unwrap();
        connection
    };
    let before = everything(&old());
    let mut connection = old();
    let mut steps = 0;
    loop {
        fail_after(&mut connection, steps);
        let done = schema::migrate(&mut connection);
        heal(&mut connection);
        if done.is_ok() {
            break;
        }
        if !connection.is_autocommit() {
            // The fault lasted beyond the roll-back; the end of the process is one.
            connection.execute_batch("ROLLBACK").unwrap();
        }
        assert_eq!(everything(&connection), before, "after {steps} steps");
        steps += 1 + steps / 20;
    }
    assert!(steps > 100 && everything(&connection).len() > before.len());
}

/// Nothing is told that is not written down: a cloud whose database fails says so, and the login has not been.
#[test]
fn a_login_that_cant_be_written_down_is_not_answered() {
    let mut steps = 0;
    loop {
        let cloud: Arc<Cloud> = cloud();
        let mut conversation = Cloud::conversation(&cloud);
        let login = begin(&reader());
        let answer = conversation.handle(&open(&login), Instant::now());
        let mut channel = finish(login, &answer);
        let sealed = channel.seal(&confirm(&reader().id, 0)).unwrap();
        fail_after(&mut cloud.registry().lock(), steps);
        let answer = conversation.handle(&relay(&sealed), Instant::now());
        heal(&mut cloud.registry().lock());
        match code(&answer) {
            None => break,
            Some(code) => assert_eq!(code, ErrorCode::UNREACHABLE),
        }
        assert!(logins(&cloud) == 0 && !conversation.is_logged_in());
        assert_eq!(
            cloud.registry().readers().unwrap()[0].admission,
            Admission::Admitted
        );
        steps += 5 + steps / 20;
    }
    assert!(steps > 50);
}
