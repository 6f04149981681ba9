//! READ RECORD, UPDATE RECORD and SEARCH RECORD (ETSI TS 102 221, clauses 11.1.5 to 11.1.7).

use crate::{
    answer::{Reply, Response},
    command::Command,
    files::{File, Memory, Structure},
    pin::Pins,
    select::Session,
    sw::StatusWord,
};

/// The EF that a command is for, and the record pointer in it.
struct Target {
    number: u8,
    ef: File,
    record_length: usize,
    records: u8,
    pointer: Option<u8>,
}

/// READ RECORD: one whole record.
pub(crate) fn read(
    command: &Command<'_>,
    session: &mut Session,
    pins: &Pins,
    memory: &impl Memory,
    reply: &mut Reply<'_>,
) -> Result<(), StatusWord> {
    let expected = command.expected_length()?;
    let mode = Mode::of(command)?;
    let target = target(command, session, memory)?;
    pins.require(target.ef.rule.read, command.channel)?;
    let (number, pointer) = target.locate(mode)?;
    let record = target
        .ef
        .record(memory.content(), number)
        .ok_or(StatusWord::RECORD_NOT_FOUND)?;
    reply.exactly(record, expected)?;
    session.make_current(target.number, pointer);
    Ok(())
}

/// UPDATE RECORD: one whole record.
pub(crate) fn update(
    command: &Command<'_>,
    session: &mut Session,
    pins: &Pins,
    memory: &mut impl Memory,
) -> Result<(), StatusWord> {
    let data = command.data()?;
    let mode = Mode::of(command)?;
    let target = target(command, session, memory)?;
    pins.require(target.ef.rule.update, command.channel)?;
    let (number, pointer) = target.locate(mode)?;
    let record = target
        .ef
        .record_mut(memory.content_mut(), number)
        .ok_or(StatusWord::RECORD_NOT_FOUND)?;
    if data.len() != record.len() {
        return Err(StatusWord::WRONG_LENGTH);
    }
    record.copy_from_slice(data);
    session.make_current(target.number, pointer);
    Ok(())
}

/// SEARCH RECORD, simple search: the numbers of the records that hold the string anywhere.
pub(crate) fn search(
    command: &Command<'_>,
    session: &mut Session,
    pins: &Pins,
    memory: &impl Memory,
    response: &mut Response,
) -> Result<(), StatusWord> {
    let string = command.data()?;
    // Table 11.12.
    let backward = match command.p2 & 0x07 {
        0x04 => false,
        0x05 => true,
        // Enhanced and proprietary search.
        0x06 | 0x07 => return Err(StatusWord::FUNCTION_NOT_SUPPORTED),
        _ => return Err(StatusWord::WRONG_P1_P2),
    };
    let target = target(command, session, memory)?;
    pins.require(target.ef.rule.read, command.channel)?;
    if !(1..=target.record_length).contains(&string.len()) {
        return Err(StatusWord::WRONG_LENGTH);
    }
    // P1 = 0 starts from the current record; if there is none, where the search would start anyway.
    let end = if backward { target.records } else { 1 };
    let start = if command.p1 == 0 {
        target.pointer.unwrap_or(end)
    } else {
        command.p1
    };
    if start > target.records {
        return Err(StatusWord::RECORD_NOT_FOUND);
    }
    let content = memory.content();
    let mut first = None;
    let mut number = start;
    while let Some(record) = target.ef.record(content, number) {
        if record.windows(string.len()).any(|part| part == string) {
            first = first.or(Some(number));
            response.push(&[number]);
        }
        // Record 0, with which a search backward ends, does not exist.
        number = if backward {
            number.wrapping_sub(1)
        } else {
            number.wrapping_add(1)
        };
    }
    if first.is_none() {
        return Err(StatusWord::NOTHING_FOUND);
    }
    session.make_current(target.number, first);
    Ok(())
}

/// Which record (table 11.11).
#[derive(Clone, Copy)]
enum Mode {
    Next,
    Previous,
    Current,
    Absolute(u8),
}

impl Mode {
    /// P1 means nothing for "next" and "previous" (11.1.5.2).
    fn of(command: &Command<'_>) -> Result<Self, StatusWord> {
        match (command.p2 & 0x07, command.p1) {
            (0x02, _) => Ok(Self::Next),
            (0x03, _) => Ok(Self::Previous),
            (0x04, 0x00) => Ok(Self::Current),
            (0x04, number) => Ok(Self::Absolute(number)),
            _ => Err(StatusWord::WRONG_P1_P2),
        }
    }
}

impl Target {
    /// The number of the record, which need not exist, and the pointer after reaching it, which only "next" and
    /// "previous" move.
    fn locate(&self, mode: Mode) -> Result<(u8, Option<u8>), StatusWord> {
        let number = match (mode, self.pointer) {
            (Mode::Next, None) => 1,
            (Mode::Next, Some(current)) => current.saturating_add(1),
            (Mode::Previous, None) => self.records,
            (Mode::Previous, Some(current)) => current.saturating_sub(1),
            (Mode::Current, None) => return Err(StatusWord::RECORD_NOT_FOUND),
            (Mode::Current, Some(current)) => current,
            (Mode::Absolute(number), _) => number,
        };
        match mode {
            Mode::Next | Mode::Previous => Ok((number, Some(number))),
            Mode::Current | Mode::Absolute(_) => Ok((number, self.pointer)),
        }
    }
}

/// The five high bits of P2 are 0 for the current EF, else an SFI; an SFI leaves the record pointer undefined.
fn target(command: &Command<'_>, session: &Session, memory: &impl Memory) -> Result<Target, StatusWord> {
    let (number, pointer) = match command.p2 >> 3 {
        0 => (session.current_file()?, session.current_record()),
        sfi => (session.file_by_sfi(memory.layout(), sfi)?, None),
    };
    let ef = *memory.layout().file(number).ok_or(StatusWord::FILE_NOT_FOUND)?;
    match ef.structure {
        Structure::LinearFixed {
            record_length,
            records,
        } => Ok(Target {
            number,
            ef,
            record_length: record_length.into(),
            records,
            pointer,
        }),
        Structure::Transparent { .. } => Err(StatusWord::WRONG_FILE_STRUCTURE),
    }
}
