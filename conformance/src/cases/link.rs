//! Frames: what is one, what is not, and what comes back.

use crate::{
    case::Case,
    embedded::protocol,
    hex,
    tester::{Start, Tester, hello},
    vectors,
    verdict::{Step, Stop},
};
use cardwire_peers::Timers;
use cardwire_spec::interpret::frame::{self, DELIMITER, Frame};
use serde_json::json;

mod transport;

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        Case::code(
            "link.answer-repeats-number",
            &["CW-LINK-004"],
            "The answer to a clear frame repeats its number, whatever that is",
            answer_repeats_number,
        ),
        Case::code(
            "link.damaged-frame-is-dropped",
            &["CW-LINK-003", "CW-LINK-005"],
            "A frame with a flipped bit gets no answer, and the next one does",
            damaged_frame_is_dropped,
        ),
        Case::code(
            "link.what-is-no-frame-is-dropped",
            &["CW-LINK-005", "CW-LINK-001", "CW-LINK-003"],
            "Every vector that is no frame gets no answer, and the next frame does",
            what_is_no_frame_is_dropped,
        ),
        Case::code(
            "link.garbage-costs-its-own-frame",
            &["CW-LINK-005", "CW-SEC-002"],
            "Random bytes of any length cost the frame that they hit, never the next one",
            garbage_costs_its_own_frame,
        ),
        Case::code(
            "link.too-long-frame-is-dropped",
            &["CW-LINK-005", "CW-CODEC-008"],
            "A frame larger than the reader takes gets no answer, or the refusal, and the next one is answered",
            too_long_frame_is_dropped,
        ),
        Case::code(
            "link.needless-block-is-refused",
            &["CW-LINK-002", "CW-LINK-001"],
            "A second COBS encoding of a right frame is no frame",
            needless_block_is_refused,
        ),
        Case::code(
            "link.largest-clear-frame-is-taken",
            &["CW-LINK-006", "CW-CODEC-010"],
            "A clear frame of 512 bytes is answered",
            largest_clear_frame_is_taken,
        ),
        Case::code(
            "link.largest-sealed-frame-is-taken",
            &["CW-LINK-006", "CW-CODEC-008"],
            "A sealed frame of 512 bytes is answered",
            largest_sealed_frame_is_taken,
        ),
        Case::code(
            "link.no-frame-is-larger-than-declared",
            &["CW-LINK-006", "CW-LINK-001", "CW-CODEC-008"],
            "The longest answers of the reader fit what hello declared",
            no_frame_is_larger_than_declared,
        ),
        Case::code(
            "link.answers-are-not-answered",
            &["CW-LINK-007"],
            "A clear frame with an answer in it gets no answer",
            answers_are_not_answered,
        ),
        Case::code(
            "link.bytes-in-pieces",
            &["CW-LINK-008"],
            "A frame is taken byte by byte, and cut in two at every place",
            bytes_in_pieces,
        ),
        Case::code(
            "link.delimiters-cost-nothing",
            &["CW-LINK-001", "CW-LINK-005"],
            "Delimiters before and behind a frame carry nothing",
            delimiters_cost_nothing,
        ),
        Case::code(
            "link.pause-inside-a-frame",
            &["CW-LINK-008", "CW-SESS-017"],
            "A pause below T_idle in the middle of a frame costs neither frame nor session",
            pause_inside_a_frame,
        )
        .slow(),
    ];
    all.extend(transport::cases());
    all
}

fn greets(tester: &mut Tester, number: u64) -> Step {
    let answer = tester.ask_clear_as(number, &hello(&[1])?)?;
    tester.demand(answer.name == "hello_answer", "hello_answer", answer.describe())
}

fn line_of(number: u64, payload: &[u8]) -> Step<Vec<u8>> {
    let frame = Frame {
        kind: "clear".into(),
        number,
        payload: payload.to_vec(),
    };
    frame::encode(protocol(), &frame).ok_or_else(|| Stop::Error("a clear frame has no encoding".into()))
}

fn answer_repeats_number(tester: &mut Tester) -> Step {
    let random = tester.random.number();
    for number in [1, 0, 255, 256, 1 << 63, u64::MAX, random] {
        greets(tester, number)?;
    }
    Ok(())
}

