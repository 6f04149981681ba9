//! State machines.

use super::Checker;
use crate::{model::Machine, source::At};
use indexmap::{IndexMap, IndexSet};

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    let mut names = IndexMap::new();
    for (index, machine) in protocol.machines.iter().enumerate() {
        let at = At::top("machine").named(index, &machine.name);
        let name = &machine.name;
        checker.kebab_case(at.key("name"), name);
        let what = format!("the name `{name}`");
        checker.unique(&mut names, name.clone(), at.key("name"), &what);
        checker.doc(&at, &machine.doc);
        checker.one_line(&at.key("part"), &machine.part);
        if machine.part.trim().is_empty() {
            checker.find(
                at.key("part"),
                "the part is missing",
                "say which part of the reader it describes",
            );
        }
        states(checker, machine, &at);
        events(checker, machine, &at);
        let mut cells = Cells::default();
        transitions(checker, machine, &at, &mut cells);
        stays(checker, machine, &at, &mut cells);
        total(checker, machine, &at, &cells);
        reachable(checker, machine, &at);
        registered(checker, machine, &at);
    }
}

/// What the machine says of each event in each state.
#[derive(Default)]
struct Cells<'p>(IndexMap<(&'p str, &'p str), Cell<'p>>);

#[derive(Default)]
struct Cell<'p> {
    guards: IndexMap<&'p str, At>,
    /// A transition without a guard.
    always: Option<At>,
    stay: Option<At>,
}

fn states(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let mut seen = IndexMap::new();
    for (index, state) in machine.states.iter().enumerate() {
        let at = at.key("states").index(index);
        checker.kebab_case(at.clone(), state);
        checker.unique(&mut seen, state.clone(), at, &format!("the name `{state}`"));
    }
    known_state(checker, machine, at.key("initial"), &machine.initial);
}

fn events(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let mut seen = IndexMap::new();
    for (index, event) in machine.events.iter().enumerate() {
        let at = at.key("events").index(index);
        let name = at.key("name");
        checker.kebab_case(name.clone(), &event.name);
        checker.unique(
            &mut seen,
            event.name.clone(),
            name,
            &format!("the name `{}`", event.name),
        );
        checker.doc(&at, &event.doc);
    }
}

fn known_state(checker: &mut Checker<'_>, machine: &Machine, at: At, state: &String) {
    if !machine.states.contains(state) {
        checker.find(
            at,
            format!("the machine has no state `{state}`"),
            "correct the name, or add it to `states`",
        );
    }
}

/// The states and events that something is said of, each of which must be one of the machine.
fn pairs<'p>(
    checker: &mut Checker<'_>,
    machine: &Machine,
    (states_at, states): (&At, &'p [String]),
    (events_at, events): (&At, &'p [String]),
) -> Vec<(&'p str, &'p str)> {
    for (at, names, what) in [(states_at, states, "state"), (events_at, events, "event")] {
        if names.is_empty() {
            checker.find(
                at.clone(),
                format!("no {what} is named"),
                format!("name at least one {what}"),
            );
        }
        checker.distinct(at, what, names);
    }
    for (index, state) in states.iter().enumerate() {
        known_state(checker, machine, states_at.index(index), state);
    }
    for (index, event) in events.iter().enumerate() {
        if !machine.events.iter().any(|known| known.name == *event) {
            checker.find(
                events_at.index(index),
                format!("the machine has no event `{event}`"),
                "correct the name, or add it to `events`",
            );
        }
    }
    let pairs: IndexSet<_> = states
        .iter()
        .flat_map(|state| events.iter().map(move |event| (state.as_str(), event.as_str())))
        .collect();
    pairs.into_iter().collect()
}

fn transitions<'p>(checker: &mut Checker<'p>, machine: &'p Machine, at: &At, cells: &mut Cells<'p>) {
    for (index, transition) in machine.transitions.iter().enumerate() {
        let at = at.key("transitions").index(index);
        known_state(checker, machine, at.key("to"), &transition.to);
        checker.requirement(&at, &transition.requirement);
        for (index, action) in transition.actions.iter().enumerate() {
            checker.one_line(&at.key("actions").index(index), action);
            if action.trim().is_empty() {
                checker.find(
                    at.key("actions").index(index),
                    "the action is empty",
                    "say what is done",
                );
            }
        }
        let on = at.key("on");
        let guard = transition.guard.as_deref();
        if let Some(guard) = guard {
            checker.one_line(&at.key("guard"), guard);
        }
        if guard.is_some_and(|guard| guard.trim().is_empty()) {
            checker.find(
                at.key("guard"),
                "the guard is empty",
                "say what must hold, or remove it",
            );
        }
        for (state, event) in pairs(
            checker,
            machine,
            (&at.key("from"), &transition.from),
            (&on, &transition.on),
        ) {
            let cell = cells.0.entry((state, event)).or_default();
            if cell.always.is_some() {
                checker.find(
                    on.clone(),
                    format!("the event `{event}` in the state `{state}` is already decided by a transition without a guard"),
                    "put transitions with a guard before it, or remove one of the two",
                );
            }
            match guard {
                Some(guard) => {
                    let what = format!("the guard of the event `{event}` in the state `{state}`");
                    checker.unique(&mut cell.guards, guard, at.key("guard"), &what);
                }
                None => cell.always = Some(on.clone()),
            }
        }
    }
}

