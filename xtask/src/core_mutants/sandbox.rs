//! A copy of the workspace in which one mutant after the other is built and certified.

use crate::{
    changes::{Mutant, PARTS},
    copies::mirror,
    workspace::Workspace,
};
use anyhow::{Context as _, Result, bail};
use core::{fmt, time::Duration};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

/// What no mutant needs for its certification: it fails, or it is certified before. Who needs longer hangs the suite.
const PATIENCE: Duration = Duration::from_secs(300);

/// How fast the clock of the reader's board runs, so that its timers are not waited for.
const CLOCK_RATE: &str = "10";

/// How many readers share the cases: nearly all of a certification is waiting.
const READERS: &str = "6";

/// What a run ends with that stopped at its first failure.
const INTERRUPTED: i32 = 130;

/// What came of one mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tried {
    /// It does not compile.
    NotViable,
    /// It was certified.
    Survived,
    /// A case failed: the first that did.
    Killed(String),
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotViable => f.write_str("not viable"),
            Self::Survived => f.write_str("SURVIVED  "),
            Self::Killed(case) => write!(f, "killed by {case}"),
        }
    }
}

/// The copy.
pub(super) struct Sandbox {
    root: PathBuf,
    cargo: PathBuf,
    cardwire: PathBuf,
}

impl Sandbox {
    /// Copies the workspace. What was built in it before stays, so that dependencies are built once.
    pub(super) fn make(workspace: &Workspace, number: u8) -> Result<Self> {
        let root = workspace.target.join(format!("core-mutants/{number}"));
        fs::create_dir_all(&root)?;
        for part in PARTS {
            mirror(&workspace.root.join(part), &root.join(part))?;
        }
        let sandbox = Self {
            cargo: workspace.cargo().get_program().into(),
            cardwire: workspace.target.join("release/cardwire"),
            root,
        };
        if !sandbox.builds()? {
            bail!("the reader does not build as it is");
        }
        match sandbox.certify()? {
            Tried::Survived => Ok(sandbox),
            Tried::Killed(case) => {
                bail!("the reader without a change does not pass {case}: mutants would prove nothing")
            }
            Tried::NotViable => bail!("the reader without a change was not certified"),
        }
    }

    /// Builds a mutant and has it certified.
    pub(super) fn try_mutant(&self, mutant: &Mutant) -> Result<Tried> {
        let file = self.root.join(&mutant.file);
        let original = fs::read(&file).with_context(|| format!("{} can't be read", mutant.file))?;
        let tried = mutant.apply(&self.root).and_then(|()| match self.builds()? {
            true => self.certify(),
            false => Ok(Tried::NotViable),
        });
        fs::write(&file, original)?;
        tried.with_context(|| mutant.name.clone())
    }

    fn builds(&self) -> Result<bool> {
        let mut cargo = Command::new(&self.cargo);
        let status = cargo
            .current_dir(&self.root)
            .args([
                "build",
                "--quiet",
                "--offline",
                "--package",
                "cardwire-host",
                "--example",
                "reader",
                "--target-dir",
            ])
            .arg(self.root.join("target"))
            // What is unused because of a change is nobody's business.
            .env("RUSTFLAGS", "--cap-lints allow")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            // Fast enough for a clock that runs ahead: signatures are checked by dependencies, which are built once.
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            .args(["--config", "profile.dev.package.\"*\".opt-level=3"])
            .stderr(Stdio::null())
            .status()
            .context("cargo can't be started")?;
        Ok(status.success())
    }

    fn certify(&self) -> Result<Tried> {
        let file = |name: &str| self.root.join(name).display().to_string();
        for name in ["states", "report"] {
            let path = self.root.join(name);
            if path.is_dir() {
                fs::remove_dir_all(path)?;
            }
        }
        fs::create_dir(self.root.join("states"))?;
        // Unix sockets have short names.
        let number = self.root.file_name().unwrap_or_default().to_string_lossy();
        let socket = std::env::temp_dir().join(format!(
            "cardwire-mutant-{}-{number}-{{device}}",
            std::process::id()
        ));
        let endpoint = format!(
            "exec:'{}' {CLOCK_RATE} '{}' '{}'",
            file("target/debug/examples/reader"),
            file("states/{device}"),
            socket.display()
        );
        let card = |what: &str| {
            format!(
                "'{}' card {what} --control 'unix:{}'",
                self.cardwire.display(),
                socket.display()
            )
        };
        let mut command = Command::new(&self.cardwire);
        command
            .args(["certify", "reader", &endpoint, "--format", "json", "--fail-fast"])
            .args(["--jobs", READERS])
            .arg("--ics")
            .arg(file("reference-reader/ics/host.toml"))
            .arg("--ixit")
            .arg(file("reference-reader/ics/host-ixit.toml"))
            .args(["--clock-rate", CLOCK_RATE, "--report", &file("report")])
            .args([
                "--remove-card",
                &card("remove --quiet"),
                "--insert-card",
                &card("insert --quiet"),
                "--power-trace",
                &card("power"),
                "--module-fault",
                &card("fault --quiet"),
                "--card-emulator",
                &card("emulate --quiet"),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().context("the suite can't be started")?;
        let Some(code) = wait(&mut child)? else {
            return Ok(Tried::Killed(
                "its silence: the suite did not come to an end".into(),
            ));
        };
        match code {
            0 => Ok(Tried::Survived),
            1 | INTERRUPTED => Ok(Tried::Killed(first_failure(
                &self.root.join("report/report.json"),
            )?)),
            3 => Ok(Tried::Killed("its absence: it can't be reached".into())),
            code => bail!("`cardwire certify` ended with {code}"),
        }
    }
}

/// The exit code; none where it had to be ended.
fn wait(child: &mut Child) -> Result<Option<i32>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[derive(Deserialize)]
struct Report {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    verdict: String,
}

fn first_failure(report: &Path) -> Result<String> {
    let report: Report = serde_json::from_slice(&fs::read(report)?)?;
    let right = ["pass", "non-strict", "not-applicable"];
    let failed = report
        .cases
        .into_iter()
        .find(|case| !right.contains(&case.verdict.as_str()));
    Ok(failed.map_or_else(|| "the run as a whole".into(), |case| case.id))
}
