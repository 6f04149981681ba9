//! Secrets of an update while they are staged: authentication information stands in the stage sealed, under a key of its own.
//!
//! The stage is flash that is not erased before its next use, and where software is part of the update it is even the slot
//! that runs then. So the key is what is erased, as soon as the update is in force or dropped: what is left in the stage says
//! nothing without it. The power may go before: the next start looks whether a key is left that nobody needs.
//!
//! Nothing is authenticated here. What is read back is held to the digest of its content, as all bytes of an update are.

use crate::env::{Env, Record, StoreFailed};
use cardwire_codec::message::{Manifest, UpdateKind};
use chacha20_stream::{
    ChaCha20,
    cipher::{KeyIvInit, StreamCipher, StreamCipherSeek},
};
use zeroize::Zeroizing;

const DIGEST: usize = 32;
const KEY: usize = 32;

/// The key of one update.
#[derive(Clone, Copy)]
pub(super) struct StageKey([u8; KEY]);

impl StageKey {
    /// The key of the update whose manifest has this digest; `None` where it has none, and its bytes stand as they are.
    pub(super) fn load(env: &mut impl Env, digest: &[u8; DIGEST]) -> Option<Self> {
        let mut record = Zeroizing::new([0; DIGEST + KEY]);
        let length = env.load(Record::StageKey, &mut *record)?;
        let (of, key) = record.get(..length)?.split_first_chunk::<DIGEST>()?;
        (of == digest).then_some(Self(key.try_into().ok()?))
    }

    /// Seals or opens bytes that stand at this place of the update.
    pub(super) fn apply(&self, at: u32, bytes: &mut [u8]) -> Option<()> {
        // A key is for one update, and each place has its own piece of the stream.
        let mut stream = ChaCha20::new(&self.0.into(), &[0; 12].into());
        stream.try_seek(at).ok()?;
        stream.try_apply_keystream(bytes).ok()
    }
}

/// Whether the content of such a component is staged sealed.
pub(super) fn is_secret(kind: UpdateKind) -> bool {
    kind == UpdateKind::AUTHENTICATION
}

/// The key for an update that is about to come, where it brings secrets. That of another update is erased.
///
/// # Errors
/// No random bytes, or storage that failed.
pub(super) fn begin(
    env: &mut impl Env,
    digest: &[u8; DIGEST],
    manifest: &Manifest<'_>,
) -> Result<Option<StageKey>, StoreFailed> {
    if !manifest
        .components
        .iter()
        .any(|component| is_secret(component.kind))
    {
        forget(env);
        return Ok(None);
    }
    let mut record = Zeroizing::new([0; DIGEST + KEY]);
    let (of, key) = record.split_at_mut(DIGEST);
    of.copy_from_slice(digest);
    env.random(key).map_err(|_| StoreFailed)?;
    let key = StageKey(key.try_into().map_err(|_| StoreFailed)?);
    env.store(Record::StageKey, &*record)?;
    Ok(Some(key))
}

/// Erases the key, if there is one: what is sealed under it is gone.
pub(super) fn forget(env: &mut impl Env) {
    let mut record = Zeroizing::new([0; DIGEST + KEY]);
    let held = env.load(Record::StageKey, &mut *record);
    if held.is_some_and(|length| length > 0) {
        // A loss of power may come between a new value and the end of the old one. So nothing follows only after the end
        // of the key; until then the next start does it again, and so it does where storage fails.
        let gone = env.store(Record::StageKey, &[0xff; DIGEST + KEY]);
        let _ = gone.and_then(|()| env.store(Record::StageKey, &[]));
    }
}
