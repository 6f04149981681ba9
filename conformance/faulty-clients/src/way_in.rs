//! Link, hello and connect.

use crate::{Fault, client::Habit, line::Line, session::Session};
use cardwire_client_adapter::{Failure, Open};
use cardwire_codec::{
    Extensions, List, Message,
    message::{ClearAnswer, FrameKind, Hello, HelloAnswer},
};
use cardwire_peers::{
    Endpoint, Timers,
    client::handshake::{ConnectHeader, HANDSHAKE_SIZE, connect_message, prologue},
    identity::Key,
    link::{ReceiveError, encode_frame},
};
use snow::{Builder, HandshakeState};
use std::time::Instant;

const PATTERN_NAME: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";
/// How often a request is sent: three times, where the project's own client has four.
pub(crate) const TRIES: u32 = 3;

/// What a client keeps for as long as it runs.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    hellos: u32,
}

/// Why a connect came to nothing.
enum Not {
    Refused,
    Failed(Failure),
}

impl From<Failure> for Not {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

pub(crate) fn failure(by: &'static str, text: impl Into<String>) -> Failure {
    let text = text.into();
    Failure { by, text }
}

pub(crate) fn encoded<'a>(message: &impl Message<'a>) -> Result<Vec<u8>, Failure> {
    let mut bytes = [0; 483];
    let length = message
        .encode(&mut bytes)
        .map_err(|error| Failure::client(error.to_string()))?;
    Ok(bytes[..length].to_vec())
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let key = Key::generate().map_err(Failure::client)?;
    Ok(core::array::from_fn(|at| key.as_bytes()[at]))
}

/// A session; nothing where the client takes nothing for one.
pub(crate) fn connect(
    habit: Habit,
    memory: &mut Memory,
    open: &Open,
    timers: Timers,
) -> Result<Option<Session>, Failure> {
    let endpoint: Endpoint = open.reader.parse().map_err(Failure::client)?;
    let mut link = Line::open(habit, &endpoint, Fault::GarbageIsAnEnd)
        .map_err(|error| failure("link", error.to_string()))?;
    if !habit.is(Fault::NoDelimiter) {
        link.send(&[0])
            .map_err(|error| failure("link", error.to_string()))?;
    }
    let mut way = WayIn {
        habit,
        link,
        open,
        timers,
    };
    let again = !habit.is(Fault::NoSecondConnect);
    match way.connect_once(memory) {
        Ok(session) => session.map(|part| part.into_session(way)).transpose(),
        Err(Not::Failed(_)) if habit.is(Fault::FailureIsConnected) => Ok(None),
        Err(Not::Failed(failure)) => Err(failure),
        Err(Not::Refused) if habit.is(Fault::RefusalIsNothing) => Ok(None),
        Err(Not::Refused) if again => {
            if !habit.is(Fault::SecondConnectAtOnce) {
                way.wait();
            }
            match way.connect_once(memory) {
                Ok(session) => session.map(|part| part.into_session(way)).transpose(),
                Err(Not::Failed(failure)) => Err(failure),
                Err(Not::Refused) => Err(failure("refused", "the reader refuses this client")),
            }
        }
        Err(Not::Refused) => Err(failure("refused", "the reader refuses this client")),
    }
}

struct WayIn<'a> {
    habit: Habit,
    link: Line,
    open: &'a Open,
    timers: Timers,
}

struct Made {
    noise: HandshakeState,
    reader_id: String,
}

impl Made {
    fn into_session(self, way: WayIn<'_>) -> Result<Session, Failure> {
        let hash = self.noise.get_handshake_hash().try_into();
        let hash: [u8; 32] = hash.map_err(|_| Failure::client("no hash of 32 bytes"))?;
        let keys = self
            .noise
            .into_stateless_transport_mode()
            .map_err(Failure::client)?;
        let id = way.open.client.id.clone();
        Ok(Session::new(
            way.habit,
            way.link,
            keys,
            (hash, self.reader_id, id),
            way.timers,
        ))
    }
}

