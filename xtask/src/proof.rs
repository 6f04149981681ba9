//! The proof that the conformance suite can tell: every faulty reader and every null device is caught, every case
//! catches at least one of them, and no requirement that was proven before is so no more.
//!
//! What is found is committed as `spec/evidence.json`; the ledger of the book is computed from it.

mod attribute;
mod compare;
mod device;
mod suite;

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use attribute::Found;
use cardwire_spec::book::{self, Book, Evidence, Level, counts, ledger};
use device::{CONTROL, Device, Devices, Outcome, SANITY};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use suite::Suite;

/// Devices that are no readers: the suite may end with them not certified, or not reached.
const NULLS: [&str; 4] = ["silent", "echo", "closes", "refuses"];

/// Cases that no faulty reader fails for what they check. It may only become smaller.
const IDLE_MAX: usize = 14;

/// Which part of the proof is run, and what becomes of what it finds.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Run readers with this fault only; may be repeated
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,
    /// Run cases whose id fits this pattern of `*` and `?` only; may be repeated
    #[arg(long, value_name = "GLOB")]
    case: Vec<String>,
    /// Run each faulty reader with the cases only that caught it before, as spec/evidence.json has it: what CI runs
    #[arg(long, conflicts_with_all = ["case", "accept"])]
    recorded: bool,
    /// Write what was found to spec/evidence.json; of a part, only that part of it changes
    #[arg(long)]
    accept: bool,
    /// Run nothing: bring the requirements, cases and faults of spec/evidence.json up to date, and keep its kills
    #[arg(long, conflicts_with_all = ["fault", "case", "accept"])]
    map: bool,
}

impl Options {
    /// Each faulty reader with the cases that caught it before: as telling as a whole run of what was proven, and
    /// done in a fraction of the time. What was not proven before it does not find.
    pub(crate) fn recorded() -> Self {
        Self {
            recorded: true,
            ..Self::default()
        }
    }
}

/// Runs the suite against every faulty reader and null device, or against those that were chosen.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    workspace::run(workspace.cargo().args([
        "build",
        "--release",
        "--package",
        "cardwire-cli",
        "--package",
        "cardwire-faulty",
    ]))?;
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

    let outcomes = certify(workspace, options, &suite, &committed)?;
    let control = outcomes.get(CONTROL).context("the control did not run")?;
    ensure!(
        control.exit == 0,
        "the reader without fault does not pass: {:?}",
        control.caught_by()
    );
    let found = Found::new(&suite, &outcomes, &committed);
    let is_whole = options.fault.is_empty() && options.case.is_empty();
    let before = if is_whole {
        Evidence::default()
    } else {
        committed.clone()
    };
    let evidence = found.merged(&suite.mapped(&before)).with_book(&book);
    if options.accept {
        accept(workspace, &evidence)?;
    }
    found.tell_unlisted();
    let mut faults = escaped(options, &suite, &outcomes);
    if is_whole {
        tell(&book, &evidence);
        faults.extend(idle(&evidence, control));
    } else {
        found.tell();
    }
    if !options.accept {
        faults.extend(compare::regressions(&book, &committed, &evidence));
        compare::tell_changes(&committed, &evidence);
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
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

/// Puts the suite to the control, and to the devices that are wanted.
fn certify(
    workspace: &Workspace,
    options: &Options,
    suite: &Suite,
    committed: &Evidence,
) -> Result<BTreeMap<String, Outcome>> {
    let unknown: Vec<_> = options
        .fault
        .iter()
        .filter(|fault| !suite.faults.contains_key(*fault))
        .collect();
    ensure!(
        unknown.is_empty(),
        "there are no such faults: {unknown:?}; `cardwire-faulty --list` lists those that there are"
    );
    let wanted = |fault: &&String| options.fault.is_empty() || options.fault.contains(*fault);
    let device = |name: &str, arguments: String, filter: Vec<String>| Device {
        name: name.to_owned(),
        arguments,
        filter,
    };
    let of_fault = |fault: &String| {
        let caught = committed
            .cases
            .iter()
            .filter(|(_, case)| case.kills.contains_key(fault));
        match options.recorded {
            true => caught.map(|(id, _)| id.clone()).collect(),
            false => options.case.clone(),
        }
    };
    let mut devices = vec![device(CONTROL, "--sound".to_owned(), options.case.clone())];
    devices.extend(
        suite
            .faults
            .keys()
            .filter(wanted)
            .map(|fault| device(fault, format!("--fault {fault}"), of_fault(fault))),
    );
    if options.fault.is_empty() {
        devices.extend(NULLS.map(|null| device(null, format!("--null {null}"), options.case.clone())));
    }
    Devices {
        release: workspace.target.join("release"),
        reports: workspace.target.join("proof"),
        devices,
    }
    .certify()
}

/// Devices that no case catches. A part of the cases may let a faulty reader go, but never pass a null device.
fn escaped(options: &Options, suite: &Suite, outcomes: &BTreeMap<String, Outcome>) -> Vec<String> {
    let is_caught = |name: &str, outcome: &Outcome| {
        if NULLS.contains(&name) {
            [1, 3].contains(&outcome.exit) && outcome.passed().next().is_none()
        } else {
            outcome.exit == 1 && !outcome.caught_by().is_empty()
        }
    };
    let devices = outcomes.iter().filter(|(name, _)| *name != CONTROL);
    let judged: Vec<_> = devices
        .filter(|(name, _)| options.case.is_empty() || !suite.faults.contains_key(*name))
        .collect();
    let escaped: Vec<_> = judged
        .iter()
        .filter(|(name, outcome)| !is_caught(name, outcome))
        .map(|(name, _)| name.as_str())
        .collect();
    println!(
        "{} of {} faulty readers and null devices caught",
        judged.len() - escaped.len(),
        judged.len()
    );
    let told = format!("not caught: {}", escaped.join(", "));
    (!escaped.is_empty()).then_some(told).into_iter().collect()
}

/// Too many cases of which nothing shows that they can fail for what they check.
fn idle(evidence: &Evidence, control: &Outcome) -> Option<String> {
    let idle: BTreeSet<_> = control
        .passed()
        .filter(|id| !id.starts_with(SANITY))
        .filter(|id| evidence.cases.get(*id).is_none_or(|case| case.kills.is_empty()))
        .collect();
    println!("{} cases catch no faulty reader at what they check:", idle.len());
    idle.iter().for_each(|id| println!("  {id}"));
    (idle.len() > IDLE_MAX).then(|| {
        format!(
            "{} cases catch no faulty reader at what they check, and at most {IDLE_MAX} may: give the new case a \
             deviation that it catches",
            idle.len()
        )
    })
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
