//! What comes over a line: frames as they should be, damaged ones, and what stands between them.

use super::{Corpus, change};
use crate::{
    corpus::draft::Draft,
    input::{Input, Subject},
    random::Random,
};
use cardwire_spec::{
    Protocol,
    interpret::frame::{self, DELIMITER, Frame},
    model::Value,
};

/// One line without its delimiter: a frame, mostly with something wrong.
pub(super) fn line<'p>(corpus: &Corpus<'p>, random: &mut Random) -> Input<'p> {
    Input {
        subject: Subject::Line,
        bytes: one(corpus, random),
    }
}

/// Some lines with their delimiters, and what noise leaves between them.
pub(super) fn stream<'p>(corpus: &Corpus<'p>, random: &mut Random) -> Input<'p> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(4) {
        bytes.extend(one(corpus, random));
        if random.percent(85) {
            bytes.push(DELIMITER);
        }
        if random.percent(20) {
            let noise = random.below(6);
            random.append(&mut bytes, noise);
            bytes.push(DELIMITER);
        }
    }
    Input {
        subject: Subject::Stream,
        bytes,
    }
}

fn one(corpus: &Corpus<'_>, random: &mut Random) -> Vec<u8> {
    let kinds = if random.percent(10) {
        STRANGE.map(|(name, _)| name)
    } else {
        ["clear", "sealed", "sealed"]
    };
    let frame = Frame {
        kind: (*random.pick(&kinds)).to_owned(),
        number: random.number() >> random.below(64),
        payload: payload(corpus, random),
    };
    // Validation has refused a schema without these kinds.
    let mut line = frame::encode(&corpus.with_strange_kinds, &frame).unwrap_or_default();
    line.pop();
    if random.percent(60) {
        let mut draft = Draft {
            parts: vec![0..line.len().min(1), line.len().min(1)..line.len()],
            prefixes: blocks(&line),
            bytes: line,
        };
        change::change(&mut draft, corpus, random);
        line = draft.bytes;
    }
    line
}

/// Kinds that no frame has: below, above and far from those that there are.
const STRANGE: [(&str, u64); 3] = [("nought", 0x00), ("next", 0x03), ("last", 0xFF)];

pub(super) fn with_strange_kinds(protocol: &Protocol) -> Protocol {
    let mut changed = protocol.clone();
    if let Some(kinds) = changed.registries.get_mut("frame_kind") {
        let like = kinds.values.first().cloned();
        let strange = |(name, value): (&str, u64)| {
            let name = name.to_owned();
            like.clone().map(|like| Value { name, value, ..like })
        };
        kinds.values.extend(STRANGE.into_iter().filter_map(strange));
    }
    changed
}

/// Payloads of every length up to what fits the smallest frame, where blocks of COBS begin and end on all places.
fn payload(corpus: &Corpus<'_>, random: &mut Random) -> Vec<u8> {
    if random.percent(30) {
        let sort = random.pick(&corpus.sorts);
        return corpus.draft(sort, random).bytes;
    }
    let size = match random.below(4) {
        0 => 235 + random.below(12),
        1 => 488 + random.below(14),
        _ => random.below(80),
    };
    let mut bytes = Vec::new();
    random.append(&mut bytes, size);
    // Random bytes have few zeros: some have many, and some none.
    let zeros = random.below(3);
    for byte in &mut bytes {
        *byte = match zeros {
            0 => (*byte).max(1),
            1 if *byte < 0x60 => 0,
            _ => *byte,
        };
    }
    bytes
}

/// Where the length bytes of the blocks stand.
fn blocks(line: &[u8]) -> Vec<core::ops::Range<usize>> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(length) = line.get(at).filter(|length| **length > 0) {
        blocks.push(at..at + 1);
        at += usize::from(*length);
    }
    blocks
}
