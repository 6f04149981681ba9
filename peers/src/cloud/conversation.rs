//! A client's connection with the cloud, as messages in and messages out: no socket, no thread, no clock of its own.
//!
//! ```text
//! Closed ──cloud_open──▶ Opened ──login_confirm──▶ LoggedIn ──▶ updates
//! ```
//!
//! Whatever does not authenticate ends the login that it was meant for, and nothing else.

use super::{
    Cloud,
    channel::{Channel, Responder},
    delivery::Deliveries,
    registry::{Counters, Decision, Granted, LoginFacts, RegistryError},
    secrets::Secrets,
};
use crate::{
    HandshakeError,
    client::{CloudFault, CloudPeer},
    encoded,
    login_header::{ExpectedLogin, contradiction},
};
use cardwire_codec::{
    Extensions, List, Message, Name,
    message::{
        ChannelAnswer, CloudError, CloudOpen, CloudOpenAnswer, CloudRelayAnswer, CloudRequest, CloudSecrets,
        ErrorCode, LoginConfirm, LoginHeader, LoginOutcome, LoginResult, ServiceId, Suite,
        limits::PROTOCOL_VERSION,
    },
};
use std::{sync::Arc, time::Instant};

/// A client's connection with the cloud.
#[derive(Debug)]
pub struct Conversation {
    cloud: Arc<Cloud>,
    stage: Stage,
}

/// How far a login has come.
#[derive(Debug)]
enum Stage {
    /// None is open.
    Closed,
    /// The handshake is done on this side; the reader has not authenticated itself.
    Opened(Box<Opened>),
    /// The reader is logged in.
    LoggedIn(Box<LoggedIn>),
}

#[derive(Debug)]
struct Opened {
    channel: Channel,
    /// From the header: reader, client, class of hardware, boot counter.
    facts: LoginFacts,
    deadline: Instant,
}

#[derive(Debug)]
struct LoggedIn {
    channel: Channel,
    /// The reader and the client.
    names: (String, String),
    deliveries: Deliveries,
    secrets: Secrets,
}

impl Conversation {
    pub(super) fn new(cloud: Arc<Cloud>) -> Self {
        Self {
            cloud,
            stage: Stage::Closed,
        }
    }

    /// The answer to a message of the client, whatever its bytes are.
    pub fn handle(&mut self, message: &[u8], now: Instant) -> Vec<u8> {
        let answer = match CloudRequest::decode(message) {
            Ok(CloudRequest::CloudOpen(open)) => self.open(&open, now).inspect_err(|code| {
                let header = LoginHeader::decode(open.header).ok();
                let reader = header.as_ref().map_or("", |header| header.reader_id.as_str());
                self.note_refusal((reader, open.client_id.as_str()), *code, now);
            }),
            Ok(CloudRequest::CloudRelay(relay)) => self.relay(relay.payload, now),
            Ok(CloudRequest::CloudSecrets(asked)) => self.send_secrets(&asked),
            Err(_) => Err(ErrorCode::MALFORMED),
        };
        answer.unwrap_or_else(|code| {
            // A code and no extensions always have an encoding.
            encoded(&CloudError {
                code,
                extensions: Extensions::NONE,
            })
            .unwrap_or_default()
        })
    }

    /// Whether a reader is logged in.
    #[must_use]
    pub fn is_logged_in(&self) -> bool {
        matches!(self.stage, Stage::LoggedIn(_))
    }

