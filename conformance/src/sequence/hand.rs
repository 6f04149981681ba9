//! The hand that does steps: it sends what a step says, in whatever state the device is, and gives what comes.
//!
//! It judges nothing that a step expects. Sequences hold what comes against their own expectations, walks against the
//! machines of the schema ([`model`](crate::model)).
//!
//! | part | what it does |
//! | --- | --- |
//! | [`entry`] | connects and logs in, in the right way and in the wrong ones |
//! | [`updates`] | makes updates, and offers, sends and commits them |

mod entry;
mod updates;

use super::{
    model::{Act, How, StepData},
    pattern::{Bindings, fields_of, fill},
};
use crate::{
    embedded::protocol,
    hex,
    tester::{Answer, Begun, Silence, Tester, encode},
    verdict::{Step, Stop},
};
use cardwire_spec::{Place, interpret, model::Channel as Way};
use entry::login_result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use updates::{Update, mark};

/// Bytes of one chunk: a little, so that an update has several.
pub(crate) const CHUNK: usize = 40;
/// Frames of a session that can be replayed.
const KEPT: usize = 8;

/// What came for a step.
#[derive(Debug)]
pub(crate) enum Came {
    /// Nothing, as a hello behind it shows.
    Silence,
    Answer(Answer),
    /// An answer to a repeat: the bytes of the answer before, or not.
    Again {
        same: bool,
        answer: Answer,
    },
    /// The step sends nothing that could be answered.
    Done,
}

/// What is kept from one step to the next.
#[derive(Debug, Default)]
pub(crate) struct Hand {
    /// Values by name, without the `$`.
    pub(crate) bindings: Bindings,
    /// A right connect that comes in a back-off is tried again until that is over.
    pub(crate) patient: bool,
    /// The last sealed answer as it stood on the line.
    last_answer: Vec<u8>,
    /// The last sealed request, and its number.
    last_request: Option<(u64, Vec<u8>)>,
    /// The accepted connect: number, message, answer.
    connect: Option<(u64, Vec<u8>, Vec<u8>)>,
    /// Frames of sealed requests of this session, oldest first.
    history: Vec<(u64, Vec<u8>)>,
    begun: Option<Begun>,
    last_relayed: Vec<u8>,
    /// The counter of the manifest that was offered last; it decides all of it.
    offered: Option<u64>,
    /// What tells this hand's updates from all that a device may have kept: no device was ever offered one of them.
    mark: u64,
    /// Updates that were made, by counter.
    made: BTreeMap<u64, Update>,
}

impl Hand {
    /// A hand that has done nothing yet; whether it waits for the end of a back-off.
    pub(crate) fn new(patient: bool) -> Self {
        Self {
            patient,
            mark: mark(),
            ..Self::default()
        }
    }

    /// What is known without a step.
    pub(crate) fn bind_known(&mut self, tester: &mut Tester) {
        if let Some(reader_id) = &tester.device.reader_id
            && !self.bindings.contains_key("reader_id")
        {
            self.bindings
                .insert("reader_id".into(), Value::from(reader_id.as_str()));
        }
        if let Ok(client) = tester.session_client() {
            self.bindings.insert("client_id".into(), Value::from(client));
        }
    }

    /// Does one step, and gives what comes for it.
    pub(crate) fn perform(&mut self, tester: &mut Tester, step: &StepData, silence: Silence) -> Step<Came> {
        if step.repeat {
            return self.repeat(tester, silence);
        }
        if let Some(act) = step.act {
            return self.act(tester, act, silence);
        }
        if let Some(digits) = &step.line {
            let bytes = hex::read(digits).map_err(|wrong| broken(format!("line: {wrong}")))?;
            tester.send_bytes(&bytes, "bytes that are no frame")?;
            // No answer can be one to bytes that have no number.
            return Ok(match tester.answer_to(0, 0, Silence::Legal)? {
                None => Came::Silence,
                Some(answer) => Came::Answer(answer),
            });
        }
        let message = self.message(tester, step)?;
        match how(step, &message)? {
            How::Clear => {
                let number = tester.random.number();
                let (_, answer) = tester.exchange("clear", number, &message, silence)?;
                Ok(came(answer))
            }
            How::Sealed if step.number != 0 => {
                let (number, sealed) = tester.sealed_next(step.number, &message)?;
                let (_, answer) = tester.exchange("sealed", number, &sealed, silence)?;
                Ok(came(answer))
            }
            How::Sealed => self.request(tester, &message, silence),
            How::Relayed => self.relay_word(tester, &message, silence),
        }
    }

