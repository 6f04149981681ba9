//! The text form of execution logic: what it assembles to, and what is said about a slip.

use cardwire_spec::{Place, Protocol, interpret, logic};
use std::path::Path;

const SERVICES: [(&str, &str); 3] = [
    ("card.identify", include_str!("../services/card.identify.logic")),
    (
        "subscriber.read",
        include_str!("../services/subscriber.read.logic"),
    ),
    (
        "certification.echo",
        include_str!("../services/certification.echo.logic"),
    ),
];

const HEADER: &str =
    "service test.logic 0x0777\nversion 3\npolicy per-step\non-client-loss finish\nbudget 9\n";

fn protocol() -> Protocol {
    cardwire_spec::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol.toml")).unwrap()
}

/// The header above and these lines, from line 6 on.
fn assemble(code: &str) -> Result<Vec<u8>, String> {
    logic::assemble(&protocol(), "test.logic", &format!("{HEADER}{code}"))
        .map_err(|problems| problems.to_string())
}

#[test]
fn every_instruction_has_its_bytes() {
    let code = "reset r0
        apdu 00A40004 r3
        show 2
        done contact-card
        when-status FFF0 0x9000 there
        when-empty r1 there
        there: go end
        loop 255
        again
        set r2 \"a\\\"b\"
        set r2 \"\"
        slice r2 0x10 20
        emit \"x\" number none r0
        expect 0xFFFF 9000
        end: end card-absent ; the end
        end 0xF000
        command 00B20004 r1 r2 0A r3
        command 00A4000C r1 r2 \"\" r3
        exchange r4 r5
        pin unblock r1 r2 r3 r4
        ask puk r6
        poll r7
        when-equal r1 r2 last
        when-longer r1 r2 last
        when-byte r1 2 0xF0 0x40 last
        critical
        settled
        last: copy r1 r2
        join r1 r2
        split r1 14 r2
        fill r1 0xFF
        patch r1 13 r2
        put r1 0 2 0
        progress 50
        parameter \"pin\" r1
        status r1
        add r1 1
        find r1 0062 r2
        take r1 r2
        convert to-alpha r1";
    let document = assemble(code).unwrap();
    let tree = interpret::decode(&protocol(), Place::Document("logic"), &document).unwrap();
    let json = interpret::to_json(&tree);
    let expected = concat!(
        "1000",
        "110400a4000403",
        "1202",
        "1802",
        "20fff090000018",
        "21010018",
        "220036",
        "23ff",
        "24",
        "300203612262",
        "300200",
        "31021014",
        "380178030000",
        "39ffff9000",
        "3f0001",
        "3ff000",
        "1300b2000401",
        "02010a03",
        "1300a4000c01020003",
        "140405",
        "150501020304",
        "160406",
        "1707",
        "2501020070",
        "2601020070",
        "270102f0400070",
        "28",
        "29",
        "320102",
        "330102",
        "34010e02",
        "3501ff",
        "36010d02",
        "3701000200",
        "3a32",
        "3b0370696e01",
        "3c01",
        "400101",
        "4101006202",
        "420102",
        "430801",
    );
    // `there` is the offset of `go`, `end` that of the first end, `last` that of `copy`.
    assert_eq!(
        json.to_string(),
        format!(
            r#"{{"service":1911,"name":"test.logic","version":3,"policy":"per-step","on_client_loss":"finish","modules":[],"parameters":[],"budget":9,"code":"{expected}"}}"#
        )
    );
}

