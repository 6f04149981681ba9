//! The portable core of the Cardwire reference reader: `no_std`, without allocation, sans-IO.
//!
//! Bytes, time and randomness go in, bytes and module commands come out. Each part of the design is one module:
//!
//! | part | module |
//! | --- | --- |
//! | main control: determines the service, drives the modules, runs the service | `control` |
//! | interface module: platform interface and service interfaces, client formats | `interface` |
//! | service logic: stored programs, verified before they are stored | `logic` |
//! | service modules: working states, power, the contact card's transport rules | `modules` |
//! | security module: client authentication, both channels | `security` |
//! | update: what the cloud offers after login | `update` |
//! | which software starts, for boot loaders | [`boot`] |
//! | what a laboratory or a factory writes into the flash | [`provision`] |
//! | diagnostics: every change of every working state | `diagnostics` |
//!
//! A board implements [`Env`] and drives a [`Reader`], whose documentation is the whole contract.
//!
//! [`logic::Simulator`] runs execution logic without a reader around it.
//!
//! Not supported yet: services on another slot than the first, sealed fields from the cloud.
#![no_std]
#![forbid(unsafe_code)]

pub mod boot;
mod control;
mod diagnostics;
pub mod digest;
pub mod env;
pub mod identity;
mod interface;
pub mod logic;
mod modules;
pub mod provision;
mod reader;
mod security;
pub mod signature;
mod time;
mod update;

pub use cardwire_codec as codec;
pub use env::Env;
pub use identity::Identity;
pub use modules::{
    ModuleCommand, ModuleEvent,
    contact_card::{
        activation::{CardReset, SupplyClass},
        atr,
    },
    energy::Usage,
};
pub use reader::Reader;
pub use time::Instant;
