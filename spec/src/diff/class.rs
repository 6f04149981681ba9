//! Whom a change breaks.

use core::{fmt, ops::BitOr};

/// What a change breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Bytes of messages that did not change mean something else, or are not decodable, whichever end is the older.
    Wire,
    /// An older reader meets what it refuses or misunderstands.
    Readers,
    /// An older client meets what it refuses or misunderstands, or an older cloud, which is beyond the clients from
    /// where a reader stands; [`crate::diff::Change::ends`] tells which of them.
    Clients,
    /// Older ends go on as before.
    Safe,
}

impl Class {
    /// All of them, the gravest first.
    pub const ALL: [Self; 4] = [Self::Wire, Self::Readers, Self::Clients, Self::Safe];

    /// The word by which programs know it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Readers => "readers",
            Self::Clients => "clients",
            Self::Safe => "safe",
        }
    }

    /// In words: "breaks older readers".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Wire => "breaks the wire",
            Self::Readers => "breaks older readers",
            Self::Clients => "breaks older clients",
            Self::Safe => "safe",
        }
    }
}

/// One of those who talk to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum End {
    /// A reader.
    Reader = 1,
    /// A client.
    Client = 2,
    /// A cloud.
    Cloud = 4,
}

impl End {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Client, Self::Cloud];

    /// The word for many of them.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Reader => "readers",
            Self::Client => "clients",
            Self::Cloud => "clouds",
        }
    }
}

/// A set of ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ends(u8);

impl Ends {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self::of(&End::ALL);

    /// These.
    #[must_use]
    pub const fn of(ends: &[End]) -> Self {
        match ends {
            [] => Self::NONE,
            [first, rest @ ..] => Self(*first as u8 | Self::of(rest).0),
        }
    }

    /// Whether this end is among them.
    #[must_use]
    pub const fn contains(self, end: End) -> bool {
        self.0 & end as u8 != 0
    }

    /// Whether nobody is among them.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of them that are beyond the link, from where a reader stands.
    #[must_use]
    pub fn beyond(self) -> Self {
        Self(self.0 & !(End::Reader as u8))
    }

    /// Those among them.
    pub fn iter(self) -> impl Iterator<Item = End> {
        End::ALL.into_iter().filter(move |end| self.contains(*end))
    }
}

impl From<End> for Ends {
    fn from(end: End) -> Self {
        Self(end as u8)
    }
}

impl BitOr for Ends {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// "readers, clients and clouds"; of nobody, "ends".
impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.iter().map(End::plural).collect();
        match words.as_slice() {
            [] => f.write_str("ends"),
            [one] => f.write_str(one),
            [first @ .., last] => write!(f, "{} and {last}", first.join(", ")),
        }
    }
}

/// Which ends a kind of change breaks, as seen from the bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The bytes themselves: both ends, whichever is the older.
    Wire,
    /// Older ends that receive: newer senders say more than they know.
    Receivers,
    /// Older ends that send: newer receivers take less than they say.
    Senders,
    /// Older ends of both sorts.
    Both,
    /// Nobody.
    None,
}

impl Effect {
    /// The older ends that are broken, of those that send and those that receive.
    #[must_use]
    pub fn breaks(self, from: Ends, to: Ends) -> Ends {
        match self {
            Self::Wire | Self::Both => from | to,
            Self::Receivers => to,
            Self::Senders => from,
            Self::None => Ends::NONE,
        }
    }

    /// The classes of a change with this effect that breaks these older ends.
    #[must_use]
    pub fn classes(self, broken: Ends) -> Vec<Class> {
        match self {
            Self::Wire => vec![Class::Wire],
            Self::Receivers | Self::Senders | Self::Both if !broken.is_empty() => {
                let readers = broken.contains(End::Reader).then_some(Class::Readers);
                let clients = broken.contains(End::Client) || broken.contains(End::Cloud);
                let clients = clients.then_some(Class::Clients);
                readers.into_iter().chain(clients).collect()
            }
            Self::Receivers | Self::Senders | Self::Both | Self::None => vec![Class::Safe],
        }
    }
}
