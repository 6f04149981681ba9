//! Between reader and cloud: the login and an update.

use super::{exchange, message, steps};
use crate::{
    book::{BookError, annotate, handshakes, lines::Sealed, story::Story},
    hex,
};
use cardwire_spec::Place;

/// platform_auth, the login header, the prologue, cloud_open.
pub(super) fn begin(story: &Story) -> Result<String, BookError> {
    let side = &story.cloud_side;
    let label = handshakes::CLOUD_LABEL;
    let length = (side.header.len() as u16).to_be_bytes();
    let prologue = annotate::parts(&[
        (
            "label",
            label.as_bytes(),
            &format!("`{label}`, {} bytes, without a length.", label.len()),
        ),
        ("length", &length, &format!("{}.", side.header.len())),
        ("login_header", &side.header, "The document, verbatim."),
    ]);
    Ok([
        exchange(&story.platform_auth, ["platform_auth", "platform_auth_answer"])?,
        message(
            "The document login_header",
            Place::Document("login_header"),
            &side.header,
        )?,
        annotate::table("The prologue of reader and cloud", &prologue),
        message("cloud_open, to the cloud", Place::CloudRequest, &story.cloud_open)?,
        message(
            "cloud_open_answer, from the cloud",
            Place::CloudAnswer,
            &story.cloud_open_answer,
        )?,
    ]
    .concat())
}

/// The handshake, step by step.
pub(super) fn handshake(story: &Story) -> String {
    let side = &story.cloud_side;
    let (first, second) = side.steps.split_at(side.first_steps);
    let (ephemeral, rest) = side.first.split_at(32);
    let (static_key, payload) = rest.split_at(48);
    let first_parts = annotate::parts(&[
        ("e", ephemeral, "The reader's ephemeral public key."),
        (
            "s",
            static_key,
            "The reader's static public key, sealed: 32 bytes and a tag.",
        ),
        ("payload", payload, "The tag of the empty payload."),
    ]);
    let (ephemeral, payload) = side.second.split_at(32);
    let second_parts = annotate::parts(&[
        ("e", ephemeral, "The cloud's ephemeral public key."),
        ("payload", payload, "The tag of the empty payload."),
    ]);
    [
        steps("First handshake message: the reader makes it", first),
        annotate::table("The first handshake message", &first_parts),
        steps("Second handshake message, and the keys", second),
        annotate::table("The second handshake message", &second_parts),
        format!(
            "**What both ends hold now**\n\n| value | bytes |\n| --- | --- |\n\
             | key from reader to cloud, k1 | `{}` |\n| key from cloud to reader, k2 | `{}` |\n\
             | handshake hash of the channel, h | `{}` |\n\n",
            hex::encode(&side.split.initiator),
            hex::encode(&side.split.responder),
            hex::encode(&side.split.hash),
        ),
    ]
    .concat()
}

/// login_confirm and login_result on their ways.
pub(super) fn finish(story: &Story) -> Result<String, BookError> {
    Ok([
        message(
            "relay with the cloud's handshake message, in plain",
            Place::Request,
            &story.confirm.request.plain,
        )?,
        transport("login_confirm", 0, Place::ChannelAnswer, &story.login_confirm)?,
        message(
            "relay_answer with login_confirm, in plain",
            Place::Answer,
            &story.confirm.answer.plain,
        )?,
        message(
            "cloud_relay, to the cloud",
            Place::CloudRequest,
            &story.cloud_relay,
        )?,
        transport("login_result", 0, Place::ChannelRequest, &story.login_result)?,
        message(
            "cloud_relay_answer, from the cloud",
            Place::CloudAnswer,
            &story.cloud_relay_answer,
        )?,
        exchange(&story.result, ["relay with login_result", "relay_answer"])?,
    ]
    .concat())
}

/// A message of the channel, in plain and sealed.
fn transport(name: &str, number: u64, place: Place<'_>, said: &Sealed) -> Result<String, BookError> {
    let plain = message(&format!("{name}, in plain"), place, &said.plain)?;
    let heading = format!("{name}, sealed under the sender's key with number {number}");
    Ok([plain, annotate::block(&heading, &said.sealed)].concat())
}

/// An update of service logic, from its manifest to its effect.
pub(super) fn update(story: &Story) -> Result<String, BookError> {
    let update = &story.update;
    let authority = story.identities.authority.as_ref();
    let public = authority
        .map(|authority| authority.public_key())
        .unwrap_or_default();
    let signed = [b"cardwire/1 manifest", &update.manifest[..]].concat();
    let mut text = [
        message("The document manifest", Place::Document("manifest"), &update.manifest)?,
        annotate::block("What is signed: the text `cardwire/1 manifest`, then the manifest", &signed),
        format!(
            "**What goes with it**\n\n| value | bytes |\n| --- | --- |\n| public key of the update authority | {} |\n\
             | Ed25519 signature | {} |\n| digest that names the manifest: its SHA-256 | {} |\n\n",
            annotate::cell(&public),
            annotate::cell(&update.signature),
            annotate::cell(&update.digest),
        ),
    ]
    .concat();
    let names = [
        ["update_offer", "update_status"],
        ["update_chunk", "update_status"],
        ["update_commit", "update_result"],
    ];
    for ((inner, outer), [asked, answered]) in update.steps.iter().zip(names) {
        text += &transport(asked, inner.number, Place::ChannelRequest, &inner.request)?;
        text += &annotate::block(
            &format!(
                "The relay that brings it, frame number {}, on the line",
                outer.number
            ),
            &outer.request.line,
        );
        // The reader's first message of the channel was login_confirm.
        text += &transport(answered, inner.number, Place::ChannelAnswer, &inner.answer)?;
        text += &annotate::block(
            &format!(
                "The relay_answer with it, frame number {}, on the line",
                outer.number
            ),
            &outer.answer.line,
        );
    }
    Ok(text)
}
