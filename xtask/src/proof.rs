//! The proof that the conformance suite can tell: every faulty reader and every null device is caught, and every case
//! catches at least one of them.

use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
    sync::Mutex,
    thread,
};

/// The reader without any fault, started like the faulty ones: what fails with it proves nothing.
const CONTROL: &str = "sound";

/// Devices that are no readers, and how the suite may end with them: not certified, or not reached.
const NULLS: [&str; 4] = ["silent", "echo", "closes", "refuses"];

/// Faults that only cases in which time must pass can see; the other runs leave those out.
const SLOW: [&str; 3] = ["DropsPausedFrames", "StaysOpenInSilence", "KeepsUnfinishedLogin"];

/// The case that goes the whole way in; it runs under further names between the groups.
const SANITY: &str = "sanity.way-in";

/// Cases for which there is no faulty reader yet but such as lose the way in: 19 when this was written, and a few more
/// where a slow machine ends a faulty reader's run sooner. It may only become smaller.
const IDLE_MAX: usize = 24;

/// What a run of the suite says, as far as it is needed here.
#[derive(Debug, Deserialize)]
struct Report {
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    verdict: String,
}

/// What became of one device.
#[derive(Debug, Serialize)]
struct Outcome {
    /// The process's exit code.
    exit: i32,
    /// Cases that ran.
    cases: usize,
    /// Cases that failed: what caught the device.
    caught_by: BTreeSet<String>,
    /// Cases that passed.
    passed: BTreeSet<String>,
}

/// Runs the suite against every faulty reader and null device.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    workspace::run(workspace.cargo().args([
        "build",
        "--release",
        "--package",
        "cardwire-cli",
        "--package",
        "cardwire-faulty",
    ]))?;
    let release = workspace.target.join("release");
    let faults = faults(&release.join("cardwire-faulty"))?;
    let mut devices = vec![(CONTROL.to_owned(), "--sound".to_owned())];
    // The longest runs first, so that none of them is waited for at the end.
    let (slow, quick): (Vec<_>, Vec<_>) = faults.iter().partition(|fault| SLOW.contains(&fault.as_str()));
    devices.extend(
        slow.into_iter()
            .chain(quick)
            .map(|fault| (fault.clone(), format!("--fault {fault}"))),
    );
    devices.extend(
        NULLS
            .iter()
            .map(|null| ((*null).to_owned(), format!("--null {null}"))),
    );

    let outcomes = certify_all(&release, &workspace.target.join("proof"), &devices)?;
    let file = workspace.target.join("proof.json");
    fs::write(&file, serde_json::to_string_pretty(&outcomes)?)?;
    println!("wrote {}", file.display());
    judge(&faults, &outcomes)
}

fn faults(program: &std::path::Path) -> Result<Vec<String>> {
    let output = Command::new(program)
        .arg("--list")
        .output()
        .context("cardwire-faulty can't be started")?;
    let list = String::from_utf8(output.stdout)?;
    Ok(list
        .lines()
        .filter_map(|line| line.split('\t').next())
        .map(str::to_owned)
        .collect())
}

/// Certifies devices, several at a time: each run mostly waits.
fn certify_all(
    release: &std::path::Path,
    reports: &std::path::Path,
    devices: &[(String, String)],
) -> Result<BTreeMap<String, Outcome>> {
    let queue = Mutex::new(devices.iter());
    let outcomes = Mutex::new(BTreeMap::new());
    let work = || -> Result<()> {
        while let Some((name, arguments)) = queue.lock().ok().and_then(|mut queue| queue.next()) {
            let slow = name == CONTROL || SLOW.contains(&name.as_str());
            let outcome =
                certify(release, reports.join(name), arguments, slow).with_context(|| name.clone())?;
            println!(
                "{name:<32} exit {} caught by {}",
                outcome.exit,
                outcome.caught_by.len()
            );
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes.insert(name.clone(), outcome);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(_) => bail!("a run of the suite could not be watched"),
        })
    })?;
    Ok(outcomes.into_inner().unwrap_or_default())
}

fn certify(release: &std::path::Path, report: PathBuf, arguments: &str, slow: bool) -> Result<Outcome> {
    // Counters and logic are kept across the resets of one run, and no longer.
    let state = report.with_extension("state");
    if state.exists() {
        fs::remove_file(&state)?;
    }
    fs::create_dir_all(&report)?;
    let faulty = release.join("cardwire-faulty");
    let endpoint = format!(
        "exec:'{}' {arguments} --state '{}'",
        faulty.display(),
        state.display()
    );
    let mut command = Command::new(release.join("cardwire"));
    command.args(["certify", "reader", &endpoint]);
    if !slow {
        command.arg("--skip-slow");
    }
    let output = command
        .args(["--format", "json", "--report"])
        .arg(report)
        .output()?;
    let exit = output.status.code().context("the suite was ended by a signal")?;
    // A device that was not reached leaves no report.
    let report: Report = match serde_json::from_slice(&output.stdout) {
        Ok(report) => report,
        Err(_) if exit == 3 => Report { cases: Vec::new() },
        Err(error) => bail!(
            "exit {exit}, and no report: {error}: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
    };
    let with = |verdict: &str| {
        report
            .cases
            .iter()
            .filter(|case| case.verdict == verdict)
            .map(|case| case.id.clone())
            .collect()
    };
    Ok(Outcome {
        exit,
        cases: report.cases.len(),
        caught_by: with("fail"),
        passed: with("pass"),
    })
}

fn judge(faults: &[String], outcomes: &BTreeMap<String, Outcome>) -> Result<()> {
    let outcome = |name: &str| outcomes.get(name).with_context(|| format!("{name} did not run"));
    let control = outcome(CONTROL)?;
    ensure!(
        control.exit == 0,
        "the reader without fault is not certified: {:?}",
        control.caught_by
    );

    let mut escaped = Vec::new();
    for fault in faults {
        let outcome = outcome(fault)?;
        if outcome.exit != 1 || outcome.caught_by.is_empty() {
            escaped.push(fault.as_str());
        }
    }
    for null in NULLS {
        let outcome = outcome(null)?;
        if ![1, 3].contains(&outcome.exit) || !outcome.passed.is_empty() {
            escaped.push(null);
        }
    }
    // A device that no case gets past its way in says nothing of what the single cases can tell.
    let sharp = outcomes
        .values()
        .filter(|outcome| !outcome.caught_by.contains(SANITY));
    let caught: BTreeSet<&String> = sharp.flat_map(|outcome| &outcome.caught_by).collect();
    let idle: Vec<&String> = control
        .passed
        .iter()
        .filter(|case| !case.starts_with(SANITY) && !caught.contains(case))
        .collect();
    println!(
        "{} of {} faulty readers and null devices caught; {} of {} cases catch one that keeps to the way in",
        faults.len() + NULLS.len() - escaped.len(),
        faults.len() + NULLS.len(),
        control.passed.len() - idle.len(),
        control.passed.len(),
    );
    ensure!(escaped.is_empty(), "not caught: {}", escaped.join(", "));
    println!("these cases catch only readers that lose the way in: {idle:#?}");
    ensure!(
        idle.len() <= IDLE_MAX,
        "{} cases catch no reader that keeps to the way in, and at most {IDLE_MAX} may: give the new case a deviation \
         that it catches",
        idle.len()
    );
    Ok(())
}
