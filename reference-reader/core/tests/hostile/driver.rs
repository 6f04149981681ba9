//! A client that does a list of jobs over a bad line, whatever happens on it: connects again, logs in again, asks again.
//! It is the library's client; what it adds is what any application has to add.

use super::loss::Loss;
use cardwire_core::codec::message::{
    ErrorCode, Format, JobState, Offer, Outcome, ReaderStatusAnswer, ServiceId,
};
use cardwire_peers::{
    Client, Link,
    client::{ClientError, CloudPeer, JobId, ReaderFault, Refused, ServiceItem, Session},
};
use core::time::Duration;

/// Sessions that one job may take.
const SESSIONS_MOST: u32 = 40;

/// How the client gets to its reader and its cloud.
pub trait Way {
    type Cloud: CloudPeer;

    /// A line to the reader: a new one, or the old one after a pause.
    fn link(&mut self) -> Link;

    fn cloud(&mut self) -> Self::Cloud;
}

/// What a client knows of its job in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has succeeded, and gave this.
    Done(Vec<ServiceItem>),
    /// It has not, or nobody can tell any more.
    Failed(String),
}

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    pub sessions: u64,
    /// Sessions that died: without an answer, or with one that the line had spoilt.
    pub died: u64,
    /// Connects and logins that came to nothing.
    pub kept_out: u64,
}

pub struct Driver<W> {
    pub way: W,
    pub effort: Effort,
    client: Client,
    offers: Vec<Offer>,
    session: Option<Session<Link>>,
    choice: Loss,
}

impl<W: Way> Driver<W> {
    pub fn new(way: W, client: Client, services: &[ServiceId], seed: u64) -> Self {
        let offer = |service: &ServiceId| Offer {
            service: *service,
            format: Format::NATIVE,
        };
        Self {
            way,
            effort: Effort::default(),
            client,
            offers: services.iter().map(offer).collect(),
            session: None,
            choice: Loss::new(seed ^ 0xD51E),
        }
    }

    /// Does one job under one id. A service that `writes` is known to the reader's journal.
    pub fn job(&mut self, job: JobId, service: ServiceId, writes: bool) -> Told {
        let mut instructed_in = None;
        for _ in 0..SESSIONS_MOST {
            let Some(mut session) = self.session() else {
                continue;
            };
            match attempt(&mut session, &mut instructed_in, job, service, writes) {
                Ok(Attempt::Told(told)) => {
                    self.session = Some(session);
                    return told;
                }
                Ok(Attempt::Busy) => {
                    wait(&mut session, 1000);
                    self.session = Some(session);
                }
                Err(_) => self.effort.died += 1,
            }
        }
        Told::Failed("the line is too bad".to_owned())
    }

    /// The session that is open, or a new one that is logged in.
    fn session(&mut self) -> Option<Session<Link>> {
        // Now and then the application is started anew, and its session with it.
        if self.session.is_some() && self.choice.random(200) > 0 {
            return self.session.take();
        }
        self.session = None;
        let link = self.way.link();
        let logged_in = self.client.connect(link).and_then(|mut session| {
            session.login(&mut self.way.cloud(), &self.offers)?;
            Ok(session)
        });
        match logged_in {
            Ok(session) => {
                self.effort.sessions += 1;
                Some(session)
            }
            Err(_) => {
                self.effort.kept_out += 1;
                // An old connect that arrived late has been refused, and is waited for (CW-CONN-009).
                let mut link = self.way.link();
                let soon = link.now() + Duration::from_millis(200);
                let _ = link.receive_bytes(soon);
                None
            }
        }
    }
}

enum Attempt {
    Told(Told),
    Busy,
}

/// One try in one session. `instructed_in` is the boot in which the job may have been instructed before.
fn attempt(
    session: &mut Session<Link>,
    instructed_in: &mut Option<u32>,
    job: JobId,
    service: ServiceId,
    writes: bool,
) -> Result<Attempt, ClientError> {
    let status = session.status()?;
    let boot = status.read::<ReaderStatusAnswer<'_>>()?.boot_counter;
    // A job that wrote nothing is not in the journal: after a reset nobody knows whether it has run.
    if !writes && instructed_in.is_some_and(|before| before != boot) {
        return Ok(Attempt::Told(Told::Failed("the reader was reset".to_owned())));
    }
    *instructed_in = Some(boot);
    match session.run_job(job, service, &[]) {
        Ok(result) if result.outcome == Outcome::SUCCESS => Ok(Attempt::Told(Told::Done(result.items))),
        Ok(result) => Ok(Attempt::Told(Told::Failed(result.outcome.to_string()))),
        Err(ClientError::Reader(ReaderFault::JobInterrupted)) => {
            Ok(Attempt::Told(Told::Failed(JobState::Interrupted.to_string())))
        }
        Err(ClientError::Refused(Refused::Request {
            code: ErrorCode::BUSY,
            ..
        })) => Ok(Attempt::Busy),
        // The job ended before a reset; its data did not outlast it.
        Err(ClientError::Refused(Refused::Request {
            code: ErrorCode::NO_SUCH_PART,
            ..
        })) => Ok(Attempt::Told(Told::Failed("its data are gone".to_owned()))),
        Err(error) => Err(error),
    }
}

fn wait(session: &mut Session<Link>, millis: u64) {
    let link = session.link();
    let until = link.now() + Duration::from_millis(millis);
    // Whatever comes meanwhile is an event, or late.
    while link.now() < until && link.receive_bytes(until).is_ok() {}
}
