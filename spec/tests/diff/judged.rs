//! Whom a change breaks, and what may be forgiven.

use crate::{
    REAL,
    pairs::{Edit, SCHEMA, applied},
    protocol,
};
use cardwire_spec::diff::{Change, Class, End, Ends, Review, diff};

fn review(common: &[Edit], edits: &[Edit]) -> Review {
    let old = applied(SCHEMA, common);
    let new = applied(&old, edits);
    diff(&protocol(&old), &protocol(&new))
}

/// The only change.
fn only(review: Review) -> Change {
    let [change] = <[Change; 1]>::try_from(review.changes).expect("there is one change");
    change
}

/// A bound that is widened breaks older ends that receive, one that is narrowed older ends that send.
#[test]
fn direction_matters() {
    let cases: [(&[Edit], &[Class], &[End]); 8] = [
        (
            &[(
                "name = \"reader_status_answer\"",
                "length = [1, 32]",
                "length = [1, 40]",
            )],
            &[Class::Clients],
            &[End::Client],
        ),
        (
            &[(
                "name = \"reader_status_answer\"",
                "length = [1, 32]",
                "length = [1, 24]",
            )],
            &[Class::Readers],
            &[End::Reader],
        ),
        (
            &[("name = \"instruct\"\n", "length = [0, 400]", "length = [0, 410]")],
            &[Class::Readers],
            &[End::Reader],
        ),
        (
            &[("name = \"instruct\"\n", "length = [0, 400]", "length = [0, 390]")],
            &[Class::Clients],
            &[End::Client],
        ),
        (
            &[(
                "name = \"update_chunk\"\n",
                "length = [1, 400]",
                "length = [1, 390]",
            )],
            &[Class::Clients],
            &[End::Cloud],
        ),
        (
            &[(
                "name = \"login_header\"\n",
                "range = [1, 255]",
                "range = [0, 255]",
            )],
            &[Class::Clients],
            &[End::Client, End::Cloud],
        ),
        // A structure goes where the messages go that hold it.
        (
            &[(
                "name = \"slot\"\nrequirement",
                "range = [0, 7]",
                "range = [0, 15]",
            )],
            &[Class::Clients],
            &[End::Client],
        ),
        // Service data goes both ways.
        (
            &[(
                "name = \"item\"\nrequirement",
                "length = [1, 24]",
                "length = [1, 30]",
            )],
            &[Class::Readers, Class::Clients],
            &[End::Reader, End::Client],
        ),
    ];
    for (edits, classes, ends) in cases {
        let change = only(review(&[], edits));
        assert_eq!(
            (change.classes.as_slice(), change.ends),
            (classes, Ends::of(ends)),
            "{edits:?}"
        );
    }
}

const FIELD: &str = "    { name = \"step\"";
const MORE: &str = "    { name = \"share\", type = \"u8\", doc = \"How far.\" },\n    { name = \"step\"";
const MORE_LATER: &str =
    "    { name = \"share\", type = \"u8\", since = 2, doc = \"How far.\" },\n    { name = \"step\"";
const PROGRESS: &str = "name = \"progress\"";

#[test]
fn a_promise_for_all_versions_is_kept_by_every_version() {
    let next = ("[protocol]", "version = 1", "version = 2");
    let review = review(
        &[],
        &[
            next,
            ("name = \"hello\"", "range = [512, 4096]", "range = [512, 8192]"),
        ],
    );
    let broken: Vec<_> = review.broken_promises().collect();
    let [change] = broken.as_slice() else {
        panic!("{broken:?}")
    };
    assert_eq!(change.with_version, None);
    assert!(
        change.effect().starts_with("breaks what is frozen"),
        "{}",
        change.effect()
    );
}

#[test]
fn a_promise_for_all_versions_is_not_taken_back() {
    let edit = (
        "name = \"refusal\"",
        "stability = \"frozen\"",
        "stability = \"stable\"",
    );
    let change = only(review(&[], &[edit]));
    assert!(change.breaks_promise(), "{change:?}");
    // Words and names of what is frozen may change: no end sees them.
    let edit = ("name = \"refusal\"", "doc = \"", "doc = \"In short: ");
    assert!(!only(review(&[], &[edit])).breaks_promise());
}

