//! Services, jobs and modules: what runs, in which order modules are powered, and that all are off afterwards.

mod common;

use cardwire_codec::{Message, message::*};
use cardwire_core::ModuleEvent;
use common::pair::*;

const IDENTIFY: ServiceId = ServiceId::CARD_IDENTIFY;
const SUBSCRIBER: ServiceId = ServiceId::SUBSCRIBER_READ;

fn serving() -> Pair {
    let mut pair = Pair::new();
    pair.serve(&[IDENTIFY, SUBSCRIBER]);
    pair
}

/// Enable and Disable commands of a log, in order.
fn power(log: &Log) -> Vec<&str> {
    log.iter()
        .map(String::as_str)
        .filter(|entry| entry.starts_with("Enable") || entry.starts_with("Disable"))
        .collect()
}

fn instruct(pair: &mut Pair, job: u8, service: ServiceId) -> Vec<u8> {
    let job = [job; 16];
    pair.request(&Instruct {
        job: &job,
        service,
        parameters: &[],
        extensions: Default::default(),
    })
}

fn job(pair: &mut Pair, job: u8) -> (JobState, Outcome) {
    let answer = pair.request(&JobStatus {
        job: &[job; 16],
        extensions: Default::default(),
    });
    let status = JobStatusAnswer::decode(&answer).unwrap();
    (status.state, status.outcome)
}

fn assert_all_off(pair: &mut Pair) {
    let answer = pair.request(&ReaderStatus {
        extensions: Default::default(),
    });
    let answer = ReaderStatusAnswer::decode(&answer).unwrap();
    assert!(
        answer
            .modules
            .iter()
            .all(|module| module.state == WorkingState::Disabled),
        "{answer:?}"
    );
}

#[test]
fn card_identify_enables_all_its_modules_first() {
    let mut pair = serving();
    let items = pair.run(1, IDENTIFY);
    assert_eq!(items[0].0, "atr");
    assert_eq!(items[1], ("iccid".to_owned(), "8900001010123456783".to_owned()));
    assert_eq!(
        power(&pair.log),
        [
            "Enable(ModuleId(02))",
            "Enable(ModuleId(04))",
            "Disable(ModuleId(04))",
            "Disable(ModuleId(02))"
        ]
    );
    assert_all_off(&mut pair);
}

#[test]
fn subscriber_read_enables_each_module_for_its_own_part() {
    let mut pair = serving();
    let items = pair.run(1, SUBSCRIBER);
    let expected = [
        ("imsi", "001010123456789"),
        ("spn", "Cardwire Test"),
        ("msisdn", "+4915228817386"),
    ];
    assert_eq!(
        items,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(
        power(&pair.log),
        [
            "Enable(ModuleId(04))",
            "Disable(ModuleId(04))",
            "Enable(ModuleId(02))",
            "Disable(ModuleId(02))"
        ]
    );
    assert_all_off(&mut pair);
}

#[test]
fn a_job_runs_once() {
    let mut pair = serving();
    pair.run(1, IDENTIFY);
    let log = pair.log.len();
    let answer = instruct(&mut pair, 1, IDENTIFY);
    assert_eq!(InstructAnswer::decode(&answer).unwrap().state, JobState::Done);
    assert_eq!(
        ErrorAnswer::decode(&instruct(&mut pair, 1, SUBSCRIBER))
            .unwrap()
            .code,
        ErrorCode::JOB_CONFLICT
    );
    assert_eq!(pair.log.len(), log, "no module was touched");
}

#[test]
fn the_last_four_outcomes_are_kept() {
    let mut pair = serving();
    for id in 1..=6 {
        pair.run(id, IDENTIFY);
    }
    pair.serve(&[IDENTIFY]);
    for id in 3..=6 {
        assert_eq!(job(&mut pair, id), (JobState::Done, Outcome::SUCCESS));
    }
    assert_eq!(job(&mut pair, 1).0, JobState::Unknown);
}

#[test]
fn a_hung_module_fails_the_job_and_all_are_off() {
    let mut pair = serving();
    pair.hung = true;
    instruct(&mut pair, 1, IDENTIFY);
    assert_eq!(job(&mut pair, 1).0, JobState::Running);
    assert_eq!(
        ErrorAnswer::decode(&instruct(&mut pair, 2, IDENTIFY))
            .unwrap()
            .code,
        ErrorCode::BUSY
    );
    pair.pass(limits::T_MODULE_MS);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::MODULE_TIMEOUT));
    assert_all_off(&mut pair);
    pair.hung = false;
    pair.run(3, IDENTIFY);
}

