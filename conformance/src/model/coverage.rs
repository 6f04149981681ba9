//! What walks have exercised: states × messages, transitions, and pairs of transitions.

use super::{
    machines::{Reaction, RuleId, rules},
    moves::Move,
    state::{Login, Session, State},
};
use core::time::Duration;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Machines that a walk goes through by what it sends; the others are inside the reader.
pub(crate) const WALKED: [&str; 4] = ["session", "interface", "job", "update"];

/// What the walks of a run have exercised.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Steps that were sent and judged.
    pub steps: u64,
    /// The time that they took.
    pub time: Duration,
    /// Walks, and cases that go through states one by one.
    pub walks: u64,
    messages: BTreeMap<(Session, Login, &'static str), u64>,
    rows: BTreeMap<RuleId, u64>,
    pairs: BTreeMap<(RuleId, RuleId), u64>,
    last: BTreeMap<&'static str, RuleId>,
}

impl Coverage {
    /// A step was judged: where it began, and the rows that it went through.
    pub(crate) fn count(&mut self, before: &State, mv: Move, through: &[RuleId]) {
        self.steps += 1;
        let place = (before.session, before.login, mv.message());
        *self.messages.entry(place).or_default() += 1;
        for &id in through {
            *self.rows.entry(id).or_default() += 1;
            let rule = &rules()[id];
            if rule.reaction.is_none()
                && let Some(last) = self.last.insert(rule.machine, id)
                && rules()[last].to == rule.from
            {
                *self.pairs.entry((last, id)).or_default() += 1;
            }
        }
    }

    /// Whether a step has gone through a row since.
    pub(crate) fn went_through(&self, id: RuleId, before: &Self) -> bool {
        self.rows.get(&id) != before.rows.get(&id)
    }

    /// The next step has nothing to do with the last one.
    pub(crate) fn begin(&mut self) {
        self.walks += 1;
        self.last.clear();
    }

    /// Adds what another tester of the same run has exercised.
    pub fn merge(&mut self, other: &Self) {
        self.steps += other.steps;
        self.time += other.time;
        self.walks += other.walks;
        for (key, count) in &other.messages {
            *self.messages.entry(*key).or_default() += count;
        }
        for (key, count) in &other.rows {
            *self.rows.entry(*key).or_default() += count;
        }
        for (key, count) in &other.pairs {
            *self.pairs.entry(*key).or_default() += count;
        }
    }

    /// Judged steps in a second; 0 before the first.
    #[must_use]
    pub fn steps_per_second(&self) -> f64 {
        let seconds = self.time.as_secs_f64();
        if seconds > 0.0 {
            self.steps as f64 / seconds
        } else {
            0.0
        }
    }

    /// In one line, for a terminal; nothing where no walk ran.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        (self.steps > 0).then(|| {
            let (rows, of_rows) = self.counts(|_| true);
            let pairs = pairs();
            let walked = pairs.iter().filter(|pair| self.pairs.contains_key(pair)).count();
            format!(
                "model: {} judged steps in {:.1} s, {:.0} a second; {rows} of {of_rows} rows of the machines and {walked} \
                 of {} pairs of transitions",
                self.steps,
                self.time.as_secs_f64(),
                self.steps_per_second(),
                pairs.len(),
            )
        })
    }

    fn counts(&self, wanted: impl Fn(RuleId) -> bool) -> (usize, usize) {
        let all: Vec<_> = walkable().into_iter().filter(|id| wanted(*id)).collect();
        let there = all.iter().filter(|id| self.rows.contains_key(id)).count();
        (there, all.len())
    }

    /// All of it, for `report.json` and for drawings.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let messages: Vec<_> = self
            .messages
            .iter()
            .map(|((session, login, message), steps)| {
                json!({ "state": session.name(), "stage": stage(*login), "message": message, "steps": steps })
            })
            .collect();
        let walkable = walkable();
        let rows: Vec<_> = rules()
            .iter()
            .enumerate()
            .filter(|(_, rule)| WALKED.contains(&rule.machine))
            .map(|(id, rule)| {
                json!({
                    "machine": rule.machine, "from": rule.from, "on": rule.on, "to": rule.to, "guard": rule.guard,
                    "transition": rule.reaction.is_none(), "requirement": rule.requirement,
                    "steps": self.rows.get(&id).copied().unwrap_or_default(),
                    "left_out": (!walkable.contains(&id)).then(|| why_not(id)),
                })
            })
            .collect();
        let all = pairs();
        let missing: Vec<_> = all
            .iter()
            .filter(|pair| !self.pairs.contains_key(pair))
            .map(|(one, other)| {
                let (one, other) = (&rules()[*one], &rules()[*other]);
                json!({ "machine": one.machine, "from": one.from, "first": one.on, "through": one.to, "second": other.on })
            })
            .collect();
        json!({
            "steps": self.steps,
            "seconds": self.time.as_secs_f64(),
            "steps_per_second": self.steps_per_second(),
            "walks": self.walks,
            "messages": messages,
            "rows": rows,
            "pairs": { "walked": all.len() - missing.len(), "possible": all.len(), "missing": missing },
        })
    }
}

fn stage(login: Login) -> &'static str {
    match login {
        Login::None => "no channel",
        Login::Second => "handshake",
        Login::Result => "login_result awaited",
        Login::Open => "channel",
    }
}

/// Rows that a walk can go through.
pub(crate) fn walkable() -> BTreeSet<RuleId> {
    let ids = 0..rules().len();
    ids.filter(|id| WALKED.contains(&rules()[*id].machine) && why_not(*id).is_empty())
        .collect()
}

/// Why no walk goes through a row; empty where one does.
fn why_not(id: RuleId) -> &'static str {
    let rule = &rules()[id];
    if rule.reaction == Some(Reaction::Impossible) {
        return "can't happen";
    }
    match (rule.machine, rule.on) {
        ("session", "client-silent" | "cloud-silent" | "grants-expired" | "clock-wraps")
        | ("interface", "grants-expired") => "time must pass in it: cases of their own do",
        ("job", "first-write") | ("update", "storage-failed" | "confirmed" | "given-up") => {
            "nothing that a walk sends brings it about: cases of their own do"
        }
        ("job", "forgotten" | "session-ended") | ("interface", "logic-updated") | ("update", "link-lost") => {
            "seen by what the walk asks later, not by a step of its own"
        }
        ("job", _) if rule.from == "interrupted" || rule.to == "interrupted" => {
            "no service of a walk writes to a card"
        }
        ("update", _) if rule.from == "trial" || rule.to == "trial" => "a walk brings no software",
        ("update", "commit") if rule.reaction.is_none() && rule.to == "none" => {
            "what a walk brings can be put into force: cases of their own bring what can't"
        }
        ("update", "last-bytes") if rule.from != "receiving" => {
            "told from other bytes by nothing but the state"
        }
        (_, "power-lost") => "only where the bench can reset the device",
        _ => "",
    }
}

/// Pairs of transitions that follow each other in one machine.
pub(crate) fn pairs() -> Vec<(RuleId, RuleId)> {
    let transitions: Vec<_> = walkable()
        .into_iter()
        .filter(|id| rules()[*id].reaction.is_none())
        .collect();
    let mut all = Vec::new();
    for &one in &transitions {
        for &other in &transitions {
            let (first, second) = (&rules()[one], &rules()[other]);
            // A channel that is broken is not broken again before another login.
            let is_once = first.on == "channel-broken" && second.on == "channel-broken";
            if first.machine == second.machine && first.to == second.from && !is_once {
                all.push((one, other));
            }
        }
    }
    all
}
