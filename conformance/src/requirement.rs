//! The requirements of the book: their ids, sentences, and how strongly they bind.

use crate::embedded;
use core::fmt;
use serde::Serialize;
use std::sync::LazyLock;

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Its id, such as `CW-LINK-004`.
    pub id: String,
    /// Its normative sentence.
    pub sentence: String,
    /// How strongly it binds.
    pub level: Level,
    /// The book's chapter, by file name without ending.
    pub chapter: String,
}

/// How strongly a requirement binds, and with it a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A reader that misses it is not certified.
    Must,
    /// A reader that misses it is not strict.
    Should,
    /// It is permitted.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        })
    }
}

/// All requirements of the book, in ascending order.
#[must_use]
pub fn requirements() -> &'static [Requirement] {
    static ALL: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
        let mut all: Vec<_> = embedded::chapters()
            .flat_map(|(name, text)| read_chapter(name, text))
            .collect();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        all
    });
    &ALL
}

/// The requirement of this id.
#[must_use]
pub fn requirement(id: &str) -> Option<&'static Requirement> {
    requirements().iter().find(|requirement| requirement.id == id)
}

/// A requirement is a heading with its id, and the first paragraph beneath it.
fn read_chapter(name: &str, text: &str) -> Vec<Requirement> {
    let chapter = name.trim_end_matches(".md");
    let sections = text.split("\n### ").skip(1);
    sections
        .filter_map(|section| {
            let (heading, rest) = section.split_once('\n')?;
            let id = heading.trim();
            let paragraph = rest.trim_start().split("\n\n").next()?;
            let sentence = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
            let level = level_of(&sentence)?;
            id.starts_with("CW-").then(|| Requirement {
                id: id.to_owned(),
                sentence,
                level,
                chapter: chapter.to_owned(),
            })
        })
        .collect()
}

fn level_of(sentence: &str) -> Option<Level> {
    let has = |word: &str| {
        sentence
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|part| part == word)
    };
    if has("MUST") {
        Some(Level::Must)
    } else if has("SHOULD") {
        Some(Level::Should)
    } else {
        has("MAY").then_some(Level::May)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_has_requirements_with_unique_ids() {
        assert!(requirements().len() > 80);
        assert!(requirements().windows(2).all(|pair| pair[0].id < pair[1].id));
        let number = requirement("CW-LINK-004").unwrap();
        assert_eq!(
            number.sentence,
            "The answer to a clear frame MUST be a clear frame that repeats its number."
        );
        assert_eq!((number.level, number.chapter.as_str()), (Level::Must, "link"));
        assert_eq!(requirement("CW-JOB-008").unwrap().level, Level::Should);
    }

    /// No heading with an id is passed over because its sentence binds nobody.
    #[test]
    fn every_heading_is_a_requirement() {
        let headings: usize = embedded::chapters()
            .map(|(_, text)| text.matches("\n### CW-").count())
            .sum();
        assert_eq!(requirements().len(), headings);
    }
}
