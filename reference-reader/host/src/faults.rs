//! What goes wrong with the modules of a reader in a lab: so that a client's author sees what a client gets to see.

use cardwire_core::{ModuleCommand, codec::message::ModuleId};
use core::{fmt, str::FromStr, time::Duration};

/// The faults of a reader's modules; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// How much longer than it should the card takes for a reset or a command.
    pub slow_card: Duration,
    /// Modules that fail.
    pub modules: Vec<ModuleFault>,
}

/// A module, and how it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleFault {
    /// The module.
    pub module: ModuleId,
    /// How it fails.
    pub failure: Failure,
}

/// How a module fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It powers up and answers no command: `module-timeout`.
    Hang,
    /// It does not power up: `module-failed`.
    Dead,
    /// It powers up, and loses its supply when it gets its first command: `module-failed`.
    Vanish,
}

/// What a faulty module does with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Nothing, for ever.
    Silence,
    /// It says that it failed.
    Fails(ModuleId),
}

impl Faults {
    /// Lets a module fail from now on, or where there is none lets all modules work.
    pub(crate) fn set(&mut self, fault: Option<ModuleFault>) {
        match fault {
            Some(fault) => {
                self.modules.retain(|known| known.module != fault.module);
                self.modules.push(fault);
            }
            None => self.modules.clear(),
        }
    }

    /// What comes of a command instead of what should.
    pub(crate) fn instead(&self, command: &ModuleCommand<'_>) -> Option<Instead> {
        let (module, enables) = match command {
            ModuleCommand::Enable(module) => (*module, true),
            // Supply can always be cut.
            ModuleCommand::Disable(_) => return None,
            ModuleCommand::CardReset(_) | ModuleCommand::CardLine(_) | ModuleCommand::CardTransmit(_) => {
                (ModuleId::CONTACT_CARD, false)
            }
            ModuleCommand::Show(_) => (ModuleId::INDICATOR, false),
            ModuleCommand::Ask(_) => (ModuleId::PIN_PAD, false),
            ModuleCommand::Poll => (ModuleId::CONTACTLESS_CARD, false),
        };
        let fault = self.modules.iter().find(|fault| fault.module == module)?;
        match (fault.failure, enables) {
            (Failure::Dead, true) | (Failure::Vanish, false) => Some(Instead::Fails(module)),
            (Failure::Hang, false) => Some(Instead::Silence),
            (Failure::Dead, false) | (Failure::Vanish | Failure::Hang, true) => None,
        }
    }
}

/// `NAME`, `NAME:hang`, `NAME:dead` or `NAME:vanish`; a module of which nothing else is said hangs.
impl FromStr for ModuleFault {
    type Err = NoModuleFault;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let (name, failure) = given.split_once(':').unwrap_or((given, "hang"));
        let known = [ModuleId::CONTACT_CARD, ModuleId::INDICATOR];
        let module = known.into_iter().find(|module| module.to_string() == name);
        let failure = match failure {
            "hang" => Some(Failure::Hang),
            "dead" => Some(Failure::Dead),
            "vanish" => Some(Failure::Vanish),
            _ => None,
        };
        match module.zip(failure) {
            Some((module, failure)) => Ok(Self { module, failure }),
            None => Err(NoModuleFault),
        }
    }
}

/// Text that names no module's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoModuleFault;

impl fmt::Display for NoModuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (card, indicator) = (ModuleId::CONTACT_CARD, ModuleId::INDICATOR);
        write!(
            f,
            "expected {card} or {indicator}, and behind it :hang, :dead, :vanish or nothing"
        )
    }
}

impl core::error::Error for NoModuleFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_and_their_text() {
        let fault = |text: &str| {
            text.parse::<ModuleFault>()
                .map(|fault| (fault.module, fault.failure))
        };
        assert_eq!(fault("indicator"), Ok((ModuleId::INDICATOR, Failure::Hang)));
        assert_eq!(
            fault("contact-card:dead"),
            Ok((ModuleId::CONTACT_CARD, Failure::Dead))
        );
        assert_eq!(
            fault("contact-card:vanish"),
            Ok((ModuleId::CONTACT_CARD, Failure::Vanish))
        );
        for text in [
            "",
            ":",
            "indicator:",
            "indicator:sulk",
            "security:hang",
            "pin-pad",
        ] {
            assert_eq!(fault(text), Err(NoModuleFault), "{text}");
        }
    }
}
