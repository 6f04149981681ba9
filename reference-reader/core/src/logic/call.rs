//! What a program needs next, and the calls of modules among it.

use cardwire_codec::message::{ModuleId, Outcome, PinFunction, Prompt, Register};

/// What a program needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A module is called.
    Call(Call),
    /// A module's part is done.
    Done(ModuleId),
    /// So much of the job is done, in percent.
    Progress(u8),
    /// The service has ended.
    End(Outcome),
}

/// A call of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Reset the card; its answer to reset goes into the register.
    Reset(Register),
    /// Send the command APDU that stands in the machine's command buffer.
    Command { writes: bool, into: Register },
    /// Ask the card with this header for the tries that are left for the secret in the machine's command buffer.
    Tries {
        function: PinFunction,
        header: [u8; 4],
        into: Register,
    },
    /// Present the secret in the machine's command buffer.
    Present(Register),
    /// Have the card holder enter digits.
    Ask { prompt: Prompt, into: Register },
    /// Look for a card in the field.
    Poll(Register),
    /// Show a pattern.
    Show(u8),
}

impl Call {
    /// The module that is called.
    pub(crate) fn module(self) -> ModuleId {
        match self {
            Self::Reset(_) | Self::Command { .. } | Self::Tries { .. } | Self::Present(_) => {
                ModuleId::CONTACT_CARD
            }
            Self::Ask { .. } => ModuleId::PIN_PAD,
            Self::Poll(_) => ModuleId::CONTACTLESS_CARD,
            Self::Show(_) => ModuleId::INDICATOR,
        }
    }

    /// Whether the card may hold something else when it is done.
    pub(crate) fn writes(self) -> bool {
        match self {
            Self::Command { writes, .. } => writes,
            Self::Present(_) => true,
            Self::Reset(_) | Self::Tries { .. } | Self::Ask { .. } | Self::Poll(_) | Self::Show(_) => false,
        }
    }

    /// Whether the journal is to be written before it: what writes, and what leads to it.
    pub(crate) fn is_journalled(self) -> bool {
        self.writes() || matches!(self, Self::Tries { .. })
    }
}
