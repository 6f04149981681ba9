//! Frames out of a byte stream.

use super::{DELIMITER, Frame, FrameError, OVERHEAD, cobs::Decoder, line_size};
use memchr::memchr;

/// Finds the frames in a byte stream. `N` is the largest frame that this end takes, in bytes on the line
/// ([`line_size`]).
#[derive(Clone, Debug)]
pub struct Deframer<const N: usize> {
    buffer: [u8; N],
    decoder: Decoder,
    /// Bytes since the last delimiter.
    taken: usize,
    /// Whether they are COBS so far.
    sound: bool,
}

impl<const N: usize> Default for Deframer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deframer<N> {
    /// A deframer at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; N],
            decoder: Decoder::new(),
            taken: 0,
            sound: true,
        }
    }

    /// Forgets a frame that has begun, as when the link was reset.
    pub fn reset(&mut self) {
        self.decoder = Decoder::new();
        self.taken = 0;
        self.sound = true;
    }

    /// Takes bytes from the front of `input` up to the end of a frame, and returns that frame or what was wrong with
    /// it; `None` when `input` is used up. Call again until then.
    //= spec/book/src/link.md#cw-link-005
    //# A receiver MUST drop bytes between two delimiters that are not a frame, without an answer, and take the next frame.
    #[inline]
    pub fn feed<'s>(&'s mut self, input: &mut &[u8]) -> Option<Result<Frame<'s>, FrameError>> {
        loop {
            let all = *input;
            let Some(end) = memchr(DELIMITER, all) else {
                *input = &[];
                self.keep(all);
                return None;
            };
            let (line, rest) = all.split_at_checked(end)?;
            *input = rest.get(1..)?;
            self.keep(line);
            // Two delimiters in a row carry nothing and cost nothing: a sender may begin with one to clear the line.
            if self.taken > 0 {
                break;
            }
        }
        let (taken, sound) = (self.taken, self.sound);
        let length = self.decoder.finish();
        self.taken = 0;
        self.sound = true;
        if taken > N {
            return Some(Err(FrameError::TooLong));
        }
        let decoded = length
            .filter(|_| sound)
            .and_then(|length| self.buffer.get(..length));
        Some(decoded.ok_or(FrameError::Cobs).and_then(|decoded| {
            let frame = Frame::parse(decoded)?;
            // COBS may take less room than it can: what fits on the line may be too long all the same.
            if line_size(frame.payload.len().saturating_add(OVERHEAD)) <= N {
                Ok(frame)
            } else {
                Err(FrameError::TooLong)
            }
        }))
    }

    #[inline]
    fn keep(&mut self, part: &[u8]) {
        self.taken = self.taken.saturating_add(part.len());
        // More bytes than a frame has are dropped up to the next delimiter.
        if self.taken <= N && self.sound {
            self.sound = self.decoder.push(part, &mut self.buffer).is_some();
        }
    }
}