    /// The bytes of the message that a step sends.
    fn message(&mut self, tester: &mut Tester, step: &StepData) -> Step<Vec<u8>> {
        match (&step.send, &step.hex) {
            (None, Some(digits)) => hex::read(digits).map_err(|wrong| broken(format!("hex: {wrong}"))),
            (Some(name), None) => {
                let fields = fill(
                    &step.with,
                    fields_of(name),
                    &mut self.bindings,
                    &mut tester.random,
                )
                .map_err(broken)?;
                encode(name, &fields)
            }
            _ => Err(broken("a step does one thing")),
        }
    }

    fn request(&mut self, tester: &mut Tester, message: &[u8], silence: Silence) -> Step<Came> {
        let answer = tester.exchange_sealed(message, silence)?;
        self.sent(tester);
        self.take(tester, message, answer)
    }

    /// A sealed request has gone out: what can be repeated and replayed from here on.
    fn sent(&mut self, tester: &Tester) {
        if let Some((number, line)) = tester.last_sealed() {
            if self.history.len() == KEPT {
                self.history.remove(0);
            }
            self.history.push((number, line.clone()));
            self.last_request = Some((number, line));
        }
    }

    /// Keeps what an answer says for the steps to come.
    fn take(&mut self, tester: &mut Tester, message: &[u8], answer: Option<Answer>) -> Step<Came> {
        let Some(answer) = answer else {
            return Ok(Came::Silence);
        };
        self.last_answer.clone_from(&answer.line);
        match answer.name.as_str() {
            "refusal" | "disconnect_answer" => tester.session_is_over(),
            "platform_auth_answer" if tester.session_client().is_ok() => {
                self.begun = Some(tester.judge_begun(&answer)?);
            }
            "reader_status_answer" => tester.note_status(&answer),
            "login_confirm" => tester.note_counters(&answer)?,
            "update_status" | "update_result" => self.note_update(tester, message, &answer)?,
            _ => {}
        }
        Ok(Came::Answer(answer))
    }

    fn relay(&mut self, tester: &mut Tester, payload: &[u8], silence: Silence) -> Step<Option<Answer>> {
        payload.clone_into(&mut self.last_relayed);
        let answer = tester.exchange_relayed(payload, silence)?;
        self.sent(tester);
        Ok(answer)
    }

    /// Relays a message of the cloud: sealed by its channel, where there ever was one.
    fn relay_word(&mut self, tester: &mut Tester, message: &[u8], silence: Silence) -> Step<Came> {
        let sealed = if tester.has_cloud() {
            tester.seal_as_cloud(message)?
        } else {
            tester.random.bytes(message.len() + 16)
        };
        let answer = self.relay(tester, &sealed, silence)?;
        self.take(tester, message, answer)
    }

    fn repeat(&mut self, tester: &mut Tester, silence: Silence) -> Step<Came> {
        let Some((number, line)) = self.last_request.clone() else {
            return self.request(tester, &[0x0A], silence);
        };
        tester.send_bytes(&line, "the last request again, byte for byte")?;
        let answer = tester.answer_to(number, 0, silence)?;
        Ok(match answer {
            None => Came::Silence,
            Some(answer) => Came::Again {
                same: answer.line == self.last_answer,
                answer,
            },
        })
    }

