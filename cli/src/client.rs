//! `cardwire client`: a reader used as a client uses it.

pub(crate) mod show;

use crate::{
    catalogue,
    failure::{Exit, Failure, Outcome},
    identity,
    parameters::{self, Parameter},
    progress::Progress,
    terminal::Format,
};
use cardwire_codec::message::{
    Format as ClientFormat, Offer, Outcome as JobOutcome, ReaderStatusAnswer, ServiceId,
};
use cardwire_peers::{
    Client, Endpoint, Link, Timers,
    client::{ClientError, CloudLink, LinkFault, ReaderFault, Service, Session},
    cloud::CloudAddress,
};
use clap::Subcommand;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Examples:
  cardwire client tcp:127.0.0.1:7000 status
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 list
  cardwire client serial:/dev/ttyACM0 --cloud tls:cloud.example:7001 --ca ca.pem --identity client.toml run card.identify

Exit codes: 0 done; 1 the service or the protocol failed; 2 wrong usage; 3 reader or cloud not reached.
With --format json standard output is one document, also where something failed: {\"error\": …, \"what_to_do_next\": …}.";
const LIST: &str = "Example:\n  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 list";
const RUN: &str = "\
Examples:
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run card.identify
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run phonebook.update index=5 name=Zoë number=+493023125044
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run pin.verify pin=-
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run 0xF001 value:number=3 --format json
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run card.identify --client-format cbor
  cardwire client tcp:127.0.0.1:7000 --cloud tcp:127.0.0.1:7001 run file.update.admin --card 8900001010123456783 \
      aid=A0000000871002 path=6F46 data=004E65774E616D65";
const STATUS: &str = "Example:\n  cardwire client tcp:127.0.0.1:7000 status --format json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    #[arg(
        help = "The reader: tcp:HOST:PORT, serial:PATH[@BAUD] or exec:COMMAND",
        required_unless_present = "upper_tester"
    )]
    endpoint: Option<Endpoint>,
    #[command(subcommand)]
    action: Option<Action>,
    /// Do what JSON requests on standard input say, as the book's chapter `Testing a client` has it: for `certify client`
    #[arg(long, exclusive = true)]
    upper_tester: bool,
    /// The cloud that owns the reader: tls:HOST:PORT, or tcp:HOST:PORT on this machine
    #[arg(long, value_name = "WHERE", global = true)]
    cloud: Option<CloudAddress>,
    /// The certificates that a tls: cloud is checked against, in PEM
    #[arg(long, value_name = "FILE", global = true)]
    ca: Option<PathBuf>,
    /// What the client holds; the published certification identities where none is given
    #[arg(long, value_name = "FILE", global = true)]
    identity: Option<PathBuf>,
    /// Which client of the identity file this is; the first where none is given
    #[arg(long, value_name = "ID", global = true)]
    client: Option<String>,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
    /// The format in which services are offered to the reader: that of their data on the line
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, global = true)]
    client_format: Offered,
    /// Wait this many times as long as the protocol says
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = timeout_scale, global = true)]
    timeout_scale: u32,
}

/// The client formats, as the command line names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Offered {
    /// The document of the protocol
    #[default]
    Native,
    /// Deterministic CBOR
    Cbor,
}

