//! The rules of the codec, as a reader keeps them inside a session: every vector that breaks one.

use crate::{
    case::Case,
    embedded::{protocol, registered},
    hex,
    tester::{Answer, Start, Tester},
    vectors::{self, InvalidMessage},
    verdict::{Step, Stop},
};
use cardwire_spec::{Place, interpret};

mod places;

/// Rules of the codec, the requirement that each keeps, and what vectors of it have.
const RULES: [(&str, &str, &str); 12] = [
    ("message-type", "CW-CODEC-001", "another code"),
    ("truncated", "CW-CODEC-002", "an end inside a field"),
    ("range", "CW-CODEC-003", "a number out of range"),
    ("length", "CW-CODEC-003", "a length out of bounds"),
    ("count", "CW-CODEC-003", "a count out of bounds"),
    ("value", "CW-CODEC-004", "a value that is not registered"),
    ("boolean", "CW-CODEC-004", "a boolean that is none"),
    ("text", "CW-CODEC-005", "text of another character set"),
    ("order", "CW-CODEC-006", "items that do not ascend"),
    ("extension-order", "CW-CODEC-007", "extensions that do not ascend"),
    ("message-size", "CW-CODEC-008", "more bytes than its place allows"),
    (
        "extension-critical",
        "CW-CODEC-010",
        "an unknown critical extension",
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let requests = protocol().messages_at(Place::Request);
    let mut all = Vec::new();
    for message in requests {
        let name = message.name.as_str();
        for (rule, requirement, what) in RULES {
            if of_rule(name, rule).next().is_some() {
                let id = format!("codec.{name}.{rule}");
                let title = format!("{name} with {what} is refused as malformed, with rule and offset");
                all.push(Case::malformed(
                    &id,
                    &[requirement, "CW-CODEC-009"],
                    &title,
                    name,
                    rule,
                ));
            }
        }
    }
    all.extend([
        Case::code(
            "codec.first-broken-rule-is-named",
            &["CW-CODEC-011", "CW-CODEC-009"],
            "Of two rules that a request breaks, the error names the one that stands first",
            first_broken_rule_is_named,
        ),
        Case::code(
            "codec.every-valid-request-is-taken",
            &["CW-CODEC-001", "CW-CODEC-010"],
            "No valid vector of a request is refused as malformed",
            every_valid_request_is_taken,
        ),
        Case::code(
            "codec.cloud-requests-are-held-to-the-rules",
            &["CW-LOGIN-012", "CW-CODEC-011"],
            "A message of the cloud that breaks a rule is refused as malformed, with the rule",
            cloud_requests_are_held_to_the_rules,
        ),
        Case::code(
            "codec.answers-are-canonical",
            &["CW-CODEC-001"],
            "What the reader sends is read, and written again, to the same bytes",
            answers_are_canonical,
        ),
    ]);
    all.extend(places::cases());
    all
}

/// The vectors of `message` that break `rule` and no other.
fn of_rule(message: &str, rule: &str) -> impl Iterator<Item = &'static InvalidMessage> {
    let all = vectors::invalid(message);
    all.filter(move |vector| vector.rule == rule && vector.also.is_none())
}

fn bytes(text: &str) -> Step<Vec<u8>> {
    hex::decode(text).ok_or_else(|| Stop::Error(format!("{text} is no hexadecimal")))
}

/// Where requests of this name have their place: what is refused there is refused for its encoding.
fn start_for(message: &str) -> Start {
    let states = protocol()
        .message(message)
        .map(|message| message.states.as_slice())
        .unwrap_or_default();
    if states.iter().any(|state| state == "connected") {
        Start::Connected
    } else {
        Start::Serving
    }
}

/// Every vector of `message` that breaks `rule`, its valid twin before it.
pub(crate) fn run_malformed(tester: &mut Tester, message: &'static str, rule: &'static str) -> Step {
    if places::run(tester, message, rule)? {
        return Ok(());
    }
    let start = start_for(message);
    tester.reach(start)?;
    for vector in of_rule(message, rule) {
        let twin = vectors::valid(message).find(|valid| valid.name == vector.twin);
        let twin = twin.ok_or_else(|| Stop::Error(format!("{}: no twin", vector.name)))?;
        take(tester, &bytes(&twin.hex)?, &format!("{message}, {}", twin.name))?;
        if message == "disconnect" {
            tester.session_has_ended();
            tester.reach(start)?;
        }
        refuse(tester, message, vector)?;
        tester.status()?;
    }
    Ok(())
}

