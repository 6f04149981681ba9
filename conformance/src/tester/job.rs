//! Jobs: instructed, waited for, fetched.

use super::{Answer, Tester};
use crate::{
    embedded::protocol,
    hex,
    standstill::Deadline,
    verdict::{Step, Stop},
};
use cardwire_spec::{Place, interpret};
use core::time::Duration;
use serde_json::{Value, json};
use std::time::Instant;

/// What a job may take, in multiples of `T_module`: none of the suite's has more slow steps.
const PATIENCE: u32 = 12;

/// `card.identify`.
const IDENTIFY: u64 = 0x0001;

/// The ICCID of the published certification card.
const CERTIFICATION_ICCID: &[u8] = b"8900001010123456783";

/// A job that was instructed.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Its id, in hexadecimal.
    pub(crate) id: String,
    pub(crate) service: u64,
    /// What instruct_answer said.
    pub(crate) state: String,
}

/// A job that has ended, and its data.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) status: Answer,
    /// The document `service_data`.
    pub(crate) data: Vec<u8>,
    /// Its items: name, kind, value.
    pub(crate) items: Vec<(String, String, Vec<u8>)>,
}

impl Ended {
    pub(crate) fn item(&self, name: &str, kind: &str) -> Option<&[u8]> {
        let found = self
            .items
            .iter()
            .find(|(item, of_kind, _)| item == name && of_kind == kind);
        found.map(|(_, _, value)| value.as_slice())
    }

    pub(crate) fn describe(&self) -> String {
        let items: Vec<_> = self
            .items
            .iter()
            .map(|(name, kind, value)| format!("{name} ({kind}) {}", hex::encode(value)))
            .collect();
        format!("items {}", items.join(", "))
    }
}

impl Tester {
    /// A fresh job id.
    ///
    /// It is the one value that a seed does not repeat: a device that was asked before remembers its jobs, and would
    /// answer what it has kept.
    pub(crate) fn job_id(&mut self) -> String {
        let drawn = self.random.array::<16>();
        let id: Vec<u8> = drawn
            .iter()
            .zip(self.salt)
            .map(|(drawn, salt)| drawn ^ salt)
            .collect();
        hex::encode(&id)
    }

    /// Instructs a service without parameters under a fresh id; the reader must accept.
    pub(crate) fn instruct(&mut self, service: u64) -> Step<Job> {
        let id = self.job_id();
        self.instruct_as(&id, service)
    }

    /// The same under this id.
    pub(crate) fn instruct_as(&mut self, id: &str, service: u64) -> Step<Job> {
        self.instruct_all(id, service, "")
    }

    /// Instructs a service with these parameters, in hexadecimal digits.
    pub(crate) fn instruct_with(&mut self, service: u64, parameters: &str) -> Step<Job> {
        let id = self.job_id();
        self.instruct_all(&id, service, parameters)
    }

    fn instruct_all(&mut self, id: &str, service: u64, parameters: &str) -> Step<Job> {
        let fields = json!({ "job": id, "service": service, "parameters": parameters });
        let answer = self.under("CW-JOB-001", |tester| {
            tester.expect("instruct", fields, "instruct_answer")
        })?;
        let state = answer.text("state")?.to_owned();
        self.demand(
            answer.fields["job"] == *id,
            format!("instruct_answer for the job {id}"),
            answer.describe(),
        )?;
        Ok(Job {
            id: id.to_owned(),
            service,
            state,
        })
    }

    /// How a job stands.
    pub(crate) fn job_status(&mut self, id: &str) -> Step<Answer> {
        self.under("CW-JOB-003", |tester| {
            let answer = tester.expect("job_status", json!({ "job": id }), "job_status_answer")?;
            tester.demand(
                answer.fields["job"] == *id,
                format!("the status of the job {id}"),
                answer.describe(),
            )?;
            Ok(answer)
        })
    }

    /// How long a service of the suite may take.
    pub(crate) fn longest_service(&self) -> Duration {
        PATIENCE * self.bench.timers.module
    }

