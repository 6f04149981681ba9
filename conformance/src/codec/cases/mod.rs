//! All cases: one for each vector and what can be asked of it, and as many generated ones as wanted.

mod decode;
mod encode;
mod frames;
mod generated;
mod refused;
mod streams;
mod transcode;

use super::{
    case::{Case, Expect, Found, Group, Refusal},
    request::Request,
};
use crate::embedded::protocol;
use cardwire_spec::interpret::{
    Fault,
    frame::{self, Frame},
};
pub(super) use generated::case as generated;
pub(crate) use generated::number_of;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

/// How many generated cases a run has where nothing else is said.
pub const GENERATED: u32 = 2_000;

/// How many generated cases a run may have: all of them are kept for the report.
pub const GENERATED_MAX: u32 = 100_000;

/// All cases but the generated ones, in the order in which they run: what is right before what is wrong.
#[must_use]
pub fn cases() -> &'static [Case] {
    static ALL: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut all = decode::cases();
        all.extend(encode::cases());
        all.extend(transcode::cases());
        all.extend(frames::cases());
        all.extend(streams::cases());
        all.sort_by_key(|case| (case.group, case.twin.is_some()));
        all
    });
    &ALL
}

/// The cases, and the requirements that each of them checks; generated ones under one name, [`FAMILY`], since there are as
/// many of them as anybody wants.
pub(crate) fn requirements() -> BTreeMap<String, BTreeSet<String>> {
    let generated = (0..GENERATED).map(|number| generated(0, number));
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for case in cases().iter().cloned().chain(generated) {
        all.entry(family(&case.id).to_owned())
            .or_default()
            .extend(case.requirements);
    }
    all
}

/// What generated cases are called together.
const FAMILY: &str = "codec.generated";

/// The name under which the proof knows a case.
pub(crate) fn family(id: &str) -> &str {
    number_of(id).map_or(id, |_| FAMILY)
}

fn new(
    id: String,
    group: Group,
    title: String,
    requirements: &[&str],
    request: Request,
    expect: Expect,
) -> Case {
    Case {
        id,
        group,
        title,
        requirements: requirements.iter().map(|&id| id.to_owned()).collect(),
        twin: None,
        request,
        expect,
    }
}

/// The same case, which says nothing before that one has passed.
fn with_twin(case: Case, twin: String) -> Case {
    Case {
        twin: Some(twin),
        ..case
    }
}

/// What a program has to name that refuses bytes for this fault.
fn refusal(fault: Fault) -> Expect {
    Expect::Refusal(Refusal {
        rule: Some((fault.rule, fault.field)),
        offset: Some(fault.offset),
        or_error: false,
    })
}

/// What the interpreter finds in a stream, for a receiver of this size.
fn found(stream: &[u8], max_frame: u64) -> Vec<Found> {
    frame::lines(stream)
        .map(|line| found_in(line, max_frame))
        .collect()
}

fn found_in(line: &[u8], max_frame: u64) -> Found {
    match frame::decode(protocol(), line) {
        Ok(frame) if frame.payload.len() as u64 + protocol().limit("frame_overhead") > max_frame => {
            Found::Fault(vec![TOO_LONG])
        }
        Ok(Frame {
            kind,
            number,
            payload,
        }) => Found::Frame {
            kind,
            number,
            payload,
        },
        // Who has no room for a line does not see what else is wrong with it.
        Err(fault) if line.len() as u64 > max_frame => Found::Fault(vec![TOO_LONG, fault.name()]),
        Err(fault) => Found::Fault(vec![fault.name()]),
    }
}

/// The name of the fault of a frame that is larger than its receiver takes.
const TOO_LONG: &str = "too-long";

/// The requirement that a line breaks by which it is no frame.
fn requirement_of(fault: &str) -> &'static str {
    match fault {
        "cobs" => "CW-LINK-002",
        "checksum" => "CW-LINK-003",
        _ => "CW-LINK-005",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hex, requirement::requirement};
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn ids_are_unique_names_and_begin_with_their_group() {
        let ids: BTreeSet<_> = cases().iter().map(|case| &case.id).collect();
        assert_eq!(ids.len(), cases().len());
        for case in cases() {
            assert!(
                case.id.starts_with(&format!("codec.{}.", case.group)),
                "{}",
                case.id
            );
            let legal =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
            assert!(case.id.chars().all(legal), "{}", case.id);
        }
    }

    #[test]
    fn every_case_names_requirements_of_the_book_and_a_twin_that_stands_before_it() {
        let mut before: BTreeMap<&str, bool> = BTreeMap::new();
        for case in cases() {
            assert!(!case.requirements.is_empty(), "{}", case.id);
            for id in &case.requirements {
                assert!(requirement(id).is_some(), "{} names {id}", case.id);
            }
            if let Some(twin) = &case.twin {
                assert!(before.contains_key(twin.as_str()), "{} names {twin}", case.id);
            }
            let refuses = matches!(&case.expect, Expect::Refusal(_));
            assert!(case.twin.is_some() || !refuses, "{} has no twin", case.id);
            before.insert(&case.id, true);
        }
    }

    #[test]
    fn there_are_cases_of_every_group_and_of_every_rule_that_version_1_can_break() {
        for group in Group::MANDATORY {
            let count = cases().iter().filter(|case| case.group == group).count();
            println!("{group}: {count}");
            assert!(count >= 50, "{group}");
        }
        for group in [Group::Decode, Group::Encode] {
            let rules: BTreeSet<_> = cases()
                .iter()
                .filter(|case| case.group == group)
                .filter_map(|case| match &case.expect {
                    Expect::Refusal(refusal) => refusal.rule.as_ref().map(|(rule, _)| rule.name()),
                    _ => None,
                })
                .collect();
            for rule in [
                "range",
                "length",
                "count",
                "value",
                "text",
                "order",
                "extension-order",
            ] {
                assert!(rules.contains(rule), "{group}: {rule}");
            }
        }
    }

    #[test]
    fn a_stream_is_read_as_the_chapter_on_the_link_says() {
        let good = "020101010101010106010101010205aa0c6e2a00";
        let bytes = |text: &str| hex::decode(text).unwrap();
        let is_frame = |found: &Found| matches!(found, Found::Frame { number: 1, .. });
        let two = found(&bytes(&format!("00{good}00{good}0203")), 512);
        assert!(two.len() == 2 && two.iter().all(is_frame), "{two:?}");
        let damaged = found(&bytes(&format!("05{good}{good}")), 512);
        assert!(damaged.len() == 2 && is_frame(&damaged[1]), "{damaged:?}");
        let small = found(&bytes(good), 17);
        assert_eq!(small, [Found::Fault(vec![TOO_LONG])]);
        assert!(is_frame(&found(&bytes(good), 18)[0]));
    }
}
