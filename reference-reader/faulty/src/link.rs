//! Links that lose frames, or mend what should be lost: a sound reader, started as a process of its own, behind a filter of its input.

use cardwire_codec::{
    Frame,
    frame::{DELIMITER, line_size},
    message::FrameKind,
};
use std::{
    io::{self, Read, Write},
    process::{Command, Stdio},
};

/// Encoded frames above this size are lost by a link that takes no large ones.
const LARGE: usize = 256;

/// Which frames the link loses, or mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// Those of more than 256 bytes.
    LosesLargeFrames,
    /// Those that arrive in more than one piece.
    LosesSplitFrames,
    /// Those that arrive together with one before them.
    LosesSecondFrame,
    /// None; it mends an encoding that is not the shortest.
    MendsEncodings,
    /// None; it mends wrong checksums.
    MendsChecksums,
}

impl LinkFault {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::LosesLargeFrames,
        Self::LosesSplitFrames,
        Self::LosesSecondFrame,
        Self::MendsEncodings,
        Self::MendsChecksums,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LosesLargeFrames => "LosesLargeFrames",
            Self::LosesSplitFrames => "LosesSplitFrames",
            Self::LosesSecondFrame => "LosesSecondFrame",
            Self::MendsEncodings => "MendsEncodings",
            Self::MendsChecksums => "MendsChecksums",
        }
    }

    pub(crate) const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::LosesLargeFrames => &["CW-LINK-006"],
            Self::LosesSplitFrames => &["CW-LINK-008"],
            Self::LosesSecondFrame => &["CW-SESS-015"],
            Self::MendsEncodings => &["CW-LINK-002"],
            Self::MendsChecksums => &["CW-LINK-003"],
        }
    }

    /// Runs a sound reader behind the link until `input` ends; the reader answers on this process's output.
    ///
    /// # Errors
    /// The reader can't be started, or input or output fails.
    pub fn run(self, reader: &mut Command, mut input: impl Read) -> io::Result<()> {
        let mut reader = reader.stdin(Stdio::piped()).spawn()?;
        // The pipe closes when this is dropped: then the reader ends as well.
        if let Some(mut line) = reader.stdin.take() {
            let mut filter = Filter::new(self);
            let mut piece = [0; 8192];
            loop {
                let length = input.read(&mut piece)?;
                if length == 0 {
                    break;
                }
                line.write_all(&filter.pass(&piece[..length]))?;
                line.flush()?;
            }
        }
        reader.wait().map(|_| ())
    }
}

/// What of each piece of input gets through.
struct Filter {
    fault: LinkFault,
    /// A frame that has begun.
    begun: Vec<u8>,
    /// Whether a piece ended within it.
    split: bool,
}

impl Filter {
    fn new(fault: LinkFault) -> Self {
        Self {
            fault,
            begun: Vec::new(),
            split: false,
        }
    }

    fn pass(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut passed = Vec::new();
        let mut frames = 0;
        for part in piece.split_inclusive(|&byte| byte == DELIMITER) {
            self.begun.extend_from_slice(part);
            if part.last() != Some(&DELIMITER) {
                self.split = true;
                break;
            }
            let is_frame = self.begun.len() > 1;
            let lost = match self.fault {
                LinkFault::LosesLargeFrames => self.begun.len() > LARGE,
                LinkFault::LosesSplitFrames => self.split,
                LinkFault::LosesSecondFrame => frames > 0,
                LinkFault::MendsEncodings | LinkFault::MendsChecksums => false,
            };
            match self.fault {
                LinkFault::MendsEncodings => mend_encoding(&mut self.begun),
                LinkFault::MendsChecksums => mend_checksum(&mut self.begun),
                LinkFault::LosesLargeFrames | LinkFault::LosesSplitFrames | LinkFault::LosesSecondFrame => {}
            }
            if !(is_frame && lost) {
                passed.append(&mut self.begun);
            }
            frames += usize::from(is_frame);
            self.begun.clear();
            self.split = false;
        }
        passed
    }
}

/// Takes away an empty block behind a full one, at the end.
fn mend_encoding(line: &mut Vec<u8>) {
    let mut at = 0;
    let mut full = false;
    while let Some(&code) = line.get(at).filter(|code| **code != DELIMITER) {
        if code == 1 && full && line.get(at + 1) == Some(&DELIMITER) {
            line.remove(at);
            return;
        }
        full = code == 0xFF;
        at += usize::from(code);
    }
}

/// Encodes a frame anew, with the checksum that belongs to it. What is none for another reason stays as it is.
fn mend_checksum(line: &mut Vec<u8>) {
    let Some(bytes) = decode_cobs(line) else {
        return;
    };
    let Some((&[kind, ref number @ ..], rest)) = bytes.split_first_chunk::<9>() else {
        return;
    };
    let Some((payload, _)) = rest.split_last_chunk::<4>() else {
        return;
    };
    let Some(kind) = FrameKind::from_value(kind) else {
        return;
    };
    let frame = Frame {
        kind,
        number: u64::from_be_bytes(*number),
        payload,
    };
    let mut mended = vec![0; line_size(bytes.len())];
    if let Ok(length) = frame.encode(&mut mended) {
        mended.truncate(length);
        *line = mended;
    }
}

/// The bytes that a line stands for.
fn decode_cobs(line: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(&code) = line.get(at).filter(|code| **code != DELIMITER) {
        let end = at + usize::from(code);
        bytes.extend_from_slice(line.get(at + 1..end)?);
        at = end;
        if code != 0xFF && line.get(at) != Some(&DELIMITER) {
            bytes.push(0);
        }
    }
    (at + 1 == line.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_loses_its_frames_and_no_others() {
        let through = |fault, pieces: &[&[u8]]| -> Vec<u8> {
            let mut filter = Filter::new(fault);
            pieces.iter().flat_map(|piece| filter.pass(piece)).collect()
        };
        let large = [vec![7; 300], vec![0]].concat();
        assert_eq!(
            through(LinkFault::LosesLargeFrames, &[b"\x01\x02\0", &large, b"\x03\0"]),
            b"\x01\x02\0\x03\0"
        );
        assert_eq!(
            through(LinkFault::LosesSplitFrames, &[b"\x01", b"\x02\0", b"\0\x03\0"]),
            b"\0\x03\0"
        );
        assert_eq!(
            through(LinkFault::LosesSecondFrame, &[b"\0\x01\0\x02\0", b"\x03\0"]),
            b"\0\x01\0\x03\0"
        );
    }

    #[test]
    fn what_is_mended_is_a_frame_again() {
        let mut line = vec![0; line_size(13)];
        let frame = Frame {
            kind: FrameKind::Clear,
            number: 1,
            payload: &[],
        };
        let length = frame.encode(&mut line).unwrap();
        line.truncate(length);
        let mut damaged = line.clone();
        damaged[length - 2] ^= 0x04;
        mend_checksum(&mut damaged);
        assert_eq!(damaged, line);

        let mut longer = [&[0xFF][..], &[7; 254], &[1, 0]].concat();
        mend_encoding(&mut longer);
        assert_eq!(longer, [&[0xFF][..], &[7; 254], &[0]].concat());
    }
}