    fn open(&mut self, open: &CloudOpen<'_>, now: Instant) -> Result<Vec<u8>, ErrorCode> {
        let header = LoginHeader::decode(open.header).map_err(|_| ErrorCode::MALFORMED)?;
        //= spec/book/src/login.md#cw-login-013
        //# A cloud MUST refuse a login of a suite that it does not know, or of a version that it does not speak, with `not-supported`.
        if header.version != PROTOCOL_VERSION || header.suite != Suite::NOISE_IK {
            return Err(ErrorCode::NOT_SUPPORTED);
        }
        let &CloudOpen {
            version,
            client_id,
            session,
            ..
        } = open;
        if contradiction(
            &header,
            ExpectedLogin {
                version,
                client_id: client_id.as_str(),
                session,
            },
        )
        .is_some()
        {
            return Err(ErrorCode::CLIENT_MISMATCH);
        }
        let registered = self
            .cloud
            .registry
            .reader_key(header.reader_id.as_str())
            .map_err(unreachable)?;
        // An unknown reader and one with another key get the same answer.
        let registered = registered.ok_or(ErrorCode::READER_UNKNOWN)?;
        let responder = Responder::read(&self.cloud.static_key, open.header, open.handshake)
            .map_err(|error| handshake_code(&error))?;
        let responder = responder
            .registered(&registered)
            .ok_or(ErrorCode::READER_UNKNOWN)?;
        let (second, channel) = responder.answer().map_err(|error| handshake_code(&error))?;

        let answer = CloudOpenAnswer {
            handshake: &second,
            extensions: Extensions::NONE,
        };
        let answer = encoded(&answer).map_err(|_| ErrorCode::UNREACHABLE)?;
        let facts = LoginFacts {
            reader_id: header.reader_id.as_str().into(),
            client_id: header.client_id.as_str().into(),
            hardware_class: header.hardware_class,
            boot_counter: header.boot_counter,
            software: String::new(),
            counters: Counters::default(),
        };
        let deadline = now + self.cloud.timers.handshake;
        self.stage = Stage::Opened(Box::new(Opened {
            channel,
            facts,
            deadline,
        }));
        Ok(answer)
    }

    fn relay(&mut self, payload: &[u8], now: Instant) -> Result<Vec<u8>, ErrorCode> {
        let payload = match core::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Closed => Err(ErrorCode::LOGIN_EXPIRED),
            Stage::Opened(opened) if now > opened.deadline => Err(ErrorCode::LOGIN_EXPIRED),
            Stage::Opened(opened) => {
                let names = (opened.facts.reader_id.clone(), opened.facts.client_id.clone());
                self.confirm(*opened, payload)
                    .inspect_err(|code| self.note_refusal((&names.0, &names.1), *code, now))
            }
            Stage::LoggedIn(logged_in) => self.deliver(logged_in, payload),
        }?;
        encoded(&CloudRelayAnswer {
            payload: &payload,
            extensions: Extensions::NONE,
        })
        .map_err(|_| ErrorCode::UNREACHABLE)
    }

    /// Takes login_confirm: the reader has authenticated itself, and the login counts from here on.
    fn confirm(&mut self, opened: Opened, payload: &[u8]) -> Result<Vec<u8>, ErrorCode> {
        let Opened {
            mut channel,
            mut facts,
            ..
        } = opened;
        let message = channel.open(payload).ok_or(ErrorCode::LOGIN_EXPIRED)?;
        let confirm = LoginConfirm::decode(&message).map_err(|_| ErrorCode::MALFORMED)?;
        if (confirm.reader_id, confirm.client_id)
            != (
                Name::from_text(&facts.reader_id),
                Name::from_text(&facts.client_id),
            )
        {
            return Err(ErrorCode::LOGIN_MISMATCH);
        }
        facts.software = confirm.software.as_str().into();
        facts.counters = Counters {
            software: confirm.software_counter,
            authentication: confirm.authentication_counter,
            logic: confirm.logic_counter,
        };
        let decision = self.cloud.registry.login(&facts).map_err(unreachable)?;
        let result = login_result(&facts, &decision).ok_or(ErrorCode::UNREACHABLE)?;
        let sealed = channel.seal(&result).ok_or(ErrorCode::LOGIN_EXPIRED)?;
        if decision.admitted {
            self.stage = Stage::LoggedIn(Box::new(LoggedIn {
                channel,
                deliveries: Deliveries::to(facts.reader_id.clone()),
                names: (facts.reader_id, facts.client_id),
                secrets: Secrets::default(),
            }));
        }
        Ok(sealed)
    }

    /// A refusal is given whether it can be written down or not.
    fn note_refusal(&self, names: (&str, &str), code: ErrorCode, now: Instant) {
        let _ = self
            .cloud
            .refusals
            .note(&self.cloud.registry, names, &code.to_string(), now);
    }

    /// Takes what the reader says to an update, and gives the next message for it.
    fn deliver(&mut self, mut logged_in: Box<LoggedIn>, payload: &[u8]) -> Result<Vec<u8>, ErrorCode> {
        self.check_barred(&logged_in)?;
        let LoggedIn {
            channel,
            names,
            deliveries,
            secrets,
        } = &mut *logged_in;
        let registry = &self.cloud.registry;
        let next = if !payload.is_empty() {
            let message = channel.open(payload).ok_or(ErrorCode::LOGIN_EXPIRED)?;
            let answer = ChannelAnswer::decode(&message).map_err(|_| ErrorCode::MALFORMED)?;
            if secrets.is_waiting() {
                // Nothing else comes behind them: the client is about to instruct.
                secrets.take(registry, names, &answer).map_err(unreachable)?;
                Ok(None)
            } else {
                deliveries
                    .take(registry, &answer)
                    .and_then(|()| deliveries.next(registry))
                    .map_err(unreachable)
            }
        } else if deliveries.is_waiting() || secrets.is_waiting() {
            // The reader has not answered, and what it was sent can't be sealed again.
            Err(ErrorCode::UNEXPECTED)
        } else {
            deliveries.next(registry).map_err(unreachable)
        };
        let sealed = next.and_then(|next| match next {
            None => Ok(Vec::new()),
            Some(message) => channel.seal(&message).ok_or(ErrorCode::LOGIN_EXPIRED),
        });
        self.stage = Stage::LoggedIn(logged_in);
        sealed
    }

    /// Asked before every answer: who was revoked meanwhile gets none, and the channel is gone.
    fn check_barred(&self, LoggedIn { names, .. }: &LoggedIn) -> Result<(), ErrorCode> {
        let registry = &self.cloud.registry;
        if registry.is_barred(&names.0, &names.1).map_err(unreachable)? {
            registry.ended(&names.0, &names.1).map_err(unreachable)?;
            return Err(ErrorCode::LOGIN_EXPIRED);
        }
        Ok(())
    }

    /// Sends the reader what a job needs of the secrets of a card.
    fn send_secrets(&mut self, asked: &CloudSecrets<'_>) -> Result<Vec<u8>, ErrorCode> {
        let mut logged_in = match core::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::LoggedIn(logged_in) => logged_in,
            other @ (Stage::Closed | Stage::Opened(_)) => {
                self.stage = other;
                return Err(ErrorCode::LOGIN_EXPIRED);
            }
        };
        self.check_barred(&logged_in)?;
        let LoggedIn {
            channel,
            names,
            deliveries,
            secrets,
        } = &mut *logged_in;
        // The reader answers one message after the other.
        let sealed = if deliveries.is_waiting() || secrets.is_waiting() {
            Err(ErrorCode::UNEXPECTED)
        } else {
            secrets.seal(&self.cloud.registry, names, channel, asked)
        };
        self.stage = Stage::LoggedIn(logged_in);
        encoded(&CloudRelayAnswer {
            payload: &sealed?,
            extensions: Extensions::NONE,
        })
        .map_err(|_| ErrorCode::UNREACHABLE)
    }
}

