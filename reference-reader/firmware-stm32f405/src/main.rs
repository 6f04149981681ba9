//! The reader on an STM32F405, a Cortex-M4: all that a port to another chip is. It runs in QEMU's machine `netduinoplus2`.
//!
//! The contract is `cardwire_firmware::Board`; `src/board.rs` keeps it, and this file hands it to the firmware.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod board;

#[cfg(all(target_arch = "arm", target_os = "none"))]
cardwire_firmware::image!(crate::board, Stm32f405);

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M4: run it with `cargo xtask firmware port-check`.");
    std::process::exit(2);
}
