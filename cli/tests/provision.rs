//! A reader's life from its first key to its last: provisioned, used, changed, latched, changed by its cloud, retired.

mod common;

use cardwire_codec::message::HardwareClass;
use cardwire_peers::{
    Identities,
    cloud::{Registry, Update},
};
use common::{
    Listening,
    bench::{BACKOFF, Bench},
    iccid, run,
};
use std::{fs, path::Path, thread, time::Instant};

//= spec/book/src/security.md#cw-sec-004
//= type=test
//# A reader MUST NOT let any message change its identity, its keys, its clients or its kind of identity, other than an update of authentication information that its update authority has signed.
#[test]
fn a_reader_from_its_first_key_to_its_last() {
    let bench = Bench::new();
    bench.make();
    let shown = bench.shown();
    assert_eq!(
        (&shown["state"], &shown["latched"], &shown["id"]),
        (&"production".into(), &false.into(), &"READER-1".into())
    );

    let db = bench.path("cloud.db");
    let add = [
        "cloud",
        "readers",
        "add",
        "READER-1",
        shown["public_key"].as_str().unwrap(),
    ];
    run(&[&add[..], &["--db", &db]].concat()).succeeded();
    for client in ["COUNTER-7", "COUNTER-8"] {
        run(&["cloud", "readers", "grant", "READER-1", client, "--db", &db]).succeeded();
    }
    let cloud = Listening::cloud(&["--db", &db, "--identity", &bench.path("new-cloud")]);
    let served = |reader: &Listening, client: &str| {
        let start = Instant::now();
        let mut ended = bench.service(reader, &cloud, client);
        // A connect that failed, also before the reader's last start, has it refuse all for a while.
        while ended.code != Some(0) && start.elapsed() < 4 * BACKOFF {
            thread::sleep(BACKOFF);
            ended = bench.service(reader, &cloud, client);
        }
        assert!(ended.succeeded().stdout.contains(&iccid()), "{ended:#?}");
    };
    // Asked after somebody was served, so that it is the key that is refused.
    let refused = |reader: &Listening, client: &str| {
        let ended = bench.service(reader, &cloud, client);
        assert_eq!(ended.code, Some(1), "{ended:#?}");
        assert!(ended.stderr.contains("refuse"), "{ended:#?}");
    };
    {
        let reader = bench.reader();
        assert!(
            reader
                .before
                .iter()
                .any(|line| line.contains("READER-1, production")),
            "{:?}",
            reader.before
        );
        served(&reader, "COUNTER-7");
        refused(&reader, "COUNTER-8");
    }

    // Rotated: both keys are good until the new one was used.
    bench.rotate("COUNTER-7", "COUNTER-7-2");
    bench
        .provision("client rotate =flash --client =COUNTER-7-2")
        .succeeded();
    let old = bench.stored_key("COUNTER-7");
    {
        let reader = bench.reader();
        served(&reader, "COUNTER-7");
        served(&reader, "COUNTER-7-2");
        refused(&reader, "COUNTER-7");
    }
    assert!(!bench.flash_holds(&old), "a key that has ended is erased");

    // Revoked: out with the next start.
    bench
        .provision("client add =flash --client =COUNTER-8")
        .succeeded();
    bench.provision("client revoke =flash COUNTER-7").succeeded();
    assert!(!bench.flash_holds(&bench.stored_key("COUNTER-7-2")));
    {
        let reader = bench.reader();
        served(&reader, "COUNTER-8");
        refused(&reader, "COUNTER-7-2");
    }

    // Latched: the bench changes nothing any more, the cloud does.
    bench.provision("latch =flash --confirm READER-1").succeeded();
    bench.rotate("COUNTER-8", "COUNTER-8-2");
    let change = bench.path("change.bin");
    let (second, third) = (bench.path("COUNTER-8-2"), bench.path("COUNTER-7"));
    bench
        .keys(&[
            "change", "--reader", "READER-1", "--rotate", &second, "--add", &third, "--out", &change,
        ])
        .succeeded();
    let authority = Identities::load(Path::new(&bench.path("new-authority"))).unwrap();
    let update = Update::authentication(
        &fs::read(&change).unwrap(),
        5,
        HardwareClass::REFERENCE_HOST,
        authority.authority.as_ref().unwrap(),
    )
    .unwrap();
    Registry::open(Path::new(&db)).unwrap().publish(&update).unwrap();
    {
        let reader = bench.reader();
        // This login brings the update.
        served(&reader, "COUNTER-8");
        served(&reader, "COUNTER-8-2");
        refused(&reader, "COUNTER-8");
        served(&reader, "COUNTER-7");
    }
    let shown = bench.shown();
    assert_eq!(
        (&shown["latched"], &shown["authentication_counter"]),
        (&true.into(), &5.into())
    );

    // Retired: nothing is left, and nobody gets in.
    let keys = [
        bench.static_key(),
        bench.stored_key("COUNTER-8-2"),
        bench.stored_key("COUNTER-7"),
    ];
    assert!(keys.iter().all(|key| bench.flash_holds(key)));
    bench.provision("retire =flash --confirm READER-1").succeeded();
    assert!(!keys.iter().any(|key| bench.flash_holds(key)));
    assert!(!bench.flash_holds(b"READER-1") && !bench.flash_holds(b"COUNTER"));
    assert_eq!(bench.shown()["state"], "unprovisioned");
    {
        let reader = bench.reader();
        let warned = reader.before.iter().any(|line| line.contains("lets nobody in"));
        assert!(warned, "{:?}", reader.before);
        refused(&reader, "COUNTER-7");
    }

    // Provisioned anew it is another reader, with another key, and latched as it was.
    bench.make();
    let again = bench.shown();
    assert_ne!(again["public_key"], shown["public_key"]);
    assert_eq!(
        (&again["state"], &again["latched"]),
        (&"production".into(), &true.into())
    );
}