fn damaged_frame_is_dropped(tester: &mut Tester) -> Step {
    let number = tester.random.number();
    greets(tester, number)?;
    let line = line_of(number, &hello(&[1])?)?;
    // One bit of every byte but the delimiter. A length byte of COBS that is hit may make any number of lines.
    for at in 0..line.len() - 1 {
        let mut damaged = line.clone();
        let bit = 1 << tester.random.below(8);
        damaged[at] ^= bit;
        tester.send_bytes(&damaged, "a frame with a flipped bit")?;
        tester.silence("a frame with a flipped bit")?;
    }
    Ok(())
}

fn what_is_no_frame_is_dropped(tester: &mut Tester) -> Step {
    greets(tester, 1)?;
    // What is too long for a small buffer is no frame for some readers only: a case of its own.
    for vector in vectors::frames()
        .invalid()
        .filter(|vector| vector.max_frame.is_none())
    {
        let line =
            hex::decode(&vector.line).ok_or_else(|| Stop::Error(format!("{}: no hex", vector.name)))?;
        tester.send_bytes(&line, &format!("{}: no frame ({})", vector.name, vector.fault))?;
        tester.silence(&format!("{}, which is no frame ({})", vector.name, vector.fault))?;
    }
    Ok(())
}

fn garbage_costs_its_own_frame(tester: &mut Tester) -> Step {
    greets(tester, 1)?;
    for length in [1, 2, 13, 100, 254, 255, 511, 530, 2000, 5000] {
        let mut garbage = tester.random.bytes(length);
        garbage
            .iter_mut()
            .filter(|byte| **byte == DELIMITER)
            .for_each(|byte| *byte = 0xFF);
        garbage.push(DELIMITER);
        tester.send_bytes(&garbage, &format!("{length} random bytes"))?;
        tester.silence(&format!("{length} random bytes"))?;
        // Without a delimiter behind it, garbage hits the frame that follows, and that one only.
        let hit = [&garbage[..length], &line_of(1, &hello(&[1])?)?].concat();
        tester.send_bytes(
            &hit,
            &format!("{length} random bytes, and hello right behind them"),
        )?;
        tester.silence(&format!("a hello that {length} random bytes have hit"))?;
    }
    Ok(())
}

fn too_long_frame_is_dropped(tester: &mut Tester) -> Step {
    let greeting = tester.hello()?;
    let largest = greeting.answer.number("max_frame")? as usize;
    for size in [largest + 1, largest + 2, 2 * largest, 5000.max(2 * largest)] {
        let padding = vec![0x5A; size - 13 - 9];
        let payload = [&hello(&[1])?[..], &extension(&padding)].concat();
        let number = tester.random.number();
        tester.send_frame("clear", number, &payload)?;
        // A reader that takes more than it declared finds a message in it that is larger than its place allows.
        let what = format!("a frame of {size} bytes to a reader that takes {largest}");
        tester.silence_or_refusal(number, &what)?;
    }
    Ok(())
}

/// A non-critical extension that no version knows.
fn extension(value: &[u8]) -> Vec<u8> {
    [&[0x7F, 0x01][..], &(value.len() as u16).to_be_bytes(), value].concat()
}

fn needless_block_is_refused(tester: &mut Tester) -> Step {
    // A hello whose frame ends with a full block: its length byte holds the last zero, then come 254 bytes. Which
    // filling gives a checksum without a zero is found by trying.
    let line = (1..=255_u8)
        .map(|fill| {
            line_of(
                0x0101_0101_0101_0101,
                &[&hello(&[1])?[..], &extension(&[fill; 249])].concat(),
            )
        })
        .find(|line| {
            line.as_ref()
                .is_ok_and(|line| line.len() > 256 && line[line.len() - 256] == 0xFF)
        })
        .ok_or_else(|| Stop::Error("no filling gives a full block".into()))??;
    tester.send_bytes(&line, "hello in a frame whose last block is full")?;
    let answer = tester.clear_answer(0x0101_0101_0101_0101)?;
    tester.demand(answer.name == "hello_answer", "hello_answer", answer.describe())?;
    let longer = [&line[..line.len() - 1], &[0x01, DELIMITER]].concat();
    tester.send_bytes(&longer, "the same frame with an empty block behind the full one")?;
    tester.silence("a frame whose COBS is not the shortest")
}

