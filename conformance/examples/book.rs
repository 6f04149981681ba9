//! Writes the book's worked examples anew: `cargo run --package cardwire-conformance --example book`.

use core::error::Error;
use std::{fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/book/src");
    for (path, text) in cardwire_conformance::book::generate()? {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            println!("{}", path.display());
            fs::write(path, text)?;
        }
    }
    Ok(())
}
