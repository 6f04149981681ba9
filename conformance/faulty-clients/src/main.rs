//! Starts one faulty client, or a program that is no client, behind an upper tester on standard input and output.

use cardwire_faulty_clients::{FAULTS, FaultyClient, Null};
use clap::Parser;
use serde_json::json;
use std::{io, process::ExitCode};

/// A client with one fault, or a program that is none, behind an upper tester on standard input and output
///
/// For the proof that the conformance suite catches it:
///
///     cardwire certify client -- cardwire-faulty-clients --fault relays-altered-bytes
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
#[group(required = true)]
struct Arguments {
    /// The client's fault
    #[arg(long, group = "what", value_name = "NAME")]
    fault: Option<String>,
    /// A program that is no client
    #[arg(long, group = "what", value_name = "NAME")]
    null: Option<String>,
    /// The client without any fault: the control, which must be certified
    #[arg(long, group = "what")]
    sound: bool,
    /// List the faults with the requirements that they break and the cases that catch them, as JSON
    #[arg(long, group = "what")]
    list: bool,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.list {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(name) = arguments.null {
        let Some(mut null) = Null::named(&name) else {
            return Ok(unknown(&name));
        };
        cardwire_client_adapter::serve(&mut null)?;
        return Ok(ExitCode::SUCCESS);
    }
    let fault = match arguments.fault {
        Some(name) => match FAULTS.iter().find(|entry| entry.name == name) {
            Some(entry) => Some(entry.fault),
            None => return Ok(unknown(&name)),
        },
        None => None,
    };
    cardwire_client_adapter::serve(&mut FaultyClient::new(fault))?;
    Ok(ExitCode::SUCCESS)
}

fn list() {
    let faults = FAULTS.iter().map(|entry| {
        json!({
            "id": entry.name, "requirements": [entry.requirement], "cases": [entry.caught_by], "does": entry.does,
        })
    });
    let faults: Vec<_> = faults.collect();
    println!(
        "{}",
        json!({ "kind": "client", "faults": faults, "nulls": Null::NAMES })
    );
}

fn unknown(name: &str) -> ExitCode {
    eprintln!("error: there is no program `{name}`\nwhat to do next: Give one of those that --list lists.");
    ExitCode::from(2)
}
