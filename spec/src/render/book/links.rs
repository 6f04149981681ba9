//! Where in the book things are explained.

use std::collections::BTreeMap;

/// Which chapter each requirement stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// File name of the chapter, by id.
    requirements: BTreeMap<String, String>,
}

impl Links {
    /// Finds the headings of requirements in chapters: path and text of each.
    #[must_use]
    pub fn of<'c>(chapters: impl IntoIterator<Item = (&'c str, &'c str)>) -> Self {
        let mut requirements = BTreeMap::new();
        for (path, text) in chapters {
            let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
            let headings = text.lines().filter_map(|line| line.strip_prefix("### "));
            for id in headings
                .map(str::trim)
                .filter(|heading| heading.starts_with("CW-"))
            {
                requirements.insert(id.to_owned(), file.to_owned());
            }
        }
        Self { requirements }
    }

    /// From each requirement's id to the file name of its chapter.
    #[must_use]
    pub fn from_chapters<'c>(requirements: impl IntoIterator<Item = (&'c str, String)>) -> Self {
        let requirements = requirements.into_iter().map(|(id, file)| (id.to_owned(), file));
        Self {
            requirements: requirements.collect(),
        }
    }

    /// A requirement as a link to its heading; its id alone, where no chapter holds it.
    pub(super) fn requirement(&self, id: &str) -> String {
        match self.requirements.get(id) {
            Some(file) => format!("[{id}]({file}#{})", id.to_lowercase()),
            None => id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_leads_to_the_chapter_that_holds_it() {
        let links = Links::of([
            ("spec/book/src/link.md", "# Link\n\n### CW-LINK-007\n\nA reader\n"),
            ("codec.md", "### CW-CODEC-001\n"),
        ]);
        assert_eq!(
            links.requirement("CW-LINK-007"),
            "[CW-LINK-007](link.md#cw-link-007)"
        );
        assert_eq!(
            links.requirement("CW-CODEC-001"),
            "[CW-CODEC-001](codec.md#cw-codec-001)"
        );
        assert_eq!(links.requirement("CW-CODEC-002"), "CW-CODEC-002");
    }
}
