//! The JSON Schemas that we publish, held against what they describe, by a validator that is not ours.

use cardwire_conformance::{Options, certify, client, codec, ics};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The published schema of this name; one that is no schema of its draft is refused here.
fn schema(name: &str) -> Validator {
    let path = root().join(format!("spec/schemas/{name}.schema.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json_of(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    let value = match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => toml::from_str(&text).map_err(|error| error.to_string()),
        Some(_) | None => serde_json::from_str(&text).map_err(|error| error.to_string()),
    };
    value.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder of `vectors`.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join("vectors").join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files.sort();
    files
}

fn takes(schema: &Validator, value: &Value, what: &str) {
    let errors = schema.iter_errors(value);
    let errors: Vec<_> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

/// Holds that each change makes a good value a bad one.
fn refuses(schema: &Validator, good: &Value, changes: &[(&str, Value)]) {
    takes(schema, good, "before any change");
    for (pointer, new) in changes {
        let mut bad = good.clone();
        change(&mut bad, pointer, new.clone());
        assert!(!schema.is_valid(&bad), "{pointer} = {new} is taken");
    }
}

/// Sets what a pointer leads to, or adds it; null takes it away.
fn change(value: &mut Value, pointer: &str, new: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}")) {
        Value::Object(object) if new.is_null() => drop(object.remove(key)),
        Value::Object(object) => drop(object.insert(key.to_owned(), new)),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = new,
        other => panic!("{pointer} leads into {other}"),
    }
}

#[test]
fn vectors_of_messages() {
    let schema = schema("vectors-messages");
    let files = files("messages");
    assert!(files.len() > 40);
    for path in &files {
        takes(&schema, &json_of(path), &path.display().to_string());
    }
    let hello = json_of(&root().join("vectors/messages/hello.json"));
    let wrong = first(&hello, "invalid");
    let at = |key: &str| format!("/vectors/{wrong}/{key}");
    refuses(
        &schema,
        &hello,
        &[
            ("/code", json!(2)),
            ("/place", json!("request")),
            ("/message", json!("connect")),
            ("/vectors", Value::Null),
            ("/vectors/0/result", Value::Null),
            ("/vectors/0/result", json!("good")),
            ("/vectors/0/result", json!("invalid")),
            ("/vectors/0/name", json!("The first")),
            ("/vectors/0/hex", json!("02")),
            ("/vectors/0/hex", json!("01A")),
            ("/vectors/0/value", Value::Null),
            ("/vectors/0/value/max_frame", json!(511)),
            ("/vectors/0/value/max_frame", Value::Null),
            ("/vectors/0/value/versions", json!([1, 1])),
            ("/vectors/0/value/versions", json!([])),
            ("/vectors/0/value/version", json!(1)),
            ("/vectors/0/rule", json!("range")),
            (&at("result"), json!("valid")),
            (&at("rule"), json!("taste")),
            (&at("also"), json!("taste")),
            (&at("offset"), json!(-1)),
            (&at("field"), Value::Null),
            (&at("twin"), Value::Null),
            (&at("comment"), json!("")),
            (&at("value"), json!({})),
        ],
    );
    let status = json_of(&root().join("vectors/messages/job_status_answer.json"));
    refuses(
        &schema,
        &status,
        &[
            ("/vectors/0/value/state", json!(1)),
            ("/vectors/0/value/state", json!("lost")),
            ("/vectors/0/value/service", json!("card.write")),
            ("/vectors/0/value/service", json!(65536)),
            ("/vectors/0/value/job", json!("00")),
            ("/vectors/0/value/step", json!(-1)),
        ],
    );
}

/// The place of the first vector with this result.
fn first(file: &Value, result: &str) -> usize {
    let vectors = file["vectors"].as_array().unwrap().iter();
    let mut results = vectors.map(|vector| vector["result"].as_str().unwrap());
    results.position(|seen| seen == result).unwrap()
}

