//! What is committed of it: the score, and every survivor with the reason why nobody outside can see it.
//!
//! A survivor with which a reader keeps to the protocol is no faulty reader: a buffer that is larger than it has to be, a speed
//! that it does not offer a card, a check that another one behind it does again. Whoever explains it marks it `sound`, and it
//! does not count. What breaks a requirement stays in the score, also where nobody outside can see it.

use crate::changes::what;
use anyhow::{Context as _, Result, ensure};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// Of the mutants that compile, certification has to notice so many.
pub(crate) const SCORE_MIN: f64 = 0.90;

/// The quantile of the normal distribution for an interval that holds the score in 95 of 100 samples.
const Z: f64 = 1.96;

/// A sample and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    seed: u64,
    /// Mutants that compile, and so were certified.
    viable: usize,
    /// Those that were certified without a failure, in the order of their names.
    #[serde(default)]
    survivor: Vec<Survivor>,
}

/// A mutant that certification let pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Survivor {
    mutant: String,
    /// A reader with it keeps to the protocol.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    sound: bool,
    /// Why it can't be seen from outside, or what is missing to see it.
    why: String,
}

impl Survivor {
    pub(super) fn new(mutant: &str) -> Self {
        Self {
            mutant: mutant.to_owned(),
            sound: false,
            why: String::new(),
        }
    }
}

impl Record {
    /// Where it stands, below the root of the workspace.
    pub(super) const FILE: &str = "conformance/mutants.toml";

    pub(super) fn new(seed: u64, viable: usize, mut survivor: Vec<Survivor>) -> Self {
        survivor.sort_by(|one, other| one.mutant.cmp(&other.mutant));
        Self {
            seed,
            viable,
            survivor,
        }
    }

    pub(super) fn read(file: &Path) -> Result<Self> {
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(file)?;
        toml::from_str(&text).with_context(|| format!("{} is no record of mutants", file.display()))
    }

    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let head = "# Written by `cargo xtask core-mutants --accept`: mutants of the reader core that certification alone does \
                    not notice.\n# Every one needs a `why`, written by hand.\n\n";
        Ok(fs::write(file, format!("{head}{}", toml::to_string(self)?))?)
    }

    /// The same with what was said of the same survivors before.
    pub(super) fn explained(mut self, before: &Self) -> Self {
        for survivor in &mut self.survivor {
            let known = before
                .survivor
                .iter()
                .find(|known| what(&known.mutant) == what(&survivor.mutant));
            if let Some(known) = known {
                survivor.why.clone_from(&known.why);
                survivor.sound = known.sound;
            }
        }
        self
    }

    /// Whether it is said of this mutant that a reader with it keeps to the protocol.
    pub(super) fn has_as_sound(&self, mutant: &str) -> bool {
        let mut survivors = self.survivor.iter();
        survivors.any(|known| known.sound && what(&known.mutant) == what(mutant))
    }

    /// Fails where too many survive, or one of which nothing is said.
    pub(super) fn judge(&self) -> Result<()> {
        let score = self.score();
        ensure!(
            score >= SCORE_MIN,
            "certification notices {:.1} % of them, and has to notice {:.0} %",
            100.0 * score,
            100.0 * SCORE_MIN
        );
        let silent = self.survivor.iter().filter(|survivor| survivor.why.is_empty());
        let silent: Vec<_> = silent.map(|survivor| survivor.mutant.as_str()).collect();
        ensure!(
            silent.is_empty(),
            "{} does not say why these survive:\n  {}",
            Self::FILE,
            silent.join("\n  ")
        );
        Ok(())
    }

    /// How many were noticed, and of how many; nothing where none was tried.
    pub(super) fn counts(&self) -> Option<(usize, usize)> {
        (self.viable > 0).then(|| (self.killed(), self.faulty()))
    }

    /// Those with which a reader breaks the protocol.
    fn faulty(&self) -> usize {
        let sound = self.survivor.iter().filter(|survivor| survivor.sound);
        self.viable - sound.count()
    }

    fn killed(&self) -> usize {
        self.viable - self.survivor.len()
    }

    fn score(&self) -> f64 {
        self.killed() as f64 / self.faulty().max(1) as f64
    }

    /// Wilson's interval of the score.
    fn interval(&self) -> (f64, f64) {
        let (n, p) = (self.faulty().max(1) as f64, self.score());
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        (middle - half, middle + half)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = self.interval();
        writeln!(
            f,
            "certification notices {} of {} faulty mutants: {:.1} %, with 95 % confidence {:.1} to {:.1} %; \
             {} compile, and {} of these keep to the protocol",
            self.killed(),
            self.faulty(),
            100.0 * self.score(),
            100.0 * low,
            100.0 * high,
            self.viable,
            self.viable - self.faulty(),
        )?;
        for survivor in &self.survivor {
            writeln!(f, "survived  {}", survivor.mutant)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(viable: usize, survivors: &[(&str, &str)]) -> Record {
        let survivor = |(mutant, why): &(&str, &str)| Survivor {
            mutant: (*mutant).into(),
            sound: false,
            why: (*why).into(),
        };
        Record::new(7, viable, survivors.iter().map(survivor).collect())
    }

    /// From a table of Wilson's intervals: 15 of 150 survive.
    #[test]
    fn the_interval_is_wilson_s() {
        let survivors: Vec<_> = (0..15)
            .map(|n| (format!("f.rs:{n}:1: x"), String::new()))
            .collect();
        let survivors: Vec<_> = survivors
            .iter()
            .map(|(mutant, why)| (mutant.as_str(), why.as_str()))
            .collect();
        let (low, high) = record(150, &survivors).interval();
        assert!(
            (low - 0.8418).abs() < 0.0005 && (high - 0.9384).abs() < 0.0005,
            "{low} {high}"
        );
    }

    #[test]
    fn what_was_said_of_a_survivor_follows_it_to_another_line() {
        let before = record(150, &[("a.rs:10:5: replace x with y", "nobody sees it")]);
        let after = record(150, &[("a.rs:12:9: replace x with y", "")]).explained(&before);
        assert_eq!(after.survivor[0].why, "nobody sees it");
        assert!(after.judge().is_ok());
    }

    #[test]
    fn what_keeps_to_the_protocol_does_not_count() {
        let mut record = record(
            12,
            &[
                ("a.rs:1:1: x", "a larger buffer"),
                ("a.rs:2:1: y", "nobody looks"),
            ],
        );
        record.survivor[0].sound = true;
        assert_eq!(record.counts(), Some((10, 11)));
        assert!(record.judge().is_ok());
        let told = record.to_string();
        assert!(
            told.contains("10 of 11") && told.contains("12 compile, and 1 of these"),
            "{told}"
        );
        assert!(record.has_as_sound("a.rs:5:5: x") && !record.has_as_sound("a.rs:2:1: y"));
        // What was said of it is kept.
        let again = Record::new(7, 12, vec![Survivor::new("a.rs:9:1: x")]).explained(&record);
        assert!(again.survivor[0].sound);
    }

    #[test]
    fn a_survivor_without_a_reason_and_too_many_survivors_are_told() {
        let silent = record(150, &[("a.rs:1:1: x", "")])
            .judge()
            .expect_err("it says nothing");
        assert!(silent.to_string().contains("a.rs:1:1: x"), "{silent}");
        let few = record(2, &[("a.rs:1:1: x", "it is so")]).judge();
        assert!(
            few.expect_err("half of them survive")
                .to_string()
                .contains("50.0 %")
        );
    }
}
