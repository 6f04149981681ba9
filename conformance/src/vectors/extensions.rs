//! Vectors of what stands behind the fields: extensions that the schema does not know, and those that it does.

use super::{
    base::Base,
    messages::Made,
    values::{self, Size},
};
use cardwire_spec::interpret;
use serde_json::Value;

/// Tags of extensions that no version knows: of the range for certification.
pub(super) const TAG: u16 = 0x7F01;
pub(super) const HIGHER_TAG: u16 = 0x7F02;
/// The bit of a critical one.
pub(super) const CRITICAL: u16 = 0x8000;
/// The largest tag.
const LARGEST: u16 = 0x7FFF;
/// Bytes of tag and length.
pub(super) const HEAD: usize = 4;
/// What fills a message up.
pub(super) const FILL: u8 = 0x5A;

impl Made<'_> {
    /// Extensions that nobody knows, on any message.
    pub(super) fn unknown_extensions(&mut self, typical: &Base) {
        let with = |parts: &[&[u8]]| [&typical.bytes[..], &parts.concat()].concat();
        let one = extension(TAG, &[0xAA, 0xBB]);
        let other = extension(HIGHER_TAG, &[]);
        self.take("with-an-unknown-extension", &with(&[&one]));
        self.take("with-two-unknown-extensions", &with(&[&one, &other]));
        self.take("with-the-largest-tag", &with(&[&extension(LARGEST, &[0x00])]));
        let room = self.max_size().saturating_sub(typical.bytes.len() + HEAD);
        let full = extension(TAG, &vec![FILL; room]);
        self.take("filled-to-the-last-byte", &with(&[&full]));
        let over = extension(TAG, &vec![FILL; room + 1]);
        let mut refuse =
            |name: &str, parts: &[&[u8]], rule: &str| self.refuse(typical, name, &with(parts), rule);
        refuse("extensions-descend", &[&other, &one], "extension-order");
        refuse("extension-twice", &[&one, &one], "extension-order");
        for (name, tag) in [
            ("critical-extension", TAG),
            ("critical-extension-with-the-largest-tag", LARGEST),
        ] {
            let critical = extension(tag | CRITICAL, &[0xAA]);
            refuse(name, &[&critical], "extension-critical");
        }
        refuse(
            "critical-extension-behind-another",
            &[&one, &extension(HIGHER_TAG | CRITICAL, &[])],
            "extension-critical",
        );
        refuse("one-byte-too-many", &[&[0x00]], "truncated");
        refuse("extension-without-length", &[&one[..2]], "truncated");
        refuse("extension-with-half-a-length", &[&one[..3]], "truncated");
        refuse("extension-without-value", &[&one[..HEAD]], "truncated");
        refuse("extension-cut-short", &[&one[..one.len() - 1]], "truncated");
        refuse("second-extension-cut-short", &[&one, &other[..3]], "truncated");
        refuse(
            "extension-length-all-ones",
            &[&TAG.to_be_bytes(), &[0xFF; 2], &[0xAA]],
            "truncated",
        );
        refuse("one-byte-over-the-largest-size", &[&over], "message-size");
    }

    /// The extensions of the schema: each alone, all together, and every way to be wrong.
    pub(super) fn known_extensions(&mut self, typical: &Base) {
        let protocol = self.protocol;
        let known = values::extensions_of(protocol, self.name);
        let mut all = typical.json.clone();
        for extension in known {
            let name = &extension.field.name;
            let value = values::of_field(protocol, &extension.field, Size::Typical, 0);
            all[name] = value.clone();
            let mut whole = typical.json.clone();
            whole[name] = value;
            let Some(base) = self.base(&format!("with-{name}"), &whole) else {
                continue;
            };
            let mut largest = typical.json.clone();
            largest[name] = values::of_field(protocol, &extension.field, Size::Largest(u64::MAX), 0);
            self.take_value(&format!("with-the-largest-{name}"), &largest);
            if let Some(default) = &extension.field.default {
                let mut whole = typical.json.clone();
                whole[name] = default.to_json();
                self.take_value(&format!("with-{name}-at-its-default"), &whole);
            }
            self.fields(&base);
            self.known_extension(typical, &base, name);
        }
        if known.is_empty() {
            return;
        }
        self.take_value("with-every-known-extension", &all);
        all["extensions"] = serde_json::json!([{ "tag": TAG, "value": "aabb" }]);
        self.take_value("with-every-known-extension-and-an-unknown-one", &all);
        if known.iter().all(|extension| extension.tag > 0) {
            all["extensions"] = serde_json::json!([{ "tag": 0, "value": "aa" }]);
            self.take_value("with-every-known-extension-behind-an-unknown-one", &all);
        }
    }

    /// One extension of the schema that stands last in `base`.
    fn known_extension(&mut self, typical: &Base, base: &Base, name: &str) {
        let Some(last) = base.tree.extensions.last() else {
            return;
        };
        let at = last.offset;
        let bit = base.splice(at..at + 2, &(last.tag ^ CRITICAL).to_be_bytes());
        self.refuse(base, &format!("{name}-with-the-other-bit"), &bit, "extension-bit");
        let end = base.bytes.len();
        for (what, tail) in [("a-byte", &[0x00][..]), ("two-bytes", &[0xFF, 0xFF])] {
            let bytes = base.splice(end..end, tail);
            let name = format!("{name}-with-{what}-behind");
            self.refuse(base, &name, &bytes, "extension-tail");
        }
        let written = &base.bytes[at..];
        let twice = [&base.bytes[..], written].concat();
        self.refuse(base, &format!("{name}-twice"), &twice, "extension-order");
        let behind = [&typical.bytes[..], &extension(TAG, &[]), written].concat();
        let descending = format!("{name}-behind-a-higher-tag");
        self.refuse(base, &descending, &behind, "extension-order");
        for cut in at + 1..end {
            let name = format!("{name}-ends-after-{}", cut - at);
            self.refuse(base, &name, &base.bytes[..cut], "truncated");
        }
        // The value ends where its extension does, also where more stands behind it.
        let empty = [&base.bytes[..at + 2], &[0x00, 0x00], &extension(TAG, &[0x00])].concat();
        self.refuse(base, &format!("{name}-empty-before-another"), &empty, "truncated");
        // Two faults: the bit is met before the value, the value before what is behind it.
        let both = [&bit[..at + 2], &((end - at - HEAD + 1) as u16).to_be_bytes()].concat();
        let both = [&both, &bit[at + HEAD..], &[0x00]].concat();
        self.refuse_with(
            base,
            &format!("{name}-with-the-other-bit-and-a-byte-behind"),
            &both,
            ("extension-bit", Some("extension-tail")),
            Some("of two rules the one that is met first is named"),
        );
    }

    /// The base of this value, which becomes a vector.
    fn base(&mut self, name: &str, value: &Value) -> Option<Base> {
        let bytes = interpret::encode(self.protocol, self.name, value).ok()?;
        self.take(name, &bytes);
        Base::of(self.protocol, self.place, name, &bytes)
    }
}

/// An extension as it stands in a message.
pub(super) fn extension(tag: u16, value: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &(value.len() as u16).to_be_bytes(), value].concat()
}
