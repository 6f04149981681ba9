//! What a client broke, whatever the case was about: every frame that it sent is held against the requirements.
//!
//! The judge reads the tape when a case is over. It decodes with the interpreter of the specification, and goes by what
//! the tester really said: a client that relays what was wrong already has relayed right.

mod cloud;
mod frames;
mod login;
mod session;

use super::{
    lower::tape::{Heard, Record},
    request::Offered,
};
use crate::verdict::Finding;
use std::collections::BTreeSet;

/// What the client was told to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Role {
    pub(crate) client_id: String,
    pub(crate) generation: u32,
    pub(crate) offers: Vec<Offered>,
}

/// What must never come a second time in a whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Once {
    ephemerals: BTreeSet<String>,
    jobs: BTreeSet<String>,
    numbers: BTreeSet<u64>,
    /// The versions of the first hello.
    versions: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) broken: Vec<Finding>,
    pub(crate) missed: Vec<Finding>,
}

impl Found {
    fn breaks(&mut self, requirement: &str, expected: &str, seen: impl Into<String>) {
        self.broken.push(finding(requirement, expected, seen));
    }
}

pub(crate) fn finding(requirement: &str, expected: &str, seen: impl Into<String>) -> Finding {
    Finding {
        requirement: requirement.into(),
        expected: expected.into(),
        seen: seen.into(),
    }
}

/// Judges all that a client sent.
pub(crate) fn judge(records: &[Record], once: &mut Once) -> Found {
    let mut found = Found::default();
    frames::judge(records, &mut found);
    session::judge(records, once, &mut found);
    login::judge(records, &mut found);
    cloud::judge(records, &mut found);
    found
}

/// A field of a frame's message, as text.
fn text<'h>(heard: &'h Heard, field: &str) -> &'h str {
    heard
        .fields
        .get(field)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}
