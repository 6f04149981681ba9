//! What every image of the reader does: gives the board to the firmware, and resets where nothing else is left to do.

/// Serves an interrupt.
pub type Handler = extern "C" fn();

/// Puts a chip's table of interrupts where its linker script expects it; for each image one.
#[macro_export]
macro_rules! interrupts {
    ($table:expr, $length:expr) => {
        #[allow(
            unsafe_code,
            reason = "the hardware reads the table at this place; the linker script expects this name"
        )]
        #[unsafe(link_section = ".vector_table.interrupts")]
        #[unsafe(no_mangle)]
        static __INTERRUPTS: [$crate::image::Handler; $length] = $table;
    };
}

/// The image for a board, of which the module with `start`, `fail` and the table of interrupts is named too.
#[macro_export]
macro_rules! image {
    ($($chip:ident)::+, $board:ident) => {
        mod image {
            use $($chip)::+ as chip;
            use chip::$board;
            use core::mem::MaybeUninit;
            use core::panic::PanicInfo;
            use $crate::environment::Environment;
            use $crate::firmware::{self, BoardReader};
            use $crate::{Firmware, identity};

            $crate::interrupts!(chip::INTERRUPTS, chip::INTERRUPTS.len());

            #[cortex_m_rt::entry]
            fn main() -> ! {
                // Not `Option`: its `None` would stand in flash, as large as the reader.
                static mut BOARD: MaybeUninit<$board> = MaybeUninit::uninit();
                static mut READER: MaybeUninit<BoardReader<'static, $board>> = MaybeUninit::uninit();
                static mut FIRMWARE: MaybeUninit<Firmware<'static, 'static, $board>> = MaybeUninit::uninit();

                let board = put(BOARD, $board::start);
                let reader = put(READER, || {
                    let mut environment = Environment::new(board);
                    let identity = identity::of_board(&mut environment);
                    firmware::boot(environment, identity)
                });
                put(FIRMWARE, || Firmware::new(reader)).run()
            }

            /// Makes a value and puts it in its place. Not inlined: `main` would never give back the stack that this takes.
            #[inline(never)]
            fn put<T>(place: &'static mut MaybeUninit<T>, make: impl FnOnce() -> T) -> &'static mut T {
                place.write(make())
            }

            /// A reader that doesn't know what to do next is safest just after a reset: keys gone, modules disabled.
            #[panic_handler]
            fn panic(info: &PanicInfo<'_>) -> ! {
                chip::fail(info.location())
            }
        }
    };
}
