//! What a reader may answer to a request, by the rows of the schema's machines, and what is true after it.

use super::{
    judge::{Around, one_answer, without_events},
    model::{Login, Model, Sealed},
    relayed::judge_relay,
    services::{SERVICES, is_typical},
};
use crate::world::people::PEOPLE;
use cardwire_codec::{
    Message,
    message::{
        Answer, CardState, ErrorAnswer, ErrorCode, FrameKind, Instruct, JobState, LoginHeader, Provisioning,
        ReaderStatusAnswer, Request, ServiceId, SessionState, Suite, WorkingState, limits::T_HANDSHAKE_MS,
    },
};
use cardwire_peers::link::OwnedFrame;

/// Judges the answer to a request.
///
/// # Panics
/// Where it is not what the rules allow.
pub fn judge_request(
    model: &mut Model,
    request: &Sealed,
    said: Vec<OwnedFrame>,
    around: &mut Around<'_, '_>,
) {
    let frame = OwnedFrame {
        kind: FrameKind::Sealed,
        number: request.number,
        payload: Vec::new(),
    };
    // The answer goes out before the events of what it begins.
    let place = said
        .iter()
        .position(|said| said.kind == FrameKind::Sealed && said.number == request.number);
    let place = place.unwrap_or_else(|| panic!("a request is answered: {said:?}"));
    let mut said = said;
    let answered = said.remove(place);
    let live = model.live.as_mut().expect("the request has come in a session");
    let answer = live.end.open(
        request.number,
        one_answer(&frame, core::slice::from_ref(&answered), "a request is answered"),
    );
    let answer = answer.expect("an answer is sealed under the session's keys");
    live.last = Some((request.payload.clone(), answered.payload));
    around.read.extend_from_slice(&answer);
    judge_answer(model, &request.message, &answer, around);
    let rest = without_events(model, said, around);
    assert!(rest.is_empty(), "a request gets one answer: {rest:?}");
    if answer.first() == Some(&0x8C) {
        model.end_session();
    }
}

