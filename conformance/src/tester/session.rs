//! Sealed requests, their answers, repeats, and events.

use super::{
    Answer, Reply, Tester,
    answer::describe,
    exchange::Former,
    frames::{self, Seen},
};
use crate::{
    embedded::protocol,
    verdict::{Step, Stop},
};
use cardwire_peers::client::{
    channel::{FIRST_EVENT, Opener, Sealer},
    handshake::Established,
};
use cardwire_spec::{Place, interpret};
use serde_json::{Value, json};

/// A session with the device.
pub(super) struct Session {
    sealer: Sealer,
    opener: Opener,
    pub(super) hash: [u8; 32],
    pub(super) client: String,
    next: u64,
    last_event: Option<u64>,
    /// The last request's bytes on the line.
    last_line: Vec<u8>,
    events: Vec<(String, Value)>,
}

impl Session {
    pub(super) const fn next_number(&self) -> u64 {
        self.next
    }

    pub(super) const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The last request that went out: its number and its frame.
    pub(super) fn last_request(&self) -> Option<(u64, &[u8])> {
        let number = self.next.checked_sub(1)?;
        Some((number, &self.last_line))
    }

    /// A request has gone out under this number, in these bytes.
    pub(super) fn count(&mut self, number: u64, line: &[u8]) {
        self.next = number + 1;
        self.last_line = line.to_vec();
    }
}

impl Tester {
    pub(super) fn begin_session(&mut self, established: Established, client: &str) {
        let Established {
            sealer,
            opener,
            session: hash,
        } = established;
        self.session = Some(Session {
            sealer,
            opener,
            hash,
            client: client.to_owned(),
            next: 0,
            last_event: None,
            last_line: Vec::new(),
            events: Vec::new(),
        });
    }

    /// Forgets the keys of a session that was replaced or has ended; what it left on the line can still be read.
    pub(super) fn retire_session(&mut self) {
        if let Some(session) = self.session.take() {
            self.retired = Some(session.opener.clone());
            self.former = Some(Former {
                sealer: session.sealer,
                opener: session.opener,
                next: session.next,
            });
        }
    }

    /// The session has ended, as the device says or as a case knows.
    pub(crate) fn session_has_ended(&mut self) {
        self.retire_session();
        self.cloud = None;
        self.maybe_open = false;
    }

    pub(super) fn session(&mut self) -> Step<&mut Session> {
        self.session
            .as_mut()
            .ok_or_else(|| Stop::Error("the case has no session".into()))
    }

    /// The number of the next request.
    pub(crate) fn next_number(&mut self) -> Step<u64> {
        Ok(self.session()?.next)
    }

    /// Who the session's client is.
    pub(crate) fn session_client(&mut self) -> Step<String> {
        Ok(self.session()?.client.clone())
    }

    /// A message sealed under any number.
    pub(crate) fn seal(&mut self, number: u64, message: &[u8]) -> Step<Vec<u8>> {
        let sealed = self.session()?.sealer.seal(number, message);
        sealed.ok_or_else(|| Stop::Error(format!("Noise has no nonce {number}")))
    }

    /// Sends a message sealed under any number, without counting it, and returns the bytes.
    pub(crate) fn send_sealed(&mut self, number: u64, message: &[u8]) -> Step<Vec<u8>> {
        let sealed = self.seal(number, message)?;
        let line = self.send_frame("sealed", number, &sealed)?;
        self.explain(Place::Request, message);
        Ok(line)
    }

    /// Sends the same request several times under numbers of their own, all in one write, and gives the answers.
    pub(crate) fn ask_in_a_row(&mut self, message: &[u8], times: u64) -> Step<Vec<Answer>> {
        let first = self.next_number()?;
        let mut bytes = Vec::new();
        for number in first..first + times {
            let sealed = self.seal(number, message)?;
            bytes.extend(frames::encode("sealed", number, &sealed)?);
        }
        self.send_bytes(&bytes, &format!("{times} requests in one write"))?;
        (first..first + times)
            .map(|number| self.take_reply(number))
            .collect()
    }

    /// Sends the next request and gives what comes for it.
    pub(crate) fn try_ask(&mut self, message: &[u8]) -> Step<Reply> {
        let number = self.next_number()?;
        let line = self.send_sealed(number, message)?;
        let session = self.session()?;
        session.last_line = line;
        session.next = number + 1;
        let reply = self.reply(number, message.first().copied().unwrap_or_default())?;
        if matches!(reply, Reply::Refusal(_)) {
            self.session_has_ended();
        }
        Ok(reply)
    }

