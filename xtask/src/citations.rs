//! Citations of requirements in code and tests: `//=` lines with the place, `//#` lines with the sentence.
//!
//! `duvet` finds citations of what is not there. It forgives small differences of wording, which here may be the
//! difference of a bit: so the sentences are compared to the letter as well.

use crate::{
    tools::DUVET,
    workspace::{self, Workspace},
};
use anyhow::{Context as _, Result, ensure};
use cardwire_spec::book::Book;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// Folders whose code cites.
const FOLDERS: [&str; 6] = ["codec", "reference-reader", "peers", "conformance", "cli", "fuzz"];

/// Holds every citation to the book's words.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut duvet = DUVET.command(workspace)?;
    // What it has extracted before may be of a requirement that has moved since.
    let extracted = workspace.root.join(".duvet/requirements");
    if extracted.exists() {
        fs::remove_dir_all(extracted)?;
    }
    duvet.args([
        "report",
        "--require-citations",
        "false",
        "--require-tests",
        "false",
    ]);
    let help =
        "a citation does not say what the book says: take the sentence from the book, or mend the book";
    workspace::run(&mut duvet).context(help)?;

    let book = Book::load(&workspace.root)?;
    let sentences: HashMap<&str, &str> = book
        .requirements
        .iter()
        .map(|requirement| (requirement.id.as_str(), requirement.sentence.as_str()))
        .collect();
    let mut files = Vec::new();
    for folder in FOLDERS {
        rust_files(&workspace.root.join(folder), &mut files)?;
    }
    let mut count = 0;
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        for citation in citations(&text) {
            count += 1;
            if sentences.get(citation.id.as_str()) != Some(&citation.quote.as_str()) {
                wrong.push(format!("{}:{}: {}", file.display(), citation.line, citation.id));
            }
        }
    }
    ensure!(wrong.is_empty(), "{help}:\n{}", wrong.join("\n"));
    println!("{count} citations say what the book says, to the letter");
    Ok(())
}

/// One citation in a file.
#[derive(Debug, PartialEq, Eq)]
struct Citation {
    /// The line of the quote, from 1.
    line: usize,
    id: String,
    quote: String,
}

/// The citations in a text: a line with the place, and the line with the sentence beneath it. Between the two may stand
/// that it is a test which cites.
fn citations(text: &str) -> Vec<Citation> {
    let lines = text.lines().map(str::trim_start).enumerate();
    let lines: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.starts_with("//= type=")).collect();
    let pairs = lines.windows(2);
    pairs
        .filter_map(|pair| {
            let (_, place) = pair[0];
            let (index, quote) = pair[1];
            let (_, id) = place.strip_prefix("//= ")?.split_once('#')?;
            let quote = quote.strip_prefix("//# ")?;
            Some(Citation {
                line: index + 1,
                id: id.trim().to_uppercase(),
                quote: quote.trim().to_owned(),
            })
        })
        .collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Citation, citations};

    #[test]
    fn a_citation_is_a_place_and_a_sentence() {
        let text =
            "fn f() {\n    //= spec/book/src/link.md#cw-link-003\n    //# A frame MUST end.\n}\n//# alone\n";
        let expected = Citation {
            line: 3,
            id: "CW-LINK-003".to_owned(),
            quote: "A frame MUST end.".to_owned(),
        };
        assert_eq!(citations(text), [expected]);
    }
}
