//! What a program can be asked, as it is written on its standard input.

use crate::hex;
use core::fmt;
use serde_json::{Value, json};

/// What a program may declare to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// From bytes to a value.
    Decode,
    /// From a value to bytes.
    Encode,
    /// From one encoding to the other.
    Transcode,
    /// From kind, number and payload to a line.
    Frame,
    /// From a stream to what stands in it.
    Deframe,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Decode,
        Self::Encode,
        Self::Transcode,
        Self::Frame,
        Self::Deframe,
    ];

    /// The name in requests and in the answer to `describe`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
            Self::Transcode => "transcode",
            Self::Frame => "frame",
            Self::Deframe => "deframe",
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The two encodings of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Native,
    Cbor,
}

impl Encoding {
    const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Cbor => "cbor",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Native => Self::Cbor,
            Self::Cbor => Self::Native,
        }
    }
}

/// One request. It holds what is asked, and nothing of what is expected.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Describe,
    Decode {
        place: String,
        bytes: Vec<u8>,
    },
    Encode {
        message: String,
        value: Value,
    },
    Transcode {
        message: String,
        from: Encoding,
        bytes: Vec<u8>,
    },
    Frame {
        kind: String,
        number: u64,
        payload: Vec<u8>,
    },
    Deframe {
        stream: Vec<u8>,
        max_frame: u64,
    },
}

impl Request {
    /// What the program has to declare for it; nothing for `describe` itself.
    pub(crate) const fn op(&self) -> Option<Op> {
        match self {
            Self::Describe => None,
            Self::Decode { .. } => Some(Op::Decode),
            Self::Encode { .. } => Some(Op::Encode),
            Self::Transcode { .. } => Some(Op::Transcode),
            Self::Frame { .. } => Some(Op::Frame),
            Self::Deframe { .. } => Some(Op::Deframe),
        }
    }

    /// The line without its end.
    pub(crate) fn line(&self, id: u64) -> String {
        let value = match self {
            Self::Describe => json!({ "id": id, "op": "describe" }),
            Self::Decode { place, bytes } => {
                json!({ "id": id, "op": "decode", "place": place, "hex": hex::encode(bytes) })
            }
            Self::Encode { message, value } => {
                json!({ "id": id, "op": "encode", "message": message, "value": value })
            }
            Self::Transcode { message, from, bytes } => json!({
                "id": id, "op": "transcode", "message": message, "from": from.name(), "to": from.other().name(),
                "hex": hex::encode(bytes),
            }),
            // A number of 64 bits is text, because JSON's numbers do not hold all of them everywhere.
            Self::Frame {
                kind,
                number,
                payload,
            } => json!({
                "id": id, "op": "frame", "kind": kind, "number": number.to_string(),
                "payload": hex::encode(payload),
            }),
            Self::Deframe { stream, max_frame } => {
                json!({ "id": id, "op": "deframe", "stream": hex::encode(stream), "max_frame": max_frame })
            }
        };
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_as_the_book_shows_them() {
        let decode = Request::Decode {
            place: "request".into(),
            bytes: vec![0x05, 0x00],
        };
        assert_eq!(
            decode.line(3),
            r#"{"id":3,"op":"decode","place":"request","hex":"0500"}"#
        );
        let transcode = Request::Transcode {
            message: "service_list".into(),
            from: Encoding::Native,
            bytes: vec![0x05, 0x00],
        };
        assert_eq!(
            transcode.line(4),
            r#"{"id":4,"op":"transcode","message":"service_list","from":"native","to":"cbor","hex":"0500"}"#
        );
        let frame = Request::Frame {
            kind: "clear".into(),
            number: u64::MAX,
            payload: Vec::new(),
        };
        assert_eq!(
            frame.line(5),
            r#"{"id":5,"op":"frame","kind":"clear","number":"18446744073709551615","payload":""}"#
        );
        for (op, request) in [
            (Some(Op::Decode), decode),
            (Some(Op::Frame), frame),
            (None, Request::Describe),
        ] {
            assert_eq!(request.op(), op);
        }
    }
}