//= spec/book/src/security.md#cw-sec-005
//= type=test
//# A reader with a production identity MUST refuse every connect of the certification clients.
#[test]
fn a_lab_reader_becomes_a_production_reader_and_never_one_again() {
    let bench = Bench::new();
    bench.provision("new =flash --certification").succeeded();
    assert_eq!(bench.shown()["id"], "CERT-READER-1");
    let cloud = Listening::cloud(&[]);
    let published = |reader: &Listening| {
        run(&[
            "client",
            &reader.place,
            "--cloud",
            &cloud.place,
            "run",
            "card.identify",
        ])
    };
    {
        let reader = bench.reader();
        let warned = reader.before.iter().any(|line| line.contains("PUBLISHED"));
        assert!(warned, "{:?}", reader.before);
        assert!(published(&reader).succeeded().stdout.contains(&iccid()));
    }
    bench
        .provision("latch =flash --confirm CERT-READER-1")
        .failed(1, &["only a reader with a production identity", "provision new"]);
    let keys = Identities::certification().reader.unwrap();
    assert!(bench.flash_holds(keys.static_key.as_bytes()));
    bench.make();
    assert!(!bench.flash_holds(keys.static_key.as_bytes()));
    for client in &keys.clients {
        assert!(!bench.flash_holds(client.pre_shared_key.as_bytes()));
    }
    {
        let reader = bench.reader();
        let ended = published(&reader);
        assert_eq!(ended.code, Some(1), "{ended:#?}");
    }
    let no_way_back = ["can't be given the certification identity", "no way back"];
    bench
        .provision("new =flash --certification")
        .failed(1, &no_way_back);
    bench.provision("latch =flash --confirm READER-1").succeeded();
    bench
        .provision("new =flash --certification")
        .failed(1, &no_way_back);
    bench.provision("retire =flash --confirm READER-1").succeeded();
    bench
        .provision("new =flash --certification")
        .failed(1, &no_way_back);
    assert_eq!(bench.shown()["state"], "unprovisioned");
}
