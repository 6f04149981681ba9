//! Commit: everything is checked first, then one record decides, then it is carried out.
//!
//! [`Record::Commit`] is what decides: while it holds the digest of the manifest that is kept, the update is to be
//! carried out, from its first component on, whatever was carried out of it already. Each component with its counter is
//! one record, and writing it twice does no harm. Software comes into force in two steps: a commit puts it on trial, and
//! the first login that succeeds while it runs confirms it, after all else that its manifest brings.

use super::{Component, Installed, Kept, Refused, Update, authentication, sealing, software, stage};
use crate::{
    boot::COMMIT_SIZE,
    env::{Env, Record},
    logic::{InstallError, LogicStore},
    security::keyring::Keyring,
};
use cardwire_codec::message::{ErrorCode, LogicRule, UpdateKind, UpdateState, limits::LOGIC_MAX};
use zeroize::Zeroizing;

/// Puts the received update into force, or software of it on trial.
//= spec/book/src/updates.md#cw-upd-005
//# A commit MUST put the received update into force, raise the counter of its kind, and only then be answered with success.
// Kept apart from its caller, of which the stack is short where the signature of an offer is verified.
#[inline(never)]
pub(super) fn commit(
    update: &mut Update,
    env: &mut impl Env,
    installed: &mut Installed<'_>,
    digest: &[u8; 32],
) -> Result<(), Refused> {
    let kept = update.current(digest)?.clone();
    //= spec/book/src/updates.md#cw-upd-014
    //# A commit of the update that is in force MUST be answered with success again and change nothing.
    if matches!(update.state, UpdateState::Installed | UpdateState::Trial) {
        return Ok(());
    }
    if update.state != UpdateState::Received {
        return Err((ErrorCode::UPDATE_ORDER, 0));
    }
    let result = if update.part_done {
        carry_out(update, env, installed, &kept)
    } else {
        put_into_force(update, env, installed, &kept)
    };
    if result.is_err() && !update.part_done {
        update.drop_received(env);
    }
    result
}

fn put_into_force(
    update: &mut Update,
    env: &mut impl Env,
    installed: &mut Installed<'_>,
    kept: &Kept,
) -> Result<(), Refused> {
    check(update, env, installed, kept)?;
    if let Some(component) = kept.software() {
        software::begin(env, component, &kept.digest).map_err(|_| stage::FAILED)?;
        update.state = UpdateState::Trial;
        update.reset_due = true;
        return Ok(());
    }
    note(env, kept)?;
    carry_out(update, env, installed, kept)
}

/// Whether all of it could be put into force now.
#[inline(never)]
fn check(update: &Update, env: &mut impl Env, installed: &Installed<'_>, kept: &Kept) -> Result<(), Refused> {
    // The bytes were checked when the last one came; what counts is what stands there now.
    stage::check_digests(env, kept)?;
    kept.components()
        .try_for_each(|component| check_component(update, env, installed, component))?;
    let services = kept
        .components()
        .filter(|component| component.kind == UpdateKind::LOGIC)
        .map(|component| component.service);
    if installed.logic.has_room(services) {
        Ok(())
    } else {
        Err(stage::FAILED)
    }
}

fn check_component(
    update: &Update,
    env: &mut impl Env,
    installed: &Installed<'_>,
    component: &Component,
) -> Result<(), Refused> {
    match component.kind {
        UpdateKind::SOFTWARE => software::check(env, installed.identity, component),
        UpdateKind::AUTHENTICATION => changed_keys(env, installed, component).map(drop),
        // Logic that needs newer software is that software's to judge: it is checked again when that is confirmed.
        UpdateKind::LOGIC if component.min_software > update.software_running() => Ok(()),
        UpdateKind(_) => {
            let mut room = [0; LOGIC_MAX];
            let document = stage::read(env, component, &mut room)?;
            let document = document.ok_or((ErrorCode::UPDATE_SIZE, 0))?;
            LogicStore::check(env, document, component.service).map_err(broken)
        }
    }
}

/// The keys as a component of authentication information leaves them.
#[inline(never)]
fn changed_keys(
    env: &mut impl Env,
    installed: &Installed<'_>,
    component: &Component,
) -> Result<Keyring, Refused> {
    let mut room = Zeroizing::new([0; authentication::DOCUMENT_MAX]);
    let document = stage::read(env, component, &mut *room)?;
    let document = document.ok_or((ErrorCode::UPDATE_SIZE, 0))?;
    authentication::changed(installed.keys, document, component.counter)
        .map_err(|rule| (ErrorCode::UPDATE_AUTHENTICATION, u16::from(rule.value())))
}

