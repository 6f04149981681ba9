//! Bytes on their way in: staged on the board, one behind the other, and checked where they are staged.

use super::{Component, Kept, Refused};
use crate::{digest::Sha256, env::Env};
use cardwire_codec::message::{ErrorCode, limits::RELAYED_MAX};

/// What a stage that can't be written or read leads to.
//= spec/book/src/updates.md#cw-upd-009
//# A reader that can't store what an update brings MUST answer with `storage-failed`, drop what it has of that update, and be as it was before.
pub(super) const FAILED: Refused = (ErrorCode::STORAGE_FAILED, 0);

/// Bytes that are read back at once.
const PIECE: usize = 256;

/// Stages bytes behind those that are there.
pub(super) fn append(env: &mut impl Env, kept: &Kept, staged: u32, data: &[u8]) -> Result<(), Refused> {
    // The stage of another update, or of none, is dropped with the first bytes, not with the offer.
    if staged == 0 {
        env.stage_begin(&kept.digest).map_err(|_| FAILED)?;
    }
    // A chunk is at most a message long.
    let mut sealed = [0; RELAYED_MAX];
    let sealed = sealed.get_mut(..data.len()).ok_or(FAILED)?;
    sealed.copy_from_slice(data);
    for component in kept.components() {
        // As much of the chunk as belongs to this component.
        let end = component.offset.saturating_add(component.size);
        let (from, to) = (
            component.offset.max(staged),
            end.min(staged.saturating_add(data.len() as u32)),
        );
        if let Some(key) = component.key
            && let Some(part) =
                sealed.get_mut(from.saturating_sub(staged) as usize..to.saturating_sub(staged) as usize)
        {
            key.apply(from, part).ok_or(FAILED)?;
        }
    }
    env.stage_append(sealed).map_err(|_| FAILED)
}

/// Whether every staged content is the one of its component.
pub(super) fn check_digests(env: &mut impl Env, kept: &Kept) -> Result<(), Refused> {
    for component in kept.components() {
        if digest(env, component)? != component.content_digest {
            return Err((ErrorCode::UPDATE_DIGEST, 0));
        }
    }
    Ok(())
}

fn digest(env: &mut impl Env, component: &Component) -> Result<[u8; 32], Refused> {
    let mut digest = Sha256::default();
    let mut piece = [0; PIECE];
    let mut done = 0;
    while done < component.size {
        let length = (component.size - done).min(PIECE as u32);
        let piece = &mut piece[..length as usize];
        read_piece(env, component, done, piece)?;
        digest.update(piece);
        done += length;
    }
    Ok(digest.finish())
}

/// Reads a whole staged content into the front of `out`; `None` where it is larger.
pub(super) fn read<'o>(
    env: &mut impl Env,
    component: &Component,
    out: &'o mut [u8],
) -> Result<Option<&'o [u8]>, Refused> {
    let Some(out) = out.get_mut(..component.size as usize) else {
        return Ok(None);
    };
    read_piece(env, component, 0, out)?;
    Ok(Some(out))
}

/// Reads staged bytes of a component from `offset` of it on, opened where they are sealed.
fn read_piece(env: &mut impl Env, component: &Component, offset: u32, out: &mut [u8]) -> Result<(), Refused> {
    let at = component.offset + offset;
    env.stage_read(at, out).map_err(|_| FAILED)?;
    match component.key {
        Some(key) => key.apply(at, out).ok_or(FAILED),
        None => Ok(()),
    }
}
