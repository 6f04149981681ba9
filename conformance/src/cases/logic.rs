//! Execution logic: what is refused, what runs, and what it may do.

use super::programs::{self, IDENTIFY, SERVICE};
use crate::{
    case::Case,
    embedded::service_logic,
    hex,
    tester::{Login, Start, Tester, digest, encode},
    verdict::{Step, Stop},
};
use serde_json::json;

mod instructions;
mod order;
mod paths;
mod rules;
mod values;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "logic.stored-logic-is-what-runs",
            &["CW-LOGIC-001", "CW-UPD-008", "CW-UPD-005"],
            "A service that was installed runs, and gives other data after its logic was replaced",
            stored_logic_runs,
        ),
        Case::code(
            "logic.preset-is-replaced",
            &["CW-LOGIC-001", "CW-UPD-008"],
            "card.identify with other logic runs that logic, and its own again when that is installed",
            preset_is_replaced,
        ),
        Case::code(
            "logic.stored-logic-survives-a-reset",
            &["CW-UPD-008", "CW-UPD-005"],
            "Installed logic and its counter are there after a reset",
            survives_a_reset,
        ),
        Case::code(
            "logic.largest-document-is-stored",
            &["CW-LOGIC-002", "CW-CODEC-010"],
            "Execution logic of 1024 bytes is stored and runs",
            largest_document,
        ),
        Case::code(
            "logic.longest-run-ends-within-its-budget",
            &["CW-LOGIC-005"],
            "Nested loops run as often as they say, and within the budget",
            longest_run,
        )
        .slow(),
        Case::code(
            "logic.data-that-is-not-there-is-a-fault",
            &["CW-LOGIC-004"],
            "A slice behind a register's end, or a value that is no number, ends with logic-fault",
            faults,
        ),
        Case::code(
            "logic.branches-and-loops",
            &["CW-LOGIC-009", "CW-LOGIC-001"],
            "Registers, slices, branches and nested loops do what the schema says",
            branches_and_loops,
        ),
        Case::code(
            "logic.conversions",
            &["CW-LOGIC-010", "CW-LOGIC-001", "CW-SVC-002"],
            "The card's encodings of ICCID, IMSI, provider and number become text",
            conversions,
        ),
    ];
    all.extend(instructions::cases());
    all.extend(rules::cases());
    all.extend(order::cases());
    all.extend(paths::cases());
    all.extend(values::cases());
    all
}

fn gives(tester: &mut Tester, service: u64, name: &str, kind: &str, value: &[u8]) -> Step {
    let ended = tester.run(service)?;
    let right = ended.item(name, kind) == Some(value);
    tester.demand(right, format!("{name} {}", hex::encode(value)), ended.describe())
}

fn stored_logic_runs(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    for text in ["one", "another one"] {
        // Installed even if it is there already: this is what the case is about.
        let document = programs::echo(text)?;
        tester.install(SERVICE, &document)?;
        tester.login(&Login::default())?;
        tester.check("CW-UPD-008");
        let entry = tester.service(SERVICE)?;
        let listed = entry
            .as_ref()
            .is_some_and(|entry| entry["logic_digest"] == hex::encode(&digest(&document)));
        tester.demand(
            listed,
            "the service listed with the digest of its logic",
            json!(entry),
        )?;
        gives(tester, SERVICE, "echo", "text", text.as_bytes())?;
        let job = tester.instruct(SERVICE)?;
        let status = tester.wait_for(&job.id)?;
        tester.check("CW-LOGIC-001");
        let right = status.fields["logic_digest"] == hex::encode(&digest(&document));
        tester.demand(
            right,
            "a job that names the digest of the stored logic",
            status.describe(),
        )?;
    }
    Ok(())
}

/// Installs logic for `card.identify`, acts, and installs the specification's logic again, whatever came out.
fn with_other_identify(tester: &mut Tester, document: &[u8], act: impl FnOnce(&mut Tester) -> Step) -> Step {
    let own = service_logic("card.identify")
        .ok_or_else(|| Stop::Error("the specification has no logic for card.identify".into()))?;
    let result = tester.install(IDENTIFY, document).and_then(|_| act(tester));
    let restored = restore(tester, &own);
    result.and(restored)
}

fn restore(tester: &mut Tester, own: &[u8]) -> Step {
    tester.reset()?;
    tester.reach(Start::Serving)?;
    tester.install(IDENTIFY, own)?;
    tester.check("CW-UPD-008");
    let entry = tester.service(IDENTIFY)?;
    let right = entry
        .as_ref()
        .is_some_and(|entry| entry["logic_digest"] == hex::encode(&digest(own)));
    tester.demand(
        right,
        "card.identify with the specification's logic again",
        json!(entry),
    )
}

fn preset_is_replaced(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let job = tester.instruct(IDENTIFY)?;
    tester.wait_for(&job.id)?;
    let other = crate::tester::assemble(
        "service card.identify 0x0001\nversion 2\npolicy whole-service\non-client-loss abort\nbudget 8\n\
         set r0 \"replaced\"\nemit \"iccid\" text none r0\nend success",
    )?;
    with_other_identify(tester, &other, |tester| {
        tester.check("CW-LOGIC-001");
        gives(tester, IDENTIFY, "iccid", "text", b"replaced")?;
        let entry = tester.service(IDENTIFY)?;
        let right = entry.as_ref().is_some_and(|entry| entry["logic_version"] == 2);
        tester.demand(right, "card.identify listed with version 2", json!(entry))
    })
}

