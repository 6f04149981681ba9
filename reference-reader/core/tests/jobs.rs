//! Jobs across resets, sessions and cards that go: what is remembered, and who gets data.

mod common;

use cardwire_codec::{List, Message, Name, message::*};
use cardwire_core::{ModuleEvent, env::Record};
use common::{Records, identity, pair::*};

const IDENTIFY: ServiceId = ServiceId::CARD_IDENTIFY;
const SUBSCRIBER: ServiceId = ServiceId::SUBSCRIBER_READ;
const OWN: ServiceId = ServiceId(0xF001);

/// Logic of a service of our own, stored as an update would have stored it.
fn store(records: &Records, policy: Policy, modules: &[ModuleId], code: &[u8]) {
    let document = encode(&Logic {
        service: OWN,
        name: Name::from_text("example.own"),
        version: 1,
        policy,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(modules),
        parameters: List::default(),
        budget: 64,
        code,
        extensions: Default::default(),
    });
    let stored = [&1_u32.to_be_bytes()[..], &document].concat();
    records.borrow_mut().insert(Record::Logic(0), stored);
}

/// Resets the card and sends UPDATE BINARY.
fn store_writing(records: &Records) {
    let code = [
        0x10, 0x00, 0x11, 0x06, 0x00, 0xD6, 0x00, 0x00, 0x01, 0x00, 0x01, 0x3F, 0x00, 0x00,
    ];
    store(records, Policy::WholeService, &[ModuleId::CONTACT_CARD], &code);
}

fn instruct(pair: &mut Pair, job: u8, service: ServiceId) -> JobState {
    let answer = pair.request(&Instruct {
        job: &[job; 16],
        service,
        parameters: &[],
        extensions: Default::default(),
    });
    InstructAnswer::decode(&answer).unwrap().state
}

fn job(pair: &mut Pair, job: u8) -> (JobState, Outcome) {
    let answer = pair.request(&JobStatus {
        job: &[job; 16],
        extensions: Default::default(),
    });
    let status = JobStatusAnswer::decode(&answer).unwrap();
    (status.state, status.outcome)
}

fn data_error(pair: &mut Pair, job: u8) -> Option<ErrorCode> {
    let answer = pair.request(&JobData {
        job: &[job; 16],
        part: 0,
        extensions: Default::default(),
    });
    ErrorAnswer::decode(&answer).ok().map(|error| error.code)
}

fn tell(pair: &mut Pair, event: ModuleEvent<'_>) {
    pair.reader.handle_module(pair.instant(), event);
    pair.drive();
}

#[test]
fn a_job_that_a_reset_interrupted_is_remembered_like_any_other() {
    let records = Records::default();
    store_writing(&records);
    let mut pair = Pair::with(records.clone(), identity());
    pair.serve(&[OWN]);
    pair.hung = true;
    instruct(&mut pair, 9, OWN);
    tell(&mut pair, ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
    tell(&mut pair, ModuleEvent::Atr(&[0x3B, 0x00]));
    assert!(pair.log.iter().any(|entry| entry.starts_with("CardTransmit")));

    let mut pair = Pair::with(records, identity());
    pair.serve(&[IDENTIFY, OWN]);
    for id in 1..=4 {
        pair.run(id, IDENTIFY);
        assert_eq!(job(&mut pair, 9).0, JobState::Interrupted, "behind {id} others");
    }
    let log = pair.log.len();
    assert_eq!(instruct(&mut pair, 9, OWN), JobState::Interrupted);
    assert_eq!(pair.log.len(), log, "no module was touched");
    assert_eq!(data_error(&mut pair, 9), Some(ErrorCode::NO_SUCH_PART));
    pair.run(5, IDENTIFY);
    assert_eq!(job(&mut pair, 9).0, JobState::Unknown);
    assert_eq!(job(&mut pair, 2).0, JobState::Done);
}

#[test]
fn data_are_gone_after_a_reset_whatever_the_id() {
    let records = Records::default();
    store_writing(&records);
    let mut pair = Pair::with(records.clone(), identity());
    pair.serve(&[OWN]);
    instruct(&mut pair, 0, OWN);
    assert_eq!(job(&mut pair, 0), (JobState::Done, Outcome::SUCCESS));
    assert_eq!(data_error(&mut pair, 0), None);
    let mut pair = Pair::with(records, identity());
    pair.serve(&[OWN]);
    assert_eq!(job(&mut pair, 0), (JobState::Done, Outcome::SUCCESS));
    assert_eq!(data_error(&mut pair, 0), Some(ErrorCode::NO_SUCH_PART));
}

//= spec/book/src/jobs.md#cw-job-012
//= type=test
//# A reader MUST end a job whose journal it can't write with the outcome `storage-failed` before it sends the first writing command.
#[test]
fn nothing_is_written_that_the_journal_does_not_know() {
    let records = Records::default();
    store_writing(&records);
    let mut pair = Pair::with(records.clone(), identity());
    pair.serve(&[IDENTIFY, OWN]);
    let held = records.borrow();
    instruct(&mut pair, 1, OWN);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::STORAGE_FAILED));
    assert!(pair.log.iter().all(|entry| !entry.starts_with("CardTransmit")));
    // What writes nothing goes on working.
    pair.run(2, IDENTIFY);
    drop(held);
    instruct(&mut pair, 3, OWN);
    assert_eq!(job(&mut pair, 3), (JobState::Done, Outcome::SUCCESS));
}

