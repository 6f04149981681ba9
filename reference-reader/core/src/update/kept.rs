//! What is kept of an accepted manifest.

use super::sealing::{StageKey, is_secret};
use crate::{
    digest::sha256,
    env::{Env, Record},
};
use cardwire_codec::{
    Message,
    message::{Manifest, ServiceId, UpdateKind},
};

/// Largest manifest: the schema's bound.
pub(super) const MANIFEST_MAX: usize = 255;
/// Components of one manifest: the schema's bound.
pub(super) const COMPONENTS_MAX: usize = 4;

/// A manifest that was accepted.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) digest: [u8; 32],
    components: [Option<Component>; COMPONENTS_MAX],
}

/// One part of an update.
#[derive(Clone, Copy)]
pub(super) struct Component {
    pub(super) kind: UpdateKind,
    pub(super) service: ServiceId,
    pub(super) counter: u32,
    /// Where its content begins in the bytes of the update.
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) content_digest: [u8; 32],
    pub(super) min_software: u32,
    /// Under which key its bytes are staged, where they are secret.
    pub(super) key: Option<StageKey>,
}

impl Kept {
    /// What a manifest says that decodes. Four components of 16 MiB have an end that 32 bits can say.
    pub(super) fn of(digest: [u8; 32], manifest: &Manifest<'_>, key: Option<StageKey>) -> Self {
        let mut components = [None; COMPONENTS_MAX];
        let mut offset = 0_u32;
        for (slot, component) in components.iter_mut().zip(manifest.components.iter()) {
            *slot = Some(Component {
                kind: component.kind,
                service: component.service,
                counter: component.counter,
                offset,
                size: component.size,
                content_digest: *component.content_digest,
                min_software: component.min_software,
                key: key.filter(|_| is_secret(component.kind)),
            });
            offset = offset.saturating_add(component.size);
        }
        Self { digest, components }
    }

    /// The manifest that was kept before a reset. One whose secrets have no key any more is not kept: the power went when
    /// another update was about to take its place, and what came now would be staged in clear.
    pub(super) fn load(env: &mut impl Env) -> Option<Self> {
        let mut out = [0; MANIFEST_MAX];
        let length = env.load(Record::Manifest, &mut out)?;
        let encoded = out.get(..length)?;
        let manifest = Manifest::decode(encoded).ok()?;
        let digest = sha256(encoded);
        let kept = Self::of(digest, &manifest, StageKey::load(env, &digest));
        let is_open = |component: &Component| is_secret(component.kind) && component.key.is_none();
        if kept.components().any(is_open) {
            return None;
        }
        Some(kept)
    }

    /// Its parts in order.
    pub(super) fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.iter().flatten()
    }

    /// Its parts in the order in which they come into force: software is last. As long as it is on trial, the stage is the
    /// slot that it runs from, and the other parts are read from there after a reset too.
    pub(super) fn in_order_of_force(&self) -> impl Iterator<Item = &Component> {
        let others = self
            .components()
            .filter(|component| component.kind != UpdateKind::SOFTWARE);
        others.chain(self.software())
    }

    /// Its software, where that is part of it.
    pub(super) fn software(&self) -> Option<&Component> {
        self.components()
            .find(|component| component.kind == UpdateKind::SOFTWARE)
    }

    /// Bytes of all contents together.
    pub(super) fn size(&self) -> u32 {
        let end = |component: &Component| component.offset.saturating_add(component.size);
        self.components().last().map_or(0, end)
    }
}
