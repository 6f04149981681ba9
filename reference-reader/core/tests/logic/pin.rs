//! Secrets of the card: presented only while tries are left, and never given.

use super::bench::*;
use cardwire_codec::{
    Name,
    message::{Conversion, Instruction, ItemKind, Outcome, PinFunction, Prompt},
};
use cardwire_simcard::{Card, Profile, RESPONSE_MAX};

/// A card with PIN1 1234, PUK 12345678.
fn card() -> Card {
    let mut card = Card::new(&Profile::certification().with_pin1_enabled(true));
    card.cold_reset();
    card
}

fn transmit(card: &mut Card, tpdu: &[u8]) -> Vec<u8> {
    let mut response = [0; RESPONSE_MAX];
    let length = card.transmit(tpdu, &mut response);
    response[..length].to_vec()
}

/// Presents secrets of PIN1, and gives the tries that are left.
fn pin<'a>(function: PinFunction, first: &'a [u8], second: &'a [u8]) -> Vec<Instruction<'a>> {
    vec![
        set(R0, &[0x01]),
        set(R1, first),
        set(R2, second),
        Instruction::Pin {
            function,
            reference: R0,
            first: R1,
            second: R2,
            into: R3,
        },
        emit("tries", R3),
        SUCCESS,
    ]
}

/// Outcome, tries, status word, TPDUs sent.
fn present(
    card: &mut Card,
    function: PinFunction,
    first: &[u8],
    second: &[u8],
) -> (Outcome, Vec<u8>, u16, usize) {
    let ran = run(
        &pin(function, first, second),
        &mut Modules::with_card(|tpdu| transmit(card, tpdu)),
    );
    let tries = ran.value("tries").unwrap_or(&[0xEE]).to_vec();
    (ran.outcome, tries, ran.simulator.status_word(), ran.sent.len())
}

#[test]
fn a_wrong_pin_costs_tries_until_the_guard_and_not_the_last_one() {
    let mut card = card();
    let verify = |card: &mut Card, pin: &[u8]| present(card, PinFunction::Verify, pin, &[]);
    assert_eq!(verify(&mut card, b"1234"), (Outcome::SUCCESS, vec![], 0x9000, 2));
    assert_eq!(verify(&mut card, b"0000"), (Outcome::SUCCESS, vec![2], 0x63C2, 2));
    assert_eq!(verify(&mut card, b"0000"), (Outcome::SUCCESS, vec![1], 0x63C1, 2));
    // Nothing but the question goes to the card from here on, whatever the PIN.
    for pin in [b"0000", b"1234"] {
        assert_eq!(
            verify(&mut card, pin),
            (Outcome::PIN_TRIES_LOW, vec![0xEE], 0x63C1, 1)
        );
    }
    // The PUK sets a PIN and gives the tries back.
    let unblocked = present(&mut card, PinFunction::Unblock, b"12345678", b"4321");
    assert_eq!(unblocked, (Outcome::SUCCESS, vec![], 0x9000, 2));
    assert_eq!(verify(&mut card, b"4321"), (Outcome::SUCCESS, vec![], 0x9000, 2));
}

#[test]
fn a_wrong_puk_costs_its_own_tries_until_the_guard() {
    let mut card = card();
    let unblock = |card: &mut Card, puk: &[u8]| present(card, PinFunction::Unblock, puk, b"4321");
    for left in (1..10).rev() {
        assert_eq!(unblock(&mut card, b"00000000").1, [left]);
    }
    assert_eq!(
        unblock(&mut card, b"12345678"),
        (Outcome::PIN_TRIES_LOW, vec![0xEE], 0x63C1, 1)
    );
}

#[test]
fn pins_are_changed_disabled_and_enabled() {
    let mut card = card();
    let fine = (Outcome::SUCCESS, vec![], 0x9000, 2);
    assert_eq!(present(&mut card, PinFunction::Change, b"1234", b"987654"), fine);
    assert_eq!(present(&mut card, PinFunction::Disable, b"987654", &[]), fine);
    assert_eq!(present(&mut card, PinFunction::Enable, b"987654", &[]), fine);
    assert_eq!(present(&mut card, PinFunction::Verify, b"987654", &[]), fine);
    assert_eq!(present(&mut card, PinFunction::Change, b"1234", b"0000").1, [2]);
}

#[test]
fn commands_are_those_of_the_standard() {
    let of = |function, first, second| run(&pin(function, first, second), &mut Modules::fine()).sent;
    let one = b"1234\xFF\xFF\xFF\xFF";
    let query = vec![0x00, 0x20, 0x00, 0x01, 0x00];
    for (function, instruction) in [
        (PinFunction::Verify, 0x20),
        (PinFunction::Disable, 0x26),
        (PinFunction::Enable, 0x28),
    ] {
        let command = [&[0x00, instruction, 0x00, 0x01, 0x08], &one[..]].concat();
        assert_eq!(of(function, b"1234", b""), [query.clone(), command]);
    }
    let two = b"12345678";
    let change = [&[0x00, 0x24, 0x00, 0x01, 0x10], &one[..], two].concat();
    assert_eq!(of(PinFunction::Change, b"1234", two), [query, change]);
    let query = vec![0x00, 0x2C, 0x00, 0x01, 0x00];
    let unblock = [&[0x00, 0x2C, 0x00, 0x01, 0x10], &two[..], one].concat();
    assert_eq!(of(PinFunction::Unblock, two, b"1234"), [query, unblock]);
}