impl Offered {
    fn format(self) -> ClientFormat {
        match self {
            Self::Native => ClientFormat::NATIVE,
            Self::Cbor => ClientFormat::CBOR,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the reader's services
    #[command(after_help = LIST)]
    List,
    /// Run a service and tell what it gave
    #[command(after_help = RUN)]
    Run {
        /// The service, by name or number
        service: String,
        #[arg(value_name = "NAME=VALUE", help = parameters::HELP)]
        parameters: Vec<Parameter>,
        /// The same; those of this form come first
        #[arg(long = "param", value_name = "NAME=VALUE")]
        more: Vec<Parameter>,
        /// Have the cloud give the reader what the service needs of the secrets of the card with this ICCID
        #[arg(long, value_name = "ICCID")]
        card: Option<String>,
    },
    /// Tell how the reader stands; logs in first where a cloud is given
    #[command(after_help = STATUS)]
    Status,
}

/// A factor as percent, which is what timers are scaled by.
pub(crate) fn timeout_scale(given: &str) -> Result<u32, &'static str> {
    let factor: f64 = given.parse().map_err(|_| "expected a number such as 2 or 0.5")?;
    if (0.01..=1000.0).contains(&factor) {
        // In these bounds nothing is lost but digits behind the percent.
        Ok((factor * 100.0).round() as u32)
    } else {
        Err("expected a number from 0.01 to 1000")
    }
}

/// The service of this registered name or this number.
pub(crate) fn registered_service(text: &str) -> Option<ServiceId> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let named = || {
        ServiceId::ALL
            .iter()
            .copied()
            .find(|service| service.name() == Some(text))
    };
    number.map(ServiceId).or_else(named)
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    act(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn act(arguments: &Arguments) -> Outcome {
    if arguments.upper_tester {
        return upper_tester();
    }
    let (Some(endpoint), Some(action)) = (&arguments.endpoint, &arguments.action) else {
        return Err(Failure::new(
            Exit::Usage,
            "nothing to do was named",
            "Name one of list, run and status behind the reader.",
        ));
    };
    let login_needed = !matches!(action, Action::Status);
    if login_needed && arguments.cloud.is_none() {
        return Err(Failure::new(
            Exit::Usage,
            "services open only after a login, and no cloud was given to log in to",
            "Give the cloud that owns the reader, for example --cloud tcp:127.0.0.1:7001.",
        ));
    }
    // Before the session begins: it ends while somebody thinks about his PIN.
    let parameters = parameters_of(arguments, action)?;
    let progress = Progress::begin(&format!("connecting to {endpoint}"));
    let client = client(arguments)?;
    let visit = Visit {
        session: client.connect(open(endpoint)?)?,
        client,
        endpoint,
        cloud: None,
        arguments,
        progress,
    };
    let (exit, mut session) = match action {
        Action::List => visit.list(),
        Action::Run { service, card, .. } => visit.run(service, card.as_deref(), &parameters),
        Action::Status => visit.status(),
    }?;
    // Everything is done; a reader that doesn't say goodbye ends the session with the link.
    let _ = session.disconnect();
    Ok(exit)
}

/// The client as the suite tells it what to do.
fn upper_tester() -> Outcome {
    let served = cardwire_client_adapter::serve(&mut cardwire_client_adapter::Reference::default());
    served.map_err(|error| {
        let what = format!("the requests can't be read, or the answers not written: {error}");
        Failure::new(Exit::Failed, what, "Start it by `cardwire certify client`.")
    })?;
    Ok(Exit::Done)
}

fn open(endpoint: &Endpoint) -> Result<Link, ClientError> {
    Link::open(endpoint).map_err(|source| {
        LinkFault::Open {
            endpoint: endpoint.to_string(),
            source,
        }
        .into()
    })
}

/// The parameters of the service that is to be run.
fn parameters_of(arguments: &Arguments, action: &Action) -> Result<Vec<u8>, Failure> {
    let Action::Run {
        service,
        parameters,
        more,
        ..
    } = action
    else {
        return Ok(Vec::new());
    };
    let declared = registered_service(service).map(catalogue::parameters);
    let given = [more.as_slice(), parameters].concat();
    let items = parameters::items(&given, &declared.unwrap_or_default())?;
    parameters::encode(arguments.client_format.format(), &items)
}

fn client(arguments: &Arguments) -> Result<Client, Failure> {
    let identities = identity::peers(arguments.identity.as_deref())?;
    let own = identities
        .client(arguments.client.as_deref())
        .ok_or_else(|| match &arguments.client {
            None => identity::lacks("[[client]]"),
            Some(id) => Failure::new(
                Exit::Usage,
                format!("the identity file holds no client `{id}`"),
                "Give one of the names that `cardwire keys show` tells.",
            ),
        })?;
    Ok(Client::new(own.clone()).with_timers(Timers::SPEC.scaled(arguments.timeout_scale)))
}

/// How often a reader may reset itself, each time for new software, before somebody is told.
const RESETS_MOST: u32 = 8;

/// A session, and what is to be done in it.
struct Visit<'a> {
    session: Session,
    client: Client,
    endpoint: &'a Endpoint,
    /// The cloud that the reader is logged in to.
    cloud: Option<CloudLink>,
    arguments: &'a Arguments,
    progress: Progress,
}

/// Whether a link outlasted the session on it.
#[derive(Clone, Copy)]
enum IsOpen {
    Yes,
    No,
}

impl Visit<'_> {
    /// Logs the reader in and passes on what its cloud has for it. A reader that resets itself then, to start new software,
    /// is logged in once more, which confirms it. Nothing is done where no cloud was given.
    fn log_in(mut self, services: &[ServiceId]) -> Result<Self, Failure> {
        let Some(address) = &self.arguments.cloud else {
            return Ok(self);
        };
        let mut cloud = CloudLink::to(address, self.arguments.ca.as_deref()).map_err(|error| {
            let next = "Give --ca FILE with the certificates that the cloud's own is signed by.";
            Failure::new(Exit::Usage, error, next)
        })?;
        let mut services = services.to_vec();
        services.sort_unstable();
        let offer = |service| Offer {
            service,
            format: self.arguments.client_format.format(),
        };
        let offers: Vec<_> = services.into_iter().map(offer).collect();
        for _ in 0..RESETS_MOST {
            self.progress.step(&format!("logging in at {address}"));
            self.session.login(&mut cloud, &offers)?;
            self.progress.step("passing on updates");
            let relayed = self.session.serve_cloud(&mut cloud)?;
            if relayed == 0 {
                return Ok(self.with(cloud));
            }
            self.progress.say(format_args!(
                "the cloud sent {relayed} messages to the reader: updates"
            ));
            // An update of software resets the reader, and one of keys may end the session: a request without effect tells.
            match self.session.status() {
                Ok(_) => return Ok(self.with(cloud)),
                Err(ClientError::Link(LinkFault::Closed(_))) => self = self.connect_again(IsOpen::No)?,
                Err(ClientError::Reader(ReaderFault::SessionLost { .. })) => {
                    self = self.connect_again(IsOpen::Yes)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::new(
            Exit::Failed,
            format!("the reader has reset itself {RESETS_MOST} times"),
            "Look at its updates with `cardwire cloud updates`.",
        ))
    }

    fn with(self, cloud: CloudLink) -> Self {
        Self {
            cloud: Some(cloud),
            ..self
        }
    }

    /// A new session, on the same link where that is still open.
    fn connect_again(self, link: IsOpen) -> Result<Self, Failure> {
        self.progress.say(format_args!(
            "the reader has ended the session after its update: connecting again"
        ));
        let link = match link {
            IsOpen::Yes => self.session.into_link(),
            IsOpen::No => open(self.endpoint)?,
        };
        Ok(Self {
            session: self.client.connect(link)?,
            ..self
        })
    }

    fn list(self) -> Result<(Exit, Session), Failure> {
        let mut visit = self.log_in(ServiceId::ALL)?;
        let services = visit.session.services()?;
        show::services(visit.arguments.format, visit.session.reader_id(), &services);
        Ok((Exit::Done, visit.session))
    }

    fn run(mut self, name: &str, card: Option<&str>, parameters: &[u8]) -> Result<(Exit, Session), Failure> {
        let service = match registered_service(name) {
            Some(service) => service,
            None => {
                self = self.log_in(ServiceId::ALL)?;
                self.find(name)?
            }
        };
        self = self.log_in(&[service])?;
        let job = self.session.new_job()?;
        if let Some((card, cloud)) = card.zip(self.cloud.as_mut()) {
            self.progress.step("asking the cloud for the card's secrets");
            self.session.fetch_secrets(cloud, job, service, card)?;
        }
        self.progress.step(&format!("running {name}"));
        let result = self.session.run_job(job, service, parameters)?;
        let step = if result.outcome == JobOutcome::SUCCESS {
            Exit::Done
        } else {
            Exit::Failed
        };
        show::result(self.arguments.format, self.session.reader_id(), name, &result);
        Ok((step, self.session))
    }

    /// A service that is not registered may be one of the reader's vendor, who has given it a name.
    fn find(&mut self, name: &str) -> Result<ServiceId, Failure> {
        let services = self.session.services()?;
        let found = services.iter().find(|service| service.name == name);
        found
            .map(|service| service.service)
            .ok_or_else(|| unknown_service(name, &services))
    }

    fn status(self) -> Result<(Exit, Session), Failure> {
        let mut visit = self.log_in(ServiceId::ALL)?;
        visit.progress.step("asking how the reader stands");
        let answer = visit.session.status()?;
        let status: ReaderStatusAnswer<'_> = answer.read()?;
        show::status(visit.arguments.format, visit.session.reader_id(), &status);
        Ok((Exit::Done, visit.session))
    }
}

fn unknown_service(name: &str, services: &[Service]) -> Failure {
    let names: Vec<_> = services.iter().map(|service| service.name.as_str()).collect();
    Failure::new(
        Exit::Failed,
        format!("the reader has no service `{name}`"),
        format!(
            "Choose one of {}, or give a number such as 0xF001.",
            names.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_by_name_and_number() {
        for (text, service) in [
            ("card.identify", Some(ServiceId::CARD_IDENTIFY)),
            ("0x0001", Some(ServiceId::CARD_IDENTIFY)),
            ("1", Some(ServiceId::CARD_IDENTIFY)),
            ("0xF001", Some(ServiceId(0xF001))),
            ("0xF0010", None),
            ("card", None),
            ("", None),
        ] {
            assert_eq!(registered_service(text), service, "{text}");
        }
    }

    #[test]
    fn factors_become_percent() {
        assert_eq!(timeout_scale("1"), Ok(100));
        assert_eq!(timeout_scale("2.5"), Ok(250));
        for text in ["0", "-1", "nan", "inf", "1e9", "x", ""] {
            assert!(timeout_scale(text).is_err(), "{text}");
        }
    }
}
