//! Instructions of execution logic: their encodings, what is wrong with others, and the logic that is published.

#[path = "vectors/read.rs"]
#[expect(dead_code, reason = "only its folder is used here")]
mod read;

use cardwire_codec::{
    EncodeError, Message as _, Name,
    message::{
        CodecRule, Conversion, Instruction, ItemKind, Label, Logic, ModuleId, Outcome, PinFunction, Prompt,
        Register,
    },
    shape::Title,
    wire::{Cursor, Writer},
};

/// Each instruction with its encoding and its name.
fn all() -> Vec<(Instruction<'static>, Vec<u8>, &'static str)> {
    let command = &[0x00, 0xA4, 0x00, 0x0C];
    vec![
        (Instruction::Reset { into: Register(3) }, vec![0x10, 3], "reset"),
        (
            Instruction::Apdu {
                command,
                into: Register(0),
            },
            vec![0x11, 4, 0x00, 0xA4, 0x00, 0x0C, 0],
            "apdu",
        ),
        (Instruction::Show { pattern: 3 }, vec![0x12, 3], "show"),
        (
            Instruction::Done {
                module: ModuleId::INDICATOR,
            },
            vec![0x18, ModuleId::INDICATOR.value()],
            "done",
        ),
        (
            Instruction::WhenStatus {
                mask: 0xFF00,
                value: 0x9000,
                target: Label(0x0102),
            },
            vec![0x20, 0xFF, 0x00, 0x90, 0x00, 0x01, 0x02],
            "when-status",
        ),
        (
            Instruction::WhenEmpty {
                register: Register(2),
                target: Label(5),
            },
            vec![0x21, 2, 0, 5],
            "when-empty",
        ),
        (Instruction::Go { target: Label(9) }, vec![0x22, 0, 9], "go"),
        (Instruction::Loop { times: 1 }, vec![0x23, 1], "loop"),
        (Instruction::Again, vec![0x24], "again"),
        (
            Instruction::Set {
                register: Register(1),
                value: &[],
            },
            vec![0x30, 1, 0],
            "set",
        ),
        (
            Instruction::Slice {
                register: Register(1),
                offset: 2,
                length: 255,
            },
            vec![0x31, 1, 2, 255],
            "slice",
        ),
        (
            Instruction::Emit {
                name: Name::from_text("a"),
                kind: ItemKind::ALL[0],
                conversion: Conversion::ALL[0],
                register: Register(0),
            },
            vec![
                0x38,
                1,
                b'a',
                ItemKind::ALL[0].value(),
                Conversion::ALL[0].value(),
                0,
            ],
            "emit",
        ),
        (
            Instruction::Expect { mask: 1, value: 2 },
            vec![0x39, 0, 1, 0, 2],
            "expect",
        ),
        (
            Instruction::End {
                outcome: Outcome(0x0102),
            },
            vec![0x3F, 1, 2],
            "end",
        ),
    ]
    .into_iter()
    .chain(added())
    .collect()
}

