//! Limits and timers.

use super::Checker;
use crate::{model::Quantity, source::At};

/// Limits that sizes of messages and the shape of execution logic follow from.
const WANTED: [&str; 6] = [
    "frame_min",
    "frame_overhead",
    "tag_size",
    "message_max",
    "relayed_max",
    "registers",
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
        quantity(checker, &at, timer);
    }
    sizes(checker);
}

fn quantity(checker: &mut Checker<'_>, at: &At, quantity: &Quantity) {
    checker.doc(at, &quantity.doc);
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
    for name in WANTED {
        if !protocol.limits.contains_key(name) {
            checker.find(
                At::top("limit"),
                format!("the limit `{name}` is missing"),
                "add it: sizes of messages or of execution logic follow from it",
            );
            return;
        }
    }
    let sum = protocol.limit("message_max") + protocol.limit("frame_overhead") + protocol.limit("tag_size");
    if sum != protocol.limit("frame_min") {
        checker.find(
            At::top("limit").key("message_max").key("value"),
            format!("with overhead and tag it makes a frame of {sum} bytes, not of frame_min"),
            "write frame_min - frame_overhead - tag_size",
        );
    }
    if protocol.limit("relayed_max") + protocol.limit("tag_size") > protocol.limit("message_max") {
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
