//! Which cases a run consists of, and in which order its devices get them.

use crate::{
    case::{Case, Group, cases},
    cases::sanity,
    certify::{Options, RunError},
    glob,
    sequence::Sequence,
    subject::Choice,
};
use cardwire_spec::problem::{Problem, Problems};
use core::{fmt, str::FromStr};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Mutex,
};

/// A part of the suite, the same one on every machine: a run of each of them together is a whole run.
///
/// ```
/// use cardwire_conformance::Shard;
///
/// let shard: Shard = "2/3".parse().unwrap();
/// let other: Shard = "1/3".parse().unwrap();
/// assert!(!(shard.holds("link.x") && other.holds("link.x")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub number: u32,
    /// How many parts there are.
    pub of: u32,
}

/// Why a text names no part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part of a run: expected K/N with K from 1 to N, such as 2/4")]
pub struct NoShard(String);

/// Where a result stands in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The case's place in the suite, from 1; of a sanity case, that of the case that it comes after.
    after: usize,
    /// 0 for the case itself, else the device that the sanity case is put to.
    device: usize,
}

/// A case of a run.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) case: Case,
    pub(crate) place: Place,
}

/// The cases of a run. Each device gets the sanity case before, between groups and after, of its own.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) cases: Vec<Planned>,
    /// A run of one case exactly has no sanity cases, and one of chosen cases none between groups.
    sanity: Sanity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sanity {
    Never,
    AroundAll,
    BetweenGroups,
}

/// What is still to be done, for all devices together.
#[derive(Debug)]
pub(crate) struct Queue(Mutex<VecDeque<Planned>>);

impl Shard {
    /// Whether the case of this id belongs to this part.
    #[must_use]
    pub fn holds(&self, case: &str) -> bool {
        let digest = Sha256::digest(case);
        let [.., a, b, c, d] = digest[..] else {
            return false;
        };
        u32::from_be_bytes([a, b, c, d]).checked_rem(self.of) == self.number.checked_sub(1)
    }
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(given: &str) -> Result<Self, NoShard> {
        let parts = given.split_once('/').and_then(|(number, of)| {
            let (number, of) = (number.parse().ok()?, of.parse().ok()?);
            (1..=of).contains(&number).then_some(Self { number, of })
        });
        parts.ok_or_else(|| NoShard(given.to_owned()))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Plan {
    /// The cases that were chosen, but for those that an earlier part of the run has ended.
    pub(crate) fn of(options: &Options, ended: &BTreeSet<String>) -> Result<Self, RunError> {
        if !options.sequences.is_empty() {
            return given(&options.sequences);
        }
        // The sanity case runs around the others, unless it is the one that is wanted.
        let of_its_own = |case: &Case| case.group != Group::Sanity || options.only.is_some();
        let mut planned: Vec<_> = (1..)
            .zip(cases())
            .filter(|(_, case)| is_part_of(options, &case.id) && of_its_own(case))
            .map(|(after, case)| Planned {
                case: case.clone(),
                place: Place { after, device: 0 },
            })
            .collect();
        if planned.is_empty()
            && !options
                .filter
                .iter()
                .any(|pattern| glob::matches(pattern, sanity::ID))
        {
            return Err(RunError::Usage(choice(options).why_empty()));
        }
        planned.retain(|planned| !ended.contains(&planned.case.id));
        Ok(Self {
            cases: planned,
            sanity: match (&options.only, options.filter.is_empty()) {
                (Some(_), _) => Sanity::Never,
                (None, true) => Sanity::BetweenGroups,
                (None, false) => Sanity::AroundAll,
            },
        })
    }

    /// All cases in the order in which devices get them. One device gets them by group; several share them, those in which
    /// time must pass first, so that nobody waits for one of them in the end.
    pub(crate) fn queue(&self, devices: usize) -> Queue {
        let mut cases: Vec<_> = self.cases.clone();
        if devices > 1 {
            let is_long = |case: &Case| case.slow || matches!(case.group, Group::States | Group::Walk);
            cases.sort_by_key(|planned| !is_long(&planned.case));
        }
        Queue(Mutex::new(cases.into()))
    }

    /// How many cases this is, the sanity cases of so many devices included, as far as that is known before.
    pub(crate) fn size(&self, devices: usize) -> usize {
        let groups: BTreeSet<_> = self.cases.iter().map(|planned| planned.case.group).collect();
        let sanity = match self.sanity {
            Sanity::Never => 0,
            Sanity::AroundAll => 2,
            // Which of several devices goes on from which group is seen when it does.
            Sanity::BetweenGroups if devices > 1 => 2,
            Sanity::BetweenGroups => 1 + groups.len().max(1),
        };
        self.cases.len() + sanity * devices
    }

    /// The sanity case that a device begins with.
    pub(crate) fn first_sanity(&self, device: usize) -> Option<Planned> {
        (self.sanity != Sanity::Never).then(|| sanity(0, device, ""))
    }

    /// The sanity case of a device that goes on to the next group.
    pub(crate) fn sanity_between(&self, device: usize, group: Group) -> Option<Planned> {
        if self.sanity != Sanity::BetweenGroups {
            return None;
        }
        let of_group = self.cases.iter().filter(|planned| planned.case.group == group);
        let after = of_group.map(|planned| planned.place.after).max()?;
        Some(sanity(after, device, &format!("-after-{group}")))
    }

    /// The sanity case that a device ends with.
    pub(crate) fn last_sanity(&self, device: usize) -> Option<Planned> {
        (self.sanity != Sanity::Never).then(|| sanity(usize::MAX, device, "-at-the-end"))
    }
}

impl Place {
    /// The place of a case of this id. Sanity cases of an earlier part of a run come first.
    pub(crate) fn of(id: &str) -> Self {
        let index = cases().iter().position(|case| case.id == id);
        Self {
            after: index.map_or(0, |index| index + 1),
            device: 0,
        }
    }
}

impl Queue {
    /// The next case; nothing when all have been taken.
    pub(crate) fn next(&self) -> Option<Planned> {
        // Whoever panicked has left a queue that is whole.
        let mut queue = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        queue.pop_front()
    }
}

/// The cases that somebody else wrote, or a walk of the model left, with the sanity case before and after.
fn given(sequences: &[String]) -> Result<Plan, RunError> {
    let case = |(after, text): (usize, &String)| {
        let file = format!("sequence {after}");
        let sequence = read_sequence(&file, text).map_err(|problems| {
            RunError::Usage(format!(
                "a sequence is not in the form of vectors/session: {problems}"
            ))
        })?;
        Ok(Planned {
            // Given once, when a run begins.
            case: Case::sequence(Box::leak(Box::new(sequence))),
            place: Place { after, device: 0 },
        })
    };
    Ok(Plan {
        cases: (1..).zip(sequences).map(case).collect::<Result<_, _>>()?,
        sanity: Sanity::AroundAll,
    })
}

/// Reads a sequence from text; `file` names it in problems.
///
/// # Errors
/// What keeps the text from being one, and where.
pub(crate) fn read_sequence(file: &str, text: &str) -> Result<Sequence, Problems> {
    toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        let help = "write it in the form that vectors/README.md describes";
        Problems(vec![Problem::at(
            file,
            text,
            place,
            "",
            error.message().trim(),
            help,
        )])
    })
}

