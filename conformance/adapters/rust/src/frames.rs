//! Link frames: one to a line, and those that stand in a stream.

use crate::{Answer, hex};
use cardwire_codec::{
    Frame,
    frame::{Deframer, FrameError, OVERHEAD, line_size},
    message::{FrameKind, limits},
};
use serde_json::{Value, json};

pub(crate) fn frame(kind: &str, number: &str, payload: &[u8]) -> Answer {
    let kind = FrameKind::ALL.iter().copied().find(|known| known.name() == kind);
    let frame = Frame {
        kind: kind.ok_or("there is no such kind of frame")?,
        number: number.parse().map_err(|_| "the number is none of 64 bits")?,
        payload,
    };
    let mut line = vec![0; line_size(payload.len() + OVERHEAD)];
    let length = frame.encode(&mut line).map_err(|error| error.to_string())?;
    Ok(json!({ "line": hex::encode(&line[..length]) }))
}

pub(crate) fn deframe(mut stream: &[u8], max_frame: usize) -> Value {
    let mut deframer = Deframer::<{ line_size(limits::FRAME_MAX) }>::new();
    let mut found = Vec::new();
    while let Some(frame) = deframer.feed(&mut stream) {
        // The deframer has room for the largest frame there is; what this request allows may be less.
        let fits = |frame: &Frame<'_>| frame.payload.len() + OVERHEAD <= max_frame;
        found.push(match frame {
            Ok(frame) if fits(&frame) => json!({
                "kind": frame.kind.name(), "number": frame.number.to_string(),
                "payload": hex::encode(frame.payload),
            }),
            Ok(_) => json!({ "fault": FrameError::TooLong.name() }),
            Err(error) => json!({ "fault": error.name() }),
        });
    }
    json!({ "frames": found })
}