fn survives_a_reset(tester: &mut Tester) -> Step {
    tester.needs_reset()?;
    tester.reach(Start::Serving)?;
    let text = hex::encode(&tester.random.array::<4>());
    let document = programs::echo(&text)?;
    tester.install(SERVICE, &document)?;
    let counter = tester.logic_counter();
    tester.reset_device()?;
    tester.reach(Start::Serving)?;
    tester.check("CW-UPD-005");
    let kept = tester.logic_counter();
    tester.demand(
        kept == counter,
        format!("the counter {counter} after a reset"),
        kept,
    )?;
    tester.check("CW-UPD-008");
    gives(tester, SERVICE, "echo", "text", text.as_bytes())
}

fn largest_document(tester: &mut Tester) -> Step {
    // Three `set` of 258 bytes, one of 114, `emit` and `end`: 900 bytes of code, the most that there may be.
    let mut code = Vec::new();
    for length in [255_u8, 255, 255, 111] {
        code.extend([&[0x30, 0x00, length][..], &vec![b'x'; length.into()]].concat());
    }
    code.extend([&[0x38, 4][..], b"echo", &[0x01, 0x00, 0x00, 0x3F, 0x00, 0x00]].concat());
    let fields = |extension: usize| {
        json!({
            "service": SERVICE, "name": "certification.echo.of-1024-bytes", "version": 1,
            "policy": "whole-service", "on_client_loss": "abort", "modules": [], "budget": 8,
            "code": hex::encode(&code), "extensions": [{ "tag": 0x0101, "value": "5a".repeat(extension) }],
        })
    };
    let size = encode("logic", &fields(0))?.len();
    let document = encode("logic", &fields(1024 - size))?;
    if document.len() != 1024 || code.len() != 900 {
        return Err(Stop::Error(format!(
            "{} bytes of logic, {} of them code",
            document.len(),
            code.len()
        )));
    }
    tester.reach(Start::Serving)?;
    tester.check("CW-LOGIC-002");
    tester.install(SERVICE, &document)?;
    tester.login(&Login::default())?;
    gives(tester, SERVICE, "echo", "text", &[b'x'; 111])
}

fn longest_run(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::long()?)?;
    let job = tester.instruct(service)?;
    let ended = tester.finish(&job, "success")?;
    tester.check("CW-LOGIC-005");
    let steps = ended.status.number("step")?;
    // 255 times the inner loop of 16 instructions and `again`, and the two around them: 4,081 and `end`.
    let right = (255 * 16..=4096).contains(&steps);
    tester.demand(
        right,
        "between 4080 and 4096 instructions",
        ended.status.describe(),
    )
}

fn runs_to(tester: &mut Tester, code: &str, outcome: &str) -> Step {
    let service = tester.provide(&programs::program("whole-service", "", 64, code)?)?;
    let job = tester.instruct(service)?;
    let status = tester.wait_for(&job.id)?;
    tester.check("CW-LOGIC-004");
    let right = status.fields["outcome"] == outcome;
    tester.demand(
        right,
        format!("the outcome {outcome} of `{code}`"),
        status.describe(),
    )?;
    tester.all_modules_off()
}

fn faults(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    runs_to(tester, "set r0 \"12345\"\nslice r0 1 4\nend success", "success")?;
    for code in [
        "set r0 \"12345\"\nslice r0 2 4\nend success",
        "slice r3 0 1\nend success",
        "set r0 010203\nemit \"n\" number none r0\nend success",
        "set r0 C3\nemit \"t\" text none r0\nend success",
        "set r0 \"\"\nemit \"imsi\" text imsi r0\nend success",
    ] {
        runs_to(tester, code, "logic-fault")?;
    }
    Ok(())
}

fn branches_and_loops(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let code = "set r0 \"0123456789\"\nset r1 \"\"\nslice r0 3 4\nwhen-empty r1 empty\nend card-status\nempty:\n\
                when-empty r0 wrong\nloop 2\nloop 3\nemit \"n\" text none r0\nagain\nset r0 \"second\"\nagain\n\
                go over\nwrong:\nend card-mute\nover:\nset r2 00000102\nemit \"number\" number none r2\nend success";
    let service = tester.provide(&programs::program("whole-service", "", 64, code)?)?;
    let ended = tester.run(service)?;
    tester.check("CW-LOGIC-009");
    let texts: Vec<_> = ended
        .items
        .iter()
        .filter(|(name, _, _)| name == "n")
        .map(|(_, _, value)| &value[..])
        .collect();
    let expected = [&b"3456"[..], b"3456", b"3456", b"second", b"second", b"second"];
    let right = texts == expected && ended.item("number", "number") == Some(&[0, 0, 1, 2]);
    tester.demand(
        right,
        "three times the slice, three times the second text, and a number",
        ended.describe(),
    )
}

fn conversions(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // Contents of real cards' files; the number is of a record with an alpha identifier of four bytes.
    let files = [
        (
            "iccid",
            "swapped-digits",
            "988812010000400310f0",
            "8988211000000430010",
        ),
        ("imsi", "imsi", "082982608200002080", "228062800000208"),
        ("spn", "spn", "0147534d2d52204348ffffffffffffffff", "GSM-R CH"),
        (
            "msisdn",
            "dialling-number",
            "4f776e21058121436587ffffffffffffffff",
            "12345678",
        ),
    ];
    for (name, conversion, content, expected) in files {
        let code = format!("set r0 {content}\nemit \"{name}\" text {conversion} r0\nend success");
        let service = tester.provide(&programs::program("whole-service", "", 8, &code)?)?;
        tester.check("CW-LOGIC-010");
        gives(tester, service, name, "text", expected.as_bytes())?;
    }
    Ok(())
}
