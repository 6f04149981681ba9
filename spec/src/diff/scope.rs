//! Who has to do with what, what is promised to all versions, and what is called otherwise now.

use super::{End, Ends, documents, interfaces, machines, messages, quantities, registries, structures};
use crate::model::{Direction, Field, Protocol, Registry, Stability};
use indexmap::{IndexMap, IndexSet};

/// Who writes what is no message, by its name, and who reads it: the schema says it in prose. What is not named here,
/// everybody writes and reads.
const DOCUMENTS: [(&str, Route); 4] = [
    ("login_header", (READERS, Ends::of(&[End::Client, End::Cloud]))),
    ("service_data", (LINK, LINK)),
    ("manifest", (CLOUDS, READERS)),
    ("logic", LOGIC),
];

/// Execution logic is published through the cloud and run by readers.
pub(super) const LOGIC: Route = (CLOUDS, READERS);

/// Registries that no field holds: their numbers are told in `detail`, or stand in frames.
const UNHELD: [(&str, Route); 3] = [
    ("frame_kind", (Ends::ALL, Ends::ALL)),
    ("codec_rule", (READERS, Ends::of(&[End::Client, End::Cloud]))),
    ("logic_rule", (READERS, CLOUDS)),
];

const READERS: Ends = Ends::of(&[End::Reader]);
const CLOUDS: Ends = Ends::of(&[End::Cloud]);
/// Both ends of the link.
const LINK: Ends = Ends::of(&[End::Client, End::Reader]);

/// Who sends something, and who receives it.
pub(super) type Route = (Ends, Ends);

/// What must be known of the whole to judge a part.
pub(super) struct Scope<'p> {
    pub(super) types: Types<'p>,
    routes: [IndexMap<&'p str, Route>; 2],
    frozen: IndexSet<&'p str>,
    /// Old names and new ones, of what others refer to.
    messages: IndexMap<&'p str, &'p str>,
    documents: IndexMap<&'p str, &'p str>,
    interfaces: IndexMap<&'p str, &'p str>,
    timers: IndexMap<&'p str, &'p str>,
    /// The same of the session's states.
    pub(super) states: IndexMap<&'p str, &'p str>,
}

/// Old names of types, and new ones.
pub(super) struct Types<'p> {
    pub(super) old: &'p Protocol,
    pub(super) new: &'p Protocol,
    names: IndexMap<&'p str, &'p str>,
}

impl<'p> Types<'p> {
    fn new(old: &'p Protocol, new: &'p Protocol) -> Self {
        let registries = registries::pairs(old, new).both;
        let mut types = Self {
            old,
            new,
            names: registries.iter().map(|(old, new)| (old.name, new.name)).collect(),
        };
        let structures = structures::pairs(&types).both;
        types
            .names
            .extend(structures.iter().map(|(old, new)| (old.name, new.name)));
        types
    }

    /// Whether an old type is this new one, under whatever name.
    pub(super) fn are_one(&self, old: &str, new: &str) -> bool {
        self.names.get(old).map_or(old == new, |name| *name == new)
    }
}

impl<'p> Scope<'p> {
    pub(super) fn new(old: &'p Protocol, new: &'p Protocol) -> Self {
        let types = Types::new(old, new);
        let states = machines::session_states(old, new);
        Self {
            routes: [routes(old), routes(new)],
            frozen: frozen_types(old),
            messages: names(&messages::pairs(&types).both),
            documents: names(&documents::pairs(&types).both),
            interfaces: names(&interfaces::pairs(old, new, &states).both),
            timers: names(&quantities::pairs(&old.timers, &new.timers).both),
            states,
            types,
        }
    }

    /// Who sends values of a type, and who receives them: those who did, or, of what is new, those who do.
    pub(super) fn route(&self, type_name: &str) -> Route {
        let [old, new] = &self.routes;
        let route = old.get(type_name).or_else(|| new.get(type_name));
        route.copied().unwrap_or((Ends::NONE, Ends::NONE))
    }

    /// Whether some field holds values of a type.
    pub(super) fn is_held(&self, type_name: &str) -> bool {
        self.routes.iter().any(|routes| routes.contains_key(type_name))
            && UNHELD.iter().all(|(name, _)| *name != type_name)
    }

    /// What is promised of a type that promises this for itself: it is frozen as a part of what is frozen.
    pub(super) fn promise(&self, type_name: &str, own: Stability) -> Stability {
        if self.frozen.contains(type_name) {
            Stability::Frozen
        } else {
            own
        }
    }

