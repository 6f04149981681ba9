//! A whole update as something that is cut: a cloud offers it to a reader, sends its chunks, commits it, waits for the reset,
//! and logs in; after a cut it goes on from what the reader says.

use crate::{
    board::{Board, Flash, SIZES, Shared, Weakness, layout, number, on, place},
    common::{CLIENT_ID, PRE_SHARED_KEY, identity, pair::*, updates::*},
    kinds::{NEW_CLIENT, NEW_KEY, SERVICES, SPARE_CLIENT, SPARE_KEY},
    session::boots,
};
use cardwire_codec::{Message, message::*};
use cardwire_core::{
    boot::Slot,
    env::{Env, Record},
};
use cardwire_store::mock::{MockFlash, Scenario};
use core::cell::Cell;

/// How an update ends that is not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With all of it in force.
    InForce,
    /// Its software never logs in, and is given up.
    GivenUp,
}

/// An update of a reader.
#[derive(Clone)]
pub struct Update {
    pub name: &'static str,
    pub package: Package,
    pub ending: Ending,
    /// The flash before.
    pub flash: Flash,
    /// What is in force before.
    pub old: InForce,
    /// What is, once the update is.
    pub new: InForce,
    /// Records that it has nothing to do with.
    pub bystanders: Vec<(Record, Vec<u8>)>,
    pub weakness: Option<Weakness>,
    /// How often a cut left the old, the new, software on trial.
    pub left: Cell<[u64; 3]>,
}

/// What is in force, as peers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Where the software that starts lies, and that software.
    pub slot: Slot,
    pub software: Vec<u8>,
    /// As the first login states them.
    pub counters: [u32; 3],
    /// What each service says; `None` where there is none.
    pub says: [Option<&'static str>; SERVICES.len()],
    /// Whether the new client and the spare one are let in.
    pub clients: [bool; 2],
}

/// What the cloud knows.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The highest number of boots that it was told.
    boots: u32,
    /// Bytes that were taken.
    bytes: u32,
    /// It was told that the update is in force.
    told: bool,
    /// It was seen to be in force.
    seen: bool,
    /// Its software was seen to run on trial, as it logs in no more.
    tried: bool,
    /// It was seen to be given up.
    given_up: bool,
}

/// Why an update goes no further.
pub enum Stop {
    PowerOff,
    Wrong(String),
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

/// A reader that has started, and where its software lies.
struct Started {
    pair: Pair<Board>,
    slot: Slot,
}

impl Update {
    fn start(&self, flash: &Shared) -> Result<Started, Stop> {
        let board = Board::start(Shared::clone(flash), self.weakness);
        has_power(flash)?;
        let board = board.ok_or_else(|| "neither slot holds software that starts".to_owned())?;
        let slot = board.started();
        let pair = Pair::on(board, identity());
        has_power(flash)?;
        Ok(Started { pair, slot })
    }

    /// From where it stands to its end.
    pub fn go_on(&self, flash: &Shared, known: &mut Known) -> Result<(), Stop> {
        // At most: software is on trial, its bytes were lost, it is brought again, on trial again, and in force.
        for _ in 0..5 {
            let Started { mut pair, slot } = self.start(flash)?;
            if self.ending == Ending::GivenUp {
                if slot == self.new.slot {
                    self.never_logs_in(&mut pair, flash, known)?;
                    continue;
                }
                known.given_up = known.tried;
            }
            connect(&mut pair, flash)?;
            let boots = boots(&mut pair);
            if boots <= known.boots {
                return Err(Stop::Wrong(format!(
                    "boot {boots} comes after boot {}",
                    known.boots
                )));
            }
            known.boots = boots;
            let counters = log_in(&mut pair);
            has_power(flash)?;
            if counters == self.new.counters {
                known.told = true;
                return Ok(());
            }
            if counters != self.old.counters {
                return Err(Stop::Wrong(format!("the login states {counters:?}")));
            }
            if known.given_up {
                let state = self.package.query(&mut pair).0;
                has_power(flash)?;
                return match state {
                    UpdateState::None => Ok(()),
                    state => Err(Stop::Wrong(format!("what was given up is {state:?}"))),
                };
            }
            if self.bring(&mut pair, flash, known)? {
                return Ok(());
            }
        }
        Err(Stop::Wrong("it is still not in force".to_owned()))
    }

    /// Software on trial whose login never succeeds resets itself when its time is over.
    fn never_logs_in(&self, pair: &mut Pair<Board>, flash: &Shared, known: &mut Known) -> Result<(), Stop> {
        if known.tried {
            return Err(Stop::Wrong("it was tried once more".to_owned()));
        }
        known.tried = true;
        pair.pass(limits::T_TRIAL_MS);
        has_power(flash)?;
        if pair.reader.poll_reset() {
            Ok(())
        } else {
            Err(Stop::Wrong("software that does not log in stays".to_owned()))
        }
    }

