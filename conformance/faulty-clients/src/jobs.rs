//! Services and jobs.

use crate::{
    Fault, FaultyClient,
    client::Habit,
    session::{REFUSED, Session},
    way_in::{failure, random},
};
use cardwire_client_adapter::{Failure, Item, Outcome, Run, Service};
use cardwire_codec::{
    Extensions,
    message::{
        Answer, Format, Instruct, JobAbort, JobData, JobState, JobStatus, Outcome as JobOutcome, Request,
        ServiceId, ServiceList, WorkingState,
    },
};
use cardwire_peers::client::{ServiceItem, encode_items};
use core::time::Duration;

/// The most bytes that a job may give.
const DATA_MAX: usize = 1024;
/// How long the client waits before it asks again.
const PAUSE: Duration = Duration::from_millis(5);

/// How a job ended.
struct Report {
    outcome: JobOutcome,
    status_word: u16,
    length: usize,
}

impl FaultyClient {
    pub(crate) fn run_service(&mut self, run: &Run, cancel: bool) -> Result<Outcome, Failure> {
        let service = ServiceId(run.service);
        let items: Vec<ServiceItem> = run.parameters.iter().map(Item::item).collect::<Result<_, _>>()?;
        let items: Vec<ServiceItem> = items
            .into_iter()
            .filter(|item| !self.habit.is(Fault::DropsEmptyParameters) || !item.value.is_empty())
            .collect();
        let offer = self.offers.iter().find(|offer| offer.service == service);
        let format = offer.map_or(Format::NATIVE, |offer| offer.format);
        let parameters = match items.as_slice() {
            [] => Vec::new(),
            items => encode_items(format, items).map_err(Failure::client)?,
        };
        self.jobs += 1;
        let job = if self.habit.is(Fault::JobIdsCountUp) {
            [self.jobs; 16]
        } else {
            random()?
        };
        let instruction = (job, service, parameters.as_slice());
        let habit = self.habit;
        let outcome = match self.session()?.run(instruction, cancel) {
            Err(failure) if habit.is(Fault::RefusalIsSuccess) && failure.text == REFUSED => {
                return Ok(told(habit, JobOutcome::SUCCESS, 0, Vec::new()));
            }
            Err(failure) if habit.is(Fault::ErrorIsSuccess) && failure.by == "refused" => {
                return Ok(told(habit, JobOutcome::SUCCESS, 0, Vec::new()));
            }
            Err(failure) if habit.is(Fault::InstructsAnew) && failure.by == "link" => {
                let Some(open) = self.opened.clone() else {
                    return Err(failure);
                };
                self.way_in(&open)?;
                let anew = (random()?, service, parameters.as_slice());
                self.session()?.run(anew, cancel)
            }
            outcome => outcome,
        }?;
        let (report, data) = outcome;
        let items = match items_of(format, &data) {
            Err(_) if habit.is(Fault::ShowsWhatCame) => Vec::new(),
            items => items?,
        };
        Ok(told(habit, report.outcome, report.status_word, items))
    }

    pub(crate) fn list_services(&mut self) -> Result<Vec<Service>, Failure> {
        let habit = self.habit;
        let session = self.session()?;
        let mut all: Vec<Service> = Vec::new();
        loop {
            let from = all.len() as u8;
            let bytes = session.ask(&Request::from(ServiceList {
                from,
                extensions: Extensions::NONE,
            }))?;
            let Ok(Answer::ServiceListAnswer(list)) = Answer::decode(&bytes) else {
                return Err(session.wrong("no service_list_answer"));
            };
            let before = all.len();
            all.extend(list.services.iter().map(|entry| Service {
                service: entry.service.0,
                name: entry.name.as_str().into(),
                enabled: entry.interface == WorkingState::Enabled,
            }));
            let ascends = all.is_sorted_by(|one, next| one.service < next.service);
            if !ascends && !habit.is(Fault::TakesAnyList) {
                return Err(session.wrong("a list that does not ascend"));
            }
            if all.len() == usize::from(list.total) || habit.is(Fault::FirstPartOfListOnly) {
                return Ok(all);
            }
            if all.len() == before || all.len() > usize::from(list.total) {
                return Err(session.wrong("a list without an end"));
            }
        }
    }
}

fn told(habit: Habit, outcome: JobOutcome, status_word: u16, items: Vec<Item>) -> Outcome {
    let unknown = outcome.name().is_none() && habit.is(Fault::UnknownOutcomeIsSuccess);
    Outcome {
        success: outcome == JobOutcome::SUCCESS || unknown || habit.is(Fault::DoneIsSuccess),
        outcome: outcome.0,
        status_word,
        items,
    }
}

