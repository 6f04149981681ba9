//! Every failure of every module at every point of both policies: the outcome is right, all is off afterwards, and the next
//! service runs.

mod common;

use cardwire_codec::{Message, message::*};
use cardwire_core::ModuleEvent;
use common::{
    Records, identity,
    pair::{Fault, Log, Pair},
    variants::{self, IDENTIFY_PER_STEP, SUBSCRIBER_WHOLE},
};

const SERVICES: [ServiceId; 4] = [
    ServiceId::CARD_IDENTIFY,
    ServiceId::SUBSCRIBER_READ,
    IDENTIFY_PER_STEP,
    SUBSCRIBER_WHOLE,
];
const FAULTS: [Fault; 8] = [
    Fault::Hangs,
    Fault::Fails,
    Fault::Vanishes,
    Fault::Strays,
    Fault::Stutters,
    Fault::Mute,
    Fault::Damaged,
    Fault::Pulled,
];
const CARD: &str = "ModuleId(02)";

/// One reader for all failures, so that each of them meets what the one before has left.
struct Bench {
    pair: Pair,
    jobs: u8,
}

impl Bench {
    fn new() -> Self {
        let records = Records::default();
        variants::store(&records);
        let mut pair = Pair::with(records, identity());
        pair.serve(&SERVICES);
        Self { pair, jobs: 0 }
    }

    /// Runs a service; its outcome and what the modules were told.
    fn run(&mut self, service: ServiceId, fault: Option<(usize, Fault)>) -> (Outcome, Log) {
        self.jobs = self.jobs % 200 + 1;
        let job = [self.jobs; 16];
        (self.pair.calls, self.pair.fault) = (0, fault);
        self.pair.log.clear();
        let answer = self.pair.request(&Instruct {
            job: &job,
            service,
            parameters: &[],
            extensions: Default::default(),
        });
        assert_eq!(InstructAnswer::decode(&answer).unwrap().state, JobState::Running);
        if self.status(&job).state == JobState::Running {
            self.pair.pass(limits::T_MODULE_MS - 1);
            assert_eq!(self.status(&job).state, JobState::Running, "not before its time");
            self.pair.pass(1);
        }
        self.pair.fault = None;
        let status = self.status(&job);
        assert_eq!(status.state, JobState::Done, "{service:?} {fault:?}");
        let log = self.pair.log.clone();
        self.assert_nothing_moves(&job, status.outcome);
        (status.outcome, log)
    }

    fn status(&mut self, job: &[u8; 16]) -> Status {
        let answer = self.pair.request(&JobStatus {
            job,
            extensions: Default::default(),
        });
        let answer = JobStatusAnswer::decode(&answer).unwrap();
        Status {
            state: answer.state,
            outcome: answer.outcome,
        }
    }

    /// What comes too late from a module that is off changes nothing.
    fn assert_nothing_moves(&mut self, job: &[u8; 16], outcome: Outcome) {
        let late = [
            ModuleEvent::Enabled(ModuleId::CONTACT_CARD),
            ModuleEvent::Enabled(ModuleId::INDICATOR),
            ModuleEvent::Failed(ModuleId::CONTACT_CARD),
            ModuleEvent::Failed(ModuleId::INDICATOR),
            ModuleEvent::Atr(&[0x3B, 0x00]),
            ModuleEvent::CardLineSet,
            ModuleEvent::CardResponse(&[0x90, 0x00]),
            ModuleEvent::CardMute,
            ModuleEvent::Shown,
        ];
        let before = self.pair.log.len();
        for event in late {
            self.pair.reader.handle_module(self.pair.instant(), event);
            self.pair.drive();
        }
        assert_eq!(self.pair.log.len(), before, "{:?}", self.pair.log);
        let status = self.status(job);
        assert_eq!((status.state, status.outcome), (JobState::Done, outcome));
        let answer = self.pair.request(&ReaderStatus {
            extensions: Default::default(),
        });
        let answer = ReaderStatusAnswer::decode(&answer).unwrap();
        let off = answer
            .modules
            .iter()
            .all(|module| module.state == WorkingState::Disabled);
        assert!(off, "{answer:?}");
        assert_eq!(
            self.pair
                .reader
                .next_timeout()
                .map(|due| due > self.pair.instant()),
            Some(true)
        );
    }
}

#[derive(Clone, Copy)]
struct Status {
    state: JobState,
    outcome: Outcome,
}

