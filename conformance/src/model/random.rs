//! Which move comes next, left to chance: mostly what leads on, now and then anything at all.

use super::{
    moves::{Garbage, Move, Offers, Service},
    state::{Login, Repeatable, Session, State},
};
use crate::{random::Random, sequence::Act};

/// Draws moves from a seed.
#[derive(Debug)]
pub(crate) struct Chance {
    random: Random,
    all: Vec<Move>,
    /// The number of the next job.
    next_job: u8,
    /// Commits that put something into force: storage wears.
    commits_left: u32,
    /// Whether the bench can reset the device.
    resets: bool,
}

/// Updates that one walk puts into force at most.
const COMMITS: u32 = 2;

impl Chance {
    pub(crate) fn new(random: Random, resets: bool) -> Self {
        Self {
            random,
            all: Move::all(),
            next_job: 0,
            commits_left: COMMITS,
            resets,
        }
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.random.below(many) == 0
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        let index = self.random.below(items.len() as u64);
        items[usize::try_from(index).unwrap_or_default()]
    }

    /// The next move.
    pub(crate) fn next(&mut self, state: &State) -> Move {
        loop {
            let mv = if self.one_in(4) {
                let all = core::mem::take(&mut self.all);
                let mv = self.of(&all);
                self.all = all;
                mv
            } else {
                self.towards(state)
            };
            if self.is_good(mv, state) {
                if mv.is_right_commit(state) {
                    self.commits_left -= 1;
                }
                return self.numbered(mv, state);
            }
        }
    }

    /// What leads on from here.
    fn towards(&mut self, state: &State) -> Move {
        match (state.session, state.login) {
            (Session::Locked, _) => self.of(&[
                Move::Act(Act::Connect),
                Move::Act(Act::Connect),
                Move::Act(Act::ConnectOther),
                Move::Hello,
                Move::Status,
                Move::Repeat,
            ]),
            (Session::Connected, _) => self.of(&[
                Move::Auth(Offers::All),
                Move::Auth(Offers::All),
                Move::Auth(Offers::Cbor),
                Move::Auth(Offers::Identify),
                Move::Status,
                Move::Repeat,
            ]),
            (Session::Login, Login::Result) => self.of(&[
                Move::Act(Act::LoginResult),
                Move::Act(Act::LoginResult),
                Move::Act(Act::LoginResult),
                Move::Act(Act::LoginLimited),
                Move::Status,
                Move::Repeat,
                Move::Act(Act::Flip),
            ]),
            (Session::Login, _) => self.of(&[
                Move::Act(Act::LoginSecond),
                Move::Act(Act::LoginSecond),
                Move::Act(Act::LoginSecond),
                Move::Status,
                Move::Repeat,
                Move::Ahead,
            ]),
            (Session::Serving, login) => self.serving(login),
        }
    }

    fn serving(&mut self, login: Login) -> Move {
        let update = [
            Move::Act(Act::UpdateOffer),
            Move::Act(Act::UpdateChunk),
            Move::Act(Act::UpdateChunk),
            Move::Act(Act::UpdateChunk),
            Move::Act(Act::UpdateCommit),
            Move::Act(Act::UpdateQuery),
            Move::Act(Act::UpdateOfferAgain),
            Move::Act(Act::UpdateOfferOther),
            Move::Act(Act::UpdateChunkAhead),
            Move::Act(Act::UpdateOfferOld),
            Move::Act(Act::UpdateOfferUnsigned),
        ];
        if login == Login::Open && self.one_in(4) {
            return self.of(&update);
        }
        let job = 0;
        let service = self.of(&[Service::Identify, Service::Echo, Service::Echo]);
        self.of(&[
            Move::Instruct {
                job,
                service,
                odd: false,
            },
            Move::Instruct {
                job: 1,
                service,
                odd: false,
            },
            Move::JobStatus(job),
            Move::JobStatus(job),
            Move::JobStatus(1),
            Move::JobData { job, part: 0 },
            Move::JobData { job, part: 0 },
            Move::JobData { job: 1, part: 0 },
            Move::JobData { job, part: 9 },
            Move::JobAbort(job),
            Move::Status,
            Move::List,
            Move::Repeat,
            Move::Repeat,
            Move::Act(Act::Two),
            Move::Act(Act::Replay),
            Move::Act(Act::Flip),
            Move::Changed,
            Move::Ahead,
            Move::Hello,
            Move::Garbage(Garbage::Noise),
        ])
    }

    /// What costs a device, or time, is drawn less often; what can't be done is not.
    fn is_good(&mut self, mv: Move, state: &State) -> bool {
        match mv {
            Move::Act(Act::DeviceReset) => self.resets && self.one_in(4),
            Move::Act(Act::LinkReset) if !state.link_resets => false,
            Move::Act(Act::LinkReset) if state.link_is_device => self.one_in(4),
            Move::Act(
                Act::ConnectWrongKey
                | Act::ConnectUnknownClient
                | Act::ConnectUnknownGeneration
                | Act::ConnectUnknownMethod,
            ) => self.one_in(8),
            Move::Act(Act::ConnectAgain) if state.repeatable != Repeatable::Connect => self.one_in(8),
            Move::Act(Act::UpdateCommit) => self.commits_left > 0 || !state.would_commit(),
            // A job that may be forgotten says nothing.
            Move::Instruct { .. } => true,
            _ => true,
        }
    }

    /// Job 0 is the newest one, job 1 the one before; an instruction of job 0 is now and then a new one.
    fn numbered(&mut self, mv: Move, state: &State) -> Move {
        let newest = self.next_job;
        let fresh = newest == 0 || state.job(newest - 1).is_none() || self.one_in(2);
        let place = |job: u8| newest.saturating_sub(1 + job);
        match mv {
            Move::Instruct { job: 0, service, odd } if fresh && newest < u8::MAX => {
                // A number that no job took is used again.
                let job = if newest > 0 && state.job(newest - 1).is_none() {
                    newest - 1
                } else {
                    self.next_job += 1;
                    newest
                };
                Move::Instruct { job, service, odd }
            }
            Move::Instruct { job, service, odd } => Move::Instruct {
                job: place(job),
                service,
                odd,
            },
            Move::JobStatus(job) => Move::JobStatus(place(job)),
            Move::JobAbort(job) => Move::JobAbort(place(job)),
            Move::JobData { job, part } => Move::JobData {
                job: place(job),
                part,
            },
            _ => mv,
        }
    }
}
