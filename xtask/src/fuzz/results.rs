//! What came of each target: kept while a campaign runs, so that one that is interrupted goes on.

use super::{
    Places,
    programs::{Engine, Sanitizer},
};
use crate::{copies, workspace::Workspace};
use anyhow::{Context as _, Result};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::{fs, path::PathBuf};

/// What the targets are built from: what was found in other sources says nothing of these.
const SOURCES: [&str; 12] = [
    "Cargo.lock",
    "fuzz/src",
    "fuzz/libfuzzer",
    "spec/protocol.toml",
    "spec/src",
    "codec/src",
    "codec/agreement/src",
    "reference-reader/core/src",
    "reference-reader/simcard/src",
    "reference-reader/store/src",
    "peers/src",
    "conformance/src",
];

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

/// What came of one target, with one engine and sanitizer, in all the time that it had with one digest of sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) target: String,
    pub(super) engine: String,
    pub(super) sanitizer: String,
    /// Of the sources.
    pub(super) digest: String,
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
    digest: String,
}

impl Results {
    pub(super) fn open(workspace: &Workspace, engine: Engine, sanitizer: Sanitizer) -> Result<Self> {
        Ok(Self {
            folder: Places::of(workspace).made.join("results"),
            engine,
            sanitizer,
            digest: format!("{:016x}", copies::digest(&workspace.root, &SOURCES)?),
        })
    }

    /// What is known of a target and these sources; that nothing was tried where nothing is.
    pub(super) fn of(&self, target: &str) -> Outcome {
        let known = fs::read(self.file(target))
            .ok()
            // One that was cut short is none.
            .and_then(|text| serde_json::from_slice::<Outcome>(&text).ok());
        known
            .filter(|outcome| outcome.digest == self.digest)
            .unwrap_or_else(|| Outcome {
                target: target.to_owned(),
                engine: self.engine.to_string(),
                sanitizer: self.sanitizer.to_string(),
                digest: self.digest.clone(),
                ..Outcome::default()
            })
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
    fn what_other_sources_came_to_does_not_count() {
        let folder = std::env::temp_dir().join(format!("cardwire-fuzz-results-{}", std::process::id()));
        let results = |digest: &str| Results {
            folder: folder.clone(),
            engine: Engine::Libfuzzer,
            sanitizer: Sanitizer::None,
            digest: digest.to_owned(),
        };
        let mut outcome = results("a").of("some");
        assert_eq!((outcome.seconds, outcome.executions), (0.0, 0));
        outcome.seconds = 7.5;
        results("a").keep(&outcome).expect("it can be kept");
        assert_eq!(results("a").of("some"), outcome);
        assert_eq!(results("b").of("some").seconds, 0.0);
        assert_eq!(results("a").of("other").seconds, 0.0);
        fs::remove_dir_all(folder).expect("it was there");
    }
}
