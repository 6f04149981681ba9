//! Shows every input to both judges, on all cores.

use crate::{
    corpus::{BLOCK, Corpus},
    input::{Input, Subject},
    judge::{Judge, Verdict},
};
use cardwire_spec::Protocol;
use core::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::mpsc,
    thread,
};

/// Of so many inputs that are taken one is looked at closely.
const THOROUGH: u64 = 50;

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many inputs; a block is not cut, so that it may be some more.
    pub inputs: u64,
    /// From which all of them follow.
    pub seed: u64,
    /// How many threads; the result is the same for any number.
    pub threads: usize,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many inputs were shown.
    pub inputs: u64,
    /// How many of them had this outcome: what they were taken for, and what the first judge said.
    pub outcomes: BTreeMap<(&'static str, &'static str), u64>,
    /// Codes of messages and documents that were taken at least once.
    pub taken: BTreeSet<u8>,
}

/// An input that the two do not agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement<'p> {
    /// Which one it is of the run, counted from 0.
    pub number: u64,
    /// The input.
    pub input: Input<'p>,
    /// What each of them says.
    pub verdicts: [Verdict; 2],
}

/// Shows the inputs that follow from the seed to both judges, up to the first that they disagree on. `progress` is told
/// about once a second how many there were.
///
/// # Errors
/// The first input on which they disagree.
pub fn run<'p>(
    protocol: &'p Protocol,
    judges: [&dyn Judge; 2],
    options: Options,
    progress: impl Fn(u64),
) -> Result<Report, Box<Disagreement<'p>>> {
    let corpus = Corpus::new(protocol);
    let next = AtomicU64::new(0);
    // Blocks from here on need not be looked at. It only falls, and blocks are handed out in order: whatever is below
    // the first disagreement has been looked at when all threads have ended.
    let end = AtomicU64::new(options.inputs.div_ceil(BLOCK));
    let (done, results) = mpsc::channel();
    let mut report = Report::default();
    let mut first: Option<Box<Disagreement<'p>>> = None;
    thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            let (corpus, next, end, done) = (&corpus, &next, &end, done.clone());
            scope.spawn(move || {
                loop {
                    let block = next.fetch_add(1, Ordering::Relaxed);
                    if block >= end.load(Ordering::Relaxed) {
                        break;
                    }
                    let result = look(corpus, judges, options.seed, block);
                    if result.is_err() {
                        end.fetch_min(block, Ordering::Relaxed);
                    }
                    // The receiver outlives this scope.
                    let _ = done.send(result);
                }
            });
        }
        drop(done);
        let mut told = std::time::Instant::now();
        for result in results {
            match result {
                Ok(part) => report.add(part),
                Err(found) if first.as_ref().is_none_or(|first| found.number < first.number) => {
                    first = Some(found);
                }
                Err(_) => {}
            }
            if told.elapsed() >= Duration::from_secs(1) {
                told = std::time::Instant::now();
                progress(report.inputs);
            }
        }
    });
    first.map_or(Ok(report), Err)
}

/// Looks at one block.
fn look<'p>(
    corpus: &Corpus<'p>,
    judges: [&dyn Judge; 2],
    seed: u64,
    block: u64,
) -> Result<Report, Box<Disagreement<'p>>> {
    let mut report = Report::default();
    for (index, input) in (0..).zip(corpus.block(seed, block)) {
        let verdicts = judges.map(|judge| judge.judge(&input, index % THOROUGH == 0));
        let [one, other] = &verdicts;
        if one != other || matches!(one, Verdict::Rewritten { .. }) {
            return Err(Box::new(Disagreement {
                number: block * BLOCK + index,
                input,
                verdicts,
            }));
        }
        report.count(&input, one);
    }
    Ok(report)
}

impl Report {
    fn count(&mut self, input: &Input<'_>, verdict: &Verdict) {
        let sort = match input.subject {
            Subject::Message(_) => "message",
            Subject::Cbor(_) => "cbor",
            Subject::Line => "line",
            Subject::Stream => "stream",
        };
        self.inputs += 1;
        *self.outcomes.entry((sort, verdict.outcome())).or_default() += 1;
        if let (Subject::Message(_), Verdict::Taken { .. }, Some(code)) =
            (input.subject, verdict, input.bytes.first())
        {
            self.taken.insert(*code);
        }
    }

    fn add(&mut self, other: Self) {
        self.inputs += other.inputs;
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.taken.extend(other.taken);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((sort, outcome), count) in &self.outcomes {
            let percent = *count as f64 * 100.0 / self.inputs as f64;
            writeln!(f, "{count:>12}  {percent:>6.2} %  {sort}: {outcome}")?;
        }
        write!(
            f,
            "{:>12}  inputs, on all of which both agree; {} messages and documents were taken",
            self.inputs,
            self.taken.len()
        )
    }
}
