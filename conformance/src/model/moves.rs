//! What a walk can do to a device: every message of the schema, right and broken, and what hits a line or a session.

use super::state::State;
use crate::{
    embedded::protocol,
    hex,
    sequence::{Act, How, StepData},
    tester::frame,
};
use cardwire_spec::{Place, interpret, interpret::frame::DELIMITER, model::Message};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

/// One thing that a walk does. It is always possible, whatever state the device is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Move {
    Hello,
    /// A message in clear that is neither hello nor connect: its code.
    Clear(u8),
    /// A connect that breaks a rule of the codec.
    ConnectCut,
    Garbage(Garbage),
    Status,
    Diagnostics,
    List,
    Disconnect,
    Auth(Offers),
    Instruct {
        job: u8,
        service: Service,
        odd: bool,
    },
    JobStatus(u8),
    /// The status of a job, asked until it has ended.
    JobEnd(u8),
    JobData {
        job: u8,
        part: u8,
    },
    JobAbort(u8),
    /// The request of this code, broken.
    Broken(u8, Fault),
    /// A sealed message with a code that is no request.
    Unknown(u8),
    /// Relayed, and sealed as the cloud seals: a message of no code that a reader takes.
    UnknownWord,
    Repeat,
    /// Another message under the number of the last request.
    Changed,
    /// A number that is ahead of the next one.
    Ahead,
    /// What the tester has a hand for.
    Act(Act),
}

/// Bytes that are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Garbage {
    Noise,
    FlippedBit,
    HalfAFrame,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    Cut,
    Tail,
    CriticalExtension,
}

/// What a platform_auth offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Offers {
    All,
    Nothing,
    Identify,
    Cbor,
}

/// What is instructed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Service {
    Identify,
    Subscriber,
    Echo,
    Nobodys,
}

/// A number of service that nobody has.
const NOBODYS: u64 = 0xFEFE;

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Identify, Self::Subscriber, Self::Echo, Self::Nobodys];

    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Identify => 0x0001,
            Self::Subscriber => 0x0002,
            Self::Echo => 0xFF01,
            Self::Nobodys => NOBODYS,
        }
    }
}

impl Offers {
    pub(crate) const ALL: [Self; 4] = [Self::All, Self::Nothing, Self::Identify, Self::Cbor];

    /// The services that are offered.
    pub(crate) const fn services(self) -> &'static [Service] {
        match self {
            Self::All => &[Service::Identify, Service::Subscriber, Service::Echo],
            Self::Nothing => &[],
            Self::Identify => &[Service::Identify],
            Self::Cbor => &[Service::Identify, Service::Echo],
        }
    }

    fn to_json(self) -> Value {
        let format = if self == Self::Cbor { 2 } else { 1 };
        let offer = |service: &Service| json!({ "service": service.number(), "format": format });
        self.services().iter().map(offer).collect()
    }
}

impl Move {
    /// The step of a sequence that does this.
    pub(crate) fn step(self) -> StepData {
        match self {
            Self::Hello => send("hello", json!({ "versions": [1], "max_frame": 512 })),
            Self::Clear(code) => bytes(&[code], How::Clear),
            Self::ConnectCut => bytes(&[0x02, 0x00], How::Clear),
            Self::Garbage(garbage) => StepData {
                line: Some(hex::encode(&garbage.bytes())),
                ..StepData::default()
            },
            Self::Status => send("reader_status", json!({})),
            Self::Diagnostics => send("diagnostics", json!({ "from": u32::MAX })),
            Self::List => send("service_list", json!({ "from": 0 })),
            Self::Disconnect => send("disconnect", json!({})),
            Self::Auth(offers) => send("platform_auth", json!({ "offers": offers.to_json() })),
            Self::Instruct { job, service, odd } => {
                let parameters = if odd { "00" } else { "" };
                let service = service.number();
                send(
                    "instruct",
                    json!({ "job": job_name(job), "service": service, "parameters": parameters }),
                )
            }
            Self::JobEnd(job) => {
                let mut step = Self::JobStatus(job).step();
                step.until.insert("state".into(), json!({ "not": "running" }));
                step
            }
            Self::JobStatus(job) => send("job_status", json!({ "job": job_name(job) })),
            Self::JobData { job, part } => send("job_data", json!({ "job": job_name(job), "part": part })),
            Self::JobAbort(job) => send("job_abort", json!({ "job": job_name(job) })),
            Self::Broken(code, fault) => bytes(&fault.of(code), How::Sealed),
            Self::Unknown(code) => bytes(&[code, 0x00, 0x00], How::Sealed),
            Self::UnknownWord => bytes(&[0x99, 0x00], How::Relayed),
            Self::Repeat => StepData {
                repeat: true,
                ..StepData::default()
            },
            // Whatever the last request was, a session that is still open has not been told this.
            Self::Changed => numbered("disconnect", -1),
            Self::Ahead => numbered("reader_status", 3),
            Self::Act(act) => StepData {
                act: Some(act),
                ..StepData::default()
            },
        }
    }

