//! Class `A0`: the commands of a SIM of the second generation (3GPP TS 51.011, clause 9).
//!
//! They do what those of a UICC do, with the same files and PINs behind them: what differs is what SELECT tells, and how
//! the end of a command is coded (9.4). So each is turned into its successor, and the successor's status word back.

use crate::{
    answer::{Reply, Response},
    authenticate::Subscription,
    binary,
    command::{Command, ins},
    files::{File, Layout, MASTER, Memory, Structure},
    pin::Pins,
    record,
    select::{Found, Session},
    sw::StatusWord,
};

/// DF.GSM, in which RUN GSM ALGORITHM works (9.2.16).
const DF_GSM: u16 = 0x7F20;

/// What a command works on.
pub(crate) struct Work<'a, 'r, M> {
    pub(crate) memory: &'a mut M,
    pub(crate) session: &'a mut Session,
    pub(crate) pins: &'a mut Pins,
    pub(crate) subscription: &'a mut Option<Subscription>,
    pub(crate) response: &'a mut Response,
    pub(crate) reply: &'a mut Reply<'r>,
}

/// Executes a command; its end in the coding of this class.
pub(crate) fn execute(command: &Command<'_>, work: Work<'_, '_, impl Memory>) -> StatusWord {
    let Work {
        memory,
        session,
        pins,
        subscription,
        response,
        reply,
    } = work;
    let layout = memory.layout();
    let done = match command.instruction {
        ins::SELECT => select(command, layout, session, pins, response),
        ins::STATUS => status(command, layout, session, pins, reply),
        // Short file identifiers came with the UICC.
        ins::READ_BINARY | ins::UPDATE_BINARY if command.p1 >= 0x80 => Err(StatusWord::OFFSET_OUTSIDE),
        ins::READ_BINARY => binary::read(command, session, pins, memory, reply),
        ins::UPDATE_BINARY => binary::update(command, session, pins, memory),
        ins::READ_RECORD | ins::UPDATE_RECORD if command.p2 > 0x07 => Err(StatusWord::WRONG_P1_P2),
        ins::READ_RECORD => record::read(command, session, pins, memory, reply),
        ins::UPDATE_RECORD => record::update(command, session, pins, memory),
        ins::VERIFY | ins::CHANGE | ins::DISABLE | ins::ENABLE | ins::UNBLOCK => pin(command, pins),
        ins::AUTHENTICATE => run_algorithm(command, layout, session, pins, subscription.as_ref(), response),
        ins::GET_RESPONSE => response.get(command, reply),
        _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
    };
    match done {
        Ok(()) => coded(response.status()),
        Err(refusal) => coded(refusal),
    }
}

/// SELECT, by file identifier (9.2.1).
fn select(
    command: &Command<'_>,
    layout: Layout<'_>,
    session: &mut Session,
    pins: &Pins,
    response: &mut Response,
) -> Result<(), StatusWord> {
    command.without_parameters()?;
    let [high, low] = *command.data()? else {
        return Err(StatusWord::wrong_le(2));
    };
    let found = session.by_identifier(layout, u16::from_be_bytes([high, low]));
    let file = found.ok_or(StatusWord::FILE_NOT_FOUND)?;
    session.enter(layout, file);
    *response = match file {
        Found::Directory(df) => of_directory(df, layout, pins),
        Found::Elementary(ef) => of_file(layout.file(ef).ok_or(StatusWord::FILE_NOT_FOUND)?),
    };
    Ok(())
}

/// STATUS: the current directory, or the start of what is told of it (9.2.2).
fn status(
    command: &Command<'_>,
    layout: Layout<'_>,
    session: &Session,
    pins: &Pins,
    reply: &mut Reply<'_>,
) -> Result<(), StatusWord> {
    command.without_parameters()?;
    let told = of_directory(session.current_directory(), layout, pins);
    reply.up_to(told.rest(), command.expected_length()?)
}

/// The five commands on PINs (9.2.9 to 9.2.13). The numbers of CHV1 and CHV2 are 1 and 2; UNBLOCK has 0 for CHV1.
fn pin(command: &Command<'_>, pins: &mut Pins) -> Result<(), StatusWord> {
    let p2 = match (command.instruction, command.p2) {
        (ins::UNBLOCK, 0x00) => 0x01,
        (ins::UNBLOCK, 0x01) => return Err(StatusWord::WRONG_P1_P2),
        (ins::DISABLE | ins::ENABLE, 0x02) => return Err(StatusWord::WRONG_P1_P2),
        (_, 0x02) => 0x81,
        // CHV1, and the administrative key.
        (_, p2 @ (0x01 | 0x0A)) => p2,
        _ => return Err(StatusWord::WRONG_P1_P2),
    };
    let length = match command.instruction {
        ins::CHANGE | ins::UNBLOCK => 16,
        _ => 8,
    };
    if command.data()?.len() != length {
        return Err(StatusWord::wrong_le(length));
    }
    pins.execute(&command.with_p2(p2))
}