#[test]
fn vectors_of_cbor() {
    let schema = schema("vectors-cbor");
    for path in &files("cbor") {
        takes(&schema, &json_of(path), &path.display().to_string());
    }
    let hello = json_of(&root().join("vectors/cbor/hello.json"));
    let wrong = first(&hello, "invalid");
    let at = |key: &str| format!("/vectors/{wrong}/{key}");
    refuses(
        &schema,
        &hello,
        &[
            ("/message", json!("hi")),
            ("/vectors/0/cbor", Value::Null),
            ("/vectors/0/native", Value::Null),
            ("/vectors/0/result", json!("invalid")),
            ("/vectors/0/rule", json!("range")),
            (&at("result"), json!("valid")),
            (&at("rule"), json!("taste")),
            (&at("native"), json!("01")),
            (&at("twin"), Value::Null),
            (&at("offset"), json!("0")),
        ],
    );
}

#[test]
fn vectors_of_frames() {
    let frames = json_of(&root().join("vectors/frames/frames.json"));
    let wrong = first(&frames, "invalid");
    let at = |key: &str| format!("/vectors/{wrong}/{key}");
    refuses(
        &schema("vectors-frames"),
        &frames,
        &[
            ("/vectors/0/line", json!("0101")),
            ("/vectors/0/line", json!("010001")),
            ("/vectors/0/number", json!(0)),
            ("/vectors/0/kind", json!("open")),
            ("/vectors/0/result", json!("invalid")),
            (&at("fault"), json!("ugly")),
            (&at("fault"), Value::Null),
            (&at("max_frame"), json!(511)),
            (&at("kind"), json!("clear")),
            ("/vectors", Value::Null),
        ],
    );
}

#[test]
fn vectors_of_streams() {
    let streams = json_of(&root().join("vectors/frames/streams.json"));
    let good = streams["vectors"].as_array().unwrap().iter();
    let good = good
        .clone()
        .position(|vector| vector["found"].as_array().unwrap().len() == 1);
    let at_good = |key: &str| format!("/vectors/{}/{key}", good.unwrap());
    let wrong = first(&streams, "invalid");
    let at = |key: &str| format!("/vectors/{wrong}/{key}");
    refuses(
        &schema("vectors-streams"),
        &streams,
        &[
            (&at_good("stream"), json!("0")),
            (&at_good("result"), json!("invalid")),
            (&at_good("found/0"), json!({ "fault": "cobs" })),
            (&at_good("found/0/kind"), Value::Null),
            (&at_good("found/0/number"), json!(7)),
            (&at_good("found/0/fault"), json!("cobs")),
            (&at("result"), json!("valid")),
            (&at("found"), json!([])),
            (&at("found/0/fault"), json!("ugly")),
            (&at("max_frame"), Value::Null),
        ],
    );
}

#[test]
fn manifest_of_vectors() {
    let manifest = json_of(&root().join("vectors/manifest.json"));
    refuses(
        &schema("vectors-manifest"),
        &manifest,
        &[
            ("/format", json!(2)),
            ("/version", json!(2)),
            ("/protocol", json!("other")),
            ("/revision", Value::Null),
            ("/total/valid", json!(-1)),
            ("/total/invalid", Value::Null),
            ("/rules/taste", json!(1)),
            ("/faults/ugly", json!(1)),
            ("/files/0/path", json!("../frames.json")),
            ("/files/0/kind", json!("pictures")),
            ("/files/0/sha256", json!("00")),
            ("/files/0/valid", Value::Null),
            ("/files/0/size", json!(1)),
        ],
    );
}

