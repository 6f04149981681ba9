//! The cases that there are, for people who choose some.

use crate::{Case, client, codec, glob, requirement::Level};
use serde_json::{Value, json};

/// A case as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// What it shows, in one line.
    pub title: String,
    /// The requirements that it checks.
    pub requirements: Vec<String>,
    /// How strongly they bind.
    pub level: Level,
    /// Time must pass in it.
    pub slow: bool,
}

/// The cases of readers that fit one of these patterns; all of them where there is none.
#[must_use]
pub fn list(patterns: &[String]) -> Vec<Listed> {
    let cases = crate::cases().iter().filter(|case| fits(patterns, &case.id));
    cases.map(Listed::from).collect()
}

/// The same for codecs, those aside that are generated from a seed.
#[must_use]
pub fn list_of_codecs(patterns: &[String]) -> Vec<Listed> {
    let cases = codec::cases().iter().filter(|case| fits(patterns, &case.id));
    cases.map(Listed::from).collect()
}

/// The same for clients.
#[must_use]
pub fn list_of_clients(patterns: &[String]) -> Vec<Listed> {
    let cases = client::cases().iter().filter(|case| fits(patterns, &case.id));
    cases.map(Listed::from).collect()
}

/// A list as a JSON document.
#[must_use]
pub fn list_to_json(list: &[Listed]) -> Value {
    let case = |listed: &Listed| {
        json!({
            "id": listed.id, "title": listed.title, "requirements": listed.requirements, "level": listed.level,
            "slow": listed.slow,
        })
    };
    json!({ "cases": list.iter().map(case).collect::<Vec<_>>() })
}

fn fits(patterns: &[String], id: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| glob::matches(pattern, id))
}

impl From<&Case> for Listed {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id.clone(),
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            level: case.level,
            slow: case.slow,
        }
    }
}

impl From<&codec::Case> for Listed {
    fn from(case: &codec::Case) -> Self {
        Self {
            id: case.id.clone(),
            title: case.title.clone(),
            requirements: case.requirements.clone(),
            level: Level::Must,
            slow: false,
        }
    }
}

impl From<&client::Case> for Listed {
    fn from(case: &client::Case) -> Self {
        Self {
            id: case.id.clone(),
            title: case.title.to_string(),
            requirements: case.requirements.iter().map(ToString::to_string).collect(),
            level: case.level,
            slow: false,
        }
    }
}
