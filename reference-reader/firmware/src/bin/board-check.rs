//! An image that holds a board to the hardware contract, and ends with status 0 when the board keeps it.
//!
//! It resets several times on the way; how far it has come is the first byte of the flash, of which every phase
//! clears a bit. `cargo xtask firmware check` starts it on a new flash.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use cardwire_firmware::board::lm3s6965::Lm3s6965;
    use cardwire_firmware::board::{Board, Flash, FlashFailed};
    use core::panic::PanicInfo;
    use semihosting::{eprintln, println, process};

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let mut board = Lm3s6965::start();
        match next_phase(board.flash()) {
            0 => {
                flash_is_nor(board.flash());
                random_bytes_differ(&mut board);
                clock_and_sleep_agree(&mut board);
                println!("ok: flash, random bytes, clock, sleep");
                board.reset()
            }
            1 => {
                println!("ok: reset");
                cortex_m::asm::udf()
            }
            2 => {
                println!("ok: a fault resets");
                #[expect(clippy::empty_loop, reason = "a main loop that hangs is what is tested")]
                loop {}
            }
            _ => {
                println!("ok: the watchdog resets");
                process::exit(0)
            }
        }
    }

    /// The number of earlier runs; counts this one.
    fn next_phase(flash: &mut impl Flash) -> u32 {
        let mut phases = [0];
        flash.read(0, &mut phases).expect("the first byte can be read");
        let phase = phases[0].count_zeros();
        flash
            .program(0, &[0xff_u8.checked_shl(phase + 1).unwrap_or(0)])
            .expect("the first byte can be written");
        phase
    }

    fn flash_is_nor<F: Flash>(flash: &mut F) {
        let last = F::PAGES - 1;
        let end = F::PAGES * F::PAGE;
        let mut cell = [0; 2];
        flash.read(end - 2, &mut cell).expect("the end can be read");
        assert_eq!(cell, [0xff, 0xff], "what was never written is erased");
        flash
            .program(end - 2, &[0x0f, 0x55])
            .expect("the end can be written");
        flash
            .program(end - 2, &[0xf3, 0xaa])
            .expect("written bytes can be written again");
        flash.read(end - 2, &mut cell).expect("the end can be read");
        assert_eq!(cell, [0x03, 0x00], "programming only clears bits");
        flash.erase(last).expect("the last page can be erased");
        flash.read(end - 2, &mut cell).expect("the end can be read");
        assert_eq!(cell, [0xff, 0xff], "erasing sets all bits");
        assert_eq!(flash.read(end - 1, &mut cell), Err(FlashFailed::OutOfRange));
        assert_eq!(flash.program(usize::MAX, &cell), Err(FlashFailed::OutOfRange));
        assert_eq!(flash.erase(F::PAGES), Err(FlashFailed::OutOfRange));
    }

    fn random_bytes_differ(board: &mut impl Board) {
        let (mut one, mut two) = ([0; 32], [0; 32]);
        board.fill_random(&mut one).expect("the board has random bytes");
        board.fill_random(&mut two).expect("the board has random bytes");
        assert_ne!(one, two);
    }

    /// Sleeps through more than one round of SysTick, so that counting rounds is part of it.
    fn clock_and_sleep_agree(board: &mut impl Board) {
        let start = board.now_ms();
        let until = start + 1_500;
        let mut before = start;
        let mut wakes = 0;
        while before < until {
            board.feed_watchdog();
            board.idle(Some(until));
            let now = board.now_ms();
            assert!(now >= before, "the clock went back");
            before = now;
            wakes += 1;
        }
        assert!(wakes < 20, "the board doesn't sleep: it woke {wakes} times");
        println!("slept 1500 ms, woke {} times, {} ms late", wakes, before - until);
    }

    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        eprintln!("{info}");
        process::exit(1)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M: run it with `cargo xtask firmware check`.");
    std::process::exit(2);
}
