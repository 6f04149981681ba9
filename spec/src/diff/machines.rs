//! State machines: their states and events. What they do with them is compared cell by cell, in [`super::cells`].

use super::{
    End, Ends,
    cells::{self, Names},
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    standing, words,
};
use crate::{
    model::{Event, Machine, Protocol},
    source::At,
};
use indexmap::IndexMap;

kinds! {
    /// What changes in a state machine.
    MachineKind {
        /// There is a new machine.
        Added = "machine-added", Receivers:
            "The machine `{name}` is new.",
            "Nothing was said of this state before: older {to} may behave otherwise than newer {from} count on.",
            "Describe what older {to} do already; what they don't comes with a new version.";
        /// A machine is gone.
        Removed = "machine-removed", Senders:
            "The machine `{name}` is gone.",
            "Newer {to} may behave otherwise than older {from} count on.",
            "Keep the machine.";
        /// A machine has another name.
        Renamed = "machine-renamed", None:
            "The machine `{old}` is called `{new}`.",
            "Its states, events and transitions are the same, and no name goes over the wire.",
            "";
        /// It is said to describe another part.
        Part = "machine-part", None:
            "The machine `{name}` describes the part {new}, before {old}.",
            "How the parts of a reader are called is not seen from outside.",
            "";
        /// It begins in another state.
        Initial = "machine-initial", Both:
            "The machine `{name}` begins in the state `{new}`, before in `{old}`.",
            "After a reset older and newer {to} behave differently, and {from} count on one of the two.",
            "Keep the state that it begins in.";
        /// There is a new state.
        StateAdded = "machine-state-added", None:
            "The state `{name}` is new.",
            "Of itself it changes no answer; each transition between states that there were is told of its own.",
            "";
        /// A state is gone.
        StateRemoved = "machine-state-removed", Receivers:
            "The state `{name}` is gone.",
            "Older {to} can still be in it, and newer {from} do not know what they answer there.",
            "Keep the state.";
        /// A state has another name.
        StateRenamed = "machine-state-renamed", None:
            "The state `{old}` of `{name}` is called `{new}`.",
            "What happens in it is the same; if its name goes over the wire, it goes by its number.",
            "";
        /// There is a new event.
        EventAdded = "machine-event-added", Receivers:
            "The event `{name}` is new: “{new}”",
            "Nothing was said of it before: older {to} may do anything there, and newer {from} count on what is said now.",
            "Say what older {to} do already; what they don't comes with a new version.";
        /// An event is gone.
        EventRemoved = "machine-event-removed", Senders:
            "The event `{name}` is gone: “{old}”",
            "Nothing is said of it any more: newer {to} may do anything there, and older {from} count on what was said.",
            "Keep the event.";
        /// An event has another name.
        EventRenamed = "machine-event-renamed", None:
            "The event `{old}` of `{name}` is called `{new}`.",
            "The same happens, and no name goes over the wire.",
            "";
        /// There is a new transition.
        TransitionAdded = "machine-transition-added", Both:
            "There is a new transition of `{name}`: {new}.",
            "Newer {to} do what {from} of before do not count on, and older ones do not do what newer {from} count on.",
            "Let a new version bring it.";
        /// A transition is gone.
        TransitionRemoved = "machine-transition-removed", Both:
            "A transition of `{name}` is gone: {old}.",
            "Newer {to} do not do what older {from} count on, and older ones do what newer {from} do not count on.",
            "Keep the transition.";
        /// A transition leads elsewhere.
        TransitionTarget = "machine-transition-target", Both:
            "A transition of `{name}` leads to `{new}`, before to `{old}`.",
            "Afterwards older and newer {to} are in different states, and answer {from} differently.",
            "Let a new version bring it, or a new event.";
        /// A transition is taken under another condition.
        TransitionGuard = "machine-transition-guard", Both:
            "A transition of `{name}` has the condition “{new}”, before “{old}”.",
            "Older and newer {to} take it at different times, and {from} count on one of the two.",
            "Let a new version bring it; where only the words are better, say so in the review.";
        /// Something else is done on the way.
        TransitionActions = "machine-transition-actions", Both:
            "On a transition of `{name}` is done: {new}; before: {old}.",
            "Older and newer {to} do different things, and {from} count on one of the two.",
            "Let a new version bring it; where only the words are better, say so in the review.";
        /// Transitions of one cell are tried in another order.
        TransitionOrder = "machine-transition-order", Both:
            "The transitions of `{name}` are tried in the order {new}, before {old}.",
            "Where two of the conditions hold, older and newer {to} take different ones.",
            "Keep the order.";
        /// An event that changes no state has another reaction.
        StayReaction = "machine-stay-reaction", Both:
            "The reaction to `{name}` is “{new}”, before “{old}”.",
            "Older and newer {to} answer differently, and {from} count on one of the two.",
            "Let a new version bring it; where only the words are better, say so in the review.";
    }
}

/// Who counts on a machine of a reader, by its name; on what is not named here, clients do.
const OBSERVERS: [(&str, Ends); 2] = [
    ("session", Ends::of(&[End::Client, End::Cloud])),
    ("update", Ends::of(&[End::Cloud])),
];

