//! A program that is any of many faulty devices, and what it says of itself.
//!
//! | arguments | what it is |
//! | --- | --- |
//! | `--list` | it writes its catalogue to standard output, as one JSON object, and ends |
//! | `--sound` | the device without any fault: the control |
//! | `--fault ID` | the device with this fault |
//! | `--null ID` | something that is no device |
//! | `--sound --production` | the control, provisioned for production, where the catalogue lists `production` |
//!
//! A reader with a fault that shows over TCP alone gets `--listen tcp:127.0.0.1:0`, and says `listening on PLACE` on its
//! standard error. A reader is given `--state FILE` too, and on Unix `--control SOCKET`, by which its card is moved; it speaks on
//! standard input and output. A codec or client answers requests there, as the chapters on adapters say.

use crate::{case::cases, client, codec, ledger::Subject};
use cardwire_peers::Identities;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    process::Command,
    sync::LazyLock,
};

/// The cases of the suite for products of this kind, and the requirements that each of them checks.
#[must_use]
pub fn suite(subject: Subject) -> &'static BTreeMap<String, BTreeSet<String>> {
    static READER: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
        let of = |case: &crate::Case| (case.id.clone(), case.requirements.iter().cloned().collect());
        cases().iter().map(of).collect()
    });
    static CLIENT: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
        let of = |case: &client::Case| (case.id.clone(), case.requirements.iter().cloned().collect());
        client::cases().iter().map(of).collect()
    });
    static CODEC: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(codec::requirements);
    match subject {
        Subject::Reader => &READER,
        Subject::Client => &CLIENT,
        Subject::Codec => &CODEC,
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its name.
    pub id: String,
    /// The requirements that a device with it breaks, the one that it is about first; where none is stated, those of its
    /// cases.
    #[serde(default)]
    pub requirements: Vec<String>,
    /// Cases that catch it, where the catalogue names some.
    #[serde(default)]
    pub cases: BTreeSet<String>,
    /// Only cases in which time must pass can see it.
    #[serde(default)]
    pub slow: bool,
    /// It shows when the link alone is reset, which can't be done to a child: the reader is put to the suite over TCP.
    #[serde(default)]
    pub over_tcp: bool,
    /// Only a reader that is provisioned for production can have it: it is one, with the identities that the catalogue lists.
    #[serde(default)]
    pub production: bool,
}

/// A program, and what it says of itself.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// The program and its first arguments.
    pub command: Vec<String>,
    /// What its devices are.
    pub kind: Subject,
    /// Its faults, in its order.
    pub faults: Vec<Fault>,
    /// The names of what is no device.
    pub nulls: Vec<String>,
    /// The identities of readers that are provisioned for production, where there are such.
    pub production: Option<Identities>,
}

/// Why a program is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It can't be started.
    #[error("the program `{program}` can't be started: {source}")]
    Start {
        /// Its name.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// It does not list what it is.
    #[error("`{program} --list` gives no catalogue: {seen}")]
    List {
        /// Its name.
        program: String,
        /// What was seen instead.
        seen: String,
    },
}

#[derive(Deserialize)]
struct Listed {
    kind: Subject,
    faults: Vec<Fault>,
    #[serde(default)]
    nulls: Vec<String>,
    /// A file of identities.
    production: Option<String>,
}

impl Catalogue {
    /// The catalogue with the suite that is put to it, as a JSON document: `kind`, `cases` and `faults` with the
    /// requirements that they check and break, `nulls`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let case = |(id, requirements): (&String, &BTreeSet<String>)| json!({ "id": id, "requirements": requirements });
        json!({
            "kind": self.kind,
            "cases": suite(self.kind).iter().map(case).collect::<Vec<_>>(),
            "faults": self.faults,
            "nulls": self.nulls,
        })
    }

    /// Asks a program for its catalogue.
    ///
    /// # Errors
    /// It can't be started, fails, or lists something else: faults twice, requirements or cases that there are not,
    /// a fault of which neither is known.
    pub fn of(command: Vec<String>) -> Result<Self, CatalogueError> {
        let (program, arguments) = command.split_first().ok_or_else(|| CatalogueError::List {
            program: String::new(),
            seen: "no program is named".into(),
        })?;
        let output = Command::new(program)
            .args(arguments)
            .arg("--list")
            .output()
            .map_err(|source| CatalogueError::Start {
                program: program.clone(),
                source,
            })?;
        let wrong = |seen: String| CatalogueError::List {
            program: program.clone(),
            seen,
        };
        if !output.status.success() {
            return Err(wrong(format!("it ends with {}", output.status)));
        }
        let listed: Listed =
            serde_json::from_slice(&output.stdout).map_err(|error| wrong(error.to_string()))?;
        let Listed {
            kind,
            mut faults,
            nulls,
            production,
        } = listed;
        let production = production.as_deref().map(Identities::parse).transpose();
        let production = production.map_err(|error| wrong(format!("`production`: {error}")))?;
        for fault in &mut faults {
            check(kind, fault).map_err(|what| wrong(format!("the fault {}: {what}", fault.id)))?;
        }
        if production.is_none()
            && let Some(fault) = faults.iter().find(|fault| fault.production)
        {
            let what = "it is one of a reader that is provisioned for production, and `production` lists no identities";
            return Err(wrong(format!("the fault {}: {what}", fault.id)));
        }
        let ids: BTreeSet<_> = faults.iter().map(|fault| &fault.id).chain(&nulls).collect();
        if ids.len() < faults.len() + nulls.len() {
            return Err(wrong("a name stands in it twice".into()));
        }
        Ok(Self {
            command,
            kind,
            faults,
            nulls,
            production,
        })
    }
}

/// That the suite knows what a fault names, and that it names something.
fn check(kind: Subject, fault: &mut Fault) -> Result<(), String> {
    let known = |id: &String| crate::requirement::requirement(id).is_some();
    if let Some(id) = fault.requirements.iter().find(|id| !known(id)) {
        return Err(format!("there is no requirement {id}"));
    }
    for case in &fault.cases {
        let checked = suite(kind).get(case);
        let checked = checked.ok_or_else(|| format!("there is no case {case}"))?;
        if fault.requirements.is_empty() {
            fault.requirements = checked.iter().cloned().collect();
        }
    }
    if fault.requirements.is_empty() {
        return Err("it names neither a requirement that it breaks nor a case that catches it".into());
    }
    Ok(())
}
