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
    quantities::check(&mut checker);
    registries::check(&mut checker);
    names::check(&mut checker);
    interfaces::check(&mut checker);
    fields::check_structures(&mut checker);
    messages::check(&mut checker);
    instructions::check(&mut checker);
    machines::check(&mut checker);
    ics::check(&mut checker);
    checker.findings
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

    fn doc(&mut self, parent: &At, doc: &str) {
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
        if !(1..=newest).contains(&version) {
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
