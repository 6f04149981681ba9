//! State machines cell by cell: what an event does in a state.
//!
//! The schema writes one row for many cells. Rows that are split or joined change nothing, and what changes alike in
//! many cells is told once.

use super::{finder::Values, machines::MachineKind, standing::StandingKind, words};
use crate::{
    diff::Kind,
    model::{Machine, Stay, Transition},
    source::At,
};
use indexmap::{IndexMap, IndexSet};

/// Old names of a machine's states and events, and new ones. What is missing is gone.
pub(super) struct Names<'m> {
    pub(super) states: IndexMap<&'m str, &'m str>,
    pub(super) events: IndexMap<&'m str, &'m str>,
}

impl<'m> Names<'m> {
    pub(super) fn new(old: &'m Machine, new: &'m Machine) -> Self {
        let mut names = Self {
            states: shared(&old.states, &new.states, String::as_str),
            events: shared(&old.events, &new.events, |event| &event.name),
        };
        names.rename_events(old, new);
        names.rename_states(old, new);
        names
    }

    /// The new name of an old state; the same where it is gone.
    pub(super) fn state<'n>(&self, name: &'n str) -> &'n str
    where
        'm: 'n,
    {
        self.states.get(name).copied().unwrap_or(name)
    }

    /// A renamed event is described as the old one was.
    fn rename_events(&mut self, old: &'m Machine, new: &'m Machine) {
        let mut free: Vec<_> = new.events.iter().collect();
        free.retain(|event| !self.events.contains_key(event.name.as_str()));
        for event in &old.events {
            if self.events.contains_key(event.name.as_str()) {
                continue;
            }
            let place = free.iter().position(|new| words::are_same(&event.doc, &new.doc));
            if let Some(place) = place {
                self.events.insert(&event.name, &free.remove(place).name);
            }
        }
    }

    /// In a renamed state the same happens as in the old one.
    fn rename_states(&mut self, old: &'m Machine, new: &'m Machine) {
        let gone: Vec<_> = old
            .states
            .iter()
            .filter(|state| !self.states.contains_key(state.as_str()))
            .collect();
        let mut free: Vec<_> = new
            .states
            .iter()
            .filter(|state| !self.states.contains_key(state.as_str()))
            .collect();
        let events: Vec<_> = self.events.iter().map(|(old, new)| (*old, *new)).collect();
        let mut found = Vec::new();
        for state in gone {
            let is_same = |other: &&String| {
                events.iter().all(|(event, renamed)| {
                    let [old_cell, new_cell] = [Cell::of(old, state, event), Cell::of(new, other, renamed)];
                    old_cell.deeds(|target| self.states.get(target).copied())
                        == new_cell.deeds(|target| {
                            self.states
                                .values()
                                .any(|known| *known == target)
                                .then_some(target)
                        })
                })
            };
            if let Some(place) = free.iter().position(is_same) {
                found.push((state.as_str(), free.remove(place).as_str()));
            }
        }
        self.states.extend(found);
    }
}

fn shared<'m, T>(old: &'m [T], new: &'m [T], name: fn(&T) -> &str) -> IndexMap<&'m str, &'m str> {
    let new: IndexSet<_> = new.iter().map(name).collect();
    let kept = old.iter().map(name).filter(|name| new.contains(name));
    kept.map(|name| (name, name)).collect()
}

/// What changes alike in some cells.
pub(super) struct Difference<'m> {
    pub(super) kind: Kind,
    pub(super) values: Values,
    row: Row,
    key: Option<&'static str>,
    states: IndexSet<&'m str>,
    events: IndexSet<&'m str>,
}

/// A row of the schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Transition(usize),
    Stay(usize),
}

impl Difference<'_> {
    /// Where it is in the schema.
    pub(super) fn at(&self, machine: &At) -> At {
        let row = match self.row {
            Row::Transition(index) => machine.key("transitions").index(index),
            Row::Stay(index) => machine.key("stays").index(index),
        };
        self.key.map_or(row.clone(), |key| row.key(key))
    }

    /// What sentences call it: "session: hello, connect in locked".
    pub(super) fn name(&self, machine: &str) -> String {
        let (events, states) = (words::list(&self.events), words::list(&self.states));
        format!("{machine}: {events} in {states}")
    }
}

/// What changes in the cells that are in both machines.
pub(super) fn differences<'m>(old: &'m Machine, new: &'m Machine, names: &Names<'m>) -> Vec<Difference<'m>> {
    let mut found: Vec<Difference<'m>> = Vec::new();
    for (old_state, state) in &names.states {
        for (old_event, event) in &names.events {
            let cells = [Cell::of(old, old_state, old_event), Cell::of(new, state, event)];
            for (kind, values, row, key) in between(&cells, names) {
                let alike = found.iter_mut().find(|known| {
                    (known.kind, known.row, known.key) == (kind, row, key) && known.values == values
                });
                let place = match alike {
                    Some(known) => known,
                    None => {
                        found.push(Difference {
                            kind,
                            values,
                            row,
                            key,
                            states: IndexSet::new(),
                            events: IndexSet::new(),
                        });
                        let last = found.len() - 1;
                        &mut found[last]
                    }
                };
                place.states.insert(state);
                place.events.insert(event);
            }
        }
    }
    found
}

