//! Connect: the client's first authentication information, right or wrong.

use super::{Answer, Greeting, Tester, hostile};
use crate::{
    embedded::protocol,
    verdict::{Step, Stop},
};
use cardwire_codec::message::Method;
use cardwire_peers::{
    Timers,
    client::handshake::{self, ConnectHeader, Handshake, connect_message},
    identity::{ClientIdentity, Key},
};
use std::time::Instant;

/// A connect as the tester makes it. [`Attempt::right`] is the one that a reader accepts; a case changes what it
/// wants to be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) client: ClientIdentity,
    /// The pre-shared key, where it is not the client's.
    pub(crate) key: Option<Key>,
    pub(crate) method: u8,
    /// The versions that the connect's hello states.
    pub(crate) versions: Vec<u64>,
    /// The connect's hello as a whole, where it is not one that states these versions and nothing else.
    pub(crate) hello: Option<Vec<u8>>,
    pub(crate) prologue: Prologue,
    /// The public key in the handshake message, where it is not a fresh one.
    pub(crate) ephemeral: Option<[u8; 32]>,
    /// The handshake message is cut or lengthened to this many bytes.
    pub(crate) handshake_size: Option<usize>,
    /// Extensions of the connect.
    pub(crate) extensions: Vec<u8>,
}

/// What the handshake is bound to.
#[derive(Clone, Debug)]
pub(crate) enum Prologue {
    /// What was said.
    Right,
    /// Another hello than the connect's.
    Hello(Vec<u8>),
    /// Another answer to hello than the reader's.
    Answer(Vec<u8>),
    /// Other extensions than the connect's.
    Extensions(Vec<u8>),
}

/// What became of a connect.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) accepted: bool,
    /// Number and message of the connect.
    pub(crate) number: u64,
    pub(crate) message: Vec<u8>,
    pub(crate) answer: Answer,
}

impl Attempt {
    pub(crate) fn right(client: ClientIdentity) -> Self {
        Self {
            client,
            key: None,
            method: 0x01,
            versions: vec![u64::from(protocol().about.version)],
            hello: None,
            prologue: Prologue::Right,
            ephemeral: None,
            handshake_size: None,
            extensions: Vec::new(),
        }
    }
}

impl Tester {
    /// Connects as the first certification client, waiting for the end of a back-off.
    pub(crate) fn connect(&mut self) -> Step<Outcome> {
        self.connect_as(0)
    }

    /// Connects as the certification client of this number.
    pub(crate) fn connect_as(&mut self, client: usize) -> Step<Outcome> {
        self.under("CW-CONN-005", |tester| {
            loop {
                let outcome = tester.try_right_connect(client)?;
                if outcome.accepted {
                    return Ok(outcome);
                }
                let backoff = 2 * tester.bench.timers.backoff;
                if tester.last_wrong_connect.is_none_or(|at| at.elapsed() > backoff) {
                    return tester.fail("connect_answer to a right connect", outcome.answer.describe());
                }
                // A connect that comes too early does not prolong the back-off (CW-CONN-009).
                let pause = tester.on_device(Timers::SPEC.backoff) / 20;
                tester.let_pass(pause)?;
            }
        })
    }

    /// Connects once as the certification client of this number, which a back-off may refuse.
    pub(crate) fn try_right_connect(&mut self, client: usize) -> Step<Outcome> {
        let attempt = Attempt::right(self.client(client)?);
        let before = self.last_wrong_connect;
        let outcome = self.try_connect(&attempt)?;
        // This one was right: a reader that refuses it for ever is not waited for.
        self.last_wrong_connect = before;
        Ok(outcome)
    }

    /// Says hello, then connects as told.
    pub(crate) fn try_connect(&mut self, attempt: &Attempt) -> Step<Outcome> {
        let greeting = self.hello()?;
        self.try_connect_after(&greeting, attempt)
    }

