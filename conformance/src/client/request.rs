//! What a client is asked through its upper tester, and what it tells.

use crate::{hex, program::Answer};
use cardwire_peers::{client::ServiceItem, identity::ClientIdentity};
use core::fmt;
use serde_json::{Map, Value, json};

/// What an upper tester may declare to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// Connects and logs in.
    Open,
    /// Runs a service.
    Run,
    /// Runs a service and cancels it.
    Abort,
    /// Lists the reader's services.
    Services,
    /// Asks how the reader stands.
    Status,
    /// Asks the cloud for updates.
    Update,
    /// Tells the events that the client has taken.
    Events,
    /// Leaves.
    Close,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::Run,
        Self::Abort,
        Self::Services,
        Self::Status,
        Self::Update,
        Self::Events,
        Self::Close,
    ];

    /// Those without which there is nothing to certify.
    pub const MANDATORY: [Self; 3] = [Self::Open, Self::Run, Self::Close];

    /// The name in requests and in the answer to `describe`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Run => "run",
            Self::Abort => "abort",
            Self::Services => "services",
            Self::Status => "status",
            Self::Update => "update",
            Self::Events => "events",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A service that the client is to offer, and in which format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) service: u16,
    pub(crate) format: &'static str,
}

/// A request to the upper tester, without id.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) op: &'static str,
    members: Map<String, Value>,
}

impl Request {
    pub(crate) fn describe() -> Self {
        Self::of("describe", json!({}))
    }

    pub(crate) fn plain(op: Op) -> Self {
        Self::of(op.name(), json!({}))
    }

    pub(crate) fn open(
        reader: &str,
        cloud: Option<&str>,
        client: &ClientIdentity,
        offers: &[Offered],
        scale: f64,
    ) -> Self {
        let offers: Vec<_> = offers
            .iter()
            .map(|offer| json!({ "service": offer.service, "format": offer.format }))
            .collect();
        let secret = hex::encode(client.secret.as_bytes());
        let mut members = json!({
            "reader": reader,
            "client": { "id": client.id, "generation": client.generation, "secret": secret },
            "offers": offers,
            "scale": scale,
        });
        if let Some(cloud) = cloud {
            members["cloud"] = json!(cloud);
        }
        Self::of(Op::Open.name(), members)
    }

    pub(crate) fn run(op: Op, service: u16, parameters: &[ServiceItem]) -> Self {
        let parameters: Vec<_> = parameters.iter().map(item).collect();
        Self::of(op.name(), json!({ "service": service, "parameters": parameters }))
    }

    fn of(op: &'static str, members: Value) -> Self {
        let members = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self { op, members }
    }

    pub(crate) fn line(&self, id: u64) -> String {
        let mut line = Map::from_iter([("id".to_owned(), json!(id)), ("op".to_owned(), json!(self.op))]);
        line.extend(self.members.clone());
        Value::Object(line).to_string()
    }
}

/// An item as requests and answers hold it.
pub(crate) fn item(item: &ServiceItem) -> Value {
    json!({ "name": item.name, "kind": item.kind.name(), "value": hex::encode(&item.value) })
}

/// What the client tells of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// It was done.
    Done(Answer),
    /// It came to nothing, for a reason that the client names.
    Failed { by: String, text: String },
}

/// Who may be at fault, as clients name it.
const BLAMED: [&str; 5] = ["link", "reader", "cloud", "refused", "client"];

impl Told {
    /// From an answer; else what is wrong with it.
    pub(crate) fn of(answer: Answer) -> Result<Self, String> {
        if let Some(error) = answer.get("error") {
            return Err(format!("an error of the upper tester: {error}"));
        }
        let Some(failure) = answer.get("failure") else {
            return Ok(Self::Done(answer));
        };
        if answer.len() > 1 {
            return Err("an answer that tells of a failure and of more".into());
        }
        let member = |name: &str| failure.get(name).and_then(Value::as_str).map(str::to_owned);
        match (member("by"), member("text")) {
            (Some(by), Some(text)) if BLAMED.contains(&by.as_str()) && !text.is_empty() => {
                Ok(Self::Failed { by, text })
            }
            _ => Err(format!(
                "a failure without `by` ({}) and `text`",
                BLAMED.join(", ")
            )),
        }
    }
}