impl WayIn<'_> {
    fn wait(&mut self) {
        let deadline = Instant::now() + self.timers.backoff;
        while self.link.receive(deadline).is_ok() {}
    }

    fn connect_once(&mut self, memory: &mut Memory) -> Result<Option<Made>, Not> {
        let habit = self.habit;
        let hello = self.hello(memory)?;
        let answer = self.ask(&hello, |payload| match ClearAnswer::decode(payload) {
            Ok(ClearAnswer::HelloAnswer(_)) => Some(Ok(payload.to_vec())),
            Ok(ClearAnswer::Refusal(_)) => Some(Err(Not::Failed(failure("refused", "hello is refused")))),
            Err(_) if habit.is(Fault::BrokenHelloAnswerIsAnEnd) => Some(Err(Not::Failed(failure(
                "reader",
                "an answer that breaks a rule",
            )))),
            _ => None,
        })??;
        let reader_id = self.check(&answer)?;
        let generation = if self.habit.is(Fault::IgnoresGeneration) {
            1
        } else {
            self.open.client.generation
        };
        let header = ConnectHeader {
            hello: &hello,
            client_id: &self.open.client.id,
            generation,
            ..ConnectHeader::default()
        };
        let header = header
            .encode()
            .map_err(|error| Failure::client(error.to_string()))?;
        let known = if self.habit.is(Fault::IgnoresReaderId) {
            "CERT-READER-1"
        } else {
            &reader_id
        };
        let key = self.open.client.identity()?.pre_shared_key(known);
        let prologue = prologue(&hello, &answer, &header);
        let (mut noise, first) = begin(self.habit, &key, &prologue).map_err(Failure::client)?;
        let taken = self.ask(
            &connect_message(&header, &first),
            |payload| match ClearAnswer::decode(payload) {
                Ok(ClearAnswer::Refusal(_)) => Some(Err(Not::Refused)),
                Ok(ClearAnswer::ConnectAnswer(answer)) => {
                    let opens = takes(habit, &mut noise, answer.handshake);
                    let ends = habit.is(Fault::ForgedConnectAnswerIsAnEnd);
                    let nothing = habit.is(Fault::TakesForgedConnectAnswer);
                    match opens {
                        true => Some(Ok(true)),
                        false if nothing => Some(Ok(false)),
                        false if ends => {
                            Some(Err(Not::Failed(failure("reader", "the handshake does not open"))))
                        }
                        false => None,
                    }
                }
                Err(_) if habit.is(Fault::BrokenConnectAnswerIsAnEnd) => Some(Err(Not::Failed(failure(
                    "reader",
                    "an answer that breaks a rule",
                )))),
                _ => None,
            },
        )??;
        Ok(taken.then_some(Made { noise, reader_id }))
    }

    fn hello(&self, memory: &mut Memory) -> Result<Vec<u8>, Failure> {
        memory.hellos += 1;
        let versions: &[u8] = if self.habit.is(Fault::TrimsVersions) && memory.hellos == 1 {
            &[1, 9]
        } else {
            &[1]
        };
        let mut hello = encoded(&Hello {
            versions: List::from_items(versions),
            max_frame: 512,
            extensions: Extensions::NONE,
        })?;
        if self.habit.is(Fault::UnassignedExtension) {
            hello.extend_from_slice(&[0x12, 0x34, 0, 0]);
        }
        Ok(hello)
    }

    fn check(&self, answer: &[u8]) -> Result<String, Failure> {
        let HelloAnswer {
            version,
            versions,
            reader_id,
            ..
        } = HelloAnswer::decode(answer).map_err(|error| failure("reader", error.to_string()))?;
        let common = versions.iter().any(|version| version == 1);
        if (version != 1 || !common) && !self.habit.is(Fault::VersionNotCompared) {
            return Err(failure("reader", format!("version {version}")));
        }
        Ok(reader_id.as_str().into())
    }

    fn ask<T>(&mut self, message: &[u8], mut take: impl FnMut(&[u8]) -> Option<T>) -> Result<T, Failure> {
        let number = if self.habit.is(Fault::ConstantClearNumber) {
            7
        } else {
            u64::from_be_bytes(random()?)
        };
        let mut line = encode_frame(FrameKind::Clear, number, message);
        if self.habit.is(Fault::WrongChecksum) {
            let last = line.len() - 2;
            line[last] = if line[last] == 1 { 2 } else { 1 };
        }
        let tries = match self.habit.is(Fault::NeverRepeatsInClear) {
            true => 1,
            false => TRIES,
        };
        for _ in 0..tries {
            self.link
                .send(&line)
                .map_err(|error| failure("link", error.to_string()))?;
            let deadline = Instant::now() + self.timers.repeat;
            loop {
                let frame = match self.link.receive(deadline) {
                    Ok(frame) => frame,
                    Err(ReceiveError::Timeout) => break,
                    Err(ReceiveError::Closed(error)) => return Err(failure("link", error.to_string())),
                };
                let mine = frame.number == number || self.habit.is(Fault::TakesAnyClearNumber);
                if frame.kind == FrameKind::Clear
                    && mine
                    && let Some(taken) = take(&frame.payload)
                {
                    return Ok(taken);
                }
            }
        }
        Err(failure("reader", "no answer"))
    }
}

fn begin(
    habit: Habit,
    key: &Key,
    prologue: &[u8],
) -> Result<(HandshakeState, [u8; HANDSHAKE_SIZE]), snow::Error> {
    let builder = Builder::new(PATTERN_NAME.parse()?)
        .prologue(prologue)?
        .psk(0, key.as_bytes())?;
    let mut noise = if habit.is(Fault::StaticEphemeral) {
        builder
            .fixed_ephemeral_key_for_testing_only(&[0x5A; 32])
            .build_initiator()?
    } else {
        builder.build_initiator()?
    };
    let mut first = [0; HANDSHAKE_SIZE];
    noise.write_message(&[], &mut first)?;
    Ok((noise, first))
}

/// Whether the reader's half of the handshake opens.
fn takes(habit: Habit, noise: &mut HandshakeState, second: &[u8]) -> bool {
    let low =
        second.len() == HANDSHAKE_SIZE && is_low_order(&second[..32]) && !habit.is(Fault::TakesLowOrder);
    second.len() == HANDSHAKE_SIZE && !low && noise.read_message(second, &mut [0; 16]).is_ok()
}

/// Whether every private key gives zero with this public one.
fn is_low_order(point: &[u8]) -> bool {
    // The lowest and the highest byte of the seven such points, and what is between them.
    let between = |byte: u8| point[1..31].iter().all(|other| *other == byte);
    let near = |low: u8, byte: u8, high: u8| point[0] == low && between(byte) && point[31] & 0x7F == high;
    let zero_or_one = near(0, 0, 0) || near(1, 0, 0);
    let near_p = [0xEC, 0xED, 0xEE].into_iter().any(|low| near(low, 0xFF, 0x7F));
    let of_order_8 = [[0xE0, 0xEB, 0x7A, 0x7C], [0x5F, 0x9C, 0x95, 0xBC]];
    zero_or_one || near_p || of_order_8.iter().any(|head| point.starts_with(head))
}
