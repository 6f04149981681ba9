//! `cardwire card`: the simulated card of a running reference reader, or one in the operating system's virtual reader.

use crate::{
    card_source::{DEFAULT_PROFILE, simulated},
    failure::{Exit, Failure, Outcome},
    terminal::{BOLD, print, say, table},
};
use cardwire_host::{Control, ModuleFault, Script, profile, vpcd::Plug};
use clap::Subcommand;
use core::str::FromStr;
use std::path::PathBuf;

const VPCD_EXAMPLE: &str = "\
Examples:
  cardwire card --vpcd
  cardwire card --vpcd 127.0.0.1:35963 --profile sim
  cardwire card --vpcd --control unix:card.control
  cardwire card profiles
  cardwire card remove --control unix:reader.control

`--vpcd` needs Debian's packages pcscd and vsmartcard-vpcd, or what equals them. The card is in the reader `Virtual PCD 00 00`
until this program is ended. Try `pcsc_scan`, or `cardwire reader --card pcsc:Virtual` of a build with PC/SC.";

const EXAMPLE: &str = "\
Example:
  cardwire reader --listen tcp:127.0.0.1:7000 --control unix:reader.control
  cardwire card remove --control unix:reader.control
  cardwire card insert --control unix:reader.control

Prints `ok`, or `unchanged` where the card was there, or gone, before.";

const POWER_EXAMPLE: &str = "\
Example:
  cardwire card power --control unix:reader.control

Prints a line for each change since it was last asked, or since the reader was started: `contact-card on`. It is what the
board did, whatever the reader says of its modules; `cardwire certify reader --power-trace` compares the two.";

const FAULT_EXAMPLE: &str = "\
Example:
  cardwire card fault contact-card:hang --control unix:reader.control
  cardwire card fault none --control unix:reader.control

How a module fails: :hang powers up and answers nothing, :dead does not power up, :vanish loses its supply at its first command.
`cardwire certify reader --module-fault` sees what the reader makes of it.";

const EMULATE_EXAMPLE: &str = "\
Examples:
  cardwire card emulate 'cold-c>3b00; 00a40000023f00>6102; 00c0000002>6f009000' --control unix:reader.control
  cardwire card emulate seen --control unix:reader.control
  cardwire card emulate none --control unix:reader.control

A script has a step for each thing that is done to the card, in its order, with what is expected before the > and the card's
answer behind it. Expected is a reset, cold-c, cold-b, cold-a or warm; line, the setting of the line; the bytes of a TPDU; or *,
anything; with a ? behind it, it may be left out. The answer is bytes, mute, or ok to a line. What is not expected gets no answer. `seen` prints a line for each thing that was
done since the script began, or since this was last asked. `cardwire certify reader --card-emulator` holds the reader to
what it does with cards that are slow to answer, odd, or broken.";

/// Where Debian's package has the driver listen.
const DEFAULT_VPCD: &str = "127.0.0.1:35963";

/// The Unix socket of a reader.
#[derive(Clone, Debug)]
pub(crate) struct ControlPath(pub(crate) PathBuf);

impl FromStr for ControlPath {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let path = given.strip_prefix("unix:").filter(|path| !path.is_empty());
        path.map(|path| Self(path.into())).ok_or("expected unix:PATH")
    }
}

impl ControlPath {
    /// Takes there what moves a card. The file of the socket goes with what is returned.
    #[cfg(unix)]
    pub(crate) fn open(&self, control: Control) -> Result<cardwire_host::ControlSocket, Failure> {
        let Self(path) = self;
        cardwire_host::ControlSocket::open(path, control).map_err(|error| {
            let what = format!("the control socket {}: {error}", path.display());
            let next = "Give a path that nobody else uses, in a folder that you may write to.";
            Failure::new(Exit::Usage, what, next)
        })
    }

    /// There are no such sockets.
    #[cfg(not(unix))]
    pub(crate) fn open(&self, _control: Control) -> Result<(), Failure> {
        let what = "--control needs Unix sockets, which this system does not have";
        Err(Failure::new(Exit::Usage, what, "Leave it out."))
    }
}

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true, after_help = VPCD_EXAMPLE)]
pub(crate) struct Arguments {
    /// Put a simulated card into the virtual reader that listens here; without HOST:PORT where Debian's does
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = DEFAULT_VPCD)]
    vpcd: Option<String>,
    /// What the card holds: the name of a profile that comes with this program, or a file
    #[arg(long, value_name = "NAME|FILE", requires = "vpcd", default_value = DEFAULT_PROFILE)]
    profile: String,
    /// Have `cardwire card insert` and `remove` move the card through this Unix socket; what it holds stays
    #[arg(long, value_name = "unix:PATH", requires = "vpcd")]
    control: Option<ControlPath>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List the profiles of simulated cards that come with this program
    #[command(after_help = "Example:\n  cardwire card profiles")]
    Profiles,
    /// Let a module of the reader fail, until `none` lets all of them work again
    #[command(after_help = FAULT_EXAMPLE)]
    Fault {
        /// contact-card or indicator, and behind it :hang, :dead or :vanish; or none
        #[arg(value_parser = fault)]
        fault: String,
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
        /// Print nothing
        #[arg(long, short)]
        quiet: bool,
    },
    /// Play a script in the place of the card in the slot, until `none` puts the card back; or print what was `seen`
    #[command(after_help = EMULATE_EXAMPLE)]
    Emulate {
        /// A script; or none, or seen
        #[arg(value_parser = emulation)]
        script: String,
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
        /// Print nothing but what was seen
        #[arg(long, short)]
        quiet: bool,
    },
    /// Put the card into the slot
    #[command(after_help = EXAMPLE)]
    Insert {
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
        /// Print nothing
        #[arg(long, short)]
        quiet: bool,
    },
    /// Print what the supplies of the modules have done
    #[command(after_help = POWER_EXAMPLE)]
    Power {
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
    },
    /// Pull the card out of the slot, whatever it is doing
    #[command(after_help = EXAMPLE)]
    Remove {
        /// The reader's socket
        #[arg(long, value_name = "unix:PATH")]
        control: ControlPath,
        /// Print nothing
        #[arg(long, short)]
        quiet: bool,
    },
}

