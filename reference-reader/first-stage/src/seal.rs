//! The seal at the end of an image: the vendor's word that this software is for this class of hardware.
//!
//! A manifest is signed too, but it is about an update, and is gone when the next one is offered. The seal stays with the image,
//! so that it can be checked at every start without a record of the reader, and also of the software that the factory has put there.
//!
//! | bytes of the seal | |
//! | --- | --- |
//! | 0 to 7 | `cwseal01` |
//! | 8, 9 | class of hardware |
//! | 10, 11 | zeros |
//! | 12 to 15 | size of the image in front of the seal |
//! | 16 to 79 | Ed25519 signature |
//!
//! Signed is `cardwire/1 image`, then bytes 8 to 15 of the seal, then the SHA-256 of the image in front of it. Numbers are
//! big-endian.

use cardwire_core::codec::message::HardwareClass;
use cardwire_core::signature;

/// Bytes of a seal.
pub const SIZE: usize = 80;
/// Bytes that are signed.
pub const SIGNED: usize = LABEL.len() + WHAT + 32;

const MAGIC: &[u8; 8] = b"cwseal01";
const LABEL: &[u8; 16] = b"cardwire/1 image";
/// Class, zeros and size.
const WHAT: usize = 8;

/// What an authority signs: that this image, of which size and SHA-256 are given, is for this class of hardware.
#[must_use]
pub fn signed(hardware_class: HardwareClass, size: u32, digest: &[u8; 32]) -> [u8; SIGNED] {
    let mut message = [0; SIGNED];
    let (label, rest) = message.split_at_mut(LABEL.len());
    let (what, image) = rest.split_at_mut(WHAT);
    label.copy_from_slice(LABEL);
    what.copy_from_slice(&about(hardware_class, size));
    image.copy_from_slice(digest);
    message
}

/// The seal with this signature over [`signed`].
#[must_use]
pub fn encode(hardware_class: HardwareClass, size: u32, signature: &[u8; 64]) -> [u8; SIZE] {
    let mut seal = [0; SIZE];
    let (magic, rest) = seal.split_at_mut(MAGIC.len());
    let (what, signed) = rest.split_at_mut(WHAT);
    magic.copy_from_slice(MAGIC);
    what.copy_from_slice(&about(hardware_class, size));
    signed.copy_from_slice(signature);
    seal
}

/// Whether this is a seal by `authority` on an image of this size and SHA-256, for this class of hardware.
///
/// Strict, as for manifests.
#[must_use]
pub fn is_right(
    seal: &[u8; SIZE],
    authority: &[u8; 32],
    hardware_class: HardwareClass,
    size: u32,
    digest: &[u8; 32],
) -> bool {
    let Some(by) = seal.last_chunk() else {
        return false;
    };
    *seal == encode(hardware_class, size, by)
        && signature::is_right(authority, &signed(hardware_class, size, digest), by)
}

fn about(hardware_class: HardwareClass, size: u32) -> [u8; WHAT] {
    let [class_high, class_low] = hardware_class.0.to_be_bytes();
    let [a, b, c, d] = size.to_be_bytes();
    [class_high, class_low, 0, 0, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::{SIZE, encode, is_right, signed};
    use cardwire_core::codec::message::HardwareClass;
    use ed25519_dalek::{Signer as _, SigningKey};

    const CLASS: HardwareClass = HardwareClass(2);
    const DIGEST: [u8; 32] = [7; 32];

    fn sealed(key: &SigningKey) -> [u8; SIZE] {
        encode(CLASS, 1000, &key.sign(&signed(CLASS, 1000, &DIGEST)).to_bytes())
    }

    #[test]
    fn a_seal_is_for_one_image_and_one_class_by_one_authority() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let (authority, seal) = (key.verifying_key().to_bytes(), sealed(&key));
        assert!(is_right(&seal, &authority, CLASS, 1000, &DIGEST));
        assert!(!is_right(&seal, &authority, HardwareClass(3), 1000, &DIGEST));
        assert!(!is_right(&seal, &authority, CLASS, 1001, &DIGEST));
        assert!(!is_right(&seal, &authority, CLASS, 1000, &[8; 32]));
        let other = SigningKey::from_bytes(&[2; 32]);
        assert!(!is_right(
            &seal,
            &other.verifying_key().to_bytes(),
            CLASS,
            1000,
            &DIGEST
        ));
        assert!(!is_right(&sealed(&other), &authority, CLASS, 1000, &DIGEST));
    }

    #[test]
    fn every_bit_of_a_seal_counts() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let authority = key.verifying_key().to_bytes();
        for bit in 0..SIZE * 8 {
            let mut seal = sealed(&key);
            seal[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_right(&seal, &authority, CLASS, 1000, &DIGEST), "bit {bit}");
        }
    }

    /// The point of small order with which a signature of zeros fits every message, where a check is not strict.
    #[test]
    fn a_key_that_fits_everything_is_none() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let seal = encode(CLASS, 1000, &signature);
        assert!(!is_right(&seal, &neutral, CLASS, 1000, &DIGEST));
    }
}
