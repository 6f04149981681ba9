//! `cardwire encode`: from JSON to bytes.

use crate::{
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{hex, print, read_text, write},
};
use cardwire_spec::interpret::{self, EncodeError};
use serde_json::Value;
use std::path::{Path, PathBuf};

const ENCODE: &str = "\
Example:
  cardwire encode hello '{\"versions\": [1], \"max_frame\": 512}'

A field that is left out has its default, where the schema states one.";

#[derive(Debug, clap::Args)]
#[command(after_help = ENCODE)]
pub(crate) struct EncodeArguments {
    /// The message or document
    name: String,
    /// Its fields as JSON; `-` reads them from standard input
    json: String,
    /// Write the bytes to a file instead of printing hexadecimal digits
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn encode(arguments: &EncodeArguments) -> Outcome {
    let EncodeArguments { name, json, out } = arguments;
    let text = if json == "-" {
        read_text(Path::new("-"))?
    } else {
        json.clone()
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        let what = format!("the fields are no JSON: {error}");
        Failure::new(Exit::Usage, what, "Correct the JSON.")
    })?;
    let bytes = interpret::encode(protocol(), name, &value).map_err(|error| refused(name, &error))?;
    match out {
        Some(path) => write(path, &bytes)?,
        None => print(hex(&bytes)),
    }
    Ok(Exit::Done)
}

fn refused(name: &str, error: &EncodeError) -> Failure {
    let what = format!("`{name}` can't be encoded: {error}");
    match error {
        EncodeError::Unknown { .. } => Failure::new(Exit::Usage, what, names()),
        EncodeError::Shape { .. } => {
            let fields = fields(name);
            let next = if fields.is_empty() {
                format!("Give {{}}: `{name}` has no fields.")
            } else {
                format!("Give an object with the fields {}.", fields.join(", "))
            };
            Failure::new(Exit::Failed, what, next)
        }
        EncodeError::Invalid { rule, .. } => {
            let requirement = rule.requirement();
            let next = format!("Correct the value: every decoder would refuse it ({requirement}).");
            Failure::new(Exit::Failed, what, next)
        }
    }
}

/// What to do where there is no such message.
pub(super) fn names() -> String {
    let messages = protocol().messages.iter().map(|message| message.name.as_str());
    let documents = protocol().documents.iter().map(|document| document.name.as_str());
    let names: Vec<&str> = messages.chain(documents).collect();
    format!("Give one of {}.", names.join(", "))
}

fn fields(name: &str) -> Vec<&'static str> {
    let message = protocol().message(name);
    let extensions = message.map_or(&[][..], |message| &message.extensions);
    let fields = message.map(|message| &message.fields);
    let fields = fields.or_else(|| protocol().document(name).map(|document| &document.fields));
    let extensions = extensions.iter().map(|extension| &extension.field);
    let fields = fields.into_iter().flatten().chain(extensions);
    fields.map(|field| field.name.as_str()).collect()
}
