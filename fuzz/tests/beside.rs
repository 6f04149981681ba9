//! Every target on inputs beside its seeds: a few changes each, of bytes and with words of its dictionary.
//!
//! A campaign does this better and for longer; this is what each `cargo test` does of it.

mod common;

use cardwire_fuzz::{Seed, TARGETS};
use common::Random;

/// How many inputs each target gets.
const ROUNDS: usize = 500;

/// The longest seed that is changed: longer ones take long, and say no more.
const SEED_MAX: usize = 3_000;

#[test]
fn properties_hold_beside_the_seeds() {
    for target in TARGETS {
        let mut seeds = (target.seeds)();
        seeds.retain(|seed| seed.bytes.len() <= SEED_MAX);
        if seeds.is_empty() {
            continue;
        }
        let words = (target.words)();
        let mut random = Random(0xD1B5_4A32_D192_ED03);
        for _ in 0..ROUNDS {
            (target.check)(&beside(&seeds, &words, &mut random));
        }
    }
}

fn beside(seeds: &[Seed], words: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = pick(seeds, random).bytes.clone();
    for _ in 0..=random.below(4) {
        // The first byte chooses what the others are: it changes seldom.
        let first = usize::from(random.below(8) != 0).min(bytes.len());
        let at = first + random.below(bytes.len() + 1 - first);
        let end = (at + random.below(24)).min(bytes.len());
        match random.below(7) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.insert(at, random.byte()),
            2 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            3 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            4 if !words.is_empty() => drop(bytes.splice(at..at, pick(words, random).clone())),
            5 if !words.is_empty() => drop(bytes.splice(at..end, pick(words, random).clone())),
            _ => {
                let other = &pick(seeds, random).bytes;
                let from = random.below(other.len() + 1);
                let to = (from + random.below(200)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

fn pick<'l, T>(list: &'l [T], random: &mut Random) -> &'l T {
    &list[random.below(list.len())]
}
