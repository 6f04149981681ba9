//! Registers of execution logic, and what instructions do with their bytes.
//!
//! Each function returns `None` where it would use what is not there: a logic fault (CW-LOGIC-004). What was made out of
//! a secret register is secret itself.

use cardwire_codec::message::{
    Register,
    limits::{REGISTER_SIZE, REGISTERS},
};
use zeroize::Zeroize;

/// What a register holds.
#[cfg_attr(feature = "clone", derive(Clone))]
struct Contents {
    bytes: [u8; REGISTER_SIZE],
    length: usize,
    secret: bool,
}

/// All registers of a run.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(super) struct Registers([Contents; REGISTERS]);

impl Registers {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self(
            const {
                [const {
                    Contents {
                        bytes: [0; REGISTER_SIZE],
                        length: 0,
                        secret: false,
                    }
                }; REGISTERS]
            },
        )
    }

    /// Empties every register and leaves nothing of what they held.
    pub(super) fn erase(&mut self) {
        for contents in &mut self.0 {
            contents.bytes.zeroize();
            contents.length = 0;
            contents.secret = false;
        }
    }

    /// What a register holds.
    pub(super) fn bytes(&self, register: Register) -> Option<&[u8]> {
        let contents = self.contents(register)?;
        contents.bytes.get(..contents.length)
    }

    /// Whether what it holds is nothing for service data.
    pub(super) fn is_secret(&self, register: Register) -> bool {
        self.contents(register).is_some_and(|contents| contents.secret)
    }

    /// From here on what it holds is nothing for service data.
    pub(super) fn make_secret(&mut self, register: Register) -> Option<()> {
        self.contents_mut(register)?.secret = true;
        Some(())
    }

    /// Replaces the contents of a register.
    pub(super) fn set(&mut self, register: Register, bytes: &[u8], secret: bool) -> Option<()> {
        let contents = self.contents_mut(register)?;
        contents.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        contents.length = bytes.len();
        contents.secret = secret;
        Some(())
    }

    pub(super) fn copy(&mut self, into: Register, from: Register) -> Option<()> {
        let (bytes, length, secret) = self.taken(from)?;
        self.set(into, &bytes[..length], secret)
    }

    pub(super) fn join(&mut self, into: Register, from: Register) -> Option<()> {
        let (bytes, length, secret) = self.taken(from)?;
        let contents = self.contents_mut(into)?;
        let end = contents.length + length;
        contents
            .bytes
            .get_mut(contents.length..end)?
            .copy_from_slice(&bytes[..length]);
        contents.length = end;
        contents.secret |= secret;
        Some(())
    }

    pub(super) fn slice(&mut self, register: Register, offset: usize, length: usize) -> Option<()> {
        let contents = self.contents_mut(register)?;
        if offset + length > contents.length {
            return None;
        }
        contents.bytes.copy_within(offset..offset + length, 0);
        contents.length = length;
        Some(())
    }

    pub(super) fn split(&mut self, register: Register, length: usize, rest: Register) -> Option<()> {
        let (bytes, whole, secret) = self.taken(register)?;
        let kept = whole.checked_sub(length)?;
        self.contents_mut(register)?.length = kept;
        self.set(rest, &bytes[kept..whole], secret)
    }

    pub(super) fn fill(&mut self, register: Register, value: u8) -> Option<()> {
        let contents = self.contents_mut(register)?;
        contents.bytes.get_mut(..contents.length)?.fill(value);
        Some(())
    }

    pub(super) fn patch(&mut self, register: Register, offset: usize, from: Register) -> Option<()> {
        let (bytes, length, secret) = self.taken(from)?;
        let contents = self.contents_mut(register)?;
        let held = contents.bytes.get_mut(..contents.length)?;
        held.get_mut(offset..offset + length)?
            .copy_from_slice(&bytes[..length]);
        contents.secret |= secret;
        Some(())
    }

    pub(super) fn put(&mut self, register: Register, offset: u8, mask: u8, value: u8) -> Option<()> {
        let contents = self.contents_mut(register)?;
        let held = contents.bytes.get_mut(..contents.length)?;
        let byte = held.get_mut(usize::from(offset))?;
        *byte = *byte & !mask | value & mask;
        Some(())
    }

    pub(super) fn add(&mut self, register: Register, value: u8) -> Option<()> {
        let contents = self.contents_mut(register)?;
        let number = contents.bytes.get_mut(..contents.length)?;
        if number.is_empty() {
            return None;
        }
        let mut carry = value;
        for byte in number.iter_mut().rev() {
            let (sum, over) = byte.overflowing_add(carry);
            *byte = sum;
            carry = u8::from(over);
        }
        (carry == 0).then_some(())
    }

    pub(super) fn find(&mut self, register: Register, tag: u16, into: Register) -> Option<()> {
        let (bytes, length, secret) = self.taken(register)?;
        let value = data_object(&bytes[..length], tag)?;
        self.set(into, value.unwrap_or_default(), secret)
    }

    pub(super) fn take(&mut self, register: Register, into: Register) -> Option<()> {
        let (bytes, length, secret) = self.taken(register)?;
        let (&counted, rest) = bytes[..length].split_first()?;
        let (value, rest) = rest.split_at_checked(usize::from(counted))?;
        self.set(register, rest, secret)?;
        self.set(into, value, secret)
    }

    fn contents(&self, register: Register) -> Option<&Contents> {
        self.0.get(usize::from(register.0))
    }

    fn contents_mut(&mut self, register: Register) -> Option<&mut Contents> {
        self.0.get_mut(usize::from(register.0))
    }

    /// What a register holds, apart from it, so that another one can be written, or the same.
    fn taken(&self, register: Register) -> Option<(zeroize::Zeroizing<[u8; REGISTER_SIZE]>, usize, bool)> {
        let contents = self.contents(register)?;
        Some((
            zeroize::Zeroizing::new(contents.bytes),
            contents.length,
            contents.secret,
        ))
    }
}

