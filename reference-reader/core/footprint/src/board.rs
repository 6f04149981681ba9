//! A board that the compiler knows nothing about: whatever it answers is possible.

use cardwire_core::{
    Env,
    env::{RandomFailed, Record, StoreFailed},
};
use core::hint::black_box;

/// The board. What it does of its own is no part of the core, so it does next to nothing.
pub(crate) struct Board;

impl Env for Board {
    #[inline(never)]
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        black_box(out);
        black_box(Ok(()))
    }

    #[inline(never)]
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        black_box(record);
        // A length beyond `out` would break the contract.
        black_box(Some(black_box(out).len()))
    }

    #[inline(never)]
    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        black_box((record, data));
        black_box(Ok(()))
    }

    #[inline(never)]
    fn stage_size(&self) -> u32 {
        black_box(128 * 1024)
    }

    #[inline(never)]
    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        black_box(digest);
        black_box(Ok(()))
    }

    #[inline(never)]
    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        black_box(digest);
        black_box(0)
    }

    #[inline(never)]
    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        black_box(data);
        black_box(Ok(()))
    }

    #[inline(never)]
    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        black_box((offset, out));
        black_box(Ok(()))
    }
}
