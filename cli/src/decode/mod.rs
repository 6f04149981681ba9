//! `cardwire decode`, `encode` and `transcode`: what bytes mean, by the interpreter of the schema.

mod encode;
mod frames;
mod help;
mod input;
mod marked;
mod message;
#[cfg(test)]
mod tests;
mod transcode;

use crate::{
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{Format, print, print_json},
};
use cardwire_spec::Place;
pub(crate) use encode::{EncodeArguments, encode};
use serde_json::Value;
pub(crate) use transcode::{TranscodeArguments, transcode};

const DECODE: &str = "\
Examples:
  cardwire decode 0101010200
  cardwire decode --at answer fe0a000200000000
  cardwire decode vectors/logic/card.identify.bin
  xxd -p capture.bin | cardwire decode --at frames -

BYTES is taken for hexadecimal where it holds nothing but digits, blanks, colons and 0x; for a file where it holds
anything else (write ./cafe for a file of that name). A file, and standard input, may hold the bytes themselves or
hexadecimal text: what is hexadecimal all through is taken for text.

PLACE is frames, any, or where a message is met: clear-request, clear-answer, request, answer, event, cloud-request,
cloud-answer, channel-request, channel-answer, document:NAME. Without --at, bytes of which one line is a right frame are
taken for frames, and all others for a message.

Exit codes: 0 everything is right, 1 something is refused, 2 wrong usage.";

#[derive(Debug, clap::Args)]
#[command(after_help = DECODE)]
pub(crate) struct DecodeArguments {
    /// Hexadecimal digits, or a file; `-` is standard input
    #[arg(value_name = "BYTES")]
    bytes: String,
    /// Where the bytes were met
    #[arg(long, value_name = "PLACE")]
    at: Option<String>,
    /// How to tell it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is to be said about bytes.
struct Told {
    /// For people.
    text: String,
    /// For programs.
    document: Value,
    /// What is wrong with them, in one sentence, and what to do next, in another.
    wrong: Option<(String, String)>,
}

/// What bytes are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken<'a> {
    Frames,
    Message(Place<'a>),
}

pub(crate) fn decode(arguments: &DecodeArguments) -> Outcome {
    decode_bytes(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn decode_bytes(arguments: &DecodeArguments) -> Outcome {
    // Whoever names a wrong place is told before anything is read.
    let at = arguments.at.as_deref().map(place).transpose()?;
    let bytes = input::bytes(&arguments.bytes)?;
    let taken = at.unwrap_or_else(|| {
        if frames::is_any(&bytes) {
            Taken::Frames
        } else {
            Taken::Message(Place::Any)
        }
    });
    let told = match taken {
        Taken::Frames => frames::told(&bytes),
        Taken::Message(place) => message::told(place, &bytes),
    };
    match (told.wrong, arguments.format) {
        (None, Format::Text) => print(told.text),
        (None, Format::Json) => print_json(&told.document),
        (Some((what, next)), format) => {
            if format == Format::Text {
                print(told.text);
            }
            return Err(Failure::new(Exit::Failed, what, next).with_document(told.document));
        }
    }
    Ok(Exit::Done)
}

fn place(name: &str) -> Result<Taken<'_>, Failure> {
    if name == "frames" {
        return Ok(Taken::Frames);
    }
    let Some(place) = Place::parse(name) else {
        let places: Vec<String> = Place::MESSAGES.iter().map(ToString::to_string).collect();
        let next = format!("Give frames, any, {} or document:NAME.", places.join(", "));
        let what = format!("`{name}` is no place of a message");
        return Err(Failure::new(Exit::Usage, what, next));
    };
    if let Place::Document(document) = place
        && protocol().document(document).is_none()
    {
        let documents = protocol().documents.iter();
        let documents: Vec<_> = documents
            .map(|document| Place::Document(&document.name).to_string())
            .collect();
        let what = format!("there is no document `{document}`");
        let next = format!("Give one of {}.", documents.join(", "));
        return Err(Failure::new(Exit::Usage, what, next));
    }
    Ok(Taken::Message(place))
}
