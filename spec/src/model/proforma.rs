//! What a vendor states of a reader (ICS), and what a test laboratory must know of it (IXIT): the questions.

use serde::Deserialize;

/// One claim of the implementation conformance statement (ICS).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IcsItem {
    /// Its name, which is its key in a filled-in statement.
    pub name: String,
    /// What it belongs to, as a heading.
    pub section: String,
    /// The question that it answers.
    pub question: String,
    /// What an answer is.
    pub kind: IcsKind,
    /// The registry that the values are of; of `values`.
    #[serde(default)]
    pub registry: Option<String>,
    /// The values themselves, where no registry holds them; of `values`.
    #[serde(default)]
    pub options: Vec<IcsOption>,
    /// Values that are always among the answer; of `values`.
    #[serde(default)]
    pub always: Vec<String>,
    /// Least and greatest number, or fewest and most values.
    #[serde(default)]
    pub range: Option<[u64; 2]>,
    /// What a number counts.
    #[serde(default)]
    pub unit: Option<String>,
    /// Whether it must be answered, and where it is a question answered by yes or no, whether the answer is yes.
    pub status: IcsStatus,
    /// What makes it mandatory; of `conditional`.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// The requirement that it belongs to; none for what identifies the product.
    #[serde(default)]
    pub requirement: Option<String>,
    /// What the answer says, and what follows from it.
    pub doc: String,
    /// An answer, as a reader's vendor would write it.
    pub example: Answer,
}

/// A value that stands in no registry, because it never goes over the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IcsOption {
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: String,
}

/// What the answer to a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IcsKind {
    /// Yes or no.
    Boolean,
    /// Values of a registry, or of the options of the claim.
    Values,
    /// A number.
    Number,
    /// Text.
    Text,
}

/// Whether a claim must be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IcsStatus {
    /// Every reader supports it.
    Mandatory,
    /// A reader may support it.
    Optional,
    /// It is mandatory where its condition holds, and does not apply elsewhere.
    Conditional,
}

/// What another claim must say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The other claim.
    pub item: String,
    /// The value that must be among its answer; without, a claim of yes or no must say yes.
    #[serde(default)]
    pub has: Option<String>,
}

impl Condition {
    /// Whether the other claim says it with this answer.
    #[must_use]
    pub fn holds(&self, answer: &Answer) -> bool {
        match (answer, &self.has) {
            (Answer::Boolean(yes), None) => *yes,
            (Answer::List(values), Some(wanted)) => values.contains(wanted),
            (
                Answer::Boolean(_)
                | Answer::List(_)
                | Answer::Number(_)
                | Answer::Fraction(_)
                | Answer::Text(_),
                _,
            ) => false,
        }
    }
}

/// An answer to a claim, or to a question of the laboratory.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(u64),
    /// A number with a fraction.
    Fraction(f64),
    /// Text.
    Text(String),
    /// Values of a registry, or a command with its arguments.
    List(Vec<String>),
}

/// One item of the implementation extra information for testing (IXIT).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IxitItem {
    /// Its name, which is its key in a filled-in form.
    pub name: String,
    /// What it belongs to, as a heading.
    pub section: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: IxitKind,
    /// Whether no test can be made without it.
    pub obligatory: bool,
    /// Items that it is of no use without.
    #[serde(default)]
    pub with: Vec<String>,
    /// Whether no report may show it.
    #[serde(default)]
    pub secret: bool,
    /// It consists of digits, at least and at most so many; of text.
    #[serde(default)]
    pub digits: Option<[u64; 2]>,
    /// What it is for, and what is left out where it is missing.
    pub doc: String,
    /// An example.
    pub example: Answer,
}

/// What an item of the IXIT holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IxitKind {
    /// Where a device is reached: `tcp:HOST:PORT`, `serial:PATH@BAUD` or `exec:COMMAND`.
    Endpoint,
    /// The path of a file.
    Path,
    /// A program with its arguments.
    Command,
    /// A number that may have a fraction.
    Number,
    /// Text.
    Text,
    /// Bytes in hexadecimal digits.
    Bytes,
}