fn judge_answer(model: &mut Model, message: &[u8], answer: &[u8], around: &mut Around<'_, '_>) {
    let read = Answer::decode(answer).expect("an answer is one of this version");
    around.log.line(|| format!("  {read:?}"));
    let error = match &read {
        Answer::Error(error) => {
            assert_eq!(
                error.request,
                message.first().copied().unwrap_or(0),
                "an error names its request"
            );
            Some(error.code)
        }
        _ => None,
    };
    let request = match Request::decode(message) {
        Ok(request) => request,
        Err(broken) => {
            let expected = (
                ErrorCode::MALFORMED,
                u16::from(broken.rule.value()),
                broken.offset,
            );
            let got = match read {
                Answer::Error(ErrorAnswer {
                    code, detail, offset, ..
                }) => (code, detail, usize::from(offset)),
                _ => panic!("a malformed request is answered with an error: {read:?}"),
            };
            assert_eq!(
                got, expected,
                "a malformed request is answered with rule and place"
            );
            return;
        }
    };
    if error == Some(ErrorCode::STORAGE_FAILED) && model.faulted {
        judge_failed_storage(model, &request);
        return;
    }
    let live = model.live.as_mut().expect("the request has come in a session");
    match (&request, &read) {
        (Request::PlatformAuth(auth), Answer::PlatformAuthAnswer(begun)) => {
            let header = LoginHeader::decode(begun.header).expect("a login begins with a header");
            assert_eq!(
                (
                    header.version,
                    header.suite,
                    header.reader_id.as_str(),
                    header.client_id.as_str()
                ),
                (1, Suite::NOISE_IK, PEOPLE.reader_id.as_str(), live.client_id()),
                "the header names the session's version, its reader and its client"
            );
            assert_eq!(*header.session, live.end.hash, "and the session");
            assert_eq!(header.boot_counter, model.boots, "and the boot");
            live.offers = auth.offers.iter().collect();
            live.enabled.clear();
            live.expiry = None;
            live.state = SessionState::Login;
            live.login = Login::Begun(begun.header.to_vec(), begun.handshake.to_vec(), None);
            live.login_deadline = Some(around.now + T_HANDSHAKE_MS);
            live.relayed.clear();
        }
        (Request::Relay(relay), _) => judge_relay(model, relay.payload, &read, around),
        (Request::ReaderStatus(_), Answer::ReaderStatusAnswer(status)) => judge_status(model, status, around),
        (Request::Diagnostics(asked), Answer::DiagnosticsAnswer(told)) => {
            let mut from = asked.from;
            for record in told.records.iter() {
                assert!(
                    record.number >= from,
                    "records ascend, from the one that was asked for"
                );
                from = record.number + 1;
            }
            assert!(
                told.next >= from || told.records.iter().next().is_none(),
                "the next record is behind them"
            );
        }
        (Request::Disconnect(_), Answer::DisconnectAnswer(_)) => {}
        (
            Request::ServiceList(_)
            | Request::Instruct(_)
            | Request::JobData(_)
            | Request::JobStatus(_)
            | Request::JobAbort(_),
            _,
        ) if live.state != SessionState::Serving => {
            assert_eq!(
                error,
                Some(ErrorCode::NOT_LOGGED_IN),
                "services are served after login"
            );
        }
        (Request::ServiceList(asked), Answer::ServiceListAnswer(list)) => {
            let mut place = usize::from(asked.from);
            let mut last = None;
            for entry in list.services.iter() {
                assert!(last.is_none_or(|last| last < entry.service.0), "services ascend");
                assert!(SERVICES.contains(&entry.service), "a service that nobody brought");
                last = Some(entry.service.0);
                let enabled = live.enabled(entry.service).is_some();
                assert_eq!(
                    entry.interface == WorkingState::Enabled,
                    enabled,
                    "{:?}: an interface is enabled where it is offered, had and granted",
                    entry.service
                );
                place += 1;
            }
            assert!(
                place <= usize::from(list.total).max(usize::from(asked.from)),
                "no more than there are"
            );
        }
        (Request::Instruct(instruct), _) => judge_instruct(model, instruct, &read, around),
        (Request::JobStatus(asked), Answer::JobStatusAnswer(status)) => {
            assert_eq!(
                status.job, asked.job,
                "a status is that of the job that was asked for"
            );
            model.told(status);
        }
        (Request::JobAbort(asked), Answer::JobStatusAnswer(status)) => {
            assert_eq!(
                status.job, asked.job,
                "a status is that of the job that was aborted"
            );
            model.told(status);
        }
        (Request::JobAbort(asked), Answer::Error(error)) => {
            assert_eq!(
                error.code,
                ErrorCode::UNKNOWN_JOB,
                "only of a job that is unknown"
            );
            assert!(
                model.job(asked.job).is_none_or(|job| job.forgettable),
                "a job is not forgotten before its time"
            );
        }
        (Request::JobData(asked), Answer::JobDataAnswer(data)) => {
            assert_eq!(
                (data.job, data.part),
                (asked.job, asked.part),
                "data are those that were asked for"
            );
            let known = model
                .job(asked.job)
                .expect("only a job that was accepted has data");
            let service = known.service;
            assert!(!known.before_reset, "data do not outlast a reset");
            let live = model.live.as_ref().expect("the request has come in a session");
            assert!(
                live.enabled(service).is_some(),
                "data leave through an interface that is enabled"
            );
        }
        (Request::JobData(asked), Answer::Error(error)) => {
            let known = model.job(asked.job);
            let live = model.live.as_ref().expect("the request has come in a session");
            match error.code {
                ErrorCode::UNKNOWN_JOB => assert!(
                    known.is_none_or(|job| job.forgettable),
                    "a job is not forgotten before its time"
                ),
                ErrorCode::INTERFACE_DISABLED => assert!(
                    known.is_none_or(|job| live.enabled(job.service).is_none()),
                    "an interface that is enabled gives data"
                ),
                ErrorCode::NO_SUCH_PART => {
                    let last = model
                        .jobs
                        .last()
                        .filter(|last| last.id == *asked.job && !last.before_reset);
                    let has_data = last
                        .and_then(|last| last.done)
                        .is_some_and(|(_, _, length)| length > 0);
                    assert!(
                        asked.part != 0 || !has_data,
                        "the data of the job that ended last have a first part"
                    );
                }
                code => panic!("job_data is not answered with {code:?}"),
            }
        }
        _ => panic!("{request:?} is not answered with {read:?}"),
    }
}

/// A request whose effect could not be stored: which it was decides what is left.
fn judge_failed_storage(model: &mut Model, request: &Request<'_>) {
    if let (Request::Relay(_), Some(live)) = (request, &mut model.live) {
        // Whatever the cloud said is lost, and its channel with it.
        live.login = Login::None;
        if live.state == SessionState::Login {
            live.drop_login();
        }
    }
}

