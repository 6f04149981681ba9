//! A message or document as a table of its parts, and where it is refused the exact place.

use super::{Told, help, marked::marked};
use crate::{
    protocol::protocol,
    terminal::{hex, table},
};
use cardwire_spec::{
    Place,
    interpret::{Explanation, Held, Part, Refusal, explain},
    model::{Stability, Standing},
};

/// Bytes in a row of the table, and rows for one part.
const ROW: usize = 16;
const ROWS: usize = 4;

const HEADER: [&str; 6] = ["offset", "bytes", "field", "value", "requirement", "meaning"];

pub(super) fn told(place: Place<'_>, bytes: &[u8]) -> Told {
    let explanation = explain(protocol(), place, bytes);
    let wrong = explanation.refusal.as_ref().map(|refusal| {
        (
            sentence(place, &explanation, refusal),
            help::next(place, bytes, refusal),
        )
    });
    Told {
        text: text(&explanation),
        document: explanation.to_json(),
        wrong,
    }
}

/// Why bytes are refused, in one sentence without a full stop.
pub(super) fn sentence(place: Place<'_>, explanation: &Explanation<'_>, refusal: &Refusal<'_>) -> String {
    let fault = &refusal.fault;
    let what = match &explanation.subject {
        Some(subject) => subject.name.to_owned(),
        None if place == Place::Any => String::from("message"),
        None => format!("message of {place}"),
    };
    let path = &fault.detail.path;
    let path = if *path == fault.field {
        String::new()
    } else {
        format!(", which is {path}")
    };
    format!("these bytes are no {what}: {fault}{path}")
}

/// What the bytes are, part by part; and why they are refused.
pub(super) fn text(explanation: &Explanation<'_>) -> String {
    let mut sections = Vec::new();
    if let Some(subject) = &explanation.subject {
        let so_far = if explanation.refusal.is_some() {
            "; refused, and this is what stands before the fault"
        } else {
            ""
        };
        let mut rows = Vec::new();
        add_rows(
            &mut rows,
            &explanation.parts,
            &explanation.bytes,
            explanation.at,
            "",
        );
        sections.push(format!(
            "{}, met at {}{so_far}\n\n{}",
            subject.name,
            subject.place,
            table(&HEADER, rows)
        ));
    }
    if let Some(refusal) = &explanation.refusal {
        sections.push(fault(&explanation.bytes, refusal));
    }
    sections.join("\n\n")
}

/// The place of a fault, its rule, and what is wanted there.
pub(super) fn fault(bytes: &[u8], refusal: &Refusal<'_>) -> String {
    let fault = &refusal.fault;
    let mut rows = vec![vec![
        "rule".into(),
        format!("{} ({}): {}", fault.rule, fault.rule.requirement(), refusal.rule),
    ]];
    if let Some(standing) = refusal.standing {
        let what = match refusal.field {
            Some(field) => format!("{} ({}): {}", fault.detail.path, governor(standing), field.doc),
            None => format!("{} ({})", fault.detail.path, governor(standing)),
        };
        rows.push(vec!["field".into(), what]);
    }
    rows.push(vec!["expected".into(), fault.detail.expected.clone()]);
    rows.push(vec!["found".into(), fault.detail.found.clone()]);
    format!("{}\n{}", marked(bytes, &fault.detail.mark), table(&[], rows))
}

fn governor(standing: Standing<'_>) -> String {
    match standing.stability {
        Stability::Stable => standing.requirement.to_owned(),
        Stability::Experimental | Stability::Frozen => {
            format!("{}, {}", standing.requirement, standing.stability.word())
        }
    }
}

/// One row for each value. Offsets count from the outermost message on, whatever the value stands in.
fn add_rows(rows: &mut Vec<Vec<String>>, parts: &[Part<'_>], bytes: &[u8], at: usize, within: &str) {
    for part in parts {
        let is_structure = !part.parts.is_empty() && part.prefix == 0;
        if !is_structure {
            rows.push(row(part, bytes, at, within));
        }
        add_rows(rows, &part.parts, bytes, at, within);
        let inner = format!("{within}{} > ", part.path);
        match &part.held {
            Some(Held::Message(explanation)) => {
                add_rows(
                    rows,
                    &explanation.parts,
                    &explanation.bytes,
                    explanation.at,
                    &inner,
                );
            }
            Some(Held::Instructions(steps)) => add_rows(rows, steps, bytes, at, within),
            Some(Held::NoInstructions(_)) | None => {}
        }
        if let Some((fault, held)) = part.held.as_ref().and_then(|held| Some((held.fault()?, held))) {
            let name = part
                .field
                .and_then(|field| field.holds.as_deref())
                .unwrap_or_default();
            let origin = match held {
                Held::Message(explanation) => explanation.at,
                Held::Instructions(_) | Held::NoInstructions(_) => at,
            };
            let note = format!("no {name}: {}, {}", fault.rule, fault.field);
            let offset = (origin + fault.offset).to_string();
            let meaning = format!(
                "Wanted is {}; found {}.",
                fault.detail.expected, fault.detail.found
            );
            let requirement = fault.rule.requirement().to_owned();
            rows.push(vec![
                offset,
                String::new(),
                inner.trim_end().to_owned(),
                note,
                requirement,
                meaning,
            ]);
        }
    }
}

fn row(part: &Part<'_>, bytes: &[u8], at: usize, within: &str) -> Vec<String> {
    let own = bytes
        .get(part.offset..part.offset + part.size)
        .unwrap_or_default();
    // The items of a list have rows of their own.
    let is_list = part.field.is_some_and(|field| field.count.is_some()) && part.prefix > 0;
    let own = if is_list {
        &own[..part.prefix.min(own.len())]
    } else {
        own
    };
    let offset = if part.is_absent {
        String::from("-")
    } else {
        (at + part.offset).to_string()
    };
    vec![
        offset,
        digits(own, if is_list { 0 } else { part.prefix }),
        format!("{within}{}", part.path),
        part.text.clone(),
        governor(part.standing),
        part.meaning.clone(),
    ]
}

/// Bytes in rows, the prefix of a length apart; as many as a part has room for.
fn digits(bytes: &[u8], prefix: usize) -> String {
    let (prefix, content) = bytes.split_at(prefix.min(bytes.len()));
    let mut rows: Vec<String> = content.chunks(ROW).take(ROWS).map(hex).collect();
    if let Some(more) = content.len().checked_sub(ROW * ROWS).filter(|more| *more > 0) {
        rows.push(format!("and {more} more"));
    }
    match (prefix, rows.first_mut()) {
        ([], _) => {}
        (_, Some(first)) => *first = format!("{} {first}", hex(prefix)),
        (_, None) => rows.push(hex(prefix)),
    }
    rows.join("\n")
}
