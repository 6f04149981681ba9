//! What is wrong with CBOR whatever it says: heads, lengths that are not stated, types.

use super::{
    Made, Twin,
    item::{ARRAY, BYTES, Item, MAP, SIMPLE, TEXT, UNSIGNED, head, string, wide},
    sites::{Role, Site},
};

impl Made<'_> {
    /// One data item in every wrong form.
    pub(super) fn item(&mut self, twin: &Twin, site: &Site<'_>) {
        let item = site.item;
        if item.major != SIMPLE {
            self.heads(twin, site);
        }
        let range = item.at..item.end;
        let written = &twin.bytes[range.clone()];
        if [BYTES, TEXT, ARRAY, MAP].contains(&item.major) {
            // One chunk, where it is a string.
            let content = if [BYTES, TEXT].contains(&item.major) {
                written
            } else {
                &twin.bytes[item.content..item.end]
            };
            let open = [&[item.major << 5 | 0x1F][..], content, &[0xFF]].concat();
            let bytes = twin.with(range.clone(), &open);
            self.refuse(
                twin,
                &format!("{}-indefinite", site.label),
                &bytes,
                "cbor-indefinite",
            );
        }
        for (what, other) in others(item, &twin.bytes[item.content..item.end]) {
            // Of a key or a code a few are enough.
            let is_enough = ["null", "tagged", "text"].contains(&what);
            if is_enough || !matches!(site.role, Role::Key | Role::Code) {
                let other = match what {
                    "tagged" => [&other[..], written].concat(),
                    _ => other,
                };
                let bytes = twin.with(range.clone(), &other);
                self.refuse(twin, &format!("{}-{what}", site.label), &bytes, "cbor-type");
            }
        }
    }

    /// Heads that are longer than need be, and one that there is not.
    fn heads(&mut self, twin: &Twin, site: &Site<'_>) {
        let item = site.item;
        let range = item.at..item.content;
        let size = item.content - item.at - 1;
        let sizes: &[usize] = match (site.role, size) {
            (Role::Key, 0) => &[1],
            (_, 0) => &[1, 8],
            (_, 1) => &[2, 8],
            (_, 2) => &[4, 8],
            (_, 4) => &[8],
            (_, _) => &[],
        };
        for bytes in sizes {
            let long = wide(item.major, item.number, *bytes);
            let name = format!("{}-head-of-{}-bytes", site.label, long.len());
            self.refuse(twin, &name, &twin.with(range.clone(), &long), "cbor-head");
        }
        let reserved = twin.with(range, &[item.major << 5 | 28]);
        self.refuse(
            twin,
            &format!("{}-head-reserved", site.label),
            &reserved,
            "cbor-head",
        );
    }
}

/// Data items of other types, and what they are.
fn others(item: &Item, content: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![
        ("null", vec![0xF6]),
        ("undefined", vec![0xF7]),
        // The tag alone: what is tagged stands behind it.
        ("tagged", vec![0xC1]),
        ("float", vec![0xF9, 0x00, 0x00]),
        ("negative", vec![0x20]),
        ("simple-value", vec![0xE0]),
        ("break", vec![0xFF]),
    ];
    match item.major {
        UNSIGNED => all.push(("false", vec![0xF4])),
        SIMPLE => all.extend([("number", vec![0x01]), ("true-in-two-bytes", vec![0xF8, 0x15])]),
        BYTES => all.push((
            "text-of-them",
            string(TEXT, b"a".repeat(content.len()).as_slice()),
        )),
        TEXT => all.push(("bytes-of-it", string(BYTES, content))),
        ARRAY => all.push(("map", head(MAP, 0))),
        MAP => all.push((
            "array-of-its-items",
            [&head(ARRAY, 2 * item.number)[..], content].concat(),
        )),
        _ => {}
    }
    if item.major != TEXT {
        all.push(("text", string(TEXT, b"0")));
    }
    if ![ARRAY, MAP].contains(&item.major) {
        all.push(("array", [&head(ARRAY, 1)[..], &[0x00]].concat()));
    }
    all
}
