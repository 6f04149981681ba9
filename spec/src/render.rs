//! What is made from the schema and committed.

pub mod book;
pub mod cddl;
pub mod diagram;
pub mod json_schema;
pub mod ledger;
pub(crate) mod presets;
pub mod rust;

use crate::Protocol;

/// What can be made from any schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Tables of the book, in Markdown.
    Book,
    /// Drawings of state machines, in SVG.
    Diagrams,
    /// JSON Schemas of vectors, forms and reports.
    JsonSchemas,
    /// The data model in CDDL.
    Cddl,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Book, Self::Diagrams, Self::JsonSchemas, Self::Cddl];

    /// The folder of the workspace that holds them.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Book | Self::Diagrams => "spec/book/src/generated",
            Self::JsonSchemas => "spec/schemas",
            Self::Cddl => "spec",
        }
    }
}

/// Everything of one kind: file name and text. `links` lead from requirements to the book.
#[must_use]
pub fn files(protocol: &Protocol, links: &book::Links, kind: Kind) -> Vec<(String, String)> {
    match kind {
        Kind::Book => book::files(protocol, links),
        Kind::Diagrams => diagram::files(protocol),
        Kind::JsonSchemas => json_schema::files(protocol),
        Kind::Cddl => vec![("cardwire.cddl".to_owned(), cddl::render(protocol))],
    }
}
