//! What counts as a change: every value of the schema, and nothing but its meaning.

use crate::{
    REAL,
    pairs::{EVERYWHERE, Edit, SCHEMA, applied},
    protocol,
};
use cardwire_spec::diff::diff;
use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

#[test]
fn a_schema_does_not_differ_from_itself() {
    assert_eq!(diff(&REAL, &REAL).changes, []);
}

/// Where the order says nothing on the wire, it says nothing here.
#[test]
fn the_order_of_tables_is_no_change() {
    let mut other = REAL.clone();
    other.limits.reverse();
    other.timers.reverse();
    other.registries.reverse();
    other.interfaces.reverse();
    other.structures.reverse();
    other.messages.reverse();
    other.documents.reverse();
    other.instructions.reverse();
    other.machines.reverse();
    other.ics.reverse();
    other.ixit.reverse();
    for registry in other.registries.values_mut() {
        registry.values.reverse();
    }
    for interface in other.interfaces.values_mut() {
        interface.enabled.reverse();
    }
    for message in &mut other.messages {
        message.states.reverse();
        message.answers.reverse();
    }
    for machine in &mut other.machines {
        machine.states.reverse();
        machine.events.reverse();
        machine.stays.reverse();
    }
    assert_eq!(diff(&REAL, &other).changes, []);
    for message in &mut other.messages {
        message.fields.reverse();
    }
    let reordered = REAL.messages.iter().filter(|message| message.fields.len() > 1);
    assert_eq!(diff(&REAL, &other).changes.len(), reordered.count());
}

/// A machine is what happens in its cells, whatever rows they are written in.
#[test]
fn rows_of_machines_that_are_split_are_no_change() {
    let mut other = REAL.clone();
    for machine in &mut other.machines {
        let rows = machine.transitions.drain(..).flat_map(|row| {
            let cells = row
                .from
                .iter()
                .flat_map(|from| row.on.iter().map(move |on| (from, on)));
            let split = cells.map(|(from, on)| {
                let mut cell = row.clone();
                (cell.from, cell.on) = (vec![from.clone()], vec![on.clone()]);
                cell
            });
            split.collect::<Vec<_>>()
        });
        machine.transitions = rows.collect();
    }
    assert_ne!(
        REAL.machines[0].transitions.len(),
        other.machines[0].transitions.len()
    );
    assert_eq!(diff(&REAL, &other).changes, []);
}

/// Whatever refers to what is renamed is no change of its own.
#[test]
fn what_is_renamed_is_told_once() {
    let cases: [(&[Edit], &[&str]); 5] = [
        (
            &[
                (EVERYWHERE, "[registry.policy]", "[registry.manner]"),
                (EVERYWHERE, "type = \"policy\"", "type = \"manner\""),
                (EVERYWHERE, "registry = \"policy\"", "registry = \"manner\""),
            ],
            &["registry-renamed"],
        ),
        (
            &[
                (EVERYWHERE, "name = \"error\"\ncode", "name = \"fault\"\ncode"),
                (EVERYWHERE, "\"error\"]", "\"fault\"]"),
            ],
            &["message-renamed"],
        ),
        (
            &[
                (EVERYWHERE, "T_handshake = ", "T_login = "),
                (EVERYWHERE, "\"T_handshake\"", "\"T_login\""),
            ],
            &["timer-renamed"],
        ),
        // A state of the session is a value of a registry too.
        (
            &[(EVERYWHERE, "\"serving\"", "\"open\"")],
            &["machine-state-renamed", "value-renamed"],
        ),
        // So is a module, which instructions call.
        (
            &[(EVERYWHERE, "\"contact-card\"", "\"card-slot\"")],
            &["value-renamed"],
        ),
    ];
    for (edits, kinds) in cases {
        let review = diff(&REAL, &protocol(&applied(SCHEMA, edits)));
        // Claims of vendors are about values by their name, and so are the words for people.
        let told = review
            .changes
            .iter()
            .filter(|change| !change.path.starts_with("ics."));
        let words: BTreeSet<_> = told.map(|change| change.kind.judgement().word).collect();
        assert_eq!(words, kinds.iter().copied().collect(), "{edits:?}");
        assert!(
            review
                .changes
                .iter()
                .filter(|change| !change.path.starts_with("ics."))
                .all(|change| change.is_safe())
        );
    }
}

