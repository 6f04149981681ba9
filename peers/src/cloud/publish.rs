//! Updates as the update authority makes them: a manifest, its signature, the content.

use super::{
    campaign::CampaignId,
    registry::{Registry, RegistryError},
};
use crate::{encoded, identity::Authority};
use cardwire_codec::{
    DecodeError, EncodeError, Extensions, List, Message, Name,
    message::{
        Component, HardwareClass, Logic, Manifest, ServiceId, Software, UpdateKind, limits::SOFTWARE_HEADER,
    },
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
    /// The changes of keys have no encoding: too many of one sort.
    #[error("the changes of authentication information can't be made: {0}")]
    Changes(#[source] EncodeError),
    /// The name of a client is none.
    #[error("`{given}` is no name of a client: expected 1 to 32 letters, digits, `.`, `-` and `_`")]
    ClientName {
        /// What was given.
        given: String,
    },
    /// The manifest has no encoding: an update without bytes or with too many, or with counter 0.
    #[error("the manifest can't be made: {0}")]
    Manifest(#[source] EncodeError),
    /// Two parts replace the same.
    #[error("two parts of the update replace the same: logic of one service, or one kind")]
    Twice,
    /// Manifest and content don't belong together, or the manifest is none.
    #[error("the manifest does not decode, or states other sizes or digests than the content has")]
    Mismatch,
    /// The registry does not take it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// One part of an update that is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What of a reader it replaces.
    pub kind: UpdateKind,
    /// The service whose logic it is; 0 for other kinds.
    pub service: ServiceId,
    /// Its update counter, above those of the readers.
    pub counter: u32,
    /// The update counter of the software that it needs at least; 0 where any will do.
    pub min_software: u32,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl Part {
    /// New execution logic for one service: the document `logic`. Whether it verifies is the reader's to say; its author
    /// asks the verifier before.
    ///
    /// # Errors
    /// Bytes that are no such document.
    pub fn logic(document: &[u8], counter: u32) -> Result<Self, PublishError> {
        let service = Logic::decode(document).map_err(PublishError::Logic)?.service;
        Ok(Self {
            service,
            ..Self::of(UpdateKind::LOGIC, document, counter)
        })
    }

    /// New software: its header and its image, as [`software_content`] puts them together.
    #[must_use]
    pub fn software(content: &[u8], counter: u32) -> Self {
        Self::of(UpdateKind::SOFTWARE, content, counter)
    }

    /// Changes of authentication information: the document `authentication`.
    #[must_use]
    pub fn authentication(document: &[u8], counter: u32) -> Self {
        Self::of(UpdateKind::AUTHENTICATION, document, counter)
    }

    fn of(kind: UpdateKind, content: &[u8], counter: u32) -> Self {
        Self {
            kind,
            service: ServiceId(0),
            counter,
            min_software: 0,
            content: content.into(),
        }
    }
}

/// The content of an update of software: the header that readers look for, and the image.
///
/// # Errors
/// An image without bytes, or of more than a reader can take.
pub fn software_content(
    name: Name<'_>,
    hardware_class: HardwareClass,
    image: &[u8],
) -> Result<Vec<u8>, PublishError> {
    let header = encoded(&Software {
        name,
        hardware_class,
        // The encoder refuses 0 and what is too large.
        image_size: u32::try_from(image.len()).unwrap_or_default(),
        extensions: Extensions::NONE,
    })
    .map_err(PublishError::Manifest)?;
    // The document has 64 bytes at most.
    let mut content = (header.len() as u16).to_be_bytes().to_vec();
    content.extend(header);
    content.resize(SOFTWARE_HEADER, 0);
    content.extend(image);
    Ok(content)
}

impl Part {
    /// What it replaces: parts ascend by it, and no two have the same.
    fn place(&self) -> (u8, u16) {
        (self.kind.0, self.service.0)
    }
}

impl Update {
    /// New execution logic for one service, as [`Part::logic`].
    ///
    /// # Errors
    /// Bytes that are no such document.
    pub fn logic(
        document: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        Self::of(vec![Part::logic(document, counter)?], hardware_class, authority)
    }

    /// New software, as [`Part::software`].
    ///
    /// # Errors
    /// No bytes, or more than 16 MiB.
    pub fn software(
        content: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        Self::of(vec![Part::software(content, counter)], hardware_class, authority)
    }

    /// New authentication information, as [`Part::authentication`].
    ///
    /// # Errors
    /// As for [`Update::software`].
    pub fn authentication(
        document: &[u8],
        counter: u32,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        Self::of(
            vec![Part::authentication(document, counter)],
            hardware_class,
            authority,
        )
    }

    /// An update of several parts, which come into force together; they are put in order.
    ///
    /// # Errors
    /// No part, or more than four; a part that has no encoding; two that replace the same.
    pub fn of(
        mut parts: Vec<Part>,
        hardware_class: HardwareClass,
        authority: &Authority,
    ) -> Result<Self, PublishError> {
        parts.sort_by_key(Part::place);
        if parts.windows(2).any(|pair| pair[0].place() == pair[1].place()) {
            return Err(PublishError::Twice);
        }
        let digests: Vec<[u8; 32]> = parts
            .iter()
            .map(|part| Sha256::digest(&part.content).into())
            .collect();
        let components: Vec<_> = parts
            .iter()
            .zip(&digests)
            .map(|(part, content_digest)| Component {
                kind: part.kind,
                service: part.service,
                counter: part.counter,
                // The encoder refuses 0 and more than 16 MiB.
                size: u32::try_from(part.content.len()).unwrap_or_default(),
                content_digest,
                min_software: part.min_software,
            })
            .collect();
        let manifest = Manifest {
            hardware_class,
            components: List::from_items(&components),
            extensions: Extensions::NONE,
        };
        let manifest = encoded(&manifest).map_err(PublishError::Manifest)?;
        let signature = authority.sign(&manifest);
        let content = parts.iter().flat_map(|part| &part.content).copied().collect();
        Self::from_signed(manifest, signature, content)
    }

    /// An update that was signed elsewhere. The cloud does not know the authority's key; the readers do.
    ///
    /// # Errors
    /// A manifest that does not decode, or not that of the content.
    pub fn signed(manifest: &[u8], signature: [u8; 64], content: &[u8]) -> Result<Self, PublishError> {
        Self::from_signed(manifest.into(), signature, content.into())
    }

    fn from_signed(manifest: Vec<u8>, signature: [u8; 64], content: Vec<u8>) -> Result<Self, PublishError> {
        let read = Manifest::decode(&manifest).map_err(|_| PublishError::Mismatch)?;
        let mut rest = &content[..];
        for component in read.components.iter() {
            let size = usize::try_from(component.size).unwrap_or(usize::MAX);
            let (bytes, behind) = rest.split_at_checked(size).ok_or(PublishError::Mismatch)?;
            if component.content_digest[..] != Sha256::digest(bytes)[..] {
                return Err(PublishError::Mismatch);
            }
            rest = behind;
        }
        // The registry files an update under its first part: a reader that has taken that one has taken all of them.
        let first = read.components.iter().next();
        let (Some(first), true) = (first, rest.is_empty()) else {
            return Err(PublishError::Mismatch);
        };
        Ok(Self {
            kind: first.kind,
            hardware_class: read.hardware_class,
            counter: first.counter,
            service: first.service,
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
    use cardwire_codec::{EncodeError, message::CodecRule, shape::Title};

    #[test]
    fn manifests_state_size_and_digest() {
        let authority = Authority {
            signing_key: Key::new([3; 32]),
        };
        let update = Update::software(b"image", 7, HardwareClass::REFERENCE_HOST, &authority).unwrap();
        let manifest = Manifest::decode(update.manifest()).unwrap();
        let component = manifest.components.iter().next().unwrap();
        assert_eq!(
            (component.kind, component.counter, component.size),
            (UpdateKind::SOFTWARE, 7, 5)
        );
        assert_eq!(component.content_digest[..], Sha256::digest(b"image")[..]);
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
    fn parts_are_put_in_order_one_behind_the_other() {
        let authority = Authority {
            signing_key: Key::new([3; 32]),
        };
        let parts = vec![Part::authentication(b"keys", 4), Part::software(b"image", 7)];
        let update = Update::of(parts, HardwareClass::REFERENCE_HOST, &authority).unwrap();
        assert_eq!((update.kind, update.counter), (UpdateKind::SOFTWARE, 7));
        assert_eq!(update.content(), b"imagekeys");
        let manifest = Manifest::decode(update.manifest()).unwrap();
        let sizes: Vec<u32> = manifest.components.iter().map(|part| part.size).collect();
        assert_eq!(sizes, [5, 4]);
    }

    #[test]
    fn what_no_reader_would_take_is_not_published() {
        let authority = Authority {
            signing_key: Key::new([3; 32]),
        };
        let class = HardwareClass::REFERENCE_HOST;
        assert!(matches!(
            Update::of(
                vec![Part::software(b"a", 1), Part::software(b"b", 2)],
                class,
                &authority
            ),
            Err(PublishError::Twice)
        ));
        let out_of_range = |field| EncodeError::Invalid {
            rule: CodecRule::Range,
            field: Title::new(field),
        };
        for (content, counter, field) in [
            (&b""[..], 1, "component.size"),
            (b"image", 0, "component.counter"),
        ] {
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
