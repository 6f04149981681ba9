//! The client as the suite tells it what to do.

use crate::{
    Fault,
    login::Cloud,
    session::Session,
    way_in::{Memory, connect},
};
use cardwire_client_adapter::{Event, Failure, Open, Opened, Outcome, Reader, Run, Service, UpperTester};
use cardwire_codec::message::{Answer, Offer, ReaderStatus, Request};
use cardwire_peers::Timers;
use core::time::Duration;

/// Who a fault is asked after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit(pub(crate) Option<Fault>);

impl Habit {
    pub(crate) fn is(self, fault: Fault) -> bool {
        self.0 == Some(fault)
    }
}

/// A client with a fault, or with none.
#[derive(Debug)]
pub struct FaultyClient {
    pub(crate) habit: Habit,
    pub(crate) memory: Memory,
    pub(crate) opened: Option<Open>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) session: Option<Session>,
    pub(crate) cloud: Option<Cloud>,
    /// Of the fault that counts its jobs.
    pub(crate) jobs: u8,
}

impl FaultyClient {
    /// A client with this fault.
    #[must_use]
    pub fn new(fault: Option<Fault>) -> Self {
        Self {
            habit: Habit(fault),
            memory: Memory::default(),
            opened: None,
            offers: Vec::new(),
            session: None,
            cloud: None,
            jobs: 0,
        }
    }

    pub(crate) fn session(&mut self) -> Result<&mut Session, Failure> {
        self.session
            .as_mut()
            .ok_or_else(|| Failure::client("no session is open"))
    }

    /// Connects, and logs in where there is a cloud.
    pub(crate) fn way_in(&mut self, open: &Open) -> Result<&'static str, Failure> {
        let timers = Timers::SPEC.scaled((open.scale * 100.0).round() as u32);
        self.session = match connect(self.habit, &mut self.memory, open, timers)? {
            Some(session) => Some(session),
            // Of the faults that take nothing for a session.
            None => return Ok("serving"),
        };
        let Some(address) = &open.cloud else {
            return Ok(match self.habit.is(Fault::ServesWithoutCloud) {
                true => "serving",
                false => "connected",
            });
        };
        let mut cloud = Cloud::open(self.habit, address, timers)?;
        let offers = self.offers.clone();
        self.session()?.log_in(&mut cloud, &offers)?;
        self.cloud = Some(cloud);
        Ok("serving")
    }
}

impl UpperTester for FaultyClient {
    fn name(&self) -> (String, String) {
        let name = self
            .habit
            .0
            .map_or("no fault".into(), |fault| format!("{fault:?}"));
        (name, env!("CARGO_PKG_VERSION").into())
    }

    fn open(&mut self, open: Open) -> Result<Opened, Failure> {
        self.close();
        self.offers = open
            .offers
            .iter()
            .map(cardwire_client_adapter::Offered::offer)
            .collect::<Result<_, _>>()?;
        if let (true, Some(first)) = (
            self.habit.is(Fault::OffersOneFormat),
            self.offers.first().copied(),
        ) {
            self.offers
                .iter_mut()
                .for_each(|offer| offer.format = first.format);
        }
        let state = self.way_in(&open)?;
        self.opened = Some(open);
        let reader = self.session.as_ref().map(|session| session.reader_id.clone());
        Ok(Opened {
            state,
            reader: reader.unwrap_or_default(),
        })
    }

    fn run(&mut self, run: Run) -> Result<Outcome, Failure> {
        self.run_service(&run, false)
    }

    fn abort(&mut self, run: Run) -> Result<Outcome, Failure> {
        self.run_service(&run, true)
    }

    fn services(&mut self) -> Result<Vec<Service>, Failure> {
        self.list_services()
    }

    fn status(&mut self) -> Result<Reader, Failure> {
        let request = Request::from(ReaderStatus {
            extensions: Default::default(),
        });
        let bytes = self.session()?.ask(&request)?;
        match Answer::decode(&bytes) {
            Ok(Answer::ReaderStatusAnswer(status)) => Ok(Reader {
                state: status.state.name(),
                provisioning: match self.habit.is(Fault::ShowsNoProvisioning) {
                    true => "production",
                    false => status.provisioning.name(),
                },
                software: status.software.as_str().into(),
            }),
            _ => Err(Failure {
                by: "reader",
                text: "no reader_status_answer".into(),
            }),
        }
    }

    fn update(&mut self) -> Result<u32, Failure> {
        if self.habit.is(Fault::UpdateIsLocal) {
            return Ok(0);
        }
        let none = || Failure::client("no session is open");
        let (session, cloud) = (self.session.as_mut(), self.cloud.as_mut());
        session.ok_or_else(none)?.pass_on(cloud.ok_or_else(none)?)
    }

    fn events(&mut self) -> Vec<Event> {
        self.session
            .as_mut()
            .map(|session| session.take_events(Duration::ZERO))
            .unwrap_or_default()
    }

    fn close(&mut self) {
        self.cloud = None;
        if let Some(mut session) = self.session.take() {
            session.leave();
        }
    }
}