    /// What is missing of the offer, the chunks and the commit; `true` where it is in force then.
    fn bring(&self, pair: &mut Pair<Board>, flash: &Shared, known: &mut Known) -> Result<bool, Stop> {
        let wrong = |what: String| Err(Stop::Wrong(what));
        let (mut state, mut from) = self.package.query(pair);
        has_power(flash)?;
        let safe = known.bytes / SIZES.block * SIZES.block;
        if from < safe && state != UpdateState::Installed {
            return wrong(format!(
                "of {} bytes that were taken {from} are there",
                known.bytes
            ));
        }
        if state == UpdateState::None {
            let offered = self.package.offer(pair);
            has_power(flash)?;
            if offered != (UpdateState::Receiving, NONE) {
                return wrong(format!("the offer is answered with {offered:?}"));
            }
            (state, from) = (UpdateState::Receiving, 0);
        }
        while state == UpdateState::Receiving {
            let to = self.package.content.len().min(from as usize + 400);
            let (next, error) = self.package.chunk(pair, from as usize, to);
            has_power(flash)?;
            if error != NONE {
                return wrong(format!("the chunk at {from} is answered with {error:?}"));
            }
            (state, from) = (next, to as u32);
            known.bytes = from;
        }
        if state == UpdateState::Received {
            // From now on it may be given up, with all its bytes.
            if self.new.software != self.old.software {
                known.bytes = 0;
            }
            let committed = self.package.commit_in_full(pair);
            has_power(flash)?;
            if committed.error != NONE {
                return wrong(format!("the commit is answered with {committed:?}"));
            }
            state = committed.state;
        }
        match state {
            UpdateState::Installed => {
                known.told = true;
                Ok(true)
            }
            UpdateState::Trial if pair.reader.poll_reset() => Ok(false),
            state => wrong(format!("it stays {state:?}")),
        }
    }

    /// What is in force, seen from outside. Software on trial is confirmed by this: it is done on a copy.
    pub fn look(&self, flash: &Shared) -> Result<InForce, Stop> {
        let Started { mut pair, slot } = self.start(flash)?;
        let software = {
            let flash = flash.borrow();
            let at = layout(&flash).slot(place(slot));
            flash.bytes()[at.start as usize..][..self.old.software.len()].to_vec()
        };
        pair.pass(limits::T_BACKOFF_MS);
        connect(&mut pair, flash)?;
        let counters = log_in(&mut pair);
        let there = services(&mut pair)?;
        if slot != self.old.slot && counters == self.old.counters {
            // That login has confirmed the software; the interfaces are those of before.
            pair.serve(&SERVICES);
        }
        let mut says = [None; SERVICES.len()];
        for (job, (says, service)) in says.iter_mut().zip(SERVICES).enumerate() {
            if there.contains(&service) {
                let said = pair.run(job as u8 + 1, service);
                let known = self.old.says.iter().chain(&self.new.says).flatten();
                let known = known
                    .copied()
                    .find(|text| said == [("echo".to_owned(), (*text).to_owned())]);
                *says = Some(known.ok_or_else(|| format!("{service:?} says {said:?}"))?);
            }
        }
        let clients = [(NEW_CLIENT, NEW_KEY), (SPARE_CLIENT, SPARE_KEY)].map(|(client, key)| {
            pair.pass(limits::T_BACKOFF_MS);
            pair.connect_with(client, 1, &key)
        });
        Ok(InForce {
            slot,
            software,
            counters,
            says,
            clients,
        })
    }

    /// What a cut has left, whether it may be, and whether it goes on from there as it has to.
    fn judge(&self, flash: &Flash, known: &mut Known) -> Result<(), Stop> {
        let mut copy = flash.clone();
        let seen = on(&mut copy, |flash| self.look(flash))?;
        let on_trial = InForce {
            counters: self.old.counters,
            ..self.new.clone()
        };
        let which = if seen == self.old {
            0
        } else if seen == self.new {
            1
        } else if seen == on_trial {
            2
        } else {
            return Err(Stop::Wrong(format!("neither old nor new: {}", tell(&seen))));
        };
        let mut left = self.left.get();
        left[which] += 1;
        self.left.set(left);
        if (known.told || known.seen) && which != 1 {
            return Err(Stop::Wrong(format!(
                "it was in force, and is not: {}",
                tell(&seen)
            )));
        }
        known.seen = which == 1;
        if self.ending == Ending::GivenUp && known.seen {
            return Err(Stop::Wrong("it is in force without a login".to_owned()));
        }
        if known.given_up && which != 0 {
            return Err(Stop::Wrong("it was given up, and runs again".to_owned()));
        }
        if which == 1 && !self.new.clients[1] && has_spare_key(&copy) {
            return Err(Stop::Wrong(
                "a key that was revoked stays on the flash".to_owned(),
            ));
        }
        if has_staged_key(&copy) {
            return Err(Stop::Wrong(
                "a key of a client stands in the stage in clear".to_owned(),
            ));
        }
        if which == 1 && has_stage_key(&mut copy) {
            return Err(Stop::Wrong(
                "the key of the stage stays behind the update".to_owned(),
            ));
        }
        if which != 2 {
            return Ok(());
        }
        // That login has confirmed it.
        let confirmed = on(&mut copy, |flash| self.look(flash))?;
        if confirmed != self.new {
            return Err(Stop::Wrong(format!(
                "confirmed, and not new: {}",
                tell(&confirmed)
            )));
        }
        // Without it, the next start goes back.
        let mut copy = flash.clone();
        let back = on(&mut copy, |flash| {
            self.start(flash)?;
            self.look(flash)
        })?;
        if back == self.old {
            Ok(())
        } else {
            Err(Stop::Wrong(format!("not gone back: {}", tell(&back))))
        }
    }
}

impl Scenario<8, 2048> for Update {
    type Known = Known;

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn start(&self) -> (Flash, Known) {
        (self.flash.clone(), Known::default())
    }

