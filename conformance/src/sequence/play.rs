//! Plays one sequence.

use super::{
    broken, deeds,
    model::{Card, Expected, How, Move, Sequence, StepData},
    pattern::{Bindings, fields_of, fill, matches},
};
use crate::{
    embedded::protocol,
    hex,
    tester::{Answer, Reply, Tester},
    verdict::{Step, Stop},
};
use cardwire_spec::{interpret, model::Channel};
use serde_json::Value;
use std::time::Instant;

/// What came for a step.
enum Came {
    Answer(Answer),
    /// The bytes of the repeat's answer are those of the answer before, or not.
    Repeated {
        same: bool,
        answer: Answer,
    },
}

impl Sequence {
    /// Plays this sequence against a device.
    pub(crate) fn play(&self, tester: &mut Tester) -> Step {
        match self.card {
            Some(Card::Certification) => deeds::needs_certification_card(tester)?,
            None => {}
        }
        tester.reach(self.start)?;
        let mut bindings = Bindings::new();
        let mut last_line = Vec::new();
        for step in &self.steps {
            let own = step
                .requirement
                .as_deref()
                .or_else(|| self.requirements.first().map(String::as_str));
            tester.check(own.unwrap_or_default());
            self.bind_known(tester, &mut bindings);
            if let Some(note) = &step.note {
                tester.trace.note(note.clone());
            }
            for _ in 0..step.times {
                let done = self.play_step(step, tester, &mut bindings, &mut last_line);
                if done.is_err() {
                    self.put_back(tester);
                    return done;
                }
            }
        }
        Ok(())
    }

    /// A card that a step has pulled out is put back, whatever came of the sequence.
    fn put_back(&self, tester: &mut Tester) {
        if self.steps.iter().any(|step| step.bench == Some(Move::RemoveCard)) {
            // The case has failed already; what comes of this is the next case's matter.
            let _ = tester.move_card(true);
        }
    }

    /// Names that are bound without a step.
    fn bind_known(&self, tester: &mut Tester, bindings: &mut Bindings) {
        if let Some(reader_id) = &tester.device.reader_id {
            bindings.insert("reader_id".into(), Value::from(reader_id.as_str()));
        }
        if let Ok(client) = tester.session_client() {
            bindings.insert("client_id".into(), Value::from(client));
        }
    }

    fn play_step(
        &self,
        step: &StepData,
        tester: &mut Tester,
        bindings: &mut Bindings,
        last_line: &mut Vec<u8>,
    ) -> Step {
        if let Some(start) = step.reach {
            return tester.reach(start);
        }
        if deeds::play(self, step, tester)? {
            return Ok(());
        }
        let expected = step.expected();
        if step.until.is_empty() {
            return self
                .exchange(step, &expected, tester, bindings, last_line)
                .map(drop);
        }
        let deadline = Instant::now() + tester.bench.timers.module;
        loop {
            let answer = self.exchange(step, &expected, tester, bindings, last_line)?;
            let fields = answer.map(|answer| answer.fields).unwrap_or_default();
            let Err(why) = matches(&step.until, &fields, bindings) else {
                return Ok(());
            };
            if Instant::now() > deadline {
                return tester.fail(format!("in time {}", Value::from(step.until.clone())), why);
            }
            let pause = tester.bench.timers.answer / 50;
            tester.let_pass(pause)?;
        }
    }

