//! The codecs: ours, a hand-written one for the same wire format, and the peers, each with what it does best.

pub(crate) mod bincode;
pub(crate) mod minicbor;
pub(crate) mod ours;
pub(crate) mod postcard;
pub(crate) mod prost;
pub(crate) mod rmp_serde;
mod serde_model;
pub(crate) mod twin;
pub(crate) mod wincode;
