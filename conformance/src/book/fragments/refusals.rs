//! Every way to be refused: in clear, by an error, by a rule of the codec, and by nothing at all.

use super::{exchange, message};
use crate::{
    book::{BookError, annotate, encode, lines, story::Story},
    embedded::protocol,
    hex,
    vectors::{self, InvalidMessage, MessageVectors},
};
use cardwire_spec::Place;
use core::fmt::Write as _;
use serde_json::json;

/// Longer examples of a rule are cut here.
const SHOWN: usize = 32;

pub(super) fn text(story: &Story) -> Result<String, BookError> {
    let digest = hex::encode(&story.update.digest);
    let refusal = encode("refusal", &json!({}))?;
    let stale = json!({ "digest": digest, "state": "none", "next_offset": 0, "error": "update-counter", "detail": 0 });
    let channel = json!({ "request": 0xD1, "code": "unexpected", "detail": 0 });
    Ok([
        annotate::block(
            "A sealed frame before connect is answered with the refusal, in a clear frame of its number (here 5)",
            &lines::line("clear", 5, &refusal)?,
        ),
        exchange(&story.not_in_place, ["instruct before login", "error"])?,
        exchange_of_malformed(story)?,
        message(
            "update_status that refuses a manifest whose counter is not above the reader's",
            Place::ChannelAnswer,
            &encode("update_status", &stale)?,
        )?,
        message(
            "channel_error: login_result after login",
            Place::ChannelAnswer,
            &encode("channel_error", &channel)?,
        )?,
        message(
            "cloud_error: the cloud does not know the reader",
            Place::CloudAnswer,
            &encode("cloud_error", &json!({ "code": "reader-unknown" }))?,
        )?,
        rules(),
        lines(story)?,
    ]
    .concat())
}

/// The request that breaks a rule can't be shown as a message: that is the point.
fn exchange_of_malformed(story: &Story) -> Result<String, BookError> {
    let malformed = &story.malformed;
    let plain = &malformed.request.plain;
    let (good, byte) = plain.split_at(plain.len().saturating_sub(1));
    let rows = annotate::parts(&[
        ("code", &good[..1], "job_status."),
        ("job", &good[1..], "The job's id."),
        (
            "",
            byte,
            "One byte too many: it can only be the beginning of an extension that is cut short.",
        ),
    ]);
    Ok([
        annotate::table("job_status with a byte too many, in plain", &rows),
        message(
            "error `malformed`: `detail` is the rule, `offset` the place",
            Place::Answer,
            &malformed.answer.plain,
        )?,
    ]
    .concat())
}

/// The shortest vector that breaks each rule.
fn rules() -> String {
    let mut text = String::from(
        "**One example of each rule of the codec**\n\n| rule | met at | bytes | field | offset |\n| --- | --- | --- | --- | ---: |\n",
    );
    let known = protocol()
        .registries
        .get("codec_rule")
        .map(|registry| &registry.values);
    for rule in known.into_iter().flatten() {
        // Those of CBOR are broken by no native bytes; they have vectors of their own.
        let Some((vectors, vector)) = shortest(&rule.name) else {
            continue;
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| `{}` {:02X} | {} | {} | {} | {} |",
            rule.name,
            rule.value,
            vectors.message,
            shown(&vector.hex),
            vector.field,
            vector.offset
        );
    }
    text.push('\n');
    text
}

fn shortest(rule: &str) -> Option<(&'static MessageVectors, &'static InvalidMessage)> {
    let all = vectors::messages().iter().flat_map(|vectors| {
        let single = |vector: &&InvalidMessage| vector.rule == rule && vector.also.is_none();
        let invalid = vectors.invalid().filter(single);
        invalid.map(move |vector| (vectors, vector))
    });
    // What a reader has to refuse, if there is such a message; no bytes at all show nothing.
    let of_reader = |place: &str| ["clear-request", "request", "channel-request"].contains(&place);
    all.filter(|(_, vector)| !vector.hex.is_empty())
        .min_by_key(|(vectors, vector)| (!of_reader(&vectors.place), vector.hex.len()))
}

fn shown(digits: &str) -> String {
    let bytes = hex::decode(digits).unwrap_or_default();
    if bytes.len() <= SHOWN {
        return annotate::cell(&bytes);
    }
    format!(
        "{}<br>… {} bytes in all",
        annotate::cell(&bytes[..SHOWN]),
        bytes.len()
    )
}

/// Lines that are no frames, and are not answered.
fn lines(story: &Story) -> Result<String, BookError> {
    let mut text =
        String::from("**Lines that are dropped without an answer**\n\n| line | why |\n| --- | --- |\n");
    let short = vectors::frames()
        .invalid()
        .filter(|vector| vector.line.len() <= 64 && !vector.is_of_a_series());
    for vector in short {
        let bytes = hex::decode(&vector.line).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {}: {} |",
            annotate::cell(&bytes),
            vector.fault,
            vector.name.replace('-', " ")
        );
    }
    let mut payload = story.status.request.sealed.clone();
    if let Some(byte) = payload.last_mut() {
        *byte ^= 0x01;
    }
    let line = lines::line("sealed", story.status.number, &payload)?;
    let _ = writeln!(
        text,
        "| {} | a frame, and its tag is wrong by one bit: it is counted, and nothing else happens |",
        annotate::cell(&line)
    );
    Ok(text)
}