/// The value of the first data object with this tag, `Some(None)` where there is none; `None` where something else
/// stands there before it has come (BER-TLV, ISO/IEC 7816-4).
fn data_object(mut bytes: &[u8], tag: u16) -> Option<Option<&[u8]>> {
    loop {
        // Between objects these two fill.
        while let [0x00 | 0xFF, rest @ ..] = bytes {
            bytes = rest;
        }
        let Some((&first, rest)) = bytes.split_first() else {
            return Some(None);
        };
        let (found, rest) = match (first & 0x1F, rest) {
            (0x1F, [second @ 0x00..=0x7F, rest @ ..]) => (u16::from_be_bytes([first, *second]), rest),
            (0x1F, _) => return None,
            _ => (u16::from(first), rest),
        };
        let (length, rest) = match rest {
            [length @ 0x00..=0x7F, rest @ ..] | [0x81, length, rest @ ..] => (usize::from(*length), rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        if found == tag {
            return Some(Some(value));
        }
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Register = Register(0);
    const B: Register = Register(1);

    fn with(a: &[u8], b: &[u8]) -> Registers {
        let mut registers = Registers::new();
        registers.set(A, a, false).unwrap();
        registers.set(B, b, false).unwrap();
        registers
    }

    /// What both registers hold after `work`; `None` where it was a fault.
    #[track_caller]
    fn assert_gives(
        a: &[u8],
        b: &[u8],
        work: impl FnOnce(&mut Registers) -> Option<()>,
        expected: Option<[&[u8]; 2]>,
    ) {
        let mut registers = with(a, b);
        let done = work(&mut registers);
        let held = done.map(|()| [registers.bytes(A).unwrap(), registers.bytes(B).unwrap()]);
        assert_eq!(held, expected);
    }

    #[test]
    fn bytes_move_as_instructions_say() {
        assert_gives(&[1, 2], &[3], |r| r.copy(A, B), Some([&[3], &[3]]));
        assert_gives(&[1, 2], &[3], |r| r.join(A, B), Some([&[1, 2, 3], &[3]]));
        assert_gives(&[1, 2], &[3], |r| r.join(A, A), Some([&[1, 2, 1, 2], &[3]]));
        assert_gives(&[0; 200], &[0; 57], |r| r.join(A, B), None);
        assert_gives(&[1, 2, 3], &[], |r| r.slice(A, 1, 2), Some([&[2, 3], &[]]));
        assert_gives(&[1, 2, 3], &[], |r| r.slice(A, 1, 3), None);
        assert_gives(&[1, 2, 3], &[9], |r| r.split(A, 2, B), Some([&[1], &[2, 3]]));
        assert_gives(&[1, 2, 3], &[9], |r| r.split(A, 3, B), Some([&[], &[1, 2, 3]]));
        assert_gives(&[1, 2, 3], &[9], |r| r.split(A, 2, A), Some([&[2, 3], &[9]]));
        assert_gives(&[1, 2, 3], &[9], |r| r.split(A, 4, B), None);
        assert_gives(&[1, 2], &[], |r| r.fill(A, 0xFF), Some([&[0xFF, 0xFF], &[]]));
        assert_gives(
            &[1, 2, 3],
            &[8, 9],
            |r| r.patch(A, 1, B),
            Some([&[1, 8, 9], &[8, 9]]),
        );
        assert_gives(&[1, 2, 3], &[8, 9], |r| r.patch(A, 2, B), None);
        assert_gives(&[0xF0], &[], |r| r.put(A, 0, 0x81, 0x0F), Some([&[0x71], &[]]));
        assert_gives(&[0xF0], &[], |r| r.put(A, 1, 0x81, 0x0F), None);
    }

    #[test]
    fn numbers_are_added_to_and_do_not_wrap() {
        assert_gives(&[0x01, 0xFF], &[], |r| r.add(A, 2), Some([&[0x02, 0x01], &[]]));
        assert_gives(&[0xFF, 0xFF], &[], |r| r.add(A, 0), Some([&[0xFF, 0xFF], &[]]));
        assert_gives(&[0xFF, 0xFF], &[], |r| r.add(A, 1), None);
        assert_gives(&[], &[], |r| r.add(A, 1), None);
    }

    #[test]
    fn counted_bytes_are_taken() {
        assert_gives(&[2, 8, 9, 7], &[1], |r| r.take(A, B), Some([&[7], &[8, 9]]));
        assert_gives(&[2, 8, 9, 7], &[1], |r| r.take(A, A), Some([&[8, 9], &[1]]));
        assert_gives(&[0], &[1], |r| r.take(A, B), Some([&[], &[]]));
        assert_gives(&[2, 8], &[1], |r| r.take(A, B), None);
        assert_gives(&[], &[1], |r| r.take(A, B), None);
    }

    #[test]
    fn data_objects_are_found_by_their_tag() {
        // A response to SELECT, as ETSI TS 102 221 shapes it, with the template around it taken off.
        let fcp = [
            0x82, 0x05, 0x42, 0x21, 0x00, 0x1C, 0x0A, 0x83, 0x02, 0x6F, 0x3A, 0x00, 0xFF, 0x9F, 0x01, 0x81,
            0x01, 0x77,
        ];
        let found = |tag| data_object(&fcp, tag);
        assert_eq!(found(0x82), Some(Some(&[0x42, 0x21, 0x00, 0x1C, 0x0A][..])));
        assert_eq!(found(0x83), Some(Some(&[0x6F, 0x3A][..])));
        assert_eq!(found(0x9F01), Some(Some(&[0x77][..])));
        assert_eq!(found(0x8A), Some(None));
        assert_eq!(data_object(&[], 0x82), Some(None));
        // An object that ends behind the register, a longer length, a longer tag, no length; and one before those.
        for wrong in [
            &[0x80, 0x02, 0x00][..],
            &[0x80, 0x82, 0x00, 0x00],
            &[0x9F, 0x81, 0x01, 0x00],
            &[0x80],
        ] {
            assert_eq!(data_object(wrong, 0x82), None, "{wrong:02X?}");
        }
        assert_eq!(data_object(&[0x82, 0x00, 0x80], 0x82), Some(Some(&[][..])));
    }

    #[test]
    fn what_is_made_of_a_secret_is_one() {
        type Work = fn(&mut Registers) -> Option<()>;
        let spread: [Work; 6] = [
            |r| r.copy(B, A),
            |r| r.join(B, A),
            |r| r.patch(B, 0, A),
            |r| r.split(A, 1, B),
            |r| r.take(A, B),
            |r| r.find(A, 0x01, B),
        ];
        for work in spread {
            let mut registers = with(&[1, 0], &[0; 4]);
            registers.make_secret(A).unwrap();
            assert!(!registers.is_secret(B));
            work(&mut registers).unwrap();
            assert!(registers.is_secret(B));
            registers.set(B, &[1], false).unwrap();
            assert!(!registers.is_secret(B), "what comes from elsewhere is none");
        }
        let mut registers = with(&[7; 8], &[7; 8]);
        registers.erase();
        assert_eq!(registers.bytes(A), Some(&[][..]));
        assert!(
            registers
                .0
                .iter()
                .all(|contents| contents.bytes == [0; REGISTER_SIZE])
        );
    }
}