    fn act(&mut self, tester: &mut Tester, act: Act, silence: Silence) -> Step<Came> {
        match act {
            Act::Connect
            | Act::ConnectOther
            | Act::ConnectWrongKey
            | Act::ConnectUnknownClient
            | Act::ConnectUnknownGeneration
            | Act::ConnectUnknownMethod => self.connect(tester, act),
            Act::ConnectAgain => self.connect_again(tester, silence),
            Act::LoginSecond => self.login_second(tester, silence),
            Act::LoginResult | Act::LoginLimited | Act::LoginDenied | Act::LoginForeign => {
                let message = login_result(tester, act)?;
                self.relay_word(tester, &message, silence)
            }
            Act::RelayStrange => {
                let payload = tester.random.bytes(48);
                let answer = self.relay(tester, &payload, silence)?;
                self.take(tester, &[], answer)
            }
            Act::RelayAgain => {
                let mut payload = self.last_relayed.clone();
                if payload.is_empty() {
                    payload = tester.random.bytes(48);
                }
                let answer = self.relay(tester, &payload, silence)?;
                self.take(tester, &[], answer)
            }
            Act::UpdateOffer
            | Act::UpdateOfferOther
            | Act::UpdateOfferAgain
            | Act::UpdateOfferUnsigned
            | Act::UpdateOfferForeign
            | Act::UpdateOfferOld => self.offer(tester, act, silence),
            Act::UpdateChunk
            | Act::UpdateChunkAhead
            | Act::UpdateChunkLong
            | Act::UpdateChunkRest
            | Act::UpdateChunkSpoiled => self.chunk(tester, act, silence),
            Act::UpdateCommit | Act::UpdateQuery => {
                let name = if act == Act::UpdateCommit {
                    "update_commit"
                } else {
                    "update_query"
                };
                let message = encode(name, &json!({ "digest": self.digest(tester)? }))?;
                self.relay_word(tester, &message, silence)
            }
            Act::Flip | Act::Short | Act::Replay => self.strange_frame(tester, act, silence),
            Act::Two => self.two(tester),
            Act::LinkReset => {
                tester.reopen_link()?;
                self.begun = None;
                Ok(Came::Done)
            }
            Act::DeviceReset => {
                tester.reset_device()?;
                self.begun = None;
                Ok(Came::Done)
            }
        }
    }

    fn strange_frame(&mut self, tester: &mut Tester, act: Act, silence: Silence) -> Step<Came> {
        let (number, mut sealed) = tester.sealed_next(0, &[0x0A])?;
        if act == Act::Replay
            && let [(number, line), .., _] = self.history.as_slice()
        {
            let (number, line) = (*number, line.clone());
            tester.send_bytes(
                &line,
                &format!("the request {number} again, which is not the last one"),
            )?;
            return Ok(came(tester.answer_to(number, 0, silence)?));
        }
        match act {
            Act::Short => sealed.truncate(7),
            _ => {
                if let Some(byte) = sealed.first_mut() {
                    *byte ^= 0x10;
                }
            }
        }
        let (_, answer) = tester.exchange("sealed", number, &sealed, silence)?;
        Ok(came(answer))
    }

    /// Two requests in one write. The answer to the first is held to being of the second's kind.
    fn two(&mut self, tester: &mut Tester) -> Step<Came> {
        let mut bytes = Vec::new();
        let mut numbers = [0; 2];
        for slot in &mut numbers {
            let (number, sealed) = tester.sealed_next(0, &[0x0A])?;
            let line = crate::tester::frame("sealed", number, &sealed)?;
            tester.count_request(number, &line);
            self.sent(tester);
            bytes.extend(line);
            *slot = number;
        }
        tester.send_bytes(&bytes, "two requests of the state in one write")?;
        let first = tester.answer_to(numbers[0], 0x0A, Silence::Wrong)?;
        let second = tester.answer_to(numbers[1], 0x0A, Silence::Wrong)?;
        match (first, second) {
            (Some(first), Some(second)) if first.name == second.name => {
                self.last_answer.clone_from(&second.line);
                if second.name == "refusal" {
                    tester.session_is_over();
                }
                Ok(Came::Answer(second))
            }
            (first, second) => {
                let text = |answer: &Option<Answer>| answer.as_ref().map(Answer::describe);
                tester.fail(
                    "two answers of one kind",
                    format!("{:?} and {:?}", text(&first), text(&second)),
                )
            }
        }
    }
}

fn came(answer: Option<Answer>) -> Came {
    answer.map_or(Came::Silence, Came::Answer)
}

fn broken(what: impl core::fmt::Display) -> Stop {
    Stop::Error(format!("a step that can't be done: {what}"))
}

/// How a message travels, where the step does not say so.
fn how(step: &StepData, message: &[u8]) -> Step<How> {
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
        Some(Way::Clear) => Ok(How::Clear),
        Some(Way::Relayed) => Ok(How::Relayed),
        Some(Way::Sealed) | None => Ok(How::Sealed),
        Some(Way::Tls) => Err(broken("a reader gets no message of client and cloud")),
    }
}

/// Whether bytes are a request that the codec takes, and if not, rule and offset.
pub(crate) fn fault_of(message: &[u8]) -> Option<(u64, u64)> {
    let fault = interpret::decode(protocol(), Place::Request, message).err()?;
    let rule = crate::embedded::registered("codec_rule", fault.rule.name())?;
    Some((rule, fault.offset as u64))
}
