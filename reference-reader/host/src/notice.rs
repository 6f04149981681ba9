//! What a running reader tells the program around it; a library prints nothing itself.

use cardwire_core::{Usage, codec::message::ModuleId};
use core::fmt;
use std::{path::PathBuf, sync::Arc};

/// Is told what happens, from whichever thread it happens on.
pub type Notify = Arc<dyn Fn(&Notice) + Send + Sync>;

/// Something that happened. None of them holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A link was opened; from where.
    LinkOpened(String),
    /// The link was closed, and why.
    LinkClosed(String),
    /// No link can be had at the moment; it is tried again.
    LinkMissing(String),
    /// A module was supplied.
    Supplied(ModuleId),
    /// A module's supply was cut.
    Cut(ModuleId),
    /// The indicator shows a pattern: 0 off, 1 working, 2 success, 3 failure.
    Shown(u8),
    /// A card was put into the slot.
    CardInserted,
    /// The card was pulled out of the slot.
    CardRemoved,
    /// The reader that the card is in needs somebody: what happened, and what to do next.
    CardTrouble(String),
    /// For how long a service has had its modules supplied since the reader has booted; told when a link is closed.
    Energy(Usage),
    /// The reader resets itself: new software is to be started, or to be given up.
    Resets,
    /// New software was started, on trial; its name and version.
    TrialStarted(String),
    /// Software on trial has logged in: it is in force.
    TrialConfirmed(String),
    /// Software was on trial and not confirmed: the software before it runs, of this name and version.
    Reverted(String),
    /// Neither slot holds software that is whole: this program runs as the factory has made it.
    SoftwareLost,
    /// The state file could not be written: the reader answers `storage-failed`.
    StoreFailed(PathBuf, String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkOpened(from) => write!(f, "link opened: {from}"),
            Self::LinkClosed(why) => write!(f, "link closed: {why}"),
            Self::LinkMissing(why) => write!(f, "no link, trying again: {why}"),
            Self::Supplied(module) => write!(f, "module {module} on"),
            Self::Cut(module) => write!(f, "module {module} off"),
            Self::Shown(pattern) => match pattern {
                0 => f.write_str("indicator: off"),
                1 => f.write_str("indicator: working"),
                2 => f.write_str("indicator: success"),
                3 => f.write_str("indicator: failure"),
                other => write!(f, "indicator: pattern {other}"),
            },
            Self::CardInserted => f.write_str("card inserted"),
            Self::CardRemoved => f.write_str("card removed"),
            Self::CardTrouble(what) => f.write_str(what),
            Self::Energy(usage) => {
                write!(f, "energy: {}, {} runs", usage.service, usage.runs)?;
                for (module, millis) in usage.modules() {
                    write!(f, ", {module} {millis} ms")?;
                }
                Ok(())
            }
            Self::Resets => f.write_str("the reader resets itself"),
            Self::TrialStarted(name) => write!(f, "software on trial: {name}"),
            Self::TrialConfirmed(name) => write!(f, "software confirmed: {name}"),
            Self::Reverted(name) => {
                write!(f, "software reverted: the new one was not confirmed, {name} runs")
            }
            Self::SoftwareLost => {
                f.write_str("no slot holds software that is whole: the software of the factory runs")
            }
            Self::StoreFailed(path, why) => {
                write!(f, "the state file {} could not be written: {why}", path.display())
            }
        }
    }
}
