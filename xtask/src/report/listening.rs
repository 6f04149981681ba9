//! A faulty reader that waits for the tester on a port: what a reset of its link alone does can't be seen of a child,
//! which ends with its link.

use anyhow::{Context as _, Result};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

/// The device, until this goes out of use.
#[derive(Debug)]
pub(crate) struct Listening {
    child: Child,
    /// Where it listens, as endpoints name it.
    pub(crate) place: String,
}

impl Listening {
    /// Starts the program with these words, so that it listens.
    pub(crate) fn start(program: &Path, words: &[&str]) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(words).args(["--listen", "tcp:127.0.0.1:0"]);
        let child = command.stderr(Stdio::piped()).spawn();
        let child = child.with_context(|| format!("{} can't be started", program.display()))?;
        let mut listening = Self {
            child,
            place: String::new(),
        };
        let said = listening
            .child
            .stderr
            .take()
            .context("it has no standard error")?;
        let mut lines = BufReader::new(said).lines();
        let mut places = lines.by_ref().map_while(Result::ok);
        let place = places.find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
        // What it says from now on is dropped, so that it never waits for a reader of its words.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        listening.place = place.context("it does not say where it listens")?;
        Ok(listening)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
