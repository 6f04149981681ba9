//! Forms that are right, and forms that are wrong in many ways: what is said of each stands beside this file.

use super::{Answer, FORM_MAX, Form, FormError, Kind, Question, Statement};
use cardwire_spec::problem::Problems;
use core::fmt::Write as _;
use std::{
    fs,
    path::{Path, PathBuf},
};

const ICS: &str = include_str!("../../../reference-reader/ics/host.toml");
const IXIT: &str = include_str!("../../../reference-reader/ics/host-ixit.toml");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The lines of a form that hold answers.
fn bare(form: &str) -> String {
    let lines = form
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.fold(String::new(), |out, line| out + line + "\n")
}

/// The form with this line instead of the one of this key; without it, where the line is empty.
fn with(form: &str, key: &str, line: &str) -> String {
    let is_key = |line: &&str| line.split('=').next().is_some_and(|name| name.trim() == key);
    let found = form.lines().any(|line| is_key(&line));
    let lines = form.lines().map(|old| if is_key(&old) { line } else { old });
    let mut out = lines.fold(String::new(), |out, line| out + line + "\n");
    if !found {
        out += line;
        out.push('\n');
    }
    out
}

fn wrong(kind: Kind, text: &str) -> Problems {
    match Form::parse(kind, "form.toml", text) {
        Ok(form) => panic!("it is taken: {form:#?}\n{text}"),
        Err(problems) => problems,
    }
}

/// Every change of a right form by itself, with what is said of it.
fn told(kind: Kind, form: &str, changes: &[(&str, &str)]) -> String {
    let form = bare(form);
    let mut out = String::new();
    for (key, line) in changes {
        let shown = if line.is_empty() {
            format!("(no {key})")
        } else {
            (*line).to_owned()
        };
        let problems = wrong(kind, &with(&form, key, line));
        let _ = writeln!(out, "== {shown}\n{problems}\n");
    }
    out
}

#[test]
fn what_is_wrong_with_a_statement_is_named() {
    let changes = [
        ("revision", ""),
        ("revision", "revision = \"0.9\""),
        ("revision", "revision = 1"),
        ("vendor", ""),
        ("vendor", "vendor = \"  \""),
        ("vendor", "vendor = \"two\\nlines\""),
        ("vendor", "vendor = 7"),
        ("colour", "colour = \"blue\""),
        ("max_frame", "max_frame = 512"),
        ("reset", "reset = [\"bench\", \"reset\"]"),
        ("max-frame", "max-frame = 256"),
        ("max-frame", "max-frame = -1"),
        ("max-frame", "max-frame = \"512\""),
        ("max-frame", "max-frame = 1979-05-27"),
        ("hardware-class", "hardware-class = \"reference-host\""),
        (
            "hardware-class",
            "hardware-class = [\"reference-host\", \"reference-cortex-m3\"]",
        ),
        ("hardware-class", "hardware-class = [1]"),
        ("hardware-class", "hardware-class = [0x0F00]"),
        ("services", "services = [\"card.identify\", \"card.identify\"]"),
        (
            "services",
            "services = [\"Card-Identify\", \"card.write\", true, [1]]",
        ),
        ("services", "services = []"),
        ("formats", "formats = [\"native\"]"),
        ("modules", "modules = [\"contact-card\", \"indicator\"]"),
        ("modules", "modules = [\"security\", \"indicator\"]"),
        ("modules", "modules = [\"security\", \"contact-crad\"]"),
        ("contact-slots", ""),
        ("contact-detect", "contact-detect = false"),
        ("update-kinds", "update-kinds = [\"logic\"]"),
        ("certification-identity", "certification-identity = false"),
        ("certification-latch", "certification-latch = \"yes\""),
        ("links", "links = [\"bluetooth\"]"),
    ];
    insta::assert_snapshot!("ics", told(Kind::Ics, ICS, &changes));
}