/// The commands of a log that a module answers, by their places in it.
fn calls(log: &Log) -> Vec<usize> {
    (0..log.len())
        .filter(|at| !log[*at].starts_with("Disable"))
        .collect()
}

/// The module of an entry.
fn module(entry: &str) -> &str {
    match entry.split_once('(') {
        Some(("Enable" | "Disable", module)) => module.trim_end_matches(')'),
        _ if entry.starts_with("Show") => "ModuleId(04",
        _ => "ModuleId(02",
    }
}

/// Whether a module has its supply after the entries up to `end`.
fn is_on(log: &[String], id: &str) -> bool {
    let last = log.iter().rev().find(|entry| entry.contains(id));
    last.is_some_and(|entry| entry.starts_with("Enable"))
}

/// What has to become of a run with this fault at its call number `at`, after what a clean run tells its modules.
fn expected(clean: &Log, at: usize, fault: Fault) -> Outcome {
    let place = calls(clean)[at];
    let entry = &clean[place];
    let behind = &clean[place + 1..];
    let is_card = entry.starts_with("Card");
    let is_transmit = entry.starts_with("CardTransmit");
    match fault {
        Fault::Hangs | Fault::Strays => Outcome::MODULE_TIMEOUT,
        Fault::Fails => Outcome::MODULE_FAILED,
        // Where its part was done with that answer, nobody minds any more.
        Fault::Vanishes => {
            let disabled = behind.iter().take_while(|entry| entry.starts_with("Disable"));
            let mut disabled = disabled.map(|entry| module(entry));
            if disabled.any(|id| id == module(entry)) {
                Outcome::SUCCESS
            } else {
                Outcome::MODULE_FAILED
            }
        }
        Fault::Stutters => Outcome::SUCCESS,
        // A reset has more than one try.
        Fault::Mute if is_transmit => Outcome::CARD_MUTE,
        Fault::Mute if is_card => Outcome::SUCCESS,
        Fault::Mute => Outcome::MODULE_TIMEOUT,
        Fault::Damaged if is_transmit => Outcome::CARD_DAMAGED,
        Fault::Damaged => Outcome::SUCCESS,
        Fault::Pulled if is_on(&clean[..=place], CARD) => Outcome::CARD_REMOVED,
        Fault::Pulled
            if behind
                .iter()
                .any(|entry| entry.starts_with("Enable") && entry.contains(CARD)) =>
        {
            Outcome::CARD_ABSENT
        }
        Fault::Pulled => Outcome::SUCCESS,
    }
}

/// What holds for the commands of every run, whatever became of it.
fn assert_in_order(log: &Log, policy: Policy, what: &str) {
    let mut supplied = Vec::new();
    for (at, entry) in log.iter().enumerate() {
        let id = module(entry);
        if entry.starts_with("Enable") {
            assert!(!supplied.contains(&id), "{what}: enabled twice: {log:?}");
            supplied.push(id);
        } else if entry.starts_with("Disable") {
            // Also one whose supply was never asked of the board: off is off.
            supplied.retain(|found| *found != id);
        } else {
            assert!(supplied.contains(&id), "{what}: called without supply: {log:?}");
            let called = |entry: &String| !entry.starts_with("Enable") && !entry.starts_with("Disable");
            let first = log.iter().position(called);
            if policy == Policy::WholeService && first == Some(at) {
                assert_eq!(
                    supplied.len(),
                    2,
                    "{what}: a module is called before all are on: {log:?}"
                );
            }
        }
    }
    assert!(supplied.is_empty(), "{what}: {supplied:?} left on: {log:?}");
}

