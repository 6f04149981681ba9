//! Seeds from the session vectors: the steps of each that an input can say.

use super::inputs::{Beginning, Connecting, FromCloud, INPUTS_MAX, Input};
use crate::Seed;
use cardwire_codec::plain::Any;
use serde_json::Value;
use std::{fs, path::Path};

/// A seed from every session vector that is there.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/session");
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    let mut all: Vec<_> = files.filter_map(|file| seed(&file.path())).collect();
    all.sort_by(|one, two| one.name.cmp(&two.name));
    all
}

fn seed(file: &Path) -> Option<Seed> {
    let vector: Value = toml::from_str(&fs::read_to_string(file).ok()?).ok()?;
    let beginning = match vector["start"].as_str() {
        Some("connected") => Beginning::Connected,
        Some("locked") => Beginning::Locked,
        _ => Beginning::Serving,
    };
    let steps = vector["step"].as_array()?;
    let inputs: Vec<_> = steps.iter().filter_map(input).take(INPUTS_MAX).collect();
    Some(Seed {
        name: format!("vector-{}", vector["id"].as_str()?),
        bytes: Input::write_all(beginning, false, &inputs),
    })
}

/// What a step does, where an input can say it.
fn input(step: &Value) -> Option<Input> {
    if step["repeat"] == Value::Bool(true) {
        return Some(Input::Repeat);
    }
    if let Some(line) = step["line"].as_str() {
        return Some(Input::Line(unhex(line)?));
    }
    if let Some(act) = step["act"].as_str() {
        return deed(act);
    }
    let how = step["how"].as_str();
    let (message, how) = match (step["hex"].as_str(), step["send"].as_str()) {
        (Some(hex), _) => (unhex(hex)?, how.unwrap_or("sealed")),
        (_, Some(name)) => {
            let natural = match name {
                "hello" | "connect" => "clear",
                name if name.starts_with("update") || name == "login_result" => "relayed",
                _ => "sealed",
            };
            (encode(name, &step["with"])?, how.unwrap_or(natural))
        }
        _ => return None,
    };
    Some(match how {
        "clear" => Input::Clear(message),
        "relayed" => Input::Cloud(FromCloud::Sealed(message)),
        _ => Input::Sealed(message),
    })
}

/// A message whose values may be names that the sequence binds: of jobs only those are known here.
fn encode(name: &str, with: &Value) -> Option<Vec<u8>> {
    let mut fields = match with {
        Value::Null => Value::Object(Default::default()),
        fields => fields.clone(),
    };
    for value in fields.as_object_mut()?.values_mut() {
        let job = value
            .as_str()
            .and_then(|text| text.strip_prefix("$job"))
            .map(str::to_owned);
        if let Some(job) = job {
            let number = job.bytes().next().map_or(1, |letter| letter % 8 + 1);
            *value = Value::String(format!("{number:02x}").repeat(16));
        }
    }
    let value = Any::deserialize(name, fields).ok()??;
    value.encode().ok()
}

fn deed(act: &str) -> Option<Input> {
    Some(match act {
        "connect" | "connect-other" => Input::Connect(Connecting::Right(u8::from(act != "connect"))),
        "connect-again" => Input::ConnectAgain,
        "connect-wrong-key" => Input::Connect(Connecting::WrongKey),
        "connect-unknown-client" => Input::Connect(Connecting::Unknown),
        "connect-unknown-generation" => Input::Connect(Connecting::Generation),
        "login-second" => Input::Cloud(FromCloud::Second),
        "login-result" => Input::Cloud(FromCloud::LoginResult(0)),
        "login-denied" => Input::Cloud(FromCloud::LoginResult(1)),
        "login-limited" => Input::Cloud(FromCloud::LoginResult(4)),
        "relay-strange" => Input::Cloud(FromCloud::Strange(vec![7; 32])),
        "relay-again" => Input::Cloud(FromCloud::Again),
        "update-offer" => Input::Cloud(FromCloud::Offer(0)),
        "update-chunk" | "update-chunk-rest" => Input::Cloud(FromCloud::Chunk(0, 0)),
        "update-commit" => Input::Cloud(FromCloud::Commit(0)),
        "update-query" => Input::Cloud(FromCloud::Query(0)),
        "flip" => Input::Flip(77),
        "short" => Input::Cut(20),
        "replay" => Input::Replay(1),
        "link-reset" => Input::LinkReset,
        "device-reset" => Input::PowerCut,
        _ => return None,
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
