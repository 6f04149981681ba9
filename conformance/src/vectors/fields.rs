//! Vectors of the fields of a message: every bound from both sides, and an end inside every field.

use super::{
    base::{Base, Site},
    messages::Made,
    values::{self, Size},
};
use cardwire_spec::{
    interpret::{self, Data},
    kind::{Kind, prefix_size},
    model::{Charset, Length, Order, Registry},
};
use serde_json::Value;

/// Bytes that are no text of `name`: next to what is allowed, on both sides, and where text ends elsewhere.
const NO_NAME: [(&str, &[u8]); 13] = [
    ("space", &[0x20]),
    ("comma", &[0x2C]),
    ("slash", &[0x2F]),
    ("colon", &[0x3A]),
    ("at-sign", &[0x40]),
    ("bracket", &[0x5B]),
    ("circumflex", &[0x5E]),
    ("backquote", &[0x60]),
    ("brace", &[0x7B]),
    ("zero-byte", &[0x00]),
    ("letter-beyond-ascii", &[0xC3, 0xA4]),
    ("byte-beyond-utf-8", &[0xFF]),
    ("line-feed", &[0x0A]),
];

/// Bytes that are no UTF-8.
const NO_UTF8: [(&str, &[u8]); 6] = [
    ("byte-beyond-utf-8", &[0xFF]),
    ("lone-continuation", &[0x80]),
    ("character-cut-short", &[0xE2, 0x82]),
    ("overlong-form", &[0xC0, 0xAF]),
    ("surrogate", &[0xED, 0xA0, 0x80]),
    ("character-above-10ffff", &[0xF4, 0x90, 0x80, 0x80]),
];