/// Whether this run leaves out cases that a pattern stands for, because others were chosen.
pub(crate) fn is_left_out(options: &Options, pattern: &str) -> bool {
    let mut fits = cases().iter().filter(|case| glob::matches(pattern, &case.id));
    fits.any(|case| !is_part_of(options, &case.id))
}

/// Whether a case is part of this run.
pub(crate) fn is_part_of(options: &Options, id: &str) -> bool {
    choice(options).holds(id)
}

fn choice(options: &Options) -> Choice<'_> {
    Choice {
        filter: &options.filter,
        shard: options.shard,
        only: options.only.as_deref(),
    }
}

/// The sanity case of a device, under an id of its own for each of its runs.
fn sanity(after: usize, device: usize, when: &str) -> Planned {
    let on = if device > 1 {
        format!("-on-{device}")
    } else {
        String::new()
    };
    Planned {
        case: sanity::case(&format!("{on}{when}")),
        place: Place { after, device },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(filter: &[&str]) -> Options {
        Options {
            filter: filter.iter().map(|&pattern| pattern.to_owned()).collect(),
            ..Options::new("exec:true".parse().unwrap())
        }
    }

    fn ids(options: &Options) -> BTreeSet<String> {
        let plan = Plan::of(options, &BTreeSet::new());
        let cases = plan.unwrap().cases;
        cases.into_iter().map(|planned| planned.case.id).collect()
    }

    #[test]
    fn the_parts_of_a_run_are_the_whole_run() {
        let whole = ids(&options(&[]));
        for of in [1, 2, 5, 16] {
            let parts: Vec<_> = (1..=of)
                .map(|number| {
                    ids(&Options {
                        shard: Some(Shard { number, of }),
                        ..options(&[])
                    })
                })
                .collect();
            assert_eq!(parts.iter().map(BTreeSet::len).sum::<usize>(), whole.len());
            assert_eq!(parts.into_iter().flatten().collect::<BTreeSet<_>>(), whole);
        }
        // Whoever merges reports of two versions of the suite has the same cases in the same parts.
        assert!(Shard { number: 1, of: 4 }.holds("link.answer-repeats-number"));
        assert!(!Shard { number: 1, of: 0 }.holds("link.answer-repeats-number"));
    }

    #[test]
    fn parts_are_read_and_what_is_none_is_refused() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for wrong in ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/2/3", "1/ 2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_case_exactly() {
        let only = |id: &str| Options {
            only: Some(id.into()),
            ..options(&[])
        };
        for id in ["link.answer-repeats-number", sanity::ID] {
            let plan = Plan::of(&only(id), &BTreeSet::new()).unwrap();
            assert_eq!(plan.cases.len(), 1, "{id}");
            assert_eq!((plan.size(1), plan.cases[0].case.id.as_str()), (1, id));
            assert!(plan.first_sanity(1).is_none() && plan.last_sanity(1).is_none());
        }
        let none = Plan::of(&only("link.*"), &BTreeSet::new()).unwrap_err();
        assert!(none.to_string().contains("--list"));
    }

    #[test]
    fn what_has_ended_is_not_run_again() {
        let chosen = options(&["link.*"]);
        let ended = BTreeSet::from(["link.answer-repeats-number".to_owned()]);
        let rest = Plan::of(&chosen, &ended).unwrap();
        assert_eq!(rest.cases.len() + 1, ids(&chosen).len());
        assert!(Plan::of(&options(&["nothing"]), &ended).is_err());
    }

    #[test]
    fn long_cases_come_first_where_several_devices_share_them() {
        let plan = Plan::of(&options(&[]), &BTreeSet::new()).unwrap();
        let order = |devices| {
            let queue = plan.queue(devices);
            core::iter::from_fn(|| queue.next()).collect::<Vec<_>>()
        };
        let slow = plan.cases.iter().filter(|planned| planned.case.slow).count();
        assert!(slow > 0 && order(2).iter().take(slow).all(|planned| planned.case.slow));
        assert!(order(1).is_sorted_by_key(|planned| planned.place));
    }
}
