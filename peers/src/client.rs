//! The client's side of the protocol: hello, connect, session, login, services.
//!
//! ```no_run
//! use cardwire_peers::{Client, Endpoint, Identities, Link, client::CloudLink};
//! use cardwire_codec::message::{Format, Offer, ServiceId};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! let identities = Identities::certification();
//! let client = Client::new(identities.client(None).ok_or("no client")?.clone());
//! let link = Link::open(&"tcp:127.0.0.1:7000".parse()?)?;
//! let mut session = client.connect(link)?;
//! let mut cloud = CloudLink::to(&"tcp:127.0.0.1:7001".parse()?, None)?;
//! session.login(&mut cloud, &[Offer { service: ServiceId::CARD_IDENTIFY, format: Format::NATIVE }])?;
//! let result = session.run(ServiceId::CARD_IDENTIFY, &[])?;
//! println!("{}: {:?}", result.outcome, result.items);
//! session.disconnect()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`handshake`] and [`channel`] are the same steps one by one, for testers that want to take a wrong one.

pub mod channel;
mod cloud_link;
mod data;
mod error;
mod exchange;
pub mod handshake;
mod login;
mod service;
mod session;

pub use cloud_link::{CloudLink, CloudPeer};
pub use data::{decode_items, encode_items};
pub use error::{ClientError, CloudFault, ConfigurationFault, LinkFault, ReaderFault, Refused};
pub use login::Relayed;
pub use service::{JobId, JobReport, Service, ServiceItem, ServiceResult};
pub use session::{OwnedAnswer, ReaderEvent, Session};

use crate::{Link, Timers, encoded, identity::ClientIdentity, identity::random, link::ReceiveError};
use cardwire_codec::{
    Extensions, List, Message,
    frame::DELIMITER,
    message::{ClearAnswer, Connect, ConnectAnswer, FrameKind, Hello, HelloAnswer, Method, limits},
};
use core::{borrow::BorrowMut, time::Duration};
use exchange::{Heard, Patience, exchange};
use handshake::{ConnectHeader, Established, Handshake, connect_message, prologue};

/// How often a request is sent before the client gives up.
pub const TRIES: u32 = 4;

/// A client: who it is, and how patient.
#[derive(Clone, Debug)]
pub struct Client {
    identity: ClientIdentity,
    timers: Timers,
    tries: u32,
    job_patience: Duration,
}

/// What hello and its answer have settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The client's hello, verbatim.
    pub hello: Vec<u8>,
    /// The reader's answer, verbatim.
    pub answer: Vec<u8>,
    /// The reader's identity.
    pub reader_id: String,
    /// The highest common version.
    pub version: u8,
    /// The largest frame that the reader takes.
    pub max_frame: u16,
}

impl Client {
    /// A client with the schema's timers.
    #[must_use]
    pub fn new(identity: ClientIdentity) -> Self {
        Self {
            identity,
            timers: Timers::SPEC,
            tries: TRIES,
            job_patience: Duration::from_secs(120),
        }
    }

    /// The same client with other timers.
    #[must_use]
    pub fn with_timers(self, timers: Timers) -> Self {
        Self { timers, ..self }
    }

    /// The same client that sends each request this often, at least once, before it gives up.
    #[must_use]
    pub fn with_tries(self, tries: u32) -> Self {
        Self {
            tries: tries.max(1),
            ..self
        }
    }

    /// The same client that waits this long for a job to end.
    #[must_use]
    pub fn with_job_patience(self, job_patience: Duration) -> Self {
        Self { job_patience, ..self }
    }

    /// Who this client is.
    #[must_use]
    pub fn identity(&self) -> &ClientIdentity {
        &self.identity
    }

    /// Says hello, and checks what the reader answers (CW-CONN-001, CW-CONN-002).
    ///
    /// # Errors
    /// No answer in time, a version that is not the highest common one, or none in common.
    pub fn greet(&self, link: &mut Link) -> Result<Greeting, ClientError> {
        let versions = [limits::PROTOCOL_VERSION];
        let max_frame = limits::FRAME_MIN as u16;
        let hello = Hello {
            versions: List::from_items(&versions),
            max_frame,
            extensions: Extensions::NONE,
        };
        let hello = encoded(&hello).map_err(ConfigurationFault::Request)?;
        // The line may hold what somebody else has left there.
        link.discard();
        link.send(&[DELIMITER]).map_err(LinkFault::Closed)?;
        let answer = self.ask_clear(link, Hello::NAME, &hello, |payload| {
            matches!(
                ClearAnswer::decode(payload),
                Ok(ClearAnswer::HelloAnswer(_) | ClearAnswer::Refusal(_))
            )
            .then(|| payload.to_vec())
        })?;
        self.check_hello_answer(hello, answer, &versions)
    }

