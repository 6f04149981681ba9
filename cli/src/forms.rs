//! `cardwire ics` and `cardwire ixit`: the forms that vendor and laboratory fill in, written, checked and shown.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`fill`] | answers from options, from the device, from a person, or as little as every reader has |
//! | [`ask`] | the questions on a terminal |

mod ask;
mod fill;

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{Format, pairs, print, print_json, say, table},
};
use cardwire_conformance::{
    cases,
    ics::{Form, FormError, Kind, Statement},
};
use cardwire_peers::Endpoint;
use cardwire_spec::problem::Problem;
use clap::Subcommand;
use core::str::FromStr;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NEW: &str = "\
Examples:
  cardwire ics new my-reader.toml                             asks, question after question
  cardwire ics new my-reader.toml --from tcp:192.0.2.7:4000   proposes what the reader tells of itself
  cardwire ics new --defaults --set vendor='Example Readers' --set product=Counter --set hardware=C \\
    --set hardware-class=0xF000 --set software=counter-2.4.1 --set links=usb --set services=card.identify \\
    --set modules=security,contact-card,indicator --set contact-classes=class-b,class-c
  cardwire ics new my-client.toml --of client
  cardwire ixit new --defaults --set endpoint=serial:/dev/ttyACM0 --set reset='bench reset 7'

What is set is not asked. With --defaults nothing is asked: a claim that is not set is what every reader has at least, and
what a laboratory need not know is left out.";
const CHECK: &str = "\
Examples:
  cardwire ics check my-reader.toml
  cardwire ixit check bench-7.toml --format json

Exit codes: 0 each file is a whole form; 1 one is not, and all that is wrong is named.";
const SHOW: &str = "\
Examples:
  cardwire ics show                    the questions, and what may be answered
  cardwire ics show my-reader.toml     the answers, and which cases they leave out
  cardwire ixit show bench-7.toml      the answers, secrets aside";

/// Of which subject an ICS is.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Of {
    /// Of a reader
    #[default]
    Reader,
    /// Of a client, and of its upper tester
    Client,
}

