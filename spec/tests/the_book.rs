//! The book itself: it keeps to its format, and everything that it is there for is met, checked and proven.

use cardwire_spec::book::{self, Book, Concern, Counts, Evidence, Level, Row, counts, ledger};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn book() -> Book {
    Book::load(&root()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn it_keeps_to_its_format() {
    let book = book();
    let ids =
        |concerns: &[Concern]| -> Vec<_> { concerns.iter().map(|concern| concern.id.clone()).collect() };
    let counted = |letter: &str, last: usize| {
        (1..=last)
            .map(|number| format!("{letter}-{number}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&book.threats), [counted("T", 27), counted("U", 12)].concat());
    assert_eq!(ids(&book.origins), counted("O", 13));
}

/// The schema's requirements are those of the book.
#[test]
fn what_the_schema_cites_is_there() {
    let book = book();
    let schema = include_str!("../protocol.toml");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let cited: BTreeSet<_> = schema
        .split(|c| !is_part(c))
        .filter(|word| word.starts_with("CW-"))
        .collect();
    assert!(cited.len() > 50);
    let unknown: Vec<_> = cited.iter().filter(|id| book.requirement(id).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Generated fragments are part of the book: what binds stands in sentences of requirements alone.
#[test]
fn what_is_generated_binds_nobody() {
    let folder = root().join("spec/book/src/generated");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") {
            texts.push((
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    assert!(texts.len() >= 3);
    let (_, problems) = book::read(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let binding: Vec<_> = problems
        .iter()
        .filter(|problem| problem.message.contains("outside of a requirement"))
        .map(ToString::to_string)
        .collect();
    assert!(binding.is_empty(), "{}", binding.join("\n"));
}

#[test]
fn at_most_one_must_in_ten_is_not_testable() {
    let (book, evidence) = (book(), evidence());
    let Counts {
        all, not_testable, ..
    } = counts(&ledger(&book, &evidence), Level::Must);
    assert!(all > 100 && not_testable * 10 <= all, "{not_testable} of {all}");
}

/// Requirements that bind and that no case proves. The number may only become smaller: a new requirement comes with its
/// case and its faulty reader.
const OPEN_MAX: usize = 8;

#[test]
fn what_is_not_proven_does_not_become_more() {
    let (book, evidence) = (book(), evidence());
    let rows = ledger(&book, &evidence);
    let is_open = |row: &&Row<'_>| row.is_open() && row.requirement.level == Level::Must;
    let open: Vec<&str> = rows
        .iter()
        .filter(is_open)
        .map(|row| row.requirement.id.as_str())
        .collect();
    assert!(
        open.len() <= OPEN_MAX,
        "{} of at most {OPEN_MAX}: {open:?}",
        open.len()
    );
}

/// Each line of the origin is checked by a case, and a faulty product shows that the case can tell.
#[test]
fn every_origin_line_has_a_case_and_a_faulty_product() {
    let (book, evidence) = (book(), evidence());
    let rows = ledger(&book, &evidence);
    for Concern { id, title, .. } in &book.origins {
        let rows: Vec<&Row<'_>> = rows
            .iter()
            .filter(|row| row.requirement.prevents.names(id))
            .collect();
        assert!(
            rows.iter().any(|row| row.cases().next().is_some()),
            "{id} ({title}) has no case"
        );
        assert!(
            rows.iter().any(|row| row.kills().next().is_some()),
            "{id} ({title}) has no faulty product"
        );
    }
}

fn evidence() -> Evidence {
    Evidence::load(&root()).unwrap_or_else(|error| panic!("{error}"))
}
