//! Programs that are no codecs: none is certified, and none takes longer than it may.

use crate::{
    Proof,
    proofs::{failed, options},
};
use cardwire_conformance::codec::{Options, certify};
use core::time::Duration;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
    thread,
    time::Instant,
};

/// What a program may take for an answer in these proofs, and a run in all.
const TIMEOUT: Duration = Duration::from_millis(400);
const BOUND: Duration = Duration::from_secs(20);

/// A program, and what the run says of it.
struct Null {
    name: &'static str,
    program: fn() -> ExitCode,
    says: &'static str,
}

const NULLS: [Null; 14] = [
    Null {
        name: "silent",
        program: || {
            thread::sleep(Duration::from_secs(60));
            ExitCode::SUCCESS
        },
        says: "no answer within 0.4 s; the program went on and was ended",
    },
    Null {
        name: "reads-and-is-silent",
        program: || {
            io::stdin().lock().lines().for_each(drop);
            ExitCode::SUCCESS
        },
        says: "no answer within 0.4 s",
    },
    Null {
        name: "closes-at-once",
        program: || ExitCode::from(7),
        says: "the end of its standard output; the program ended with exit status: 7",
    },
    Null {
        name: "says-why-and-closes",
        program: || {
            eprintln!("no licence\u{7} found");
            ExitCode::from(1)
        },
        says: "its last words: no licence\u{FFFD} found",
    },
    Null {
        name: "echo",
        program: || each_line(|line, _| line.to_owned()),
        says: "no `name`",
    },
    Null {
        name: "echo-after-describe",
        program: || after_describe(|request, _| request.to_string()),
        says: "an answer that says nothing",
    },
    Null {
        name: "error-to-everything",
        program: || each_line(|_, id| json!({ "id": id, "error": "not today" }).to_string()),
        says: "an error: {\"error\":\"not today\"}",
    },
    Null {
        name: "error-after-describe",
        program: || after_describe(|_, id| json!({ "id": id, "error": "not today" }).to_string()),
        says: "an error: \"not today\"",
    },
    Null {
        name: "dies-on-the-third-request",
        program: || {
            after_describe(|_, id| {
                if id == 2 {
                    eprintln!("segmentation fault");
                    std::process::exit(139);
                }
                json!({ "id": id, "error": "not yet" }).to_string()
            })
        },
        says: "the program ended with exit status: 139; its last words: segmentation fault",
    },
    Null {
        name: "wrong-ids",
        program: || after_describe(|_, id| json!({ "id": id + 1, "hex": "" }).to_string()),
        says: "an answer with the id",
    },
    Null {
        name: "endless-line",
        program: || {
            let mut out = io::stdout().lock();
            while out.write_all(&[b'x'; 4096]).is_ok() {}
            ExitCode::FAILURE
        },
        says: "a line of more than 1048576 bytes",
    },
    Null {
        name: "banner",
        program: || {
            println!("Codec tester adapter v2, ready.");
            each_line(|_, id| json!({ "id": id, "error": "late" }).to_string())
        },
        says: "a line that is no JSON object: Codec tester adapter v2, ready.",
    },
    Null {
        name: "not-utf-8",
        program: || {
            let _ = io::stdout().write_all(b"\xFF\xFE\n");
            thread::sleep(Duration::from_secs(60));
            ExitCode::SUCCESS
        },
        says: "a line that is not UTF-8",
    },
    Null {
        name: "declares-a-slip",
        program: || {
            each_line(|_, id| {
                json!({ "id": id, "name": "a", "version": "1", "ops": ["decode", "enccode"] }).to_string()
            })
        },
        says: "an op that there is not, \"enccode\"",
    },
];

/// The program of this name.
pub(crate) fn null(name: &str) -> Option<fn() -> ExitCode> {
    if name == "declares-nothing" {
        return Some(|| {
            each_line(|_, id| json!({ "id": id, "name": "a", "version": "1", "ops": [] }).to_string())
        });
    }
    NULLS
        .iter()
        .find(|null| null.name == name)
        .map(|null| null.program)
}

pub(crate) fn all() -> Vec<Proof> {
    let nulls = NULLS.iter().map(|null| Proof {
        name: format!("null::{}", null.name),
        shows: Box::new(|| is_none(null)),
    });
    let others = [
        ("null::declares-nothing", declares_nothing as fn()),
        ("null::can-not-be-started", can_not_be_started),
    ];
    let others = others.map(|(name, shows)| Proof {
        name: name.into(),
        shows: Box::new(shows),
    });
    nulls.chain(others).collect()
}

fn is_none(null: &Null) {
    let options = Options {
        timeout: TIMEOUT,
        ..options(null.name)
    };
    let begun = Instant::now();
    let run = certify(&options, &mut ()).unwrap();
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    assert_eq!((run.outcome().name(), run.exit_code()), ("not-certified", 1));
    assert_eq!(run.count("pass"), 0);
    let stopped = run.stopped.iter().cloned();
    let said: Vec<_> = stopped.chain(failed(&run).map(|(_, reason)| reason)).collect();
    assert!(
        said.iter().any(|said| said.contains(null.says)),
        "{:#?} does not hold `{}`",
        said.iter().take(5).collect::<Vec<_>>(),
        null.says
    );
}

/// What is not declared is listed, and nothing is certified that did not run.
fn declares_nothing() {
    let run = certify(&options("declares-nothing"), &mut ()).unwrap();
    assert_eq!((run.outcome().name(), run.exit_code()), ("not-certified", 1));
    assert_eq!(run.count("not-applicable"), run.results.len());
    assert_eq!(run.description.unwrap().undeclared().len(), 5);
}

fn can_not_be_started() {
    let error = certify(&Options::new(vec!["/cardwire-nowhere".into()]), &mut ()).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("/cardwire-nowhere"), "{error}");
    assert_eq!(
        certify(&Options::new(Vec::new()), &mut ())
            .unwrap_err()
            .exit_code(),
        2
    );
}

fn each_line(answer: fn(&str, u64) -> String) -> ExitCode {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let id = serde_json::from_str::<Value>(&line).unwrap()["id"]
            .as_u64()
            .unwrap();
        if writeln!(io::stdout(), "{}", answer(&line, id)).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Describes itself as a codec, and answers everything else so.
fn after_describe(answer: fn(&Value, u64) -> String) -> ExitCode {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap();
        let id = request["id"].as_u64().unwrap();
        let ops = ["decode", "encode", "transcode", "frame", "deframe"];
        let answer = if request["op"] == "describe" {
            json!({ "id": id, "name": "null", "version": "0", "ops": ops }).to_string()
        } else {
            answer(&request, id)
        };
        if writeln!(io::stdout(), "{answer}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
