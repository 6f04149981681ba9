//! ICS and IXIT: every question can be answered, and its own example answers it.

use super::Checker;
use crate::{
    model::{Answer, IcsItem, IcsKind, IcsStatus, IxitItem, IxitKind},
    source::At,
};
use indexmap::IndexMap;

/// A key of every filled-in form: the revision that it answers to.
const RESERVED: &str = "revision";

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    let mut names = IndexMap::new();
    for (index, item) in protocol.ics.iter().enumerate() {
        let at = At::top("ics").named(index, &item.name);
        name(checker, &mut names, &item.name, &at);
        said(checker, &at, "section", &item.section);
        said(checker, &at, "question", &item.question);
        checker.doc(&at, &item.doc);
        if let Some(requirement) = &item.requirement {
            checker.requirement(&at, requirement);
        }
        kind(checker, item, &at);
        condition(checker, item, &at);
        example(checker, item, &at);
    }
    let mut names = IndexMap::new();
    for (index, item) in protocol.ixit.iter().enumerate() {
        let at = At::top("ixit").named(index, &item.name);
        name(checker, &mut names, &item.name, &at);
        said(checker, &at, "section", &item.section);
        checker.doc(&at, &item.doc);
        information(checker, item, &at);
    }
}

fn name(checker: &mut Checker<'_>, names: &mut IndexMap<String, At>, name: &str, at: &At) {
    let at = at.key("name");
    checker.kebab_case(at.clone(), name);
    if name == RESERVED {
        checker.find(
            at.clone(),
            format!("the name `{RESERVED}` is that of the revision that a form answers to"),
            "choose another name",
        );
    }
    checker.unique(names, name.to_owned(), at, &format!("the name `{name}`"));
}

fn said(checker: &mut Checker<'_>, at: &At, key: &str, text: &str) {
    checker.one_line(&at.key(key), text);
    if text.trim().is_empty() {
        checker.find(
            at.key(key),
            format!("the {key} is empty"),
            format!("say the {key}"),
        );
    }
}

/// What only some kinds of claim have.
fn kind(checker: &mut Checker<'_>, item: &IcsItem, at: &At) {
    if item.kind == IcsKind::Values {
        values(checker, item, at);
    } else {
        let others = [
            ("registry", item.registry.is_some()),
            ("options", !item.options.is_empty()),
            ("always", !item.always.is_empty()),
        ];
        for (key, _) in others.into_iter().filter(|(_, is_there)| *is_there) {
            checker.find(
                at.key(key),
                format!("an answer that is not one of values has no `{key}`"),
                "remove it, or write kind = \"values\"",
            );
        }
    }
    match (item.kind, item.range) {
        (IcsKind::Number | IcsKind::Values, Some(range)) => {
            checker.bounds(at.key("range"), range, "range");
        }
        (IcsKind::Number, None) => checker.find(
            at.clone(),
            format!("the number `{}` is not bounded", item.name),
            "add range = [least, greatest]",
        ),
        (IcsKind::Boolean | IcsKind::Text, Some(_)) => checker.find(
            at.key("range"),
            "only numbers and values are counted",
            "remove the range",
        ),
        (IcsKind::Boolean | IcsKind::Text | IcsKind::Values, None) => {}
    }
    if item.unit.is_some() && item.kind != IcsKind::Number {
        checker.find(at.key("unit"), "only a number has a unit", "remove it");
    }
}

/// The values that an answer may have are named once, and those that it always has are among them.
fn values(checker: &mut Checker<'_>, item: &IcsItem, at: &At) {
    if let Some(name) = &item.registry
        && !checker.protocol.registries.contains_key(name)
    {
        checker.find(
            at.key("registry"),
            format!("there is no registry `{name}`"),
            "name a registry of the schema",
        );
        return;
    }
    if item.registry.is_some() != item.options.is_empty() {
        checker.find(
            at.clone(),
            format!("it is not said, or said twice, which values `{}` has", item.name),
            "write registry = \"..\", or options = [..], and one of the two",
        );
        return;
    }
    let mut seen = IndexMap::new();
    for (index, option) in item.options.iter().enumerate() {
        let at = at.key("options").index(index);
        checker.kebab_case(at.key("name"), &option.name);
        let what = format!("the name `{}`", option.name);
        checker.unique(&mut seen, option.name.clone(), at.key("name"), &what);
        checker.doc(&at, &option.doc);
    }
    for (index, value) in item.always.iter().enumerate() {
        if !has(checker, item, value) {
            checker.find(
                at.key("always").index(index),
                format!("`{}` has no value `{value}`", item.name),
                "use the name of one of its values",
            );
        }
    }
}