impl CloudPeer for Conversation {
    /// A cloud in the same process: for testers that play client and cloud.
    fn exchange(&mut self, request: &[u8], _deadline: Instant) -> Result<Vec<u8>, CloudFault> {
        Ok(self.handle(request, Instant::now()))
    }
}

fn login_result(facts: &LoginFacts, decision: &Decision) -> Option<Vec<u8>> {
    let (all_services, services) = match &decision.granted {
        Granted::All if decision.admitted => (true, [].as_slice()),
        Granted::Services(services) if decision.admitted => (false, services.as_slice()),
        Granted::All | Granted::Services(_) => (false, [].as_slice()),
    };
    let services: List<'_, ServiceId> = List::from_items(services);
    let result = LoginResult {
        outcome: if decision.admitted {
            LoginOutcome::Success
        } else {
            LoginOutcome::Denied
        },
        reader_id: Name::from_text(&facts.reader_id),
        client_id: Name::from_text(&facts.client_id),
        all_services,
        services,
        lifetime: decision.lifetime,
        software_latest: decision.latest.software,
        authentication_latest: decision.latest.authentication,
        logic_latest: decision.latest.logic,
        extensions: Extensions::NONE,
    };
    encoded(&result).ok()
}

fn handshake_code(error: &HandshakeError) -> ErrorCode {
    match error {
        HandshakeError::Length { .. } | HandshakeError::LowOrder => ErrorCode::MALFORMED,
        // The reader has pinned another cloud, or somebody has changed the header.
        HandshakeError::Unauthentic => ErrorCode::CLOUD_NOT_AUTHENTICATED,
        HandshakeError::Library(_) => ErrorCode::UNREACHABLE,
    }
}

/// What went wrong inside the cloud is not the client's to know.
fn unreachable(_: RegistryError) -> ErrorCode {
    ErrorCode::UNREACHABLE
}

#[cfg(test)]
mod revoked;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod tests;
