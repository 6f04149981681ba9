//! The proforma of ICS and IXIT: questions with a place for each answer.

use super::{Book, Table, fields::between, prose::codes};
use crate::model::{Answer, Condition, IcsItem, IcsKind, IcsStatus, IxitItem, IxitKind};

/// The fragment `ics.md`: a table for each section, then the conditions that they name.
pub(super) fn ics(book: Book<'_>) -> String {
    let items = &book.protocol.ics;
    let mut out = String::new();
    for (section, items) in sections(items.iter().map(|item| (item.section.as_str(), item))) {
        out += &format!("### {section}\n\n");
        let mut table = Table::new([
            "item",
            "question",
            "status",
            "answer",
            "requirement",
            "what it says",
        ]);
        for item in items {
            table.row([
                format!("<a id=\"ics-{0}\"></a>`{0}`", item.name),
                book.prose(&item.question),
                status(book, item),
                answer(book, item),
                item.requirement
                    .as_deref()
                    .map_or_else(String::new, |id| book.requirement(id)),
                book.prose(&item.doc),
            ]);
        }
        out += &table.finish();
    }
    let conditions = conditions(book);
    if !conditions.is_empty() {
        out += "Conditions:\n\n";
        for (index, condition) in conditions.iter().enumerate() {
            out += &format!("- c{}: where {}, `m`; else `n/a`\n", index + 1, words(condition));
        }
        out.push('\n');
    }
    out += "Filled in, as TOML:\n\n";
    let applies = items.iter().filter(|item| applies(items, item));
    let answers = applies.map(|item| (item.name.as_str(), &item.example));
    out + &example(&book.protocol.about.revision, answers)
}

/// Whether a claim is made by a reader that answers as the examples do.
fn applies(items: &[IcsItem], item: &IcsItem) -> bool {
    item.condition.as_ref().is_none_or(|condition| {
        let other = items.iter().find(|other| other.name == condition.item);
        other.is_some_and(|other| condition.holds(&other.example))
    })
}

/// The fragment `ixit.md`.
pub(super) fn ixit(book: Book<'_>) -> String {
    let items = &book.protocol.ixit;
    let mut out = String::new();
    for (section, items) in sections(items.iter().map(|item| (item.section.as_str(), item))) {
        out += &format!("### {section}\n\n");
        let mut table = Table::new(["item", "type", "obligatory", "what it is for"]);
        for item in items {
            table.row([
                format!("<a id=\"ixit-{0}\"></a>`{0}`", item.name),
                information(item),
                obligatory(item),
                book.prose(&item.doc),
            ]);
        }
        out += &table.finish();
    }
    out += "Filled in, as TOML:\n\n";
    let answers = items.iter().map(|item| (item.name.as_str(), &item.example));
    out + &example(&book.protocol.about.revision, answers)
}

/// Items under their headings, each heading once and in the order in which they are first met.
fn sections<'i, T>(items: impl Iterator<Item = (&'i str, &'i T)>) -> Vec<(&'i str, Vec<&'i T>)> {
    let mut out: Vec<(&str, Vec<&T>)> = Vec::new();
    for (section, item) in items {
        match out.iter_mut().find(|(known, _)| *known == section) {
            Some((_, items)) => items.push(item),
            None => out.push((section, vec![item])),
        }
    }
    out
}

/// The conditions of the ICS, each once, by the number that the table names.
fn conditions<'p>(book: Book<'p>) -> Vec<&'p Condition> {
    let mut conditions: Vec<&Condition> = Vec::new();
    for condition in book
        .protocol
        .ics
        .iter()
        .filter_map(|item| item.condition.as_ref())
    {
        if !conditions.contains(&condition) {
            conditions.push(condition);
        }
    }
    conditions
}

/// The status in the letters of ISO/IEC 9646-7.
fn status(book: Book<'_>, item: &IcsItem) -> String {
    match item.status {
        IcsStatus::Mandatory => "m".to_owned(),
        IcsStatus::Optional => "o".to_owned(),
        IcsStatus::Conditional => {
            let conditions = conditions(book);
            let number = conditions
                .iter()
                .position(|known| Some(*known) == item.condition.as_ref());
            // Validation has refused a conditional claim without a condition.
            format!("c{}", number.unwrap_or_default() + 1)
        }
    }
}

fn words(condition: &Condition) -> String {
    match &condition.has {
        Some(value) => format!("`{}` has `{value}`", condition.item),
        None => format!("`{}` is yes", condition.item),
    }
}

/// What an answer looks like.
fn answer(book: Book<'_>, item: &IcsItem) -> String {
    match item.kind {
        IcsKind::Boolean => match item.status {
            IcsStatus::Mandatory | IcsStatus::Conditional => "yes".to_owned(),
            IcsStatus::Optional => "yes or no".to_owned(),
        },
        IcsKind::Text => "text".to_owned(),
        IcsKind::Number => {
            let [least, most] = item.range.unwrap_or_default();
            let unit = item
                .unit
                .as_ref()
                .map_or_else(String::new, |unit| format!(" {unit}"));
            between(least, most) + &unit
        }
        IcsKind::Values => {
            let values = match &item.registry {
                Some(registry) => format!("of {}", book.registry(registry)),
                None => {
                    let options = item.options.iter();
                    let options = options
                        .map(|option| format!("`{}` ({})", option.name, option.doc.trim_end_matches('.')));
                    format!("of {}", options.collect::<Vec<_>>().join(", "))
                }
            };
            let count = item
                .range
                .map_or_else(|| "any".to_owned(), |[least, most]| between(least, most));
            let always = match item.always.as_slice() {
                [] => String::new(),
                values => format!("; {} among them", codes(values)),
            };
            format!("{count} {values}{always}")
        }
    }
}

fn information(item: &IxitItem) -> String {
    let text = match item.digits {
        Some([least, most]) => format!("{} digits", between(least, most)),
        None => holds(item.kind).to_owned(),
    };
    if item.secret { text + "; secret" } else { text }
}

const fn holds(kind: IxitKind) -> &'static str {
    match kind {
        IxitKind::Endpoint => "endpoint",
        IxitKind::Path => "path of a file",
        IxitKind::Command => "program and arguments",
        IxitKind::Number => "number",
        IxitKind::Text => "text",
        IxitKind::Bytes => "bytes, hexadecimal",
    }
}

fn obligatory(item: &IxitItem) -> String {
    match (item.obligatory, item.with.as_slice()) {
        (true, _) => "yes".to_owned(),
        (false, []) => "no".to_owned(),
        (false, others) => format!("no, but with {}", codes(others)),
    }
}

/// A form that is filled in, in TOML.
fn example<'i>(revision: &str, answers: impl Iterator<Item = (&'i str, &'i Answer)>) -> String {
    let mut out = format!("```toml\nrevision = {}\n", quoted(revision));
    for (name, answer) in answers {
        let value = match answer {
            Answer::Boolean(value) => value.to_string(),
            Answer::Number(value) => value.to_string(),
            Answer::Fraction(value) => format!("{value:?}"),
            Answer::Text(text) => quoted(text),
            Answer::List(words) => {
                let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
                format!("[{}]", words.join(", "))
            }
        };
        out += &format!("{name} = {value}\n");
    }
    out + "```\n"
}

/// A string of TOML, which JSON's escapes suit.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
