//! `cardwire cloud`: a cloud that listens, and what manages its database.

mod audit;
mod campaigns;
mod changes;
mod clients;
mod manage;
mod publish;
mod readers;
mod secrets;
mod time;

pub(crate) use publish::assemble;

use crate::{
    failure::{Exit, Failure, Outcome},
    identity,
    terminal::{BOLD, say},
};
use cardwire_codec::message::Provisioning;
use cardwire_peers::{
    Identities,
    cloud::{Certificate, Cloud, CloudAddress, Granted, Limits, RegistryError, Server},
};
use std::{path::PathBuf, sync::Arc};

const EXAMPLE: &str = "\
Examples:
  cardwire cloud --listen tcp:127.0.0.1:7001
  cardwire cloud --listen tls:0.0.0.0:7001 --db cloud.db --identity cloud.toml --tls-cert cert.pem --tls-key key.pem
  cardwire cloud readers list --db cloud.db
  cardwire cloud clients revoke COUNTER-7 --db cloud.db
  cardwire cloud publish logic card.identify.logic --counter 2 --db cloud.db --stages 1,10%,100%
  cardwire cloud publish software reader.bin --name reader-2.0.0 --counter 2 --db cloud.db
  cardwire cloud secrets put 8900001010123456783 file.update.admin adm=- --db cloud.db
  cardwire cloud campaigns list --db cloud.db
  cardwire cloud audit --db cloud.db --since 7d

With the published identities the cloud knows the certification reader and grants its clients everything, those that are
revoked aside. The database may be managed while the cloud runs: what is granted holds from the next login on, what is
revoked or stopped is so at once.";

/// The most readers that are told by name at the start.
const KNOWN_TOLD: usize = 8;
/// How long the certification clients may use the certification reader after a login.
const CERTIFICATION_LIFETIME: u32 = 3600;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<manage::Action>,
    #[command(flatten)]
    serve: Option<Serve>,
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Where clients reach it: tls:ADDRESS:PORT, or tcp:ADDRESS:PORT with a loopback address
    ///
    /// Port 0 has the operating system choose one; it is told on standard error.
    #[arg(long, value_name = "WHERE")]
    listen: CloudAddress,
    /// Keep readers, grants and updates in this SQLite database
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// The cloud's key and the readers it knows; the published certification identities where none is given
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// The certificate chain for tls:, leaf first, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key for tls:, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Connections at a time; one more is closed at once
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections)]
    connections: usize,
    /// Connections at a time from one address
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().per_address)]
    connections_per_address: usize,
}

pub(crate) fn run(arguments: Arguments) -> Outcome {
    match arguments {
        Arguments {
            action: Some(action), ..
        } => manage::run(&action),
        Arguments {
            serve: Some(serve), ..
        } => listen(&serve),
        Arguments {
            action: None,
            serve: None,
        } => Err(Failure::new(
            Exit::Usage,
            "the cloud has nowhere to listen",
            "Give --listen tcp:127.0.0.1:7001, or say what to manage; `cardwire cloud --help` shows both.",
        )),
    }
}

fn listen(serve: &Serve) -> Outcome {
    let identities = identity::peers(serve.identity.as_deref())?;
    let own = identities
        .cloud
        .as_ref()
        .ok_or_else(|| identity::lacks("[cloud]"))?;
    let cloud = match &serve.db {
        Some(path) => Cloud::open(path, own)?,
        None => Cloud::in_memory(own)?,
    };
    if identities.provisioning == Provisioning::Certification {
        grant_everything(&identities, &cloud)?;
    }
    let certificate = serve.tls_cert.as_deref().zip(serve.tls_key.as_deref());
    let certificate = certificate.map(|(chain, key)| Certificate { chain, key });
    let limits = Limits {
        connections: serve.connections,
        per_address: serve.connections_per_address,
    };
    let readers = cloud.registry().readers()?;
    let server = Server::start_with(Arc::new(cloud), &serve.listen, certificate, limits)?;
    let known: Vec<_> = readers.iter().map(|reader| reader.id.as_str()).collect();
    let known = match known.len() {
        0 => "none".to_owned(),
        1..=KNOWN_TOLD => known.join(", "),
        more => format!("{more}"),
    };
    say(format_args!(
        "cloud, {} identity; readers: {BOLD}{known}{BOLD:#}",
        identities.provisioning
    ));
    say(format_args!("listening on {BOLD}{}{BOLD:#}", server.address()));
    server.wait();
    Ok(Exit::Done)
}

fn grant_everything(identities: &Identities, cloud: &Cloud) -> Result<(), Failure> {
    for reader in identities.cloud.iter().flat_map(|cloud| &cloud.readers) {
        for client in &identities.clients {
            let granted =
                cloud
                    .registry()
                    .grant(&reader.id, &client.id, &Granted::All, CERTIFICATION_LIFETIME);
            match granted {
                // A start brings back nobody who was revoked.
                Ok(()) | Err(RegistryError::RevokedReader { .. } | RegistryError::RevokedClient { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