#[test]
fn sequences() {
    let schema = schema("vectors-session");
    let files = files("session");
    assert!(files.len() > 15);
    for path in &files {
        takes(&schema, &json_of(path), &path.display().to_string());
    }
    let sequence = json!({
        "id": "jobs.example", "group": "jobs", "title": "An example", "requirements": ["CW-JOB-001"], "start": "serving",
        "step": [
            { "send": "instruct", "with": { "job": "$job", "service": "card.identify" }, "expect": "instruct_answer",
              "where": { "job": "$job", "state": { "any": ["running", "done"] } } },
            { "send": "reader_status", "expect": "reader_status_answer",
              "where": { "slots": { "each": { "card": { "not": "unknown" } } }, "uptime": { "min": 1 } },
              "or": [{ "expect": "error", "where": { "code": "busy" } }] },
            { "hex": "ff", "how": "sealed", "expect": "silence" },
            { "reach": "connected" },
            { "run": "phonebook.update", "parameters": [{ "name": "index", "kind": "number", "value": 7 }],
              "outcome": "success", "items": [{ "name": "index", "kind": "number", "value": 7 }] },
            { "login": { "offers": ["card.identify"], "grants": [] } },
            { "bench": "reset-device" },
            { "line": "a500", "times": 3 },
        ],
    });
    refuses(
        &schema,
        &sequence,
        &[
            ("/id", json!("Jobs")),
            ("/start", json!("login")),
            ("/requirements/0", json!("CW-1")),
            ("/step", json!([])),
            ("/step/0/send", json!("cloud_open")),
            ("/step/0/with/service", json!("card.write")),
            ("/step/0/with/job", Value::Null),
            ("/step/0/with/jobs", json!("$job")),
            ("/step/0/hex", json!("06")),
            ("/step/0/expect", Value::Null),
            ("/step/0/expect", json!("instruct")),
            ("/step/0/where/state", json!({ "any": ["walking"] })),
            ("/step/0/where/status", json!("running")),
            ("/step/1/where/uptime", json!({ "max": 1 })),
            ("/step/1/where/slots", json!({ "each": { "color": "*" } })),
            ("/step/1/or/0/where/code", json!("bsy")),
            ("/step/2/hex", json!("f")),
            ("/step/2/how", json!("softly")),
            ("/step/3/number", json!("one")),
            ("/step/4/run", json!("card.write")),
            ("/step/4/outcome", json!("well")),
            ("/step/4/parameters/0/value", json!("7")),
            ("/step/4/items/0/kind", json!("digits")),
            ("/step/5/login/offers", Value::Null),
            ("/step/5/login/grants", json!(["card.write"])),
            ("/step/6/bench", json!("hammer")),
            ("/step/7/line", json!("a")),
            ("/step/7/times", json!(0)),
        ],
    );
}

/// The forms that the book shows as filled in.
fn form(name: &str) -> Value {
    let text = fs::read_to_string(root().join(format!("spec/book/src/generated/{name}.md"))).unwrap();
    let (_, form) = text.split_once("```toml\n").unwrap();
    toml::from_str(form.split("```").next().unwrap()).unwrap()
}

#[test]
fn statements_of_conformance() {
    let schema = schema("ics");
    let form = form("ics");
    refuses(
        &schema,
        &form,
        &[
            ("/revision", json!("0.9")),
            ("/vendor", Value::Null),
            ("/colour", json!("blue")),
            ("/max-frame", json!(256)),
            ("/services", json!(["card.identify", "card.identify"])),
            ("/services", json!(["card.write"])),
            ("/formats", json!(["native"])),
            ("/certification-identity", json!(false)),
            // Claims that depend on others.
            ("/contact-slots", Value::Null),
            ("/modules", json!(["security", "indicator"])),
            ("/contactless-types", json!(["type-a"])),
        ],
    );
    // A private service stands by its number.
    let mut private = form;
    change(&mut private, "/services", json!(["card.identify", 0xF001]));
    takes(&schema, &private, "a private service");
}

#[test]
fn information_for_testing() {
    let form = form("ixit");
    let schema = schema("ixit");
    refuses(
        &schema,
        &form,
        &[
            ("/endpoint", Value::Null),
            ("/endpoint", json!("/dev/ttyACM0")),
            ("/reset", json!("bench reset")),
            ("/power-on", Value::Null),
            ("/boot-time", json!(0)),
            ("/card-atr", json!("3B")),
            ("/mood", json!("good")),
            ("/card-iccid", json!("8900")),
            ("/card-pin", json!("12a4")),
            ("/card-puk", Value::Null),
        ],
    );
    let mut least = Map::new();
    for key in ["revision", "endpoint"] {
        least.insert(key.to_owned(), form[key].clone());
    }
    takes(&schema, &Value::Object(least), "an endpoint is enough");
}

