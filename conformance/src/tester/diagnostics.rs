//! The recorded changes of working states.

use super::Tester;
use crate::verdict::Step;
use serde_json::{Value, json};

/// One change of one working state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) number: u64,
    pub(crate) tick: u64,
    /// `module`, `platform-interface`, `service-interface`.
    pub(crate) subject: String,
    pub(crate) id: u64,
    pub(crate) state: String,
}

/// What the device has recorded from some number on.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) overflow: u64,
    /// The number of the record that will be made next.
    pub(crate) next: u64,
    pub(crate) changes: Vec<Change>,
}

impl Records {
    /// The changes of modules: name of the module and new state.
    pub(crate) fn modules(&self) -> Vec<(&'static str, &str)> {
        let of_modules = self.changes.iter().filter(|change| change.subject == "module");
        of_modules
            .map(|change| (module_name(change.id), change.state.as_str()))
            .collect()
    }

    /// The changes of service modules, security module aside.
    pub(crate) fn service_modules(&self) -> Vec<(&'static str, &str)> {
        self.modules()
            .into_iter()
            .filter(|(module, _)| *module != "security")
            .collect()
    }

    /// The changes of one subject: number of the interface and new state.
    pub(crate) fn of(&self, subject: &str) -> Vec<(u64, &str)> {
        let of_subject = self.changes.iter().filter(|change| change.subject == subject);
        of_subject
            .map(|change| (change.id, change.state.as_str()))
            .collect()
    }
}

/// Changes in one line.
pub(crate) fn list(changes: &[(&str, &str)]) -> String {
    match changes {
        [] => "no change".into(),
        _ => changes
            .iter()
            .map(|(who, state)| format!("{who} {state}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn module_name(id: u64) -> &'static str {
    let values = crate::embedded::protocol()
        .registries
        .get("module")
        .map(|registry| &registry.values);
    let found = values.into_iter().flatten().find(|value| value.value == id);
    found.map_or("a module of the vendor", |value| value.name.as_str())
}

impl Tester {
    /// The number of the record that will be made next.
    pub(crate) fn mark(&mut self) -> Step<u64> {
        Ok(self.records(u64::from(u32::MAX))?.next)
    }

    /// All records from number `from` on.
    pub(crate) fn records(&mut self, from: u64) -> Step<Records> {
        self.under("CW-DIAG-001", |tester| {
            let mut wanted = from;
            let mut changes: Vec<Change> = Vec::new();
            loop {
                let answer = tester.expect("diagnostics", json!({ "from": wanted }), "diagnostics_answer")?;
                let (overflow, next) = (answer.number("overflow")?, answer.number("next")?);
                let part: Vec<_> = answer.items("records")?.iter().map(read).collect();
                let first = changes
                    .last()
                    .map_or(wanted.max(overflow), |last| last.number + 1);
                let ascends = part
                    .iter()
                    .zip(first..)
                    .all(|(change, number)| change.number == number);
                tester.demand(
                    ascends,
                    format!("records in order, from {first} on"),
                    answer.describe(),
                )?;
                let done = part.last().map(|last| last.number + 1);
                changes.extend(part);
                match done {
                    Some(done) if done < next => wanted = done,
                    Some(_) => {
                        return Ok(Records {
                            overflow,
                            next,
                            changes,
                        });
                    }
                    None => {
                        let right = wanted >= next;
                        tester.demand(right, format!("records up to {next}"), answer.describe())?;
                        return Ok(Records {
                            overflow,
                            next,
                            changes,
                        });
                    }
                }
            }
        })
    }

    /// Holds all service modules to being disabled, by reader_status.
    pub(crate) fn all_modules_off(&mut self) -> Step {
        let status = self.status()?;
        self.under("CW-MOD-003", |tester| {
            let is_on = |entry: &&Value| entry["module"] != "security" && entry["state"] != "disabled";
            let on: Vec<_> = status.items("modules")?.iter().filter(is_on).collect();
            let text = |value: &Value| value.as_str().unwrap_or("unnamed").to_owned();
            let told = on
                .iter()
                .map(|entry| format!("{} is {}", text(&entry["module"]), text(&entry["state"])));
            let seen = told.collect::<Vec<_>>().join(", ");
            tester.demand(on.is_empty(), "every module disabled while no service runs", seen)
        })
    }
}

fn read(record: &Value) -> Change {
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| record[name].as_u64().unwrap_or_default();
    Change {
        number: number("number"),
        tick: number("tick"),
        subject: text("subject"),
        id: number("id"),
        state: text("state"),
    }
}
