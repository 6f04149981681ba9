//! Robustness: floods and garbage of every kind in every state, mutated messages, masses of what is right; after each
//! the reader is where it was, and serves.

use super::recovery::of_matrices;
use crate::{
    case::Case,
    cases::{jobs::running, programs},
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Login, Start, Tester, frame, hello},
    verdict::{Step, Stop},
};
use cardwire_peers::Timers;
use cardwire_spec::interpret::frame::DELIMITER;
use serde_json::json;
use std::time::Instant;

mod masses;
mod mutated;

/// So many pieces of garbage come in a row.
const PIECES: usize = 24;

static FLOODS: Matrix = Matrix {
    id: "robustness.flood",
    title: "A flood of what is no request costs nothing but itself",
    requirements: &[
        "CW-LINK-005",
        "CW-SEC-002",
        "CW-SESS-005",
        "CW-CONN-003",
        "CW-CONN-008",
    ],
    factors: &[
        Factor {
            name: "of",
            values: &[
                "random-bytes",
                "ones",
                "half-frames",
                "wrong-checksums",
                "unknown-kinds",
                "huge-frames",
                "lying-blocks",
                "delimiters",
                "clear-nonsense",
                "sealed-nonsense",
            ],
        },
        Factor {
            name: "while",
            values: &["locked", "connected", "logging-in", "serving", "a-service-runs"],
        },
    ],
    cover: Cover::All,
    allows: |_| true,
    run: flood,
};

pub(super) fn cases() -> Vec<Case> {
    let mut all = of_matrices(&[&FLOODS]);
    all.extend(masses::cases());
    all.extend(mutated::cases());
    all
}

fn flood(tester: &mut Tester, row: &Row) -> Step {
    let mut job = None;
    let begun = Instant::now();
    match row.of("while") {
        "locked" => {}
        "connected" => tester.reach(Start::Connected)?,
        "logging-in" => {
            tester.reach(Start::Connected)?;
            tester.begin_login(&Login::default().offers)?;
        }
        "serving" => tester.reach(Start::Serving)?,
        "a-service-runs" => {
            tester.reach(Start::Serving)?;
            job = Some(running(tester, false)?.0);
        }
        other => return Err(Stop::Error(format!("there is no state {other}"))),
    }
    let before = tester.hello()?;
    tester.check("CW-LINK-005");
    send(tester, row)?;
    let after = tester.hello()?;
    tester.check("CW-CONN-008");
    tester.demand(
        after.challenge() == before.challenge(),
        "the challenge as it was",
        after.challenge(),
    )?;
    tester.check("CW-SESS-005");
    match row.of("while") {
        "locked" => {}
        // A slow line carries a flood for longer than a login may last (CW-LOGIN-008).
        "logging-in" if begun.elapsed() > tester.certainly_below(Timers::SPEC.handshake) => {
            let status = tester.status()?;
            let right = ["login", "connected"].map(|state| status.fields["state"] == state);
            tester.demand(
                right.contains(&true),
                "a session that is login, or connected where the login has run out",
                status.describe(),
            )?;
        }
        "logging-in" => tester.state_is("login").map(drop)?,
        "connected" => tester.state_is("connected").map(drop)?,
        _ => tester.state_is("serving").map(drop)?,
    }
    if let Some(job) = job {
        let status = tester.job_status(&job.id)?;
        let unharmed = status.fields["state"] == "running" || status.fields["outcome"] == "success";
        tester.demand(unharmed, "the service that goes on", status.describe())?;
        tester.ask("job_abort", json!({ "job": job.id }))?;
        tester.wait_for(&job.id)?;
    }
    serves(tester)
}

/// Whatever came before, a right client gets what it asks for.
fn serves(tester: &mut Tester) -> Step {
    tester.check("CW-SEC-002");
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("still here")?)?;
    let ended = tester.run(service)?;
    tester.check("CW-SEC-002");
    let right = ended.item("echo", "text") == Some(b"still here");
    tester.demand(right, "what the service gives", ended.describe())
}

fn send(tester: &mut Tester, row: &Row) -> Step {
    let of = row.of("of");
    let number = tester.random.number() >> 1;
    let right = frame("clear", number, &hello(&[1])?)?;
    for piece in 0..PIECES {
        let what = format!("{of}, {} of {PIECES}", piece + 1);
        match of {
            "random-bytes" => {
                let length = 1 + tester.random.below(300) as usize;
                let bytes = without_delimiters(tester.random.bytes(length));
                line(tester, &bytes, &what)?;
            }
            "ones" => line(tester, &vec![0xFF; 40 * (piece + 1)], &what)?,
            "half-frames" => line(tester, &right[..1 + piece % (right.len() - 2)], &what)?,
            "wrong-checksums" => {
                let mut bytes = right[..right.len() - 1].to_vec();
                let last = bytes.len() - 1;
                bytes[last] = if bytes[last] == 0x5A { 0x5B } else { 0x5A };
                line(tester, &bytes, &what)?;
            }
            // Kinds of frame that nobody knows, whole otherwise.
            "unknown-kinds" => {
                let kind = 3 + piece as u8;
                line(tester, &unknown_kind(kind, &right)?, &what)?;
            }
            "huge-frames" => {
                let bytes = without_delimiters(tester.random.bytes(1500));
                line(tester, &bytes, &what)?;
            }
            // A block that says it is longer than the line.
            "lying-blocks" => line(
                tester,
                &[&[0xF0 + (piece % 15) as u8][..], &[0x11; 20]].concat(),
                &what,
            )?,
            "delimiters" => tester.send_bytes(&[DELIMITER; 100], &what)?,
            "clear-nonsense" => {
                // Codes of requests that there are not, each with bytes behind it.
                let payload = [&[0x10 + piece as u8][..], &tester.random.bytes(piece)].concat();
                tester.under("CW-CONN-003", |tester| {
                    tester.refused_in_clear(&payload, &what).map(drop)
                })?;
            }
            "sealed-nonsense" => {
                let payload = tester.random.bytes(16 + 10 * piece);
                tester.send_frame("sealed", number, &payload)?;
                if row.is("while", "locked") {
                    let answer = tester.under("CW-CONN-003", |tester| tester.clear_answer(number))?;
                    tester.under("CW-CONN-003", |tester| {
                        tester.demand(
                            answer.name == "refusal",
                            format!("the refusal of {what}"),
                            answer.describe(),
                        )
                    })?;
                } else {
                    tester.silence(&what)?;
                }
            }
            other => return Err(Stop::Error(format!("there is no flood of {other}"))),
        }
    }
    tester.silence(of)
}

fn line(tester: &mut Tester, bytes: &[u8], what: &str) -> Step {
    tester.send_bytes(&[bytes, &[DELIMITER]].concat(), what)
}

fn without_delimiters(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes
        .iter_mut()
        .filter(|byte| **byte == DELIMITER)
        .for_each(|byte| *byte = 0xA5);
    bytes
}

/// The line of a right frame with another kind in it, and the checksum as it was: no frame for two reasons.
fn unknown_kind(kind: u8, right: &[u8]) -> Step<Vec<u8>> {
    // The first byte is the length of the first block, the second one the kind.
    match right {
        [block, _, rest @ .., DELIMITER] if *block > 1 => Ok([&[*block, kind][..], rest].concat()),
        _ => Err(Stop::Error(
            "a right frame begins with a block that holds its kind".into(),
        )),
    }
}
