//! Golden vectors: `vectors/messages`, `vectors/cbor` and `vectors/frames`, made from the schema by the interpreter, and the manifest of
//! all that `vectors` holds.
//!
//! They are committed, so that other implementations can use them without this suite; a test holds them to being what
//! [`generate`] makes, and both codecs to agreeing with each of them.

mod base;
mod cbor;
mod extensions;
mod fields;
mod file;
mod frames;
mod manifest;
mod messages;
mod pairs;
mod streams;
mod types;
mod values;

pub(crate) use values::fields_of;

use crate::embedded::protocol;
use cardwire_spec::Protocol;
use include_dir::{Dir, include_dir};
pub use manifest::{MANIFEST, Manifest, ManifestFile, Tally, files, manifest};
use std::{path::PathBuf, sync::LazyLock};
pub use types::{
    CborVector, CborVectors, Found, FrameVector, FrameVectors, InvalidCbor, InvalidFrame, InvalidMessage,
    MessageVector, MessageVectors, StreamVector, StreamVectors, ValidCbor, ValidFrame, ValidMessage, Verdict,
};

static MESSAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../vectors/messages");
static CBOR: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../vectors/cbor");
const FRAMES: &str = include_str!("../../../vectors/frames/frames.json");

/// All files of `vectors/messages`, `vectors/cbor` and `vectors/frames`: their paths below `vectors`, and their bytes.
#[must_use]
pub fn generate() -> Vec<(PathBuf, Vec<u8>)> {
    generate_for(protocol())
}

/// What [`generate`] makes, of another schema.
#[must_use]
pub fn generate_for(protocol: &Protocol) -> Vec<(PathBuf, Vec<u8>)> {
    let names = protocol.messages.iter().map(|message| &message.name);
    let names = names.chain(protocol.documents.iter().map(|document| &document.name));
    let mut files = Vec::new();
    for name in names {
        let native = messages::vectors(protocol, name);
        let cbor = cbor::vectors(protocol, &native);
        files.push((
            PathBuf::from(format!("messages/{name}.json")),
            file::text(&native),
        ));
        files.push((PathBuf::from(format!("cbor/{name}.json")), file::text(&cbor)));
    }
    files.push((
        "frames/frames.json".into(),
        file::text(&frames::vectors(protocol)),
    ));
    files.push((
        "frames/streams.json".into(),
        file::text(&streams::vectors(protocol)),
    ));
    files
}

/// The files of a folder, in the order of their messages.
fn parsed<T: serde::de::DeserializeOwned>(folder: &Dir<'_>, message: impl Fn(&T) -> &String) -> Vec<T> {
    let mut all: Vec<T> = folder
        .files()
        .map(|file| match serde_json::from_slice(file.contents()) {
            Ok(vectors) => vectors,
            // It is part of this library, and a test loads it.
            Err(error) => panic!("{}: {error}", file.path().display()),
        })
        .collect();
    all.sort_by(|one, other| message(one).cmp(message(other)));
    all
}

/// The vectors of all messages and documents, as they are committed.
pub(crate) fn messages() -> &'static [MessageVectors] {
    static ALL: LazyLock<Vec<MessageVectors>> =
        LazyLock::new(|| parsed(&MESSAGES, |vectors: &MessageVectors| &vectors.message));
    &ALL
}

/// The vectors of all messages and documents in CBOR, as they are committed.
pub(crate) fn cbor() -> &'static [CborVectors] {
    static ALL: LazyLock<Vec<CborVectors>> =
        LazyLock::new(|| parsed(&CBOR, |vectors: &CborVectors| &vectors.message));
    &ALL
}

/// The vectors of one message.
pub(crate) fn of(message: &str) -> Option<&'static MessageVectors> {
    messages().iter().find(|vectors| vectors.message == message)
}

/// The valid vectors of one message.
pub(crate) fn valid(message: &str) -> impl Iterator<Item = &'static ValidMessage> {
    of(message).into_iter().flat_map(MessageVectors::valid)
}

/// The invalid vectors of one message, without those that only cut it at one more place.
pub(crate) fn invalid(message: &str) -> impl Iterator<Item = &'static InvalidMessage> {
    let all = of(message).into_iter().flat_map(MessageVectors::invalid);
    all.filter(|vector| !vector.is_one_more_cut())
}

/// The vectors of frames, as they are committed.
pub(crate) fn frames() -> &'static FrameVectors {
    static ALL: LazyLock<FrameVectors> = LazyLock::new(|| match serde_json::from_str(FRAMES) {
        Ok(vectors) => vectors,
        // It is part of this library, and a test loads it.
        Err(error) => panic!("the vectors of frames: {error}"),
    });
    &ALL
}
