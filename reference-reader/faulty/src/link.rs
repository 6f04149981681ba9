//! Links that lose frames, or mend what should be lost: a sound reader, started as a process of its own, behind a filter of its input.

use cardwire_codec::{
    Frame,
    frame::{DELIMITER, line_size},
    message::{ClearRequest, FrameKind},
};
use core::time::Duration;
use std::{
    io::{self, Read, Write},
    process::{Command, Stdio},
    thread,
};

/// Encoded frames above this size are lost by a link that takes no large ones.
const LARGE: usize = 256;

/// So many delimiters in a row are more than a line needs.
const MANY: usize = 50;
/// Longer than `T_answer`, and what a tester adds to it.
const LATE: Duration = Duration::from_millis(1600);

/// What nobody would call late, and whoever measures sees.
const WORK: Duration = Duration::from_millis(60);

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
    /// None; it makes a right hello of one that is malformed.
    MendsHellos,
    /// Clear frames that hold no request, and sealed ones before any connect.
    LosesNonsense,
    /// Sealed ones that are the same as the one before: a client's repeats.
    LosesRepeats,
    /// The one behind many delimiters in a row.
    LosesFrameAfterDelimiters,
    /// None; sealed ones arrive too late for an answer in time.
    DelaysRequests,
    /// None; hellos arrive late once a session has begun.
    DelaysHellos,
    /// None; connects of clients that the reader knows take a while.
    DelaysKnownClients,
}

