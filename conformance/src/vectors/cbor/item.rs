//! Data items of CBOR, as far as messages are made of them: where they stand, and how they are written.

/// Types of CBOR, as the upper three bits of a head state them.
pub(super) const UNSIGNED: u8 = 0;
pub(super) const NEGATIVE: u8 = 1;
pub(super) const BYTES: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
pub(super) const MAP: u8 = 5;
pub(super) const SIMPLE: u8 = 7;

/// A data item in a message that is right.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it begins.
    pub(super) at: usize,
    /// Where its content begins, behind its head.
    pub(super) content: usize,
    /// Where it ends.
    pub(super) end: usize,
    pub(super) major: u8,
    /// The number of its head.
    pub(super) number: u64,
    /// Of an array its items, of a map its keys and values in turn.
    pub(super) items: Vec<Self>,
}

impl Item {
    /// The item that begins here; `None` where it is none that a message has.
    pub(super) fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let first = *bytes.get(at)?;
        let (major, low) = (first >> 5, first & 0x1F);
        let following = match low {
            0..=23 => 0,
            24..=27 => 1 << (low - 24),
            _ => return None,
        };
        let content = at + 1 + following;
        let number = match following {
            0 => u64::from(low),
            _ => bytes
                .get(at + 1..content)?
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        };
        let count = match major {
            ARRAY => number,
            MAP => 2 * number,
            _ => 0,
        };
        let mut end = content;
        let mut items = Vec::new();
        for _ in 0..count {
            let item = Self::read(bytes, end)?;
            end = item.end;
            items.push(item);
        }
        if [BYTES, TEXT].contains(&major) {
            end += usize::try_from(number).ok()?;
        }
        Some(Self {
            at,
            content,
            end,
            major,
            number,
            items,
        })
    }
}

/// The shortest head of a type and number.
pub(super) fn head(major: u8, number: u64) -> Vec<u8> {
    match number {
        0..=23 => vec![major << 5 | number as u8],
        24..=0xFF => wide(major, number, 1),
        0x100..=0xFFFF => wide(major, number, 2),
        0x1_0000..=0xFFFF_FFFF => wide(major, number, 4),
        0x1_0000_0000.. => wide(major, number, 8),
    }
}

/// A head whose number takes so many bytes: 1, 2, 4 or 8.
pub(super) fn wide(major: u8, number: u64, size: usize) -> Vec<u8> {
    let low = match size {
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    [&[major << 5 | low][..], &number.to_be_bytes()[8 - size..]].concat()
}

/// A string with its head.
pub(super) fn string(major: u8, content: &[u8]) -> Vec<u8> {
    [&head(major, content.len() as u64)[..], content].concat()
}
