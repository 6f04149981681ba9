//! Sentences of the schema as Markdown: what they name becomes a link.

use super::Book;

impl Book<'_> {
    /// A requirement's id, as a link to its heading.
    pub(super) fn requirement(self, id: &str) -> String {
        self.links.requirement(id)
    }

    /// A sentence of the schema. Names of messages, documents, timers and limits become links, whether they stand in
    /// it as code or not; signs of HTML become text.
    pub(super) fn prose(self, text: &str) -> String {
        let mut out = String::new();
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 1 {
                out += &self.named(part).unwrap_or_else(|| format!("`{part}`"));
            } else {
                out += &self.words(part);
            }
        }
        out
    }

    /// Words outside code: a name with an underscore is one of the schema.
    fn words(self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            match self.named(word).filter(|_| word.contains('_')) {
                Some(link) => out += &link,
                None => out += word,
            }
            let mut characters = behind.chars();
            match characters.next() {
                Some('<') => out += "&lt;",
                Some('>') => out += "&gt;",
                Some(other) => out.push(other),
                None => {}
            }
            rest = characters.as_str();
        }
        out
    }

    /// A link to what the schema calls so.
    pub(super) fn named(self, name: &str) -> Option<String> {
        let protocol = self.protocol;
        let file = if protocol.message(name).is_some()
            || protocol.document(name).is_some()
            || protocol.structure(name).is_some()
        {
            "messages.md"
        } else if protocol.timers.contains_key(name) || protocol.limits.contains_key(name) {
            "limits.md"
        } else {
            return None;
        };
        // A word such as `hello` names a message; `error` and its like name values just as often.
        let is_ambiguous =
            |registry: &crate::model::Registry| registry.values.iter().any(|value| value.name == name);
        if protocol.registries.contains_key(name) || protocol.registries.values().any(is_ambiguous) {
            return None;
        }
        Some(format!("[`{name}`]({file}#{})", name.to_lowercase()))
    }

    /// A message, document or structure, as a link to its own section.
    pub(super) fn section(self, name: &str) -> String {
        format!("[`{name}`](messages.md#{name})")
    }

    /// A timer or limit, as a link to its row.
    pub(super) fn quantity(self, name: &str) -> String {
        format!("[`{name}`](limits.md#{})", name.to_lowercase())
    }

    /// A registry, as a link to its own section.
    pub(super) fn registry(self, name: &str) -> String {
        format!("[`{name}`](registries.md#{name})")
    }
}

/// Names as code, with commas.
pub(super) fn codes<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A first letter that begins a sentence.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A figure in groups of three digits, as people read it.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Book, Links};
    use super::*;
    use crate::load;

    #[test]
    fn figures_are_grouped() {
        assert_eq!(
            [0, 512, 1024, 16_777_216].map(grouped),
            ["0", "512", "1,024", "16,777,216"]
        );
    }

    #[test]
    fn names_become_links_and_signs_stay_signs() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol.toml");
        let protocol = load(path.as_ref()).unwrap();
        let book = Book {
            protocol: &protocol,
            links: &Links::default(),
        };
        for (text, markdown) in [
            (
                "job_status arrives.",
                "[`job_status`](messages.md#job_status) arrives.",
            ),
            ("`T_idle` has passed.", "[`T_idle`](limits.md#t_idle) has passed."),
            (
                "The `failures_max`th time.",
                "The [`failures_max`](limits.md#failures_max)th time.",
            ),
            // These are names of messages too, and words of the language.
            (
                "A hello, an error and a `running` job.",
                "A hello, an error and a `running` job.",
            ),
            ("EF.ICCID <61xx> & more", "EF.ICCID &lt;61xx&gt; & more"),
            ("some_other name", "some_other name"),
        ] {
            assert_eq!(book.prose(text), markdown);
        }
    }
}