    fn run(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        match on(flash, |flash| self.go_on(flash, known)) {
            Ok(()) | Err(Stop::PowerOff) => Ok(()),
            Err(Stop::Wrong(what)) => Err(what),
        }
    }

    fn check(&self, flash: &mut Flash, known: &mut Known) -> Result<(), String> {
        for (record, before) in &self.bystanders {
            if load(flash, *record).as_ref() != Some(before) {
                return Err(format!("{record:?} is not what it was"));
            }
        }
        match self.judge(flash, known) {
            Ok(()) => Ok(()),
            Err(Stop::PowerOff) => Err("the power is off".to_owned()),
            Err(Stop::Wrong(what)) => Err(what),
        }
    }
}

/// A record as it stands on a flash.
pub fn load(flash: &mut Flash, record: Record) -> Option<Vec<u8>> {
    on(flash, |flash| {
        let mut out = vec![0; 1100];
        let length = Env::load(&mut Board::new(Shared::clone(flash), None), record, &mut out)?;
        out.truncate(length);
        Some(out)
    })
}

/// Whether the blocks of the record with the keys hold that of the spare client.
fn has_spare_key(flash: &Flash) -> bool {
    let size = 2 * SIZES.block as usize;
    let blocks = &flash.bytes()[usize::from(Record::Authentication.number()) * size..][..size];
    blocks.windows(SPARE_KEY.len()).any(|bytes| bytes == SPARE_KEY)
}

/// Whether a slot holds a key of a client as it is.
fn has_staged_key(flash: &Flash) -> bool {
    let records = 2 * usize::from(SIZES.records) * SIZES.block as usize;
    let slots = &flash.bytes()[records..];
    [SPARE_KEY, NEW_KEY]
        .iter()
        .any(|key| slots.windows(key.len()).any(|bytes| bytes == key))
}

/// Whether the key under which secrets were staged is still to be found, in its record or in what that held before.
fn has_stage_key(flash: &mut Flash) -> bool {
    let held = load(flash, Record::StageKey).is_some_and(|record| !record.is_empty());
    let size = 2 * SIZES.block as usize;
    let blocks = &flash.bytes()[usize::from(number(Record::StageKey)) * size..][..size];
    // Heads and marks of two entries are there; digest and key are 64 bytes, nearly all of them something else.
    let noise = blocks.iter().filter(|byte| ![0x00, 0xff].contains(*byte)).count();
    held || noise > 48
}

fn has_power<const WORD: usize, const PAGE: usize>(
    flash: &core::cell::RefCell<MockFlash<WORD, PAGE>>,
) -> Result<(), Stop> {
    if flash.borrow().is_off() {
        Err(Stop::PowerOff)
    } else {
        Ok(())
    }
}

fn connect(pair: &mut Pair<Board>, flash: &Shared) -> Result<(), Stop> {
    let connected = pair.connect_with(CLIENT_ID, 1, &PRE_SHARED_KEY);
    has_power(flash)?;
    if connected {
        Ok(())
    } else {
        Err(Stop::Wrong("the client is not let in".to_owned()))
    }
}

/// Logs in; the update counters that the reader states.
fn log_in(pair: &mut Pair<Board>) -> [u32; 3] {
    let offers = SERVICES.map(|service| Offer {
        service,
        format: Format::NATIVE,
    });
    let (_, confirm) = pair.login_with(&offers, |_| {});
    let confirm = LoginConfirm::decode(&confirm).unwrap();
    [
        confirm.software_counter,
        confirm.authentication_counter,
        confirm.logic_counter,
    ]
}

/// The services that the reader lists.
fn services(pair: &mut Pair<Board>) -> Result<Vec<ServiceId>, Stop> {
    let mut there = Vec::new();
    loop {
        let from = there.len() as u8;
        let extensions = Default::default();
        let answer = pair.request(&ServiceList { from, extensions });
        let answer = ServiceListAnswer::decode(&answer).map_err(|error| format!("{error:?}"))?;
        there.extend(answer.services.iter().map(|entry| entry.service));
        if there.len() >= usize::from(answer.total) || answer.services.iter().next().is_none() {
            return Ok(there);
        }
    }
}

fn tell(seen: &InForce) -> String {
    let InForce {
        slot,
        counters,
        says,
        clients,
        ..
    } = seen;
    format!("software in {slot:?}, counters {counters:?}, services {says:?}, clients {clients:?}")
}
