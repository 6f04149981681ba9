//! Who a reader is: what it was provisioned with.

use cardwire_codec::message::{HardwareClass, Provisioning};
use core::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Clients that a reader can hold keys for.
pub const MAX_CLIENTS: usize = 4;

/// A name of at most 32 bytes of the character set `name` (CW-CODEC-005).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; 32],
    length: u8,
}

impl Name {
    /// A name, where `text` has 1 to 32 bytes of the character set `name`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let takes = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let length = u8::try_from(text.len())
            .ok()
            .filter(|length| (1..=32).contains(length))?;
        if !text.bytes().all(takes) {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { bytes, length })
    }

    /// The name as it stands in messages.
    #[must_use]
    pub fn view(&self) -> cardwire_codec::Name<'_> {
        cardwire_codec::Name::from_text(self.as_str())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in, so that this can't fail.
        core::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A key of 32 bytes that is erased when it goes out of use and never shown.
#[derive(Clone, Zeroize)]
pub struct SecretKey(pub [u8; 32]);

impl Drop for SecretKey {
    // Not inlined: keys go out of use in many places.
    #[inline(never)]
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// What a reader stores of one client (CW-CONN-004).
#[derive(Clone, Debug)]
pub struct ClientKey {
    /// The client's identity.
    pub id: Name,
    /// Which of its key generations this is.
    pub generation: u32,
    /// Derived from the client's secret for this reader alone.
    pub pre_shared_key: SecretKey,
}

/// What a reader knows of itself. The keys that it was provisioned with besides are in its key ring.
#[derive(Debug)]
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Owner {
    pub(crate) reader_id: Name,
    pub(crate) hardware_class: HardwareClass,
    pub(crate) provisioning: Provisioning,
    pub(crate) software: Name,
    pub(crate) static_key: SecretKey,
}

impl Owner {
    /// Whether this is an identity at all.
    pub(crate) fn is_provisioned(&self) -> bool {
        self.reader_id.as_str() != crate::provision::UNPROVISIONED
    }
}

/// What a reader was provisioned with.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The reader's identity.
    pub reader_id: Name,
    /// Its class of hardware.
    pub hardware_class: HardwareClass,
    /// Whether this is the published certification identity.
    pub provisioning: Provisioning,
    /// Name and version of the software, as reader_status and login_confirm state it.
    pub software: Name,
    /// The reader's static X25519 key.
    pub static_key: SecretKey,
    /// The pinned static X25519 public key of its cloud.
    pub cloud_public_key: [u8; 32],
    /// The Ed25519 public key of its update authority.
    pub authority_public_key: [u8; 32],
    /// Its clients.
    pub clients: [Option<ClientKey>; MAX_CLIENTS],
}

impl Identity {
    /// Whether this is an identity at all; a reader without one lets nobody in.
    #[must_use]
    pub fn is_provisioned(&self) -> bool {
        self.reader_id.as_str() != crate::provision::UNPROVISIONED
    }

    /// The key of a client's generation.
    #[must_use]
    pub fn client(&self, id: &str, generation: u32) -> Option<&ClientKey> {
        self.clients
            .iter()
            .flatten()
            .find(|client| client.id.as_str() == id && client.generation == generation)
    }
}
