//! The reports of a run as it goes on, written over and over: whoever ends a long run finds in them what had come out.

use super::Sheet;
use crate::{certify::RunError, report};
use core::time::Duration;
use std::{io, path::Path, time::Instant};

/// How often the reports are written while the run goes on, at most.
pub(crate) const REPORT_EVERY: Duration = Duration::from_secs(1);
/// Writing the reports takes this part of the time of a run, at most.
const REPORT_SHARE: u32 = 20;

/// Writes the reports of one run.
#[derive(Debug)]
pub(crate) struct Keeper<'r> {
    folder: Option<&'r Path>,
    written: Instant,
    took: Duration,
    /// Why they were not written the last time.
    failed: Option<io::Error>,
}

impl<'r> Keeper<'r> {
    /// For this folder, or for none.
    pub(crate) fn new(folder: Option<&'r Path>) -> Self {
        Self {
            folder,
            written: Instant::now(),
            took: Duration::ZERO,
            failed: None,
        }
    }

    pub(crate) fn write_if_due<'s>(&mut self, sheet: impl FnOnce() -> Sheet<'s>) {
        if self.written.elapsed() >= REPORT_EVERY.max(self.took * REPORT_SHARE) {
            self.write(sheet);
        }
    }

    /// Writes them. That a disk is full now does not keep a run from going on.
    pub(crate) fn write<'s>(&mut self, sheet: impl FnOnce() -> Sheet<'s>) {
        let Some(folder) = self.folder else { return };
        let begun = Instant::now();
        self.failed = report::write(folder, &sheet()).err();
        self.written = Instant::now();
        self.took = self.written - begun;
    }

    /// Whether they were written the last time.
    pub(crate) fn result(&mut self) -> Result<(), RunError> {
        match (self.folder, self.failed.take()) {
            (Some(folder), Some(source)) => Err(RunError::Report {
                path: folder.into(),
                source,
            }),
            (Some(_) | None, _) => Ok(()),
        }
    }
}
