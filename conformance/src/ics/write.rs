//! A form as TOML, with the questions as comments, so that whoever reads the file need not look them up.

use super::{Answer, Form, Question};
use core::fmt::Write as _;
use serde_json::Value;

/// Comments are broken at this width.
const WIDTH: usize = 118;

impl Form {
    /// The form as a file. Questions that are not answered stand there as comments.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = format!("# {}.\n", self.kind.title());
        let check = format!("`{}` holds this file to the form.", self.kind.command("check"));
        comment(&mut out, &check);
        let _ = writeln!(out, "\nrevision = {}", quoted(crate::revision()));
        let mut section = "";
        for question in self.kind.questions() {
            if section != question.section() {
                section = question.section();
                let _ = write!(out, "\n# -- {section} --\n");
            }
            out.push('\n');
            comment(&mut out, question.text());
            if let Some(doc) = question.doc() {
                comment(&mut out, doc);
            }
            for (name, doc) in question.choices() {
                comment(&mut out, &format!("  {name}: {doc}"));
            }
            let name = question.name();
            match self.answers.get(name) {
                Some(answer) => {
                    let _ = writeln!(out, "{name} = {}", value(question, answer));
                }
                None if self.is_asked(question) => {
                    let example = value(question, question.example());
                    let _ = writeln!(out, "# {name} = {example}");
                }
                None => comment(&mut out, "It does not apply to this reader."),
            }
        }
        out
    }

    /// The answers as JSON, without secrets.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let shown = self.in_order().filter(|(question, _)| !question.is_secret());
        let answers = shown.map(|(question, answer)| (question.name().to_owned(), json(question, answer)));
        answers.collect()
    }

    /// One line for each answer: its name and what it says, secrets aside.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.in_order().map(|(question, answer)| {
            let text = if question.is_secret() {
                "(secret)".to_owned()
            } else {
                shown(answer)
            };
            (question.name(), text)
        })
    }
}

/// An answer for a person.
fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Boolean(true) => "yes".to_owned(),
        Answer::Boolean(false) => "no".to_owned(),
        Answer::Number(number) => number.to_string(),
        Answer::Fraction(number) => number.to_string(),
        Answer::Text(text) => text.clone(),
        Answer::List(values) => values.join(", "),
    }
}

/// An answer in TOML. A private value stands as its number.
fn value(question: Question, answer: &Answer) -> String {
    match answer {
        Answer::Boolean(answer) => answer.to_string(),
        Answer::Number(number) => number.to_string(),
        Answer::Fraction(number) => format!("{number:?}"),
        Answer::Text(text) => quoted(text),
        Answer::List(values) => {
            let value = |value: &String| match number(question, value) {
                Some(number) => number.to_string(),
                None => quoted(value),
            };
            let values: Vec<_> = values.iter().map(value).collect();
            format!("[{}]", values.join(", "))
        }
    }
}

fn json(question: Question, answer: &Answer) -> Value {
    match answer {
        Answer::Boolean(answer) => Value::from(*answer),
        Answer::Number(number) => Value::from(*number),
        Answer::Fraction(number) => Value::from(*number),
        Answer::Text(text) => Value::from(text.as_str()),
        Answer::List(values) => values
            .iter()
            .map(|value| number(question, value).map_or_else(|| Value::from(value.as_str()), Value::from))
            .collect(),
    }
}

/// The number that a value of a claim is; words of a command are never numbers.
fn number(question: Question, value: &str) -> Option<u64> {
    match question {
        Question::Claim(_) => value.parse().ok(),
        Question::Information(_) => None,
    }
}

fn comment(out: &mut String, text: &str) {
    let indent = &text[..text.len() - text.trim_start().len()];
    let mut line = format!("# {indent}");
    let empty = line.chars().count();
    for word in text.split_whitespace() {
        let length = line.chars().count();
        if length > empty && length + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = format!("# {indent}  ");
            line += word;
            continue;
        }
        if length > empty {
            line.push(' ');
        }
        line += word;
    }
    let _ = writeln!(out, "{line}");
}

/// A string of TOML, which JSON's escapes suit but for the character that only TOML keeps out.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
