//! Signatures of the update authority: Ed25519 (RFC 8032), strictly.

use ed25519_dalek::{Signature, VerifyingKey};

/// The order of the group of the base point, little-endian (RFC 8032, 5.1: L).
const ORDER: [u8; 32] = [
    0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Whether the owner of a public key has signed these bytes.
///
/// Strict: keys and signatures of small order, which fit many messages, are none, and of each signature there is one
/// encoding.
// The last is looked at here, not left to the library: on a small chip that is built with its feature
// `legacy_compatibility`, which leaves it out. It does by arithmetic, and in 1,800 bytes, what a comparison does.
#[must_use]
pub fn is_right(key: &[u8; 32], signed: &[u8], signature: &[u8; 64]) -> bool {
    is_reduced(signature)
        && VerifyingKey::from_bytes(key).is_ok_and(|key| {
            key.verify_strict(signed, &Signature::from_bytes(signature))
                .is_ok()
        })
}

/// Whether S, the second half, is below the order (RFC 8032, 5.1.7).
fn is_reduced(signature: &[u8; 64]) -> bool {
    signature[32..].iter().rev().lt(ORDER.iter().rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test 2 of RFC 8032, 7.1.
    const KEY: [u8; 32] = [
        0x3D, 0x40, 0x17, 0xC3, 0xE8, 0x43, 0x89, 0x5A, 0x92, 0xB7, 0x0A, 0xA7, 0x4D, 0x1B, 0x7E, 0xBC, 0x9C,
        0x98, 0x2C, 0xCF, 0x2E, 0xC4, 0x96, 0x8C, 0xC0, 0xCD, 0x55, 0xF1, 0x2A, 0xF4, 0x66, 0x0C,
    ];
    const SIGNATURE: [u8; 64] = [
        0x92, 0xA0, 0x09, 0xA9, 0xF0, 0xD4, 0xCA, 0xB8, 0x72, 0x0E, 0x82, 0x0B, 0x5F, 0x64, 0x25, 0x40, 0xA2,
        0xB2, 0x7B, 0x54, 0x16, 0x50, 0x3F, 0x8F, 0xB3, 0x76, 0x22, 0x23, 0xEB, 0xDB, 0x69, 0xDA, 0x08, 0x5A,
        0xC1, 0xE4, 0x3E, 0x15, 0x99, 0x6E, 0x45, 0x8F, 0x36, 0x13, 0xD0, 0xF1, 0x1D, 0x8C, 0x38, 0x7B, 0x2E,
        0xAE, 0xB4, 0x30, 0x2A, 0xEE, 0xB0, 0x0D, 0x29, 0x16, 0x12, 0xBB, 0x0C, 0x00,
    ];
    const SIGNED: &[u8] = &[0x72];

    /// The same signature with so many times the order added to S: the same number to whoever computes with it.
    fn encoded_otherwise(signature: &[u8; 64], times: usize) -> Option<[u8; 64]> {
        let mut other = *signature;
        for _ in 0..times {
            let mut carry = 0;
            for (byte, order) in other[32..].iter_mut().zip(ORDER) {
                let sum = u16::from(*byte) + u16::from(order) + carry;
                *byte = sum as u8;
                carry = sum >> 8;
            }
            if carry != 0 {
                return None;
            }
        }
        Some(other)
    }

    #[test]
    fn a_signature_has_one_encoding() {
        assert!(is_right(&KEY, SIGNED, &SIGNATURE));
        // As many as 32 bytes hold.
        for times in 1..=15 {
            let other = encoded_otherwise(&SIGNATURE, times).expect("it fits");
            assert!(!is_reduced(&other), "S + {times} L");
            assert!(!is_right(&KEY, SIGNED, &other), "S + {times} L");
        }
    }

    #[test]
    fn the_order_is_the_first_that_is_not_reduced() {
        let mut signature = [0; 64];
        signature[32..].copy_from_slice(&ORDER);
        assert!(!is_reduced(&signature));
        signature[32] -= 1;
        assert!(is_reduced(&signature));
        signature[63] = 0x11;
        assert!(!is_reduced(&signature));
        signature[63] = 0x0F;
        signature[32..63].fill(0xFF);
        assert!(is_reduced(&signature));
    }

    #[test]
    fn other_bytes_keys_and_signatures_are_refused() {
        assert!(!is_right(&KEY, b"r and more", &SIGNATURE));
        for place in [0, 31, 32, 62] {
            let mut other = SIGNATURE;
            other[place] ^= 1;
            assert!(!is_right(&KEY, SIGNED, &other), "byte {place} of the signature");
            let mut other = KEY;
            other[place % 32] ^= 1;
            assert!(!is_right(&other, SIGNED, &SIGNATURE), "byte {place} of the key");
        }
    }
}