impl Made<'_> {
    /// Vectors of all fields of a base.
    pub(super) fn fields(&mut self, base: &Base) {
        let protocol = self.protocol;
        for site in base.sites(protocol, self.name) {
            self.field(base, &site);
        }
    }

    fn field(&mut self, base: &Base, site: &Site<'_>) {
        let range = site.range();
        self.refuse(
            base,
            &format!("{}-missing", site.label),
            &base.cut(range.start),
            "truncated",
        );
        self.refuse(
            base,
            &format!("{}-cut-short", site.label),
            &base.cut(range.end - 1),
            "truncated",
        );
        if let Some(bounds) = site.field.count {
            self.count(base, site, bounds);
            self.order(base, site);
        }
        self.value(base, site);
        let protocol = self.protocol;
        for inner in site.inner(protocol) {
            self.field(base, &inner);
        }
    }

    /// The base with another value at this pointer; values that have no encoding are passed over.
    fn take_at(&mut self, base: &Base, name: &str, pointer: &str, value: impl Into<Value>) {
        let mut whole = base.json.clone();
        if let Some(place) = whole.pointer_mut(pointer) {
            *place = value.into();
            self.take_value(name, &whole);
        }
    }

    fn refuse_patched(&mut self, base: &Base, name: &str, bytes: Option<Vec<u8>>, rule: &str) -> bool {
        bytes.is_some_and(|bytes| self.refuse(base, name, &bytes, rule))
    }

    /// The values themselves: of a list, its first or last item.
    fn value(&mut self, base: &Base, site: &Site<'_>) {
        let Some([(first, first_pointer), (last, last_pointer)]) = site.ends() else {
            return;
        };
        let label = &site.label;
        match self.protocol.kind(&site.field.type_name) {
            Some(Kind::Number(size)) => {
                let [min, max] = values::range(site.field, size);
                self.take_at(base, &format!("{label}-least"), &first_pointer, min);
                self.take_at(base, &format!("{label}-greatest"), &last_pointer, max);
                let below = min
                    .checked_sub(1)
                    .and_then(|value| base.patched(first.offset, size, value));
                self.refuse_patched(base, &format!("{label}-below-its-range"), below, "range");
                let above = max
                    .checked_add(1)
                    .and_then(|value| base.patched(last.offset, size, value));
                self.refuse_patched(base, &format!("{label}-above-its-range"), above, "range");
                let ones = base.patched(last.offset, size, u64::MAX >> (64 - 8 * size));
                self.refuse_patched(base, &format!("{label}-all-ones"), ones, "range");
            }
            Some(Kind::Bool) => {
                for value in [false, true] {
                    self.take_at(base, &format!("{label}-{value}"), &first_pointer, value);
                }
                let two = base.patched(last.offset, 1, 2);
                self.refuse_patched(base, &format!("{label}-neither-true-nor-false"), two, "boolean");
                let ones = base.patched(last.offset, 1, 0xFF);
                self.refuse_patched(base, &format!("{label}-all-ones"), ones, "boolean");
            }
            Some(Kind::Registry(_, registry)) => {
                let width = registry.width.bytes();
                self.registered(base, label, registry, [&first_pointer, &last_pointer]);
                for value in unregistered(registry) {
                    let bytes = base.patched(last.offset, width, value);
                    self.refuse_patched(base, &format!("{label}-{value}-not-registered"), bytes, "value");
                }
            }
            Some(Kind::Bytes | Kind::Text) => self.bytes(base, site),
            Some(Kind::Structure(_) | Kind::Register | Kind::Label) | None => {}
        }
    }

    /// Of a closed registry every value; of an open one the first and the last, and numbers that nobody registered.
    fn registered(&mut self, base: &Base, label: &str, registry: &Registry, [first, last]: [&str; 2]) {
        let values = registry.values.iter();
        let named: Vec<_> = if registry.open {
            values.clone().take(1).chain(values.last()).collect()
        } else {
            values.collect()
        };
        for value in named {
            self.take_at(
                base,
                &format!("{label}-{}", value.name),
                last,
                value.name.as_str(),
            );
        }
        if registry.open {
            let free = unregistered(registry);
            for (value, pointer) in free.iter().zip([first, last]) {
                self.take_at(base, &format!("{label}-{value}-not-registered"), pointer, *value);
            }
        }
    }

    fn bytes(&mut self, base: &Base, site: &Site<'_>) {
        let Some(Length::Bounds(min, max)) = site.field.length else {
            return;
        };
        let Some([_, (node, pointer)]) = site.ends() else {
            return;
        };
        let label = &site.label;
        let prefix = prefix_size(max) as usize;
        let range = node.offset..node.offset + node.size;
        for (name, length) in [("shortest", min), ("longest", max)] {
            let content = values::content(site.field, length);
            let value = if site.field.type_name == "text" {
                String::from_utf8_lossy(&content).into_owned()
            } else {
                crate::hex::encode(&content)
            };
            self.take_at(base, &format!("{label}-{name}"), &pointer, value);
        }
        for (name, length) in [("too-short", min.checked_sub(1)), ("too-long", Some(max + 1))] {
            let Some(length) = length.filter(|length| length >> (8 * prefix) == 0) else {
                continue;
            };
            // With as many bytes behind it as it says, so that nothing else is wrong; if they have room.
            let content = values::content(site.field, length);
            let written = [&length.to_be_bytes()[8 - prefix..], &content].concat();
            let whole = base.splice(range.clone(), &written);
            let name = format!("{label}-{name}");
            if !self.refuse(base, &name, &whole, "length") {
                let bytes = base.patched(node.offset, prefix, length);
                self.refuse_patched(base, &name, bytes, "length");
            }
        }
        let ones = base.patched(node.offset, prefix, u64::MAX >> (64 - 8 * prefix));
        if !self.refuse_patched(base, &format!("{label}-length-all-ones"), ones.clone(), "length") {
            self.refuse_patched(base, &format!("{label}-length-all-ones"), ones, "truncated");
        }
        if site.field.type_name == "text" && node.size > prefix {
            let strange: &[(&str, &[u8])] = match site.field.charset {
                Some(Charset::Name) => &NO_NAME,
                Some(Charset::Utf8) | None => &NO_UTF8,
            };
            for (name, bytes) in strange {
                let room = node.size - prefix;
                let begin = range.start + prefix;
                if bytes.len() <= room {
                    let written = base.splice(begin..begin + bytes.len(), bytes);
                    self.refuse(base, &format!("{label}-begins-with-{name}"), &written, "text");
                }
            }
            for (name, last) in [("space", 0x20), ("line-feed", 0x0A)] {
                let written = base.splice(range.end - 1..range.end, &[last]);
                self.refuse(base, &format!("{label}-ends-with-{name}"), &written, "text");
            }
            let written = base.splice(range.end - 1..range.end, &[0xC3]);
            self.refuse(
                base,
                &format!("{label}-ends-inside-a-character"),
                &written,
                "text",
            );
        }
    }

    /// The fewest and the most items, and one beyond either.
    fn count(&mut self, base: &Base, site: &Site<'_>, [min, max]: [u64; 2]) {
        let label = &site.label;
        let protocol = self.protocol;
        for (name, count) in [("fewest", min), ("most", max)] {
            let items = |size| -> Value {
                let items = 0..count;
                items
                    .map(|at| values::item(protocol, site.field, size, at))
                    .collect()
            };
            let name = format!("{label}-{name}");
            // Where so many typical items have no room, small ones may have.
            self.take_at(base, &name, &site.pointer, items(Size::Typical));
            if self.valid.last().is_none_or(|last| last.name != name) {
                self.take_at(base, &name, &site.pointer, items(Size::Smallest));
            }
        }
        let prefix = prefix_size(max) as usize;
        for (name, count) in [("too-few", min.checked_sub(1)), ("too-many", Some(max + 1))] {
            let Some(count) = count.filter(|count| count >> (8 * prefix) == 0) else {
                continue;
            };
            let name = format!("{label}-{name}");
            let is_made = [Size::Typical, Size::Smallest].into_iter().any(|size| {
                let Some(items) = self.items(base, site, size, count) else {
                    return false;
                };
                let written = [&count.to_be_bytes()[8 - prefix..], &items.concat()].concat();
                let whole = base.splice(site.range(), &written);
                self.refuse(base, &name, &whole, "count")
            });
            if !is_made {
                let bytes = base.patched(site.node.offset, prefix, count);
                self.refuse_patched(base, &name, bytes, "count");
            }
        }
        let ones = base.patched(site.node.offset, prefix, u64::MAX >> (64 - 8 * prefix));
        self.refuse_patched(base, &format!("{label}-count-all-ones"), ones, "count");
    }

    /// Encoded items of a list, one after the other, whether the list may have so many or not.
    fn items(&self, base: &Base, site: &Site<'_>, size: Size, count: u64) -> Option<Vec<Vec<u8>>> {
        (0..count)
            .map(|at| {
                let mut whole = base.json.clone();
                let item = values::item(self.protocol, site.field, size, at);
                *whole.pointer_mut(&site.pointer)? = Value::from(vec![item]);
                let bytes = interpret::encode(self.protocol, self.name, &whole).ok()?;
                let begin = site.node.offset + prefix_size(site.field.count?[1]) as usize;
                let behind = base.bytes.len() - site.range().end;
                Some(bytes.get(begin..bytes.len() - behind)?.to_vec())
            })
            .collect()
    }

    /// Items that are equal, and items that descend, at the beginning of a list and at its end.
    fn order(&mut self, base: &Base, site: &Site<'_>) {
        let Some([_, max]) = site.field.count else { return };
        if site.field.order != Some(Order::Ascending) || !matches!(site.node.data, Data::List(_)) {
            return;
        }
        let Some(items) = self.items(base, site, Size::Typical, max.min(3)) else {
            return;
        };
        let prefix = prefix_size(max) as usize;
        let mut refuse = |name: &str, order: &[usize]| {
            let chosen: Option<Vec<&[u8]>> =
                order.iter().map(|&at| items.get(at).map(Vec::as_slice)).collect();
            let Some(chosen) = chosen else { return };
            let count = (order.len() as u64).to_be_bytes();
            let written = [&count[8 - prefix..], &chosen.concat()].concat();
            let whole = base.splice(site.range(), &written);
            self.refuse(base, &format!("{}-{name}", site.label), &whole, "order");
        };
        refuse("descend", &[1, 0]);
        refuse("repeat", &[0, 0]);
        refuse("descend-at-the-end", &[0, 2, 1]);
        refuse("repeat-at-the-end", &[0, 1, 1]);
    }
}

/// The lowest number that a registry does not hold, the one behind its last, and the largest.
fn unregistered(registry: &Registry) -> Vec<u64> {
    let is_free = |value: &u64| registry.values.iter().all(|known| known.value != *value);
    let last = registry.values.iter().map(|value| value.value).max();
    let candidates = [
        (0..=registry.width.max()).find(is_free),
        last.map(|last| last + 1),
        Some(registry.width.max()),
    ];
    let mut free: Vec<u64> = candidates.into_iter().flatten().filter(is_free).collect();
    free.retain(|value| *value <= registry.width.max());
    free.dedup();
    free
}
