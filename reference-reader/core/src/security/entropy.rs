//! Ephemeral keys and challenges.

use super::noise::Sha256;
use crate::{env::Env, identity::SecretKey};
use noise_protocol::Hash as _;
use zeroize::Zeroizing;

const LABEL: &[u8; 18] = b"cardwire/1 entropy";

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
        let mut salt = [0; LABEL.len() + 12];
        salt[..LABEL.len()].copy_from_slice(LABEL);
        salt[LABEL.len()..][..4].copy_from_slice(&self.boot_counter.to_be_bytes());
        salt[LABEL.len() + 4..].copy_from_slice(&self.count.to_be_bytes());
        // The HKDF of the handshakes, which is here anyway.
        let (drawn, _) = Sha256::hkdf(&salt, &*material);
        Some(Zeroizing::new(*drawn))
    }
}