/// Why logic is not put into force.
fn broken(rule: LogicRule) -> Refused {
    (ErrorCode::UPDATE_LOGIC, u16::from(rule.value()))
}

/// The point of no return.
//= spec/book/src/updates.md#cw-upd-017
//# A commit MUST put all components of an update into force, or none of them.
fn note(env: &mut impl Env, kept: &Kept) -> Result<(), Refused> {
    let noted = env.store(Record::Commit, &kept.digest);
    if noted.is_err() {
        forget_note(env);
    }
    noted.map_err(|_| stage::FAILED)
}

fn forget_note(env: &mut impl Env) {
    // A note that stays is carried out once more at the next start, which does no harm; without its manifest it is void.
    let _ = env.store(Record::Commit, &[]);
}

/// Carries out what was noted, from the first component on. Where storage fails before anything is done, nothing was
/// decided; later the note stays, and the next commit or the next start goes on.
#[inline(never)]
fn carry_out(
    update: &mut Update,
    env: &mut impl Env,
    installed: &mut Installed<'_>,
    kept: &Kept,
) -> Result<(), Refused> {
    for component in kept.in_order_of_force() {
        if let Err(refused) = carry_out_component(env, installed, component) {
            if !update.part_done {
                forget_note(env);
            }
            return Err(refused);
        }
        update.part_done = true;
        if component.kind == UpdateKind::SOFTWARE {
            update.software_counter = component.counter;
        }
    }
    update.part_done = false;
    update.state = UpdateState::Installed;
    forget_note(env);
    sealing::forget(env);
    Ok(())
}

#[inline(never)]
fn carry_out_component(
    env: &mut impl Env,
    installed: &mut Installed<'_>,
    component: &Component,
) -> Result<(), Refused> {
    match component.kind {
        UpdateKind::SOFTWARE => software::confirm(env, component).map_err(|_| stage::FAILED),
        // Stored before a loss of power. Once more, as it may have come before the keys that ended were erased.
        UpdateKind::AUTHENTICATION if installed.keys.counter >= component.counter => {
            installed.keys.store(env).map_err(|_| stage::FAILED)
        }
        UpdateKind::AUTHENTICATION => {
            let changed = changed_keys(env, installed, component)?;
            changed.store(env).map_err(|_| stage::FAILED)?;
            *installed.keys = changed;
            Ok(())
        }
        UpdateKind(_) => {
            let mut room = [0; LOGIC_MAX];
            let document = stage::read(env, component, &mut room)?;
            let document = document.ok_or((ErrorCode::UPDATE_SIZE, 0))?;
            let stored = installed.logic.install(env, document, component.counter);
            stored.map_err(|error| match error {
                InstallError::Rule(rule) => broken(rule),
                InstallError::Storage => stage::FAILED,
            })
        }
    }
}

/// At boot: carries out what was noted and not finished.
pub(super) fn recover(update: &mut Update, env: &mut impl Env, installed: &mut Installed<'_>) {
    let mut noted = [0; COMMIT_SIZE];
    if env.load(Record::Commit, &mut noted) != Some(COMMIT_SIZE) {
        return;
    }
    // Without its manifest and its bytes a note says nothing: another update has taken their place since it was done.
    let kept = update.current(&noted).ok();
    let Some(kept) = kept.filter(|kept| stage::check_digests(env, kept).is_ok()) else {
        return forget_note(env);
    };
    let kept = kept.clone();
    update.state = UpdateState::Received;
    update.received = kept.size();
    update.part_done = true;
    // What fails now goes on at the next commit, or at the next start.
    let _ = carry_out(update, env, installed, &kept);
}

/// A login has succeeded: software on trial has shown that it can be updated again, and comes into force with all else of
/// its manifest.
pub(super) fn confirm(update: &mut Update, env: &mut impl Env, installed: &mut Installed<'_>) {
    let Some(kept) = update.kept.as_ref().filter(|_| update.on_trial.is_some()) else {
        return;
    };
    let kept = kept.clone();
    // Going on with what was noted before.
    if !update.part_done {
        if check(update, env, installed, &kept).is_err() {
            // What came with this software does not fit it: it goes back.
            update.reset_due = true;
            return;
        }
        if note(env, &kept).is_err() {
            return;
        }
    }
    if carry_out(update, env, installed, &kept).is_ok() {
        update.on_trial = None;
    }
}