fn largest_clear_frame_is_taken(tester: &mut Tester) -> Step {
    greets(tester, 1)?;
    let padding = vec![0x00; 512 - 13 - 5 - 4];
    let message = [&hello(&[1])?[..], &extension(&padding)].concat();
    let answer = tester.ask_clear(&message)?;
    tester.demand(
        answer.name == "hello_answer",
        "hello_answer to a frame of 512 bytes",
        answer.describe(),
    )
}

fn largest_sealed_frame_is_taken(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    let message = [&[0x0A][..], &extension(&vec![0xA5; 483 - 1 - 4])].concat();
    let answer = tester.ask_bytes(&message)?;
    let right = answer.name == "reader_status_answer";
    tester.demand(
        right,
        "reader_status_answer to a frame of 512 bytes",
        answer.describe(),
    )
}

fn no_frame_is_larger_than_declared(tester: &mut Tester) -> Step {
    // Each session adds some records, so that an answer with as many as fit is asked for at the end.
    for _ in 0..9 {
        tester.reach(Start::Connected)?;
        tester.disconnect()?;
    }
    tester.reach(Start::Serving)?;
    tester.services()?;
    let answer = tester.expect("diagnostics", json!({ "from": 0 }), "diagnostics_answer")?;
    let some = !answer.items("records")?.is_empty();
    tester.demand(some, "diagnostics with the records so far", answer.describe())
}

fn answers_are_not_answered(tester: &mut Tester) -> Step {
    greets(tester, 1)?;
    for message in protocol().messages.iter().filter(|message| message.answer) {
        for vector in vectors::valid(&message.name)
            .filter(|vector| ["smallest", "typical"].contains(&vector.name.as_str()))
        {
            let payload = hex::decode(&vector.hex).unwrap_or_default();
            let number = tester.random.number();
            tester.send_frame("clear", number, &payload)?;
            tester.silence(&format!("{} in clear", message.name))?;
        }
    }
    // Registered or not: a reader looks at the highest bit.
    for code in 0x80..=0xFF {
        let number = tester.random.number();
        tester.send_frame("clear", number, &[code])?;
        tester.silence(&format!("the code {code:02x} in clear"))?;
    }
    Ok(())
}

fn bytes_in_pieces(tester: &mut Tester) -> Step {
    let number = tester.random.number();
    greets(tester, number)?;
    let line = line_of(number, &hello(&[1])?)?;
    for byte in &line {
        tester.send_bytes(&[*byte], "one byte of hello")?;
    }
    let whole = |tester: &mut Tester| {
        let answer = tester.clear_answer(number)?;
        tester.demand(answer.name == "hello_answer", "hello_answer", answer.describe())
    };
    whole(tester)?;
    for cut in 1..line.len() {
        tester.send_bytes(&line[..cut], "the first part of hello")?;
        // The device has the first part for a moment before the second one comes.
        tester.let_pass(core::time::Duration::from_millis(1))?;
        tester.send_bytes(&line[cut..], "the second part of hello")?;
        whole(tester)?;
    }
    Ok(())
}

fn delimiters_cost_nothing(tester: &mut Tester) -> Step {
    greets(tester, 1)?;
    let number = tester.random.number();
    let line = line_of(number, &hello(&[1])?)?;
    for (before, behind) in [(1, 0), (0, 1), (7, 7), (600, 600)] {
        let bytes = [vec![DELIMITER; before], line.clone(), vec![DELIMITER; behind]].concat();
        tester.send_bytes(&bytes, &format!("hello between {before} and {behind} delimiters"))?;
        let answer = tester.clear_answer(number)?;
        tester.demand(answer.name == "hello_answer", "hello_answer", answer.describe())?;
        tester.silence("delimiters")?;
    }
    Ok(())
}

fn pause_inside_a_frame(tester: &mut Tester) -> Step {
    tester.reach(Start::Connected)?;
    tester.status()?;
    let number = tester.next_number()?;
    let sealed = tester.seal(number, &[0x0A])?;
    let frame = Frame {
        kind: "sealed".into(),
        number,
        payload: sealed,
    };
    let line = frame::encode(protocol(), &frame).unwrap_or_default();
    tester.send_bytes(&line[..9], "the first part of a request")?;
    let pause = tester.certainly_below(Timers::SPEC.idle);
    tester.let_pass(pause)?;
    tester.send_bytes(&line[9..], "the second part of the request")?;
    let reply = tester.take_reply(number)?;
    tester.demand(
        reply.name == "reader_status_answer",
        "reader_status_answer",
        reply.describe(),
    )
}
