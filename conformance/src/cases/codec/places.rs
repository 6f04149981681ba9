//! The rules of the codec at the other places where a reader decodes: in clear, in the channel with its cloud, and in
//! the documents that messages carry.

use super::{bytes, of_rule};
use crate::{
    case::Case,
    cases::programs,
    embedded::registered,
    hex,
    tester::{Login, Manifest, Start, Tester, digest, no_error},
    vectors::{self, InvalidMessage},
    verdict::{Step, Stop},
};
use serde_json::json;

/// Vectors that take an update each are held to so many of a rule, spread over all that there are.
const FEW: usize = 4;

/// A place where a message or document is decoded: what decodes there, the requirements that a case checks, what a
/// right reader does with one that breaks a rule.
struct Site {
    messages: &'static [&'static str],
    requirements: &'static [&'static str],
    refused: &'static str,
}

const SITES: [Site; 7] = [
    Site {
        messages: &["hello", "connect"],
        requirements: &["CW-CONN-003", "CW-SEC-001"],
        refused: "gets the refusal in clear, and changes nothing",
    },
    Site {
        messages: &["update_offer", "update_chunk", "update_commit", "update_query"],
        requirements: &["CW-LOGIN-012", "CW-CODEC-011"],
        refused: "is refused with channel_error malformed and the rule, and the channel stays",
    },
    Site {
        messages: &["login_result"],
        requirements: &["CW-LOGIN-012", "CW-LOGIN-016", "CW-LOGIN-007"],
        refused: "is no login_result, and drops the login",
    },
    Site {
        messages: &["manifest"],
        requirements: &["CW-UPD-011", "CW-UPD-006"],
        refused: "is refused as malformed, although it is signed",
    },
    Site {
        messages: &["service_data"],
        requirements: &["CW-INTF-009"],
        refused: "is refused as parameters, and nothing runs",
    },
    Site {
        messages: &["logic"],
        requirements: &["CW-LOGIC-003", "CW-LOGIC-011", "CW-UPD-006"],
        refused: "is never stored",
    },
    Site {
        messages: &["authentication"],
        requirements: &["CW-UPD-018", "CW-UPD-006"],
        refused: "changes no key",
    },
];

pub(super) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for site in &SITES {
        for &message in site.messages {
            for (rule, _, what) in super::RULES {
                if fitting(message, rule).next().is_none() {
                    continue;
                }
                let id = format!("codec.{message}.{rule}");
                let title = format!("{message} with {what} {}", site.refused);
                all.push(Case::malformed(&id, site.requirements, &title, message, rule));
            }
        }
    }
    all
}

/// Vectors that break this rule and reach the place where their message is decoded.
fn fitting(message: &str, rule: &str) -> impl Iterator<Item = &'static InvalidMessage> {
    let is_document = matches!(message, "manifest" | "service_data");
    of_rule(message, rule).filter(move |vector| {
        let size = vector.hex.len() / 2;
        // What is too large for the message around it never gets there.
        let carried = match message {
            "manifest" => size <= 255,
            "service_data" => size <= 400,
            // Too large a content is refused by the size that its manifest states.
            "logic" | "authentication" => (1..=1024).contains(&size),
            _ => !vector.is_too_large(),
        };
        carried && (!is_document || size > 0)
    })
}