//= spec/book/src/modules.md#cw-mod-007
//= type=test
//# A module that does not power up, or has not answered a command within `T_module`, MUST be `failed`, end the job with `module-failed` or `module-timeout`, and be disabled.
//= spec/book/src/modules.md#cw-mod-003
//= type=test
//# Every module MUST be disabled when no service runs, also after one that failed, was aborted, timed out, or was cut by a reset.
#[test]
fn every_failure_at_every_point_of_both_policies() {
    let mut bench = Bench::new();
    let mut tried = 0;
    for service in SERVICES {
        let policy = match service {
            ServiceId::CARD_IDENTIFY | SUBSCRIBER_WHOLE => Policy::WholeService,
            _ => Policy::PerStep,
        };
        let (outcome, clean) = bench.run(service, None);
        assert_eq!(outcome, Outcome::SUCCESS);
        assert_in_order(&clean, policy, "clean");
        for at in 0..calls(&clean).len() {
            for fault in FAULTS {
                let is_response = clean[calls(&clean)[at]].starts_with("CardTransmit");
                // A second response can't be told from the response to the next command: not to give one is the board's.
                if fault == Fault::Stutters && is_response {
                    continue;
                }
                let what = format!("{service:?}, call {at} {}, {fault:?}", clean[calls(&clean)[at]]);
                let (outcome, log) = bench.run(service, Some((at, fault)));
                assert_eq!(outcome, expected(&clean, at, fault), "{what}: {log:?}");
                assert_in_order(&log, policy, &what);
                if fault == Fault::Pulled {
                    let now = bench.pair.instant();
                    bench.pair.reader.handle_module(now, ModuleEvent::CardInserted(0));
                }
                tried += 1;
                let (next, log) = bench.run(service, None);
                assert_eq!((next, &log), (Outcome::SUCCESS, &clean), "after {what}");
            }
        }
    }
    println!("{tried} failures");
    assert!(tried > 300, "{tried}");
}

/// One `T_module` for a command to the card, however it spins it out.
#[test]
fn a_slow_card_has_one_limit_for_all_its_tpdus() {
    let mut bench = Bench::new();
    bench.pair.takes = |command| match command {
        cardwire_core::ModuleCommand::CardTransmit(_) => limits::T_MODULE_MS / 2 + 1,
        _ => 0,
    };
    // Each command of this one is one TPDU.
    assert_eq!(bench.run(ServiceId::CARD_IDENTIFY, None).0, Outcome::SUCCESS);
    // One of this one is repeated with the length that the card asks for.
    let (outcome, log) = bench.run(ServiceId::SUBSCRIBER_READ, None);
    assert_eq!(outcome, Outcome::MODULE_TIMEOUT, "{log:?}");
}

fn slots(pair: &mut Pair) -> Vec<(u8, CardState, u32)> {
    let answer = pair.request(&ReaderStatus {
        extensions: Default::default(),
    });
    let answer = ReaderStatusAnswer::decode(&answer).unwrap();
    let slots = answer.slots.iter();
    slots
        .map(|slot| (slot.number, slot.card, slot.generation))
        .collect()
}

//= spec/book/src/modules.md#cw-mod-008
//= type=test
//# A reader MUST count insertions and removals of each slot.
#[test]
fn slots_are_counted_one_by_one_and_services_work_with_the_first() {
    use CardState::{Absent, Present};
    let mut pair = Pair::with_slots(3, Records::default(), identity());
    pair.serve(&[ServiceId::CARD_IDENTIFY]);
    assert_eq!(
        slots(&mut pair),
        [(0, Present, 1), (1, Absent, 0), (2, Absent, 0)]
    );
    let now = pair.instant();
    // Told twice it is one change; a fourth slot is not there.
    for event in [
        ModuleEvent::CardInserted(2),
        ModuleEvent::CardInserted(2),
        ModuleEvent::CardRemoved(1),
        ModuleEvent::CardInserted(3),
        ModuleEvent::CardInserted(255),
    ] {
        pair.reader.handle_module(now, event);
    }
    assert_eq!(
        slots(&mut pair),
        [(0, Present, 1), (1, Absent, 0), (2, Present, 1)]
    );
    let generations: Vec<_> = pair
        .events
        .iter()
        .filter_map(|event| CardEvent::decode(event).ok())
        .map(|event| (event.slot.number, event.slot.generation))
        .collect();
    assert_eq!(generations, [(2, 1)]);

    // A service on the first slot does not mind what happens in another.
    pair.hung = true;
    pair.request(&Instruct {
        job: &[1; 16],
        service: ServiceId::CARD_IDENTIFY,
        parameters: &[],
        extensions: Default::default(),
    });
    pair.reader.handle_module(now, ModuleEvent::CardRemoved(2));
    pair.hung = false;
    let answer = pair.request(&JobStatus {
        job: &[1; 16],
        extensions: Default::default(),
    });
    assert_eq!(JobStatusAnswer::decode(&answer).unwrap().state, JobState::Running);
    pair.pass(limits::T_MODULE_MS);
    pair.run(2, ServiceId::CARD_IDENTIFY);
    pair.reader.handle_module(now, ModuleEvent::CardInserted(2));
    assert_eq!(
        slots(&mut pair),
        [(0, Present, 1), (1, Absent, 0), (2, Present, 3)]
    );
}
