//! Programs that nobody wrote: whatever verifies ends within its budget, and nothing panics.

use super::bench::*;
use cardwire_codec::{
    List, Message, Name,
    message::{
        ClientLoss, Conversion, Instruction, ItemKind, Label, Logic, ModuleId, Occurrence, Outcome,
        Parameter, ParameterSource, PinFunction, Policy, Prompt, Register, ServiceId,
    },
};
use cardwire_core::{
    ModuleCommand, ModuleEvent,
    logic::{Happening, Simulator, check},
};
use proptest::{prelude::*, sample::select};

/// Commands of the list, and two that are not.
const COMMANDS: [&[u8]; 6] = [
    &[0x00, 0xB0, 0x00, 0x00, 0x10],
    &[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00, 0x00],
    &[0x00, 0xD6, 0x00, 0x00, 0x02, 0x01, 0x02],
    &[0x00, 0x88, 0x00, 0x81, 0x01, 0x10, 0x00],
    &[0x00, 0x20, 0x00, 0x01],
    &[],
];

/// What conversions and objects begin with, and as much as fits.
const VALUES: [&[u8]; 7] = [
    b"",
    b"\x01",
    b"1234",
    b"+49301234567",
    b"\x82\x02\x41\x21\x00",
    b"\x81\x02\x08\x90\x91",
    &[0xFF; 255],
];

fn register() -> impl Strategy<Value = Register> {
    (0_u8..8).prop_map(Register)
}

/// One instruction, without labels and what ends a run.
fn instruction() -> impl Strategy<Value = Instruction<'static>> {
    let conversions = select(&[
        Conversion::None,
        Conversion::SwappedDigits,
        Conversion::Imsi,
        Conversion::Spn,
        Conversion::DiallingNumber,
        Conversion::Alpha,
        Conversion::ScAddress,
        Conversion::Number,
        Conversion::ToAlpha,
        Conversion::ToDiallingNumber,
        Conversion::ToScAddress,
    ]);
    let functions = select(&[
        PinFunction::Verify,
        PinFunction::Change,
        PinFunction::Disable,
        PinFunction::Enable,
        PinFunction::Unblock,
    ]);
    let values = select(&VALUES[..]);
    let calls = prop_oneof![
        register().prop_map(|into| Instruction::Reset { into }),
        (select(&COMMANDS[..4]), register()).prop_map(|(command, into)| Instruction::Apdu { command, into }),
        (register(), register(), register()).prop_map(|(address, data, into)| Instruction::Command {
            header: &[0x00, 0xB2, 0x00, 0x04],
            address,
            data,
            le: &[0x00],
            into,
        }),
        (register(), register()).prop_map(|(command, into)| Instruction::Exchange { command, into }),
        (functions, register(), register(), register(), register()).prop_map(
            |(function, reference, first, second, into)| Instruction::Pin {
                function,
                reference,
                first,
                second,
                into,
            }
        ),
        register().prop_map(|into| Instruction::Ask {
            prompt: Prompt::Puk,
            into,
        }),
        register().prop_map(|into| Instruction::Poll { into }),
        Just(Instruction::Show { pattern: 1 }),
    ];
    let moves = prop_oneof![
        (register(), values).prop_map(|(register, value)| Instruction::Set { register, value }),
        (register(), select(&COMMANDS[..]))
            .prop_map(|(register, value)| Instruction::Set { register, value }),
        (register(), register()).prop_map(|(into, from)| Instruction::Copy { into, from }),
        (register(), register()).prop_map(|(into, from)| Instruction::Join { into, from }),
        (register(), 1_u8..=255, register()).prop_map(|(register, length, rest)| Instruction::Split {
            register,
            length,
            rest,
        }),
        (register(), any::<u8>(), 1_u8..=255).prop_map(|(register, offset, length)| Instruction::Slice {
            register,
            offset,
            length,
        }),
        (register(), any::<u8>()).prop_map(|(register, value)| Instruction::Fill { register, value }),
        (register(), any::<u8>(), register()).prop_map(|(register, offset, from)| Instruction::Patch {
            register,
            offset,
            from,
        }),
        (register(), 0_u8..4, any::<u8>(), any::<u8>()).prop_map(|(register, offset, mask, value)| {
            Instruction::Put {
                register,
                offset,
                mask,
                value,
            }
        }),
        (register(), any::<u8>()).prop_map(|(register, value)| Instruction::Add { register, value }),
        (register(), select(&[0x82_u16, 0x5F20]), register())
            .prop_map(|(register, tag, into)| { Instruction::Find { register, tag, into } }),
        (register(), register()).prop_map(|(register, into)| Instruction::Take { register, into }),
        register().prop_map(|register| Instruction::Convert {
            conversion: Conversion::Alpha,
            register,
        }),
        register().prop_map(|into| parameter("a", into)),
        register().prop_map(|into| Instruction::Status { into }),
        (conversions, register()).prop_map(|(conversion, register)| Instruction::Emit {
            name: Name::from_text("x"),
            kind: ItemKind::Bytes,
            conversion,
            register,
        }),
        (0_u8..=100).prop_map(|percent| Instruction::Progress { percent }),
    ];
    prop_oneof![2 => calls, 5 => moves]
}

