//! Bytes in hexadecimal with some of them marked.

use core::{fmt::Write as _, ops::Range};

/// Bytes in a row.
const ROW: usize = 16;
/// Rows that are shown, the one before the mark included.
const ROWS: usize = 4;

/// The rows around `mark`, with carets under it; one caret behind the last byte where what is marked is missing.
pub(super) fn marked(bytes: &[u8], mark: &Range<usize>) -> String {
    let is_missing = mark.is_empty();
    let carets = if is_missing {
        mark.start..mark.start + 1
    } else {
        mark.clone()
    };
    let first = (carets.start / ROW).saturating_sub(1);
    let last = (carets.end.saturating_sub(1) / ROW).min(first + ROWS - 1);
    let mut text = String::new();
    for row in first..=last {
        let range = row * ROW..(row + 1) * ROW;
        let there = &bytes[range.start.min(bytes.len())..range.end.min(bytes.len())];
        let digits: String = there.iter().map(|byte| format!(" {byte:02x}")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", format!("  {:04x} {digits}", range.start).trim_end());
        let under: String = range
            .map(|at| if carets.contains(&at) { " ^^" } else { "   " })
            .collect();
        if under.contains('^') {
            let _ = writeln!(text, "       {}", under.trim_end());
        }
    }
    let shown = (last + 1) * ROW;
    if carets.end > shown {
        let _ = writeln!(text, "        and {} more bytes", carets.end - shown);
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_under_its_bytes() {
        let bytes: Vec<u8> = (0..40).collect();
        assert_eq!(
            marked(&bytes[..4], &(1..3)),
            "  0000  00 01 02 03\n           ^^ ^^"
        );
        assert_eq!(
            marked(&bytes, &(33..34)),
            "  0010  10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f\n  \
             0020  20 21 22 23 24 25 26 27\n           ^^"
        );
    }

    #[test]
    fn what_is_missing_is_marked_behind_the_end() {
        assert_eq!(marked(&[], &(0..0)), "  0000\n        ^^");
        assert_eq!(marked(&[0x05], &(1..1)), "  0000  05\n           ^^");
        let row: Vec<u8> = (0..16).collect();
        assert!(marked(&row, &(16..16)).ends_with("0f\n  0010\n        ^^"));
    }

    #[test]
    fn a_long_mark_is_cut() {
        let text = marked(&[0x5A; 200], &(0..200));
        assert_eq!(text.lines().count(), 2 * ROWS + 1);
        assert!(text.ends_with("and 136 more bytes"), "{text}");
    }
}
