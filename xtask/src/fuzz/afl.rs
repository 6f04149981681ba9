//! Runs a program that AFL++ drives, and reads the figures that it leaves.

use super::{Places, corpora, programs::ANY_TARGET, results::Progress};
use anyhow::{Context as _, Result, ensure};
use core::time::Duration;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

/// How often whoever waits hears how far it has come.
const TELL: Duration = Duration::from_secs(2);

/// How long AFL++ may take besides its time: it tries every input of the corpus first.
const GRACE: Duration = Duration::from_secs(1800);

/// The longest input; libFuzzer's bound where the corpus says nothing else.
const LONGEST: &str = "4096";

/// Fuzzes until the time is over, and returns the inputs that break the property, copied to the crashes.
pub(super) fn run(
    program: &Path,
    target: &str,
    places: &Places,
    span: Duration,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<PathBuf>> {
    let folder = places.made.join("afl").join(target);
    // What a run has left that was interrupted.
    feed(places, target)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let begin = beginning(places, target)?;
    let log = fs::File::create(folder.join("log"))?;
    let mut command = Command::new("afl-fuzz");
    command
        .arg("-i")
        .arg(&begin)
        .arg("-o")
        .arg(&folder)
        .args(["-G", LONGEST, "-m", "none", "-t", "20000+", "-V"])
        .arg(span.as_secs().max(1).to_string());
    if let Some(dictionary) = places.dictionary(target) {
        command.arg("-x").arg(dictionary);
    }
    command.arg("--").arg(program).env(ANY_TARGET, target);
    for (name, value) in [
        ("AFL_NO_UI", "1"),
        // The machine's governor and its core pattern are not ours to change.
        ("AFL_SKIP_CPUFREQ", "1"),
        ("AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1"),
        ("AFL_NO_AFFINITY", "1"),
        ("AFL_BENCH_UNTIL_CRASH", "1"),
        ("AFL_FAST_CAL", "1"),
    ] {
        command.env(name, value);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("afl-fuzz can't be started")?;
    let stats = folder.join("default/fuzzer_stats");
    let (started, mut told) = (Instant::now(), Instant::now());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > span + GRACE {
            child.kill()?;
            break child.wait()?;
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            tell(read(&stats));
        }
        thread::sleep(Duration::from_millis(100));
    };
    tell(read(&stats));
    feed(places, target)?;
    let crashes = crashes(&folder.join("default/crashes"), &places.crashes(target))?;
    ensure!(
        status.success() || !crashes.is_empty(),
        "afl-fuzz ended with {status}: its last words are in {}",
        folder.join("log").display()
    );
    Ok(crashes)
}

/// A command that tries the inputs that it is given.
pub(super) fn command(program: &Path, target: &str) -> Command {
    let mut command = Command::new(program);
    command.env(ANY_TARGET, target);
    command
}

/// Puts what AFL++ has found to the corpus of all engines.
fn feed(places: &Places, target: &str) -> Result<()> {
    let queue = places.made.join("afl").join(target).join("default/queue");
    corpora::add(&places.grown(target), &corpora::files(&queue)?)?;
    Ok(())
}

/// All inputs in one folder, which is how AFL++ takes them; one at least, and none empty.
fn beginning(places: &Places, target: &str) -> Result<PathBuf> {
    let folder = places.made.join("afl-in").join(target);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut all = places.beginnings(target);
    all.push(places.grown(target));
    for from in all.iter().filter(|from| from.is_dir()) {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.metadata()?.len() > 0 {
                fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
    }
    fs::write(folder.join("zero"), [0])?;
    Ok(folder)
}

fn crashes(from: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let Ok(entries) = fs::read_dir(from) else {
        return Ok(all);
    };
    fs::create_dir_all(to)?;
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy()) else {
            continue;
        };
        // Each is named after how it was found: `id:000000,sig:06,...`.
        if let Some(rest) = name.strip_prefix("id:") {
            let number = rest.split(',').next().unwrap_or(rest);
            let copy = to.join(format!("afl-{number}"));
            fs::copy(&path, &copy)?;
            all.push(copy);
        }
    }
    all.sort();
    Ok(all)
}

fn read(stats: &Path) -> Progress {
    let text = fs::read_to_string(stats).unwrap_or_default();
    let value = |wanted: &str| {
        let of = |line: &str| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == wanted).then(|| value.trim().parse().ok())?
        };
        text.lines().find_map(of).unwrap_or_default()
    };
    Progress {
        executions: value("execs_done"),
        coverage: value("edges_found"),
        corpus: value("corpus_count"),
    }
}
