//! Vectors that break two rules: the one that a decoder meets first is named.

use super::{
    base::Base,
    extensions::{CRITICAL, FILL, HEAD, HIGHER_TAG, TAG, extension},
    messages::{Made, NO_CODE},
};
use crate::hex;
use std::collections::BTreeSet;

const COMMENT: &str = "of two rules the one that is met first is named";

impl Made<'_> {
    /// Every wrong field together with a wrong one behind it, and with a critical extension.
    pub(super) fn two_faults(&mut self, typical: &Base) {
        let critical = extension(TAG | CRITICAL, &[]);
        let mut seen = BTreeSet::new();
        let singles: Vec<_> = self
            .invalid
            .iter()
            .filter(|vector| vector.twin == typical.name && vector.field != "extensions")
            .filter_map(|vector| Some((vector.clone(), hex::decode(&vector.hex)?)))
            .filter(|(_, bytes)| bytes.len() == typical.bytes.len())
            // One for each rule of each field is enough.
            .filter(|(vector, _)| seen.insert((vector.rule.clone(), vector.field.clone())))
            .collect();
        for (vector, bytes) in &singles {
            let both = [bytes, &critical[..]].concat();
            let rules = (vector.rule.as_str(), Some("extension-critical"));
            let name = format!("{}-and-a-critical-extension", vector.name);
            self.refuse_with(typical, &name, &both, rules, Some(COMMENT));
        }
        for (one, first) in &singles {
            // The last field that can be wrong is furthest from the first.
            let behind = singles.iter().rev().find(|(other, _)| other.offset > one.offset);
            let Some((other, second)) = behind else { continue };
            let both: Vec<u8> = typical
                .bytes
                .iter()
                .zip(first)
                .zip(second)
                .map(|((typical, first), second)| if first == typical { *second } else { *first })
                .collect();
            let rules = (one.rule.as_str(), Some(other.rule.as_str()));
            let name = format!("{}-and-{}", one.name, other.name);
            self.refuse_with(typical, &name, &both, rules, Some(COMMENT));
        }
        self.pairs_behind_the_fields(typical);
    }

    fn pairs_behind_the_fields(&mut self, typical: &Base) {
        let critical = extension(TAG | CRITICAL, &[]);
        let descending = [&typical.bytes[..], &extension(HIGHER_TAG, &[]), &critical].concat();
        self.refuse_with(
            typical,
            "extensions-descend-and-the-lower-is-critical",
            &descending,
            ("extension-order", Some("extension-critical")),
            Some(COMMENT),
        );
        let cut = [&typical.bytes[..], &critical[..2], &[0x00, 0x01]].concat();
        self.refuse_with(
            typical,
            "critical-extension-and-it-is-cut-short",
            &cut,
            ("truncated", Some("extension-critical")),
            Some(COMMENT),
        );
        let room = (self.max_size() + 1).saturating_sub(typical.bytes.len() + HEAD);
        let large = extension(TAG | CRITICAL, &vec![FILL; room]);
        let mut large = [&typical.bytes[..], &large].concat();
        self.refuse_with(
            typical,
            "critical-extension-and-one-byte-over-the-largest-size",
            &large,
            ("message-size", Some("extension-critical")),
            Some(COMMENT),
        );
        if let Some(code) = large.first_mut() {
            *code = NO_CODE;
        }
        // Of a document the size comes first.
        for (rule, also) in [("message-type", "message-size"), ("message-size", "message-type")] {
            self.refuse_with(
                typical,
                "another-code-and-one-byte-over-the-largest-size",
                &large,
                (rule, Some(also)),
                Some(COMMENT),
            );
        }
    }
}
