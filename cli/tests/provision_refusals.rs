//! What `cardwire provision` and `cardwire keys` refuse, and what they never tell.

mod common;

use cardwire_peers::Identities;
use common::{
    bench::{Bench, NEW},
    run,
};
use std::fs;

const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn what_is_refused_changes_nothing() {
    let bench = Bench::new();
    let published = bench.path("published.toml");
    fs::write(&published, Identities::certification().text().as_bytes()).unwrap();
    let other = "new =flash --reader READER-2 --cloud =cloud.pub --authority =authority.pub --client =7.key";
    bench.provision(other).failed(
        2,
        &[
            "is for reader READER-1, not for READER-2",
            "keys derive --reader READER-2",
        ],
    );
    bench
        .provision("show =flash")
        .failed(2, &["there is no flash image", "provision new"]);
    for (from, to, words) in [
        (
            "READER-1",
            "UNPROVISIONED",
            ["is the name of readers without an identity", "another name"],
        ),
        (
            "=7.key",
            "=published.toml",
            ["a client's key is that of the PUBLISHED", "--certification"],
        ),
        (
            "=cloud.pub",
            "=published.toml",
            ["the cloud's key is that of the PUBLISHED", "--certification"],
        ),
        (
            "=authority.pub",
            "=published.toml",
            ["the authority's key is that of the PUBLISHED", "keys"],
        ),
        (
            "=cloud.pub",
            "=authority.pub",
            ["holds no key of a cloud", "keys export"],
        ),
        (
            "=cloud.pub",
            ZERO,
            ["no point that a key can be", "provision show"],
        ),
        (
            "=authority.pub",
            ZERO,
            ["no point that a key can be", "provision show"],
        ),
        ("=7.key", "=cloud.pub", ["holds no client", "keys derive"]),
    ] {
        let given = NEW.replace(from, to);
        let given = if to == "UNPROVISIONED" {
            given.replace("=7.key", "=COUNTER-7")
        } else {
            given
        };
        let ended = bench.provision(&given);
        ended.failed(ended.code.unwrap(), &words);
        assert_ne!(ended.code, Some(0), "{given}");
        assert!(!bench.flash_holds_anything(), "{given}");
    }
    bench.make();
    let before = fs::read(bench.path("flash")).unwrap();
    bench.rotate("COUNTER-7", "COUNTER-7-2");
    bench.derive("COUNTER-8", "READER-9", "9.key");
    for (command, words) in [
        (
            NEW,
            &["has a production identity already", "provision retire"][..],
        ),
        (
            "new =flash --certification",
            &["can't be given the certification identity"],
        ),
        (
            "client add =flash --client =COUNTER-7-2",
            &["lets client COUNTER-7 in already", "rotate"],
        ),
        (
            "client rotate =flash --client =COUNTER-7",
            &["of the same or a later generation"],
        ),
        (
            "client rotate =flash --client =COUNTER-8",
            &["no such key of that client"],
        ),
        (
            "client add =flash --client =9.key",
            &["is for reader READER-9, not for READER-1"],
        ),
        ("client add =flash --client =published.toml", &["PUBLISHED"]),
        (
            "client revoke =flash COUNTER-8",
            &["no such key of client COUNTER-8", "provision show"],
        ),
        (
            "client revoke =flash COUNTER-7 --generation 2",
            &["no such key of client COUNTER-7"],
        ),
        ("client revoke =flash COUNTER-7", &["left without a client"]),
        (
            "cloud =flash =published.toml",
            &["the cloud's key is that of the PUBLISHED"],
        ),
        (
            "authority =flash =published.toml",
            &["the authority's key is that of the PUBLISHED"],
        ),
        (
            "latch =flash --confirm READER-2",
            &["the flash of reader READER-1, not of READER-2"],
        ),
        (
            "retire =flash --confirm READER-2",
            &["the flash of reader READER-1, not of READER-2"],
        ),
    ] {
        let ended = bench.provision(command);
        assert_ne!(ended.code, Some(0), "{command}");
        ended.failed(ended.code.unwrap(), words);
        assert!(fs::read(bench.path("flash")).unwrap() == before, "{command}");
    }
    {
        let _running = bench.reader();
        bench
            .provision("show =flash")
            .failed(2, &["in use by another reader"]);
    }
    bench.provision("latch =flash --confirm READER-1").succeeded();
    let before = fs::read(bench.path("flash")).unwrap();
    for command in [
        NEW,
        "client add =flash --client =COUNTER-8",
        "client rotate =flash --client =COUNTER-7-2",
        "client revoke =flash COUNTER-7",
        "cloud =flash =cloud.pub",
        "authority =flash =authority.pub",
        "latch =flash --confirm READER-1",
    ] {
        bench.provision(command).failed(
            1,
            &[
                "the reader is latched: a production reader for good",
                "keys change",
            ],
        );
        assert!(fs::read(bench.path("flash")).unwrap() == before, "{command}");
    }
    assert_eq!(bench.shown()["latched"], true);
    // An identity from elsewhere does not stand in for that of the flash.
    let folder = bench.path("others");
    bench
        .keys(&[
            "new",
            "--reader",
            "READER-1",
            "--client",
            "COUNTER-7",
            "--dir",
            &folder,
        ])
        .succeeded();
    let given = format!("{folder}/reader.toml");
    run(&[
        "reader",
        "--listen",
        "stdio",
        "--state",
        &bench.path("flash"),
        "--identity",
        &given,
    ])
    .failed(
        2,
        &[
            "--identity is that of READER-1, production",
            "Leave --identity away",
        ],
    );
    bench.provision("retire =flash --confirm READER-1").succeeded();
    for command in [
        "client revoke =flash COUNTER-7",
        "cloud =flash =cloud.pub",
        "latch =flash --confirm UNPROVISIONED",
    ] {
        bench
            .provision(command)
            .failed(1, &["the reader is unprovisioned", "provision new"]);
    }
    run(&[
        "reader",
        "--listen",
        "stdio",
        "--state",
        &bench.path("flash"),
        "--identity",
        &given,
    ])
    .failed(2, &["the flash is that of UNPROVISIONED"]);
}

