//! SHA-256, by the code that the handshakes work with too: an image holds it once.

use noise_protocol::{Hash as _, U8Array as _};

/// A digest in the making.
#[derive(Default)]
pub struct Sha256(noise_rust_crypto::Sha256);

impl Sha256 {
    /// Takes the next bytes of what is digested.
    pub fn update(&mut self, data: &[u8]) {
        self.0.input(data);
    }

    /// The digest.
    #[inline(never)]
    #[must_use]
    pub fn finish(mut self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.result().as_slice());
        digest
    }
}

/// The digest of these bytes.
#[inline(never)]
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::default();
    digest.update(data);
    digest.finish()
}
