//! Does the schema mean something? Each part of it has its checks; all that they find is reported.

mod defaults;
mod extensions;
mod fields;
mod ics;
mod instructions;
mod interfaces;
mod machines;
mod messages;
mod names;
mod nesting;
mod quantities;
mod registries;

use crate::{Protocol, source::At};
use core::hash::Hash;
use indexmap::IndexMap;

/// One thing that is wrong with the meaning of the schema.
pub(crate) struct Finding {
    /// Where it is.
    pub(crate) at: At,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: String,
    /// Of a name or value that is taken: who took it first.
    pub(crate) first: Option<At>,
}

/// Everything that is wrong with the meaning of the schema.
pub(crate) fn findings(protocol: &Protocol) -> Vec<Finding> {
    let mut checker = Checker {
        protocol,
        findings: Vec::new(),
    };
    about(&mut checker);
    quantities::check(&mut checker);
    registries::check(&mut checker);
    names::check(&mut checker);
    interfaces::check(&mut checker);
    if nesting::check(&mut checker) {
        fields::check_structures(&mut checker);
        messages::check(&mut checker);
    }
    instructions::check(&mut checker);
    machines::check(&mut checker);
    ics::check(&mut checker);
    checker.findings
}

fn about(checker: &mut Checker<'_>) {
    let at = At::top("protocol");
    let about = &checker.protocol.about;
    if about.version == 0 {
        checker.find(
            at.key("version"),
            "there is no protocol version 0",
            "write 1 or more",
        );
    }
    for (key, text) in [("name", &about.name), ("revision", &about.revision)] {
        checker.one_line(&at.key(key), text);
        if text.trim().is_empty() {
            checker.find(
                at.key(key),
                format!("the {key} is empty"),
                format!("say the protocol's {key}"),
            );
        }
    }
}

struct Checker<'p> {
    protocol: &'p Protocol,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn find(&mut self, at: At, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding {
            at,
            message: message.into(),
            help: help.into(),
            first: None,
        });
    }

    /// Holds `key` to being the only one of its kind among `seen`.
    fn unique<K: Hash + Eq>(&mut self, seen: &mut IndexMap<K, At>, key: K, at: At, what: &str) {
        match seen.get(&key) {
            Some(first) => self.findings.push(Finding {
                at,
                message: format!("{what} is already taken"),
                help: String::from("give each its own"),
                first: Some(first.clone()),
            }),
            None => {
                seen.insert(key, at);
            }
        }
    }

    /// Holds a list to naming nothing twice.
    fn distinct(&mut self, at: &At, what: &str, names: &[String]) {
        for (index, name) in names.iter().enumerate() {
            if names.iter().take(index).any(|first| first == name) {
                self.find(
                    at.index(index),
                    format!("the {what} `{name}` is named twice"),
                    "name each once",
                );
            }
        }
    }

    /// Holds prose to one line of plain characters: it reaches comments in generated files, and terminals.
    fn one_line(&mut self, at: &At, text: &str) {
        if let Some(control) = text.chars().find(|&c| is_control(c)) {
            self.find(
                at.clone(),
                format!(
                    "the text holds the control character U+{:04X}",
                    u32::from(control)
                ),
                "write one line, without control characters",
            );
        }
    }

    fn doc(&mut self, parent: &At, doc: &str) {
        self.one_line(&parent.key("doc"), doc);
        if doc.trim().is_empty() {
            self.find(
                parent.key("doc"),
                "the documentation is missing",
                "say in one sentence what it is",
            );
        }
    }

    fn requirement(&mut self, parent: &At, id: &str) {
        if !is_requirement(id) {
            self.find(
                parent.key("requirement"),
                format!("`{id}` is no requirement id"),
                "write it like CW-LINK-003: CW, an area in capitals, three digits",
            );
        }
    }

    /// Holds a version to being one that there is.
    fn since(&mut self, at: At, version: u8) {
        let newest = self.protocol.about.version;
        // A protocol of version 0 is a problem of its own.
        if newest > 0 && !(1..=newest).contains(&version) {
            self.find(
                at,
                format!("there is no protocol version {version}"),
                format!("write 1 to {newest}, or raise protocol.version"),
            );
        }
    }

    fn snake_case(&mut self, at: At, name: &str) {
        if !is_words(name, "_") {
            self.find(
                at,
                format!("the name `{name}` is not in snake_case"),
                "use small letters, digits and single underscores, a letter first",
            );
        }
    }

    fn kebab_case(&mut self, at: At, name: &str) {
        if !is_words(name, "-") {
            self.find(
                at,
                format!("the name `{name}` is not in kebab-case"),
                "use small letters, digits and single hyphens, a letter first",
            );
        }
    }

    /// Holds a pair of bounds to be in order.
    fn bounds(&mut self, at: At, [min, max]: [u64; 2], what: &str) {
        if min > max {
            self.find(
                at,
                format!("the {what} is inverted: {min} is above {max}"),
                "write the lower bound first",
            );
        }
    }
}

/// Characters that end a line, steer a terminal, or change the direction of text.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
}

fn is_requirement(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let [prefix, area, number] = parts.as_slice() else {
        return false;
    };
    *prefix == "CW"
        && area.len() >= 2
        && area.bytes().all(|byte| byte.is_ascii_uppercase())
        && number.len() == 3
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words of small letters and digits, joined by any one of `joints`, a letter first.
fn is_words(name: &str, joints: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split(|c| joints.contains(c)).all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}
