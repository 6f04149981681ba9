//! What is committed of planted bugs: each with the target that found it and the time, and those not found with a reason.

use super::{super::page, class::Class, sandbox::Tried};
use crate::changes::what;
use anyhow::{Context as _, Result, ensure};
use core::{fmt::Write as _, time::Duration};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// Bugs that a seed has drawn, and what came of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    seed: u64,
    /// How long the targets looked for each at most, one at a time.
    seconds: u64,
    /// In the order in which they were drawn.
    #[serde(default)]
    bug: Vec<Bug>,
    /// Changes that were drawn and break nothing. Written by hand: others are drawn for them.
    #[serde(default)]
    sound: Vec<Sound>,
}

/// A change that is no bug.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sound {
    mutant: String,
    /// Why nobody can see it.
    why: String,
}

/// One bug.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bug {
    class: Class,
    /// As cargo-mutants names it: place, and what was changed.
    mutant: String,
    /// The target that found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found_by: Option<String>,
    /// Until it was found, or until nobody looked any longer.
    seconds: f64,
    /// The input stood in the corpus already.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    replayed: bool,
    /// Of one that was not found, or not at first: what was missing, and what is mended. Written by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
}

impl Bug {
    /// Nothing of one that does not compile.
    pub(super) fn new(class: Class, mutant: &str, tried: &Tried) -> Option<Self> {
        let (found_by, seconds, replayed) = match tried {
            Tried::NotViable => return None,
            Tried::Found {
                target,
                seconds,
                replayed,
            } => (Some(target.clone()), *seconds, *replayed),
            Tried::NotFound { seconds } => (None, *seconds, false),
        };
        Some(Self {
            class,
            mutant: mutant.to_owned(),
            found_by,
            seconds: (seconds * 10.0).round() / 10.0,
            replayed,
            why: String::new(),
        })
    }
}

impl Record {
    /// Where it stands, below the root of the workspace.
    pub(super) const FILE: &str = "fuzz/planted.toml";

    pub(super) fn new(seed: u64, span: Duration, bug: Vec<Bug>) -> Self {
        Self {
            seed,
            seconds: span.as_secs(),
            bug,
            sound: Vec::new(),
        }
    }

    /// Whether a change was looked at and breaks nothing.
    pub(super) fn is_sound(&self, mutant: &str) -> bool {
        self.sound.iter().any(|sound| what(&sound.mutant) == what(mutant))
    }

    pub(super) fn read(root: &Path) -> Result<Self> {
        let file = root.join(Self::FILE);
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(file)?;
        toml::from_str(&text).with_context(|| format!("{} is no record of planted bugs", Self::FILE))
    }

    /// Writes it, and its table into the page.
    pub(super) fn write(&self, root: &Path) -> Result<()> {
        let head = "# Written by `cargo xtask fuzz planted --accept`: bugs that a seed drew, and the targets that found them.\n# \
                    One that was not found needs a `why`, written by hand.\n\n";
        fs::write(root.join(Self::FILE), format!("{head}{}", toml::to_string(self)?))?;
        page::write(root, "planted", &self.table())
    }

    /// The same with what was said of the same bugs before.
    pub(super) fn explained(mut self, before: &Self) -> Self {
        for bug in &mut self.bug {
            let known = before
                .bug
                .iter()
                .find(|known| what(&known.mutant) == what(&bug.mutant));
            if let Some(known) = known {
                bug.why.clone_from(&known.why);
            }
        }
        self.sound.clone_from(&before.sound);
        self
    }

    /// Fails where a bug was not found and nothing is said of it.
    pub(super) fn judge(&self) -> Result<()> {
        let silent: Vec<_> = self
            .bug
            .iter()
            .filter(|bug| bug.found_by.is_none() && bug.why.is_empty())
            .map(|bug| bug.mutant.as_str())
            .collect();
        ensure!(
            silent.is_empty(),
            "no target finds these; mend one that should, or say in {} why nothing can (`--accept` writes them there):\n  {}",
            Self::FILE,
            silent.join("\n  ")
        );
        Ok(())
    }

