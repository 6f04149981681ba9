//! Repeated parts: an iterator over validated bytes, never a collection.

use crate::{
    EncodeError,
    message::CodecRule,
    wire::{Cursor, Part, Writer, check},
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
                Source::Bytes { bytes, .. } => IterSource::Bytes(Cursor::again(bytes)),
                Source::Items(items) => IterSource::Items(items.iter()),
            },
        }
    }

    /// Reads the items of a list behind its count; `None` where an item breaks a rule, is one that `takes` does not take,
    /// or is not above the one before in a list that ascends.
    #[inline(always)]
    pub(crate) fn read(
        cursor: &mut Cursor<'a>,
        count: usize,
        ascending: bool,
        takes: impl Fn(&T) -> bool,
    ) -> Option<Self> {
        let all = cursor.clone();
        let mut previous = None;
        for _ in 0..count {
            let item = T::read(cursor)?;
            if !takes(&item) || ascending && previous.is_some_and(|previous| previous >= item) {
                return None;
            }
            previous = Some(item);
        }
        Some(Self {
            source: Source::Bytes {
                bytes: all.up_to(cursor),
                count,
                item: PhantomData,
            },
        })
    }

    /// Writes the items of a list behind its count.
    ///
    /// # Errors
    /// A list that no decoder would take, or a buffer that is too small.
    #[inline(always)]
    pub(crate) fn write(
        &self,
        writer: &mut Writer<'_>,
        field: &'static str,
        ascending: bool,
        takes: impl Fn(&T) -> bool,
    ) -> Result<(), EncodeError> {
        let mut previous = None;
        for item in self {
            check(takes(&item), CodecRule::Range, field)?;
            let is_above = !ascending || previous.is_none_or(|previous| previous < item);
            check(is_above, CodecRule::Order, field)?;
            item.write(writer, field)?;
            previous = Some(item);
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
            IterSource::Bytes(cursor) => T::read(cursor),
            IterSource::Items(items) => items.next().copied(),
        }
    }
}
