//! Runs a program that libFuzzer drives, and reads what it says.

use super::{Places, programs::ANY_TARGET, results::Progress};
use anyhow::{Context as _, Result};
use core::time::Duration;
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Instant,
};

/// What an input may take, in seconds. The slowest takes milliseconds.
const INPUT_SECONDS: u64 = 20;

/// What a target may take of memory, in MB.
const MEMORY_MB: u64 = 2048;

/// How long libFuzzer may take besides its time, which it does not look at before it has replayed what it begins with: with a
/// sanitizer and a corpus that has grown for days that is long. What hangs is a single input, which has a bound of its own.
const GRACE: Duration = Duration::from_secs(1800);

/// How often whoever waits hears how far it has come.
const TELL: Duration = Duration::from_secs(2);

/// One run.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) program: &'a Path,
    pub(super) target: &'a str,
    pub(super) places: &'a Places,
    /// How long it fuzzes; none: it only replays what it begins with.
    pub(super) span: Option<Duration>,
}

/// What libFuzzer has said so far.
#[derive(Debug, Default)]
struct Seen {
    progress: Progress,
    crash: Option<PathBuf>,
}

/// Fuzzes until the time is over or an input breaks the property, which is returned.
pub(super) fn run(job: &Job<'_>, tell: &mut dyn FnMut(Progress)) -> Result<Option<PathBuf>> {
    let grown = job.places.grown(job.target);
    let crashes = job.places.crashes(job.target);
    let logs = job.places.made.join("logs");
    for folder in [&grown, &crashes, &logs] {
        fs::create_dir_all(folder)?;
    }
    let mut command = command(job.program, job.target);
    command.arg(&grown).args(job.places.beginnings(job.target));
    match job.span {
        Some(span) => command.arg(format!("-max_total_time={}", span.as_secs().max(1))),
        None => command.arg("-runs=0"),
    };
    if let Some(dictionary) = job.places.dictionary(job.target) {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .args(["-print_final_stats=1", "-use_value_profile=0"]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} can't be started", job.program.display()))?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let reader = child.stderr.take().map(|errors| {
        let seen = Arc::clone(&seen);
        let log = fs::File::create(logs.join(format!("{}.log", job.target)));
        thread::spawn(move || {
            let mut log = log.ok();
            // Panics may carry any bytes.
            for line in BufReader::new(errors)
                .split(b'\n')
                .map_while(core::result::Result::ok)
            {
                let line = String::from_utf8_lossy(&line).into_owned();
                if let Some(log) = &mut log {
                    // A log that can't be written is no reason to stop.
                    let _ = writeln!(log, "{line}");
                }
                hear(&mut seen.lock().unwrap_or_else(PoisonError::into_inner), &line);
            }
        })
    });
    let ended = wait(&mut child, job.span, &mut || {
        tell(seen.lock().unwrap_or_else(PoisonError::into_inner).progress);
    })?;
    if let Some(reader) = reader {
        // It ends with the program's output.
        drop(reader.join());
    }
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    tell(seen.progress);
    if ended {
        return Ok(None);
    }
    let log = logs.join(format!("{}.log", job.target));
    let crash = seen.crash.clone();
    crash.map(Some).with_context(|| {
        format!(
            "{} ended, and names no input: its last words are in {}",
            job.target,
            log.display()
        )
    })
}

/// A command with the bounds that every input has to keep.
pub(super) fn command(program: &Path, target: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env(ANY_TARGET, target)
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-report_slow_units={INPUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB}"));
    command
}

/// Waits for the end, and says whether it was a good one.
fn wait(child: &mut Child, span: Option<Duration>, tell: &mut dyn FnMut()) -> Result<bool> {
    let begin = Instant::now();
    let mut told = begin;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if span.is_some_and(|span| begin.elapsed() > span + GRACE) {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            tell();
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn hear(seen: &mut Seen, line: &str) {
    if let Some(file) = line.split("Test unit written to ").nth(1) {
        seen.crash = Some(file.trim().into());
        return;
    }
    if let Some(number) = line.strip_prefix("stat::number_of_executed_units:") {
        seen.progress.executions = number.trim().parse().unwrap_or(seen.progress.executions);
        return;
    }
    let Some((number, rest)) = line.strip_prefix('#').and_then(|rest| rest.split_once('\t')) else {
        return;
    };
    let Ok(number) = number.trim().parse() else {
        return;
    };
    seen.progress.executions = number;
    let mut words = rest.split_whitespace();
    while let Some(word) = words.next() {
        let place = match word {
            "cov:" => &mut seen.progress.coverage,
            "corp:" => &mut seen.progress.corpus,
            _ => continue,
        };
        let value = words
            .next()
            .and_then(|value| value.split('/').next()?.parse().ok());
        *place = value.unwrap_or(*place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libfuzzer_is_understood() {
        let mut seen = Seen::default();
        for line in [
            "INFO: Running with entropic power schedule (0xFF, 100).",
            "#2\tINITED cov: 17 ft: 20 corp: 1/1b exec/s: 0 rss: 38Mb",
            "#65536\tpulse  cov: 812 ft: 2001 corp: 120/34Kb lim: 4096 exec/s: 21845 rss: 50Mb",
            "#not a number\tNEW cov: 1",
        ] {
            hear(&mut seen, line);
        }
        let progress = Progress {
            executions: 65536,
            coverage: 812,
            corpus: 120,
        };
        assert_eq!(seen.progress, progress);
        hear(&mut seen, "stat::number_of_executed_units: 70001");
        hear(
            &mut seen,
            "artifact_prefix='/a/'; Test unit written to /a/crash-12",
        );
        assert_eq!(seen.progress.executions, 70001);
        assert_eq!(seen.crash.as_deref(), Some(Path::new("/a/crash-12")));
    }
}
