//! The reader on an STM32F405, a Cortex-M4: all that a port to another chip is. It runs in QEMU's machine `netduinoplus2`.
//!
//! The contract is `cardwire_firmware::Board`; `src/board.rs` keeps it, and this file hands it to the firmware.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod board;
#[cfg(all(target_arch = "arm", target_os = "none"))]
mod registers;

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use super::board::Stm32f405;
    use cardwire_firmware::board::emulated;
    use cardwire_firmware::firmware::{self, BoardReader};
    use cardwire_firmware::{Firmware, identity};
    use core::cell::RefCell;
    use core::mem::MaybeUninit;
    use core::panic::PanicInfo;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        static mut BOARD: MaybeUninit<RefCell<Stm32f405>> = MaybeUninit::uninit();
        static mut READER: MaybeUninit<BoardReader<'static, Stm32f405>> = MaybeUninit::uninit();
        static mut FIRMWARE: MaybeUninit<Firmware<'static, Stm32f405>> = MaybeUninit::uninit();

        let board = put(BOARD, || RefCell::new(Stm32f405::start()));
        let reader = put(READER, || firmware::boot(board, identity::of_board(board)));
        put(FIRMWARE, || Firmware::new(board, reader)).run()
    }

    /// Makes a value and puts it in its place. Not inlined: `main` would never give back the stack that this takes.
    #[inline(never)]
    fn put<T>(place: &'static mut MaybeUninit<T>, make: impl FnOnce() -> T) -> &'static mut T {
        place.write(make())
    }

    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        emulated::fail(info.location())
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M4: run it with `cargo xtask firmware port-check`.");
    std::process::exit(2);
}
