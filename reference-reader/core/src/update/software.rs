//! Software: its header, and the trial that decides whether it comes into force.

use super::{Component, Refused, stage};
use crate::{
    boot::{BootRecord, Image, Other},
    env::{Env, Record, StoreFailed},
    identity::Owner,
};
use cardwire_codec::{
    Message,
    message::{ErrorCode, Software, limits::SOFTWARE_HEADER},
};

/// What is known of the software in both places.
pub(super) fn load(env: &mut impl Env) -> BootRecord {
    let mut out = [0; BootRecord::SIZE];
    let length = env.load(Record::Boot, &mut out);
    length
        .and_then(|length| BootRecord::decode(out.get(..length)?))
        .unwrap_or(BootRecord::FACTORY)
}

/// Whether the staged content is software for this reader.
///
/// # Errors
/// `update-software`, or the storage's failure.
pub(super) fn check(env: &mut impl Env, identity: &Owner, component: &Component) -> Result<(), Refused> {
    let wrong = (ErrorCode::UPDATE_SOFTWARE, 0);
    let image_size = component.size.checked_sub(SOFTWARE_HEADER as u32).ok_or(wrong)?;
    let mut front = [0; SOFTWARE_HEADER];
    env.stage_read(component.offset, &mut front)
        .map_err(|_| stage::FAILED)?;
    let header = decode_front(&front).ok_or(wrong)?;
    if header.hardware_class == identity.hardware_class && header.image_size == image_size {
        Ok(())
    } else {
        Err(wrong)
    }
}

/// The document at the front, behind its length and with nothing but zeros behind it.
fn decode_front(front: &[u8; SOFTWARE_HEADER]) -> Option<Software<'_>> {
    let (length, rest) = front.split_first_chunk()?;
    let (document, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let document = Software::decode(document).ok()?;
    padding.iter().all(|byte| *byte == 0).then_some(document)
}

/// Puts staged software on trial, to be started at the next reset.
pub(super) fn begin(
    env: &mut impl Env,
    component: &Component,
    manifest: &[u8; 32],
) -> Result<(), StoreFailed> {
    let mut record = load(env);
    record.other = Other::Trial {
        image: Image {
            slot: record.running.slot.other(),
            size: component.size,
            digest: component.content_digest,
            counter: component.counter,
        },
        begun: false,
    };
    record.manifest = *manifest;
    env.store(Record::Boot, &record.encode())
}

/// Makes software on trial the software in force, with its counter: one record.
pub(super) fn confirm(env: &mut impl Env, component: &Component) -> Result<(), StoreFailed> {
    let mut record = load(env);
    if record.counter >= component.counter {
        return Ok(());
    }
    let Other::Trial { image, .. } = record.other else {
        return Err(StoreFailed);
    };
    // Of what came from the factory no digest is known: it can't be gone back to once its place is written to.
    record.other = if record.running.size == 0 {
        Other::None
    } else {
        Other::Before(record.running)
    };
    record.running = image;
    record.counter = component.counter;
    env.store(Record::Boot, &record.encode())
}

/// Forgets that software was given up.
pub(super) fn forget_given_up(env: &mut impl Env) {
    let mut record = load(env);
    if record.other == Other::GivenUp {
        record.other = Other::None;
        // Where this fails the next start finds it again.
        let _ = env.store(Record::Boot, &record.encode());
    }
}
