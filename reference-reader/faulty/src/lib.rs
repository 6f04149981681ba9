//! Readers with one fault each, and devices that are no readers at all: what the conformance suite must catch.
//!
//! A faulty reader is the reference reader on an environment that says yes to one [`Deviation`] or forgets a record, or
//! behind a link that loses frames. It is never part of a shipped build; only the proof that the suite can tell starts
//! it, as a process of its own on standard input and output.

mod fault;
pub mod link;
pub mod null;
pub mod port;
pub mod specimen;
pub mod storage;

pub use fault::Fault;

use cardwire_core::{
    Deviation, Env,
    codec::message::ModuleId,
    env::{RandomFailed, Record, StoreFailed},
    identity::Name,
};
use cardwire_host::Boot;

/// An environment with one fault, or none.
#[derive(Debug)]
pub struct Faulty<E> {
    inner: E,
    fault: Option<Fault>,
    /// The service modules that it has, where they are not those of the board.
    modules: Option<&'static [ModuleId]>,
}

impl<E> Faulty<E> {
    /// `inner`, with this fault; without one it is the control.
    pub fn new(inner: E, fault: Option<Fault>) -> Self {
        Self {
            inner,
            fault,
            modules: None,
        }
    }

    /// The same with the contact card's module and no other: a smaller reader, whose statement claims less.
    #[must_use]
    pub fn with_card_only(self) -> Self {
        Self {
            modules: Some(&[ModuleId::CONTACT_CARD]),
            ..self
        }
    }
}

impl<E: Boot> Boot for Faulty<E> {
    fn boot(&mut self) -> Option<Name> {
        self.inner.boot()
    }
}

impl<E: Env> Env for Faulty<E> {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.inner.random(out)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        match self.fault {
            Some(Fault::Storage(fault)) if fault.loses(record) => None,
            Some(
                Fault::Core(_) | Fault::Storage(_) | Fault::Link(_) | Fault::Port(_) | Fault::Specimen(_),
            )
            | None => self.inner.load(record, out),
        }
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        self.inner.store(record, data)
    }

    fn software_max(&self) -> u32 {
        self.inner.software_max()
    }

    fn stage_size(&self) -> u32 {
        self.inner.stage_size()
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        self.inner.stage_begin(digest)
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        self.inner.stage_length(digest)
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        self.inner.stage_append(data)
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        self.inner.stage_read(offset, out)
    }

    fn slots(&self) -> u8 {
        self.inner.slots()
    }

    fn modules(&self) -> &'static [ModuleId] {
        self.modules.unwrap_or_else(|| self.inner.modules())
    }

    fn deviates(&self, deviation: Deviation) -> bool {
        self.fault == Some(Fault::Core(deviation))
    }
}