#[test]
fn what_is_wrong_with_the_information_is_named() {
    let changes = [
        ("endpoint", ""),
        ("endpoint", "endpoint = \"/dev/ttyACM0\""),
        ("endpoint", "endpoint = [\"tcp\"]"),
        ("timeout-scale", "timeout-scale = 0"),
        ("timeout-scale", "timeout-scale = inf"),
        ("timeout-scale", "timeout-scale = nan"),
        ("timeout-scale", "timeout-scale = 5000"),
        ("boot-time", "boot-time = -2.5"),
        ("reset", "reset = \"bench reset\""),
        ("reset", "reset = []"),
        ("reset", "reset = [\"\", 7]"),
        ("power-on", "power-on = [\"bench\", \"on\"]"),
        ("card-atr", "card-atr = \"3B00\""),
        ("card-atr", "card-atr = \"\""),
        ("card-iccid", "card-iccid = \"89000010101234567X3\""),
        ("card-pin", "card-pin = \"12345678901\""),
        ("card-pin", "card-pin = 1234"),
        ("card-puk", ""),
        ("card-pin-tries", "card-pin-tries = 2"),
        ("card-pin-tries", "card-pin-tries = 3.5"),
        ("vendor", "vendor = \"Example\""),
        ("endpont", "endpont = \"tcp:192.0.2.7:1\""),
    ];
    insta::assert_snapshot!("ixit", told(Kind::Ixit, IXIT, &changes));
}

/// All that is wrong is named at once, in the order of the lines.
#[test]
fn problems_come_together() {
    let mut form = bare(ICS);
    for (key, line) in [
        ("revision", "revision = \"0.9\""),
        ("max-frame", "max-frame = 1"),
        ("formats", "formats = []"),
        ("vendor", ""),
        ("mood", "mood = \"good\""),
    ] {
        form = with(&form, key, line);
    }
    let problems = wrong(Kind::Ics, &form);
    let lines: Vec<_> = problems.0.iter().map(|problem| problem.line).collect();
    assert!(lines.is_sorted() && lines.len() == 6, "{problems}");
    insta::assert_snapshot!("together", problems);
}

#[test]
fn syntax_is_told_without_its_consequences() {
    let problems = wrong(Kind::Ics, "vendor = \"A\nproduct = [\n= 3\n]]\n");
    assert!((1..=3).contains(&problems.0.len()), "{problems}");
    assert_eq!(problems.0[0].line, 1);
    // Twice the same key.
    let twice = format!("{0}{0}", bare(ICS));
    assert!(wrong(Kind::Ics, &twice).0[0].message.contains("duplicate"));
}

/// Whoever writes a hostile form gets a short answer, and soon.
#[test]
fn hostile_forms_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ics.toml");
    let load = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        match Form::load(Kind::Ics, &file) {
            Err(FormError::Void(problems)) => {
                assert!(!problems.0.is_empty() && problems.0.len() <= 100);
                assert!(
                    problems.to_string().len() < 64 * 1024,
                    "{}",
                    problems.to_string().len()
                );
                problems
            }
            other => panic!("{other:?}"),
        }
    };
    let long = FORM_MAX as usize;
    assert!(
        load(&vec![b'#'; long + 1])
            .to_string()
            .contains("more than 65536 bytes")
    );
    assert!(load(b"vendor = \"\xff\"\n").to_string().contains("UTF-8"));
    load(b"");
    load(b"\0");
    load(&vec![b'['; long]);
    load(format!("vendor = {}", "[".repeat(long / 2)).as_bytes());
    load(format!("vendor = {}1{}", "[".repeat(9000), "]".repeat(9000)).as_bytes());
    load(format!("{} = 1", vec!["a"; long / 4].join(".")).as_bytes());
    load(format!("vendor = {}", "{a=".repeat(long / 4)).as_bytes());
    let keys: String = (0..6000).map(|number| format!("k{number}=1\n")).collect();
    load(keys.as_bytes());
    load(format!("services = [{}]", "\"x\",".repeat(9000)).as_bytes());
    load(format!("{} = 1", "k".repeat(long / 2)).as_bytes());
    load(format!("vendor = \"{}\"", "v".repeat(long / 2)).as_bytes());
    load(format!("max-frame = {}", "9".repeat(long / 2)).as_bytes());
    let nowhere = Form::load(Kind::Ics, &folder.path().join("nowhere.toml"));
    assert!(matches!(nowhere, Err(FormError::File { .. })));
}

