//! Failures that are known: a run that has them and no others tells nothing new, and still certifies nothing.
//!
//! The list can't rot: a case of it that passes, that fails in another way, or that did not run fails the run.

use super::{certify::Options, plan, run::CaseResult};
use crate::{glob, verdict::Verdict};
use serde::Deserialize;
use std::collections::BTreeSet;

/// How many cases one entry may fit.
pub const WILDCARD_MAX: usize = 20;

/// A failure that is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The id of the case; `*` and `?` stand for characters, and all cases that fit have the same message.
    pub case: String,
    /// What the case says when it fails, to the letter: the member `reason` of its entry in `report.json`.
    pub message: String,
}

/// Why a text is no list of expected failures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of expected failures can't be read: {0}")]
pub struct ExpectedError(String);

/// Reads a list of expected failures: a TOML file with a table `[[expected]]` for each, of `case` and `message`.
///
/// # Errors
/// What makes the text no such list, and where.
pub fn parse_expected(text: &str) -> Result<Vec<Expected>, ExpectedError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        expected: Vec<Expected>,
    }
    let file: File = toml::from_str(text).map_err(|error| ExpectedError(error.to_string()))?;
    Ok(file.expected)
}

/// What a list says of a run.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// What fails the run although no case of it says so.
    pub(super) problems: Vec<String>,
    /// The cases that failed as the list says.
    pub(super) as_expected: BTreeSet<String>,
}

/// Holds a list against what came out.
pub(super) fn compare(options: &Options, results: &[CaseResult]) -> Compared {
    let mut compared = Compared::default();
    for Expected { case, message } in &options.expected {
        let fits: Vec<_> = results
            .iter()
            .filter(|result| glob::matches(case, &result.case.id))
            .collect();
        if fits.is_empty() && !plan::is_left_out(options, case) {
            compared
                .problems
                .push(format!("expected to fail, and there is no such case: {case}"));
        }
        for result in fits {
            let id = &result.case.id;
            let problem = match &result.verdict {
                Verdict::Fail { finding } if finding.to_string() == *message => {
                    compared.as_expected.insert(id.clone());
                    continue;
                }
                Verdict::Fail { finding } => {
                    format!("{id} fails in another way than expected: it says `{finding}`, not `{message}`")
                }
                Verdict::Pass | Verdict::NonStrict { .. } => {
                    format!("{id} is expected to fail, and passes: take it from the list")
                }
                Verdict::Inconclusive { reason }
                | Verdict::Error { reason }
                | Verdict::NotApplicable { declaration: reason } => {
                    format!("{id} is expected to fail, and did not run: {reason}")
                }
            };
            compared.problems.push(problem);
        }
    }
    compared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_what_is_none_is_refused() {
        let text = "[[expected]]\ncase = \"codec.frame.hello\"\nmessage = \"a\"\n";
        let expected = Expected {
            case: "codec.frame.hello".into(),
            message: "a".into(),
        };
        assert_eq!(parse_expected(text), Ok(vec![expected]));
        assert_eq!(parse_expected(""), Ok(Vec::new()));
        for wrong in [
            "[[expected]]\ncase = \"a\"",
            "[[expect]]",
            "expected = 1",
            "=",
            &format!("{text}why = 1"),
        ] {
            let error = parse_expected(wrong).unwrap_err().to_string();
            assert!(
                error.starts_with("the list of expected failures can't be read: "),
                "{error}"
            );
        }
    }
}
