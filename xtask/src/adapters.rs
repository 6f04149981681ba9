//! The certification of the codecs that speak through an adapter: ours, and the one in Python that is written from the
//! book.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result};

/// Certifies each adapter of `conformance/adapters`.
pub(crate) fn certify(workspace: &Workspace) -> Result<()> {
    let packages = ["--package", "cardwire-cli", "--package", "cardwire-codec-adapter"];
    workspace::run(workspace.cargo().args(["build", "--release"]).args(packages))?;
    let release = workspace.target.join("release");
    let ours = release.join("cardwire-codec-adapter").display().to_string();
    let python = workspace.root.join("conformance/adapters/python/adapter.py");
    let adapters = [
        ("rust", vec![ours]),
        ("python", vec!["python3".to_owned(), python.display().to_string()]),
    ];
    for (language, program) in adapters {
        let mut command = workspace.command(release.join("cardwire"));
        command
            .args(["certify", "codec", "--report"])
            .arg(workspace.target.join("certify").join(format!("codec-{language}")))
            .arg("--")
            .args(program);
        workspace::run(&mut command).with_context(|| format!("the adapter in {language}"))?;
    }
    Ok(())
}
