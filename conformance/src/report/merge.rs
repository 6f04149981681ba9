//! Merges the reports of a run's parts into the report of the whole.

use super::{
    ledger::{self, Verdicts},
    outcome::{self, Outcome},
    sheet::{self, Fact, Sheet},
    stored::{self, StoredCase},
};
use crate::{
    case::{Group, cases},
    cases::sanity,
};
use chrono::{DateTime, Utc};
use core::{cmp::Reverse, time::Duration};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

/// Names that an error lists.
const LISTED: usize = 5;
/// What the reports of one run have in common, and what of the device: each device has an identity of its own.
const SAME: [&str; 4] = ["suite", "seed", "timeout_scale", "ics"];
const SAME_DEVICE: [&str; 5] = [
    "hardware_class",
    "software",
    "versions",
    "max_frame",
    "provisioning",
];

/// What came out of parts that were merged.
#[derive(Debug)]
pub struct Merged {
    /// What the parts together say of their device.
    pub outcome: Outcome,
    /// Verdicts by group, as a table for a terminal of any kind.
    pub table: String,
    /// The content of `report.json`.
    pub document: Value,
}

/// Why reports are not parts of one run.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A report can't be read.
    #[error("{}: {file}: {what}", folder.display())]
    Report {
        /// Its folder.
        folder: PathBuf,
        /// The file in it.
        file: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// It is no part of a run that could be merged.
    #[error("{}: {what}", folder.display())]
    NoPart {
        /// Its folder.
        folder: PathBuf,
        /// Why.
        what: String,
    },
    /// Two reports are not of the same run.
    #[error("{} and {} are not parts of one run: `{member}` is {one} and {other}", folders.0.display(), folders.1.display())]
    Different {
        /// Both folders.
        folders: (PathBuf, PathBuf),
        /// What differs.
        member: String,
        /// In the first.
        one: String,
        /// In the second.
        other: String,
    },
    /// Parts or cases are not there.
    #[error("missing: {0}")]
    Missing(String),
    /// A part or case is there twice.
    #[error("{what} is in both {} and {}", folders.0.display(), folders.1.display())]
    Doubled {
        /// What it is.
        what: String,
        /// Both folders.
        folders: (PathBuf, PathBuf),
    },
    /// The whole can't be written.
    #[error("the report in {} can't be written: {source}", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The report of one part.
struct Part {
    folder: PathBuf,
    document: Value,
    cases: Vec<StoredCase>,
}

/// Merges the reports of the parts of one run, and writes the report of the whole.
///
/// # Errors
/// Reports that are not of the same suite, seed and kind of device, parts or cases that are missing or there twice,
/// folders that can't be read or written.
pub fn merge(folders: &[PathBuf], out: &Path) -> Result<Merged, MergeError> {
    let parts: Vec<_> = folders
        .iter()
        .map(|folder| Part::read(folder))
        .collect::<Result<_, _>>()?;
    let Some(first) = parts.first() else {
        return Err(MergeError::Missing("every part: no folder was named".into()));
    };
    for part in &parts {
        part.is_of_one_run_with(first)?;
    }
    shards(&parts)?;
    let began = parts.iter().filter_map(Part::began).min();
    let ended = parts.iter().filter_map(Part::ended).max();
    let (began, ended) = (began.unwrap_or_default(), ended.unwrap_or_default());
    let frame = frame(&parts, began, ended);
    let all = cases_of(parts)?;
    let outcome = outcome_of(&all);
    let document = document(frame, &all, outcome);
    let groups = Group::ALL.map(Group::name);
    let verdicts = all.iter().map(|case| (group(case), &case.verdict));
    let table = sheet::table(&groups, verdicts, outcome);
    let sheet = sheet_of(
        &all,
        outcome,
        document,
        began,
        (ended - began).to_std().unwrap_or_default(),
    );
    super::write(out, &sheet).map_err(|source| MergeError::Write {
        path: out.into(),
        source,
    })?;
    let document = sheet.document;
    Ok(Merged {
        outcome,
        table,
        document,
    })
}

impl Part {
    fn read(folder: &Path) -> Result<Self, MergeError> {
        let wrong = |file: &'static str| {
            move |what: String| MergeError::Report {
                folder: folder.into(),
                file,
                what,
            }
        };
        let document = stored::document(folder).map_err(wrong("report.json"))?;
        stored::outcome(&document).map_err(wrong("report.json"))?;
        let mut cases = stored::cases(&document).map_err(wrong("report.json"))?;
        stored::with_traces(folder, &mut cases).map_err(wrong("trace.jsonl"))?;
        let part = Self {
            folder: folder.into(),
            document,
            cases,
        };
        part.is_one().map(|()| part)
    }

    fn is_one(&self) -> Result<(), MergeError> {
        let no = |what: &str| {
            let (folder, what) = (self.folder.clone(), what.to_owned());
            Err(MergeError::NoPart { folder, what })
        };
        if self.document["device"].is_null() {
            return no("it is no report of a reader; only those have parts");
        }
        if self.document["suite"] != sheet::suite() {
            return no("it was made by another version of the suite: merge it with the one that made it");
        }
        if self.document["filter"]
            .as_array()
            .is_some_and(|filter| !filter.is_empty())
        {
            return no("its cases were chosen by a filter: it is no part of a whole run");
        }
        Ok(())
    }

    fn is_of_one_run_with(&self, other: &Self) -> Result<(), MergeError> {
        let whole = SAME.map(|member| (member.to_owned(), &self.document[member], &other.document[member]));
        let device = SAME_DEVICE.map(|member| {
            let of = |part: &'_ Self| part.document["device"][member].clone();
            (format!("device.{member}"), of(self), of(other))
        });
        let whole = whole.map(|(member, one, other)| (member, one.clone(), other.clone()));
        // What one device did not tell is no difference.
        let differs = |one: &Value, other: &Value| one != other && !one.is_null() && !other.is_null();
        match whole
            .into_iter()
            .chain(device)
            .find(|(_, one, other)| differs(one, other))
        {
            None => Ok(()),
            Some((member, one, two)) => Err(MergeError::Different {
                folders: (other.folder.clone(), self.folder.clone()),
                member,
                one: two.to_string(),
                other: one.to_string(),
            }),
        }
    }

    /// Which part it says that it is, and of how many: `K/N`.
    fn shard(&self) -> Option<(u32, u32)> {
        let (number, of) = self.document["shard"].as_str()?.split_once('/')?;
        Some((number.parse().ok()?, of.parse().ok()?))
    }

    fn began(&self) -> Option<DateTime<Utc>> {
        self.document["started"].as_str()?.parse().ok()
    }

    fn ended(&self) -> Option<DateTime<Utc>> {
        let seconds = Duration::try_from_secs_f64(self.document["seconds"].as_f64()?).ok()?;
        self.began()?
            .checked_add_signed(chrono::TimeDelta::from_std(seconds).ok()?)
    }
}

