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
            if !items.is_empty() {
                let rows = items.iter().map(|item| vec![item.name.clone(), text_of(item)]);
                print(format_args!("\n{}", table(&[], rows)));
            }
        }
        Format::Json => {
            let data: Map<_, _> = items
                .iter()
                .map(|item| (item.name.clone(), json_of(item)))
                .collect();
            print_json(&json!({
                "reader": reader,
                "service": name,
                "job": hex(&result.job),
                "outcome": outcome.to_string(),
                "status_word": format!("{status_word:04x}"),
                "logic_digest": hex(&result.logic_digest),
                "data": data,
            }));
        }
    }
    if *outcome != Outcome::SUCCESS {
        let last = if *status_word == 0 {
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
