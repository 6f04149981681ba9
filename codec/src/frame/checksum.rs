//! The CRC-32C of frames (CW-LINK-003), as polynomial CRC-32/ISCSI of the catalogues.
//!
//! By table, 1 KiB; with the feature `hardware-crc` by the processor's own instructions where it has them. Both are
//! libraries' work, and give the same.

#[cfg(not(feature = "hardware-crc"))]
use crc::{CRC_32_ISCSI, Crc};

#[cfg(not(feature = "hardware-crc"))]
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A checksum that is made part by part.
pub(super) struct Checksum {
    #[cfg(not(feature = "hardware-crc"))]
    digest: crc::Digest<'static, u32>,
    #[cfg(feature = "hardware-crc")]
    value: u32,
}

#[cfg(not(feature = "hardware-crc"))]
impl Checksum {
    pub(super) fn new() -> Self {
        static TABLE: Crc<u32> = CRC;
        Self {
            digest: TABLE.digest(),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    pub(super) fn value(self) -> u32 {
        self.digest.finalize()
    }
}

#[cfg(feature = "hardware-crc")]
impl Checksum {
    #[inline]
    pub(super) const fn new() -> Self {
        Self { value: 0 }
    }

    #[inline]
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.value = crc32c::crc32c_append(self.value, bytes);
    }

    #[inline]
    pub(super) const fn value(self) -> u32 {
        self.value
    }
}

impl Checksum {
    /// The checksum of these bytes.
    #[inline]
    pub(super) fn of(bytes: &[u8]) -> u32 {
        let mut checksum = Self::new();
        checksum.update(bytes);
        checksum.value()
    }
}

#[cfg(test)]
mod tests {
    use super::Checksum;

    /// The check value of the catalogues, and an example of RFC 3720, B.4.
    #[test]
    fn published_examples() {
        assert_eq!(Checksum::of(b"123456789"), 0xE306_9283);
        assert_eq!(Checksum::of(&[0; 32]), 0x8A91_36AA);
        assert_eq!(Checksum::of(&[0xFF; 32]), 0x62A8_AB43);
        let ascending: [u8; 32] = core::array::from_fn(|index| index as u8);
        assert_eq!(Checksum::of(&ascending), 0x46DD_794E);
    }

    #[test]
    fn parts_make_the_whole() {
        let mut checksum = Checksum::new();
        checksum.update(b"1234");
        checksum.update(b"");
        checksum.update(b"56789");
        assert_eq!(checksum.value(), 0xE306_9283);
    }
}
