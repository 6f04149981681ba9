//! The cases of the model: every state × every message, every pair of transitions, and walks by chance.

use super::{
    coverage,
    machines::{RuleId, rules},
    moves::Move,
    plan::Goal,
    random::Chance,
    shrink,
    state::{Job, Login, Phase, Session, State, Update},
    walker::Walker,
};
use crate::{
    bench::BenchCommand,
    case::Case,
    cases::programs,
    sequence::Act,
    tester::{Start, Tester},
    verdict::{Step, Stop},
};
use cardwire_peers::Endpoint;
use std::{collections::BTreeSet, time::Instant};

/// Walks by chance in a run, and the steps of each.
const WALKS: u16 = 48;
const STEPS: usize = 1000;
/// How many times `T_answer` a walk waits for an answer.
const PATIENCE: u32 = 5;

/// What a case of the model does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// In this state, every message of this family.
    States(Place, Family),
    /// Every transition of a machine that begins in this state, after every one that leads to it.
    Pairs(&'static str, &'static str),
    /// A walk by chance.
    Walk,
}

/// A state that the systematic part starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Locked,
    Fresh,
    Connected,
    Handshake,
    Result,
    Serving,
    NoInterface,
    NoChannel,
    JobDone,
    Receiving,
    Received,
    Installed,
}

/// Messages that are tried together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Clear,
    Frames,
    Requests,
    Malformed,
    Jobs,
    Login,
    Updates,
    Connects,
}

impl Place {
    const ALL: [Self; 12] = [
        Self::Locked,
        Self::Fresh,
        Self::Connected,
        Self::Handshake,
        Self::Result,
        Self::Serving,
        Self::NoInterface,
        Self::NoChannel,
        Self::JobDone,
        Self::Receiving,
        Self::Received,
        Self::Installed,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Fresh => "just-connected",
            Self::Connected => "connected",
            Self::Handshake => "login",
            Self::Result => "login-result-awaited",
            Self::Serving => "serving",
            Self::NoInterface => "serving-nothing",
            Self::NoChannel => "serving-without-channel",
            Self::JobDone => "job-done",
            Self::Receiving => "update-receiving",
            Self::Received => "update-received",
            Self::Installed => "update-installed",
        }
    }

    /// Whether a state is this one.
    fn is(self, state: &State) -> bool {
        use super::{moves::Service, state::Repeatable};
        let serving = state.session == Session::Serving && state.login == Login::Open;
        let enabled = state.is_enabled(Service::Echo);
        match self {
            Self::Locked => state.session == Session::Locked,
            Self::Fresh => state.session == Session::Connected && state.repeatable == Repeatable::Connect,
            Self::Connected => state.session == Session::Connected && state.repeatable == Repeatable::Request,
            Self::Handshake => state.login == Login::Second,
            Self::Result => state.login == Login::Result,
            Self::Serving => serving && enabled,
            Self::NoInterface => serving && state.enabled.is_empty(),
            Self::NoChannel => state.session == Session::Serving && state.login == Login::None && enabled,
            Self::JobDone => {
                let done = Some(Job {
                    service: Service::Echo,
                    phase: Phase::Done,
                });
                serving && enabled && state.job(0) == done && state.latest == Some(0)
            }
            Self::Receiving => {
                serving
                    && enabled
                    && is_kept(state, |update| {
                        matches!(update, Update::Receiving { next: 1.., .. })
                    })
            }
            Self::Received => {
                serving && enabled && is_kept(state, |update| matches!(update, Update::Received { .. }))
            }
            Self::Installed => {
                serving && enabled && is_kept(state, |update| matches!(update, Update::Installed { .. }))
            }
        }
    }
}

fn is_kept(state: &State, is_it: impl Fn(&Update) -> bool) -> bool {
    state.keeps_what_was_offered() && is_it(&state.update)
}

