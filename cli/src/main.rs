//! The `cardwire` command, and the way into the whole.
//!
//! # Cardwire in five minutes
//!
//! A service agent's **client** (an app on a PC or phone) talks over a serial line, USB or TCP to a **reader** that works
//! on a customer's SIM card. The **cloud** owns the reader and is reached through the client, which relays bytes that it
//! can't read. Cardwire is the protocol between the three, and the means to prove that a product speaks it.
//!
//! ```text
//!                 sealed frames (Noise NNpsk0)                 opaque bytes, over TLS
//!    client  ───────────────────────────────▶  reader     client ───────────────────▶ cloud
//!              hello · connect · instruct        │                                      │
//!                                                └───── Noise IK, end to end, relayed ──┘
//!                                                       login · signed updates
//! ```
//!
//! The way in has one order. A *locked* reader answers hello and connect and refuses everything else alike. An accepted
//! connect authenticates the client and opens the *platform interface*, through which the reader logs in to its cloud.
//! The cloud's login result opens the *service interfaces* that client, reader and cloud agree on. A client's
//! instruction then runs a service as a *job*: the main control powers the modules that the service's stored logic
//! declares, calls them in its order, and switches them off, whatever became of it.
//!
//! # Where things are
//!
//! | crate | what it is | knows |
//! | --- | --- | --- |
//! | [`cardwire_spec`] | the protocol as data (`spec/protocol.toml`): loads, checks, interprets, renders it; assembles service logic | nothing of ours |
//! | [`cardwire_codec`] | link frames and messages, `no_std`, zero-copy, canonical; generated from the schema | nothing of ours |
//! | `cardwire_core` | the reader: one module for each of its parts, sans-IO, `no_std`; begin at its `Reader` | codec |
//! | `cardwire_simcard` | a simulated UICC, `no_std` | nothing of ours |
//! | [`cardwire_host`] | the reader as a process: TCP, serial, stdio | core, simcard |
//! | `cardwire_firmware` | the reader on a Cortex-M3 | core, simcard |
//! | [`cardwire_peers`] | client, cloud, and the links between them | codec |
//! | [`cardwire_conformance`] | the suite: plays client and cloud, judges with the interpreter of `cardwire_spec` | spec, codec, peers; never the reader |
//! | `cardwire` | this command: assembly only | all of the above |
//!
//! `cardwire_faulty` holds readers with one fault each; only the proof that the suite catches them knows it. The
//! requirements that everything is held to stand in the book, `spec/book`; code cites them where it keeps them.
//!
//! # This program
//!
//! Only a run of the conformance suite catches Ctrl-C, so that its report says how far it came; anything else is ended by
//! it at once and without a word, and whatever has to outlast that, such as a reader's state file, is whole at every
//! moment.

mod args;
mod card;
mod card_source;
mod catalogue;
mod certify;
mod client;
mod cloud;
mod decode;
mod failure;
mod forms;
mod identity;
mod interrupt;
mod keys;
mod logic;
mod parameters;
mod progress;
mod protocol;
mod prove;
mod provision;
mod reader;
mod report;
mod spec;
mod terminal;
mod verify;

use args::{Arguments, Command};
use cardwire_conformance::ics::Kind;
use clap::Parser as _;
use failure::{Exit, Failure};
use std::process::ExitCode;

fn main() -> ExitCode {
    let ended = match Arguments::parse().command {
        Command::Reader(reader) => reader::run(&reader),
        Command::Cloud(cloud) => cloud::run(cloud),
        Command::Client(client) => client::run(&client),
        Command::Certify(certify) => certify::run(&certify),
        Command::Prove(prove) => prove::run(&prove),
        Command::Ics { of, action } => forms::run(of.kind(), &action),
        Command::Ixit { action } => forms::run(Kind::Ixit, &action),
        Command::Report { action } => report::run(&action),
        Command::Verify(verify) => verify::run(&verify),
        Command::Card(card) => card::run(&card),
        Command::Keys { action } => keys::run(&action),
        Command::Provision { action } => provision::run(&action),
        Command::Decode(decode) => decode::decode(&decode),
        Command::Encode(encode) => decode::encode(&encode),
        Command::Transcode(transcode) => decode::transcode(&transcode),
        Command::Logic { action } => logic::run(&action),
        Command::Spec { action } => spec::run(&action),
    };
    let exit = ended.unwrap_or_else(Failure::report);
    if terminal::is_output_lost() {
        ExitCode::FAILURE
    } else {
        exit.into()
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
