//! The kinds of change: each family of them is a table that stands where its changes are found.

use super::{
    Effect, documents::DocumentKind, extensions::ExtensionKind, fields::FieldKind,
    instructions::InstructionKind, interfaces::InterfaceKind, machines::MachineKind, messages::MessageKind,
    proforma::ProformaKind, protocol::ProtocolKind, quantities::QuantityKind, registries::RegistryKind,
    shapes::ShapeKind, standing::StandingKind, structures::StructureKind, values::ValueKind,
};

/// What is said of every change of one kind. In sentences `{name}`, `{old}` and `{new}` stand for what is changed, `{from}`
/// and `{to}` for the ends that send and receive it.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// The word by which programs know the kind.
    pub word: &'static str,
    /// What kind of change it is.
    pub doc: &'static str,
    /// Whom it breaks.
    pub effect: Effect,
    /// What changes.
    pub what: &'static str,
    /// Why it has this effect.
    pub why: &'static str,
    /// What to do instead; empty where nothing is better.
    pub instead: &'static str,
}

macro_rules! families {
    ($(#[doc = $doc:literal] $variant:ident($family:ident),)+) => {
        /// A kind of change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $doc] $variant($family),)+
        }

        impl Kind {
            /// All of them, family by family.
            pub fn all() -> impl Iterator<Item = Self> {
                core::iter::empty()$(.chain($family::ALL.iter().copied().map(Self::$variant)))+
            }

            /// What is said of every change of this kind.
            #[must_use]
            pub const fn judgement(self) -> Judgement {
                match self {
                    $(Self::$variant(kind) => kind.judgement(),)+
                }
            }

            /// What the kinds of its family are about.
            #[must_use]
            pub const fn family(self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $doc.trim_ascii(),)+
                }
            }
        }

        $(impl From<$family> for Kind {
            fn from(kind: $family) -> Self {
                Self::$variant(kind)
            }
        })+
    };
}

families! {
    /// The protocol as a whole.
    Protocol(ProtocolKind),
    /// Limits and timers.
    Quantity(QuantityKind),
    /// Registries.
    Registry(RegistryKind),
    /// Values of registries.
    Value(ValueKind),
    /// Interfaces.
    Interface(InterfaceKind),
    /// Structures.
    Structure(StructureKind),
    /// Messages.
    Message(MessageKind),
    /// Documents.
    Document(DocumentKind),
    /// Fields and operands.
    Field(FieldKind),
    /// What a field holds.
    Shape(ShapeKind),
    /// Extensions.
    Extension(ExtensionKind),
    /// Instructions.
    Instruction(InstructionKind),
    /// State machines.
    Machine(MachineKind),
    /// What is said of parts of all sorts.
    Standing(StandingKind),
    /// What vendors state and laboratories ask.
    Proforma(ProformaKind),
}

/// A family of kinds as a table: documentation, variant, word, effect; then what changes, why, and what to do instead.
macro_rules! kinds {
    ($(#[$about:meta])* $family:ident {
        $(#[doc = $doc:literal] $variant:ident = $word:literal, $effect:ident: $what:literal, $why:literal, $instead:literal;)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $family {
            $(#[doc = $doc] $variant,)+
        }

        impl $family {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// What is said of every change of this kind.
            #[must_use]
            pub const fn judgement(self) -> $crate::diff::Judgement {
                match self {
                    $(Self::$variant => $crate::diff::Judgement {
                        word: $word,
                        doc: $doc.trim_ascii(),
                        effect: $crate::diff::Effect::$effect,
                        what: $what,
                        why: $why,
                        instead: $instead,
                    },)+
                }
            }
        }
    };
}
pub(crate) use kinds;
