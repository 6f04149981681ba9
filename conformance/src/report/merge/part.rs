//! The report of one part of a run, and whether others are parts of the same one.

use super::{MergeError, listed};
use crate::{
    report::{
        sheet,
        stored::{self, StoredCase},
    },
    subject::Kind,
};
use chrono::{DateTime, Utc};
use core::time::Duration;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What the reports of one run have in common.
const SAME: [&str; 6] = ["subject", "suite", "seed", "generated", "timeout_scale", "ics"];

/// What they have in common of what was tested: each device has an identity of its own, a program has not.
fn told(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Reader => vec![
            "device.hardware_class",
            "device.software",
            "device.versions",
            "device.max_frame",
            "device.provisioning",
        ],
        Kind::Client => vec!["client"],
        Kind::Codec => vec!["codec"],
    }
}

/// The report of one part.
pub(super) struct Part {
    pub(super) folder: PathBuf,
    pub(super) document: Value,
    pub(super) cases: Vec<StoredCase>,
    pub(super) kind: Kind,
}

impl Part {
    pub(super) fn read(folder: &Path) -> Result<Self, MergeError> {
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
        let kind = document["subject"].as_str().and_then(Kind::named);
        let part = Self {
            folder: folder.into(),
            kind: kind.ok_or_else(|| wrong("report.json")("it does not say what was tested".into()))?,
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

    pub(super) fn is_of_one_run_with(&self, other: &Self) -> Result<(), MergeError> {
        let of = |member: &'static str, place: String| {
            let of = |part: &Self| part.document.pointer(&place).cloned().unwrap_or_default();
            (member.to_owned(), of(self), of(other))
        };
        let whole = SAME.iter().map(|member| of(member, format!("/{member}")));
        let told = told(self.kind).into_iter();
        let told = told.map(|member| {
            let (_, one, two) = of(member, format!("/{}", member.replace('.', "/")));
            (member.to_owned(), one, two)
        });
        // What one device did not tell is no difference.
        let differs = |one: &Value, other: &Value| one != other && !one.is_null() && !other.is_null();
        match whole.chain(told).find(|(_, one, other)| differs(one, other)) {
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

    pub(super) fn began(&self) -> Option<DateTime<Utc>> {
        self.document["started"].as_str()?.parse().ok()
    }

    pub(super) fn ended(&self) -> Option<DateTime<Utc>> {
        let seconds = Duration::try_from_secs_f64(self.document["seconds"].as_f64()?).ok()?;
        self.began()?
            .checked_add_signed(chrono::TimeDelta::from_std(seconds).ok()?)
    }
}

/// Holds the parts to being all that there are, each once, where they say which they are.
pub(super) fn shards(parts: &[Part]) -> Result<(), MergeError> {
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
