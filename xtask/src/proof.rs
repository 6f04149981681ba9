//! The proof that the conformance suite can tell, and what is committed of it.
//!
//! `cardwire prove` puts the suite to every faulty reader and codec. What it finds of readers is committed as
//! `spec/evidence.json`, from which the ledger of the book is computed: a requirement that was proven may not lose its
//! proof.

mod compare;
mod suite;

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use cardwire_spec::book::{self, Book, Counts, Evidence, Level, counts, ledger};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};
use suite::Suite;

/// Of the pairs of case and fault of which nothing is known, CI runs one in so many.
const SAMPLE: &str = "10";

/// Which part of the proof is run, and what becomes of what it finds.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Run readers with this fault only; may be repeated
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Run cases whose id fits this pattern of `*` and `?` only; may be repeated
    #[arg(long, value_name = "GLOB")]
    case: Vec<String>,
    /// Run each faulty reader with the cases that caught it before, and a tenth of all others: what CI runs
    #[arg(long, conflicts_with_all = ["case", "accept"])]
    recorded: bool,
    /// What draws the tenth
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write what was found to spec/evidence.json; of a part, only that part of it changes
    #[arg(long)]
    accept: bool,
    /// Run nothing: bring the requirements, cases and faults of spec/evidence.json up to date, and keep its kills
    #[arg(long, conflicts_with_all = ["fault", "case", "accept"])]
    map: bool,
}

impl Options {
    /// Each faulty reader with the cases that caught it before, and a tenth of the others.
    pub(crate) fn recorded() -> Self {
        Self {
            recorded: true,
            ..Self::default()
        }
    }
}

