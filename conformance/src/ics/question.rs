//! The questions of both forms, as one thing: who asks, checks or writes an answer need not know which form it is of.

use super::Answer;
use crate::{embedded::protocol, requirement::requirement};
use cardwire_spec::model::{Condition, IcsItem, IcsKind, IcsStatus, IxitItem, IxitKind, Registry};
use serde::Deserialize;
use std::sync::LazyLock;

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The implementation conformance statement: what a vendor claims.
    Ics,
    /// The implementation extra information for testing: what a laboratory must know.
    Ixit,
    /// The ICS of a client: what its vendor claims of it and of its upper tester.
    ClientIcs,
}

/// One question of a form.
#[derive(Clone, Copy, Debug)]
pub enum Question {
    /// Of the ICS.
    Claim(&'static IcsItem),
    /// Of the IXIT.
    Information(&'static IxitItem),
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ics, Self::Ixit, Self::ClientIcs];

    /// The name, which is also that of the command.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ics | Self::ClientIcs => "ics",
            Self::Ixit => "ixit",
        }
    }

    /// The command that does this with it.
    #[must_use]
    pub fn command(self, action: &str) -> String {
        let of = match self {
            Self::Ics | Self::Ixit => "",
            Self::ClientIcs => " --of client",
        };
        format!("cardwire {} {action}{of}", self.name())
    }

    /// What the form is, for the head of a file.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ics => "Implementation conformance statement (ICS) of a Cardwire reader",
            Self::Ixit => "Implementation extra information for testing (IXIT) of a Cardwire reader",
            Self::ClientIcs => "Implementation conformance statement (ICS) of a Cardwire client",
        }
    }

    /// The questions, in the order of the form.
    #[must_use]
    pub fn questions(self) -> Vec<Question> {
        match self {
            Self::Ics => protocol().ics.iter().map(Question::Claim).collect(),
            Self::Ixit => protocol().ixit.iter().map(Question::Information).collect(),
            Self::ClientIcs => of_clients().iter().map(Question::Claim).collect(),
        }
    }

    /// The question of this name.
    #[must_use]
    pub fn question(self, name: &str) -> Option<Question> {
        self.questions()
            .into_iter()
            .find(|question| question.name() == name)
    }
}

/// The questions of the ICS of a client.
fn of_clients() -> &'static [IcsItem] {
    #[derive(Deserialize)]
    struct File {
        ics: Vec<IcsItem>,
    }
    static ITEMS: LazyLock<Vec<IcsItem>> =
        LazyLock::new(|| match toml::from_str(include_str!("client.toml")) {
            Ok(File { ics }) => ics,
            // It is part of this library, and a test loads it.
            Err(error) => panic!("the questions of clients do not load: {error}"),
        });
    &ITEMS
}

