//! Shows on a terminal what is going on, once it has taken a second.

use crate::terminal::{DIM, say};
use core::time::Duration;
use std::{
    io::{self, IsTerminal, Write},
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Instant,
};

const SECOND: Duration = Duration::from_secs(1);
/// Back to the beginning of the line, and clear it.
const CLEAR: &str = "\r\x1b[2K";

/// Shows the present step until it is dropped; nothing where standard error is no terminal.
pub(crate) struct Progress(Option<(Sender<String>, JoinHandle<()>)>);

impl Progress {
    pub(crate) fn begin(step: &str) -> Self {
        let progress = Self(io::stderr().is_terminal().then(start).flatten());
        progress.step(step);
        progress
    }

    /// What is going on from now on.
    pub(crate) fn step(&self, step: &str) {
        if let Some((steps, _)) = &self.0 {
            let _ = steps.send(step.to_owned());
        }
    }

    /// Says a line above the progress.
    pub(crate) fn say(&self, line: core::fmt::Arguments<'_>) {
        if self.0.is_some() {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
        say(line);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((steps, thread)) = self.0.take() {
            drop(steps);
            let _ = thread.join();
        }
    }
}

/// Without a thread for it there is no progress to be seen, and nothing else is amiss.
fn start() -> Option<(Sender<String>, JoinHandle<()>)> {
    let (steps, changes) = channel::<String>();
    let show = move || {
        let start = Instant::now();
        let (mut present, mut shown) = (String::new(), false);
        loop {
            match changes.recv_timeout(SECOND) {
                Ok(step) => present = step,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let seconds = start.elapsed().as_secs();
            if seconds > 0 {
                shown = true;
                let mut terminal = anstream::stderr().lock();
                let _ = write!(terminal, "{CLEAR}{DIM}{present} ({seconds} s){DIM:#}");
                let _ = terminal.flush();
            }
        }
        if shown {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    };
    let thread = thread::Builder::new().name("progress".into()).spawn(show).ok()?;
    Some((steps, thread))
}
