//! One thing sent, one answer or none, in whatever state the device is: what walks and sequences are made of.
//!
//! The other parts of the tester know which state they are in. Here a sealed frame can be sent where no session is
//! open any more: it goes out under the keys of the session that has ended, so that a device which kept it answers.

use super::{Answer, Tester, clear::encode, frames::Seen};
use crate::{
    embedded::protocol,
    hex,
    standstill::Deadline,
    verdict::{Step, Stop},
};
use cardwire_peers::client::channel::{Opener, Sealer};
use cardwire_spec::{Place, interpret};
use serde_json::{Value, json};

/// What a session that has ended leaves with the tester.
pub(super) struct Former {
    pub(super) sealer: Sealer,
    pub(super) opener: Opener,
    pub(super) next: u64,
}

/// Whether a device may keep silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It has to answer within `T_answer`.
    Wrong,
    /// It may: a hello is sent behind, and what comes before its answer is the answer.
    Legal,
}

impl Tester {
    /// Forgets the keys of all sessions, so that nothing of an earlier walk reaches into the next one.
    pub(crate) fn forget_former(&mut self) {
        self.former = None;
    }

    /// Number and payload of the next sealed request: in the session, else in the one that has ended, else bytes that
    /// nobody has sealed.
    pub(crate) fn sealed_next(&mut self, ahead: i64, message: &[u8]) -> Step<(u64, Vec<u8>)> {
        let next = match (&self.session, &self.former) {
            (Some(session), _) => session.next_number(),
            (None, Some(former)) => former.next,
            (None, None) => return Ok((0, self.random.bytes(message.len() + 16))),
        };
        // A number before the first would be none: one that is far ahead is as wrong.
        let number = next.checked_add_signed(ahead).unwrap_or(next + 1000);
        let former = self.former.as_ref().map(|former| &former.sealer);
        let sealer = self
            .session
            .as_ref()
            .map(super::session::Session::sealer)
            .or(former);
        let sealed = sealer.and_then(|sealer| sealer.seal(number, message));
        let sealed = sealed.ok_or_else(|| Stop::Error(format!("Noise has no nonce {number}")))?;
        Ok((number, sealed))
    }

    /// The number that was used last counts as used, in whichever session it was.
    pub(crate) fn count_request(&mut self, number: u64, line: &[u8]) {
        match (&mut self.session, &mut self.former) {
            (Some(session), _) => session.count(number, line),
            (None, Some(former)) => former.next = number + 1,
            (None, None) => {}
        }
    }

    /// Sends a frame, and gives what comes for it.
    pub(crate) fn exchange(
        &mut self,
        kind: &str,
        number: u64,
        payload: &[u8],
        silence: Silence,
    ) -> Step<(Vec<u8>, Option<Answer>)> {
        let line = self.send_frame(kind, number, payload)?;
        Ok((line, self.answer_to(number, 0, silence)?))
    }

    /// Sends the next sealed request, and gives what comes for it.
    pub(crate) fn exchange_sealed(&mut self, message: &[u8], silence: Silence) -> Step<Option<Answer>> {
        let (number, sealed) = self.sealed_next(0, message)?;
        let line = self.send_frame("sealed", number, &sealed)?;
        self.explain(Place::Request, message);
        self.count_request(number, &line);
        let code = message.first().copied().unwrap_or_default();
        self.answer_to(number, code, silence)
    }

    /// What comes for the frame with this number; `code` is the request's, or 0 where any answer will do.
    pub(crate) fn answer_to(&mut self, number: u64, code: u8, silence: Silence) -> Step<Option<Answer>> {
        let mut sentinel = match silence {
            Silence::Wrong => None,
            Silence::Legal => Some(self.send_sentinel()?),
        };
        let deadline = self.answer_due();
        let soon = Deadline::within(self.bench.timers.answer / 10);
        let mut found = None;
        loop {
            let until = if sentinel.is_none() { soon } else { deadline };
            let Some(seen) = self.next_frame(until)? else {
                if sentinel.is_some() {
                    break;
                }
                // Answers come in the order of their requests (CW-SESS-015): once a hello behind this one is answered, no
                // answer comes any more, however long one waits.
                sentinel = Some(self.send_sentinel()?);
                continue;
            };
            if self.is_event(&seen) {
                self.take_event(&seen)?;
                continue;
            }
            let own = seen.frame.number;
            let is_hello = seen.is_clear() && seen.frame.payload.first() == Some(&0x81);
            if sentinel == Some(own) && is_hello {
                return if found.is_none() && silence == Silence::Wrong {
                    self.no_answer()
                } else {
                    Ok(found)
                };
            }
            if own != number || found.is_some() {
                return self.stray(&seen, number, silence);
            }
            let answer = self.read_answer(seen, code)?;
            if sentinel.is_none() {
                return Ok(Some(answer));
            }
            found = Some(answer);
        }
        match silence {
            Silence::Wrong => self.no_answer(),
            Silence::Legal => self.under("CW-CONN-001", |tester| {
                tester.fail("an answer to the hello behind it", "none in time")
            }),
        }
    }

