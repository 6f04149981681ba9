//! Comparing two schemas: every kind of change is found, told and judged.

#[path = "common/pairs.rs"]
mod pairs;

use cardwire_spec::{
    Protocol,
    diff::{Class, Kind, Review, diff},
};
use pairs::{ANY, PAIRS, Pair, SCHEMA};
use std::{collections::BTreeSet, sync::LazyLock};

fn protocol(text: &str) -> Protocol {
    cardwire_spec::parse("protocol.toml", text).unwrap_or_else(|problems| panic!("{problems}"))
}

static REAL: LazyLock<Protocol> = LazyLock::new(|| protocol(SCHEMA));

/// Each pair, the kinds that it shows there and back, and the review each way.
static REVIEWS: LazyLock<Vec<(&str, Review)>> = LazyLock::new(|| {
    let both_ways = |pair: &'static Pair| {
        let edited = protocol(&pair.edited());
        [
            (pair.there, diff(&REAL, &edited)),
            (pair.back, diff(&edited, &REAL)),
        ]
    };
    PAIRS.iter().flat_map(both_ways).collect()
});

fn words(review: &Review) -> BTreeSet<&'static str> {
    review
        .changes
        .iter()
        .map(|change| change.kind.judgement().word)
        .collect()
}

#[test]
fn a_schema_does_not_differ_from_itself() {
    assert_eq!(diff(&REAL, &REAL).changes, []);
}

#[test]
fn every_pair_shows_its_kinds() {
    let mut missed = Vec::new();
    for (kind, review) in REVIEWS.iter() {
        if *kind != ANY && !words(review).contains(kind) {
            missed.push(format!("{kind}: {:?}", words(review)));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// What a reviewer reads of each kind: sentence, effect, reason, advice.
#[test]
fn each_kind_is_told() {
    let mut told = String::new();
    for (kind, review) in REVIEWS.iter() {
        let of_kind = review
            .changes
            .iter()
            .find(|change| change.kind.judgement().word == *kind);
        if let Some(change) = of_kind {
            told += &format!("== {kind}\n{}\n\n", change.to_text());
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn kinds_have_words_of_their_own() {
    let all: Vec<_> = Kind::all().map(|kind| kind.judgement().word).collect();
    let unique: BTreeSet<_> = all.iter().collect();
    assert_eq!(unique.len(), all.len());
}

#[test]
fn every_change_has_a_reason_and_what_breaks_has_classes() {
    for (_, review) in REVIEWS.iter() {
        for change in &review.changes {
            assert!(!change.what.is_empty() && !change.why.is_empty(), "{change:?}");
            assert!(
                !change.path.is_empty() && !change.classes.is_empty(),
                "{change:?}"
            );
            assert!(
                change.is_safe() || !change.classes.contains(&Class::Safe),
                "{change:?}"
            );
        }
    }
}

/// The kinds that no pair shows: none is shown by accident, none is forgotten in silence.
#[test]
fn kinds_without_a_pair_are_known() {
    let shown: BTreeSet<&str> = PAIRS.iter().flat_map(|pair| [pair.there, pair.back]).collect();
    let all: BTreeSet<&str> = Kind::all().map(|kind| kind.judgement().word).collect();
    let missing: Vec<_> = all.difference(&shown).collect();
    insta::assert_debug_snapshot!(missing);
    assert!(
        all.len() - missing.len() >= 100,
        "{} of {} kinds have a pair",
        all.len() - missing.len(),
        all.len()
    );
}

#[test]
fn a_review_reads_well() {
    let edited = [10, 19, 29, 33, 36, 47]
        .iter()
        .filter_map(|index| PAIRS.get(*index))
        .flat_map(Pair::edits)
        .fold(SCHEMA.to_owned(), |text, edit| pairs::apply(&text, edit));
    insta::assert_snapshot!(diff(&REAL, &protocol(&edited)).to_markdown());
}
