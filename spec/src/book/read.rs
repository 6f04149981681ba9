//! From the text of the chapters to a [`Book`], with everything that is wrong on the way.

use super::{
    AREAS, Book, Concern, Level, Prevents, Requirement,
    chapter::{Section, sections},
    prevents::{self, Citation},
    words::{self, Normative},
};
use crate::problem::{Problem, Problems};
use std::collections::{BTreeMap, btree_map::Entry};

const ONE_WORD: &str = "write one sentence with exactly one of MUST, MUST NOT, SHOULD, SHOULD NOT, MAY";

/// The book, from its chapters: path or name of each, which ends with `.md`, and its text.
///
/// # Errors
/// Everything that is wrong with it, in the order of chapters and lines.
pub fn parse<'t>(chapters: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Book, Problems> {
    match read(chapters) {
        (book, problems) if problems.is_empty() => Ok(book),
        (_, problems) => Err(Problems(problems)),
    }
}

/// What can be read of a book, and everything that is wrong with it.
pub fn read<'t>(chapters: impl IntoIterator<Item = (&'t str, &'t str)>) -> (Book, Vec<Problem>) {
    let sections: Vec<_> = chapters
        .into_iter()
        .enumerate()
        .flat_map(|(order, (file, text))| {
            sections(file, text)
                .into_iter()
                .map(move |section| (order, section))
        })
        .collect();
    let mut reader = Reader::default();
    for (order, section) in &sections {
        reader.order = *order;
        reader.section(section);
    }
    for (order, section) in &sections {
        reader.order = *order;
        reader.names(section);
    }
    reader.citations();
    for (order, section) in &sections {
        reader.order = *order;
        reader.is_met(section);
    }
    reader.finish()
}

#[derive(Default)]
struct Reader<'t> {
    /// The chapter that is read, by its place among them.
    order: usize,
    requirements: BTreeMap<&'t str, Requirement>,
    concerns: BTreeMap<(char, u32), Concern>,
    citations: Vec<(usize, Section<'t>, Citation)>,
    problems: Vec<(usize, Problem)>,
}

/// What a heading begins.
enum Kind<'t> {
    Requirement(&'t str),
    Concern(char, u32),
    Prose,
}

impl<'t> Reader<'t> {
    fn find(&mut self, problem: Problem) {
        self.problems.push((self.order, problem));
    }

    fn section(&mut self, section: &Section<'t>) {
        let sentence = match self.kind(section) {
            Kind::Requirement(id) => self.requirement(section, id),
            Kind::Concern(letter, number) => {
                self.concern(section, letter, number);
                None
            }
            Kind::Prose => None,
        };
        self.capitals(section, sentence);
    }

