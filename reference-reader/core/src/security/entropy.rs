//! Ephemeral keys and challenges.

use crate::{env::Env, identity::SecretKey};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Makes values that never repeat, also where the random source is weak: what it gives is mixed with the device's
/// static key, the boot counter and a count (CW-LOGIN-011).
#[derive(Debug)]
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Entropy {
    boot_counter: u32,
    count: u64,
}

impl Entropy {
    pub(crate) fn new(boot_counter: u32) -> Self {
        Self {
            boot_counter,
            count: 0,
        }
    }

    /// 32 fresh bytes; `None` where the random source fails.
    pub(crate) fn draw(&mut self, env: &mut impl Env, device: &SecretKey) -> Option<Zeroizing<[u8; 32]>> {
        let mut material = Zeroizing::new([0; 64]);
        env.random(&mut material[..32]).ok()?;
        material[32..].copy_from_slice(&device.0);
        self.count += 1;
        let mut info = [0; 12];
        info[..4].copy_from_slice(&self.boot_counter.to_be_bytes());
        info[4..].copy_from_slice(&self.count.to_be_bytes());
        let mut out = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(b"cardwire/1 entropy"), &*material)
            .expand(&info, &mut *out)
            .ok()?;
        Some(out)
    }
}