impl Question {
    /// Its name, which is the key in a form.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim(item) => &item.name,
            Self::Information(item) => &item.name,
        }
    }

    /// What it belongs to, as a heading.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Self::Claim(item) => &item.section,
            Self::Information(item) => &item.section,
        }
    }

    /// What is asked; an IXIT says it in its explanation alone.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Claim(item) => &item.question,
            Self::Information(item) => &item.doc,
        }
    }

    /// What the answer says, and what follows from it; nothing more where the question says it all.
    #[must_use]
    pub fn doc(self) -> Option<&'static str> {
        match self {
            Self::Claim(item) => Some(&item.doc),
            Self::Information(_) => None,
        }
    }

    /// An answer, as somebody would write it.
    #[must_use]
    pub fn example(self) -> &'static Answer {
        match self {
            Self::Claim(item) => &item.example,
            Self::Information(item) => &item.example,
        }
    }

    /// Whether no report may show the answer.
    #[must_use]
    pub fn is_secret(self) -> bool {
        match self {
            Self::Claim(_) => false,
            Self::Information(item) => item.secret,
        }
    }

    /// The requirement that the answer rests on, with its sentence.
    #[must_use]
    pub fn requirement(self) -> Option<(&'static str, &'static str)> {
        let Self::Claim(item) = self else { return None };
        let id = item.requirement.as_deref()?;
        let sentence = requirement(id).map(|requirement| requirement.sentence.as_str());
        Some((id, sentence.unwrap_or_default()))
    }

    /// What makes it one that is asked; nothing where it always is.
    #[must_use]
    pub fn condition(self) -> Option<&'static Condition> {
        match self {
            Self::Claim(item) => item.condition.as_ref(),
            Self::Information(_) => None,
        }
    }

    /// Whether a form without an answer to it is void, where its condition holds.
    #[must_use]
    pub fn is_obligatory(self) -> bool {
        match self {
            Self::Claim(item) => match item.status {
                IcsStatus::Mandatory | IcsStatus::Conditional => true,
                IcsStatus::Optional => false,
            },
            Self::Information(item) => item.obligatory,
        }
    }

    /// Whether every reader answers yes to it.
    #[must_use]
    pub fn is_always_yes(self) -> bool {
        match self {
            Self::Claim(item) => item.kind == IcsKind::Boolean && item.status != IcsStatus::Optional,
            Self::Information(_) => false,
        }
    }

    /// The values that an answer chooses from, each with what it means; empty where it does not choose.
    #[must_use]
    pub fn choices(self) -> Vec<(&'static str, &'static str)> {
        let Self::Claim(item) = self else {
            return Vec::new();
        };
        let options = item.options.iter();
        let options = options.map(|option| (option.name.as_str(), option.doc.as_str()));
        let registered = self
            .registry()
            .into_iter()
            .flat_map(|(_, registry)| &registry.values);
        let registered = registered.map(|value| (value.name.as_str(), value.doc.as_str()));
        registered.chain(options).collect()
    }

    /// The registry that its values are of.
    pub(super) fn registry(self) -> Option<(&'static str, &'static Registry)> {
        let Self::Claim(item) = self else { return None };
        let name = item.registry.as_ref()?;
        let (name, registry) = protocol().registries.get_key_value(name)?;
        Some((name, registry))
    }

    /// What an answer looks like, for a person.
    #[must_use]
    pub fn expects(self) -> String {
        match self {
            Self::Claim(item) => claim(self, item),
            Self::Information(item) => match (item.digits, item.kind) {
                (Some([least, most]), _) if least == most => format!("{least} digits, in quotes"),
                (Some([least, most]), _) => format!("{least} to {most} digits, in quotes"),
                (None, IxitKind::Endpoint) => {
                    "tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND, in quotes".to_owned()
                }
                (None, IxitKind::Path) => "the path of a file, seen from the folder of this one".to_owned(),
                (None, IxitKind::Command) => "a list of a program and its arguments".to_owned(),
                (None, IxitKind::Number) => "a number above 0".to_owned(),
                (None, IxitKind::Text) => "a text in one line".to_owned(),
                (None, IxitKind::Bytes) => "bytes in lower-case hexadecimal digits, in quotes".to_owned(),
            },
        }
    }
}

fn claim(question: Question, item: &IcsItem) -> String {
    match item.kind {
        IcsKind::Boolean if question.is_always_yes() => "true, as with every reader".to_owned(),
        IcsKind::Boolean => "true or false".to_owned(),
        IcsKind::Text => "a text in one line".to_owned(),
        IcsKind::Number => {
            let [least, most] = item.range.unwrap_or([0, u64::MAX]);
            let unit = item.unit.as_deref().unwrap_or_default();
            format!("a number from {least} to {most} {unit}")
                .trim_end()
                .to_owned()
        }
        IcsKind::Values => {
            let names: Vec<_> = question.choices().into_iter().map(|(name, _)| name).collect();
            let count = match item.range {
                Some([1, 1]) => "a list of one".to_owned(),
                Some([least, most]) if least == most => format!("a list of {least}"),
                Some([least, most]) => format!("a list of {least} to {most}"),
                None => "a list".to_owned(),
            };
            let private = match question.registry() {
                Some((_, registry)) if registry.open => ", or numbers of private ones",
                Some(_) | None => "",
            };
            format!("{count} of {}{private}", names.join(", "))
        }
    }
}
