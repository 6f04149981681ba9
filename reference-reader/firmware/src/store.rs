//! Records that survive a power cut at any point: two copies each, of which one is always whole.
//!
//! A record has two pages of [`Flash`] to itself. A new value goes to the page that doesn't hold the current one:
//! erase, header and data, and last the mark that makes it count. Whatever is cut, the page of the current value was
//! not touched. A page counts if it has the mark and its checksum is right; of two the later one is current.
//!
//! | bytes | |
//! | --- | --- |
//! | 0 to 3 | sequence number, one more than that of the other page |
//! | 4 to 7 | length of the data |
//! | 8 to 11 | CRC-32C of sequence number, length and data |
//! | 12 to 15 | the mark |
//! | 16 on | data |

use crate::board::{Flash, FlashFailed};
use crc::{CRC_32_ISCSI, Crc, NoTable};

/// No table: a record is short and flash is slower.
const CHECKSUM: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISCSI);
const HEADER: usize = 16;
const MARK_AT: usize = 12;
const MARK: [u8; 4] = *b"\x1cCW1";
/// Bytes that are read at once to compute a checksum.
const CHUNK: usize = 64;

/// The records on a flash, by number; record `n` has pages `2n` and `2n + 1`.
#[derive(Debug)]
pub struct Records<'a, F>(pub &'a mut F);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Copy {
    page: usize,
    sequence: u32,
    length: usize,
}

impl<F: Flash> Records<'_, F> {
    /// How many records the flash has room for.
    pub const COUNT: usize = F::PAGES / 2;
    /// How many bytes a record has room for.
    pub const CAPACITY: usize = F::PAGE - HEADER;

    /// Reads a record into the front of `out` and returns its length; `None` where it was never stored or is longer
    /// than `out`.
    pub fn load(&mut self, record: usize, out: &mut [u8]) -> Option<usize> {
        let current = self.current(record)?;
        let out = out.get_mut(..current.length)?;
        self.0.read(current.page * F::PAGE + HEADER, out).ok()?;
        Some(current.length)
    }

    /// Stores a record whole: after a power cut the old or the new one is there. When it returns the new one is.
    ///
    /// The value before stays readable in the other page until the next call: a key that has to be gone is stored over
    /// twice.
    ///
    /// # Errors
    /// There is no such record, the data is longer than [`CAPACITY`](Self::CAPACITY), or the flash failed; what
    /// was stored before is still there.
    pub fn store(&mut self, record: usize, data: &[u8]) -> Result<(), FlashFailed> {
        if record >= Self::COUNT || data.len() > Self::CAPACITY {
            return Err(FlashFailed::OutOfRange);
        }
        let current = self.current(record);
        let page = current.map_or(2 * record, |current| current.page ^ 1);
        let sequence = current.map_or(0, |current| current.sequence.wrapping_add(1));

        // `CAPACITY` is below 4 GiB on any chip.
        let head = head(sequence, data.len() as u32);
        let mut digest = CHECKSUM.digest();
        digest.update(&head);
        digest.update(data);
        let start = page * F::PAGE;
        self.0.erase(page)?;
        self.0.program(start, &head)?;
        self.0
            .program(start + head.len(), &digest.finalize().to_be_bytes())?;
        self.0.program(start + HEADER, data)?;
        self.0.program(start + MARK_AT, &MARK)?;

        // Worn flash may take a byte and not keep it: nobody is told that something is stored which is not.
        let stored = self
            .copy(page)
            .is_some_and(|copy| copy.sequence == sequence && copy.length == data.len());
        if stored { Ok(()) } else { Err(FlashFailed::Device) }
    }

    fn current(&mut self, record: usize) -> Option<Copy> {
        if record >= Self::COUNT {
            return None;
        }
        match (self.copy(2 * record), self.copy(2 * record + 1)) {
            // They are one apart; the difference is right also where the number wraps.
            (Some(one), Some(other)) if other.sequence.wrapping_sub(one.sequence) == 1 => Some(other),
            (Some(one), _) => Some(one),
            (None, other) => other,
        }
    }

    /// The copy in a page, if it is whole.
    fn copy(&mut self, page: usize) -> Option<Copy> {
        let start = page * F::PAGE;
        let mut header = [0; HEADER];
        self.0.read(start, &mut header).ok()?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, mark @ ..] = header;
        let sequence = u32::from_be_bytes([a, b, c, d]);
        let length = u32::from_be_bytes([e, f, g, h]);
        let checksum = u32::from_be_bytes([i, j, k, l]);
        let bytes = usize::try_from(length)
            .ok()
            .filter(|bytes| *bytes <= Self::CAPACITY && mark == MARK)?;

        let mut digest = CHECKSUM.digest();
        digest.update(&head(sequence, length));
        for at in (0..bytes).step_by(CHUNK) {
            let mut chunk = [0; CHUNK];
            let chunk = &mut chunk[..CHUNK.min(bytes - at)];
            self.0.read(start + HEADER + at, chunk).ok()?;
            digest.update(chunk);
        }
        (digest.finalize() == checksum).then_some(Copy {
            page,
            sequence,
            length: bytes,
        })
    }
}

