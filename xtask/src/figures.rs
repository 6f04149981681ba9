//! What the conformance suite has to reach, measured or read from what longer chores have left, beside its bars.

use crate::{
    certify::{Bench, READERS, Report},
    core_mutants, false_alarms, proof,
    workspace::Workspace,
};
use anyhow::{Result, ensure};
use cardwire_spec::book::Level;

/// A whole certification over TCP takes less than so many seconds, and is worth so much.
const SECONDS: f64 = 20.0;
const CASES: usize = 500;
const STEPS: u64 = 50_000;
/// Of the model's steps so many are judged in a second, on one connection.
const STEPS_PER_SECOND: f64 = 5_000.0;

/// The cases in which the model steps.
const WALKS: [&str; 4] = ["--filter", "walk.*", "--filter", "states.*"];

/// One figure.
struct Figure {
    name: &'static str,
    bar: String,
    value: String,
    holds: bool,
    command: &'static str,
}

/// Prints every figure with its bar; fails where one falls short.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let bench = Bench::prepare(workspace)?;
    let mut figures = whole(&bench)?;
    figures.push(pace(&bench)?);
    figures.push(alarms(workspace)?);
    figures.push(mutants(workspace)?);
    figures.push(covered(workspace)?);
    for Figure {
        name,
        bar,
        value,
        holds,
        command,
    } in &figures
    {
        let holds = if *holds { "holds" } else { "FALLS SHORT" };
        println!("{name:<58}  {bar:<16}  {value:<22}  {holds:<11}  {command}");
    }
    let short = figures.iter().filter(|figure| !figure.holds).count();
    ensure!(short == 0, "{short} of {} figures fall short", figures.len());
    Ok(())
}

/// A whole certification.
fn whole(bench: &Bench<'_>) -> Result<Vec<Figure>> {
    bench.over_tcp(READERS, &[])?;
    let Report {
        outcome,
        seconds,
        cases,
        model,
    } = Report::read(&bench.report("tcp"))?;
    ensure!(outcome == "certified", "the reference reader is {outcome}");
    // Those of sanity stand between the others, and are of the bench.
    let ran = cases
        .iter()
        .filter(|case| case.verdict == "pass" && case.group != "sanity")
        .count();
    let command = "cargo xtask figures";
    Ok(vec![
        Figure {
            name: "full certification over TCP, 2 processors",
            bar: format!("under {SECONDS} s"),
            value: format!("{seconds:.1} s"),
            holds: seconds < SECONDS,
            command,
        },
        Figure {
            name: "its cases",
            bar: format!("at least {CASES}"),
            value: ran.to_string(),
            holds: ran >= CASES,
            command,
        },
        Figure {
            name: "its judged steps of the model",
            bar: format!("at least {STEPS}"),
            value: model.steps.to_string(),
            holds: model.steps >= STEPS,
            command,
        },
    ])
}

/// The walks of the model alone, on one reader.
fn pace(bench: &Bench<'_>) -> Result<Figure> {
    bench.over_tcp(1, &WALKS)?;
    let Report { model, .. } = Report::read(&bench.report("tcp"))?;
    Ok(Figure {
        name: "judged steps of the model a second, on one connection",
        bar: format!("at least {STEPS_PER_SECOND}"),
        value: format!("{:.0}", model.steps_per_second),
        holds: model.steps_per_second >= STEPS_PER_SECOND,
        command: "cargo xtask figures",
    })
}

fn alarms(workspace: &Workspace) -> Result<Figure> {
    let (runs, alarms) = false_alarms::known(workspace)?;
    Ok(Figure {
        name: "false alarms on a sound reader, with other seeds, under load",
        bar: format!("0 in {} runs", false_alarms::RUNS),
        value: format!("{alarms} in {runs} runs"),
        holds: alarms == 0 && runs >= false_alarms::RUNS,
        command: "cargo xtask false-alarms",
    })
}

fn mutants(workspace: &Workspace) -> Result<Figure> {
    let bar = core_mutants::SCORE_MIN;
    let (value, holds) = match core_mutants::recorded(workspace)? {
        Some((killed, of)) => {
            let score = killed as f64 / of as f64;
            (
                format!("{:.1} % of {of}", 100.0 * score),
                score >= bar && of >= core_mutants::SAMPLE,
            )
        }
        None => ("not measured".into(), false),
    };
    Ok(Figure {
        name: "mutants of the reader core that certification alone kills",
        bar: format!("at least {:.0} %", 100.0 * bar),
        value,
        holds,
        command: "cargo xtask core-mutants",
    })
}

fn covered(workspace: &Workspace) -> Result<Figure> {
    let counts = proof::recorded(workspace, Level::Must)?;
    // What binds the cloud waits for the suite that certifies one.
    let testable = counts.all - counts.not_testable - counts.cloud;
    Ok(Figure {
        name: "testable MUSTs that a killing case covers",
        bar: "100 %".into(),
        value: format!("{} of {testable}", counts.killed),
        holds: counts.killed == testable,
        command: "cargo xtask proof",
    })
}
