//! Update: what the cloud offers after login, checked before it has an effect.
//!
//! This revision installs service logic; software and authentication information are answered `not-supported`.

use crate::{
    deviation::Deviation,
    env::{Env, Record},
    identity::Identity,
    logic::{InstallError, LogicStore, STORED_SERVICES_MAX},
};
use cardwire_codec::{
    Message,
    message::{
        ChannelAnswer, ChannelError, ChannelRequest, ErrorCode, LogicRule, Manifest, ServiceId, UpdateChunk,
        UpdateCommit, UpdateKind, UpdateOffer, UpdateQuery, UpdateResult, UpdateState, UpdateStatus,
        limits::LOGIC_MAX,
    },
};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

const LABEL: &[u8] = b"cardwire/1 manifest";
const MANIFEST_MAX: usize = 255;

/// What an accepted manifest says.
#[derive(Clone, Copy)]
struct Accepted {
    digest: [u8; 32],
    counter: u32,
    service: ServiceId,
    size: usize,
    content_digest: [u8; 32],
}

/// An update on its way into the reader. What has been received survives the session: it is taken up by the digest of
/// its manifest.
pub(crate) struct Update {
    accepted: Option<Accepted>,
    state: UpdateState,
    received: [u8; LOGIC_MAX],
    received_length: usize,
}

/// An error for the cloud, and its detail.
type Refused = (ErrorCode, u16);

impl Update {
    pub(crate) fn new() -> Self {
        Self {
            accepted: None,
            state: UpdateState::None,
            received: [0; LOGIC_MAX],
            received_length: 0,
        }
    }

    /// Answers a message of the cloud; the answer is encoded into `out` and its length returned.
    pub(crate) fn handle(
        &mut self,
        env: &mut impl Env,
        identity: &Identity,
        logic: &mut LogicStore,
        request: &ChannelRequest<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let answer = match request {
            ChannelRequest::UpdateOffer(offer) => {
                let digest: [u8; 32] = Sha256::digest(offer.manifest).into();
                let result = self.offer(env, identity, logic, offer, digest);
                if result.is_err() && env.deviates(Deviation::DropsBytesOnRefusal) {
                    self.drop_received();
                }
                return self.encode_status(&digest, result, out);
            }
            ChannelRequest::UpdateChunk(UpdateChunk {
                digest, offset, data, ..
            }) => {
                let result = self.chunk(env, digest, *offset, data);
                return self.encode_status(digest, result, out);
            }
            ChannelRequest::UpdateQuery(UpdateQuery { digest, .. }) => {
                return self.encode_status(digest, Ok(()), out);
            }
            ChannelRequest::UpdateCommit(UpdateCommit { digest, .. }) => {
                // A refused commit drops the manifest: whether it was there is asked before.
                let known = self.current(digest).is_ok();
                let result = self.commit(env, logic, digest);
                let (error, detail) = result.err().unwrap_or((ErrorCode(0), 0));
                ChannelAnswer::UpdateResult(UpdateResult {
                    digest,
                    kind: if known { UpdateKind::LOGIC } else { UpdateKind(0) },
                    error,
                    detail,
                    counter: if known { logic.counter() } else { 0 },
                    extensions: Default::default(),
                })
                .encode(out)
            }
            ChannelRequest::LoginResult(_) => ChannelAnswer::ChannelError(ChannelError {
                request: request.code(),
                code: ErrorCode::UNEXPECTED,
                detail: 0,
                extensions: Default::default(),
            })
            .encode(out),
        };
        answer.ok()
    }

