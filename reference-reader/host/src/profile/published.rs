//! The profile `usim` as a chip has it: `reference-reader/simcard/src/published.rs` is made of it here, and is held to it.

use super::{Profile, build, of_name, table};
use cardwire_simcard::{Condition, Layout, Memory, Published, Structure};
use core::fmt::Write as _;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../simcard/src/published.rs");

/// `INSTA_UPDATE=always` writes it anew, as it does with snapshots.
#[test]
fn the_published_card_is_the_profile() {
    let text = of_name("usim").unwrap();
    let profile: Profile = table(text, "usim").unwrap().try_into().unwrap();
    let memory = build::memory(&profile).unwrap();
    let made = render(memory.layout(), memory.content());
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(FILE, &made).unwrap();
    }
    let there = std::fs::read_to_string(FILE).unwrap();
    assert!(
        there == made,
        "it is stale: INSTA_UPDATE=always cargo test -p cardwire-host published"
    );
}

#[test]
fn it_answers_as_the_profile_does() {
    let mut profiled = super::card("usim").unwrap();
    let mut published = Published::card();
    assert_eq!(profiled.cold_reset().bytes, published.cold_reset());
    for command in [
        &b"\x00\xA4\x04\x0C\x07\xA0\x00\x00\x00\x87\x10\x04"[..],
        b"\x00\xB0\x83\x00\x03",
        b"\x00\x70\x00\x00\x01",
        b"\x00\xA4\x00\x0C\x02\x6F\x56",
    ] {
        let mut response = [0; cardwire_simcard::RESPONSE_MAX];
        let length = published.transmit(command, &mut response);
        assert_eq!(
            profiled.transmit(command).bytes,
            response[..length],
            "{command:02x?}"
        );
    }
}

const HEAD: &str = "\
//! The published certification card with all that a host's card has, for a chip.
//!
//! Made of `profiles/usim.toml` by a test of `cardwire-host`; do not edit.

use crate::{
    Card, Profile,
    access::{Condition, Rule},
    files::{APPLICATION, Directory, File, Generation, Layout, MASTER_FILE, Memory, Name, Structure},
};

/// The memory of the published card: the profile `usim` of hosts.
#[derive(Clone)]
pub struct Published([u8; SIZE]);

impl Published {
    /// The card as it leaves the factory.
    #[must_use]
    pub fn card() -> Card<Self> {
        let card = Card::with_memory(Self(CONTENT), &Profile::certification().pins());
        card.with_subscription(Profile::SUBSCRIBER_KEY, 0)
    }
}

impl Memory for Published {
    fn layout(&self) -> Layout<'_> {
        Layout {
            atr: &ATR,
            generation: Generation::Uicc,
            channels: CHANNELS,
            directories: &DIRECTORIES,
            files: &FILES,
        }
    }

    fn content(&self) -> &[u8] {
        &self.0
    }

    fn content_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// A rule of access by its number in EF.ARR.
const fn rule(number: u8, read: Condition, update: Condition) -> Rule {
    Rule { number, read, update }
}
";

fn render(layout: Layout<'_>, content: &[u8]) -> String {
    let mut made = HEAD.to_owned();
    let mut line = |text: String| {
        made.push_str(&text);
        made.push('\n');
    };
    line(format!("\nconst CHANNELS: u8 = {};", layout.channels));
    line(format!("\nconst SIZE: usize = {};", content.len()));
    line(format!(
        "\n#[rustfmt::skip]\nstatic ATR: [u8; {}] = [\n{}];",
        layout.atr.len(),
        rows(layout.atr)
    ));
    line(format!(
        "\n#[rustfmt::skip]\nstatic DIRECTORIES: [Directory; {}] = [",
        layout.directories.len()
    ));
    for directory in layout.directories {
        let name = directory.name.map_or("None".into(), |name| {
            let bytes: Vec<_> = name
                .as_bytes()
                .iter()
                .map(|byte| format!("{byte:#04x}"))
                .collect();
            format!("Name::new(&[{}])", bytes.join(", "))
        });
        let fid = match directory.fid {
            cardwire_simcard::MASTER_FILE => "MASTER_FILE".into(),
            cardwire_simcard::APPLICATION => "APPLICATION".into(),
            fid => format!("{fid:#06x}"),
        };
        line(format!(
            "    Directory {{ fid: {fid}, parent: {}, name: {name}, rule: {} }},",
            directory.parent,
            rule(directory.rule)
        ));
    }
    line(format!(
        "];\n\n#[rustfmt::skip]\nstatic FILES: [File; {}] = [",
        layout.files.len()
    ));
    for file in layout.files {
        let structure = match file.structure {
            Structure::Transparent { size } => format!("Structure::Transparent {{ size: {size} }}"),
            Structure::LinearFixed {
                record_length,
                records,
            } => {
                format!("Structure::LinearFixed {{ record_length: {record_length}, records: {records} }}")
            }
        };
        let sfi = file.sfi.map_or("None".into(), |sfi| format!("Some({sfi:#04x})"));
        line(format!(
            "    File {{ directory: {}, fid: {:#06x}, sfi: {sfi}, structure: {structure}, rule: {}, start: {} }},",
            file.directory,
            file.fid,
            rule(file.rule),
            file.start
        ));
    }
    line(format!(
        "];\n\n#[rustfmt::skip]\nconst CONTENT: [u8; SIZE] = [\n{}];",
        rows(content)
    ));
    made
}

fn rule(rule: cardwire_simcard::Rule) -> String {
    let condition = |condition| match condition {
        Condition::Always => "Always",
        Condition::Pin1 => "Pin1",
        Condition::Pin2 => "Pin2",
        Condition::Adm => "Adm",
        Condition::Never => "Never",
    };
    format!(
        "rule({}, Condition::{}, Condition::{})",
        rule.number,
        condition(rule.read),
        condition(rule.update)
    )
}

fn rows(bytes: &[u8]) -> String {
    let mut rows = String::new();
    for row in bytes.chunks(16) {
        let bytes: Vec<_> = row.iter().map(|byte| format!("{byte:#04x}")).collect();
        // Nothing can go wrong with a text in memory.
        let _ = writeln!(rows, "    {},", bytes.join(", "));
    }
    rows
}
