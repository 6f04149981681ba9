//! Programs that are made of random bytes: how many verify, for the property is about those, and that it holds for them.

mod common;

use cardwire_fuzz::logic;
use common::Random;

/// How many inputs of each form.
const ROUNDS: usize = 4_000;

#[test]
fn enough_programs_verify() {
    // Of bytes that are no more than random next to nothing verifies: that is what seeds are for.
    for (form, name, least) in [
        (0_u8, "document", 0),
        (1, "code", 0),
        (2, "right", 95),
        (3, "hostile", 10),
    ] {
        let verified = inputs(form)
            .filter(|input| logic::verifies(input) == Some(true))
            .count();
        let share = verified * 100 / ROUNDS;
        println!("{name}: {share} % of {ROUNDS} verify");
        assert!(
            share >= least,
            "{name}: {share} % verify, and {least} % are wanted"
        );
    }
}

#[test]
fn programs_keep_to_what_was_verified() {
    for form in [2, 3] {
        for input in inputs(form) {
            (logic::TARGET.check)(&input);
        }
    }
}

/// Random bytes, behind the one that says how a program is made of them.
fn inputs(form: u8) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    (0..ROUNDS).map(move |_| {
        let length = random.below(400);
        let bytes = (0..length).map(|_| random.byte());
        core::iter::once(form).chain(bytes).collect()
    })
}
