//! A property of the schema's loader: a text is a protocol that everything can be made from, or is told with its places.

use crate::{Seed, Target, codec, text};
use cardwire_spec::{
    Place, Protocol, diff,
    interpret::{self, explain as explain_bytes},
    render::{self, Kind, book::Links},
};
use core::fmt::Write as _;
use std::{collections::BTreeSet, sync::LazyLock};

/// The loader of `protocol.toml`, and all that is made from a protocol.
pub const TARGET: Target = Target {
    name: "schema",
    property: "a schema is refused with places and remedies, or loads to a protocol that all renderers can render, that \
               differs from itself in nothing and can be compared with ours, and whose messages have one encoding",
    check,
    explain,
    seeds,
    words,
};

/// What a text is called in problems.
const FILE: &str = "fuzz.toml";

/// Our schema.
const SCHEMA: &str = include_str!("../../spec/protocol.toml");

/// A message that needs no interface and nothing that is registered: a schema has one at least.
const NOTICE: &str = r#"
[[message]]
name = "notice"
code = 0x43
direction = "reader-to-client"
channel = "sealed"
event = true
requirement = "CW-SESS-012"
doc = "Something has happened."
fields = []
"#;

/// The least schema that is one, with our limits and timers and what the codec is made of: what others are added to.
static BASE: LazyLock<String> = LazyLock::new(|| {
    let wanted = [
        "[protocol]",
        "[limit]",
        "[timer]",
        "[registry.frame_kind]",
        "[registry.codec_rule]",
    ];
    let mut base = tables();
    base.retain(|table| wanted.contains(&table.header));
    text_of(&base) + NOTICE
});

/// The text that the bytes make: whole, or behind the least schema, or in the place of a line of ours.
fn input(bytes: &[u8]) -> Option<String> {
    let (&form, bytes) = bytes.split_first()?;
    let given = String::from_utf8_lossy(bytes);
    Some(match form % 16 {
        0..=3 => given.into_owned(),
        4..=14 => format!("{}\n{given}", *BASE),
        _ => {
            let (place, rest) = bytes.split_first_chunk::<2>()?;
            let count = SCHEMA.lines().count();
            let place = usize::from(u16::from_be_bytes(*place)) % count;
            let mut out = String::with_capacity(SCHEMA.len() + rest.len());
            for (number, line) in SCHEMA.lines().enumerate() {
                if number == place {
                    out += &String::from_utf8_lossy(rest);
                } else {
                    out += line;
                }
                out.push('\n');
            }
            out
        }
    })
}

/// Loads the text, and makes everything of the protocol.
///
/// # Panics
/// Where the property does not hold.
pub fn check(bytes: &[u8]) {
    let Some(text) = input(bytes) else { return };
    match cardwire_spec::parse(FILE, &text) {
        Err(problems) => text::hold_problems(FILE, &text, &problems),
        Ok(protocol) => {
            rendered(&protocol);
            let same = diff::diff(&protocol, &protocol);
            assert!(
                same.changes.is_empty(),
                "a protocol is no change of itself: {:?}",
                same.changes
            );
            let ours = &codec::PROTOCOL;
            let (there, back) = (diff::diff(ours, &protocol), diff::diff(&protocol, ours));
            assert_eq!(
                there.changes.is_empty(),
                back.changes.is_empty(),
                "what differs differs both ways"
            );
            interpreted(&protocol, bytes);
        }
    }
}

/// Makes all files of the protocol.
fn rendered(protocol: &Protocol) {
    let links = Links::of([]);
    for kind in Kind::ALL {
        for (name, text) in render::files(protocol, &links, kind) {
            assert!(!text.trim().is_empty(), "{name} has something in it");
            if kind == Kind::JsonSchemas {
                let schema: Result<serde_json::Value, _> = serde_json::from_str(&text);
                assert!(schema.is_ok(), "{name} is JSON: {schema:?}");
            }
        }
    }
    if let Err(error) = render::rust::sources(protocol) {
        assert!(!error.to_string().is_empty(), "what can't be rendered is told");
    }
}

/// Takes bytes for each message and document: what is one has one encoding.
fn interpreted(protocol: &Protocol, bytes: &[u8]) {
    let codes = protocol.messages.iter().map(|message| message.code);
    let documents = protocol.documents.iter().map(|document| document.code);
    for code in codes.chain(documents) {
        let zeros = vec![0; 64];
        for behind in [&bytes[..bytes.len().min(64)], &zeros] {
            let message = [&[code], behind].concat();
            // Bytes that end where the message does, and such as do not.
            let lengths = 1..=message.len();
            for length in lengths {
                let message = &message[..length];
                let Ok(tree) = interpret::decode(protocol, Place::Any, message) else {
                    continue;
                };
                let json = interpret::to_json(&tree);
                let again = interpret::encode(protocol, &tree.name, &json);
                assert_eq!(again.as_deref().ok(), Some(message), "{} {json}", tree.name);
            }
            let explanation = explain_bytes(protocol, Place::Any, &message);
            assert!(explanation.bytes == message, "the bytes are explained");
        }
    }
}

