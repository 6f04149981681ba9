//! The login with the cloud, step by step; the tester is client and cloud at once.

use super::{Answer, Tester, clear::encode};
use crate::{
    embedded::protocol,
    hex,
    trace::Way,
    verdict::{Step, Stop},
};
use cardwire_peers::{
    cloud::{Channel, Responder},
    identity::Key,
};
use cardwire_spec::{Place, interpret};
use serde_json::{Value, json};

/// Services of the specification and the one of the suite, in ascending order.
const SERVICES: [u64; 3] = [0x0001, 0x0002, 0xFF01];
/// The format `native`.
const NATIVE: u64 = 0x01;

/// A login as the tester makes it. The default offers and grants everything that the suite uses, for an hour.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// Services and formats that the client offers, in ascending order.
    pub(crate) offers: Vec<(u64, u64)>,
    pub(crate) outcome: &'static str,
    /// Names in the login result, where they are not those of reader and client.
    pub(crate) reader_id: Option<String>,
    pub(crate) client_id: Option<String>,
    /// The services granted; `None` grants all.
    pub(crate) grants: Option<Vec<u64>>,
    /// Seconds.
    pub(crate) lifetime: u64,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            offers: SERVICES.map(|service| (service, NATIVE)).to_vec(),
            outcome: "success",
            reader_id: None,
            client_id: None,
            grants: None,
            lifetime: 3600,
        }
    }
}

/// What the reader answered to platform_auth.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// The login header, verbatim.
    pub(crate) header: Vec<u8>,
    pub(crate) fields: Value,
    pub(crate) handshake: Vec<u8>,
}

impl Begun {
    /// Whether it was begun for the cloud that holds this key.
    pub(crate) fn is_for(&self, key: &Key) -> bool {
        Responder::read(key, &self.header, &self.handshake).is_ok()
    }
}

impl Tester {
    /// Logs the reader in.
    pub(crate) fn login(&mut self, login: &Login) -> Step {
        let begun = self.begin_login(&login.offers)?;
        self.finish_login(&begun, login)
    }

    /// Brings a login that has begun to its success.
    pub(crate) fn finish_login(&mut self, begun: &Begun, login: &Login) -> Step {
        self.confirm(begun)?;
        let result = self.login_result(login)?;
        let answer = self.relay(&result)?;
        self.under("CW-LOGIN-006", |tester| {
            let right = answer.fields["state"] == "serving";
            tester.demand(right, "relay_answer with the state serving", answer.describe())
        })
    }

    /// Brings a login to its last step, which denies it.
    pub(crate) fn denied_login(&mut self) -> Step {
        let denied = Login {
            outcome: "denied",
            ..Login::default()
        };
        let begun = self.begin_login(&denied.offers)?;
        self.confirm(&begun)?;
        let result = self.login_result(&denied)?;
        self.relay_refused(&result, &["login-denied"]).map(drop)
    }

    /// Sends platform_auth and checks the login header.
    pub(crate) fn begin_login(&mut self, offers: &[(u64, u64)]) -> Step<Begun> {
        self.cloud = None;
        let offers: Vec<_> = offers
            .iter()
            .map(|(service, format)| json!({ "service": service, "format": format }))
            .collect();
        let answer = self.under("CW-LOGIN-001", |tester| {
            tester.expect(
                "platform_auth",
                json!({ "offers": offers }),
                "platform_auth_answer",
            )
        })?;
        self.judge_begun(&answer)
    }

    /// Holds platform_auth_answer to a login header of this session, and gives what a cloud needs of it.
    pub(crate) fn judge_begun(&mut self, answer: &Answer) -> Step<Begun> {
        let header = answer.octets("header")?;
        let handshake = answer.octets("handshake")?;
        self.under("CW-LOGIN-002", |tester| {
            let tree = interpret::decode(protocol(), Place::Document("login_header"), &header)
                .map_err(|fault| tester.failure("a login header that is well formed", fault))?;
            tester.judge_numbers(&tree)?;
            let fields = interpret::to_json(&tree);
            tester
                .trace
                .inner(Way::Received, "login_header", Some(fields.clone()));
            tester.judge_header(&fields)?;
            Ok(Begun {
                header,
                fields,
                handshake,
            })
        })
    }

    fn judge_header(&mut self, fields: &Value) -> Step {
        let reader_id = self.device.reader_id.clone();
        let session = self.session()?;
        let expected = json!({
            "version": protocol().about.version,
            "suite": "noise-ik",
            "reader_id": reader_id,
            "client_id": session.client,
            "session": hex::encode(&session.hash),
        });
        for (name, value) in expected.as_object().into_iter().flatten() {
            let seen = &fields[name];
            self.demand(
                seen == value,
                format!("a login header with {value} as {name}"),
                seen,
            )?;
        }
        Ok(())
    }