    /// Asks how a job stands until it has ended, and gives its last status.
    pub(crate) fn wait_for(&mut self, id: &str) -> Step<Answer> {
        let deadline = Deadline::within(self.longest_service());
        loop {
            let status = self.job_status(id)?;
            if status.fields["state"] != "running" {
                let right = status.fields["state"] == "done";
                self.demand(right, "a job that is running or done", status.describe())?;
                return Ok(status);
            }
            if deadline.is_past() {
                let expected = format!("a job that ends within {} s", (self.longest_service()).as_secs());
                return self.under("CW-LOGIC-005", |tester| tester.fail(expected, status.describe()));
            }
            // A reader that tells when a job ends is asked again then, another one some time later.
            let pause = Instant::now() + self.bench.timers.answer / 50;
            while let Some(seen) = self.next_frame(pause)? {
                self.take_event(&seen)?;
            }
        }
    }

    /// All service data of a job that has ended, part by part.
    pub(crate) fn fetch(&mut self, id: &str, length: u64) -> Step<Vec<u8>> {
        self.under("CW-JOB-004", |tester| {
            let mut data = Vec::new();
            for part in 0_u64.. {
                let fields = json!({ "job": id, "part": part });
                let answer = tester.expect("job_data", fields, "job_data_answer")?;
                let right = answer.fields["job"] == *id && answer.fields["part"] == part;
                tester.demand(right, format!("part {part} of the job {id}"), answer.describe())?;
                data.extend_from_slice(&answer.octets("data")?);
                if answer.fields["last"] == true {
                    break;
                }
                let right = (data.len() as u64) < length;
                tester.demand(
                    right,
                    format!("the last part after {length} bytes"),
                    answer.describe(),
                )?;
            }
            let seen = format!("{} bytes", data.len());
            tester.demand(
                data.len() as u64 == length,
                format!("{length} bytes, as the status says"),
                seen,
            )?;
            Ok(data)
        })
    }

    /// Waits for a job, demands this outcome, and fetches its data.
    pub(crate) fn finish(&mut self, job: &Job, outcome: &str) -> Step<Ended> {
        let status = self.wait_for(&job.id)?;
        if status.fields["outcome"] != outcome {
            return Err(self.wrong_outcome(&status, outcome));
        }
        let data = self.fetch(&job.id, status.number("data_length")?)?;
        let items = self.read_service_data(&data)?;
        Ok(Ended { status, data, items })
    }

    /// A slot without a card says nothing about a reader.
    pub(super) fn wrong_outcome(&self, status: &Answer, outcome: &str) -> Stop {
        if status.fields["outcome"] == "card-absent" {
            return Stop::Inconclusive("no card is in the slot".into());
        }
        self.failure(format!("a job with the outcome {outcome}"), status.describe())
    }

    /// Runs a service to its end, whatever that is, and gives the job's id.
    pub(crate) fn run_to_end(&mut self, service: u64) -> Step<String> {
        let job = self.instruct(service)?;
        self.wait_for(&job.id)?;
        Ok(job.id)
    }

    /// Runs a service to success and gives its data.
    pub(crate) fn run(&mut self, service: u64) -> Step<Ended> {
        let job = self.instruct(service)?;
        self.finish(&job, "success")
    }

    /// Whether the card in the slot is the published one, whose content and secrets everybody knows. The interface of
    /// `card.identify` is open.
    pub(crate) fn card_is_published(&mut self) -> Step<bool> {
        let job = self.instruct(IDENTIFY)?;
        let status = self.wait_for(&job.id)?;
        Ok(status.fields["outcome"] == "success"
            && self.finish(&job, "success")?.item("iccid", "text") == Some(CERTIFICATION_ICCID))
    }

    fn read_service_data(&mut self, data: &[u8]) -> Step<Vec<(String, String, Vec<u8>)>> {
        self.under("CW-JOB-007", |tester| {
            let tree = interpret::decode(protocol(), Place::Document("service_data"), data)
                .map_err(|fault| tester.failure("the document service_data", fault))?;
            let fields = interpret::to_json(&tree);
            let items = fields["items"].as_array().into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let read = |item: &Value| {
                let value = item["value"].as_str().and_then(hex::decode).unwrap_or_default();
                (text(&item["name"]), text(&item["kind"]), value)
            };
            Ok(items.map(read).collect())
        })
    }
}
