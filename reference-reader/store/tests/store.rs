//! Records: what is stored is loaded, and what can't be is refused.

use cardwire_store::{
    Layout, LayoutError, Sizes, Slot, Store, StoreError,
    mock::{MockFlash, Random},
};
use embedded_storage::nor_flash::NorFlash;

const SIZES: Sizes = Sizes {
    block: 256,
    records: 3,
    slot: 0,
};

fn new<const WORD: usize>() -> (MockFlash<WORD, 256>, Layout) {
    let flash = MockFlash::new(6);
    let layout = Layout::new(&flash, SIZES).unwrap();
    (flash, layout)
}

fn load(flash: &mut impl NorFlash, layout: &Layout, number: u16) -> Option<Vec<u8>> {
    let mut out = [0; 256];
    let length = Store::new(flash, layout).load(number, &mut out).ok()??;
    Some(out[..length].to_vec())
}

fn stores_and_loads<const WORD: usize>() {
    let (mut flash, layout) = new::<WORD>();
    let room = Store::new(&mut flash, &layout).capacity();
    assert!(room >= 128, "{room}");
    let longest = vec![0xff; room];
    assert_eq!(load(&mut flash, &layout, 0), None);
    let values = [
        &b"one"[..],
        b"",
        &[0xff; 24],
        &[0; 100],
        &longest,
        &longest,
        b"four",
    ];
    for (count, data) in values.into_iter().enumerate() {
        Store::new(&mut flash, &layout).store(1, data).unwrap();
        assert_eq!(
            load(&mut flash, &layout, 1).as_deref(),
            Some(data),
            "value {count}"
        );
    }
    for neighbour in [0, 2] {
        assert_eq!(load(&mut flash, &layout, neighbour), None);
        assert!(Store::new(&mut flash, &layout).is_blank(neighbour).unwrap());
    }
    let mut store = Store::new(&mut flash, &layout);
    assert_eq!(store.load(1, &mut [0; 3]), Ok(None), "no room for four bytes");
    assert_eq!(store.load(3, &mut [0; 9]), Ok(None));
    assert_eq!(
        store.store(3, b""),
        Err(StoreError::NoSuchRecord {
            number: 3,
            records: 3
        })
    );
    let long = vec![0; room + 1];
    assert_eq!(
        store.store(1, &long),
        Err(StoreError::TooLong {
            length: room + 1,
            room
        })
    );
    assert_eq!(
        load(&mut flash, &layout, 1).as_deref(),
        Some(&b"four"[..]),
        "a refusal changes nothing"
    );
}

#[test]
fn stores_and_loads_with_words_of_any_size() {
    stores_and_loads::<1>();
    stores_and_loads::<2>();
    stores_and_loads::<4>();
    stores_and_loads::<8>();
    stores_and_loads::<16>();
    stores_and_loads::<32>();
}

/// The format, byte for byte: whoever changes it makes stored values unreadable, and has to do so knowingly.
#[test]
fn the_format_is_as_it_is_described() {
    let (mut flash, layout) = new::<8>();
    let mut store = Store::new(&mut flash, &layout);
    store.store(1, b"123456789").unwrap();
    let entry = &flash.bytes()[512..512 + 48];
    assert_eq!(entry[..4], [0x1c, 0x01, 1, 0]);
    assert_eq!(entry[8..10], [9, 0], "length");
    // The checksum from first principles, bit by bit.
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0x82f6_3b78 * (crc & 1))
            })
        })
    };
    assert_eq!(crc(b"123456789"), 0xe306_9283, "the check value of CRC-32C");
    assert_eq!(entry[10..12], crc(&entry[..10]).to_le_bytes()[..2]);
    let covered = [&entry[..12], &entry[16..25]].concat();
    assert_eq!(entry[12..16], crc(&covered).to_le_bytes());
    assert_eq!(entry[16..32], *b"123456789\xff\xff\xff\xff\xff\xff\xff");
    assert_eq!(entry[32..40], *b"CW1\x1cCW1\x1c", "the mark");
    assert_eq!(entry[40..], [0xff; 8]);
}

#[test]
fn sequence_numbers_wrap() {
    let (mut flash, layout) = new::<4>();
    Store::new(&mut flash, &layout).store(0, b"a").unwrap();
    // The same entry with one of the last numbers.
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);
    let bytes = flash.bytes_mut();
    bytes[4..8].copy_from_slice(&(u32::MAX - 5).to_le_bytes());
    let check = crc.checksum(&bytes[..10]).to_le_bytes();
    bytes[10..12].copy_from_slice(&check[..2]);
    let covered = [&bytes[..12], &bytes[16..17]].concat();
    bytes[12..16].copy_from_slice(&crc.checksum(&covered).to_le_bytes());
    assert_eq!(load(&mut flash, &layout, 0).as_deref(), Some(&b"a"[..]));
    for count in 0..60_u8 {
        Store::new(&mut flash, &layout).store(0, &[count; 20]).unwrap();
        assert_eq!(load(&mut flash, &layout, 0), Some(vec![count; 20]));
    }
}

/// Cells that lose their charge cost at most the values that they hold: the last one that is still good is found, and no
/// other value ever.
#[test]
fn damage_is_never_taken_for_a_value() {
    let (mut clean, layout) = new::<4>();
    let values: Vec<[u8; 20]> = (0..8).map(|count| [count * 3; 20]).collect();
    for value in &values {
        Store::new(&mut clean, &layout).store(0, value).unwrap();
    }
    let mut random = Random::new(3);
    let mut fell_back = 0;
    for _ in 0..20_000 {
        let mut flash = clean.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(512) as usize;
            flash.bytes_mut()[at] ^= 1 << random.below(8);
        }
        let seen = load(&mut flash, &layout, 0);
        let place = values.iter().position(|value| seen.as_deref() == Some(value));
        assert!(seen.is_none() || place.is_some(), "{seen:?} was never stored");
        fell_back += usize::from(place != Some(values.len() - 1));
        Store::new(&mut flash, &layout).store(0, b"new").unwrap();
        assert_eq!(load(&mut flash, &layout, 0).as_deref(), Some(&b"new"[..]));
        assert_eq!(flash.refused(), 0);
    }
    assert!((1..20_000).contains(&fell_back), "{fell_back}");
}

#[test]
fn a_layout_fits_or_is_refused() {
    let flash = MockFlash::<4, 256>::new(32);
    let refused = |sizes| Layout::new(&flash, sizes).unwrap_err();
    let sizes = Sizes {
        block: 256,
        records: 4,
        slot: 1024,
    };
    for block in [0, 100, 384] {
        assert_eq!(
            refused(Sizes { block, ..sizes }),
            LayoutError::Block { block, page: 256 }
        );
    }
    for slot in [256, 512, 1000] {
        assert_eq!(
            refused(Sizes { slot, ..sizes }),
            LayoutError::Slot { slot, block: 256 }
        );
    }
    let error = refused(Sizes { slot: 4096, ..sizes });
    assert_eq!(
        error.to_string(),
        "records and slots take 10240 bytes, and the flash has 8192"
    );
    let layout = Layout::new(&flash, sizes).unwrap();
    assert_eq!(
        (layout.slot(Slot::A), layout.slot(Slot::B)),
        (2048..3072, 3072..4096)
    );
    // Pages smaller than a record: a block is several of them.
    assert!(
        Layout::new(
            &flash,
            Sizes {
                block: 1024,
                records: 4,
                slot: 0
            }
        )
        .is_ok()
    );
}