    /// The cloud's answer to the reader's handshake message, and the channel that follows it.
    pub(crate) fn answer_as_cloud(&mut self, begun: &Begun) -> Step<(Vec<u8>, Channel)> {
        let identity = self.cloud_identity()?;
        self.under("CW-LOGIN-002", |tester| {
            let responder =
                Responder::read(&identity.static_key, &begun.header, &begun.handshake).map_err(|error| {
                    tester.failure("a handshake message for the cloud, bound to the header", error)
                })?;
            let reader_id = begun.fields["reader_id"].as_str().unwrap_or_default();
            let registered = identity.readers.iter().find(|reader| reader.id == reader_id);
            let responder = registered.and_then(|reader| responder.registered(&reader.public_key));
            let responder = responder.ok_or_else(|| {
                tester.failure(
                    "the static key of the certification identity",
                    "another key, or another reader",
                )
            })?;
            let (second, channel) = responder
                .answer()
                .map_err(|error| Stop::Error(format!("the cloud can't answer: {error}")))?;
            Ok((second.to_vec(), channel))
        })
    }

    /// Brings a login that has begun to login_confirm, and gives that.
    pub(crate) fn confirm(&mut self, begun: &Begun) -> Step<Answer> {
        let (second, channel) = self.answer_as_cloud(begun)?;
        self.cloud = Some(channel);
        let answer = self.relay(&second)?;
        self.under("CW-LOGIN-006", |tester| {
            tester.demand(
                answer.fields["state"] != "serving",
                "the state login, and no service interface enabled, until the cloud's login result has come",
                format!("serving before any login result: {}", answer.describe()),
            )
        })?;
        self.under("CW-LOGIN-005", |tester| {
            let right = answer.fields["state"] == "login";
            tester.demand(right, "relay_answer with the state login", answer.describe())?;
            let confirm = tester.open_relayed(&answer)?;
            tester.demand(
                confirm.name == "login_confirm",
                "login_confirm",
                confirm.describe(),
            )?;
            let names = (
                confirm.fields["reader_id"].as_str(),
                confirm.fields["client_id"].as_str(),
            );
            let session_client = tester.session_client()?;
            let right = (tester.device.reader_id.as_deref(), Some(session_client.as_str()));
            tester.demand(
                names == right,
                format!("login_confirm with {right:?}"),
                format!("{names:?}"),
            )?;
            tester.logic_counter = confirm.number("logic_counter")?;
            tester.authentication_counter = confirm.number("authentication_counter")?;
            tester.software_counter = confirm.number("software_counter")?;
            Ok(confirm)
        })
    }

    /// A login result, sealed for the reader.
    pub(crate) fn login_result(&mut self, login: &Login) -> Step<Vec<u8>> {
        let message = self.login_result_message(login)?;
        self.seal_as_cloud(&message)
    }

    /// A login result before it is sealed.
    pub(crate) fn login_result_message(&mut self, login: &Login) -> Step<Vec<u8>> {
        let Login {
            outcome,
            grants,
            lifetime,
            ..
        } = login;
        let reader_id = login.reader_id.clone().or_else(|| self.device.reader_id.clone());
        let client_id = match &login.client_id {
            Some(client_id) => client_id.clone(),
            None => self.session_client().unwrap_or_else(|_| "NOBODY".into()),
        };
        let fields = json!({
            "outcome": outcome, "reader_id": reader_id, "client_id": client_id,
            "all_services": grants.is_none(), "services": grants.clone().unwrap_or_default(), "lifetime": lifetime,
            "software_latest": 0, "authentication_latest": 0, "logic_latest": 0,
        });
        let message = encode("login_result", &fields)?;
        self.trace.inner(
            Way::Sent,
            "login_result (sealed for the reader, relayed next)",
            Some(fields),
        );
        Ok(message)
    }

    /// Relays bytes of the cloud, and demands that the reader takes them.
    pub(crate) fn relay(&mut self, payload: &[u8]) -> Step<Answer> {
        self.expect(
            "relay",
            json!({ "payload": hex::encode(payload) }),
            "relay_answer",
        )
    }

    /// Relays bytes that the reader must refuse with one of these errors.
    pub(crate) fn relay_refused(&mut self, payload: &[u8], errors: &[&str]) -> Step<Answer> {
        self.refused("relay", json!({ "payload": hex::encode(payload) }), errors)
    }

    /// The cloud's handshake message for a login that has begun, with a payload that none may have.
    pub(crate) fn cloud_message_with_payload(&mut self, begun: &Begun, payload: &[u8]) -> Step<Vec<u8>> {
        let identity = self.cloud_identity()?;
        let message = super::hostile::cloud_message_with_payload(
            &identity.static_key,
            &begun.header,
            &begun.handshake,
            payload,
        );
        message.map_err(|error| Stop::Error(format!("the handshake can't be made: {error}")))
    }

    /// The cloud's handshake message for a login that has begun, with a hostile key in it.
    pub(crate) fn hostile_cloud_message(&mut self, begun: &Begun, public: [u8; 32]) -> Step<Vec<u8>> {
        let identity = self.cloud_identity()?;
        let message =
            super::hostile::cloud_message(&identity.static_key, &begun.header, &begun.handshake, public);
        message
            .map(Vec::from)
            .map_err(|error| Stop::Error(format!("the handshake can't be made: {error}")))
    }
}
