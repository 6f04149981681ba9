//! The two codecs, as what they say of an input.

mod cbor;

use crate::input::{Input, Subject};
use cardwire_codec::{
    DecodeError, EncodeError, Frame, Message,
    frame::{DELIMITER, Deframer, OVERHEAD, line_size},
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, Logic, LoginHeader, Manifest, Request, ServiceData, Software, limits::FRAME_MAX,
    },
    plain::Any,
};
use cardwire_spec::{
    Place, Protocol,
    interpret::{
        self, Fault,
        frame::{self, FrameFault},
        hex,
    },
};
use core::fmt;
use serde_json::Value;
use std::borrow::Cow;

/// What a codec says of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It takes the bytes, and writes the same bytes again.
    Taken {
        /// What it reads from them, in the JSON form of tools; where it was asked for.
        value: Option<Value>,
        /// Their CBOR form in hexadecimal, or why there is none; with the value of a message.
        cbor: Option<String>,
    },
    /// It takes the bytes and writes others, or nothing: a fault in itself.
    Rewritten {
        /// What it writes, or why it does not.
        as_what: String,
    },
    /// It refuses the bytes. A fault of a line has no field and no offset.
    Refused {
        /// The rule that they break, or the fault of a line.
        rule: &'static str,
        /// The field.
        field: Cow<'static, str>,
        /// Where.
        offset: usize,
    },
    /// What it finds in a piece of the line: each frame or fault in order.
    Found(Vec<String>),
}

impl Verdict {
    /// The verdict in one word, for counting.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "taken",
            Self::Rewritten { .. } => "rewritten",
            Self::Refused { rule, .. } => rule,
            Self::Found(_) => "searched",
        }
    }

    const fn taken() -> Self {
        Self::Taken {
            value: None,
            cbor: None,
        }
    }

    /// Taken for something that is told in words.
    fn told(words: String) -> Self {
        Self::Taken {
            value: Some(words.into()),
            cbor: None,
        }
    }

    /// Taken for this value, whose CBOR form has been looked for.
    fn read(value: Value, cbor: Result<String, Self>) -> Self {
        match cbor {
            Ok(cbor) => Self::Taken {
                value: Some(value),
                cbor: Some(cbor),
            },
            Err(fault) => fault,
        }
    }

    fn refused(error: DecodeError) -> Self {
        Self::Refused {
            rule: error.rule.name(),
            field: Cow::Borrowed(error.field.as_str()),
            offset: error.offset,
        }
    }

    fn found(fault: Fault) -> Self {
        Self::Refused {
            rule: fault.rule.name(),
            field: Cow::Owned(fault.field),
            offset: fault.offset,
        }
    }

    fn no_frame(fault: &'static str) -> Self {
        Self::Refused {
            rule: fault,
            field: Cow::Borrowed(""),
            offset: 0,
        }
    }

    fn rewritten(again: Result<&[u8], &dyn fmt::Display>) -> Self {
        let as_what = again.map_or_else(ToString::to_string, hex::encode);
        Self::Rewritten { as_what }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { value: None, .. } => f.write_str("taken"),
            Self::Taken {
                value: Some(value),
                cbor: None,
            } => write!(f, "taken: {value}"),
            Self::Taken {
                value: Some(value),
                cbor: Some(cbor),
            } => write!(f, "taken: {value}, in CBOR {cbor}"),
            Self::Rewritten { as_what } => write!(f, "taken, and written as {as_what}"),
            Self::Refused { rule, field, .. } if field.is_empty() => f.write_str(rule),
            Self::Refused { rule, field, offset } => write!(f, "{rule}: {field} at offset {offset}"),
            Self::Found(found) => write!(f, "found: {}", found.join(", ")),
        }
    }
}

