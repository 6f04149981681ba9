//! What to test behind a program, and how; and who sees it.

use super::{CaseResult, Choice, Head, Run};
use crate::{codec::GENERATED, expected::Expected, ics::Statement, plan::Shard, token::Token};
use core::sync::atomic::AtomicBool;
use std::{path::PathBuf, sync::Arc};

/// What to test, and how: a client, or a codec.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program and its arguments. No shell looks at them.
    pub command: Vec<String>,
    /// Patterns of case ids (`*` and `?`); a case that fits one of them runs, and its twin before it. Empty: all run.
    pub filter: Vec<String>,
    /// The part of the suite that runs, with the twins of its cases; such a run certifies nothing before it is merged with the
    /// others.
    pub shard: Option<Shard>,
    /// Runs the case of this id, its twins before it, and none beside them.
    pub only: Option<String>,
    /// What random values and generated cases follow from.
    pub seed: u64,
    /// How many generated cases a codec gets. Fewer than [`GENERATED`] certify nothing.
    pub generated: u32,
    /// What the specification's timers and the tester's patience for an answer are multiplied with; the timers in clients
    /// that can do it too.
    pub timeout_scale: f64,
    /// Failures that are known.
    pub expected: Vec<Expected>,
    /// What is claimed of a client. Without, nothing is left out that its upper tester can do.
    pub ics: Option<Arc<Statement>>,
    /// The folder for the reports.
    pub report: Option<PathBuf>,
    /// Goes on with the run whose report is there: cases that have ended are not run again.
    pub resume: bool,
    /// Puts a case that failed to the program once more, so that what does not always fail is told apart.
    pub rerun_failed: bool,
    /// Ends the run when it becomes true; the case that runs then says nothing.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// All cases, put to this program.
    #[must_use]
    pub fn new(command: Vec<String>) -> Self {
        Self {
            command,
            filter: Vec::new(),
            shard: None,
            only: None,
            seed: 0,
            generated: GENERATED,
            timeout_scale: 1.0,
            expected: Vec::new(),
            ics: None,
            report: None,
            resume: false,
            rerun_failed: true,
            stop: Arc::default(),
        }
    }

    /// The same, for the one case that a token names, as it ran then.
    #[must_use]
    pub fn replaying(self, token: &Token) -> Self {
        let Token {
            case,
            seed,
            timeout_scale,
            clock_rate: _,
        } = token.clone();
        Self {
            only: Some(case),
            seed,
            timeout_scale,
            ..self
        }
    }

    /// What chooses the cases.
    pub(crate) fn choice(&self) -> Choice<'_> {
        Choice {
            filter: &self.filter,
            shard: self.shard,
            only: self.only.as_deref(),
        }
    }
}

/// Sees a run as it goes on. Everything may be left out.
pub trait Progress {
    /// The run begins: so many cases.
    fn begin(&mut self, _cases: usize, _seed: u64) {}
    /// A case begins.
    fn case_begins(&mut self, _case: &Head) {}
    /// A case has ended.
    fn case_ends(&mut self, _result: &CaseResult) {}
    /// The run has ended.
    fn end(&mut self, _run: &Run) {}
}

/// Nobody watches.
impl Progress for () {}
