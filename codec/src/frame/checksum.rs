//! The CRC-32C of frames (CW-LINK-003): polynomial CRC-32/ISCSI of the catalogues.
//!
//! Bit by bit, as flash is dear on a chip and its frames are few; with the feature `hardware-crc` by the processor's own
//! instructions, where it has them, and for short frames by a table of 16 KiB. All are libraries' work, and give the same.

use crc::{CRC_32_ISCSI, Crc, Table};

#[cfg(feature = "hardware-crc")]
const LANES: usize = 16;
#[cfg(not(feature = "hardware-crc"))]
const LANES: usize = 0;

static TABLE: Crc<u32, Table<LANES>> = Crc::<u32, Table<LANES>>::new(&CRC_32_ISCSI);

/// The checksum of these bytes.
#[inline]
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    #[cfg(feature = "hardware-crc")]
    {
        /// Below, a call and the question what the processor has cost more than they save.
        const SHORT: usize = 64;
        if bytes.len() > SHORT {
            return crc32c::crc32c(bytes);
        }
    }
    TABLE.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, checksum};

    /// The check value of the catalogues, and the examples of RFC 3720, B.4.
    #[test]
    fn published_examples() {
        let ascending: [u8; 32] = core::array::from_fn(|index| index as u8);
        let descending: [u8; 32] = core::array::from_fn(|index| 31 - index as u8);
        let read = b"\x01\xC0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14\0\0\0\0\0\x04\0\0\0\0\x14\0\0\0\x18\x28\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0";
        for (bytes, expected) in [
            (&b"123456789"[..], 0xE306_9283),
            (&[0; 32], 0x8A91_36AA),
            (&[0xFF; 32], 0x62A8_AB43),
            (&ascending, 0x46DD_794E),
            (&descending, 0x113F_DB5C),
            (read, 0xD996_3A56),
        ] {
            assert_eq!(checksum(bytes), expected);
        }
    }

    #[test]
    fn is_the_same_at_every_length() {
        let bytes: [u8; 600] = core::array::from_fn(|index| (index * 7 % 251) as u8);
        for length in 0..bytes.len() {
            assert_eq!(checksum(&bytes[..length]), TABLE.checksum(&bytes[..length]));
        }
    }
}
