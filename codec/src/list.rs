//! Repeated parts: an iterator over validated bytes, never a collection.

use crate::{
    DecodeError, EncodeError,
    message::CodecRule,
    wire::{Cursor, Part, Writer},
};
use core::{fmt, marker::PhantomData};

/// A list of parts, either decoded (a view over bytes that were validated once) or made from a slice.
pub struct List<'a, T> {
    source: Source<'a, T>,
}

enum Source<'a, T> {
    /// Bytes of `count` parts, each of which decoded when the list was read.
    Bytes {
        bytes: &'a [u8],
        count: usize,
        item: PhantomData<T>,
    },
    /// Parts of a value that is to be encoded.
    Items(&'a [T]),
}

/// Bounds of a list, as the schema states them.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Fewest items.
    pub min: usize,
    /// Most items.
    pub max: usize,
    /// Whether the encoded items ascend strictly.
    pub ascending: bool,
}

impl<'a, T: Part<'a>> List<'a, T> {
    /// A list of these parts; it is held to its bounds when it is encoded.
    #[must_use]
    pub fn from_items(items: &'a [T]) -> Self {
        Self {
            source: Source::Items(items),
        }
    }

    /// How many parts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.source {
            Source::Bytes { count, .. } => *count,
            Source::Items(items) => items.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The parts in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'a, T> {
        Iter {
            source: match &self.source {
                Source::Bytes { bytes, .. } => IterSource::Bytes(Cursor::new(bytes)),
                Source::Items(items) => IterSource::Items(items.iter()),
            },
        }
    }

    /// Reads a list behind its count, holding each item to `takes`.
    ///
    /// # Errors
    /// `count`, `order`, or what an item breaks; `range` where `takes` refuses an item.
    pub fn read(
        cursor: &mut Cursor<'a>,
        field: &'static str,
        bounds: Bounds,
        takes: impl Fn(&T) -> bool,
    ) -> Result<Self, DecodeError> {
        let count = cursor.prefix(CodecRule::Count, field, bounds.min, bounds.max)?;
        let items = cursor.rest();
        let first = cursor.offset();
        let mut previous: Option<&[u8]> = None;
        for _ in 0..count {
            let start = cursor.clone();
            let item = T::read(cursor, field)?;
            if !takes(&item) {
                return Err(start.error(CodecRule::Range, field));
            }
            let encoded = &start.rest()[..cursor.offset() - start.offset()];
            //= spec/book/src/codec.md#cw-codec-006
            //# The encoded items of a list that the schema calls ascending MUST ascend strictly, compared byte by byte from the first.
            if bounds.ascending && previous.is_some_and(|previous| previous >= encoded) {
                return Err(start.error(CodecRule::Order, field));
            }
            previous = Some(encoded);
        }
        let bytes = &items[..cursor.offset() - first];
        Ok(Self {
            source: Source::Bytes {
                bytes,
                count,
                item: PhantomData,
            },
        })
    }

    /// Writes a list behind its count, holding each item to `takes`.
    ///
    /// # Errors
    /// A list that no decoder would take, or a buffer that is too small.
    pub fn write(
        &self,
        writer: &mut Writer<'_>,
        field: &'static str,
        bounds: Bounds,
        takes: impl Fn(&T) -> bool,
    ) -> Result<(), EncodeError> {
        writer.prefix(CodecRule::Count, field, self.len(), bounds.min, bounds.max)?;
        let mut previous: Option<(usize, usize)> = None;
        let first = writer.written();
        for item in self.iter() {
            if !takes(&item) {
                return Err(EncodeError::Invalid {
                    rule: CodecRule::Range,
                    field,
                });
            }
            let start = writer.written();
            item.write(writer, field)?;
            let here = (start - first, writer.written() - first);
            let written = writer.since(first);
            if bounds.ascending && previous.is_some_and(|(a, b)| written[a..b] >= written[here.0..here.1]) {
                return Err(EncodeError::Invalid {
                    rule: CodecRule::Order,
                    field,
                });
            }
            previous = Some(here);
        }
        Ok(())
    }
}

impl<T> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> Clone for Source<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Source<'_, T> {}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self {
            source: Source::Items(&[]),
        }
    }
}

impl<'a, T: Part<'a>> PartialEq for List<'a, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Part<'a> + Eq> Eq for List<'a, T> {}

impl<'a, T: Part<'a> + fmt::Debug> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Part<'a>> IntoIterator for List<'a, T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Part<'a>> IntoIterator for &List<'a, T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// The parts of a [`List`] in order.
#[derive(Clone, Debug)]
pub struct Iter<'a, T> {
    source: IterSource<'a, T>,
}

#[derive(Clone, Debug)]
enum IterSource<'a, T> {
    Bytes(Cursor<'a>),
    Items(core::slice::Iter<'a, T>),
}

impl<'a, T: Part<'a>> Iterator for Iter<'a, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.source {
            // The bytes were validated when the list was read, so that this can only fail at their end.
            IterSource::Bytes(cursor) => T::read(cursor, "").ok(),
            IterSource::Items(items) => items.next().copied(),
        }
    }
}
