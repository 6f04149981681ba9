//! Limits and timers.

use super::Checker;
use crate::{model::Quantity, source::At};

/// Limits that sizes of messages and the shape of execution logic follow from, or that code names.
const WANTED: [&str; 14] = [
    "diagnostics_min",
    "failures_max",
    "frame_max",
    "frame_min",
    "frame_overhead",
    "tag_size",
    "job_data_max",
    "logic_max",
    "logic_steps_max",
    "loop_depth_max",
    "message_max",
    "register_size",
    "registers",
    "relayed_max",
];

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    for (name, limit) in &protocol.limits {
        let at = At::top("limit").key(name);
        checker.snake_case(at.clone(), name);
        quantity(checker, &at, limit);
    }
    for (name, timer) in &protocol.timers {
        let at = At::top("timer").key(name);
        if !name
            .strip_prefix("T_")
            .is_some_and(|rest| super::is_words(rest, "_"))
        {
            checker.find(
                at.clone(),
                format!("the name `{name}` is not that of a timer"),
                "write it like T_answer",
            );
        }
        if timer.unit != "ms" {
            checker.find(
                at.key("unit"),
                format!("a timer counts milliseconds, not `{}`", timer.unit),
                "write unit = \"ms\"",
            );
        }
        if timer.value == 0 {
            checker.find(
                at.key("value"),
                format!("the timer `{name}` runs out at once"),
                "write 1 or more",
            );
        }
        quantity(checker, &at, timer);
    }
    if has_wanted(checker) {
        sizes(checker);
    }
    waits(checker);
}

/// Whether all limits are there that other parts follow from.
fn has_wanted(checker: &mut Checker<'_>) -> bool {
    let limits = &checker.protocol.limits;
    let missing: Vec<_> = WANTED
        .into_iter()
        .filter(|name| !limits.contains_key(*name))
        .collect();
    for name in &missing {
        checker.find(
            At::top("limit"),
            format!("the limit `{name}` is missing"),
            "add it: sizes of messages, execution logic or code follow from it",
        );
    }
    missing.is_empty()
}

fn quantity(checker: &mut Checker<'_>, at: &At, quantity: &Quantity) {
    checker.doc(at, &quantity.doc);
    checker.one_line(&at.key("unit"), &quantity.unit);
    checker.requirement(at, &quantity.requirement);
    if quantity.unit.trim().is_empty() {
        checker.find(
            at.key("unit"),
            "the unit is missing",
            "say what the figure counts",
        );
    }
}

/// The limits that follow from others.
fn sizes(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    if protocol.limit("frame_max") < protocol.limit("frame_min") {
        checker.find(
            At::top("limit").key("frame_max").key("value"),
            "it is below frame_min",
            "write frame_min or more",
        );
    }
    let sum = protocol
        .limit("message_max")
        .saturating_add(protocol.limit("frame_overhead"))
        .saturating_add(protocol.limit("tag_size"));
    if sum != protocol.limit("frame_min") {
        checker.find(
            At::top("limit").key("message_max").key("value"),
            format!("with overhead and tag it makes a frame of {sum} bytes, not of frame_min"),
            "write frame_min - frame_overhead - tag_size",
        );
    }
    let relayed = protocol
        .limit("relayed_max")
        .saturating_add(protocol.limit("tag_size"));
    if relayed > protocol.limit("message_max") {
        checker.find(
            At::top("limit").key("relayed_max").key("value"),
            "with its tag it does not fit into a sealed message",
            "leave room for the tag and for the fields around it",
        );
    }
    if !(1..=256).contains(&protocol.limit("registers")) {
        checker.find(
            At::top("limit").key("registers").key("value"),
            "a register's number is one byte",
            "write 1 to 256",
        );
    }
}

/// The timers that follow from others.
fn waits(checker: &mut Checker<'_>) {
    let timers = &checker.protocol.timers;
    if let (Some(repeat), Some(answer)) = (timers.get("T_repeat"), timers.get("T_answer"))
        && repeat.value <= answer.value
    {
        checker.find(
            At::top("timer").key("T_repeat").key("value"),
            "a request is repeated while its answer may still come in time",
            "write more than T_answer",
        );
    }
}
