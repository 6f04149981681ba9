//! The options that name the commands of a bench: one for each that the schema knows, explained in its words.

use cardwire_conformance::BenchCommands;
use cardwire_peers::Endpoint;
use cardwire_spec::model::IxitItem;
use clap::{Arg, ArgMatches, Command, value_parser};
use core::str::FromStr;

/// The commands that are given.
#[derive(Clone, Debug, Default)]
pub(super) struct Bench(pub(super) BenchCommands);

/// A program and its arguments, split as a shell does it.
#[derive(Clone, Debug)]
struct Words(Vec<String>);

impl FromStr for Words {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        match format!("exec:{given}").parse() {
            Ok(Endpoint::Exec { command }) => Ok(Self(command)),
            _ => Err("expected a program with its arguments and closed quotes"),
        }
    }
}

impl clap::Args for Bench {
    fn augment_args(command: Command) -> Command {
        command.args(BenchCommands::known().map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn option(item: &'static IxitItem) -> Arg {
    Arg::new(&*item.name)
        .long(&*item.name)
        .help_heading("Bench")
        .value_name("COMMAND")
        .value_parser(value_parser!(Words))
        .requires_all(item.with.iter().map(String::as_str))
        .help(format!("A program with its arguments. {}", plain(&item.doc)))
}

/// The words of the book without its marks.
fn plain(doc: &str) -> String {
    doc.trim_end_matches('.').replace('`', "")
}

impl clap::FromArgMatches for Bench {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |name: &str| matches.get_one(name).map(|Words(words)| words.clone());
        Ok(Self(BenchCommands::read(given)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
