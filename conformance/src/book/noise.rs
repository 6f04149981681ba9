//! Noise step by step: what a handshake's state is after each operation.
//!
//! The primitives are those of the library that the peers use; the order of the steps is written out here, because a
//! library keeps the values between them to itself and they are what the author of another one needs to see. A test
//! holds messages, hash and keys against the library's own handshakes.

use super::BookError;
use crate::hex;
use snow::{
    params::{CipherChoice, DHChoice, HashChoice},
    resolvers::{CryptoResolver, DefaultResolver},
    types::{Cipher, Dh, Hash},
};

/// Bytes of keys and hashes.
pub(super) const SIZE: usize = 32;
/// Bytes of the tag behind every sealed message.
const TAG: usize = 16;

/// What a handshake's state was after one operation.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The operation, as the Noise specification calls it.
    pub(super) operation: String,
    /// The names and values that it gave or changed, in hexadecimal.
    pub(super) values: Vec<(&'static str, String)>,
}

/// One end's view of a handshake: the state that both ends share, and the steps so far.
pub(super) struct Symmetric {
    hash: [u8; SIZE],
    chaining_key: [u8; SIZE],
    key: Option<[u8; SIZE]>,
    nonce: u64,
    steps: Vec<Step>,
}

/// A key pair of X25519.
pub(super) struct KeyPair {
    pub(super) private: [u8; SIZE],
    pub(super) public: [u8; SIZE],
}

/// What a finished handshake gives.
#[derive(Clone, Debug)]
pub(super) struct Split {
    /// Seals what the initiator sends.
    pub(super) initiator: [u8; SIZE],
    /// Seals what the responder sends.
    pub(super) responder: [u8; SIZE],
    /// The handshake hash.
    pub(super) hash: [u8; SIZE],
}

impl Symmetric {
    /// The state of a handshake that begins.
    pub(super) fn new(protocol_name: &str, prologue: &[u8]) -> Result<Self, BookError> {
        let name = protocol_name.as_bytes();
        let (hash, operation) = if name.len() <= SIZE {
            let mut padded = [0; SIZE];
            padded[..name.len()].copy_from_slice(name);
            (
                padded,
                format!("Initialize: `h` is the name `{protocol_name}`, filled with 00 to 32 bytes"),
            )
        } else {
            (
                sha256(&[name])?,
                format!("Initialize: `h` = SHA-256 of the name `{protocol_name}`"),
            )
        };
        let mut state = Self {
            hash,
            chaining_key: hash,
            key: None,
            nonce: 0,
            steps: Vec::new(),
        };
        state.note(operation, &[("h", hash), ("ck", hash)]);
        state.mix_hash("prologue", prologue)?;
        Ok(state)
    }

    /// The steps so far.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// `h` = SHA-256(`h`, data).
    pub(super) fn mix_hash(&mut self, what: &str, data: &[u8]) -> Result<(), BookError> {
        self.hash = sha256(&[&self.hash, data])?;
        self.note(format!("MixHash({what})"), &[("h", self.hash)]);
        Ok(())
    }

    /// `ck`, `k` = HKDF(`ck`, input), and the nonce begins at 0.
    pub(super) fn mix_key(&mut self, what: &str, input: &[u8]) -> Result<(), BookError> {
        let [chaining_key, key, _] = hkdf(&self.chaining_key, input, 2)?;
        (self.chaining_key, self.key, self.nonce) = (chaining_key, Some(key), 0);
        self.note(format!("MixKey({what})"), &[("ck", chaining_key), ("k", key)]);
        Ok(())
    }

    /// `ck`, a part of the hash, and `k` = HKDF(`ck`, input).
    pub(super) fn mix_key_and_hash(&mut self, what: &str, input: &[u8]) -> Result<(), BookError> {
        let [chaining_key, part, key] = hkdf(&self.chaining_key, input, 3)?;
        self.hash = sha256(&[&self.hash, &part])?;
        (self.chaining_key, self.key, self.nonce) = (chaining_key, Some(key), 0);
        let values = [
            ("ck", chaining_key),
            ("temp_h", part),
            ("h", self.hash),
            ("k", key),
        ];
        self.note(format!("MixKeyAndHash({what})"), &values);
        Ok(())
    }

