//! What came of each target: kept while a campaign runs, so that one that is interrupted goes on.

use super::{
    Places,
    programs::{Engine, Programs, Sanitizer},
};
use crate::workspace::Workspace;
use anyhow::{Context as _, Result};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::{fs, path::PathBuf};

/// How far a fuzzer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Inputs that were tried.
    pub(super) executions: u64,
    /// Edges of the program that some input took.
    pub(super) coverage: u64,
    /// Inputs in the corpus.
    pub(super) corpus: u64,
}

/// What came of one target, with one engine and sanitizer, in all the time that it had with one program: what was found in
/// another one says nothing of it, and a change that makes the same program again takes nothing away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) target: String,
    pub(super) engine: String,
    pub(super) sanitizer: String,
    /// The program's digest; empty where it is not built.
    pub(super) program: String,
    pub(super) seconds: f64,
    pub(super) executions: u64,
    pub(super) coverage: u64,
    pub(super) corpus: u64,
    /// Inputs that break the property.
    pub(super) crashes: Vec<PathBuf>,
}

impl Outcome {
    pub(super) fn per_second(&self) -> f64 {
        self.executions as f64 / self.seconds.max(0.001)
    }

    pub(super) fn spent(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// The outcomes of one engine and sanitizer.
#[derive(Clone, Debug)]
pub(super) struct Results {
    folder: PathBuf,
    engine: Engine,
    sanitizer: Sanitizer,
    programs: Programs,
}

impl Results {
    /// Those of the programs that were built last.
    pub(super) fn open(workspace: &Workspace, engine: Engine, sanitizer: Sanitizer) -> Self {
        Self {
            folder: Places::of(workspace).made.join("results"),
            engine,
            sanitizer,
            programs: Programs::built(workspace, engine, sanitizer),
        }
    }

    /// What is known of a target's program; that nothing was tried where nothing is.
    pub(super) fn of(&self, target: &str) -> Outcome {
        let program = self.programs.digest(target).unwrap_or_default();
        self.last(target)
            .filter(|outcome| outcome.program == program)
            .unwrap_or_else(|| Outcome {
                target: target.to_owned(),
                engine: self.engine.to_string(),
                sanitizer: self.sanitizer.to_string(),
                program,
                ..Outcome::default()
            })
    }

    /// What came of a target last, be it with another program.
    pub(super) fn last(&self, target: &str) -> Option<Outcome> {
        let text = fs::read(self.file(target)).ok()?;
        // One that was cut short is none.
        serde_json::from_slice(&text).ok()
    }

    pub(super) fn keep(&self, outcome: &Outcome) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let file = self.file(&outcome.target);
        // Whoever interrupts this has the one or the other.
        let new = file.with_extension("new");
        fs::write(&new, serde_json::to_string_pretty(outcome)?)?;
        fs::rename(&new, &file).with_context(|| format!("{} can't be written", file.display()))
    }

    fn file(&self, target: &str) -> PathBuf {
        self.folder
            .join(format!("{target}.{}.{}.json", self.engine, self.sanitizer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_program_came_to_does_not_count() {
        let folder = std::env::temp_dir().join(format!("cardwire-fuzz-results-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let results = Results {
            folder: folder.join("results"),
            engine: Engine::Libfuzzer,
            sanitizer: Sanitizer::None,
            programs: Programs::of_folder(folder.clone()),
        };
        let program = |bytes: &[u8]| fs::write(folder.join("some"), bytes).expect("a file can be written");
        program(b"one");
        let mut outcome = results.of("some");
        assert_eq!((outcome.seconds, outcome.executions), (0.0, 0));
        outcome.seconds = 7.5;
        results.keep(&outcome).expect("it can be kept");
        assert_eq!(results.of("some"), outcome);
        program(b"other");
        assert_eq!(results.of("some").seconds, 0.0);
        assert_eq!(results.last("some"), Some(outcome.clone()), "it is still told");
        program(b"one");
        assert_eq!(results.of("some"), outcome, "the same program again");
        assert_eq!(results.of("another").seconds, 0.0);
        fs::remove_dir_all(folder).expect("it was there");
    }
}
