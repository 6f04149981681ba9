//! In clear: the frame, hello, the key, connect.

use super::{message, steps};
use crate::{
    book::{
        BookError, annotate, encode,
        handshakes::{self, ClientSide},
        lines,
        story::{self, LABEL, Story},
    },
    hex,
};
use cardwire_spec::Place;
use core::fmt::Write as _;

/// Numbers that the client of the examples gives its clear frames.
const HELLO_NUMBER: u64 = 1;
const CONNECT_NUMBER: u64 = 2;

/// What stands for random bytes.
pub(super) fn values(story: &Story) -> Result<String, BookError> {
    let mut text = format!("| value | SHA-256 of `{LABEL}` and | its bytes |\n| --- | --- | --- |\n");
    let halves = [("challenge of the reader", "challenge"), ("id of the job", "job")];
    let keys = [
        ("client's ephemeral private key", "client ephemeral key"),
        (
            "reader's ephemeral private key, in the client's session",
            "reader ephemeral key, client's session",
        ),
        (
            "reader's ephemeral private key, in the login",
            "reader ephemeral key, login",
        ),
        ("cloud's ephemeral private key", "cloud ephemeral key"),
    ];
    for (value, label) in halves {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {value}; the first 16 bytes | `{label}` | `{}` |",
            story::fixed_half(label)?
        );
    }
    for (value, label) in keys {
        let _ = writeln!(
            text,
            "| {value} | `{label}` | `{}` |",
            hex::encode(&story::fixed(label)?)
        );
    }
    let public = [
        (
            "client's ephemeral public key",
            &story.client_side.client_ephemeral.public,
        ),
        (
            "reader's ephemeral public key, in the client's session",
            &story.client_side.reader_ephemeral.public,
        ),
        (
            "reader's ephemeral public key, in the login",
            &story.cloud_side.reader_ephemeral.public,
        ),
        (
            "cloud's ephemeral public key",
            &story.cloud_side.cloud_ephemeral.public,
        ),
        (
            "reader's static public key",
            &story.cloud_side.reader_static.public,
        ),
        ("cloud's static public key", &story.cloud_side.cloud_static.public),
    ];
    for (value, bytes) in public {
        let _ = writeln!(
            text,
            "| {value} | of the private key | `{}` |",
            hex::encode(bytes)
        );
    }
    Ok(text)
}

/// The smallest message in its frame, block by block.
pub(super) fn frame(story: &Story) -> Result<String, BookError> {
    let line = lines::line("clear", HELLO_NUMBER, &story.client_side.hello)?;
    Ok([
        annotate::table(
            "The frame, decoded",
            &annotate::frame(&line, "The message, here hello.")?,
        ),
        annotate::table(
            "The same on the line: COBS, then the delimiter",
            &annotate::blocks(&line),
        ),
    ]
    .concat())
}

/// Hello and its answer.
pub(super) fn hello(story: &Story) -> Result<String, BookError> {
    let ClientSide {
        hello, hello_answer, ..
    } = &story.client_side;
    Ok([
        message("hello", Place::ClearRequest, hello)?,
        annotate::block(
            "Its frame, number 1, on the line",
            &lines::line("clear", HELLO_NUMBER, hello)?,
        ),
        message("hello_answer", Place::ClearAnswer, hello_answer)?,
        annotate::block(
            "Its frame, number 1, on the line",
            &lines::line("clear", HELLO_NUMBER, hello_answer)?,
        ),
    ]
    .concat())
}

/// From the client's secret to the key that the reader stores.
pub(super) fn key(story: &Story) -> String {
    let derivation = &story.client_side.derivation;
    let (client, reader) = (handshakes::CLIENT, handshakes::READER);
    let behind = 1 + client.len();
    let info = annotate::parts(&[
        (
            "client: length",
            &derivation.info[..1],
            &format!("{}.", client.len()),
        ),
        ("client", &derivation.info[1..behind], &format!("`{client}`.")),
        (
            "reader: length",
            &derivation.info[behind..=behind],
            &format!("{}.", reader.len()),
        ),
        (
            "reader",
            &derivation.info[behind + 1..behind + 1 + reader.len()],
            &format!("`{reader}`."),
        ),
        (
            "generation",
            &derivation.info[behind + 1 + reader.len()..],
            &format!("{}.", handshakes::GENERATION),
        ),
    ]);
    let mut text = annotate::table("The info of HKDF", &info);
    text += "**The derivation**\n\n| value | bytes |\n| --- | --- |\n";
    let rows = [
        (
            "salt",
            format!(
                "`{}`: the text `{}`",
                hex::encode(handshakes::KEY_SALT.as_bytes()),
                handshakes::KEY_SALT
            ),
        ),
        (
            "input key: the client's secret",
            format!("`{}`", hex::encode(&derivation.secret)),
        ),
        (
            "HKDF-Extract: HMAC-SHA256(salt, secret)",
            format!("`{}`", hex::encode(&derivation.extracted)),
        ),
        (
            "HKDF-Expand: HMAC-SHA256(that, info and one byte 01)",
            format!("`{}`", hex::encode(&derivation.key)),
        ),
    ];
    for (name, value) in rows {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {name} | {value} |");
    }
    text
}

