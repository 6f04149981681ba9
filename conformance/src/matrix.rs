//! Cases over combinations of parameters: where rules interact, every pair of values meets in one case at least.
//!
//! A combination that fails is looked into: each parameter is changed, one after the other, and the case is run again.
//! Those whose change makes it pass are the cause, and the failure names them.

use crate::{
    tester::Tester,
    verdict::{Finding, Step, Stop},
};
use std::time::Instant;

/// A parameter and the values that it may have; the values are part of case ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factor {
    pub(crate) name: &'static str,
    pub(crate) values: &'static [&'static str],
}

/// How many combinations a matrix has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// As many as it takes until every pair of values has met.
    Pairs,
    /// All of them.
    All,
}

/// What is run for each combination.
#[derive(Debug)]
pub(crate) struct Matrix {
    /// What ids of its cases begin with: group and name.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) requirements: &'static [&'static str],
    pub(crate) factors: &'static [Factor],
    pub(crate) cover: Cover,
    /// Combinations that there are.
    pub(crate) allows: fn(&Row) -> bool,
    pub(crate) run: fn(&mut Tester, &Row) -> Step,
}

/// One combination: name and value of each factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row(Vec<(&'static str, &'static str)>);

impl Row {
    /// The value of a factor; nothing where the matrix has no such factor, which a test of the matrices finds.
    pub(crate) fn of(&self, factor: &str) -> &'static str {
        let found = self.0.iter().find(|(name, _)| *name == factor);
        found.map_or("", |(_, value)| value)
    }

    /// Whether a factor has this value.
    pub(crate) fn is(&self, factor: &str, value: &str) -> bool {
        self.of(factor) == value
    }

    pub(crate) fn id(&self) -> String {
        let values: Vec<_> = self.0.iter().map(|(_, value)| *value).collect();
        values.join(".")
    }

    pub(crate) fn describe(&self, matrix: &Matrix) -> String {
        self.0
            .iter()
            .filter(|(name, _)| matrix.factors.iter().any(|factor| factor.name == *name))
            .map(|(name, value)| format!("{name} {value}"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn with(&self, factor: &str, value: &'static str) -> Self {
        let change = |&(name, old)| (name, if name == factor { value } else { old });
        Self(self.0.iter().map(change).collect())
    }
}

impl Matrix {
    /// The combinations, always the same ones in the same order.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let all = self.all();
        match self.cover {
            Cover::All => all,
            Cover::Pairs => pairwise(&all),
        }
    }

    fn all(&self) -> Vec<Row> {
        let mut all = vec![Row(Vec::new())];
        for factor in self.factors {
            let longer = |row: &Row| -> Vec<Row> {
                let with = |value| Row([row.0.clone(), vec![(factor.name, value)]].concat());
                factor.values.iter().copied().map(with).collect()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all.retain(|row| (self.allows)(row));
        all
    }

    /// Runs one combination; a failure says which parameters it takes.
    pub(crate) fn run(&self, row: &Row, tester: &mut Tester) -> Step {
        match (self.run)(tester, row) {
            Err(Stop::Fail(finding)) if tester.bench.explain => {
                // What is tried to explain it is no part of its trace, and misses nothing.
                let (trace, missed) = (tester.trace.clone(), tester.take_missed());
                let cause = self.cause(row, tester);
                tester.trace = trace;
                tester.put_back_missed(missed);
                Err(Stop::Fail(Finding {
                    seen: format!("{}; {cause}", finding.seen),
                    ..finding
                }))
            }
            result => result,
        }
    }

    /// Which parameters make a combination fail: those of which another value lets it pass.
    fn cause(&self, row: &Row, tester: &mut Tester) -> String {
        // A device that takes its time over every neighbour is not asked for all of them.
        let deadline = Instant::now() + 3 * tester.bench.timers.answer;
        let (mut needed, mut whole) = (Vec::new(), true);
        for factor in self.factors {
            let others = factor
                .values
                .iter()
                .filter(|value| **value != row.of(factor.name));
            for value in others {
                let neighbour = row.with(factor.name, value);
                if !(self.allows)(&neighbour) {
                    continue;
                }
                if Instant::now() > deadline {
                    whole = false;
                    break;
                }
                if self.passes(&neighbour, tester) {
                    needed.push(format!(
                        "{} {} (passes with {value})",
                        factor.name,
                        row.of(factor.name)
                    ));
                    break;
                }
            }
        }
        let cause = match needed.as_slice() {
            [] => format!(
                "fails with {}, whatever single parameter is changed",
                row.describe(self)
            ),
            needed => format!("fails with {}", needed.join(" and ")),
        };
        if whole {
            cause
        } else {
            format!("{cause}; not every parameter was tried, as the device takes its time")
        }
    }

    fn passes(&self, row: &Row, tester: &mut Tester) -> bool {
        let under = tester.checked().to_owned();
        let passes = tester
            .reset()
            .and_then(|()| {
                tester.check(&under);
                (self.run)(tester, row)
            })
            .is_ok();
        tester.take_missed();
        passes
    }
}

/// Of all rows a few in which every pair of values meets that meets in any of them: always the row that has most new
/// pairs is taken, the first of several.
fn pairwise(all: &[Row]) -> Vec<Row> {
    let mut open: Vec<Pair> = all.iter().flat_map(pairs).collect();
    open.sort_unstable();
    open.dedup();
    let mut chosen = Vec::new();
    while !open.is_empty() {
        let new = |row: &&Row| pairs(row).filter(|pair| open.binary_search(pair).is_ok()).count();
        // The first of the best: `max_by_key` would give the last.
        let Some(best) = all.iter().rev().max_by_key(new) else {
            break;
        };
        let met: Vec<Pair> = pairs(best).collect();
        open.retain(|pair| !met.contains(pair));
        chosen.push(best.clone());
    }
    chosen
}

type Pair = (&'static str, &'static str, &'static str, &'static str);

fn pairs(row: &Row) -> impl Iterator<Item = Pair> + '_ {
    let firsts = row.0.iter().enumerate();
    firsts.flat_map(|(at, &(name, value))| {
        let seconds = row.0.iter().skip(at + 1);
        seconds.map(move |&(other, of_other)| (name, value, other, of_other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const FACTORS: &[Factor] = &[
        Factor {
            name: "a",
            values: &["1", "2", "3"],
        },
        Factor {
            name: "b",
            values: &["x", "y", "z", "w"],
        },
        Factor {
            name: "c",
            values: &["on", "off"],
        },
        Factor {
            name: "d",
            values: &["p", "q", "r"],
        },
    ];

    fn matrix(cover: Cover, allows: fn(&Row) -> bool) -> Matrix {
        Matrix {
            id: "modules.example",
            title: "An example",
            requirements: &[],
            factors: FACTORS,
            cover,
            allows,
            run: |_, _| Ok(()),
        }
    }

    #[test]
    fn every_pair_meets_in_few_rows() {
        for allows in [(|_| true) as fn(&Row) -> bool, |row| {
            !(row.is("a", "1") && row.is("b", "x"))
        }] {
            let all = matrix(Cover::All, allows).rows();
            let rows = matrix(Cover::Pairs, allows).rows();
            let wanted: BTreeSet<_> = all.iter().flat_map(pairs).collect();
            let met: BTreeSet<_> = rows.iter().flat_map(pairs).collect();
            assert_eq!(met, wanted);
            assert!(rows.iter().all(allows));
            // Twelve are the fewest for factors of three and four values.
            assert!((12..=16).contains(&rows.len()), "{} of {}", rows.len(), all.len());
        }
        assert_eq!(matrix(Cover::All, |_| true).rows().len(), 72);
    }

    #[test]
    fn rows_are_named_by_their_values() {
        let matrix = matrix(Cover::All, |_| true);
        let row = &matrix.rows()[0];
        assert_eq!(row.id(), "1.x.on.p");
        assert_eq!(row.describe(&matrix), "a 1, b x, c on, d p");
        assert_eq!(row.with("b", "z").id(), "1.z.on.p");
        assert!(row.is("c", "on") && row.of("e").is_empty());
    }
}
