//! Everything that an attacker, a line, a card and the power may do to a reader, one after the other, in every order up to
//! some depth: stateright chooses, the real reader core does it.
//!
//! A reader can't be copied, so that a state is the way to it; two ways are one state where nobody can see a difference.
//! One thread: the shortest way to a state comes first, so that what may follow it is never cut short.
// Test modules: nothing is public beyond them.
#![allow(unreachable_pub)]

#[path = "../hostile/mod.rs"]
mod hostile;
mod run;

use cardwire_core::{Deviation, env::Record};
use core::hash::{Hash, Hasher};
use hostile::board::Weakness;
use run::{Action, Kind, Run, View};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::time::Instant;

/// Actions behind the beginning of a way; `CARDWIRE_STEPS` says another number. Each of the bugs below is found within
/// these.
const STEPS: usize = 3;

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
const BEGINNINGS: [&[Action]; 5] = [
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
struct State {
    way: Vec<Action>,
    /// How many actions may follow.
    left: usize,
    can: Vec<Action>,
    view: View,
    broken: Option<&'static str>,
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

struct Reader {
    weakness: Option<Weakness>,
    steps: usize,
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

#[test]
fn nothing_that_may_happen_breaks_a_reader() {
    let steps = std::env::var("CARDWIRE_STEPS").map_or(STEPS, |text| text.parse().unwrap());
    let start = Instant::now();
    let checker = Reader {
        weakness: None,
        steps,
    }
    .checker()
    .threads(1)
    .spawn_bfs()
    .join();
    println!(
        "{} states, {} ways to them, {steps} actions behind {} beginnings, in {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        BEGINNINGS.len(),
        start.elapsed().as_secs_f64()
    );
    if let Some(path) = checker.discovery("nothing is broken") {
        let last = path.last_state();
        panic!("{}: {:?}", last.broken.unwrap_or_default(), last.way);
    }
    checker.assert_any_discovery("a job writes");
    checker.assert_any_discovery("a job is interrupted");
}

#[test]
fn seeded_bugs_are_found() {
    // To write again takes a step more than the others: instructed, settled, reset, its line set.
    for (weakness, steps) in [
        (Weakness::Core(Deviation::ServesBeforeLogin), STEPS),
        (Weakness::Core(Deviation::ExecutesRepeats), STEPS),
        (Weakness::Core(Deviation::ForgetsJobs), STEPS + 1),
        (Weakness::Core(Deviation::LeavesModulesOnAfterFailure), STEPS),
        (Weakness::Core(Deviation::LocksOut), STEPS),
        (Weakness::Loses(Record::Journal), STEPS + 1),
    ] {
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
}
