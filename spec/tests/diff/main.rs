//! Comparing two schemas: every kind of change is found, told and judged.

mod judged;
mod pairs;
mod whole;

use cardwire_spec::{
    Protocol,
    diff::{Class, Kind, Review, diff},
};
use pairs::{NONE, Pair, SCHEMA};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

fn protocol(text: &str) -> Protocol {
    cardwire_spec::parse("protocol.toml", text).unwrap_or_else(|problems| panic!("{problems}"))
}

static REAL: LazyLock<Protocol> = LazyLock::new(|| protocol(SCHEMA));

/// Of each pair, the kind that it shows each way, and the review. Both schemas are valid, or this fails.
static REVIEWS: LazyLock<Vec<(&str, Review)>> = LazyLock::new(|| {
    let both_ways = |pair: &'static Pair| {
        let [first, second] = pair.schemas().map(|text| protocol(&text));
        [
            (pair.there, diff(&first, &second)),
            (pair.back, diff(&second, &first)),
        ]
    };
    let reviews = pairs::all().flat_map(both_ways);
    reviews.filter(|(kind, _)| *kind != NONE).collect()
});

fn word(kind: Kind) -> &'static str {
    kind.judgement().word
}

#[test]
fn every_kind_has_a_pair_that_shows_it() {
    let all: BTreeSet<_> = Kind::all().map(word).collect();
    assert_eq!(all.len(), Kind::all().count(), "two kinds have one word");
    let named: BTreeSet<_> = REVIEWS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(named, all);
    for (kind, review) in REVIEWS.iter() {
        let shown: Vec<_> = review.changes.iter().map(|change| word(change.kind)).collect();
        assert!(shown.contains(kind), "{kind} is not among {shown:?}");
    }
}

/// What a reviewer reads of each kind: place, effect, sentence, reason, advice; and what its pair changes besides.
#[test]
fn each_kind_is_told() {
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    for kind in Kind::all() {
        let variant = format!("{kind:?}").to_lowercase();
        let family = variant.split('(').next().unwrap_or_default().to_owned();
        let told = families.entry(family).or_default();
        *told += &format!("# {}: {}\n", word(kind), kind.judgement().doc);
        let shown = REVIEWS.iter().find(|(named, _)| *named == word(kind));
        let changes = shown.map(|(_, review)| review.changes.as_slice());
        for change in changes.unwrap_or_default() {
            if change.kind == kind {
                *told += &change.to_text();
            } else {
                *told += &format!("and {}: {}\n", word(change.kind), change.path);
            }
        }
        told.push('\n');
    }
    for (family, told) in families {
        insta::assert_snapshot!(family, told);
    }
}

#[test]
fn every_change_has_a_place_a_reason_and_a_class() {
    for (_, review) in REVIEWS.iter() {
        for change in &review.changes {
            assert!(!change.path.is_empty() && !change.why.is_empty(), "{change:?}");
            assert!(change.what.starts_with(|c: char| !c.is_lowercase()), "{change:?}");
            assert!(change.why.starts_with(|c: char| !c.is_lowercase()), "{change:?}");
            let is_safe_alone = !change.classes.contains(&Class::Safe) || change.classes.len() == 1;
            assert!(is_safe_alone && !change.classes.is_empty(), "{change:?}");
            assert_eq!(
                change.classes == [Class::Safe],
                change.ends.is_empty(),
                "{change:?}"
            );
            let sentences = [&change.what, &change.why, &change.instead];
            let is_filled = |text: &&String| !text.contains('{') && !text.contains("none of");
            assert!(sentences.iter().all(is_filled), "{change:?}");
        }
    }
}

/// What breaks nobody needs no advice, and what breaks somebody has it.
#[test]
fn what_breaks_has_advice() {
    for kind in Kind::all() {
        let judgement = kind.judgement();
        let breaks = judgement.effect != cardwire_spec::diff::Effect::None;
        assert!(!breaks || !judgement.instead.is_empty(), "{}", judgement.word);
    }
}