/// What `cardwire prove --format json` tells, as far as the evidence needs it.
#[derive(Debug, Deserialize)]
struct Matrix {
    faults: Vec<FaultRow>,
    problems: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct FaultRow {
    id: String,
    proves: BTreeMap<String, BTreeSet<String>>,
    keeps_way_in: bool,
}

/// Runs the proof, or the part that was chosen.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let packages = [
        "cardwire-cli",
        "cardwire-faulty",
        "cardwire-faulty-codec",
        "cardwire-faulty-clients",
    ];
    let named = packages.iter().flat_map(|name| ["--package", name]);
    workspace::run(workspace.cargo().args(["build", "--release"]).args(named))?;
    let release = workspace.target.join("release");
    let suite = Suite::read(&release)?;
    let book = read_book(workspace)?;
    let file = workspace.root.join(Evidence::FILE);
    let committed = match file.exists() {
        true => Evidence::load(&workspace.root)?,
        false => Evidence::default(),
    };
    if options.map {
        return accept(workspace, &suite.mapped(&committed).with_book(&book));
    }
    let is_part = !options.fault.is_empty() || !options.case.is_empty() || options.recorded;
    let found = prove(workspace, &release, "reader", options)?;
    let before = match is_part {
        true => committed.clone(),
        false => Evidence::default(),
    };
    let evidence = merged(&found, &suite.mapped(&before), &committed).with_book(&book);
    if options.accept {
        accept(workspace, &evidence)?;
    }
    if options.fault.is_empty() && options.case.is_empty() {
        tell(&book, &evidence);
    }
    let mut problems = found.problems;
    if !options.accept {
        problems.extend(compare::regressions(&book, &committed, &evidence));
        compare::tell_changes(&committed, &evidence);
    }
    if options.fault.is_empty() && options.case.is_empty() {
        for kind in ["codec", "client"] {
            problems.extend(prove(workspace, &release, kind, options)?.problems);
        }
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// Lets the suite prove itself, and reads what it found.
fn prove(workspace: &Workspace, release: &Path, kind: &str, options: &Options) -> Result<Matrix> {
    let mut command = Command::new(release.join("cardwire"));
    command
        .args(["prove", kind, "--format", "json", "--out"])
        .arg(workspace.target.join("proof"))
        .args(["--seed", &options.seed.to_string()])
        .args(options.fault.iter().flat_map(|name| ["--fault", name]))
        .args(options.case.iter().flat_map(|pattern| ["--case", pattern]));
    if options.recorded {
        command.args(["--part", "--sample", SAMPLE]);
    }
    // What it says while it runs is for whoever waits.
    let output = command.stderr(Stdio::inherit()).output()?;
    let code = output.status.code();
    if !matches!(code, Some(0 | 1)) {
        bail!("`cardwire prove {kind}` ended with {}", output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("`cardwire prove {kind}` tells no matrix"))
}

/// The evidence with what was found in the place of what it said of the same cases and faults. Whether a fault keeps the
/// way in is known of a whole run, so that a part of one does not say otherwise.
fn merged(found: &Matrix, evidence: &Evidence, committed: &Evidence) -> Evidence {
    let mut merged = evidence.clone();
    for row in &found.faults {
        for (case, proven) in &row.proves {
            let Some(case) = merged.cases.get_mut(case) else {
                continue;
            };
            if proven.is_empty() {
                case.kills.remove(&row.id);
            } else {
                case.kills.insert(row.id.clone(), proven.clone());
            }
        }
        if let Some(fault) = merged.faults.get_mut(&row.id) {
            let before = committed.faults.get(&row.id);
            fault.keeps_way_in = row.keeps_way_in && before.is_none_or(|before| before.keeps_way_in);
        }
    }
    merged
}

/// The book as far as it can be read: `cargo xtask generate` holds it to its format.
fn read_book(workspace: &Workspace) -> Result<Book> {
    let chapters = book::chapters(&workspace.root)?;
    let (book, _) = book::read(chapters.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Ok(book)
}

fn accept(workspace: &Workspace, evidence: &Evidence) -> Result<()> {
    fs::write(workspace.root.join(Evidence::FILE), evidence.to_text())?;
    println!(
        "wrote {}; `cargo xtask generate` brings the book's ledger up to date",
        Evidence::FILE
    );
    Ok(())
}

/// How the requirements of a level stand by the evidence that is committed.
pub(crate) fn recorded(workspace: &Workspace, level: Level) -> Result<Counts> {
    let (book, evidence) = (read_book(workspace)?, Evidence::load(&workspace.root)?);
    Ok(counts(&ledger(&book, &evidence), level))
}

/// Tells how the requirements stand; what is missing is named, one by one.
fn tell(book: &Book, evidence: &Evidence) {
    let rows = ledger(book, evidence);
    for level in Level::ALL {
        let counts = counts(&rows, level);
        println!(
            "{level}: {} requirements: {} killed, {} unproven, {} gaps, {} not testable",
            counts.all, counts.killed, counts.unproven, counts.gaps, counts.not_testable
        );
    }
    for row in rows.iter().filter(|row| row.is_open()) {
        println!(
            "  {} {}: {}",
            row.requirement.id, row.requirement.level, row.proof
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_run_replaces_its_part_of_the_evidence() {
        let committed = Evidence::parse(
            "evidence.json",
            r#"{ "requirements": {}, "faults": { "F": { "breaks": [], "keeps_way_in": true } }, "cases": {
                "a": { "requirements": ["R-1"], "kills": { "F": ["R-1"] } },
                "b": { "requirements": ["R-2"], "kills": { "F": ["R-2"] } } } }"#,
        )
        .expect("it is evidence");
        let found: Matrix = serde_json::from_str(
            r#"{ "faults": [{ "id": "F", "proves": { "a": [] }, "keeps_way_in": false }], "problems": [] }"#,
        )
        .expect("it is a matrix");
        let merged = merged(&found, &committed, &committed);
        assert!(merged.cases["a"].kills.is_empty(), "it ran, and passed");
        assert_eq!(
            merged.cases["b"].kills, committed.cases["b"].kills,
            "it did not run"
        );
        assert!(!merged.faults["F"].keeps_way_in);
    }
}
