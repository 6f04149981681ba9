//! Secrets: erased when they go out of use, compared in constant time, never printed (CW-CERT-002).

use core::fmt;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, de};
use sha2::Sha256;
use std::io;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The fewest bytes of a client's secret: 128 bits.
pub const CLIENT_SECRET_MIN: usize = 16;
/// The most bytes of a client's secret; more would add nothing to a key of 256 bits.
pub const CLIENT_SECRET_MAX: usize = 64;

const CLIENT_KEY_SALT: &[u8] = b"cardwire/1 client-key";

/// A secret key of 32 bytes: X25519, Ed25519 or pre-shared.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    /// This key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key from the operating system's random bytes.
    ///
    /// # Errors
    /// The operating system has none.
    pub fn generate() -> io::Result<Self> {
        random().map(Self)
    }

    /// The bytes, for the library that works with them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The X25519 public key that belongs to this one.
    #[must_use]
    pub fn x25519_public(&self) -> [u8; 32] {
        x25519_dalek::x25519(self.0, x25519_dalek::X25519_BASEPOINT_BYTES)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// The secret that a client holds; the keys that readers store follow from it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ClientSecret(Vec<u8>);

impl ClientSecret {
    /// This secret, where it has 16 to 64 bytes. What is refused is erased.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        let secret = Self(bytes);
        (CLIENT_SECRET_MIN..=CLIENT_SECRET_MAX)
            .contains(&secret.0.len())
            .then_some(secret)
    }

    /// A fresh secret of 256 bits.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn generate() -> io::Result<Self> {
        random::<32>().map(|bytes| Self(bytes.to_vec()))
    }

    /// The bytes, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key that `reader_id` stores of this client: of use with that reader and this generation only (CW-CONN-004,
    /// "Connect").
    #[must_use]
    pub fn pre_shared_key(&self, client_id: &str, reader_id: &str, generation: u32) -> Key {
        let mut info = Vec::with_capacity(70);
        for id in [client_id, reader_id] {
            // An identity has 32 bytes at most; a longer one is no identity and its key opens nothing.
            info.push(id.len() as u8);
            info.extend_from_slice(id.as_bytes());
        }
        info.extend_from_slice(&generation.to_be_bytes());
        let mut key = Key([0; 32]);
        // HKDF refuses outputs of more than 8,160 bytes only.
        let expanded = Hkdf::<Sha256>::new(Some(CLIENT_KEY_SALT), &self.0).expand(&info, &mut key.0);
        debug_assert!(expanded.is_ok());
        key
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(secret)")
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Whether a public key is one of those points that make every shared secret zero (CW-CONN-011).
///
/// X25519 multiplies by a multiple of eight, so that any scalar finds all of them.
pub(crate) fn is_low_order(public: &[u8; 32]) -> bool {
    bool::from(x25519_dalek::x25519([0x40; 32], *public).ct_eq(&[0; 32]))
}

/// Bytes in hexadecimal digits.
pub(super) fn to_hex(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0x0F)]);
    let mut hex = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        hex.push(digit(byte >> 4));
        hex.push(digit(*byte));
    }
    hex
}

/// The bytes that an even number of hexadecimal digits stand for.
fn from_hex(hex: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for [high, low] in pairs {
        // Both are below sixteen.
        bytes.push((digit(*high)? << 4 | digit(*low)?) as u8);
    }
    Some(bytes)
}

/// 32 bytes in hexadecimal, such as a public key.
pub(super) fn hex_32<'de, D: Deserializer<'de>>(source: D) -> Result<[u8; 32], D::Error> {
    let bytes = hex_bytes(source)?;
    bytes
        .as_slice()
        .try_into()
        .map_err(|_| de::Error::custom("expected 64 hexadecimal digits"))
}

fn hex_bytes<'de, D: Deserializer<'de>>(source: D) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    /// Takes the text where it stands, so that no copy of a secret stays behind.
    struct Hex;

    impl de::Visitor<'_> for Hex {
        type Value = Zeroizing<Vec<u8>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("hexadecimal digits")
        }

        // The usual message would repeat the text, which may be a secret with one wrong digit.
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            from_hex(text).ok_or_else(|| E::custom("expected an even number of hexadecimal digits"))
        }
    }

    source.deserialize_str(Hex)
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        hex_32(source).map(Self)
    }
}

impl<'de> Deserialize<'de> for ClientSecret {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let mut bytes = hex_bytes(source)?;
        Self::new(core::mem::take(&mut *bytes))
            .ok_or_else(|| de::Error::custom("expected a secret of 128 to 512 bits, in hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let key = Key::new([0xA5; 32]);
        let secret = ClientSecret::new(vec![0xA5; 16]).unwrap();
        assert_eq!(format!("{key:?} {secret:?}"), "Key(secret) ClientSecret(secret)");
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(ClientSecret::new(vec![1; 15]).is_none());
        assert!(ClientSecret::new(vec![1; 16]).is_some());
        assert!(ClientSecret::new(vec![1; 65]).is_none());
    }

    #[test]
    fn points_of_low_order_are_found() {
        let mut one = [0; 32];
        one[0] = 1;
        // The order-8 point of RFC 7748's security considerations, in two of its encodings.
        let mut minus_one = [0xFF; 32];
        minus_one[0] = 0xEC;
        minus_one[31] = 0x7F;
        for point in [[0; 32], one, minus_one] {
            assert!(is_low_order(&point));
        }
        assert!(!is_low_order(&Key::new([7; 32]).x25519_public()));
    }

    #[test]
    fn hexadecimal() {
        assert_eq!(to_hex(&[0x00, 0x9F, 0xA0]).as_str(), "009fa0");
        assert_eq!(from_hex("009fA0").unwrap().as_slice(), [0x00, 0x9F, 0xA0]);
        assert!(from_hex("009").is_none());
        assert!(from_hex("0g").is_none());
        assert!(from_hex("é0").is_none());
    }
}
