//! Writes `vectors/messages`, `vectors/cbor`, `vectors/frames` and the manifest anew:
//! `cargo run --package cardwire-conformance --example vectors`.

use cardwire_conformance::vectors;
use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    for (path, bytes) in vectors::generate() {
        write(&root.join(path), &bytes)?;
    }
    let manifest = vectors::manifest(&vectors::files(&root)?);
    write(&root.join(vectors::MANIFEST), &manifest)
}

/// Writes a file if it is not so already, and tells.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::read(path).ok().as_deref() != Some(bytes) {
        println!("{}", path.display());
        fs::write(path, bytes)?;
    }
    Ok(())
}
