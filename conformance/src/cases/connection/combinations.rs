//! Connects whose hello, extensions and client vary together.

use crate::{
    case::Case,
    cases::recovery::of_matrices,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Attempt, Login, Tester, encode},
    verdict::{Step, Stop},
};
use serde_json::json;

static MATRIX: Matrix = Matrix {
    id: "connection.right",
    title: "A right connect is accepted whatever its hello states and whatever it carries besides",
    requirements: &[
        "CW-CONN-004",
        "CW-CONN-002",
        "CW-CODEC-010",
        "CW-CONN-005",
        "CW-CONN-008",
    ],
    factors: &[
        Factor {
            name: "versions",
            values: &["own", "own-and-next", "eight", "own-and-last"],
        },
        Factor {
            name: "max-frame",
            values: &["512", "513", "4096"],
        },
        Factor {
            name: "hello-extension",
            values: &["none", "one", "two"],
        },
        Factor {
            name: "connect-extension",
            values: &["none", "one", "large"],
        },
        Factor {
            name: "client",
            values: &["first", "second"],
        },
    ],
    cover: Cover::Pairs,
    allows: |_| true,
    run,
};

pub(super) fn cases() -> Vec<Case> {
    of_matrices(&[&MATRIX])
}

/// A non-critical extension that nobody knows.
fn extension(tag: u16, value: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
}

fn run(tester: &mut Tester, row: &Row) -> Step {
    let own = u64::from(crate::embedded::protocol().about.version);
    let versions: Vec<u64> = match row.of("versions") {
        "own" => vec![own],
        "own-and-next" => vec![own, own + 1],
        "eight" => (own..own + 8).collect(),
        "own-and-last" => vec![own, 255],
        other => return Err(Stop::Error(format!("there are no versions {other}"))),
    };
    let max_frame: u64 = row.of("max-frame").parse().unwrap_or(512);
    let mut hello = encode("hello", &json!({ "versions": versions, "max_frame": max_frame }))?;
    // A connect holds a hello of 64 bytes at most.
    match row.of("hello-extension") {
        "one" => hello.extend(extension(0x7F01, &[0x11; 9])),
        "two" => hello.extend([extension(0x7E00, &[]), extension(0x7F01, &[0x22; 20])].concat()),
        _ => {}
    }
    let extensions = match row.of("connect-extension") {
        "one" => extension(0x7F02, b"unknown"),
        "large" => extension(0x7F02, &[0x33; 200]),
        _ => Vec::new(),
    };
    let client = tester.client(usize::from(row.is("client", "second")))?;
    let answer = tester.ask_clear(&hello)?;
    tester.check("CW-CONN-002");
    let spoken: Vec<u64> = answer
        .items("versions")?
        .iter()
        .filter_map(serde_json::Value::as_u64)
        .collect();
    let highest = versions.iter().filter(|version| spoken.contains(version)).max();
    tester.demand(
        answer.fields["version"].as_u64() == highest.copied(),
        format!("the highest version of both lists, {highest:?}"),
        answer.describe(),
    )?;
    let greeting = tester.hello()?;
    let attempt = Attempt {
        hello: Some(hello),
        extensions,
        ..Attempt::right(client)
    };
    tester.check("CW-CONN-004");
    let mut outcome = tester.try_connect_after(&greeting, &attempt)?;
    if !outcome.accepted {
        // A back-off that a case before it has left may still run.
        let pause = 2 * tester.bench.timers.backoff;
        tester.let_pass(pause)?;
        let greeting = tester.hello()?;
        outcome = tester.try_connect_after(&greeting, &attempt)?;
    }
    tester.demand(outcome.accepted, "connect_answer", outcome.answer.describe())?;
    let after = tester.hello()?;
    tester.check("CW-CONN-008");
    tester.demand(
        after.challenge() != greeting.challenge(),
        "another challenge behind an accepted connect",
        "the same one",
    )?;
    tester.check("CW-CONN-005");
    tester.state_is("connected")?;
    tester.login(&Login::default())
}
