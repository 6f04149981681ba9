//! Attacks by logic: a malicious author whose updates are rightly signed, and who changes what is stored.

use super::field::{FINE, Field};
use super::scene::{ECHO, IDENTIFY, OFFERS, Scene, flipped, random};
use crate::hostile::{
    Held, broken, must,
    updates::{PlayedCloud, echo, logic_of, signed},
};
use cardwire_codec::message::{ErrorCode, Instruction, JobState, Label, ModuleId, Outcome, Register};
use cardwire_codec::{Message, wire::Writer};
use cardwire_core::env::Record;

/// Rightly signed logic of a malicious author: what must never be stored.
pub fn hostile_logic(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let end = Instruction::End {
        outcome: Outcome::SUCCESS,
    };
    let reset = Instruction::Reset { into: Register(0) };
    let apdu = |command: &'static [u8]| Instruction::Apdu {
        command,
        into: Register(1),
    };
    let card = [ModuleId::CONTACT_CARD];
    let mut programs = vec![
        (
            "no end",
            logic_of(
                ECHO,
                &[],
                8,
                &[Instruction::Set {
                    register: Register(0),
                    value: b"x",
                }],
            ),
        ),
        (
            "more steps than its budget",
            logic_of(
                ECHO,
                &[],
                3,
                &[
                    Instruction::Loop { times: 200 },
                    Instruction::Set {
                        register: Register(0),
                        value: b"x",
                    },
                    Instruction::Again,
                    end,
                ],
            ),
        ),
        (
            "a loop that never ends",
            logic_of(
                ECHO,
                &[],
                4096,
                &[
                    Instruction::Loop { times: 255 },
                    Instruction::Loop { times: 255 },
                    Instruction::Set {
                        register: Register(0),
                        value: b"x",
                    },
                    Instruction::Again,
                    Instruction::Again,
                    end,
                ],
            ),
        ),
        ("a long way to an end in its last round", long_last_round()),
        (
            "a module that is not declared",
            logic_of(ECHO, &[], 8, &[reset, end]),
        ),
        (
            "a module that nobody knows",
            logic_of(ECHO, &[ModuleId(0x7E)], 8, &[end]),
        ),
    ];
    for (what, command) in [
        (
            "VERIFY",
            &[0x00, 0x20, 0x00, 0x01, 0x08, 1, 2, 3, 4, 0xFF, 0xFF, 0xFF, 0xFF][..],
        ),
        (
            "CHANGE PIN",
            &[
                0x00, 0x24, 0x00, 0x01, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
            ],
        ),
        (
            "DISABLE PIN",
            &[0x00, 0x26, 0x00, 0x01, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (
            "UNBLOCK PIN",
            &[
                0x00, 0x2C, 0x00, 0x01, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
            ],
        ),
        ("PUT KEY", &[0x80, 0xD8, 0x00, 0x00, 0x01, 0x00]),
        ("DELETE FILE", &[0x00, 0xE4, 0x00, 0x00, 0x02, 0x2F, 0xE2]),
        ("INSTALL", &[0x80, 0xE6, 0x02, 0x00, 0x01, 0x00]),
    ] {
        programs.push((what, logic_of(ECHO, &card, 16, &[reset, apdu(command), end])));
    }
    for (what, document) in &programs {
        scene.attempt();
        let update = signed(document, 6, &scene.right_authority());
        let error = field.deliver(&update, update.content())?;
        must(error == ErrorCode::UPDATE_LOGIC, || {
            format!("logic with {what} gets {error:?}")
        })?;
    }
    // Any code at all: what is taken must end, whatever it is.
    let mut seed = 0x106C;
    let mut taken = 0_u8;
    for _ in 0..600 {
        scene.attempt();
        let mut document = echo(b"some text that is changed at random");
        for _ in 0..1 + random(&mut seed) % 3 {
            let at = (random(&mut seed) as usize) % document.len();
            document[at] = random(&mut seed) as u8;
        }
        if cardwire_codec::message::Logic::decode(&document).map(|logic| logic.service) != Ok(ECHO) {
            continue;
        }
        let update = signed(&document, 6 + u32::from(taken), &scene.right_authority());
        if field.deliver(&update, update.content())? == FINE && taken < 200 {
            taken += 1;
            match field.session.instruct(&mut field.board, taken, ECHO)? {
                Ok(_) | Err(ErrorCode::BUSY | ErrorCode::UNKNOWN_SERVICE) => {}
                other => return broken("instruct", other),
            }
            let (state, ..) = field.session.job(&mut field.board, taken)?;
            must(state == JobState::Done, || {
                format!("stored logic does not end: {state:?}")
            })?;
            must(field.board.supplied.is_empty(), || {
                "stored logic leaves modules on".into()
            })?;
        }
    }
    must(taken > 0, || {
        "no changed logic was taken at all: the test shows nothing".into()
    })?;
    let right = signed(&echo(b"right"), 1000, &scene.right_authority());
    match field.deliver(&right, right.content())? {
        FINE => Ok(()),
        error => broken("right logic", error),
    }
}

/// Four rounds of two instructions, then a way of twelve to an `end` in the loop: 21, where behind the loop come fewer.
fn long_last_round() -> Vec<u8> {
    let way = |over: u16| {
        let mut code = vec![
            Instruction::Loop { times: 5 },
            Instruction::WhenEmpty {
                register: Register(0),
                target: Label(over),
            },
        ];
        code.extend(
            [Instruction::Set {
                register: Register(1),
                value: b"x",
            }; 10],
        );
        code.push(Instruction::End {
            outcome: Outcome::SUCCESS,
        });
        code
    };
    let mut room = [0; 256];
    let mut writer = Writer::new(&mut room);
    for instruction in way(0) {
        instruction.write(&mut writer).unwrap();
    }
    let mut code = way(writer.written() as u16);
    code.extend([
        Instruction::Again,
        Instruction::End {
            outcome: Outcome::SUCCESS,
        },
    ]);
    logic_of(ECHO, &[], 20, &code)
}

/// Changes what is stored, bit by bit: the reader comes up with services, and runs nothing that does not verify.
pub fn changed_at_rest(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let stored = field
        .board
        .memory
        .lock()
        .records
        .get(&Record::Logic(0))
        .cloned()
        .unwrap_or_default();
    if stored.is_empty() {
        return broken("stored logic", ());
    }
    let mut job = 0_u8;
    for (at, bit, changed) in flipped(&stored) {
        scene.attempt();
        field
            .board
            .memory
            .lock()
            .records
            .insert(Record::Logic(0), changed);
        field.board.reset();
        if bit != (at % 8) as u8 {
            // That it comes up is seen with each; that it serves takes longer.
            must(field.board.hello_answer().is_ok(), || {
                format!("bit {bit} of byte {at} flipped: it does not come up")
            })?;
            continue;
        }
        let mut session = field.board.connect(&scene.client())?;
        PlayedCloud::login(&mut session, &mut field.board, &scene.cloud_key(), &OFFERS)?;
        job = job.wrapping_add(1);
        let run = session.run(&mut field.board, job, IDENTIFY);
        must(run.is_ok(), || {
            format!("bit {bit} of byte {at} flipped: other services are gone: {run:?}")
        })?;
        job = job.wrapping_add(1);
        if session.instruct(&mut field.board, job, ECHO)?.is_ok() {
            let (state, ..) = session.job(&mut field.board, job)?;
            must(state == JobState::Done && field.board.supplied.is_empty(), || {
                format!("bit {bit} of byte {at} flipped: what is stored runs on: {state:?}")
            })?;
        }
    }
    Ok(())
}
