//! A copy of the codec, in a workspace of its own, to be changed and tried.

use crate::{
    copies::mirror,
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, bail, ensure};
use core::time::Duration;
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

/// All that the vectors take is seconds. Who needs longer will not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// The test that runs the vectors.
const TEST: &str = "vectors";

/// The copy.
pub(super) struct Sandbox {
    root: PathBuf,
    cargo: PathBuf,
}

/// What came of running the vectors.
pub(super) enum Outcome {
    /// Every vector is kept.
    Kept,
    /// These are not.
    Caught(Vec<Vector>),
    /// It has not ended.
    Hung,
}

/// A vector that is not kept.
pub(super) struct Vector {
    /// The rule that it wants named, or `taken`.
    pub(super) wanted: String,
    /// Its file and name.
    pub(super) title: String,
}

impl Sandbox {
    /// Copies what the codec and its vectors are made of. What was built before stays, so that it is built once.
    pub(super) fn make(workspace: &Workspace) -> Result<Self> {
        let root = workspace.target.join("mutants");
        for folder in [
            "codec/src",
            "codec/tests/vectors",
            "vectors/messages",
            "vectors/cbor",
            "vectors/frames",
        ] {
            mirror(&workspace.root.join(folder), &root.join(folder))?;
        }
        let manifest = read_table(&workspace.root.join("Cargo.toml"))?;
        write_table(&root.join("Cargo.toml"), &workspace_of_codec(manifest)?)?;
        let manifest = read_table(&workspace.root.join("codec/Cargo.toml"))?;
        write_table(&root.join("codec/Cargo.toml"), &codec_with_vectors(manifest))?;
        fs::copy(workspace.root.join("Cargo.lock"), root.join("Cargo.lock"))?;
        Ok(Self {
            root,
            cargo: workspace.cargo().get_program().into(),
        })
    }

    /// Changes a file of the codec until what is returned goes out of use.
    pub(super) fn apply(&self, file: &str, find: &str, replace: &str) -> Result<Applied> {
        let path = self.root.join("codec/src").join(file);
        let original =
            fs::read_to_string(&path).with_context(|| format!("codec/src/{file} can't be read"))?;
        let times = original.matches(find).count();
        ensure!(
            times == 1,
            "what it looks for stands there {times} times and has to stand there once: the codec has changed, so \
             change the mutant"
        );
        fs::write(&path, original.replacen(find, replace, 1))?;
        Ok(Applied { path, original })
    }

    /// Builds the copy as it is, and runs the vectors.
    pub(super) fn try_vectors(&self) -> Result<Outcome> {
        let mut cargo = Command::new(&self.cargo);
        cargo
            .current_dir(&self.root)
            .args(["test", "--quiet", "--package", "cardwire-codec", "--test", TEST])
            // The vectors say which field an error names.
            .args(["--features", "names", "--target-dir"])
            .arg(self.root.join("target"))
            // What is unused because a rule is gone is nobody's business.
            .env("RUSTFLAGS", "--cap-lints allow")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
            // One line after the other changes in the same crate.
            .env("CARGO_INCREMENTAL", "1");
        let programs = workspace::test_programs(&mut cargo)?;
        let [program] = programs.as_slice() else {
            bail!("the test `{TEST}` of the codec is not there");
        };
        run(Command::new(program).current_dir(self.root.join("codec")))
    }
}

fn run(program: &mut Command) -> Result<Outcome> {
    let mut child = program
        .args(["--nocapture", "--test-threads", "1"])
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("the vectors can't be started")?;
    let mut output = child.stdout.take().context("it has no standard output")?;
    let reader = thread::spawn(move || {
        let mut said = String::new();
        output.read_to_string(&mut said).map(|_| said)
    });
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(Outcome::Hung);
        }
        thread::sleep(Duration::from_millis(20));
    };
    let Ok(said) = reader.join() else {
        bail!("what the vectors said can't be read");
    };
    if status.success() {
        return Ok(Outcome::Kept);
    }
    Ok(Outcome::Caught(said?.lines().filter_map(vector).collect()))
}

/// Reads a line such as `not kept: truncated, messages/hello: cut-at-1: taken`.
fn vector(line: &str) -> Option<Vector> {
    let (wanted, rest) = line.strip_prefix("not kept: ")?.split_once(", ")?;
    let mut parts = rest.split(": ");
    Some(Vector {
        wanted: wanted.to_owned(),
        title: format!("{} {}", parts.next()?, parts.next()?),
    })
}

/// A changed file, which is put back when this goes out of use.
pub(super) struct Applied {
    path: PathBuf,
    original: String,
}

impl Drop for Applied {
    fn drop(&mut self) {
        // It lies below the target directory, and is copied anew by the next run.
        let _ = fs::write(&self.path, &self.original);
    }
}

/// The root manifest, with the codec as the only member.
fn workspace_of_codec(mut manifest: toml::Table) -> Result<toml::Table> {
    let workspace = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut);
    let workspace = workspace.context("the root manifest has no workspace")?;
    workspace.insert("members".to_owned(), vec!["codec"].into());
    workspace.remove("default-members");
    // It speaks of packages that are not here.
    manifest.remove("profile");
    Ok(manifest)
}

/// The codec's manifest, with what the vectors need of its dependencies for tests, and no more.
fn codec_with_vectors(mut manifest: toml::Table) -> toml::Table {
    let inherited = toml::Table::from_iter([("workspace".to_owned(), true.into())]);
    let needed = toml::Table::from_iter([("serde_json".to_owned(), inherited.into())]);
    manifest.insert("dev-dependencies".to_owned(), needed.into());
    for target in ["bench", "example", "test"] {
        manifest.remove(target);
    }
    manifest
}

fn read_table(file: &Path) -> Result<toml::Table> {
    let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    Ok(text.parse()?)
}

fn write_table(file: &Path, table: &toml::Table) -> Result<()> {
    Ok(fs::write(file, table.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::{codec_with_vectors, vector, workspace_of_codec};

    #[test]
    fn reads_what_is_not_kept() {
        let read = vector("not kept: truncated, messages/hello: cut-at-1: taken").expect("it is such a line");
        assert_eq!(read.wanted, "truncated");
        assert_eq!(read.title, "messages/hello cut-at-1");
        assert!(vector("running 2 tests").is_none());
    }

    #[test]
    fn manifests_are_cut_down_to_the_codec() {
        let root = "[workspace]\nmembers = [\"a\", \"b\"]\ndefault-members = [\"a\"]\n[profile.dev.package]\nx = {}\n";
        let root = workspace_of_codec(root.parse().expect("it is TOML")).expect("it has a workspace");
        assert_eq!(root.to_string(), "[workspace]\nmembers = [\"codec\"]\n");
        let codec = "[dev-dependencies]\nproptest = { workspace = true }\n[[bench]]\nname = \"b\"\n";
        let codec = codec_with_vectors(codec.parse().expect("it is TOML"));
        assert_eq!(
            codec.to_string(),
            "[dev-dependencies.serde_json]\nworkspace = true\n"
        );
    }
}