/// What a file is written from can be read from it again.
#[test]
fn forms_are_written_as_they_are_read() {
    for (kind, text) in [(Kind::Ics, ICS), (Kind::Ixit, IXIT)] {
        let form = Form::parse(kind, "form.toml", text).unwrap();
        let written = form.to_toml();
        assert_eq!(
            Form::parse(kind, "again.toml", &written).unwrap(),
            form,
            "{written}"
        );
        assert_eq!(
            written,
            text,
            "the file in the repository is written by `cardwire {} new`",
            kind.name()
        );
        for question in kind.questions() {
            assert!(written.contains(question.name()), "{}", question.name());
        }
    }
    // Private values, quotes and what is not seen survive.
    let text = with(&bare(ICS), "services", "services = [\"card.identify\", 0xF001]");
    let mut form = Form::parse(Kind::Ics, "form.toml", &text).unwrap();
    form.answers
        .insert("vendor", Answer::Text("\"Quotes\" \\ # é".to_owned()));
    assert_eq!(
        Form::parse(Kind::Ics, "again.toml", &form.to_toml()).unwrap(),
        form
    );
}

/// The examples of the schema answer their questions, as they stand there and as a command line has them.
#[test]
fn examples_are_answers() {
    for kind in Kind::ALL {
        for question in kind.questions() {
            let words = match question.example() {
                Answer::Boolean(answer) => answer.to_string(),
                Answer::Number(number) => number.to_string(),
                Answer::Fraction(number) => number.to_string(),
                Answer::Text(text) => text.clone(),
                Answer::List(values) => match question {
                    Question::Claim(_) => values.join(", "),
                    Question::Information(_) => values.join(" "),
                },
            };
            let parsed = question.parse(&words);
            assert_eq!(parsed.as_ref(), Ok(question.example()), "{}", question.name());
        }
    }
}

/// What the JSON Schema refuses, the reader of forms refuses, and the other way round.
#[test]
fn reader_and_schema_agree() {
    for (kind, text) in [(Kind::Ics, ICS), (Kind::Ixit, IXIT)] {
        let path = root().join(format!("spec/schemas/{}.schema.json", kind.name()));
        let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let schema = jsonschema::draft202012::new(&schema).unwrap();
        let form = bare(text);
        let whole: toml::Table = toml::from_str(&form).unwrap();
        let mut forms = vec![form.clone()];
        for key in whole.keys() {
            forms.push(with(&form, key, ""));
            for value in [
                "true", "false", "7", "-1", "1000000", "0.5", "\"\"", "\"x\"", "[]", "[\"x\"]", "[1]", "{}",
            ] {
                forms.push(with(&form, key, &format!("{key} = {value}")));
            }
        }
        let mut taken = 0;
        for form in &forms {
            let value: toml::Table = toml::from_str(form).unwrap();
            let value = serde_json::to_value(value).unwrap();
            let ours = Form::parse(kind, "form.toml", form);
            taken += usize::from(ours.is_ok());
            // The schema knows no bounds of the numbers of an IXIT, no unregistered values, no lines.
            if ours.is_ok() {
                let errors: Vec<_> = schema
                    .iter_errors(&value)
                    .map(|error| error.to_string())
                    .collect();
                assert!(errors.is_empty(), "{form}\n{errors:?}");
            }
            if !schema.is_valid(&value) {
                assert!(ours.is_err(), "{form}");
            }
        }
        assert!(taken > 1 && taken < forms.len() / 2, "{taken} of {}", forms.len());
    }
}

