//! Vectors of messages in CBOR: each valid native one beside its CBOR, and CBOR that breaks a rule.

mod bounds;
mod damage;
mod item;
mod keys;
mod sites;

use super::{
    base::Base,
    extensions::{FILL, HEAD, HIGHER_TAG, TAG, extension},
    types::{CUT, CborVector, CborVectors, InvalidCbor, MessageVectors, ValidCbor},
};
use crate::hex;
use cardwire_spec::{Protocol, interpret};
use item::{BYTES, Item, NEGATIVE, head, string};
use serde_json::json;

/// The document whose form in CBOR is that of the interfaces: no map.
const SERVICE_DATA: &str = "service_data";

/// The CBOR vectors of a message or document, beside its native ones.
pub(super) fn vectors(protocol: &Protocol, native: &MessageVectors) -> CborVectors {
    let mut made = Made {
        protocol,
        name: &native.message,
        valid: Vec::new(),
        invalid: Vec::new(),
    };
    for vector in native.valid() {
        made.transcode(&vector.name, &hex::decode(&vector.hex).unwrap_or_default());
    }
    if made.name == SERVICE_DATA {
        made.service_data();
    } else {
        made.message(native);
    }
    let Made { valid, invalid, .. } = made;
    let valid = valid.into_iter().map(CborVector::Valid);
    CborVectors {
        message: native.message.clone(),
        code: native.code,
        vectors: valid
            .chain(invalid.into_iter().map(CborVector::Invalid))
            .collect(),
    }
}

struct Made<'n> {
    protocol: &'n Protocol,
    name: &'n str,
    valid: Vec<ValidCbor>,
    invalid: Vec<InvalidCbor>,
}

/// CBOR that is right, to be changed.
struct Twin {
    name: String,
    bytes: Vec<u8>,
    item: Item,
}

impl Twin {
    /// The bytes with others in place of an item, or of any range.
    fn with(&self, range: core::ops::Range<usize>, bytes: &[u8]) -> Vec<u8> {
        [&self.bytes[..range.start], bytes, &self.bytes[range.end..]].concat()
    }
}

