//! What a client got, for people and for programs.

use crate::terminal::{BOLD, ERROR, Format, hex, pairs, print, print_json, say, table};
use cardwire_codec::message::{ItemKind, Outcome, ReaderStatusAnswer};
use cardwire_peers::client::{Service, ServiceItem, ServiceResult};
use serde_json::{Map, Value, json};

/// The reader's services.
pub(super) fn services(format: Format, reader: &str, services: &[Service]) {
    match format {
        Format::Text => {
            let header = ["service", "number", "version", "policy", "interface", "logic"];
            let rows = services.iter().map(|service| {
                vec![
                    service.name.clone(),
                    format!("0x{:04X}", service.service.0),
                    service.logic_version.to_string(),
                    service.policy.to_string(),
                    service.interface.to_string(),
                    // As many digits as tell two apart; JSON has them all.
                    hex(&service.logic_digest[..8]),
                ]
            });
            print(table(&header, rows));
        }
        Format::Json => {
            let services = services.iter().map(|service| {
                json!({
                    "name": service.name,
                    "service": service.service.0,
                    "logic_version": service.logic_version,
                    "policy": service.policy.name(),
                    "interface": service.interface.name(),
                    "logic_digest": hex(&service.logic_digest),
                })
            });
            print_json(&json!({ "reader": reader, "services": services.collect::<Vec<_>>() }));
        }
    }
}

/// What a service gave, and how it ended.
pub(super) fn result(format: Format, reader: &str, name: &str, result: &ServiceResult) {
    let ServiceResult {
        outcome,
        status_word,
        items,
        ..
    } = result;
    match format {
        Format::Text => {
            print(format_args!("{name} on {reader}: {BOLD}{outcome}{BOLD:#}"));
            self::items(items);
        }
        Format::Json => {
            let mut document = json!({
                "reader": reader,
                "service": name,
                "job": hex(&result.job),
                "outcome": outcome.to_string(),
                "status_word": format!("{status_word:04x}"),
                "logic_digest": hex(&result.logic_digest),
            });
            tell(items, &mut document);
            print_json(&document);
        }
    }
    outcome_of(name, *outcome, *status_word);
}

/// Tells on standard error that a service ended otherwise than it should.
pub(crate) fn outcome_of(name: &str, outcome: Outcome, status_word: u16) {
    if outcome != Outcome::SUCCESS {
        let last = if status_word == 0 {
            String::new()
        } else {
            format!("; the card's last status word was {status_word:04X}")
        };
        say(format_args!(
            "{ERROR}error:{ERROR:#} {name} ended with {outcome}{last}"
        ));
        let next = outcome
            .remedy()
            .unwrap_or("Look the outcome up in the vendor's documentation.");
        say(format_args!("{BOLD}what to do next:{BOLD:#} {next}"));
    }
}

/// Items that belong together: one of a name that was there already begins the next of several things that are listed.
fn entries(items: &[ServiceItem]) -> Vec<&[ServiceItem]> {
    let mut entries = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let repeats = |at: &usize| rest[..*at].iter().any(|item| item.name == rest[*at].name);
        let (entry, behind) = rest.split_at((1..rest.len()).find(repeats).unwrap_or(rest.len()));
        entries.push(entry);
        rest = behind;
    }
    entries
}

/// Prints items for people, one a line, and what belongs together under a blank one.
pub(crate) fn items(items: &[ServiceItem]) {
    for entry in entries(items) {
        let rows = entry.iter().map(|item| vec![item.name.clone(), text_of(item)]);
        print(format_args!("\n{}", table(&[], rows)));
    }
}

/// Service data for programs: all items in their order, and as `data` the first of each name, which is all of it but
/// where a service lists things.
pub(crate) fn tell(items: &[ServiceItem], document: &mut Value) {
    let mut data = Map::new();
    for item in items {
        data.entry(item.name.clone()).or_insert_with(|| json_of(item));
    }
    document["data"] = data.into();
    document["items"] = items
        .iter()
        .map(|item| json!({ "name": item.name, "value": json_of(item) }))
        .collect();
}

/// How the reader stands.
pub(super) fn status(format: Format, reader: &str, status: &ReaderStatusAnswer<'_>) {
    let slots = status.slots.iter();
    let modules = status.modules.iter();
    match format {
        Format::Text => {
            let slots = slots.map(|slot| {
                format!(
                    "{}: card {}, changed {} times",
                    slot.number, slot.card, slot.generation
                )
            });
            let modules = modules.map(|entry| format!("{} {}", entry.module, entry.state));
            print(pairs([
                ("reader", reader.to_owned()),
                ("session", status.state.to_string()),
                ("identity", status.provisioning.to_string()),
                ("hardware", status.hardware_class.to_string()),
                ("software", status.software.as_str().to_owned()),
                ("boots", status.boot_counter.to_string()),
                (
                    "uptime",
                    format!("{}.{:03} s", status.uptime / 1000, status.uptime % 1000),
                ),
                ("failed connects", status.failed_connects.to_string()),
                ("slots", slots.collect::<Vec<_>>().join("\n")),
                ("modules", modules.collect::<Vec<_>>().join("\n")),
            ]));
        }
        Format::Json => {
            let slots = slots.map(|slot| {
                json!({ "number": slot.number, "card": slot.card.name(), "generation": slot.generation })
            });
            let modules = modules
                .map(|entry| json!({ "module": entry.module.to_string(), "state": entry.state.name() }));
            print_json(&json!({
                "reader": reader,
                "state": status.state.name(),
                "provisioning": status.provisioning.name(),
                "hardware_class": status.hardware_class.to_string(),
                "software": status.software.as_str(),
                "boot_counter": status.boot_counter,
                "uptime_ms": status.uptime,
                "failed_connects": status.failed_connects,
                "slots": slots.collect::<Vec<_>>(),
                "modules": modules.collect::<Vec<_>>(),
            }));
        }
    }
}

fn text_of(item: &ServiceItem) -> String {
    match json_of(item) {
        // A card's text may hold what a terminal takes for commands.
        Value::String(text) => text
            .chars()
            .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
            .collect(),
        other => other.to_string(),
    }
}

/// Text as it is, numbers as such, everything else in hexadecimal digits.
fn json_of(item: &ServiceItem) -> Value {
    match item.kind {
        ItemKind::Text => String::from_utf8_lossy(&item.value).into(),
        ItemKind::Number => match item.value.as_slice().try_into() {
            Ok(bytes) => u32::from_be_bytes(bytes).into(),
            Err(_) => hex(&item.value).into(),
        },
        ItemKind::Bytes => hex(&item.value).into(),
    }
}
