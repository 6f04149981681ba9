//! Failures that are known: a run that has them and no others tells nothing new, and still certifies nothing.
//!
//! The list can't rot: a case of it that passes, that fails in another way, or that did not run fails the run.

use crate::{glob, ics::quoted, verdict::Verdict};
use serde::Deserialize;
use std::collections::BTreeSet;

/// How many cases one entry may fit.
pub const WILDCARD_MAX: usize = 20;

/// What stands for any characters in a message.
const ANYTHING: char = '…';
/// What must stand before that: requirement and expectation are pinned.
const SEEN: &str = ", seen ";

/// A failure that is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The id of the case; `*` and `?` stand for characters, and all cases that fit have the same message.
    pub case: String,
    /// What the case says when it fails, to the letter: the member `reason` of its entry in `report.json`. What differs
    /// from run to run in what was seen, such as a time, is written `…`, which stands for any characters.
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
    match file.expected.iter().find(|entry| is_loose(&entry.message)) {
        Some(Expected { case, .. }) => Err(ExpectedError(format!(
            "the message of {case} holds {ANYTHING} before `{SEEN}`, and would fit any failure"
        ))),
        None => Ok(file.expected),
    }
}

/// A list in the form in which it is read.
pub(crate) fn to_toml(list: &[Expected]) -> String {
    list.iter()
        .fold(String::new(), |out, Expected { case, message }| {
            out + &format!(
                "[[expected]]\ncase = {}\nmessage = {}\n",
                quoted(case),
                quoted(message)
            )
        })
}

/// What a list says of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compared {
    /// What fails the run although no case of it says so.
    pub(crate) problems: Vec<String>,
    /// The cases that failed as the list says.
    pub(crate) as_expected: BTreeSet<String>,
}

/// Holds a list against what came out: the ids of the cases of a run, and how they ended. Patterns for which `is_left_out`
/// says so stand for cases that are no part of this run.
pub(crate) fn compare<'r>(
    list: &[Expected],
    results: impl Iterator<Item = (&'r str, &'r Verdict)> + Clone,
    is_left_out: impl Fn(&str) -> bool,
) -> Compared {
    let mut compared = Compared::default();
    for Expected { case, message } in list {
        let fits: Vec<_> = results
            .clone()
            .filter(|(id, _)| glob::matches(case, id))
            .collect();
        if fits.is_empty() && !is_left_out(case) {
            compared
                .problems
                .push(format!("expected to fail, and there is no such case: {case}"));
        }
        for (id, verdict) in fits {
            match deviation(id, verdict, message) {
                Some(problem) => compared.problems.push(problem),
                None => {
                    compared.as_expected.insert(id.to_owned());
                }
            }
        }
    }
    compared
}

/// What is not as the list says about a case that it expects to fail with this message.
fn deviation(id: &str, verdict: &Verdict, message: &str) -> Option<String> {
    match verdict {
        Verdict::Fail { finding } if is_as_told(message, &finding.to_string()) => None,
        Verdict::Fail { finding } => Some(format!(
            "{id} fails in another way than expected: it says `{finding}`, not `{message}`"
        )),
        Verdict::Flaky { .. } => Some(format!("{id} is expected to fail, and does not always")),
        Verdict::Pass | Verdict::NonStrict { .. } => Some(format!(
            "{id} is expected to fail, and passes: take it from the list"
        )),
        Verdict::Inconclusive { reason }
        | Verdict::Error { reason }
        | Verdict::NotApplicable { declaration: reason } => {
            Some(format!("{id} is expected to fail, and did not run: {reason}"))
        }
    }
}

/// Whether a case says what the list says, where `…` stands for any characters.
fn is_as_told(message: &str, said: &str) -> bool {
    let mut parts = message.split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|first| said.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Why an entry is refused that would fit whatever a case says.
fn is_loose(message: &str) -> bool {
    let pinned = message.split(ANYTHING).next().unwrap_or_default();
    message.contains(ANYTHING) && !pinned.contains(SEEN)
}

/// Why a list is refused: a pattern that stands for so many cases that nobody can have looked at all of them.
pub(crate) fn too_wide<'c>(list: &[Expected], ids: impl Iterator<Item = &'c str> + Clone) -> Option<String> {
    list.iter().find_map(|Expected { case: pattern, .. }| {
        let fits = ids.clone().filter(|id| glob::matches(pattern, id)).count();
        (fits > WILDCARD_MAX).then(|| {
            format!(
                "the expected failure `{pattern}` fits {fits} cases; {WILDCARD_MAX} is the most that one entry may fit"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Finding;

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

    #[test]
    fn a_list_that_is_not_right_any_more_is_told() {
        let failed = |seen: &str| Verdict::Fail {
            finding: Finding {
                requirement: "CW-LINK-004".into(),
                expected: "a".into(),
                seen: seen.into(),
            },
        };
        let message = "CW-LINK-004: expected a, seen b";
        let list = |case: &str| {
            let (case, message) = (case.to_owned(), message.to_owned());
            [Expected { case, message }]
        };
        let reason = || String::from("no card");
        for (verdict, problem) in [
            (failed("b"), None),
            (failed("c"), Some("fails in another way than expected")),
            (Verdict::Pass, Some("passes: take it from the list")),
            (
                Verdict::Inconclusive { reason: reason() },
                Some("did not run: no card"),
            ),
            (failed("b").confirmed_by(&Verdict::Pass), Some("does not always")),
        ] {
            let results = [("link.a", &verdict)];
            let compared = compare(&list("link.?"), results.into_iter(), |_| false);
            match problem {
                None => assert!(compared.problems.is_empty() && compared.as_expected.contains("link.a")),
                Some(problem) => assert!(compared.problems[0].contains(problem), "{compared:?}"),
            }
        }
        let none = || core::iter::empty();
        assert_eq!(compare(&list("link.a"), none(), |_| false).problems.len(), 1);
        assert_eq!(compare(&list("link.a"), none(), |_| true).problems.len(), 0);
    }

    #[test]
    fn what_differs_from_run_to_run_may_be_left_open() {
        for (message, said, fits) in [
            ("a: expected b, seen c", "a: expected b, seen c", true),
            ("a: expected b, seen c", "a: expected b, seen cd", false),
            (
                "a: expected b, seen {\"uptime\":…}",
                "a: expected b, seen {\"uptime\":17}",
                true,
            ),
            (
                "a: expected b, seen … of … in …",
                "a: expected b, seen 1 of 2 in 3",
                true,
            ),
            (
                "a: expected b, seen … of … in 4",
                "a: expected b, seen 1 of 2 in 3",
                false,
            ),
            ("a: expected b, seen …", "a: expected x, seen 1", false),
        ] {
            assert_eq!(is_as_told(message, said), fits, "{message} / {said}");
        }
        for loose in ["…", "a: …", "a: expected …, seen c"] {
            let text = format!("[[expected]]\ncase = \"a\"\nmessage = \"{loose}\"\n");
            assert!(parse_expected(&text).is_err(), "{loose}");
        }
    }

    #[test]
    fn patterns_are_bounded() {
        let ids: Vec<String> = (0..=WILDCARD_MAX)
            .map(|number| format!("link.{number}"))
            .collect();
        let list = [Expected {
            case: "link.*".into(),
            message: String::new(),
        }];
        let ids = || ids.iter().map(String::as_str);
        assert!(too_wide(&list, ids()).unwrap().contains("fits 21 cases"));
        assert_eq!(too_wide(&list, ids().skip(1)), None);
    }
}