/// Those that services with parameters need.
fn added() -> Vec<(Instruction<'static>, Vec<u8>, &'static str)> {
    vec![
        (
            Instruction::Command {
                header: &[0x00, 0xB2, 0x00, 0x04],
                address: Register(1),
                data: Register(2),
                le: &[0x0A],
                into: Register(7),
            },
            vec![0x13, 0x00, 0xB2, 0x00, 0x04, 1, 2, 1, 0x0A, 7],
            "command",
        ),
        (
            Instruction::Command {
                header: &[0x00, 0xB2, 0x00, 0x04],
                address: Register(1),
                data: Register(2),
                le: &[],
                into: Register(7),
            },
            vec![0x13, 0x00, 0xB2, 0x00, 0x04, 1, 2, 0, 7],
            "command",
        ),
        (
            Instruction::Exchange {
                command: Register(1),
                into: Register(2),
            },
            vec![0x14, 1, 2],
            "exchange",
        ),
        (
            Instruction::Pin {
                function: PinFunction::Unblock,
                reference: Register(1),
                first: Register(2),
                second: Register(3),
                into: Register(4),
            },
            vec![0x15, 5, 1, 2, 3, 4],
            "pin",
        ),
        (
            Instruction::Ask {
                prompt: Prompt::RepeatPin,
                into: Register(6),
            },
            vec![0x16, 3, 6],
            "ask",
        ),
        (Instruction::Poll { into: Register(5) }, vec![0x17, 5], "poll"),
        (
            Instruction::WhenEqual {
                register: Register(1),
                other: Register(2),
                target: Label(9),
            },
            vec![0x25, 1, 2, 0, 9],
            "when-equal",
        ),
        (
            Instruction::WhenLonger {
                register: Register(1),
                other: Register(2),
                target: Label(9),
            },
            vec![0x26, 1, 2, 0, 9],
            "when-longer",
        ),
        (
            Instruction::WhenByte {
                register: Register(1),
                offset: 2,
                mask: 0xF0,
                value: 0x40,
                target: Label(9),
            },
            vec![0x27, 1, 2, 0xF0, 0x40, 0, 9],
            "when-byte",
        ),
        (Instruction::Critical, vec![0x28], "critical"),
        (Instruction::Settled, vec![0x29], "settled"),
        (
            Instruction::Copy {
                into: Register(1),
                from: Register(2),
            },
            vec![0x32, 1, 2],
            "copy",
        ),
        (
            Instruction::Join {
                into: Register(1),
                from: Register(2),
            },
            vec![0x33, 1, 2],
            "join",
        ),
        (
            Instruction::Split {
                register: Register(1),
                length: 14,
                rest: Register(2),
            },
            vec![0x34, 1, 14, 2],
            "split",
        ),
        (
            Instruction::Fill {
                register: Register(1),
                value: 0xFF,
            },
            vec![0x35, 1, 0xFF],
            "fill",
        ),
        (
            Instruction::Patch {
                register: Register(1),
                offset: 13,
                from: Register(2),
            },
            vec![0x36, 1, 13, 2],
            "patch",
        ),
        (
            Instruction::Put {
                register: Register(1),
                offset: 2,
                mask: 3,
                value: 4,
            },
            vec![0x37, 1, 2, 3, 4],
            "put",
        ),
        (
            Instruction::Progress { percent: 100 },
            vec![0x3A, 100],
            "progress",
        ),
        (
            Instruction::Parameter {
                name: Name::from_text("a"),
                into: Register(1),
            },
            vec![0x3B, 1, b'a', 1],
            "parameter",
        ),
        (Instruction::Status { into: Register(1) }, vec![0x3C, 1], "status"),
        (
            Instruction::Add {
                register: Register(1),
                value: 2,
            },
            vec![0x40, 1, 2],
            "add",
        ),
        (
            Instruction::Find {
                register: Register(1),
                tag: 0x5F20,
                into: Register(2),
            },
            vec![0x41, 1, 0x5F, 0x20, 2],
            "find",
        ),
        (
            Instruction::Take {
                register: Register(1),
                into: Register(2),
            },
            vec![0x42, 1, 2],
            "take",
        ),
        (
            Instruction::Convert {
                conversion: Conversion::ToScAddress,
                register: Register(1),
            },
            vec![0x43, 0x0A, 1],
            "convert",
        ),
    ]
}

fn write(instruction: &Instruction<'_>, out: &mut [u8]) -> Result<usize, EncodeError> {
    let mut writer = Writer::new(out);
    instruction.write(&mut writer)?;
    Ok(writer.written())
}

#[test]
fn each_instruction_has_one_encoding() {
    for (instruction, bytes, name) in all() {
        assert_eq!((instruction.opcode(), instruction.name()), (bytes[0], name));
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(Instruction::read(&mut cursor), Ok(instruction));
        assert!(cursor.rest().is_empty(), "{name} is read whole");
        let mut out = [0; 16];
        assert_eq!(write(&instruction, &mut out), Ok(bytes.len()), "{name}");
        assert_eq!(out[..bytes.len()], bytes, "{name}");
        for size in 0..bytes.len() {
            assert_eq!(
                write(&instruction, &mut out[..size]),
                Err(EncodeError::BufferTooSmall),
                "{name}"
            );
            let error = Instruction::read(&mut Cursor::new(&bytes[..size])).expect_err("it is cut off");
            assert_eq!(error.rule, CodecRule::Truncated, "{name}, {size} bytes: {error}");
        }
        let module = match name {
            "reset" | "apdu" | "command" | "exchange" | "pin" => Some(ModuleId::CONTACT_CARD),
            "show" => Some(ModuleId::INDICATOR),
            "ask" => Some(ModuleId::PIN_PAD),
            "poll" => Some(ModuleId::CONTACTLESS_CARD),
            _ => None,
        };
        assert_eq!(instruction.module(), module, "{name}");
    }
}

