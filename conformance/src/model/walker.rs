//! Does moves on the device, judges what comes, and knows the state after it.

use super::{
    coverage::Coverage,
    legal::Legal,
    machines::rules,
    moves::Move,
    state::{Login, Phase, Repeatable, Session, State, Update},
};
use crate::{
    embedded::protocol,
    sequence::{Act, Came, Expected, Hand, Unexpected, judge},
    standstill::Deadline,
    tester::{Answer, Silence, Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_peers::Endpoint;
use core::time::Duration;

/// One walk over a device.
#[derive(Debug)]
pub(crate) struct Walker {
    pub(crate) state: State,
    pub(crate) hand: Hand,
    pub(crate) coverage: Coverage,
    /// What was done so far.
    pub(crate) moves: Vec<Move>,
}

/// What a step came to.
#[derive(Debug)]
pub(crate) struct Done {
    /// The answers that were legal.
    pub(crate) expected: Vec<Expected>,
    pub(crate) requirement: String,
    pub(crate) result: Step,
}

impl Walker {
    /// Brings a device that is locked to where a walk begins.
    pub(crate) fn begin(tester: &mut Tester, start: Start, patient: bool) -> Step<Self> {
        tester.forget_former();
        tester.reach(start)?;
        let patience = tester.bench.timers.backoff * 2;
        let link_is_device = matches!(tester.bench.endpoint, Endpoint::Exec { .. });
        let link_resets = link_is_device || tester.needs_link_reset().is_ok();
        let mut state = State::locked(patience, link_is_device, link_resets);
        match start {
            Start::Locked => {}
            Start::Connected => state.session = Session::Connected,
            Start::Serving => {
                state.session = Session::Serving;
                state.login = Login::Open;
                state.offered = super::moves::Offers::All.services().to_vec();
                state.enabled.clone_from(&state.offered);
                state.counter = Some(tester.logic_counter());
            }
        }
        state.repeatable = Repeatable::Nothing;
        state.wrong_at = tester.last_wrong_connect();
        state.first_counter = tester.logic_counter();
        let hand = Hand::new(patient);
        let mut coverage = Coverage::default();
        coverage.begin();
        Ok(Self {
            state,
            hand,
            coverage,
            moves: Vec::new(),
        })
    }

    /// Does one move, and holds the device to what is legal.
    pub(crate) fn step(&mut self, tester: &mut Tester, mv: Move) -> Step {
        self.step_told(tester, mv).result
    }

    /// The same, with what was expected.
    pub(crate) fn step_told(&mut self, tester: &mut Tester, mv: Move) -> Done {
        self.state.told_counter = tester.logic_counter();
        let legal = self.state.legal(mv);
        let expected: Vec<Expected> = legal.iter().map(|legal| legal.expected.clone()).collect();
        let requirement = requirement(mv, legal.first());
        self.moves.push(mv);
        tester.check(&requirement);
        let mut result = self.act(tester, mv, legal, &expected);
        if let Move::JobEnd(job) = mv {
            result = result.and_then(|()| self.wait_for(tester, job));
        }
        Done {
            expected,
            requirement,
            result,
        }
    }

    /// Names the counters that an answer may state now.
    fn bind_counters(&mut self) {
        let known = [self.state.counter, self.state.update.counter()];
        for counter in known.into_iter().flatten() {
            if let Some(name) = self.state.counter_name(counter) {
                self.hand.bindings.insert(name, counter.into());
            }
        }
    }

    /// Asks for the status of a job until it has ended.
    fn wait_for(&mut self, tester: &mut Tester, job: u8) -> Step {
        let deadline = Deadline::within(tester.bench.timers.module);
        let runs = |state: &State| state.job(job).is_some_and(|known| known.phase == Phase::Running);
        while self.state.session == Session::Serving && runs(&self.state) && !deadline.is_past() {
            tester.let_pass(Duration::from_millis(1))?;
            let legal = self.state.legal(Move::JobStatus(job));
            let expected: Vec<Expected> = legal.iter().map(|legal| legal.expected.clone()).collect();
            self.act(tester, Move::JobStatus(job), legal, &expected)?;
        }
        Ok(())
    }

    fn act(&mut self, tester: &mut Tester, mv: Move, legal: Vec<Legal>, expected: &[Expected]) -> Step {
        let silence = if expected.iter().any(|one| one.expect == "silence") {
            Silence::Legal
        } else {
            Silence::Wrong
        };
        self.hand.bind_known(tester);
        if matches!(mv, Move::Act(Act::LoginSecond | Act::UpdateCommit)) {
            self.bind_counters();
        }
        let came = self.hand.perform(tester, &mv.step(), silence)?;
        let index = match judge(expected, &came, &mut self.hand.bindings) {
            Ok(index) => index,
            Err(Unexpected { expected, seen }) => {
                let place = self.state.name();
                return tester.fail(format!("{expected}, while {place}"), seen);
            }
        };
        let Some(chosen) = legal.into_iter().nth(index) else {
            return Err(Stop::Error("a step with no legal answer".into()));
        };
        self.coverage.count(&self.state, mv, &chosen.rules);
        if is_refused_in_back_off(mv, &came) {
            // It has changed nothing, and comes to something else when it is done again.
            self.moves.pop();
        }
        self.state = chosen.next;
        if let Came::Answer(answer) = &came {
            self.learn(mv, answer);
        }
        if self.state.session == Session::Locked {
            tester.session_is_over();
        }
        Ok(())
    }

    /// What an answer tells besides what was expected of it.
    fn learn(&mut self, mv: Move, answer: &Answer) {
        let state = &mut self.state;
        match answer.name.as_str() {
            "login_confirm" => state.counter = answer.fields["logic_counter"].as_u64(),
            "update_result" => state.counter = answer.fields["logic_counter"].as_u64().or(state.counter),
            _ => {}
        }
        let about_own = matches!(
            mv,
            Move::Act(
                Act::UpdateOffer
                    | Act::UpdateOfferOther
                    | Act::UpdateOfferAgain
                    | Act::UpdateChunk
                    | Act::UpdateChunkAhead
                    | Act::UpdateChunkLong
                    | Act::UpdateChunkSpoiled
                    | Act::UpdateChunkRest
                    | Act::UpdateCommit
                    | Act::UpdateQuery
            )
        );
        let Some(counter) = state.offered_counter.filter(|_| about_own) else {
            return;
        };
        let next = answer.fields["next_offset"].as_u64();
        let told = match (answer.fields["state"].as_str(), next) {
            (Some("receiving"), Some(next)) => Update::Receiving { counter, next },
            (Some("received"), _) => Update::Received { counter },
            (Some("installed"), _) => Update::Installed { counter },
            _ => return,
        };
        if matches!(state.update, Update::Unknown | Update::Receiving { .. }) {
            state.update = told;
        }
    }

    /// Ids that no job has had: what is known of the jobs so far is forgotten.
    pub(crate) fn forget_jobs(&mut self) {
        self.state.jobs.clear();
        self.state.latest = None;
        if self.state.running != super::state::Running::No {
            self.state.running = super::state::Running::Maybe(None);
        }
        let of_jobs = ["job", "length", "outcome", "data"];
        let is_of_jobs = |name: &str| {
            of_jobs.iter().any(|prefix| {
                name.strip_prefix(prefix)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
        };
        self.hand.bindings.retain(|name, _| !is_of_jobs(name));
    }

    /// Gives what was exercised to the tester, whatever became of the walk.
    pub(crate) fn end(self, tester: &mut Tester, time: Duration) {
        let mut coverage = self.coverage;
        coverage.time = time;
        tester.coverage.merge(&coverage);
    }
}

fn is_refused_in_back_off(mv: Move, came: &Came) -> bool {
    let is_right = matches!(mv, Move::Act(Act::Connect | Act::ConnectOther));
    is_right && matches!(came, Came::Answer(answer) if answer.name == "refusal")
}

/// The requirement under which a move fails.
fn requirement(mv: Move, legal: Option<&Legal>) -> String {
    if let Some(&id) = legal.and_then(|legal| legal.rules.first()) {
        return rules()[id].requirement.to_owned();
    }
    let message = protocol().message(mv.message());
    message.map_or_else(
        || String::from("CW-SESS-012"),
        |message| message.requirement.clone(),
    )
}
