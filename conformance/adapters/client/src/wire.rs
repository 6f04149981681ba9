//! Members of requests and answers.

use cardwire_codec::message::{Format, ItemKind, Offer, ServiceId};
use cardwire_peers::{
    client::{ClientError, ReaderEvent, ServiceItem, ServiceResult},
    identity::{ClientIdentity, ClientSecret},
};
use serde::{Deserialize, Serialize};

/// What `open` asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct Open {
    /// Where the reader is: an endpoint.
    pub reader: String,
    /// Where the cloud is; without it the client only connects.
    pub cloud: Option<String>,
    /// Who the client is to be.
    pub client: Client,
    /// The services that it is to offer.
    pub offers: Vec<Offered>,
    /// What it is to multiply the specification's timers with.
    pub scale: f64,
}

/// Who a client is.
#[derive(Clone, Debug, Deserialize)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// Which of its secrets this is.
    pub generation: u32,
    /// The secret, in hexadecimal.
    pub secret: String,
}

/// A service that the client is to offer.
#[derive(Clone, Debug, Deserialize)]
pub struct Offered {
    /// Its number.
    pub service: u16,
    /// The format: `native` or `cbor`.
    pub format: String,
}

/// What `open` tells.
#[derive(Clone, Debug, Serialize)]
pub struct Opened {
    /// The session's state.
    pub state: &'static str,
    /// The reader's identity.
    pub reader: String,
}

/// What `run` and `abort` ask for.
#[derive(Clone, Debug, Deserialize)]
pub struct Run {
    /// The service's number.
    pub service: u16,
    /// Its parameters.
    pub parameters: Vec<Item>,
}

/// A value with its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// The name.
    pub name: String,
    /// `text`, `bytes` or `number`.
    pub kind: String,
    /// The value's bytes, in hexadecimal.
    pub value: String,
}

/// How a service ended.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Whether the client tells its user that it succeeded.
    pub success: bool,
    /// Number of the outcome.
    pub outcome: u16,
    /// The last status word of the card.
    pub status_word: u16,
    /// What it gave.
    pub items: Vec<Item>,
}

/// A service of the reader.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    /// Its number.
    pub service: u16,
    /// Its name.
    pub name: String,
    /// Whether it can be run now.
    pub enabled: bool,
}

/// How a reader stands.
#[derive(Clone, Debug, Serialize)]
pub struct Reader {
    /// The session's state.
    pub state: &'static str,
    /// The kind of the reader's identity.
    pub provisioning: &'static str,
    /// The reader's software.
    pub software: String,
}

/// What a reader told unasked.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A job has moved on.
    Progress {
        /// Its id, in hexadecimal.
        job: String,
        /// Its state.
        state: &'static str,
        /// Instructions so far.
        step: u16,
    },
    /// A card came or went.
    CardEvent {
        /// Number of the slot.
        slot: u8,
    },
}

/// What the client tells its user where something came to nothing.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Who is at fault, as far as the client can tell: `link`, `reader`, `cloud`, `refused`, `client`.
    pub by: &'static str,
    /// The text.
    pub text: String,
}

impl Failure {
    /// A fault of the client, or of what it was told.
    #[must_use]
    pub fn client(text: impl ToString) -> Self {
        let text = text.to_string();
        Self { by: "client", text }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let by = match error {
            ClientError::Link(_) => "link",
            ClientError::Reader(_) => "reader",
            ClientError::Cloud(_) => "cloud",
            ClientError::Refused(_) => "refused",
            ClientError::Configuration(_) => "client",
        };
        Self {
            by,
            text: format!("{error}. {}", error.remedy()),
        }
    }
}

impl Client {
    /// The identity as the client library takes it.
    ///
    /// # Errors
    /// A secret that is none.
    pub fn identity(&self) -> Result<ClientIdentity, Failure> {
        let secret = unhex(&self.secret).and_then(ClientSecret::new);
        Ok(ClientIdentity {
            id: self.id.clone(),
            generation: self.generation,
            secret: secret.ok_or_else(|| Failure::client("no secret of 16 to 64 bytes"))?,
        })
    }
}

impl Offered {
    /// The offer as it goes to the reader.
    ///
    /// # Errors
    /// A format that is neither `native` nor `cbor`.
    pub fn offer(&self) -> Result<Offer, Failure> {
        let format = match self.format.as_str() {
            "native" => Format::NATIVE,
            "cbor" => Format::CBOR,
            other => return Err(Failure::client(format!("no format {other}"))),
        };
        let service = ServiceId(self.service);
        Ok(Offer { service, format })
    }
}

impl Item {
    /// The item as the client library takes it.
    ///
    /// # Errors
    /// A kind that there is not, or a value that is no hexadecimal.
    pub fn item(&self) -> Result<ServiceItem, Failure> {
        let kind = match self.kind.as_str() {
            "text" => ItemKind::Text,
            "bytes" => ItemKind::Bytes,
            "number" => ItemKind::Number,
            other => return Err(Failure::client(format!("no kind {other}"))),
        };
        let value = unhex(&self.value).ok_or_else(|| Failure::client("a value that is no hexadecimal"))?;
        Ok(ServiceItem {
            name: self.name.clone(),
            kind,
            value,
        })
    }
}

impl From<&ServiceItem> for Item {
    fn from(item: &ServiceItem) -> Self {
        Self {
            name: item.name.clone(),
            kind: item.kind.name().into(),
            value: hex(&item.value),
        }
    }
}

impl From<ServiceResult> for Outcome {
    fn from(result: ServiceResult) -> Self {
        Self {
            success: result.outcome == cardwire_codec::message::Outcome::SUCCESS,
            outcome: result.outcome.0,
            status_word: result.status_word,
            items: result.items.iter().map(Item::from).collect(),
        }
    }
}

impl From<ReaderEvent> for Event {
    fn from(event: ReaderEvent) -> Self {
        match event {
            ReaderEvent::Progress { job, state, step } => Self::Progress {
                job: hex(&job),
                state: state.name(),
                step,
            },
            ReaderEvent::Card(slot) => Self::CardEvent { slot: slot.number },
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok();
    (digits.len().is_multiple_of(2) && text.is_ascii())
        .then(|| pairs.map(byte).collect())
        .flatten()
}
