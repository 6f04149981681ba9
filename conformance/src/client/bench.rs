//! What a case works with: reader and cloud that the client meets, and the upper tester that tells it what to do.

use super::{
    judge::{Found, Once, Role, finding, judge},
    lower::{
        Lower, Scene,
        script::{Act, Ask},
        tape::{End, Heard, Record, Shared, What},
    },
    request::{Offered, Op, Request, Told},
    services,
};
use crate::{
    program::{Answer, Loss, Program},
    verdict::{Finding, Step, Stop},
};
use cardwire_peers::{Timers, client::ServiceItem};
use serde_json::Value;

/// What is known of the client before a case.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) timers: Timers,
    pub(crate) scale: f64,
    pub(crate) formats: &'a [String],
}

/// The bench of one case.
pub(crate) struct Bench<'r> {
    program: &'r mut Program,
    pub(crate) tape: Shared,
    /// The specification's timers as the client keeps them.
    pub(crate) timers: Timers,
    scale: f64,
    formats: Vec<String>,
    seed: u64,
    case: String,
    /// The requirement that the case is about.
    about: String,
    lower: Option<Lower>,
    scene: Option<Scene>,
    missed: Vec<Finding>,
    opened: bool,
    lost: bool,
}

impl<'r> Bench<'r> {
    pub(crate) fn new(
        program: &'r mut Program,
        client: Client<'_>,
        (seed, case, about): (u64, &str, &str),
    ) -> Self {
        Self {
            program,
            tape: Shared::new(),
            timers: client.timers,
            scale: client.scale,
            formats: client.formats.to_vec(),
            seed,
            case: case.to_owned(),
            about: about.to_owned(),
            lower: None,
            scene: None,
            missed: Vec::new(),
            opened: false,
            lost: false,
        }
    }

    /// Declares the case not applicable to a client that does not offer services in this format.
    pub(crate) fn speaks(&self, format: &str) -> Step {
        if self.formats.iter().any(|spoken| spoken == format) {
            Ok(())
        } else {
            Err(Stop::NotApplicable(format!(
                "the client does not offer services in {format}"
            )))
        }
    }

    /// What the client will meet, to be changed before it is opened.
    pub(crate) fn scene(&mut self) -> Step<&mut Scene> {
        if self.scene.is_none() {
            let scene = Scene::new(services::all());
            self.scene = Some(scene.map_err(|error| Stop::Error(error.to_string()))?);
        }
        self.scene.as_mut().ok_or_else(|| Stop::Error("no scene".into()))
    }

    /// Has the reader answer so.
    pub(crate) fn reader(&mut self, script: impl FnMut(&Ask) -> Vec<Act> + Send + 'static) -> Step {
        self.scene()?.reader = Box::new(script);
        Ok(())
    }

    /// Has the cloud answer so.
    pub(crate) fn cloud(&mut self, script: impl FnMut(&Ask) -> Vec<Act> + Send + 'static) -> Step {
        self.scene()?.cloud = Box::new(script);
        Ok(())
    }

    /// Has the client connect and log in, with the offers of most cases.
    pub(crate) fn open(&mut self) -> Step<Told> {
        self.open_with(&services::offers(), true)
    }

    /// Has the client connect, and log in where it is given a cloud.
    pub(crate) fn open_with(&mut self, offers: &[Offered], with_cloud: bool) -> Step<Told> {
        self.scene()?;
        let Some(scene) = self.scene.take() else {
            return Err(Stop::Error("no scene".into()));
        };
        let client = scene.client.clone();
        let role = Role {
            client_id: client.id.clone(),
            generation: client.generation,
            offers: offers.to_vec(),
        };
        self.tape
            .lock()
            .event(End::Reader, What::Role(role), "another one");
        let lower = scene
            .open(&self.tape, self.seed, &self.case)
            .map_err(|error| Stop::Error(format!("the tester's ports can't be opened: {error}")))?;
        let (reader, cloud) = (lower.reader.endpoint(), lower.cloud.endpoint());
        self.lower = Some(lower);
        let cloud = with_cloud.then_some(cloud.as_str());
        let request = Request::open(&reader, cloud, &client, offers, self.scale);
        let told = self.ask(&request)?;
        self.opened |= matches!(told, Told::Done(_));
        Ok(told)
    }

    /// The same, and it has to succeed.
    pub(crate) fn opens(&mut self) -> Step {
        let told = self.open()?;
        self.is_open(&told, "serving")
    }

    /// Whether `open` told that the reader is in this state.
    pub(crate) fn is_open(&self, told: &Told, state: &str) -> Step {
        let answer = self.done(told, &format!("a session that is {state}"))?;
        if answer.get("state").and_then(Value::as_str) != Some(state) {
            return Err(self.fails(&format!("a session that is {state}"), shown(answer)));
        }
        // Who says so without having come there is no client.
        let records = self.records();
        let opened = records
            .iter()
            .rposition(|record| matches!(record.what, What::Role(_)));
        let since = records.get(opened.unwrap_or(0)..).unwrap_or_default();
        let session = since
            .iter()
            .any(|record| matches!(record.what, What::Session { .. }));
        let relays = since.iter().filter(
            |record| matches!(&record.what, What::Heard(heard) if heard.name == "relay" && heard.repeats == 0),
        );
        let is_there = session && (state != "serving" || relays.count() >= 2);
        self.holds(
            is_there,
            &format!("a session that is {state}"),
            "a client that says so, and none",
        )
    }

