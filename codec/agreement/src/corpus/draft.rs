//! An encoding in the making: bytes, and what parts they have, so that parts can be changed as such.

use super::Sort;
use crate::random::Random;
use cardwire_spec::{
    Protocol,
    kind::{Kind, prefix_size},
    model::{Charset, ExtensionField, Field, Length, Order, Registry},
};
use core::ops::Range;

/// Bytes of a message, and their parts from front to back.
pub(super) struct Draft {
    pub(super) bytes: Vec<u8>,
    /// Values and extensions; a structure is the parts that it holds.
    pub(super) parts: Vec<Range<usize>>,
    /// Lengths and counts.
    pub(super) prefixes: Vec<Range<usize>>,
}

/// Writes drafts.
pub(super) struct Author<'p, 'r> {
    pub(super) protocol: &'p Protocol,
    pub(super) random: &'r mut Random,
    /// Whether it breaks a bound now and then.
    pub(super) bold: bool,
}

/// In how many of a hundred values a bold author breaks a bound.
const BREAKS: usize = 12;
/// Set in the tag of an extension that must not be passed over.
const CRITICAL: u16 = 0x8000;

impl Author<'_, '_> {
    pub(super) fn message(&mut self, sort: &Sort<'_>) -> Draft {
        let mut draft = Draft {
            bytes: vec![sort.code],
            parts: Vec::new(),
            prefixes: Vec::new(),
        };
        self.fields(&mut draft, sort.fields);
        self.extensions(&mut draft, sort);
        draft
    }

    fn fields(&mut self, draft: &mut Draft, fields: &[Field]) {
        for field in fields {
            self.field(draft, field);
        }
    }

    fn field(&mut self, draft: &mut Draft, field: &Field) {
        let Some([min, max]) = field.count else {
            return self.value(draft, field);
        };
        let count = self.amount(min, max) as usize;
        if field.order == Some(Order::Ascending) && !self.breaks() {
            return self.ascending(draft, field, count, max);
        }
        Self::prefix(draft, count as u64, max);
        for _ in 0..count {
            self.value(draft, field);
        }
    }

