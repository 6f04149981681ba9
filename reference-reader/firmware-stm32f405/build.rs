//! Gives the linker the memory map of the chip, and only where the image is built for it.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rerun-if-changed=build.rs");

    let bare_metal = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    let Some(out) = env::var_os("OUT_DIR").filter(|_| bare_metal) else {
        return Ok(());
    };
    fs::copy("memory.x", Path::new(&out).join("memory.x"))?;
    // `cortex-m-rt` includes it to learn the names of interrupt handlers. Ours stand in a table of addresses
    // (`src/board.rs`), so there is no name to learn.
    fs::write(Path::new(&out).join("device.x"), "")?;
    println!("cargo::rustc-link-search={}", Path::new(&out).display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    Ok(())
}