    /// Has the client run a service.
    pub(crate) fn run(&mut self, service: u16, parameters: &[ServiceItem]) -> Step<Told> {
        self.ask(&Request::run(Op::Run, service, parameters))
    }

    /// The same, and it has to succeed.
    pub(crate) fn runs(&mut self, service: u16) -> Step<Answer> {
        let told = self.run(service, &[])?;
        let answer = self.done(&told, "an outcome")?.clone();
        if answer.get("success").and_then(Value::as_bool) == Some(true) {
            Ok(answer)
        } else {
            Err(self.fails("a service that succeeds", shown(&answer)))
        }
    }

    /// Has the client do something that takes no parameters.
    pub(crate) fn do_op(&mut self, op: Op) -> Step<Told> {
        self.ask(&Request::plain(op))
    }

    /// Has the client run a service and cancel it.
    pub(crate) fn abort(&mut self, service: u16) -> Step<Told> {
        self.ask(&Request::run(Op::Abort, service, &[]))
    }

    fn ask(&mut self, request: &Request) -> Step<Told> {
        let tape = self.tape.clone();
        let mut told = |way, text: &str| tape.lock().trace.text(way, text);
        match self.program.ask(|id| request.line(id), &mut told) {
            Ok(answer) => Told::of(answer).map_err(|seen| {
                let expected = format!(
                    "an answer to `{}` as the upper tester's protocol has it",
                    request.op
                );
                self.fails(&expected, seen)
            }),
            Err(Loss { seen }) => {
                self.lost = true;
                Err(self.fails(&format!("an answer to `{}` in time", request.op), seen))
            }
        }
    }

    /// What was done; a finding where it came to nothing.
    pub(crate) fn done<'t>(&self, told: &'t Told, expected: &str) -> Step<&'t Answer> {
        match told {
            Told::Done(answer) => Ok(answer),
            Told::Failed { by, text } => Err(self.fails(expected, format!("a failure of {by}: {text}"))),
        }
    }

    /// The client has to tell its user of a failure.
    pub(crate) fn failed(&self, told: &Told, why: &str) -> Step {
        match told {
            Told::Failed { .. } => Ok(()),
            Told::Done(answer) => {
                let expected = format!("a failure, because {why}");
                Err(self.fails(&expected, format!("success: {}", shown(answer))))
            }
        }
    }

    /// A finding against the requirement that the case is about.
    pub(crate) fn fails(&self, expected: &str, seen: impl Into<String>) -> Stop {
        Stop::Fail(finding(&self.about, expected, seen))
    }

    /// Notes that the client misses what it should do.
    pub(crate) fn misses(&mut self, expected: &str, seen: &str) {
        self.missed.push(finding(&self.about.clone(), expected, seen));
    }

    /// Fails unless it holds.
    pub(crate) fn holds(&self, holds: bool, expected: &str, seen: impl Into<String>) -> Step {
        if holds {
            Ok(())
        } else {
            Err(self.fails(expected, seen))
        }
    }

    /// What was heard and said so far.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.tape.lock().records.clone()
    }

    /// The requests of this name that came to an end of the tester, repeats included.
    pub(crate) fn heard(&self, end: End, name: &str) -> Vec<(Record, Heard)> {
        let records = self.records().into_iter().filter(|record| record.end == end);
        let heard = records.filter_map(|record| match &record.what {
            What::Heard(heard) if heard.name == name => Some((record.clone(), heard.clone())),
            _ => None,
        });
        heard.collect()
    }

    /// How many new requests of this name came.
    pub(crate) fn count(&self, end: End, name: &str) -> usize {
        let heard = self.heard(end, name);
        heard.iter().filter(|(_, heard)| heard.repeats == 0).count()
    }

    /// Ends the case: has the client leave, closes the ports, and judges all that was heard.
    pub(crate) fn end(mut self, once: &mut Once) -> Ended {
        let closed = if self.lost {
            Ok(())
        } else {
            self.ask(&Request::plain(Op::Close)).map(|_| ())
        };
        self.lower = None;
        let panicked = self.tape.lock().panicked;
        let closed = if panicked {
            Err(Stop::Error("an end of the tester panicked".into()))
        } else {
            closed
        };
        let Found { broken, missed } = judge(&self.records(), once);
        self.missed.extend(missed);
        Ended {
            closed,
            broken,
            missed: self.missed,
            lost: self.lost,
            panicked,
            tape: self.tape,
        }
    }
}

/// What is left of a bench.
pub(crate) struct Ended {
    pub(crate) closed: Step,
    pub(crate) broken: Vec<Finding>,
    pub(crate) missed: Vec<Finding>,
    pub(crate) lost: bool,
    pub(crate) panicked: bool,
    pub(crate) tape: Shared,
}

pub(crate) fn shown(answer: &Answer) -> String {
    crate::program::shown(&Value::Object(answer.clone()).to_string())
}
