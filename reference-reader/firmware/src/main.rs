//! The image: gives the board to the firmware, and resets where nothing else is left to do.
//!
//! On a host this compiles to a program that says what it is, so that a command for the whole workspace
//! (`cargo check --workspace`, an editor) needs no exception for it.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use cardwire_firmware::Firmware;
    use cardwire_firmware::board::lm3s6965::{self, Lm3s6965};
    use core::panic::PanicInfo;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        Firmware::new(Lm3s6965::start()).run()
    }

    /// A reader that doesn't know what to do next is safest just after a reset: keys gone, modules disabled.
    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        lm3s6965::fail(info.location())
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M: build it with `cargo xtask firmware build`.");
    std::process::exit(2);
}
