//! An update's size, its chunks, what comes between them and what comes twice, together.

use super::SERVICE;
use crate::{
    case::Case,
    cases::{programs, recovery::of_matrices},
    hex,
    matrix::{Cover, Factor, Matrix, Row},
    tester::{Login, Start, Tester, digest, no_error},
    verdict::{Step, Stop},
};

static MATRIX: Matrix = Matrix {
    id: "updates.way",
    title: "An update goes through whatever its chunks, what comes between them, and what comes twice",
    requirements: &["CW-UPD-004", "CW-UPD-005", "CW-UPD-014", "CW-UPD-012"],
    factors: &[
        Factor {
            name: "size",
            values: &["small", "large", "largest"],
        },
        Factor {
            name: "chunks",
            values: &["whole", "one-byte-first", "of-37", "all-but-one-byte"],
        },
        Factor {
            name: "between",
            values: &[
                "nothing",
                "wrong-offset",
                "same-chunk-again",
                "other-digest",
                "a-service",
                "offer-again",
            ],
        },
        Factor {
            name: "twice",
            values: &["nothing", "commit", "offer-behind-commit", "query"],
        },
    ],
    cover: Cover::Pairs,
    allows: |_| true,
    run,
};

pub(super) fn cases() -> Vec<Case> {
    of_matrices(&[&MATRIX])
}

/// Logic of about this size that gives this text.
fn document(size: &str, text: &str) -> Step<Vec<u8>> {
    let fill = match size {
        "small" => 0,
        "large" => 2,
        _ => 3,
    };
    let mut code = format!("set r0 \"{text}\"\n");
    for register in 1..=fill {
        code += &format!("set r{register} \"{}\"\n", "0123456789abcdef".repeat(15));
    }
    code += "emit \"echo\" text none r0\nend success";
    programs::program("whole-service", "", 16, &code)
}

fn chunks(row: &Row, length: usize) -> Vec<usize> {
    let all = |size: usize, first: usize| {
        let mut ends = vec![first];
        while ends.last().is_some_and(|end| *end < length) {
            ends.push((ends[ends.len() - 1] + size).min(length));
        }
        ends
    };
    match row.of("chunks") {
        "one-byte-first" => all(400, 1),
        "of-37" => all(37, 37.min(length)),
        "all-but-one-byte" => all(400, (length - 1).min(400)),
        _ => all(400, 400.min(length)),
    }
}

fn run(tester: &mut Tester, row: &Row) -> Step {
    tester.reach(Start::Serving)?;
    let text = hex::encode(&tester.random.array::<4>());
    let content = document(row.of("size"), &text)?;
    let manifest = tester.manifest(SERVICE, &content)?;
    let encoded = manifest.encode()?;
    let other = programs::echo("another update")?;
    tester.offer_accepted(&manifest)?;
    let mut at = 0;
    for end in chunks(row, content.len()) {
        tester.check("CW-UPD-004");
        let status = tester.chunk(&encoded, at, &content[at..end])?;
        let right = no_error(&status) && status.fields["next_offset"] == end;
        tester.demand(right, format!("bytes up to {end} taken"), status.describe())?;
        between(tester, row, &encoded, &content, at, end)?;
        at = end;
    }
    tester.check("CW-UPD-005");
    let result = tester.commit(&encoded)?;
    let right = no_error(&result) && result.number("logic_counter")? == manifest.counter;
    tester.demand(
        right,
        format!("success with the counter {}", manifest.counter),
        result.describe(),
    )?;
    twice(tester, row, &encoded, manifest.counter)?;
    // A manifest that was never offered has no bytes.
    tester.check("CW-UPD-012");
    let unknown = tester.query(&other)?;
    let none = unknown.fields["state"] == "none" && unknown.fields["next_offset"] == 0;
    tester.demand(none, "no bytes of another manifest", unknown.describe())?;
    tester.login(&Login::default())?;
    let ended = tester.run(SERVICE)?;
    tester.check("CW-UPD-008");
    let right = ended.item("echo", "text") == Some(text.as_bytes());
    tester.demand(
        right,
        format!("{text}, as the new logic gives it"),
        ended.describe(),
    )?;
    let shown = tester.service(SERVICE)?.unwrap_or_default();
    let right = shown["logic_digest"] == hex::encode(&digest(&content));
    tester.demand(right, "the digest of the new logic", shown)
}

/// What comes between two chunks, and must not count.
fn between(tester: &mut Tester, row: &Row, manifest: &[u8], content: &[u8], at: usize, end: usize) -> Step {
    let is_last = end == content.len();
    tester.check("CW-UPD-004");
    let status = match row.of("between") {
        "nothing" => return Ok(()),
        "wrong-offset" => tester.chunk(manifest, end + 1, &[0x55])?,
        "same-chunk-again" => tester.chunk(manifest, at, &content[at..end])?,
        "other-digest" => {
            let other = programs::echo("of another manifest")?;
            let status = tester.chunk(&other, 0, &[0x63])?;
            tester.demand(
                !no_error(&status),
                "bytes of another manifest refused",
                status.describe(),
            )?;
            tester.query(manifest)?
        }
        // One that is stored, and is not the one that is updated.
        "a-service" => {
            tester.run_to_end(programs::IDENTIFY)?;
            tester.query(manifest)?
        }
        "offer-again" => {
            let signature = tester.sign(manifest)?;
            tester.offer(manifest, &signature)?
        }
        other => return Err(Stop::Error(format!("nothing is known of {other}"))),
    };
    tester.check("CW-UPD-004");
    let kept = status.fields["next_offset"] == end;
    let state = if is_last { "received" } else { "receiving" };
    let right = kept && status.fields["state"] == state;
    tester.demand(
        right,
        format!("an update that is {state}, with {end} bytes"),
        status.describe(),
    )
}

/// What comes again once the update is in force, and must change nothing.
fn twice(tester: &mut Tester, row: &Row, manifest: &[u8], counter: u64) -> Step {
    match row.of("twice") {
        "nothing" => Ok(()),
        "commit" => {
            let again = tester.commit(manifest)?;
            tester.check("CW-UPD-014");
            let right = no_error(&again) && again.number("logic_counter")? == counter;
            tester.demand(
                right,
                format!("success again, with the counter {counter}"),
                again.describe(),
            )
        }
        "offer-behind-commit" => {
            let signature = tester.sign(manifest)?;
            let status = tester.offer(manifest, &signature)?;
            tester.check("CW-UPD-014");
            // It is in force: that is said, or that its counter is not above the reader's.
            let right = status.fields["state"] == "installed" || status.fields["error"] == "update-counter";
            tester.demand(right, "installed, or update-counter", status.describe())
        }
        "query" => {
            let status = tester.query(manifest)?;
            tester.check("CW-UPD-014");
            let right = status.fields["state"] == "installed" && no_error(&status);
            tester.demand(right, "an update that is installed", status.describe())
        }
        other => Err(Stop::Error(format!("nothing is known of {other}"))),
    }
}
