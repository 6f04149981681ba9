//! The `cardwire` command: the reference reader, its peers, the conformance suite and the tools of the specification,
//! assembled.
//!
//! Nothing here catches Ctrl-C: it ends the process at once and without a word, and whatever has to outlast that, such
//! as a reader's state file, is whole at every moment.

mod args;
mod certify;
mod client;
mod cloud;
mod decode;
mod failure;
mod identity;
mod keys;
mod logic;
mod progress;
mod protocol;
mod reader;
mod spec;
mod terminal;

use args::{Arguments, Command};
use clap::Parser as _;
use failure::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Reader(reader) => reader::run(&reader),
        Command::Cloud(cloud) => cloud::run(cloud),
        Command::Client(client) => client::run(&client),
        Command::Certify(certify) => certify::run(&certify),
        Command::Keys { action } => keys::run(&action),
        Command::Decode(decode) => decode::decode(&decode),
        Command::Encode(encode) => decode::encode(&encode),
        Command::Logic { action } => logic::run(&action),
        Command::Spec { action } => spec::run(&action),
    };
    ended.unwrap_or_else(Failure::report).into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
