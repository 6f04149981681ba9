//! State machines: drawing, events, transitions, and what every event does in every state.

use super::{Book, Table, prose::codes};
use crate::model::{Machine, Transition};

/// The fragment `machine-NAME.md`. It has no headings: a chapter that includes it has its own.
pub(super) fn render(book: Book<'_>, machine: &Machine) -> String {
    let drawing = format!(
        "![The states of the {} and what leads from one to another](generated/machine-{}.svg)",
        machine.part, machine.name
    );
    format!(
        "{} It begins in `{}`, and belongs to the reader's {}.\n\n{drawing}\n\n**Events.**\n\n{}**Transitions**, the first whose \
         condition holds.\n\n{}**Every event in every state.** `→` is a transition; what has none leaves the state as it \
         is.\n\n{}",
        book.prose(&machine.doc),
        machine.initial,
        machine.part,
        events(book, machine),
        transitions(book, machine),
        matrix(book, machine)
    )
}

fn events(book: Book<'_>, machine: &Machine) -> String {
    let mut table = Table::new(["event", "what happens"]);
    for event in &machine.events {
        table.row([format!("`{}`", event.name), book.prose(&event.doc)]);
    }
    table.finish()
}

/// A machine whose transitions hang on nothing but the event has no column for conditions.
fn transitions(book: Book<'_>, machine: &Machine) -> String {
    let has_guards = machine
        .transitions
        .iter()
        .any(|transition| transition.guard.is_some());
    let mut table = if has_guards {
        Table::new(["from", "on", "where", "to", "what is done", "requirement"])
    } else {
        Table::new(["from", "on", "to", "what is done", "requirement"])
    };
    for transition in &machine.transitions {
        let guard = transition
            .guard
            .as_deref()
            .map_or_else(String::new, |guard| book.prose(guard));
        let behind = [
            format!("`{}`", transition.to),
            actions(book, transition),
            book.requirement(&transition.requirement),
        ];
        let cells = [codes(&transition.from), codes(&transition.on)];
        table.row(cells.into_iter().chain(has_guards.then_some(guard)).chain(behind));
    }
    table.finish()
}

/// One row for each event, one column for each state.
fn matrix(book: Book<'_>, machine: &Machine) -> String {
    let mut head = vec!["event".to_owned()];
    head.extend(machine.states.iter().map(|state| format!("`{state}`")));
    let mut table = Table::of(head);
    for event in &machine.events {
        let cells = machine
            .states
            .iter()
            .map(|state| cell(book, machine, state, &event.name));
        table.row([format!("`{}`", event.name)].into_iter().chain(cells));
    }
    table.finish()
}

fn cell(book: Book<'_>, machine: &Machine, state: &str, event: &str) -> String {
    let is = |names: &[String], name: &str| names.iter().any(|known| known == name);
    let transitions = machine
        .transitions
        .iter()
        .filter(|transition| is(&transition.from, state) && is(&transition.on, event));
    let mut parts: Vec<String> = transitions
        .map(|transition| self::transition(book, transition))
        .collect();
    let stays = machine
        .stays
        .iter()
        .filter(|stay| is(&stay.within, state) && is(&stay.on, event));
    parts.extend(stays.map(|stay| {
        format!(
            "{} ({})",
            book.prose(&stay.reaction),
            book.requirement(&stay.requirement)
        )
    }));
    parts.join("<br>else: ")
}

fn transition(book: Book<'_>, transition: &Transition) -> String {
    let guard = transition
        .guard
        .as_deref()
        .map_or_else(String::new, |guard| format!("where {} ", book.prose(guard)));
    let actions = match transition.actions.as_slice() {
        [] => String::new(),
        _ => format!(": {}", actions(book, transition)),
    };
    format!(
        "{guard}→ `{}`{actions} ({})",
        transition.to,
        book.requirement(&transition.requirement)
    )
}

fn actions(book: Book<'_>, transition: &Transition) -> String {
    let actions: Vec<_> = transition
        .actions
        .iter()
        .map(|action| book.prose(action))
        .collect();
    actions.join("; ")
}
