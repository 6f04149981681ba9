//! `cardwire reader`: the reference reader as a process.

use crate::{
    card::ControlPath,
    card_source::Card,
    failure::{Exit, Failure, Outcome},
    identity,
    terminal::{BOLD, DIM, say, warn},
};
use cardwire_host::{
    Entry, Faults, FieldCard, Host, HostEnv, Listen, Listener, Lossy, ModuleFault, Notice, Notify, Options,
    Person, PowerCut, Times,
};
use core::{num::NonZero, time::Duration};
use std::{path::PathBuf, sync::Arc};

const EXAMPLE: &str = "\
Examples:
  cardwire reader --listen tcp:127.0.0.1:7000
  cardwire reader --listen serial:/dev/ttyGS0 --identity reader.toml --state reader.state
  cardwire reader --listen tcp:127.0.0.1:0 --control unix:reader.control
  cardwire card remove --control unix:reader.control
  cardwire reader --listen tcp:127.0.0.1:7000 --card sim:blank
  cardwire reader --listen tcp:127.0.0.1:7000 --card pcsc:ACR39U
  cardwire reader --listen tcp:127.0.0.1:7000 --listen serial:/dev/ttyGS0
  cardwire reader --listen tcp:127.0.0.1:7000 --fail-module indicator:dead --lossy 5:42
  cardwire reader --listen tcp:127.0.0.1:7000 --trial-fails
  cardwire reader --listen tcp:127.0.0.1:7000 --contactless 04A1B2C3D4E580:4400:20 --keypad 1234

A reader has one line. Over TCP it serves one connection; the next waits until that is closed, or has been silent for a
minute. It is the same with several places to listen at: the first on which bytes come holds the line.

A flash that `cardwire provision` has written says who the reader is.

Without --state each start is the first one: boots, jobs and updates are forgotten.";

const LISTEN: &str = "Where clients reach it: tcp:ADDRESS:PORT (0: any that is free), serial:PATH[@BAUD] or stdio; as often as \
                      you like";

const CARD: &str = "What is in the slot: sim, sim:PROFILE or sim:FILE (a simulated card), pcsc or pcsc:READER (the card in a \
                    reader of the operating system, of which a part of the name is enough)";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[arg(long, value_name = "WHERE", required = true, help = LISTEN)]
    listen: Vec<Listen>,
    /// Keep the reader's flash in this file, which is made where it does not exist
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// What the reader is provisioned with, where its flash was never provisioned; the published certification identity
    /// where none is given
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    #[arg(long, value_name = "CARD", default_value = "sim", help = CARD)]
    card: Card,
    /// For laboratories: lose the power at the Nth write or erase of the flash, before, inside (default) or after it; the
    /// program then ends with exit code 5
    #[arg(long, value_name = "N[:before|inside|after]", requires = "state")]
    power_cut: Option<PowerCut>,
    /// Start with an empty slot
    #[arg(long)]
    no_card: bool,
    /// Have `cardwire card` move the card through this Unix socket; it takes the lines `insert` and `remove`
    #[arg(long, value_name = "unix:PATH")]
    control: Option<ControlPath>,
    /// Time that a module takes to settle after its supply came on
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 5)]
    settle: u64,
    /// Time that a module takes to answer a command
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2)]
    work: u64,
    /// For labs: the card takes this much longer for a reset or a command
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    slow_card: u64,
    /// For labs: the reader's clock runs so many times as fast, and whatever it waits for comes as much sooner; its modules
    /// take the time that they take
    #[arg(long, value_name = "N", default_value = "1")]
    clock_rate: NonZero<u16>,
    /// For labs: contact-card or indicator fails, with :hang (powers up and never answers), :dead (does not power up) or
    /// :vanish (is gone at its first command); :hang where none is given
    #[arg(long, value_name = "NAME[:HOW]")]
    fail_module: Vec<ModuleFault>,
    /// For labs: the link loses or corrupts this percentage of the frames in each direction, others with another seed
    #[arg(long, value_name = "PERCENT[:SEED]")]
    lossy: Option<Lossy>,
    /// For labs: software that an update brings never gets as far as a login, and the reader goes back to the one before it
    #[arg(long)]
    trial_fails: bool,
    /// Say, whenever a link is closed, for how long each service has had each module supplied
    #[arg(long)]
    energy: bool,
    /// Digits that are entered when the keypad next asks for some; may be repeated. Nothing is entered without
    #[arg(long, value_name = "DIGITS")]
    keypad: Vec<Entry>,
    /// The card that lies on the reader, of type A: UID:ATQA:SAK or UID:ATQA:SAK:ATS
    #[arg(long, value_name = "HEX")]
    contactless: Option<FieldCard>,
    /// Say nothing but where it listens, and warnings
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let notify = notices(arguments.quiet, arguments.energy);
    let mut env = match &arguments.state {
        Some(path) => HostEnv::with_state_file(path)
            .map_err(|error| Failure::new(Exit::Usage, &error, error.remedy()))?,
        None => HostEnv::in_memory(),
    }
    .with_notify(Arc::clone(&notify));
    if arguments.trial_fails {
        env = env.with_trial_that_fails();
    }
    if let Some(cut) = arguments.power_cut {
        env = env.with_power_cut(cut);
    }
    let identity = identity::reader(arguments.identity.as_deref(), &mut env)?;
    let listeners: Vec<Listener> = arguments
        .listen
        .iter()
        .map(|listen| {
            Listener::bind(listen).map_err(|error| Failure::new(Exit::Unreached, &error, error.remedy()))
        })
        .collect::<Result<_, _>>()?;
    let options = Options {
        card: arguments.card.open()?,
        card_inserted: !arguments.no_card,
        times: Times {
            settle: Duration::from_millis(arguments.settle),
            work: Duration::from_millis(arguments.work),
        },
        clock_rate: arguments.clock_rate,
        faults: Faults {
            slow_card: Duration::from_millis(arguments.slow_card),
            modules: arguments.fail_module.clone(),
        },
        lossy: arguments.lossy,
        person: Person::new(arguments.keypad.iter().cloned(), arguments.contactless.clone()),
        notify,
    };
    let (id, kind) = (identity.reader_id, identity.provisioning);
    if arguments.clock_rate.get() > 1 {
        warn(format_args!(
            "this reader's clock runs {} times as fast: for labs alone",
            arguments.clock_rate
        ));
    }
    if identity.is_provisioned() {
        say(format_args!(
            "reader {BOLD}{}{BOLD:#}, {kind} identity",
            id.as_str()
        ));
    } else {
        say(format_args!("reader {BOLD}without an identity{BOLD:#}"));
    }
    let host = Host::new(identity, env, options);
    // Held until the reader ends; the file of the socket goes with it.
    let _control = arguments
        .control
        .as_ref()
        .map(|path| path.open(host.control()))
        .transpose()?;
    for listener in &listeners {
        say(format_args!("listening on {BOLD}{listener}{BOLD:#}"));
    }
    host.run_all(listeners).map_err(|error| {
        let what = format!("the reader can't run: {error}");
        Failure::new(Exit::Failed, what, "End programs that use many threads.")
    })?;
    Ok(Exit::Done)
}

fn notices(quiet: bool, energy: bool) -> Notify {
    Arc::new(move |notice| {
        let told = match notice {
            Notice::Energy(_) => energy,
            _ => !quiet,
        };
        if told {
            say(format_args!("{DIM}{notice}{DIM:#}"));
        }
    })
}
