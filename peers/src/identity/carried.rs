//! What is carried from one end to another when readers are provisioned.

use super::Key;
use serde::Deserialize;

/// A client's key for one reader: what that reader stores, and of no use with any other.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivedKey {
    /// The reader that it is for.
    pub reader: String,
    /// The client's identity.
    pub id: String,
    /// Which of its keys this is.
    pub generation: u32,
    /// Derived from the client's secret for this reader alone.
    pub pre_shared_key: Key,
}

/// Whose public key something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A reader's X25519 key.
    Reader,
    /// A cloud's X25519 key.
    Cloud,
    /// An update authority's Ed25519 key.
    Authority,
}

impl Role {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Cloud => "cloud",
            Self::Authority => "authority",
        }
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Whose it is.
    pub role: Role,
    /// The reader's identity; others have none.
    pub id: Option<String>,
    /// The key.
    #[serde(deserialize_with = "super::secret::hex_32")]
    pub key: [u8; 32],
}