impl LinkFault {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::LosesLargeFrames,
        Self::LosesSplitFrames,
        Self::LosesSecondFrame,
        Self::MendsEncodings,
        Self::MendsChecksums,
        Self::MendsHellos,
        Self::LosesNonsense,
        Self::LosesRepeats,
        Self::LosesFrameAfterDelimiters,
        Self::DelaysRequests,
        Self::DelaysHellos,
        Self::DelaysKnownClients,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LosesLargeFrames => "LosesLargeFrames",
            Self::LosesSplitFrames => "LosesSplitFrames",
            Self::LosesSecondFrame => "LosesSecondFrame",
            Self::MendsEncodings => "MendsEncodings",
            Self::MendsChecksums => "MendsChecksums",
            Self::MendsHellos => "MendsHellos",
            Self::LosesNonsense => "LosesNonsense",
            Self::LosesRepeats => "LosesRepeats",
            Self::LosesFrameAfterDelimiters => "LosesFrameAfterDelimiters",
            Self::DelaysRequests => "DelaysRequests",
            Self::DelaysHellos => "DelaysHellos",
            Self::DelaysKnownClients => "DelaysKnownClients",
        }
    }

    pub(crate) const fn requirements(self) -> &'static [&'static str] {
        match self {
            Self::LosesLargeFrames => &["CW-LINK-006"],
            Self::LosesSplitFrames => &["CW-LINK-008"],
            Self::LosesSecondFrame => &["CW-SESS-015"],
            Self::MendsEncodings => &["CW-LINK-002"],
            Self::MendsChecksums => &["CW-LINK-003"],
            Self::MendsHellos | Self::LosesNonsense => &["CW-CONN-003"],
            Self::LosesRepeats => &["CW-SESS-004"],
            Self::LosesFrameAfterDelimiters => &["CW-LINK-005", "CW-SEC-002"],
            Self::DelaysRequests => &["CW-SESS-008"],
            Self::DelaysHellos => &["CW-SEC-002", "CW-SESS-008"],
            Self::DelaysKnownClients => &["CW-SEC-008"],
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
    /// The last sealed frame.
    last: Vec<u8>,
    /// Whether a connect, or a sealed frame, was among the frames so far.
    connected: bool,
    /// Delimiters in a row, with nothing between them.
    delimiters: usize,
}

impl Filter {
    fn new(fault: LinkFault) -> Self {
        Self {
            fault,
            begun: Vec::new(),
            split: false,
            last: Vec::new(),
            connected: false,
            delimiters: 0,
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
                LinkFault::LosesNonsense => self.is_nonsense(),
                LinkFault::LosesRepeats => self.is_repeat(),
                LinkFault::LosesFrameAfterDelimiters => self.follows_delimiters(),
                LinkFault::MendsEncodings
                | LinkFault::MendsChecksums
                | LinkFault::MendsHellos
                | LinkFault::DelaysRequests
                | LinkFault::DelaysHellos
                | LinkFault::DelaysKnownClients => false,
            };
            match self.fault {
                LinkFault::MendsEncodings => mend_encoding(&mut self.begun),
                LinkFault::MendsChecksums => mend_checksum(&mut self.begun),
                LinkFault::MendsHellos => mend_hello(&mut self.begun),
                LinkFault::DelaysRequests => self.delay(FrameKind::Sealed),
                LinkFault::DelaysHellos => self.delay(FrameKind::Clear),
                LinkFault::DelaysKnownClients => delay_known(&self.begun),
                LinkFault::LosesLargeFrames
                | LinkFault::LosesSplitFrames
                | LinkFault::LosesSecondFrame
                | LinkFault::LosesNonsense
                | LinkFault::LosesRepeats
                | LinkFault::LosesFrameAfterDelimiters => {}
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

    /// Whether the frame that has begun holds nothing that a reader has to act on.
    fn is_nonsense(&mut self) -> bool {
        match parts(&self.begun) {
            Some((FrameKind::Clear, _, payload)) => {
                let request = ClearRequest::decode(&payload);
                self.connected |= matches!(request, Ok(ClearRequest::Connect(_)));
                request.is_err()
            }
            Some((FrameKind::Sealed, ..)) => !self.connected,
            None => false,
        }
    }

    /// Whether the frame that has begun is the last sealed one again.
    fn is_repeat(&mut self) -> bool {
        let is_sealed = matches!(parts(&self.begun), Some((FrameKind::Sealed, ..)));
        let repeats = is_sealed && self.begun == self.last;
        if is_sealed {
            self.last.clone_from(&self.begun);
        }
        repeats
    }

    /// Whether many delimiters stand before the frame that has begun.
    fn follows_delimiters(&mut self) -> bool {
        if self.begun.len() == 1 {
            self.delimiters += 1;
            return false;
        }
        core::mem::take(&mut self.delimiters) > MANY
    }

    /// Holds a frame of this kind back for longer than an answer may take; one in clear only in a session.
    fn delay(&mut self, kind: FrameKind) {
        let Some((this, ..)) = parts(&self.begun) else {
            return;
        };
        self.connected |= this == FrameKind::Sealed;
        if this == kind && self.connected {
            thread::sleep(LATE);
        }
    }
}

/// Holds the connect of a client of certification back for a while: what a reader may need for work that it does for
/// clients that it knows, and for no others.
fn delay_known(line: &[u8]) {
    let Some((FrameKind::Clear, _, payload)) = parts(line) else {
        return;
    };
    if let Ok(ClearRequest::Connect(connect)) = ClearRequest::decode(&payload)
        && connect.client_id.as_str().starts_with("CERT-CLIENT-")
    {
        thread::sleep(WORK);
    }
}

/// Makes a right hello of a malformed one, under its number.
fn mend_hello(line: &mut Vec<u8>) {
    let Some((FrameKind::Clear, number, payload)) = parts(line) else {
        return;
    };
    if payload.first() != Some(&0x01) || ClearRequest::decode(&payload).is_ok() {
        return;
    }
    // It speaks version 1, and takes frames of 512 bytes.
    let frame = Frame {
        kind: FrameKind::Clear,
        number,
        payload: &[0x01, 0x01, 0x01, 0x02, 0x00],
    };
    let mut mended = vec![0; line_size(5 + 13)];
    if let Ok(length) = frame.encode(&mut mended) {
        mended.truncate(length);
        *line = mended;
    }
}

/// Kind, number and payload of a line that is a frame, whatever its checksum.
fn parts(line: &[u8]) -> Option<(FrameKind, u64, Vec<u8>)> {
    let bytes = decode_cobs(line)?;
    let (&[kind, ref number @ ..], rest) = bytes.split_first_chunk::<9>()?;
    let (payload, _) = rest.split_last_chunk::<4>()?;
    let number = u64::from_be_bytes(*number);
    Some((FrameKind::from_value(kind)?, number, payload.to_vec()))
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
    fn nonsense_and_repeats_are_told_from_what_is_right() {
        let line = |kind, payload: &[u8]| {
            let mut line = vec![0; line_size(13 + payload.len())];
            let frame = Frame {
                kind,
                number: 3,
                payload,
            };
            let length = frame.encode(&mut line).unwrap();
            line.truncate(length);
            line
        };
        let through = |fault, lines: &[&[u8]]| -> Vec<u8> {
            let mut filter = Filter::new(fault);
            lines.iter().flat_map(|line| filter.pass(line)).collect()
        };
        let hello = line(FrameKind::Clear, &[0x01, 0x01, 0x01, 0x02, 0x00]);
        let wrong = line(FrameKind::Clear, &[0x01, 0x00, 0x02, 0x00]);
        let sealed = line(FrameKind::Sealed, &[0x55; 17]);
        assert_eq!(
            through(LinkFault::LosesNonsense, &[&wrong, &sealed, &hello]),
            hello
        );
        assert_eq!(through(LinkFault::MendsHellos, &[&wrong]), hello);
        let both = [&sealed[..], &hello].concat();
        assert_eq!(
            through(LinkFault::LosesRepeats, &[&sealed, &hello, &sealed]),
            both
        );
        let delimiters = [0; 60];
        let after = through(
            LinkFault::LosesFrameAfterDelimiters,
            &[&delimiters, &hello, &hello],
        );
        assert_eq!(after, [&delimiters[..], &hello].concat());
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
