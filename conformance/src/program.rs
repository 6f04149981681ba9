//! A program under test, a codec's or a client's: started without a shell, asked one line at a time, bounded in everything that it does.
//!
//! Whatever it does wrong costs the answer at hand and no more: it is ended and started anew for the next request.

mod pipes;

use crate::trace::Way;
use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use pipes::{Line, Running};
use serde_json::{Map, Value};
use std::{io, sync::Arc, time::Instant};

/// Bytes of an answer, at most. The largest right one has a fiftieth of it.
pub(crate) const LINE_MAX: usize = 1 << 20;

/// How soon it is noticed that the run shall stop.
const GLANCE: Duration = Duration::from_millis(100);

/// Characters of an answer that are shown.
const SHOWN: usize = 240;

/// A program, running or not.
pub(crate) struct Program {
    command: Vec<String>,
    timeout: Duration,
    /// Ends all waiting when it becomes true.
    stop: Arc<AtomicBool>,
    running: Option<Running>,
    next_id: u64,
}

/// Why there is no answer: the program is gone, or has to go.
#[derive(Debug)]
pub(crate) struct Loss {
    /// What was seen instead of an answer, in words.
    pub(crate) seen: String,
}

/// An answer without its `id`.
pub(crate) type Answer = Map<String, Value>;

impl Program {
    /// Starts the program.
    pub(crate) fn start(command: &[String], timeout: Duration, stop: Arc<AtomicBool>) -> io::Result<Self> {
        Ok(Self {
            command: command.to_vec(),
            timeout,
            stop,
            running: Some(Running::start(command)?),
            next_id: 0,
        })
    }

    /// Puts a request to the program, which is started anew where it was lost before. `line` writes it under an id, `told`
    /// hears what goes either way and what there is to say about it.
    pub(crate) fn ask(
        &mut self,
        line: impl FnOnce(u64) -> String,
        told: &mut dyn FnMut(Way, &str),
    ) -> Result<Answer, Loss> {
        let id = self.next_id;
        self.next_id += 1;
        let running = match self.running.take() {
            Some(running) => running,
            None => Running::start(&self.command).map_err(|error| Loss {
                seen: format!("the program can't be started again: {error}"),
            })?,
        };
        let line = line(id);
        told(Way::Sent, &line);
        running.send(line);
        match self.answer(&running, id, told) {
            Ok(answer) => {
                self.running = Some(running);
                Ok(answer)
            }
            Err(what) => {
                let seen = running.end(&what);
                told(Way::Note, &seen);
                Err(Loss { seen })
            }
        }
    }

    fn answer(&self, running: &Running, id: u64, told: &mut dyn FnMut(Way, &str)) -> Result<Answer, String> {
        let deadline = Instant::now() + self.timeout;
        let line = match self.next_line(running, deadline)? {
            Some(Line::Text(line)) => line,
            Some(Line::NotText) => return Err("a line that is not UTF-8".into()),
            Some(Line::TooLong) => return Err(format!("a line of more than {LINE_MAX} bytes")),
            Some(Line::End) => return Err("the end of its standard output".into()),
            None => {
                return Err(format!("no answer within {} s", self.timeout.as_secs_f64()));
            }
        };
        told(Way::Received, &line);
        let mut answer = match serde_json::from_str(&line) {
            Ok(Value::Object(answer)) => answer,
            Ok(_) | Err(_) => return Err(format!("a line that is no JSON object: {}", shown(&line))),
        };
        match answer.remove("id") {
            Some(Value::Number(number)) if number.as_u64() == Some(id) => Ok(answer),
            Some(other) => {
                let hint = match other.as_u64() {
                    Some(other) if other + 1 == id => ": perhaps a second answer to the request before",
                    _ => "",
                };
                let other = shown(&other.to_string());
                Err(format!("an answer with the id {other}, not {id}{hint}"))
            }
            None => Err(format!("an answer without id: {}", shown(&line))),
        }
    }
}

impl Program {
    /// The next line before the deadline; an error where the run shall stop.
    fn next_line(&self, running: &Running, deadline: Instant) -> Result<Option<Line>, String> {
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err("nothing, because the run is interrupted".into());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match running.receive(left.min(GLANCE)) {
                None if left > GLANCE => {}
                line => return Ok(line),
            }
        }
    }
}

/// Text of the program as a person may see it: in one line, without control characters, and not all of it.
pub(crate) fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    let mut shown: String = text.chars().take(SHOWN).map(clean).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
