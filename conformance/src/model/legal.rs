//! What a device may say to a move in a state, and which state follows: the schema's machines, where they say it.
//!
//! Where a machine names the answer in words ([`Reaction`]), it is taken from there; where a transition has none, it is
//! the request's own answer. What hangs on guards is decided here, by what the state knows.

mod jobs;
mod updates;

use super::{
    machines::{Reaction, RuleId, rule, rules},
    moves::{Move, Offers, Service},
    state::{Login, Repeatable, Session, State, failures_max},
};
use crate::{
    embedded::protocol,
    sequence::{Act, Expected, fault_of},
};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// One legal answer, and what is true after it.
#[derive(Clone, Debug)]
pub(crate) struct Legal {
    pub(crate) expected: Expected,
    pub(crate) next: State,
    /// The rows of the machines that it goes by; the first one is the step's own.
    pub(crate) rules: Vec<RuleId>,
}

impl State {
    /// Every legal answer to a move in this state.
    pub(crate) fn legal(&self, mv: Move) -> Vec<Legal> {
        let mut all = self.answers(mv);
        if let Some(counter) = self.offers(mv) {
            // The tester has made it the one that it goes on with, whatever the device made of it.
            for legal in &mut all {
                legal.next.offered_counter = Some(counter);
            }
        }
        all
    }

    fn answers(&self, mv: Move) -> Vec<Legal> {
        match mv {
            Move::Hello => {
                let challenge = format!("$challenge{}", self.challenges);
                let pattern = json!({ "version": 1, "challenge": challenge });
                vec![self.stay("hello", expect("hello_answer", pattern))]
            }
            Move::Clear(code) => {
                let is_answer = protocol()
                    .messages
                    .iter()
                    .any(|message| message.code == code && message.answer);
                let expected = if is_answer { "silence" } else { "refusal" };
                vec![self.stay("clear-message", plain(expected))]
            }
            Move::ConnectCut => vec![self.stay("connect-refused", plain("refusal"))],
            Move::Garbage(_) => vec![self.by_words("garbage")],
            Move::Act(Act::LinkReset) if !self.link_is_device => {
                vec![self.leads("link-lost", plain("silence"), Self::end_session)]
            }
            Move::Act(Act::LinkReset | Act::DeviceReset) => self.boots(),
            Move::Act(act @ (Act::Connect | Act::ConnectOther)) => self.right_connect(act),
            Move::Act(
                Act::ConnectWrongKey
                | Act::ConnectUnknownClient
                | Act::ConnectUnknownGeneration
                | Act::ConnectUnknownMethod,
            ) => vec![self.wrong_connect()],
            Move::Act(Act::ConnectAgain) if self.repeatable == Repeatable::Connect => {
                vec![self.stay("repeat", plain("same"))]
            }
            Move::Act(Act::ConnectAgain) => vec![self.wrong_connect()],
            _ if self.session == Session::Locked => vec![self.while_locked(mv)],
            Move::Act(Act::Flip | Act::Short | Act::Replay) | Move::Changed | Move::Ahead => {
                vec![self.drops()]
            }
            Move::Repeat if self.repeatable == Repeatable::Request => {
                vec![self.stay("repeat", plain("same"))]
            }
            _ => self.legal_request(mv),
        }
    }

    /// The next sealed request of a session.
    fn legal_request(&self, mv: Move) -> Vec<Legal> {
        let mut state = self.clone();
        state.repeatable = Repeatable::Request;
        match mv {
            Move::Broken(..) | Move::Unknown(_) => state.malformed(mv),
            // With nothing to repeat, the hand asks for the status.
            Move::Status | Move::Repeat => vec![state.status(None)],
            Move::Act(Act::Two) => vec![state.status(Some("second-request"))],
            Move::Diagnostics => vec![state.unruled(plain("diagnostics_answer"))],
            Move::Disconnect => {
                vec![state.leads("disconnect", plain("disconnect_answer"), Self::end_session)]
            }
            Move::Auth(offers) => vec![state.begins_login(offers)],
            Move::List
            | Move::Instruct { .. }
            | Move::JobStatus(_)
            | Move::JobEnd(_)
            | Move::JobData { .. }
            | Move::JobAbort(_) => state.service_request(mv),
            Move::UnknownWord | Move::Act(_) => state.relayed(mv),
            Move::Hello
            | Move::Clear(_)
            | Move::ConnectCut
            | Move::Garbage(_)
            | Move::Changed
            | Move::Ahead => Vec::new(),
        }
    }

    fn rule(&self, on: &str) -> Option<RuleId> {
        rule("session", self.session.name(), on, None)
    }

    /// An answer that leaves the session as it is.
    fn stay(&self, on: &str, expected: Expected) -> Legal {
        Legal {
            expected,
            next: self.clone(),
            rules: self.rule(on).into_iter().collect(),
        }
    }

    /// An answer that no row of a machine is about.
    fn unruled(&self, expected: Expected) -> Legal {
        Legal {
            expected,
            next: self.clone(),
            rules: Vec::new(),
        }
    }

