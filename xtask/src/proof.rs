//! The proof that the conformance suite can tell, and what is committed of it.
//!
//! `cardwire prove` puts the suite to every faulty reader, client and codec. What it finds is committed as
//! `spec/evidence.json`, from which the ledger of the book is computed: a requirement that was proven may not lose its
//! proof.

mod compare;
mod suite;

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use cardwire_spec::book::{self, Book, Counts, Evidence, Findings, Level, Subject, counts, ledger};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};
use suite::Suite;

/// Of the pairs of case and fault of which nothing is known, CI runs one in so many.
const SAMPLE: &str = "20";

/// Which part of the proof is run, and what becomes of what it finds.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Run these products only (reader, client or codec); may be repeated. All of them where it is left out; readers where
    /// faults or cases are chosen
    #[arg(long, value_name = "SUBJECT", value_parser = subject)]
    subject: Vec<Subject>,
    /// Run products with this fault only; may be repeated
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Run cases whose id fits this pattern of `*` and `?` only; may be repeated
    #[arg(long, value_name = "GLOB")]
    case: Vec<String>,
    /// Run cases only that no evidence shows to catch anything yet
    #[arg(long, conflicts_with = "recorded")]
    unproven: bool,
    /// Build and run without optimisation: sooner there, and slower
    #[arg(long)]
    debug: bool,
    /// Run each faulty product with the cases that caught it before, and a twentieth of all others: what CI runs
    #[arg(long, conflicts_with_all = ["case", "accept"])]
    recorded: bool,
    /// Devices at a time; as many as `cardwire prove` takes where left out
    #[arg(long, value_name = "N")]
    jobs: Option<u16>,
    /// What draws the twentieth
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write what was found to spec/evidence.json; of a part, only that part of it changes
    #[arg(long)]
    accept: bool,
    /// Run nothing: bring the requirements, cases and faults of spec/evidence.json up to date, and keep its kills
    #[arg(long, conflicts_with_all = ["subject", "fault", "case", "unproven", "accept"])]
    map: bool,
}

impl Options {
    /// Each faulty product with the cases that caught it before, and a twentieth of the others.
    pub(crate) fn recorded() -> Self {
        Self {
            recorded: true,
            ..Self::default()
        }
    }

    /// The products that are run.
    fn subjects(&self) -> Vec<Subject> {
        match (
            self.subject.is_empty(),
            self.fault.is_empty() && self.case.is_empty(),
        ) {
            (false, _) => self.subject.clone(),
            (true, true) => Subject::ALL.to_vec(),
            (true, false) => vec![Subject::Reader],
        }
    }
}