    /// Sends the next request and gives its sealed answer.
    pub(crate) fn ask_bytes(&mut self, message: &[u8]) -> Step<Answer> {
        match self.try_ask(message)? {
            Reply::Sealed(answer) => Ok(answer),
            Reply::Refusal(_) => self.session_lost(),
        }
    }

    /// The sealed answer to a request that was sent by hand under the next number.
    pub(crate) fn take_reply(&mut self, number: u64) -> Step<Answer> {
        self.session()?.next = number + 1;
        match self.reply(number, 0)? {
            Reply::Sealed(answer) => Ok(answer),
            Reply::Refusal(_) => self.session_lost(),
        }
    }

    /// Sends the next request, by its schema's name, and gives its sealed answer.
    pub(crate) fn ask(&mut self, name: &str, fields: Value) -> Step<Answer> {
        self.ask_bytes(&super::clear::encode(name, &fields)?)
    }

    /// Sends the next request and demands this answer to it.
    pub(crate) fn expect(&mut self, name: &str, fields: Value, answer: &str) -> Step<Answer> {
        let got = self.ask(name, fields)?;
        self.demand(got.name == answer, format!("{answer} to {name}"), got.describe())?;
        Ok(got)
    }

    /// Sends the next request and demands one of these errors.
    pub(crate) fn refused(&mut self, name: &str, fields: Value, errors: &[&str]) -> Step<Answer> {
        let got = self.ask(name, fields)?;
        self.demand_error(&got, errors, name)?;
        Ok(got)
    }

    /// Demands that an answer is one of these errors.
    pub(crate) fn demand_error(&self, got: &Answer, errors: &[&str], about: &str) -> Step {
        let code = got.fields["code"].as_str();
        let right = got.name == "error" && code.is_some_and(|code| errors.contains(&code));
        self.demand(
            right,
            format!("error {} to {about}", errors.join(" or ")),
            got.describe(),
        )
    }

    /// The bytes of the last request's frame, delimiter included.
    pub(crate) fn last_line(&mut self) -> Step<Vec<u8>> {
        Ok(self.session()?.last_line.clone())
    }

    /// Sends the last request's frame again, byte for byte, and gives what comes for it.
    pub(crate) fn repeat(&mut self) -> Step<Reply> {
        let session = self.session()?;
        let (line, number) = (session.last_line.clone(), session.next.wrapping_sub(1));
        self.send_bytes(&line, "the last request again, byte for byte")?;
        self.reply(number, 0)
    }

    /// What comes for the sealed frame with this number; `code` is the request's, or 0 where any answer will do.
    pub(crate) fn reply(&mut self, number: u64, code: u8) -> Step<Reply> {
        let deadline = self.answer_due();
        while let Some(seen) = self.next_frame(deadline)? {
            if self.is_event(&seen) {
                self.take_event(&seen)?;
            } else if seen.is_clear() && seen.frame.payload == [0xFF] {
                let answer = Answer {
                    name: "refusal".into(),
                    fields: json!({}),
                    bytes: vec![0xFF],
                    line: seen.line,
                };
                return Ok(Reply::Refusal(answer));
            } else if !seen.is_clear() && seen.frame.number == number {
                return self.open_answer(seen, code).map(Reply::Sealed);
            } else {
                let expected = format!("a sealed answer with the number {number} of its request");
                return self.under("CW-SESS-002", |tester| tester.fail(expected, seen.describe()));
            }
        }
        self.no_answer()
    }

    /// Keeps in mind the job that may still run.
    fn note_job(&mut self, answer: &Answer) {
        let job = answer.fields["job"].as_str();
        let is_running = answer.fields["state"] == "running";
        match answer.name.as_str() {
            "instruct_answer" | "job_status_answer" if is_running => {
                self.unfinished = job.map(str::to_owned);
            }
            "job_status_answer" if self.unfinished.as_deref() == job => self.unfinished = None,
            _ => {}
        }
    }