/// Every vector of `message` that breaks `rule`, at the place of that message; `false` where it is not one of these.
pub(super) fn run(tester: &mut Tester, message: &'static str, rule: &'static str) -> Step<bool> {
    match message {
        "hello" | "connect" => in_clear(tester, message, rule)?,
        "update_offer" | "update_chunk" | "update_commit" | "update_query" => {
            in_channel(tester, message, rule)?;
        }
        "login_result" => login_result(tester, rule)?,
        "manifest" => manifest(tester, rule)?,
        "service_data" => service_data(tester, rule)?,
        "logic" => logic(tester, rule)?,
        "authentication" => authentication(tester, rule)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn in_clear(tester: &mut Tester, message: &str, rule: &str) -> Step {
    let before = tester.hello()?;
    let largest = tester.device.max_frame.unwrap_or(512) as usize;
    for vector in fitting(message, rule) {
        let payload = bytes(&vector.hex)?;
        let what = format!("{message}, {}", vector.name);
        tester.check("CW-CONN-003");
        if payload.first().is_some_and(|code| code & 0x80 != 0) {
            let number = tester.random.number();
            tester.send_frame("clear", number, &payload)?;
            tester.under("CW-LINK-007", |tester| tester.silence(&what))?;
        } else if payload.len() + 13 > largest {
            let number = tester.random.number();
            tester.send_frame("clear", number, &payload)?;
            tester.silence_or_refusal(number, &what)?;
        } else {
            tester.refused_in_clear(&payload, &what)?;
        }
    }
    let after = tester.hello()?;
    tester.check("CW-CONN-003");
    tester.demand(
        after.challenge() == before.challenge(),
        "the challenge as it was",
        after.challenge(),
    )?;
    // A connect that breaks a rule is not looked at: there is nothing to wait for.
    tester.connect()?;
    tester.disconnect()
}

fn in_channel(tester: &mut Tester, message: &str, rule: &str) -> Step {
    tester.reach(Start::Serving)?;
    let twin = vectors::valid(message)
        .next()
        .ok_or_else(|| Stop::Error(format!("{message} has no valid vector")))?;
    let answer = tester.cloud_ask_bytes(&bytes(&twin.hex)?)?;
    let malformed = answer.name == "channel_error" && answer.fields["code"] == "malformed";
    tester.demand(
        !malformed,
        format!("{message}, {} taken as well formed", twin.name),
        answer.describe(),
    )?;
    let detail = registered("codec_rule", rule);
    for vector in fitting(message, rule) {
        tester.check("CW-LOGIN-012");
        let payload = bytes(&vector.hex)?;
        let answer = tester.cloud_ask_bytes(&payload)?;
        let right = answer.name == "channel_error"
            && answer.fields["code"] == "malformed"
            && answer.fields["detail"].as_u64() == detail
            // A message without a code is one of none.
            && answer.fields["request"] == payload.first().copied().unwrap_or_default();
        let expected = format!(
            "channel_error malformed with {rule} to {message}, {}",
            vector.name
        );
        tester.demand(right, expected, answer.describe())?;
    }
    tester.query(b"no manifest").map(drop)
}

fn login_result(tester: &mut Tester, rule: &str) -> Step {
    tester.reach(Start::Connected)?;
    for vector in fitting("login_result", rule) {
        let begun = tester.begin_login(&Login::default().offers)?;
        tester.confirm(&begun)?;
        let sealed = tester.seal_as_cloud(&bytes(&vector.hex)?)?;
        tester.check("CW-LOGIN-012");
        let answer = tester.ask("relay", json!({ "payload": hex::encode(&sealed) }))?;
        let what = format!("a login result, {}", vector.name);
        tester.demand_error(&answer, &["cloud-not-authenticated"], &what)?;
        tester.check("CW-LOGIN-007");
        tester.state_is("connected")?;
    }
    tester.login(&Login::default())
}

fn manifest(tester: &mut Tester, rule: &str) -> Step {
    tester.reach(Start::Serving)?;
    let document = programs::echo("well formed")?;
    let right = tester.manifest(programs::SERVICE, &document)?;
    // The twin: one that keeps the rules is taken.
    tester.offer_accepted(&right)?;
    let detail = registered("codec_rule", rule);
    for vector in fitting("manifest", rule) {
        let wrong = bytes(&vector.hex)?;
        let signature = tester.sign(&wrong)?;
        tester.check("CW-UPD-011");
        let status = tester.offer(&wrong, &signature)?;
        let named = status.fields["error"] == "malformed"
            && status.fields["detail"].as_u64() == detail
            && status.fields["state"] == "none";
        let expected = format!("malformed with {rule} to a signed manifest, {}", vector.name);
        tester.demand(named, expected, status.describe())?;
    }
    // What was accepted before is still there.
    tester.check("CW-UPD-006");
    let status = tester.query(&right.encode()?)?;
    let kept = status.fields["state"] == "receiving" && no_error(&status);
    tester.demand(
        kept,
        "the update that was accepted, still receiving",
        status.describe(),
    )?;
    let services = tester.services()?;
    let enabled = services.iter().any(|entry| entry["interface"] == "enabled");
    tester.demand(enabled, "service interfaces that stay enabled", json!(services))
}

fn service_data(tester: &mut Tester, rule: &str) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("service data")?)?;
    for vector in fitting("service_data", rule) {
        let id = tester.job_id();
        let fields = json!({ "job": id, "service": service, "parameters": vector.hex });
        tester.check("CW-INTF-009");
        let answer = tester.ask("instruct", fields)?;
        tester.demand_error(&answer, &["parameters-refused"], &vector.name)?;
        let status = tester.job_status(&id)?;
        let unknown = status.fields["state"] == "unknown";
        tester.demand(unknown, "no job of a refused instruction", status.describe())?;
    }
    // The twin: the same document without an item.
    let id = tester.job_id();
    let fields = json!({ "job": id, "service": service, "parameters": "6100" });
    tester.expect("instruct", fields, "instruct_answer")?;
    tester.wait_for(&id).map(drop)
}

