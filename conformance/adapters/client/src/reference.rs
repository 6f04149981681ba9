//! The project's own client: the same library that `cardwire client` is made of.

use crate::{Event, Failure, Open, Opened, Outcome, Reader, Run, Service, UpperTester};
use cardwire_codec::message::{JobState, Offer, ReaderStatusAnswer, ServiceId, WorkingState};
use cardwire_peers::{
    Client, Endpoint, Link, Timers,
    client::{CloudLink, LinkFault, Session, encode_items},
    cloud::CloudAddress,
    identity::Key,
    link::Stderr,
};
use std::time::Instant;

/// The project's own client.
#[derive(Debug, Default)]
pub struct Reference {
    session: Option<Session>,
    cloud: Option<CloudLink>,
    offers: Vec<Offer>,
}

impl Reference {
    fn session(&mut self) -> Result<&mut Session, Failure> {
        self.session
            .as_mut()
            .ok_or_else(|| Failure::client("no session is open"))
    }

    /// The service and its parameters as they go to the reader.
    fn instruction(&self, run: &Run) -> Result<(ServiceId, Vec<u8>), Failure> {
        let service = ServiceId(run.service);
        let items: Vec<_> = run
            .parameters
            .iter()
            .map(crate::Item::item)
            .collect::<Result<_, _>>()?;
        let offer = self.offers.iter().find(|offer| offer.service == service);
        let parameters = match offer {
            Some(offer) if !items.is_empty() => {
                encode_items(offer.format, &items).map_err(Failure::client)?
            }
            Some(_) | None => Vec::new(),
        };
        Ok((service, parameters))
    }
}

impl UpperTester for Reference {
    fn name(&self) -> (String, String) {
        ("cardwire client".into(), env!("CARGO_PKG_VERSION").into())
    }

    fn open(&mut self, open: Open) -> Result<Opened, Failure> {
        self.close();
        let timers = Timers::SPEC.scaled((open.scale * 100.0).round() as u32);
        let client = Client::new(open.client.identity()?).with_timers(timers);
        let endpoint: Endpoint = open.reader.parse().map_err(Failure::client)?;
        self.offers = open
            .offers
            .iter()
            .map(crate::Offered::offer)
            .collect::<Result<_, _>>()?;
        let link = Link::open_with(&endpoint, Stderr::Kept).map_err(|source| {
            let endpoint = endpoint.to_string();
            Failure::from(cardwire_peers::client::ClientError::from(LinkFault::Open {
                endpoint,
                source,
            }))
        })?;
        let mut session = client.connect(link)?;
        if let Some(address) = &open.cloud {
            let address: CloudAddress = address.parse().map_err(Failure::client)?;
            let mut cloud = CloudLink::to(&address, None).map_err(Failure::client)?;
            session.login(&mut cloud, &self.offers)?;
            session.serve_cloud(&mut cloud)?;
            self.cloud = Some(cloud);
        }
        let opened = Opened {
            state: if open.cloud.is_some() {
                "serving"
            } else {
                "connected"
            },
            reader: session.reader_id().into(),
        };
        self.session = Some(session);
        Ok(opened)
    }

    fn run(&mut self, run: Run) -> Result<Outcome, Failure> {
        let (service, parameters) = self.instruction(&run)?;
        Ok(self.session()?.run(service, &parameters)?.into())
    }

    fn abort(&mut self, run: Run) -> Result<Outcome, Failure> {
        let (service, parameters) = self.instruction(&run)?;
        let session = self.session()?;
        // The id is made here, because the library waits for the end of a job that it runs.
        let random = Key::generate().map_err(Failure::client)?;
        let job = core::array::from_fn(|at| random.as_bytes()[at]);
        session.instruct(job, service, &parameters)?;
        let mut report = session.abort(job)?;
        while report.state == JobState::Running {
            report = session.job_status(job)?;
        }
        Ok(Outcome {
            success: report.state == JobState::Done
                && report.outcome == cardwire_codec::message::Outcome::SUCCESS,
            outcome: report.outcome.0,
            status_word: report.status_word,
            items: Vec::new(),
        })
    }

    fn services(&mut self) -> Result<Vec<Service>, Failure> {
        let services = self.session()?.services()?;
        let told = services.into_iter().map(|service| Service {
            service: service.service.0,
            name: service.name,
            enabled: service.interface == WorkingState::Enabled,
        });
        Ok(told.collect())
    }

    fn status(&mut self) -> Result<Reader, Failure> {
        let answer = self.session()?.status()?;
        let status: ReaderStatusAnswer<'_> = answer.read()?;
        Ok(Reader {
            state: status.state.name(),
            provisioning: status.provisioning.name(),
            software: status.software.as_str().into(),
        })
    }

    fn update(&mut self) -> Result<u32, Failure> {
        let none = || Failure::client("no session is open");
        let (session, cloud) = (self.session.as_mut(), self.cloud.as_mut());
        Ok(session.ok_or_else(none)?.serve_cloud(cloud.ok_or_else(none)?)?)
    }

    fn events(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(session) = &mut self.session {
            while let Ok(Some(event)) = session.wait_event(Instant::now()) {
                events.push(event.into());
            }
        }
        events
    }

    fn close(&mut self) {
        self.cloud = None;
        // A reader that doesn't say goodbye ends the session with the link.
        if let Some(mut session) = self.session.take() {
            let _ = session.disconnect();
        }
    }
}
