//! Instructions one by one: bytes that move, parameters, commands from outside, secrets, writes that belong together.

use super::{super::programs, runs_to};
use crate::{
    case::Case,
    hex,
    tester::{Job, Start, Tester, encode},
    verdict::Step,
};
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "logic.bytes-move-as-they-should",
            &["CW-LOGIC-009"],
            "Registers are copied, joined, split, filled, patched, counted and searched as the specification says",
            bytes_move,
        ),
        Case::code(
            "logic.bytes-that-are-not-there",
            &["CW-LOGIC-004"],
            "Each instruction that would use bytes which its register does not have ends with logic-fault",
            bytes_not_there,
        ),
        Case::code(
            "logic.values-become-card-bytes",
            &["CW-LOGIC-010"],
            "Names and numbers become the bytes that cards hold, and come back from them",
            card_bytes,
        ),
        Case::code(
            "logic.parameters-are-taken-in-order",
            &["CW-LOGIC-009", "CW-INTF-006"],
            "A service gets the values of its instruction one by one, and nothing behind the last",
            taken_in_order,
        ),
        Case::code(
            "logic.parameters-are-held-to-their-declaration",
            &["CW-INTF-006"],
            "Parameters of another kind, out of bounds, too often or not there are refused, and nothing runs",
            held_to_declaration,
        ),
        Case::code(
            "logic.commands-from-outside-are-filtered",
            &["CW-LOGIC-009"],
            "A command that comes in a parameter is held to the list of what may be sent before it is sent",
            filtered,
        ),
        Case::code(
            "logic.secrets-are-not-given",
            &["CW-LOGIC-004"],
            "What was to be presented as a PIN can't become service data",
            secrets,
        ),
        Case::code(
            "logic.writes-that-belong-together",
            &["CW-LOGIC-009"],
            "A run that ends between writes that belong together says that the card is inconsistent",
            together,
        ),
    ]
}

/// What the code makes of the registers, given as the item `r`.
fn makes(tester: &mut Tester, code: &str, expected: &str) -> Step {
    let code = format!("{code}\nemit \"r\" bytes none r0\nend success");
    let service = tester.provide(&programs::program("whole-service", "", 64, &code)?)?;
    let ended = tester.run(service)?;
    let expected = hex::decode(expected).unwrap_or_default();
    let right = ended.item("r", "bytes") == Some(&expected[..]);
    tester.demand(
        right,
        format!("r {} of `{code}`", hex::encode(&expected)),
        ended.describe(),
    )
}

fn bytes_move(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.check("CW-LOGIC-009");
    let one = "set r0 010203\nset r1 0809\n";
    for (code, expected) in [
        ("copy r0 r1", "0809"),
        ("join r0 r1", "0102030809"),
        ("join r0 r0", "010203010203"),
        ("split r0 1 r1", "0102"),
        ("split r0 2 r1\ncopy r0 r1", "0203"),
        ("fill r0 0xFF", "ffffff"),
        ("patch r0 1 r1", "010809"),
        ("put r0 0 0xF0 0xA5", "a10203"),
        ("add r0 0xFE", "010301"),
        ("take r0 r1", "03"),
        ("take r0 r1\ncopy r0 r1", "02"),
        ("set r0 5F2001AA00FF820177\nfind r0 0082 r0", "77"),
        ("set r0 5F2001AA00FF820177\nfind r0 5F20 r0", "aa"),
        ("set r0 5F2001AA00FF820177\nfind r0 0083 r0", ""),
        ("set r0 7F4A\nconvert number r0", "00007f4a"),
        ("status r0", "0000"),
        ("when-equal r0 r1 over\nset r0 01\nover: set r1 \"\"", "01"),
        ("when-longer r0 r1 over\nset r0 01\nover: set r1 \"\"", "010203"),
        ("when-longer r1 r0 over\nset r0 01\nover: set r1 \"\"", "01"),
        (
            "when-byte r0 2 0x0F 0x03 over\nset r0 01\nover: set r1 \"\"",
            "010203",
        ),
    ] {
        makes(tester, &format!("{one}{code}"), expected)?;
    }
    Ok(())
}

