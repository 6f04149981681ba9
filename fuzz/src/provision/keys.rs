//! Public keys of cloud and authority, right ones and such as no key can be, as mathematics knows them.

use crate::world::people::PEOPLE;
use std::sync::LazyLock;

/// The published key of certification readers.
pub const PUBLISHED: [u8; 32] = *b"the published key, of no secrecy";
/// A key of the cloud that an update has left beside a newer one, and the logins that it is good for.
pub const OLD_CLOUD: ([u8; 32], u16) = ([0x66; 32], 3);

/// Keys of clouds: two right ones, then all points of small order that a decoder takes for different ones.
pub static CLOUDS: LazyLock<Vec<[u8; 32]>> = LazyLock::new(|| {
    let mut all = vec![PEOPLE.identity.cloud_public_key, [0x42; 32]];
    all.extend(SMALL_ORDER);
    all
});

/// Keys of authorities, and whether they can be some: two right ones, points of small order, and what is no point.
pub static AUTHORITIES: LazyLock<Vec<([u8; 32], bool)>> = LazyLock::new(|| {
    vec![
        (PEOPLE.identity.authority_public_key, true),
        (edwards_base(), true),
        // Order 4, 1 and 2.
        ([0; 32], false),
        (number(1), false),
        (below_prime(1), false),
        // There is no point with this y: (y² - 1) / (d·y² + 1) is no square.
        (number(2), false),
    ]
});

/// Points of Curve25519 of small order: 0, 1, two of order 8, p - 1, and the first two once more, plus p.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    number(1),
    [
        0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A, 0xDA,
        0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00,
    ],
    [
        0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B, 0x04,
        0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57,
    ],
    below_prime(1),
    below_prime(0),
    below_prime(-1),
];

/// Whether this can be a key of a cloud.
#[must_use]
pub fn is_of_a_cloud(mut key: [u8; 32]) -> bool {
    // RFC 7748, section 5: the highest bit is not looked at.
    key[31] &= 0x7F;
    !SMALL_ORDER.contains(&key)
}

/// Whether this can be a key of an authority; `None` where nobody has worked it out here.
#[must_use]
pub fn is_of_an_authority(key: [u8; 32]) -> Option<bool> {
    AUTHORITIES
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, is_key)| *is_key)
}

const fn number(value: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = value;
    bytes
}

/// 2²⁵⁵ - 19, less this.
const fn below_prime(less: i8) -> [u8; 32] {
    let mut bytes = [0xFF; 32];
    bytes[0] = 0xED_u8.wrapping_add_signed(-less);
    bytes[31] = 0x7F;
    bytes
}

/// The base point of Ed25519: y is 4/5.
const fn edwards_base() -> [u8; 32] {
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    bytes
}
