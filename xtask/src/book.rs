//! The book: it builds without a warning, and its links lead somewhere.

use crate::{
    tools::{LYCHEE, MDBOOK},
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, ensure};
use std::path::PathBuf;

/// Builds the book, and checks its links and those of the other documents in the workspace.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let html = build(workspace)?;
    let mut lychee = LYCHEE.command(workspace)?;
    lychee.args(["--offline", "--no-progress", "--include-fragments", "--root-dir"]);
    lychee.arg(&html).arg(&html);
    workspace::run(&mut lychee).context("a link of the book leads nowhere")?;
    let mut lychee = LYCHEE.command(workspace)?;
    lychee.args([
        "--offline",
        "--no-progress",
        "--include-fragments",
        "*.md",
        "*/README.md",
    ]);
    workspace::run(&mut lychee).context("a link of a document leads nowhere")
}

/// Builds the book as HTML, and returns the folder.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let html = workspace.target.join("book");
    let mut mdbook = MDBOOK.command(workspace)?;
    mdbook.args(["build", "spec/book", "--dest-dir"]).arg(&html);
    let output = mdbook.output().context("mdbook can't be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    print!("{said}");
    ensure!(output.status.success(), "mdbook failed ({})", output.status);
    let complains = |line: &&str| line.contains("WARN") || line.contains("ERROR");
    let complaints: Vec<&str> = said.lines().filter(complains).collect();
    ensure!(complaints.is_empty(), "mdbook warns: {}", complaints.join("\n"));
    println!("the book is in {}", html.display());
    Ok(html)
}
