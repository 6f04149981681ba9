//! Each vector of a frame: framed where it is one, and found in a stream or not.

use super::{decode::in_words, found, new, requirement_of, with_twin};
use crate::{
    codec::{
        case::{Case, Expect, Group},
        request::Request,
    },
    embedded::protocol,
    hex,
    vectors::{self, InvalidFrame, ValidFrame},
};

/// The valid vector that the invalid ones were made from.
pub(super) const TWIN: &str = "codec.deframe.valid.hello";

pub(super) fn cases() -> Vec<Case> {
    let all = vectors::frames();
    let framed = all.valid().filter_map(framed);
    let valid = all.valid().filter_map(valid);
    let invalid = all.invalid().filter_map(invalid);
    framed.chain(valid).chain(invalid).collect()
}

fn framed(vector: &ValidFrame) -> Option<Case> {
    Some(new(
        format!("codec.frame.{}", vector.name),
        Group::Frame,
        format!("makes the line of a frame: {}", in_words(&vector.name)),
        &["CW-LINK-001", "CW-LINK-003"],
        Request::Frame {
            kind: vector.kind.clone(),
            number: vector.number.parse().ok()?,
            payload: hex::decode(&vector.payload)?,
        },
        Expect::Line(hex::decode(&vector.line)?),
    ))
}

fn valid(vector: &ValidFrame) -> Option<Case> {
    let stream = hex::decode(&vector.line)?;
    let title = format!("takes a frame: {}", in_words(&vector.name));
    let requirements = ["CW-LINK-001", "CW-LINK-003", "CW-LINK-006"];
    Some(deframe(
        format!("codec.deframe.valid.{}", vector.name),
        title,
        &requirements,
        stream,
        protocol().limit("frame_max"),
    ))
}

fn invalid(vector: &InvalidFrame) -> Option<Case> {
    let stream = hex::decode(&vector.line)?;
    let requirement = if vector.name.starts_with("empty-block-behind") {
        "CW-LINK-002"
    } else {
        requirement_of(&vector.fault)
    };
    let case = deframe(
        format!("codec.deframe.invalid.{}", vector.name),
        format!(
            "takes no frame for its {}: {}",
            vector.fault,
            in_words(&vector.name)
        ),
        &[requirement, "CW-LINK-005"],
        stream,
        protocol().limit("frame_max"),
    );
    Some(with_twin(case, TWIN.into()))
}

/// A case that looks for frames in a stream.
pub(super) fn deframe(
    id: String,
    title: String,
    requirements: &[&str],
    stream: Vec<u8>,
    max_frame: u64,
) -> Case {
    let expect = Expect::Found(found(&stream, max_frame));
    let request = Request::Deframe { stream, max_frame };
    new(id, Group::Deframe, title, requirements, request, expect)
}
