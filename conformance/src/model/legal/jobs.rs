//! Requests of service interfaces: instructions, and what becomes of their jobs.

use super::{
    super::{
        machines::rule,
        moves::{Move, Service, job_name},
        state::{Job, Phase, Running, Session, State},
    },
    Legal, error, expect, plain,
};
use crate::sequence::Expected;
use serde_json::{Value, json};

impl State {
    /// A request of a service interface.
    pub(super) fn service_request(&self, mv: Move) -> Vec<Legal> {
        if self.session != Session::Serving {
            let mut legal = self.by_words("service-request");
            if let Move::Instruct { .. } = mv {
                legal.touch("interface", "disabled", "instruction");
            }
            return vec![legal];
        }
        let mut all = match mv {
            Move::Instruct { job, service, odd } => self.instruct(job, service, odd),
            Move::JobStatus(job) | Move::JobEnd(job) => {
                self.asked(job, "asked", || plain_status("unknown", job))
            }
            Move::JobAbort(job) => self.asked(job, "abort", || error(&["unknown-job"])),
            Move::JobData { job, part } => self.data(job, part),
            _ => vec![self.unruled(self.list())],
        };
        for legal in &mut all {
            legal.rules.extend(self.rule("service-request"));
        }
        all
    }

    fn list(&self) -> Expected {
        let state = if self.is_enabled(Service::Identify) {
            "enabled"
        } else {
            "disabled"
        };
        let entry = json!({ "has": { "service": "card.identify", "interface": state } });
        expect("service_list_answer", json!({ "services": entry }))
    }

    fn instruct(&self, job: u8, service: Service, odd: bool) -> Vec<Legal> {
        let name = job_name(job);
        if let Some(known) = self.job(job) {
            return self.known(job, known, service, odd);
        }
        let mut errors = Vec::new();
        if service == Service::Nobodys {
            errors.push("unknown-service");
        } else if !self.is_enabled(service) {
            errors.push("interface-disabled");
        }
        if odd && errors.is_empty() {
            errors.push("parameters-refused");
        }
        let may_be_busy = self.running != Running::No;
        let interface = if self.is_enabled(service) {
            "enabled"
        } else {
            "disabled"
        };
        if !errors.is_empty() {
            if may_be_busy {
                errors.push("busy");
            }
            // What is wrong besides may be named as well.
            if odd && errors[0] != "parameters-refused" {
                errors.push("parameters-refused");
            }
            let mut legal = self.unruled(error(&errors));
            if service != Service::Nobodys {
                legal.touch("interface", interface, "instruction");
            }
            return vec![legal];
        }
        let pattern = json!({ "job": name, "state": "running" });
        let mut accepted = self.unruled(expect("instruct_answer", pattern));
        accepted.next.accept(job, service);
        accepted
            .rules
            .extend(rule("interface", "enabled", "instruction", Some("enabled")));
        accepted.touch("job", "unknown", "accepted");
        accepted.touch("service", "idle", "instruction");
        let mut all = vec![accepted];
        if may_be_busy {
            let mut busy = self.unruled(error(&["busy"]));
            busy.touch("service", "running", "instruction");
            all.push(busy);
        }
        all
    }

    /// An instruction with the id of a job that is known.
    fn known(&self, job: u8, known: Job, service: Service, odd: bool) -> Vec<Legal> {
        if known.phase == Phase::Lost {
            // It runs anew, or its state is told: which of the two, nobody can say, and so nothing is known of what
            // other jobs have left.
            let mut accepted = self.unruled(plain("instruct_answer"));
            accepted.next.running = Running::Maybe(None);
            accepted.next.latest = None;
            for job in accepted.next.jobs.iter_mut().flatten() {
                job.phase = Phase::Lost;
            }
            return vec![accepted, self.unruled(plain("error"))];
        }
        let from = known.phase.name();
        if known.service != service || odd {
            let mut legal = self.unruled(error(&["job-conflict"]));
            legal.touch("job", from, "other-instruction");
            return vec![legal];
        }
        let state: Value = match known.phase {
            Phase::Running => json!({ "any": ["running", "done"] }),
            Phase::Done | Phase::Lost => json!("done"),
        };
        let pattern = json!({ "job": job_name(job), "state": state });
        let mut legal = self.unruled(expect("instruct_answer", pattern));
        legal.touch("job", from, "same-instruction");
        vec![legal]
    }

