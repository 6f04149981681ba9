//! A property of the loaders of forms, sequences, lists and reports: a text is told with its place, or is what it says.

use crate::{Seed, Target, text, vectors};
use cardwire_conformance::{
    documents::Document,
    ics::{Form, Kind},
};
use core::fmt::Write as _;
use std::collections::BTreeSet;

/// What vendors, laboratories and others hand to the suite as text.
pub const TARGET: Target = Target {
    name: "documents",
    property: "a form, a sequence, a list of expected failures, a report, a trace or a statement is refused by file, place \
               and what was expected, or loads, and written again loads to the same",
    check,
    explain,
    seeds,
    words,
};

/// What a text is called in problems.
const FILE: &str = "fuzz.txt";

/// The kind of text that the first byte chooses, and the text.
fn input(bytes: &[u8]) -> Option<(Document, String)> {
    let (&choice, text) = bytes.split_first()?;
    let document = Document::ALL[usize::from(choice) % Document::ALL.len()];
    Some((document, String::from_utf8_lossy(text).into_owned()))
}

/// Reads the text, and what is written of it.
///
/// # Panics
/// Where the property does not hold.
pub fn check(bytes: &[u8]) {
    let Some((document, text)) = input(bytes) else {
        return;
    };
    match document {
        Document::Ics => of_form(Kind::Ics, &text),
        Document::ClientIcs => of_form(Kind::ClientIcs, &text),
        Document::Ixit => of_form(Kind::Ixit, &text),
        Document::Sequence
        | Document::ExpectedFailures
        | Document::Report
        | Document::Traces
        | Document::Statement => {}
    }
    match document.rewrite(FILE, &text) {
        Err(told) => hold_error(document, &text, &told),
        Ok(written) => match document.rewrite(FILE, &written) {
            Ok(again) => assert_eq!(again, written, "what is written again says the same"),
            Err(told) => panic!("what is written is refused: {told}\n{written}"),
        },
    }
}

/// A form's problems have places, and a form that is written is the same form.
fn of_form(kind: Kind, text: &str) {
    match Form::parse(kind, FILE, text) {
        Err(problems) => text::hold_problems(FILE, text, &problems),
        Ok(form) => {
            let again = Form::parse(kind, FILE, &form.to_toml());
            assert_eq!(
                again.as_ref(),
                Ok(&form),
                "a form that is written is the same form"
            );
            assert!(
                form.together().is_empty(),
                "the answers of a form that loads go together"
            );
            // What is shown of secrets is that there are some.
            assert_eq!(form.rows().count(), form.answers.len(), "each answer has a row");
        }
    }
}

/// An error names file and place: a line, or the case of a report.
fn hold_error(document: Document, text: &str, told: &str) {
    let said = told.strip_prefix(FILE).unwrap_or_default();
    assert!(
        said.len() > 2,
        "an error names the file, and says something: {told}"
    );
    let lines = text.lines().count().max(1) + 1;
    let is_place = |word: &str| {
        word.split([':', ','])
            .find_map(|number| number.parse().ok())
            .is_some_and(|line: usize| line <= lines)
    };
    let places = match document {
        Document::Ics | Document::ClientIcs | Document::Ixit | Document::Sequence => {
            assert!(
                said.starts_with(':') && is_place(&said[1..]),
                "by line and column: {told}"
            );
            return;
        }
        Document::ExpectedFailures => ["at line ", "the message of "],
        Document::Report => ["line ", "it "],
        Document::Traces => ["line ", "line "],
        Document::Statement => ["line ", "it"],
    };
    assert!(
        places.iter().any(|place| said.contains(place)) || said.contains(": case "),
        "an error has a place: {told}"
    );
}

/// The text with its lines, and what is wrong with it, or how it is written again.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    let Some((document, text)) = input(bytes) else {
        return String::from("nothing\n");
    };
    let mut out = format!("{}\n{}", document.name(), text::numbered(&text));
    let _ = match document.rewrite(FILE, &text) {
        Ok(written) => write!(out, "written again:\n{written}"),
        Err(told) => writeln!(out, "{told}"),
    };
    out
}

/// The longest seed that is a file of its own.
const SEED_MAX: usize = 6000;