/// The text, what is wrong with it, or what was made of it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    let Some(text) = input(bytes) else {
        return String::from("nothing\n");
    };
    let mut out = match bytes[0] % 16 {
        4..=14 => text::numbered(&text[BASE.len()..]),
        15 => format!("our schema, with another line {}\n", bytes.len()),
        _ => text::numbered(&text),
    };
    match cardwire_spec::parse(FILE, &text) {
        Err(problems) => {
            let _ = writeln!(out, "{problems}");
        }
        Ok(protocol) => {
            let _ = writeln!(
                out,
                "a protocol of {} messages, {} documents, {} instructions, {} machines",
                protocol.messages.len(),
                protocol.documents.len(),
                protocol.instructions.len(),
                protocol.machines.len()
            );
        }
    }
    out
}

/// A table of our schema, from its header to the next one.
#[derive(Clone, Copy)]
struct Table {
    header: &'static str,
    text: &'static str,
}

impl Table {
    /// What other tables call it: the name of a registry or structure.
    fn name(&self) -> &'static str {
        if let Some(name) = self.header.strip_prefix("[registry.") {
            return name.trim_end_matches(']');
        }
        let first = self.text.lines().find_map(|line| line.strip_prefix("name = "));
        first.unwrap_or(self.header).trim_matches('"')
    }

    fn is_message(&self) -> bool {
        self.header == "[[message]]"
    }

    /// Whether it is a request that is answered with the message of this name.
    fn answers(&self, name: &str) -> bool {
        let list = self.text.lines().find(|line| line.starts_with("answers = "));
        self.is_message() && list.is_some_and(|list| list.contains(&format!("\"{name}\"")))
    }

    /// Whether it names the other table: as a type, as a module, as another question of a form, as an answer.
    fn needs(&self, other: &Self) -> bool {
        let name = other.name();
        let says = |key: &str| self.text.contains(&format!("{key} = \"{name}\""));
        let is_form = |table: &Self| table.header == "[[ics]]" || table.header == "[[ixit]]";
        match other.header {
            "[registry.module]" => self.text.contains("\nmodule = ") || says("type"),
            "[[message]]" => says("holds") || self.answers(name) || other.answers(self.name()),
            "[[document]]" => says("holds"),
            "[[machine]]" => self.header.starts_with("[interface.") && name == "session",
            "[[structure]]" => says("type"),
            header if header.starts_with("[interface.") => {
                self.is_message()
                    && self
                        .text
                        .contains(&format!("interface = \"{}\"", interface(header)))
            }
            header if header.starts_with("[registry.") => says("type") || says("registry"),
            _ => is_form(self) && is_form(other) && self.text.contains(&format!("\"{name}\"")),
        }
    }
}

/// The name in `[interface.name]`.
fn interface(header: &str) -> &str {
    header.trim_start_matches("[interface.").trim_end_matches(']')
}

fn tables() -> Vec<Table> {
    let starts: Vec<usize> = SCHEMA
        .match_indices("\n[")
        .map(|(at, _)| at + 1)
        .chain([SCHEMA.len()])
        .collect();
    starts
        .windows(2)
        .map(|pair| {
            let text = &SCHEMA[pair[0]..pair[1]];
            let comment = text.find("\n#").map_or(text.len(), |at| at + 1);
            Table {
                header: text.lines().next().unwrap_or_default(),
                text: &text[..comment],
            }
        })
        .collect()
}

fn text_of(tables: &[Table]) -> String {
    tables.iter().fold(String::new(), |out, table| out + table.text)
}

/// Adds the tables that these are made of.
fn with_needed(tables: &mut Vec<Table>, all: &[Table]) {
    let mut done = 0;
    while let Some(table) = tables.get(done).copied() {
        done += 1;
        for other in all {
            if table.needs(other) && tables.iter().all(|there| there.text != other.text) {
                tables.push(*other);
            }
        }
    }
}

/// The longest seed: what is longer is loaded as a part of our schema anyway.
const SEED_MAX: usize = 8192;

/// Each table of our schema behind the least one, with the registries and structures that it is made of; the least one
/// as a whole; and lines in the place of others.
fn seeds() -> Vec<Seed> {
    let all = tables();
    let mut seeds = vec![Seed {
        name: String::from("least"),
        bytes: [&[0], BASE.as_bytes()].concat(),
    }];
    for (index, table) in all.iter().enumerate() {
        let mut tables = vec![*table];
        with_needed(&mut tables, &all);
        tables.retain(|table| !BASE.contains(table.text));
        let text = text_of(&tables);
        if !text.is_empty() && text.len() <= SEED_MAX {
            seeds.push(Seed {
                name: format!("{index:03}-{}", table.name()),
                bytes: [&[4], text.as_bytes()].concat(),
            });
        }
    }
    for (number, line) in (0_u16..)
        .zip(SCHEMA.lines())
        .filter(|(number, _)| number % 97 == 20)
    {
        seeds.push(Seed {
            name: format!("line-{number}"),
            bytes: [&[15], &number.to_be_bytes()[..], line.as_bytes()].concat(),
        });
    }
    seeds
}

/// Headers, keys and short values of our schema.
fn words() -> Vec<Vec<u8>> {
    let words = text::toml_words(SCHEMA);
    let others = [
        "\"\"\"",
        "'''",
        "0x",
        "[[",
        "{ ",
        " }",
        "# ",
        "-1",
        "18446744073709551615",
        "1e400",
        "nan",
        "\\u0000",
    ];
    let words: BTreeSet<_> = words.chain(others.map(str::to_owned)).collect();
    words.into_iter().map(String::into_bytes).collect()
}
