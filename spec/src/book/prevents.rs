//! The line `*Prevents:*` of a requirement: links to threats and origin lines, and what would not interoperate.

use super::{Prevents, chapter::Section, words};
use crate::problem::Problem;

const FORMAT: &str = "write it like `*Prevents:* [T-14](security.md#t-14), [O-9](origin.md#o-9); interoperability: \
                      two readers answer each other for ever.`; one of the three parts is enough";
const INTEROPERABILITY: &str = "interoperability:";

/// A link to a threat or origin line, as it is written.
#[derive(Clone, Debug)]
pub(super) struct Citation {
    pub(super) id: String,
    pub(super) target: String,
    pub(super) line: usize,
}

/// What the line says, and what is wrong with it. Whether threats and origin lines exist is not known here.
pub(super) fn parse(
    section: &Section<'_>,
    (line, text): &(usize, String),
) -> (Prevents, Vec<Citation>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut find = |message: String| problems.push(section.problem((*line, 1), message, FORMAT));
    let body = text.strip_suffix('.').unwrap_or_else(|| {
        find("the line does not end with a full stop".into());
        text
    });
    let (links, failure) = match body.split_once(INTEROPERABILITY) {
        Some((links, failure)) => (links.trim(), Some(failure.trim())),
        None => (body.trim(), None),
    };
    let mut prevents = Prevents {
        interoperability: failure.filter(|failure| !failure.is_empty()).map(str::to_owned),
        ..Prevents::default()
    };
    if failure == Some("") {
        find("the failure behind `interoperability:` is missing".into());
    }
    let links = match (failure, links.strip_suffix(';')) {
        (Some(_), Some(links)) => links.trim(),
        (Some(_), None) if !links.is_empty() => {
            find("there is no semicolon before `interoperability:`".into());
            links.trim_end_matches(',')
        }
        (Some(_) | None, _) => links,
    };
    let mut citations = Vec::new();
    for item in links.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let link = item
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(')')?.split_once("]("));
        let Some((id, target)) = link else {
            find(format!("`{item}` is no link"));
            continue;
        };
        let list = match words::concern(id) {
            Some(('O', _)) => &mut prevents.origins,
            Some(_) => &mut prevents.threats,
            None => {
                find(format!(
                    "`{id}` is neither a threat (T-1, U-1) nor an origin line (O-1)"
                ));
                continue;
            }
        };
        if list.iter().any(|known| known == id) {
            find(format!("{id} is named twice"));
            continue;
        }
        list.push(id.to_owned());
        citations.push(Citation {
            id: id.to_owned(),
            target: target.to_owned(),
            line: *line,
        });
    }
    if prevents.is_empty() && problems.is_empty() {
        problems.push(section.problem((*line, 1), "nothing is prevented", FORMAT));
    }
    (prevents, citations, problems)
}
