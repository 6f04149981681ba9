//! Merges the reports of a run's parts into the report of the whole.

mod part;

use super::{
    ledger::{self, Verdicts},
    outcome::{self, Outcome},
    sheet::{self, Fact, Row, Sheet},
    stored::StoredCase,
};
use crate::{
    case::Group,
    cases::sanity,
    codec::GENERATED,
    subject::{self, Head, Kind, Parts as _},
};
use chrono::{DateTime, Utc};
use core::{cmp::Reverse, time::Duration};
use part::{Part, shards};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

/// Names that an error lists.
const LISTED: usize = 5;
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
    let kind = first.kind;
    let frame = frame(&parts, began, ended);
    let generated = frame["generated"]
        .as_u64()
        .and_then(|generated| generated.try_into().ok());
    let heads = subject::heads(
        kind,
        frame["seed"].as_u64().unwrap_or_default(),
        generated.unwrap_or_default(),
    );
    let whole = Whole {
        kind,
        problems: problems(&parts),
        all: cases_of(kind, parts, &heads)?,
        // Whatever came of fewer generated cases certifies nothing.
        is_part: generated.is_some_and(|generated| generated < GENERATED),
    };
    let outcome = whole.outcome();
    let document = whole.document(frame, outcome);
    let verdicts = whole.all.iter().map(|case| (whole.group(case), &case.verdict));
    let table = sheet::table(&kind.groups(), verdicts, outcome);
    let took = (ended - began).to_std().unwrap_or_default();
    let sheet = whole.sheet(outcome, document, began, took);
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