fn condition(checker: &mut Checker<'_>, item: &IcsItem, at: &At) {
    let condition = match (&item.condition, item.status) {
        (None, IcsStatus::Mandatory | IcsStatus::Optional) => return,
        (None, IcsStatus::Conditional) => {
            checker.find(
                at.key("status"),
                "it is not said what it depends on",
                "add condition = { item = \"..\", has = \"..\" }",
            );
            return;
        }
        (Some(_), IcsStatus::Mandatory | IcsStatus::Optional) => {
            checker.find(
                at.key("condition"),
                "only a conditional claim has a condition",
                "remove it, or write status = \"conditional\"",
            );
            return;
        }
        (Some(condition), IcsStatus::Conditional) => condition,
    };
    let at = at.key("condition");
    let Some(other) = checker
        .protocol
        .ics
        .iter()
        .find(|other| other.name == condition.item)
    else {
        checker.find(
            at.key("item"),
            format!("there is no claim `{}`", condition.item),
            "name another item of the ICS",
        );
        return;
    };
    if other.name == item.name || other.status == IcsStatus::Conditional {
        checker.find(
            at.key("item"),
            format!("`{}` is no claim that others can depend on", other.name),
            "name a claim that has no condition of its own",
        );
    }
    match (&condition.has, other.kind) {
        (None, IcsKind::Boolean) => {}
        (Some(value), IcsKind::Values) => {
            if !has(checker, other, value) {
                checker.find(
                    at.key("has"),
                    format!("the claim `{}` has no value `{value}`", other.name),
                    "use the name of one of its values",
                );
            }
        }
        (None, IcsKind::Values | IcsKind::Number | IcsKind::Text)
        | (Some(_), IcsKind::Boolean | IcsKind::Number | IcsKind::Text) => checker.find(
            at,
            format!("it can't depend on `{}` so", other.name),
            "write { item } for a claim of yes or no, and { item, has } for one of values",
        ),
    }
}

fn example(checker: &mut Checker<'_>, item: &IcsItem, at: &At) {
    let in_range = |value: u64| {
        item.range
            .is_none_or(|[least, greatest]| (least..=greatest).contains(&value))
    };
    let fits = match (item.kind, &item.example) {
        (IcsKind::Boolean, Answer::Boolean(answer)) => *answer || item.status == IcsStatus::Optional,
        (IcsKind::Number, Answer::Number(number)) => in_range(*number),
        (IcsKind::Text, Answer::Text(text)) => !text.trim().is_empty(),
        (IcsKind::Values, Answer::List(values)) => {
            in_range(values.len() as u64)
                && item.always.iter().all(|wanted| values.contains(wanted))
                && values.iter().all(|value| has(checker, item, value))
        }
        (
            IcsKind::Boolean | IcsKind::Number | IcsKind::Text | IcsKind::Values,
            Answer::Boolean(_) | Answer::Number(_) | Answer::Fraction(_) | Answer::Text(_) | Answer::List(_),
        ) => false,
    };
    if !fits {
        checker.find(
            at.key("example"),
            format!("the example is no answer to `{}`", item.name),
            "write an answer that a reader's vendor may give",
        );
    }
}

fn information(checker: &mut Checker<'_>, item: &IxitItem, at: &At) {
    for (index, other) in item.with.iter().enumerate() {
        let known = checker.protocol.ixit.iter().any(|known| known.name == *other);
        if !known || *other == item.name {
            checker.find(
                at.key("with").index(index),
                format!("there is no other item `{other}`"),
                "name another item of the IXIT",
            );
        }
    }
    if let Some(range) = item.digits {
        checker.bounds(at.key("digits"), range, "digits");
        if item.kind != IxitKind::Text {
            checker.find(
                at.key("digits"),
                "only a text consists of digits",
                "remove it, or write type = \"text\"",
            );
        }
    }
    let digits = |text: &str| {
        item.digits.is_none_or(|[least, most]| {
            text.bytes().all(|byte| byte.is_ascii_digit()) && (least..=most).contains(&(text.len() as u64))
        })
    };
    let fits = match (item.kind, &item.example) {
        (IxitKind::Endpoint, Answer::Text(text)) => ["tcp:", "serial:", "exec:"]
            .iter()
            .any(|way| text.starts_with(way)),
        (IxitKind::Path | IxitKind::Text, Answer::Text(text)) => !text.trim().is_empty() && digits(text),
        (IxitKind::Bytes, Answer::Text(text)) => {
            crate::interpret::hex::decode(text).is_some_and(|bytes| !bytes.is_empty())
        }
        (IxitKind::Command, Answer::List(words)) => !words.is_empty(),
        (IxitKind::Number, Answer::Number(_) | Answer::Fraction(_)) => true,
        (
            IxitKind::Endpoint
            | IxitKind::Path
            | IxitKind::Command
            | IxitKind::Number
            | IxitKind::Text
            | IxitKind::Bytes,
            Answer::Boolean(_) | Answer::Number(_) | Answer::Fraction(_) | Answer::Text(_) | Answer::List(_),
        ) => false,
    };
    if !fits {
        checker.find(
            at.key("example"),
            format!("the example is nothing that `{}` holds", item.name),
            "write an example of its type",
        );
    }
}

/// Whether a claim of values may have this one.
fn has(checker: &Checker<'_>, item: &IcsItem, value: &str) -> bool {
    let registry = item
        .registry
        .as_ref()
        .and_then(|name| checker.protocol.registries.get(name));
    let registered = registry.is_some_and(|registry| registry.values.iter().any(|known| known.name == value));
    registered || item.options.iter().any(|option| option.name == value)
}
