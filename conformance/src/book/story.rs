//! The run that the worked examples show: from hello to a finished service and an update, every byte of it.
//!
//! Keys are those of the published certification identities. What is random in a real run is SHA-256 of a label here,
//! so that everybody can make the same bytes again.

use super::{
    BookError, encode,
    handshakes::{self, ClientSide, CloudSide},
    lines::{Channel, Exchange, Sealed, Session},
    noise::{self, SIZE},
};
use crate::{
    embedded::{protocol, registered, service_logic},
    hex,
};
use cardwire_peers::Identities;
use cardwire_spec::{
    Place,
    interpret::{self, Data},
    logic,
};
use serde_json::{Value, json};

/// What the labels of fixed values begin with.
pub(super) const LABEL: &str = "cardwire worked example: ";
/// The service that runs.
const SERVICE: &str = "card.identify";
/// The service whose logic the update brings.
pub(super) const UPDATED: &str = "certification.echo";
/// What the card in the slot says: its answer to reset and its ICCID.
const ATR: &str = "3b9f96801fc78031e073fe21136743572d53494d3187";
const ICCID: &str = "8900001010123456783";
/// Bytes of service data that the reader of the examples puts into one part.
const PART: usize = 40;

/// Everything that is said.
pub(super) struct Story {
    pub(super) identities: Identities,
    pub(super) client_side: ClientSide,
    pub(super) cloud_side: CloudSide,
    pub(super) status: Exchange,
    pub(super) platform_auth: Exchange,
    pub(super) cloud_open: Vec<u8>,
    pub(super) cloud_open_answer: Vec<u8>,
    /// The cloud's handshake message goes in, login_confirm comes out.
    pub(super) confirm: Exchange,
    pub(super) login_confirm: Sealed,
    pub(super) cloud_relay: Vec<u8>,
    pub(super) cloud_relay_answer: Vec<u8>,
    /// login_result goes in.
    pub(super) result: Exchange,
    pub(super) login_result: Sealed,
    pub(super) instruct: Exchange,
    pub(super) progress: Sealed,
    pub(super) job_status: Exchange,
    pub(super) parts: Vec<Exchange>,
    pub(super) service_data: Vec<u8>,
    pub(super) update: Update,
    /// A request that breaks a rule, and the error.
    pub(super) malformed: Exchange,
    pub(super) not_in_place: Exchange,
    pub(super) disconnect: Exchange,
}

/// An update: what is signed, and what the cloud says.
pub(super) struct Update {
    pub(super) logic: Vec<u8>,
    pub(super) manifest: Vec<u8>,
    pub(super) digest: [u8; SIZE],
    pub(super) signature: [u8; 64],
    /// Offer, chunk, commit: inside the channel, and the relay that carries each.
    pub(super) steps: Vec<(Exchange, Exchange)>,
}

