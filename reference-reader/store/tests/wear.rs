//! How erases are spread, and flash that no longer keeps what it is given.

use cardwire_store::{
    Layout, Sizes, Store, StoreError,
    mock::{MockFlash, Wear},
};

/// Writes of a record of this length for one erase; each page is erased as often as the other.
fn writes_per_erase<const WORD: usize>(length: usize) -> u32 {
    const WRITES: u32 = 10_000;
    let mut flash = MockFlash::<WORD, 4096>::new(6);
    let layout = Layout::new(
        &flash,
        Sizes {
            block: 4096,
            records: 3,
            slot: 0,
        },
    )
    .unwrap();
    for count in 0..WRITES {
        let data = &[count.to_be_bytes(); 260].concat()[..length];
        Store::new(&mut flash, &layout).store(1, data).unwrap();
    }
    let [left_0, left_1, one, other, right_0, right_1] = flash.erases() else {
        panic!()
    };
    assert_eq!([left_0, left_1, right_0, right_1], [&0; 4], "the neighbours");
    assert!(
        one.abs_diff(*other) <= 1,
        "one page was erased {one} times, the other {other}"
    );
    let erases = one + other;
    println!(
        "words of {WORD:>2}, {length:>4} bytes: {erases:>5} erases of {WRITES} writes, {} each",
        WRITES.div_ceil(erases)
    );
    WRITES.div_ceil(erases)
}

#[test]
fn erases_are_few_and_spread() {
    // 24 bytes for a counter of 4: 170 fit on a page.
    assert!(writes_per_erase::<1>(4) >= 170);
    assert!(writes_per_erase::<4>(4) >= 170);
    assert!(writes_per_erase::<8>(4) >= 127);
    assert!(writes_per_erase::<16>(4) >= 85);
    assert!(writes_per_erase::<32>(4) >= 42);
    assert!(writes_per_erase::<4>(89) >= 36);
    assert!(writes_per_erase::<4>(1028) >= 3);
}

/// A page that is worn out fails, and the value before it stays; nothing is acknowledged that is not there.
#[test]
fn worn_flash_is_found_out_and_the_old_value_stays() {
    let mut refused = 0;
    for seed in 0..200 {
        let wear = Wear { erases: 3, seed };
        let mut flash = MockFlash::<4, 256>::new(2).with_wear(Some(wear));
        let layout = Layout::new(
            &flash,
            Sizes {
                block: 256,
                records: 1,
                slot: 0,
            },
        )
        .unwrap();
        let mut last = None;
        for count in 0..200_u32 {
            let data = count.wrapping_mul(0x9e37_79b9).to_le_bytes();
            match Store::new(&mut flash, &layout).store(0, &data) {
                Ok(()) => last = Some(data),
                Err(StoreError::Worn) => refused += 1,
                Err(error) => panic!("seed {seed}, write {count}: {error}"),
            }
            let mut out = [0; 4];
            let length = Store::new(&mut flash, &layout).load(0, &mut out).unwrap();
            assert_eq!(length.map(|_| out), last, "seed {seed}, write {count}");
        }
    }
    assert!(
        refused > 1000,
        "only {refused} writes were refused: the flash did not wear out"
    );
}
