//! Messages that are right but for one byte: whatever that byte is, the reader says of them what the interpreter of
//! the specification says.

use super::serves;
use crate::{
    case::Case,
    embedded::{protocol, registered},
    hex,
    tester::{Login, Start, Tester},
    vectors,
    verdict::{Step, Stop},
};
use cardwire_spec::{Place, interpret};

/// Mutants of each message.
const MUTANTS: usize = 60;

/// Requests that are mutated. A disconnect that stays one would end the session.
const SEALED: [&str; 9] = [
    "platform_auth",
    "relay",
    "service_list",
    "instruct",
    "job_data",
    "job_status",
    "job_abort",
    "reader_status",
    "diagnostics",
];
const RELAYED: [&str; 4] = ["update_offer", "update_chunk", "update_commit", "update_query"];

pub(super) fn cases() -> Vec<Case> {
    let about = |name: &'static str, requirements: &[&str], run| {
        let id = format!("robustness.mutated-{}", name.replace('_', "-"));
        let title =
            format!("Of {MUTANTS} messages {name} with a byte changed, added or lost each is judged rightly");
        Case::about(&id, requirements, &title, run, name)
    };
    let sealed = SEALED.map(|name| about(name, &["CW-CODEC-009", "CW-CODEC-011", "CW-SEC-002"], sealed));
    let relayed = RELAYED.map(|name| about(name, &["CW-LOGIN-012", "CW-CODEC-011", "CW-SEC-002"], relayed));
    sealed.into_iter().chain(relayed).collect()
}

/// A right vector of this message with one thing wrong, or with nothing wrong after all.
fn mutant(tester: &mut Tester, name: &str) -> Step<Vec<u8>> {
    let all: Vec<_> = vectors::valid(name)
        .filter(|vector| vector.hex.len() <= 2 * 200)
        .collect();
    let chosen = all.get(tester.random.below(all.len() as u64) as usize);
    let vector = chosen.ok_or_else(|| Stop::Error(format!("{name} has no vector")))?;
    let mut bytes = hex::decode(&vector.hex).unwrap_or_default();
    let at = tester.random.below(bytes.len() as u64) as usize;
    let byte = tester.random.below(256) as u8;
    match tester.random.below(3) {
        0 => bytes.insert(at, byte),
        // A request of another code would be another request.
        1 if at > 0 => bytes[at] = byte,
        _ if at > 0 => drop(bytes.remove(at)),
        _ => bytes.push(byte),
    }
    Ok(bytes)
}

fn sealed(tester: &mut Tester, name: &'static str) -> Step {
    tester.reach(Start::Serving)?;
    for _ in 0..MUTANTS {
        let message = mutant(tester, name)?;
        // What is inserted in front may make a disconnect of it.
        if message.first() == Some(&0x0C) {
            continue;
        }
        tester.check("CW-CODEC-009");
        let answer = tester.ask_bytes(&message)?;
        let is_malformed = answer.name == "error" && answer.fields["code"] == "malformed";
        match interpret::decode(protocol(), Place::Request, &message) {
            Ok(_) => tester.demand(
                !is_malformed,
                format!("{} taken as well formed", hex::encode(&message)),
                answer.describe(),
            )?,
            Err(fault) => {
                let detail = registered("codec_rule", fault.rule.name());
                let right = is_malformed
                    && answer.fields["detail"].as_u64() == detail
                    && answer.fields["offset"].as_u64() == Some(fault.offset as u64);
                let expected = format!("malformed to {}: {fault}", hex::encode(&message));
                tester.demand(right, expected, answer.describe())?;
            }
        }
    }
    // One of them may have been an instruction after all.
    tester.end_job()?;
    serves(tester)
}

fn relayed(tester: &mut Tester, name: &'static str) -> Step {
    tester.reach(Start::Connected)?;
    tester.login(&Login::default())?;
    for _ in 0..MUTANTS {
        let message = mutant(tester, name)?;
        tester.check("CW-LOGIN-012");
        let answer = tester.cloud_ask_bytes(&message)?;
        let is_malformed = answer.name == "channel_error" && answer.fields["code"] == "malformed";
        match interpret::decode(protocol(), Place::ChannelRequest, &message) {
            Ok(_) => tester.demand(
                !is_malformed,
                format!("{} taken as well formed", hex::encode(&message)),
                answer.describe(),
            )?,
            Err(fault) => {
                let detail = registered("codec_rule", fault.rule.name());
                let right = is_malformed && answer.fields["detail"].as_u64() == detail;
                let expected = format!("malformed to {}: {fault}", hex::encode(&message));
                tester.demand(right, expected, answer.describe())?;
            }
        }
    }
    serves(tester)
}