/// RUN GSM ALGORITHM (9.2.16).
fn run_algorithm(
    command: &Command<'_>,
    layout: Layout<'_>,
    session: &Session,
    pins: &Pins,
    subscription: Option<&Subscription>,
    response: &mut Response,
) -> Result<(), StatusWord> {
    command.without_parameters()?;
    let Ok(rand) = <[u8; 16]>::try_from(command.data()?) else {
        return Err(StatusWord::wrong_le(16));
    };
    let directory = session.current_directory();
    let is_gsm = |df| layout.directory(df).fid == DF_GSM;
    if !is_gsm(directory) && !layout.parent(directory).is_some_and(is_gsm) {
        return Err(StatusWord::CONDITIONS_NOT_SATISFIED);
    }
    pins.require(crate::access::Condition::Pin1, command.channel)?;
    let (signed, key) = subscription.ok_or(StatusWord::NO_DIAGNOSIS)?.gsm(rand);
    response.push(&signed);
    response.push(&key);
    Ok(())
}

/// What is told of a directory (9.2.1).
fn of_directory(place: u8, layout: Layout<'_>, pins: &Pins) -> Response {
    let mut response = Response::new();
    let [high, low] = layout.directory(place).fid.to_be_bytes();
    let kind = if place == MASTER { 0x01 } else { 0x02 };
    // No room for more files.
    response.push(&[0x00, 0x00, 0x00, 0x00, high, low, kind]);
    response.push(&[0x00; 5]);
    let children = layout
        .directories
        .iter()
        .skip(1)
        .filter(|child| child.parent == place);
    let files = layout.files.iter().filter(|file| file.directory == place);
    let (enabled, attempts) = pins.attempts();
    // Clock stop in any state, three supply classes; the top bit says that CHV1 is disabled.
    let characteristics = 0x31 | if enabled { 0x00 } else { 0x80 };
    let codes = attempts.len() as u8;
    response.push(&[
        0x0A,
        characteristics,
        children.count() as u8,
        files.count() as u8,
        codes,
        0x00,
    ]);
    for left in attempts {
        response.push(&[0x80 | left]);
    }
    response.push(&[0x00]);
    response
}

/// What is told of an elementary file (9.2.1).
fn of_file(ef: &File) -> Response {
    let mut response = Response::new();
    let [high, low] = ef.fid.to_be_bytes();
    let [size_high, size_low] = (ef.structure.size() as u16).to_be_bytes();
    response.push(&[0x00, 0x00, size_high, size_low, high, low, 0x04, 0x00]);
    // INCREASE, REHABILITATE and INVALIDATE: never.
    response.push(&[
        condition(ef.rule.read) << 4 | condition(ef.rule.update),
        0xFF,
        0xFF,
    ]);
    let (structure, record_length) = match ef.structure {
        Structure::Transparent { .. } => (0x00, 0x00),
        Structure::LinearFixed { record_length, .. } => (0x01, record_length),
    };
    response.push(&[0x01, 0x02, structure, record_length]);
    response
}

/// Table 9.3.
const fn condition(condition: crate::access::Condition) -> u8 {
    use crate::access::Condition;
    match condition {
        Condition::Always => 0x0,
        Condition::Pin1 => 0x1,
        Condition::Pin2 => 0x2,
        Condition::Adm => 0x4,
        Condition::Never => 0xF,
    }
}

/// The end of a command as this class codes it (9.4).
fn coded(status: StatusWord) -> StatusWord {
    let [high, low] = status.to_bytes();
    let value = match (high, low) {
        (0x61, length) => u16::from_be_bytes([0x9F, length]),
        // What has the wrong length is told the right one.
        (0x6C, length) => u16::from_be_bytes([0x67, length]),
        (0x69, 0x86) => 0x9400,
        (0x6B, 0x00) | (0x6A, 0x83) => 0x9402,
        (0x6A, 0x82) | (0x62, 0x82) => 0x9404,
        (0x69, 0x81) => 0x9408,
        (0x63, 0xC0) | (0x69, 0x83) => 0x9840,
        (0x69, 0x82) | (0x63, _) => 0x9804,
        (0x69, 0x84 | 0x85) | (0x6A, 0x80) => 0x9808,
        (0x6A, 0x88) => 0x9802,
        (0x6A, _) => 0x6B00,
        _ => status.value(),
    };
    StatusWord::from_value(value)
}