    /// X25519 of a private and a public key, mixed into the key.
    pub(super) fn mix_dh(
        &mut self,
        token: &str,
        private: &[u8; SIZE],
        public: &[u8; SIZE],
    ) -> Result<(), BookError> {
        let mut dh = diffie_hellman()?;
        dh.set(private);
        let mut shared = [0; SIZE];
        dh.dh(public, &mut shared)?;
        self.note(format!("DH for `{token}`"), &[("dh", shared)]);
        self.mix_key(&format!("dh of `{token}`"), &shared)
    }

    /// Seals under the present key with `h` as associated data, and hashes what came out.
    pub(super) fn encrypt_and_hash(&mut self, what: &str, plain: &[u8]) -> Result<Vec<u8>, BookError> {
        let key = self
            .key
            .ok_or(BookError::Missing("a key before the first sealed part"))?;
        let sealed = seal(&key, self.nonce, &self.hash, plain)?;
        self.hash = sha256(&[&self.hash, &sealed])?;
        let operation = format!("EncryptAndHash({what}), nonce {}", self.nonce);
        self.steps.push(Step {
            operation,
            values: vec![("sealed", hex::encode(&sealed)), ("h", hex::encode(&self.hash))],
        });
        self.nonce += 1;
        Ok(sealed)
    }

    /// The keys of both directions.
    pub(super) fn split(mut self) -> Result<(Split, Vec<Step>), BookError> {
        let [initiator, responder, _] = hkdf(&self.chaining_key, &[], 2)?;
        self.note("Split".into(), &[("k1", initiator), ("k2", responder)]);
        let split = Split {
            initiator,
            responder,
            hash: self.hash,
        };
        Ok((split, self.steps))
    }

    fn note(&mut self, operation: String, values: &[(&'static str, [u8; SIZE])]) {
        let values = values.iter().map(|(name, value)| (*name, hex::encode(value)));
        self.steps.push(Step {
            operation,
            values: values.collect(),
        });
    }
}

impl KeyPair {
    /// The pair of a private key.
    pub(super) fn of(private: [u8; SIZE]) -> Result<Self, BookError> {
        let mut dh = diffie_hellman()?;
        dh.set(&private);
        let public = dh
            .pubkey()
            .try_into()
            .map_err(|_| BookError::Missing("a public key of 32 bytes"))?;
        Ok(Self { private, public })
    }
}

/// ChaCha20-Poly1305 under a Noise nonce; the tag stands behind the sealed bytes.
pub(super) fn seal(
    key: &[u8; SIZE],
    nonce: u64,
    associated: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, BookError> {
    let cipher = DefaultResolver.resolve_cipher(&CipherChoice::ChaChaPoly);
    let mut cipher: Box<dyn Cipher> = cipher.ok_or(BookError::Missing("ChaCha20-Poly1305"))?;
    cipher.set(key);
    let mut sealed = vec![0; plain.len() + TAG];
    let length = cipher.encrypt(nonce, associated, plain, &mut sealed);
    sealed.truncate(length);
    Ok(sealed)
}

/// SHA-256 of the parts, one behind the other.
pub(super) fn sha256(parts: &[&[u8]]) -> Result<[u8; SIZE], BookError> {
    let mut hash = hasher()?;
    for part in parts {
        hash.input(part);
    }
    let mut out = [0; SIZE];
    hash.result(&mut out);
    Ok(out)
}

/// HMAC-SHA-256; a key has 64 bytes at most.
pub(super) fn hmac(key: &[u8], parts: &[&[u8]]) -> Result<[u8; SIZE], BookError> {
    let mut out = [0; SIZE];
    hasher()?.hmac(key, &parts.concat(), &mut out);
    Ok(out)
}

/// HKDF of the Noise specification: two or three outputs.
fn hkdf(chaining_key: &[u8; SIZE], input: &[u8], outputs: usize) -> Result<[[u8; SIZE]; 3], BookError> {
    let [mut one, mut two, mut three] = [[0; SIZE]; 3];
    hasher()?.hkdf(chaining_key, input, outputs, &mut one, &mut two, &mut three);
    Ok([one, two, three])
}

fn hasher() -> Result<Box<dyn Hash>, BookError> {
    let hash = DefaultResolver.resolve_hash(&HashChoice::SHA256);
    hash.ok_or(BookError::Missing("SHA-256"))
}

fn diffie_hellman() -> Result<Box<dyn Dh>, BookError> {
    let dh = DefaultResolver.resolve_dh(&DHChoice::Curve25519);
    dh.ok_or(BookError::Missing("X25519"))
}
