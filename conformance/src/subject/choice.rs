//! Which of the cases a run consists of, whatever it tests.

use crate::{glob, plan::Shard, report::sheet::Fact};
use std::collections::BTreeSet;

/// What chooses cases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'o> {
    /// Patterns, one of which a case has to fit where there are any.
    pub(crate) filter: &'o [String],
    /// The part of the suite.
    pub(crate) shard: Option<Shard>,
    /// One case, and nothing else.
    pub(crate) only: Option<&'o str>,
}

impl Choice<'_> {
    /// Whether the case of this id was chosen.
    pub(crate) fn holds(&self, id: &str) -> bool {
        if let Some(only) = self.only {
            return id == only;
        }
        let fits = |pattern: &String| glob::matches(pattern, id);
        (self.filter.is_empty() || self.filter.iter().any(fits))
            && self.shard.is_none_or(|shard| shard.holds(id))
    }

    /// Whether cases may be left out: whatever came out certifies nothing then.
    pub(crate) const fn is_part(&self) -> bool {
        !self.filter.is_empty() || self.shard.is_some() || self.only.is_some()
    }

    /// What a report says of it.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let part = self
            .shard
            .map(|shard| Fact::text("part", format!("{shard}; the others belong to it")));
        let only = self.only.map(|only| Fact::code("case", only));
        let filter = (!self.filter.is_empty()).then(|| Fact::code("filter", self.filter.join(" ")));
        [part, only, filter].into_iter().flatten().collect()
    }

    /// Why there is nothing to run.
    pub(crate) fn why_empty(&self) -> String {
        match (self.only, self.shard) {
            (Some(only), _) => format!("there is no case {only}; `--list` names all of them"),
            (None, None) => format!("no case fits the filter {}", self.filter.join(" ")),
            (None, Some(shard)) => format!("the part {shard} holds none of the cases: take fewer parts"),
        }
    }
}

/// The ids of these cases, of which each is given with its twin, and of the twins of those that were chosen: without them
/// they say nothing. Twins stand before what hangs on them, and may have one themselves.
pub(crate) fn with_twins<'c>(
    cases: impl DoubleEndedIterator<Item = (&'c str, Option<&'c str>)>,
    choice: &Choice<'_>,
) -> BTreeSet<String> {
    let mut chosen = BTreeSet::new();
    for (id, twin) in cases.rev() {
        if choice.holds(id) || chosen.contains(id) {
            chosen.insert(id.to_owned());
            chosen.extend(twin.map(str::to_owned));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: [(&str, Option<&str>); 4] = [("a", None), ("b", Some("a")), ("c", Some("b")), ("d", None)];

    fn chosen(filter: &[&str], only: Option<&str>, shard: Option<&str>) -> Vec<String> {
        let filter: Vec<_> = filter.iter().map(|&pattern| pattern.to_owned()).collect();
        let choice = Choice {
            filter: &filter,
            shard: shard.map(|shard| shard.parse().unwrap()),
            only,
        };
        with_twins(CASES.into_iter(), &choice).into_iter().collect()
    }

    #[test]
    fn twins_of_twins_come_along() {
        assert_eq!(chosen(&["c"], None, None), ["a", "b", "c"]);
        assert_eq!(chosen(&["d"], None, None), ["d"]);
        assert_eq!(chosen(&[], Some("b"), None), ["a", "b"]);
        assert_eq!(chosen(&[], None, None).len(), 4);
        assert!(chosen(&["e"], None, None).is_empty());
    }

    /// A twin may run in several parts, and every case does in one.
    #[test]
    fn parts_are_the_whole() {
        let parts: Vec<_> = ["1/2", "2/2"].map(|part| chosen(&[], None, Some(part))).into();
        let all: BTreeSet<_> = parts.concat().into_iter().collect();
        assert_eq!(all.len(), CASES.len());
    }
}