/// A report with failures, their traces and what replays them: `cat` is no reader.
#[cfg(unix)]
#[test]
fn reports() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let form = |name: &str| fs::read_to_string(root().join("reference-reader/ics").join(name)).unwrap();
    let ics = ics::Statement::parse("host.toml", &form("host.toml")).unwrap();
    let forms = root().join("reference-reader/ics");
    let ixit = ics::Information::parse("host-ixit.toml", &form("host-ixit.toml"), &forms).unwrap();
    let known = Options::with(
        vec!["exec:cat".parse().unwrap()],
        Arc::new(ics),
        Some(Arc::new(ixit)),
    );
    let options = Options {
        filter: vec!["link.*".to_owned(), "session.status-*".to_owned()],
        timeout_scale: 0.05,
        skip_slow: true,
        keep_going: true,
        report: Some(path.clone()),
        ..known.unwrap()
    };
    certify(&options, &mut ()).unwrap();
    let report = json_of(&path.join("report.json"));
    assert!(report["cases"].as_array().unwrap().len() > 10);
    let mut told = report.clone();
    change(&mut told, "/device/max_frame", json!(512));
    change(&mut told, "/device/versions", json!([1]));
    let failed = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .position(|case| case["verdict"] == "fail");
    let failed = format!("/cases/{}", failed.unwrap());
    let at = |rest: &str| format!("{failed}/{rest}");
    refuses(
        &schema("report"),
        &told,
        &[
            ("/outcome", json!("splendid")),
            ("/started", json!("yesterday")),
            ("/counts/pass", json!(-1)),
            ("/device/max_frame", json!(511)),
            ("/suite/revision", Value::Null),
            ("/suite/digest", json!("00")),
            ("/devices/0/endpoint", json!("udp:1")),
            ("/clock_rate", json!(0)),
            ("/shard", json!("0/4")),
            ("/problems", Value::Null),
            (&at("device"), json!(0)),
            (&at("token"), json!("")),
            (&at("verdict"), json!("failed")),
            // A passed case has nothing to say, a failed one has.
            (&at("verdict"), json!("pass")),
            (&at("replay"), Value::Null),
            (&at("findings/0/requirement"), json!("LINK-1")),
            (&at("trace/entries/0/direction"), json!("up")),
            (&at("trace/entries/0/bytes"), json!("0")),
            ("/requirements/0/verdict", json!("good")),
            ("/requirements/0/proof", Value::Null),
            ("/ics", json!("none")),
            ("/ics/mood", json!("good")),
            // No report shows a secret.
            ("/ixit/card-pin", json!("1234")),
        ],
    );
}

/// A report of a codec: `cat` is none. What a case says that failed is the same as for readers.
#[cfg(unix)]
#[test]
fn reports_of_codecs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let options = codec::Options {
        filter: vec!["codec.frame.*".to_owned()],
        expected: vec![codec::Expected {
            case: "codec.frame.hello".to_owned(),
            message: "something else".to_owned(),
        }],
        report: Some(path.clone()),
        ..codec::Options::new(vec!["cat".to_owned()])
    };
    codec::certify(&options, &mut ()).unwrap();
    let report = json_of(&path.join("report.json"));
    assert_eq!(
        (report["cases"].as_array().unwrap().len(), &report["codec"]),
        (60, &Value::Null)
    );
    let mut described = report.clone();
    change(
        &mut described,
        "/codec",
        json!({ "name": "a", "version": "1", "ops": ["decode"], "undeclared": ["encode"] }),
    );
    refuses(
        &schema("report-codec"),
        &described,
        &[
            ("/outcome", json!("splendid")),
            ("/program", json!("cat")),
            ("/codec/ops/0", json!("describe")),
            ("/codec/name", Value::Null),
            ("/generated", json!(-1)),
            ("/timeout_scale", json!(0)),
            ("/problems/0", json!("")),
            ("/stopped", json!("")),
            ("/cases/0/verdict", json!("pass")),
            ("/requirements/0/verdict", Value::Null),
        ],
    );
}

/// The same of a client.
#[cfg(unix)]
#[test]
fn reports_of_clients() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let options = client::Options {
        filter: vec!["client.sanity.*".to_owned()],
        report: Some(path.clone()),
        ..client::Options::new(vec!["cat".to_owned()])
    };
    client::certify(&options, &mut ()).unwrap();
    let mut report = json_of(&path.join("report.json"));
    let told = json!({
        "name": "a", "version": "1", "ops": ["open", "run", "close"], "undeclared": ["abort"],
        "formats": ["cbor"], "scales": true,
    });
    change(&mut report, "/client", told);
    change(&mut report, "/shard", json!("1/2"));
    refuses(
        &schema("report-client"),
        &report,
        &[
            ("/subject", json!("codec")),
            ("/client/ops/0", json!("decode")),
            ("/client/formats/0", json!("xml")),
            ("/client/scales", Value::Null),
            ("/ics", json!("none")),
            ("/shard", json!("one")),
            ("/timeout_scale", json!(0)),
            ("/cases/0/verdict", json!("pass")),
        ],
    );
}