#[test]
fn parameters_are_declared_in_the_header() {
    let text = "takes \"pin\" text client required 4 8
        takes \"records\" number cloud any 1 1000
        end success";
    let document = assemble(text).unwrap();
    let tree = interpret::decode(&protocol(), Place::Document("logic"), &document).unwrap();
    let json = interpret::to_json(&tree);
    assert_eq!(
        json["parameters"].to_string(),
        concat!(
            r#"[{"name":"pin","kind":"text","source":"client","occurrence":"required","minimum":4,"maximum":8},"#,
            r#"{"name":"records","kind":"number","source":"cloud","occurrence":"any","minimum":1,"maximum":1000}]"#
        )
    );
    let listing = logic::disassemble(&protocol(), &document).unwrap();
    assert!(
        listing.contains("\ntakes \"records\" number cloud any 1 1000\n"),
        "{listing}"
    );
    assert_eq!(
        logic::assemble(&protocol(), "test.logic", &listing).unwrap(),
        document
    );
}

#[test]
fn services_round_trip_through_their_disassembly() {
    let protocol = protocol();
    for (name, text) in SERVICES {
        let document = logic::assemble(&protocol, name, text).unwrap();
        let listing = logic::disassemble(&protocol, &document).unwrap();
        assert_eq!(
            logic::assemble(&protocol, name, &listing).unwrap(),
            document,
            "{listing}"
        );
    }
}

#[test]
fn what_text_does_not_name_round_trips_too() {
    let protocol = protocol();
    let odd = serde_json::json!({
        // A label inside an instruction, values that are not registered, an extension.
        "service": 9, "name": "odd", "version": 65535, "policy": "whole-service", "on_client_loss": "abort",
        "modules": [0xF0, 0xF1], "budget": 1, "code": "22000122ffff18f73ff0013000023b7f3000023b22",
        "extensions": [{ "tag": 7, "value": "" }, { "tag": 8, "value": "0a0b" }],
    });
    let document = interpret::encode(&protocol, "logic", &odd).unwrap();
    let listing = logic::disassemble(&protocol, &document).unwrap();
    assert_eq!(
        logic::assemble(&protocol, "odd", &listing).unwrap(),
        document,
        "{listing}"
    );
}

#[test]
fn broken_code_is_refused_with_its_offset_in_the_document() {
    let protocol = protocol();
    let document = assemble("end success").unwrap();
    let mut broken = document.clone();
    let start = document.len() - 3;
    broken[start] = 0xEE;
    assert_eq!(
        logic::disassemble(&protocol, &broken).unwrap_err().to_string(),
        format!("value: opcode at offset {start}")
    );
    broken[start] = 0x20;
    assert_eq!(
        logic::disassemble(&protocol, &broken).unwrap_err().to_string(),
        format!("truncated: when-status.value at offset {}", start + 3)
    );
}

#[test]
fn a_service_that_is_registered_needs_no_number_and_modules_no_order() {
    let protocol = protocol();
    let text = "service card.identify\nversion 1\npolicy per-step\non-client-loss abort\nmodules indicator contact-card\n\
        budget 1\nend success";
    let tree = interpret::decode(
        &protocol,
        Place::Document("logic"),
        &logic::assemble(&protocol, "text", text).unwrap(),
    )
    .unwrap();
    let json = interpret::to_json(&tree);
    assert_eq!(
        (&json["service"], &json["modules"]),
        (
            &"card.identify".into(),
            &serde_json::json!(["contact-card", "indicator"])
        )
    );
}

