//! The bytes between an interrupt that fills and a main loop that empties.

use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// A queue of up to `N` bytes for one writer and one reader, of which either may interrupt the other.
///
/// It needs no lock and no `unsafe`: each end alone moves its own index, and the bytes are atomics. The indices
/// count on without end, so that full and empty look different; that works when `N` is a power of two.
#[derive(Debug)]
pub struct Ring<const N: usize> {
    bytes: [AtomicU8; N],
    written: AtomicUsize,
    read: AtomicUsize,
}

impl<const N: usize> Ring<N> {
    /// An empty queue.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N.is_power_of_two(), "the indices wrap at a power of two") };
        Self {
            bytes: [const { AtomicU8::new(0) }; N],
            written: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
        }
    }

    /// Whether a [`push`](Self::push) would be refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() == N
    }

    /// Whether nothing is there to [`pop`](Self::pop).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// For the writer: appends a byte; false when the queue is full and the byte was not taken.
    #[must_use]
    pub fn push(&self, byte: u8) -> bool {
        if self.is_full() {
            return false;
        }
        let at = self.written.load(Ordering::Relaxed);
        self.bytes[at % N].store(byte, Ordering::Relaxed);
        self.written.store(at.wrapping_add(1), Ordering::Release);
        true
    }

    /// For the reader: takes the oldest byte.
    pub fn pop(&self) -> Option<u8> {
        if self.is_empty() {
            return None;
        }
        let at = self.read.load(Ordering::Relaxed);
        let byte = self.bytes[at % N].load(Ordering::Relaxed);
        self.read.store(at.wrapping_add(1), Ordering::Release);
        Some(byte)
    }

    fn len(&self) -> usize {
        // `read` first: if the other end moves in between, the result is one that was true a moment ago or is
        // too small for the reader and too great for the writer, which both only makes them wait.
        let read = self.read.load(Ordering::Acquire);
        self.written.load(Ordering::Acquire).wrapping_sub(read)
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn gives_back_in_order_and_refuses_what_does_not_fit() {
        let ring = Ring::<4>::new();
        // Three rounds, so that the indices wrap around the buffer at every offset.
        for round in 0..3_u8 {
            assert!(ring.is_empty());
            for byte in 0..4 {
                assert!(ring.push(round + byte), "round {round}: byte {byte} fits");
            }
            assert!(ring.is_full());
            assert!(!ring.push(0xff), "round {round}: a full ring refuses");
            for byte in 0..4 {
                assert_eq!(ring.pop(), Some(round + byte));
            }
            assert_eq!(ring.pop(), None);
            assert!(ring.push(9) && ring.pop() == Some(9));
        }
    }

    #[test]
    fn loses_nothing_between_two_threads() {
        let ring = Ring::<8>::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..10_000_u32 {
                    while !ring.push(n as u8) {
                        std::thread::yield_now();
                    }
                }
            });
            for n in 0..10_000_u32 {
                let byte = loop {
                    match ring.pop() {
                        Some(byte) => break byte,
                        None => std::thread::yield_now(),
                    }
                };
                assert_eq!(byte, n as u8);
            }
        });
    }
}