fn judge_status(model: &Model, status: &ReaderStatusAnswer<'_>, around: &Around<'_, '_>) {
    let live = model.live.as_ref().expect("the request has come in a session");
    assert_eq!(
        (status.state, status.provisioning, status.boot_counter),
        (live.state, Provisioning::Certification, model.boots),
        "state, kind and boots are as they are"
    );
    for slot in status.slots.iter() {
        let known = model.slots.get(usize::from(slot.number));
        assert_eq!(
            known,
            Some(&(slot.card == CardState::Present, slot.generation)),
            "slot {} is as it is",
            slot.number
        );
    }
    for entry in status.modules.iter() {
        assert!(
            (around.may_state)(entry.module, entry.state),
            "{:?} is not {:?}",
            entry.module,
            entry.state
        );
    }
}

fn judge_instruct(model: &mut Model, instruct: &Instruct<'_>, read: &Answer<'_>, around: &Around<'_, '_>) {
    let live = model.live.as_ref().expect("the request has come in a session");
    let enabled = live.enabled(instruct.service);
    let lost = model.faulted || model.journal_lost;
    let last_writer = model.jobs.iter().rev().find(|job| job.wrote).map(|job| job.id);
    let known = model.job(instruct.job);
    let same = known
        .is_some_and(|job| (job.service, &job.parameters[..]) == (instruct.service, instruct.parameters));
    let kept = known.is_some_and(|job| {
        !job.forgettable || (last_writer == Some(job.id) && job.before_reset && !job.pushed_out && !lost)
    });
    match read {
        Answer::InstructAnswer(answer) => {
            assert_eq!(answer.job, instruct.job, "an instruction is answered for its job");
            let known_state = known.filter(|_| same).and_then(|job| match answer.state {
                JobState::Running if job.runs => Some(false),
                JobState::Done | JobState::Interrupted => Some(false),
                // It was forgotten, and begins anew.
                JobState::Running if !kept => Some(true),
                JobState::Running | JobState::Unknown => None,
            });
            let begins = match known {
                Some(_) if same => known_state.expect("a job that is known is answered with its state"),
                Some(_) => {
                    assert!(!kept, "another instruction under the id of a job is a conflict");
                    true
                }
                None => true,
            };
            if begins {
                assert_eq!(answer.state, JobState::Running, "a job that is accepted runs");
                assert!(
                    enabled.is_some(),
                    "an instruction is taken on an interface that is enabled"
                );
                assert!(
                    !around.supplied,
                    "one job at a time: a module was supplied when another one was accepted"
                );
                let typical = enabled.is_some_and(|offer| is_typical(instruct, offer.format));
                model.accept(*instruct.job, instruct.service, instruct.parameters, typical);
            } else if answer.state != JobState::Running
                && let Some(job) = model.job_mut(instruct.job)
            {
                job.runs = false;
            }
        }
        Answer::Error(error) => match error.code {
            ErrorCode::JOB_CONFLICT => assert!(known.is_some() && !same, "a conflict needs two instructions"),
            _ if kept => panic!(
                "a job that is known is answered with its state, not with {:?}",
                error.code
            ),
            ErrorCode::UNKNOWN_SERVICE => assert!(enabled.is_none(), "a service that is enabled is there"),
            ErrorCode::INTERFACE_DISABLED => assert!(
                enabled.is_none(),
                "an interface that is enabled takes instructions"
            ),
            ErrorCode::FORMAT_NOT_SUPPORTED => assert!(
                enabled.is_some_and(|offer| ![1, 2].contains(&offer.format.0)),
                "native and cbor are spoken"
            ),
            ErrorCode::BUSY => assert!(model.running().is_some(), "a reader is busy while a job runs"),
            ErrorCode::PARAMETERS_REFUSED => {
                let offer = enabled.expect("what is disabled takes no look at parameters");
                assert!(
                    !is_typical(instruct, offer.format),
                    "a service does not refuse what it takes"
                );
            }
            ErrorCode::SECRETS_MISSING => assert!(
                enabled.is_some() && instruct.service == ServiceId::FILE_UPDATE_ADMIN,
                "only a service that takes secrets of the cloud lacks them"
            ),
            code => panic!("an instruction is not answered with {code:?}"),
        },
        _ => panic!("an instruction is not answered with {read:?}"),
    }
}
