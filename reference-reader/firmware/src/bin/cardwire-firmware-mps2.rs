//! The image for `mps2-an385`, which the first stage copies to where it runs.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
cardwire_firmware::image!(cardwire_firmware::board::mps2, Mps2);

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M: build it with `cargo xtask firmware build`.");
    std::process::exit(2);
}