    fn exchange(
        &self,
        step: &StepData,
        expected: &[Expected],
        tester: &mut Tester,
        bindings: &mut Bindings,
        last_line: &mut Vec<u8>,
    ) -> Step<Option<Answer>> {
        if step.repeat {
            let answer = self.sealed(tester.repeat()?, tester)?;
            let same = answer.line == *last_line;
            return self
                .judge(expected, Came::Repeated { same, answer }, tester, bindings)
                .map(Some);
        }
        let message = self.message(step, tester, bindings)?;
        let is_silent = matches!(expected, [Expected { expect, .. }] if expect == "silence");
        match self.how(step, &message)? {
            How::Clear if is_silent => {
                let number = tester.random.number();
                tester.send_frame("clear", number, &message)?;
            }
            How::Clear => {
                let answer = tester.ask_clear(&message)?;
                return self
                    .judge(expected, Came::Answer(answer), tester, bindings)
                    .map(Some);
            }
            How::Sealed if is_silent || step.number != 0 => {
                let number = tester.next_number()?.wrapping_add_signed(step.number);
                tester.send_sealed(number, &message)?;
                if !is_silent {
                    return Err(broken(self, "a sealed frame with a wrong number expects silence"));
                }
            }
            How::Sealed => {
                let answer = match tester.try_ask(&message)? {
                    Reply::Sealed(answer) | Reply::Refusal(answer) => answer,
                };
                last_line.clone_from(&answer.line);
                return self
                    .judge(expected, Came::Answer(answer), tester, bindings)
                    .map(Some);
            }
            How::Relayed => {
                let answer = tester.cloud_ask_bytes(&message)?;
                last_line.clone_from(&answer.line);
                return self
                    .judge(expected, Came::Answer(answer), tester, bindings)
                    .map(Some);
            }
        }
        tester.silence(step.send.as_deref().unwrap_or("these bytes"))?;
        Ok(None)
    }

    fn sealed(&self, reply: Reply, tester: &Tester) -> Step<Answer> {
        match reply {
            Reply::Sealed(answer) => Ok(answer),
            Reply::Refusal(answer) => tester.fail("a sealed answer to a repeat", answer.describe()),
        }
    }

    fn message(&self, step: &StepData, tester: &mut Tester, bindings: &mut Bindings) -> Step<Vec<u8>> {
        match (&step.send, &step.hex) {
            (None, Some(digits)) => {
                hex::read(digits).map_err(|wrong| broken(self, format!("hex that is none: {wrong}")))
            }
            (Some(name), None) => {
                let fields = fill(&step.with, fields_of(name), bindings, &mut tester.random)
                    .map_err(|what| broken(self, what))?;
                interpret::encode(protocol(), name, &fields)
                    .map_err(|error| broken(self, format!("{name}: {error}")))
            }
            _ => Err(broken(self, "a step sends a message or bytes, and one of them")),
        }
    }

    fn how(&self, step: &StepData, message: &[u8]) -> Step<How> {
        if let Some(how) = step.how {
            return Ok(how);
        }
        let by_name = step.send.as_deref().and_then(|name| protocol().message(name));
        let by_code = || {
            protocol()
                .messages
                .iter()
                .find(|known| Some(&known.code) == message.first())
        };
        match by_name.or_else(by_code).map(|known| known.channel) {
            Some(Channel::Clear) => Ok(How::Clear),
            Some(Channel::Relayed) => Ok(How::Relayed),
            Some(Channel::Sealed) | None => Ok(How::Sealed),
            Some(Channel::Tls) => Err(broken(self, "a reader gets no message of client and cloud")),
        }
    }

    /// Holds what came against the answers that are legal.
    fn judge(
        &self,
        expected: &[Expected],
        came: Came,
        tester: &Tester,
        bindings: &mut Bindings,
    ) -> Step<Answer> {
        let (same, answer) = match came {
            Came::Answer(answer) => (None, answer),
            Came::Repeated { same, answer } => (Some(same), answer),
        };
        let mut reasons = Vec::new();
        for Expected { expect, pattern } in expected {
            let result = match (expect.as_str(), same) {
                ("same", Some(true)) => Ok(()),
                ("same", _) => Err("other bytes than before".into()),
                (name, _) if name != answer.name => Err(format!("not {name}")),
                // A pattern that fails must not leave names behind.
                _ => {
                    let mut tried = bindings.clone();
                    matches(pattern, &answer.fields, &mut tried).map(|()| *bindings = tried)
                }
            };
            match result {
                Ok(()) => return Ok(answer),
                Err(reason) => reasons.push(reason),
            }
        }
        if expected.is_empty() {
            return Err(broken(self, "a step that expects nothing"));
        }
        let wanted: Vec<_> = expected.iter().map(describe).collect();
        Err::<Answer, Stop>(tester.failure(
            wanted.join(", or "),
            format!("{} ({})", answer.describe(), reasons.join("; ")),
        ))
    }
}

fn describe(expected: &Expected) -> String {
    if expected.expect == "same" {
        "the same bytes as before".into()
    } else if expected.pattern.is_empty() {
        expected.expect.clone()
    } else {
        format!(
            "{} with {}",
            expected.expect,
            Value::from(expected.pattern.clone())
        )
    }
}