/// Some vectors of all, from the first to the last.
fn few(message: &'static str, rule: &str) -> Vec<&'static InvalidMessage> {
    let all: Vec<_> = fitting(message, rule).collect();
    let step = all.len().div_ceil(FEW).max(1);
    all.into_iter().step_by(step).collect()
}

/// Brings a content that is refused when it is committed, and gives error and detail.
fn bring(tester: &mut Tester, manifest: &Manifest, content: &[u8]) -> Step<Option<(String, u64)>> {
    let encoded = manifest.encode()?;
    let signature = tester.sign(&encoded)?;
    let status = tester.offer(&encoded, &signature)?;
    if status.fields["error"] == "not-supported" {
        return Ok(None);
    }
    tester.demand(no_error(&status), "the manifest accepted", status.describe())?;
    let from = status.number("next_offset")? as usize;
    if status.fields["state"] == "receiving" {
        tester.send_content(&encoded, content, from)?;
    }
    let result = tester.commit(&encoded)?;
    let error = result.fields["error"].as_str().unwrap_or("none").to_owned();
    Ok(Some((error, result.number("detail")?)))
}

fn logic(tester: &mut Tester, rule: &str) -> Step {
    tester.reach(Start::Serving)?;
    // The twin, and what must be there still in the end.
    let right = programs::echo("what is there")?;
    let service = tester.provide(&right)?;
    let detail = registered("logic_rule", "document").unwrap_or_default();
    for vector in few("logic", rule) {
        let content = bytes(&vector.hex)?;
        let manifest = tester.manifest(service, &content)?;
        tester.check("CW-LOGIC-003");
        let refused = bring(tester, &manifest, &content)?;
        let wanted = Some(("update-logic".to_owned(), detail));
        let what = format!("update-logic with the rule document to logic, {}", vector.name);
        if refused.as_ref().is_some_and(|(error, _)| error == "update-logic") {
            tester.check("CW-LOGIC-011");
        }
        tester.demand(refused == wanted, what, format!("{refused:?}"))?;
    }
    tester.check("CW-UPD-006");
    let there = tester.service(service)?;
    let same = there.is_some_and(|entry| entry["logic_digest"] == hex::encode(&digest(&right)));
    tester.demand(same, "the logic that was there", "other logic, or none")
}

fn authentication(tester: &mut Tester, rule: &str) -> Step {
    tester.reach(Start::Serving)?;
    let before = tester.authentication_counter();
    let detail = registered("authentication_rule", "document").unwrap_or_default();
    for vector in few("authentication", rule) {
        let content = bytes(&vector.hex)?;
        let manifest = tester.authentication_manifest(&content)?;
        tester.check("CW-UPD-018");
        let Some(refused) = bring(tester, &manifest, &content)? else {
            return Err(Stop::NotApplicable(
                "the reader takes no authentication information".into(),
            ));
        };
        let wanted = ("update-authentication".to_owned(), detail);
        let what = format!(
            "update-authentication with the rule document to authentication information, {}",
            vector.name
        );
        tester.demand(refused == wanted, what, format!("{refused:?}"))?;
    }
    tester.login(&Login::default())?;
    tester.check("CW-UPD-006");
    let after = tester.authentication_counter();
    tester.demand(after == before, format!("the counter {before}"), after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded::protocol;

    #[test]
    fn every_place_has_cases_of_its_rules() {
        let all = cases();
        for site in &SITES {
            for message in site.messages {
                let of_message = all
                    .iter()
                    .filter(|case| case.id.starts_with(&format!("codec.{message}.")))
                    .count();
                println!("{message}: {of_message}");
                assert!(of_message >= 4, "{message}");
                assert!(protocol().message(message).is_some() || protocol().document(message).is_some());
            }
        }
    }
}
