//! From text to a protocol that is free of contradictions.
//!
//! Three stages, each of which reports all that it finds: the syntax of TOML, the types of values, their meaning.

use crate::{
    Error, Protocol,
    problem::{Problem, Problems},
    source::{At, Source, line_column},
    validate::{self, Finding},
};
use core::ops::Range;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::{
    Spanned,
    de::{DeTable, DeValue, ValueDeserializer},
};

/// Slips in the syntax that are reported at once: what follows the first one may only be a consequence.
const SYNTAX_PROBLEMS_MAX: usize = 3;
/// Problems of one stage that are looked for. Each takes a walk over the text to find its place, and a text that has
/// more of them is no schema that anybody has written.
const PROBLEMS_MAX: usize = 500;

/// Loads the protocol from a file and checks it.
///
/// # Errors
/// The file can't be read, or holds problems; all of them are named.
pub fn load(path: &Path) -> Result<Protocol, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(parse(&path.display().to_string(), &text)?)
}

/// Reads the protocol from text and checks it; `file` names the text in problems.
///
/// # Errors
/// All problems of the first stage that finds any.
pub fn parse(file: &str, text: &str) -> Result<Protocol, Problems> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(sorted(
            errors
                .iter()
                .map(|error| syntax_problem(file, text, error))
                .collect(),
            true,
        ));
    }
    let mut reader = Reader {
        file,
        source: Source::new(text, table.clone()),
        problems: Vec::new(),
    };
    let protocol = reader.protocol(table.into_inner());
    match protocol {
        Some(protocol) if reader.problems.is_empty() => {
            let findings = validate::findings(&protocol);
            let problems: Vec<_> = findings
                .into_iter()
                .take(PROBLEMS_MAX)
                .map(|finding| reader.locate(finding))
                .collect();
            if problems.is_empty() {
                Ok(protocol)
            } else {
                Err(sorted(problems, false))
            }
        }
        _ => Err(sorted(reader.problems, false)),
    }
}

fn syntax_problem(file: &str, text: &str, error: &toml::de::Error) -> Problem {
    let (line, column) = line_column(text, error.span().map_or(0, |span| span.start));
    Problem {
        file: file.to_owned(),
        line,
        column,
        path: String::new(),
        message: error.message().to_owned(),
        help: String::from("write valid TOML (https://toml.io); what follows may only be a consequence"),
    }
}

/// In the order of the text. A slip in the syntax often brings more of them, on its line and on all that follow: one
/// for each line is enough, and no more than a few.
fn sorted(mut problems: Vec<Problem>, one_per_line: bool) -> Problems {
    problems.sort_by_key(|problem| (problem.line, problem.column));
    if one_per_line {
        problems.dedup_by_key(|problem| problem.line);
        problems.truncate(SYNTAX_PROBLEMS_MAX);
    }
    Problems(problems)
}

/// Reads the parts of the schema one by one, so that a slip in one does not hide those in others.
struct Reader<'t> {
    file: &'t str,
    source: Source<'t>,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn protocol(&mut self, mut table: DeTable<'t>) -> Option<Protocol> {
        let about = table.remove("protocol").and_then(|value| self.part(value));
        let protocol = Protocol {
            limits: self.map(table.remove("limit")),
            timers: self.map(table.remove("timer")),
            registries: self.map(table.remove("registry")),
            interfaces: self.map(table.remove("interface")),
            structures: self.list(table.remove("structure")),
            messages: self.list(table.remove("message")),
            documents: self.list(table.remove("document")),
            instructions: self.list(table.remove("instruction")),
            machines: self.list(table.remove("machine")),
            ics: self.list(table.remove("ics")),
            ixit: self.list(table.remove("ixit")),
            about: match about {
                Some(about) => about,
                None => {
                    if self.problems.is_empty() {
                        self.problem(
                            0..0,
                            "missing table `protocol`",
                            "add `[protocol]` with name, version, revision",
                        );
                    }
                    return None;
                }
            },
        };
        for key in table.keys() {
            self.problem_at(
                &At::top(key.get_ref()),
                key.span(),
                &format!("unknown table `{}`", key.get_ref()),
                "the tables are protocol, limit, timer, registry, interface, structure, message, document, \
                 instruction, machine, ics, ixit",
            );
        }
        Some(protocol)
    }

    fn map<T: DeserializeOwned>(&mut self, value: Option<Spanned<DeValue<'t>>>) -> IndexMap<String, T> {
        let Some(value) = value else {
            return IndexMap::new();
        };
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => table
                .into_iter()
                .filter_map(|(key, value)| Some((key.into_inner().into_owned(), self.part(value)?)))
                .collect(),
            _ => {
                self.problem(span, "a table is wanted here", "write it as `[table.name]`");
                IndexMap::new()
            }
        }
    }

    fn list<T: DeserializeOwned>(&mut self, value: Option<Spanned<DeValue<'t>>>) -> Vec<T> {
        let Some(value) = value else { return Vec::new() };
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(array) => array.into_iter().filter_map(|value| self.part(value)).collect(),
            _ => {
                self.problem(span, "a list of tables is wanted here", "write it as `[[table]]`");
                Vec::new()
            }
        }
    }

    fn part<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'t>>) -> Option<T> {
        let whole = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(part) => Some(part),
            Err(error) => {
                let message = error.message().trim();
                let help = if message.starts_with("missing field") {
                    "add it"
                } else if message.starts_with("unknown field") {
                    "use one of the names that are expected here, or remove it"
                } else if message.starts_with("unknown variant") {
                    "use one of the values that are expected here"
                } else {
                    "write a value of the type that is expected here"
                };
                self.problem(error.span().unwrap_or(whole), message, help);
                None
            }
        }
    }

    fn problem(&mut self, span: Range<usize>, message: &str, help: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problem_at(&self.source.path(&span), span, message, help);
        }
    }

    fn problem_at(&mut self, at: &At, span: Range<usize>, message: &str, help: &str) {
        if self.problems.len() >= PROBLEMS_MAX {
            return;
        }
        let (line, column) = self.source.line_column(span.start);
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line,
            column,
            path: at.to_string(),
            message: message.to_owned(),
            help: help.to_owned(),
        });
    }

    fn locate(&self, finding: Finding) -> Problem {
        let place = |at: &At| self.source.line_column(self.source.offset(at));
        let (line, column) = place(&finding.at);
        let mut message = finding.message;
        if let Some(first) = &finding.first {
            message += &format!(", by {first} in line {}", place(first).0);
        }
        Problem {
            file: self.file.to_owned(),
            line,
            column,
            path: finding.at.to_string(),
            message,
            help: finding.help,
        }
    }
}
