#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]

pub mod board;
pub mod environment;
pub mod firmware;
pub mod identity;
pub mod image;
pub mod ring;

#[cfg(test)]
mod bench;
#[cfg(own_memory)]
mod memory;
mod modules;

pub use board::Board;
pub use firmware::Firmware;
