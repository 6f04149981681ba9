//! Starts one faulty reader or null device on standard input and output.

use cardwire_core::Deviation;
use cardwire_faulty::{Faulty, fault, null::Null};
use cardwire_host::{HostEnv, Listen, Listener, Options, identity, run};
use clap::{
    Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use core::error::Error;
use std::path::PathBuf;

/// A reader with one fault, or a device that is no reader, on standard input and output
///
/// For the proof that the conformance suite catches it:
///
///     cardwire certify reader 'exec:cardwire-faulty --fault KeepsChallenge'
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The reader's fault
    #[arg(long, group = "what", value_parser = faults())]
    fault: Option<Deviation>,
    /// A device that is no reader
    #[arg(long, group = "what", value_parser = nulls())]
    null: Option<Null>,
    /// The reader without any fault: the control, which must be certified
    #[arg(long, group = "what")]
    sound: bool,
    /// List the faults with the requirements that they break
    #[arg(long, group = "what")]
    list: bool,
    /// Keep counters and logic across starts in this file
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn faults() -> impl TypedValueParser<Value = Deviation> {
    let names = Deviation::ALL.iter().map(|fault| fault.name());
    PossibleValuesParser::new(names).try_map(|name| fault(&name).ok_or("no such fault"))
}

fn nulls() -> impl TypedValueParser<Value = Null> {
    let names = Null::ALL.iter().map(|null| null.name());
    PossibleValuesParser::new(names).try_map(|name| {
        Null::ALL
            .iter()
            .copied()
            .find(|null| null.name() == name)
            .ok_or("no such device")
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some(null) = arguments.null {
        return Ok(null.run(std::io::stdin().lock(), std::io::stdout().lock())?);
    }
    if arguments.list {
        for fault in Deviation::ALL {
            println!("{}\t{}", fault.name(), fault.requirements().join(" "));
        }
        return Ok(());
    }
    if arguments.fault.is_none() && !arguments.sound {
        return Err("say which device: --fault NAME, --sound, --null NAME, or --list".into());
    }
    let listener = Listener::bind(&"stdio".parse::<Listen>()?)?;
    let board = match arguments.state {
        Some(file) => HostEnv::with_state_file(&file)?,
        None => HostEnv::in_memory(),
    };
    let env = Faulty::new(board, arguments.fault);
    Ok(run(listener, identity::certification(), env, Options::default())?)
}
