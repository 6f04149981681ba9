//! Gives each image its linker script, and the name and version that the reader states.

use std::path::Path;
use std::{env, fs, io};

#[path = "../first-stage/src/map.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with those who need the rest of it"
)]
mod map;

use map::Region;

/// The images of the board without slots.
const WITHOUT_SLOTS: [&str; 2] = ["cardwire-firmware", "board-check"];

/// Sets the version in the place of the package's.
const VERSION: &str = "CARDWIRE_FIRMWARE_VERSION";

/// Static RAM as `memory.x` has it, and with a card that has all its files.
const RAM_OF_READER: &str = "0x20004000, LENGTH = 16K";
const RAM_WITH_CARD: &str = "0x20004000, LENGTH = 24K";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../first-stage/src/map.rs");
    println!("cargo::rerun-if-env-changed={VERSION}");

    let version = env::var(VERSION).or_else(|_| env::var("CARGO_PKG_VERSION"));
    let software = format!("cardwire-firmware-{}", version.unwrap_or_default());
    let is_name = software.len() <= 32
        && software
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if !is_name {
        return Err(io::Error::other(format!(
            "`{software}` is no name of software: 1 to 32 letters, digits, `.`, `-` and `_`; change {VERSION}"
        )));
    }
    println!("cargo::rustc-env=CARDWIRE_SOFTWARE={software}");

    // Cores that read and write misaligned words: others have the functions of the compiler's library.
    println!("cargo::rustc-check-cfg=cfg(own_memory)");
    let target = env::var("TARGET").unwrap_or_default();
    if target.starts_with("thumbv7") || target.starts_with("thumbv8m.main") {
        println!("cargo::rustc-cfg=own_memory");
    }

    let bare_metal = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
    let Some(out) = env::var_os("OUT_DIR").filter(|_| bare_metal) else {
        return Ok(());
    };
    let out = Path::new(&out);
    // `cortex-m-rt` includes it to learn the names of interrupt handlers. Ours stand in a table of addresses
    // (`vectors.rs` of each board), so there is no name to learn.
    let all = out.join("all");
    fs::create_dir_all(&all)?;
    fs::write(all.join("device.x"), "")?;
    println!("cargo::rustc-link-search={}", all.display());
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    // Without it the linker puts the headers of the file in memory too, in front of an image that does not begin at 0.
    println!("cargo::rustc-link-arg-bins=--nmagic");

    // Each image finds the memory map of its own in a folder of its own.
    let mut own = fs::read_to_string("memory.x")?;
    if env::var_os("CARGO_FEATURE_BENCH").is_some() {
        // The card of the laboratory is no part of the reader, and takes what a product has for its own.
        own = own.replace(RAM_OF_READER, RAM_WITH_CARD);
    }
    for image in WITHOUT_SLOTS {
        give(out, image, &own)?;
    }
    give(out, "cardwire-firmware-mps2", &memory(map::SOFTWARE))?;
    give(out, "first-stage", &memory(map::FIRST_STAGE))
}

fn give(out: &Path, image: &str, memory: &str) -> io::Result<()> {
    let folder = out.join(image);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("memory.x"), memory)?;
    println!("cargo::rustc-link-arg-bin={image}=-L{}", folder.display());
    Ok(())
}

/// A memory map like that of `memory.x`, with the code elsewhere.
fn memory(code: Region) -> String {
    let region = |name: &str, Region { start, size }: Region| {
        format!("  {name} : ORIGIN = {start:#x}, LENGTH = {size}\n")
    };
    format!(
        "MEMORY\n{{\n{}{}{}}}\n_stack_start = {:#x};\n_stack_end = {:#x};\n",
        region("FLASH", code),
        region("STACK", map::STACK),
        region("RAM", map::RAM),
        map::STACK.end(),
        map::STACK.start,
    )
}