#[test]
fn slips_are_named_with_line_column_and_what_was_expected() {
    let cases = [
        (
            "jump r0",
            "6:1: there is no instruction `jump`",
            "write one of reset, apdu,",
        ),
        (
            "reset",
            "6:1: `reset` takes 1 operand(s), not 0",
            "write reset <into>",
        ),
        (
            "reset r0 r1",
            "6:10: `reset` takes 1 operand(s), not 2",
            "write reset <into>",
        ),
        (
            "reset r8",
            "6:7: `into` is out of range",
            "write a register, r0 to r7",
        ),
        ("reset 0", "6:7: `0` is no into", "write a register, r0 to r7"),
        (
            "takes \"pin\" text client",
            "6:1: `takes` takes 6 words, not 3",
            "write takes <name> <kind> <source> <occurrence> <minimum> <maximum>",
        ),
        (
            "takes \"pin\" text nobody required 4 8",
            "6:18: `nobody` is no source",
            "write one of client, cloud",
        ),
        (
            "takes \"pin\" text client required 4 65536",
            "6:36: a number from 0 to 65535 is wanted",
            "write maximum in decimal digits",
        ),
        (
            "end success\ntakes \"pin\" text client required 4 8",
            "7:1: `takes` belongs to the header",
            "write it above the first instruction",
        ),
        (
            "show 4",
            "6:6: `pattern` is out of range",
            "write a number from 0 to 3",
        ),
        (
            "expect FFFF 90",
            "6:13: `90` is no value",
            "write four hexadecimal digits",
        ),
        (
            "apdu 00A r0",
            "6:6: `00A` is no command",
            "write hexadecimal digits or a text in quotes, 4 to 255 bytes",
        ),
        (
            "apdu 00A400 r0",
            "6:6: the length of `command` is out of bounds",
            "write hexadecimal digits or a text in quotes, 4 to 255 bytes",
        ),
        (
            "emit x text none r0",
            "6:6: `x` is no name",
            "write a text in quotes, 1 to 24 bytes",
        ),
        (
            "emit \"x y\" text none r0",
            "6:6: `name` holds a character that it can't hold",
            "write a text in quotes, 1 to 24 bytes",
        ),
        (
            "emit \"x\" words none r0",
            "6:10: `words` is no kind",
            "write one of text, bytes, number",
        ),
        (
            "emit \"x\" 9 none r0",
            "6:10: `kind` has no such value",
            "write one of text, bytes, number",
        ),
        (
            "emit \"x text none r0",
            "6:6: the text has no end",
            "close it with a quote",
        ),
        (
            "emit \"\\n\" text none r0",
            "6:6: a backslash stands before neither quote nor backslash",
            "write \\\\ for a backslash, \\\" for a quote",
        ),
        (
            "end well",
            "6:5: `well` is no outcome",
            "write one of success, card-absent,",
        ),
        (
            "go there\nend success",
            "6:4: there is no label `there`",
            "write `there:` above the instruction that is meant",
        ),
        (
            "here: here: end success",
            "6:7: the label `here` is already taken, in line 6",
            "give each label its own name",
        ),
        (
            "end success\nhere:",
            "7:1: no instruction stands behind the label `here`",
            "every path must end in an instruction that ends the job",
        ),
        (
            "1st: end success",
            "6:1: `1st` can't name a label",
            "use letters, digits, hyphens and underscores, a letter first",
        ),
        (
            "budget 9\nend success",
            "6:1: `budget` already stands in line 5",
            "keep one of them",
        ),
        (
            "end success\nmodules indicator",
            "7:1: `modules` belongs to the header",
            "write it above the first instruction",
        ),
        (
            "modules indicator indicator\nend success",
            "6:19: `indicator` stands twice",
            "name it once",
        ),
        (
            "",
            "1:1: the logic has no encoding: length: code must be 1 to 900 bytes, not 0 bytes",
            "make the logic shorter, or split the service",
        ),
    ];
    for (code, place_and_message, help) in cases {
        let found = assemble(code).expect_err(code);
        let expected = format!("test.logic:{place_and_message}\n  help: {help}");
        assert!(
            found.starts_with(&expected),
            "{code}\nexpected: {expected}\nfound: {found}"
        );
    }
}

#[test]
fn slips_of_the_header_are_named_all_at_once() {
    let text = "service nobody\nversion one\npolicy each-step\nbudget 0\nend success";
    let problems = logic::assemble(&protocol(), "x", text).unwrap_err();
    let lines: Vec<String> = problems
        .0
        .iter()
        .map(|problem| format!("{}: {}", problem.line, problem.message))
        .collect();
    assert_eq!(
        lines,
        [
            "1: the header line `on-client-loss` is missing",
            "1: the service `nobody` is not registered",
            "2: `one` is no number",
            "3: `each-step` is no policy",
            "4: `budget` is out of range",
        ]
    );
}