/// What an event does in a state: the transitions in the order in which they are tried, and what holds else.
struct Cell<'m> {
    ways: Vec<(usize, &'m Transition)>,
    stay: Option<(usize, &'m Stay)>,
}

impl<'m> Cell<'m> {
    fn of(machine: &'m Machine, state: &str, event: &str) -> Self {
        let has = |list: &[String], name: &str| list.iter().any(|known| known == name);
        let ways = machine.transitions.iter().enumerate();
        let mut stays = machine.stays.iter().enumerate();
        Self {
            ways: ways
                .filter(|(_, way)| has(&way.from, state) && has(&way.on, event))
                .collect(),
            stay: stays.find(|(_, stay)| has(&stay.within, state) && has(&stay.on, event)),
        }
    }

    /// What is done, for comparing a state with another one: targets by the names that `target` gives.
    fn deeds<'t>(&'t self, target: impl Fn(&'t str) -> Option<&'t str>) -> Vec<Deed<'t>> {
        let ways = self.ways.iter().map(|(_, way)| Deed {
            guard: way.guard.as_deref(),
            target: target(&way.to),
            actions: &way.actions,
        });
        let stay = self.stay.iter().map(|(_, stay)| Deed {
            guard: Some(&stay.reaction),
            target: None,
            actions: &[],
        });
        ways.chain(stay).collect()
    }
}

#[derive(PartialEq, Eq)]
struct Deed<'t> {
    guard: Option<&'t str>,
    target: Option<&'t str>,
    actions: &'t [String],
}

type Found = (Kind, Values, Row, Option<&'static str>);

fn between([old, new]: &[Cell<'_>; 2], names: &Names<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut left: Vec<_> = new.ways.clone();
    let mut pairs = Vec::new();
    let mut gone = Vec::new();
    let does_same =
        |old: &Transition, new: &Transition| names.state(&old.to) == new.to && old.actions == new.actions;
    // By the condition first, and then by what is done under whatever condition.
    for old in &old.ways {
        let place = left.iter().position(|(_, new)| old.1.guard == new.guard);
        match place {
            Some(place) => pairs.push((*old, left.remove(place))),
            None => gone.push(*old),
        }
    }
    gone.retain(|old| {
        let place = left.iter().position(|(_, new)| does_same(old.1, new));
        if let Some(place) = place {
            pairs.push((*old, left.remove(place)));
        }
        place.is_none()
    });
    for (old, new) in &pairs {
        way(&mut found, names, old.1, *new);
    }
    for (index, way) in gone {
        let kind = MachineKind::TransitionRemoved.into();
        found.push((kind, Values::removed(deed(way)), Row::Transition(index), None));
    }
    for (index, way) in left {
        let kind = MachineKind::TransitionAdded.into();
        found.push((kind, Values::added(deed(way)), Row::Transition(index), None));
    }
    order(&mut found, old, new);
    stay(&mut found, old.stay, new.stay);
    found
}

fn way(found: &mut Vec<Found>, names: &Names<'_>, old: &Transition, (index, new): (usize, &Transition)) {
    let row = Row::Transition(index);
    if old.guard != new.guard {
        let values = Values::optional(old.guard.as_ref(), new.guard.as_ref());
        found.push((MachineKind::TransitionGuard.into(), values, row, Some("guard")));
    }
    if names.state(&old.to) != new.to {
        let values = Values::changed(&old.to, &new.to);
        found.push((MachineKind::TransitionTarget.into(), values, row, Some("to")));
    }
    if old.actions != new.actions {
        let values = Values::changed(words::list(&old.actions), words::list(&new.actions));
        found.push((
            MachineKind::TransitionActions.into(),
            values,
            row,
            Some("actions"),
        ));
    }
    if old.requirement != new.requirement {
        let values = Values::changed(&old.requirement, &new.requirement);
        found.push((StandingKind::Requirement.into(), values, row, Some("requirement")));
    }
}

/// The conditions of both cells, in the order in which they are tried.
fn order(found: &mut Vec<Found>, old: &Cell<'_>, new: &Cell<'_>) {
    let guards = |cell: &Cell<'_>, other: &Cell<'_>| -> Vec<String> {
        let ways = cell.ways.iter().map(|(_, way)| &way.guard);
        let shared = ways.filter(|guard| other.ways.iter().any(|(_, way)| way.guard == **guard));
        shared
            .map(|guard| {
                guard
                    .as_ref()
                    .map_or_else(|| String::from("else"), |guard| format!("“{guard}”"))
            })
            .collect()
    };
    let (before, after) = (guards(old, new), guards(new, old));
    if let Some((index, _)) = new.ways.first()
        && before != after
    {
        let values = Values::changed(words::list(before), words::list(after));
        found.push((
            MachineKind::TransitionOrder.into(),
            values,
            Row::Transition(*index),
            None,
        ));
    }
}

/// A reaction comes and goes with transitions, which are told; one that comes and goes alone is told itself.
fn stay(found: &mut Vec<Found>, old: Option<(usize, &Stay)>, new: Option<(usize, &Stay)>) {
    let reaction = MachineKind::StayReaction.into();
    match (old, new) {
        (Some((_, old)), Some((index, new))) => {
            let row = Row::Stay(index);
            if old.reaction != new.reaction {
                let values = Values::changed(&old.reaction, &new.reaction);
                found.push((reaction, values, row, Some("reaction")));
            }
            if old.requirement != new.requirement {
                let values = Values::changed(&old.requirement, &new.requirement);
                found.push((StandingKind::Requirement.into(), values, row, Some("requirement")));
            }
        }
        (Some((index, old)), None) if found.is_empty() => {
            let values = Values::removed(&old.reaction);
            found.push((reaction, values, Row::Stay(index), None));
        }
        (None, Some((index, new))) if found.is_empty() => {
            let values = Values::added(&new.reaction);
            found.push((reaction, values, Row::Stay(index), None));
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => {}
    }
}

/// "where “guard” holds, to `state`: actions".
fn deed(way: &Transition) -> String {
    let guard = way.guard.as_ref().map(|guard| format!("where “{guard}”, "));
    let actions = words::list(&way.actions);
    format!(
        "{}to {}, with the actions: {actions}",
        guard.unwrap_or_default(),
        way.to
    )
}
