//! Words that sentences are made of.

use core::fmt::Display;

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

/// Whether two descriptions say the same, however they are broken into lines. Whether other words mean the same, no
/// comparison can tell.
pub(super) fn are_same(old: &str, new: &str) -> bool {
    clean(old) == clean(new)
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
    fn descriptions_are_the_same_in_the_same_words_alone() {
        assert!(are_same("The job's\n id.", "The job's id."));
        assert!(are_same("", ""));
        assert!(!are_same("It is kept.", "It is not kept."));
    }
}