    /// A list in order: its items are of one size each, as validation has it.
    fn ascending(&mut self, draft: &mut Draft, field: &Field, count: usize, max: u64) {
        let mut apart = Draft {
            bytes: Vec::new(),
            parts: Vec::new(),
            prefixes: Vec::new(),
        };
        let mut items: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                self.value(&mut apart, field);
                core::mem::take(&mut apart.bytes)
            })
            .collect();
        items.sort();
        items.dedup();
        Self::prefix(draft, items.len() as u64, max);
        for item in items {
            draft.part(|bytes| bytes.extend(item));
        }
    }

    fn value(&mut self, draft: &mut Draft, field: &Field) {
        match self.protocol.kind(&field.type_name) {
            Some(Kind::Number(size)) => {
                let [min, max] = field.range.unwrap_or([0, u64::MAX >> (64 - 8 * size)]);
                let number = self.number(min, max);
                draft.part(|bytes| bytes.extend_from_slice(&number.to_be_bytes()[8 - size..]));
            }
            Some(Kind::Bool) => {
                let value = if self.breaks() {
                    self.random.byte()
                } else {
                    self.random.byte() & 1
                };
                draft.part(|bytes| bytes.push(value));
            }
            Some(Kind::Registry(_, registry)) => {
                let size = registry.width.bytes();
                let number = self.registered(registry);
                draft.part(|bytes| bytes.extend_from_slice(&number.to_be_bytes()[8 - size..]));
            }
            Some(Kind::Bytes | Kind::Text) => self.run_of_bytes(draft, field),
            Some(Kind::Structure(structure)) => self.fields(draft, &structure.fields),
            // Operands' types, and none: validation has refused them in fields.
            Some(Kind::Register | Kind::Label) | None => {}
        }
    }

    fn registered(&mut self, registry: &Registry) -> u64 {
        let known = self.random.pick(&registry.values).value;
        let strange = if registry.open {
            self.random.percent(15)
        } else {
            self.breaks()
        };
        if strange { self.beside(known) } else { known }
    }

    fn run_of_bytes(&mut self, draft: &mut Draft, field: &Field) {
        let length = match field.length {
            Some(Length::Exact(size)) => size,
            Some(Length::Bounds(min, max)) => {
                let length = self.amount(min, max);
                Self::prefix(draft, length, max);
                length
            }
            None => 0,
        } as usize;
        let charset = if field.type_name == "text" {
            field.charset.or(Some(Charset::Utf8))
        } else {
            None
        };
        let start = draft.bytes.len();
        self.random.append(&mut draft.bytes, length);
        let breaks = charset.is_some() && self.breaks();
        let run = &mut draft.bytes[start..];
        match charset {
            Some(Charset::Name) => {
                const NAMES: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
                run.iter_mut().for_each(|byte| {
                    *byte = if *byte == b'_' {
                        b'_'
                    } else {
                        NAMES[usize::from(*byte % 64)]
                    };
                });
            }
            Some(Charset::Utf8) => run.iter_mut().for_each(|byte| *byte &= 0x7F),
            None => {}
        }
        if breaks && length > 0 {
            const STRAY: [u8; 14] = *b"\x00 /:@[`{\x7F\x80\xBF\xC3\xE2\xFF";
            run[self.random.below(length)] = *self.random.pick(&STRAY);
        }
        draft.parts.push(start..start + length);
    }

    fn prefix(draft: &mut Draft, value: u64, max: u64) {
        let start = draft.bytes.len();
        let size = prefix_size(max) as usize;
        draft.bytes.extend_from_slice(&value.to_be_bytes()[8 - size..]);
        draft.prefixes.push(start..start + size);
    }

    /// A length or count: its bounds and what is beside them more often than what is between.
    fn amount(&mut self, min: u64, max: u64) -> u64 {
        let usual = min + 4.min(max - min);
        match self.random.below(20) {
            0..=1 => min,
            2 => max,
            3 => max - 1.min(max - min),
            4 => min + 1.min(max - min),
            5 => self.random.within(min, max),
            6 if self.bold => max + 1,
            7 if self.bold => min.saturating_sub(1),
            _ => self.random.within(min, usual),
        }
    }

    fn number(&mut self, min: u64, max: u64) -> u64 {
        if self.breaks() {
            let bound = *self.random.pick(&[min, max]);
            return self.beside(bound);
        }
        match self.random.below(10) {
            0..=1 => min,
            2..=3 => max,
            4 => min + 1.min(max - min),
            5 => max - 1.min(max - min),
            // As many small ones as large ones.
            6 => (self.random.number() >> self.random.below(64)).clamp(min, max),
            _ => self.random.within(min, max),
        }
    }

    /// A number next to this one, or far from it.
    fn beside(&mut self, number: u64) -> u64 {
        match self.random.below(5) {
            0..=1 => number.wrapping_sub(1),
            2..=3 => number.wrapping_add(1),
            _ => self.random.number(),
        }
    }

    fn breaks(&mut self) -> bool {
        self.bold && self.random.percent(BREAKS)
    }

    fn extensions(&mut self, draft: &mut Draft, sort: &Sort<'_>) {
        let fields = draft.bytes.len();
        if self.random.percent(3) {
            return self.filler(draft, sort.max_size);
        }
        let mut wanted: Vec<(u16, Option<&ExtensionField>)> = Vec::new();
        for known in sort.extensions {
            if self.random.percent(50) {
                wanted.push((known.wire_tag(), Some(known)));
            }
        }
        if self.random.percent(35) {
            for _ in 0..=self.random.below(3) {
                // Also tags of extensions that the schema knows, with any value.
                let tag = if self.random.percent(50) {
                    self.random.below(5) as u16
                } else {
                    self.random.number() as u16
                };
                let critical = self.bold && self.random.percent(BREAKS);
                wanted.push((if critical { tag | CRITICAL } else { tag & !CRITICAL }, None));
            }
        }
        if !self.breaks() {
            wanted.sort_by_key(|(tag, _)| tag & !CRITICAL);
            if !self.breaks() {
                wanted.dedup_by_key(|(tag, _)| *tag & !CRITICAL);
            }
        }
        for (tag, known) in wanted {
            self.extension(draft, tag, known);
        }
        debug_assert!(draft.bytes.len() >= fields, "extensions stand behind the fields");
    }

    fn extension(&mut self, draft: &mut Draft, tag: u16, known: Option<&ExtensionField>) {
        let start = draft.bytes.len();
        let tag = if self.breaks() { tag ^ CRITICAL } else { tag };
        let mut apart = Draft {
            bytes: Vec::new(),
            parts: Vec::new(),
            prefixes: Vec::new(),
        };
        if let Some(known) = known {
            self.field(&mut apart, &known.field);
        }
        if known.is_none() || self.breaks() {
            let size = self.random.below(5);
            self.random.append(&mut apart.bytes, size);
        }
        draft.bytes.extend_from_slice(&tag.to_be_bytes());
        draft.prefixes.push(start + 2..start + 4);
        let length = apart.bytes.len() as u16;
        draft.bytes.extend_from_slice(&length.to_be_bytes());
        draft.bytes.extend(apart.bytes);
        draft.parts.push(start..draft.bytes.len());
    }

    /// One extension that fills the message up to its largest size, one byte less, or one more.
    fn filler(&mut self, draft: &mut Draft, max_size: usize) {
        let start = draft.bytes.len();
        let full = max_size + self.random.below(3) - 1;
        let Some(length) = full.checked_sub(start + 4) else {
            return;
        };
        draft.bytes.extend_from_slice(&0x7F01_u16.to_be_bytes());
        draft.bytes.extend_from_slice(&(length as u16).to_be_bytes());
        draft.prefixes.push(start + 2..start + 4);
        self.random.append(&mut draft.bytes, length);
        draft.parts.push(start..draft.bytes.len());
    }
}

impl Draft {
    fn part(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.parts.push(start..self.bytes.len());
    }
}
