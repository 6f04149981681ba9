//! Copies the core's sources, applies the patches of `reference-reader/faulty/patches`, and leaves the result for
//! `src/lib.rs`.

use core::error::Error;
use std::{env, path::Path, process};

fn main() {
    if let Err(error) = make() {
        // As it is, not as a debugger shows it.
        println!("cargo::error=the faulty readers can't be made of the core");
        eprintln!("{error}");
        process::exit(1);
    }
}

fn make() -> Result<(), Box<dyn Error>> {
    let here = env::var("CARGO_MANIFEST_DIR")?;
    let (core, patches) = (
        Path::new(&here).join("../../core/src"),
        Path::new(&here).join("../patches"),
    );
    for folder in [&core, &patches] {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let mut patched = cardwire_patched::apply(&core, &patches)?;
    if !patched.stale.is_empty() {
        let told: Vec<_> = patched.stale.iter().map(ToString::to_string).collect();
        return Err(told.join("\n\n").into());
    }
    // Its unit tests are those of the core, and run there.
    for (path, file) in &mut patched.files {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = core::str::from_utf8(file)?;
            *file = text.replace("#[cfg(test)]", "#[cfg(any())]").into_bytes();
        }
    }
    // What is said of a whole crate stands in `src/lib.rs`: it can't be included.
    let root = patched
        .files
        .get_mut(Path::new("lib.rs"))
        .ok_or("the core has no lib.rs")?;
    let text = core::str::from_utf8(root)?;
    let items: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("//!") && !line.starts_with("#!["))
        .collect();
    *root = items.join("\n").into_bytes();
    cardwire_patched::write(&Path::new(&env::var("OUT_DIR")?).join("core"), &patched.files)?;
    Ok(())
}