    /// As it stands in the page.
    pub(super) fn table(&self) -> String {
        let found = self.bug.iter().filter(|bug| bug.found_by.is_some()).count();
        let mut text = format!(
            "Seed {}: {found} of {} planted bugs are found within {} minutes, in which one target runs at a time.\n\n",
            self.seed,
            self.bug.len(),
            self.seconds / 60
        );
        text.push_str("| bug | of | found by | seconds |\n| --- | --- | --- | --- |\n");
        for bug in &self.bug {
            let by = match &bug.found_by {
                Some(target) if bug.replayed => format!("`{target}`, from its corpus"),
                Some(target) => format!("`{target}`"),
                None => "**nobody**".to_owned(),
            };
            let by = match (&bug.found_by, &bug.why) {
                (_, why) if why.is_empty() => by,
                (Some(_), why) => format!("{by}; not at first: {why}"),
                (None, why) => format!("{by}: {why}"),
            };
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "| `{}` | {} | {by} | {:.1} |",
                in_cell(&bug.mutant),
                bug.class,
                bug.seconds
            );
        }
        if !self.sound.is_empty() {
            text.push_str(
                "\nDrawn as well, and no bugs:\n\n| change | why nobody can see it |\n| --- | --- |\n",
            );
            for sound in &self.sound {
                let _ = writeln!(text, "| `{}` | {} |", in_cell(&sound.mutant), sound.why);
            }
        }
        text
    }
}

/// Operators may hold the sign that parts columns.
fn in_cell(mutant: &str) -> String {
    mutant.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(why: &str) -> Record {
        let found = Tried::Found {
            target: "frames".to_owned(),
            seconds: 1.26,
            replayed: true,
        };
        let not = Tried::NotFound { seconds: 600.2 };
        let one = Bug::new(Class::Lengths, "a.rs:1:2: replace | with & in b", &found);
        let other = Bug::new(Class::Bounds, "a.rs:9:2: replace < with <= in c", &not);
        let mut bugs: Vec<_> = one.into_iter().chain(other).collect();
        bugs[1].why = why.to_owned();
        Record::new(7, Duration::from_secs(600), bugs)
    }

    #[test]
    fn the_table_tells_those_not_found_too() {
        let table = record("it is the same").table();
        assert!(
            table.contains("Seed 7: 1 of 2 planted bugs are found within 10 minutes"),
            "{table}"
        );
        assert!(
            table.contains(
                "| `a.rs:1:2: replace \\| with & in b` | lengths | `frames`, from its corpus | 1.3 |"
            ),
            "{table}"
        );
        assert!(table.contains("**nobody**: it is the same | 600.2"), "{table}");
    }

    #[test]
    fn one_that_is_found_at_last_keeps_what_was_mended() {
        let mut record = record("");
        record.bug[0].why = "a target said too little".to_owned();
        let table = record.table();
        assert!(
            table.contains("`frames`, from its corpus; not at first: a target said too little | 1.3"),
            "{table}"
        );
    }

    #[test]
    fn what_breaks_nothing_is_told_and_follows_its_change() {
        let mut before = record("it is the same");
        before.sound.push(Sound {
            mutant: "b.rs:7:1: replace + with * in d".to_owned(),
            why: "a larger buffer".to_owned(),
        });
        assert!(before.is_sound("b.rs:8:4: replace + with * in d"));
        assert!(!before.is_sound("b.rs:8:4: replace + with - in d"));
        let table = record("").explained(&before).table();
        assert!(
            table.contains("| `b.rs:7:1: replace + with * in d` | a larger buffer |"),
            "{table}"
        );
    }

    #[test]
    fn one_that_is_not_found_needs_a_reason_that_follows_it() {
        let silent = record("");
        assert!(silent.judge().is_err());
        assert!(silent.explained(&record("it is the same")).judge().is_ok());
        assert!(Bug::new(Class::Bounds, "a", &Tried::NotViable).is_none());
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = record("it is the same");
        let text = toml::to_string(&record).expect("it can be written");
        assert_eq!(toml::from_str::<Record>(&text).expect("it can be read"), record);
    }
}