/// Branches, loops and sections, with labels that may lead anywhere ahead.
fn flow() -> impl Strategy<Value = Instruction<'static>> {
    let target = || (0_u16..300).prop_map(Label);
    prop_oneof![
        (1_u8..=9).prop_map(|times| Instruction::Loop { times }),
        Just(Instruction::Again),
        Just(Instruction::Critical),
        Just(Instruction::Settled),
        (register(), target()).prop_map(|(register, target)| Instruction::WhenEmpty { register, target }),
        (register(), register(), target()).prop_map(|(register, other, target)| Instruction::WhenLonger {
            register,
            other,
            target,
        }),
    ]
}

fn logic(code: &[u8], budget: u16) -> Vec<u8> {
    let parameters = [Parameter {
        name: Name::from_text("a"),
        kind: ItemKind::Bytes,
        source: ParameterSource::Client,
        occurrence: Occurrence::Any,
        minimum: 0,
        maximum: 255,
    }];
    encode(&Logic {
        service: ServiceId(0xF001),
        name: Name::from_text("n"),
        version: 1,
        policy: Policy::WholeService,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(&[
            ModuleId::CONTACT_CARD,
            ModuleId::CONTACTLESS_CARD,
            ModuleId::INDICATOR,
            ModuleId::PIN_PAD,
        ]),
        parameters: List::from_items(&parameters),
        budget,
        code,
        extensions: Default::default(),
    })
}

/// What a module was asked for.
#[derive(Clone, Copy)]
enum Asked {
    Reset,
    Line,
    Transmit,
    Digits,
    Field,
    Pattern,
}

