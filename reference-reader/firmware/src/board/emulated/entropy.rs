//! Random bytes: the chip has no source of them, so they are read from the machine that runs QEMU.
//!
//! **Not for production.** Through semihosting the image reads `/dev/urandom` of the host, which is as good as
//! the host is and gone without it. A reader that is shipped has a hardware generator with health tests.
//!
//! No seed can be passed in: a reader whose randomness somebody else chooses has no secrets from him.

use super::super::EntropyFailed;

/// Fills all of it.
///
/// # Errors
/// The host gives none.
pub fn fill(into: &mut [u8]) -> Result<(), EntropyFailed> {
    semihosting::experimental::random::fill_bytes(into).map_err(|_| EntropyFailed)
}

/// A source that gives the same twice is none.
///
/// # Errors
/// It is none.
pub fn self_test() -> Result<(), EntropyFailed> {
    let (mut one, mut two) = ([0; 16], [0; 16]);
    fill(&mut one)?;
    fill(&mut two)?;
    if one == two { Err(EntropyFailed) } else { Ok(()) }
}
