//! What a case of any subject is, but for what is done in it: what lists, plans, reports and expectations look at.

use super::Kind;
use crate::{Case, cases, client, codec, glob, requirement::Level};
use serde_json::{Value, json};

/// A case of whatever subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// A name that never changes, such as `client.session.repeats-the-same-bytes`.
    pub id: String,
    /// What it is about.
    pub group: &'static str,
    /// How strongly the requirements bind.
    pub level: Level,
    /// What it shows, in one line.
    pub title: String,
    /// The requirements that it checks; the first one is the one that it is about.
    pub requirements: Vec<String>,
    /// The id of the case that has to pass before this one says anything: it shows what is right where this one meets, or
    /// asks for, what is wrong. A case of readers has its twin in itself.
    pub twin: Option<String>,
    /// Time must pass in it.
    pub slow: bool,
}

/// The cases of a subject that fit one of these patterns, all of them where there is none; those of codecs that are
/// generated from a seed aside.
#[must_use]
pub fn list(kind: Kind, patterns: &[String]) -> Vec<Head> {
    let mut heads = heads(kind, 0, 0);
    heads.retain(|head| {
        patterns.is_empty() || patterns.iter().any(|pattern| glob::matches(pattern, &head.id))
    });
    heads
}

/// A list as a JSON document.
#[must_use]
pub fn list_to_json(list: &[Head]) -> Value {
    let case = |head: &Head| {
        json!({
            "id": head.id, "title": head.title, "requirements": head.requirements, "level": head.level,
            "slow": head.slow,
        })
    };
    json!({ "cases": list.iter().map(case).collect::<Vec<_>>() })
}

/// All cases of a subject in the order in which they run; of codecs with so many that are generated from this seed.
pub(crate) fn heads(kind: Kind, seed: u64, generated: u32) -> Vec<Head> {
    match kind {
        Kind::Reader => cases().iter().map(Head::from).collect(),
        Kind::Client => client::cases().iter().map(Head::from).collect(),
        Kind::Codec => codec::all(seed, generated).iter().map(Head::from).collect(),
    }
}

/// Whether there is a case of this id of any subject, generated ones included; the sanity case aside.
pub(crate) fn is_known(id: &str) -> bool {
    codec::number_of(id).is_some()
        || cases().iter().any(|case| case.id == id)
        || client::cases().iter().any(|case| case.id == id)
        || codec::cases().iter().any(|case| case.id == id)
}

impl From<&Case> for Head {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id.clone(),
            group: case.group.name(),
            level: case.level,
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            twin: None,
            slow: case.slow,
        }
    }
}

impl From<&client::Case> for Head {
    fn from(case: &client::Case) -> Self {
        Self {
            id: case.id.clone(),
            group: case.group.name(),
            level: case.level,
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            twin: case.twin.clone(),
            slow: false,
        }
    }
}

impl From<&codec::Case> for Head {
    fn from(case: &codec::Case) -> Self {
        Self {
            id: case.id.clone(),
            group: case.group.name(),
            level: Level::Must,
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            twin: case.twin.clone(),
            slow: false,
        }
    }
}
