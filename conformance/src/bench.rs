//! The commands of a bench: what moves a device, its card and its supplies from outside. The schema names them, among the
//! items of the IXIT; command lines name them alike.

use crate::{embedded::protocol, report::sheet::shell_word};
use cardwire_spec::model::{IxitItem, IxitKind};
use std::collections::BTreeMap;

/// A command that no bench has to have: the cases that need it do not apply without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchCommand {
    /// Resets the device.
    Reset,
    /// Takes the supply away.
    PowerOff,
    /// Gives the supply back.
    PowerOn,
    /// Pulls the card out of the first slot.
    RemoveCard,
    /// Puts the card in again.
    InsertCard,
    /// Prints what the modules' supplies have done since this was last asked.
    PowerTrace,
    /// Lets a service module fail as one more argument says, or with `none` all of them work.
    ModuleFault,
    /// Plays a script in the place of the card, as one more argument says, or prints what was done to it.
    CardEmulator,
}

/// The commands that a bench has: program and arguments of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchCommands(BTreeMap<&'static str, Vec<String>>);

impl BenchCommand {
    /// The name of its item in the IXIT, and of its option.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::PowerOff => "power-off",
            Self::PowerOn => "power-on",
            Self::RemoveCard => "remove-card",
            Self::InsertCard => "insert-card",
            Self::PowerTrace => "power-trace",
            Self::ModuleFault => "module-fault",
            Self::CardEmulator => "card-emulator",
        }
    }
}

impl BenchCommands {
    /// Those that the schema knows, in its order.
    pub fn known() -> impl Iterator<Item = &'static IxitItem> {
        let known = protocol().ixit.iter();
        known.filter(|item| item.kind == IxitKind::Command)
    }

    /// What the bench says of each of them.
    pub fn read(mut said: impl FnMut(&'static str) -> Option<Vec<String>>) -> Self {
        let names = Self::known().map(|item| item.name.as_str());
        Self(names.filter_map(|name| Some((name, said(name)?))).collect())
    }

    /// Those of a reference reader's bench: this program, `cardwire`, does them through the reader's control socket,
    /// `unix:PATH`. It is reset by being started anew.
    #[must_use]
    pub fn simulated(program: &str, socket: &str) -> Self {
        let words = |words: &[&str]| {
            let all = [&[program, "card"], words, &["--control", socket]].concat();
            all.into_iter().map(str::to_owned).collect()
        };
        Self::default()
            .with(BenchCommand::RemoveCard, words(&["remove", "--quiet"]))
            .with(BenchCommand::InsertCard, words(&["insert", "--quiet"]))
            .with(BenchCommand::PowerTrace, words(&["power"]))
            .with(BenchCommand::ModuleFault, words(&["fault", "--quiet"]))
            .with(BenchCommand::CardEmulator, words(&["emulate", "--quiet"]))
    }

    /// The same with this one.
    #[must_use]
    pub fn with(mut self, command: BenchCommand, words: Vec<String>) -> Self {
        self.0.insert(command.name(), words);
        self
    }

    /// These, and where they say nothing, the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        let mut all = others.0;
        all.extend(self.0);
        Self(all)
    }

    /// The same with every word changed.
    #[must_use]
    pub fn map(self, change: impl Fn(String) -> String) -> Self {
        let change = |words: Vec<String>| words.into_iter().map(&change).collect();
        Self(
            self.0
                .into_iter()
                .map(|(name, words)| (name, change(words)))
                .collect(),
        )
    }

    /// Program and arguments of a command, where the bench has it.
    #[must_use]
    pub fn get(&self, command: BenchCommand) -> Option<&[String]> {
        self.0.get(command.name()).map(Vec::as_slice)
    }

    /// The name of one that is there.
    #[must_use]
    pub fn first(&self) -> Option<&'static str> {
        self.0.keys().next().copied()
    }

    /// As a command line states them.
    pub(crate) fn options(&self) -> String {
        let stated = Self::known().filter_map(|item| Some((&item.name, self.0.get(item.name.as_str())?)));
        stated
            .map(|(name, words)| {
                let words: Vec<_> = words.iter().map(|word| shell_word(word)).collect();
                format!(" --{name} {}", shell_word(&words.join(" ")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_one_of_the_schema() {
        let known: Vec<_> = BenchCommands::known().map(|item| item.name.as_str()).collect();
        let named = [
            BenchCommand::Reset,
            BenchCommand::PowerOff,
            BenchCommand::PowerOn,
            BenchCommand::RemoveCard,
            BenchCommand::InsertCard,
            BenchCommand::PowerTrace,
            BenchCommand::ModuleFault,
            BenchCommand::CardEmulator,
        ];
        assert_eq!(named.map(BenchCommand::name).to_vec(), known);
    }

    #[test]
    fn what_the_command_line_says_goes_first() {
        let words = |text: &str| vec![text.to_owned()];
        let stated = BenchCommands::default()
            .with(BenchCommand::Reset, words("stated"))
            .with(BenchCommand::PowerTrace, words("meter"));
        let given = BenchCommands::default().with(BenchCommand::Reset, words("given"));
        let both = given.or(stated);
        assert_eq!(both.get(BenchCommand::Reset), Some(&words("given")[..]));
        assert_eq!(both.options(), " --reset given --power-trace meter");
    }
}
