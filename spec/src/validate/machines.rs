//! State machines.

use super::Checker;
use crate::{model::Machine, source::At};
use indexmap::IndexMap;

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    let mut names = IndexMap::new();
    for (index, machine) in protocol.machines.iter().enumerate() {
        let at = At::top("machine").named(index, &machine.name);
        let name = &machine.name;
        checker.kebab_case(at.key("name"), name);
        checker.unique(
            &mut names,
            name.clone(),
            at.key("name"),
            &format!("the name `{name}`"),
        );
        checker.doc(&at, &machine.doc);
        states(checker, machine, &at);
        transitions(checker, machine, &at);
        reachable(checker, machine, &at);
        registered(checker, machine, &at);
    }
}

fn states(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let mut seen = IndexMap::new();
    for (index, state) in machine.states.iter().enumerate() {
        let at = at.key("states").index(index);
        checker.kebab_case(at.clone(), state);
        checker.unique(&mut seen, state.clone(), at, &format!("the name `{state}`"));
    }
    known(checker, machine, &at.key("initial"), &machine.initial);
}

fn known(checker: &mut Checker<'_>, machine: &Machine, at: &At, state: &String) {
    if !machine.states.contains(state) {
        checker.find(
            at.clone(),
            format!("the machine has no state `{state}`"),
            "correct the name, or add it to `states`",
        );
    }
}

fn transitions(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let mut seen = IndexMap::new();
    for (index, transition) in machine.transitions.iter().enumerate() {
        let at = at.key("transitions").index(index);
        known(checker, machine, &at.key("from"), &transition.from);
        known(checker, machine, &at.key("to"), &transition.to);
        checker.kebab_case(at.key("event"), &transition.event);
        checker.requirement(&at, &transition.requirement);
        let what = format!(
            "the event `{}` in the state `{}`",
            transition.event, transition.from
        );
        checker.unique(
            &mut seen,
            (&transition.from, &transition.event),
            at.key("event"),
            &what,
        );
        for (index, action) in transition.actions.iter().enumerate() {
            if action.trim().is_empty() {
                checker.find(
                    at.key("actions").index(index),
                    "the action is empty",
                    "say what is done",
                );
            }
        }
    }
}

fn reachable(checker: &mut Checker<'_>, machine: &Machine, at: &At) {
    let mut reached = vec![machine.initial.as_str()];
    let mut next = 0;
    while let Some(&state) = reached.get(next) {
        next += 1;
        for transition in machine
            .transitions
            .iter()
            .filter(|transition| transition.from == state)
        {
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
