//! What the suite holds of the specification, so that a run needs no files: schema, book, services.

use cardwire_spec::{Protocol, logic};
use include_dir::{Dir, include_dir};
use std::sync::LazyLock;

const SCHEMA: &str = include_str!("../../spec/protocol.toml");
static BOOK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../spec/book/src");
static SERVICES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../spec/services");

static PROTOCOL: LazyLock<Protocol> = LazyLock::new(|| match cardwire_spec::parse("protocol.toml", SCHEMA) {
    Ok(protocol) => protocol,
    // It is part of this library, and a test loads it.
    Err(problems) => panic!("the embedded schema does not load: {problems}"),
});

/// The protocol that this suite tests.
pub(crate) fn protocol() -> &'static Protocol {
    &PROTOCOL
}

/// The chapters of the book: file name and text.
pub(crate) fn chapters() -> impl Iterator<Item = (&'static str, &'static str)> {
    BOOK.files().filter_map(|file| {
        let name = file.path().file_name()?.to_str()?;
        Some((name, file.contents_utf8()?)).filter(|_| name.ends_with(".md"))
    })
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
    use std::path::Path;

    #[test]
    fn schema_book_and_services_load() {
        assert_eq!(protocol().about.name, "cardwire");
        assert!(chapters().count() > 10);
        for file in SERVICES.files() {
            let service = file.path().file_stem().unwrap().to_str().unwrap();
            assert!(service_logic(service).is_some(), "{service} does not assemble");
        }
        assert_eq!(registered("error", "malformed"), Some(1));
    }

    /// The macro notes changed files but not new ones: a new chapter or service needs a rebuild of this file.
    #[test]
    fn everything_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
        for (folder, embedded) in [
            ("book/src", BOOK.files().count()),
            ("services", SERVICES.files().count()),
        ] {
            let there = std::fs::read_dir(root.join(folder)).unwrap().count();
            assert_eq!(embedded, there, "files of {folder}: touch {}", file!());
        }
    }
}
