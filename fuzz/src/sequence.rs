//! What the targets share that read what happens, one thing after the other, from a fuzzer's bytes.

use arbitrary::{Result, Unstructured};

/// What the bytes hold, one after the other, and `most` of them at most.
pub(crate) fn read_all<T>(
    bytes: &[u8],
    most: usize,
    read: impl Fn(&mut Unstructured<'_>) -> Result<T>,
) -> Vec<T> {
    let mut input = Unstructured::new(bytes);
    let mut all = Vec::new();
    while !input.is_empty() && all.len() < most {
        // The only reason for none is that the bytes are used up.
        let Ok(one) = read(&mut input) else { break };
        all.push(one);
    }
    all
}