    /// An answer that leads to another state.
    fn leads(&self, on: &str, expected: Expected, change: impl FnOnce(&mut Self)) -> Legal {
        let mut legal = self.stay(on, expected);
        change(&mut legal.next);
        legal.touch_interfaces(self);
        legal
    }

    /// An answer as the machine's own words have it.
    fn by_words(&self, on: &str) -> Legal {
        let id = self.rule(on);
        let words = id.and_then(|id| rules()[id].reaction.as_ref());
        let expected = match words {
            Some(Reaction::Silence) => plain("silence"),
            Some(Reaction::Refusal) => plain("refusal"),
            Some(Reaction::Same) => plain("same"),
            Some(Reaction::Errors(codes)) => error(codes),
            Some(Reaction::Messages(names)) => plain(names.first().unwrap_or(&"silence")),
            // A test holds the walk to rows with words.
            Some(Reaction::Impossible | Reaction::Elsewhere) | None => plain("silence"),
        };
        self.stay(on, expected)
    }

    fn boots(&self) -> Vec<Legal> {
        let mut legal = self.leads("power-lost", plain("silence"), Self::boot);
        for job in self.jobs.iter().flatten() {
            legal
                .rules
                .extend(rule("job", job.phase.name(), "power-lost", None));
        }
        legal
            .rules
            .extend(rule("update", self.update.name(), "power-lost", None));
        vec![legal]
    }

    fn right_connect(&self, act: Act) -> Vec<Legal> {
        let accepted = self.leads("connect-accepted", plain("connect_answer"), |next| {
            next.end_session();
            next.session = Session::Connected;
            next.repeatable = Repeatable::Connect;
            next.challenges += 1;
            next.wrong_at = None;
        });
        let _ = act;
        let mut all = vec![accepted];
        if self.may_back_off() {
            all.push(self.stay("connect-refused", plain("refusal")));
        }
        all
    }

    fn wrong_connect(&self) -> Legal {
        let mut legal = self.stay("connect-refused", plain("refusal"));
        legal.next.wrong_at = Some(Instant::now());
        legal
    }

    /// A sealed frame without a session, whatever it is.
    fn while_locked(&self, mv: Move) -> Legal {
        let on = match mv {
            Move::Repeat => "repeat",
            Move::Changed | Move::Ahead | Move::Act(Act::Flip | Act::Short | Act::Replay) => "dropped-frame",
            Move::Act(Act::Two) => "second-request",
            Move::Disconnect => "disconnect",
            Move::Auth(_) => "login-begun",
            Move::Broken(..) => "malformed-request",
            Move::Unknown(_) => "unknown-request",
            Move::Act(_) | Move::UnknownWord => "relayed-without-login",
            Move::Status
            | Move::Diagnostics
            | Move::List
            | Move::Instruct { .. }
            | Move::JobStatus(_)
            | Move::JobEnd(_)
            | Move::JobData { .. }
            | Move::JobAbort(_)
            | Move::Hello
            | Move::Clear(_)
            | Move::ConnectCut
            | Move::Garbage(_) => "service-request",
        };
        self.by_words(on)
    }

    fn drops(&self) -> Legal {
        if self.dropped + 1 >= failures_max() {
            return self.leads("failures-exhausted", plain("silence"), Self::end_session);
        }
        let mut legal = self.by_words("dropped-frame");
        legal.next.dropped += 1;
        legal
    }

    fn malformed(&self, mv: Move) -> Vec<Legal> {
        let message = match mv {
            Move::Broken(code, fault) => fault.of(code),
            Move::Unknown(code) => vec![code, 0x00, 0x00],
            _ => Vec::new(),
        };
        let (rule, offset) = fault_of(&message).unwrap_or_default();
        let is_unknown = rule == 1;
        let on = if is_unknown {
            "unknown-request"
        } else {
            "malformed-request"
        };
        let pattern = json!({
            "request": message.first(), "code": "malformed", "detail": rule, "offset": offset,
        });
        vec![self.stay(on, expect("error", pattern))]
    }

    fn status(&self, on: Option<&str>) -> Legal {
        let mut pattern = json!({
            "state": self.session.name(), "boot_counter": format!("$boots{}", self.boots),
        });
        if self.running == super::state::Running::No {
            pattern["modules"] = json!({ "each": { "state": "disabled" } });
        }
        let expected = expect("reader_status_answer", pattern);
        match on {
            Some(on) => self.stay(on, expected),
            None => self.unruled(expected),
        }
    }

    fn begins_login(&self, offers: Offers) -> Legal {
        self.leads("login-begun", plain("platform_auth_answer"), |next| {
            next.session = Session::Login;
            next.login = Login::Second;
            next.enabled.clear();
            next.offered = offers.services().to_vec();
        })
    }

