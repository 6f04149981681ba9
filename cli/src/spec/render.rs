//! `cardwire spec render`: what the book, validators and drawings are made of, from any schema.

use crate::{
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{print, read_text, write},
};
use cardwire_conformance::requirements;
use cardwire_spec::{
    Protocol,
    render::{self, book::Links},
};
use clap::ValueEnum;
use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
};

const RENDER: &str = "\
Examples:
  cardwire spec render --out generated                          the schema of this build
  cardwire spec render spec/protocol.toml --out generated
  cardwire spec render draft.toml --out draft --only diagrams --only book
  git show v1.0:spec/protocol.toml | cardwire spec render - --out v1.0

What it writes:
  book          messages.md, limits.md, timers.md, registries.md, interfaces.md, instructions.md, ics.md, ixit.md and
                machine-NAME.md: tables for a book to include; their links lead to the chapters of the Cardwire book
  diagrams      machine-NAME.svg: each state machine as a drawing, for light and dark surroundings
  json-schemas  *.schema.json, draft 2020-12: vectors of messages, frames and sequences, ICS, IXIT, report.json;
                validate a file in TOML as the JSON that it stands for
  cddl          cardwire.cddl: service data in the client format `cbor`, and every message and document in JSON

The same schema always gives the same bytes. Files of these names are replaced, others are left alone.

Exit codes: 0 written, 1 a file can't be written, 2 the schema can't be read or is not valid.";

#[derive(Debug, clap::Args)]
#[command(after_help = RENDER)]
pub(crate) struct RenderArguments {
    /// The schema, `-` for standard input; that of this build where left out
    schema: Option<PathBuf>,
    /// The folder to write into; it is made where it is missing
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
    /// Write only this; may be repeated
    #[arg(long, value_enum, value_name = "KIND")]
    only: Vec<Kind>,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Tables of the book, in Markdown
    Book,
    /// Drawings of state machines, in SVG
    Diagrams,
    /// JSON Schemas of vectors, forms and reports
    JsonSchemas,
    /// The data model in CDDL
    Cddl,
}

impl From<Kind> for render::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Book => Self::Book,
            Kind::Diagrams => Self::Diagrams,
            Kind::JsonSchemas => Self::JsonSchemas,
            Kind::Cddl => Self::Cddl,
        }
    }
}

pub(super) fn run(arguments: &RenderArguments) -> Outcome {
    let RenderArguments { schema, out, only } = arguments;
    let protocol = match schema {
        Some(path) => Cow::Owned(load(path)?),
        None => Cow::Borrowed(protocol()),
    };
    let chapters = requirements().iter();
    let links = Links::from_chapters(chapters.map(|requirement| {
        let file = format!("{}.md", requirement.chapter);
        (requirement.id.as_str(), file)
    }));
    fs::create_dir_all(out).map_err(|error| {
        let what = format!("the folder {} can't be made: {error}", out.display());
        Failure::new(Exit::Failed, what, "Give --out a folder that you may write to.")
    })?;
    let is_wanted = |kind: &Kind| only.is_empty() || only.contains(kind);
    for kind in Kind::value_variants().iter().copied().filter(is_wanted) {
        for (name, text) in render::files(&protocol, &links, kind.into()) {
            let path = out.join(name);
            write(&path, text.as_bytes())?;
            print(path.display());
        }
    }
    Ok(Exit::Done)
}

fn load(path: &Path) -> Result<Protocol, Failure> {
    let name = if path == Path::new("-") {
        String::from("standard input")
    } else {
        path.display().to_string()
    };
    cardwire_spec::parse(&name, &read_text(path)?)
        .map_err(|problems| Failure::new(Exit::Usage, problems, "Correct the lines that are named."))
}
