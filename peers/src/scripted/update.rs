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
                let manifest = Manifest::decode(&self.manifest).ok();
                let whole = manifest
                    .filter(|manifest| manifest.content_digest[..] == Sha256::digest(&self.received)[..]);
                let (kind, counter) = whole.map_or((UpdateKind(0), 0), |whole| (whole.kind, whole.counter));
                if whole.is_some() {
                    self.in_force.push((kind, counter, self.received.clone()));
                    self.installed = true;
                }
                let error = if whole.is_some() {
                    ErrorCode(0)
                } else {
                    ErrorCode::UPDATE_DIGEST
                };
                let (digest, extensions) = (&self.digest, Extensions::NONE);
                with(
                    UpdateResult {
                        digest,
                        kind,
                        error,
                        detail: 0,
                        counter,
                        extensions,
                    }
                    .into(),
                )
            }
            ChannelRequest::LoginResult(_) => {
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

    fn status(&self, error: ErrorCode) -> ChannelAnswer<'_> {
        let size = Manifest::decode(&self.manifest).map_or(0, |manifest| manifest.size);
        // A manifest states no more than 16 MiB, and the cloud sends no more than that.
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