fn bytes_not_there(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    runs_to(tester, "set r0 010203\nsplit r0 3 r1\nend success", "success")?;
    for code in [
        "set r0 010203\nsplit r0 4 r1",
        "set r0 010203\npatch r0 1 r0",
        "set r0 010203\nput r0 3 0 0",
        "set r0 010203\nwhen-byte r0 3 0 0 over\nover:",
        "set r0 0201\ntake r0 r1",
        "set r0 FFFF\nadd r0 1",
        "add r0 1",
        "set r0 82\nfind r0 0083 r1",
        "set r0 820200\nfind r0 0082 r1",
        "set r0 9F81010177\nfind r0 009F r1",
        "set r0 8282000177\nfind r0 0082 r1",
        "convert number r0",
    ] {
        runs_to(tester, &format!("{code}\nend success"), "logic-fault")?;
    }
    Ok(())
}

fn card_bytes(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.check("CW-LOGIC-010");
    let text = |text: &str| hex::encode(text.as_bytes());
    for (conversion, content, expected) in [
        ("alpha", "810308949541ff".to_owned(), text("\u{414}\u{415}A")),
        ("alpha", "82020530b141".to_owned(), text("\u{561}A")),
        ("alpha", "80004300f6ffff".to_owned(), text("C\u{F6}")),
        ("alpha", "416e6effff".to_owned(), text("Ann")),
        (
            "sc-address",
            "0791947122723303ffffffff".to_owned(),
            text("+491722273330"),
        ),
        ("to-alpha", text("C\u{F6} a"), "437c2061".to_owned()),
        ("to-alpha", text("\u{414}a"), "8004140061".to_owned()),
        (
            "to-dialling-number",
            text("+41175523456"),
            "07911471553254f6ffffffffffff".to_owned(),
        ),
        ("to-dialling-number", "\"\"".to_owned(), "ff".repeat(14)),
        (
            "to-sc-address",
            text("*1#"),
            "03811afbffffffffffffffff".to_owned(),
        ),
    ] {
        makes(
            tester,
            &format!("set r0 {content}\nconvert {conversion} r0"),
            &expected,
        )?;
    }
    for (conversion, content) in [
        ("alpha", "81030894".to_owned()),
        ("sc-address", "ff".repeat(11)),
        ("to-alpha", "c3".to_owned()),
        ("to-dialling-number", text("12a")),
        ("to-dialling-number", text("123456789012345678901")),
        ("to-sc-address", text("+")),
    ] {
        let code = format!("set r0 {content}\nconvert {conversion} r0\nend success");
        runs_to(tester, &code, "logic-fault")?;
    }
    Ok(())
}

fn items(values: &[(&str, &str, &str)]) -> Step<String> {
    let items: Vec<Value> = values
        .iter()
        .map(|(name, kind, value)| json!({ "name": name, "kind": kind, "value": value }))
        .collect();
    Ok(hex::encode(&encode("service_data", &json!({ "items": items }))?))
}

fn taken_in_order(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let code = "loop 4\nset r0 \"before\"\nparameter \"a\" r0\nemit \"a\" bytes none r0\nagain\n\
                parameter \"n\" r0\nemit \"n\" number none r0\nend success";
    let takes = [
        "\"a\" bytes client any 0 9",
        "\"n\" number client required 1 65535",
    ];
    let service = tester.provide(&programs::taking(&takes, code)?)?;
    let parameters = items(&[
        ("a", "bytes", "aa"),
        ("n", "number", "0000ffff"),
        ("a", "bytes", ""),
        ("a", "bytes", "bbcc"),
    ])?;
    let job = instruct(tester, service, &parameters)?;
    tester.check("CW-LOGIC-009");
    let ended = tester.finish(&job, "success")?;
    let given: Vec<_> = ended
        .items
        .iter()
        .filter(|(name, _, _)| name == "a")
        .map(|(_, _, value)| value.as_slice())
        .collect();
    let right = given == [&[0xAA][..], &[], &[0xBB, 0xCC], &[]]
        && ended.item("n", "number") == Some(&[0, 0, 0xFF, 0xFF]);
    tester.demand(
        right,
        "three values in their order, and a number",
        ended.describe(),
    )
}

fn instruct(tester: &mut Tester, service: u64, parameters: &str) -> Step<Job> {
    let id = tester.job_id();
    let fields = json!({ "job": id, "service": service, "parameters": parameters });
    tester.check("CW-INTF-006");
    let answer = tester.expect("instruct", fields, "instruct_answer")?;
    let state = answer.text("state")?.to_owned();
    Ok(Job { id, service, state })
}