    fn kind(&mut self, section: &Section<'t>) -> Kind<'t> {
        let Some(heading) = section.heading else {
            return Kind::Prose;
        };
        let first = heading.text.split([' ', ':']).next().unwrap_or_default();
        let kind = match words::concern(first) {
            Some((letter, number)) => Kind::Concern(letter, number),
            None if first.starts_with("CW-") => Kind::Requirement(first),
            None => return Kind::Prose,
        };
        if heading.depth != 3 || first != heading.text {
            let message = format!("the heading of {first} is not `### {first}`");
            let help = "three number signs and the id, nothing more: links and tools find it by that";
            self.find(section.problem((heading.number, 1), message, help));
        }
        kind
    }

    /// Reads a requirement; returns the line of its sentence.
    fn requirement(&mut self, section: &Section<'t>, id: &'t str) -> Option<usize> {
        let at = (section.heading?.number, 1);
        self.id(section, id, at);
        let paragraph = section.first_paragraph();
        let Some(line) = paragraph
            .first()
            .filter(|line| !line.code && !line.text.starts_with('*'))
        else {
            self.find(section.problem(at, "the sentence is missing", ONE_WORD));
            return None;
        };
        let found = words::normative(line.text);
        let level = self.level(section, line.number, &found);
        if paragraph.get(1).is_some_and(|next| !next.text.starts_with('*')) {
            let message = "the sentence is not on a line of its own";
            let help = "write it on one line, however long, and a blank line behind it: citations quote it as a whole";
            self.find(section.problem((line.number, 1), message, help));
        }
        if !line.text.trim_end().ends_with('.') || words::has_several_sentences(line.text) {
            let message = "this is not one sentence that ends with a full stop";
            let help = "what explains the requirement stands in paragraphs of its own beneath it";
            self.find(section.problem((line.number, 1), message, help));
        }
        let prevents = self.prevents(section, at, level);
        let not_testable = self.not_testable(section);
        let binds_cloud = self.binds_cloud(section);
        if let Some(level) = level {
            let requirement = Requirement {
                id: id.to_owned(),
                level,
                sentence: line.text.trim().to_owned(),
                chapter: section.chapter.to_owned(),
                prevents,
                not_testable,
                binds_cloud,
            };
            if let Some(first) = self.requirements.get(id) {
                let message = format!("{id} is already taken, in the chapter `{}`", first.chapter);
                self.find(section.problem(at, message, "take the next free number of the area"));
            } else {
                self.requirements.insert(id, requirement);
            }
        }
        Some(line.number)
    }

    /// Holds an id to a known area, and to the area's chapter.
    fn id(&mut self, section: &Section<'t>, id: &str, at: (usize, usize)) {
        let home = match words::area(id) {
            Some(area) => AREAS.iter().find(|(known, _)| *known == area),
            None => {
                let help = "write it like CW-LINK-003: CW, an area in capitals, three digits";
                self.find(section.problem(at, format!("`{id}` is no requirement id"), help));
                return;
            }
        };
        match home {
            Some((_, home)) if *home == section.chapter => {}
            Some((area, home)) => {
                let message = format!("requirements of the area {area} stand in the chapter `{home}`");
                self.find(section.problem(
                    at,
                    message,
                    "move it there, or take an id of this chapter's area",
                ));
            }
            None => {
                let areas: Vec<_> = AREAS.iter().map(|(area, _)| *area).collect();
                let help = format!("the areas are {}", areas.join(", "));
                self.find(section.problem(at, format!("the area of {id} is not known"), help));
            }
        }
    }

    fn level(&mut self, section: &Section<'t>, line: usize, found: &[Normative<'_>]) -> Option<Level> {
        let Some(first) = found.first() else {
            self.find(section.problem((line, 1), "the sentence has no normative word", ONE_WORD));
            return None;
        };
        if let Some(second) = found.get(1) {
            let message = format!("`{}` and `{}` in one sentence", first.word, second.word);
            let help = "make two requirements of it: each can then be checked, and fail, by itself";
            self.find(section.problem((line, second.column), message, help));
        }
        if first.level().is_none() {
            let message = format!("`{}` is not one of our normative words", first.word);
            self.find(section.problem((line, first.column), message, ONE_WORD));
        }
        first.level()
    }

    fn prevents(&mut self, section: &Section<'t>, at: (usize, usize), level: Option<Level>) -> Prevents {
        let lines = section.marked("*Prevents:*");
        if let Some((line, _)) = lines.get(1) {
            let message = "a second line `*Prevents:*`";
            self.find(section.problem((*line, 1), message, "make one line of the two"));
        }
        let Some(line) = lines.first() else {
            if level == Some(Level::Must) {
                let message = "a MUST that does not say what it prevents";
                let help = "add a line `*Prevents:*` with threats, origin lines or `interoperability: …`; where nothing \
                            goes wrong without it, remove the requirement";
                self.find(section.problem(at, message, help));
            }
            return Prevents::default();
        };
        let (prevents, citations, problems) = prevents::parse(section, line);
        problems.into_iter().for_each(|problem| self.find(problem));
        let order = self.order;
        self.citations.extend(
            citations
                .into_iter()
                .map(|citation| (order, section.clone(), citation)),
        );
        prevents
    }

    fn not_testable(&mut self, section: &Section<'t>) -> Option<String> {
        let (line, reason) = section.marked("*Not testable:*").into_iter().next()?;
        if reason.len() < 10 || !reason.ends_with('.') {
            let message = "the reason why it is not testable is missing, or no sentence";
            let help = "say what a tester would have to see, and why it can't";
            self.find(section.problem((line, 1), message, help));
        }
        Some(reason.trim_end_matches('.').to_owned())
    }

    /// Whether it binds the cloud alone. Whom else a requirement binds its sentence says, and the cases show.
    fn binds_cloud(&mut self, section: &Section<'t>) -> bool {
        let lines = section.marked("*Binds:*");
        for (line, whom) in &lines {
            if whom != "cloud." {
                let message = format!("`{whom}` is nobody who is named here");
                let help = "the line is there for what binds the cloud alone: `*Binds:* cloud.`";
                self.find(section.problem((*line, 1), message, help));
            }
        }
        !lines.is_empty()
    }

