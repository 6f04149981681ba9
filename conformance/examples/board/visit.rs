//! A client at the reader on the board, with its cloud in the same process.

use super::Result;
use cardwire_codec::message::{Format, Offer, Outcome, ReaderStatusAnswer, ServiceId};
use cardwire_peers::client::{ClientError, Session};
use cardwire_peers::cloud::{Conversation, Granted};
use cardwire_peers::{Client, Cloud, Endpoint, Identities, Link};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

/// How long a reader may take from its supply until it serves.
const BOOT: Duration = Duration::from_secs(20);

/// Whoever visits the reader, and the cloud that owns it.
pub(super) struct Visitor {
    pub(super) identities: Identities,
    pub(super) cloud: Arc<Cloud>,
    pub(super) endpoint: Endpoint,
    client: Client,
}

impl Visitor {
    /// The first client of the certification identity.
    pub(super) fn new(endpoint: &str) -> Result<Self> {
        let identities = Identities::certification();
        let known = identities
            .cloud
            .as_ref()
            .ok_or("there is no certification cloud")?;
        let cloud = Cloud::in_memory(known)?;
        for reader in &known.readers {
            for client in &identities.clients {
                cloud
                    .registry()
                    .grant(&reader.id, &client.id, &Granted::All, 3600)?;
            }
        }
        let client = identities
            .clients
            .first()
            .ok_or("there is no certification client")?;
        Ok(Self {
            client: Client::new(client.clone()),
            cloud: Arc::new(cloud),
            endpoint: endpoint.parse()?,
            identities,
        })
    }

    pub(super) fn link(&self) -> Result<Link> {
        Ok(Link::open(&self.endpoint)?)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn conversation(&self) -> Conversation {
        Cloud::conversation(&self.cloud)
    }

    /// Connects and logs in; tries again for as long as a reader may take to boot.
    pub(super) fn log_in(&self) -> Result<(Session<Link>, Conversation)> {
        let deadline = Instant::now() + BOOT;
        loop {
            match self.try_log_in() {
                Ok(done) => return Ok(done),
                Err(error) if Instant::now() > deadline => {
                    return Err(format!("the reader does not serve any more: {error}").into());
                }
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn try_log_in(&self) -> Result<(Session<Link>, Conversation)> {
        let mut session = self.client.connect(self.link()?)?;
        let mut conversation = self.conversation();
        session.login(&mut conversation, &[OFFER])?;
        Ok((session, conversation))
    }
}

/// The service that shows that a reader serves.
const OFFER: Offer = Offer {
    service: ServiceId::CARD_IDENTIFY,
    format: Format::NATIVE,
};

/// Runs `card.identify`, which has to succeed, and gives the digest of the logic that ran.
pub(super) fn serve(session: &mut Session<Link>) -> Result<[u8; 32]> {
    let result = session.run(OFFER.service, &[])?;
    if result.outcome != Outcome::SUCCESS {
        return Err(format!("card.identify ends with {:?}", result.outcome).into());
    }
    Ok(result.logic_digest)
}

/// How often the reader has booted.
pub(super) fn boots(session: &mut Session<Link>) -> core::result::Result<u32, ClientError> {
    let answer = session.status()?;
    Ok(answer.read::<ReaderStatusAnswer<'_>>()?.boot_counter)
}