    /// Takes a manifest, or says why not; what was received for the same manifest stays.
    fn offer(
        &mut self,
        env: &mut impl Env,
        identity: &Identity,
        logic: &LogicStore,
        offer: &UpdateOffer<'_>,
        digest: [u8; 32],
    ) -> Result<(), Refused> {
        //= spec/book/src/updates.md#cw-upd-001
        //# A reader MUST accept an offer only if its manifest is signed by the update authority that the reader was provisioned with.
        //= spec/book/src/updates.md#cw-upd-011
        //# A reader MUST refuse an offer with the error of the first of these that it fails: signature, encoding, hardware class, kind, counter, size.
        let read = Manifest::decode(offer.manifest)
            .map_err(|error| (ErrorCode::MALFORMED, u16::from(error.rule.value())));
        if env.deviates(Deviation::ReadsBeforeSignature) {
            read.as_ref().map(drop).map_err(|&refused| refused)?;
        }
        if !is_signed(identity, offer) && !env.deviates(Deviation::TakesAnySignature) {
            return Err((ErrorCode::UPDATE_SIGNATURE, 0));
        }
        let manifest = read?;
        if manifest.hardware_class != identity.hardware_class
            && !env.deviates(Deviation::TakesForeignHardware)
        {
            return Err((ErrorCode::UPDATE_HARDWARE, 0));
        }
        //= spec/book/src/updates.md#cw-upd-007
        //# A reader MUST refuse a kind of update that it does not support with `not-supported`.
        if manifest.kind != UpdateKind::LOGIC && !env.deviates(Deviation::TakesAnyKind) {
            return Err((ErrorCode::NOT_SUPPORTED, 0));
        }
        let known = self.accepted.is_some_and(|accepted| accepted.digest == digest);
        if known && !env.deviates(Deviation::DropsResumedBytes) {
            return Ok(());
        }
        let size = usize::try_from(manifest.size).unwrap_or(usize::MAX);
        if size > LOGIC_MAX && env.deviates(Deviation::ChecksSizeFirst) {
            return Err((ErrorCode::UPDATE_SIZE, 0));
        }
        if manifest.counter <= logic.counter() && !env.deviates(Deviation::TakesOldCounter) {
            return Err((ErrorCode::UPDATE_COUNTER, 0));
        }
        if size > LOGIC_MAX {
            return Err((ErrorCode::UPDATE_SIZE, 0));
        }
        if env.deviates(Deviation::ErasesAtOffer) {
            for slot in 0..STORED_SERVICES_MAX {
                // What the storage says of it is nothing to this reader.
                let _ = env.store(Record::Logic(slot), &[]);
            }
        }
        //= spec/book/src/updates.md#cw-upd-012
        //# A reader MUST keep one update at a time: a manifest that it accepts takes the place of another one, whose bytes are dropped.
        self.accepted = Some(Accepted {
            digest,
            counter: manifest.counter,
            service: manifest.service,
            size,
            content_digest: *manifest.content_digest,
        });
        self.state = UpdateState::Receiving;
        if !env.deviates(Deviation::MixesUpdates) {
            self.received_length = 0;
        }
        Ok(())
    }

    fn current(&self, digest: &[u8; 32]) -> Result<Accepted, Refused> {
        self.accepted
            .filter(|accepted| accepted.digest == *digest)
            .ok_or((ErrorCode::UPDATE_ORDER, 0))
    }

    //= spec/book/src/updates.md#cw-upd-004
    //# A reader MUST take bytes only for the accepted manifest and only at the first offset that is missing, keep what it has when the same manifest is offered again, and check size and digest when all are there.
    fn chunk(&mut self, env: &impl Env, digest: &[u8; 32], offset: u32, data: &[u8]) -> Result<(), Refused> {
        let accepted = self.current(digest)?;
        if self.state != UpdateState::Receiving {
            return Err((ErrorCode::UPDATE_ORDER, 0));
        }
        let at_end = usize::try_from(offset) == Ok(self.received_length);
        if !at_end && !env.deviates(Deviation::TakesAnyOffset) {
            return Err((ErrorCode::UPDATE_ORDER, 0));
        }
        let end = self.received_length + data.len();
        if end > accepted.size {
            return Err((ErrorCode::UPDATE_SIZE, 0));
        }
        self.received
            .get_mut(self.received_length..end)
            .ok_or((ErrorCode::UPDATE_SIZE, 0))?
            .copy_from_slice(data);
        self.received_length = end;
        if end < accepted.size {
            return Ok(());
        }
        let matches = <[u8; 32]>::from(Sha256::digest(&self.received[..end])) == accepted.content_digest;
        if !matches && !env.deviates(Deviation::SkipsContentDigest) {
            self.drop_received();
            return Err((ErrorCode::UPDATE_DIGEST, 0));
        }
        self.state = UpdateState::Received;
        Ok(())
    }