#[test]
fn an_aborted_job_ends_before_its_next_command() {
    let mut pair = serving();
    pair.hung = true;
    instruct(&mut pair, 1, IDENTIFY);
    pair.request(&JobAbort {
        job: &[1; 16],
        extensions: Default::default(),
    });
    pair.hung = false;
    let before = pair.log.len();
    pair.reader
        .handle_module(pair.instant(), ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
    pair.drive();
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::ABORTED));
    assert!(
        pair.log[before..]
            .iter()
            .all(|entry| entry.starts_with("Disable"))
    );
    assert_all_off(&mut pair);
}

#[test]
fn no_card_and_a_card_pulled_out() {
    let mut pair = serving();
    pair.reader
        .handle_module(pair.instant(), ModuleEvent::CardRemoved(0));
    instruct(&mut pair, 1, IDENTIFY);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::CARD_ABSENT));
    pair.reader
        .handle_module(pair.instant(), ModuleEvent::CardInserted(0));
    pair.hung = true;
    instruct(&mut pair, 2, IDENTIFY);
    let settle = |pair: &mut Pair, event| {
        pair.reader.handle_module(pair.instant(), event);
        pair.drive();
    };
    settle(&mut pair, ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
    settle(&mut pair, ModuleEvent::Enabled(ModuleId::INDICATOR));
    settle(&mut pair, ModuleEvent::CardRemoved(0));
    pair.hung = false;
    assert_eq!(job(&mut pair, 2), (JobState::Done, Outcome::CARD_REMOVED));
    assert_all_off(&mut pair);
}

#[test]
fn a_lost_client_ends_what_its_logic_says() {
    let mut pair = serving();
    pair.hung = true;
    instruct(&mut pair, 1, IDENTIFY);
    pair.reader.handle_link_reset(pair.instant());
    pair.hung = false;
    pair.reader
        .handle_module(pair.instant(), ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
    pair.drive();
    pair.serve(&[IDENTIFY]);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::CLIENT_LOST));
    assert_all_off(&mut pair);
}

#[test]
fn a_service_that_takes_no_parameters_refuses_them() {
    let mut pair = serving();
    for parameters in [&b"x"[..], &[ServiceData::CODE, 1, 1, b'a', 1, 0]] {
        let answer = pair.request(&Instruct {
            job: &[1; 16],
            service: IDENTIFY,
            parameters,
            extensions: Default::default(),
        });
        assert_eq!(
            ErrorAnswer::decode(&answer).unwrap().code,
            ErrorCode::PARAMETERS_REFUSED
        );
    }
    assert!(pair.log.is_empty());
}

#[test]
fn diagnostics_tell_what_every_module_and_interface_did() {
    let mut pair = serving();
    pair.run(1, SUBSCRIBER);
    let answer = pair.request(&Diagnostics {
        from: 0,
        extensions: Default::default(),
    });
    let answer = DiagnosticsAnswer::decode(&answer).unwrap();
    let first: Vec<_> = answer
        .records
        .iter()
        .take(5)
        .map(|record| (record.subject, record.id, record.state))
        .collect();
    assert_eq!(
        first,
        [
            (Subject::Module, 1, WorkingState::Enabled),
            (Subject::Module, 1, WorkingState::Disabled),
            (Subject::PlatformInterface, 0, WorkingState::Enabled),
            (Subject::ServiceInterface, 1, WorkingState::Enabled),
            (Subject::ServiceInterface, 2, WorkingState::Enabled),
        ]
    );
    assert_eq!(answer.overflow, 0);
}

//= spec/book/src/modules.md#cw-mod-003
//= type=test
//# Every module MUST be disabled when no service runs, also after one that failed, was aborted, timed out, or was cut by a reset.
#[test]
fn a_module_that_settles_twice_must_still_answer_in_time() {
    let mut pair = serving();
    pair.hung = true;
    instruct(&mut pair, 1, IDENTIFY);
    let tell = |pair: &mut Pair, event| {
        pair.reader.handle_module(pair.instant(), event);
        pair.drive();
    };
    for module in [ModuleId::CONTACT_CARD, ModuleId::INDICATOR] {
        tell(&mut pair, ModuleEvent::Enabled(module));
    }
    // The indicator is at work now; it stutters, and never answers.
    tell(&mut pair, ModuleEvent::Enabled(ModuleId::INDICATOR));
    pair.pass(limits::T_MODULE_MS);
    assert_eq!(job(&mut pair, 1), (JobState::Done, Outcome::MODULE_TIMEOUT));
    assert_all_off(&mut pair);
}
