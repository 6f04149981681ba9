//! Programs that are no codecs.

use core::time::Duration;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
    thread,
};

/// A program that is no codec.
#[derive(Debug)]
pub struct Null {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub program: fn() -> ExitCode,
    /// What a run says of it.
    pub says: &'static str,
}

/// All of them.
pub const NULLS: [Null; 15] = [
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
    Null {
        name: "declares-nothing",
        program: || {
            each_line(|_, id| json!({ "id": id, "name": "a", "version": "1", "ops": [] }).to_string())
        },
        says: "",
    },
];

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