    fn check_hello_answer(
        &self,
        hello: Vec<u8>,
        answer: Vec<u8>,
        ours: &[u8],
    ) -> Result<Greeting, ClientError> {
        let read = match ClearAnswer::decode(&answer) {
            Ok(ClearAnswer::HelloAnswer(read)) => read,
            _ => return Err(self.refused(Hello::NAME)),
        };
        let expected = read
            .versions
            .iter()
            .filter(|version| ours.contains(version))
            .max()
            .unwrap_or(0);
        if read.version != expected {
            return Err(ReaderFault::Version {
                stated: read.version,
                expected,
            }
            .into());
        }
        if expected == 0 {
            let theirs = read.versions.iter().collect();
            return Err(ConfigurationFault::NoCommonVersion {
                ours: ours.to_vec(),
                theirs,
            }
            .into());
        }
        let HelloAnswer {
            version,
            max_frame,
            reader_id,
            ..
        } = read;
        Ok(Greeting {
            hello,
            reader_id: reader_id.as_str().into(),
            version,
            max_frame,
            answer,
        })
    }

    /// Says hello and connects. The session takes the link, owned or borrowed.
    ///
    /// # Errors
    /// A refusal, which has no reason on the wire (CW-CONN-007), twice; an answer that does not authenticate, or none in
    /// time.
    //= spec/book/src/connection.md#cw-conn-016
    //# A client whose connect is refused SHOULD say hello and connect once more, `T_backoff` later, before it gives up.
    pub fn connect<L: BorrowMut<Link>>(&self, mut link: L) -> Result<Session<L>, ClientError> {
        let (greeting, established) = match self.connect_once(link.borrow_mut()) {
            Err(ClientError::Refused(Refused::Connection { request, .. })) if request == Connect::NAME => {
                wait(link.borrow_mut(), self.timers.backoff)?;
                self.connect_once(link.borrow_mut())?
            }
            settled => settled?,
        };
        Ok(Session::new(self, link, greeting, established))
    }

    fn connect_once(&self, link: &mut Link) -> Result<(Greeting, Established), ClientError> {
        let greeting = self.greet(link)?;
        let established = self.authenticate(link, &greeting)?;
        Ok((greeting, established))
    }

    /// Connects after hello: the client's first authentication information against the reader's half.
    ///
    /// # Errors
    /// As for [`Client::connect`].
    pub fn authenticate(&self, link: &mut Link, greeting: &Greeting) -> Result<Established, ClientError> {
        let ClientIdentity { id, generation, .. } = &self.identity;
        let header = ConnectHeader {
            hello: &greeting.hello,
            method: Method::NOISE_NNPSK0,
            client_id: id,
            generation: *generation,
        };
        let header = header.encode().map_err(ConfigurationFault::Request)?;
        let prologue = prologue(&greeting.hello, &greeting.answer, &header);
        let key = self.identity.pre_shared_key(&greeting.reader_id);
        let (mut handshake, first) =
            Handshake::begin(&key, &prologue).map_err(ConfigurationFault::Handshake)?;
        let connect = connect_message(&header, &first);
        let mut failed = None;
        let heard = self.ask_clear(link, Connect::NAME, &connect, |payload| {
            match ClearAnswer::decode(payload) {
                Ok(ClearAnswer::Refusal(_)) => Some(false),
                Ok(ClearAnswer::ConnectAnswer(ConnectAnswer {
                    handshake: second, ..
                })) => {
                    // Anybody on the line can forge this frame: one that does not authenticate is dropped like any other.
                    match handshake.read(second) {
                        Ok(()) => Some(true),
                        Err(error) => {
                            failed = Some(error);
                            None
                        }
                    }
                }
                _ => None,
            }
        });
        match (heard, failed) {
            (Ok(true), _) => handshake
                .establish()
                .map_err(|error| ReaderFault::Handshake(error).into()),
            (Ok(false), _) => Err(self.refused(Connect::NAME)),
            (Err(ClientError::Reader(ReaderFault::Unusable { .. })), Some(error)) => {
                Err(ReaderFault::Handshake(error).into())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Asks in clear until `take` takes the payload of an answer with the same number.
    fn ask_clear<T>(
        &self,
        link: &mut Link,
        request: &'static str,
        message: &[u8],
        mut take: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, ClientError> {
        // Random, so that an answer to somebody before is not taken for one to this.
        let number = u64::from_be_bytes(random().map_err(ConfigurationFault::Random)?);
        let line = crate::link::encode_frame(FrameKind::Clear, number, message);
        exchange(link, self.patience(), request, &line, |frame| {
            //= spec/book/src/link.md#cw-link-004
            //# The answer to a clear frame MUST be a clear frame that repeats its number.
            let is_answer = frame.kind == FrameKind::Clear && frame.number == number;
            let taken = is_answer.then(|| take(&frame.payload)).flatten();
            Ok(taken.map_or(Heard::Dropped, Heard::Answer))
        })
    }

    fn patience(&self) -> Patience {
        Patience {
            repeat: self.timers.repeat,
            tries: self.tries,
        }
    }

    fn refused(&self, request: &'static str) -> ClientError {
        let ClientIdentity { id, generation, .. } = &self.identity;
        Refused::Connection {
            request,
            client_id: id.clone(),
            generation: *generation,
        }
        .into()
    }
}

/// Lets time pass on the link's own clock. What comes meanwhile answers nothing.
fn wait(link: &mut Link, time: Duration) -> Result<(), ClientError> {
    let deadline = link.now() + time;
    while link.now() < deadline {
        match link.receive(deadline) {
            Ok(_) => {}
            Err(ReceiveError::Timeout) => break,
            Err(ReceiveError::Closed(error)) => return Err(LinkFault::Closed(error).into()),
        }
    }
    Ok(())
}