impl Story {
    /// Tells it from the beginning.
    pub(super) fn tell() -> Result<Self, BookError> {
        let identities = Identities::certification();
        let client_side = handshakes::client_side(&identities)?;
        let mut session = Session::new(&client_side.split);
        let status = session.exchange(("reader_status", json!({})), ("reader_status_answer", status()))?;
        let too_early = json!({ "request": 0x06, "code": "not-logged-in", "detail": 0, "offset": 0 });
        let not_in_place = session.exchange(("instruct", instruction()?), ("error", too_early))?;

        let cloud_side = handshakes::cloud_side(&identities, &client_side)?;
        let offers = json!({ "offers": [
            { "service": SERVICE, "format": "native" }, { "service": "subscriber.read", "format": "native" } ] });
        let answer =
            json!({ "header": hex::encode(&cloud_side.header), "handshake": hex::encode(&cloud_side.first) });
        let platform_auth = session.exchange(("platform_auth", offers), ("platform_auth_answer", answer))?;
        let cloud_open = encode(
            "cloud_open",
            &json!({
                "version": 1, "client_id": handshakes::CLIENT, "session": hex::encode(&client_side.split.hash),
                "header": hex::encode(&cloud_side.header), "handshake": hex::encode(&cloud_side.first),
            }),
        )?;
        let cloud_open_answer = encode(
            "cloud_open_answer",
            &json!({ "handshake": hex::encode(&cloud_side.second) }),
        )?;

        let mut channel = Channel::new(&cloud_side.split);
        let login_confirm = channel.reader_says("login_confirm", confirm())?;
        let login_result = channel.cloud_says("login_result", login_result())?;
        let confirm = session.relay(&cloud_side.second, "login", &login_confirm.sealed)?;
        let cloud_relay = encode(
            "cloud_relay",
            &json!({ "payload": hex::encode(&login_confirm.sealed) }),
        )?;
        let cloud_relay_answer = encode(
            "cloud_relay_answer",
            &json!({ "payload": hex::encode(&login_result.sealed) }),
        )?;
        let result = session.relay(&login_result.sealed, "serving", &[])?;

        let service_data = encode("service_data", &service_data())?;
        let running = json!({ "job": job()?, "state": "running" });
        let instruct = session.exchange(("instruct", instruction()?), ("instruct_answer", running))?;
        let progress = session.event(
            "progress",
            json!({ "job": job()?, "state": "done", "step": step_count()? }),
        )?;
        let asked = json!({ "job": job()? });
        let job_status = session.exchange(
            ("job_status", asked),
            ("job_status_answer", ended(service_data.len())?),
        )?;
        let parts = parts(&mut session, &service_data)?;
        let update = Update::tell(&identities, &mut session, &mut channel)?;
        let malformed = malformed(&mut session)?;
        let disconnect = session.exchange(("disconnect", json!({})), ("disconnect_answer", json!({})))?;
        Ok(Self {
            identities,
            client_side,
            cloud_side,
            status,
            platform_auth,
            cloud_open,
            cloud_open_answer,
            confirm,
            login_confirm,
            cloud_relay,
            cloud_relay_answer,
            result,
            login_result,
            instruct,
            progress,
            job_status,
            parts,
            service_data,
            update,
            malformed,
            not_in_place,
            disconnect,
        })
    }
}

impl Update {
    fn tell(
        identities: &Identities,
        session: &mut Session,
        channel: &mut Channel,
    ) -> Result<Self, BookError> {
        let logic = service_logic(UPDATED).ok_or(BookError::Missing("the service certification.echo"))?;
        let manifest = encode(
            "manifest",
            &json!({
                "hardware_class": handshakes::HARDWARE,
                "components": [{
                    "kind": "logic", "service": UPDATED, "counter": 1, "size": logic.len(),
                    "content_digest": hex::encode(&noise::sha256(&[&logic])?), "min_software": 0,
                }],
            }),
        )?;
        let authority = identities.authority.as_ref();
        let signature = authority
            .ok_or(BookError::Missing("the update authority"))?
            .sign(&manifest);
        let digest = noise::sha256(&[&manifest])?;
        let named = hex::encode(&digest);
        let status = |state: &str, next: usize| json!({ "digest": named, "state": state, "next_offset": next, "error": 0, "detail": 0 });
        let said = [
            (
                "update_offer",
                json!({ "manifest": hex::encode(&manifest), "signature": hex::encode(&signature) }),
                ("update_status", status("receiving", 0)),
            ),
            (
                "update_chunk",
                json!({ "digest": named, "offset": 0, "data": hex::encode(&logic) }),
                ("update_status", status("received", logic.len())),
            ),
            (
                "update_commit",
                json!({ "digest": named }),
                (
                    "update_result",
                    json!({
                        "digest": named, "state": "installed", "error": 0, "detail": 0,
                        "software_counter": 0, "authentication_counter": 0, "logic_counter": 1,
                    }),
                ),
            ),
        ];
        let mut steps = Vec::new();
        for (name, request, (answer_name, answer)) in said {
            let number = channel.cloud_next;
            let request = channel.cloud_says(name, request)?;
            let answer = channel.reader_says(answer_name, answer)?;
            let relay = session.relay(&request.sealed, "serving", &answer.sealed)?;
            steps.push((
                Exchange {
                    number,
                    request,
                    answer,
                },
                relay,
            ));
        }
        Ok(Self {
            logic,
            manifest,
            digest,
            signature,
            steps,
        })
    }
}