#[test]
fn what_is_wrong_with_an_instruction_is_named() {
    for (bytes, rule, field, offset) in [
        (&[0xEE, 0x00][..], CodecRule::Value, "opcode", 0),
        (&[], CodecRule::Truncated, "opcode", 0),
        (&[0x10, 8], CodecRule::Range, "reset.into", 1),
        (&[0x11, 3, 1, 2, 3, 0], CodecRule::Length, "apdu.command", 1),
        (&[0x11, 4, 1, 2, 3], CodecRule::Truncated, "apdu.command", 1),
        (&[0x11, 4, 1, 2, 3, 4, 8], CodecRule::Range, "apdu.into", 6),
        (&[0x12, 4], CodecRule::Range, "show.pattern", 1),
        (&[0x21, 8, 0, 0], CodecRule::Range, "when-empty.register", 1),
        (&[0x23, 0], CodecRule::Range, "loop.times", 1),
        (&[0x30, 8, 0], CodecRule::Range, "set.register", 1),
        (&[0x31, 0, 0, 0], CodecRule::Range, "slice.length", 3),
        (&[0x38, 0, 1, 1, 0], CodecRule::Length, "emit.name", 1),
        (&[0x38, 1, b' ', 1, 1, 0], CodecRule::Text, "emit.name", 1),
        (&[0x38, 1, b'a', 0xEE, 1, 0], CodecRule::Value, "emit.kind", 3),
        (&[0x13, 1, 2, 3], CodecRule::Truncated, "command.header", 1),
        (
            &[0x13, 1, 2, 3, 4, 0, 0, 2, 0, 0, 0],
            CodecRule::Length,
            "command.le",
            7,
        ),
        (&[0x15, 6, 0, 0, 0, 0], CodecRule::Value, "pin.function", 1),
        (&[0x16, 0, 0], CodecRule::Value, "ask.prompt", 1),
        (
            &[0x27, 0, 0, 0, 0, 0],
            CodecRule::Truncated,
            "when-byte.target",
            5,
        ),
        (&[0x34, 0, 0, 0], CodecRule::Range, "split.length", 2),
        (&[0x3A, 101], CodecRule::Range, "progress.percent", 1),
        (&[0x3B, 0, 0], CodecRule::Length, "parameter.name", 1),
        (&[0x43, 0x0B, 0], CodecRule::Value, "convert.conversion", 1),
    ] {
        let error = Instruction::read(&mut Cursor::new(bytes)).expect_err("it is wrong");
        assert_eq!(
            (error.rule, error.field.as_str(), error.offset),
            (rule, field, offset),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn operands_without_an_encoding_are_refused() {
    let long = [0; 256];
    let emit = |name| Instruction::Emit {
        name: Name::from_text(name),
        kind: ItemKind::ALL[0],
        conversion: Conversion::ALL[0],
        register: Register(0),
    };
    for (instruction, rule, field) in [
        (
            Instruction::Reset { into: Register(8) },
            CodecRule::Range,
            "reset.into",
        ),
        (Instruction::Show { pattern: 4 }, CodecRule::Range, "show.pattern"),
        (Instruction::Loop { times: 0 }, CodecRule::Range, "loop.times"),
        (
            Instruction::Slice {
                register: Register(0),
                offset: 0,
                length: 0,
            },
            CodecRule::Range,
            "slice.length",
        ),
        (
            Instruction::Apdu {
                command: &[0; 3],
                into: Register(0),
            },
            CodecRule::Length,
            "apdu.command",
        ),
        (
            Instruction::Set {
                register: Register(0),
                value: &long,
            },
            CodecRule::Length,
            "set.value",
        ),
        (emit(""), CodecRule::Length, "emit.name"),
        (emit("a b"), CodecRule::Length, "emit.name"),
    ] {
        let refused = Err(EncodeError::Invalid {
            rule,
            field: Title::new(field),
        });
        assert_eq!(write(&instruction, &mut [0; 300]), refused);
    }
}

#[test]
fn published_logic_reads_to_its_last_instruction() {
    let folders = ["logic", "logic/keypad"].map(|name| read::folder().join(name));
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("the published logic"));
    let paths = files.map(|file| file.expect("a file of the folder").path());
    let mut count = 0;
    for path in paths.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).expect("it can be read");
        let logic = Logic::decode(&bytes).expect("it is right");
        let mut cursor = Cursor::new(logic.code);
        let mut out = [0; 1024];
        let mut writer = Writer::new(&mut out);
        while !cursor.rest().is_empty() {
            let instruction = Instruction::read(&mut cursor);
            let instruction = instruction.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            instruction.write(&mut writer).expect("it fits");
        }
        let written = writer.written();
        assert_eq!(&out[..written], logic.code, "{}", path.display());
        count += 1;
    }
    assert!(count > 20, "{count} services only");
}
