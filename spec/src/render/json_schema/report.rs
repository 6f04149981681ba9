//! `report.json`: what came out of a run of the conformance suite, against a reader, a client or a codec.

use super::{Object, hexadecimal, list, requirement, text_value, values};
use crate::Protocol;
use serde_json::{Map, Value, json};

/// Verdicts of cases, from the best to the worst.
const VERDICTS: [&str; 7] = [
    "pass",
    "non-strict",
    "not-applicable",
    "inconclusive",
    "flaky",
    "fail",
    "error",
];

/// What reports call their outcome; the first one alone certifies anything.
const OUTCOMES: [&str; 5] = [
    "certified",
    "not-certified",
    "as-expected",
    "partial",
    "incomplete",
];

/// A run against a reader, whole or as far as it has come.
pub(super) fn schema(protocol: &Protocol) -> Map<String, Value> {
    let tested = Object::new()
        .with("endpoint", endpoint())
        .with("device", device(protocol));
    let mut schema = begun("reader")
        .with("endpoint", endpoint())
        .with("device", device(protocol))
        .with("devices", list(tested.value()))
        .with("seed", count())
        .with(
            "timeout_scale",
            json!({ "type": "number", "exclusiveMinimum": 0 }),
        )
        .with("clock_rate", json!({ "type": "integer", "minimum": 1 }))
        .with("filter", list(text_value()))
        .with(
            "ics",
            or_null(answers(protocol.ics.iter().map(|item| &item.name))),
        )
        .with("ixit", or_null(answers(shown(protocol))))
        .with("shard", shard())
        .with("only", or_null(text_value()))
        .with("problems", list(text_value()))
        .with("expected", list(text_value()))
        .with("started", started())
        .with("seconds", json!({ "type": "number", "minimum": 0 }))
        .with("counts", counts())
        .with("cases", list(case(protocol)))
        .with("requirements", list(row()))
        .with("model", model(protocol))
        .with("vectors", list(vector()))
        .may_have("merged", list(part()))
        .finish();
    schema.insert("title".to_owned(), json!("Report of a Cardwire conformance run"));
    schema
}

/// What the walks of the model over the device have exercised.
fn model(protocol: &Protocol) -> Value {
    let seconds = || json!({ "type": "number", "minimum": 0 });
    let machines: Vec<_> = protocol
        .machines
        .iter()
        .map(|machine| machine.name.as_str())
        .collect();
    let message = Object::new()
        .with("state", text_value())
        .with("stage", text_value())
        .with("message", text_value())
        .with("steps", count());
    let row = Object::new()
        .with("machine", json!({ "enum": machines }))
        .with("from", text_value())
        .with("on", text_value())
        .with("to", text_value())
        .with("guard", or_null(text_value()))
        .with("transition", json!({ "type": "boolean" }))
        .with("requirement", requirement())
        .with("steps", count())
        .with("left_out", or_null(text_value()));
    let pair = Object::new()
        .with("machine", json!({ "enum": machines }))
        .with("from", text_value())
        .with("first", text_value())
        .with("through", text_value())
        .with("second", text_value());
    let pairs = Object::new()
        .with("walked", count())
        .with("possible", count())
        .with("missing", list(pair.value()));
    Object::new()
        .with("steps", count())
        .with("seconds", seconds())
        .with("steps_per_second", seconds())
        .with("walks", count())
        .with("messages", list(message.value()))
        .with("rows", list(row.value()))
        .with("pairs", pairs.value())
        .value()
}

/// The shortest sequence that still fails, of a case in which the model walks: a file of `vectors/session`.
fn vector() -> Value {
    Object::new()
        .with("case", text_value())
        .with("toml", text_value())
        .value()
}

