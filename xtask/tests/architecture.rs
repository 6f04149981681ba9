//! Who knows whom: the design's house, as a table, held against what cargo sees.
//!
//! It is exact in both directions. A dependency that is not in the table needs a change of the design first; one
//! that is in the table and not there means that the table tells a story.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// One crate of the house; names without their `cardwire-`.
struct Room {
    name: &'static str,
    /// What it has to know.
    knows: &'static [&'static str],
    /// What it may know too, and why.
    may: &'static [(&'static str, &'static str)],
    /// What its tests may know in addition, and why.
    tests: &'static [(&'static str, &'static str)],
}

const HOUSE: &[Room] = &[
    Room {
        name: "spec",
        knows: &[],
        may: &[],
        tests: &[],
    },
    Room {
        name: "codec",
        knows: &[],
        may: &[],
        tests: &[(
            "spec",
            "the interpreter checks the generated codec, and shares no line with it",
        )],
    },
    Room {
        name: "agreement",
        knows: &["spec", "codec"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "codec-benches",
        knows: &["codec"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "codec-flash",
        knows: &["codec"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "panic-free",
        knows: &["codec"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "core",
        knows: &["codec"],
        may: &[],
        tests: &[
            (
                "peers",
                "a client and a cloud, built on the other implementation of the handshakes",
            ),
            ("simcard", "a card in the slot"),
            ("store", "a flash whose power is cut"),
        ],
    },
    Room {
        name: "core-footprint",
        knows: &["core"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "simcard",
        knows: &[],
        may: &[],
        tests: &[],
    },
    Room {
        name: "store",
        knows: &[],
        may: &[],
        tests: &[],
    },
    Room {
        name: "first-stage",
        knows: &["core", "store"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "usb",
        knows: &[],
        may: &[],
        tests: &[
            ("core", "the reader at the other end of the link"),
            ("host", "its identity, and its records in memory"),
        ],
    },
    Room {
        name: "host",
        knows: &["core", "simcard", "store"],
        may: &[(
            "codec",
            "only as far as the core's own interface speaks its types",
        )],
        tests: &[("peers", "a client and a cloud to serve")],
    },
    Room {
        name: "firmware",
        knows: &["core", "first-stage", "simcard", "store"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "firmware-stm32f405",
        knows: &["firmware", "store"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "patched",
        knows: &[],
        may: &[],
        tests: &[],
    },
    Room {
        name: "faulty-core",
        knows: &["codec", "patched"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "faulty-host",
        knows: &["faulty-core", "simcard", "store"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "faulty",
        knows: &["faulty-core", "codec"],
        may: &[
            (
                "faulty-host",
                "a faulty reader is reached over the same links as the right one",
            ),
            ("simcard", "and has the same card in its slot"),
        ],
        tests: &[
            ("conformance", "the proof: the suite catches every fault"),
            ("peers", "a client and a cloud, and the attacker who plays them"),
        ],
    },
    Room {
        name: "peers",
        knows: &["codec"],
        may: &[],
        tests: &[],
    },
    Room {
        name: "conformance",
        knows: &["spec", "codec", "peers"],
        may: &[],
        tests: &[(
            "faulty",
            "the proof: the suite catches every fault; started as processes",
        )],
    },
    Room {
        name: "codec-adapter",
        knows: &["codec"],
        may: &[],
        tests: &[("conformance", "the codec is certified as any other")],
    },
    Room {
        name: "faulty-codec",
        knows: &["spec"],
        may: &[],
        tests: &[("conformance", "the proof: the suite catches every fault")],
    },
    Room {
        name: "client-adapter",
        knows: &["codec", "peers"],
        may: &[],
        tests: &[("conformance", "the client is certified as any other")],
    },
    Room {
        name: "faulty-clients",
        knows: &["codec", "peers", "client-adapter"],
        may: &[],
        tests: &[("conformance", "the proof: the suite catches every fault")],
    },
    Room {
        name: "cli",
        knows: &["spec", "host", "peers", "conformance"],
        may: &[
            ("client-adapter", "the client, as the suite tells it what to do"),
            ("codec", "`decode` and `encode`"),
            ("core", "the service logic's assembler and simulator"),
            ("simcard", "`card`"),
        ],
        tests: &[],
    },
    Room {
        name: "xtask",
        knows: &["spec"],
        may: &[
            (
                "patched",
                "whoever edits the faulty readers opens and keeps their patches",
            ),
            ("first-stage", "seals images, and fills the flash of a new board"),
        ],
        tests: &[],
    },
    Room {
        name: "fuzz",
        knows: &[],
        may: &[
            ("spec", "the other codec"),
            ("codec", "a target"),
            ("agreement", "a target"),
            ("core", "a target"),
            ("simcard", "a target"),
            ("peers", "brings the reader into the state that is fuzzed"),
            ("conformance", "a target, and the model that judges a reader"),
            ("store", "a target"),
            ("first-stage", "a target"),
        ],
        tests: &[],
    },
    Room {
        name: "fuzz-libfuzzer",
        knows: &["fuzz"],
        may: &[],
        tests: &[],
    },
];

impl Room {
    fn may_know(&self, other: &str) -> bool {
        self.knows.contains(&other) || self.may.iter().any(|(name, _)| *name == other)
    }

    /// A crate may name itself, to turn on its own features in its tests.
    fn tests_may_know(&self, other: &str) -> bool {
        self.may_know(other) || self.tests.iter().any(|(name, _)| *name == other) || self.name == other
    }
}

#[test]
fn every_crate_knows_what_the_design_says() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let name = short(&package.name);
        let Some(room) = HOUSE.iter().find(|room| room.name == name) else {
            faults.push(format!("{name} has no room in the house"));
            continue;
        };
        let built = ours(&metadata, package, |kind| kind != DependencyKind::Development);
        let tested = ours(&metadata, package, |kind| kind == DependencyKind::Development);
        for other in room.knows.iter().filter(|other| !built.contains(*other)) {
            faults.push(format!("{name} has to know {other}, and doesn't"));
        }
        for other in built.iter().filter(|other| !room.may_know(other)) {
            faults.push(format!("{name} must not know {other}"));
        }
        for other in tested.iter().filter(|other| !room.tests_may_know(other)) {
            faults.push(format!("the tests of {name} must not know {other}"));
        }
    }
    assert!(
        faults.is_empty(),
        "the house is not as the design has it:\n  {}",
        faults.join("\n  ")
    );
}

#[test]
fn every_room_has_a_crate() {
    let metadata = metadata();
    for Room { name, .. } in HOUSE {
        let mut names = metadata
            .workspace_packages()
            .into_iter()
            .map(|package| short(&package.name));
        assert!(names.any(|other| other == *name), "there is no crate {name}");
    }
}

/// The rule that matters most, said once more without the table: faults don't get into a shipped build.
#[test]
fn nothing_that_ships_knows_faulty_readers() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let built = ours(&metadata, package, |kind| kind != DependencyKind::Development);
        assert!(
            FAULTY.contains(&short(&package.name)) || !built.iter().any(|other| FAULTY.contains(other)),
            "{} is built with faulty readers",
            package.name
        );
    }
    let defaults = metadata.workspace_default_packages();
    assert!(
        !defaults
            .iter()
            .any(|package| FAULTY.contains(&short(&package.name))),
        "a plain `cargo build` builds them"
    );
}

/// The faulty readers and what they are built on.
const FAULTY: [&str; 3] = ["faulty", "faulty-core", "faulty-host"];

/// The reader that vendors copy from has no place for a fault: those are patches.
#[test]
fn the_core_has_no_fault_switch() {
    let core = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference-reader/core/src");
    let mut folders = vec![std::path::PathBuf::from(core)];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the core has sources") {
            let path = entry.expect("they can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("they are text");
                let switch = ["deviat", "Deviat", "faulty"]
                    .iter()
                    .find(|word| text.contains(*word));
                assert_eq!(switch, None, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 50, "{files} files were looked at");
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo reads the workspace")
}

/// The crates of the house that a package depends on, by dependencies of some kinds.
fn ours<'a>(
    metadata: &Metadata,
    package: &'a Package,
    kind: impl Fn(DependencyKind) -> bool,
) -> Vec<&'a str> {
    let members = metadata.workspace_packages();
    let dependencies = package
        .dependencies
        .iter()
        .filter(|dependency| kind(dependency.kind));
    let ours = dependencies.filter(|dependency| members.iter().any(|member| *member.name == dependency.name));
    ours.map(|dependency| short(&dependency.name)).collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("cardwire-").unwrap_or(name)
}
