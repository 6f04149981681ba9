//! The command line: what there is to do, with an example for each.

use crate::{
    card, certify, client, cloud, decode, forms, keys, logic, prove, provision, reader, report, spec, verify,
};
use clap::{Parser, Subcommand};

/// Cardwire: an open protocol for SIM card readers.
#[derive(Debug, Parser)]
#[command(name = "cardwire", version, max_term_width = 100, arg_required_else_help = true, after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLE: &str = "\
Certify the reference reader, then your own:
  cardwire certify
  cardwire ics new my-reader.toml
  cardwire certify reader serial:/dev/ttyACM0 --ics my-reader.toml

See a service run, in three terminals:
  cardwire reader --listen tcp:127.0.0.1:7000
  cardwire cloud  --listen tcp:127.0.0.1:7001
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run card.identify

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not reached, 4 fault of the tester, 5 power cut that was asked for,
130 run of the suite interrupted.
Errors are one sentence, and one that says what to do next.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the reference reader, with a simulated card in its slot
    Reader(reader::Arguments),
    /// Run a cloud, or manage what it knows
    Cloud(cloud::Arguments),
    /// Use a reader as a client does: list its services, run one, ask how it stands
    Client(client::Arguments),
    /// Find out whether a reader keeps to the protocol
    Certify(Box<certify::Arguments>),
    /// Find out whether the suite can tell: put it to devices with one known fault each
    Prove(prove::Arguments),
    /// Write, check or show the statement of what a reader has: what `certify` holds it to
    Ics {
        /// Of which subject it is; a codec states what it can do itself, when it is asked
        #[arg(long, value_enum, default_value_t, global = true, value_name = "SUBJECT")]
        of: forms::Of,
        #[command(subcommand)]
        action: forms::Action,
    },
    /// Write, check or show what a laboratory must know of the reader on its bench
    Ixit {
        #[command(subcommand)]
        action: forms::Action,
    },
    /// Sign, merge and compare the reports of such runs
    Report {
        #[command(subcommand)]
        action: report::Action,
    },
    /// Check that a report is what was signed, whole, and of a device that is certified
    Verify(verify::Arguments),
    /// Move the simulated card of a running reference reader, or plug one into the operating system's virtual reader
    Card(card::Arguments),
    /// Make keys of readers, clients, clouds and update authorities, change them, or show their public parts
    Keys {
        #[command(subcommand)]
        action: keys::Action,
    },
    /// Write a reader's identity into its flash, as a lab or a factory does, and take it away
    Provision {
        #[command(subcommand)]
        action: provision::Action,
    },
    /// Show what bytes mean: link frames, messages, documents
    Decode(decode::DecodeArguments),
    /// Make the bytes of a message or document from JSON
    Encode(decode::EncodeArguments),
    /// Turn a message or document into CBOR, or CBOR into its native encoding
    Transcode(decode::TranscodeArguments),
    /// Assemble and disassemble the execution logic of services
    Logic {
        #[command(subcommand)]
        action: logic::Action,
    },
    /// Check the protocol's schema
    Spec {
        #[command(subcommand)]
        action: spec::Action,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    /// Whoever asks for help gets an example, whatever the command.
    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command) {
            let name = command.get_name();
            if command.get_subcommands().next().is_none() || name == "cloud" {
                let help = command
                    .get_after_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(help.contains("cardwire "), "`{name}` has no example");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}
