//! Registries and their values.

use super::{Checker, is_words};
use crate::{
    interpret::Rule,
    model::{Registry, Value},
    render::rust,
    source::At,
};
use indexmap::IndexMap;

/// Values that code depends on: the kinds of frame, and the rules that the codec itself names.
fn wanted() -> [(&'static str, Vec<&'static str>); 2] {
    [
        ("frame_kind", vec!["clear", "sealed"]),
        ("codec_rule", Rule::ALL.iter().map(|rule| rule.name()).collect()),
    ]
}

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    for (name, registry) in &protocol.registries {
        let at = At::top("registry").key(name);
        checker.doc(&at, &registry.doc);
        values(checker, &at, registry);
        reserved(checker, &at, registry);
        unknown(checker, &at, registry);
    }
    for (name, values) in wanted() {
        for value in values {
            let registered = protocol
                .registries
                .get(name)
                .is_some_and(|registry| registry.values.iter().any(|known| known.name == value));
            if !registered {
                checker.find(
                    At::top("registry").key(name),
                    format!("the value `{value}` of the registry `{name}` is missing"),
                    "add it: the codec depends on it",
                );
            }
        }
    }
}

fn values(checker: &mut Checker<'_>, at: &At, registry: &Registry) {
    if registry.values.is_empty() {
        checker.find(
            at.key("values"),
            "the registry is empty",
            "register a value, or remove the registry",
        );
    }
    let mut names = IndexMap::new();
    let mut rust_names = IndexMap::new();
    let mut numbers = IndexMap::new();
    for (index, value) in registry.values.iter().enumerate() {
        let at = at.key("values").index(index);
        let name = at.key("name");
        if is_words(&value.name, "-.") {
            if names.contains_key(&value.name) || !rust_names.contains_key(&rust::type_name(&value.name)) {
                rust_names.insert(rust::type_name(&value.name), name.clone());
                checker.unique(
                    &mut names,
                    value.name.clone(),
                    name,
                    &format!("the name `{}`", value.name),
                );
            } else {
                let what = format!(
                    "the name `{}`, which becomes {} in code,",
                    value.name,
                    rust::type_name(&value.name)
                );
                checker.unique(&mut rust_names, rust::type_name(&value.name), name, &what);
            }
        } else {
            checker.find(
                name,
                format!("the name `{}` is not in kebab-case", value.name),
                "use small letters, digits, single hyphens and full stops, a letter first",
            );
        }
        let what = format!("the value {:#X}", value.value);
        checker.unique(&mut numbers, value.value, at.key("value"), &what);
        width(checker, &at.key("value"), registry, value.value);
        checker.doc(&at, &value.doc);
        checker.since(at.key("since"), value.since);
        if let Some(remedy) = &value.remedy {
            checker.one_line(&at.key("remedy"), remedy);
        }
        if value
            .remedy
            .as_ref()
            .is_some_and(|remedy| remedy.trim().is_empty())
        {
            checker.find(
                at.key("remedy"),
                "the remedy says nothing",
                "say what a person can do, or remove it",
            );
        }
    }
}

fn width(checker: &mut Checker<'_>, at: &At, registry: &Registry, value: u64) {
    if value > registry.width.max() {
        checker.find(
            at.clone(),
            format!("{value:#X} does not fit into {} byte(s)", registry.width.bytes()),
            "take a smaller value, or width = \"u16\"",
        );
    }
}

/// The ranges that belong to others.
fn reserved(checker: &mut Checker<'_>, at: &At, registry: &Registry) {
    let ranges = [
        ("private", registry.private),
        ("certification", registry.certification),
    ];
    for (key, range) in ranges {
        let Some([first, last]) = range else { continue };
        let at_range = at.key(key);
        checker.bounds(at_range.clone(), [first, last], "range");
        width(checker, &at_range, registry, first.max(last));
        if !registry.open {
            checker.find(
                at_range,
                format!("a closed registry has no {key} range: its decoders refuse unknown values"),
                "remove the range, or write open = true",
            );
        }
        for (index, value) in registry.values.iter().enumerate() {
            if (first..=last).contains(&value.value) && !belongs(key, value) {
                checker.find(
                    at.key("values").index(index).key("value"),
                    format!(
                        "{:#X} lies in the range {first:#X} to {last:#X}, which is {key}",
                        value.value
                    ),
                    "take a value outside the range",
                );
            }
        }
    }
    if let (Some([a, b]), Some([c, d])) = (registry.private, registry.certification)
        && a <= d
        && c <= b
    {
        checker.find(
            at.key("certification"),
            "the ranges `private` and `certification` overlap",
            "separate them",
        );
    }
}

/// What becomes of values that are not registered: of open registries only, and of all of them.
fn unknown(checker: &mut Checker<'_>, at: &At, registry: &Registry) {
    let said = [
        ("private", registry.private.is_some()),
        ("certification", registry.certification.is_some()),
        (
            "unknown",
            registry
                .unknown
                .as_ref()
                .is_some_and(|rule| !rule.trim().is_empty()),
        ),
        ("requirement", registry.requirement.is_some()),
    ];
    for (key, is_said) in said {
        if registry.open && !is_said {
            checker.find(
                at.clone(),
                format!("`{key}` is missing: an open registry says who may register what, and what unknown values do"),
                "add private, certification, unknown and requirement; or write open = false",
            );
        }
    }
    if !registry.open && (registry.unknown.is_some() || registry.requirement.is_some()) {
        checker.find(
            at.key("unknown"),
            "a closed registry has no rule for unknown values: its decoders refuse them",
            "remove `unknown` and `requirement`, or write open = true",
        );
    }
    if let Some(unknown) = &registry.unknown {
        checker.one_line(&at.key("unknown"), unknown);
    }
    if let Some(requirement) = &registry.requirement {
        checker.requirement(at, requirement);
    }
}

/// The conformance suite registers values of its own range, under names that say so.
fn belongs(range: &str, value: &Value) -> bool {
    range == "certification" && value.name.starts_with("certification.")
}
