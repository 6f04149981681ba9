//! Frames: what is none costs nothing, and what has another number is no answer.

use super::{SANITY, before_all};
use crate::{
    client::{bench::Bench, case::Case, lower::script::Act, services},
    hex, vectors,
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.link.delimiter-first",
            &["CW-LINK-010"],
            "begins a link with a delimiter",
            |bench| bench.opens(),
        )
        .alone()
        .should(),
        case(
            "client.link.garbage-costs-nothing",
            &["CW-LINK-005"],
            "takes the frame behind bytes that are no frame",
            garbage,
        ),
        case(
            "client.link.much-garbage-costs-nothing",
            &["CW-LINK-005"],
            "takes the frame behind far more bytes than a frame has",
            much_garbage,
        ),
        case(
            "client.link.no-frame-is-taken-for-one",
            &["CW-LINK-005", "CW-LINK-003"],
            "drops every line that is no frame: COBS, size, checksum, kind",
            no_frames,
        ),
        case(
            "client.link.damaged-frame-is-dropped",
            &["CW-LINK-003", "CW-LINK-005"],
            "drops a frame that was damaged on the line, and takes the next one",
            |bench| {
                bench.reader(before_all(|_| vec![Act::Damaged]))?;
                works(bench)
            },
        ),
        case(
            "client.link.answers-in-pieces",
            &["CW-LINK-001"],
            "takes frames whose bytes come one by one",
            |bench| {
                bench.reader(|_| vec![Act::Pieces])?;
                works(bench)
            },
        ),
        case(
            "client.link.delimiters-carry-nothing",
            &["CW-LINK-001"],
            "passes over delimiters that follow each other",
            |bench| {
                bench.reader(before_all(|_| vec![Act::Bytes(vec![0; 40])]))?;
                works(bench)
            },
        ),
        case(
            "client.link.hello-answer-of-another-number",
            &["CW-LINK-004"],
            "drops an answer to hello that has another number than its own",
            |bench| {
                let others = |ask: &crate::client::lower::script::Ask| {
                    let message = ask.edited(|answer| answer["reader_id"] = json!("ANOTHER-READER"));
                    clear(ask.number.wrapping_add(1), message)
                };
                bench.reader(before_all(
                    move |ask| {
                        if ask.is("hello") { others(ask) } else { Vec::new() }
                    },
                ))?;
                works(bench)
            },
        ),
        case(
            "client.link.refusal-of-another-number",
            &["CW-LINK-004"],
            "drops a refusal in clear that has another number than its own",
            |bench| {
                bench.reader(before_all(|ask| clear(ask.number.wrapping_add(1), vec![0xFF])))?;
                works(bench)
            },
        ),
        case(
            "client.link.fresh-numbers",
            &["CW-LINK-004"],
            "takes a new number for each new request in clear",
            |bench| {
                bench.opens()?;
                bench.opens()
            },
        )
        .alone(),
        case(
            "client.link.frames-fit-the-reader",
            &["CW-LINK-006"],
            "sends no frame that is larger than the reader takes",
            largest_request,
        )
        .alone(),
        case(
            "client.link.takes-the-largest-frames",
            &["CW-LINK-006"],
            "takes frames of 512 bytes",
            |bench| {
                bench.scene()?.updates = 10;
                bench.opens()
            },
        ),
    ]
}

/// The client gets in, and a service runs.
pub(super) fn works(bench: &mut Bench<'_>) -> Step {
    bench.opens()?;
    bench.runs(services::IDENTIFY).map(|_| ())
}

fn clear(number: u64, message: Vec<u8>) -> Vec<Act> {
    vec![Act::Clear { number, message }]
}

fn garbage(bench: &mut Bench<'_>) -> Step {
    bench.reader(before_all(|_| {
        vec![Act::Bytes(vec![0x02, 0x03, 0xFF, 0x00, 0x5A, 0x5A, 0x5A, 0x00])]
    }))?;
    works(bench)
}

fn much_garbage(bench: &mut Bench<'_>) -> Step {
    bench.reader(before_all(|ask| {
        let line = [vec![0x5A; 20_000], vec![0x00]].concat();
        if ask.is("hello") || ask.is("instruct") {
            vec![Act::Bytes(line)]
        } else {
            Vec::new()
        }
    }))?;
    works(bench)
}

/// Each line of the vectors that is no frame stands before an answer, all of them before the one to hello.
fn no_frames(bench: &mut Bench<'_>) -> Step {
    let invalid: Vec<u8> = vectors::frames()
        .invalid()
        .filter_map(|vector| hex::decode(&vector.line))
        .flatten()
        .collect();
    // A hello_answer of another reader in a frame with the right number, whose checksum alone is wrong.
    bench.reader(before_all(move |ask| {
        if !ask.is("hello") {
            return Vec::new();
        }
        let other = ask.edited(|answer| answer["reader_id"] = json!("ANOTHER-READER"));
        vec![
            Act::Bytes(invalid.clone()),
            Act::Bytes(wrong_checksum(ask.number, &other)),
        ]
    }))?;
    works(bench)
}

fn wrong_checksum(number: u64, payload: &[u8]) -> Vec<u8> {
    let line = cardwire_peers::link::encode_frame(cardwire_codec::message::FrameKind::Clear, number, payload);
    let mut line = line;
    // The last byte before the delimiter belongs to the checksum.
    let last = line.len() - 2;
    line[last] = if line[last] == 0x55 { 0xAA } else { 0x55 };
    line
}

fn largest_request(bench: &mut Bench<'_>) -> Step {
    bench.reader(super::always("hello", |ask| {
        vec![Act::Say(ask.edited(|answer| answer["max_frame"] = json!(512)))]
    }))?;
    bench.opens()?;
    // Up to the 400 bytes that parameters may have.
    let items = [("a", 120), ("b", 120), ("c", 120)].map(|(name, size)| services::bytes(name, size));
    let told = bench.run(services::IDENTIFY, &items)?;
    bench.done(&told, "an outcome").map(|_| ())?;
    Ok(())
}
