//! An image that holds a board to the hardware contract, and ends with status 0 when the board keeps it.
//!
//! It resets several times on the way; how far it has come stands in the first words of the flash, of which every phase
//! clears one. `cargo xtask firmware check` starts it on a new flash.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use cardwire_firmware::board::Board;
    use cardwire_firmware::board::lm3s6965::{INTERRUPTS, Lm3s6965};
    use core::hint::black_box;
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
                memory_is_moved_and_filled();
                signatures_have_one_encoding();
                println!("ok: flash, random bytes, clock, sleep, memory, signatures");
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

    /// What is copied and filled by the functions of the image, byte by byte: every distance of source and target within two
    /// words, in both directions, and every length around those of words.
    fn memory_is_moved_and_filled() {
        let before: [u8; 64] = core::array::from_fn(|at| at as u8);
        for length in 0..=40 {
            for (from, to) in (0..=8).flat_map(|from| (0..=8).map(move |to| (from, to))) {
                let (mut moved, mut copied, mut filled) = (before, [0xEE; 64], before);
                // What the compiler knows of the length it would copy itself.
                let length = black_box(length);
                moved.copy_within(from..from + length, to);
                copied[to..to + length].copy_from_slice(&before[from..from + length]);
                filled[to..to + length].fill(black_box(0xA5));
                for (at, byte) in before.iter().enumerate() {
                    let is_target = (to..to + length).contains(&at);
                    let source = black_box(at + from - to.min(at + from));
                    assert_eq!(moved[at], if is_target { before[source] } else { *byte });
                    assert_eq!(copied[at], if is_target { before[source] } else { 0xEE });
                    assert_eq!(filled[at], if is_target { 0xA5 } else { *byte });
                }
            }
        }
    }

    /// Test 2 of RFC 8032, 7.1, and the same signature with the order of the group added to its second half. The library is
    /// built without looking at that here.
    fn signatures_have_one_encoding() {
        const KEY: [u8; 32] = [
            0x3D, 0x40, 0x17, 0xC3, 0xE8, 0x43, 0x89, 0x5A, 0x92, 0xB7, 0x0A, 0xA7, 0x4D, 0x1B, 0x7E, 0xBC,
            0x9C, 0x98, 0x2C, 0xCF, 0x2E, 0xC4, 0x96, 0x8C, 0xC0, 0xCD, 0x55, 0xF1, 0x2A, 0xF4, 0x66, 0x0C,
        ];
        const R: [u8; 32] = [
            0x92, 0xA0, 0x09, 0xA9, 0xF0, 0xD4, 0xCA, 0xB8, 0x72, 0x0E, 0x82, 0x0B, 0x5F, 0x64, 0x25, 0x40,
            0xA2, 0xB2, 0x7B, 0x54, 0x16, 0x50, 0x3F, 0x8F, 0xB3, 0x76, 0x22, 0x23, 0xEB, 0xDB, 0x69, 0xDA,
        ];
        const S: [u8; 32] = [
            0x08, 0x5A, 0xC1, 0xE4, 0x3E, 0x15, 0x99, 0x6E, 0x45, 0x8F, 0x36, 0x13, 0xD0, 0xF1, 0x1D, 0x8C,
            0x38, 0x7B, 0x2E, 0xAE, 0xB4, 0x30, 0x2A, 0xEE, 0xB0, 0x0D, 0x29, 0x16, 0x12, 0xBB, 0x0C, 0x00,
        ];
        const S_AND_ORDER: [u8; 32] = [
            0xF5, 0x2D, 0xB7, 0x41, 0x59, 0x78, 0xAB, 0xC6, 0x1B, 0x2C, 0x2E, 0xB6, 0xAE, 0xEB, 0xFC, 0xA0,
            0x38, 0x7B, 0x2E, 0xAE, 0xB4, 0x30, 0x2A, 0xEE, 0xB0, 0x0D, 0x29, 0x16, 0x12, 0xBB, 0x0C, 0x10,
        ];
        let is_right = |s: [u8; 32]| {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&R);
            signature[32..].copy_from_slice(&s);
            cardwire_core::signature::is_right(&KEY, &[0x72], &signature)
        };
        assert!(is_right(S), "a right signature is taken");
        assert!(!is_right(S_AND_ORDER), "another encoding of it is not");
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
