//! A chapter as sections: a heading, and the lines beneath it.

use crate::problem::Problem;

/// The part of a chapter from one heading to the next.
#[derive(Clone, Debug)]
pub(super) struct Section<'t> {
    /// The file, as problems name it.
    pub(super) file: &'t str,
    /// The chapter: the file's name without ending.
    pub(super) chapter: &'t str,
    /// Its heading; none before the first one of a chapter.
    pub(super) heading: Option<Heading<'t>>,
    /// The lines beneath the heading.
    pub(super) lines: Vec<Line<'t>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Heading<'t> {
    /// How many `#` it has.
    pub(super) depth: usize,
    pub(super) text: &'t str,
    pub(super) number: usize,
}

/// A line of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'t str,
    /// Whether it belongs to a block of code: what stands there is quoted, not said.
    pub(super) code: bool,
}

/// The sections of a chapter; `file` is its path or name.
pub(super) fn sections<'t>(file: &'t str, text: &'t str) -> Vec<Section<'t>> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let begin = |heading| Section {
        file,
        chapter: name.strip_suffix(".md").unwrap_or(name),
        heading,
        lines: Vec::new(),
    };
    let mut sections = Vec::new();
    let mut section = begin(None);
    let mut fence: Option<&str> = None;
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| text.trim_start().starts_with(mark));
        let heading = heading(number, text).filter(|_| fence.is_none());
        if heading.is_some() {
            sections.push(core::mem::replace(&mut section, begin(heading)));
            continue;
        }
        let code = fence.is_some() || mark.is_some();
        section.lines.push(Line { number, text, code });
        fence = match (fence, mark) {
            (None, mark) => mark,
            (Some(open), Some(mark)) if open == mark => None,
            (open, _) => open,
        };
    }
    sections.push(section);
    sections
}

fn heading(number: usize, line: &str) -> Option<Heading<'_>> {
    let rest = line.trim_start_matches('#');
    let depth = line.len() - rest.len();
    let text = rest.strip_prefix(' ')?.trim();
    (1..=6)
        .contains(&depth)
        .then_some(Heading { depth, text, number })
}

impl<'t> Section<'t> {
    /// The first paragraph.
    pub(super) fn first_paragraph(&self) -> &[Line<'t>] {
        let is_blank = |line: &Line<'_>| line.text.trim().is_empty();
        let start = self.lines.iter().position(|line| !is_blank(line));
        let lines = start.map_or(&[][..], |start| &self.lines[start..]);
        let end = lines.iter().position(is_blank).unwrap_or(lines.len());
        &lines[..end]
    }

    /// Everything that belongs to the line that begins with `marker`: each such line with what continues it, up to a
    /// blank line or the next marker. A marker is a word in italics that ends with a colon.
    pub(super) fn marked(&self, marker: &str) -> Vec<(usize, String)> {
        let mut all: Vec<(usize, String)> = Vec::new();
        let mut open = false;
        for line in self.lines.iter().filter(|line| !line.code) {
            let text = line.text.trim();
            if let Some(rest) = text.strip_prefix(marker) {
                all.push((line.number, rest.trim().to_owned()));
                open = true;
            } else if text.is_empty() || text.starts_with('*') {
                open = false;
            } else if let Some((_, last)) = all.last_mut().filter(|_| open) {
                last.push(' ');
                last.push_str(text);
            }
        }
        all
    }

    /// A problem in this section; `column` is counted from 1.
    pub(super) fn problem(
        &self,
        (line, column): (usize, usize),
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem {
            file: self.file.to_owned(),
            line,
            column,
            path: self.heading.map_or("", |heading| heading.text).to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }
}
