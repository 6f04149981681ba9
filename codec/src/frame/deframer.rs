//! Frames out of a byte stream.

use super::{DELIMITER, Frame, FrameError, OVERHEAD, cobs, line_size};
use memchr::memchr;

/// Finds the frames in a byte stream. `N` is the largest frame that this end takes, in bytes on the line
/// ([`line_size`]).
#[derive(Clone, Debug)]
pub struct Deframer<const N: usize> {
    /// What came since the last delimiter.
    buffer: [u8; N],
    /// How many bytes that are, those not among them that found no room.
    length: usize,
}

impl<const N: usize> Default for Deframer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Deframer<N> {
    /// The payload of the largest frame that takes no more than `N` bytes on the line, in whatever way COBS falls.
    const LARGEST_PAYLOAD: usize = {
        let mut size = N;
        while size > OVERHEAD && line_size(size) > N {
            size -= 1;
        }
        size.saturating_sub(OVERHEAD)
    };

    /// A deframer at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; N],
            length: 0,
        }
    }

    /// Forgets a frame that has begun, as when the link was reset.
    pub const fn reset(&mut self) {
        self.length = 0;
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
            let (part, rest) = all.split_at_checked(end)?;
            *input = rest.get(1..)?;
            self.keep(part);
            // Two delimiters in a row carry nothing and cost nothing: a sender may begin with one to clear the line.
            if self.length > 0 {
                break;
            }
        }
        let length = core::mem::take(&mut self.length);
        let Some(line) = self.buffer.get_mut(..length) else {
            return Some(Err(FrameError::TooLong));
        };
        Some(cobs::decode(line).ok_or(FrameError::Cobs).and_then(|decoded| {
            let frame = Frame::parse(decoded)?;
            // COBS may take less room than it can: what fits on the line may be too long all the same.
            if frame.payload.len() <= Self::LARGEST_PAYLOAD {
                Ok(frame)
            } else {
                Err(FrameError::TooLong)
            }
        }))
    }

    /// Keeps bytes; of those that find no room it is only known that there were some.
    #[inline]
    fn keep(&mut self, part: &[u8]) {
        let room = self.buffer.get_mut(self.length..);
        if let Some(room) = room.and_then(|room| room.get_mut(..part.len())) {
            room.copy_from_slice(part);
            self.length = self.length.saturating_add(part.len());
        } else {
            self.length = usize::MAX;
        }
    }
}
