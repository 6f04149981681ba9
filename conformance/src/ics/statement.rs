//! A whole ICS: what a vendor claims of a reader, and so which cases apply to it.

use super::{Answer, Form, FormError, Kind, Need};
use crate::subject::Description;
use cardwire_peers::Endpoint;
use cardwire_spec::problem::Problems;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A statement of conformance that is whole: every answer is one, and nothing that every reader has is claimed away.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    form: Form,
    file: Option<PathBuf>,
}

impl Statement {
    /// Reads a statement from a file.
    ///
    /// # Errors
    /// The file can't be read, or is void; all of its problems are named.
    pub fn load(path: &Path) -> Result<Self, FormError> {
        let file = Some(path.to_owned());
        Form::load(Kind::Ics, path).map(|form| Self { form, file })
    }

    /// Reads a statement from text; `file` names it in problems.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        Form::parse(Kind::Ics, file, text).map(|form| Self { form, file: None })
    }

    /// Reads the statement of a client from a file.
    ///
    /// # Errors
    /// The file can't be read, or is void; all of its problems are named.
    pub fn load_of_client(path: &Path) -> Result<Self, FormError> {
        let file = Some(path.to_owned());
        Form::load(Kind::ClientIcs, path).map(|form| Self { form, file })
    }

    /// Reads the statement of a client from text; `file` names it in problems.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse_of_client(file: &str, text: &str) -> Result<Self, Problems> {
        Form::parse(Kind::ClientIcs, file, text).map(|form| Self { form, file: None })
    }

    /// Where a client's statement and what its program tells of it are not the same: nothing would look at what is there
    /// and not claimed, and what is claimed has to be there.
    #[must_use]
    pub fn contradicted_by(&self, told: &Description) -> Vec<String> {
        let mut wrong = Vec::new();
        for (item, is) in [("product", &told.name), ("version", &told.version)] {
            if let Some(claimed) = self.text(item).filter(|claimed| *claimed != is.as_str()) {
                wrong.push(format!(
                    "the ICS claims {item} `{claimed}`, and the program tells `{is}`"
                ));
            }
        }
        let formats: Vec<_> = told.formats.iter().map(String::as_str).collect();
        for (item, is) in [("ops", &told.ops), ("formats", &formats)] {
            let claimed = self.values(item);
            let lacks = claimed.iter().filter(|value| !is.contains(&value.as_str()));
            wrong.extend(lacks.map(|value| {
                format!("the ICS claims `{value}` in `{item}`, and the program does not tell it")
            }));
            let more = is.iter().filter(|value| !self.has(item, value));
            wrong.extend(more.map(|value| {
                format!("the program tells `{value}` in `{item}`, and the ICS does not claim it")
            }));
        }
        if self.says_yes("scales") != told.scales {
            wrong.push("ICS and program do not say the same of `scales`".to_owned());
        }
        wrong
    }

    /// The answers themselves.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// The file that it was read from.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether a claim has this value among its values.
    #[must_use]
    pub fn has(&self, item: &str, value: &str) -> bool {
        self.values(item).iter().any(|claimed| claimed == value)
    }

    /// The values of a claim; none where it is not made.
    #[must_use]
    pub fn values(&self, item: &str) -> &[String] {
        match self.form.answers.get(item) {
            Some(Answer::List(values)) => values,
            Some(Answer::Boolean(_) | Answer::Number(_) | Answer::Fraction(_) | Answer::Text(_)) | None => {
                &[]
            }
        }
    }

    /// The number of a claim.
    #[must_use]
    pub fn number(&self, item: &str) -> Option<u64> {
        match self.form.answers.get(item) {
            Some(Answer::Number(number)) => Some(*number),
            Some(Answer::Boolean(_) | Answer::Fraction(_) | Answer::Text(_) | Answer::List(_)) | None => None,
        }
    }

    /// The text of a claim.
    #[must_use]
    pub fn text(&self, item: &str) -> Option<&str> {
        match self.form.answers.get(item) {
            Some(Answer::Text(text)) => Some(text),
            Some(Answer::Boolean(_) | Answer::Number(_) | Answer::Fraction(_) | Answer::List(_)) | None => {
                None
            }
        }
    }

    /// Whether a claim of yes or no says yes.
    #[must_use]
    pub fn says_yes(&self, item: &str) -> bool {
        self.form.answers.get(item) == Some(&Answer::Boolean(true))
    }

    /// The first of these needs that the statement does not meet, as the declaration for which a case does not apply.
    #[must_use]
    pub fn unmet(&self, needs: &[Need]) -> Option<String> {
        let unmet = needs.iter().find(|need| !need.is_met(self))?;
        Some(unmet.declaration())
    }

    /// Whether the statement claims the byte stream behind this endpoint, or what is to be claimed.
    ///
    /// # Errors
    /// The names of the streams that it may be, none of which is claimed.
    pub fn claims_link(&self, endpoint: &Endpoint) -> Result<(), &'static [&'static str]> {
        let streams: &[&str] = match endpoint {
            Endpoint::Tcp { .. } => &["tcp"],
            // A serial port of the system may be either.
            Endpoint::Serial { .. } => &["serial", "usb"],
            Endpoint::Exec { .. } => &["stdio"],
        };
        if streams.iter().any(|stream| self.has("links", stream)) {
            Ok(())
        } else {
            Err(streams)
        }
    }

    /// The answers as reports show them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.form.to_json()
    }
}
