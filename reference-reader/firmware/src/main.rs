//! The image for `lm3s6965evb`, which runs from the first address on, without a first stage.
//!
//! On a host this compiles to a program that says what it is, so that a command for the whole workspace
//! (`cargo check --workspace`, an editor) needs no exception for it.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
cardwire_firmware::image!(cardwire_firmware::board::lm3s6965, Lm3s6965);

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M: build it with `cargo xtask firmware build`.");
    std::process::exit(2);
}
