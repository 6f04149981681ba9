//! `cardwire report`: reports that are there are signed, merged and compared.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{Format, print, print_json, read_text},
};
use cardwire_conformance::{MergeError, Outcome as RunOutcome, STATEMENT, Signer, diff, merge, sign};
use clap::Subcommand;
use std::path::{Path, PathBuf};

const SIGN: &str = "\
Example:
  openssl genpkey -algorithm ed25519 -out lab.pem
  cardwire report sign cardwire-report --sign-key lab.pem

The statement (in-toto, in a DSSE envelope) goes into the folder; `cardwire verify` checks it. Keep the key where nobody
else can read it.";

const MERGE: &str = "\
Example:
  cardwire report merge part-1 part-2 part-3 --out cardwire-report

The parts are of one run: the same suite, seed and kind of device. One that is missing or there twice is named, and
nothing is written. Every case has to be there exactly once.

Exit codes: 0 certified; 1 not certified, or not the parts of one run; 2 wrong usage.";

const DIFF: &str = "\
Example:
  cardwire report diff report-of-yesterday cardwire-report

A case whose verdict is worse, that fails for another reason, or that is gone is worse, and so is a new one that fails.

Exit codes: 0 nothing is worse; 1 something is; 2 wrong usage.";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Sign a report: write a statement about all of its files
    #[command(after_help = SIGN)]
    Sign {
        /// The folder of the report
        folder: PathBuf,
        /// An Ed25519 key, in PEM (PKCS#8)
        #[arg(long, value_name = "FILE")]
        sign_key: PathBuf,
    },
    /// Merge the reports of a run's parts into one
    #[command(after_help = MERGE)]
    Merge {
        /// The folders of the parts
        #[arg(required = true)]
        folders: Vec<PathBuf>,
        /// The folder of the whole; a report that is there is replaced
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Sign the whole with this Ed25519 key, in PEM (PKCS#8)
        #[arg(long, value_name = "FILE")]
        sign_key: Option<PathBuf>,
        /// How to tell the result
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Compare two reports: what is better, worse, new, gone
    #[command(after_help = DIFF)]
    Diff {
        /// The folder of the earlier report
        before: PathBuf,
        /// The folder of the later one
        after: PathBuf,
        /// How to tell the result
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(crate) fn run(action: &Action) -> Outcome {
    match action {
        Action::Sign { folder, sign_key } => {
            let signer = signer(sign_key)?;
            sign_folder(folder, &signer)?;
            let (path, id) = (folder.join(STATEMENT), signer.public().id());
            print(format_args!("{} is signed by {id}", path.display()));
            Ok(Exit::Done)
        }
        Action::Merge {
            folders,
            out,
            sign_key,
            format,
        } => merged(folders, out, sign_key.as_deref(), *format).map_err(|failure| failure.told_as(*format)),
        Action::Diff {
            before,
            after,
            format,
        } => compared(before, after, *format).map_err(|failure| failure.told_as(*format)),
    }
}

/// The key in a file; it is read before anything else is done, which may take long.
pub(crate) fn signer(path: &Path) -> Result<Signer, Failure> {
    Signer::from_pem(&read_text(path)?).map_err(|error| {
        let what = format!("{}: {error}", path.display());
        Failure::new(
            Exit::Usage,
            what,
            "Make one with `openssl genpkey -algorithm ed25519 -out FILE`.",
        )
    })
}

/// Signs a report that is there.
pub(crate) fn sign_folder(folder: &Path, signer: &Signer) -> Result<(), Failure> {
    sign(folder, signer).map_err(|error| {
        let what = format!("the report in {} can't be signed: {error}", folder.display());
        Failure::new(
            Exit::Tester,
            what,
            "Check that the folder holds a report, and that you may write to it.",
        )
    })
}

fn merged(folders: &[PathBuf], out: &Path, key: Option<&Path>, format: Format) -> Outcome {
    let signer = key.map(signer).transpose()?;
    let merged = merge(folders, out).map_err(failure)?;
    if let Some(signer) = &signer {
        sign_folder(out, signer)?;
    }
    match format {
        Format::Text => {
            print(&merged.table);
            print(format_args!("reports in {}", out.display()));
        }
        Format::Json => print_json(&merged.document),
    }
    Ok(match merged.outcome {
        RunOutcome::Certified => Exit::Done,
        RunOutcome::NotCertified | RunOutcome::AsExpected | RunOutcome::Partial | RunOutcome::Incomplete => {
            Exit::Failed
        }
    })
}

fn failure(error: MergeError) -> Failure {
    let (exit, next) = match &error {
        MergeError::Report { .. } => (
            Exit::Usage,
            "Give folders that `cardwire certify --report DIR` has written.",
        ),
        MergeError::NoPart { .. } | MergeError::Different { .. } => (
            Exit::Failed,
            "Run the parts anew, all with the same suite, seed and options.",
        ),
        MergeError::Missing(_) => (Exit::Failed, "Run what is missing, and merge all parts."),
        MergeError::Doubled { .. } => (Exit::Failed, "Give each part once."),
        MergeError::Write { .. } => (Exit::Tester, "Give --out a folder that you may write to."),
    };
    Failure::new(exit, error, next)
}

fn compared(before: &Path, after: &Path, format: Format) -> Outcome {
    let differences = diff(before, after).map_err(|error| {
        let next = "Give folders that `cardwire certify --report DIR` has written.";
        Failure::new(Exit::Usage, error, next)
    })?;
    match format {
        Format::Text => print(&differences),
        Format::Json => print_json(&differences.to_json()),
    }
    Ok(if differences.is_worse() {
        Exit::Failed
    } else {
        Exit::Done
    })
}