    /// Connects as told after this hello.
    pub(crate) fn try_connect_after(&mut self, greeting: &Greeting, attempt: &Attempt) -> Step<Outcome> {
        let own_versions = [u64::from(protocol().about.version)];
        let (hello, answer) = if attempt.hello.is_none() && attempt.versions == own_versions {
            (greeting.hello.clone(), greeting.answer.clone())
        } else {
            // The reader's answer to this hello goes into the prologue, and so it must be known.
            let hello = match &attempt.hello {
                Some(hello) => hello.clone(),
                None => super::hello(&attempt.versions)?,
            };
            let answer = self.under("CW-CONN-001", |tester| tester.ask_clear(&hello))?;
            (hello, answer)
        };
        let reader_id = answer.text("reader_id")?;
        let header = ConnectHeader {
            hello: &hello,
            method: Method(attempt.method),
            client_id: &attempt.client.id,
            generation: attempt.client.generation,
        };
        let header = header
            .encode()
            .map_err(|error| Stop::Error(format!("connect: {error}")))?;
        let bound = [header.as_slice(), &attempt.extensions].concat();
        let prologue = match &attempt.prologue {
            Prologue::Right => handshake::prologue(&hello, &answer.bytes, &bound),
            Prologue::Hello(hello) => handshake::prologue(hello, &answer.bytes, &bound),
            Prologue::Answer(answer) => handshake::prologue(&hello, answer, &bound),
            Prologue::Extensions(other) => {
                handshake::prologue(&hello, &answer.bytes, &[header.as_slice(), other].concat())
            }
        };
        let key = attempt
            .key
            .clone()
            .unwrap_or_else(|| attempt.client.pre_shared_key(reader_id));
        let broken =
            |error: &dyn core::fmt::Display| Stop::Error(format!("the handshake can't be made: {error}"));
        let (handshake, first) = match attempt.ephemeral {
            None => {
                let begun = Handshake::begin(&key, &prologue);
                let (handshake, first) = begun.map_err(|error| broken(&error))?;
                (Some(handshake), first)
            }
            Some(public) => {
                let first = hostile::client_message(&key, &prologue, public);
                (None, first.map_err(|error| broken(&error))?)
            }
        };
        let mut message = match attempt.handshake_size {
            None => connect_message(&header, &first),
            Some(size) => resized(&header, &first, size),
        };
        message.extend_from_slice(&attempt.extensions);
        let number = self.random.number();
        let answer = self.ask_clear_as(number, &message)?;
        let accepted = answer.name == "connect_answer";
        if accepted {
            self.take_session(handshake, &attempt.client.id, &answer)?;
        } else {
            self.demand(
                answer.name == "refusal",
                "connect_answer or refusal",
                answer.describe(),
            )?;
        }
        Ok(Outcome {
            accepted,
            number,
            message,
            answer,
        })
    }

    /// The device has refused a connect, or may hold one from before a reset against those that come.
    pub(crate) fn note_wrong_connect(&mut self) {
        self.last_wrong_connect = Some(Instant::now());
    }

    /// The session that an accepted connect has opened. Without a handshake of ours its keys are nobody's.
    fn take_session(&mut self, handshake: Option<Handshake>, client: &str, answer: &Answer) -> Step {
        self.maybe_open = true;
        self.cloud = None;
        self.retire_session();
        let Some(mut handshake) = handshake else {
            return Ok(());
        };
        let second = answer.octets("handshake")?;
        let opened = handshake.read(&second).and_then(|()| handshake.establish());
        match opened {
            Ok(established) => {
                self.begin_session(established, client);
                Ok(())
            }
            Err(error) => self.under("CW-CONN-004", |tester| {
                tester.fail("a handshake message that authenticates the reader", error)
            }),
        }
    }

    /// Takes a failed connect as it must be: the refusal, and nothing else.
    pub(crate) fn refused_connect(&mut self, attempt: &Attempt, what: &str) -> Step<Outcome> {
        let outcome = self.try_connect(attempt)?;
        self.demand(
            !outcome.accepted,
            format!("the refusal of a connect with {what}"),
            outcome.answer.describe(),
        )?;
        Ok(outcome)
    }
}

/// A connect whose handshake field has another length; its prefix says so.
fn resized(header: &[u8], handshake: &[u8], size: usize) -> Vec<u8> {
    let filled = handshake.iter().copied().chain(core::iter::repeat(0)).take(size);
    // The field's bounds end at 128.
    header.iter().copied().chain([size as u8]).chain(filled).collect()
}
