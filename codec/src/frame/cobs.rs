//! Consistent Overhead Byte Stuffing, canonical: one encoding for each byte string (CW-LINK-002).
//!
//! A block is a length byte, one more than the bytes behind it, and those bytes. It stands for them and a zero, unless it
//! is a full one, of 254 bytes, or the last one. So a length byte stands where a zero stood, and one before everything;
//! only full blocks shift what is behind them. Both ways work in place, and touch the length bytes alone.

use super::DELIMITER;
use memchr::memchr;

/// The length byte of a full block.
const FULL: u8 = 0xFF;

/// Encodes in place: `line` holds room for one byte, `size` bytes to be encoded, and room for what full blocks add, and
/// the delimiter. Returns the length with the delimiter; `None` where there is too little room.
#[inline]
pub(super) fn encode(line: &mut [u8], size: usize) -> Option<usize> {
    // Where the length byte of the open block stands, what has been looked through, and what is to be.
    let mut block = 0_usize;
    let mut from = 1_usize;
    let mut end = size.checked_add(1)?;
    loop {
        let full = block.wrapping_add(usize::from(FULL));
        let limit = full.min(end);
        match zero(line.get(from..limit)?) {
            Some(at) => {
                let zero = from.wrapping_add(at);
                *line.get_mut(block)? = length_byte(block, zero);
                block = zero;
            }
            // A full block at the end has no empty one behind it.
            None if limit == end => break,
            None => {
                *line.get_mut(block)? = FULL;
                shift(line, limit, end, limit.wrapping_add(1))?;
                end = end.wrapping_add(1);
                block = limit;
            }
        }
        from = block.wrapping_add(1);
    }
    *line.get_mut(block)? = length_byte(block, end);
    *line.get_mut(end)? = DELIMITER;
    Some(end.wrapping_add(1))
}

/// Decodes what stands between two delimiters, in place; `None` where it is not COBS, or not the one encoding.
#[inline]
pub(super) fn decode(line: &mut [u8]) -> Option<&[u8]> {
    let mut block = 0_usize;
    // How many full blocks have been passed: what is behind them moves forward by as much.
    let mut shifted = 0_usize;
    let mut length = *line.first()?;
    loop {
        let next = block.wrapping_add(usize::from(length));
        if shifted > 0 {
            let from = block.wrapping_add(1);
            shift(line, from, next, from.wrapping_sub(shifted))?;
        }
        let Some(&following) = line.get(next) else {
            let is_whole = next == line.len() && length > 0;
            return if is_whole {
                line.get(1..next.wrapping_sub(shifted))
            } else {
                None
            };
        };
        if length == 0 {
            return None;
        }
        if length == FULL {
            shifted = shifted.wrapping_add(1);
            // An empty block at the end, behind a full one, would be a second encoding of the same bytes.
            if following == 1 && next.wrapping_add(1) == line.len() {
                return None;
            }
        } else {
            *line.get_mut(next.wrapping_sub(shifted))? = DELIMITER;
        }
        block = next;
        length = following;
    }
}

/// Where the first zero stands. Zeros often stand behind each other: those that do cost no search.
#[inline(always)]
fn zero(bytes: &[u8]) -> Option<usize> {
    if bytes.first() == Some(&DELIMITER) {
        return Some(0);
    }
    memchr(DELIMITER, bytes)
}

/// What the length byte of a block says, which ends where the next one begins: 255 at most.
#[inline(always)]
const fn length_byte(block: usize, next: usize) -> u8 {
    next.wrapping_sub(block) as u8
}

/// Moves bytes within the line; `None` where they do not lie in it.
#[cold]
fn shift(line: &mut [u8], from: usize, end: usize, to: usize) -> Option<()> {
    let count = end.checked_sub(from)?;
    if end > line.len() || to > line.len().checked_sub(count)? {
        return None;
    }
    line.copy_within(from..end, to);
    Some(())
}
