//! Texts that others hand to this suite, each read from the text alone and written again.
//!
//! What reads a file goes through the same readers. This is for tools that have texts and no files, such as campaigns
//! that look for a text which a reader of ours does not survive.

use crate::{
    expected::{self, parse_expected},
    ics::{Form, Kind},
    model, plan,
    report::{dsse, statement::Statement, stored},
};
use cardwire_spec::problem::Problems;

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// What a vendor claims of a reader.
    Ics,
    /// What a vendor claims of a client.
    ClientIcs,
    /// What a laboratory knows of a sample.
    Ixit,
    /// A case as data, as in `vectors/session`.
    Sequence,
    /// A list of failures that are known.
    ExpectedFailures,
    /// `report.json`.
    Report,
    /// `trace.jsonl`.
    Traces,
    /// The signed statement of a report.
    Statement,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Ics,
        Self::ClientIcs,
        Self::Ixit,
        Self::Sequence,
        Self::ExpectedFailures,
        Self::Report,
        Self::Traces,
        Self::Statement,
    ];

    /// Its name, for a person.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ics => "ics",
            Self::ClientIcs => "client-ics",
            Self::Ixit => "ixit",
            Self::Sequence => "sequence",
            Self::ExpectedFailures => "expected-failures",
            Self::Report => "report",
            Self::Traces => "traces",
            Self::Statement => "statement",
        }
    }

    /// Reads the text, and writes what it says; `file` names it. Written again that is the same.
    ///
    /// # Errors
    /// Everything that is wrong with the text, by file and place.
    pub fn rewrite(self, file: &str, text: &str) -> Result<String, String> {
        let told = |what: String| format!("{file}: {what}");
        match self {
            Self::Ics => form(Kind::Ics, file, text),
            Self::ClientIcs => form(Kind::ClientIcs, file, text),
            Self::Ixit => form(Kind::Ixit, file, text),
            Self::Sequence => plan::read_sequence(file, text)
                .map(|sequence| model::to_toml(&sequence))
                .map_err(|problems| problems.to_string()),
            Self::ExpectedFailures => parse_expected(text)
                .map(|list| expected::to_toml(&list))
                .map_err(|error| told(error.to_string())),
            Self::Report => stored::rewritten(text.as_bytes()).map_err(told),
            Self::Traces => stored::rewritten_traces(text.as_bytes()).map_err(told),
            Self::Statement => {
                let sealed = dsse::open(text).map_err(told)?;
                let statement = Statement::parse(&sealed.payload).map_err(told)?;
                let payload = statement.to_json().map_err(|error| told(error.to_string()))?;
                Ok(sealed.with_payload(&payload))
            }
        }
    }
}

fn form(kind: Kind, file: &str, text: &str) -> Result<String, String> {
    let form = Form::parse(kind, file, text).map_err(|problems: Problems| problems.to_string())?;
    Ok(form.to_toml())
}

#[cfg(test)]
mod tests {
    use super::Document;

    /// Written in the other language: a login without grants, a character that TOML escapes and JSON does not, a name that
    /// needs quotes, a float that is no number.
    #[test]
    fn a_sequence_is_written_as_it_is_read() {
        let sequence = "id = \"a.b\"\ngroup = \"a\"\ntitle = \"A \\u007f\"\nrequirements = []\nstart = \"serving\"\n\
                        card = \"certification\"\n[[step]]\nlogin = { offers = [\"card.identify\"] }\n\
                        [[step]]\nsend = \"hello\"\nwith = { \"a b\" = nan, \"\" = 1.5 }\n";
        let written = Document::Sequence.rewrite("a.toml", sequence);
        let written = written.unwrap_or_else(|told| panic!("{told}"));
        for kept in [
            "card = \"certification\"",
            "\\u007f",
            "\"a b\" = nan",
            "login = { offers = [\"card.identify\"], format = \"native\" }",
        ] {
            assert!(written.contains(kept), "{kept} is not in\n{written}");
        }
        assert_eq!(Document::Sequence.rewrite("a.toml", &written), Ok(written));
    }

    #[test]
    fn a_sequence_that_is_none_is_told_by_file_and_place() {
        let told = Document::Sequence
            .rewrite("a.toml", "id = \"a\"\nsteps = 1\n")
            .unwrap_err();
        assert!(
            told.starts_with("a.toml:2:1: unknown field `steps`, expected one of "),
            "{told}"
        );
        assert!(told.contains("vectors/README.md"), "{told}");
    }

    /// Finding the place of each slip takes a walk over the text.
    #[test]
    fn a_form_of_nothing_but_slips_is_told_in_part() {
        let form: String = (0..3000).map(|number| format!("q{number} = 1\n")).collect();
        let told = Document::Ics.rewrite("a.toml", &form).unwrap_err();
        assert_eq!(told.matches("help: ").count(), 100);
    }
}