/// Holds the parts to being all that there are, each once, where they say which they are.
fn shards(parts: &[Part]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<u32, &Part> = BTreeMap::new();
    let mut of = None;
    for part in parts {
        let Some((number, all)) = part.shard() else {
            continue;
        };
        let before = *of.get_or_insert((all, part));
        if before.0 != all {
            return Err(MergeError::Different {
                folders: (before.1.folder.clone(), part.folder.clone()),
                member: "shard".into(),
                one: format!("one of {}", before.0),
                other: format!("one of {all}"),
            });
        }
        if let Some(other) = seen.insert(number, part) {
            return Err(MergeError::Doubled {
                what: format!("part {number}/{all}"),
                folders: (other.folder.clone(), part.folder.clone()),
            });
        }
    }
    let all = of.map_or(0, |(all, _)| all);
    // Far more parts than any run has would only make a long list.
    let missing: Vec<_> = (1..=all.min(10_000))
        .filter(|number| !seen.contains_key(number))
        .collect();
    let names = missing.iter().map(|number| format!("part {number}/{all}"));
    match missing.len() {
        0 => Ok(()),
        count => Err(MergeError::Missing(listed(names, count))),
    }
}

/// The cases of all parts in the order of the suite: each once. Of the sanity case, which runs in every part, the worst
/// of each of its runs.
fn cases_of(parts: Vec<Part>) -> Result<Vec<StoredCase>, MergeError> {
    let mut all: BTreeMap<String, (PathBuf, StoredCase)> = BTreeMap::new();
    for part in parts {
        for case in part.cases {
            let before = all.remove(&case.id);
            let kept = match before {
                None => (part.folder.clone(), case),
                Some(before) if group(&case) == Group::Sanity.name() => {
                    let later = (part.folder.clone(), case);
                    core::cmp::max_by_key(before, later, |(_, case)| case.verdict.severity())
                }
                Some((folder, before)) => {
                    return Err(MergeError::Doubled {
                        what: before.id,
                        folders: (folder, part.folder),
                    });
                }
            };
            all.insert(kept.1.id.clone(), kept);
        }
    }
    let expected: BTreeSet<_> = cases().iter().map(|case| case.id.as_str()).collect();
    let missing: Vec<_> = expected.iter().filter(|id| !all.contains_key(**id)).collect();
    if !missing.is_empty() {
        let count = missing.len();
        return Err(MergeError::Missing(listed(
            missing.iter().map(ToString::to_string),
            count,
        )));
    }
    let place = |id: &str| cases().iter().position(|case| case.id == id);
    let mut all: Vec<_> = all.into_values().map(|(_, case)| case).collect();
    // Runs of the sanity case come first.
    all.sort_by_key(|case| (place(&case.id), Reverse(case.id == sanity::ID), case.id.clone()));
    Ok(all)
}