/// What the handshake is bound to, without and with an extension of connect.
pub(super) fn prologue(story: &Story) -> Result<String, BookError> {
    let side = &story.client_side;
    let plain = prologue_table(
        "The prologue",
        [&side.hello, &side.hello_answer, &side.header],
        "Connect from its code to the generation: all but the handshake field.",
    )?;
    // An extension that no version knows, and that is not critical, behind the handshake field.
    let extension = [0x7F, 0x01, 0x00, 0x02, 0xAA, 0xBB];
    let header = [&side.header[..], &extension].concat();
    let extended = prologue_table(
        "The prologue of a connect with an extension (tag 7F01, value `aabb`)",
        [&side.hello, &side.hello_answer, &header],
        "Connect from its code to the generation, then what stands behind the handshake field: the extension.",
    )?;
    // Such a connect is one that a reader takes.
    let connect = [&side.connect[..], &extension].concat();
    message("", Place::ClearRequest, &connect)?;
    Ok([
        plain,
        annotate::block("The whole prologue without an extension", &side.prologue),
        extended,
    ]
    .concat())
}

fn prologue_table(heading: &str, parts: [&[u8]; 3], header: &str) -> Result<String, BookError> {
    let label = handshakes::CLIENT_LABEL;
    let whole = handshakes::prologue(label, &parts)?;
    let meanings = [
        ("hello", "The hello, verbatim."),
        ("hello_answer", "Its answer, verbatim."),
        ("connect", header),
    ];
    let text = format!("`{label}`, {} bytes, without a length.", label.len());
    let mut rows = vec![(
        "label",
        whole.get(..label.len()).unwrap_or_default().to_vec(),
        text,
    )];
    for (part, (name, meaning)) in parts.into_iter().zip(meanings) {
        // `prologue` has refused what is longer.
        rows.push((
            "length",
            (part.len() as u16).to_be_bytes().to_vec(),
            format!("{}.", part.len()),
        ));
        rows.push((name, part.to_vec(), meaning.to_owned()));
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|(name, bytes, meaning)| (*name, bytes.as_slice(), meaning.as_str()))
        .collect();
    Ok(annotate::table(heading, &annotate::parts(&rows)))
}

/// Connect, its answer, and the handshake in them.
pub(super) fn connect(story: &Story) -> Result<String, BookError> {
    let side = &story.client_side;
    let (first, second) = side.steps.split_at(side.first_steps);
    let refusal = encode("refusal", &serde_json::json!({}))?;
    Ok([
        steps(
            "First handshake message: the client makes it, the reader follows",
            first,
        ),
        message("connect", Place::ClearRequest, &side.connect)?,
        annotate::block(
            "Its frame, number 2, on the line",
            &lines::line("clear", CONNECT_NUMBER, &side.connect)?,
        ),
        steps("Second handshake message, and the keys", second),
        message("connect_answer", Place::ClearAnswer, &side.connect_answer)?,
        annotate::block(
            "Its frame, number 2, on the line",
            &lines::line("clear", CONNECT_NUMBER, &side.connect_answer)?,
        ),
        format!(
            "**What both ends hold now**\n\n| value | bytes |\n| --- | --- |\n\
             | key from client to reader, k1 | `{}` |\n| key from reader to client, k2 | `{}` |\n\
             | handshake hash of the session, h | `{}` |\n\n",
            hex::encode(&side.split.initiator),
            hex::encode(&side.split.responder),
            hex::encode(&side.split.hash),
        ),
        annotate::block(
            "Where the reader refuses the connect: refusal, in a frame of the same number",
            &lines::line("clear", CONNECT_NUMBER, &refusal)?,
        ),
    ]
    .concat())
}