/// Our readers' forms, without their comments; the published sequences; a list, a report, a trace and a statement that
/// are small.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut put = |document: Document, name: &str, text: &str| {
        let choice = document as u8;
        seeds.push(Seed {
            name: format!("{}-{name}", document.name()),
            bytes: [&[choice], text.as_bytes()].concat(),
        });
    };
    for (name, form) in vectors::files("reference-reader/ics", ".toml") {
        let document = if name.ends_with("ixit") {
            Document::Ixit
        } else {
            Document::Ics
        };
        put(document, &name, &bare(&form));
    }
    for (name, form) in vectors::files("conformance/adapters/client", "ics.toml") {
        put(Document::ClientIcs, &format!("{name}ours"), &bare(&form));
    }
    for kind in [Kind::Ics, Kind::Ixit, Kind::ClientIcs] {
        let document = match kind {
            Kind::Ics => Document::Ics,
            Kind::Ixit => Document::Ixit,
            Kind::ClientIcs => Document::ClientIcs,
        };
        put(document, "example", &example(kind));
    }
    for (name, sequence) in vectors::files("vectors/session", ".toml") {
        if sequence.len() <= SEED_MAX {
            put(Document::Sequence, &name, &String::from_utf8_lossy(&sequence));
        }
    }
    put(Document::ExpectedFailures, "two", EXPECTED);
    put(Document::Report, "two-cases", REPORT);
    put(Document::Traces, "two-lines", TRACES);
    if let Some(statement) = statement() {
        put(Document::Statement, "unsigned", &statement);
    }
    seeds
}

/// The lines of a form that hold answers.
fn bare(form: &[u8]) -> String {
    let form = String::from_utf8_lossy(form);
    let lines = form
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.fold(String::new(), |out, line| out + line + "\n")
}

/// Every question of a form with the answer that its example gives.
fn example(kind: Kind) -> String {
    let answers = kind.questions().into_iter();
    let answers = answers
        .map(|question| (question.name(), question.example().clone()))
        .collect();
    bare(Form { kind, answers }.to_toml().as_bytes())
}

const EXPECTED: &str = "[[expected]]
case = \"link.frame.*\"
message = \"CW-LINK-004: expected a, seen b\"

[[expected]]
case = \"codec.hello\"
message = \"CW-CODEC-001: expected a, seen \u{2026}\"
";

const REPORT: &str = r#"{"outcome":"not-certified",
"counts":{"pass":1,"non-strict":0,"not-applicable":0,"inconclusive":0,"flaky":1,"fail":0,"error":0},
"cases":[
{"id":"sanity.way-in","group":"sanity","level":"must","title":"In","requirements":["CW-LOGIN-006"],"verdict":"pass","milliseconds":23},
{"id":"link.a","group":"link","level":"should","title":"A","requirements":[],"verdict":"flaky","milliseconds":5,
"reason":"CW-LINK-001: expected a, seen b; once more: pass","findings":[{"requirement":"CW-LINK-001","expected":"a","seen":"b"}],
"replay":"cardwire certify","trace":{"entries":[],"dropped":2}}]}"#;

const TRACES: &str = r#"{"case":"link.a","entry":{"at_ms":0.25,"direction":"sent","bytes":"00","frame":{"kind":"clear","number":7},"message":"hello","fields":{"versions":[1]}}}
{"case":"link.a","entry":{"at_ms":1.5,"direction":"note","note":"waits"}}
"#;

/// A statement in its envelope: right, as far as can be seen without the files that it is about.
fn statement() -> Option<String> {
    // The payload in base64 is that of the statement below it, as the suite writes it.
    let text = include_str!("documents/statement.dsse.json");
    Document::Statement.rewrite(FILE, text).ok()
}

/// Keys, headers and values of forms, sequences and lists, and the members of reports.
fn words() -> Vec<Vec<u8>> {
    let mut words = BTreeSet::new();
    for (folder, end) in [("reference-reader/ics", ".toml"), ("vectors/session", ".toml")] {
        for (_, file) in vectors::files(folder, end) {
            words.extend(text::toml_words(&String::from_utf8_lossy(&file)));
        }
    }
    for kind in Kind::ALL {
        words.extend(
            kind.questions()
                .into_iter()
                .map(|question| format!("\n{} = ", question.name())),
        );
    }
    words.extend(text::toml_words(EXPECTED));
    for json in [REPORT, TRACES] {
        let quoted = json.split('"').skip(1).step_by(2);
        words.extend(
            quoted
                .filter(|word| word.len() <= text::WORD_MAX)
                .map(|word| format!("\"{word}\"")),
        );
    }
    let others = [
        "nan",
        "inf",
        "1979-05-27T07:32:00Z",
        "null",
        "[]",
        "{}",
        "\\u007f",
        "\u{2026}",
        ", seen ",
        "; once more: ",
    ];
    words.extend(others.map(str::to_owned));
    words.into_iter().map(String::into_bytes).collect()
}
