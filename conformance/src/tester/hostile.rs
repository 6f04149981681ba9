//! Handshakes that are right in everything but what an end must refuse: most have a point of low order as ephemeral
//! key, one a payload.
//!
//! The library's own Diffie-Hellman is replaced by one that shows a chosen public key. With a point of low order every
//! result is all zero, so that both ends would go on with keys that anybody can compute (CW-CONN-011).

use cardwire_peers::{cloud, identity::Key};
use snow::{
    Builder, Error,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, DefaultResolver},
    types::{Cipher, Dh, Hash, Random},
};

/// Public keys of low order: 0, 1, the points of order 8, p - 1, p and p + 1.
pub(crate) const LOW_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A, 0xDA,
        0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00,
    ],
    [
        0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B, 0x04,
        0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57,
    ],
    near_p(0xEC),
    near_p(0xED),
    near_p(0xEE),
];

/// 2^255 - 256 + `low`, little-endian: p is 2^255 - 19.
const fn near_p(low: u8) -> [u8; 32] {
    let mut point = [0xFF; 32];
    point[0] = low;
    point[31] = 0x7F;
    point
}

const CLIENT_PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";
const CLOUD_PATTERN: &str = "Noise_IK_25519_ChaChaPoly_SHA256";

/// The client's handshake message with this public key in it.
pub(super) fn client_message(key: &Key, prologue: &[u8], public: [u8; 32]) -> Result<[u8; 48], Error> {
    let mut noise = Builder::with_resolver(CLIENT_PATTERN.parse()?, Box::new(Fixed(public)))
        .prologue(prologue)?
        .psk(0, key.as_bytes())?
        .build_initiator()?;
    let mut message = [0; 48];
    noise.write_message(&[], &mut message)?;
    Ok(message)
}

/// The reader's handshake message with this public key in it, after the client's.
pub(crate) fn reader_message(
    key: &Key,
    prologue: &[u8],
    first: &[u8],
    public: [u8; 32],
) -> Result<[u8; 48], Error> {
    let mut noise = Builder::with_resolver(CLIENT_PATTERN.parse()?, Box::new(Fixed(public)))
        .prologue(prologue)?
        .psk(0, key.as_bytes())?
        .build_responder()?;
    noise.read_message(first, &mut [0; 16])?;
    let mut message = [0; 48];
    noise.write_message(&[], &mut message)?;
    Ok(message)
}

/// The cloud's handshake message with this public key in it, and nothing that follows it.
pub(super) fn cloud_message(
    static_key: &Key,
    header: &[u8],
    first: &[u8],
    public: [u8; 32],
) -> Result<[u8; 48], Error> {
    let prologue = cloud::prologue(header);
    let mut noise = Builder::with_resolver(CLOUD_PATTERN.parse()?, Box::new(Fixed(public)))
        .prologue(&prologue)?
        .local_private_key(static_key.as_bytes())?
        .build_responder()?;
    noise.read_message(first, &mut [0; 16])?;
    let mut message = [0; 48];
    noise.write_message(&[], &mut message)?;
    Ok(message)
}

/// The cloud's handshake message, right but for a payload.
pub(super) fn cloud_message_with_payload(
    static_key: &Key,
    header: &[u8],
    first: &[u8],
    payload: &[u8],
) -> Result<Vec<u8>, Error> {
    let prologue = cloud::prologue(header);
    let mut noise = Builder::new(CLOUD_PATTERN.parse()?)
        .prologue(&prologue)?
        .local_private_key(static_key.as_bytes())?
        .build_responder()?;
    noise.read_message(first, &mut [0; 16])?;
    let mut message = vec![0; 48 + payload.len()];
    noise.write_message(payload, &mut message)?;
    Ok(message)
}

/// The library's primitives, with a Diffie-Hellman that shows this public key.
struct Fixed([u8; 32]);

impl CryptoResolver for Fixed {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        DefaultResolver.resolve_rng()
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        let inner = DefaultResolver.resolve_dh(choice)?;
        Some(Box::new(FixedDh {
            inner,
            shown: self.0,
            is_ephemeral: false,
        }))
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

/// Generated keys, which are the ephemeral ones, show the chosen point; keys that were set are what they are.
struct FixedDh {
    inner: Box<dyn Dh>,
    shown: [u8; 32],
    is_ephemeral: bool,
}

impl Dh for FixedDh {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn pub_len(&self) -> usize {
        self.inner.pub_len()
    }

    fn priv_len(&self) -> usize {
        self.inner.priv_len()
    }

    fn set(&mut self, privkey: &[u8]) {
        self.inner.set(privkey);
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), Error> {
        self.is_ephemeral = true;
        self.inner.generate(rng)
    }

    fn pubkey(&self) -> &[u8] {
        if self.is_ephemeral {
            &self.shown
        } else {
            self.inner.pubkey()
        }
    }

    fn privkey(&self) -> &[u8] {
        self.inner.privkey()
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), Error> {
        if self.is_ephemeral {
            // What the other end computes with a point of low order.
            out.fill(0);
            Ok(())
        } else {
            self.inner.dh(pubkey, out)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ends of a library that does not check would agree: what a reader refuses is the point alone.
    #[test]
    fn an_end_that_does_not_check_accepts() {
        let (key, prologue) = (Key::new([7; 32]), b"prologue");
        for point in LOW_ORDER {
            let message = client_message(&key, prologue, point).unwrap();
            assert_eq!(message[..32], point);
            let builder = Builder::new(CLIENT_PATTERN.parse().unwrap());
            let mut reader = builder
                .prologue(prologue)
                .unwrap()
                .psk(0, key.as_bytes())
                .unwrap()
                .build_responder()
                .unwrap();
            reader.read_message(&message, &mut [0; 16]).unwrap();
        }
    }
}