    /// The same about the first job, whichever it was about.
    pub(crate) const fn of_first_job(self) -> Self {
        match self {
            Self::Instruct { service, odd, .. } => Self::Instruct { job: 0, service, odd },
            Self::JobStatus(_) => Self::JobStatus(0),
            Self::JobEnd(_) => Self::JobEnd(0),
            Self::JobData { part, .. } => Self::JobData { job: 0, part },
            Self::JobAbort(_) => Self::JobAbort(0),
            _ => self,
        }
    }

    /// The message that it is about, for the table of states and messages.
    pub(crate) fn message(self) -> &'static str {
        let of_code = |code| {
            let known = protocol().messages.iter().find(|message| message.code == code);
            known.map_or("unknown code", |message| message.name.as_str())
        };
        match self {
            Self::Hello => "hello",
            Self::Clear(_) => "clear message",
            Self::ConnectCut => "connect",
            Self::Garbage(_) => "garbage",
            Self::Status => "reader_status",
            Self::Diagnostics => "diagnostics",
            Self::List => "service_list",
            Self::Disconnect => "disconnect",
            Self::Auth(_) => "platform_auth",
            Self::Instruct { .. } => "instruct",
            Self::JobStatus(_) | Self::JobEnd(_) => "job_status",
            Self::JobData { .. } => "job_data",
            Self::JobAbort(_) => "job_abort",
            Self::Broken(code, _) => of_code(code),
            Self::Unknown(_) => "unknown code",
            Self::UnknownWord => "relay",
            Self::Repeat => "repeat",
            Self::Changed | Self::Ahead => "dropped frame",
            Self::Act(act) => of_act(act),
        }
    }

    /// Every move there is, for a device on a link of this kind.
    pub(crate) fn all() -> Vec<Self> {
        let requests: Vec<u8> = protocol()
            .messages_at(Place::Request)
            .map(|message| message.code)
            .collect();
        let mut all = vec![Self::Hello, Self::ConnectCut];
        all.extend(
            protocol()
                .messages
                .iter()
                .map(|message| message.code)
                .filter(|code| !matches!(code, 0x01 | 0x02))
                .map(Self::Clear),
        );
        all.push(Self::Clear(0x7E));
        all.extend([Garbage::Noise, Garbage::FlippedBit, Garbage::HalfAFrame].map(Self::Garbage));
        all.extend([
            Self::Status,
            Self::Diagnostics,
            Self::List,
            Self::Repeat,
            Self::Changed,
            Self::Ahead,
            Self::UnknownWord,
            Self::Disconnect,
        ]);
        all.extend(Offers::ALL.map(Self::Auth));
        for job in 0..2 {
            for service in Service::ALL {
                for odd in [false, true] {
                    all.push(Self::Instruct { job, service, odd });
                }
            }
            all.extend([Self::JobStatus(job), Self::JobAbort(job)]);
            all.extend([0, 9].map(|part| Self::JobData { job, part }));
        }
        for &code in &requests {
            let faults = [Fault::Cut, Fault::Tail, Fault::CriticalExtension];
            all.extend(
                faults
                    .into_iter()
                    .filter(|fault| fault.fits(code))
                    .map(|fault| Self::Broken(code, fault)),
            );
        }
        let strange = [0x00, 0x20, 0x41, 0x57, 0x8A, 0xFE, 0xFF];
        all.extend(strange.map(Self::Unknown));
        all.extend(ACTS.map(Self::Act));
        all
    }

    /// Whether it can be left to chance: what wears a device, or takes it from everybody, is counted out.
    pub(crate) fn is_right_commit(self, state: &State) -> bool {
        self == Self::Act(Act::UpdateCommit) && state.would_commit()
    }
}

