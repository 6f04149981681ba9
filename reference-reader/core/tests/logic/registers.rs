//! Instructions on registers, branches, conversions. What each does to bytes is tested beside it; here it is that each
//! opcode does its own.

use super::bench::*;
use cardwire_codec::{
    Name,
    message::{Conversion, Instruction, ItemKind, Label, Outcome},
};

/// What r1 and r2 hold after this, which begins with 01 02 03 and 08 09.
#[track_caller]
fn assert_makes(instruction: Instruction<'_>, one: &[u8], two: &[u8]) {
    let ran = run(
        &[
            set(R1, &[1, 2, 3]),
            set(R2, &[8, 9]),
            instruction,
            emit("one", R1),
            emit("two", R2),
            SUCCESS,
        ],
        &mut Modules::fine(),
    );
    assert_eq!(
        (ran.outcome, ran.value("one"), ran.value("two")),
        (Outcome::SUCCESS, Some(one), Some(two))
    );
}

#[test]
fn every_opcode_does_its_own() {
    assert_makes(Instruction::Copy { into: R1, from: R2 }, &[8, 9], &[8, 9]);
    assert_makes(
        Instruction::Join { into: R1, from: R2 },
        &[1, 2, 3, 8, 9],
        &[8, 9],
    );
    let split = Instruction::Split {
        register: R1,
        length: 1,
        rest: R2,
    };
    assert_makes(split, &[1, 2], &[3]);
    let slice = Instruction::Slice {
        register: R1,
        offset: 1,
        length: 2,
    };
    assert_makes(slice, &[2, 3], &[8, 9]);
    let fill = Instruction::Fill {
        register: R1,
        value: 7,
    };
    assert_makes(fill, &[7, 7, 7], &[8, 9]);
    let patch = Instruction::Patch {
        register: R1,
        offset: 1,
        from: R2,
    };
    assert_makes(patch, &[1, 8, 9], &[8, 9]);
    let put = Instruction::Put {
        register: R1,
        offset: 2,
        mask: 0xF0,
        value: 0xAA,
    };
    assert_makes(put, &[1, 2, 0xA3], &[8, 9]);
    let add = Instruction::Add {
        register: R1,
        value: 0xFF,
    };
    assert_makes(add, &[1, 3, 2], &[8, 9]);
    let take = Instruction::Take {
        register: R1,
        into: R2,
    };
    assert_makes(take, &[3], &[2]);
    let find = Instruction::Find {
        register: R1,
        tag: 0x01,
        into: R2,
    };
    // 01 02 03: an object that ends behind the register.
    assert_fault(&[set(R1, &[1, 2, 3]), find]);
    let find = Instruction::Find {
        register: R2,
        tag: 0x08,
        into: R1,
    };
    assert_fault(&[set(R2, &[8, 9]), find]);
    assert_makes(Instruction::Status { into: R1 }, &[0, 0], &[8, 9]);
    let convert = Instruction::Convert {
        conversion: Conversion::Number,
        register: R1,
    };
    assert_makes(convert, &[0, 1, 2, 3], &[8, 9]);
}

#[test]
fn objects_are_found_and_those_that_are_not_there_are_empty() {
    let find = |tag| {
        run(
            &[
                set(R1, &[0x80, 0x01, 0xAA, 0x5F, 0x20, 0x02, 0xBB, 0xCC]),
                set(R2, &[1]),
                Instruction::Find {
                    register: R1,
                    tag,
                    into: R2,
                },
                emit("found", R2),
                SUCCESS,
            ],
            &mut Modules::fine(),
        )
    };
    assert_eq!(find(0x0080).value("found"), Some(&[0xAA][..]));
    assert_eq!(find(0x5F20).value("found"), Some(&[0xBB, 0xCC][..]));
    assert_eq!(find(0x0081).value("found"), Some(&[][..]));
}

#[test]
fn what_is_not_there_is_a_fault() {
    let three = set(R1, &[1, 2, 3]);
    assert_fault(&[
        three,
        Instruction::Split {
            register: R1,
            length: 4,
            rest: R2,
        },
    ]);
    assert_fault(&[
        three,
        Instruction::Patch {
            register: R1,
            offset: 1,
            from: R1,
        },
    ]);
    assert_fault(&[
        three,
        Instruction::Put {
            register: R1,
            offset: 3,
            mask: 0,
            value: 0,
        },
    ]);
    assert_fault(&[
        set(R1, &[0xFF]),
        Instruction::Add {
            register: R1,
            value: 1,
        },
    ]);
    assert_fault(&[
        set(R1, &[2, 1]),
        Instruction::Take {
            register: R1,
            into: R2,
        },
    ]);
    let long = [0; 200];
    assert_fault(&[set(R1, &long), Instruction::Join { into: R1, from: R1 }]);
    assert_fault(&[Instruction::Convert {
        conversion: Conversion::Number,
        register: R1,
    }]);
    assert_fault(&[Instruction::Emit {
        name: Name::from_text("n"),
        kind: ItemKind::Number,
        conversion: Conversion::None,
        register: R1,
    }]);
}

#[test]
fn branches_are_taken_where_they_say() {
    let taken = |before: &[Instruction<'_>], to: &dyn Fn(Label) -> Instruction<'static>| {
        let document = document(&[], &branch(before, to));
        run_document(&document, &[], &mut Modules::fine())
            .unwrap()
            .outcome
    };
    let equal = |target| Instruction::WhenEqual {
        register: R1,
        other: R2,
        target,
    };
    let longer = |target| Instruction::WhenLonger {
        register: R1,
        other: R2,
        target,
    };
    let byte = |target| Instruction::WhenByte {
        register: R1,
        offset: 1,
        mask: 0xF0,
        value: 0x40,
        target,
    };
    assert_eq!(taken(&[], &equal), TAKEN);
    assert_eq!(taken(&[set(R1, &[1]), set(R2, &[1])], &equal), TAKEN);
    assert_eq!(
        taken(&[set(R1, &[1]), set(R2, &[1, 1])], &equal),
        Outcome::SUCCESS
    );
    assert_eq!(taken(&[set(R1, &[1])], &longer), TAKEN);
    assert_eq!(taken(&[set(R1, &[9]), set(R2, &[1])], &longer), Outcome::SUCCESS);
    assert_eq!(taken(&[set(R1, &[0, 0x4F])], &byte), TAKEN);
    assert_eq!(taken(&[set(R1, &[0, 0x5F])], &byte), Outcome::SUCCESS);
    assert_eq!(taken(&[set(R1, &[0x4F])], &byte), Outcome::LOGIC_FAULT);
}
