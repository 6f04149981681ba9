//! What the suite holds of the specification, so that a run needs no files: schema, book, evidence, services.

use crate::hex;
use cardwire_spec::{
    Protocol,
    book::{self, Book, Evidence},
    logic,
};
use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

macro_rules! chapter {
    ($name:literal) => {
        (
            concat!($name, ".md"),
            include_str!(concat!("../../spec/book/src/", $name, ".md")),
        )
    };
}

const SCHEMA: &str = include_str!("../../spec/protocol.toml");
const EVIDENCE: &str = include_str!("../../spec/evidence.json");
/// The chapters that hold requirements, threats or origin lines; guides and what is generated say nothing new.
const CHAPTERS: [(&str, &str); 17] = [
    chapter!("cbor"),
    chapter!("certification"),
    chapter!("codec"),
    chapter!("connection"),
    chapter!("diagnostics"),
    chapter!("interfaces"),
    chapter!("jobs"),
    chapter!("link"),
    chapter!("logic"),
    chapter!("login"),
    chapter!("modules"),
    chapter!("origin"),
    chapter!("security"),
    chapter!("services"),
    chapter!("session"),
    chapter!("updates"),
    chapter!("versions"),
];
static SERVICES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../spec/services");

static PROTOCOL: LazyLock<Protocol> = LazyLock::new(|| match cardwire_spec::parse("protocol.toml", SCHEMA) {
    Ok(protocol) => protocol,
    // It is part of this library, and a test loads it.
    Err(problems) => panic!("the embedded schema does not load: {problems}"),
});

/// The SHA-256 of the schema's text, in hexadecimal digits.
pub(crate) fn schema_digest() -> &'static str {
    static DIGEST: LazyLock<String> =
        LazyLock::new(|| hex::encode(&Sha256::digest(SCHEMA.replace("\r\n", "\n"))));
    &DIGEST
}

/// The protocol that this suite tests.
pub(crate) fn protocol() -> &'static Protocol {
    &PROTOCOL
}

/// The book, as far as it demands something.
pub(crate) fn book() -> &'static Book {
    // That it keeps to its format is what `cargo xtask generate` and a test hold it to: a slip in a chapter keeps
    // nobody from testing a reader.
    static BOOK: LazyLock<Book> = LazyLock::new(|| book::read(CHAPTERS).0);
    &BOOK
}

/// What the proof has found: which cases catch which faulty readers.
pub(crate) fn evidence() -> &'static Evidence {
    static PARSED: LazyLock<Evidence> = LazyLock::new(|| match Evidence::parse("evidence.json", EVIDENCE) {
        Ok(evidence) => evidence,
        // It is part of this library, and a test loads it.
        Err(problems) => panic!("the embedded evidence does not load: {problems}"),
    });
    &PARSED
}

/// The execution logic of a service of the specification, assembled.
pub(crate) fn service_logic(service: &str) -> Option<Vec<u8>> {
    let file = SERVICES.get_file(format!("{service}.logic"))?;
    logic::assemble(protocol(), service, file.contents_utf8()?).ok()
}

/// The number of a registered value.
pub(crate) fn registered(registry: &str, name: &str) -> Option<u64> {
    let values = &protocol().registries.get(registry)?.values;
    values
        .iter()
        .find(|value| value.name == name)
        .map(|value| value.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn schema_book_and_services_load() {
        assert_eq!(protocol().about.name, "cardwire");
        assert!(!evidence().reader.cases.is_empty());
        for file in SERVICES.files() {
            let service = file.path().file_stem().unwrap().to_str().unwrap();
            assert!(service_logic(service).is_some(), "{service} does not assemble");
        }
        assert_eq!(registered("error", "malformed"), Some(1));
    }

    /// No chapter with a requirement is left out.
    #[test]
    fn the_embedded_book_demands_what_the_book_demands() {
        let chapters = book::chapters(&root()).unwrap();
        let chapters = chapters.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let (whole, _) = book::read(chapters);
        assert_eq!(*book(), whole, "add the chapter to {}", file!());
    }

    /// The macro notes changed files but not new ones: a new service needs a rebuild of this file.
    #[test]
    fn every_service_is_embedded() {
        for (folder, embedded) in [("", Some(&SERVICES)), ("keypad", SERVICES.get_dir("keypad"))] {
            let there = std::fs::read_dir(root().join("spec/services").join(folder)).unwrap();
            let files = there
                .filter(|entry| entry.as_ref().unwrap().path().is_file())
                .count();
            assert_eq!(
                embedded.map(|dir| dir.files().count()),
                Some(files),
                "touch {}",
                file!()
            );
        }
    }

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }
}