    /// Says hello, so that its answer marks the end of the answers to what was sent before.
    fn send_sentinel(&mut self) -> Step<u64> {
        let number = self.random.number();
        self.send_frame("clear", number, &super::hello(&[1])?)?;
        Ok(number)
    }

    /// A frame that answers nothing.
    fn stray<T>(&mut self, seen: &Seen, number: u64, silence: Silence) -> Step<T> {
        let seen_text = seen.describe();
        match silence {
            Silence::Legal => self.fail("no answer, or one", seen_text),
            Silence::Wrong if seen.is_clear() => self.under("CW-LINK-004", |tester| {
                tester.fail(
                    format!("a clear answer that repeats the number {number}"),
                    seen_text,
                )
            }),
            Silence::Wrong => self.under("CW-SESS-002", |tester| {
                tester.fail(
                    format!("a sealed answer with the number {number} of its request"),
                    seen_text,
                )
            }),
        }
    }

    fn read_answer(&mut self, seen: Seen, code: u8) -> Step<Answer> {
        if !seen.is_clear() {
            return self.open_answer(seen, code);
        }
        let payload = seen.frame.payload;
        match interpret::decode(protocol(), Place::ClearAnswer, &payload) {
            Ok(tree) => {
                self.judge_numbers(&tree)?;
                Ok(Answer {
                    fields: interpret::to_json(&tree),
                    name: tree.name,
                    bytes: payload,
                    line: seen.line,
                })
            }
            Err(fault) => self.fail("an answer in clear that is well formed", fault),
        }
    }

    /// Relays bytes, and gives what the reader says to them: to the cloud where it says something, else to the client.
    pub(crate) fn exchange_relayed(&mut self, payload: &[u8], silence: Silence) -> Step<Option<Answer>> {
        let message = encode("relay", &json!({ "payload": hex::encode(payload) }))?;
        let Some(answer) = self.exchange_sealed(&message, silence)? else {
            return Ok(None);
        };
        let is_word = answer.name == "relay_answer" && answer.fields["payload"] != "";
        if !is_word || !self.has_cloud() {
            return Ok(Some(answer));
        }
        let inner = self.open_relayed(&answer)?;
        let state = if inner.name == "login_confirm" {
            "login"
        } else {
            "serving"
        };
        let right = answer.fields["state"] == state;
        let expected = format!("relay_answer with the state {state} around {}", inner.name);
        self.under("CW-LOGIN-006", |tester| {
            tester.demand(right, expected, answer.describe())
        })?;
        Ok(Some(inner))
    }

    /// Number and frame of the last sealed request, in the session or in the one that has ended.
    pub(crate) fn last_sealed(&self) -> Option<(u64, Vec<u8>)> {
        let session = self.session.as_ref()?;
        let (number, line) = session.last_request()?;
        Some((number, line.to_vec()))
    }

    /// The session has ended; the keys of its cloud are kept, so that what they seal can still be tried.
    pub(crate) fn session_is_over(&mut self) {
        self.retire_session();
        self.maybe_open = false;
    }

    /// Takes what the reader says of itself.
    pub(crate) fn note_status(&mut self, answer: &Answer) {
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.device.hardware_class = Some(shown(&answer.fields["hardware_class"]));
        self.device.software = Some(shown(&answer.fields["software"]));
        self.device.provisioning = Some(shown(&answer.fields["provisioning"]));
    }

    /// The device's class of hardware, as a manifest names it.
    pub(crate) fn hardware_class(&self) -> Value {
        match &self.device.hardware_class {
            Some(class) => class
                .parse::<u64>()
                .map_or_else(|_| Value::from(class.as_str()), Value::from),
            None => json!(1),
        }
    }

    /// Takes the update counters that a login_confirm or an update_result states.
    pub(crate) fn note_counters(&mut self, answer: &Answer) -> Step {
        self.logic_counter = answer.number("logic_counter")?;
        self.authentication_counter = answer.number("authentication_counter")?;
        Ok(())
    }
}