fn stays<'p>(checker: &mut Checker<'p>, machine: &'p Machine, at: &At, cells: &mut Cells<'p>) {
    for (index, stay) in machine.stays.iter().enumerate() {
        let at = at.key("stays").index(index);
        checker.requirement(&at, &stay.requirement);
        checker.one_line(&at.key("reaction"), &stay.reaction);
        if stay.reaction.trim().is_empty() {
            checker.find(
                at.key("reaction"),
                "the reaction is empty",
                "say what is answered or done",
            );
        }
        let on = at.key("on");
        for (state, event) in pairs(
            checker,
            machine,
            (&at.key("within"), &stay.within),
            (&on, &stay.on),
        ) {
            let cell = cells.0.entry((state, event)).or_default();
            if cell.always.is_some() || cell.stay.is_some() {
                checker.find(
                    on.clone(),
                    format!("the event `{event}` in the state `{state}` is decided twice"),
                    "keep one transition or one stay; beside a stay, transitions have guards",
                );
            }
            cell.stay = Some(on.clone());
        }
    }
}

/// Every event in every state is decided: nobody who builds a reader has to guess.
fn total(checker: &mut Checker<'_>, machine: &Machine, at: &At, cells: &Cells<'_>) {
    for state in &machine.states {
        for (index, event) in machine.events.iter().enumerate() {
            let cell = cells.0.get(&(state.as_str(), event.name.as_str()));
            if cell.is_some_and(|cell| cell.always.is_some() || cell.stay.is_some()) {
                continue;
            }
            let but = if cell.is_some() {
                " where no guard holds"
            } else {
                ""
            };
            checker.find(
                at.key("events").index(index),
                format!(
                    "it is not said what `{}` does in the state `{state}`{but}",
                    event.name
                ),
                "add a transition, or a stay with its reaction",
            );
        }
    }
}

fn reachable(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let mut reached = vec![machine.initial.as_str()];
    let mut next = 0;
    while let Some(&state) = reached.get(next) {
        next += 1;
        let leaving = machine
            .transitions
            .iter()
            .filter(|transition| transition.from.iter().any(|from| from == state));
        for transition in leaving {
            if !reached.contains(&transition.to.as_str()) {
                reached.push(&transition.to);
            }
        }
    }
    for (index, state) in machine.states.iter().enumerate() {
        if !reached.contains(&state.as_str()) {
            checker.find(
                at.key("states").index(index),
                format!("nothing leads to the state `{state}`"),
                "add a transition to it, or remove it",
            );
        }
    }
}

/// A machine whose states go over the wire has the states of that registry.
fn registered(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let name = format!("{}_state", machine.name);
    let Some(registry) = checker.protocol.registries.get(&name) else {
        return;
    };
    for (index, state) in machine.states.iter().enumerate() {
        if !registry.values.iter().any(|value| value.name == *state) {
            checker.find(
                at.key("states").index(index),
                format!("the registry `{name}` has no value `{state}`"),
                "give machine and registry the same states",
            );
        }
    }
    for (index, value) in registry.values.iter().enumerate() {
        if !machine.states.contains(&value.name) {
            checker.find(
                At::top("registry").key(&name).key("values").index(index),
                format!("the machine `{}` has no state `{}`", machine.name, value.name),
                "give machine and registry the same states",
            );
        }
    }
}
