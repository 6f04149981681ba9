//! READ BINARY and UPDATE BINARY (ETSI TS 102 221, clauses 11.1.3 and 11.1.4).

use crate::{
    answer::Reply,
    command::Command,
    files::{File, Memory, Structure},
    pin::Pins,
    select::Session,
    sw::StatusWord,
};

/// Where a command wants to read or write.
struct Place {
    number: u8,
    ef: File,
    offset: usize,
}

/// READ BINARY: the bytes from an offset on, as many as Le says.
pub(crate) fn read(
    command: &Command<'_>,
    session: &mut Session,
    pins: &Pins,
    memory: &impl Memory,
    reply: &mut Reply<'_>,
) -> Result<(), StatusWord> {
    let expected = command.expected_length()?;
    let place = place(command, session, memory)?;
    pins.require(place.ef.rule.read, command.channel)?;
    match place.ef.of(memory.content()).get(place.offset..) {
        None | Some([]) => Err(StatusWord::OFFSET_OUTSIDE),
        Some(rest) => reply.up_to(rest, expected),
    }?;
    session.make_current(place.number, None);
    Ok(())
}

/// UPDATE BINARY: all bytes of the data field, from an offset on.
pub(crate) fn update(
    command: &Command<'_>,
    session: &mut Session,
    pins: &Pins,
    memory: &mut impl Memory,
) -> Result<(), StatusWord> {
    let data = command.data()?;
    let place = place(command, session, memory)?;
    pins.require(place.ef.rule.update, command.channel)?;
    let rest = match place.ef.of_mut(memory.content_mut()).get_mut(place.offset..) {
        None | Some([]) => return Err(StatusWord::OFFSET_OUTSIDE),
        Some(rest) => rest,
    };
    match rest.get_mut(..data.len()) {
        None | Some([]) => return Err(StatusWord::WRONG_LENGTH),
        Some(target) => target.copy_from_slice(data),
    }
    session.make_current(place.number, None);
    Ok(())
}

/// Table 11.10: an offset of 15 bits into the current EF, or of 8 bits into one that an SFI names.
fn place(command: &Command<'_>, session: &Session, memory: &impl Memory) -> Result<Place, StatusWord> {
    let (number, offset) = match command.p1 {
        0x00..=0x7F => (
            session.current_file()?,
            u16::from_be_bytes([command.p1, command.p2]).into(),
        ),
        0x80..=0x9F => (
            session.file_by_sfi(memory.layout(), command.p1 & 0x1F)?,
            command.p2.into(),
        ),
        0xA0..=0xFF => return Err(StatusWord::WRONG_P1_P2),
    };
    let ef = *memory.layout().file(number).ok_or(StatusWord::FILE_NOT_FOUND)?;
    match ef.structure {
        Structure::Transparent { .. } => Ok(Place { number, ef, offset }),
        Structure::LinearFixed { .. } => Err(StatusWord::WRONG_FILE_STRUCTURE),
    }
}
