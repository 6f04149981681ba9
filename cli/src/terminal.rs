//! How the command speaks: results on standard output, everything else on standard error; colour only on a terminal
//! and without `NO_COLOR`.

use crate::failure::{Exit, Failure};
use anstyle::{AnsiColor, Style};
use cardwire_spec::interpret;
use clap::ValueEnum;
use comfy_table::{Table, presets};
use core::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};
use serde_json::Value;
use std::{
    io::{self, Read, Write},
    path::Path,
};

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

static LOST: AtomicBool = AtomicBool::new(false);

/// How results are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: tables and sentences
    #[default]
    Text,
    /// For programs: one JSON document
    Json,
}

/// Prints a result.
///
/// Whoever reads it may stop when it has seen enough, as `head` does: that is no failure, and the exit code says what
/// became of the command all the same.
pub(crate) fn print(text: impl fmt::Display) {
    let mut out = anstream::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(format_args!(
                "{ERROR}error:{ERROR:#} the result can't be written: {error}"
            ));
            LOST.store(true, Ordering::Relaxed);
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether a result was lost on its way out, other than because its reader had seen enough.
pub(crate) fn is_output_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints a result as a JSON document.
pub(crate) fn print_json(document: &Value) {
    print(format_args!("{document:#}"));
}

/// Tells something on standard error.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Warns on standard error.
pub(crate) fn warn(line: fmt::Arguments<'_>) {
    say(format_args!("{WARNING}warning:{WARNING:#} {line}"));
}

/// Rows under a header, without lines.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if !header.is_empty() {
        table.set_header(header.iter().map(|title| title.to_uppercase()));
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 3));
    }
    let text = table.to_string();
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Names and values, one pair a line.
pub(crate) fn pairs<const N: usize>(pairs: [(&str, String); N]) -> String {
    table(&[], pairs.map(|(name, value)| vec![name.to_owned(), value]))
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    interpret::hex::encode(bytes)
}

/// The bytes of a text in hexadecimal digits; blanks, line ends, colons and `0x` in between are passed over.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    interpret::hex::read(text).ok()
}

/// The most that is read of a file, in bytes: nothing of this protocol is nearly as large, and some files never end.
const FILE_MAX: u64 = 64 << 20;

/// The bytes of a file, or of standard input where its path is `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().take(FILE_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_end(&mut bytes))
    };
    match read {
        Ok(length) if length as u64 <= FILE_MAX => Ok(bytes),
        Ok(_) => {
            let what = format!("{} has more than {} MiB", path.display(), FILE_MAX >> 20);
            Err(Failure::new(Exit::Usage, what, "Check the path."))
        }
        Err(error) => {
            let what = format!("{} can't be read: {error}", path.display());
            Err(Failure::new(Exit::Usage, what, "Check the path."))
        }
    }
}

/// The text of a file, or of standard input where its path is `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        let what = format!("{} is no text", path.display());
        Failure::new(Exit::Usage, what, "Give a text in UTF-8.")
    })
}

/// Writes a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| {
        let what = format!("{} can't be written: {error}", path.display());
        Failure::new(
            Exit::Failed,
            what,
            "Check that the folder exists and that you may write to it.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_end_no_line_in_blanks() {
        let text = table(
            &["a", "b"],
            [
                vec!["1".into(), "2".into()],
                vec!["long one".into(), String::new()],
            ],
        );
        assert_eq!(text, "A          B\n1          2\nlong one");
    }
}