/// Sorts of value that no edit of one place can change into another valid schema, because others follow from them.
/// Where they change together with those, pairs show what is told.
const TIED: &[&str] = &[
    "document.fields.holds",
    "document.fields.order",
    "ics.condition.item",
    "ics.kind",
    "ics.registry",
    "ics.status",
    "interface.enabled",
    "machine.events.name",
    "machine.initial",
    "machine.states",
    "machine.stays.on",
    "machine.stays.within",
    "message.answer",
    "message.channel",
    "message.direction",
    "message.event",
    "message.extensions.field.requirement",
    "message.extensions.field.since",
    "message.extensions.field.type",
    "message.fields.order",
    "registry.open",
    "structure.name",
    "timer.unit",
];

/// Each sort of value, such as `message.fields.range`, is changed in some place, and the change is found.
#[test]
fn no_value_of_the_schema_is_passed_over() {
    let table = DeTable::parse(SCHEMA).expect("the schema is TOML");
    let mut leaves = BTreeMap::new();
    for (key, value) in table.get_ref() {
        collect(&mut leaves, key.get_ref().to_string(), 1, value);
    }
    for sort in TIED {
        assert!(leaves.remove(*sort).is_some(), "the schema has no {sort}");
    }
    let mut unchanged = Vec::new();
    for (sort, places) in &leaves {
        let words: BTreeSet<_> = places.iter().map(|leaf| leaf.value.as_str()).collect();
        let some = places.iter().step_by(places.len().div_ceil(MOST_PLACES));
        let edits = some.flat_map(|leaf| {
            // What several places share is of a vocabulary; what one has for itself is a name or a sentence.
            let is_shared = places.iter().filter(|other| other.value == leaf.value).count() > 1;
            let shared = words.iter().copied().chain(WORDS).map(String::from);
            let ideas: Vec<_> = if is_shared {
                shared.collect()
            } else {
                own(&leaf.value).into_iter().chain(shared).collect()
            };
            let ideas = ideas
                .into_iter()
                .filter(|idea| *idea != leaf.value)
                .take(MOST_IDEAS);
            ideas.map(|idea| (leaf.place.clone(), idea))
        });
        let texts = edits
            .map(|(Range { start, end }, value)| format!("{}{value}{}", &SCHEMA[..start], &SCHEMA[end..]));
        let mut valid = texts.filter_map(|text| Some((cardwire_spec::parse("", &text).ok()?, text)));
        let Some((other, text)) = valid.next() else {
            unchanged.push(sort.as_str());
            continue;
        };
        let mut lines = text.lines().zip(SCHEMA.lines());
        let line = lines.find(|(new, old)| new != old);
        assert!(!diff(&REAL, &other).changes.is_empty(), "{sort}: {line:?}");
    }
    assert_eq!(unchanged, [""; 0], "no edit of these gives a valid schema");
}

/// Places of one sort that are tried, until a change of one of them gives a valid schema.
const MOST_PLACES: usize = 12;

/// Values that are tried in one place.
const MOST_IDEAS: usize = 10;

/// Words that stand nowhere in the schema, or in one place alone.
const WORDS: [&str; 5] = ["true", "false", "\"utf8\"", "\"experimental\"", "\"stable\""];

/// A value, and where it stands.
struct Leaf {
    value: String,
    place: Range<usize>,
}

fn collect(
    leaves: &mut BTreeMap<String, Vec<Leaf>>,
    sort: String,
    depth: usize,
    value: &Spanned<DeValue<'_>>,
) {
    match value.get_ref() {
        DeValue::Table(table) => {
            // Limits, timers, registries and interfaces are called by their keys.
            let is_named = depth == 1 && sort != "protocol";
            for (key, value) in table {
                let sort = match is_named && matches!(value.get_ref(), DeValue::Table(_)) {
                    true => sort.clone(),
                    false => format!("{sort}.{}", key.get_ref()),
                };
                collect(leaves, sort, depth + 1, value);
            }
        }
        DeValue::Array(items) => {
            for item in items {
                collect(leaves, sort.clone(), depth + 1, item);
            }
        }
        _ => {
            let place = value.span();
            let text = SCHEMA[place.clone()].to_owned();
            leaves.entry(sort).or_default().push(Leaf { value: text, place });
        }
    }
}

/// Another value of the same sort: a number beside it, a longer text.
fn own(value: &str) -> Vec<String> {
    match (number(value), value.strip_suffix('"')) {
        (Some(number), _) => vec![(number + 1).to_string(), number.saturating_sub(1).to_string()],
        (None, Some(text)) => [" more", "_more", "-more"]
            .map(|more| format!("{text}{more}\""))
            .into(),
        (None, None) => vec![(value != "true").to_string()],
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
