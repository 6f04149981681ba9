//! Offers: whether a manifest is one that this reader takes.

use super::{Installed, Kept, Refused, Update, kept::MANIFEST_MAX, sealing};
use crate::{
    env::{Env, Record},
    identity::Owner,
    security::keyring::Keyring,
    signature,
};
use cardwire_codec::{
    Message,
    message::{
        CodecRule, Component, ErrorCode, Manifest, ServiceId, UpdateKind, UpdateOffer, UpdateState,
        limits::{AUTHENTICATION_MAX, LOGIC_MAX},
    },
};

const LABEL: &[u8] = b"cardwire/1 manifest";

/// Takes a manifest, or says why not; what was received for the same manifest stays.
#[inline(never)]
pub(super) fn take(
    update: &mut Update,
    env: &mut impl Env,
    installed: &Installed<'_>,
    offer: &UpdateOffer<'_>,
    digest: [u8; 32],
) -> Result<(), Refused> {
    //= spec/book/src/updates.md#cw-upd-001
    //# A reader MUST accept an offer only if its manifest is signed by the update authority that the reader was provisioned with.
    //= spec/book/src/updates.md#cw-upd-011
    //# A reader MUST refuse an offer with the error of the first of these that it fails: signature, encoding, hardware class, kind, trial, counter, size, precursor.
    if !is_signed(installed.keys, offer) {
        return Err((ErrorCode::UPDATE_SIGNATURE, 0));
    }
    let manifest = decode(offer.manifest)?;
    check_target(env, installed.identity, &manifest)?;
    if update.is_kept(&digest) {
        return Ok(());
    }
    if update.state == UpdateState::Trial {
        return Err((ErrorCode::UPDATE_TRIAL, 0));
    }
    check_counters(update, installed, &manifest)?;
    check_sizes(env, &manifest)?;
    check_precursors(update, &manifest)?;
    //= spec/book/src/updates.md#cw-upd-012
    //# A reader MUST keep one update at a time: a manifest that it accepts takes the place of another one, whose bytes are dropped.
    let key = sealing::begin(env, &digest, &manifest);
    let failed = key.is_err();
    update.kept = Some(Kept::of(digest, &manifest, key.unwrap_or_default()));
    update.state = UpdateState::Receiving;
    update.part_done = false;
    update.received = 0;
    if failed || env.store(Record::Manifest, offer.manifest).is_err() {
        update.drop_received(env);
        return Err((ErrorCode::STORAGE_FAILED, 0));
    }
    Ok(())
}

/// A manifest that decodes, and whose components each replace another thing, in ascending order.
fn decode(encoded: &[u8]) -> Result<Manifest<'_>, Refused> {
    let malformed = |rule: CodecRule| (ErrorCode::MALFORMED, u16::from(rule.value()));
    let manifest = Manifest::decode(encoded).map_err(|error| malformed(error.rule))?;
    let mut previous = None;
    for component in manifest.components.iter() {
        let own = [UpdateKind::SOFTWARE, UpdateKind::AUTHENTICATION].contains(&component.kind);
        if own && component.service != ServiceId(0) {
            return Err(malformed(CodecRule::Range));
        }
        let place = (component.kind.0, component.service.0);
        if previous.is_some_and(|previous| previous >= place) {
            return Err(malformed(CodecRule::Order));
        }
        previous = Some(place);
    }
    Ok(manifest)
}

//= spec/book/src/updates.md#cw-upd-002
//# A reader MUST refuse a manifest for another class of hardware.
fn check_target(env: &impl Env, identity: &Owner, manifest: &Manifest<'_>) -> Result<(), Refused> {
    if manifest.hardware_class != identity.hardware_class {
        return Err((ErrorCode::UPDATE_HARDWARE, 0));
    }
    //= spec/book/src/updates.md#cw-upd-007
    //# A reader MUST refuse a kind of update that it does not support with `not-supported`.
    let takes = |component: &Component<'_>| match component.kind {
        UpdateKind::LOGIC | UpdateKind::AUTHENTICATION => true,
        UpdateKind::SOFTWARE => env.software_max() > 0,
        UpdateKind(_) => false,
    };
    first_that_fails(manifest, ErrorCode::NOT_SUPPORTED, takes)
}

//= spec/book/src/updates.md#cw-upd-003
//# A reader MUST refuse a manifest whose counter is not above its own counter of that kind.
fn check_counters(
    update: &Update,
    installed: &Installed<'_>,
    manifest: &Manifest<'_>,
) -> Result<(), Refused> {
    let counters = update.counters(installed.logic, installed.keys);
    first_that_fails(manifest, ErrorCode::UPDATE_COUNTER, |component| {
        component.counter > counters.of(component.kind)
    })
}

fn check_sizes(env: &impl Env, manifest: &Manifest<'_>) -> Result<(), Refused> {
    first_that_fails(manifest, ErrorCode::UPDATE_SIZE, |component| {
        let most = match component.kind {
            UpdateKind::SOFTWARE => env.software_max(),
            UpdateKind::AUTHENTICATION => AUTHENTICATION_MAX as u32,
            UpdateKind(_) => LOGIC_MAX as u32,
        };
        component.size <= most
    })?;
    let all: u64 = manifest
        .components
        .iter()
        .map(|component| u64::from(component.size))
        .sum();
    if all > u64::from(env.stage_size()) {
        return Err((ErrorCode::UPDATE_SIZE, 0));
    }
    Ok(())
}

fn check_precursors(update: &Update, manifest: &Manifest<'_>) -> Result<(), Refused> {
    let mut software = update.software_counter;
    for component in manifest.components.iter() {
        if component.kind == UpdateKind::SOFTWARE {
            software = component.counter;
        }
    }
    first_that_fails(manifest, ErrorCode::UPDATE_PRECURSOR, |component| {
        component.min_software <= software
    })
}

/// Makes a check of every component; the detail is the place of the first that fails it.
fn first_that_fails(
    manifest: &Manifest<'_>,
    error: ErrorCode,
    passes: impl Fn(&Component<'_>) -> bool,
) -> Result<(), Refused> {
    match manifest
        .components
        .iter()
        .position(|component| !passes(&component))
    {
        Some(place) => Err((error, place as u16)),
        None => Ok(()),
    }
}

/// Whether the update authority has signed this manifest.
#[inline(never)]
fn is_signed(keys: &Keyring, offer: &UpdateOffer<'_>) -> bool {
    let mut signed = [0; LABEL.len() + MANIFEST_MAX];
    let end = LABEL.len() + offer.manifest.len();
    let Some(room) = signed.get_mut(LABEL.len()..end) else {
        return false;
    };
    room.copy_from_slice(offer.manifest);
    signed[..LABEL.len()].copy_from_slice(LABEL);
    signature::is_right(&keys.authority, &signed[..end], offer.signature)
}