impl Family {
    const ALL: [Self; 8] = [
        Self::Clear,
        Self::Frames,
        Self::Requests,
        Self::Malformed,
        Self::Jobs,
        Self::Login,
        Self::Updates,
        Self::Connects,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Frames => "frames",
            Self::Requests => "requests",
            Self::Malformed => "malformed",
            Self::Jobs => "jobs",
            Self::Login => "login",
            Self::Updates => "updates",
            Self::Connects => "connects",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Clear => "every message in clear, garbage, and a reset of the link",
            Self::Frames => "repeats, replays, forged frames and wrong numbers",
            Self::Requests => "every request of the platform interface",
            Self::Malformed => "every request broken, and unknown codes",
            Self::Jobs => "every request of a service interface",
            Self::Login => "every step of a login, right and wrong",
            Self::Updates => "every message of an update, right and wrong",
            Self::Connects => "connects, right and wrong",
        }
    }

    fn of(mv: Move) -> Self {
        match mv {
            Move::Hello | Move::Clear(_) | Move::ConnectCut | Move::Garbage(_) => Self::Clear,
            Move::Repeat | Move::Changed | Move::Ahead => Self::Frames,
            Move::Status | Move::Diagnostics | Move::Disconnect => Self::Requests,
            Move::Auth(_) | Move::UnknownWord => Self::Login,
            Move::Broken(..) | Move::Unknown(_) => Self::Malformed,
            Move::List
            | Move::Instruct { .. }
            | Move::JobStatus(_)
            | Move::JobEnd(_)
            | Move::JobData { .. }
            | Move::JobAbort(_) => Self::Jobs,
            Move::Act(act) => match act {
                Act::Connect
                | Act::ConnectOther
                | Act::ConnectWrongKey
                | Act::ConnectUnknownClient
                | Act::ConnectUnknownGeneration
                | Act::ConnectUnknownMethod
                | Act::ConnectAgain => Self::Connects,
                Act::LoginSecond
                | Act::LoginResult
                | Act::LoginLimited
                | Act::LoginDenied
                | Act::LoginForeign
                | Act::RelayStrange
                | Act::RelayAgain => Self::Login,
                Act::UpdateOffer
                | Act::UpdateOfferOther
                | Act::UpdateOfferAgain
                | Act::UpdateOfferUnsigned
                | Act::UpdateOfferForeign
                | Act::UpdateOfferOld
                | Act::UpdateChunk
                | Act::UpdateChunkAhead
                | Act::UpdateChunkLong
                | Act::UpdateChunkRest
                | Act::UpdateChunkSpoiled
                | Act::UpdateCommit
                | Act::UpdateQuery => Self::Updates,
                Act::Flip | Act::Short | Act::Replay | Act::Two => Self::Frames,
                Act::LinkReset => Self::Clear,
                Act::DeviceReset => Self::Requests,
            },
        }
    }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for place in Place::ALL {
        for family in Family::ALL {
            let id = format!("states.{}.{}", place.name(), family.name());
            let title = format!("In the state {}: {}", place.name(), family.words());
            all.push(Case::model(
                &id,
                &requirements(place, family),
                &title,
                Plan::States(place, family),
            ));
        }
    }
    for (machine, state) in heads() {
        let id = format!("states.pairs.{machine}-{state}");
        let title = format!("Every two transitions of `{machine}` with `{state}` between them");
        let mut ids = BTreeSet::new();
        for (_, second) in pairs_through(machine, state) {
            ids.insert(rules()[second].requirement);
        }
        let ids: Vec<_> = ids.into_iter().collect();
        all.push(Case::model(&id, &ids, &title, Plan::Pairs(machine, state)));
    }
    for number in 0..WALKS {
        let id = format!("walk.{number:02}");
        let title = format!("{STEPS} moves by chance, each answered as the model says");
        let about = [
            "CW-SESS-012",
            "CW-CONN-003",
            "CW-SESS-004",
            "CW-SESS-005",
            "CW-JOB-002",
            "CW-UPD-004",
        ];
        all.push(Case::model(&id, &about, &title, Plan::Walk));
    }
    all
}

fn heads() -> Vec<(&'static str, &'static str)> {
    let heads: BTreeSet<_> = coverage::pairs()
        .into_iter()
        .map(|(first, _)| (rules()[first].machine, rules()[first].to))
        .collect();
    heads.into_iter().collect()
}

fn pairs_through(machine: &str, state: &str) -> Vec<(RuleId, RuleId)> {
    let all = coverage::pairs().into_iter();
    all.filter(|(first, _)| rules()[*first].machine == machine && rules()[*first].to == state)
        .collect()
}

/// What the machines say of these messages in this state.
fn requirements(place: Place, family: Family) -> Vec<&'static str> {
    let (session, about): (&str, &[&str]) = (
        match place {
            Place::Locked => "locked",
            Place::Fresh | Place::Connected => "connected",
            Place::Handshake | Place::Result => "login",
            _ => "serving",
        },
        match family {
            Family::Clear => &["hello", "clear-message", "garbage", "link-lost"],
            Family::Frames => &["repeat", "dropped-frame", "second-request"],
            Family::Requests => &["disconnect", "power-lost"],
            Family::Malformed => &["malformed-request", "unknown-request"],
            Family::Jobs => &["service-request"],
            Family::Login => &[
                "login-begun",
                "relayed-without-login",
                "login-failed",
                "channel-broken",
            ],
            Family::Updates => &["relayed-without-login"],
            Family::Connects => &["connect-accepted", "connect-refused"],
        },
    );
    let mut ids: Vec<&'static str> = Vec::new();
    if family == Family::Updates && session == "serving" {
        ids.extend(["CW-UPD-004", "CW-UPD-005", "CW-UPD-006"]);
    }
    if family == Family::Jobs && session == "serving" {
        ids.extend(["CW-JOB-002", "CW-JOB-003", "CW-JOB-004"]);
    }
    for on in about {
        if let Some(id) = super::machines::rule("session", session, on, None)
            && !ids.contains(&rules()[id].requirement)
        {
            ids.push(rules()[id].requirement);
        }
    }
    ids
}

