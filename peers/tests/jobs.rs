//! Services and jobs of a reader that does not keep to the protocol.

mod common;

use cardwire_codec::{
    Extensions, List, Message,
    message::{
        Instruct, InstructAnswer, JobData, JobDataAnswer, JobState, JobStatus, JobStatusAnswer, Outcome,
        Progress, ServiceId, ServiceList, ServiceListAnswer,
    },
};
use cardwire_peers::{
    Client, Cloud, Link,
    client::{ClientError, ReaderFault, ServiceResult, Session},
    scripted::{PlainReader, Reply, ScriptedReader, reply},
};
use common::{all, client, cloud, reader_identity, services, soon};
use core::time::Duration;
use std::time::Instant;

const JOB: [u8; 16] = [0x11; 16];

/// A session that is logged in to a reader whose answers to some requests are other than they should be.
fn logged_in(
    client: &Client,
    mut wrong: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
) -> (ScriptedReader, Session<Link>) {
    let mut plain = PlainReader::new(reader_identity(), services());
    let reader = ScriptedReader::answering(reader_identity(), move |session, request| {
        Reply::Answer(wrong(request).unwrap_or_else(|| plain.answer(session, request)))
    })
    .unwrap();
    let mut session = client.connect(Link::open(reader.endpoint()).unwrap()).unwrap();
    session.login(&mut Cloud::conversation(&cloud()), &all()).unwrap();
    (reader, session)
}

/// Runs a service on a reader that answers the requests of this code so.
fn run_with(code: u8, answer: Vec<u8>) -> Result<ServiceResult, ClientError> {
    let wrong = move |request: &[u8]| (request.first() == Some(&code)).then(|| answer.clone());
    let (_reader, mut session) = logged_in(&client(), wrong);
    session.run_job(JOB, ServiceId::CARD_IDENTIFY, &[])
}

fn status(state: JobState, service: ServiceId, data_length: u16) -> JobStatusAnswer<'static> {
    JobStatusAnswer {
        job: &JOB,
        state,
        service,
        logic_digest: &[0; 32],
        step: 0,
        outcome: Outcome::SUCCESS,
        status_word: 0,
        data_length,
        extensions: Extensions::NONE,
    }
}

fn data(part: u16, last: bool, data: &[u8]) -> Vec<u8> {
    reply(&JobDataAnswer {
        job: &JOB,
        part,
        last,
        data,
        extensions: Extensions::NONE,
    })
}

#[test]
fn a_job_that_does_not_end_is_given_up() {
    let client = client().with_job_patience(Duration::from_millis(100));
    let (_reader, mut session) = logged_in(&client, |_| None);
    let error = session.run(ServiceId::CERTIFICATION_ECHO, &[]).unwrap_err();
    assert!(
        matches!(error, ClientError::Reader(ReaderFault::JobOverdue { .. })),
        "{error}"
    );
    assert_eq!(error.remedy(), "Ask for the job's status, or abort it.");
}

