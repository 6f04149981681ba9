//! What a card is made of: directories, elementary files, and where their bytes lie.
//!
//! The card itself knows no file by name, apart from what a command names: what there is comes from a [`Memory`].

use crate::access::Rule;

/// What a card holds. Its bytes outlast a reset, and die with it.
pub trait Memory {
    /// What there is, and where.
    fn layout(&self) -> Layout<'_>;

    /// The bytes of all files.
    fn content(&self) -> &[u8];

    /// The bytes of all files, to be written.
    fn content_mut(&mut self) -> &mut [u8];
}

/// What there is on a card.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// What it answers to a reset.
    pub atr: &'a [u8],
    /// Which commands it takes.
    pub generation: Generation,
    /// How many logical channels it has, the basic one among them: 1 to [`CHANNELS_MAX`](crate::CHANNELS_MAX).
    pub channels: u8,
    /// Its directories, 255 at most; the first is the master file.
    pub directories: &'a [Directory],
    /// Its elementary files, 255 at most.
    pub files: &'a [File],
}

/// Which commands a card takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// A UICC: classes `00` and `80` (ETSI TS 102 221).
    Uicc,
    /// A SIM of the second generation: class `A0` (3GPP TS 51.011).
    #[cfg(feature = "full")]
    Sim,
}

/// A directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its file identifier; that of an application is `7FFF`, by which it is reached while it is active.
    pub fid: u16,
    /// The place of its parent in [`Layout::directories`]; that of the master file is 0, itself.
    pub parent: u8,
    /// The name of an application; a directory without one is reached by its identifier.
    pub name: Option<Name>,
    /// What may be done with it.
    pub rule: Rule,
}

/// The name of an application: 5 to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; 16],
    length: u8,
}

/// An elementary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// The place of its directory in [`Layout::directories`].
    pub directory: u8,
    /// Its file identifier.
    pub fid: u16,
    /// Its short file identifier, 1 to 30.
    pub sfi: Option<u8>,
    /// What it is made of.
    pub structure: Structure,
    /// What may be done with it.
    pub rule: Rule,
    /// Where its bytes begin in the memory's content.
    pub start: u16,
}

/// What an elementary file is made of (ETSI TS 102 221, 8.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// A string of bytes.
    Transparent {
        /// How many.
        size: u16,
    },
    /// Records of the same length, numbered from 1.
    LinearFixed {
        /// The length of each, in bytes.
        record_length: u8,
        /// How many there are, 1 to 254.
        records: u8,
    },
}

/// The place of the master file in [`Layout::directories`].
pub(crate) const MASTER: u8 = 0;

/// The identifier by which the active application is reached.
pub const APPLICATION: u16 = 0x7FFF;

/// The identifier of the master file.
pub const MASTER_FILE: u16 = 0x3F00;

impl<'a> Layout<'a> {
    /// A directory by its place; where there is none, an empty master file.
    pub(crate) fn directory(&self, place: u8) -> &'a Directory {
        self.directories
            .get(usize::from(place))
            .unwrap_or(&Directory::MASTER)
    }

    /// An elementary file by its place.
    pub(crate) fn file(&self, place: u8) -> Option<&'a File> {
        self.files.get(usize::from(place))
    }

    /// The place of the directory above that one.
    pub(crate) fn parent(&self, directory: u8) -> Option<u8> {
        let parent = self.directory(directory).parent;
        (parent != directory).then_some(parent)
    }

    /// The place of the directory below that one that has this file identifier; an application is not found by its parent.
    pub(crate) fn child_directory(&self, parent: u8, fid: u16) -> Option<u8> {
        let below =
            |df: &Directory| df.parent == parent && df.fid == fid && df.name.is_none() && fid != MASTER_FILE;
        self.directories.iter().position(below).map(|place| place as u8)
    }

    /// The place of the elementary file in that directory that has this file identifier.
    pub(crate) fn child_file(&self, parent: u8, fid: u16) -> Option<u8> {
        let inside = |ef: &File| ef.directory == parent && ef.fid == fid;
        self.files.iter().position(inside).map(|place| place as u8)
    }

    /// The same with this short file identifier.
    pub(crate) fn child_by_sfi(&self, parent: u8, sfi: u8) -> Option<u8> {
        let inside = |ef: &File| ef.directory == parent && ef.sfi == Some(sfi);
        self.files.iter().position(inside).map(|place| place as u8)
    }
}

impl Directory {
    const MASTER: Self = Self {
        fid: MASTER_FILE,
        parent: MASTER,
        name: None,
        rule: Rule {
            number: 0,
            read: crate::access::Condition::Never,
            update: crate::access::Condition::Never,
        },
    };
}

impl Name {
    /// A name of 5 to 16 bytes (ETSI TS 101 220); `None` for another length.
    pub const fn new(name: &[u8]) -> Option<Self> {
        if name.len() < 5 || name.len() > 16 {
            return None;
        }
        let mut bytes = [0; 16];
        let mut at = 0;
        let mut rest = name;
        while let [byte, tail @ ..] = rest {
            bytes[at] = *byte;
            at += 1;
            rest = tail;
        }
        Some(Self {
            bytes,
            length: at as u8,
        })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl Structure {
    /// The size of the content in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::Transparent { size } => size as usize,
            Self::LinearFixed {
                record_length,
                records,
            } => record_length as usize * records as usize,
        }
    }
}

impl File {
    /// The whole file, of the memory's content.
    pub fn of<'a>(&self, content: &'a [u8]) -> &'a [u8] {
        content.get(self.range()).unwrap_or_default()
    }

    /// The whole file, to be written.
    pub fn of_mut<'a>(&self, content: &'a mut [u8]) -> &'a mut [u8] {
        content.get_mut(self.range()).unwrap_or_default()
    }

    /// A record, the first is 1; `None` if the file has no such record, or no records at all.
    pub fn record<'a>(&self, content: &'a [u8], number: u8) -> Option<&'a [u8]> {
        self.of(content).get(self.record_range(number)?)
    }

    /// A record, to be written.
    pub fn record_mut<'a>(&self, content: &'a mut [u8], number: u8) -> Option<&'a mut [u8]> {
        self.of_mut(content).get_mut(self.record_range(number)?)
    }

    fn range(&self) -> core::ops::Range<usize> {
        let start = usize::from(self.start);
        start..start + self.structure.size()
    }

    fn record_range(&self, number: u8) -> Option<core::ops::Range<usize>> {
        let Structure::LinearFixed { record_length, .. } = self.structure else {
            return None;
        };
        let length = usize::from(record_length);
        let start = usize::from(number.checked_sub(1)?) * length;
        Some(start..start + length)
    }
}