/// What the card says of the tries decides whether the secret is presented.
#[test]
fn the_guard_goes_by_what_the_card_says() {
    let presented = |function, status: u16| {
        let mut modules = Modules::with_card(move |_| status.to_be_bytes().to_vec());
        let ran = run(&pin(function, b"1234", b"1234"), &mut modules);
        (ran.outcome, ran.sent.len() == 2)
    };
    for function in [
        PinFunction::Verify,
        PinFunction::Change,
        PinFunction::Disable,
        PinFunction::Enable,
        PinFunction::Unblock,
    ] {
        for low in [0x63C0, 0x63C1] {
            assert_eq!(presented(function, low), (Outcome::PIN_TRIES_LOW, false));
        }
        for enough in [0x63C2, 0x63CF, 0x9000] {
            assert_eq!(
                presented(function, enough),
                (Outcome::SUCCESS, true),
                "{enough:04X}"
            );
        }
        // Blocked, unknown, no such command, a warning that is no counter: the logic decides what they mean.
        for other in [0x6983, 0x6A88, 0x6D00, 0x6300, 0x9804, 0x63D3, 0x6C08] {
            assert_eq!(
                presented(function, other),
                (Outcome::SUCCESS, false),
                "{other:04X}"
            );
        }
        let enables = function == PinFunction::Enable;
        assert_eq!(presented(function, 0x6984), (Outcome::SUCCESS, enables));
    }
}

#[test]
fn secrets_of_other_lengths_and_references_of_other_sizes_are_faults() {
    for (first, second) in [
        (&b"123"[..], &b"1234"[..]),
        (b"123456789", b"1234"),
        (b"1234", b"123"),
    ] {
        assert_fault(&pin(PinFunction::Change, first, second)[..5]);
    }
    for reference in [&[][..], &[0, 0, 0, 1]] {
        let mut program = pin(PinFunction::Verify, b"1234", b"");
        program[0] = set(R0, reference);
        assert_fault(&program[..5]);
    }
    // What is not looked at may be anything.
    let ran = run(&pin(PinFunction::Verify, b"1234", b"x"), &mut Modules::fine());
    assert_eq!(ran.outcome, Outcome::SUCCESS);
}

#[test]
fn what_was_presented_is_never_given() {
    let mut program = pin(PinFunction::Change, b"1234", b"4321");
    program.truncate(4);
    for (steps, outcome) in [
        (vec![emit("pin", R1)], Outcome::LOGIC_FAULT),
        (vec![emit("pin", R2)], Outcome::LOGIC_FAULT),
        (
            vec![Instruction::Copy { into: R3, from: R1 }, emit("pin", R3)],
            Outcome::LOGIC_FAULT,
        ),
        (
            vec![
                Instruction::Split {
                    register: R1,
                    length: 1,
                    rest: R3,
                },
                emit("digit", R3),
            ],
            Outcome::LOGIC_FAULT,
        ),
        (
            vec![
                Instruction::Convert {
                    conversion: Conversion::Number,
                    register: R1,
                },
                Instruction::Emit {
                    name: Name::from_text("pin"),
                    kind: ItemKind::Number,
                    conversion: Conversion::None,
                    register: R1,
                },
            ],
            Outcome::LOGIC_FAULT,
        ),
        (vec![set(R1, b"x"), emit("other", R1)], Outcome::SUCCESS),
    ] {
        let whole = [&program[..], &steps, &[SUCCESS]].concat();
        let ran = run(&whole, &mut Modules::fine());
        assert_eq!(ran.outcome, outcome, "{steps:?}");
        assert!(outcome == Outcome::SUCCESS || ran.data.is_empty());
    }
}

#[test]
fn what_a_card_holder_enters_is_a_secret_of_four_to_eight_digits() {
    let ask = |entered, after: &[Instruction<'_>]| {
        let ask = Instruction::Ask {
            prompt: Prompt::Pin,
            into: R1,
        };
        let mut modules = Modules::fine();
        modules.entered = entered;
        run(&[&[ask], after, &[SUCCESS]].concat(), &mut modules)
    };
    for right in [&b""[..], b"1234", b"12345678"] {
        let ran = ask(right, &[]);
        assert_eq!(ran.outcome, Outcome::SUCCESS);
        assert_eq!(ran.simulator.register(1), Some(right));
        assert!(ran.simulator.is_secret(1));
        assert_eq!(ask(right, &[emit("pin", R1)]).outcome, Outcome::LOGIC_FAULT);
    }
    for wrong in [&b"123"[..], b"123456789", b"12E4", b"12\xFF4"] {
        assert_eq!(ask(wrong, &[]).outcome, Outcome::MODULE_FAILED);
    }
}