fn subject(name: &str) -> Result<Subject, String> {
    let known = Subject::ALL.into_iter().find(|subject| subject.name() == name);
    known.ok_or_else(|| "it is reader, client or codec".into())
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
    let profile: &[&str] = if options.debug { &[] } else { &["--release"] };
    workspace::run(workspace.cargo().arg("build").args(profile).args(named))?;
    let programs = workspace
        .target
        .join(if options.debug { "debug" } else { "release" });
    let book = read_book(workspace)?;
    let file = workspace.root.join(Evidence::FILE);
    let committed = match file.exists() {
        true => Evidence::load(&workspace.root)?,
        false => Evidence::default(),
    };
    if options.map {
        let mut evidence = committed.clone();
        for subject in Subject::ALL {
            *evidence.of_mut(subject) = Suite::read(&programs, subject)?.mapped(committed.of(subject));
        }
        return accept(workspace, &evidence.with_book(&book));
    }
    let is_chosen = !options.fault.is_empty() || !options.case.is_empty() || options.unproven;
    let is_part = is_chosen || options.recorded;
    let (mut evidence, mut problems) = (committed.clone(), Vec::new());
    for subject in options.subjects() {
        let suite = Suite::read(&programs, subject)?;
        let found = prove(workspace, &programs, subject, options)?;
        let before = committed.of(subject);
        let mapped = match is_part {
            true => suite.mapped(before),
            false => suite.mapped(&Findings::default()),
        };
        *evidence.of_mut(subject) = merged(subject, &found, &mapped, before, is_part);
        problems.extend(found.problems);
    }
    let evidence = evidence.with_book(&book);
    if options.accept {
        accept(workspace, &evidence)?;
    }
    if !is_chosen {
        tell(&book, &evidence);
    }
    if !options.accept {
        problems.extend(compare::regressions(&book, &committed, &evidence));
        compare::tell_changes(&committed, &evidence);
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// Lets the suite prove itself, and reads what it found.
fn prove(workspace: &Workspace, release: &Path, subject: Subject, options: &Options) -> Result<Matrix> {
    let mut command = Command::new(release.join("cardwire"));
    command
        .args(["prove", subject.name(), "--format", "json", "--out"])
        .arg(workspace.target.join("proof"))
        .args(["--seed", &options.seed.to_string()])
        .args(options.fault.iter().flat_map(|name| ["--fault", name]))
        .args(options.case.iter().flat_map(|pattern| ["--case", pattern]));
    if let Some(jobs) = options.jobs {
        command.args(["--jobs", &jobs.to_string()]);
    }
    if options.unproven {
        command.arg("--unproven");
    }
    if options.recorded {
        command.args(["--part", "--sample", SAMPLE]);
    }
    // What it says while it runs is for whoever waits.
    let output = command.stderr(Stdio::inherit()).output()?;
    let code = output.status.code();
    if !matches!(code, Some(0 | 1)) {
        bail!("`cardwire prove {subject}` ended with {}", output.status);
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("`cardwire prove {subject}` tells no matrix"))
}

/// The findings with what was found in the place of what they said of the same cases and faults. Whether a fault keeps the
/// way in is known of a whole run, so that a part of one does not say otherwise; nor does a part of the cases of an entry
/// say what the others catch.
fn merged(
    subject: Subject,
    found: &Matrix,
    findings: &Findings,
    committed: &Findings,
    is_part: bool,
) -> Findings {
    let mut merged = findings.clone();
    for row in &found.faults {
        let mut proves: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for (case, proven) in &row.proves {
            let entry = subject.entry(case);
            let is_whole = !is_part || entry == case.as_str();
            let known = merged
                .cases
                .get(entry.as_ref())
                .and_then(|case| case.kills.get(&row.id));
            let kept = known.filter(|_| !is_whole).into_iter().flatten();
            let proven = kept.chain(proven).cloned().collect::<BTreeSet<_>>();
            proves.entry(entry.into_owned()).or_default().extend(proven);
        }
        for (entry, proven) in proves {
            let Some(case) = merged.cases.get_mut(&entry) else {
                continue;
            };
            if proven.is_empty() {
                case.kills.remove(&row.id);
            } else {
                case.kills.insert(row.id.clone(), proven);
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
        println!("{level}: {}", counts(&rows, level));
    }
    for subject in Subject::ALL {
        let found = evidence.of(subject);
        let (cases, faults) = (found.cases.len(), found.faults.len());
        let (idle, missed) = (found.idle().count(), found.missed().count());
        println!(
            "{subject}s: {cases} cases, {idle} of them catch nothing; {faults} faults, {missed} of them not caught"
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

    fn findings(text: &str) -> Findings {
        serde_json::from_str(text).expect("they are findings")
    }

    fn matrix(proves: &str) -> Matrix {
        let text = format!(
            r#"{{ "faults": [{{ "id": "F", "proves": {proves}, "keeps_way_in": false }}], "problems": [] }}"#
        );
        serde_json::from_str(&text).expect("it is a matrix")
    }

    #[test]
    fn a_part_of_a_run_replaces_its_part_of_the_evidence() {
        let committed = findings(
            r#"{ "faults": { "F": { "breaks": [], "keeps_way_in": true } }, "cases": {
                "a": { "requirements": ["R-1"], "kills": { "F": ["R-1"] } },
                "b": { "requirements": ["R-2"], "kills": { "F": ["R-2"] } } } }"#,
        );
        let found = matrix(r#"{ "a": [] }"#);
        let merged = merged(Subject::Reader, &found, &committed, &committed, true);
        assert!(merged.cases["a"].kills.is_empty(), "it ran, and passed");
        assert_eq!(
            merged.cases["b"].kills, committed.cases["b"].kills,
            "it did not run"
        );
        assert!(!merged.faults["F"].keeps_way_in);
    }

    /// Cases of codecs share an entry: one that passes takes nothing from what others have caught.
    #[test]
    fn an_entry_of_many_cases_catches_what_any_of_them_catches() {
        let committed = findings(
            r#"{ "faults": { "F": { "breaks": [], "keeps_way_in": true } }, "cases": {
                "codec.decode.hello.*": { "requirements": ["R-1", "R-2"], "kills": { "F": ["R-1"] } } } }"#,
        );
        let found = matrix(r#"{ "codec.decode.hello.a": [], "codec.decode.hello.b": ["R-2"] }"#);
        let kills = |is_part: bool, before: &Findings| {
            let merged = merged(Subject::Codec, &found, before, before, is_part);
            let kills = merged.cases["codec.decode.hello.*"].kills["F"].iter().cloned();
            kills.collect::<Vec<_>>()
        };
        assert_eq!(kills(true, &committed), ["R-1", "R-2"]);
        assert_eq!(kills(false, &committed), ["R-2"], "all of them ran");
    }
}
