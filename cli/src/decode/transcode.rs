//! `cardwire transcode`: from the native encoding to CBOR, and back.

use super::{help, input};
use crate::{
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{hex, print, write},
};
use cardwire_spec::interpret;
use std::path::PathBuf;

const TRANSCODE: &str = "\
Examples:
  cardwire transcode service_list --to cbor 0500
  cardwire transcode service_list --to native a200050100
  cardwire transcode logic --to cbor --out logic.cbor vectors/logic/card.identify.bin

BYTES is taken as `cardwire decode` takes it.

Exit codes: 0 converted, 1 the bytes are refused, 2 wrong usage.";

#[derive(Debug, clap::Args)]
#[command(after_help = TRANSCODE)]
pub(crate) struct TranscodeArguments {
    /// The message or document
    name: String,
    /// Hexadecimal digits, or a file; `-` is standard input
    #[arg(value_name = "BYTES")]
    bytes: String,
    /// Which form to make; the bytes are in the other one
    #[arg(long, value_enum)]
    to: Form,
    /// Write the bytes to a file instead of printing hexadecimal digits
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A form of messages in bytes.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    /// CBOR, for programs that have a library for it
    Cbor,
    /// What travels between client, reader and cloud
    Native,
}

pub(crate) fn transcode(arguments: &TranscodeArguments) -> Outcome {
    let TranscodeArguments { name, bytes, to, out } = arguments;
    if protocol().message(name).is_none() && protocol().document(name).is_none() {
        let what = format!("the schema has no message and no document `{name}`");
        return Err(Failure::new(Exit::Usage, what, super::encode::names()));
    }
    let bytes = input::bytes(bytes)?;
    let converted = match to {
        Form::Cbor => interpret::to_cbor(protocol(), name, &bytes),
        Form::Native => interpret::from_cbor(protocol(), name, &bytes),
    };
    let converted = converted.map_err(|fault| {
        let detail = &fault.detail;
        let what = format!(
            "`{name}` can't be converted: {fault} ({}): {} must be {}, not {}",
            fault.rule.requirement(),
            detail.path,
            detail.expected,
            detail.found
        );
        let next = help::next_of_conversion(&fault);
        Failure::new(Exit::Failed, what, next)
    })?;
    match out {
        Some(path) => write(path, &converted)?,
        None => print(hex(&converted)),
    }
    Ok(Exit::Done)
}
