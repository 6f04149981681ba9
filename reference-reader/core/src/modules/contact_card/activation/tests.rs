extern crate std;

use super::*;
use std::{vec, vec::Vec};

const PLAIN: &[u8] = &[0x3B, 0x00];
/// Fi=512, Di=32, T=0; classes A, B and C.
const FAST: &[u8] = &[0x3B, 0x90, 0x96, 0x80, 0x1F, 0xC7, 0x5E];
const WRONG: &[u8] = &[0x3B, 0x01];

/// What the card, the slot or the driver tells.
#[derive(Clone, Copy, Debug)]
enum Told<'a> {
    Atr(&'a [u8]),
    Mute,
    Set,
}
use Told::{Atr as Answer, Mute, Set};

const COLD_C: Next = Next::Reset(CardReset::Cold(SupplyClass::C));
const COLD_B: Next = Next::Reset(CardReset::Cold(SupplyClass::B));
const COLD_A: Next = Next::Reset(CardReset::Cold(SupplyClass::A));
const WARM: Next = Next::Reset(CardReset::Warm);

fn proposal() -> Next {
    Next::Line(Line {
        protocol: 0,
        fi_di: 0x96,
        by_pps: true,
        extra_guard: 0,
        waiting_integer: 10,
    })
}

fn naming(classes: u8) -> [u8; 7] {
    let mut atr = [0x3B, 0x80, 0x80, 0x1F, classes, 0x00, 0x00];
    atr[5] = atr[1..5].iter().fold(0, |sum, byte| sum ^ byte);
    atr
}

#[test]
fn every_way_to_a_card_that_takes_commands_and_to_one_that_does_not() {
    let low = naming(0x03);
    let (five, unknown) = (naming(0x01), naming(0x08));
    let [low, five, unknown] = [&low[..6], &five[..6], &unknown[..6]];
    let table: &[(&str, &[(Told<'_>, Next)])] = &[
        ("plain", &[(Answer(PLAIN), Next::Ready)]),
        ("fast", &[(Answer(FAST), proposal()), (Set, Next::Ready)]),
        (
            "the speed is refused, by silence or by a wrong answer",
            &[
                (Answer(FAST), proposal()),
                (Mute, WARM),
                (Answer(FAST), Next::Ready),
            ],
        ),
        (
            "mute after its speed was refused",
            &[(Answer(FAST), proposal()), (Mute, WARM), (Mute, Next::Mute)],
        ),
        ("mute", &[(Mute, COLD_B), (Mute, COLD_A), (Mute, Next::Mute)]),
        (
            "5 V only",
            &[(Mute, COLD_B), (Mute, COLD_A), (Answer(PLAIN), Next::Ready)],
        ),
        (
            "garbage three times",
            &[
                (Answer(WRONG), WARM),
                (Answer(WRONG), WARM),
                (Answer(WRONG), Next::Damaged),
            ],
        ),
        (
            "garbage, then silence",
            &[(Answer(WRONG), WARM), (Mute, WARM), (Mute, Next::Damaged)],
        ),
        (
            "a dirty contact",
            &[
                (Answer(WRONG), WARM),
                (Answer(&[]), WARM),
                (Answer(PLAIN), Next::Ready),
            ],
        ),
        (
            "answers at 1.8 V and says 3 V",
            &[(Answer(low), COLD_B), (Answer(low), Next::Ready)],
        ),
        (
            "answers at 1.8 V and says 5 V, which it then does not answer at",
            &[(Answer(five), COLD_A), (Mute, Next::Mute)],
        ),
        (
            "takes back what it said",
            &[(Answer(five), COLD_A), (Answer(low), Next::Ready)],
        ),
        ("a class that no slot has", &[(Answer(unknown), Next::Damaged)]),
        (
            "garbage counts in a row",
            &[
                (Answer(WRONG), WARM),
                (Answer(low), COLD_B),
                (Answer(WRONG), WARM),
                (Answer(WRONG), WARM),
                (Answer(WRONG), Next::Damaged),
            ],
        ),
        (
            "what was not asked",
            &[
                (Set, Next::Drop),
                (Answer(FAST), proposal()),
                (Answer(FAST), Next::Drop),
                (Set, Next::Ready),
            ],
        ),
        (
            "an answer behind the last",
            &[
                (Answer(PLAIN), Next::Ready),
                (Answer(PLAIN), Next::Drop),
                (Mute, Next::Drop),
            ],
        ),
    ];
    for (name, steps) in table {
        let mut activation = Activation::new();
        assert_eq!(Next::Reset(activation.begin()), COLD_C);
        for (at, (told, expected)) in steps.iter().enumerate() {
            let next = match *told {
                Answer(bytes) => activation.answer(bytes),
                Mute => activation.mute(),
                Set => activation.line_is_set(),
            };
            assert_eq!(next, *expected, "{name}, step {at}: {told:02X?}");
        }
    }
}

/// Whatever a card tells, it is given up or ready after a bounded number of resets.
#[test]
fn no_card_has_itself_reset_for_ever() {
    let named: Vec<[u8; 7]> = (0..16).map(naming).collect();
    let mut all: Vec<Told<'_>> = vec![Answer(PLAIN), Answer(FAST), Answer(WRONG), Mute, Set];
    all.extend(named.iter().map(|atr| Answer(&atr[..6])));
    let mut seed = 1_u64;
    let mut longest = 0;
    for _ in 0..100_000 {
        let mut activation = Activation::new();
        activation.begin();
        let mut commands = 1;
        loop {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let next = match all[(seed % all.len() as u64) as usize] {
                Answer(bytes) => activation.answer(bytes),
                Mute => activation.mute(),
                Set => activation.line_is_set(),
            };
            match next {
                Next::Reset(_) | Next::Line(_) => commands += 1,
                Next::Drop => {}
                Next::Ready | Next::Mute | Next::Damaged => break,
            }
        }
        longest = longest.max(commands);
    }
    assert!((6..=16).contains(&longest), "{longest}");
}
