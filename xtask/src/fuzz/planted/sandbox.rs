//! A copy of the workspace in which one bug after the other is planted and looked for.

use super::super::{
    Places,
    inputs::Inputs,
    libfuzzer::{self, Job},
    programs::{ANY, Programs},
};
use crate::{
    changes::{Mutant, PARTS},
    copies::mirror,
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, bail, ensure};
use core::{fmt, time::Duration};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// How long each target looks before the next one does, the first time; each round is twice as long as the one before.
const TURN: Duration = Duration::from_secs(5);

/// Made for builds that are quick: what is changed is built again for every bug, what it depends on is not.
const PROFILE: &str = "[profile.release]\nopt-level = 1\nincremental = true\n\n\
                       [profile.release.package.\"*\"]\nopt-level = 3\n";

/// What came of one bug.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tried {
    /// It does not compile.
    NotViable,
    /// An input breaks a property.
    Found {
        /// The target that it is an input of.
        target: String,
        /// How long targets looked, one at a time.
        seconds: f64,
        /// Whether the input stood in the corpus.
        replayed: bool,
    },
    /// No input did in this time.
    NotFound {
        /// How long targets looked, one at a time.
        seconds: f64,
    },
}

impl Tried {
    pub(super) const fn is_found(&self) -> bool {
        matches!(self, Self::Found { .. })
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotViable => f.write_str("does not compile"),
            Self::Found {
                target,
                seconds,
                replayed,
            } => {
                let how = if *replayed { "corpus of " } else { "" };
                write!(f, "found by {how}{target} in {seconds:.0} s")
            }
            Self::NotFound { seconds } => write!(f, "NOT FOUND in {seconds:.0} s"),
        }
    }
}

/// The copy.
pub(super) struct Sandbox {
    root: PathBuf,
    targets: Vec<String>,
    /// The program without a bug.
    sound: PathBuf,
    /// The committed corpora, and what is made in this copy.
    places: Places,
}

impl Sandbox {
    /// Copies the workspace. What was built in it before stays, so that dependencies are built once.
    pub(super) fn make(
        workspace: &Workspace,
        inputs: &Inputs,
        targets: &[String],
        number: u8,
    ) -> Result<Self> {
        let root = workspace.target.join(format!("fuzz/planted/{number}"));
        fs::create_dir_all(root.join(".cargo"))?;
        for part in PARTS {
            mirror(&workspace.root.join(part), &root.join(part))?;
        }
        fs::write(root.join(".cargo/config.toml"), PROFILE)?;
        let places = Places::at(&workspace.root, root.join("made"));
        workspace::run(inputs.command(workspace).arg("seeds").arg(places.seeds()))?;
        let programs = Programs::build_any(workspace, &root)?.with_context(|| {
            format!(
                "the targets do not build as they are: see {}",
                root.join("build.log").display()
            )
        })?;
        let sound = root.join("sound");
        fs::copy(programs.of(ANY), &sound)?;
        let sandbox = Self {
            root,
            targets: targets.to_vec(),
            sound,
            places,
        };
        sandbox.clear()?;
        for target in &sandbox.targets {
            ensure!(
                sandbox.look(&sandbox.sound, target, None)?.is_none(),
                "an input in the corpus of {target} breaks its property without any bug planted"
            );
        }
        Ok(sandbox)
    }

    /// Plants a bug, and has every target look for it.
    pub(super) fn try_mutant(&self, workspace: &Workspace, mutant: &Mutant, span: Duration) -> Result<Tried> {
        let file = self.root.join(&mutant.file);
        let original = fs::read(&file).with_context(|| format!("{} can't be read", mutant.file))?;
        let built = mutant
            .apply(&self.root)
            .and_then(|()| Programs::build_any(workspace, &self.root));
        fs::write(&file, original)?;
        let tried = match built {
            Ok(Some(programs)) => self.search(&programs.of(ANY), span),
            Ok(None) => Ok(Tried::NotViable),
            Err(error) => Err(error),
        };
        tried.with_context(|| mutant.name.clone())
    }

    fn search(&self, program: &Path, span: Duration) -> Result<Tried> {
        self.clear()?;
        let begin = Instant::now();
        for target in &self.targets {
            if self.finds(program, target, None)? {
                return Ok(found(target, begin, true));
            }
        }
        let mut turn = TURN;
        while begin.elapsed() < span {
            for target in &self.targets {
                let left = span.saturating_sub(begin.elapsed());
                if !left.is_zero() && self.finds(program, target, Some(turn.min(left)))? {
                    return Ok(found(target, begin, false));
                }
            }
            turn *= 2;
        }
        Ok(Tried::NotFound {
            seconds: begin.elapsed().as_secs_f64(),
        })
    }

    /// Whether a target finds the bug: that nothing is wrong without it is a part of that.
    fn finds(&self, program: &Path, target: &str, span: Option<Duration>) -> Result<bool> {
        let Some(crash) = self.look(program, target, span)? else {
            return Ok(false);
        };
        let mut sound = libfuzzer::command(&self.sound, target);
        if !sound.arg(&crash).output()?.status.success() {
            bail!(
                "{} breaks the property of {target} without any bug planted: `cargo xtask fuzz repro --target {target} {0}` \
                 explains it; mend that first",
                crash.display()
            );
        }
        Ok(true)
    }

    fn look(&self, program: &Path, target: &str, span: Option<Duration>) -> Result<Option<PathBuf>> {
        let job = Job {
            program,
            target,
            places: &self.places,
            span,
        };
        libfuzzer::run(&job, &mut |_| ())
    }

    /// Forgets what was found with another bug.
    fn clear(&self) -> Result<()> {
        for target in &self.targets {
            for folder in [self.places.grown(target), self.places.crashes(target)] {
                if folder.exists() {
                    fs::remove_dir_all(folder)?;
                }
            }
        }
        Ok(())
    }
}

fn found(target: &str, begin: Instant, replayed: bool) -> Tried {
    Tried::Found {
        target: target.to_owned(),
        seconds: begin.elapsed().as_secs_f64(),
        replayed,
    }
}
