//! A form from TOML: whole, or everything that is wrong with it at once.

use super::{
    Answer, Kind, Question,
    answer::{Given, is_near, quoted},
};
use crate::revision;
use cardwire_spec::{
    model::{Condition, IxitItem, IxitKind},
    problem::{Problem, Problems},
};
use core::ops::Range;
use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// No form has more bytes: a larger file is none, and is not read.
pub const FORM_MAX: u64 = 64 * 1024;
/// Problems that are told of one form; more of them say nothing more.
const PROBLEMS_MAX: usize = 100;
/// Problems that are looked for, before the first of them in the order of the text are told: what is wrong with a form
/// is found by the keys' order, and a file that has more of them is none that anybody has filled in.
const SOUGHT_MAX: usize = 500;
/// Slips in the syntax that are told at once: what follows the first may only be a consequence.
const SYNTAX_PROBLEMS_MAX: usize = 3;
/// The key that every form has besides its questions.
const REVISION: &str = "revision";

/// A form that is filled in, by the rules of its questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Which form.
    pub kind: Kind,
    /// The answers, by the names of their questions.
    pub answers: BTreeMap<&'static str, Answer>,
}

/// An answer that does not go with the others, or is missing beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The question that it is about.
    pub item: &'static str,
    /// The other question that decides it.
    pub other: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// Why there is no form.
#[derive(Debug)]
pub enum FormError {
    /// The file can't be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is void: it has problems, at least one.
    Void(Problems),
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(f, "{} can't be read: {source}", path.display()),
            Self::Void(problems) => problems.fmt(f),
        }
    }
}

impl core::error::Error for FormError {}

impl Form {
    /// Reads a form from a file.
    ///
    /// # Errors
    /// The file can't be read, or is void; all of its problems are named.
    pub fn load(kind: Kind, path: &Path) -> Result<Self, FormError> {
        let failed = |source| FormError::File {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(FORM_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        let name = path.display().to_string();
        if bytes.len() as u64 > FORM_MAX {
            let help = format!(
                "`{}` writes one; `{}` reads it",
                kind.command("new"),
                kind.command("check")
            );
            let message = format!(
                "the file has more than {FORM_MAX} bytes, and is no {}",
                kind.name()
            );
            let problem = Problem::at(&name, "", 0, "", &message, &help);
            return Err(FormError::Void(Problems(vec![problem])));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
            let (message, help) = ("the file is no text in UTF-8", "write it in UTF-8");
            let problem = Problem::at(&name, &before, before.len(), "", message, help);
            FormError::Void(Problems(vec![problem]))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::read(kind, &name, &text, Some(folder)).map_err(FormError::Void)
    }

    /// Reads a form from text; `file` names it in problems.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(kind: Kind, file: &str, text: &str) -> Result<Self, Problems> {
        Self::read(kind, file, text, None)
    }

    /// The same of a file in this folder, from which the paths are seen that it names.
    fn read(kind: Kind, file: &str, text: &str, folder: Option<&Path>) -> Result<Self, Problems> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            file,
            text,
            folder,
            problems: Vec::new(),
        };
        if !errors.is_empty() {
            for error in &errors {
                let place = error.span().unwrap_or(0..0);
                reader.problem(
                    place,
                    "",
                    error.message(),
                    "write valid TOML (https://toml.io); what follows may only be a consequence",
                );
            }
            return Err(reader.sorted(true));
        }
        let answers = reader.answers(kind, table.get_ref());
        if reader.problems.is_empty() {
            Ok(Self { kind, answers })
        } else {
            Err(reader.sorted(false))
        }
    }

    /// The answers in the order of the form.
    pub fn in_order(&self) -> impl Iterator<Item = (Question, &Answer)> {
        let questions = self.kind.questions().into_iter();
        questions.filter_map(|question| Some((question, self.answers.get(question.name())?)))
    }

