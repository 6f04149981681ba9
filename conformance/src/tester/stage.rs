//! The states that cases start in, and the way back to nothing between them.

use super::{Login, Tester};
use crate::{
    standstill::Deadline,
    verdict::{Step, Stop},
};
use cardwire_spec::interpret::frame::DELIMITER;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Instant;

/// Where a case starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Start {
    /// No session.
    Locked,
    /// The first certification client is connected.
    Connected,
    /// The reader is logged in; all services of the specification are offered and granted.
    Serving,
}

impl Tester {
    /// Brings the device from wherever the case before left it to `locked`, with an empty line.
    pub(crate) fn reset(&mut self) -> Step {
        if self.line.is_open() && self.leave().is_ok() {
            return self.end_work();
        }
        // What a case has done to the device must not decide the next one.
        self.start_over()?;
        self.end_work()
    }

    /// Ends a service that the case before has left running: its job is nothing that the next one knows of.
    fn end_work(&mut self) -> Step {
        if core::mem::take(&mut self.on_trial) {
            // The trial ends here, whichever way: the next case's login states what is in force.
            self.reach(Start::Serving)
                .and_then(|()| self.leave())
                .or_else(|_| self.start_over())?;
        }
        if self.unfinished.is_none() {
            return Ok(());
        }
        // What a device does wrong here it does in cases that are about it too.
        let _ = self.reach(Start::Serving).and_then(|()| self.end_job());
        self.unfinished = None;
        self.leave().or_else(|_| self.start_over())
    }

    /// An empty line to a device that is locked, whatever state it was in.
    fn start_over(&mut self) -> Step {
        self.reopen_link()?;
        self.wake()
    }

    /// Aborts the job of which nobody has seen the end, if there is one, and waits for that.
    pub(crate) fn end_job(&mut self) -> Step {
        let Some(job) = self.unfinished.clone() else {
            return Ok(());
        };
        self.ask("job_abort", json!({ "job": job }))?;
        self.wait_for(&job).map(drop)
    }

    /// Gives a service that a failed case has left behind the time to end with its client.
    pub(crate) fn calm(&mut self) -> Step {
        self.connect()?;
        let deadline = Deadline::within(self.bench.timers.answer);
        while !deadline.is_past() && self.all_modules_off().is_err() {
            let pause = self.bench.timers.answer / 50;
            self.let_pass(pause)?;
        }
        self.disconnect()
    }

    pub(crate) fn leave(&mut self) -> Step {
        self.settle()?;
        if self.session.is_some() {
            return self.disconnect();
        }
        if self.maybe_open {
            self.connect()?;
            return self.disconnect();
        }
        Ok(())
    }

    /// Settles with a device that has just been reset: how long it takes to boot is not specified.
    pub(crate) fn wake(&mut self) -> Step {
        let tries = 2;
        for _ in 1..tries {
            match self.settle() {
                Err(Stop::Fail(_)) if self.line.is_open() => {}
                settled => return settled,
            }
        }
        self.settle()
    }

    /// Clears the line: whatever is on it is dropped up to the answer to a hello.
    pub(crate) fn settle(&mut self) -> Step {
        self.under("CW-CONN-001", |tester| {
            tester.line.forget();
            tester.send_bytes(&[DELIMITER], "a delimiter, to clear the line")?;
            let number = tester.random.number();
            tester.send_frame("clear", number, &super::hello(&[1])?)?;
            let deadline = tester.answer_due();
            let is_answer = |payload: &[u8]| payload.first() == Some(&0x81);
            // A device that boots for longer than T_answer answers an earlier hello as well. That one is not waited for: it
            // would leave this one's answer on the line.
            let owed = tester.owed;
            let answer = tester.skip_to(deadline, |frame| {
                frame.kind == "clear" && is_answer(&frame.payload) && (!owed || frame.number == number)
            })?;
            tester.owed = answer.is_none();
            tester.demand(answer.is_some(), "hello_answer within T_answer", "none")
        })
    }

    /// Closes the link and opens it anew.
    pub(crate) fn reopen_link(&mut self) -> Step {
        self.retire_session();
        self.retired = None;
        self.cloud = None;
        self.maybe_open = false;
        self.trace.note("the link is closed and opened again");
        // A reset may come with a back-off of its own.
        self.last_wrong_connect = Some(Instant::now());
        let deadline = Deadline::within(5 * self.bench.timers.answer);
        loop {
            match self.line.reopen() {
                Ok(()) => return Ok(()),
                Err(error) if deadline.is_past() || self.line.is_stopped() => {
                    return Err(Stop::Inconclusive(format!(
                        "the link can't be opened again: {error}"
                    )));
                }
                // A device that was reset needs a moment until it listens again.
                Err(_) => std::thread::sleep(self.bench.timers.answer / 20),
            }
        }
    }

    /// Brings the device, which is locked, to where a case starts.
    pub(crate) fn reach(&mut self, start: Start) -> Step {
        match start {
            Start::Locked => {}
            Start::Connected => {
                self.connect()?;
            }
            Start::Serving => {
                self.connect()?;
                self.login(&Login::default())?;
            }
        }
        self.trace.note("the case's own steps begin");
        Ok(())
    }
}
