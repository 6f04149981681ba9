//! Writes `vectors/messages` and `vectors/frames` anew: `cargo run --package cardwire-conformance --example vectors`.

use std::{fs, path::Path};

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    for (path, bytes) in cardwire_conformance::vectors::generate() {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::read(&path).ok().as_deref() != Some(&bytes) {
            println!("{}", path.display());
            fs::write(path, bytes)?;
        }
    }
    Ok(())
}
