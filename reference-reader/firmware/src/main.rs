//! The image: gives the board to the firmware, and resets where nothing else is left to do.
//!
//! On a host this compiles to a program that says what it is, so that a command for the whole workspace
//! (`cargo check --workspace`, an editor) needs no exception for it.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use cardwire_firmware::board::lm3s6965::{self, Lm3s6965};
    use cardwire_firmware::firmware::{self, BoardReader};
    use cardwire_firmware::{Firmware, identity};
    use core::cell::RefCell;
    use core::mem::MaybeUninit;
    use core::panic::PanicInfo;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        // Not `Option`: its `None` would stand in flash, as large as the reader.
        static mut BOARD: MaybeUninit<RefCell<Lm3s6965>> = MaybeUninit::uninit();
        static mut READER: MaybeUninit<BoardReader<'static, Lm3s6965>> = MaybeUninit::uninit();
        static mut FIRMWARE: MaybeUninit<Firmware<'static, Lm3s6965>> = MaybeUninit::uninit();

        let board = put(BOARD, || RefCell::new(Lm3s6965::start()));
        let reader = put(READER, || firmware::boot(board, identity::of_board(board)));
        put(FIRMWARE, || Firmware::new(board, reader)).run()
    }

    /// Makes a value and puts it in its place. Not inlined: `main` would never give back the stack that this takes.
    #[inline(never)]
    fn put<T>(place: &'static mut MaybeUninit<T>, make: impl FnOnce() -> T) -> &'static mut T {
        place.write(make())
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
