//! Values in CBOR beyond their bounds.

use super::{
    super::values::{self, Size},
    Made, Twin,
    item::{ARRAY, BYTES, Item, TEXT, UNSIGNED, head, string},
    sites::{Role, Site},
};
use cardwire_spec::{
    interpret,
    kind::Kind,
    model::{Field, Length, Order},
};
use serde_json::Value;

impl Made<'_> {
    /// A field one beyond each of its bounds.
    pub(super) fn bounds(&mut self, twin: &Twin, site: &Site<'_>) {
        match site.role {
            Role::Field(field) if field.count.is_some() => self.list(twin, site, field),
            Role::Field(field) | Role::One(field) => self.one(twin, site, field),
            Role::Whole | Role::Key | Role::Code => {}
        }
    }

    fn one(&mut self, twin: &Twin, site: &Site<'_>, field: &Field) {
        let range = site.item.at..site.item.end;
        let label = &site.label;
        let numbers = |made: &mut Self, rule: &str, wrong: &[u64]| {
            for number in wrong {
                let bytes = twin.with(range.clone(), &head(UNSIGNED, *number));
                made.refuse(twin, &format!("{label}-is-{number}"), &bytes, rule);
            }
        };
        match self.protocol.kind(&field.type_name) {
            Some(Kind::Number(width)) => {
                let [min, max] = values::range(field, width);
                let beyond = [min.checked_sub(1), max.checked_add(1), Some(u64::MAX)];
                let beyond: Vec<u64> = beyond.into_iter().flatten().collect();
                numbers(self, "range", &beyond);
            }
            Some(Kind::Registry(_, registry)) => {
                numbers(self, "range", &[registry.width.max() + 1, u64::MAX]);
                let is_free = |value: &u64| registry.values.iter().all(|known| known.value != *value);
                let free = (0..=registry.width.max()).find(is_free);
                let free: Vec<u64> = free.into_iter().chain([registry.width.max()]).collect();
                numbers(self, "value", &free);
            }
            Some(Kind::Bytes | Kind::Text) => self.string(twin, site, field),
            Some(Kind::Structure(structure)) => {
                let content = &twin.bytes[site.item.content..site.item.end];
                let count = structure.fields.len() as u64;
                let more = [&head(ARRAY, count + 1)[..], content, &[0x00]].concat();
                let name = format!("{label}-one-value-too-many");
                self.refuse(twin, &name, &twin.with(range.clone(), &more), "count");
                let last = site.item.items.last().map_or(site.item.content, |last| last.at);
                let fewer = [&head(ARRAY, count - 1)[..], &twin.bytes[site.item.content..last]].concat();
                let name = format!("{label}-one-value-too-few");
                self.refuse(twin, &name, &twin.with(range, &fewer), "count");
            }
            Some(Kind::Bool | Kind::Register | Kind::Label) | None => {}
        }
    }

    fn string(&mut self, twin: &Twin, site: &Site<'_>, field: &Field) {
        let range = site.item.at..site.item.end;
        let label = &site.label;
        let is_text = field.type_name == "text";
        let major = if is_text { TEXT } else { BYTES };
        let [min, max] = match field.length {
            Some(Length::Exact(exact)) => [exact, exact],
            Some(Length::Bounds(min, max)) => [min, max],
            None => return,
        };
        for (name, length) in [("too-short", min.checked_sub(1)), ("too-long", Some(max + 1))] {
            let Some(length) = length else { continue };
            let written = string(major, &values::content(field, length));
            let bytes = twin.with(range.clone(), &written);
            self.refuse(twin, &format!("{label}-{name}"), &bytes, "length");
        }
        let content = &twin.bytes[site.item.content..site.item.end];
        if let (true, Some((_, rest))) = (is_text, content.split_first()) {
            for (name, first) in [("space", 0x20), ("byte-beyond-utf-8", 0xFF)] {
                let written = string(major, &[&[first], rest].concat());
                let bytes = twin.with(range.clone(), &written);
                self.refuse(twin, &format!("{label}-begins-with-{name}"), &bytes, "text");
            }
        }
    }

    fn list(&mut self, twin: &Twin, site: &Site<'_>, field: &Field) {
        let Some([min, max]) = field.count else { return };
        let range = site.item.at..site.item.end;
        let label = &site.label;
        let items: Vec<&[u8]> = site
            .item
            .items
            .iter()
            .map(|item| &twin.bytes[item.at..item.end])
            .collect();
        let Some(first) = items.first() else { return };
        for (name, count) in [("too-few", min.checked_sub(1)), ("too-many", Some(max + 1))] {
            let Some(count) = count else { continue };
            // Items that must ascend do: too many of them are all that is wrong.
            let content = match field.order {
                Some(Order::Ascending) => self.ascending(field, count),
                None => first.repeat(count as usize),
            };
            let written = [&head(ARRAY, count)[..], &content].concat();
            let bytes = twin.with(range.clone(), &written);
            self.refuse(twin, &format!("{label}-{name}"), &bytes, "count");
        }
        if let (Some(Order::Ascending), Some(second)) = (field.order, items.get(1)) {
            for (name, pair) in [("descend", [*second, *first]), ("repeat", [*first, *first])] {
                let rest = items[2..].concat();
                let written = [&head(ARRAY, site.item.number)[..], &pair.concat(), &rest].concat();
                let bytes = twin.with(range.clone(), &written);
                self.refuse(twin, &format!("{label}-{name}"), &bytes, "order");
            }
        }
    }

    /// So many items in CBOR that ascend, of a list that is a field of the message itself.
    fn ascending(&self, field: &Field, count: u64) -> Vec<u8> {
        let one = |at| {
            let mut whole = values::value(self.protocol, self.name, Size::Typical)?.0;
            let item = values::item(self.protocol, field, Size::Typical, at);
            *whole.get_mut(&field.name)? = Value::from(vec![item]);
            let native = interpret::encode(self.protocol, self.name, &whole).ok()?;
            let cbor = interpret::to_cbor(self.protocol, self.name, &native).ok()?;
            let fields = values::fields_of(self.protocol, self.name);
            let place = fields.iter().position(|known| known.name == field.name)?;
            let map = Item::read(&cbor, 0)?;
            let item = map.items.get(2 * place + 3)?.items.first()?;
            Some(cbor.get(item.at..item.end)?.to_vec())
        };
        (0..count).filter_map(one).flatten().collect()
    }

    /// Service data: one array of pairs.
    pub(super) fn bounds_of_service_data(&mut self, twin: &Twin) {
        let Some([name, value]) = twin.item.items.first().map(|item| item.items.as_slice()) else {
            return;
        };
        let item = &twin.bytes[name.at - 1..value.end];
        let many = [&head(ARRAY, 33)[..], &item.repeat(33)].concat();
        self.refuse(twin, "items-too-many", &many, "count");
        let mut put = |what: &str, range: core::ops::Range<usize>, bytes: &[u8], rule: &str| {
            self.refuse(twin, what, &twin.with(range, bytes), rule);
        };
        let name_at = name.at..name.end;
        put("name-too-short", name_at.clone(), &string(TEXT, b""), "length");
        put(
            "name-too-long",
            name_at.clone(),
            &string(TEXT, &[b'a'; 25]),
            "length",
        );
        put(
            "name-with-a-space",
            name_at.clone(),
            &string(TEXT, b"s n"),
            "text",
        );
        put("name-that-is-no-utf-8", name_at, &string(TEXT, &[0xC3]), "text");
        let value_at = value.at..value.end;
        put(
            "text-too-long",
            value_at.clone(),
            &string(TEXT, &[b'a'; 256]),
            "length",
        );
        put(
            "bytes-too-long",
            value_at.clone(),
            &string(BYTES, &[0; 256]),
            "length",
        );
        put(
            "text-that-is-no-utf-8-in-cbor",
            value_at.clone(),
            &string(TEXT, &[0xC3]),
            "text",
        );
        put(
            "number-above-four-bytes",
            value_at.clone(),
            &head(UNSIGNED, 1 << 32),
            "range",
        );
        put(
            "largest-number",
            value_at.clone(),
            &head(UNSIGNED, u64::MAX),
            "range",
        );
        let pair_at = name.at - 1..value.end;
        let three = [&head(ARRAY, 3)[..], &item[1..], &[0x00]].concat();
        put("item-of-three", pair_at.clone(), &three, "count");
        let one = [&head(ARRAY, 1)[..], &item[1..=name.end - name.at]].concat();
        put("item-of-one", pair_at, &one, "count");
        // 32 items of 255 bytes are too large together for the native document, each being right.
        let long = [
            &head(ARRAY, 2)[..],
            &string(TEXT, b"a"),
            &string(BYTES, &[0x5A; 255]),
        ]
        .concat();
        let large = [&head(ARRAY, 32)[..], &long.repeat(32)].concat();
        self.refuse(twin, "too-large-together", &large, "message-size");
    }
}
