//! The questions on a terminal: each answer is checked before the next question comes.

use cardwire_conformance::ics::Question;
use dialoguer::{Input, Password};
use std::io::{self, IsTerminal as _};

/// Somebody who answers.
pub(super) trait Asked {
    /// The answer to a question, which it takes; what is proposed is taken by whoever says nothing. Nothing, where the
    /// question need not be answered and is not.
    fn answer(&mut self, question: Question, proposed: Option<&str>) -> io::Result<Option<String>>;
    /// What comes next belongs to this heading.
    fn heading(&mut self, section: &str);
}

/// The person at the terminal.
pub(super) struct Person;

impl Person {
    /// Somebody who can be asked: questions go to standard error, answers come from standard input.
    pub(super) fn here() -> Option<Self> {
        (io::stdin().is_terminal() && io::stderr().is_terminal()).then_some(Self)
    }
}

impl Asked for Person {
    fn heading(&mut self, section: &str) {
        crate::terminal::say(format_args!(
            "\n{}{section}{:#}",
            crate::terminal::BOLD,
            crate::terminal::BOLD
        ));
    }

    fn answer(&mut self, question: Question, proposed: Option<&str>) -> io::Result<Option<String>> {
        explain(question);
        let may_skip = !question.is_obligatory();
        let judge = move |given: &String| -> Result<(), String> {
            if given.trim().is_empty() && may_skip {
                return Ok(());
            }
            match question.parse(given) {
                Ok(_) => Ok(()),
                Err(complaints) => Err(complaints
                    .iter()
                    .map(|complaint| format!("{}: {}", complaint.message, complaint.help))
                    .collect::<Vec<_>>()
                    .join("; ")),
            }
        };
        let given = if question.is_secret() {
            Password::new()
                .with_prompt(question.name())
                .allow_empty_password(may_skip)
                .validate_with(judge)
                .interact()
        } else {
            let mut input = Input::<String>::new()
                .with_prompt(question.name())
                .allow_empty(may_skip)
                .validate_with(judge);
            if let Some(proposed) = proposed {
                input = input.default(proposed.to_owned());
            }
            input.interact_text()
        };
        let given = given.map_err(|dialoguer::Error::IO(error)| error)?;
        Ok((!given.trim().is_empty()).then_some(given))
    }
}

fn explain(question: Question) {
    use crate::terminal::{DIM, say};
    say(format_args!("\n{}", question.text()));
    if let Some(doc) = question.doc() {
        say(format_args!("{DIM}{doc}{DIM:#}"));
    }
    for (name, doc) in question.choices() {
        say(format_args!("  {name:<24} {DIM}{doc}{DIM:#}"));
    }
    if !question.is_obligatory() {
        say(format_args!("{DIM}It may be left out: just press Enter.{DIM:#}"));
    }
}
