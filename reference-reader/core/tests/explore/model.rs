//! The ways that a reader may go, as stateright walks them: what may happen, where ways begin, and when two are one.

use crate::{
    hostile::board::Weakness,
    run::{Action, Kind, Run, View},
};
use core::hash::{Hash, Hasher};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// Actions behind the beginning of a way; `CARDWIRE_STEPS` says another number. Most bugs of weak readers are found
/// within these.
pub const STEPS: usize = 3;

/// All that may happen, and how often at most in one way.
const ACTIONS: [(Action, usize); 17] = [
    (Action::Connect, 3),
    (Action::Login, 3),
    (Action::Instruct, 3),
    (Action::InstructHeld, 1),
    (Action::Disconnect, 1),
    (Action::Replay(Kind::Connect), 1),
    (Action::Replay(Kind::Instruct), 2),
    (Action::Replay(Kind::OldInstruct), 1),
    (Action::Replay(Kind::Disconnect), 1),
    (Action::Replay(Kind::Answer), 1),
    (Action::Cut, 1),
    (Action::PowerCycle, 2),
    (Action::CardOut, 1),
    (Action::CardIn, 1),
    (Action::ModuleTells, 7),
    (Action::ModuleStutters, 1),
    (Action::TimePasses, 1),
];

/// How ways begin: with a locked reader, one that serves, one that writes to a card, one that has written, and one whose
/// power went meanwhile.
pub const BEGINNINGS: [&[Action]; 5] = [
    &[],
    &[Action::Connect, Action::Login],
    &[
        Action::Connect,
        Action::Login,
        Action::Instruct,
        Action::ModuleTells,
        Action::ModuleTells,
        Action::ModuleTells,
    ],
    &[
        Action::Connect,
        Action::Login,
        Action::Instruct,
        Action::ModuleTells,
        Action::ModuleTells,
        Action::ModuleTells,
        Action::ModuleTells,
    ],
    &[
        Action::Connect,
        Action::Login,
        Action::Instruct,
        Action::ModuleTells,
        Action::ModuleTells,
        Action::ModuleTells,
        Action::PowerCycle,
        Action::Connect,
        Action::Login,
    ],
];

#[derive(Clone, Debug)]
pub struct State {
    pub way: Vec<Action>,
    /// How many actions may follow.
    left: usize,
    can: Vec<Action>,
    view: View,
    pub broken: Option<&'static str>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        (&self.view, self.broken) == (&other.view, other.broken)
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.view, self.broken).hash(state);
    }
}

pub struct Reader {
    pub weakness: Option<Weakness>,
    pub steps: usize,
}

impl Reader {
    fn state(&self, way: Vec<Action>, left: usize) -> State {
        let mut run = Run::new(self.weakness);
        for action in &way {
            run.does(*action);
        }
        let room = |action: Action, most: usize| way.iter().filter(|done| **done == action).count() < most;
        let can = ACTIONS
            .iter()
            .filter(|(action, most)| room(*action, *most) && run.can(*action));
        let can = can.map(|(action, _)| *action).collect();
        let (view, broken) = run.ended();
        State {
            way,
            left,
            can,
            view,
            broken,
        }
    }
}

impl Model for Reader {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        BEGINNINGS
            .map(|way| self.state(way.to_vec(), self.steps))
            .to_vec()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.broken.is_none() && state.left > 0 {
            actions.extend(&state.can);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut way = state.way.clone();
        way.push(action);
        Some(self.state(way, state.left - 1))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is broken", |_, state: &State| state.broken.is_none()),
            Property::sometimes("a job writes", |_, state: &State| state.view.writes > 0),
            Property::sometimes("a job is interrupted", |_, state: &State| state.view.interrupted),
        ]
    }
}

/// Finds what a reader with this weakness does wrong within so many steps.
pub fn find(weakness: Weakness, steps: usize) {
    let checker = Reader {
        weakness: Some(weakness),
        steps,
    }
    .checker()
    .threads(1)
    .finish_when(HasDiscoveries::AnyFailures)
    .spawn_bfs()
    .join();
    let path = checker.discovery("nothing is broken");
    let path = path.unwrap_or_else(|| panic!("{} is not found", weakness.name()));
    let last = path.last_state();
    println!(
        "{:<28} {}: {:?}",
        weakness.name(),
        last.broken.unwrap_or_default(),
        last.way
    );
}
