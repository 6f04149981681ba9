//! What can be wrong with the map of a message: its keys.

use super::{
    Made, Twin,
    item::{BYTES, MAP, NEGATIVE, UNSIGNED, head, string},
};
use crate::vectors::messages::NO_CODE;

impl Twin {
    /// The pairs of the map, as they are written.
    fn pairs(&self) -> Vec<&[u8]> {
        let pairs = self.item.items.chunks(2);
        pairs
            .filter_map(|pair| self.bytes.get(pair.first()?.at..pair.last()?.end))
            .collect()
    }

    /// The map with more pairs at its end.
    pub(super) fn with_pairs(&self, count: u64, pairs: &[u8]) -> Vec<u8> {
        let head = head(MAP, self.item.number + count);
        [&head[..], &self.bytes[self.item.content..], pairs].concat()
    }
}

fn map(pairs: &[&[u8]]) -> Vec<u8> {
    [&head(MAP, pairs.len() as u64)[..], &pairs.concat()].concat()
}

impl Made<'_> {
    /// Keys that are missing, stand twice, descend or are none; a map that has other pairs than it says.
    pub(super) fn keys(&mut self, twin: &Twin) {
        let pairs = twin.pairs();
        let last = pairs.len().saturating_sub(1);
        for at in 0..pairs.len() {
            let mut fewer = pairs.clone();
            fewer.remove(at);
            let name = format!("key-{at}-missing");
            self.refuse(twin, &name, &map(&fewer), "cbor-key-missing");
            let mut more = pairs.clone();
            more.insert(at, pairs[at]);
            let name = format!("key-{at}-twice");
            self.refuse(twin, &name, &map(&more), "cbor-key-duplicate");
            if at < last {
                let again = twin.with_pairs(1, pairs[at]);
                let name = format!("key-{at}-again-at-the-end");
                self.refuse(twin, &name, &again, "cbor-key-order");
                let mut swapped = pairs.clone();
                swapped.swap(at, at + 1);
                let name = format!("key-{}-before-key-{at}", at + 1);
                let rules = ("cbor-key-missing", Some("cbor-key-order"));
                self.refuse_with(twin, &name, &map(&swapped), rules.0, rules.1);
            }
        }
        let next = pairs.len() as u64;
        for (name, key) in [
            ("key-behind-the-last", head(UNSIGNED, next)),
            ("largest-key", head(UNSIGNED, u64::MAX)),
            ("key-below-every-extension", head(NEGATIVE, 0x8000)),
        ] {
            let more = twin.with_pairs(1, &[&key[..], &[0x00]].concat());
            self.refuse(twin, name, &more, "cbor-key-unknown");
        }
        let range = twin.item.at..twin.item.content;
        let more = twin.with(range.clone(), &head(MAP, next + 1));
        self.refuse(twin, "one-pair-more-than-there-is", &more, "truncated");
        let fewer = twin.with(range.clone(), &head(MAP, next - 1));
        let rules = ("cbor-key-missing", Some("cbor-tail"));
        self.refuse_with(twin, "one-pair-less-than-there-is", &fewer, rules.0, rules.1);
        self.refuse(
            twin,
            "no-pairs",
            &[&head(MAP, 0)[..]].concat(),
            "cbor-key-missing",
        );
        if let Some(code) = twin.item.items.get(1) {
            let other = twin.with(code.at..code.end, &head(UNSIGNED, u64::from(NO_CODE)));
            self.refuse(twin, "another-code", &other, "message-type");
            let large = head(UNSIGNED, 0x100 + code.number);
            let large = twin.with(code.at..code.end, &large);
            self.refuse(twin, "code-above-a-byte", &large, "message-type");
            let both = [&other[..], &[0x00]].concat();
            let rules = ("message-type", Some("cbor-tail"));
            self.refuse_with(twin, "another-code-and-a-byte-behind", &both, rules.0, rules.1);
        }
    }

    /// Two extensions that nobody knows, last in a map.
    pub(super) fn unknown_extensions(&mut self, twin: &Twin) {
        let mut pairs = twin.pairs();
        let last = pairs.len() - 1;
        let mut twice = pairs.clone();
        twice[last] = pairs[last - 1];
        self.refuse(twin, "extension-twice", &map(&twice), "cbor-key-duplicate");
        pairs.swap(last - 1, last);
        self.refuse(twin, "extensions-descend", &map(&pairs), "cbor-key-order");
        let Some(value) = twin.item.items.last() else {
            return;
        };
        for (name, wrong) in [
            ("extension-is-text", string(3, b"ab")),
            ("extension-is-a-number", head(UNSIGNED, 1)),
            ("extension-is-null", vec![0xF6]),
        ] {
            let bytes = twin.with(value.at..value.end, &wrong);
            self.refuse(twin, name, &bytes, "cbor-type");
        }
        let long = [&[BYTES << 5 | 24, 0][..]].concat();
        let bytes = twin.with(value.at..value.end, &long);
        self.refuse(twin, "extension-head-of-2-bytes", &bytes, "cbor-head");
        let cut = twin.with(value.at..value.end, &[BYTES << 5 | 1]);
        self.refuse(twin, "extension-cut-short", &cut, "truncated");
        // An extension in front of the fields.
        let mut first = twin.pairs();
        if let Some(extension) = first.pop() {
            first.insert(0, extension);
            let rules = ("cbor-key-missing", Some("cbor-key-order"));
            self.refuse_with(twin, "extension-first", &map(&first), rules.0, rules.1);
        }
    }
}
