//! What outlives a process, and what an update leaves in the flash.

use super::*;
use embedded_storage::nor_flash::ReadNorFlash as _;
use std::{
    fs,
    sync::{Arc, Mutex},
};

#[test]
fn records_outlast_the_process_that_stored_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    let mut out = [0; 8];
    {
        let mut env = HostEnv::with_state_file(&path).unwrap();
        assert_eq!(env.load(Record::BootCounter, &mut out), None);
        env.store(Record::BootCounter, &[0, 0, 0, 7]).unwrap();
        env.store(Record::Logic(1), &[1; 9]).unwrap();
    }
    let mut env = HostEnv::with_state_file(&path).unwrap();
    assert_eq!(env.load(Record::BootCounter, &mut out), Some(4));
    assert_eq!(out[..4], [0, 0, 0, 7]);
    assert_eq!(
        env.load(Record::Logic(1), &mut out),
        None,
        "larger than the place for it"
    );
    assert_eq!(env.load(Record::Logic(0), &mut out), None);
}

/// What is stored about an update is true after a reset: none of its bytes waits in memory any more.
#[test]
fn staged_bytes_are_safe_before_they_are_relied_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    let (digest, bytes) = ([7; 32], [0x5a; 5001]);
    for (record, safe) in [
        (Record::Manifest, 4096),
        (Record::Commit, 5001),
        (Record::Boot, 5001),
    ] {
        let mut env = HostEnv::with_state_file(&path).unwrap();
        assert!(env.stage_size() > 300 << 10);
        env.stage_begin(&digest).unwrap();
        env.stage_append(&bytes).unwrap();
        env.store(record, b"relies on it").unwrap();
        assert_eq!(env.stage_length(&digest), 5001);
        drop(env);
        let mut env = HostEnv::with_state_file(&path).unwrap();
        assert_eq!(env.stage_length(&digest), safe, "{record:?}");
        let mut out = [0; 5001];
        env.stage_read(0, &mut out[..safe as usize]).unwrap();
        assert_eq!(out[..safe as usize], bytes[..safe as usize]);
    }
}

#[test]
fn a_key_that_was_replaced_is_not_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    let mut env = HostEnv::with_state_file(&path).unwrap();
    let has = |key: &[u8]| {
        fs::read(&path)
            .unwrap()
            .windows(key.len())
            .any(|bytes| bytes == key)
    };
    env.store(Record::Authentication, b"the first key").unwrap();
    assert!(has(b"the first key"));
    env.store(Record::Authentication, b"the second key").unwrap();
    assert!(has(b"the second key") && !has(b"the first key"));
}

#[test]
fn what_is_wiped_is_not_in_the_file_and_the_identity_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    let mut env = HostEnv::with_state_file(&path).unwrap();
    assert!(env.kept().unwrap().is_none(), "nobody ever provisioned it");
    let mut kept = Kept::blank(HardwareClass::REFERENCE_HOST);
    kept.boot(&mut env).unwrap();
    let secret = *b"sixteen bytes!!!";
    let records = [Record::BootCounter, Record::Authentication, Record::Logic(15)];
    for record in records {
        env.store(record, &secret).unwrap();
        env.store(record, b"a later value").unwrap();
    }
    env.stage_begin(&[7; 32]).unwrap();
    env.stage_append(&[secret; 300].concat()).unwrap();
    env.wipe().unwrap();
    assert!(!env.holds(&secret) && !env.holds(b"a later value"));
    let mut file = fs::read(&path).unwrap();
    assert!(!file.windows(16).any(|bytes| bytes == secret));
    // The identity without a name, and the name of the format.
    let pages = file
        .chunks(4096)
        .filter(|page| page.iter().any(|byte| *byte != 0xff));
    assert_eq!(pages.count(), 2);
    drop(env);
    let key = HostEnv::with_state_file(&path)
        .unwrap()
        .kept()
        .unwrap()
        .unwrap()
        .static_key;
    assert_eq!(key.unwrap().0, kept.static_key.unwrap().0);

    // One bit of it is lost: that is no reader that was never provisioned.
    let at = 2 * 4096 * usize::from(Record::Identity.number()) + 20;
    file[at] ^= 0x01;
    fs::write(&path, file).unwrap();
    let error = HostEnv::with_state_file(&path).unwrap().kept().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("what it keeps of the reader's identity can't be read"),
        "{error}"
    );
}

/// A first boot whose power goes is no damage: it is done again, and never taken for a flash that nobody provisioned.
#[test]
fn a_first_identity_that_was_cut_off_is_none_yet() {
    let mut whole = HostEnv::in_memory();
    let at = 2 * SIZES.block * u32::from(Record::Identity.number());
    Kept::blank(HardwareClass::REFERENCE_HOST)
        .boot(&mut whole)
        .unwrap();
    let mut entry = [0; 64];
    whole.flash.read(at, &mut entry).unwrap();
    assert_eq!(&entry[56..60], b"CW1\x1c", "the mark is the last word");
    for written in (4..=56).step_by(4) {
        let mut env = HostEnv::in_memory();
        env.flash.write(at, &entry[..written]).unwrap();
        let mut kept = env.kept().unwrap().expect("unprovisioned, not blank");
        assert!(kept.identity.is_none() && kept.static_key.is_none() && !kept.latched);
        kept.boot(&mut env).unwrap();
        assert!(env.kept().unwrap().unwrap().static_key.is_some(), "{written}");
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_a_flash() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.state");
    drop(HostEnv::with_state_file(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_record_has_a_place_and_room() {
    let mut env = HostEnv::in_memory();
    let logic = (0..15).map(Record::Logic);
    let others = [
        Record::BootCounter,
        Record::FailedConnects,
        Record::Journal,
        Record::Manifest,
        Record::Boot,
        Record::Authentication,
        Record::Commit,
        Record::Identity,
        Record::StageKey,
    ];
    let all: Vec<Record> = others.into_iter().chain(logic).collect();
    for (value, record) in (0..).zip(&all) {
        env.store(*record, &[value; 1028]).unwrap();
    }
    for (value, record) in (0..).zip(&all) {
        let mut out = [0xff; 1028];
        assert_eq!(env.load(*record, &mut out), Some(1028), "{record:?}");
        assert_eq!(out, [value; 1028], "{record:?}");
    }
}

#[test]
fn a_record_that_could_not_be_stored_is_not_there_and_somebody_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("gone");
    fs::create_dir(&inner).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let mut env = HostEnv::with_state_file(&inner.join("reader.state"))
        .unwrap()
        .with_notify(Arc::new(move |notice| {
            listener.lock().unwrap().push(notice.to_string())
        }));
    env.store(Record::BootCounter, &[1]).unwrap();
    fs::remove_dir_all(&inner).unwrap();
    assert_eq!(env.store(Record::BootCounter, &[2]), Err(StoreFailed));
    let mut out = [0; 4];
    assert_eq!(env.load(Record::BootCounter, &mut out), Some(1));
    assert_eq!(out[0], 1);
    assert!(told.lock().unwrap()[0].contains("could not be written"));
}
