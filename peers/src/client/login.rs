//! The six steps of a login, and the updates that the cloud sends after it.
//!
//! The client relays what it can't read, and compares what stands in clear: the header must name this client, this
//! session and this version, so that no relay can splice two sessions (CW-LOGIN-002).

use super::{ClientError, CloudFault, CloudPeer, ConfigurationFault, JobId, ReaderFault, Refused, Session};
use crate::{
    encoded,
    link::Link,
    login_header::{ExpectedLogin, contradiction},
};
use cardwire_codec::{
    Extensions, List, Message, Name,
    message::{
        CloudError, CloudOpen, CloudOpenAnswer, CloudRelay, CloudRelayAnswer, CloudSecrets, LoginHeader,
        Offer, PlatformAuth, PlatformAuthAnswer, Relay, RelayAnswer, ServiceId, SessionState,
        limits::{RELAYED_MAX, TAG_SIZE},
    },
};
use core::borrow::BorrowMut;
use std::time::Instant;

/// Messages that one call passes on at most: an update of the largest size, and as much again.
const RELAYED_MOST: u32 = 1 << 17;
/// The fewest and the most bytes of a transport message: its tag, and the largest message with it.
const RELAYED: core::ops::RangeInclusive<usize> = TAG_SIZE..=RELAYED_MAX + TAG_SIZE;

impl<L: BorrowMut<Link>> Session<L> {
    /// Logs the reader in to its cloud, and offers to use these services, which ascend.
    ///
    /// # Errors
    /// A refusal of reader or cloud with its code; a header that does not name this session; no answer in time.
    pub fn login(&mut self, cloud: &mut impl CloudPeer, offers: &[Offer]) -> Result<(), ClientError> {
        let deadline = self.link.borrow().now() + self.handshake_time;
        self.for_cloud.clear();
        let offered = PlatformAuth {
            offers: List::from_items(offers),
            extensions: Extensions::NONE,
        };
        let answer = self.request(offered)?;
        let begun: PlatformAuthAnswer<'_> = answer.read()?;
        self.check_header(begun.header)?;

        let open = CloudOpen {
            version: self.greeting.version,
            client_id: Name::from_text(&self.client_id),
            session: &self.session,
            header: begun.header,
            handshake: begun.handshake,
            extensions: Extensions::NONE,
        };
        let bytes = ask_cloud(cloud, &open, deadline)?;
        let opened: CloudOpenAnswer<'_> = read_cloud(CloudOpen::NAME, &bytes)?;

        let confirm = self.relay(opened.handshake)?.payload;
        if confirm.is_empty() {
            return Err(ReaderFault::NothingToRelay.into());
        }
        let result = relay_to_cloud(cloud, &confirm, deadline)?;
        let last = self.relay(&result)?;
        if last.state != SessionState::Serving {
            return Err(ReaderFault::NotServing { state: last.state }.into());
        }
        self.for_cloud = last.payload;
        self.offers = offers.to_vec();
        Ok(())
    }

    /// Passes on what the cloud has for the reader, updates above all, until it has no more. Returns how many messages
    /// the reader got.
    ///
    /// # Errors
    /// A refusal of reader or cloud; a reader that has nothing to say to a message; no answer in time. An update that
    /// was broken off goes on where it stopped after the next login.
    pub fn serve_cloud(&mut self, cloud: &mut impl CloudPeer) -> Result<u32, ClientError> {
        let mut payload = core::mem::take(&mut self.for_cloud);
        for relayed in 0..RELAYED_MOST {
            let deadline = self.link.borrow().now() + self.handshake_time;
            let message = relay_to_cloud(cloud, &payload, deadline)?;
            if message.is_empty() {
                return Ok(relayed);
            }
            payload = self.relay(&message)?.payload;
            if payload.is_empty() {
                return Err(ReaderFault::NothingToRelay.into());
            }
        }
        Err(CloudFault::Endless(RELAYED_MOST).into())
    }

