//! Dictionaries in the form that libFuzzer and AFL++ both read.

use crate::Target;
use core::fmt::Write as _;
use std::collections::BTreeSet;

/// The longest word that libFuzzer takes.
const WORD_MAX: usize = 64;

/// The dictionary of a target; nothing where it has no words, because libFuzzer refuses an empty one.
#[must_use]
pub fn of(target: &Target) -> Option<String> {
    let words: BTreeSet<Vec<u8>> = (target.words)()
        .into_iter()
        .filter(|word| (1..=WORD_MAX).contains(&word.len()))
        .collect();
    if words.is_empty() {
        return None;
    }
    let mut text = format!(
        "# Words of the target {}: `cargo xtask fuzz seeds` writes them.\n",
        target.name
    );
    for word in words {
        text.push('"');
        for byte in word {
            match byte {
                b'"' | b'\\' => {
                    text.push('\\');
                    text.push(char::from(byte));
                }
                0x20..=0x7E => text.push(char::from(byte)),
                // Writing to a string does not fail.
                _ => drop(write!(text, "\\x{byte:02X}")),
            }
        }
        text.push_str("\"\n");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(words: fn() -> Vec<Vec<u8>>) -> Target {
        Target {
            name: "some",
            property: "none",
            check: |_| (),
            explain: |_| String::new(),
            seeds: Vec::new,
            words,
        }
    }

    #[test]
    fn words_stand_once_in_order_and_are_escaped() {
        let text = of(&target(|| {
            vec![
                vec![0, b'"', b'\\', b'a'],
                vec![1; 65],
                vec![],
                vec![0xFF],
                vec![0xFF],
            ]
        }));
        let text = text.expect("there are words");
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(lines, [r#""\x00\"\\a""#, r#""\xFF""#]);
    }

    #[test]
    fn a_target_without_words_has_none() {
        assert_eq!(of(&target(Vec::new)), None);
    }
}