    /// What the answers say together, each of which is one by itself: what is missing, and what does not fit.
    #[must_use]
    pub fn together(&self) -> Vec<Mismatch> {
        let mut wrong = Vec::new();
        for question in self.kind.questions() {
            let item = question.name();
            let answered = self.answers.contains_key(item);
            match self.is_asked(question) {
                true if question.is_obligatory() && !answered => wrong.push(Mismatch {
                    item,
                    other: question.condition().map(|condition| condition.item.as_str()),
                    message: format!("`{item}` is not answered: {}", question.text()),
                    help: format!("add `{item} = ..`, {}", question.expects()),
                }),
                false if answered => {
                    wrong.extend(question.condition().map(|condition| not_asked(item, condition)))
                }
                true | false => {}
            }
            if let Question::Information(IxitItem { with, .. }) = question
                && answered
            {
                let missing = with.iter().find(|with| !self.answers.contains_key(with.as_str()));
                wrong.extend(missing.map(|missing| Mismatch {
                    item,
                    other: Some(missing),
                    message: format!("`{item}` is of no use without `{missing}`"),
                    help: format!("add `{missing} = ..`, or remove `{item}`"),
                }));
            }
        }
        wrong
    }

    /// Whether a question is one for this reader, by the answers that it depends on.
    #[must_use]
    pub fn is_asked(&self, question: Question) -> bool {
        question.condition().is_none_or(|condition| {
            self.answers
                .get(condition.item.as_str())
                .is_some_and(|answer| condition.holds(answer))
        })
    }
}

