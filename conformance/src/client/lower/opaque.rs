//! Bytes that only reader and cloud could read, if they meant anything: to a client they are as good as any.

use crate::random::Random;

/// Sizes of relayed bytes, the smallest and the largest among them.
const SIZES: [usize; 5] = [479, 16, 255, 17, 300];

/// A stream of such bytes.
#[derive(Clone, Debug)]
pub(super) struct Opaque {
    random: Random,
    drawn: usize,
}

impl Opaque {
    pub(super) fn new(random: Random) -> Self {
        Self { random, drawn: 0 }
    }

    /// The next bytes; some begin and end with zeros, which are bytes like all others.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let size = SIZES[self.drawn % SIZES.len()];
        self.drawn += 1;
        let mut bytes = self.random.bytes(size);
        if self.drawn.is_multiple_of(2) {
            bytes[..2].fill(0);
            bytes[size - 2..].fill(0);
        }
        bytes
    }
}
