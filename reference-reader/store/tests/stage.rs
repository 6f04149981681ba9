//! The stage: bytes of an update, in pieces of any size, over resets.

use cardwire_store::{
    Layout, Sizes, Slot, StoreError,
    mock::{MockError, MockFlash, Random},
};

const BLOCK: usize = 256;
const SIZES: Sizes = Sizes {
    block: BLOCK as u32,
    records: 1,
    slot: 10 * BLOCK as u32,
};

fn new<const WORD: usize>() -> (MockFlash<WORD, BLOCK>, Layout) {
    let flash = MockFlash::new(22);
    let layout = Layout::new(&flash, SIZES).unwrap();
    (flash, layout)
}

fn bytes(length: usize) -> Vec<u8> {
    let mut random = Random::new(9);
    (0..length).map(|_| random.next() as u8).collect()
}

/// Pieces of random lengths, read back at random places, with resets in between.
fn stages<const WORD: usize>(seed: u64) {
    let mut random = Random::new(seed);
    let (mut flash, layout) = new::<WORD>();
    let mut stage = layout.stage(Slot::B);
    let all = bytes(stage.size::<MockFlash<WORD, BLOCK>>() as usize);
    let content = &all[..1 + random.below(all.len() as u64) as usize];
    let digest = [1; 32];
    stage.begin(&mut flash, &digest).unwrap();
    loop {
        let there = stage.length(&mut flash, &digest).unwrap() as usize;
        let (from, length) = (random.below(there as u64 + 1) as usize, random.below(70) as usize);
        let mut out = vec![0; length.min(there - from)];
        stage.read(&mut flash, from as u32, &mut out).unwrap();
        assert_eq!(out, content[from..from + out.len()]);
        let mut one_more = vec![0; there - from + 1];
        assert!(stage.read(&mut flash, from as u32, &mut one_more).is_err());
        if there == content.len() {
            break;
        }
        let piece = &content[there..][..1 + random.below((content.len() - there) as u64).min(99) as usize];
        stage.append(&mut flash, piece).unwrap();
        if random.below(6) == 0 {
            stage = layout.stage(Slot::B);
            let whole = (there + piece.len()) / BLOCK * BLOCK;
            assert_eq!(stage.length(&mut flash, &digest).unwrap() as usize, whole);
        }
    }
    stage.finish(&mut flash).unwrap();
    stage.finish(&mut flash).unwrap();
    let mut stage = layout.stage(Slot::B);
    assert_eq!(stage.length(&mut flash, &digest).unwrap() as usize, content.len());
    assert_eq!(stage.length(&mut flash, &[2; 32]).unwrap(), 0, "another update");
    let mut out = vec![0; content.len()];
    stage.read(&mut flash, 0, &mut out).unwrap();
    assert_eq!(out, content);
    let slot = layout.slot(Slot::A);
    assert_eq!(
        flash.bytes()[slot.start as usize..][..content.len()],
        *content,
        "from the slot's first byte on"
    );
    assert!(
        flash.bytes()[layout.slot(Slot::B).start as usize..]
            .iter()
            .all(|byte| *byte == 0xff)
    );
    if !content.len().is_multiple_of(BLOCK) {
        assert_eq!(stage.append(&mut flash, b"x"), Err(StoreError::NothingStaged));
    }
    assert_eq!(flash.refused(), 0);
}

#[test]
fn what_comes_in_pieces_is_there_whole() {
    for seed in 0..200 {
        stages::<1>(seed);
        stages::<4>(seed);
        stages::<16>(seed);
        stages::<32>(seed);
    }
}

#[test]
fn a_stage_is_full_at_its_end_and_empty_before_it_is_begun() {
    let (mut flash, layout) = new::<4>();
    let mut stage = layout.stage(Slot::A);
    let size = stage.size::<MockFlash<4, BLOCK>>() as usize;
    assert_eq!(size, 8 * BLOCK, "two blocks of marks");
    assert_eq!(stage.length(&mut flash, &[0; 32]), Ok(0));
    assert_eq!(stage.append(&mut flash, b"x"), Err(StoreError::NothingStaged));
    assert_eq!(
        stage.read(&mut flash, 0, &mut [0]),
        Err(StoreError::NothingStaged)
    );
    stage.begin(&mut flash, &[0; 32]).unwrap();
    stage.append(&mut flash, &bytes(size)).unwrap();
    assert_eq!(
        stage.append(&mut flash, b"x"),
        Err(StoreError::TooLong { length: 1, room: 0 })
    );
    // It is to be begun anew.
    assert_eq!(stage.append(&mut flash, b""), Err(StoreError::NothingStaged));
    stage.begin(&mut flash, &[1; 32]).unwrap();
    assert_eq!(stage.length(&mut flash, &[0; 32]), Ok(0));

    // A layout without slots has no stage.
    let layout = Layout::new(&flash, Sizes { slot: 0, ..SIZES }).unwrap();
    let mut stage = layout.stage(Slot::A);
    assert_eq!(stage.size::<MockFlash<4, BLOCK>>(), 0);
    assert!(matches!(
        stage.begin(&mut flash, &[0; 32]),
        Err(StoreError::<MockError>::TooLong { .. })
    ));
    assert_eq!(stage.length(&mut flash, &[0; 32]), Ok(0));
}

/// Marks that cuts have torn are passed over: an update comes to its end all the same.
#[test]
fn an_update_ends_though_its_marks_are_cut_again_and_again() {
    use cardwire_store::mock::{Cut, Moment};
    let (mut flash, layout) = new::<4>();
    let (digest, content) = ([5; 32], bytes(3 * BLOCK + 10));
    layout.stage(Slot::A).begin(&mut flash, &digest).unwrap();
    let mut torn = 0;
    for seed in 0.. {
        let mut stage = layout.stage(Slot::A);
        let there = stage.length(&mut flash, &digest).unwrap() as usize;
        let end = content.len().min((there / BLOCK + 1) * BLOCK);
        // Erase, bytes, mark: the third operation.
        let cut = Cut {
            operation: 2,
            moment: Moment::Inside,
            seed,
        };
        flash.power_on((torn < 12).then_some(cut));
        let appended = stage.append(&mut flash, &content[there..end]);
        torn += u32::from(appended.is_err());
        flash.power_on(None);
        if appended.is_ok() && end == content.len() {
            stage.finish(&mut flash).unwrap();
            break;
        }
    }
    assert_eq!(torn, 12);
    let mut stage = layout.stage(Slot::A);
    assert_eq!(stage.length(&mut flash, &digest).unwrap() as usize, content.len());
    assert_eq!(flash.refused(), 0);
}
