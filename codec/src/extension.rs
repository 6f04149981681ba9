//! Optional parts behind the fields of a message.
//!
//! An extension is a tag (u16: the critical bit 0x8000 and a number), a length (u16) and a value (CW-CODEC-007). Those
//! that the schema defines are read by the message that they belong to, as in [`crate::message::Progress::percent`];
//! unknown ones are kept as they are, unless they are critical.

use crate::{
    EncodeError, check,
    shape::{Extension, Shape},
    wire::{Cursor, Writer},
};

/// The extensions of a message: a view over bytes that were validated once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    bytes: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// No extensions.
    pub const NONE: Extensions<'static> = Extensions { bytes: &[] };

    /// The extensions that are what is left of a message, of which the schema defines those in `known`; `None` where a
    /// rule is broken.
    #[inline(always)]
    pub(crate) fn read(rest: &'a [u8], known: &[Extension]) -> Option<Self> {
        if rest.is_empty() {
            Some(Self::NONE)
        } else {
            Self::read_some(rest, known)
        }
    }

    /// Nearly no message has any: this stays out of the way of the others.
    #[cold]
    #[inline(never)]
    fn read_some(bytes: &'a [u8], known: &[Extension]) -> Option<Self> {
        check::extensions(known, &mut Cursor::new(bytes)).ok()?;
        Some(Self { bytes })
    }

    /// Extensions as they stand in a message, to be sent. They are held to the rules when the message is encoded.
    #[must_use]
    pub const fn from_bytes(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Writes the extensions of a message of this shape.
    #[cold]
    #[inline(never)]
    pub(crate) fn write(self, shape: &Shape, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        check::extensions(shape.extensions, &mut Cursor::new(self.bytes)).map_err(|error| {
            EncodeError::Invalid {
                rule: error.rule,
                field: error.field,
            }
        })?;
        writer.raw(self.bytes)
    }

    /// The encoded extensions.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether there are none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Tag and value of each extension in order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut cursor = Cursor::new(self.bytes);
        core::iter::from_fn(move || {
            let tag = cursor.u16()?;
            let length = cursor.u16()?;
            Some((tag, cursor.take(usize::from(length))?))
        })
    }

    /// The value of the extension with this tag.
    pub(crate) fn find(&self, tag: u16) -> Option<Cursor<'a>> {
        self.iter()
            .find(|(found, _)| *found == tag)
            .map(|(_, value)| Cursor::new(value))
    }
}

/// Writes extensions into a buffer, from which a message then takes them.
///
/// ```
/// use cardwire_codec::{Message, extension::ExtensionWriter, message::{JobState, Progress}};
///
/// let mut room = [0; 8];
/// let mut extensions = ExtensionWriter::new(&mut room);
/// extensions.push(Progress::PERCENT, &[40])?;
/// let progress = Progress { job: &[7; 16], state: JobState::Running, step: 3, extensions: extensions.finish() };
/// assert_eq!(progress.percent(), Some(40));
/// # Ok::<(), cardwire_codec::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct ExtensionWriter<'b> {
    out: &'b mut [u8],
    length: usize,
}

impl<'b> ExtensionWriter<'b> {
    /// A writer at the start of `out`.
    #[must_use]
    pub fn new(out: &'b mut [u8]) -> Self {
        Self { out, length: 0 }
    }

    /// Adds an extension: its tag, critical bit included, and its encoded value. They have to come in ascending order.
    ///
    /// # Errors
    /// A buffer that is too small; what was added before stays.
    pub fn push(&mut self, tag: u16, value: &[u8]) -> Result<(), EncodeError> {
        let length = u16::try_from(value.len()).map_err(|_| EncodeError::BufferTooSmall)?;
        let mut writer = Writer::new(self.out.get_mut(self.length..).unwrap_or_default());
        writer.u16(tag)?;
        writer.u16(length)?;
        writer.raw(value)?;
        self.length = self.length.saturating_add(writer.written());
        Ok(())
    }

    /// What was added.
    #[must_use]
    pub fn finish(self) -> Extensions<'b> {
        let Self { out, length } = self;
        let written: &'b [u8] = out;
        Extensions::from_bytes(written.get(..length).unwrap_or_default())
    }
}
