//! A log that somebody has had his hands in.

use super::*;
use crate::cloud::Granted;

fn written() -> Registry {
    let registry = Registry::in_memory().unwrap().acting_as("operator\nanna");
    registry.add_reader("R-1", &[7; 32]).unwrap();
    registry.grant("R-1", "C-1", &Granted::All, 60).unwrap();
    registry
        .grant("R-1", "C-2", &Granted::Services(vec![]), 60)
        .unwrap();
    registry.admit("R-1", false).unwrap();
    registry.admit("R-1", true).unwrap();
    registry.revoke_client("C-1", Some("R-1")).unwrap();
    registry
}

#[test]
fn rows_say_who_and_what() {
    let registry = written();
    let rows = registry.audit(&AuditFilter::default()).unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {} {} {} {} {}",
                row.number,
                row.actor,
                row.event,
                row.reader.as_deref().unwrap_or("-"),
                row.client.as_deref().unwrap_or("-"),
                row.outcome,
                row.detail
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "1 operatoranna registered R-1 - admitted ",
            "2 operatoranna grant R-1 C-1 granted all services, 60 s",
            "3 operatoranna grant R-1 C-2 taken away no service, 60 s",
            "4 operatoranna admission R-1 - denied ",
            "5 operatoranna admission R-1 - admitted ",
            "6 operatoranna revocation R-1 C-1 revoked ",
        ]
    );
    let of = |filter: AuditFilter| registry.audit(&filter).unwrap().len();
    let client = Some("C-1".into());
    assert_eq!(
        of(AuditFilter {
            client,
            ..AuditFilter::default()
        }),
        2
    );
    let reader = Some("R-2".into());
    assert_eq!(
        of(AuditFilter {
            reader,
            ..AuditFilter::default()
        }),
        0
    );
    assert_eq!(
        of(AuditFilter {
            since: Some(now() + 60),
            ..AuditFilter::default()
        }),
        0
    );
}

#[test]
fn nobody_changes_a_row() {
    let registry = written();
    for statement in [
        "UPDATE audit SET outcome = 'admitted'",
        "DELETE FROM audit WHERE number = 6",
    ] {
        let error = registry.lock().execute(statement, []).unwrap_err();
        assert!(error.to_string().contains("only added to"), "{error}");
    }
    assert_eq!(registry.verify_audit(None).unwrap().number, 6);
}

/// Whoever has the file can take the triggers away: the chain shows what he did.
#[test]
fn every_change_is_found_at_its_row() {
    let changes = [
        "at = at + 1",
        "actor = 'cloud'",
        "event = 'grant2'",
        "reader = NULL",
        "reader = ''",
        "client = 'C-9'",
        "campaign = 1",
        "outcome = 'x'",
        "detail = 'x'",
        "hash = zeroblob(32)",
    ];
    for change in changes {
        for number in 1..=6 {
            let registry = written();
            let broken =
                format!("DROP TRIGGER audit_stays; UPDATE audit SET {change} WHERE number = {number};");
            registry.lock().execute_batch(&broken).unwrap();
            match registry.verify_audit(None) {
                Err(RegistryError::Audit { number: found, .. }) => assert_eq!(found, number, "{change}"),
                other => panic!("{change} in row {number}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_cut_is_found() {
    for (cut, number) in [
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 6", 6),
        ("DELETE FROM audit WHERE number > 3", 4),
        ("DELETE FROM audit", 1),
        ("UPDATE audit_head SET number = 7", 7),
        ("DELETE FROM audit_head", 7),
    ] {
        let registry = written();
        registry
            .lock()
            .execute_batch(&format!("DROP TRIGGER audit_remains; {cut}"))
            .unwrap();
        match registry.verify_audit(None) {
            Err(RegistryError::Audit { number: found, .. }) => assert_eq!(found, number, "{cut}"),
            other => panic!("{cut}: {other:?}"),
        }
    }
}

/// A chain that was made anew from somewhere on is right in itself; the digest that an operator kept is not in it.
#[test]
fn a_new_chain_is_found_by_a_digest_that_was_kept() {
    let registry = written();
    let kept = registry.verify_audit(None).unwrap();
    registry.admit("R-1", false).unwrap();
    assert_eq!(registry.verify_audit(Some(kept)).unwrap().number, 7);

    let other = Registry::in_memory().unwrap();
    for number in 1..=7 {
        other.add_reader(&format!("R-{number}"), &[7; 32]).unwrap();
    }
    assert!(other.verify_audit(None).is_ok());
    match other.verify_audit(Some(kept)) {
        Err(RegistryError::Audit { number: 6, what }) => assert_eq!(what, "is not the one that was kept"),
        other => panic!("{other:?}"),
    }
    let later = AuditHead { number: 9, ..kept };
    assert!(matches!(
        registry.verify_audit(Some(later)),
        Err(RegistryError::Audit { number: 9, .. })
    ));
    let empty = Registry::in_memory().unwrap();
    assert_eq!(
        empty.verify_audit(None).unwrap(),
        AuditHead {
            number: 0,
            hash: BEGIN
        }
    );
}
