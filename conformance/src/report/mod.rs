//! Reports: `report.json` for programs, `junit.xml` for continuous integration, `report.html` for people, and the
//! evidence of every case as `trace.jsonl` and, for network analysers, as `trace.pcapng`.
//!
//! A report may be signed ([`sign`]) and checked ([`verify`]); the reports of a run's parts are merged ([`merge`]), and
//! those of two runs compared ([`diff`]).
//!
//! They never hold keys: of the certification identities, which are public, no more than of others.

mod diff;
pub(crate) mod dsse;
mod junit;
pub(crate) mod keeper;
mod keys;
pub(crate) mod ledger;
mod merge;
pub(crate) mod outcome;
mod page;
mod pcapng;
pub(crate) mod sheet;
pub(crate) mod statement;
pub(crate) mod stored;
mod verify;

pub use diff::{Change, DiffError, Difference, Differences, diff};
pub use keys::{KeyError, PublicKey, Signer};
pub use merge::{MergeError, Merged, merge};
pub use outcome::Outcome;
pub use statement::{STATEMENT, sign};
pub use verify::{Verified, VerifyError, verify};

use serde_json::json;
pub(crate) use sheet::Sheet;
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// The files of a report; one that is signed has its statement beside them.
const FILES: [&str; 5] = [
    "report.json",
    "junit.xml",
    "report.html",
    "trace.jsonl",
    "trace.pcapng",
];

/// Writes the report of a run into a folder, which is replaced as a whole: whoever reads it sees one run, never parts
/// of two.
///
/// # Errors
/// What the system says; a folder that holds something other than a report is left as it is.
pub(crate) fn write(folder: &Path, sheet: &Sheet<'_>) -> io::Result<()> {
    if !is_replaceable(folder)? {
        let message = "the folder holds files that are no report: choose another one, or remove them";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    let (fresh, old) = (beside(folder, "new"), beside(folder, "old"));
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    remove(&fresh)?;
    fs::create_dir(&fresh)?;
    if let Err(error) = write_files(&fresh, sheet) {
        // Half a report is none; what stands in the folder stays.
        let _ = remove(&fresh);
        return Err(error);
    }
    remove(&old)?;
    if folder.exists() {
        fs::rename(folder, &old)?;
    }
    fs::rename(&fresh, folder)?;
    remove(&old)
}

fn write_files(folder: &Path, sheet: &Sheet<'_>) -> io::Result<()> {
    let mut json = serde_json::to_vec_pretty(&sheet.document)?;
    json.push(b'\n');
    let [json_file, junit_file, html_file, trace_file, packets_file] = FILES.map(|name| folder.join(name));
    fs::write(json_file, json)?;
    fs::write(junit_file, junit::render(sheet).map_err(io::Error::other)?)?;
    fs::write(html_file, page::render(sheet).map_err(io::Error::other)?)?;
    let mut lines = io::BufWriter::new(fs::File::create(trace_file)?);
    for row in &sheet.rows {
        for entry in &row.trace.entries {
            serde_json::to_writer(&mut lines, &json!({ "case": row.id, "entry": entry }))?;
            lines.write_all(b"\n")?;
        }
    }
    lines.flush()?;
    pcapng::write(sheet, io::BufWriter::new(fs::File::create(packets_file)?))
}

/// A folder that is not there, is empty, or holds a report.
fn is_replaceable(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        if FILES.iter().chain(&[STATEMENT]).all(|known| name != *known) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn beside(folder: &Path, what: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{what}-{}", std::process::id()));
    folder.with_file_name(name)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
