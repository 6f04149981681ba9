//! Words that sentences are made of.

use core::fmt::Display;
use std::collections::BTreeSet;

/// The template with each `{key}` replaced by what `value` knows for it; what it does not know stays as it is.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        filled += before;
        let known = behind
            .split_once('}')
            .and_then(|(key, rest)| Some((value(key)?, rest)));
        rest = match known {
            Some((value, rest)) => {
                filled += &value;
                rest
            }
            None => {
                filled.push('{');
                behind
            }
        };
    }
    filled + rest
}

/// On one line and without control characters: a schema is anybody's text.
pub(super) fn clean(text: impl Display) -> String {
    let text = text.to_string();
    let is_space = |c: char| c.is_whitespace() || c.is_control();
    let words: Vec<_> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// "a, b, c"; of nothing, "none".
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() {
        String::from("none")
    } else {
        items.join(", ")
    }
}

/// Least and greatest: "1 to 8".
pub(super) fn span([min, max]: [u64; 2]) -> String {
    format!("{min} to {max}")
}

/// Whether two descriptions are of the same thing: half of the words are the same, or there are none.
pub(super) fn are_alike(old: &str, new: &str) -> bool {
    let (old, new) = (words(old), words(new));
    let shared = old.intersection(&new).count();
    2 * shared >= old.len().max(new.len())
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_take_each_value_once() {
        let value = |key: &str| (key == "old").then(|| String::from("{new} {old"));
        assert_eq!(fill("from {old} to {new} {", value), "from {new} {old to {new} {");
    }

    #[test]
    fn a_text_can_not_draw_on_the_terminal() {
        assert_eq!(clean("a\u{1b}[31m \n b\t"), "a [31m b");
    }

    #[test]
    fn descriptions_are_alike_where_half_of_their_words_are() {
        assert!(are_alike("The job's id.", "The id of the job."));
        assert!(are_alike("", ""));
        assert!(!are_alike(
            "How the reader stands.",
            "Erases all keys of the reader."
        ));
        assert!(!are_alike("The job's id.", ""));
    }
}
