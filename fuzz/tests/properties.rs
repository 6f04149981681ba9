//! Every target on seeded random input, so that a plain `cargo test` runs it too.

mod common;

use cardwire_fuzz::TARGETS;
use common::Random;

/// How many inputs each target gets.
const ROUNDS: usize = 5_000;
/// How many a target gets whose executions take handshakes.
const FEW: usize = 100;

#[test]
fn properties_hold_for_random_input() {
    for target in TARGETS {
        let mut random = Random(0x2545_F491_4F6C_DD1D);
        let slow = ["handshake", "updates", "provision", "peers", "rollout"].contains(&target.name);
        for _ in 0..if slow { FEW } else { ROUNDS } {
            (target.check)(&input(&mut random));
        }
    }
}

/// Mostly small bytes: they are lengths, counts and codes.
fn input(random: &mut Random) -> Vec<u8> {
    let length = random.below(120);
    (0..length)
        .map(|_| {
            if random.below(3) == 0 {
                random.byte()
            } else {
                random.byte() % 8
            }
        })
        .collect()
}
