//! The vectors, as this crate's tests need them: the one place that knows how their files look.

use serde_json::Value;
use std::{fs, path::Path};

/// A vector of a message or document.
pub(crate) struct Message {
    /// Its file and name.
    pub(crate) title: String,
    /// Where it is met.
    pub(crate) place: String,
    /// The schema's name of the message.
    pub(crate) message: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) expected: Expected,
}

/// A vector of a message or document in CBOR.
pub(crate) struct Cbor {
    /// Its file and name.
    pub(crate) title: String,
    /// The schema's name of the message.
    pub(crate) message: String,
    pub(crate) case: CborCase,
}

/// What is converted.
pub(crate) enum CborCase {
    /// Either form gives the other.
    Both { native: Vec<u8>, cbor: Vec<u8> },
    /// CBOR, or else native bytes, that are refused.
    Refused {
        is_cbor: bool,
        bytes: Vec<u8>,
        rule: String,
        field: String,
        offset: u64,
    },
}

/// What a decoder makes of a vector.
pub(crate) enum Expected {
    /// It takes it, for this value.
    Taken(Value),
    /// It refuses it.
    Refused {
        rule: String,
        field: String,
        offset: u64,
    },
}

/// Bytes of a line, and what a receiver finds in them.
pub(crate) struct Stream {
    /// Its file and name.
    pub(crate) title: String,
    pub(crate) bytes: Vec<u8>,
    /// The largest frame that the receiver takes.
    pub(crate) max_frame: u64,
    /// Each frame as kind, number and payload in hexadecimal, or the fault.
    pub(crate) found: Vec<String>,
}

/// All vectors of messages and documents.
pub(crate) fn messages() -> Vec<Message> {
    let mut all: Vec<Message> = files("messages")
        .flat_map(|file| {
            let message = text(&file, "message").to_owned();
            let place = text(&file, "place").to_owned();
            let read = |vector: &Value| Message {
                title: format!("messages/{message}: {}", text(vector, "name")),
                place: place.clone(),
                message: message.clone(),
                bytes: bytes(text(vector, "hex")),
                expected: expected(vector),
            };
            vectors(&file).map(read).collect::<Vec<_>>()
        })
        .collect();
    all.sort_by(|one, other| one.title.cmp(&other.title));
    all
}

/// All vectors of messages and documents in CBOR.
pub(crate) fn cbor() -> Vec<Cbor> {
    let mut all: Vec<Cbor> = files("cbor")
        .flat_map(|file| {
            let message = text(&file, "message").to_owned();
            let read = |vector: &Value| Cbor {
                title: format!("cbor/{message}: {}", text(vector, "name")),
                message: message.clone(),
                case: case(vector),
            };
            vectors(&file).map(read).collect::<Vec<_>>()
        })
        .collect();
    all.sort_by(|one, other| one.title.cmp(&other.title));
    all
}

fn case(vector: &Value) -> CborCase {
    match expected(vector) {
        Expected::Taken(_) => CborCase::Both {
            native: bytes(text(vector, "native")),
            cbor: bytes(text(vector, "cbor")),
        },
        Expected::Refused { rule, field, offset } => {
            let is_cbor = vector.get("cbor").is_some();
            CborCase::Refused {
                is_cbor,
                bytes: bytes(text(vector, if is_cbor { "cbor" } else { "native" })),
                rule,
                field,
                offset,
            }
        }
    }
}

/// The files of a folder of vectors.
fn files(name: &str) -> impl Iterator<Item = Value> {
    let folder = folder().join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.map(|file| json(&file.expect("a file of the folder").path()))
}

fn expected(vector: &Value) -> Expected {
    if is_valid(vector) {
        return Expected::Taken(vector["value"].clone());
    }
    Expected::Refused {
        rule: text(vector, "rule").to_owned(),
        field: text(vector, "field").to_owned(),
        offset: vector["offset"].as_u64().expect("an offset"),
    }
}

/// All vectors of lines and of streams: a line is a stream of one.
pub(crate) fn streams() -> Vec<Stream> {
    let frames = json(&folder().join("frames/frames.json"));
    let mut all: Vec<Stream> = vectors(&frames)
        .map(|vector| stream("frames", "line", vector, vec![found(vector)]))
        .collect();
    let streams = json(&folder().join("frames/streams.json"));
    all.extend(vectors(&streams).map(|vector| {
        let items = vector["found"].as_array().expect("what is found").iter();
        stream("streams", "stream", vector, items.map(found).collect())
    }));
    all
}

fn stream(file: &str, key: &str, vector: &Value, found: Vec<String>) -> Stream {
    Stream {
        title: format!("frames/{file}: {}", text(vector, "name")),
        bytes: bytes(text(vector, key)),
        max_frame: vector
            .get("max_frame")
            .map_or(4096, |size| size.as_u64().expect("a size")),
        found,
    }
}

fn found(item: &Value) -> String {
    match item.get("fault") {
        Some(fault) => fault.as_str().expect("a fault's name").to_owned(),
        None => format!(
            "{} {} {}",
            text(item, "kind"),
            text(item, "number"),
            text(item, "payload")
        ),
    }
}

/// The folder of all vectors.
pub(crate) fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

fn vectors(file: &Value) -> impl Iterator<Item = &Value> {
    file["vectors"].as_array().expect("a list of vectors").iter()
}

fn is_valid(vector: &Value) -> bool {
    match text(vector, "result") {
        "valid" => true,
        "invalid" => false,
        other => panic!("the result {other}"),
    }
}

fn json(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no `{key}` in {value}"))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal digits"))
        .collect()
}
