//! The flash that the proofs rest on: it is as bad as it claims to be, and no worse.

use cardwire_store::mock::{Cut, MockError, MockFlash, Moment, Wear};
use embedded_storage::nor_flash::{NorFlash as _, NorFlashErrorKind, ReadNorFlash as _};

type Flash = MockFlash<4, 64>;

fn cut(operation: u64, moment: Moment, seed: u64) -> Option<Cut> {
    Some(Cut {
        operation,
        moment,
        seed,
    })
}

#[test]
fn words_are_written_once_between_erases() {
    let mut flash = Flash::new(2);
    flash.write(8, &[0xff; 8]).unwrap();
    assert_eq!(
        flash.write(4, &[0; 8]),
        Err(MockError::WrittenTwice),
        "also where erased bytes were written"
    );
    assert_eq!(flash.bytes()[..16], [0xff; 16], "nothing of it happened");
    flash.write(4, &[0; 4]).unwrap();
    flash.erase(0, 64).unwrap();
    flash.write(8, &[1; 4]).unwrap();
    assert_eq!((flash.refused(), flash.erases()), (1, &[1, 0][..]));
    for (at, length, kind) in [
        (2, 4, NorFlashErrorKind::NotAligned),
        (0, 3, NorFlashErrorKind::NotAligned),
        (128, 4, NorFlashErrorKind::OutOfBounds),
    ] {
        assert_eq!(flash.write(at, &[0; 4][..length]), Err(MockError::Range(kind)));
    }
}

#[test]
fn a_cut_comes_before_inside_or_after_its_operation() {
    let old = [0xff; 32];
    let new = [0x5a; 32];
    let mut inside = Vec::new();
    for seed in 0..200 {
        for moment in [Moment::Before, Moment::Inside, Moment::After] {
            let mut flash = Flash::new(2);
            flash.power_on(cut(1, moment, seed));
            flash.erase(64, 128).unwrap();
            assert_eq!(flash.write(0, &new), Err(MockError::PowerOff));
            assert!(flash.is_off());
            let mut out = [0; 4];
            assert_eq!(flash.read(0, &mut out), Err(MockError::PowerOff));
            assert_eq!(flash.erase(0, 64), Err(MockError::PowerOff));
            flash.power_on(None);
            let seen: [u8; 32] = flash.bytes()[..32].try_into().unwrap();
            match moment {
                Moment::Before => assert_eq!(seen, old),
                Moment::After => assert_eq!(seen, new),
                Moment::Inside => {
                    // Whole words, then at most one that is neither, then nothing.
                    let done = seen.chunks(4).take_while(|word| *word == [0x5a; 4]).count();
                    let behind = seen.get(4 * (done + 1)..).unwrap_or_default();
                    assert!(behind.iter().all(|byte| *byte == 0xff), "{seen:02x?}");
                    inside.push(seen);
                }
            }
        }
    }
    inside.sort_unstable();
    inside.dedup();
    assert!(inside.len() > 50, "only {} ways of being cut", inside.len());
}

#[test]
fn an_erase_that_is_cut_leaves_anything_and_nothing_to_be_written_on() {
    let (mut looks_erased, mut looks_old, mut mixed) = (0, 0, 0);
    for seed in 0..600 {
        let mut flash = Flash::new(1);
        flash.write(0, &[0x81; 32]).unwrap();
        let old = flash.bytes().to_vec();
        flash.power_on(cut(0, Moment::Inside, seed));
        assert_eq!(flash.erase(0, 64), Err(MockError::PowerOff));
        flash.power_on(None);
        match flash.bytes() {
            seen if seen.iter().all(|byte| *byte == 0xff) => looks_erased += 1,
            seen if seen == old => looks_old += 1,
            _ => mixed += 1,
        }
        assert_eq!(flash.write(60, &[0; 4]), Err(MockError::WrittenTwice));
        flash.erase(0, 64).unwrap();
        flash.write(60, &[0; 4]).unwrap();
    }
    assert!(
        looks_erased > 10 && looks_old > 1 && mixed > 300,
        "{looks_erased} {looks_old} {mixed}"
    );
}

#[test]
fn a_worn_page_does_not_keep_a_bit_and_says_nothing() {
    let mut flash = Flash::new(1).with_wear(Some(Wear { erases: 2, seed: 1 }));
    for erases in 0..5 {
        flash.write(0, &[0; 64]).unwrap();
        let left: u32 = flash.bytes().iter().map(|byte| byte.count_ones()).sum();
        assert_eq!(left, u32::from(erases > 2), "after {erases} erases");
        flash.erase(0, 64).unwrap();
    }
}