impl Plan {
    /// Runs a case of the model on a device that is locked.
    pub(crate) fn run(self, tester: &mut Tester, id: &str) -> Step {
        let begun = Instant::now();
        // What a walk is about is what is answered; how soon, cases of their own measure. On a machine that is busy with
        // other things one of fifty thousand answers is late.
        let answer = tester.bench.timers.answer;
        tester.bench.timers.answer = answer * PATIENCE;
        // A reader that can't be prepared may be faulty in a way that the walk shows in fewer steps.
        let prepared = prepare(tester);
        let result = tester
            .reset()
            .and_then(|()| self.walk(tester, id, begun))
            .and(prepared);
        tester.bench.timers.answer = answer;
        result
    }

    fn walk(self, tester: &mut Tester, id: &str, begun: Instant) -> Step {
        let mut moves = Moves {
            walker: Walker::begin(tester, Start::Locked, !matches!(self, Self::Walk))?,
        };
        let result = match self {
            Self::States(place, family) => moves.states(tester, place, family),
            Self::Pairs(machine, state) => moves.pairs(tester, machine, state),
            Self::Walk => moves.by_chance(tester),
        };
        let Moves { mut walker } = moves;
        let done = core::mem::take(&mut walker.moves);
        walker.end(tester, begun.elapsed());
        let finding = match &result {
            Err(Stop::Fail(finding)) if tester.bench.explain => finding,
            _ => return result,
        };
        let trace = tester.trace.clone();
        let vector = shrink::shrink(tester, id, Start::Locked, &done, finding);
        tester.trace = trace;
        tester.vector = vector;
        result
    }
}

/// A walk under way.
#[derive(Debug)]
struct Moves {
    walker: Walker,
}

impl Moves {
    fn states(&mut self, tester: &mut Tester, place: Place, family: Family) -> Step {
        let resets = can_reset(tester);
        // Wrong connects slow down right ones, and the last ones slow down nobody of this case.
        let mut all: Vec<_> = Move::all()
            .into_iter()
            .filter(|mv| Family::of(*mv) == family)
            .filter(|mv| resets || *mv != Move::Act(Act::DeviceReset))
            .filter(|mv| self.walker.state.link_resets || *mv != Move::Act(Act::LinkReset))
            .collect();
        all.sort_by_key(|mv| is_wrong_connect(*mv));
        let mut tried = false;
        for mv in all {
            self.walker.forget_jobs();
            let there = self
                .walker
                .go(tester, &Goal::State(&|state| place.is(state)), false)?;
            if !there {
                continue;
            }
            tried = true;
            self.walker.step(tester, mv)?;
            // What it left: the state, and that hello is answered.
            self.walker.step(tester, Move::Status)?;
            self.walker.step(tester, Move::Hello)?;
        }
        if tried {
            Ok(())
        } else {
            let what = format!("there is no way to the state {}", place.name());
            Err(Stop::Inconclusive(what))
        }
    }

    fn pairs(&mut self, tester: &mut Tester, machine: &str, state: &str) -> Step {
        let resets = can_reset(tester);
        for (first, second) in pairs_through(machine, state) {
            self.walker.forget_jobs();
            for id in [first, second] {
                if !self.walker.go(tester, &Goal::Row(id), resets)? {
                    break;
                }
            }
            self.walker.step(tester, Move::Status)?;
            if machine == "interface" {
                // Which of them are enabled now, and which are not.
                self.walker.step(tester, Move::List)?;
            }
        }
        Ok(())
    }

    fn by_chance(&mut self, tester: &mut Tester) -> Step {
        let resets = can_reset(tester);
        let random = tester.random.clone();
        let mut chance = Chance::new(random, resets);
        for _ in 0..STEPS {
            let mv = chance.next(&self.walker.state);
            self.walker.step(tester, mv)?;
        }
        Ok(())
    }
}

fn is_wrong_connect(mv: Move) -> bool {
    matches!(
        mv,
        Move::Act(
            Act::ConnectWrongKey
                | Act::ConnectUnknownClient
                | Act::ConnectUnknownGeneration
                | Act::ConnectUnknownMethod
                | Act::ConnectAgain
        )
    )
}

fn can_reset(tester: &Tester) -> bool {
    tester.bench.commands.get(BenchCommand::Reset).is_some()
        || matches!(tester.bench.endpoint, Endpoint::Exec { .. })
}

/// Gives the reader the suite's own service, which walks instruct, in a form that runs by itself: other cases leave it in
/// one that may need more.
pub(crate) fn prepare(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    tester.provide(&programs::echo("the logic before all walks")?)?;
    tester.disconnect()
}
