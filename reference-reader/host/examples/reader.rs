//! The reference reader with the certification identity on standard input and output, and nothing else: the least that
//! can be certified. `cargo xtask core-mutants` builds it again for each change of the core.
//!
//! Its arguments are how fast its clock runs, the file that it keeps its flash in, and the Unix socket on which its card is
//! moved.

use cardwire_host::{Host, HostEnv, Listen, Listener, Options, identity};
use core::error::Error;
use std::{env, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let mut argument = || {
        arguments
            .next()
            .ok_or("expected CLOCK_RATE STATE_FILE CONTROL_SOCKET")
    };
    let clock_rate = argument()?.to_string_lossy().parse()?;
    let board = HostEnv::with_state_file(&PathBuf::from(argument()?))?;
    let options = Options {
        clock_rate,
        ..Options::default()
    };
    let host = Host::new(identity::certification(), board, options);
    // Held until the reader ends; the file of the socket goes with it.
    #[cfg(unix)]
    let _control = cardwire_host::ControlSocket::open(&PathBuf::from(argument()?), host.control())?;
    let listener = Listener::bind(&"stdio".parse::<Listen>()?)?;
    Ok(host.run(listener)?)
}
