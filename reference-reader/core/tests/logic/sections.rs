//! Writes that belong together.

use super::bench::*;
use cardwire_codec::message::{Instruction, Outcome, PinFunction};

const WRITE: Instruction<'static> = Instruction::Apdu {
    command: &[0x00, 0xD6, 0x00, 0x00, 0x01, 0xAA],
    into: R0,
};
const READ: Instruction<'static> = Instruction::Apdu {
    command: &[0x00, 0xB0, 0x00, 0x00, 0x01],
    into: R0,
};
const FAILS: Instruction<'static> = Instruction::Expect {
    mask: 0xFFFF,
    value: 0x1234,
};

#[test]
fn a_run_that_ends_between_writes_says_so() {
    use Instruction::{Critical, Settled};
    let verify = Instruction::Pin {
        function: PinFunction::Verify,
        reference: R1,
        first: R2,
        second: EMPTY,
        into: R3,
    };
    let secret = [set(R1, &[1]), set(R2, b"1234")];
    for (program, outcome) in [
        (&[Critical, WRITE, FAILS, Settled][..], Outcome::CARD_INCONSISTENT),
        (&[Critical, READ, FAILS, Settled], Outcome::CARD_STATUS),
        (&[WRITE, Critical, READ, FAILS, Settled], Outcome::CARD_STATUS),
        (&[Critical, WRITE, Settled, FAILS], Outcome::CARD_STATUS),
        (&[Critical, WRITE, Settled], Outcome::SUCCESS),
        // Begun anew: what was settled counts no more.
        (
            &[Critical, WRITE, Settled, Critical, READ, FAILS, Settled],
            Outcome::CARD_STATUS,
        ),
        // A fault of the logic, and a secret that was presented.
        (
            &[
                Critical,
                WRITE,
                Instruction::Add {
                    register: EMPTY,
                    value: 1,
                },
                Settled,
            ],
            Outcome::CARD_INCONSISTENT,
        ),
        (
            &[secret[0], secret[1], Critical, verify, FAILS, Settled],
            Outcome::CARD_INCONSISTENT,
        ),
    ] {
        let ran = run(&[program, &[SUCCESS]].concat(), &mut Modules::fine());
        assert_eq!(ran.outcome, outcome, "{program:?}");
    }
}

#[test]
fn a_card_that_breaks_off_between_writes_is_inconsistent() {
    use Instruction::{Critical, Settled};
    let program = [Critical, WRITE, READ, Settled, SUCCESS];
    // Too short to be a response.
    let damaged = |tpdu: usize| {
        let mut count = 0;
        let mut modules = Modules::with_card(move |_| {
            count += 1;
            if count == tpdu {
                vec![0x90]
            } else {
                vec![0x90, 0x00]
            }
        });
        run(&program, &mut modules).outcome
    };
    assert_eq!(
        damaged(1),
        Outcome::CARD_INCONSISTENT,
        "nobody knows whether it was written"
    );
    assert_eq!(damaged(2), Outcome::CARD_INCONSISTENT);
    assert_eq!(damaged(3), Outcome::SUCCESS);
}

#[test]
fn progress_is_told_and_changes_nothing() {
    let program = [
        Instruction::Progress { percent: 10 },
        Instruction::Progress { percent: 100 },
        SUCCESS,
    ];
    let ran = run(&program, &mut Modules::fine());
    assert_eq!((ran.outcome, ran.simulator.steps()), (Outcome::SUCCESS, 3));
}