fn head(sequence: u32, length: u32) -> [u8; 8] {
    let [a, b, c, d] = sequence.to_be_bytes();
    let [e, f, g, h] = length.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Records};
    use crate::board::{Flash, FlashFailed};

    /// NOR flash whose power goes off after a number of bytes, in the middle of an operation and of a byte.
    #[derive(Clone)]
    struct Cut {
        bytes: [u8; 4 * Self::PAGE],
        /// Bytes that can be programmed or erased before the cut.
        power: usize,
        noise: u64,
    }

    impl Cut {
        fn new() -> Self {
            Self {
                bytes: [0xff; 4 * Self::PAGE],
                power: usize::MAX,
                noise: 1,
            }
        }

        /// Changes one byte, or, at the cut, some of its bits.
        fn change(&mut self, at: usize, to: u8) -> Result<(), FlashFailed> {
            let from = self.bytes[at];
            let Some(left) = self.power.checked_sub(1) else {
                let some = self.random();
                self.bytes[at] = (from & !some) | (to & some);
                return Err(FlashFailed::Device);
            };
            self.power = left;
            self.bytes[at] = to;
            Ok(())
        }

        /// xorshift: only has to look random, and to be the same in every run.
        fn random(&mut self) -> u8 {
            self.noise ^= self.noise << 13;
            self.noise ^= self.noise >> 7;
            self.noise ^= self.noise << 17;
            (self.noise >> 32) as u8
        }

        fn load(&mut self, record: usize) -> Option<Vec<u8>> {
            let mut out = [0; Self::PAGE];
            let length = Records(self).load(record, &mut out)?;
            Some(out[..length].to_vec())
        }
    }

    impl Flash for Cut {
        const PAGE: usize = 40;
        const PAGES: usize = 4;

        fn read(&mut self, offset: usize, into: &mut [u8]) -> Result<(), FlashFailed> {
            into.copy_from_slice(&self.bytes[offset..offset + into.len()]);
            Ok(())
        }

        fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), FlashFailed> {
            for (at, byte) in (offset..).zip(bytes) {
                self.change(at, self.bytes[at] & byte)?;
            }
            Ok(())
        }

        /// A page is erased all at once: at the cut every bit of it may be old or set.
        fn erase(&mut self, page: usize) -> Result<(), FlashFailed> {
            let range = page * Self::PAGE..(page + 1) * Self::PAGE;
            if self.power < Self::PAGE {
                // From half the bits to one in sixteen: the fewer, the more looks as if nothing had happened.
                let density = self.power % 4;
                for at in range {
                    let some = (0..=density).fold(0xff, |bits, _| bits & self.random());
                    self.bytes[at] |= some;
                }
                self.power = 0;
                return Err(FlashFailed::Device);
            }
            for at in range {
                self.change(at, 0xff)?;
            }
            Ok(())
        }
    }

    /// More than a store costs: a page erased, a page programmed.
    const LONGEST: usize = 2 * Cut::PAGE;

    #[test]
    fn stores_and_loads() {
        let mut flash = Cut::new();
        assert_eq!(flash.load(0), None);
        for (count, data) in [&b"one"[..], b"", &[0xff; 24], b"four"].into_iter().enumerate() {
            assert_eq!(Records(&mut flash).store(0, data), Ok(()), "value {count}");
            assert_eq!(flash.load(0).as_deref(), Some(data), "value {count}");
        }
        assert_eq!(flash.load(1), None, "the neighbour was not touched");
        assert_eq!(
            Records(&mut flash).load(0, &mut [0; 3]),
            None,
            "no room for four bytes"
        );

        assert_eq!(Records::<Cut>::COUNT, 2);
        assert_eq!(Records(&mut flash).store(2, b""), Err(FlashFailed::OutOfRange));
        let long = [0; Cut::PAGE - HEADER + 1];
        assert_eq!(Records(&mut flash).store(0, &long), Err(FlashFailed::OutOfRange));
        assert_eq!(
            flash.load(0).as_deref(),
            Some(&b"four"[..]),
            "a refusal changes nothing"
        );
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut flash = Cut::new();
        assert_eq!(Records(&mut flash).store(0, b"a"), Ok(()));
        // The page of the highest number, with the checksum that belongs to it.
        let head = super::head(u32::MAX, 1);
        let mut digest = super::CHECKSUM.digest();
        digest.update(&head);
        digest.update(b"z");
        flash.bytes[..8].copy_from_slice(&head);
        flash.bytes[8..12].copy_from_slice(&digest.finalize().to_be_bytes());
        flash.bytes[HEADER] = b'z';
        assert_eq!(flash.load(0).as_deref(), Some(&b"z"[..]));
        assert_eq!(Records(&mut flash).store(0, b"next"), Ok(()));
        assert_eq!(flash.load(0).as_deref(), Some(&b"next"[..]));
    }

    /// Every cut of a store, then every cut of the store after it, then one that is not cut.
    #[test]
    fn two_cuts_leave_the_old_or_the_new() {
        let mut cuts = 0;
        for stored in 0..3_usize {
            let mut flash = Cut::new();
            let mut before = None;
            for value in [&b"first"[..], b"the second, longer"].into_iter().take(stored) {
                assert_eq!(Records(&mut flash).store(0, value), Ok(()));
                before = Some(value.to_vec());
            }
            for first in 0..LONGEST {
                let mut flash = Cut {
                    power: first,
                    noise: 1 + first as u64,
                    ..flash.clone()
                };
                let done = Records(&mut flash).store(0, b"third").is_ok();
                let after_first = flash.load(0);
                let new = Some(b"third".to_vec());
                assert!(
                    after_first == new || !done && after_first == before,
                    "cut at {first}: {after_first:?}"
                );

                for second in 0..LONGEST {
                    let noise = 1000 * first as u64 + second as u64 + 1;
                    let mut flash = Cut {
                        power: second,
                        noise,
                        ..flash.clone()
                    };
                    let done = Records(&mut flash).store(0, b"and the fourth").is_ok();
                    let seen = flash.load(0);
                    let new = Some(b"and the fourth".to_vec());
                    assert!(
                        seen == new || !done && seen == after_first,
                        "cuts at {first}, {second}: {seen:?}"
                    );

                    flash.power = usize::MAX;
                    assert_eq!(
                        Records(&mut flash).store(0, b"last"),
                        Ok(()),
                        "cuts at {first}, {second}"
                    );
                    assert_eq!(
                        flash.load(0).as_deref(),
                        Some(&b"last"[..]),
                        "cuts at {first}, {second}"
                    );
                    cuts += 1;
                }
            }
        }
        assert_eq!(cuts, 3 * LONGEST * LONGEST, "every pair was tried");
    }
}