/// A run against a client.
pub(super) fn client(protocol: &Protocol) -> Map<String, Value> {
    let ops = [
        "open", "run", "abort", "services", "status", "update", "events", "close",
    ];
    let client = described(&ops)
        .with("formats", list(json!({ "enum": ["native", "cbor"] })))
        .with("scales", json!({ "type": "boolean" }));
    let ics = or_null(json!({ "type": "object" }));
    program(protocol, "client", client, ("ics", ics))
}

/// A run against a codec.
pub(super) fn codec(protocol: &Protocol) -> Map<String, Value> {
    let codec = described(&["decode", "encode", "transcode", "frame", "deframe"]);
    program(protocol, "codec", codec, ("generated", count()))
}

/// What a program tells of the client or codec that is behind it.
fn described(ops: &[&str]) -> Object {
    let op = || json!({ "enum": ops });
    Object::new()
        .with("name", text_value())
        .with("version", text_value())
        .with("ops", list(op()))
        .with("undeclared", list(op()))
}

/// A run against what is behind a program, whole or as far as it has come.
fn program(
    protocol: &Protocol,
    subject: &str,
    described: Object,
    (own, what): (&str, Value),
) -> Map<String, Value> {
    let row = Object::new()
        .with("id", requirement())
        .with("level", level())
        .with("sentence", text_value())
        .with("chapter", text_value())
        .with("cases", list(text_value()))
        .with("verdict", verdict());
    let part = Object::new()
        .with("program", words())
        .with("shard", shard())
        .with("started", started())
        .with("seconds", json!({ "type": "number", "minimum": 0 }));
    let mut schema = begun(subject)
        .with("program", words())
        .with(subject, or_null(described.value()))
        .with("seed", count())
        .with(own, what)
        .with(
            "timeout_scale",
            json!({ "type": "number", "exclusiveMinimum": 0 }),
        )
        .with("filter", list(text_value()))
        .may_have("shard", shard())
        .with("only", or_null(text_value()))
        .with("stopped", or_null(text_value()))
        .with("problems", list(text_value()))
        .with("expected", list(text_value()))
        .with("started", started())
        .with("seconds", json!({ "type": "number", "minimum": 0 }))
        .with("counts", counts())
        .with("cases", list(case(protocol)))
        .with("requirements", list(row.value()))
        .may_have("merged", list(part.value()))
        .finish();
    schema.insert(
        "title".to_owned(),
        json!(format!(
            "Report of a Cardwire conformance run against a {subject}"
        )),
    );
    schema
}

/// A program and its arguments.
fn words() -> Value {
    list(json!({ "type": "string" }))
}

/// Which part of the suite ran: `K/N`.
fn shard() -> Value {
    or_null(json!({ "type": "string", "pattern": "^[1-9][0-9]*/[1-9][0-9]*$" }))
}

/// A part that the report was merged from.
fn part() -> Value {
    Object::new()
        .with("endpoint", text_value())
        .with("shard", shard())
        .with("reader_id", or_null(text_value()))
        .with("started", started())
        .with("seconds", json!({ "type": "number", "minimum": 0 }))
        .value()
}

/// What every report begins with.
fn begun(subject: &str) -> Object {
    let suite = Object::new()
        .with("name", text_value())
        .with("version", text_value())
        .with("revision", text_value())
        .with("digest", hexadecimal(32, Some(32)))
        .with("schema_digest", hexadecimal(32, Some(32)));
    Object::new()
        .with("suite", suite.value())
        .with("subject", json!({ "const": subject }))
        .with("outcome", json!({ "enum": OUTCOMES }))
}

fn endpoint() -> Value {
    json!({ "type": "string", "pattern": "^(tcp|serial|exec):" })
}

fn counts() -> Value {
    let counts = VERDICTS.into_iter();
    counts
        .fold(Object::new(), |counts, verdict| counts.with(verdict, count()))
        .value()
}

fn started() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
    })
}