/// The items of service data. That of the format cbor is read by the library of the project's own client.
fn items_of(format: Format, data: &[u8]) -> Result<Vec<Item>, Failure> {
    let items = cardwire_peers::client::decode_items(format, data)?;
    Ok(items.iter().map(Item::from).collect())
}

impl Session {
    fn run(
        &mut self,
        (job, service, parameters): ([u8; 16], ServiceId, &[u8]),
        cancel: bool,
    ) -> Result<(Report, Vec<u8>), Failure> {
        let extensions = Extensions::NONE;
        let bytes = self.ask(&Request::from(Instruct {
            job: &job,
            service,
            parameters,
            extensions,
        }))?;
        match Answer::decode(&bytes) {
            Ok(Answer::InstructAnswer(answer)) if *answer.job == job => {}
            Ok(_) if self.habit.is(Fault::TakesAnyAnswer) => {}
            _ => return Err(self.wrong("no instruct_answer for this job")),
        }
        if cancel && self.habit.is(Fault::CancelIsLocal) {
            return Ok((
                Report {
                    outcome: JobOutcome::ABORTED,
                    status_word: 0,
                    length: 0,
                },
                Vec::new(),
            ));
        }
        let report = self.wait(job, service, cancel)?;
        let data = self.data(job, report.length)?;
        Ok((report, data))
    }

    fn wait(&mut self, job: [u8; 16], service: ServiceId, mut cancel: bool) -> Result<Report, Failure> {
        loop {
            let extensions = Extensions::NONE;
            let bytes = match core::mem::take(&mut cancel) {
                true => self.ask(&Request::from(JobAbort {
                    job: &job,
                    extensions,
                }))?,
                false => self.ask(&Request::from(JobStatus {
                    job: &job,
                    extensions,
                }))?,
            };
            let Ok(Answer::JobStatusAnswer(status)) = Answer::decode(&bytes) else {
                return Err(self.wrong("no job_status_answer"));
            };
            if *status.job != job && !self.habit.is(Fault::StatusOfAnyJob) {
                return Err(self.wrong("the status of another job"));
            }
            let event = self.habit.is(Fault::EventDecides) && self.said_done.contains(&job);
            let early = self.habit.is(Fault::TakesRunningForDone) || event;
            let done = match status.state {
                JobState::Done => true,
                JobState::Running => early,
                JobState::Interrupted if self.habit.is(Fault::TakesInterruptedForDone) => true,
                JobState::Interrupted => return Err(failure("reader", "the job was interrupted")),
                JobState::Unknown if self.habit.is(Fault::TakesForgottenForDone) => true,
                JobState::Unknown => return Err(failure("reader", "the job is not known")),
            };
            if done {
                if status.service != service && !self.habit.is(Fault::ServiceNotCompared) {
                    return Err(self.wrong("the status of another service"));
                }
                return Ok(Report {
                    outcome: status.outcome,
                    status_word: status.status_word,
                    length: status.data_length.into(),
                });
            }
            self.pause(PAUSE);
        }
    }

    fn data(&mut self, job: [u8; 16], length: usize) -> Result<Vec<u8>, Failure> {
        let mut data = Vec::new();
        let mut last = length == 0;
        let mut next = 0u16;
        while !last {
            let part = next;
            next = next.wrapping_add(1);
            let bytes = self.ask(&Request::from(JobData {
                job: &job,
                part,
                extensions: Extensions::NONE,
            }))?;
            let Ok(Answer::JobDataAnswer(answer)) = Answer::decode(&bytes) else {
                return Err(self.wrong("no job_data_answer"));
            };
            let same = *answer.job == job && (answer.part == part || self.habit.is(Fault::DataOfAnyPart));
            if !same {
                return Err(self.wrong("another part, or that of another job"));
            }
            data.extend_from_slice(answer.data);
            last = answer.last;
            let endless = data.len() > DATA_MAX || (answer.data.is_empty() && !last);
            if endless && !self.habit.is(Fault::FetchesForEver) {
                return Err(self.wrong("data without an end"));
            }
        }
        let short = self.habit.is(Fault::TakesShortData) || self.habit.is(Fault::ShowsWhatCame);
        if data.len() != length && !short {
            return Err(self.wrong("data of another length"));
        }
        Ok(data)
    }
}
