//! Profiles of simulated cards: TOML files that say what is on a card.
//!
//! The ones that come with the program stand in `reference-reader/simcard/profiles`, and are examples of all that a profile
//! may say. One that `extends` another takes it over and changes it: tables are merged, everything else is replaced.

mod build;
mod content;
mod memory;
mod schema;

pub(crate) use memory::ProfileMemory;
pub use schema::Faults;
pub(crate) use schema::Instruction;

use crate::SimulatedCard;
use schema::Profile;
use std::{fs, io, path::PathBuf};
use toml::Table;

/// Why a profile is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file can't be read.
    #[error("the profile {} can't be read: {source}", .path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("the profile {origin} is no TOML, line {line}: {what}")]
    Syntax {
        /// Its name or path.
        origin: String,
        /// Where, the first is 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// It says something that a card can't be.
    #[error("the profile {origin}: {what}")]
    Content {
        /// Its name or path.
        origin: String,
        /// What is wrong.
        what: String,
    },
}

impl ProfileError {
    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::File { .. } => {
                let names: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
                format!(
                    "Give the path of a profile, or one of these names: {}.",
                    names.join(", ")
                )
            }
            Self::Syntax { .. } | Self::Content { .. } => {
                "Compare it with those in reference-reader/simcard/profiles, which are explained.".into()
            }
        }
    }
}

/// The profiles that come with the program; the first is that of a card that nobody asked for.
const SHIPPED: [(&str, &str); 4] = [
    ("usim", include_str!("../../simcard/profiles/usim.toml")),
    ("sim", include_str!("../../simcard/profiles/sim.toml")),
    ("blank", include_str!("../../simcard/profiles/blank.toml")),
    (
        "misbehaving",
        include_str!("../../simcard/profiles/misbehaving.toml"),
    ),
];

/// The names of the profiles that come with the program, and what each is.
pub fn shipped() -> impl Iterator<Item = (&'static str, String)> {
    SHIPPED.iter().map(|(name, text)| {
        let about = text
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("about"));
        (
            *name,
            about
                .and_then(|about| about.as_str().map(str::to_owned))
                .unwrap_or_default(),
        )
    })
}

/// A card with the profile of this name, or in this file. What looks like a path is one.
///
/// # Errors
/// There is no such profile, or it is none.
pub fn card(name_or_path: &str) -> Result<SimulatedCard, ProfileError> {
    if let Some(text) = of_name(name_or_path) {
        return card_of_text(text, name_or_path);
    }
    let text = fs::read_to_string(name_or_path).map_err(|source| ProfileError::File {
        path: name_or_path.into(),
        source,
    })?;
    card_of_text(&text, name_or_path)
}

/// A card with the profile in this text; `origin` is what errors call it.
///
/// # Errors
/// It is none.
pub fn card_of_text(text: &str, origin: &str) -> Result<SimulatedCard, ProfileError> {
    let wrong = |what: String| ProfileError::Content {
        origin: origin.into(),
        what,
    };
    let table = table(text, origin)?;
    // What the library says shows values, and with them perhaps keys: only its first line is told, which has none.
    let profile: Profile = table
        .try_into()
        .map_err(|error: toml::de::Error| wrong(error.message().into()))?;
    build::card(&profile).map_err(wrong)
}

fn of_name(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(shipped, _)| *shipped == name)
        .map(|(_, text)| *text)
}

/// The whole profile, with the one that it extends.
fn table(text: &str, origin: &str) -> Result<Table, ProfileError> {
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| {
        let before = text.bytes().take(error.span().map_or(0, |span| span.start));
        ProfileError::Syntax {
            origin: origin.into(),
            line: before.filter(|byte| *byte == b'\n').count() + 1,
            what: error.message().into(),
        }
    })?;
    let Some(extended) = table.remove("extends") else {
        return Ok(table);
    };
    let name = extended.as_str().unwrap_or_default();
    let unknown = || ProfileError::Content {
        origin: origin.into(),
        what: format!("`extends` names `{name}`, and no profile of that name comes with the program"),
    };
    // None of those that come with the program extends one that extends it: this ends.
    let mut base = self::table(of_name(name).ok_or_else(unknown)?, name)?;
    merge(&mut base, table);
    Ok(base)
}

fn merge(base: &mut Table, change: Table) {
    for (key, value) in change {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(change)) => merge(base, change),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
