//! What the image begins with, and what every panic would come to.

use crate::entries::{ENTRIES, READER};
use core::{hint::black_box, panic::PanicInfo};

/// Keeps all entry points, as if somebody called them with arguments that nobody knows.
#[expect(unsafe_code, reason = "the linker knows the entry by this name")]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    black_box((&ENTRIES, &READER));
    #[expect(clippy::empty_loop, reason = "it is never run")]
    loop {}
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    a_panic()
}

/// Stands in the image if there is anything that can panic.
#[inline(never)]
fn a_panic() -> ! {
    loop {
        black_box(());
    }
}