    /// What an old message is called in the new schema; the same name where it is gone.
    pub(super) fn message<'n>(&self, name: &'n str) -> &'n str
    where
        'p: 'n,
    {
        self.messages.get(name).copied().unwrap_or(name)
    }

    /// What a message or document that bytes of a field hold is called in the new schema.
    pub(super) fn held<'n>(&self, name: &'n str) -> &'n str
    where
        'p: 'n,
    {
        let known = self.messages.get(name).or_else(|| self.documents.get(name));
        known.copied().unwrap_or(name)
    }

    /// What an old interface is called in the new schema.
    pub(super) fn interface<'n>(&self, name: &'n str) -> &'n str
    where
        'p: 'n,
    {
        self.interfaces.get(name).copied().unwrap_or(name)
    }

    /// What an old timer is called in the new schema.
    pub(super) fn timer<'n>(&self, name: &'n str) -> &'n str
    where
        'p: 'n,
    {
        self.timers.get(name).copied().unwrap_or(name)
    }
}

fn names<'p, T>(
    both: &[(super::pairs::Named<'p, T>, super::pairs::Named<'p, T>)],
) -> IndexMap<&'p str, &'p str> {
    both.iter().map(|(old, new)| (old.name, new.name)).collect()
}

/// Who sends a message that goes this way, and who receives it.
pub(super) fn of_direction(direction: Direction) -> Route {
    let (from, to) = match direction {
        Direction::ClientToReader => (End::Client, End::Reader),
        Direction::ReaderToClient => (End::Reader, End::Client),
        Direction::ClientToCloud => (End::Client, End::Cloud),
        Direction::CloudToClient => (End::Cloud, End::Client),
        Direction::CloudToReader => (End::Cloud, End::Reader),
        Direction::ReaderToCloud => (End::Reader, End::Cloud),
    };
    (from.into(), to.into())
}

/// Who writes a document, and who reads it.
pub(super) fn of_document(name: &str) -> Route {
    let known = DOCUMENTS.iter().find(|(known, _)| *known == name);
    known.map_or((Ends::ALL, Ends::ALL), |(_, route)| *route)
}

/// Who sends and who receives values of each type that is on the wire.
fn routes(protocol: &Protocol) -> IndexMap<&str, Route> {
    let mut routes: IndexMap<_, _> = IndexMap::new();
    routes.extend(UNHELD);
    for message in &protocol.messages {
        let extensions = message.extensions.iter().map(|extension| &extension.field);
        let fields = message.fields.iter().chain(extensions);
        add(protocol, &mut routes, fields, of_direction(message.direction));
    }
    for document in &protocol.documents {
        add(
            protocol,
            &mut routes,
            &document.fields,
            of_document(&document.name),
        );
    }
    for instruction in &protocol.instructions {
        add(protocol, &mut routes, &instruction.operands, LOGIC);
    }
    routes
}

/// Structures do not hold themselves, so that this ends.
fn add<'p>(
    protocol: &'p Protocol,
    routes: &mut IndexMap<&'p str, Route>,
    fields: impl IntoIterator<Item = &'p Field>,
    (from, to): Route,
) {
    for field in fields {
        let known = routes.entry(&field.type_name).or_insert((Ends::NONE, Ends::NONE));
        *known = (known.0 | from, known.1 | to);
        if let Some(structure) = protocol.structure(&field.type_name) {
            add(protocol, routes, &structure.fields, (from, to));
        }
    }
}

/// The types that something frozen is made of, and the registries whose values are all frozen.
fn frozen_types(protocol: &Protocol) -> IndexSet<&str> {
    let is_frozen = |registry: &Registry| {
        let mut values = registry.values.iter();
        !registry.values.is_empty() && values.all(|value| value.stability == Stability::Frozen)
    };
    let registries = protocol.registries.iter();
    let mut frozen: IndexSet<_> = registries
        .filter(|(_, registry)| is_frozen(registry))
        .map(|(name, _)| name.as_str())
        .collect();
    let messages = protocol
        .messages
        .iter()
        .filter(|message| message.stability == Stability::Frozen)
        .flat_map(|message| &message.fields);
    let documents = protocol
        .documents
        .iter()
        .filter(|document| document.stability == Stability::Frozen)
        .flat_map(|document| &document.fields);
    let structures = protocol
        .structures
        .iter()
        .filter(|structure| structure.stability == Stability::Frozen)
        .flat_map(|structure| &structure.fields);
    let mut fields: Vec<_> = messages.chain(documents).chain(structures).collect();
    while let Some(field) = fields.pop() {
        if let Some(structure) = protocol.structure(&field.type_name)
            && !frozen.contains(field.type_name.as_str())
        {
            fields.extend(&structure.fields);
        }
        frozen.insert(field.type_name.as_str());
    }
    frozen
}