    fn relayed(&self, mv: Move) -> Vec<Legal> {
        let refused = |code: &str| expect("error", json!({ "code": code }));
        match (self.session, self.login) {
            (Session::Login, Login::Second) if mv == Move::Act(Act::LoginSecond) => {
                let mut pattern = json!({ "reader_id": "$reader_id", "client_id": "$client_id" });
                self.hold_to_counter(&mut pattern, self.counter);
                let mut legal = self.unruled(expect("login_confirm", pattern));
                legal.next.login = Login::Result;
                vec![legal]
            }
            (Session::Login, Login::Result)
                if matches!(mv, Move::Act(Act::LoginResult | Act::LoginLimited)) =>
            {
                let answer = expect("relay_answer", json!({ "state": "serving", "payload": "" }));
                vec![self.leads("login-succeeded", answer, |next| {
                    next.session = Session::Serving;
                    next.login = Login::Open;
                    let granted = |service: &Service| {
                        mv == Move::Act(Act::LoginResult) || *service == Service::Identify
                    };
                    next.enabled = next.offered.iter().copied().filter(granted).collect();
                })]
            }
            (Session::Login, login) => {
                let code = match mv {
                    Move::Act(Act::LoginForeign) if login == Login::Result => "login-mismatch",
                    Move::Act(Act::LoginDenied) if login == Login::Result => "login-denied",
                    _ => "cloud-not-authenticated",
                };
                vec![self.leads("login-failed", refused(code), |next| {
                    next.session = Session::Connected;
                    next.login = Login::None;
                })]
            }
            (Session::Serving, Login::Open) => match mv {
                Move::Act(Act::LoginResult | Act::LoginLimited) => {
                    vec![self.word("login-succeeded", "unexpected", 0xD1)]
                }
                Move::Act(Act::LoginDenied | Act::LoginForeign) => {
                    vec![self.word("login-failed", "unexpected", 0xD1)]
                }
                Move::UnknownWord => {
                    let pattern = json!({ "request": 0x99, "code": "malformed", "detail": 1 });
                    vec![self.unruled(expect("channel_error", pattern))]
                }
                Move::Act(Act::LoginSecond | Act::RelayStrange | Act::RelayAgain) => {
                    vec![
                        self.leads("channel-broken", refused("cloud-not-authenticated"), |next| {
                            next.login = Login::None;
                        }),
                    ]
                }
                _ => self.update_word(mv),
            },
            (Session::Connected, _) => {
                // What these bytes would have been is one to a reader without a login.
                let on = match mv {
                    Move::Act(Act::LoginResult | Act::LoginLimited) => "login-succeeded",
                    Move::Act(Act::LoginDenied | Act::LoginForeign) => "login-failed",
                    Move::Act(Act::RelayStrange | Act::RelayAgain) => "channel-broken",
                    _ => "relayed-without-login",
                };
                vec![self.by_words(on)]
            }
            _ => vec![self.by_words("relayed-without-login")],
        }
    }

    /// Demands that a message states this counter of service logic, where it is known.
    fn hold_to_counter(&self, pattern: &mut Value, counter: Option<u64>) {
        if let Some(name) = counter.and_then(|counter| self.counter_name(counter)) {
            pattern["logic_counter"] = json!(format!("${name}"));
        }
    }

    /// The cloud's word, answered inside the channel with an error.
    fn word(&self, on: &str, code: &str, request: u8) -> Legal {
        let pattern = json!({ "request": request, "code": code });
        self.stay(on, expect("channel_error", pattern))
    }
}

impl Legal {
    /// Which rows of the machine `interface` a change of the session goes through.
    fn touch_interfaces(&mut self, before: &State) {
        let after = &self.next;
        for service in [Service::Identify, Service::Subscriber, Service::Echo] {
            let was = before.is_enabled(service);
            let is = after.is_enabled(service);
            let on = match (before.session, after.session) {
                (Session::Login, Session::Serving) => "login-succeeded",
                (_, Session::Login) => "login-begun",
                (Session::Locked, _) => continue,
                (_, Session::Locked) if after.boots != before.boots => "power-lost",
                (_, Session::Locked) => "session-ended",
                (Session::Serving, Session::Connected) => "session-ended",
                _ => continue,
            };
            let to = if is { "enabled" } else { "disabled" };
            let from = if was { "enabled" } else { "disabled" };
            self.rules.extend(rule("interface", from, on, Some(to)));
        }
    }
}

/// An answer of any content.
pub(crate) fn plain(name: &str) -> Expected {
    Expected {
        expect: name.to_owned(),
        pattern: Map::new(),
    }
}

/// An answer with fields like these.
pub(crate) fn expect(name: &str, pattern: Value) -> Expected {
    Expected {
        expect: name.to_owned(),
        pattern: match pattern {
            Value::Object(pattern) => pattern,
            _ => Map::new(),
        },
    }
}

/// An error with one of these codes.
pub(crate) fn error(codes: &[&str]) -> Expected {
    match codes {
        [code] => expect("error", json!({ "code": code })),
        _ => expect("error", json!({ "code": { "any": codes } })),
    }
}
