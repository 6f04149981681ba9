//! `cardwire spec diff`: what a change of the schema breaks.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{self, print, print_json, read_text},
};
use cardwire_spec::{
    Protocol,
    diff::{Change, Class, Review, diff},
};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const DIFF: &str = "\
Examples:
  cardwire spec diff released.toml spec/protocol.toml
  git show v1.0:spec/protocol.toml | cardwire spec diff - spec/protocol.toml
  cardwire spec diff released.toml spec/protocol.toml --format markdown > review.md
  cardwire spec diff released.toml spec/protocol.toml --allow experimental,clients

Each change is told with its place in the schema, its effect, the reason, and what to do instead:
  breaks the wire       bytes of messages that did not change mean something else, or are not decodable
  breaks older readers  readers in the field meet what they refuse or misunderstand
  breaks older clients  clients in the field do, or clouds; which of them stands in brackets
  safe                  ends in the field go on as before

Direction matters: a bound that is widened breaks older ends that receive, one that is narrowed older ends that send.
The order of fields is compared, the order of messages, registries and values is not. What has another name and is the
same on the wire is told as renamed, which is safe.

What the schema calls frozen may change in no version: that is never allowed. What it calls experimental, and what comes
with a raised version of the protocol, is told as such, and breaks nevertheless where it is not allowed.

Exit codes: 0 nothing breaks but what is allowed, 1 something does, 2 a schema can't be read or is not valid.";

#[derive(Debug, clap::Args)]
#[command(after_help = DIFF)]
pub(crate) struct DiffArguments {
    /// The schema before; `-` reads it from standard input
    old: PathBuf,
    /// The schema after; `-` reads it from standard input
    new: PathBuf,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Do not fail because of these; several are separated by commas
    #[arg(long, value_enum, value_name = "CLASS", value_delimiter = ',')]
    allow: Vec<Allowed>,
}

/// How a review is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: a paragraph for each change
    #[default]
    Text,
    /// For programs: one JSON document
    Json,
    /// For a review: grouped by what breaks, the counts on top
    Markdown,
}

/// What is no reason to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Allowed {
    /// Changes that break the wire
    Wire,
    /// Changes that break older readers
    Readers,
    /// Changes that break older clients, or older clouds
    Clients,
    /// Changes of what the old schema calls experimental
    Experimental,
    /// Changes that come with a raised version of the protocol
    Version,
}

pub(super) fn run(arguments: &DiffArguments) -> Outcome {
    let DiffArguments {
        old,
        new,
        format,
        allow,
    } = arguments;
    review(old, new)
        .map(|review| tell(&review, *format, allow))
        .map_err(|failure| match format {
            Format::Json => failure.told_as(terminal::Format::Json),
            Format::Text | Format::Markdown => failure,
        })
}

fn review(old: &Path, new: &Path) -> Result<Review, Failure> {
    if old == new && old == Path::new("-") {
        let what = "standard input holds one schema, not two";
        return Err(Failure::new(Exit::Usage, what, "Name a file for one of them."));
    }
    Ok(diff(&load(old, "old")?, &load(new, "new")?))
}

/// A schema that is not valid can't be compared; which of the two it is must be seen, also where one has no path.
fn load(path: &Path, which: &str) -> Result<Protocol, Failure> {
    let name = if path == Path::new("-") {
        String::from("standard input")
    } else {
        path.display().to_string()
    };
    cardwire_spec::parse(&name, &read_text(path)?).map_err(|problems| {
        let count = problems.0.len();
        let first = problems.0.first().map(ToString::to_string).unwrap_or_default();
        let first = first.lines().next().unwrap_or_default();
        let what = format!("the {which} schema is not valid, problem 1 of {count}: {first}");
        let next = "Give two schemas in which `cardwire spec check` of this version finds nothing wrong; it names all problems.";
        Failure::new(Exit::Usage, what, next)
    })
}

fn tell(review: &Review, format: Format, allow: &[Allowed]) -> Exit {
    let is_breaking = |change: &&Change| !change.is_safe() || change.breaks_promise();
    let breaking: Vec<_> = review.changes.iter().filter(is_breaking).collect();
    let stopping: Vec<_> = breaking
        .iter()
        .filter(|change| !is_allowed(change, allow))
        .collect();
    match format {
        Format::Text => {
            print(review.to_text().trim_end());
            if stopping.len() < breaking.len() {
                let allowed = breaking.len() - stopping.len();
                print(format_args!(
                    "{allowed} of {} that break are allowed",
                    breaking.len()
                ));
            }
        }
        Format::Markdown => print(review.to_markdown().trim_end()),
        Format::Json => print_json(&document(review, &stopping)),
    }
    if stopping.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    }
}

fn document(review: &Review, stopping: &[&&Change]) -> Value {
    let mut document = review.to_json();
    document["not_allowed"] = json!(stopping.len());
    document
}

/// Every class that a change is of must be allowed; what is promised for all versions is never.
fn is_allowed(change: &Change, allow: &[Allowed]) -> bool {
    let allows = |allowed| allow.contains(&allowed);
    if change.breaks_promise() {
        return false;
    }
    let is_excused = change.is_mild() && allows(Allowed::Experimental)
        || change.with_version.is_some() && allows(Allowed::Version);
    let is_of_allowed_class = |class: &Class| match class {
        Class::Wire => allows(Allowed::Wire),
        Class::Readers => allows(Allowed::Readers),
        Class::Clients => allows(Allowed::Clients),
        Class::Safe => true,
    };
    is_excused || change.classes.iter().all(is_of_allowed_class)
}
