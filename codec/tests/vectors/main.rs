//! Every vector of messages, documents, frames and streams: taken and encoded again to the same bytes, or refused for
//! the reason that it states. In CBOR: converted both ways, or refused likewise.
//!
//! It names all vectors that are not kept, and not only the first: `cargo xtask codec-mutants` runs it against codecs
//! that lack a rule. So it stays with the codec's plainest build, without features.

mod cbor;
#[expect(dead_code, reason = "the values are looked at where there are plain values")]
mod read;

use cardwire_codec::{
    DecodeError, EncodeError, Frame, Message as _,
    frame::{Deframer, FrameError, line_size},
    message::{
        Answer, Authentication, ChannelAnswer, ChannelRequest, ClearAnswer, ClearRequest, CloudAnswer,
        CloudRequest, Event, Logic, LoginHeader, Manifest, Request, ServiceData, Software,
    },
};
use core::fmt::Write as _;
use read::Expected;

#[test]
fn messages() {
    let all = read::messages();
    assert!(all.len() > 500, "{} vectors only", all.len());
    let wrong = all.iter().filter_map(|vector| {
        let wanted = match &vector.expected {
            Expected::Taken(_) => "taken",
            Expected::Refused { rule, .. } => rule,
        };
        let result = round_trip(&vector.place, &vector.bytes);
        let why = match (&vector.expected, result) {
            (Expected::Taken(_), Ok(())) => return None,
            (Expected::Refused { rule, field, offset }, Err(Fault::Refused(error)))
                if (rule.as_str(), field.as_str(), *offset)
                    == (error.rule.name(), error.field.as_str(), error.offset as u64) =>
            {
                return None;
            }
            (_, Ok(())) => "taken".to_owned(),
            (_, Err(Fault::Refused(error))) => error.to_string(),
            (_, Err(Fault::Rewritten(why))) => why,
        };
        Some(format!("{wanted}, {}: {why}", vector.title))
    });
    demand_none(wrong.collect());
}

#[test]
fn cbor() {
    let all = read::cbor();
    assert!(all.len() > 5000, "{} vectors only", all.len());
    demand_none(all.iter().filter_map(cbor::fault).collect());
}

#[test]
fn streams() {
    let all = read::streams();
    assert!(all.len() > 50, "{} vectors only", all.len());
    let wrong = all.iter().filter_map(|vector| {
        // Whole, and byte by byte.
        for size in [vector.bytes.len().max(1), 1, 7] {
            let found = match vector.max_frame {
                512 => deframe::<{ line_size(512) }>(&vector.bytes, size),
                4096 => deframe::<{ line_size(4096) }>(&vector.bytes, size),
                other => panic!("no deframer for frames of {other} bytes: add one here"),
            };
            if found != vector.found {
                let wanted = vector.found.iter().find(|item| !item.contains(' '));
                let wanted = wanted.map_or("taken", String::as_str);
                let title = &vector.title;
                return Some(format!("{wanted}, {title}: {found:?}, in pieces of {size}"));
            }
        }
        None
    });
    demand_none(wrong.collect());
}

/// The command for mutants reads these lines: what the vector demands, its title, and what comes instead.
fn demand_none(wrong: Vec<String>) {
    for vector in &wrong {
        println!("\nnot kept: {vector}");
    }
    assert!(wrong.is_empty(), "{} vectors are not kept", wrong.len());
}

enum Fault {
    Refused(DecodeError),
    Rewritten(String),
}

/// Decodes, encodes again to the same bytes, and finds every smaller buffer too small.
fn round_trip(place: &str, bytes: &[u8]) -> Result<(), Fault> {
    macro_rules! through {
        ($message:ident) => {{
            let message = $message::decode(bytes).map_err(Fault::Refused)?;
            again(bytes, |out| message.encode(out)).map_err(Fault::Rewritten)
        }};
    }
    match place {
        "clear-request" => through!(ClearRequest),
        "clear-answer" => through!(ClearAnswer),
        "request" => through!(Request),
        "answer" => through!(Answer),
        "event" => through!(Event),
        "cloud-request" => through!(CloudRequest),
        "cloud-answer" => through!(CloudAnswer),
        "channel-request" => through!(ChannelRequest),
        "channel-answer" => through!(ChannelAnswer),
        "document:login_header" => through!(LoginHeader),
        "document:service_data" => through!(ServiceData),
        "document:manifest" => through!(Manifest),
        "document:logic" => through!(Logic),
        "document:software" => through!(Software),
        "document:authentication" => through!(Authentication),
        _ => panic!("no codec for {place}"),
    }
}

fn again(bytes: &[u8], encode: impl Fn(&mut [u8]) -> Result<usize, EncodeError>) -> Result<(), String> {
    let mut out = vec![0xA5; bytes.len() + 1];
    match encode(&mut out) {
        Ok(length) if out[..length] != *bytes => return Err(format!("encoded as {}", hex(&out[..length]))),
        Ok(_) => {}
        Err(error) => return Err(error.to_string()),
    }
    for size in 0..bytes.len() {
        if encode(&mut out[..size]) != Err(EncodeError::BufferTooSmall) {
            return Err(format!("a buffer of {size} bytes is not found too small"));
        }
    }
    Ok(())
}

/// What is found in a stream that comes in pieces of this size.
fn deframe<const N: usize>(bytes: &[u8], size: usize) -> Vec<String> {
    let mut deframer = Deframer::<N>::new();
    let mut found = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(result) = deframer.feed(&mut piece) {
            found.push(match result {
                // Once for each stream is enough.
                Ok(frame) if size < bytes.len() => told(&frame),
                Ok(frame) => match on_line(&frame, bytes) {
                    Ok(()) => told(&frame),
                    Err(why) => why,
                },
                Err(error) => error.name().to_owned(),
            });
        }
    }
    found
}

fn told(frame: &Frame<'_>) -> String {
    format!("{} {} {}", frame.kind, frame.number, hex(frame.payload))
}

/// A frame that came from a line encodes to it again, and finds every smaller buffer too small.
fn on_line(frame: &Frame<'_>, bytes: &[u8]) -> Result<(), String> {
    let mut out = [0; line_size(4096)];
    let length = frame.encode(&mut out).map_err(|error| error.to_string())?;
    let line = &out[..length];
    if !bytes.windows(length).any(|window| window == line) {
        return Err(format!("a frame from another line than {}", hex(line)));
    }
    match (0..length).find(|size| frame.encode(&mut out[..*size]) != Err(FrameError::TooLong)) {
        Some(size) => Err(format!("a buffer of {size} bytes is not found too small")),
        None => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
