//! The service data that a run makes.

use super::cbor;
use cardwire_codec::{
    Message,
    message::{Item, ItemKind, ServiceData, limits::JOB_DATA_MAX},
    wire::{Part, Writer},
};

/// Items that service data may hold; the schema's bound of `service_data.items`.
const ITEMS_MAX: u8 = 32;
/// Code of the document and count of its items.
const DATA_HEAD: usize = 2;
/// Bytes that the value of an item may have; the schema's bound of `item.value`.
const VALUE_MAX: usize = 255;

/// Whether an item has become part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It has, or there is nothing in it.
    Yes,
    /// The data would be larger than a job may give.
    TooLarge,
}

/// The document `service_data`, growing.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(super) struct Output {
    data: [u8; JOB_DATA_MAX],
    data_length: usize,
    /// Size of the items in the format `cbor`.
    cbor_length: usize,
}

impl Output {
    /// Nothing: [`clear`](Self::clear) begins it.
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self {
            data: [0; JOB_DATA_MAX],
            data_length: 0,
            cbor_length: 0,
        }
    }

    /// Begins anew: no items.
    pub(super) fn clear(&mut self) {
        self.data[..DATA_HEAD].copy_from_slice(&[ServiceData::CODE, 0]);
        self.data_length = DATA_HEAD;
        self.cbor_length = 0;
    }

    /// What there is so far.
    pub(super) fn document(&self) -> &[u8] {
        &self.data[..self.data_length]
    }

    /// Adds an item; `None` where its value is none of its kind.
    pub(super) fn emit(&mut self, item: &Item<'_>) -> Option<Added> {
        let fits = item.value.len() <= VALUE_MAX
            && match item.kind {
                // A conversion that gives no text says that the card holds nothing there.
                ItemKind::Text if item.value.is_empty() => return Some(Added::Yes),
                ItemKind::Text => core::str::from_utf8(item.value).is_ok(),
                ItemKind::Number => item.value.len() == 4,
                ItemKind::Bytes => true,
            };
        if !fits {
            return None;
        }
        Some(self.add(item).map_or(Added::TooLarge, |()| Added::Yes))
    }

    /// Adds an item, or leaves all as it is where the data would be too large, in whichever format.
    //= spec/book/src/jobs.md#cw-job-007
    //# Service data MUST be the document `service_data` in the format of the service's interface, `job_data_max` bytes at most.
    fn add(&mut self, item: &Item<'_>) -> Option<()> {
        let count = self.data[1];
        if count >= ITEMS_MAX {
            return None;
        }
        let cbor_length = self.cbor_length + cbor::item_size(item);
        if cbor::head_size(usize::from(count) + 1) + cbor_length > JOB_DATA_MAX {
            return None;
        }
        let mut writer = Writer::new(&mut self.data[self.data_length..]);
        item.write(&mut writer, "items").ok()?;
        self.data_length += writer.written();
        self.cbor_length = cbor_length;
        self.data[1] = count + 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_codec::Name;
    extern crate std;

    #[test]
    fn data_are_held_to_both_formats() {
        let name = "n".repeat(24);
        let mut output = Output::new();
        output.clear();
        let mut count = 0;
        let item = Item {
            name: Name::from_text(&name),
            kind: ItemKind::Bytes,
            value: &[0; 36],
        };
        while output.add(&item).is_some() {
            count += 1;
        }
        // 65 bytes in `cbor`, 63 in `native`: the one counts 1 + 15 * 65 = 976, and one more would be 1041. Of `native`
        // alone there would be room for 16.
        assert_eq!((count, output.data_length), (15, 2 + 15 * 63));
    }
}
