//! `cardwire verify`: is a report what was signed, whole, and of a device that is certified?

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{Format, pairs, print, print_json, read_text, warn},
};
use cardwire_conformance::{Outcome as RunOutcome, PublicKey, Verified, VerifyError, verify};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const EXAMPLE: &str = "\
Examples:
  cardwire verify cardwire-report --key lab.pub.pem
  cardwire verify cardwire-report --format json

Checked are the signature of the statement, the digest of every file, that nothing was added or taken away, and that the
report says of its device what follows from its cases. Without --key the statement's own key is taken: that shows that
nothing was changed, and not who signed it.

Exit codes: 0 certified; 1 not certified, not whole, or not what was signed; 2 wrong usage, or not signed at all.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// The folder of the report
    folder: PathBuf,
    /// The public key that has to have signed it, in a PEM file
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    checked(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn checked(arguments: &Arguments) -> Outcome {
    let key = arguments.key.as_deref().map(public_key).transpose()?;
    let verified = verify(&arguments.folder, key.as_ref()).map_err(failure)?;
    match arguments.format {
        Format::Text => tell(&verified),
        Format::Json => print_json(&document(&verified)),
    }
    Ok(match verified.outcome {
        RunOutcome::Certified => Exit::Done,
        RunOutcome::NotCertified | RunOutcome::AsExpected | RunOutcome::Partial | RunOutcome::Incomplete => {
            Exit::Failed
        }
    })
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    PublicKey::from_pem(&read_text(path)?).map_err(|error| {
        let what = format!("{}: {error}", path.display());
        Failure::new(
            Exit::Usage,
            what,
            "Give the public half as `openssl pkey -in KEY -pubout` writes it.",
        )
    })
}

fn failure(error: VerifyError) -> Failure {
    let (exit, next) = match &error {
        VerifyError::Folder { .. } => (Exit::Usage, "Check the path."),
        VerifyError::Unsigned { .. } => (
            Exit::Usage,
            "Sign it with `cardwire report sign DIR --sign-key FILE`, or ask whoever gave it to you for the signed one.",
        ),
        VerifyError::Signature { .. } => (
            Exit::Failed,
            "Check that this is the key of whoever is to have signed the report.",
        ),
        VerifyError::Statement(_) | VerifyError::File { .. } => (
            Exit::Failed,
            "Do not rely on this report; ask for the folder as it was signed.",
        ),
    };
    Failure::new(exit, error, next)
}

fn tell(verified: &Verified) {
    let run = &verified.run;
    let of = |part: &str, name: &str| run.get(part).map_or(String::new(), |part| plain(&part[name]));
    let member = |name: &str| run.get(name).map(plain).unwrap_or_default();
    print(format_args!("{}\n", verified.outcome.words()));
    let behind_program = ["client", "codec"]
        .iter()
        .find_map(|kind| Some((kind, run.get(*kind)?)));
    let (device, hardware) = match behind_program {
        Some((kind, told)) => (
            format!("{kind} {} {}", plain(&told["name"]), plain(&told["version"])),
            String::new(),
        ),
        None => (
            format!("{}, {}", of("device", "reader_id"), of("device", "software")),
            of("device", "hardware_class"),
        ),
    };
    print(pairs([
        ("device", device),
        ("hardware", hardware),
        (
            "suite",
            format!("{} {}", of("suite", "version"), of("suite", "digest")),
        ),
        ("specification", of("suite", "revision")),
        ("seed", member("seed")),
        ("started", member("started")),
        ("files", verified.files.to_string()),
        ("signed by", verified.signer.clone()),
    ]));
    if !verified.is_known {
        warn(format_args!(
            "whose key that is was not checked: give the one that you know with --key"
        ));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "unknown".into(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn document(verified: &Verified) -> Value {
    json!({
        "outcome": verified.outcome.name(),
        "run": verified.run,
        "files": verified.files,
        "signer": verified.signer,
        "signer_checked": verified.is_known,
    })
}