impl Made<'_> {
    /// Adds native bytes and their CBOR. Service data that have none break `cbor-kind`.
    fn transcode(&mut self, name: &str, native: &[u8]) {
        match interpret::to_cbor(self.protocol, self.name, native) {
            Ok(cbor) => self.valid.push(ValidCbor {
                name: name.to_owned(),
                native: hex::encode(native),
                cbor: hex::encode(&cbor),
            }),
            Err(fault) => self.invalid.push(InvalidCbor {
                name: name.to_owned(),
                native: Some(hex::encode(native)),
                cbor: None,
                rule: fault.rule.name().to_owned(),
                field: fault.field,
                offset: fault.offset,
                twin: None,
                also: None,
                comment: Some("right in the native encoding, and without a form in CBOR".to_owned()),
            }),
        }
    }

    fn twin(&self, name: &str) -> Option<Twin> {
        let known = self.valid.iter().find(|known| known.name == name)?;
        let bytes = hex::decode(&known.cbor)?;
        Some(Twin {
            name: name.to_owned(),
            item: Item::read(&bytes, 0)?,
            bytes,
        })
    }

    /// Adds CBOR that breaks this rule; other, and what is there already, is passed over. Says whether the rule is what
    /// it breaks.
    fn refuse(&mut self, twin: &Twin, name: &str, cbor: &[u8], rule: &str) -> bool {
        self.refuse_with(twin, name, cbor, rule, None)
    }

    fn refuse_with(&mut self, twin: &Twin, name: &str, cbor: &[u8], rule: &str, also: Option<&str>) -> bool {
        let Err(fault) = interpret::from_cbor(self.protocol, self.name, cbor) else {
            return false;
        };
        if fault.rule.name() != rule {
            return false;
        }
        let hex = hex::encode(cbor);
        let is_new = self.invalid.iter().all(|known| known.cbor.as_ref() != Some(&hex));
        if is_new {
            self.invalid.push(InvalidCbor {
                name: name.to_owned(),
                native: None,
                cbor: Some(hex),
                rule: rule.to_owned(),
                field: fault.field,
                offset: fault.offset,
                twin: Some(twin.name.clone()),
                also: also.map(str::to_owned),
                comment: also.map(|_| "of two rules the one that is met first is named".to_owned()),
            });
        }
        true
    }

    fn message(&mut self, native: &MessageVectors) {
        let Some(typical) = self.twin("typical") else {
            return;
        };
        let sites = sites::of_message(self.protocol, self.name, &typical.item);
        for site in &sites {
            self.item(&typical, site);
        }
        for site in &sites {
            self.bounds(&typical, site);
        }
        self.keys(&typical);
        self.extensions(native, &typical);
        self.whole(&typical);
    }

    /// Extensions that nobody knows and those that the schema knows.
    fn extensions(&mut self, native: &MessageVectors, typical: &Twin) {
        for known in super::values::extensions_of(self.protocol, self.name) {
            let Some(twin) = self.twin(&format!("with-{}", known.field.name)) else {
                continue;
            };
            for site in sites::of_known_extension(self.protocol, known, &twin.item) {
                self.item(&twin, &site);
                self.bounds(&twin, &site);
                let name = format!("{}-missing", site.label);
                self.refuse(&twin, &name, &twin.bytes[..site.item.at], "truncated");
            }
        }
        if let Some(twin) = self.twin("with-two-unknown-extensions") {
            self.unknown_extensions(&twin);
        }
        let bytes = native.valid().find(|vector| vector.name == "typical");
        let bytes = bytes.and_then(|vector| hex::decode(&vector.hex));
        let base = bytes.and_then(|bytes| Base::of(self.protocol, &native.place, "typical", &bytes));
        let Some(base) = base else { return };
        let full = native
            .valid()
            .find(|vector| vector.name == "filled-to-the-last-byte");
        let size = full.map_or(0, |vector| vector.hex.len() / 2);
        let room = size.saturating_sub(base.bytes.len() + HEAD);
        let key = head(NEGATIVE, u64::from(TAG));
        let value = string(BYTES, &vec![FILL; room + 1]);
        let over = typical.with_pairs(1, &[&key[..], &value].concat());
        self.refuse(typical, "one-byte-over-the-largest-size", &over, "message-size");
    }

    /// Service data as a service gives them, one item of each kind, and what they can't be.
    fn service_data(&mut self) {
        let items = |count: usize| {
            let items = [
                json!({ "name": "spn", "kind": "text", "value": hex::encode("Größe 7".as_bytes()) }),
                json!({ "name": "atr", "kind": "bytes", "value": "3b9f" }),
                json!({ "name": "counter", "kind": "number", "value": "0001e240" }),
                json!({ "name": "flags", "kind": "number", "value": "ffffffff" }),
                json!({ "name": "zero", "kind": "number", "value": "00000000" }),
            ];
            json!({ "items": items[..count] })
        };
        for (name, count) in [
            ("one-text", 1),
            ("one-of-each-kind", 3),
            ("numbers-at-their-bounds", 5),
        ] {
            if let Ok(native) = interpret::encode(self.protocol, self.name, &items(count)) {
                self.transcode(name, &native);
            }
        }
        let wrong =
            |kind: &str, value: &str| json!({ "items": [{ "name": "n", "kind": kind, "value": value }] });
        for (name, value) in [
            ("number-of-three-bytes", wrong("number", "000102")),
            ("number-of-five-bytes", wrong("number", "0001020304")),
            ("text-that-is-no-utf-8", wrong("text", "c3")),
        ] {
            if let Ok(native) = interpret::encode(self.protocol, self.name, &value) {
                self.transcode(name, &native);
            }
        }
        if let Ok(mut native) = interpret::encode(self.protocol, self.name, &items(1)) {
            native.extend(extension(HIGHER_TAG, &[]));
            self.transcode("one-text-and-an-extension", &native);
        }
        let Some(twin) = self.twin("one-of-each-kind") else {
            return;
        };
        for site in sites::of_service_data(&twin.item) {
            self.item(&twin, &site);
        }
        self.bounds_of_service_data(&twin);
        self.whole(&twin);
    }

    /// What can be wrong with the whole, and its end at every byte.
    fn whole(&mut self, twin: &Twin) {
        for (name, tail) in [("a-byte-behind", &[0x00][..]), ("a-break-behind", &[0xFF])] {
            let bytes = [&twin.bytes[..], tail].concat();
            self.refuse(twin, name, &bytes, "cbor-tail");
        }
        let twice = [&twin.bytes[..], &twin.bytes].concat();
        self.refuse(twin, "twice", &twice, "cbor-tail");
        for at in 0..twin.bytes.len() {
            self.refuse(twin, &format!("{CUT}{at}"), &twin.bytes[..at], "truncated");
        }
    }
}
