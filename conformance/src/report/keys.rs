//! The keys of signed statements: Ed25519, in the files that other programs make and read.

use ed25519_dalek::{
    Signature, Signer as _, SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePublicKey as _, spki::der::pem::LineEnding},
};
use sha2::{Digest as _, Sha256};

/// What signs statements about reports: an Ed25519 key in a PEM file (PKCS#8), as `openssl genpkey -algorithm ed25519`
/// makes it.
#[derive(Debug)]
pub struct Signer(SigningKey);

/// The public half of such a key, as `openssl pkey -pubout` gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A text that is no key.
#[derive(Debug, thiserror::Error)]
#[error("it holds no Ed25519 {0}")]
pub struct KeyError(&'static str);

impl Signer {
    /// From the text of a PEM file. It is read and never shown.
    ///
    /// # Errors
    /// A text that is none.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(text.trim());
        key.map(Self)
            .map_err(|_| KeyError("private key in PKCS#8 (`-----BEGIN PRIVATE KEY-----`)"))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// From the text of a PEM file.
    ///
    /// # Errors
    /// A text that is none.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_public_key_pem(text.trim());
        key.map(Self)
            .map_err(|_| KeyError("public key (`-----BEGIN PUBLIC KEY-----`)"))
    }

    /// The PEM file's text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // An Ed25519 key always fits into its envelope.
        self.0.to_public_key_pem(LineEnding::LF).unwrap_or_default()
    }

    /// What statements call it: the SHA-256 of the key as DER (SubjectPublicKeyInfo), in hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        let der = self.0.to_public_key_der();
        der.map(|der| format!("{:x}", Sha256::digest(der.as_bytes())))
            .unwrap_or_default()
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}
