//! Comparing two schemas: what is frozen, what takes another meaning, and what older ends pass over.

use cardwire_spec::{
    Protocol,
    diff::{Review, diff},
};

const SCHEMA: &str = include_str!("../protocol.toml");
const CONNECT: &str = "name = \"connect\"\ncode";
const EVENT: &str = "[[message]]\nname = \"notice\"\ncode = 0x43\ndirection = \"reader-to-client\"\nchannel = \"sealed\"\nevent = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"A notice.\"\nfields = []\n\n[[message]]\nname = \"progress\"";

/// Behind the first text, the second one becomes the third one.
type Edit<'e> = (&'e str, &'e str, &'e str);

fn protocol(text: &str) -> Protocol {
    cardwire_spec::parse("protocol.toml", text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn apply(text: &str, (behind, from, to): Edit<'_>) -> String {
    let start = text
        .find(behind)
        .unwrap_or_else(|| panic!("{behind} is not there"));
    let (head, tail) = text.split_at(start);
    assert!(tail.contains(from), "{from} does not stand behind {behind}");
    head.to_owned() + &tail.replacen(from, to, 1)
}

fn review(edits: &[Edit<'_>]) -> Review {
    let edited = edits
        .iter()
        .fold(SCHEMA.to_owned(), |text, edit| apply(&text, *edit));
    diff(&protocol(SCHEMA), &protocol(&edited))
}

/// Each change: its word, and whether it is safe.
fn told(edits: &[Edit<'_>]) -> Vec<(&'static str, bool)> {
    let review = review(edits);
    let changes = review.changes.iter();
    changes
        .map(|change| (change.kind.judgement().word, change.is_safe()))
        .collect()
}

/// What breaks a promise although the version is raised.
fn broken(edit: Edit<'_>) -> Vec<&'static str> {
    let review = review(&[("[protocol]", "version = 1", "version = 2"), edit]);
    let broken = review.broken_promises();
    broken.map(|change| change.kind.judgement().word).collect()
}

#[test]
fn the_place_of_a_frozen_field_is_frozen() {
    let [hello, method] = [
        "    { name = \"hello\", type = \"bytes\"",
        "    { name = \"method\"",
    ];
    let more = |field: &str| format!("    {{ name = \"more\", type = \"u8\", doc = \"More.\" }},\n{field}");
    assert_eq!(broken((CONNECT, "code = 0x02", "code = 0x0D")), ["message-code"]);
    assert_eq!(broken((CONNECT, hello, &more(hello))), ["field-added"]);
    assert_eq!(broken((CONNECT, method, &more(method))), [""; 0]);
    let shorter = (CONNECT, "length = [5, 64]", "length = [5, 63]");
    assert_eq!(broken(shorter), ["field-length-narrowed"]);
}

#[test]
fn the_layout_of_frames_is_frozen() {
    let kinds = "[registry.frame_kind]";
    let padding = "    { name = \"padding\", value = 0x03, doc = \"Nothing.\" },\n    { name = \"sealed\"";
    assert_eq!(
        broken((kinds, "value = 0x02", "value = 0x03")),
        ["value-renumbered"]
    );
    assert_eq!(
        broken((kinds, "    { name = \"sealed\"", padding)),
        ["value-added-frame"]
    );
    assert_eq!(
        broken((kinds, "width = \"u8\"", "width = \"u16\"")),
        ["registry-width"]
    );
    let octets = ("frame_overhead", "unit = \"bytes\"", "unit = \"octets\"");
    assert_eq!(broken(octets), ["limit-unit"]);
}

/// The name alone is nothing to the wire; in other words it is another thing.
#[test]
fn a_new_name_in_other_words_is_another_thing() {
    let step = "name = \"step\", type = \"u16\", doc = \"Instructions executed so far.\"";
    let left = "name = \"left\", type = \"u16\", doc = \"Instructions not executed so far.\"";
    let count = step.replace("step", "count");
    let progress = "name = \"progress\"";
    assert_eq!(told(&[(progress, step, &count)]), [("field-renamed", true)]);
    assert_eq!(told(&[(progress, step, left)]), [("field-repurposed", false)]);
    let finish = "name = \"finish\", value = 0x02, doc = \"It runs to its end and the outcome is kept.\"";
    let discard =
        "name = \"discard\", value = 0x02, doc = \"It runs to its end and the outcome is dropped.\"";
    assert_eq!(
        told(&[("[registry.client_loss]", finish, discard)]),
        [("value-removed", false), ("value-reused", false)]
    );
}

#[test]
fn what_bytes_hold_is_compared() {
    let manifest = "name = \"manifest\", type = \"bytes\"";
    assert_eq!(
        told(&[(manifest, "holds = \"manifest\"", "holds = \"logic\"")]),
        [("field-holds", false)]
    );
    let parameters = ("name = \"instruct\"\n", " holds = \"service_data\",", "");
    assert_eq!(told(&[parameters]), [("field-holds-stated", true)]);
}

#[test]
fn clients_pass_over_a_new_event() {
    let progress = "[[message]]\nname = \"progress\"";
    assert_eq!(
        told(&[(progress, progress, EVENT)]),
        [("message-added-event", true)]
    );
}

#[test]
fn a_promise_that_is_taken_back_breaks() {
    let requirement = "requirement = \"CW-JOB-008\"";
    let lowered = format!("{requirement}\nstability = \"experimental\"");
    let edit = ("name = \"progress\"", requirement, lowered.as_str());
    assert_eq!(told(&[edit]), [("stability-lowered", false)]);
}

#[test]
fn what_a_reader_does_with_its_card_is_its_own_matter() {
    let tpdus = ("tpdus_max", "value = 8", "value = 16");
    assert_eq!(told(&[tpdus]), [("limit-raised", true)]);
    let records = ("diagnostics_min", "value = 64", "value = 32");
    assert_eq!(told(&[records]), [("limit-lowered", false)]);
}
