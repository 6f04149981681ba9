//! The cases, a file for each group.

mod bench;
mod claims;
pub(crate) mod codec;
mod connection;
mod diagnostics;
mod interfaces;
mod jobs;
mod link;
mod logic;
mod login;
mod modules;
pub(crate) mod production;
pub(crate) mod programs;
mod recovery;
mod robustness;
pub(crate) mod sanity;
mod security;
mod services;
mod session;
mod timing;
mod updates;

use crate::{case::Case, model, sequence::sequences};

/// All cases, in no order.
pub(crate) fn all() -> Vec<Case> {
    let code = [
        vec![sanity::case("")],
        claims::cases(),
        bench::cases(),
        link::cases(),
        codec::cases(),
        connection::cases(),
        session::cases(),
        login::cases(),
        interfaces::cases(),
        services::cases(),
        jobs::cases(),
        modules::cases(),
        logic::cases(),
        updates::cases(),
        recovery::cases(),
        timing::cases(),
        security::cases(),
        production::cases(),
        robustness::cases(),
        diagnostics::cases(),
        model::cases(),
    ];
    code.into_iter()
        .flatten()
        .chain(sequences().iter().map(Case::sequence))
        .collect()
}