#[test]
fn four_outcomes_are_kept_while_a_fifth_job_runs() {
    let mut pair = Pair::new();
    pair.serve(&[IDENTIFY]);
    for id in 1..=4 {
        pair.run(id, IDENTIFY);
    }
    pair.hung = true;
    assert_eq!(instruct(&mut pair, 5, IDENTIFY), JobState::Running);
    for id in 1..=4 {
        assert_eq!(job(&mut pair, id), (JobState::Done, Outcome::SUCCESS));
    }
}

#[test]
fn data_leave_through_the_interface_of_their_service_only() {
    let mut pair = Pair::new();
    pair.serve(&[IDENTIFY, SUBSCRIBER]);
    pair.run(1, IDENTIFY);
    pair.serve(&[SUBSCRIBER]);
    assert_eq!(data_error(&mut pair, 1), Some(ErrorCode::INTERFACE_DISABLED));
    assert_eq!(data_error(&mut pair, 7), Some(ErrorCode::UNKNOWN_JOB));
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::SUCCESS));
    pair.serve(&[IDENTIFY]);
    assert_eq!(data_error(&mut pair, 1), None);
}

#[test]
fn a_card_that_is_pulled_out_while_its_module_settles_is_removed() {
    let records = Records::default();
    store(
        &records,
        Policy::PerStep,
        &[ModuleId::CONTACT_CARD],
        &[0x10, 0x00, 0x18, 0x02, 0x3F, 0x00, 0x00],
    );
    let mut pair = Pair::with(records, identity());
    pair.serve(&[IDENTIFY, OWN]);
    for (id, service) in [(1, IDENTIFY), (2, OWN)] {
        pair.hung = true;
        instruct(&mut pair, id, service);
        assert!(pair.log.last().unwrap().starts_with("Enable"));
        tell(&mut pair, ModuleEvent::CardRemoved(0));
        assert_eq!(job(&mut pair, id), (JobState::Done, Outcome::CARD_REMOVED));
        assert!(pair.log.last().unwrap().starts_with("Disable"));
        tell(&mut pair, ModuleEvent::CardInserted(0));
        pair.hung = false;
        pair.run(id + 10, IDENTIFY);
    }
}

#[test]
fn an_answer_to_reset_that_is_none_comes_from_a_damaged_card() {
    let mut pair = Pair::new();
    pair.serve(&[IDENTIFY]);
    let wrong = [&[0x3B][..], &[0x3C, 0x00], &[], &[0x3B; 34]];
    for (id, atr) in (1..).zip(wrong) {
        pair.hung = true;
        instruct(&mut pair, id, IDENTIFY);
        for event in [
            ModuleEvent::Enabled(ModuleId::CONTACT_CARD),
            ModuleEvent::Enabled(ModuleId::INDICATOR),
            ModuleEvent::Shown,
            // A wrong answer may come of a dirty contact: the third in a row is the card's last.
            ModuleEvent::Atr(atr),
            ModuleEvent::Atr(atr),
        ] {
            tell(&mut pair, event);
            assert_eq!(job(&mut pair, id).0, JobState::Running, "{atr:02X?}");
        }
        tell(&mut pair, ModuleEvent::Atr(atr));
        assert_eq!(
            job(&mut pair, id),
            (JobState::Done, Outcome::CARD_DAMAGED),
            "{atr:02X?}"
        );
        pair.hung = false;
    }
    pair.run(20, IDENTIFY);
}