/// One who judges inputs.
pub trait Judge: Sync {
    /// What he says of the input; `thorough`: with what he reads, where he takes it.
    fn judge(&self, input: &Input<'_>, thorough: bool) -> Verdict;
}

/// The codec that is generated from the schema.
#[derive(Clone, Copy, Debug, Default)]
pub struct Generated;

impl Judge for Generated {
    fn judge(&self, input: &Input<'_>, thorough: bool) -> Verdict {
        let bytes = input.bytes.as_slice();
        match input.subject {
            Subject::Message(place) => match at_place(place, bytes) {
                Verdict::Taken { .. } if thorough => plainly(place, bytes),
                verdict => verdict,
            },
            Subject::Cbor(name) => cbor::generated(name, bytes),
            Subject::Line => line(bytes),
            Subject::Stream => Verdict::Found(stream(bytes)),
        }
    }
}

/// Says of bytes what this decoder does.
macro_rules! judged {
    ($message:ident, $bytes:ident) => {
        match $message::decode($bytes) {
            Ok(message) => taken($bytes, |out| message.encode(out)),
            Err(error) => Verdict::refused(error),
        }
    };
}

fn at_place(place: Place<'_>, bytes: &[u8]) -> Verdict {
    match place {
        Place::ClearRequest => judged!(ClearRequest, bytes),
        Place::ClearAnswer => judged!(ClearAnswer, bytes),
        Place::Request => judged!(Request, bytes),
        Place::Answer => judged!(Answer, bytes),
        Place::Event => judged!(Event, bytes),
        Place::CloudRequest => judged!(CloudRequest, bytes),
        Place::CloudAnswer => judged!(CloudAnswer, bytes),
        Place::ChannelRequest => judged!(ChannelRequest, bytes),
        Place::ChannelAnswer => judged!(ChannelAnswer, bytes),
        Place::Document("login_header") => judged!(LoginHeader, bytes),
        Place::Document("service_data") => judged!(ServiceData, bytes),
        Place::Document("manifest") => judged!(Manifest, bytes),
        Place::Document("logic") => judged!(Logic, bytes),
        Place::Document("software") => judged!(Software, bytes),
        Place::Document("authentication") => judged!(Authentication, bytes),
        // The first input for a document that was added to the schema says so, with its name.
        Place::Document(_) | Place::Any => panic!("the generated codec has no decoder here for {place}"),
    }
}

fn taken(bytes: &[u8], encode: impl Fn(&mut [u8]) -> Result<usize, EncodeError>) -> Verdict {
    let mut out = [0; FRAME_MAX];
    match encode(&mut out).map(|length| &out[..length]) {
        Ok(again) if again == bytes => Verdict::taken(),
        Ok(again) => Verdict::rewritten(Ok(again)),
        Err(error) => Verdict::rewritten(Err(&error)),
    }
}

/// The same by way of plain values and their JSON form: out of JSON come the same bytes again.
fn plainly(place: Place<'_>, bytes: &[u8]) -> Verdict {
    let read = match Any::decode(&place.to_string(), bytes) {
        Some(Ok(read)) => read,
        Some(Err(error)) => return Verdict::refused(error),
        None => panic!("the generated codec has no plain values for {place}"),
    };
    let through_json = || -> Result<(Value, Vec<u8>), Box<dyn core::error::Error>> {
        let value = serde_json::to_value(&read)?;
        let again = Any::deserialize(read.name(), &value)?.ok_or("a name that it does not know itself")?;
        let bytes = again.encode()?;
        Ok((value, bytes))
    };
    match through_json() {
        Ok((value, again)) if again == bytes => Verdict::read(value, cbor::form(read.name(), bytes)),
        Ok((_, again)) => Verdict::rewritten(Ok(&again)),
        Err(error) => Verdict::rewritten(Err(&error)),
    }
}

/// Whether bytes can stand between two delimiters. Shrinking makes such as can't.
fn is_line(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.contains(&DELIMITER)
}

const NO_LINE: &str = "no-line";
/// The largest frame of a line that is looked at alone.
const LINE_FRAME_MAX: usize = 2 * FRAME_MAX;

fn line(bytes: &[u8]) -> Verdict {
    if !is_line(bytes) {
        return Verdict::no_frame(NO_LINE);
    }
    let mut deframer = Deframer::<{ line_size(LINE_FRAME_MAX) }>::new();
    let ended = [bytes, &[DELIMITER]].concat();
    match deframer.feed(&mut ended.as_slice()) {
        None => Verdict::no_frame("nothing"),
        Some(Err(error)) => Verdict::no_frame(error.name()),
        Some(Ok(frame)) => {
            let mut out = [0; line_size(LINE_FRAME_MAX)];
            match frame.encode(&mut out) {
                Ok(length) if out[..length] == ended => Verdict::told(told(&frame)),
                Ok(length) => Verdict::rewritten(Ok(&out[..length])),
                Err(error) => Verdict::rewritten(Err(&error)),
            }
        }
    }
}

/// The frames and faults of a stream that comes in pieces; the stream itself decides of what size.
fn stream(bytes: &[u8]) -> Vec<String> {
    let size = 1 + bytes.len() % 23;
    let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
    let mut found = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(frame) = deframer.feed(&mut piece) {
            found.push(frame.map_or_else(|error| error.name().to_owned(), |frame| told(&frame)));
        }
    }
    found
}

