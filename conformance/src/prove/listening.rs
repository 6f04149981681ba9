//! A reader that waits for the tester on a port: what a reset of its link alone does can't be seen of a child, which ends
//! with its link.

use cardwire_peers::Endpoint;
use std::{
    io::{self, BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

/// The device, until this goes out of use.
#[derive(Debug)]
pub(super) struct Listening {
    child: Child,
    /// Where it listens.
    pub(super) place: Endpoint,
}

impl Listening {
    /// Starts a program so that it listens.
    pub(super) fn start(command: &[String]) -> io::Result<Self> {
        let (program, words) = command
            .split_first()
            .ok_or_else(|| io::Error::other("no program is named"))?;
        let mut child = Command::new(program)
            .args(words)
            .args(["--listen", "tcp:127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()?;
        let said = child.stderr.take();
        let mut lines = BufReader::new(said.ok_or_else(|| io::Error::other("no standard error"))?).lines();
        let mut places = lines.by_ref().map_while(Result::ok);
        let place = places.find_map(|line| line.strip_prefix("listening on ")?.parse().ok());
        // What it says from now on is dropped, so that it never waits for a reader of its words.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let Some(place) = place else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::other("it does not say where it listens"));
        };
        Ok(Self { child, place })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
