//! What vendors state of a reader (ICS), and what laboratories ask for it (IXIT).

use super::{
    End, Ends,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named},
    standing, words,
};
use crate::{
    model::{Answer, Condition, IcsItem, IcsKind, IcsOption, IcsStatus, IxitItem, IxitKind},
    source::At,
};
use core::fmt::Display;

kinds! {
    /// What changes in the questions about a reader.
    ProformaKind {
        /// There is a new question that need not be answered.
        Added = "proforma-added", None:
            "The item `{name}` is new.",
            "It need not be answered: statements that are filled in stay whole.",
            "";
        /// There is a new question that must be answered.
        AddedObligatory = "proforma-added-obligatory", Receivers:
            "The item `{name}` is new, and must be answered.",
            "What was stated of older {to} does not answer it, and is not whole any more.",
            "Make it optional, or say what holds where it is not answered.";
        /// A question is gone.
        Removed = "proforma-removed", None:
            "The item `{name}` is gone.",
            "What was stated of older readers answers more than is asked: their vendors remove the answer.",
            "";
        /// It must be answered, or answered by yes, where it need not be before.
        DutyRaised = "proforma-duty-raised", Receivers:
            "The item `{name}` is {new}, before {old}.",
            "Older {to} for which it was not stated, or was stated to be no, are not admitted any more.",
            "Leave it, or let a new version ask for it.";
        /// It need not be answered, or be answered by yes, any more.
        DutyLowered = "proforma-duty-lowered", None:
            "The item `{name}` is {new}, before {old}.",
            "Every statement of before is still one.",
            "";
        /// Other answers are allowed.
        Answer = "proforma-answer", Receivers:
            "What answers the item `{name}` is {new}, before {old}.",
            "What was stated of older {to} may be no answer any more.",
            "Add an item for the other answer.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let (old, new) = (finder.old, finder.new);
    let ics = |item: &IcsItem| item.status != IcsStatus::Optional;
    table(finder, "ics", [&old.ics, &new.ics], |item| &item.name, ics, claim);
    let ixit = |item: &IxitItem| item.obligatory;
    table(
        finder,
        "ixit",
        [&old.ixit, &new.ixit],
        |item| &item.name,
        ixit,
        question,
    );
}

/// Its names are keys of filled-in forms: nothing is renamed.
fn table<'p, T>(
    finder: &mut Finder<'p>,
    key: &str,
    [old, new]: [&'p [T]; 2],
    name: fn(&T) -> &str,
    is_obligatory: fn(&T) -> bool,
    compare: fn(&mut Finder<'p>, &Subject, &T, &T),
) {
    let pairs = pairs::pair(pairs::of_list(old, name), pairs::of_list(new, name), |_, _| false);
    let subject = |named: &Named<'_, T>| {
        let at = At::top(key).named(named.index, named.name);
        Subject::new(at, named.name).between((Ends::NONE, End::Reader.into()))
    };
    for (old, new) in &pairs.both {
        compare(finder, &subject(new), old.item, new.item);
    }
    for old in &pairs.removed {
        finder.tell(ProformaKind::Removed, &subject(old), Values::removed(old.name));
    }
    for new in &pairs.added {
        let kind = if is_obligatory(new.item) {
            ProformaKind::AddedObligatory
        } else {
            ProformaKind::Added
        };
        finder.tell(kind, &subject(new), Values::added(new.name));
    }
}

fn claim(finder: &mut Finder<'_>, subject: &Subject, old: &IcsItem, new: &IcsItem) {
    if status(old) != status(new) {
        // What a claim depends on may hold of more readers or of fewer.
        let kind = match (old.status, new.status) {
            (IcsStatus::Mandatory, IcsStatus::Optional | IcsStatus::Conditional)
            | (IcsStatus::Conditional, IcsStatus::Optional) => ProformaKind::DutyLowered,
            (IcsStatus::Mandatory, IcsStatus::Mandatory)
            | (IcsStatus::Optional, IcsStatus::Mandatory | IcsStatus::Optional | IcsStatus::Conditional)
            | (IcsStatus::Conditional, IcsStatus::Mandatory | IcsStatus::Conditional) => {
                ProformaKind::DutyRaised
            }
        };
        let values = Values::changed(status(old), status(new));
        finder.tell(kind, &subject.key("status"), values);
    }
    answer(finder, &subject.key("kind"), kind(old.kind), kind(new.kind));
    for (key, [old, new]) in [
        ("registry", [&old.registry, &new.registry].map(Clone::clone)),
        (
            "options",
            [&old.options, &new.options].map(|options| Some(names(options))),
        ),
        (
            "always",
            [&old.always, &new.always].map(|values| Some(words::list(values))),
        ),
        (
            "range",
            [old.range, new.range].map(|range| range.map(words::span)),
        ),
        ("unit", [&old.unit, &new.unit].map(Clone::clone)),
    ] {
        answer(finder, &subject.key(key), option(old), option(new));
    }
    for now in &new.options {
        let before = old.options.iter().find(|before| before.name == now.name);
        if let Some(before) = before {
            standing::words(finder, &subject.key("options"), Some(&before.doc), Some(&now.doc));
        }
    }
    standing::requirement(
        finder,
        subject,
        old.requirement.as_deref(),
        new.requirement.as_deref(),
    );
    for (key, old, new) in [
        ("section", &old.section, &new.section),
        ("question", &old.question, &new.question),
        ("doc", &old.doc, &new.doc),
        ("example", &example(&old.example), &example(&new.example)),
    ] {
        standing::words(finder, &subject.key(key), Some(old), Some(new));
    }
}

fn question(finder: &mut Finder<'_>, subject: &Subject, old: &IxitItem, new: &IxitItem) {
    if old.obligatory != new.obligatory {
        let kind = if new.obligatory {
            ProformaKind::DutyRaised
        } else {
            ProformaKind::DutyLowered
        };
        let word = |obligatory| {
            if obligatory {
                "obligatory"
            } else {
                "not obligatory"
            }
        };
        let values = Values::changed(word(old.obligatory), word(new.obligatory));
        finder.tell(kind, &subject.key("obligatory"), values);
    }
    answer(finder, &subject.key("type"), holds(old.kind), holds(new.kind));
    answer(
        finder,
        &subject.key("digits"),
        option(old.digits.map(words::span)),
        option(new.digits.map(words::span)),
    );
    if old.secret != new.secret {
        let word = |secret| if secret { "secret" } else { "shown in reports" };
        let (old, new) = (word(old.secret), word(new.secret));
        standing::words(finder, &subject.key("secret"), Some(old), Some(new));
    }
    answer(
        finder,
        &subject.key("with"),
        words::list(&old.with),
        words::list(&new.with),
    );
    for (key, old, new) in [
        ("section", &old.section, &new.section),
        ("doc", &old.doc, &new.doc),
        ("example", &example(&old.example), &example(&new.example)),
    ] {
        standing::words(finder, &subject.key(key), Some(old), Some(new));
    }
}

fn answer<T: Display + PartialEq>(finder: &mut Finder<'_>, subject: &Subject, old: T, new: T) {
    if old != new {
        finder.tell(ProformaKind::Answer, subject, Values::changed(old, new));
    }
}

fn names(options: &[IcsOption]) -> String {
    words::list(options.iter().map(|option| &option.name))
}

fn option(text: Option<String>) -> String {
    text.unwrap_or_else(|| String::from("none"))
}

/// "conditional, where `modules` has contact-card".
fn status(item: &IcsItem) -> String {
    let word = match item.status {
        IcsStatus::Mandatory => "mandatory",
        IcsStatus::Optional => "optional",
        IcsStatus::Conditional => "conditional",
    };
    match &item.condition {
        Some(Condition { item, has }) => {
            let answer = has.as_deref().unwrap_or("yes");
            format!("{word}, where {item} has {answer}")
        }
        None => word.to_owned(),
    }
}

const fn kind(kind: IcsKind) -> &'static str {
    match kind {
        IcsKind::Boolean => "yes or no",
        IcsKind::Values => "values of a registry",
        IcsKind::Number => "a number",
        IcsKind::Text => "text",
    }
}

const fn holds(kind: IxitKind) -> &'static str {
    match kind {
        IxitKind::Endpoint => "an endpoint",
        IxitKind::Path => "a path",
        IxitKind::Command => "a command",
        IxitKind::Number => "a number",
        IxitKind::Text => "text",
        IxitKind::Bytes => "bytes",
    }
}

fn example(answer: &Answer) -> String {
    match answer {
        Answer::Boolean(true) => String::from("yes"),
        Answer::Boolean(false) => String::from("no"),
        Answer::Number(number) => number.to_string(),
        Answer::Fraction(number) => number.to_string(),
        Answer::Text(text) => text.clone(),
        Answer::List(items) => words::list(items),
    }
}