/// The cases of all parts in the order of the suite: each once. Of one that runs in several parts, the sanity case or the
/// twin of others, the worst of its runs.
fn cases_of(kind: Kind, parts: Vec<Part>, heads: &[Head]) -> Result<Vec<StoredCase>, MergeError> {
    let twins: BTreeSet<_> = heads.iter().filter_map(|head| head.twin.as_deref()).collect();
    let in_several = |case: &StoredCase| {
        twins.contains(case.id.as_str()) || (kind == Kind::Reader && case.group == Group::Sanity.name())
    };
    let mut all: BTreeMap<String, (PathBuf, StoredCase)> = BTreeMap::new();
    for part in parts {
        for case in part.cases {
            let before = all.remove(&case.id);
            let kept = match before {
                None => (part.folder.clone(), case),
                Some(before) if in_several(&case) => {
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
    let places: BTreeMap<_, _> = (0..)
        .zip(heads)
        .map(|(place, head)| (head.id.as_str(), place))
        .collect();
    let missing: Vec<_> = places.keys().filter(|id| !all.contains_key(**id)).collect();
    if !missing.is_empty() {
        let count = missing.len();
        return Err(MergeError::Missing(listed(
            missing.iter().map(ToString::to_string),
            count,
        )));
    }
    let place = |id: &str| places.get(id).copied();
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

/// What the whole says beside its cases: what the first part says, and of which parts it consists.
fn frame(parts: &[Part], began: DateTime<Utc>, ended: DateTime<Utc>) -> Value {
    let mut whole = parts
        .first()
        .map(|part| part.document.clone())
        .unwrap_or_default();
    let told = |part: &Part| {
        let mut told = json!({
            "shard": part.document["shard"],
            "started": part.document["started"], "seconds": part.document["seconds"],
        });
        match part.kind {
            Kind::Reader => {
                told["endpoint"] = part.document["endpoint"].clone();
                told["reader_id"] = part.document["device"]["reader_id"].clone();
            }
            Kind::Client | Kind::Codec => told["program"] = part.document["program"].clone(),
        }
        told
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

/// What is wrong beside the cases, as the parts say it: each problem once.
fn problems(parts: &[Part]) -> Vec<String> {
    let all = parts.iter().flat_map(|part| part.document["problems"].as_array());
    let mut problems: Vec<String> = Vec::new();
    for problem in all.flatten().filter_map(Value::as_str) {
        if !problems.iter().any(|known| known == problem) {
            problems.push(problem.into());
        }
    }
    problems
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

/// All cases of a run.
struct Whole {
    kind: Kind,
    problems: Vec<String>,
    all: Vec<StoredCase>,
    is_part: bool,
}

impl Whole {
    fn group(&self, case: &StoredCase) -> &'static str {
        let groups = self.kind.groups();
        let known = groups.iter().find(|group| **group == case.group);
        known.or(groups.first()).copied().unwrap_or_default()
    }

    fn outcome(&self) -> Outcome {
        if self.is_part {
            return Outcome::Partial;
        }
        let of_groups = self.all.iter().map(|case| (self.group(case), &case.verdict));
        let judged = self.all.iter().map(|case| (case.level, &case.verdict));
        let every_group_ran = outcome::every_group_ran(&self.kind.mandatory(), of_groups);
        let passed = outcome::nothing_missing(judged);
        outcome::of_whole(every_group_ran, !self.problems.is_empty(), passed, false)
    }

    fn rows(&self) -> Vec<Row<'_>> {
        self.all.iter().map(|case| case.row(self.group(case))).collect()
    }

    fn verdicts(&self) -> Verdicts {
        let cases = self.all.iter();
        cases
            .map(|case| {
                let is_sanity = self.group(case) == Group::Sanity.name();
                (case.id.as_str(), is_sanity, &case.verdict)
            })
            .collect()
    }

    fn document(&self, mut whole: Value, outcome: Outcome) -> Value {
        let rows = self.rows();
        whole["outcome"] = json!(outcome.name());
        whole["problems"] = json!(self.problems);
        whole["counts"] = Value::Object(sheet::counts(self.all.iter().map(|case| &case.verdict)));
        whole["cases"] = rows.iter().map(Row::to_json).collect();
        whole["requirements"] = Value::Array(match self.kind {
            Kind::Reader => ledger::to_json(self.verdicts()),
            Kind::Client | Kind::Codec => subject::requirements_to_json(&rows),
        });
        whole
    }

    fn sheet(
        &self,
        outcome: Outcome,
        document: Value,
        started: DateTime<Utc>,
        duration: Duration,
    ) -> Sheet<'_> {
        let rows = self.rows();
        let text = |value: &Value| value.as_str().unwrap_or("unknown").to_owned();
        let parts = document["merged"].as_array().map_or(0, Vec::len);
        let told = &document[self.kind.name()];
        let device = &document["device"];
        let mut facts = match self.kind {
            Kind::Reader => vec![
                Fact::text(
                    "device",
                    format!("{}, {}", text(&device["reader_id"]), text(&device["software"])),
                ),
                Fact::text("hardware", text(&device["hardware_class"])),
                Fact::code("endpoint", text(&document["endpoint"])),
            ],
            Kind::Client | Kind::Codec => {
                let name = format!("{} {}", text(&told["name"]), text(&told["version"]));
                vec![Fact::text(self.kind.name(), name)]
            }
        };
        facts.push(Fact::text("seed", document["seed"].to_string()));
        facts.push(Fact::text("merged from", format!("{parts} parts")));
        if document["timeout_scale"] != json!(1.0) {
            facts.push(Fact::text("timers", format!("× {}", document["timeout_scale"])));
        }
        let mut properties = vec![("seed", document["seed"].to_string())];
        let (chapters, proof) = match self.kind {
            Kind::Reader => {
                properties.push(("endpoint", text(&document["endpoint"])));
                (ledger::chapters(self.verdicts()), ledger::summary())
            }
            Kind::Client | Kind::Codec => (subject::chapters(&rows), Vec::new()),
        };
        Sheet {
            outcome,
            facts,
            properties,
            problems: &self.problems,
            started,
            duration,
            groups: self.kind.groups(),
            rows,
            chapters,
            proof,
            document,
        }
    }
}
