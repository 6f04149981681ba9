//! Words that bind, and ids, in a line of text.

use super::Level;

/// Words in capitals that bind, or look as if they did.
const NORMATIVE: [&str; 7] = [
    "MUST",
    "SHOULD",
    "MAY",
    "SHALL",
    "REQUIRED",
    "RECOMMENDED",
    "OPTIONAL",
];

/// A word in capitals that binds or looks as if it did, and its column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Normative<'t> {
    pub(super) word: &'t str,
    pub(super) column: usize,
}

impl Normative<'_> {
    /// The level that it gives a sentence; none where it is not one of our three words.
    pub(super) fn level(self) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.keyword() == self.word)
    }
}

/// The normative words of a line; what stands between backticks is quoted, not said.
pub(super) fn normative(line: &str) -> Vec<Normative<'_>> {
    words(line, |c| c.is_alphanumeric() || c == '_')
        .filter(|(_, word)| NORMATIVE.contains(word))
        .map(|(offset, word)| Normative {
            word,
            column: column(line, offset),
        })
        .collect()
}

/// The ids of requirements that a line names, quoted or not, with their columns.
pub(super) fn requirements(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    pieces(line, is_part)
        .filter(|(_, word)| area(word).is_some())
        .map(move |(offset, word)| (column(line, offset), word))
}

/// The area of a requirement's id; none where it is no such id.
pub(super) fn area(id: &str) -> Option<&str> {
    let (area, number) = id.strip_prefix("CW-")?.split_once('-')?;
    let is_area = area.len() >= 2 && area.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_area && is_number).then_some(area)
}

/// Letter and number of the id of a threat or origin line.
pub(super) fn concern(id: &str) -> Option<(char, u32)> {
    let (letter, number) = id.split_once('-')?;
    let letter = ["T", "U", "O"]
        .into_iter()
        .find(|known| *known == letter)?
        .chars()
        .next()?;
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    number
        .parse()
        .ok()
        .filter(|_| plain)
        .map(|number| (letter, number))
}

/// Whether a text has more than one sentence: a full stop, and then a capital letter.
pub(super) fn has_several_sentences(text: &str) -> bool {
    outside_code(text).any(|(_, part)| {
        let mut rest = part;
        while let Some((_, after)) = rest.split_once(". ") {
            if after.trim_start().starts_with(|c: char| c.is_uppercase()) {
                return true;
            }
            rest = after;
        }
        false
    })
}

fn words(line: &str, is_part: fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    outside_code(line).flat_map(move |(start, part)| {
        pieces(part, is_part).map(move |(offset, word)| (start + offset, word))
    })
}

/// The longest pieces of a text that consist of such characters, with their offsets.
fn pieces(text: &str, is_part: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split(move |c| !is_part(c))
        .filter(|piece| !piece.is_empty())
        .map(move |piece| (piece.as_ptr() as usize - start, piece))
}

/// The parts of a line that stand outside of backticks, with their offsets.
fn outside_code(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    line.split('`').enumerate().filter_map(move |(index, part)| {
        let start = offset;
        offset += part.len() + 1;
        (index % 2 == 0).then_some((start, part))
    })
}

fn column(line: &str, offset: usize) -> usize {
    line.get(..offset).unwrap_or(line).chars().count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normative_words_are_found_where_they_are_said() {
        let words = |line| {
            normative(line)
                .into_iter()
                .map(|found| (found.column, found.word))
                .collect::<Vec<_>>()
        };
        assert_eq!(words("Ä reader MUST NOT."), [(10, "MUST")]);
        assert_eq!(
            words("`MUST`, MAYBE, must, MAY_BE and `x` SHALL"),
            [(37, "SHALL")]
        );
        assert_eq!(words("`MUST is open"), []);
    }

    #[test]
    fn ids() {
        assert_eq!(area("CW-LINK-007"), Some("LINK"));
        for id in [
            "CW-LINK-7",
            "CW-link-007",
            "CW-LINK-0071",
            "XW-LINK-007",
            "CW-L-007",
            "CW-LINK",
        ] {
            assert_eq!(area(id), None, "{id}");
        }
        assert_eq!(concern("T-27"), Some(('T', 27)));
        for id in ["T-0", "T-01", "V-1", "T-", "T-1 x", "TU-1", "T-+1"] {
            assert_eq!(concern(id), None, "{id}");
        }
        let found: Vec<_> = requirements("see [CW-LINK-007](link.md#cw-link-007), `CW-JOB-001`.").collect();
        assert_eq!(found, [(6, "CW-LINK-007"), (42, "CW-JOB-001")]);
    }

    #[test]
    fn sentences() {
        assert!(has_several_sentences("One. Two."));
        for one in ["One.", "0 .. 5 of it, e.g. this.", "See `a. B` there."] {
            assert!(!has_several_sentences(one), "{one}");
        }
    }
}
