//! Every target on its own seeds: vectors are inputs that hold its property too.

use cardwire_fuzz::{TARGETS, Target};
use std::collections::BTreeSet;

/// Of the seeds so many-th are explained too: that takes longer than to check them.
const EXPLAINED: usize = 16;

#[test]
fn properties_hold_for_the_seeds() {
    for target in TARGETS {
        let mut names = BTreeSet::new();
        for (index, seed) in (target.seeds)().into_iter().enumerate() {
            // Named before it is tried, so that a failure tells the seed.
            println!("{}: {}", target.name, seed.name);
            (target.check)(&seed.bytes);
            if index % EXPLAINED == 0 {
                let told = (target.explain)(&seed.bytes);
                assert!(!told.is_empty(), "{}: {} is explained", target.name, seed.name);
            }
            // As the name of a file.
            let name = seed.name.replace(['/', '\\'], "-");
            assert!(names.insert(name.clone()), "{}: {name} twice", target.name);
        }
    }
}

/// What is right among the seeds is what a campaign widens: without it, all that is tried is refused.
#[test]
fn most_seeds_of_texts_load() {
    let loads = [
        ("schema", "a protocol of ", 80),
        ("assembler", "assembles to ", 30),
    ];
    for (name, loads, least) in loads {
        let target = Target::named(name).expect("a target of this name");
        let seeds = (target.seeds)();
        let told = seeds.iter().map(|seed| (target.explain)(&seed.bytes));
        let right = told.filter(|told| told.contains(loads)).count();
        let share = right * 100 / seeds.len();
        assert!(share >= least, "{name}: {share} % of {} load", seeds.len());
    }
}