/// Runs with modules that answer with whatever there is, and returns the outcome and the instructions executed.
fn exhaust(document: &[u8], answers: &[Vec<u8>]) -> (Outcome, u16) {
    let given = service_data(&[
        item("a", ItemKind::Bytes, b"\x03abc"),
        item("a", ItemKind::Bytes, &[0; 200]),
    ]);
    let mut simulator = Simulator::new(document, &given).expect("it verifies");
    let mut answers = answers.iter().cycle();
    let mut asked = None;
    // More happenings than a run of 4,096 instructions can lead to, each with eight TPDUs twice.
    for _ in 0..4096 * 17 {
        let answer = answers.next().unwrap();
        let happening = match asked {
            None => simulator.step(),
            Some(asked) => {
                // First something that was not asked, perhaps.
                if answer.len().is_multiple_of(3) {
                    simulator.answer(ModuleEvent::CardInserted(0));
                    simulator.answer(ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
                }
                simulator.answer(match asked {
                    Asked::Reset if answer.len() < 20 => ModuleEvent::Atr(&[0x3B, 0x00]),
                    Asked::Reset => ModuleEvent::Atr(answer),
                    Asked::Transmit if answer.len() < 10 => ModuleEvent::CardResponse(&[0x63, 0xC3]),
                    Asked::Transmit if answer.len() > 35 => ModuleEvent::CardMute,
                    Asked::Transmit => ModuleEvent::CardResponse(answer),
                    Asked::Digits if answer.len() < 30 => ModuleEvent::Entered(b"1234"),
                    Asked::Digits => ModuleEvent::Entered(answer),
                    Asked::Field => ModuleEvent::Polled(answer),
                    Asked::Line => ModuleEvent::CardLineSet,
                    Asked::Pattern => ModuleEvent::Shown,
                })
            }
        };
        asked = match happening {
            Happening::Ended(outcome) => return (outcome, simulator.steps()),
            Happening::Command(command) => Some(match command {
                ModuleCommand::CardReset(_) => Asked::Reset,
                ModuleCommand::CardLine(_) => Asked::Line,
                ModuleCommand::CardTransmit(_) => Asked::Transmit,
                ModuleCommand::Ask(_) => Asked::Digits,
                ModuleCommand::Poll => Asked::Field,
                ModuleCommand::Show(_) => Asked::Pattern,
                ModuleCommand::Enable(_) | ModuleCommand::Disable(_) => panic!("no supply is driven"),
            }),
            Happening::Stepped | Happening::Done(_) | Happening::Progress(_) => None,
        };
    }
    panic!("a run does not end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Straight programs with loops around: all of them verify.
    #[test]
    fn what_verifies_ends_within_its_budget(
        body in prop::collection::vec(instruction(), 1..20),
        times in 1_u8..=20,
        answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
    ) {
        let instructions = [
            &[Instruction::Loop { times }][..],
            &body,
            &[Instruction::Again, SUCCESS],
        ].concat();
        let longest = 2 + u16::from(times) * (body.len() as u16 + 1);
        let code = code_of(&instructions);
        prop_assume!(code.len() <= 900);
        prop_assert_eq!(check(&logic(&code, longest)), Ok(()));
        prop_assert!(check(&logic(&code, longest - 1)).is_err());
        let (_, steps) = exhaust(&logic(&code, longest), &answers);
        prop_assert!(steps <= longest);
    }

    /// Programs with branches: many do not verify, and those that do end.
    #[test]
    fn branches_end_too(
        parts in prop::collection::vec(prop_oneof![3 => instruction(), 1 => flow()], 1..12),
        answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
    ) {
        let instructions = aimed(&parts);
        let document = logic(&code_of(&instructions), 4096);
        if check(&document).is_ok() {
            let (_, steps) = exhaust(&document, &answers);
            prop_assert!(steps <= 4096);
        }
    }

    /// Bytes that are no program.
    #[test]
    fn noise_is_refused_or_ends(
        noise in prop::collection::vec(any::<u8>(), 1..60),
        answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..4),
    ) {
        for document in [logic(&noise, 64), noise.clone()] {
            if check(&document).is_ok() && Logic::decode(&document).is_ok() {
                exhaust(&document, &answers);
            }
        }
    }
}

fn code_of(instructions: &[Instruction<'_>]) -> Vec<u8> {
    let mut code = Vec::new();
    for instruction in instructions {
        code.extend(super::bench::code(core::slice::from_ref(instruction)));
    }
    code
}

/// The instructions with an end behind them, and labels that lead to one that stands ahead.
fn aimed(parts: &[Instruction<'static>]) -> Vec<Instruction<'static>> {
    let whole = [parts, &[SUCCESS]].concat();
    let mut offsets = Vec::new();
    let mut at = 0;
    for part in &whole {
        offsets.push(at);
        at += code_of(core::slice::from_ref(part)).len() as u16;
    }
    let aim = |index: usize, label: Label| {
        let ahead = &offsets[index + 1..];
        Label(ahead[usize::from(label.0) % ahead.len()])
    };
    whole
        .iter()
        .enumerate()
        .map(|(index, part)| match *part {
            Instruction::WhenEmpty { register, target } => Instruction::WhenEmpty {
                register,
                target: aim(index, target),
            },
            Instruction::WhenLonger {
                register,
                other,
                target,
            } => Instruction::WhenLonger {
                register,
                other,
                target: aim(index, target),
            },
            other => other,
        })
        .collect()
}
