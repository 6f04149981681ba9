//! One entry point for each thing that the codec does, on bytes that nothing is known about.

use cardwire_codec::{
    DecodeError, EncodeError, Extensions, Frame, Message,
    cbor::{self, CborError},
    frame::{Deframer, FrameError, line_size},
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, CodecRule, Event, FrameKind, HardwareClass, Instruction, Logic, LoginHeader, Manifest,
        Progress, Request, ServiceData, Software, limits::FRAME_MIN, shapes,
    },
};

/// The largest line of the smallest frame.
const LINE: usize = line_size(FRAME_MIN);

/// What an entry point is given.
pub(crate) struct Given<'g> {
    bytes: &'g [u8],
    out: &'g mut [u8],
    deframer: &'g mut Deframer<LINE>,
    number: u64,
}

type Entry = fn(&mut Given<'_>) -> u32;

/// All of them.
pub(crate) static ENTRIES: &[Entry] = &[
    clear_request::decode,
    clear_request::encode,
    clear_answer::decode,
    clear_answer::encode,
    request::decode,
    request::encode,
    answer::decode,
    answer::encode,
    event::decode,
    event::encode,
    cloud_request::decode,
    cloud_request::encode,
    cloud_answer::decode,
    cloud_answer::encode,
    channel_request::decode,
    channel_request::encode,
    channel_answer::decode,
    channel_answer::encode,
    login_header::decode,
    login_header::encode,
    service_data::decode,
    service_data::encode,
    manifest::decode,
    manifest::encode,
    logic::decode,
    logic::encode,
    to_cbor,
    from_cbor,
    instruction,
    extensions,
    frame_encode,
    parse,
    deframe,
    names,
    #[cfg(panic_free_control)]
    control,
];

/// The entry points of a place or document.
macro_rules! entries {
    ($($name:ident $message:ident,)+) => {
        $(mod $name {
            use super::*;

            /// Decodes, and visits every field and every item: a value is equal to itself only if all of it is.
            #[inline(never)]
            pub(super) fn decode(given: &mut Given<'_>) -> u32 {
                match $message::decode(given.bytes) {
                    Ok(message) => u32::from(core::hint::black_box(&message) == &message),
                    Err(error) => refused(error),
                }
            }

            /// Decodes and encodes again.
            #[inline(never)]
            pub(super) fn encode(given: &mut Given<'_>) -> u32 {
                match $message::decode(given.bytes) {
                    Ok(message) => written(core::hint::black_box(&message).encode(given.out)),
                    Err(error) => refused(error),
                }
            }
        })+
    };
}

entries! {
    clear_request ClearRequest,
    clear_answer ClearAnswer,
    request Request,
    answer Answer,
    event Event,
    cloud_request CloudRequest,
    cloud_answer CloudAnswer,
    channel_request ChannelRequest,
    channel_answer ChannelAnswer,
    login_header LoginHeader,
    service_data ServiceData,
    manifest Manifest,
    logic Logic,
    software Software,
    authentication Authentication,
}

fn refused(error: DecodeError) -> u32 {
    u32::from(error.rule.value()) ^ error.offset as u32 ^ error.field.as_str().len() as u32
}

fn written(result: Result<usize, EncodeError>) -> u32 {
    match result {
        Ok(length) => length as u32,
        Err(EncodeError::BufferTooSmall) => 0,
        Err(EncodeError::Invalid { rule, field }) => u32::from(rule.value()) ^ field.as_str().len() as u32,
    }
}

/// Native bytes of every message and document, to CBOR.
#[inline(never)]
fn to_cbor(given: &mut Given<'_>) -> u32 {
    let convert = |shape: &&_| converted(cbor::to_cbor(shape, given.bytes, given.out));
    shapes::ALL.iter().map(convert).fold(0, u32::wrapping_add)
}

/// CBOR of every message and document, to native bytes.
#[inline(never)]
fn from_cbor(given: &mut Given<'_>) -> u32 {
    let convert = |shape: &&_| converted(cbor::from_cbor(shape, given.bytes, given.out));
    shapes::ALL.iter().map(convert).fold(0, u32::wrapping_add)
}

fn converted(result: Result<usize, CborError>) -> u32 {
    match result {
        Ok(length) => length as u32,
        Err(CborError::BufferTooSmall { needed }) => needed as u32,
        Err(CborError::Refused(error)) => refused(error),
    }
}

#[inline(never)]
fn instruction(given: &mut Given<'_>) -> u32 {
    let mut cursor = cardwire_codec::wire::Cursor::new(given.bytes);
    let mut sum = 0_u32;
    while !cursor.rest().is_empty() {
        match Instruction::read(&mut cursor) {
            Ok(_) => sum = sum.wrapping_add(1),
            Err(error) => return refused(error),
        }
    }
    sum
}

/// Those that the schema defines, and unknown ones.
#[inline(never)]
fn extensions(given: &mut Given<'_>) -> u32 {
    let Ok(progress) = Progress::decode(given.bytes) else {
        return 0;
    };
    let known = u32::from(progress.percent().unwrap_or(0));
    let found: Extensions<'_> = progress.extensions;
    found.iter().fold(known, |sum, (tag, value)| {
        sum ^ u32::from(tag) ^ value.len() as u32
    })
}

#[inline(never)]
fn frame_encode(given: &mut Given<'_>) -> u32 {
    let frame = Frame {
        kind: FrameKind::Sealed,
        number: given.number,
        payload: given.bytes,
    };
    frame.encode(given.out).map_or(1, |length| length as u32)
}

#[inline(never)]
fn parse(given: &mut Given<'_>) -> u32 {
    found(Frame::parse(given.bytes))
}

#[inline(never)]
fn deframe(given: &mut Given<'_>) -> u32 {
    let mut input = given.bytes;
    let mut sum = 0;
    while let Some(frame) = given.deframer.feed(&mut input) {
        sum ^= found(frame);
    }
    sum
}

fn found(frame: Result<Frame<'_>, FrameError>) -> u32 {
    match frame {
        Ok(frame) => frame.number as u32 ^ frame.payload.len() as u32 ^ u32::from(frame.kind.value()),
        Err(error) => error as u32,
    }
}

#[inline(never)]
fn names(given: &mut Given<'_>) -> u32 {
    let [low, high, ..] = given.number.to_be_bytes();
    let rule = CodecRule::from_value(low).map_or("", CodecRule::name);
    let class = HardwareClass(u16::from_be_bytes([low, high])).name();
    (rule.len() + class.map_or(0, str::len)) as u32
}

/// Can panic: the check must find it.
#[cfg(panic_free_control)]
#[inline(never)]
fn control(given: &mut Given<'_>) -> u32 {
    u32::from(given.bytes[given.number as usize])
}
