//! Files that are made from `spec/protocol.toml` and committed, so that a reviewer sees what a change of the
//! protocol changes, and nobody needs a generator to build.

use crate::workspace::Workspace;
use anyhow::{Context as _, Result, bail};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io};

/// One generated file.
struct Generated {
    /// Where it is, from the root.
    path: &'static str,
    /// Its content. Rust code is formatted afterwards.
    render: fn() -> String,
}

/// Every generated file of the workspace.
const FILES: &[Generated] = &[];

/// Writes the files that are stale.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    for (path, content) in stale(&workspace.root, FILES)? {
        let file = workspace.root.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, content).with_context(|| format!("{path} can't be written"))?;
        println!("{path}");
    }
    Ok(())
}

/// Fails when a file is stale.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let stale = stale(&workspace.root, FILES)?;
    if stale.is_empty() {
        println!("all {} generated files are up to date", FILES.len());
        return Ok(());
    }
    let paths: Vec<_> = stale.iter().map(|(path, _)| *path).collect();
    bail!("stale: {}; run `cargo xtask generate`", paths.join(", "))
}

/// The files whose content is not what it should be, with what it should be.
fn stale<'a>(root: &Path, files: &'a [Generated]) -> Result<Vec<(&'a str, String)>> {
    let mut stale = Vec::new();
    for Generated { path, render } in files {
        let mut content = render();
        if path.ends_with(".rs") {
            content = formatted(root, content).with_context(|| format!("{path} can't be formatted"))?;
        }
        match fs::read_to_string(root.join(path)) {
            Ok(there) if there == content => {}
            Ok(_) => stale.push((*path, content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push((*path, content)),
            Err(error) => return Err(error).with_context(|| format!("{path} can't be read")),
        }
    }
    Ok(stale)
}

/// Generated code passes `cargo fmt --check` like any other.
fn formatted(root: &Path, code: String) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt can't be started")?;
    let mut input = rustfmt.stdin.take().context("rustfmt has no input")?;
    // From a thread of its own: rustfmt may write before it has read all, and both pipes would be full.
    let writer = std::thread::spawn(move || input.write_all(code.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused it");
    }
    writer
        .join()
        .map_err(|_| anyhow::anyhow!("the code can't be handed to rustfmt"))??;
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::{Generated, stale};
    use std::fs;
    use std::path::Path;

    const FILES: &[Generated] = &[
        Generated {
            path: "table.md",
            render: || "| a |\n".to_owned(),
        },
        Generated {
            path: "types.rs",
            render: || "pub   struct A ;".to_owned(),
        },
    ];

    fn names(root: &Path) -> Vec<&'static str> {
        stale(root, FILES)
            .expect("the folder can be read")
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }

    #[test]
    fn a_file_is_stale_when_it_is_absent_or_differs() {
        let root = std::env::temp_dir().join(format!("cardwire-generate-{}", std::process::id()));
        fs::create_dir_all(&root).expect("a temporary folder can be made");
        fs::write(root.join("rustfmt.toml"), "").expect("it can be written to");
        assert_eq!(names(&root), ["table.md", "types.rs"], "absent");

        for (path, content) in stale(&root, FILES).expect("the folder can be read") {
            fs::write(root.join(path), content).expect("it can be written to");
        }
        assert_eq!(names(&root), [""; 0], "written");
        let code = fs::read_to_string(root.join("types.rs")).expect("it was written");
        assert_eq!(code, "pub struct A;\n", "formatted");

        fs::write(root.join("table.md"), "| b |\n").expect("it can be written to");
        assert_eq!(names(&root), ["table.md"], "edited by hand");
        fs::remove_dir_all(&root).expect("it is ours");
    }
}