#[test]
fn states_that_a_job_can_not_have_are_errors() {
    let service = ServiceId::CARD_IDENTIFY;
    for (answer, expected) in [
        (
            status(JobState::Unknown, ServiceId(0), 0),
            "reader: it does not know the job that it accepted (CW-JOB-006)",
        ),
        (
            status(JobState::Interrupted, service, 0),
            "reader: it was reset while the job was writing to the card (CW-JOB-009)",
        ),
        (
            status(JobState::Done, ServiceId::SUBSCRIBER_READ, 0),
            "reader: the service of its job_status_answer is not the right one (CW-JOB-003)",
        ),
        (
            JobStatusAnswer {
                job: &[0; 16],
                ..status(JobState::Done, service, 0)
            },
            "reader: the job of its job_status_answer is not the right one (CW-JOB-003)",
        ),
    ] {
        let error = run_with(JobStatus::CODE, reply(&answer)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let foreign = InstructAnswer {
        job: &[0; 16],
        state: JobState::Running,
        extensions: Extensions::NONE,
    };
    let error = run_with(Instruct::CODE, reply(&foreign)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reader: the job of its instruct_answer is not the right one (CW-JOB-001)"
    );
}

#[test]
fn parts_that_do_not_make_the_whole_are_errors() {
    let fault = |field: &str, requirement: &str| {
        let message = if field == "data_length" {
            "job_status_answer"
        } else {
            "job_data_answer"
        };
        format!("reader: the {field} of its {message} is not the right one ({requirement})")
    };
    for (answer, expected) in [
        (data(1, true, b"x"), fault("part", "CW-JOB-004")),
        (data(0, false, b""), fault("data", "CW-JOB-007")),
        (data(0, true, b"x"), fault("data_length", "CW-JOB-004")),
        (data(0, true, &[0; 400]), fault("data_length", "CW-JOB-004")),
    ] {
        assert_eq!(run_with(JobData::CODE, answer).unwrap_err().to_string(), expected);
    }

    // Full parts without end: the client stops when there is more than a job may give.
    let mut part = 0;
    let (_reader, mut session) = logged_in(&client(), move |request| {
        (request.first() == Some(&JobData::CODE)).then(|| {
            part += 1;
            data(part - 1, false, &[0; 400])
        })
    });
    let error = session.run_job(JOB, ServiceId::CARD_IDENTIFY, &[]).unwrap_err();
    assert_eq!(error.to_string(), fault("data", "CW-JOB-007"));
}

#[test]
fn service_data_that_is_none_is_an_error() {
    let document = [0x61, 2, 1, b'a', 9, 0];
    let answer = data(0, true, &document);
    let (_reader, mut session) = logged_in(&client(), move |request| match *request.first()? {
        JobStatus::CODE => Some(reply(&status(JobState::Done, ServiceId::CARD_IDENTIFY, 6))),
        JobData::CODE => Some(answer.clone()),
        _ => None,
    });
    let error = session.run_job(JOB, ServiceId::CARD_IDENTIFY, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "reader: its service_data breaks a rule of the codec: value: item.kind at offset 4"
    );
}

/// Without events the ten questions of this job would take almost two seconds.
#[test]
fn an_event_cuts_a_pause_short() {
    let mut plain = PlainReader::new(reader_identity(), services());
    let mut half = cardwire_peers::scripted::Half::new(reader_identity());
    let reader = ScriptedReader::start(move |mut link| {
        let mut session = half.let_in(&mut link).unwrap();
        let mut number = 0;
        while let Ok(frame) = link.receive(soon()) {
            let request = session.opener.open(frame.number, &frame.payload).unwrap();
            assert_eq!(frame.number, number);
            number += 1;
            let mut answer = plain.answer(&session, &request);
            let asked = request.first() == Some(&JobStatus::CODE);
            // Each time the job still runs, and an event says at once that it has ended.
            if asked && number < 14 {
                answer = reply(&status(JobState::Running, ServiceId::CARD_IDENTIFY, 0));
            }
            let sealed = session.sealer.seal(frame.number, &answer).unwrap();
            link.send_frame(frame.kind, frame.number, &sealed).unwrap();
            if asked {
                let (state, step, extensions) = (JobState::Done, 1, Extensions::NONE);
                let ended = Progress {
                    job: &JOB,
                    state,
                    step,
                    extensions,
                };
                session.send_event(&mut link, &ended).unwrap();
            }
        }
    })
    .unwrap();
    let mut session = client().connect(Link::open(reader.endpoint()).unwrap()).unwrap();
    session.login(&mut Cloud::conversation(&cloud()), &all()).unwrap();
    let start = Instant::now();
    let result = session.run_job(JOB, ServiceId::CARD_IDENTIFY, &[]).unwrap();
    assert_eq!(result.outcome, Outcome::SUCCESS);
    assert!(
        start.elapsed() < Duration::from_millis(20 + 40 + 80 + 160),
        "{:?}",
        start.elapsed()
    );
    // The events are still there for whoever wants to show them.
    assert!(session.wait_event(Instant::now()).unwrap().is_some());
}

#[test]
fn a_list_of_services_must_end() {
    for (total, expected) in [(1, Some("total")), (0, None)] {
        let (_reader, mut session) = logged_in(&client(), move |request| {
            let services = List::from_items(&[]);
            let list = ServiceListAnswer {
                total,
                services,
                extensions: Extensions::NONE,
            };
            (request.first() == Some(&ServiceList::CODE)).then(|| reply(&list))
        });
        match (session.services(), expected) {
            (Ok(none), None) => assert!(none.is_empty()),
            (Err(ClientError::Reader(ReaderFault::Contradiction { field, .. })), Some(expected)) => {
                assert_eq!(field, expected);
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}
