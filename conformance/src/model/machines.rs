//! The schema's state machines, looked up: what an event does in a state, and what is answered.

use crate::embedded::protocol;
use cardwire_spec::model::Machine;
use std::{collections::BTreeMap, sync::LazyLock};

/// One row of a machine, for one state: a transition, or an event that leaves the state as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) machine: &'static str,
    pub(crate) from: &'static str,
    pub(crate) on: &'static str,
    pub(crate) to: &'static str,
    pub(crate) guard: Option<&'static str>,
    /// What a row of `stays` says; a transition has actions instead, and its request's own answer.
    pub(crate) reaction: Option<Reaction>,
    pub(crate) requirement: &'static str,
}

/// What the words of a reaction come to on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Nobody outside can bring it about.
    Impossible,
    /// Nothing is sent.
    Silence,
    Refusal,
    /// One of these errors.
    Errors(Vec<&'static str>),
    /// One of these messages.
    Messages(Vec<&'static str>),
    /// The bytes of the answer before.
    Same,
    /// Words that name no answer: another machine says it.
    Elsewhere,
}

/// The rows of each machine, state and event.
type Index = BTreeMap<(&'static str, &'static str, &'static str), Vec<RuleId>>;

/// Which row of all machines: its place in [`rules`].
pub(crate) type RuleId = usize;

/// All rows of all machines, one for each state and event of each.
pub(crate) fn rules() -> &'static [Rule] {
    static ALL: LazyLock<Vec<Rule>> = LazyLock::new(|| protocol().machines.iter().flat_map(rows).collect());
    &ALL
}

/// The row of a machine for this event in this state; of several, the first that leads to `to`, or where that is not
/// said, the one that leaves the state as it is.
///
/// A machine is total, so that there is one unless a caller names what the schema does not have: a test holds the walk
/// to names that there are.
pub(crate) fn rule(machine: &str, from: &str, on: &str, to: Option<&str>) -> Option<RuleId> {
    static INDEX: LazyLock<Index> = LazyLock::new(|| {
        let mut index = Index::new();
        for (id, rule) in rules().iter().enumerate() {
            index
                .entry((rule.machine, rule.from, rule.on))
                .or_default()
                .push(id);
        }
        index
    });
    let of_event = INDEX.get(&(machine, from, on))?;
    let wanted = of_event.iter().find(|id| {
        let rule = &rules()[**id];
        to.map_or(rule.reaction.is_some(), |to| rule.to == to)
    });
    wanted.or_else(|| of_event.first()).copied()
}

fn rows(machine: &'static Machine) -> Vec<Rule> {
    let mut rows = Vec::new();
    for transition in &machine.transitions {
        for from in &transition.from {
            for on in &transition.on {
                rows.push(Rule {
                    machine: &machine.name,
                    from,
                    on,
                    to: &transition.to,
                    guard: transition.guard.as_deref(),
                    reaction: None,
                    requirement: &transition.requirement,
                });
            }
        }
    }
    for stay in &machine.stays {
        for state in &stay.within {
            for on in &stay.on {
                rows.push(Rule {
                    machine: &machine.name,
                    from: state,
                    on,
                    to: state,
                    guard: None,
                    reaction: Some(reaction(&stay.reaction)),
                    requirement: &stay.requirement,
                });
            }
        }
    }
    rows
}

/// Reads a reaction's words. The schema writes them for people; they keep to a few forms.
fn reaction(words: &'static str) -> Reaction {
    let head = words.split([';', ':']).next().unwrap_or_default();
    if head.starts_with("can't happen") {
        Reaction::Impossible
    } else if head.starts_with("nothing") || head.starts_with("dropped without an answer") {
        Reaction::Silence
    } else if head.starts_with("refusal") {
        Reaction::Refusal
    } else if head.starts_with("the same bytes") {
        Reaction::Same
    } else {
        let quoted: Vec<_> = head.split('`').skip(1).step_by(2).collect();
        let is_error = |name: &&&str| crate::embedded::registered("error", name).is_some();
        let errors: Vec<_> = quoted.iter().filter(is_error).copied().collect();
        let messages: Vec<_> = head
            .split([' ', ','])
            .filter(|word| word.contains('_') && protocol().message(word).is_some())
            .collect();
        if !errors.is_empty() && messages.is_empty() {
            Reaction::Errors(errors)
        } else if !messages.is_empty() {
            Reaction::Messages(messages)
        } else {
            Reaction::Elsewhere
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(machine: &str, from: &str, on: &str) -> &'static Rule {
        &rules()[rule(machine, from, on, None).unwrap()]
    }

    #[test]
    fn reactions_are_read_as_the_schema_means_them() {
        let reaction = |machine, from, on| of(machine, from, on).reaction.clone().unwrap();
        assert_eq!(
            reaction("session", "locked", "hello"),
            Reaction::Messages(vec!["hello_answer"])
        );
        assert_eq!(reaction("session", "locked", "clear-message"), Reaction::Refusal);
        assert_eq!(reaction("session", "serving", "garbage"), Reaction::Silence);
        assert_eq!(
            reaction("session", "login", "service-request"),
            Reaction::Errors(vec!["not-logged-in"])
        );
        assert_eq!(
            reaction("session", "connected", "unknown-request"),
            Reaction::Errors(vec!["malformed"])
        );
        assert_eq!(
            reaction("session", "serving", "service-request"),
            Reaction::Elsewhere
        );
        assert_eq!(reaction("session", "serving", "repeat"), Reaction::Same);
        assert_eq!(
            reaction("session", "locked", "client-silent"),
            Reaction::Impossible
        );
        assert_eq!(
            reaction("job", "unknown", "abort"),
            Reaction::Errors(vec!["unknown-job"])
        );
    }

    #[test]
    fn every_event_of_every_state_has_a_row() {
        for machine in &protocol().machines {
            for state in &machine.states {
                for event in &machine.events {
                    assert!(
                        rule(&machine.name, state, &event.name, None).is_some(),
                        "{} {state} {}",
                        machine.name,
                        event.name
                    );
                }
            }
        }
    }
}
