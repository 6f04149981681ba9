//! Links that lose frames: a sound reader, started as a process of its own, behind a filter of its input.

use cardwire_codec::frame::DELIMITER;
use std::{
    io::{self, Read, Write},
    process::{Command, Stdio},
};

/// Encoded frames above this size are lost by a link that takes no large ones.
const LARGE: usize = 256;

/// Which frames the link loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// Those of more than 256 bytes.
    LosesLargeFrames,
    /// Those that arrive in more than one piece.
    LosesSplitFrames,
    /// Those that arrive together with one before them.
    LosesSecondFrame,
}

impl LinkFault {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::LosesLargeFrames,
        Self::LosesSplitFrames,
        Self::LosesSecondFrame,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LosesLargeFrames => "LosesLargeFrames",
            Self::LosesSplitFrames => "LosesSplitFrames",
            Self::LosesSecondFrame => "LosesSecondFrame",
        }
    }

    pub(crate) const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::LosesLargeFrames => &["CW-LINK-006"],
            Self::LosesSplitFrames => &["CW-LINK-008"],
            Self::LosesSecondFrame => &["CW-SESS-015"],
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
            };
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

#[cfg(test)]
mod tests {
    use super::{Filter, LinkFault};

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
}