fn listed(names: impl Iterator<Item = String>, count: usize) -> String {
    let names: Vec<_> = names.take(LISTED).collect();
    let more = count.saturating_sub(LISTED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", names.join(", "))
}

fn group(case: &StoredCase) -> &'static str {
    let known = Group::ALL.into_iter().find(|group| group.name() == case.group);
    known.unwrap_or(Group::Sanity).name()
}

fn outcome_of(all: &[StoredCase]) -> Outcome {
    let ran = |case: &&StoredCase| outcome::ran(&case.verdict);
    let every_group_ran = Group::ALL
        .iter()
        .all(|name| all.iter().filter(ran).any(|case| group(case) == name.name()));
    let judged = all.iter().map(|case| (case.level, &case.verdict));
    if every_group_ran && outcome::nothing_missing(judged) {
        Outcome::Certified
    } else {
        Outcome::NotCertified
    }
}

/// What the whole says beside its cases: what the first part says, and of which parts it consists.
fn frame(parts: &[Part], began: DateTime<Utc>, ended: DateTime<Utc>) -> Value {
    let mut whole = parts
        .first()
        .map(|part| part.document.clone())
        .unwrap_or_default();
    let told = |part: &Part| {
        json!({
            "endpoint": part.document["endpoint"], "shard": part.document["shard"],
            "reader_id": part.document["device"]["reader_id"],
            "started": part.document["started"], "seconds": part.document["seconds"],
        })
    };
    whole["merged"] = parts.iter().map(told).collect();
    whole["started"] = json!(sheet::started_text(began));
    whole["seconds"] = json!((ended - began).num_milliseconds() as f64 / 1e3);
    if let Some(members) = whole.as_object_mut() {
        members.remove("shard");
        if let Some(model) = model(parts) {
            members.insert("model".into(), model);
        }
    }
    whole
}

/// The walks of all parts together.
fn model(parts: &[Part]) -> Option<Value> {
    let models = parts.iter().map(|part| &part.document["model"]);
    models
        .filter(|model| model.is_object())
        .cloned()
        .reduce(|mut sum, other| {
            add(&mut sum, &other);
            sum
        })
}

/// Adds the numbers of a tree to those at the same places of another; the rest stays.
fn add(sum: &mut Value, other: &Value) {
    match (sum, other) {
        (Value::Object(sum), Value::Object(other)) => {
            for (key, other) in other {
                match sum.get_mut(key) {
                    Some(sum) => add(sum, other),
                    None => drop(sum.insert(key.clone(), other.clone())),
                }
            }
        }
        (Value::Array(sum), Value::Array(other)) => {
            sum.iter_mut().zip(other).for_each(|(sum, other)| add(sum, other))
        }
        (sum @ Value::Number(_), Value::Number(_)) => {
            *sum = match (sum.as_u64(), other.as_u64()) {
                (Some(one), Some(two)) => json!(one.saturating_add(two)),
                _ => json!(sum.as_f64().unwrap_or_default() + other.as_f64().unwrap_or_default()),
            };
        }
        _ => {}
    }
}

fn document(mut whole: Value, all: &[StoredCase], outcome: Outcome) -> Value {
    let rows = all.iter().map(|case| case.row(group(case)).to_json());
    whole["outcome"] = json!(outcome.name());
    whole["counts"] = Value::Object(sheet::counts(all.iter().map(|case| &case.verdict)));
    whole["cases"] = rows.collect();
    whole["requirements"] = Value::Array(ledger::to_json(verdicts(all)));
    whole
}

fn verdicts(all: &[StoredCase]) -> Verdicts {
    all.iter()
        .map(|case| {
            (
                case.id.as_str(),
                group(case) == Group::Sanity.name(),
                &case.verdict,
            )
        })
        .collect()
}

fn sheet_of(
    all: &[StoredCase],
    outcome: Outcome,
    document: Value,
    started: DateTime<Utc>,
    duration: Duration,
) -> Sheet<'_> {
    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
    let device = &document["device"];
    let parts = document["merged"].as_array().map_or(0, Vec::len);
    let mut facts = vec![
        Fact::text(
            "device",
            format!("{}, {}", text(&device["reader_id"]), text(&device["software"])),
        ),
        Fact::text("hardware", text(&device["hardware_class"])),
        Fact::code("endpoint", text(&document["endpoint"])),
        Fact::text("seed", document["seed"].to_string()),
        Fact::text("merged from", format!("{parts} parts")),
    ];
    if document["timeout_scale"] != json!(1.0) {
        facts.push(Fact::text("timers", format!("× {}", document["timeout_scale"])));
    }
    Sheet {
        outcome,
        facts,
        properties: vec![
            ("seed", document["seed"].to_string()),
            ("endpoint", text(&document["endpoint"])),
        ],
        problems: &[],
        started,
        duration,
        groups: Group::ALL.map(Group::name).into(),
        rows: all.iter().map(|case| case.row(group(case))).collect(),
        chapters: ledger::chapters(verdicts(all)),
        proof: ledger::summary(),
        document,
    }
}