/// What separates things in the answer of a reader.
const SEPARATOR: &str = "; ";

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Some(Action::Profiles) => list_profiles(),
        Some(Action::Power { control }) => tell_list(control, "power", "no change"),
        Some(Action::Emulate { script, control, .. }) if script == SEEN => {
            tell_list(control, SEEN, "nothing")
        }
        Some(Action::Emulate {
            script,
            control,
            quiet,
        }) => move_card(control, *quiet, &format!("play {script}")),
        Some(Action::Fault {
            fault,
            control,
            quiet,
        }) => move_card(control, *quiet, &format!("fault {fault}")),
        Some(Action::Insert { control, quiet }) => move_card(control, *quiet, "insert"),
        Some(Action::Remove { control, quiet }) => move_card(control, *quiet, "remove"),
        None => plug_in(
            arguments.vpcd.as_deref().unwrap_or(DEFAULT_VPCD),
            &arguments.profile,
            arguments.control.as_ref(),
        ),
    }
}

fn list_profiles() -> Outcome {
    let rows = profile::shipped().map(|(name, about)| vec![name.to_owned(), about]);
    print(table(&["name", "card"], rows));
    Ok(Exit::Done)
}

/// Plugs a simulated card into the virtual reader, and plays it until the reader ends.
fn plug_in(place: &str, profile: &str, control: Option<&ControlPath>) -> Outcome {
    let card = simulated(profile)?;
    let unreached = |error: std::io::Error| {
        let next = "Start pcscd with the driver of vsmartcard (on Debian: packages pcscd and vsmartcard-vpcd), and give \
                    the place where it listens.";
        Failure::new(
            Exit::Unreached,
            format!("the virtual reader at {place} is not reached: {error}"),
            next,
        )
    };
    let plug = Plug::new(place, card).map_err(unreached)?;
    // Held until the card's end; the file of the socket goes with it.
    let _control = control.map(|path| path.open(plug.control())).transpose()?;
    say(format_args!(
        "a card is in the virtual reader at {BOLD}{place}{BOLD:#}"
    ));
    plug.run().map_err(|error| {
        let what = format!("the virtual reader at {place} broke off: {error}");
        Failure::new(
            Exit::Failed,
            what,
            "Look at what pcscd says, and plug the card in again.",
        )
    })?;
    say(format_args!("the virtual reader has ended"));
    Ok(Exit::Done)
}

fn move_card(control: &ControlPath, quiet: bool, line: &str) -> Outcome {
    let answer = ask(control, line)?;
    if !quiet {
        print(answer);
    }
    Ok(Exit::Done)
}

/// A fault as a reader's socket takes it.
fn fault(given: &str) -> Result<String, String> {
    match given.parse::<ModuleFault>() {
        Ok(_) => Ok(given.to_owned()),
        Err(_) if given == "none" => Ok(given.to_owned()),
        Err(wrong) => Err(format!("{wrong}; or none")),
    }
}

/// What is asked for instead of a script.
const SEEN: &str = "seen";

/// A script as a reader's socket takes it, or one of two words.
fn emulation(given: &str) -> Result<String, String> {
    match given.parse::<Script>() {
        Ok(_) => Ok(given.to_owned()),
        Err(_) if given == "none" || given == SEEN => Ok(given.to_owned()),
        Err(wrong) => Err(format!("{wrong}; or none, or seen")),
    }
}

/// Prints a line for each thing that a reader tells in one.
fn tell_list(control: &ControlPath, what: &str, nothing: &str) -> Outcome {
    let answer = ask(control, what)?;
    for thing in answer.split(SEPARATOR).filter(|thing| *thing != nothing) {
        print(thing);
    }
    Ok(Exit::Done)
}

fn ask(ControlPath(path): &ControlPath, line: &str) -> Result<String, Failure> {
    let answer = tell(path, line).map_err(|error| {
        let what = format!("the reader at unix:{} can't be reached: {error}", path.display());
        Failure::new(
            Exit::Unreached,
            what,
            "Start a reader with --control and this path.",
        )
    })?;
    match answer.strip_prefix("error: ") {
        None => Ok(answer),
        Some(error) => {
            let what = format!("the program at unix:{} did nothing: {error}", path.display());
            let next = "Ask a reader that runs, of the same version as this program.";
            Err(Failure::new(Exit::Tester, what, next))
        }
    }
}

#[cfg(unix)]
use cardwire_host::tell;

#[cfg(not(unix))]
fn tell(_path: &std::path::Path, _line: &str) -> std::io::Result<String> {
    Err(std::io::ErrorKind::Unsupported.into())
}
