//! Interfaces of the interface module.

use super::Checker;
use crate::source::At;

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    let session = protocol.machines.iter().find(|machine| machine.name == "session");
    for (name, interface) in &protocol.interfaces {
        let at = At::top("interface").key(name);
        checker.kebab_case(at.clone(), name);
        checker.doc(&at, &interface.doc);
        checker.requirement(&at, &interface.requirement);
        if interface.enabled.is_empty() {
            checker.find(
                at.key("enabled"),
                format!("the interface `{name}` is never enabled"),
                "name the states of the session in which it is",
            );
        }
        checker.distinct(&at.key("enabled"), "state", &interface.enabled);
        for (index, state) in interface.enabled.iter().enumerate() {
            if !session.is_some_and(|session| session.states.contains(state)) {
                checker.find(
                    at.key("enabled").index(index),
                    format!("the session has no state `{state}`"),
                    "use a state of machine.session",
                );
            }
        }
    }
}
