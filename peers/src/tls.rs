//! TLS between client and cloud: version 1.3, with certificates from PEM files.

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::TLS13,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why TLS can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A `tls:` address without a CA file.
    #[error("a tls: address needs the CA file that the cloud's certificate is checked against")]
    NoTrust,
    /// A `tls:` address to listen on without certificate and key.
    #[error("a tls: address needs the cloud's certificate and private key")]
    NoCertificate,
    /// A file that is missing or holds something else.
    #[error("{}: expected {expected} in PEM: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        expected: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key don't belong together, or the library can't use them.
    #[error("the certificates can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A client that trusts the certificates of this file and no others.
//= spec/book/src/link.md#cw-link-013
//# Client and cloud MUST speak over TLS of version 1.3 or later, in which the client authenticates the cloud, unless their connection does not leave the machine.
pub(crate) fn client_config(ca: &Path) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca)? {
        roots.add(certificate)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A server that shows this certificate chain, leaf first. Clients show none: it is the reader that authenticates.
pub(crate) fn server_config(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::File {
        path: key.into(),
        expected: "a private key",
        reason: error.to_string(),
    })?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |reason: String| TlsError::File {
        path: path.into(),
        expected: "one certificate or more",
        reason,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match found {
        Ok(found) if found.is_empty() => Err(failed("it holds none".into())),
        Ok(found) => Ok(found),
        Err(error) => Err(failed(error.to_string())),
    }
}
