//! The hand that does steps: it sends what a step says, in whatever state the device is, and gives what comes.
//!
//! It judges nothing that a step expects. Sequences hold what comes against their own expectations, walks against the
//! machines of the schema ([`model`](crate::model)).

use super::{
    model::{Act, How, StepData},
    pattern::{Bindings, fields_of, fill},
};
use crate::{
    cases::programs::{self, SERVICE},
    embedded::protocol,
    hex,
    tester::{Answer, Attempt, Begun, Login, Manifest, Outcome, Silence, Tester, digest, encode},
    verdict::{Step, Stop},
};
use cardwire_peers::{cloud::Channel, identity::Key};
use cardwire_spec::{Place, interpret, model::Channel as Way};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

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

/// An update of a walk.
#[derive(Clone, Debug)]
struct Update {
    content: Vec<u8>,
    manifest: Manifest,
    encoded: Vec<u8>,
    digest: String,
    /// The first byte that the reader does not have, as far as it said.
    next: u64,
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

    fn note_update(&mut self, tester: &mut Tester, message: &[u8], answer: &Answer) -> Step {
        let named = answer.fields["digest"].as_str().unwrap_or_default();
        let own = self.made.values_mut().find(|update| update.digest == named);
        if let (Some(update), Some(next)) = (own, answer.fields["next_offset"].as_u64()) {
            update.next = next;
        }
        // A commit that was refused raises nothing; one that was not says what it raised.
        let is_commit = message.first() == Some(&0x56);
        if answer.name == "update_result" && is_commit {
            tester.note_counters(answer)?;
        }
        Ok(())
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

    fn connect(&mut self, tester: &mut Tester, act: Act) -> Step<Came> {
        let right = Attempt::right(tester.client(usize::from(act == Act::ConnectOther))?);
        let attempt = match act {
            Act::ConnectWrongKey => Attempt {
                key: Some(Key::new(tester.random.array())),
                ..right
            },
            Act::ConnectUnknownClient => {
                let mut strange = right;
                strange.client.id = "NOBODY".into();
                strange
            }
            Act::ConnectUnknownGeneration => {
                let mut strange = right;
                strange.client.generation = 0xFFFF_FFFF;
                strange
            }
            Act::ConnectUnknownMethod => Attempt {
                method: 0x7F,
                ..right
            },
            _ => right,
        };
        let is_right = matches!(act, Act::Connect | Act::ConnectOther);
        let outcome = if is_right && self.patient {
            tester.connect_as(usize::from(act == Act::ConnectOther))?
        } else {
            tester.try_connect(&attempt)?
        };
        let Outcome {
            accepted,
            number,
            message,
            answer,
        } = outcome;
        if accepted {
            self.connect = Some((number, message, answer.line.clone()));
            self.history.clear();
            self.begun = None;
            // The repeat of a frame of the session before is a frame under a wrong number, or a forged one.
            self.last_request = None;
        } else if !is_right {
            tester.note_wrong_connect();
        }
        Ok(Came::Answer(answer))
    }

    fn connect_again(&mut self, tester: &mut Tester, silence: Silence) -> Step<Came> {
        let Some((number, message, line)) = self.connect.clone() else {
            return self.connect(tester, Act::ConnectWrongKey);
        };
        let (_, answer) = tester.exchange("clear", number, &message, silence)?;
        Ok(match answer {
            None => Came::Silence,
            Some(answer) if answer.name == "connect_answer" => Came::Again {
                same: answer.line == line,
                answer,
            },
            Some(answer) => {
                tester.note_wrong_connect();
                Came::Answer(answer)
            }
        })
    }

    fn login_second(&mut self, tester: &mut Tester, silence: Silence) -> Step<Came> {
        let (payload, channel): (Vec<u8>, Option<Channel>) = match &self.begun {
            Some(begun) => {
                let (second, channel) = tester.answer_as_cloud(begun)?;
                (second, Some(channel))
            }
            None => (tester.random.bytes(48), None),
        };
        let before = tester.take_cloud(channel);
        let answer = self.relay(tester, &payload, silence)?;
        // What the reader did not take makes no channel: the one before stands, if it does.
        if answer
            .as_ref()
            .is_none_or(|answer| answer.name != "login_confirm")
        {
            tester.take_cloud(before);
        }
        self.take(tester, &[], answer)
    }

    fn offer(&mut self, tester: &mut Tester, act: Act, silence: Silence) -> Step<Came> {
        let counter = tester.logic_counter();
        let counter = match act {
            Act::UpdateOfferOther => counter + 2,
            Act::UpdateOfferAgain => self.offered.unwrap_or(counter + 1),
            // There is none older than the first.
            Act::UpdateOfferOld => counter.max(1),
            _ => counter + 1,
        };
        let update = self.update(tester, counter)?;
        let encoded = if act == Act::UpdateOfferForeign {
            let hardware_class = json!(0xF0F0);
            Manifest {
                hardware_class,
                ..update.manifest.clone()
            }
            .encode()?
        } else {
            update.encoded.clone()
        };
        let signature = if act == Act::UpdateOfferUnsigned {
            tester.sign_as_stranger(&encoded)
        } else {
            tester.sign(&encoded)?
        };
        let is_right = match act {
            Act::UpdateOfferOld => tester.logic_counter() == 0,
            _ => matches!(
                act,
                Act::UpdateOffer | Act::UpdateOfferOther | Act::UpdateOfferAgain
            ),
        };
        if is_right {
            self.offered = Some(counter);
        }
        let fields = json!({ "manifest": hex::encode(&encoded), "signature": hex::encode(&signature) });
        let message = encode("update_offer", &fields)?;
        self.relay_word(tester, &message, silence)
    }

    fn chunk(&mut self, tester: &mut Tester, act: Act, silence: Silence) -> Step<Came> {
        let (content, next) = match self.offered {
            Some(counter) => {
                let update = self.update(tester, counter)?;
                (update.content.clone(), update.next)
            }
            None => (Vec::new(), 0),
        };
        let next = usize::try_from(next).unwrap_or_default();
        let rest = content.get(next..).unwrap_or_default();
        let (offset, data) = match act {
            Act::UpdateChunkAhead => (next + 1, vec![0x63]),
            Act::UpdateChunkLong => (next, [rest, &[0; 2]].concat()),
            _ if rest.is_empty() => (next, vec![0x63]),
            Act::UpdateChunkRest => (next, rest.to_vec()),
            Act::UpdateChunkSpoiled => (next, rest.iter().map(|byte| byte ^ 0x01).collect()),
            _ => (next, rest[..rest.len().min(CHUNK)].to_vec()),
        };
        let fields = json!({ "digest": self.digest(tester)?, "offset": offset, "data": hex::encode(&data) });
        let message = encode("update_chunk", &fields)?;
        self.relay_word(tester, &message, silence)
    }

    /// The digest of the manifest that was offered last; of none, a digest of nothing.
    fn digest(&mut self, tester: &Tester) -> Step<String> {
        match self.offered {
            Some(counter) => Ok(self.update(tester, counter)?.digest.clone()),
            None => Ok(hex::encode(&digest(&[]))),
        }
    }

    /// The update with this counter: logic that says which it is.
    fn update(&mut self, tester: &Tester, counter: u64) -> Step<&Update> {
        if !self.made.contains_key(&counter) {
            let content = programs::echo(&format!("walk {:016x} {counter:08}", self.mark))?;
            let manifest = Manifest {
                kind: 0x03,
                hardware_class: tester.hardware_class(),
                counter,
                service: SERVICE,
                size: content.len() as u64,
                content_digest: digest(&content),
                min_software: 0,
            };
            let encoded = manifest.encode()?;
            let update = Update {
                digest: hex::encode(&digest(&encoded)),
                content,
                manifest,
                encoded,
                next: 0,
            };
            self.made.insert(counter, update);
        }
        self.made
            .get(&counter)
            .ok_or_else(|| broken("an update that was made is gone"))
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

/// A number that no run had before: it follows from no seed, because a run that is repeated meets the device that the
/// first one left.
fn mark() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or_default()
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

fn login_result(tester: &mut Tester, act: Act) -> Step<Vec<u8>> {
    let login = Login {
        outcome: if act == Act::LoginDenied {
            "denied"
        } else {
            "success"
        },
        reader_id: (act == Act::LoginForeign).then(|| "SOMEBODY-ELSE".into()),
        grants: (act == Act::LoginLimited).then(|| vec![programs::IDENTIFY]),
        ..Login::default()
    };
    tester.login_result_message(&login)
}

/// Whether bytes are a request that the codec takes, and if not, rule and offset.
pub(crate) fn fault_of(message: &[u8]) -> Option<(u64, u64)> {
    let fault = interpret::decode(protocol(), Place::Request, message).err()?;
    let rule = crate::embedded::registered("codec_rule", fault.rule.name())?;
    Some((rule, fault.offset as u64))
}