/// Sends a request that is well formed; whatever else may be wrong with it, it is not malformed.
fn take(tester: &mut Tester, message: &[u8], what: &str) -> Step<Answer> {
    let answer = tester.ask_bytes(message)?;
    let malformed = answer.name == "error" && answer.fields["code"] == "malformed";
    tester.demand(
        !malformed,
        format!("{what} taken as well formed"),
        answer.describe(),
    )?;
    Ok(answer)
}

fn refuse(tester: &mut Tester, message: &str, vector: &InvalidMessage) -> Step {
    let InvalidMessage {
        name,
        hex,
        rule,
        offset,
        ..
    } = vector;
    let payload = bytes(hex)?;
    let largest = tester.device.max_frame.unwrap_or(512) as usize;
    let what = format!("{message}, {name}");
    if payload.len() + 16 + 13 > largest {
        // The frame is larger than this reader takes, and so it is none (CW-LINK-005).
        let number = tester.next_number()?;
        tester.send_sealed(number, &payload)?;
        return tester.silence(&format!("{what}: a frame larger than the reader takes"));
    }
    let answer = tester.ask_bytes(&payload)?;
    let detail = registered("codec_rule", rule).ok_or_else(|| Stop::Error(format!("{rule} is no rule")))?;
    let right = answer.name == "error"
        && answer.fields["code"] == "malformed"
        && answer.fields["detail"] == detail
        && answer.fields["offset"] == *offset;
    let expected = format!("error malformed with detail {detail} ({rule}) and offset {offset} to {what}");
    tester.demand(right, expected, answer.describe())
}

fn first_broken_rule_is_named(tester: &mut Tester) -> Step {
    for message in protocol().messages_at(Place::Request) {
        tester.reach(start_for(&message.name))?;
        for vector in vectors::invalid(&message.name).filter(|vector| vector.also.is_some()) {
            refuse(tester, &message.name, vector)?;
        }
        tester.disconnect()?;
    }
    Ok(())
}

fn every_valid_request_is_taken(tester: &mut Tester) -> Step {
    for message in protocol().messages_at(Place::Request) {
        let start = start_for(&message.name);
        tester.reach(start)?;
        for vector in vectors::valid(&message.name) {
            take(
                tester,
                &bytes(&vector.hex)?,
                &format!("{}, {}", message.name, vector.name),
            )?;
            if message.name == "disconnect" {
                tester.session_has_ended();
                tester.reach(start)?;
            }
        }
        tester.disconnect()?;
    }
    Ok(())
}

fn cloud_requests_are_held_to_the_rules(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for name in ["update_query", "update_commit", "update_chunk", "update_offer"] {
        let twin = vectors::valid(name)
            .next()
            .ok_or_else(|| Stop::Error(format!("{name} has no valid vector")))?;
        let answer = tester.cloud_ask_bytes(&bytes(&twin.hex)?)?;
        let malformed = answer.name == "channel_error" && answer.fields["code"] == "malformed";
        tester.demand(
            !malformed,
            format!("{name}, {} taken as well formed", twin.name),
            answer.describe(),
        )?;
        for vector in vectors::invalid(name).filter(|vector| !vector.is_too_large()) {
            let answer = tester.cloud_ask_bytes(&bytes(&vector.hex)?)?;
            let detail = registered("codec_rule", &vector.rule);
            let right = answer.name == "channel_error"
                && answer.fields["code"] == "malformed"
                && answer.fields["detail"].as_u64() == detail;
            let expected = format!(
                "channel_error malformed with {} to {name}, {}",
                vector.rule, vector.name
            );
            tester.demand(right, expected, answer.describe())?;
        }
    }
    tester.status().map(drop)
}

fn answers_are_canonical(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let job = tester.job_id();
    let requests = [
        ("reader_status", serde_json::json!({})),
        ("service_list", serde_json::json!({ "from": 0 })),
        ("diagnostics", serde_json::json!({ "from": 0 })),
        ("job_status", serde_json::json!({ "job": job })),
        ("job_data", serde_json::json!({ "job": job, "part": 0 })),
        ("platform_auth", serde_json::json!({ "offers": [] })),
    ];
    for (name, fields) in requests {
        let answer = tester.ask(name, fields)?;
        let again = interpret::encode(protocol(), &answer.name, &answer.fields)
            .map_err(|error| tester.failure(format!("{} that has an encoding", answer.name), error))?;
        let seen = format!(
            "{}, which is written as {}",
            hex::encode(&answer.bytes),
            hex::encode(&again)
        );
        tester.demand(
            again == answer.bytes,
            format!("{} in its only encoding", answer.name),
            seen,
        )?;
    }
    Ok(())
}
