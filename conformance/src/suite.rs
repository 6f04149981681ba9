//! What this suite is, in one word.

use crate::{case::cases, embedded, hex, sequence};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A digest of all that decides what a run finds, as far as that is data: schema, book, services, sequences, and which
/// cases there are. Two programs of the same version and digest ask the same.
pub(crate) fn digest() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        let mut digest = Sha256::new();
        let mut add = |part: &[u8]| {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        embedded::texts()
            .chain(sequence::texts())
            .for_each(|text| add(text.as_bytes()));
        for case in cases() {
            let texts = [&case.id, &case.title].into_iter().chain(&case.requirements);
            texts.for_each(|text| add(text.as_bytes()));
        }
        hex::encode(&digest.finalize())
    });
    &DIGEST
}