/// Fetches service data part by part.
fn parts(session: &mut Session, data: &[u8]) -> Result<Vec<Exchange>, BookError> {
    let mut parts = Vec::new();
    for (part, bytes) in data.chunks(PART).enumerate() {
        let last = (part + 1) * PART >= data.len();
        let request = json!({ "job": job()?, "part": part });
        let answer = json!({ "job": job()?, "part": part, "last": last, "data": hex::encode(bytes) });
        parts.push(session.exchange(("job_data", request), ("job_data_answer", answer))?);
    }
    Ok(parts)
}

/// A job_status with a byte too many, and the error that names the rule and the place.
fn malformed(session: &mut Session) -> Result<Exchange, BookError> {
    let mut request = encode("job_status", &json!({ "job": job()? }))?;
    request.push(0);
    let Err(fault) = interpret::decode(protocol(), Place::Request, &request) else {
        return Err(BookError::Contradiction("a byte too many breaks no rule"));
    };
    let rule = registered("codec_rule", fault.rule.name());
    let answer =
        json!({ "request": request[0], "code": "malformed", "detail": rule, "offset": fault.offset });
    session.exchange_bytes(request, encode("error", &answer)?)
}

/// 32 bytes that stand for random ones: SHA-256 of the label.
pub(super) fn fixed(what: &str) -> Result<[u8; SIZE], BookError> {
    noise::sha256(&[LABEL.as_bytes(), what.as_bytes()])
}

/// The first 16 of them, in hexadecimal.
pub(super) fn fixed_half(what: &str) -> Result<String, BookError> {
    Ok(hex::encode(&fixed(what)?[..16]))
}

fn job() -> Result<String, BookError> {
    fixed_half("job")
}

fn instruction() -> Result<Value, BookError> {
    Ok(json!({ "job": job()?, "service": SERVICE, "parameters": "" }))
}

fn status() -> Value {
    let disabled = |module: &str| json!({ "module": module, "state": "disabled" });
    json!({
        "state": "connected", "provisioning": "certification", "hardware_class": handshakes::HARDWARE,
        "software": handshakes::SOFTWARE, "boot_counter": handshakes::BOOTS, "uptime": 4210, "failed_connects": 0,
        "slots": [{ "number": 0, "card": "present", "generation": 1 }],
        "modules": [disabled("security"), disabled("contact-card"), disabled("indicator")],
    })
}

fn confirm() -> Value {
    json!({
        "reader_id": handshakes::READER, "client_id": handshakes::CLIENT, "software": handshakes::SOFTWARE,
        "software_counter": 0, "authentication_counter": 0, "logic_counter": 0,
    })
}

fn login_result() -> Value {
    json!({
        "outcome": "success", "reader_id": handshakes::READER, "client_id": handshakes::CLIENT,
        "all_services": false, "services": [SERVICE, "subscriber.read"], "lifetime": 3600,
        "software_latest": 0, "authentication_latest": 0, "logic_latest": 1,
    })
}

fn service_data() -> Value {
    json!({ "items": [
        { "name": "atr", "kind": "bytes", "value": ATR },
        { "name": "iccid", "kind": "text", "value": hex::encode(ICCID.as_bytes()) },
    ] })
}

/// Instructions that the service executes: its logic has no branch, so that all of them are.
fn step_count() -> Result<usize, BookError> {
    let missing = BookError::Missing("the service card.identify");
    let Some(document) = service_logic(SERVICE) else {
        return Err(missing);
    };
    let tree = interpret::decode(protocol(), Place::Document("logic"), &document);
    let steps = tree.ok().and_then(|tree| match tree.field("code") {
        Some(Data::Bytes(code)) => logic::steps(protocol(), code).ok().map(|steps| steps.len()),
        _ => None,
    });
    steps.ok_or(missing)
}

fn ended(data_length: usize) -> Result<Value, BookError> {
    let document = service_logic(SERVICE).ok_or(BookError::Missing("the service card.identify"))?;
    Ok(json!({
        "job": job()?, "state": "done", "service": SERVICE, "logic_digest": hex::encode(&noise::sha256(&[&document])?),
        "step": step_count()?, "outcome": "success", "status_word": 0x9000, "data_length": data_length,
    }))
}
