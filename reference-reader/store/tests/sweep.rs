//! Every cut of the ordinary writes of a reader, short: `cargo xtask power-cuts` has the whole.

use cardwire_store::{
    Fault, Layout, Sizes, Slot,
    mock::{Counts, Cut, Inside, MockFlash, Moment, ordinary, runs, sweep},
};

fn sweep_all<const WORD: usize, const PAGE: usize>(
    fault: Option<Fault>,
    everywhere: bool,
) -> Result<Counts, String> {
    let mut counts = Counts::default();
    for (_, scenarios) in ordinary::scenarios::<WORD, PAGE>(everywhere, fault) {
        for scenario in scenarios {
            let inside = Inside { first: 4, second: 3 };
            counts.add(sweep::<WORD, PAGE, _>(&scenario, inside).map_err(|failure| failure.to_string())?);
        }
    }
    Ok(counts)
}

#[test]
fn two_cuts_leave_the_old_or_the_new() {
    let small = sweep_all::<4, 256>(None, true).unwrap();
    let coarse = sweep_all::<16, 512>(None, false).unwrap();
    for counts in [small, coarse] {
        assert!(
            counts
                .first
                .into_iter()
                .chain(counts.second)
                .all(|tried| tried > 200),
            "{counts:?}"
        );
        assert_eq!(
            counts.first[0], counts.first[2],
            "each operation was cut before and after"
        );
        assert_eq!(counts.first[1], 4 * counts.first[0]);
    }
}

#[test]
fn random_steps_with_two_cuts() {
    let mut cuts = 0;
    for seed in 0..4_000 {
        cuts += runs::run(seed, None).unwrap_or_else(|failed| panic!("{failed}"));
    }
    assert!(cuts > 4_000, "only {cuts} cuts came");
}

/// A store with a fault is caught, or the two tests above show nothing.
#[test]
fn faulty_stores_are_caught() {
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        let swept = sweep_all::<4, 256>(Some(*fault), false).err();
        let random = (0..10_000).find_map(|seed| runs::run(seed, Some(*fault)).err());
        println!(
            "{fault:?}\n  sweep: {}\n  random: {}",
            swept.as_deref().unwrap_or("-"),
            random.as_ref().map_or("-".into(), ToString::to_string)
        );
        if swept.is_none() && random.is_none() && begun_and_cut(Some(*fault)) == 0 {
            missed.push(fault);
        }
    }
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

/// An update is on its way, another one is begun, and that is cut: whichever is in force can be staged to its end. (Of a
/// million random runs one found it: the marks have to survive an erase that was cut.) Returns how many words were to be
/// written twice.
fn begun_and_cut(fault: Option<Fault>) -> u32 {
    let sizes = Sizes {
        block: 256,
        records: 0,
        slot: 6 * 256,
    };
    let mut refused = 0;
    for seed in 0..2_000 {
        let mut flash = MockFlash::<4, 256>::new(12);
        let layout = Layout::new(&flash, sizes).unwrap();
        let boot = || layout.stage(Slot::A).with_fault(fault);
        let mut stage = boot();
        stage.begin(&mut flash, &[1; 32]).unwrap();
        stage.append(&mut flash, &[1; 300]).unwrap();
        let operation = seed % 4;
        let moment = Moment::Inside;
        flash.power_on(Some(Cut {
            operation,
            moment,
            seed,
        }));
        assert!(stage.begin(&mut flash, &[2; 32]).is_err());
        flash.power_on(None);
        let mut stage = boot();
        let there = stage.length(&mut flash, &[1; 32]).unwrap();
        if there == 0 {
            // Only a mark that was written to its last bit puts the new one into force.
            stage.begin(&mut flash, &[1; 32]).unwrap();
        }
        let done = stage
            .append(&mut flash, &[1; 512][..512 - there as usize])
            .and_then(|()| stage.finish(&mut flash));
        assert!(done.is_ok() || fault.is_some(), "seed {seed}: {done:?}");
        refused += flash.refused();
    }
    refused
}

#[test]
fn an_update_whose_successor_was_cut_can_be_gone_on_with() {
    assert_eq!(begun_and_cut(None), 0);
    assert!(begun_and_cut(Some(Fault::ErasesMarksInForce)) > 0);
}