impl Of {
    /// The form.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Reader => Kind::Ics,
            Self::Client => Kind::ClientIcs,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Fill one in: question after question on a terminal
    #[command(after_help = NEW)]
    New(New),
    /// Hold files to the form, and name all that is wrong with them
    #[command(after_help = CHECK)]
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How to tell the result
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show the questions, or the answers of a file
    #[command(after_help = SHOW)]
    Show {
        /// The file; without one, the questions are shown
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// How to tell the result
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// The file to write; standard output where left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Answer a question; may be repeated. Values are separated by commas, a command is written as a shell takes it
    #[arg(long, value_name = "ITEM=ANSWER")]
    set: Vec<Set>,
    /// Ask nothing: what is not set is as little as a form may say
    #[arg(long)]
    defaults: bool,
    /// Propose what the reader at this endpoint tells of itself; of an IXIT, the endpoint alone
    #[arg(long, value_name = "ENDPOINT")]
    from: Option<Endpoint>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// One answer of a command line.
#[derive(Clone, Debug)]
struct Set {
    item: String,
    answer: String,
}

impl FromStr for Set {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let (item, answer) = given.split_once('=').ok_or("expected ITEM=ANSWER")?;
        Ok(Self {
            item: item.trim().to_owned(),
            answer: answer.to_owned(),
        })
    }
}

pub(crate) fn run(kind: Kind, action: &Action) -> Outcome {
    match action {
        Action::New(new) => write(kind, new),
        Action::Check { files, format } => check(kind, files, *format),
        Action::Show { file: None, format } => {
            questions(kind, *format);
            Ok(Exit::Done)
        }
        Action::Show {
            file: Some(file),
            format,
        } => show(kind, file, *format).map_err(|failure| failure.told_as(*format)),
    }
}

/// What a form that can't be used ends with; its problems are told before.
pub(crate) fn void(kind: Kind, error: FormError, exit: Exit) -> Failure {
    let name = kind.name().to_uppercase();
    match error {
        FormError::File { .. } => Failure::new(
            exit,
            error,
            format!("Check the path; `{} FILE` makes one.", kind.command("new")),
        ),
        FormError::Void(problems) => {
            problems
                .0
                .iter()
                .for_each(|problem| say(format_args!("{problem}")));
            let what = format!(
                "the {name} has {}, and nothing is tested by half a form",
                counted(problems.0.len(), "problem")
            );
            let next = format!("Mend them, and look with `{} FILE`.", kind.command("check"));
            Failure::new(exit, what, next).with_document(json!({ "problems": to_json(&problems.0) }))
        }
    }
}

/// A number of things, in words.
fn counted(count: usize, thing: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{end}")
}

/// Problems for programs.
fn to_json(problems: &[Problem]) -> Value {
    let problem = |problem: &Problem| {
        json!({
            "line": problem.line, "column": problem.column, "item": problem.path,
            "message": problem.message, "help": problem.help,
        })
    };
    problems.iter().map(problem).collect()
}

fn write(kind: Kind, new: &New) -> Outcome {
    if let Some(file) = &new.file
        && file.exists()
        && !new.force
    {
        let what = format!("{} is there already", file.display());
        return Err(Failure::new(
            Exit::Usage,
            what,
            "Choose another file, or replace it with --force.",
        ));
    }
    let form = fill::fill(kind, new)?;
    let text = form.to_toml();
    match &new.file {
        None => print(text.trim_end()),
        Some(file) => {
            crate::terminal::write(file, text.as_bytes())?;
            let next = match kind {
                Kind::Ics => format!("cardwire certify reader ENDPOINT --ics {}", file.display()),
                Kind::Ixit => format!("cardwire certify reader --ics ICS --ixit {}", file.display()),
                Kind::ClientIcs => format!("cardwire certify client --ics {} -- COMMAND", file.display()),
            };
            say(format_args!("wrote {}; with it: {next}", file.display()));
        }
    }
    Ok(Exit::Done)
}

fn check(kind: Kind, files: &[PathBuf], format: Format) -> Outcome {
    let mut exit = Exit::Done;
    let mut documents = Vec::new();
    for file in files {
        let problems = match Form::load(kind, file) {
            Ok(_) => Vec::new(),
            Err(FormError::Void(problems)) => problems.0,
            Err(error @ FormError::File { .. }) => {
                return Err(void(kind, error, Exit::Usage).told_as(format));
            }
        };
        if !problems.is_empty() {
            exit = Exit::Failed;
        }
        match format {
            Format::Json => {
                let file = file.display().to_string();
                documents.push(json!({ "file": file, "problems": to_json(&problems) }));
            }
            Format::Text if problems.is_empty() => print(format_args!("{}: whole", file.display())),
            Format::Text => problems.iter().for_each(print),
        }
    }
    if format == Format::Json {
        print_json(&Value::from(documents));
    }
    Ok(exit)
}

fn questions(kind: Kind, format: Format) {
    let questions = kind.questions();
    match format {
        Format::Text => {
            let row = |question: &cardwire_conformance::ics::Question| {
                vec![
                    question.name().to_owned(),
                    status(*question).to_owned(),
                    question.text().to_owned(),
                    question.expects(),
                ]
            };
            print(table(
                &["item", "status", "question", "answer"],
                questions.iter().map(row),
            ));
        }
        Format::Json => print_json(
            &questions
                .iter()
                .map(|question| {
                    json!({
                        "item": question.name(), "section": question.section(), "status": status(*question),
                        "question": question.text(), "answer": question.expects(),
                        "requirement": question.requirement().map(|(id, _)| id),
                    })
                })
                .collect(),
        ),
    }
}

/// Whether a question is answered, as ISO/IEC 9646-7 calls it.
fn status(question: cardwire_conformance::ics::Question) -> &'static str {
    match (question.is_obligatory(), question.condition()) {
        (true, Some(_)) => "conditional",
        (true, None) => "mandatory",
        (false, _) => "optional",
    }
}

fn show(kind: Kind, file: &Path, format: Format) -> Outcome {
    let (form, left_out) = match kind {
        Kind::Ics => {
            let statement = Statement::load(file).map_err(|error| void(kind, error, Exit::Usage))?;
            let unmet =
                |case: &cardwire_conformance::Case| Some((case.id.clone(), statement.unmet(&case.needs)?));
            let left_out: Vec<_> = cases().iter().filter_map(unmet).collect();
            (statement.form().clone(), left_out)
        }
        Kind::Ixit | Kind::ClientIcs => {
            let form = Form::load(kind, file).map_err(|error| void(kind, error, Exit::Usage))?;
            (form, Vec::new())
        }
    };
    match format {
        Format::Json => {
            let cases: Vec<_> = left_out
                .iter()
                .map(|(id, declaration)| json!({ "id": id, "declaration": declaration }))
                .collect();
            print_json(&json!({ "answers": form.to_json(), "not_applicable": cases }));
        }
        Format::Text => {
            print(table(
                &[],
                form.rows().map(|(name, answer)| vec![name.to_owned(), answer]),
            ));
            if kind == Kind::Ics {
                let count = format!("{} of {}", left_out.len(), cases().len());
                print(format_args!("\n{}", pairs([("cases that do not apply", count)])));
                print(table(&[], left_out.into_iter().map(|(id, why)| vec![id, why])));
            }
        }
    }
    Ok(Exit::Done)
}