/// No secret stands in what reports show, or in what is printed by a slip.
#[test]
fn secrets_are_not_shown() {
    let information = super::Information::parse("ixit.toml", IXIT, Path::new("")).unwrap();
    let pin = information.card().pin.unwrap();
    assert_eq!(
        (pin.pin.as_str(), pin.puk.as_str(), pin.tries),
        ("1234", "12345678", 3)
    );
    let shown = [
        information.to_json().to_string(),
        format!("{:?}", information.card()),
        format!("{pin:?}"),
        information
            .form()
            .rows()
            .map(|(name, text)| format!("{name} {text}\n"))
            .collect(),
    ];
    for shown in &shown {
        assert!(
            !shown.contains("\"1234\"") && !shown.contains("12345678\""),
            "{shown}"
        );
    }
    assert!(shown[3].contains("card-pin (secret)"));
    let problems = wrong(Kind::Ixit, &with(&bare(IXIT), "card-pin", "card-pin = \"87x5\""));
    assert!(!problems.to_string().contains("87x5"));
}

#[test]
fn needs_are_decided_by_what_is_claimed() {
    let whole = Statement::parse("ics.toml", ICS).unwrap();
    let small = with(
        &bare(ICS),
        "modules",
        "modules = [\"security\", \"contact-card\"]",
    );
    let small = Statement::parse("ics.toml", &with(&small, "contactless-types", "")).unwrap();
    let needs = super::needs("modules.per-step");
    assert!(needs.len() > 1);
    assert_eq!(whole.unmet(&needs), None);
    assert_eq!(
        small.unmet(&needs).as_deref(),
        Some("the ICS does not claim `indicator` in `modules`")
    );
    // Nothing is left out of what the reference reader claims.
    for case in crate::cases() {
        assert_eq!(whole.unmet(&case.needs), None, "{}", case.id);
    }
}

/// A statement of ours is one, whichever reader it is of.
#[test]
fn the_forms_of_the_repository_are_whole() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("reference-reader/ics")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let is_ixit = path.file_stem().unwrap().to_str().unwrap().ends_with("-ixit");
        let kind = if is_ixit { Kind::Ixit } else { Kind::Ics };
        Form::load(kind, &path).unwrap_or_else(|error| panic!("{error}"));
        count += 1;
    }
    assert!(count >= 4, "{count}");
}

/// The questions of clients ask for what the upper tester can do, no more and no less.
#[test]
fn questions_of_clients_are_those_of_their_upper_tester() {
    let question = Kind::ClientIcs.question("ops").unwrap();
    let choices: Vec<_> = question.choices().into_iter().map(|(name, _)| name).collect();
    assert_eq!(choices, crate::client::Op::ALL.map(crate::client::Op::name));
    let Question::Claim(item) = question else {
        panic!("{question:?}")
    };
    assert_eq!(
        item.always,
        crate::client::Op::MANDATORY.map(crate::client::Op::name)
    );
}

#[test]
fn what_a_client_claims_and_tells_is_compared() {
    let own = include_str!("../../adapters/client/ics.toml");
    let statement = Statement::parse_of_client("own", own).unwrap();
    let answer = |more: &str| {
        let told = format!(
            r#"{{"name":"cardwire client","version":"0.1.0","scales":true,"formats":["native"{more}],
                "ops":["open","run","abort","services","status","update","events","close"]}}"#
        );
        let serde_json::Value::Object(told) = serde_json::from_str(&told).unwrap() else {
            panic!()
        };
        crate::subject::Description::of(crate::Subject::Client, &told).unwrap()
    };
    assert_eq!(statement.contradicted_by(&answer(r#","cbor""#)), [""; 0]);
    let lacks = statement.contradicted_by(&answer(""));
    assert_eq!(
        lacks,
        ["the ICS claims `cbor` in `formats`, and the program does not tell it"]
    );
    let less = own
        .replace(r#", "events""#, "")
        .replace("scales = true", "scales = false")
        .replace("0.1.0", "0.2.0");
    let less = Statement::parse_of_client("less", &less).unwrap();
    let wrong = less.contradicted_by(&answer(r#","cbor""#));
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    assert!(
        wrong[1].contains("`events` in `ops`, and the ICS does not claim it"),
        "{wrong:?}"
    );
}