    /// Has the cloud send the reader what a job needs of the secrets of a card; the job is to be instructed right after.
    /// Neither they nor what the reader says to them can be read here: a reader that did not take them refuses the
    /// instruction with `secrets-missing`.
    ///
    /// # Errors
    /// A refusal of the cloud, `secrets-refused` where it has none for this card, service and client; and as for
    /// [`Session::serve_cloud`].
    pub fn fetch_secrets(
        &mut self,
        cloud: &mut impl CloudPeer,
        job: JobId,
        service: ServiceId,
        card: &str,
    ) -> Result<(), ClientError> {
        // What the reader has said last goes first; the cloud waits for it.
        self.serve_cloud(cloud)?;
        let deadline = self.link.borrow().now() + self.handshake_time;
        let asked = CloudSecrets {
            job: &job,
            service,
            card: Name::from_text(card),
            extensions: Extensions::NONE,
        };
        let bytes = ask_cloud(cloud, &asked, deadline)?;
        let answer: CloudRelayAnswer<'_> = read_cloud(CloudSecrets::NAME, &bytes)?;
        let payload = self.relay(answer.payload)?.payload;
        if payload.is_empty() {
            return Err(ReaderFault::NothingToRelay.into());
        }
        self.for_cloud = payload;
        self.serve_cloud(cloud).map(drop)
    }

    /// Relays bytes of the cloud to the reader and gives what the reader says (CW-LOGIN-004).
    ///
    /// # Errors
    /// As for [`Session::request`].
    pub fn relay(&mut self, payload: &[u8]) -> Result<Relayed, ClientError> {
        if !RELAYED.contains(&payload.len()) {
            return Err(CloudFault::Unrelayable(payload.len()).into());
        }
        let answer = self.request(Relay {
            payload,
            extensions: Extensions::NONE,
        })?;
        let RelayAnswer { state, payload, .. } = answer.read()?;
        Ok(Relayed {
            state,
            payload: payload.to_vec(),
        })
    }

    //= spec/book/src/login.md#cw-login-022
    //# A client MUST NOT open a login with the cloud whose header is no login_header, or names another version, reader, client or session than its own.
    fn check_header(&self, header: &[u8]) -> Result<(), ClientError> {
        let header = LoginHeader::decode(header).map_err(|error| ReaderFault::Malformed {
            what: LoginHeader::NAME,
            error,
        })?;
        let Self {
            greeting,
            client_id,
            session,
            ..
        } = self;
        let expected = ExpectedLogin {
            version: greeting.version,
            client_id,
            session,
        };
        let reader = (header.reader_id != *greeting.reader_id).then_some("reader_id");
        match contradiction(&header, expected).or(reader) {
            None => Ok(()),
            Some(field) => Err(ReaderFault::Contradiction {
                message: LoginHeader::NAME,
                field,
                requirement: "CW-LOGIN-002",
            }
            .into()),
        }
    }
}

/// What a reader says to relayed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// The session's state now.
    pub state: SessionState,
    /// Bytes for the cloud; empty where the reader has nothing to say.
    pub payload: Vec<u8>,
}

fn relay_to_cloud(
    cloud: &mut impl CloudPeer,
    payload: &[u8],
    deadline: Instant,
) -> Result<Vec<u8>, ClientError> {
    // What a reader says fits: the codec has held its answer to the same bound.
    let bytes = ask_cloud(
        cloud,
        &CloudRelay {
            payload,
            extensions: Extensions::NONE,
        },
        deadline,
    )?;
    let answer: CloudRelayAnswer<'_> = read_cloud(CloudRelay::NAME, &bytes)?;
    Ok(answer.payload.to_vec())
}

fn ask_cloud<'a>(
    cloud: &mut impl CloudPeer,
    request: &impl Message<'a>,
    deadline: Instant,
) -> Result<Vec<u8>, ClientError> {
    let request = encoded(request).map_err(ConfigurationFault::Request)?;
    Ok(cloud.exchange(&request, deadline)?)
}

/// The cloud's answer, where it is this one.
fn read_cloud<'a, A: Message<'a>>(request: &'static str, bytes: &'a [u8]) -> Result<A, ClientError> {
    match bytes.first().copied().unwrap_or_default() {
        code if code == A::CODE => Ok(A::decode(bytes).map_err(CloudFault::Malformed)?),
        CloudError::CODE => {
            let error = CloudError::decode(bytes).map_err(CloudFault::Malformed)?;
            Err(Refused::Cloud {
                request,
                code: error.code,
            }
            .into())
        }
        code => Err(CloudFault::WrongAnswer { request, code }.into()),
    }
}