fn held_to_declaration(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let takes = [
        "\"name\" text client required 2 4",
        "\"count\" number client optional 2 300",
        "\"adm\" bytes cloud optional 8 8",
    ];
    let service = tester.provide(&programs::taking(&takes, "end success")?)?;
    let name = ("name", "text", "4142");
    for right in [
        &[name][..],
        &[("name", "text", "41424344")],
        &[("count", "number", "0000012c"), name],
    ] {
        let job = instruct(tester, service, &items(right)?)?;
        tester.finish(&job, "success")?;
    }
    for wrong in [
        &[][..],
        &[("name", "text", "41")],
        &[("name", "text", "4142434445")],
        &[("name", "bytes", "4142")],
        &[name, name],
        &[name, ("count", "number", "00000001")],
        &[name, ("count", "number", "0000012d")],
        &[name, ("count", "number", "00010002")],
        &[
            name,
            ("count", "number", "00000002"),
            ("count", "number", "00000002"),
        ],
        &[name, ("other", "text", "4142")],
        &[name, ("adm", "bytes", "4141414141414141")],
    ] {
        let id = tester.job_id();
        let parameters = if wrong.is_empty() {
            String::new()
        } else {
            items(wrong)?
        };
        let fields = json!({ "job": id, "service": service, "parameters": parameters });
        tester.check("CW-INTF-006");
        tester.refused("instruct", fields, &["parameters-refused"])?;
        let status = tester.job_status(&id)?;
        let unknown = status.fields["state"] == "unknown";
        tester.demand(
            unknown,
            "a refused instruction that leaves no job",
            status.describe(),
        )?;
    }
    Ok(())
}

fn filtered(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let run = |tester: &mut Tester, command: &str, outcome: &str| {
        let code = format!("reset r0\nset r1 {command}\nexchange r1 r2\nend success");
        let service = tester.provide(&programs::program("whole-service", "contact-card", 8, &code)?)?;
        let job = tester.instruct(service)?;
        tester.check("CW-LOGIC-009");
        tester.finish(&job, outcome).map(drop)
    };
    run(tester, "00A4000C023F00", "success")?;
    for command in [
        // Questions for tries: they change nothing, and are not of the list.
        "00200001",
        "002C0001",
        "00C0000010",
        "A0A40000023F00",
        "00A4000C023F",
        "00A400",
    ] {
        run(tester, command, "command-refused")?;
    }
    Ok(())
}

fn secrets(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // No card has a secret of this number, so that none is presented.
    let code = |given: &str| {
        format!(
            "reset r0\nset r0 1F\nset r1 \"1234\"\nset r4 \"other\"\npin verify r0 r1 r2 r3\nemit \"r\" bytes none {given}\n\
             end success"
        )
    };
    for (given, outcome) in [("r4", "success"), ("r3", "success"), ("r1", "logic-fault")] {
        let program = programs::program("whole-service", "contact-card", 16, &code(given))?;
        let service = tester.provide(&program)?;
        let job = tester.instruct(service)?;
        tester.check("CW-LOGIC-004");
        let ended = tester.finish(&job, outcome)?;
        let right = outcome == "success" || ended.items.is_empty();
        tester.demand(right, "no item of a secret", ended.describe())?;
    }
    Ok(())
}

fn together(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // No file is selected that these could change.
    let (write, read) = ("apdu 00D6000001AA r0", "apdu 00B0000001 r0");
    for (code, outcome) in [
        (format!("critical\n{write}\nsettled"), "success"),
        (
            format!("critical\n{read}\nexpect FFFF 1234\nsettled"),
            "card-status",
        ),
        (
            format!("critical\n{write}\nsettled\nexpect FFFF 1234"),
            "card-status",
        ),
        (
            format!("critical\n{write}\nexpect FFFF 1234\nsettled"),
            "card-inconsistent",
        ),
    ] {
        let code = format!("reset r0\n{code}\nend success");
        let service = tester.provide(&programs::program("whole-service", "contact-card", 16, &code)?)?;
        let job = tester.instruct(service)?;
        tester.check("CW-LOGIC-009");
        tester.finish(&job, outcome)?;
    }
    Ok(())
}
