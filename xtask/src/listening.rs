//! A program that listens and says where: readers and clouds of the chores.

use anyhow::{Context as _, Result};
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

/// Ends a process when it goes out of use.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, until this goes out of use.
#[derive(Debug)]
pub(crate) struct Listening {
    _running: Running,
    /// Where it listens, as endpoints name it.
    pub(crate) place: String,
}

impl Listening {
    /// Starts it, and waits until it says on standard error where it listens.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut running = Running(child.with_context(|| format!("{program} can't be started"))?);
        let said = running.0.stderr.take().context("it has no standard error")?;
        let mut lines = BufReader::new(said).lines();
        let place = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
        // What it says from now on is dropped, so that it never waits for a reader of its words.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let place = place.with_context(|| format!("{program} ended before it listened"))?;
        Ok(Self {
            _running: running,
            place,
        })
    }
}