/// An answer to a question that is not one for this reader.
fn not_asked(item: &'static str, condition: &'static Condition) -> Mismatch {
    let other = condition.item.as_str();
    let (lacks, mend) = match &condition.has {
        Some(value) => (
            format!("`{other}` has no `{value}`"),
            format!("add `{value}` to `{other}`"),
        ),
        None => (format!("`{other}` is not yes"), format!("write `{other} = true`")),
    };
    Mismatch {
        item,
        other: Some(other),
        message: format!("`{item}` does not apply: {lacks}"),
        help: format!("remove it, or {mend}"),
    }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    folder: Option<&'t Path>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn answers(&mut self, kind: Kind, table: &DeTable<'_>) -> BTreeMap<&'static str, Answer> {
        let mut answers = BTreeMap::new();
        self.revision(kind, table);
        for (key, value) in table {
            if self.problems.len() >= SOUGHT_MAX {
                return answers;
            }
            let name = key.get_ref();
            if name == REVISION {
                continue;
            }
            let Some(question) = kind.question(name) else {
                self.unknown(kind, name, key.span());
                continue;
            };
            match question.judge(&given(value.get_ref())) {
                Ok(answer) => {
                    self.path(question, &answer, value.span());
                    answers.insert(question.name(), answer);
                }
                Err(complaints) => {
                    for complaint in complaints.into_iter().take(SOUGHT_MAX) {
                        let inner = complaint.index.and_then(|index| item(value, index));
                        let at = match complaint.index {
                            Some(index) => format!("{name}[{index}]"),
                            None => name.to_string(),
                        };
                        let span = inner.unwrap_or_else(|| value.span());
                        self.problem(span, &at, &complaint.message, &complaint.help);
                    }
                }
            }
        }
        self.together(kind, table, &answers);
        answers
    }

    /// A file that the form names is there.
    fn path(&mut self, question: Question, answer: &Answer, span: Range<usize>) {
        let is_path = matches!(question, Question::Information(item) if item.kind == IxitKind::Path);
        if let (true, Answer::Text(path), Some(folder)) = (is_path, answer, self.folder) {
            let path = folder.join(path);
            if !path.is_file() {
                let message = format!("there is no file {}", path.display());
                self.problem(
                    span,
                    question.name(),
                    &message,
                    "correct the path, which is seen from the folder of this file",
                );
            }
        }
    }

    fn revision(&mut self, kind: Kind, table: &DeTable<'_>) {
        let ours = revision();
        match table.get(REVISION) {
            None => self.problem(
                0..0,
                REVISION,
                "the form does not say which revision of the specification it was filled in for",
                &format!("look whether it answers `{}`, and add `revision = {ours:?}`", kind.command("show")),
            ),
            Some(value) => match value.get_ref() {
                DeValue::String(given) if given == ours => {}
                DeValue::String(given) => self.problem(
                    value.span(),
                    REVISION,
                    &format!("the form was filled in for the revision {}, and this suite is of {ours}", quoted(given)),
                    &format!("look what `cardwire spec diff` says of {kind_name}, correct the answers, and write {ours:?}",
                        kind_name = match kind { Kind::Ics | Kind::ClientIcs => "the ICS", Kind::Ixit => "the IXIT" }),
                ),
                _ => self.problem(value.span(), REVISION, "the revision is no text", &format!("write {ours:?}")),
            },
        }
    }

    fn unknown(&mut self, kind: Kind, name: &str, span: Range<usize>) {
        let questions = kind.questions();
        let near = questions
            .iter()
            .map(|question| question.name())
            .find(|known| is_near(known, name));
        let elsewhere = Kind::ALL
            .into_iter()
            .find(|other| other.name() != kind.name() && other.question(name).is_some());
        let help = match (near, elsewhere) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(other)) => format!(
                "it is a question of the {}: move it there",
                other.name().to_uppercase()
            ),
            (None, None) => format!("remove it; `{}` lists the questions", kind.command("show")),
        };
        let shown = quoted(name);
        let what = format!("the {} has no question {shown}", kind.name().to_uppercase());
        self.problem(span, shown.trim_matches('`'), &what, &help);
    }

    /// What the answers say together.
    fn together(&mut self, kind: Kind, table: &DeTable<'_>, answers: &BTreeMap<&'static str, Answer>) {
        let form = Form {
            kind,
            answers: answers.clone(),
        };
        // An answer that stands there and is none is told already: nothing is said of what depends on it.
        let is_void = |name: &str| table.contains_key(name) && !answers.contains_key(name);
        for mismatch in form.together() {
            let Mismatch { item, other, .. } = mismatch;
            if is_void(item) || other.is_some_and(is_void) {
                continue;
            }
            // What is missing has no place: what asks for it has, or else the end of the file.
            let asker = other.and_then(|other| table.get(other));
            let span = match table.get(item).or(asker) {
                Some(value) => value.span(),
                None => self.text.len()..self.text.len(),
            };
            self.problem(span, item, &mismatch.message, &mismatch.help);
        }
    }

    fn problem(&mut self, span: Range<usize>, path: &str, message: &str, help: &str) {
        let problem = Problem::at(self.file, self.text, span.start, path, message, help);
        self.problems.push(problem);
    }

    fn sorted(mut self, of_syntax: bool) -> Problems {
        self.problems
            .sort_by_key(|problem| (problem.line, problem.column));
        if of_syntax {
            self.problems.dedup_by_key(|problem| problem.line);
            self.problems.truncate(SYNTAX_PROBLEMS_MAX);
        }
        self.problems.truncate(PROBLEMS_MAX);
        Problems(self.problems)
    }
}

fn item(value: &Spanned<DeValue<'_>>, index: usize) -> Option<Range<usize>> {
    Some(value.get_ref().as_array()?.get(index)?.span())
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(number) => match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Given::Number(number),
            Err(_) => Given::Other("a number that is out of all bounds"),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Given::Fraction(number),
            Err(_) => Given::Other("a number that is none"),
        },
        DeValue::Boolean(answer) => Given::Boolean(*answer),
        DeValue::Datetime(_) => Given::Other("a date"),
        DeValue::Array(items) => {
            // A list in a list answers nothing, so that one level is looked at.
            let inner = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
                DeValue::Array(_) => Given::Other("a list"),
                other => given(other),
            };
            Given::List(items.iter().map(inner).collect())
        }
        DeValue::Table(_) => Given::Other("a table"),
    }
}
