//! Compares two protocols: each change with its place, its effect on older ends, the reason, and what to do instead.
//!
//! A change is judged by the bytes that ends of both sorts exchange afterwards. *Older* ends were made for the old
//! schema, *newer* ends for the new one. Direction matters: a bound that is widened breaks older ends that receive,
//! and one that is narrowed breaks older ends that send.
//!
//! | part | what it compares |
//! | --- | --- |
//! | `protocol`, `quantities` | name, version and revision; limits and timers |
//! | `registries`, `values` | registries and their values |
//! | `interfaces`, `messages`, `documents`, `structures` | what goes over the wire as a whole |
//! | `fields`, `shapes`, `extensions`, `instructions` | what it is made of |
//! | `machines`, `cells` | state machines, cell by cell of state × event |
//! | `proforma` | what vendors state and laboratories ask |
//!
//! Each of them begins with the table of its kinds: variant, word, effect, sentence, reason, advice. What is called
//! by another name but is the same on the wire, and described in the same words, counts as renamed, and whatever refers
//! to it is no change. Under another name and in other words it is another thing.

mod cells;
mod class;
mod documents;
mod extensions;
mod fields;
mod finder;
mod instructions;
mod interfaces;
mod kind;
mod machines;
mod messages;
mod pairs;
mod proforma;
mod protocol;
mod quantities;
mod registries;
mod render;
mod scope;
mod shapes;
mod standing;
mod structures;
mod values;
mod words;

pub use class::{Class, Effect, End, Ends};
pub use documents::DocumentKind;
pub use extensions::ExtensionKind;
pub use fields::FieldKind;
pub use instructions::InstructionKind;
pub use interfaces::InterfaceKind;
pub use kind::{Judgement, Kind};
pub use machines::MachineKind;
pub use messages::MessageKind;
pub use proforma::ProformaKind;
pub use protocol::ProtocolKind;
pub use quantities::QuantityKind;
pub use registries::RegistryKind;
pub use shapes::ShapeKind;
pub use standing::StandingKind;
pub use structures::StructureKind;
pub use values::ValueKind;

use crate::{
    Protocol,
    model::{About, Stability},
};
use finder::Finder;

/// Everything that changes from one schema to another.
#[derive(Clone, Debug)]
pub struct Review {
    /// What the old schema says of itself.
    pub old: About,
    /// What the new schema says of itself.
    pub new: About,
    /// The changes, in the order of the schema's tables.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind of change it is.
    pub kind: Kind,
    /// The way from the top of the schema, such as `message.hello.fields[1].range`; of what is gone, in the old one.
    pub path: String,
    /// What changes, in one sentence with the old value and the new one.
    pub what: String,
    /// The old value; none where there was none.
    pub old: Option<String>,
    /// The new value; none where there is none any more.
    pub new: Option<String>,
    /// What it breaks; never empty, and [`Class::Safe`] stands alone.
    pub classes: Vec<Class>,
    /// The older ends that it breaks; none where it is safe.
    pub ends: Ends,
    /// Why it has this effect.
    pub why: String,
    /// What to do instead; empty where nothing is better.
    pub instead: String,
    /// What the old schema promises about what is changed; of what is new, the promise about what holds it.
    pub stability: Stability,
    /// The protocol version that it comes with, where that is above the old schema's: older ends keep their rules.
    pub with_version: Option<u8>,
}

impl Change {
    /// Whether older ends go on as before.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.classes == [Class::Safe]
    }

    /// Whether it takes back what was promised for all versions. No version and no agreement allows that.
    #[must_use]
    pub fn breaks_promise(&self) -> bool {
        let is_lowered = self.kind == Kind::Standing(StandingKind::StabilityLowered);
        self.stability == Stability::Frozen && (!self.is_safe() || is_lowered)
    }

    /// Whether it breaks something that was never promised to stay.
    #[must_use]
    pub fn is_mild(&self) -> bool {
        self.stability == Stability::Experimental && !self.is_safe()
    }
}

impl Review {
    /// How many changes are of this class; one change may be of several.
    #[must_use]
    pub fn count(&self, class: Class) -> usize {
        let is_of = |change: &&Change| change.classes.contains(&class);
        self.changes.iter().filter(is_of).count()
    }

    /// The changes that take back what was promised for all versions.
    pub fn broken_promises(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.breaks_promise())
    }
}

/// Compares two protocols.
#[must_use]
pub fn diff(old: &Protocol, new: &Protocol) -> Review {
    let mut finder = Finder::new(old, new);
    protocol::compare(&mut finder);
    quantities::compare(&mut finder);
    registries::compare(&mut finder);
    interfaces::compare(&mut finder);
    structures::compare(&mut finder);
    messages::compare(&mut finder);
    documents::compare(&mut finder);
    instructions::compare(&mut finder);
    machines::compare(&mut finder);
    proforma::compare(&mut finder);
    Review {
        old: old.about.clone(),
        new: new.about.clone(),
        changes: finder.into_changes(),
    }
}
