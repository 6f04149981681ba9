//! The way to the cloud: clear frames over TLS, or on the loopback interface without it.

use super::CloudFault;
use crate::{
    cloud::CloudAddress,
    link::encode_frame,
    stream::{FrameStream, Stream},
    tls::{self, TlsError},
};
use cardwire_codec::message::FrameKind;
use core::time::Duration;
use rustls::ClientConfig;
use std::{io, path::Path, sync::Arc, time::Instant};

/// How long a connection to the cloud may take to come about.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// Who answers a client's requests to the cloud: a cloud behind a network, or one in the same process.
pub trait CloudPeer {
    /// The answer to a request, both encoded.
    ///
    /// # Errors
    /// No answer before the deadline.
    fn exchange(&mut self, request: &[u8], deadline: Instant) -> Result<Vec<u8>, CloudFault>;
}

/// A connection to a cloud, made when it is first needed and made again after it was lost.
#[derive(Debug)]
pub struct CloudLink {
    address: CloudAddress,
    trust: Option<Arc<ClientConfig>>,
    connection: Option<FrameStream>,
    number: u64,
}

impl CloudLink {
    /// A link to this cloud; `ca` is the PEM file with the certificates that `tls:` addresses are checked against.
    ///
    /// # Errors
    /// A CA file that is missing or holds no certificate.
    pub fn to(address: &CloudAddress, ca: Option<&Path>) -> Result<Self, TlsError> {
        let trust = match (address, ca) {
            (CloudAddress::Loopback { .. }, _) => None,
            (CloudAddress::Tls { .. }, Some(ca)) => Some(tls::client_config(ca)?),
            (CloudAddress::Tls { .. }, None) => return Err(TlsError::NoTrust),
        };
        Ok(Self {
            address: address.clone(),
            trust,
            connection: None,
            number: 0,
        })
    }

    fn connect(&mut self, deadline: Instant) -> Result<&mut FrameStream, CloudFault> {
        if self.connection.is_none() {
            let unreachable = |source| CloudFault::Unreachable {
                address: self.address.to_string(),
                source,
            };
            let tcp = self.address.connect(CONNECT_PATIENCE).map_err(unreachable)?;
            let stream = match &self.trust {
                None => Stream::plain(tcp),
                Some(trust) => Stream::tls_client(tcp, Arc::clone(trust), self.address.host(), deadline)
                    .map_err(CloudFault::Tls)?,
            };
            self.connection = Some(FrameStream::over(stream));
        }
        // It was made just now where there was none.
        self.connection
            .as_mut()
            .ok_or_else(|| CloudFault::Closed(io::ErrorKind::NotConnected.into()))
    }
}

impl CloudPeer for CloudLink {
    //= spec/book/src/login.md#cw-login-023
    //# A client MUST NOT repeat a request to the cloud.
    fn exchange(&mut self, request: &[u8], deadline: Instant) -> Result<Vec<u8>, CloudFault> {
        let start = Instant::now();
        self.number += 1;
        let number = self.number;
        let connection = self.connect(deadline)?;
        let answered = connection
            .send(&encode_frame(FrameKind::Clear, number, request), deadline)
            .and_then(|()| connection.receive_answer(number, deadline));
        answered.map_err(|error| {
            // What the cloud knew of this login is gone with the connection, or would come too late.
            self.connection = None;
            match error.kind() {
                io::ErrorKind::TimedOut => CloudFault::Silent {
                    waited: start.elapsed(),
                },
                _ => CloudFault::Closed(error),
            }
        })
    }
}
