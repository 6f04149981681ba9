//! Starts one faulty reader or null device on standard input and output.

use cardwire_core::Identity;
use cardwire_faulty::{Fault, Faulty, null::Null, port::PortFault, specimen};
#[cfg(unix)]
use cardwire_host::ControlSocket;
use cardwire_host::{
    Host, HostEnv, Listen, Listener, Options,
    identity::{self, IdentityError},
};
use clap::{
    Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use core::{error::Error, num::NonZero};
use serde_json::{Value, json};
use std::{env, io, net::TcpListener, path::PathBuf, process::Command, thread};

/// A reader with one fault, or a device that is no reader, on standard input and output
///
/// For the proof that the conformance suite catches it:
///
///     cardwire certify reader 'exec:cardwire-faulty --fault KeepsChallenge' --ics reference-reader/ics/host.toml
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment)]
struct Arguments {
    /// The reader's fault
    #[arg(long, group = "what", value_parser = faults())]
    fault: Option<Fault>,
    /// A device that is no reader
    #[arg(long, group = "what", value_parser = nulls())]
    null: Option<Null>,
    /// The reader without any fault: the control, which must be certified
    #[arg(long, group = "what")]
    sound: bool,
    /// List the faults with the requirements that they break, as JSON
    #[arg(long, group = "what")]
    list: bool,
    /// Be a specimen that is provisioned for production, as some faults are by themselves
    #[arg(long)]
    production: bool,
    /// Have the contact card's module and no other
    #[arg(long)]
    card_only: bool,
    /// Where to wait for the tester: stdio, tcp:ADDRESS:PORT, or serial:PATH
    #[arg(long, value_name = "PLACE", default_value = "stdio")]
    listen: Listen,
    /// Keep counters and logic across starts in this file
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// How many times as fast the reader's clock runs
    #[arg(long, value_name = "N", default_value = "1")]
    clock_rate: NonZero<u16>,
    /// Take what happens to the card from this Unix socket
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
}

fn faults() -> impl TypedValueParser<Value = Fault> {
    let names = Fault::all().map(Fault::name);
    PossibleValuesParser::new(names).try_map(|name| Fault::named(&name).ok_or("no such fault"))
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

/// The catalogue, as `cardwire prove` reads it.
fn list() -> Value {
    let faults = Fault::all().map(|fault| {
        json!({ "id": fault.name(), "requirements": fault.requirements(), "slow": fault.takes_time(),
            "over_tcp": fault.needs_link(), "production": fault.needs_production() })
    });
    let faults: Vec<_> = faults.collect();
    let nulls: Vec<_> = Null::ALL.iter().map(|null| null.name()).collect();
    json!({ "kind": "reader", "faults": faults, "nulls": nulls, "production": specimen::IDENTITIES })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some(null) = arguments.null {
        return Ok(null.run(io::stdin().lock(), io::stdout().lock())?);
    }
    if arguments.list {
        println!("{}", list());
        return Ok(());
    }
    if arguments.fault.is_none() && !arguments.sound {
        return Err("say which device: --fault NAME, --sound, --null NAME, or --list".into());
    }
    if let Some(Fault::Link(fault)) = arguments.fault {
        let mut reader = Command::new(env::current_exe()?);
        reader
            .arg("--sound")
            .arg("--clock-rate")
            .arg(arguments.clock_rate.to_string());
        if let Some(file) = &arguments.state {
            reader.arg("--state").arg(file);
        }
        #[cfg(unix)]
        if let Some(path) = &arguments.control {
            reader.arg("--control").arg(path);
        }
        return Ok(fault.run(&mut reader, io::stdin().lock())?);
    }
    if let Some(Fault::Port(fault)) = arguments.fault {
        return behind(fault, &arguments);
    }
    let listener = Listener::bind(&arguments.listen)?;
    if listener.tcp_address().is_some() {
        eprintln!("listening on {listener}");
    }
    serve(&arguments, listener)
}

/// A sound reader behind a port with this fault.
fn behind(fault: PortFault, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let Listen::Tcp { host, port } = &arguments.listen else {
        return Err("a port has this fault: add --listen tcp:127.0.0.1:0".into());
    };
    let port = TcpListener::bind((host.as_str(), *port))?;
    let listener = Listener::bind(&"tcp:127.0.0.1:0".parse()?)?;
    let reader = listener.tcp_address().ok_or("the reader has no address")?;
    eprintln!("listening on tcp:{}", port.local_addr()?);
    thread::spawn(move || fault.run(&port, reader));
    serve(arguments, listener)
}

/// Is the reader that the arguments say, until its line ends.
fn serve(arguments: &Arguments, listener: Listener) -> Result<(), Box<dyn Error>> {
    let board = match &arguments.state {
        Some(file) => HostEnv::with_state_file(file)?,
        None => HostEnv::in_memory(),
    };
    let options = Options {
        clock_rate: arguments.clock_rate,
        ..Options::default()
    };
    let board = Faulty::new(board, arguments.fault);
    let board = if arguments.card_only {
        board.with_card_only()
    } else {
        board
    };
    let host = Host::new(identity(arguments)?, board, options);
    // Held until the reader ends; the file of the socket goes with it.
    #[cfg(unix)]
    let _control = match &arguments.control {
        Some(path) => Some(ControlSocket::open(path, host.control())?),
        None => None,
    };
    Ok(host.run(listener)?)
}

/// What the reader is provisioned with.
fn identity(arguments: &Arguments) -> Result<Identity, IdentityError> {
    match arguments.fault {
        Some(Fault::Specimen(fault)) => specimen::identity(Some(fault)),
        Some(fault) if fault.needs_production() => specimen::identity(None),
        _ if arguments.production => specimen::identity(None),
        _ => Ok(identity::certification()),
    }
}
