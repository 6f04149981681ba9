//! The same random numbers each time.

/// Xorshift, from a seed that is not 0.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        (self.number() >> 32) as u8
    }
}
