//! The first stage of a board with two slots for software: it decides at every start which of them runs, and hands over
//! what it has checked.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`map`] | where in memory and on the flash everything lies; linker scripts are made from it |
//! | [`seal`] | what stands at the end of an image, and who has signed it |
//! | [`package`] | an image as it lies in a slot: behind its header |
//! | [`FirstStage`] | which software starts, and how it gets to where it runs |
//!
//! Which slot is the one to start, and when a trial is over, the core decides for every board
//! ([`cardwire_core::boot::choose`]). This crate adds that what is not sealed by the authority that the first stage holds is
//! never whole: so it is not tried, what was on trial is given up, and what came before it starts. `no_std`, without
//! allocation and `unsafe`, on any [`embedded_storage::nor_flash::NorFlash`].

#![cfg_attr(not(test), no_std)]

pub mod map;
pub mod package;
pub mod seal;
mod start;

use cardwire_core::env::Record;
use cardwire_store::Sizes;
pub use start::{Checked, FirstStage, LoadError, Trust};

/// Where on the flash it stands which software is in force, and which is on trial.
pub const BOOT_RECORD: map::Region = map::Region {
    start: 2 * map::PAGE * Record::Boot.number() as u32,
    size: 2 * map::PAGE,
};

/// How the flash is divided.
pub const STORAGE: Sizes = Sizes {
    block: map::PAGE,
    records: map::RECORDS,
    slot: map::SLOT,
};