fn told(frame: &Frame<'_>) -> String {
    format!(
        "{} {} {}",
        frame.kind.name(),
        frame.number,
        hex::encode(frame.payload)
    )
}

/// The interpreter of a schema.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter<'p>(
    /// The schema.
    pub &'p Protocol,
);

impl Judge for Interpreter<'_> {
    fn judge(&self, input: &Input<'_>, thorough: bool) -> Verdict {
        let bytes = input.bytes.as_slice();
        match input.subject {
            Subject::Message(place) => self.message(place, bytes, thorough),
            Subject::Cbor(name) => cbor::interpreted(self.0, name, bytes),
            Subject::Line => self.line(bytes),
            Subject::Stream => Verdict::Found(self.stream(bytes)),
        }
    }
}

impl Interpreter<'_> {
    fn message(&self, place: Place<'_>, bytes: &[u8], thorough: bool) -> Verdict {
        let tree = match interpret::decode(self.0, place, bytes) {
            Ok(tree) => tree,
            Err(fault) => return Verdict::found(fault),
        };
        if !thorough {
            return Verdict::taken();
        }
        let value = interpret::to_json(&tree);
        match interpret::encode(self.0, &tree.name, &value) {
            Ok(again) if again == bytes => {
                Verdict::read(value, cbor::form_as_interpreted(self.0, &tree.name, bytes))
            }
            Ok(again) => Verdict::rewritten(Ok(&again)),
            Err(error) => Verdict::rewritten(Err(&error)),
        }
    }

    fn line(&self, bytes: &[u8]) -> Verdict {
        if !is_line(bytes) {
            return Verdict::no_frame(NO_LINE);
        }
        match self.frame(bytes, LINE_FRAME_MAX) {
            Ok(read) => Verdict::told(telling(&read)),
            Err(fault) => Verdict::no_frame(fault.name()),
        }
    }

    fn stream(&self, bytes: &[u8]) -> Vec<String> {
        let read = |line| match self.frame(line, FRAME_MAX) {
            Ok(read) => telling(&read),
            Err(fault) => fault.name().to_owned(),
        };
        frame::lines(bytes).map(read).collect()
    }

    /// The frame of a line for a receiver that takes those of `max` bytes. Of a longer one that is wrong in another way, too, both faults
    /// are right, and this names the one that the codec does: what it has no room for is too long whatever else is wrong with
    /// it, and what fits is too long where nothing else is.
    fn frame(&self, line: &[u8], max: usize) -> Result<frame::Frame, FrameFault> {
        if line.len() > line_size(max) {
            return Err(FrameFault::TooLong);
        }
        let frame = frame::decode(self.0, line)?;
        if frame.payload.len() + OVERHEAD > max {
            return Err(FrameFault::TooLong);
        }
        Ok(frame)
    }
}

fn telling(frame: &frame::Frame) -> String {
    format!("{} {} {}", frame.kind, frame.number, hex::encode(&frame.payload))
}
