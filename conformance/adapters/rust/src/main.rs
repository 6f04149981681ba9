//! `cardwire-codec` behind the requests of `cardwire certify codec`, and a pattern for adapters of other codecs.
//!
//! Reads one JSON request a line on standard input, and answers one a line on standard output. The book's chapter
//! *Testing a codec* describes both.
//!
//! ```console
//! $ cargo build --release -p cardwire-codec-adapter
//! $ cardwire certify codec -- target/release/cardwire-codec-adapter
//! ```

mod frames;
mod hex;
mod messages;

use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead as _, Write as _};

/// A request; its `id` is taken off before.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Request {
    Describe,
    Decode {
        place: String,
        #[serde(with = "hex")]
        hex: Vec<u8>,
    },
    Encode {
        message: String,
        value: Value,
    },
    Transcode {
        message: String,
        to: Encoding,
        #[serde(with = "hex")]
        hex: Vec<u8>,
    },
    Frame {
        kind: String,
        number: String,
        #[serde(with = "hex")]
        payload: Vec<u8>,
    },
    Deframe {
        #[serde(with = "hex")]
        stream: Vec<u8>,
        max_frame: usize,
    },
}

/// The two encodings of a message; a request is for the one that its bytes are not in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Native,
    Cbor,
}

/// What is answered: what was asked for, a refusal, or an `error` where a request is none or can't be served.
type Answer = Result<Value, String>;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let id = request["id"].clone();
        let mut answer = answer(request).unwrap_or_else(|error| json!({ "error": error }));
        answer["id"] = id;
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer(request: Value) -> Answer {
    let request = Request::deserialize(request).map_err(|error| error.to_string())?;
    match request {
        Request::Describe => Ok(json!({
            "name": "cardwire-codec",
            "version": env!("CARGO_PKG_VERSION"),
            "ops": ["decode", "encode", "transcode", "frame", "deframe"],
        })),
        Request::Decode { place, hex } => messages::decode(&place, &hex),
        Request::Encode { message, value } => messages::encode(&message, value),
        Request::Transcode { message, to, hex } => messages::transcode(&message, to, &hex),
        Request::Frame {
            kind,
            number,
            payload,
        } => frames::frame(&kind, &number, &payload),
        Request::Deframe { stream, max_frame } => Ok(frames::deframe(&stream, max_frame)),
    }
}
