//! An image that holds a board to the hardware contract, and ends with status 0 when the board keeps it.
//!
//! It resets several times on the way; how far it has come stands in the first words of the flash, of which every phase
//! clears one. `cargo xtask firmware check` starts it on a new flash.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use cardwire_firmware::board::Board;
    use cardwire_firmware::board::lm3s6965::{INTERRUPTS, Lm3s6965};
    use core::panic::PanicInfo;
    use embedded_storage::nor_flash::NorFlash;
    use semihosting::{eprintln, println, process};

    cardwire_firmware::interrupts!(INTERRUPTS, INTERRUPTS.len());

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

    /// The number of earlier runs: as many words of the first page are cleared; this one clears the next.
    fn next_phase<F: NorFlash>(flash: &mut F) -> u32 {
        let (mut word, mut phase, mut at) = ([0; 64], 0, 0);
        let word = &mut word[..F::WRITE_SIZE];
        loop {
            flash.read(at, word).expect("the first words can be read");
            if word[0] == 0xff {
                word.fill(0);
                flash.write(at, word).expect("the first words can be written");
                return phase;
            }
            phase += 1;
            at += word.len() as u32;
        }
    }

    fn flash_is_nor<F: NorFlash>(flash: &mut F) {
        let end = flash.capacity() as u32;
        let (size, page) = (F::WRITE_SIZE as u32, F::ERASE_SIZE as u32);
        let (mut seen, mut new) = ([0; 64], [0x5a; 64]);
        let (seen, new) = (&mut seen[..F::WRITE_SIZE], &mut new[..F::WRITE_SIZE]);
        // Words are written once: some chips take no second write, so none is tried.
        for at in [end - page, end - size] {
            flash.read(at, seen).expect("the last page can be read");
            assert!(
                seen.iter().all(|byte| *byte == 0xff),
                "what was never written is erased"
            );
            new[0] ^= 0x0f;
            flash.write(at, new).expect("the last page can be written");
            flash.read(at, seen).expect("the last page can be read");
            assert_eq!(seen, new, "what was written is there");
        }
        flash.erase(end - page, end).expect("the last page can be erased");
        for at in [end - page, end - size] {
            flash.read(at, seen).expect("the last page can be read");
            assert!(
                seen.iter().all(|byte| *byte == 0xff),
                "erasing sets all bits of a page"
            );
        }
        assert!(flash.read(end, seen).is_err(), "there is nothing behind the end");
        assert!(flash.write(end, new).is_err());
        assert!(flash.write(1, new).is_err() || size == 1, "writes are on words");
        assert!(flash.erase(end, end + page).is_err());
        assert!(flash.erase(1, page + 1).is_err(), "erases are on pages");
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
