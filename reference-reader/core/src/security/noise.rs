//! The one suite of both channels: X25519, ChaCha20-Poly1305, SHA-256, all from libraries.

use noise_protocol::{CipherState, DH, HandshakeState, U8Array};
use noise_rust_crypto::sensitive::Sensitive;
use x25519_dalek::{PublicKey, StaticSecret, X25519_BASEPOINT_BYTES};

pub(crate) use noise_protocol::Cipher;
pub(crate) use noise_rust_crypto::{ChaCha20Poly1305, Sha256};

/// A handshake of the suite.
pub(crate) type Handshake = HandshakeState<X25519, ChaCha20Poly1305, Sha256>;

/// A key of the suite that is erased when it goes out of use.
pub(crate) type Key = Sensitive<[u8; 32]>;

/// The same key once more, in a reader that is copied.
#[cfg(feature = "clone")]
pub(crate) fn copy(key: &Key) -> Key {
    Key::from_slice(key.as_slice())
}

/// Bytes of the authentication tag behind every sealed message.
pub(crate) const TAG: usize = cardwire_codec::message::limits::TAG_SIZE;

/// X25519 that refuses what is all zero (CW-CONN-011).
pub(crate) enum X25519 {}

impl DH for X25519 {
    type Key = Key;
    type Pubkey = [u8; 32];
    type Output = Key;

    fn name() -> &'static str {
        "25519"
    }

    fn genkey() -> Key {
        // The core owns no randomness: every handshake is given its ephemeral key when it is made.
        unreachable!("every handshake is made with an ephemeral key")
    }

    fn pubkey(key: &Key) -> [u8; 32] {
        // Not `PublicKey::from`: it is faster, and takes more flash, as it multiplies on another form of the curve.
        let base = PublicKey::from(X25519_BASEPOINT_BYTES);
        StaticSecret::from(**key).diffie_hellman(&base).to_bytes()
    }

    //= spec/book/src/connection.md#cw-conn-011
    //# A reader MUST refuse a handshake message whose Diffie-Hellman result is all zero.
    fn dh(key: &Key, public: &[u8; 32]) -> Result<Key, ()> {
        let shared = StaticSecret::from(**key).diffie_hellman(&PublicKey::from(*public));
        if shared.was_contributory() {
            Ok(Key::from_slice(shared.as_bytes()))
        } else {
            Err(())
        }
    }
}

/// The keys of a finished handshake, from initiator and from responder, and its hash.
pub(crate) struct Keys {
    pub(crate) initiator: Key,
    pub(crate) responder: Key,
    pub(crate) hash: [u8; 32],
}

impl Keys {
    pub(crate) fn of(handshake: &Handshake) -> Self {
        let (initiator, responder): (CipherState<ChaCha20Poly1305>, _) = handshake.get_ciphers();
        Self {
            initiator: initiator.extract().0,
            responder: responder.extract().0,
            hash: <[u8; 32]>::from_slice(handshake.get_hash()),
        }
    }
}

/// Seals `message` under `number` into the front of `out` and returns the length; `None` where `out` is too small.
pub(crate) fn seal(key: &Key, number: u64, message: &[u8], out: &mut [u8]) -> Option<usize> {
    let out = out.get_mut(..message.len() + TAG)?;
    ChaCha20Poly1305::encrypt(key, number, &[], message, out);
    Some(out.len())
}

/// Seals the message in the front of `room` under `number` where it stands and returns the length; `None` where there is no
/// room behind it for its tag.
pub(crate) fn seal_in_place(key: &Key, number: u64, room: &mut [u8], length: usize) -> Option<usize> {
    let room = room.get_mut(..length + TAG)?;
    Some(ChaCha20Poly1305::encrypt_in_place(key, number, &[], room, length))
}

/// Opens `sealed` into the front of `out` and returns the message; `None` where it does not authenticate.
pub(crate) fn open<'o>(key: &Key, number: u64, sealed: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let out = out.get_mut(..sealed.len().checked_sub(TAG)?)?;
    ChaCha20Poly1305::decrypt(key, number, &[], sealed, out).ok()?;
    Some(out)
}

/// Writes a label and parts, each behind its length in two bytes, for use as a prologue; `None` where `out` is too
/// small. A part is given in pieces, which follow one another.
pub(crate) fn prologue<'o>(label: &[u8], parts: &[&[&[u8]]], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let mut length = 0;
    let mut put = |bytes: &[u8]| {
        out.get_mut(length..length + bytes.len())?.copy_from_slice(bytes);
        length += bytes.len();
        Some(())
    };
    put(label)?;
    for pieces in parts {
        let size: usize = pieces.iter().map(|piece| piece.len()).sum();
        put(&u16::try_from(size).ok()?.to_be_bytes())?;
        pieces.iter().try_for_each(|piece| put(piece))?;
    }
    Some(&out[..length])
}

#[cfg(test)]
mod tests;