/// A type that something frozen is made of is frozen with it.
#[test]
fn a_promise_holds_for_the_parts() {
    let common = [(
        "name = \"card_event\"",
        "event = true",
        "event = true\nstability = \"frozen\"",
    )];
    let number = (
        "name = \"slot\"\nrequirement",
        "range = [0, 7]",
        "range = [0, 15]",
    );
    let value = (
        "[registry.card_state]",
        "values = [\n",
        "values = [\n    { name = \"upside-down\", value = 0x7F, doc = \"So.\" },\n",
    );
    for edit in [number, value] {
        assert!(!only(review(&[], &[edit])).breaks_promise(), "{edit:?}");
        assert!(only(review(&common, &[edit])).breaks_promise(), "{edit:?}");
    }
}

#[test]
fn what_is_experimental_breaks_mildly() {
    let edit = (PROGRESS, FIELD, MORE);
    assert!(!only(review(&[], &[edit])).is_mild());
    let common = [(
        PROGRESS,
        "event = true",
        "event = true\nstability = \"experimental\"",
    )];
    let change = only(review(&common, &[edit]));
    assert!(change.is_mild() && change.classes == [Class::Wire], "{change:?}");
    // An experimental field of a stable message, too.
    let common = [(
        PROGRESS,
        "type = \"u16\"",
        "type = \"u16\", stability = \"experimental\"",
    )];
    let edit = (PROGRESS, "type = \"u16\"", "type = \"u32\"");
    assert!(only(review(&common, &[edit])).is_mild());
}

#[test]
fn what_comes_with_a_version_is_told_as_such() {
    let next = ("[protocol]", "version = 1", "version = 2");
    let with_version = |edits: &[Edit]| {
        let review = review(&[], edits);
        let breaking = review.changes.iter().find(|change| !change.is_safe());
        breaking.expect("something breaks").with_version
    };
    assert_eq!(with_version(&[(PROGRESS, "code = 0x41", "code = 0x43")]), None);
    assert_eq!(
        with_version(&[next, (PROGRESS, "code = 0x41", "code = 0x43")]),
        Some(2)
    );
    // What is new says itself when it came; what says that it always was there, was not.
    assert_eq!(with_version(&[next, (PROGRESS, FIELD, MORE)]), None);
    assert_eq!(with_version(&[next, (PROGRESS, FIELD, MORE_LATER)]), Some(2));
}

/// A review of several changes at once, as a maintainer reads it.
#[test]
fn a_review_reads_well() {
    let edits: &[Edit] = &[
        ("[protocol]", "version = 1", "version = 2"),
        ("[timer]", "T_idle = { value = 60000", "T_idle = { value = 30000"),
        (
            "[registry.card_state]",
            "values = [\n",
            "values = [\n    { name = \"upside-down\", value = 0x7F, doc = \"It is in the wrong way round.\" },\n",
        ),
        ("[registry.service]", "private = [0xF000", "private = [0xE000"),
        ("name = \"hello\"", "range = [512, 4096]", "range = [512, 8192]"),
        (PROGRESS, FIELD, MORE_LATER),
        (PROGRESS, "name = \"progress\"", "name = \"advance\""),
        (
            "name = \"reader_status\"\n",
            "\"connected\", \"login\", ",
            "\"login\", ",
        ),
        (
            "name = \"login_confirm\"",
            "charset = \"name\"",
            "charset = \"utf8\"",
        ),
        (
            "name = \"disconnect\"\n",
            "fields = []",
            "fields = []\nextensions = [{ tag = 1, critical = false, field = { name = \"why\", type = \"u8\", default = 0, doc = \"Why.\" } }]",
        ),
    ];
    let review = diff(&REAL, &protocol(&applied(SCHEMA, edits)));
    insta::assert_snapshot!("review_as_markdown", review.to_markdown());
    insta::assert_snapshot!("review_as_text", review.to_text());
    insta::assert_snapshot!("review_as_json", format!("{:#}", review.to_json()));
}

/// A schema is anybody's text: it can neither draw on a terminal nor put tags into a page.
#[test]
fn texts_are_harmless() {
    let mut other = REAL.clone();
    other.messages[0].doc = String::from("\u{1b}[2J<script>\n# Title\n");
    let review = diff(&REAL, &other);
    assert!(!review.to_text().contains('\u{1b}'));
    let markdown = review.to_markdown();
    assert!(
        !markdown.contains('<') && !markdown.contains("\n# Title"),
        "{markdown}"
    );
}