/// What the device told of itself; nothing, where it was not asked or did not answer.
fn device(protocol: &Protocol) -> Value {
    let frame = [protocol.limit("frame_min"), protocol.limit("frame_max")];
    let version = json!({ "type": "integer", "minimum": 1, "maximum": 0xFF });
    Object::new()
        .with("reader_id", or_null(text_value()))
        .with("versions", list(version))
        .with(
            "max_frame",
            or_null(json!({ "type": "integer", "minimum": frame[0], "maximum": frame[1] })),
        )
        .with("hardware_class", or_null(text_value()))
        .with("software", or_null(text_value()))
        .with("provisioning", or_null(text_value()))
        .value()
}

/// The answers of a form, by the names of its questions: what each may be, the schema of the form says.
fn answers<'n>(names: impl Iterator<Item = &'n String>) -> Value {
    let names: Vec<_> = names.collect();
    json!({ "type": "object", "propertyNames": { "enum": names } })
}

/// Items of the IXIT that a report may show.
fn shown(protocol: &Protocol) -> impl Iterator<Item = &String> {
    let items = protocol.ixit.iter().filter(|item| !item.secret);
    items.map(|item| &item.name)
}

/// One case and how it ended. One that is passed has nothing more to say.
fn case(protocol: &Protocol) -> Value {
    let more = ["reason", "findings", "replay", "trace"];
    let mut case = Object::new()
        .with("id", text_value())
        .with("group", json!({ "type": "string", "pattern": "^[a-z]+$" }))
        .with("level", level())
        .with("title", text_value())
        .with("requirements", list(requirement()))
        .with("verdict", verdict())
        .with("milliseconds", count())
        // Which of several readers it was put to.
        .may_have("device", json!({ "type": "integer", "minimum": 1 }))
        .may_have("token", text_value())
        .may_have("reason", json!({ "type": "string" }))
        .may_have("findings", list(finding()))
        .may_have("replay", text_value())
        .may_have("trace", trace(protocol))
        .finish();
    case.insert(
        "if".to_owned(),
        json!({ "properties": { "verdict": { "const": "pass" } } }),
    );
    let none = more.map(|key| json!({ "required": [key] }));
    case.insert("then".to_owned(), json!({ "not": { "anyOf": none } }));
    case.insert("else".to_owned(), json!({ "required": more }));
    Value::Object(case)
}

/// What a device breaks or misses.
fn finding() -> Value {
    Object::new()
        .with("requirement", requirement())
        .with("sentence", or_null(text_value()))
        .with("expected", text_value())
        .with("seen", text_value())
        .value()
}

/// What a case saw on the line.
fn trace(protocol: &Protocol) -> Value {
    let kinds = protocol.registries.get("frame_kind");
    let frame = Object::new()
        .with("kind", kinds.map_or_else(text_value, values::registry))
        .with("number", count());
    let entry = Object::new()
        .with("at_ms", json!({ "type": "number", "minimum": 0 }))
        .with("direction", json!({ "enum": ["sent", "received", "note"] }))
        .may_have("bytes", hexadecimal(1, None))
        .may_have("frame", frame.value())
        .may_have("message", text_value())
        .may_have("fields", json!({ "type": "object" }))
        .may_have("note", text_value());
    Object::new()
        .with("entries", list(entry.value()))
        .with("dropped", count())
        .value()
}

/// A requirement in the ledger of the run: the worst verdict of its cases here, and how far the suite is proven.
fn row() -> Value {
    Object::new()
        .with("id", requirement())
        .with("level", level())
        .with("sentence", text_value())
        .with("chapter", text_value())
        .with("cases", list(text_value()))
        .with("kills", list(text_value()))
        .with("not_testable", or_null(text_value()))
        .with(
            "proof",
            json!({ "enum": ["killed", "unproven", "gap", "not-testable", "cloud"] }),
        )
        .with("verdict", or_null(verdict()))
        .value()
}

fn verdict() -> Value {
    json!({ "enum": VERDICTS })
}

fn level() -> Value {
    json!({ "enum": ["must", "should", "may"] })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}