    //= spec/book/src/updates.md#cw-upd-005
    //# A commit MUST put the received update into force, raise the counter of its kind, and only then be answered with success.
    fn commit(
        &mut self,
        env: &mut impl Env,
        logic: &mut LogicStore,
        digest: &[u8; 32],
    ) -> Result<(), Refused> {
        let accepted = self.current(digest)?;
        //= spec/book/src/updates.md#cw-upd-014
        //# A commit of the update that is in force MUST be answered with success again and change nothing.
        if self.state == UpdateState::Installed && !env.deviates(Deviation::RefusesSecondCommit) {
            return Ok(());
        }
        if self.state != UpdateState::Received {
            return Err((ErrorCode::UPDATE_ORDER, 0));
        }
        let document = &self.received[..self.received_length];
        let checked = match LogicStore::check(env, document, accepted.service) {
            Err(_) if env.deviates(Deviation::SkipsVerifier) => Ok(()),
            Err(LogicRule::Module) if env.deviates(Deviation::TakesUnknownModules) => Ok(()),
            checked => checked.map_err(|rule| (ErrorCode::UPDATE_LOGIC, u16::from(rule.value()))),
        };
        let keep = env.deviates(Deviation::KeepsCounter);
        let installed = checked.and_then(|()| {
            if env.deviates(Deviation::IgnoresCommit) {
                return Ok(());
            }
            logic
                .install(env, document, accepted.counter, keep)
                .map_err(|error| match error {
                    InstallError::Rule(rule) => (ErrorCode::UPDATE_LOGIC, u16::from(rule.value())),
                    //= spec/book/src/updates.md#cw-upd-009
                    //# A reader that can't store what an update brings MUST answer with `storage-failed`, drop what it has of that update, and be as it was before.
                    InstallError::Storage => (ErrorCode::STORAGE_FAILED, 0),
                })
        });
        let hides = env.deviates(Deviation::HidesFullStorage);
        let installed = installed.or_else(|refused| match refused {
            (ErrorCode::STORAGE_FAILED, _) if hides => Ok(()),
            refused => Err(refused),
        });
        match installed {
            Ok(()) => self.state = UpdateState::Installed,
            Err(_) => self.drop_received(),
        }
        installed
    }

    /// Forgets a manifest and its bytes.
    pub(crate) fn drop_received(&mut self) {
        *self = Self::new();
    }

    fn encode_status(&self, digest: &[u8; 32], result: Result<(), Refused>, out: &mut [u8]) -> Option<usize> {
        let mine = self.current(digest).is_ok();
        let (error, detail) = result.err().unwrap_or((ErrorCode(0), 0));
        let next_offset = if mine {
            u32::try_from(self.received_length).unwrap_or(u32::MAX)
        } else {
            0
        };
        ChannelAnswer::UpdateStatus(UpdateStatus {
            digest,
            state: if mine { self.state } else { UpdateState::None },
            next_offset,
            error,
            detail,
            extensions: Default::default(),
        })
        .encode(out)
        .ok()
    }
}

/// Whether the update authority has signed this manifest.
fn is_signed(identity: &Identity, offer: &UpdateOffer<'_>) -> bool {
    let mut signed = [0; LABEL.len() + MANIFEST_MAX];
    let end = LABEL.len() + offer.manifest.len();
    let Some(room) = signed.get_mut(LABEL.len()..end) else {
        return false;
    };
    room.copy_from_slice(offer.manifest);
    signed[..LABEL.len()].copy_from_slice(LABEL);
    // Strict: refuses keys and signatures of small order, which would fit many messages.
    VerifyingKey::from_bytes(&identity.authority_public_key).is_ok_and(|key| {
        key.verify_strict(&signed[..end], &Signature::from_bytes(offer.signature))
            .is_ok()
    })
}