    /// The status of a job, asked for or told to an abort.
    fn asked(&self, job: u8, on: &str, unknown: impl Fn() -> Expected) -> Vec<Legal> {
        let Some(known) = self.job(job) else {
            let mut legal = self.unruled(unknown());
            legal.touch("job", "unknown", on);
            return vec![legal];
        };
        let name = job_name(job);
        let done = json!({
            "job": name, "state": "done", "service": service_value(known.service),
            "data_length": format!("$length{job}"), "outcome": format!("$outcome{job}"),
        });
        let mut ended = self.unruled(expect("job_status_answer", done));
        ended.next.done(job);
        let mut all = match known.phase {
            Phase::Running => {
                let mut running = self.unruled(plain_status("running", job));
                running.touch("job", "running", on);
                ended.touch("job", "running", "ended");
                vec![running, ended]
            }
            Phase::Done => vec![ended],
            Phase::Lost => vec![self.unruled(plain("job_status_answer")), self.unruled(unknown())],
        };
        if let [.., last] = all.as_mut_slice()
            && known.phase != Phase::Lost
        {
            last.touch("job", "done", on);
        }
        all
    }

    fn data(&self, job: u8, part: u8) -> Vec<Legal> {
        let Some(known) = self.job(job) else {
            let mut legal = self.unruled(error(&["unknown-job"]));
            legal.touch("job", "unknown", "data-asked");
            return vec![legal];
        };
        if known.phase == Phase::Lost {
            return vec![
                self.unruled(plain("error")),
                self.unruled(plain("job_data_answer")),
            ];
        }
        if !self.is_enabled(known.service) {
            let mut codes = vec!["interface-disabled"];
            // Both are wrong with it, and either is right to name.
            if self.latest != Some(job) || known.phase == Phase::Running || part > 0 {
                codes.push("no-such-part");
            }
            let mut legal = self.unruled(error(&codes));
            legal.touch("interface", "disabled", "data-asked");
            return vec![legal];
        }
        let there = json!({ "job": job_name(job), "part": part, "data": format!("$data{job}_{part}") });
        let mut there = self.unruled(expect("job_data_answer", there));
        there.touch("job", "done", "data-asked");
        there.touch("interface", "enabled", "data-asked");
        let mut missing = self.unruled(error(&["no-such-part"]));
        missing.touch("job", known.phase.name(), "data-asked");
        missing.touch("interface", "enabled", "data-asked");
        if self.latest != Some(job) || part > 0 {
            return vec![missing];
        }
        match known.phase {
            Phase::Running => vec![missing, there],
            Phase::Done | Phase::Lost => vec![there],
        }
    }
}

impl Legal {
    /// Goes through this row of a machine as well.
    pub(super) fn touch(&mut self, machine: &str, from: &str, on: &str) {
        self.rules.extend(rule(machine, from, on, None));
    }
}

fn plain_status(state: &str, job: u8) -> Expected {
    expect(
        "job_status_answer",
        json!({ "job": job_name(job), "state": state }),
    )
}

/// A service as the interpreter names it.
fn service_value(service: Service) -> Value {
    let number = service.number();
    let values = crate::embedded::protocol()
        .registries
        .get("service")
        .map(|registry| &registry.values);
    let known = values.into_iter().flatten().find(|value| value.value == number);
    known.map_or_else(|| json!(number), |value| json!(value.name))
}
