//! Updates as the update authority makes them: a manifest, its signature, the content.

use super::{
    campaign::CampaignId,
    registry::{Registry, RegistryError},
};
use crate::{encoded, identity::Authority};
use cardwire_codec::{
    DecodeError, EncodeError, Extensions, Message,
    message::{HardwareClass, Logic, Manifest, ServiceId, UpdateKind},
};
use sha2::{Digest, Sha256};

/// A signed update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub(super) kind: UpdateKind,
    pub(super) hardware_class: HardwareClass,
    pub(super) counter: u32,
    pub(super) service: ServiceId,
    pub(super) manifest: Vec<u8>,
    pub(super) signature: [u8; 64],
    pub(super) content: Vec<u8>,
}

/// Why an update can't be made or published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The content is no document `logic`.
    #[error("the execution logic breaks a rule of the codec: {0}")]
    Logic(#[source] DecodeError),
    /// The manifest has no encoding: an update without bytes or with too many, or with counter 0.
    #[error("the manifest can't be made: {0}")]
    Manifest(#[source] EncodeError),
    /// Manifest and content don't belong together, or the manifest is none.
    #[error("the manifest does not decode, or states another size or digest than the content has")]
    Mismatch,
    /// The registry does not take it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Update {
    /// New execution logic for one service: the document `logic`. Whether it verifies is the reader's to say; its
    /// author asks the verifier before.
    ///
    /// # Errors
    /// Bytes that are no such document.
    pub fn logic(
        document: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        let service = Logic::decode(document).map_err(PublishError::Logic)?.service;
        Self::sign(
            UpdateKind::LOGIC,
            service,
            document,
            counter,
            hardware_class,
            authority,
        )
    }

    /// New software.
    ///
    /// # Errors
    /// No bytes, or more than 16 MiB.
    pub fn software(
        image: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        Self::sign(
            UpdateKind::SOFTWARE,
            ServiceId(0),
            image,
            counter,
            hardware_class,
            authority,
        )
    }

    /// New authentication information.
    ///
    /// # Errors
    /// As for [`Update::software`].
    pub fn authentication(
        information: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        Self::sign(
            UpdateKind::AUTHENTICATION,
            ServiceId(0),
            information,
            counter,
            hardware_class,
            authority,
        )
    }

    fn sign(
        kind: UpdateKind,
        service: ServiceId,
        content: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        let manifest = Manifest {
            kind,
            hardware_class,
            counter,
            service,
            // The encoder refuses 0 and more than 16 MiB.
            size: u32::try_from(content.len()).unwrap_or_default(),
            content_digest: &Sha256::digest(content).into(),
            extensions: Extensions::NONE,
        };
        let manifest = encoded(&manifest).map_err(PublishError::Manifest)?;
        let signature = authority.sign(&manifest);
        Ok(Self {
            kind,
            hardware_class,
            counter,
            service,
            manifest,
            signature,
            content: content.into(),
        })
    }

    /// An update that was signed elsewhere. The cloud does not know the authority's key; the readers do.
    ///
    /// # Errors
    /// A manifest that does not decode, or not that of the content.
    pub fn signed(manifest: &[u8], signature: [u8; 64], content: &[u8]) -> Result<Self, PublishError> {
        let read = Manifest::decode(manifest).map_err(|_| PublishError::Mismatch)?;
        let size = usize::try_from(read.size).ok();
        if size != Some(content.len()) || read.content_digest[..] != Sha256::digest(content)[..] {
            return Err(PublishError::Mismatch);
        }
        let Manifest {
            kind,
            hardware_class,
            counter,
            service,
            ..
        } = read;
        let (manifest, content) = (manifest.into(), content.into());
        Ok(Self {
            kind,
            hardware_class,
            counter,
            service,
            manifest,
            signature,
            content,
        })
    }

    /// The manifest, as it is signed and offered.
    #[must_use]
    pub fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// The authority's signature over label and manifest.
    #[must_use]
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The bytes that readers put into force.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

impl Registry {
    /// Signs new execution logic and begins its campaign.
    ///
    /// # Errors
    /// Bytes that are no document `logic`, or a counter that is taken.
    pub fn publish_logic(
        &self,
        document: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<CampaignId, PublishError> {
        let update = Update::logic(document, counter, hardware_class, authority)?;
        Ok(self.publish(&update)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Key;
    use cardwire_codec::{EncodeError, message::CodecRule};

    #[test]
    fn manifests_state_size_and_digest() {
        let authority = Authority {
            signing_key: Key::new([3; 32]),
        };
        let update = Update::software(b"image", 7, HardwareClass::REFERENCE_HOST, &authority).unwrap();
        let manifest = Manifest::decode(update.manifest()).unwrap();
        assert_eq!(
            (manifest.kind, manifest.counter, manifest.size),
            (UpdateKind::SOFTWARE, 7, 5)
        );
        assert_eq!(manifest.content_digest[..], Sha256::digest(b"image")[..]);
        assert_eq!(update.signature(), &authority.sign(update.manifest()));

        let signed = Update::signed(update.manifest(), *update.signature(), b"image").unwrap();
        assert_eq!(signed, update);
        for (manifest, content) in [
            (update.manifest(), &b"imago"[..]),
            (update.manifest(), b""),
            (b"x", b"image"),
        ] {
            let error = Update::signed(manifest, [0; 64], content).unwrap_err();
            assert!(matches!(error, PublishError::Mismatch));
        }
    }

    #[test]
    fn what_no_reader_would_take_is_not_published() {
        let authority = Authority {
            signing_key: Key::new([3; 32]),
        };
        let class = HardwareClass::REFERENCE_HOST;
        let out_of_range = |field| EncodeError::Invalid {
            rule: CodecRule::Range,
            field,
        };
        for (content, counter, field) in [(&b""[..], 1, "size"), (b"image", 0, "counter")] {
            match Update::software(content, counter, class, &authority) {
                Err(PublishError::Manifest(error)) => assert_eq!(error, out_of_range(field)),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(
            Update::logic(b"image", 1, class, &authority),
            Err(PublishError::Logic(_))
        ));
    }
}
