//! Starts one faulty codec, or a program that is no codec, on standard input and output.

use cardwire_faulty_codec::{codec, faults, nulls::NULLS};
use clap::Parser;
use serde_json::json;
use std::process::ExitCode;

/// A codec with one fault, or a program that is none, on standard input and output
///
/// For the proof that the conformance suite catches it:
///
///     cardwire certify codec -- cardwire-faulty-codec --fault range-dropped
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
#[group(required = true)]
struct Arguments {
    /// The codec's fault
    #[arg(long, group = "what", value_name = "NAME")]
    fault: Option<String>,
    /// A program that is no codec
    #[arg(long, group = "what", value_name = "NAME")]
    null: Option<String>,
    /// A codec without any fault that writes its answers in its own way, as it may
    #[arg(long, group = "what", value_name = "NAME")]
    right: Option<String>,
    /// The codec without any fault: the control, which must be certified
    #[arg(long, group = "what")]
    sound: bool,
    /// List the faults with the cases that catch them, as JSON
    #[arg(long, group = "what")]
    list: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        return list();
    }
    if let Some(name) = arguments.null {
        return match NULLS.iter().find(|null| null.name == name) {
            Some(null) => (null.program)(),
            None => unknown(&name),
        };
    }
    let mut codec = codec::right();
    if let Some(name) = arguments.fault {
        match faults::all().find(|fault| fault.name == name) {
            Some(fault) => codec = codec.with(fault.does),
            None => return unknown(&name),
        }
    }
    if let Some(name) = arguments.right {
        match faults::RIGHT.iter().find(|(right, _)| *right == name) {
            Some((_, rewrite)) => codec.rewrite = *rewrite,
            None => return unknown(&name),
        }
    }
    match codec.serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn list() -> ExitCode {
    let faults = faults::all().map(|fault| json!({ "id": fault.name, "cases": fault.caught_by }));
    let faults: Vec<_> = faults.collect();
    let nulls = NULLS.map(|null| null.name);
    println!("{}", json!({ "kind": "codec", "faults": faults, "nulls": nulls }));
    ExitCode::SUCCESS
}

fn unknown(name: &str) -> ExitCode {
    eprintln!("there is no program {name}; --list lists those that there are");
    ExitCode::from(2)
}
