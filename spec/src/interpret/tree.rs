//! A decoded message: its values with their names and places.

/// A decoded message or document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The schema's name.
    pub name: String,
    /// The first byte.
    pub code: u8,
    /// The fields in order.
    pub fields: Vec<Node>,
    /// The extensions in order.
    pub extensions: Vec<Extension>,
}

impl Tree {
    /// The value of a field, or of an extension that the schema knows and the message has.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Data> {
        let extensions = self
            .extensions
            .iter()
            .filter_map(|extension| extension.known.as_ref());
        self.fields
            .iter()
            .chain(extensions)
            .find(|node| node.name == name)
            .map(|node| &node.data)
    }
}

/// One value: a field, or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The field's name; of an item, its index.
    pub name: String,
    /// Where it begins in the message, its prefix included.
    pub offset: usize,
    /// How many bytes it takes, its prefix included.
    pub size: usize,
    /// The value.
    pub data: Data,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A number, a register or a label.
    Number(u64),
    /// A boolean.
    Bool(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A value of a registry.
    Registered {
        /// The number on the wire.
        value: u64,
        /// Its name, where it is registered.
        name: Option<String>,
    },
    /// The fields of a structure.
    Structure(Vec<Node>),
    /// The items of a list.
    List(Vec<Node>),
}

impl Data {
    /// The number on the wire, of what is one.
    #[must_use]
    pub const fn number(&self) -> Option<u64> {
        match self {
            Self::Number(value) | Self::Registered { value, .. } => Some(*value),
            Self::Bool(value) => Some(*value as u64),
            Self::Bytes(_) | Self::Text(_) | Self::Structure(_) | Self::List(_) => None,
        }
    }
}

/// An optional part behind the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its tag, the critical bit included.
    pub tag: u16,
    /// Where it begins in the message.
    pub offset: usize,
    /// Its value.
    pub value: Vec<u8>,
    /// What the value is, where the schema knows the extension.
    pub known: Option<Node>,
}
