//! The way to a state, or through a row of a machine: found in the model, then gone on the device.

use super::{
    machines::RuleId,
    moves::{Move, Offers, Service},
    state::{Key, State, failures_max},
    walker::Walker,
};
use crate::{
    sequence::Act,
    tester::Tester,
    verdict::{Step, Stop},
};
use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

/// How often a way is looked for anew because the device took another legal turn: a job that ended sooner.
const TRIES: usize = 200;

/// What a way is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Move(Move),
    /// As many forged frames as end the session.
    Exhaust,
}

/// Moves that lead somewhere; the others leave every state as it is.
fn edges(resets: bool, link_resets: bool) -> Vec<Edge> {
    let instruct = |service, odd| Edge::Move(Move::Instruct { job: 0, service, odd });
    let mut all: Vec<Edge> = [
        Act::Connect,
        Act::LoginSecond,
        Act::LoginResult,
        Act::LoginLimited,
        Act::LoginDenied,
        Act::RelayStrange,
        Act::UpdateOffer,
        Act::UpdateChunk,
        Act::UpdateCommit,
        Act::UpdateOfferOther,
        Act::UpdateChunkSpoiled,
        Act::UpdateChunkRest,
    ]
    .map(|act| Edge::Move(Move::Act(act)))
    .into();
    all.extend([Offers::All, Offers::Nothing].map(|offers| Edge::Move(Move::Auth(offers))));
    all.extend([
        instruct(Service::Echo, false),
        Edge::Move(Move::JobEnd(0)),
        Edge::Move(Move::Disconnect),
        Edge::Exhaust,
    ]);
    if link_resets {
        all.push(Edge::Move(Move::Act(Act::LinkReset)));
    }
    if resets {
        all.push(Edge::Move(Move::Act(Act::DeviceReset)));
    }
    all
}

/// What a way leads to.
pub(crate) enum Goal<'g> {
    /// A state like this.
    State(&'g dyn Fn(&State) -> bool),
    /// Through this row.
    Row(RuleId),
}

impl Walker {
    /// Goes where the goal is, if there is a way.
    pub(crate) fn go(&mut self, tester: &mut Tester, goal: &Goal<'_>, resets: bool) -> Step<bool> {
        for _ in 0..TRIES {
            if let Goal::State(holds) = goal
                && holds(&self.state)
            {
                return Ok(true);
            }
            let Some(way) = find(&self.state, goal, resets) else {
                return Ok(false);
            };
            let before = self.coverage.clone();
            let Some(&edge) = way.first() else {
                return Ok(true);
            };
            let key = self.state.key();
            self.take(tester, edge)?;
            if self.state.key() == key {
                // A job of an earlier walk may still run: it is given time to end.
                tester.let_pass(Duration::from_millis(5))?;
            }
            if let Goal::Row(id) = goal
                && self.coverage.went_through(*id, &before)
            {
                return Ok(true);
            }
        }
        Err(Stop::Inconclusive(
            "the device never took the turn that leads on".into(),
        ))
    }

    fn take(&mut self, tester: &mut Tester, edge: Edge) -> Step {
        match edge {
            Edge::Move(mv) => self.step(tester, mv),
            Edge::Exhaust => {
                while self.state.session != super::state::Session::Locked {
                    self.step(tester, Move::Act(Act::Flip))?;
                }
                Ok(())
            }
        }
    }
}

/// The shortest way, as the model knows it.
fn find(from: &State, goal: &Goal<'_>, resets: bool) -> Option<Vec<Edge>> {
    let edges = edges(resets, from.link_resets);
    let mut seen: BTreeSet<Key> = BTreeSet::from([from.key()]);
    let mut queue: VecDeque<(State, Vec<Edge>)> = VecDeque::from([(from.clone(), Vec::new())]);
    while let Some((state, way)) = queue.pop_front() {
        for &edge in &edges {
            for legal in turns(&state, edge) {
                let mut way = way.clone();
                way.push(edge);
                let is_there = match goal {
                    Goal::State(holds) => holds(&legal.next),
                    Goal::Row(id) => legal.rules.contains(id),
                };
                if is_there {
                    return Some(way);
                }
                if seen.insert(legal.next.key()) {
                    queue.push_back((legal.next, way));
                }
            }
        }
    }
    None
}

fn turns(state: &State, edge: Edge) -> Vec<super::legal::Legal> {
    match edge {
        Edge::Move(mv) => state.legal(mv),
        Edge::Exhaust if state.session != super::state::Session::Locked => {
            let mut nearly = state.clone();
            nearly.dropped = failures_max() - 1;
            nearly.legal(Move::Act(Act::Flip))
        }
        Edge::Exhaust => Vec::new(),
    }
}
