//! Random values that a seed repeats.

use core::sync::atomic::{AtomicU64, Ordering};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// A stream of bytes that follows from a seed and a label, the same on every machine. The label is the case's id, so
/// that a case replayed alone draws what it drew among all others.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    key: [u8; 32],
    counter: u64,
    rest: Vec<u8>,
}

impl Random {
    pub(crate) fn new(seed: u64, label: &str) -> Self {
        let key = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(label)
            .finalize()
            .into();
        Self {
            key,
            counter: 0,
            rest: Vec::new(),
        }
    }

    /// The next `count` bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            let block = Sha256::new()
                .chain_update(self.key)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            self.rest.extend_from_slice(&block);
            self.counter += 1;
        }
        let behind = self.rest.split_off(count);
        core::mem::replace(&mut self.rest, behind)
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let bytes = self.bytes(N);
        core::array::from_fn(|index| bytes[index])
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    /// The next number below `bound`; 0 where that is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }
}

/// Bytes that no other call gives, on this machine or another one: good for names, not for keys.
pub(crate) fn salt() -> [u8; 16] {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let label = format!("{} {}", std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Random::new(now.as_nanos() as u64, &label).array()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_label_decide() {
        let draw = |seed, label| Random::new(seed, label).bytes(40);
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        let mut random = Random::new(1, "a");
        assert_eq!([random.bytes(7), random.bytes(33)].concat(), draw(1, "a"));
    }

    #[test]
    fn no_two_salts_are_the_same() {
        assert_ne!(salt(), salt());
    }
}
