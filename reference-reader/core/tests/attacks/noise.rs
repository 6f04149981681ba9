//! Handshake messages that only an attacker makes: with a point of low order, or with a stolen key in the place of
//! another one. The library's Diffie-Hellman is replaced; the rest of Noise is as it is.

use cardwire_peers::{client::handshake, cloud, identity::Key};
use snow::{
    Builder, Error,
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, DefaultResolver},
    types::{Cipher, Dh, Hash, Random},
};

/// Public keys of low order (RFC 7748 and its errata): 0, 1, the two of order 8, p - 1, p, p + 1; and those that have the
/// bit set that is to be ignored.
pub fn low_order() -> Vec<[u8; 32]> {
    let order_8 = [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    let mut points = vec![[0; 32], near_zero(1)];
    points.extend(order_8.map(hex));
    points.extend([0xEC, 0xED, 0xEE].map(near_p));
    let high: Vec<_> = points.iter().map(|point| with_high_bit(*point)).collect();
    points.extend(high);
    points
}

fn near_zero(low: u8) -> [u8; 32] {
    let mut point = [0; 32];
    point[0] = low;
    point
}

/// 2^255 - 256 + `low`, little-endian.
fn near_p(low: u8) -> [u8; 32] {
    let mut point = [0xFF; 32];
    (point[0], point[31]) = (low, 0x7F);
    point
}

fn with_high_bit(mut point: [u8; 32]) -> [u8; 32] {
    point[31] |= 0x80;
    point
}

fn hex(text: &str) -> [u8; 32] {
    core::array::from_fn(|index| u8::from_str_radix(&text[2 * index..2 * index + 2], 16).unwrap())
}

const CLIENT: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";
const CLOUD: &str = "Noise_IK_25519_ChaChaPoly_SHA256";

/// The client's handshake message, right but for its ephemeral key.
pub fn client_message(key: &Key, prologue: &[u8], shown: [u8; 32]) -> [u8; 48] {
    let mut noise = builder(CLIENT, Trick::LowOrder(shown))
        .prologue(prologue)
        .unwrap()
        .psk(0, key.as_bytes())
        .unwrap()
        .build_initiator()
        .unwrap();
    let mut message = [0; handshake::HANDSHAKE_SIZE];
    noise.write_message(&[], &mut message).unwrap();
    message
}

/// A false reader's handshake message for a client, right but for its ephemeral key.
pub fn reader_message(key: &Key, prologue: &[u8], first: &[u8], shown: [u8; 32]) -> [u8; 48] {
    let mut noise = builder(CLIENT, Trick::LowOrder(shown))
        .prologue(prologue)
        .unwrap()
        .psk(0, key.as_bytes())
        .unwrap()
        .build_responder()
        .unwrap();
    noise.read_message(first, &mut [0; 16]).unwrap();
    let mut message = [0; handshake::HANDSHAKE_SIZE];
    noise.write_message(&[], &mut message).unwrap();
    message
}

/// The cloud's handshake message, right but for its ephemeral key.
pub fn cloud_message(key: &Key, header: &[u8], first: &[u8], shown: [u8; 32]) -> [u8; 48] {
    let prologue = cloud::prologue(header);
    let mut noise = builder(CLOUD, Trick::LowOrder(shown))
        .prologue(&prologue)
        .unwrap()
        .local_private_key(key.as_bytes())
        .unwrap()
        .build_responder()
        .unwrap();
    noise.read_message(first, &mut [0; 16]).unwrap();
    let mut message = [0; 48];
    noise.write_message(&[], &mut message).unwrap();
    message
}

/// The cloud's handshake message with a payload in it.
pub fn cloud_message_with_payload(key: &Key, header: &[u8], first: &[u8], payload: &[u8]) -> Vec<u8> {
    let prologue = cloud::prologue(header);
    let mut noise = Builder::new(CLOUD.parse().unwrap())
        .prologue(&prologue)
        .unwrap()
        .local_private_key(key.as_bytes())
        .unwrap()
        .build_responder()
        .unwrap();
    noise.read_message(first, &mut [0; 16]).unwrap();
    let mut message = vec![0; 48 + payload.len()];
    noise.write_message(payload, &mut message).unwrap();
    message
}

/// A first handshake message in a reader's name, of somebody who has stolen the cloud's key and not the reader's. Its
/// second value is a channel as far as he gets: he lacks the Diffie-Hellman of the reader's key and the cloud's new one.
pub struct Impersonation(snow::HandshakeState);

impl Impersonation {
    pub fn begin(cloud_key: &Key, reader_public: [u8; 32], header: &[u8]) -> (Self, [u8; 96]) {
        let prologue = cloud::prologue(header);
        let cloud_public = cloud_key.x25519_public();
        let trick = Trick::Stolen {
            shown: reader_public,
            stolen: *cloud_key.as_bytes(),
            of: cloud_public,
        };
        let mut noise = builder(CLOUD, trick)
            .prologue(&prologue)
            .unwrap()
            .local_private_key(&[0x77; 32])
            .unwrap()
            .remote_public_key(&cloud_public)
            .unwrap()
            .build_initiator()
            .unwrap();
        let mut first = [0; 96];
        noise.write_message(&[], &mut first).unwrap();
        (Self(noise), first)
    }

    /// Tries to read the cloud's answer with what he has: whether it opens.
    pub fn reads(&mut self, second: &[u8]) -> bool {
        self.0.read_message(second, &mut [0; 16]).is_ok()
    }
}

fn builder(pattern: &str, trick: Trick) -> Builder<'static> {
    Builder::with_resolver(pattern.parse().unwrap(), Box::new(trick))
}

/// What is wrong with the Diffie-Hellman.
#[derive(Clone, Copy)]
enum Trick {
    /// The ephemeral key shown is this one, and every result of it zero.
    LowOrder([u8; 32]),
    /// The static key shown is somebody else's; its result with `of` is computed with the stolen private key of `of`.
    Stolen {
        shown: [u8; 32],
        stolen: [u8; 32],
        of: [u8; 32],
    },
}

impl CryptoResolver for Trick {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        DefaultResolver.resolve_rng()
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        Some(Box::new(TrickDh {
            inner: DefaultResolver.resolve_dh(choice)?,
            trick: *self,
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

struct TrickDh {
    inner: Box<dyn Dh>,
    trick: Trick,
    /// Generated keys are ephemeral, those that were set are static.
    is_ephemeral: bool,
}

impl Dh for TrickDh {
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
        match &self.trick {
            Trick::LowOrder(shown) if self.is_ephemeral => shown,
            Trick::Stolen { shown, .. } if !self.is_ephemeral => shown,
            Trick::LowOrder(_) | Trick::Stolen { .. } => self.inner.pubkey(),
        }
    }

    fn privkey(&self) -> &[u8] {
        self.inner.privkey()
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), Error> {
        match &self.trick {
            Trick::LowOrder(_) if self.is_ephemeral => out.fill(0),
            Trick::Stolen { shown, stolen, of } if !self.is_ephemeral && pubkey[..32] == *of => {
                let stolen = x25519_dalek::StaticSecret::from(*stolen);
                let shared = stolen.diffie_hellman(&x25519_dalek::PublicKey::from(*shown));
                out[..32].copy_from_slice(shared.as_bytes());
            }
            Trick::LowOrder(_) | Trick::Stolen { .. } => return self.inner.dh(pubkey, out),
        }
        Ok(())
    }
}
