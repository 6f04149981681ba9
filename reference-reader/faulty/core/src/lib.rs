//! The reader core with one fault, if its environment says so: what stands in `reference-reader/core` with the patches of
//! `reference-reader/faulty/patches`.
//!
//! It is never part of a shipped build. How faults are added and changed says `cardwire-patched`.
#![no_std]
// Lints are for what people write: the core is held to them where it stands.
#![allow(clippy::all)]

include!(concat!(env!("OUT_DIR"), "/core/lib.rs"));
