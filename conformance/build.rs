//! The digest of what the suite judges by: its own sources, those of the crates that it judges with, schema, book,
//! services and sequences. Reports state it, so that two runs can be told to be of the same suite.

use sha2::{Digest as _, Sha256};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// What is part of it, from the workspace's root.
const PARTS: [&str; 9] = [
    "codec/src",
    "conformance/src",
    "peers/src",
    "spec/book/src",
    "spec/protocol.toml",
    "spec/services",
    "spec/src",
    "vectors/identities",
    "vectors/session",
];

/// Endings of the files that count. What an editor leaves beside them doesn't.
const ENDINGS: [&str; 7] = ["css", "html", "json", "logic", "md", "rs", "toml"];

fn main() -> io::Result<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("..");
    let mut files = Vec::new();
    for part in PARTS {
        println!("cargo::rerun-if-changed={}", root.join(part).display());
        collect(&root, Path::new(part), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for name in files {
        // A checkout may have given its lines other ends.
        let content = fs::read_to_string(root.join(&name))?.replace("\r\n", "\n");
        digest.update(format!("{name}\n{}\n", content.len()));
        digest.update(content);
    }
    println!("cargo::rustc-env=CARDWIRE_SUITE_DIGEST={:x}", digest.finalize());
    Ok(())
}

/// The files of a part, by names that are the same on every system.
fn collect(root: &Path, part: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let path: PathBuf = root.join(part);
    // What is generated follows from the schema, and the ledger from what the suite was proven with.
    if path.is_dir() && !part.ends_with("generated") {
        for entry in fs::read_dir(path)? {
            collect(root, &part.join(entry?.file_name()), files)?;
        }
    } else if part
        .extension()
        .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
    {
        let names: Vec<_> = part.iter().map(|name| name.to_string_lossy()).collect();
        files.push(names.join("/"));
    }
    Ok(())
}
