//! Sealed between client and reader: the first request, a service from instruction to data, the end.

use super::{exchange, message};
use crate::book::{BookError, annotate, story::Story};
use cardwire_spec::Place;

/// The first request and its answer, with everything that seals them.
pub(super) fn request(story: &Story) -> Result<String, BookError> {
    let status = &story.status;
    let keys = &story.client_side.split;
    let nonce = [&[0; 4][..], &status.number.to_le_bytes()].concat();
    let sealing = |key: &[u8], sealed: &[u8]| {
        let (text, tag) = sealed.split_at(sealed.len().saturating_sub(16));
        annotate::parts(&[
            ("key", key, "Of the end that sends."),
            ("nonce", &nonce, "Four zero bytes, the number little-endian."),
            ("associated data", &[], "None."),
            ("ciphertext", text, "As long as the message."),
            ("tag", tag, "Stands behind the ciphertext."),
        ])
    };
    let (asked, answered) = (&status.request, &status.answer);
    Ok([
        message("reader_status, in plain", Place::Request, &asked.plain)?,
        annotate::unplaced("Sealing it", &sealing(&keys.initiator, &asked.sealed)),
        annotate::table(
            "Its frame, decoded",
            &annotate::frame(&asked.line, "Ciphertext and tag.")?,
        ),
        annotate::block("Its frame on the line", &asked.line),
        message("reader_status_answer, in plain", Place::Answer, &answered.plain)?,
        annotate::unplaced("Sealing it", &sealing(&keys.responder, &answered.sealed)),
        annotate::block("Its frame on the line", &answered.line),
    ]
    .concat())
}

/// A service: instruction, hint, status, data in parts.
pub(super) fn service(story: &Story) -> Result<String, BookError> {
    let mut text = exchange(&story.instruct, ["instruct", "instruct_answer"])?;
    text += &message(
        "progress, an event, in plain",
        Place::Event,
        &story.progress.plain,
    )?;
    text += &annotate::block("Its frame, number 2^63, on the line", &story.progress.line);
    text += &exchange(&story.job_status, ["job_status", "job_status_answer"])?;
    for (index, part) in story.parts.iter().enumerate() {
        let names = [
            format!("job_data, part {index}"),
            format!("job_data_answer, part {index}"),
        ];
        text += &exchange(part, [&names[0], &names[1]])?;
    }
    text += &message(
        "The parts together: the document service_data",
        Place::Document("service_data"),
        &story.service_data,
    )?;
    Ok(text)
}

/// The end of the session.
pub(super) fn disconnect(story: &Story) -> Result<String, BookError> {
    exchange(&story.disconnect, ["disconnect", "disconnect_answer"])
}
