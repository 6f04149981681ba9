use super::*;
use cardwire_codec::message::{HardwareClass, ServiceId};

const KEY: [u8; 32] = [7; 32];

#[test]
fn a_registry_outlives_its_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cloud.db");
    let registry = Registry::open(&path).unwrap();
    registry.add_reader("R-1", &KEY).unwrap();
    registry.admit("R-1", false).unwrap();
    drop(registry);

    let registry = Registry::open(&path).unwrap();
    registry.add_reader("R-1", &KEY).unwrap();
    let readers = registry.readers().unwrap();
    assert_eq!(
        (readers.len(), readers[0].public_key, readers[0].admission),
        (1, KEY, Admission::Denied)
    );
    registry.lock().pragma_update(None, "user_version", 7).unwrap();
    drop(registry);
    assert!(matches!(
        Registry::open(&path),
        Err(RegistryError::Version { found: 7 })
    ));

    std::fs::write(&path, [0xA5; 4096]).unwrap();
    assert!(matches!(Registry::open(&path), Err(RegistryError::Database(_))));
}

#[test]
fn a_reader_keeps_its_key() {
    let registry = Registry::in_memory().unwrap();
    registry.add_reader("R-1", &KEY).unwrap();
    let error = registry.add_reader("R-1", &[8; 32]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reader `R-1` is registered with another key; a reader keeps its key for life"
    );
    assert_eq!(registry.reader_key("R-1").unwrap(), Some(KEY));
    assert_eq!(registry.reader_key("R-2").unwrap(), None);
    assert!(matches!(
        registry.add_reader("R 1", &KEY),
        Err(RegistryError::Name(_))
    ));
    assert!(matches!(
        registry.admit("R-2", true),
        Err(RegistryError::UnknownReader { .. })
    ));
}

fn decide(registry: &Registry, client_id: &str) -> Decision {
    let facts = LoginFacts {
        reader_id: "R-1".into(),
        client_id: client_id.into(),
        hardware_class: HardwareClass::REFERENCE_HOST,
        boot_counter: u32::MAX,
        software: "s".into(),
        counters: Counters {
            software: u32::MAX,
            authentication: 2,
            logic: 3,
        },
    };
    registry.login(&facts).unwrap()
}

#[test]
fn grants_are_for_one_reader_and_client_and_replaced_whole() {
    let registry = Registry::in_memory().unwrap();
    registry.add_reader("R-1", &KEY).unwrap();
    let services = |ids: &[u16]| Granted::Services(ids.iter().copied().map(ServiceId).collect());
    registry
        .grant("R-1", "C-1", &services(&[2, 1, 0xFF01]), 60)
        .unwrap();
    registry.grant("R-1", "C-2", &Granted::All, 604_800).unwrap();

    // A login result lists them in ascending order, whatever order they were granted in.
    let decision = decide(&registry, "C-1");
    assert_eq!(
        (decision.granted, decision.lifetime),
        (services(&[1, 2, 0xFF01]), 60)
    );
    let decision = decide(&registry, "C-2");
    assert_eq!((decision.granted, decision.lifetime), (Granted::All, 604_800));
    assert_eq!(decide(&registry, "C-3").granted, services(&[]));

    registry.grant("R-1", "C-2", &services(&[1]), 1).unwrap();
    assert_eq!(decide(&registry, "C-2").granted, services(&[1]));
    let readers = registry.readers().unwrap();
    assert_eq!((readers[0].logins, readers[0].counters.software), (4, u32::MAX));

    let many: Vec<u16> = (0..65).collect();
    for (granted, lifetime) in [(Granted::All, 0), (Granted::All, 604_801), (services(&many), 1)] {
        assert!(matches!(
            registry.grant("R-1", "C-1", &granted, lifetime),
            Err(RegistryError::Grants)
        ));
    }
    assert!(matches!(
        registry.grant("R-2", "C-1", &Granted::All, 1),
        Err(RegistryError::UnknownReader { .. })
    ));
}
