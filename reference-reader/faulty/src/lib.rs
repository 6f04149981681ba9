//! Readers with one fault each, and devices that are no readers at all: what the conformance suite must catch.
//!
//! A faulty reader is the reference reader on an environment that says yes to one [`Deviation`]. It is never part of
//! a shipped build; only the proof that the suite can tell starts it, as a process of its own on standard input and
//! output.

pub mod null;

use cardwire_core::{
    Deviation, Env,
    env::{RandomFailed, Record, StoreFailed},
};

/// An environment with one fault, or none.
#[derive(Debug)]
pub struct Faulty<E> {
    inner: E,
    fault: Option<Deviation>,
}

impl<E> Faulty<E> {
    /// `inner`, with this fault; without one it is the control.
    pub fn new(inner: E, fault: Option<Deviation>) -> Self {
        Self { inner, fault }
    }
}

impl<E: Env> Env for Faulty<E> {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        self.inner.random(out)
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        self.inner.load(record, out)
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        self.inner.store(record, data)
    }

    fn deviates(&self, deviation: Deviation) -> bool {
        self.fault == Some(deviation)
    }
}

/// The fault of this name.
#[must_use]
pub fn fault(name: &str) -> Option<Deviation> {
    Deviation::ALL.iter().copied().find(|fault| fault.name() == name)
}