    /// Reads a threat or an origin line: its title stands in bold letters at the beginning of the text.
    fn concern(&mut self, section: &Section<'t>, letter: char, number: u32) {
        let line = section.heading.map_or(1, |heading| heading.number);
        let title = section.first_paragraph().first().and_then(|line| {
            let (title, _) = line.text.strip_prefix("**")?.split_once("**")?;
            Some(title.trim_end_matches(['.', ':']).to_owned()).filter(|title| !title.is_empty())
        });
        let Some(title) = title else {
            let message = "the title is missing";
            let help = "begin the text beneath the heading with the title in bold letters, on one line: `**Title.**`";
            self.find(section.problem((line, 1), message, help));
            return;
        };
        let concern = Concern {
            id: format!("{letter}-{number}"),
            title,
            chapter: section.chapter.to_owned(),
        };
        match self.concerns.entry((letter, number)) {
            Entry::Vacant(place) => {
                place.insert(concern);
            }
            Entry::Occupied(_) => {
                let message = format!("{letter}-{number} is already taken");
                self.find(section.problem((line, 1), message, "give each its own number"));
            }
        }
    }

    /// Finds normative words outside of a requirement's sentence.
    fn capitals(&mut self, section: &Section<'t>, sentence: Option<usize>) {
        let heading = section.heading.map(|heading| (heading.number, heading.text));
        let lines = section.lines.iter().filter(|line| !line.code);
        let lines = lines
            .map(|line| (line.number, line.text))
            .filter(|(number, _)| Some(*number) != sentence);
        for (number, text) in heading.into_iter().chain(lines) {
            for found in words::normative(text) {
                let message = format!("`{}` outside of a requirement's sentence", found.word);
                let help = "write it in small letters, in backticks where the word itself is meant, or make a \
                            requirement of it";
                self.find(section.problem((number, found.column), message, help));
            }
        }
    }

    /// Holds every requirement that the text names to being one.
    fn names(&mut self, section: &Section<'t>) {
        for line in &section.lines {
            for (column, id) in words::requirements(line.text) {
                if !self.requirements.contains_key(id) {
                    let message = format!("there is no requirement {id}");
                    self.find(section.problem((line.number, column), message, "name one that there is"));
                }
            }
        }
    }

    /// Holds what requirements prevent to threats and origin lines that there are.
    fn citations(&mut self) {
        for (order, section, Citation { id, target, line }) in core::mem::take(&mut self.citations) {
            self.order = order;
            let known = words::concern(&id).and_then(|key| self.concerns.get(&key));
            let Some(concern) = known else {
                let message = format!("there is no {id}");
                let help = "threats stand in the chapter `security`, origin lines in `origin`, each beneath a heading \
                            of its own";
                self.find(section.problem((line, 1), message, help));
                continue;
            };
            let anchor = format!("#{}", id.to_ascii_lowercase());
            let right = format!("{}.md{anchor}", concern.chapter);
            if target != right && !(target == anchor && concern.chapter == section.chapter) {
                let message = format!("the link of {id} leads to `{target}`");
                self.find(section.problem((line, 1), message, format!("write [{id}]({right})")));
            }
        }
    }

    /// Holds a threat or origin line to being met by a requirement.
    fn is_met(&mut self, section: &Section<'t>) {
        let Some(heading) = section
            .heading
            .filter(|heading| words::concern(heading.text).is_some())
        else {
            return;
        };
        let met = self
            .requirements
            .values()
            .any(|requirement| requirement.prevents.names(heading.text));
        if !met {
            let message = format!("no requirement is there for {}", heading.text);
            let help = "name it in the line `*Prevents:*` of the requirements that meet it";
            self.find(section.problem((heading.number, 1), message, help));
        }
    }

    fn finish(self) -> (Book, Vec<Problem>) {
        let mut book = Book {
            requirements: self.requirements.into_values().collect(),
            ..Book::default()
        };
        // The letters' order is O, T, U.
        for ((letter, _), concern) in self.concerns {
            match letter {
                'O' => book.origins.push(concern),
                _ => book.threats.push(concern),
            }
        }
        let mut problems = self.problems;
        problems.sort_by_key(|(order, problem)| (*order, problem.line, problem.column));
        (book, problems.into_iter().map(|(_, problem)| problem).collect())
    }
}