pub(super) fn compare(finder: &mut Finder<'_>) {
    let pairs = pairs(finder.old, finder.new);
    for (old, new) in pairs.both {
        let subject = subject(new.index, new.name, old.name);
        if old.name != new.name {
            let values = Values::changed(old.name, new.name);
            finder.tell(MachineKind::Renamed, &subject.key("name"), values);
        }
        machine(finder, &subject, old.item, new.item);
    }
    for old in pairs.removed {
        let subject = subject(old.index, old.name, old.name);
        finder.tell(MachineKind::Removed, &subject, Values::removed(old.name));
    }
    for new in pairs.added {
        let subject = subject(new.index, new.name, new.name);
        finder.tell(MachineKind::Added, &subject, Values::added(new.name));
    }
}

/// Old names of the session's states, and new ones: messages and interfaces refer to them.
pub(super) fn session_states<'p>(old: &'p Protocol, new: &'p Protocol) -> IndexMap<&'p str, &'p str> {
    let session = |named: &Named<'_, Machine>| named.name == "session";
    let pairs = pairs(old, new);
    let pair = pairs.both.iter().find(|(old, _)| session(old));
    pair.map_or_else(IndexMap::new, |(old, new)| Names::new(old.item, new.item).states)
}

/// Which machine is which: a renamed one has the cells of the old.
fn pairs<'p>(old: &'p Protocol, new: &'p Protocol) -> Pairs<'p, Machine> {
    let same = |old: &Named<'_, Machine>, new: &Named<'_, Machine>| {
        let (old, new) = (old.item, new.item);
        let names = Names::new(old, new);
        let is_whole = names.states.len() == old.states.len().max(new.states.len())
            && names.events.len() == old.events.len().max(new.events.len());
        is_whole && cells::differences(old, new, &names).is_empty()
    };
    pairs::pair(
        pairs::of_list(&old.machines, |machine| &machine.name),
        pairs::of_list(&new.machines, |machine| &machine.name),
        same,
    )
}

fn subject(index: usize, name: &str, old_name: &str) -> Subject {
    let known = OBSERVERS.iter().find(|(known, _)| *known == old_name);
    let observers = known.map_or(End::Client.into(), |(_, ends)| *ends);
    Subject::new(At::top("machine").named(index, name), name).between((observers, End::Reader.into()))
}

fn machine(finder: &mut Finder<'_>, subject: &Subject, old: &Machine, new: &Machine) {
    let names = Names::new(old, new);
    if old.part != new.part {
        let values = Values::changed(&old.part, &new.part);
        finder.tell(MachineKind::Part, &subject.key("part"), values);
    }
    standing::doc(finder, subject, &old.doc, &new.doc);
    if names.state(&old.initial) != new.initial {
        let values = Values::changed(&old.initial, &new.initial);
        finder.tell(MachineKind::Initial, &subject.key("initial"), values);
    }
    states(finder, subject, &names, old, new);
    events(finder, subject, &names, old, new);
    for difference in cells::differences(old, new, &names) {
        let subject = Subject {
            at: difference.at(&subject.at),
            name: words::clean(difference.name(&subject.name)),
            ..subject.clone()
        };
        finder.tell(difference.kind, &subject, difference.values);
    }
}

fn states(finder: &mut Finder<'_>, subject: &Subject, names: &Names<'_>, old: &Machine, new: &Machine) {
    let at = subject.at.key("states");
    for (index, state) in old.states.iter().enumerate() {
        match names.states.get(state.as_str()) {
            Some(renamed) if *renamed == state => {}
            Some(renamed) => {
                let place = new.states.iter().position(|state| state == renamed);
                let subject = Subject {
                    at: at.index(place.unwrap_or(index)),
                    ..subject.clone()
                };
                let values = Values::changed(state, renamed);
                finder.tell(MachineKind::StateRenamed, &subject, values);
            }
            None => {
                let part = subject.part(at.index(index), state);
                finder.tell(MachineKind::StateRemoved, &part, Values::removed(state));
            }
        }
    }
    for (index, state) in new.states.iter().enumerate() {
        if !names.states.values().any(|known| known == state) {
            let part = subject.part(at.index(index), state);
            finder.tell(MachineKind::StateAdded, &part, Values::added(state));
        }
    }
}

fn events(finder: &mut Finder<'_>, subject: &Subject, names: &Names<'_>, old: &Machine, new: &Machine) {
    let at = subject.at.key("events");
    let find = |events: &'_ [Event], name: &str| events.iter().position(|event| event.name == name);
    for (index, event) in old.events.iter().enumerate() {
        let renamed = names.events.get(event.name.as_str());
        let place = renamed.and_then(|name| find(&new.events, name));
        let Some((place, now)) = place.and_then(|place| Some((place, new.events.get(place)?))) else {
            let part = subject.part(at.index(index), &event.name);
            finder.tell(MachineKind::EventRemoved, &part, Values::removed(&event.doc));
            continue;
        };
        let part = subject.part(at.index(place), &now.name);
        if event.name != now.name {
            let values = Values::changed(&event.name, &now.name);
            let subject = Subject {
                name: subject.name.clone(),
                ..part.key("name")
            };
            finder.tell(MachineKind::EventRenamed, &subject, values);
        }
        standing::doc(finder, &part, &event.doc, &now.doc);
    }
    for (index, event) in new.events.iter().enumerate() {
        if !names.events.values().any(|known| *known == event.name) {
            let part = subject.part(at.index(index), &event.name);
            finder.tell(MachineKind::EventAdded, &part, Values::added(&event.doc));
        }
    }
}