/// Every act but the reset of the device, which not every bench has.
pub(crate) const ACTS: [Act; 33] = [
    Act::Connect,
    Act::ConnectOther,
    Act::ConnectAgain,
    Act::ConnectWrongKey,
    Act::ConnectUnknownClient,
    Act::ConnectUnknownGeneration,
    Act::ConnectUnknownMethod,
    Act::LoginSecond,
    Act::LoginResult,
    Act::LoginLimited,
    Act::LoginDenied,
    Act::LoginForeign,
    Act::RelayStrange,
    Act::RelayAgain,
    Act::UpdateOffer,
    Act::UpdateOfferOther,
    Act::UpdateOfferAgain,
    Act::UpdateOfferUnsigned,
    Act::UpdateOfferForeign,
    Act::UpdateOfferOld,
    Act::UpdateChunk,
    Act::UpdateChunkAhead,
    Act::UpdateChunkLong,
    Act::UpdateChunkSpoiled,
    Act::UpdateChunkRest,
    Act::UpdateCommit,
    Act::UpdateQuery,
    Act::Flip,
    Act::Short,
    Act::Replay,
    Act::Two,
    Act::LinkReset,
    Act::DeviceReset,
];

fn of_act(act: Act) -> &'static str {
    match act {
        Act::Connect
        | Act::ConnectOther
        | Act::ConnectWrongKey
        | Act::ConnectUnknownClient
        | Act::ConnectUnknownGeneration
        | Act::ConnectUnknownMethod
        | Act::ConnectAgain => "connect",
        Act::LoginSecond | Act::RelayStrange | Act::RelayAgain => "relay",
        Act::LoginResult | Act::LoginLimited | Act::LoginDenied | Act::LoginForeign => "login_result",
        Act::UpdateOffer
        | Act::UpdateOfferOther
        | Act::UpdateOfferAgain
        | Act::UpdateOfferUnsigned
        | Act::UpdateOfferForeign
        | Act::UpdateOfferOld => "update_offer",
        Act::UpdateChunk
        | Act::UpdateChunkAhead
        | Act::UpdateChunkLong
        | Act::UpdateChunkRest
        | Act::UpdateChunkSpoiled => "update_chunk",
        Act::UpdateCommit => "update_commit",
        Act::UpdateQuery => "update_query",
        Act::Flip | Act::Short | Act::Replay => "dropped frame",
        Act::Two => "two requests",
        Act::LinkReset => "link reset",
        Act::DeviceReset => "device reset",
    }
}

impl Garbage {
    fn bytes(self) -> Vec<u8> {
        // The suite's own hello has an encoding.
        let hello = interpret::encode(protocol(), "hello", &json!({ "versions": [1], "max_frame": 512 }));
        let mut line = frame("clear", 7, &hello.unwrap_or_default()).unwrap_or_default();
        match self {
            Self::Noise => b"noise on the line\0".to_vec(),
            Self::FlippedBit => {
                if let Some(byte) = line.get_mut(12) {
                    *byte ^= 0x40;
                }
                line
            }
            Self::HalfAFrame => {
                line.truncate(line.len() / 2);
                line.push(DELIMITER);
                line
            }
        }
    }
}

impl Fault {
    /// Whether a request can have it: one of a single byte can't be cut and still have a code.
    fn fits(self, code: u8) -> bool {
        self != Self::Cut || typical(code).len() > 1
    }

    /// A request of this code with it.
    pub(crate) fn of(self, code: u8) -> Vec<u8> {
        let mut message = typical(code);
        match self {
            Self::Cut => drop(message.pop()),
            Self::Tail => message.push(0x00),
            Self::CriticalExtension => message.extend([0xF0, 0x01, 0x00, 0x00]),
        }
        message
    }
}

/// A right request of this code.
fn typical(code: u8) -> Vec<u8> {
    static ALL: LazyLock<BTreeMap<u8, Vec<u8>>> = LazyLock::new(|| {
        let requests = protocol().messages_at(Place::Request);
        let vector = |message: &Message| {
            let vector = crate::vectors::valid(&message.name).find(|vector| vector.name == "typical");
            let bytes = vector.and_then(|vector| hex::decode(&vector.hex));
            (message.code, bytes.unwrap_or_else(|| vec![message.code]))
        };
        requests.map(vector).collect()
    });
    ALL.get(&code).cloned().unwrap_or_else(|| vec![code])
}

/// The name that a job's id is bound to.
pub(crate) fn job_name(job: u8) -> String {
    format!("$job{job}")
}

fn send(message: &str, fields: Value) -> StepData {
    let with = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    StepData {
        send: Some(message.to_owned()),
        with,
        ..StepData::default()
    }
}

fn bytes(message: &[u8], how: How) -> StepData {
    StepData {
        hex: Some(hex::encode(message)),
        how: Some(how),
        ..StepData::default()
    }
}

fn numbered(message: &str, number: i64) -> StepData {
    StepData {
        number,
        ..send(message, json!({}))
    }
}
