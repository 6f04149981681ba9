//! Updates as a well-behaved reader takes them, without looking at signature or logic.

use cardwire_codec::{
    Extensions, Message,
    message::{
        ChannelAnswer, ChannelError, ChannelRequest, ErrorCode, Manifest, UpdateKind, UpdateResult,
        UpdateState, UpdateStatus,
    },
};
use sha2::{Digest, Sha256};

/// The update that a reader is taking, and the last one that it took.
#[derive(Clone, Debug, Default)]
pub(super) struct Updates {
    manifest: Vec<u8>,
    digest: [u8; 32],
    received: Vec<u8>,
    installed: bool,
    /// Kind, counter and bytes of each update in force, in the order in which they came.
    pub(super) in_force: Vec<(UpdateKind, u32, Vec<u8>)>,
}

impl Updates {
    /// The answer to a message of the cloud after login.
    pub(super) fn answer<T>(
        &mut self,
        request: &ChannelRequest<'_>,
        with: impl FnOnce(ChannelAnswer<'_>) -> T,
    ) -> T {
        match request {
            ChannelRequest::UpdateOffer(offer) => {
                let digest = Sha256::digest(offer.manifest).into();
                if self.digest != digest {
                    let manifest = offer.manifest.to_vec();
                    *self = Self {
                        manifest,
                        digest,
                        in_force: core::mem::take(&mut self.in_force),
                        ..Self::default()
                    };
                }
                with(self.status(ErrorCode(0)))
            }
            ChannelRequest::UpdateChunk(chunk) => {
                let fits =
                    *chunk.digest == self.digest && usize::try_from(chunk.offset) == Ok(self.received.len());
                if fits {
                    self.received.extend_from_slice(chunk.data);
                }
                with(self.status(if fits {
                    ErrorCode(0)
                } else {
                    ErrorCode::UPDATE_ORDER
                }))
            }
            ChannelRequest::UpdateQuery(_) => with(self.status(ErrorCode(0))),
            ChannelRequest::UpdateCommit(_) => {
                let error = match self.parts() {
                    Some(parts) => {
                        self.in_force.extend(parts);
                        self.installed = true;
                        ErrorCode(0)
                    }
                    None => ErrorCode::UPDATE_DIGEST,
                };
                let (digest, extensions) = (&self.digest, Extensions::NONE);
                with(
                    UpdateResult {
                        digest,
                        state: if self.installed {
                            UpdateState::Installed
                        } else {
                            UpdateState::None
                        },
                        error,
                        detail: 0,
                        software_counter: self.counter(UpdateKind::SOFTWARE),
                        authentication_counter: self.counter(UpdateKind::AUTHENTICATION),
                        logic_counter: self.counter(UpdateKind::LOGIC),
                        extensions,
                    }
                    .into(),
                )
            }
            // A reader without services has no use for secrets.
            ChannelRequest::LoginResult(_) | ChannelRequest::JobSecrets(_) => {
                let (request, code) = (request.code(), ErrorCode::UNEXPECTED);
                with(
                    ChannelError {
                        request,
                        code,
                        detail: 0,
                        extensions: Extensions::NONE,
                    }
                    .into(),
                )
            }
        }
    }

    /// Kind, counter and bytes of each part; `None` where they are not those of the manifest.
    fn parts(&self) -> Option<Vec<(UpdateKind, u32, Vec<u8>)>> {
        let manifest = Manifest::decode(&self.manifest).ok()?;
        let mut rest = &self.received[..];
        let mut parts = Vec::new();
        for component in manifest.components.iter() {
            let (bytes, behind) = rest.split_at_checked(usize::try_from(component.size).ok()?)?;
            (component.content_digest[..] == Sha256::digest(bytes)[..]).then_some(())?;
            parts.push((component.kind, component.counter, bytes.to_vec()));
            rest = behind;
        }
        rest.is_empty().then_some(parts)
    }

    /// The counter of a kind that is in force.
    pub(super) fn counter(&self, kind: UpdateKind) -> u32 {
        let of_kind = self.in_force.iter().filter(|(found, ..)| *found == kind);
        of_kind.map(|(_, counter, _)| *counter).max().unwrap_or(0)
    }

    fn status(&self, error: ErrorCode) -> ChannelAnswer<'_> {
        let size = Manifest::decode(&self.manifest).map_or(0, |manifest| {
            manifest.components.iter().map(|component| component.size).sum()
        });
        // A manifest states no more than four times 16 MiB, and the cloud sends no more than that.
        let next_offset = self.received.len() as u32;
        let state = match (self.installed, next_offset < size) {
            (true, _) => UpdateState::Installed,
            (false, true) => UpdateState::Receiving,
            (false, false) => UpdateState::Received,
        };
        let digest = &self.digest;
        UpdateStatus {
            digest,
            state,
            next_offset,
            error,
            detail: 0,
            extensions: Extensions::NONE,
        }
        .into()
    }
}
