//! The book's worked examples: `spec/book/src/generated/example-*.md`, and the C header of the guide for C.
//!
//! Nothing in them is typed: messages come from the schema through its interpreter, frames and keys from the
//! libraries, explanations from the schema's own words. They are committed, and a test holds them to being what
//! [`generate`] makes.
//!
//! | part | what it does |
//! | --- | --- |
//! | `story` | the run that the examples show, every byte of it |
//! | `handshakes`, `noise` | both handshakes, step by step |
//! | `lines` | messages sealed, in frames, inside each other |
//! | `annotate` | tables of offset, bytes, field and meaning |
//! | `fragments` | the files |
//! | `header` | names and numbers of the schema for C |

mod annotate;
mod fragments;
mod handshakes;
mod header;
mod lines;
mod noise;
mod story;
#[cfg(test)]
mod tests;

use crate::embedded::protocol;
use cardwire_spec::interpret;
use serde_json::Value;
use std::path::PathBuf;
use story::Story;

/// Why the examples can't be made.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A message of the examples has no encoding any more.
    #[error("{name} of the examples does not fit the schema: {source}")]
    Encode {
        /// The message.
        name: String,
        /// What is wrong with it.
        source: Box<interpret::EncodeError>,
    },
    /// Bytes of the examples are no message.
    #[error("bytes of the examples are refused at {place}: {fault}")]
    Decode {
        /// Where they are met.
        place: String,
        /// The rule that they break.
        fault: Box<interpret::Fault>,
    },
    /// Something that the examples rest on is not there.
    #[error("the examples need {0}, and it is not there")]
    Missing(&'static str),
    /// Two ways to the same value lead to different ones.
    #[error("the examples contradict themselves: {0}")]
    Contradiction(&'static str),
    /// The library refuses a step.
    #[error("a cryptographic step of the examples fails: {0}")]
    Library(#[from] snow::Error),
}

/// All files: their paths below `spec/book/src`, and their text.
///
/// # Errors
/// Examples that the schema has left behind.
pub fn generate() -> Result<Vec<(PathBuf, String)>, BookError> {
    let story = Story::tell()?;
    let mut files: Vec<_> = fragments::all(&story)?
        .into_iter()
        .map(|(name, text)| (PathBuf::from(format!("generated/example-{name}.md")), text))
        .collect();
    files.push((PathBuf::from("c/cardwire.h"), header::text()));
    files.push((PathBuf::from("c/presets.h"), header::presets()?));
    Ok(files)
}

/// Values of the examples by name, for programs that are held against them.
///
/// # Errors
/// Examples that the schema has left behind.
pub fn values() -> Result<Vec<(&'static str, Vec<u8>)>, BookError> {
    let story = Story::tell()?;
    let (client, cloud) = (&story.client_side, &story.cloud_side);
    let pairs: [(&'static str, &[u8]); 24] = [
        ("psk", &client.derivation.key),
        ("hello", &client.hello),
        ("hello_answer", &client.hello_answer),
        ("connect", &client.connect),
        ("connect_answer", &client.connect_answer),
        ("client_prologue", &client.prologue),
        ("session_reader_ephemeral", &client.reader_ephemeral.private),
        ("session_hash", &client.split.hash),
        ("session_from_client", &client.split.initiator),
        ("session_to_client", &client.split.responder),
        ("login_header", &cloud.header),
        ("cloud_prologue", &cloud.prologue),
        ("reader_static", &cloud.reader_static.private),
        ("cloud_public", &cloud.cloud_static.public),
        ("login_reader_ephemeral", &cloud.reader_ephemeral.private),
        ("login_first", &cloud.first),
        ("login_second", &cloud.second),
        ("login_hash", &cloud.split.hash),
        ("login_to_cloud", &cloud.split.initiator),
        ("login_from_cloud", &cloud.split.responder),
        ("status_request", &story.status.request.plain),
        ("status_request_sealed", &story.status.request.sealed),
        ("status_answer", &story.status.answer.plain),
        ("status_answer_sealed", &story.status.answer.sealed),
    ];
    Ok(pairs.map(|(name, bytes)| (name, bytes.to_vec())).to_vec())
}

/// The encoding of a message or document.
fn encode(name: &str, value: &Value) -> Result<Vec<u8>, BookError> {
    interpret::encode(protocol(), name, value).map_err(|source| BookError::Encode {
        name: name.to_owned(),
        source: Box::new(source),
    })
}