    /// Opens an answer, in this session or in the one before, and holds it to what it may be.
    pub(super) fn open_answer(&mut self, seen: Seen, code: u8) -> Step<Answer> {
        let openers = [
            self.session.as_ref().map(|session| &session.opener),
            self.former.as_ref().map(|former| &former.opener),
        ];
        let opened = openers
            .into_iter()
            .flatten()
            .find_map(|opener| opener.open(seen.frame.number, &seen.frame.payload));
        let Some(bytes) = opened else {
            return self.under("CW-SESS-001", |tester| {
                tester.fail(
                    "an answer sealed under the reader's key and the request's number",
                    seen.describe(),
                )
            });
        };
        self.explain(Place::Answer, &bytes);
        let tree = match interpret::decode(protocol(), Place::Answer, &bytes) {
            Ok(tree) => tree,
            Err(fault) => {
                return self.under("CW-CODEC-001", |tester| {
                    tester.fail("an answer that is well formed", fault)
                });
            }
        };
        self.judge_numbers(&tree)?;
        let answer = Answer {
            fields: interpret::to_json(&tree),
            name: tree.name,
            bytes,
            line: seen.line,
        };
        self.note_job(&answer);
        self.judge_answer(&answer, code)?;
        Ok(answer)
    }

    /// Holds an answer to being one that its request may have.
    fn judge_answer(&mut self, answer: &Answer, code: u8) -> Step {
        if code == 0 {
            return Ok(());
        }
        let request = protocol()
            .messages_at(Place::Request)
            .find(|message| message.code == code);
        let allowed = request.map_or(vec!["error"], |request| {
            request.answers.iter().map(String::as_str).collect()
        });
        if !allowed.contains(&answer.name.as_str()) {
            return self.fail(allowed.join(" or "), answer.describe());
        }
        if answer.name == "error" && answer.number("request")? != u64::from(code) {
            let expected = format!("an error that names the request {code}");
            return self.under("CW-SESS-012", |tester| tester.fail(expected, answer.describe()));
        }
        Ok(())
    }

    pub(super) fn is_event(&self, seen: &Seen) -> bool {
        !seen.is_clear() && seen.frame.number >= FIRST_EVENT
    }

    /// Takes an event of this session, or of the one before.
    pub(crate) fn take_event(&mut self, seen: &Seen) -> Step {
        let (number, payload) = (seen.frame.number, &seen.frame.payload);
        let opened = self
            .session
            .as_ref()
            .and_then(|session| session.opener.open(number, payload));
        let Some(message) = opened.filter(|_| self.is_event(seen)) else {
            let old = self
                .retired
                .as_ref()
                .and_then(|opener| opener.open(number, payload));
            if old.is_some() {
                self.trace.meaning("an event of the session before", None);
                return Ok(());
            }
            return self.under("CW-SESS-013", |tester| {
                tester.fail("nothing, or an event of this session", seen.describe())
            });
        };
        self.explain(Place::Event, &message);
        let tree = match interpret::decode(protocol(), Place::Event, &message) {
            Ok(tree) => tree,
            Err(fault) => {
                return self.under("CW-CODEC-001", |tester| {
                    tester.fail("an event that is well formed", fault)
                });
            }
        };
        self.judge_numbers(&tree)?;
        let session = self.session()?;
        let last = session.last_event.replace(number);
        session
            .events
            .push((tree.name.clone(), interpret::to_json(&tree)));
        let ascends = last.is_none_or(|last| last < number);
        self.under("CW-SESS-013", |tester| {
            tester.demand(
                ascends,
                "event numbers that ascend strictly",
                format!("{number} after {last:?}"),
            )
        })
    }

    /// The events of this session so far: name and fields.
    pub(crate) fn events(&mut self) -> Step<&[(String, Value)]> {
        Ok(&self.session()?.events)
    }

    /// Asks how the reader stands.
    pub(crate) fn status(&mut self) -> Step<Answer> {
        let answer = self.expect("reader_status", json!({}), "reader_status_answer")?;
        self.note_status(&answer);
        Ok(answer)
    }

    /// Holds the session to being in this state.
    pub(crate) fn state_is(&mut self, state: &str) -> Step<Answer> {
        let answer = self.status()?;
        let seen = describe("reader_status_answer", &answer.fields);
        self.demand(
            answer.fields["state"] == state,
            format!("a session that is {state}"),
            seen,
        )?;
        Ok(answer)
    }

    /// Ends the session.
    pub(crate) fn disconnect(&mut self) -> Step {
        self.under("CW-SESS-010", |tester| {
            tester.expect("disconnect", json!({}), "disconnect_answer")
        })?;
        self.retire_session();
        self.cloud = None;
        self.maybe_open = false;
        Ok(())
    }

    /// Keeps the keys of a session that must have ended, so that a case can show that it has.
    pub(crate) fn disconnect_and_keep(&mut self) -> Step {
        self.under("CW-SESS-010", |tester| {
            tester.expect("disconnect", json!({}), "disconnect_answer")
        })?;
        Ok(())
    }
}