#[test]
fn keys_are_new_private_and_not_shown() {
    let bench = Bench::new();
    bench.make();
    bench.rotate("COUNTER-7", "COUNTER-7-2");
    let change = [
        "change",
        "--reader",
        "READER-1",
        "--revoke",
        "COUNTER-7:1",
        "--out",
    ];
    bench
        .keys(&[&change[..], &[&bench.path("change.bin")]].concat())
        .succeeded();
    #[cfg(unix)]
    for file in fs::read_dir(bench.folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        if file
            .path()
            .extension()
            .is_some_and(|extension| extension == "lock")
        {
            continue;
        }
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
    let out = bench.path("COUNTER-7");
    for again in [
        &["new-client", "COUNTER-7"][..],
        &["new-cloud"],
        &["new-authority"],
        &["rotate", &bench.path("COUNTER-8")],
        &["export", &bench.path("new-cloud")],
        &["derive", &bench.path("COUNTER-8"), "--reader", "R"],
        &change[..5],
    ] {
        let ended = bench.keys(&[again, &["--out", &out]].concat());
        ended.failed(2, &["exists"]);
    }
    let secrets: Vec<String> = ["COUNTER-7", "COUNTER-7-2", "new-cloud", "new-authority", "7.key"]
        .iter()
        .flat_map(|name| {
            let text = fs::read_to_string(bench.path(name)).unwrap();
            let secret = |line: &str| {
                let (name, value) = line.split_once(" = ")?;
                ["secret", "static_key", "signing_key", "pre_shared_key"]
                    .contains(&name)
                    .then(|| value.trim_matches('"').to_owned())
            };
            text.lines().filter_map(secret).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(secrets.len(), 5);
    let mut told = bench.provision("show =flash").stdout + &bench.shown().to_string();
    for name in ["COUNTER-7", "new-cloud", "new-authority", "7.key", "cloud.pub"] {
        for format in ["text", "json"] {
            let shown = bench.keys(&["show", &bench.path(name), "--format", format]);
            told += &shown.succeeded().stdout;
        }
    }
    told += &fs::read_to_string(bench.path("cloud.pub")).unwrap();
    assert!(secrets.iter().all(|secret| !told.contains(secret)));
    assert!(told.contains("for reader READER-1, generation 1"));

    for (arguments, words) in [
        (
            &["rotate", "new-cloud"][..],
            ["no section [[client]]", "keys new"],
        ),
        (
            &["export", "COUNTER-7"],
            ["no key that has a public half", "keys derive"],
        ),
        (
            &["rotate", "published"],
            ["published certification identities are not rotated", "new-client"],
        ),
    ] {
        fs::write(
            bench.path("published"),
            Identities::certification().text().as_bytes(),
        )
        .unwrap();
        let ended = bench.keys(&[
            arguments[0],
            &bench.path(arguments[1]),
            "--out",
            &bench.path("none"),
        ]);
        ended.failed(2, &words);
    }
    let change = |more: &[&str]| {
        let first = ["change", "--reader", "READER-1", "--out", &bench.path("none")].map(str::to_owned);
        let all: Vec<&str> = first
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        bench.keys(&all)
    };
    change(&[]).failed(2, &["changes nothing", "--revoke"]);
    change(&["--revoke", "COUNTER-7"]).failed(2, &["`COUNTER-7` is no key of a client", "COUNTER-7:1"]);
    assert!(!fs::exists(bench.path("none")).unwrap());
}
