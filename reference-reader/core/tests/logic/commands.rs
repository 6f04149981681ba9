//! Commands that a program makes, and those that come from elsewhere.

use super::bench::*;
use cardwire_codec::message::{Instruction, Outcome, Register};

fn command(address: Register, data: Register, le: &'static [u8]) -> Instruction<'static> {
    Instruction::Command {
        header: &[0x00, 0xB2, 0x01, 0x04],
        address,
        data,
        le,
        into: R3,
    }
}

/// The one TPDU that this sends.
#[track_caller]
fn assert_sends(instructions: &[Instruction<'_>], tpdu: &[u8]) {
    let instructions = [instructions, &[SUCCESS]].concat();
    let ran = run(&instructions, &mut Modules::fine());
    assert_eq!(
        (ran.outcome, ran.sent.as_slice()),
        (Outcome::SUCCESS, &[tpdu.to_vec()][..])
    );
}

#[test]
fn commands_are_made_of_a_header_and_registers() {
    // Case 1 has P3 = 00 on the line, and case 4 no Le.
    assert_sends(&[command(EMPTY, EMPTY, &[])], &[0x00, 0xB2, 0x01, 0x04, 0x00]);
    assert_sends(&[command(EMPTY, EMPTY, &[0x0A])], &[0x00, 0xB2, 0x01, 0x04, 0x0A]);
    let one = set(R1, &[0x07]);
    assert_sends(
        &[one, command(R1, EMPTY, &[0x00])],
        &[0x00, 0xB2, 0x07, 0x04, 0x00],
    );
    let two = set(R1, &[0x07, 0x08]);
    assert_sends(
        &[two, command(R1, EMPTY, &[0x00])],
        &[0x00, 0xB2, 0x07, 0x08, 0x00],
    );
    let data = set(R2, &[0x6F, 0x3A]);
    let with_data = [0x00, 0xB2, 0x01, 0x04, 0x02, 0x6F, 0x3A];
    assert_sends(&[data, command(EMPTY, R2, &[])], &with_data);
    assert_sends(&[data, command(EMPTY, R2, &[0x00])], &with_data);
    let most = [0x55; 255];
    let whole = [&[0x00, 0xB2, 0x01, 0x04, 0xFF][..], &most].concat();
    assert_sends(&[set(R2, &most), command(EMPTY, R2, &[])], &whole);
}

#[test]
fn commands_that_have_no_encoding_are_faults() {
    assert_fault(&[set(R1, &[1, 2, 3]), command(R1, EMPTY, &[])]);
    // 256 bytes of data.
    let half = [0x55; 128];
    let join = Instruction::Join { into: R2, from: R2 };
    assert_fault(&[set(R2, &half), join, command(EMPTY, R2, &[])]);
}

#[test]
fn responses_and_status_words_come_back() {
    let mut card = Modules::with_card(|_| vec![0xAA, 0xBB, 0x62, 0x82]);
    let ran = run(
        &[
            command(EMPTY, EMPTY, &[0x02]),
            Instruction::Status { into: R2 },
            emit("data", R3),
            emit("status", R2),
            SUCCESS,
        ],
        &mut card,
    );
    assert_eq!(ran.value("data"), Some(&[0xAA, 0xBB][..]));
    assert_eq!(ran.value("status"), Some(&[0x62, 0x82][..]));
    assert_eq!(ran.simulator.status_word(), 0x6282);
}

#[test]
fn commands_from_elsewhere_pass_the_filter_or_are_not_sent() {
    let exchange = Instruction::Exchange {
        command: R1,
        into: R2,
    };
    for right in [
        &[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00, 0x00][..],
        &[0x80, 0xF2, 0x00, 0x00, 0x00],
    ] {
        let ran = run(&[set(R1, right), exchange, SUCCESS], &mut Modules::fine());
        assert_eq!((ran.outcome, ran.sent.len()), (Outcome::SUCCESS, 1));
    }
    for wrong in [
        &[][..],
        &[0x00, 0xB0, 0x00],
        &[0x00, 0x20, 0x00, 0x01],
        &[
            0x00, 0x20, 0x00, 0x01, 0x08, 0x31, 0x32, 0x33, 0x34, 0xFF, 0xFF, 0xFF, 0xFF,
        ],
        &[0x00, 0x2C, 0x00, 0x01],
        &[0x00, 0xC0, 0x00, 0x00, 0x10],
        &[0xA0, 0xB0, 0x00, 0x00, 0x0A],
        &[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F],
        // Extended lengths are none of this version's.
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x02, 0x3F, 0x00],
    ] {
        let ran = run(&[set(R1, wrong), exchange, SUCCESS], &mut Modules::fine());
        assert_eq!(
            (ran.outcome, ran.sent.len()),
            (Outcome::COMMAND_REFUSED, 0),
            "{wrong:02X?}"
        );
    }
}

#[test]
fn the_field_is_looked_at() {
    let program = [
        Instruction::Poll { into: R1 },
        Instruction::Find {
            register: R1,
            tag: 0x80,
            into: R2,
        },
        emit("uid", R2),
        SUCCESS,
    ];
    let mut modules = Modules::fine();
    assert_eq!(run(&program, &mut modules).value("uid"), Some(&[][..]));
    modules.polled = &[0x80, 0x04, 1, 2, 3, 4, 0x81, 0x02, 0x00, 0x04, 0x82, 0x01, 0x20];
    assert_eq!(run(&program, &mut modules).value("uid"), Some(&[1, 2, 3, 4][..]));
    modules.polled = &[0; 257];
    assert_eq!(run(&program, &mut modules).outcome, Outcome::MODULE_FAILED);
}
