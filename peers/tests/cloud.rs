//! Every way in which a client can lose its cloud, and TLS.

mod common;

use cardwire_peers::{
    Endpoint,
    client::{ClientError, CloudFault, CloudLink, CloudPeer},
    cloud::{Certificate, CloudAddress, Server},
};
use common::{all, cloud, plain, timers};
use std::{net::TcpListener, time::Instant};

#[test]
fn over_tcp_a_cloud_that_stops_is_told_in_time() {
    let server = Server::start(cloud(), &"tcp:127.0.0.1:0".parse().unwrap(), None).unwrap();
    let (_plain, _reader, mut session) = plain();
    let mut link = CloudLink::to(server.address(), None).unwrap();
    session.login(&mut link, &all()).unwrap();
    assert_eq!(session.serve_cloud(&mut link).unwrap(), 0);

    let address = server.address().clone();
    drop(server);
    let error = session.serve_cloud(&mut link).unwrap_err();
    assert!(
        matches!(error, ClientError::Cloud(CloudFault::Closed(_))),
        "{error}"
    );
    let start = Instant::now();
    let error = session.login(&mut link, &all()).unwrap_err();
    assert!(
        matches!(error, ClientError::Cloud(CloudFault::Unreachable { .. })),
        "{error}"
    );
    assert!(start.elapsed() < timers().handshake);
    assert!(
        error
            .to_string()
            .starts_with(&format!("cloud: {address} can't be reached: ")),
        "{error}"
    );
    assert_eq!(
        error.remedy(),
        "Check the cloud's address and that it runs, then log in again."
    );
    // The reader is not to blame: its session goes on.
    session.disconnect().unwrap();
}

#[test]
fn a_cloud_that_listens_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap()).parse().unwrap();
    let (_plain, _reader, mut session) = plain();
    let start = Instant::now();
    let error = session
        .login(&mut CloudLink::to(&address, None).unwrap(), &all())
        .unwrap_err();
    assert!(
        matches!(error, ClientError::Cloud(CloudFault::Silent { .. })),
        "{error}"
    );
    assert!(start.elapsed() < timers().handshake * 2);
}

#[test]
fn answers_of_a_cloud_that_are_none_are_its_fault() {
    struct Canned(Vec<u8>);
    impl CloudPeer for Canned {
        fn exchange(&mut self, _: &[u8], _: Instant) -> Result<Vec<u8>, CloudFault> {
            Ok(self.0.clone())
        }
    }
    let (_plain, _reader, mut session) = plain();
    for (answer, expected) in [
        (vec![], "cloud: it answered cloud_open with the message 00"),
        (
            vec![0xB2, 0, 0],
            "cloud: it answered cloud_open with the message B2",
        ),
        (
            vec![0xB1, 0],
            "cloud: its answer breaks a rule of the codec: truncated: handshake at offset 1",
        ),
        (
            vec![0xBE, 0, 0x15],
            "refused: the cloud refused cloud_open: unreachable",
        ),
    ] {
        let error = session.login(&mut Canned(answer), &all()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    // A handshake message of somebody else: the reader finds that out.
    let error = session
        .login(&mut Canned([&[0xB1][..], &[9; 48]].concat()), &all())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: the reader refused relay: cloud-not-authenticated (detail 0, offset 0)"
    );
    assert_eq!(
        error.remedy(),
        "Check that the client talks to the cloud that owns this reader."
    );
}

#[test]
fn tls_is_trusted_by_its_ca_only() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(vec![]).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_file = file("ca.pem", ca.self_signed(&ca_key).unwrap().pem());
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let chain = file("cloud.pem", leaf.signed_by(&key, &issuer).unwrap().pem());
    let key = file("cloud.key", key.serialize_pem());
    let other = rcgen::generate_simple_self_signed(vec!["other".into()]).unwrap();
    let other_file = file("other.pem", other.cert.pem());

    let listen: CloudAddress = "tls:127.0.0.1:0".parse().unwrap();
    let certificate = Certificate {
        chain: &chain,
        key: &key,
    };
    let server = Server::start(cloud(), &listen, Some(certificate)).unwrap();
    let (_plain, _reader, mut session) = plain();
    let mut trusting = CloudLink::to(server.address(), Some(&ca_file)).unwrap();
    session.login(&mut trusting, &all()).unwrap();
    assert_eq!(session.serve_cloud(&mut trusting).unwrap(), 0);

    let mut distrusting = CloudLink::to(server.address(), Some(&other_file)).unwrap();
    let error = session.login(&mut distrusting, &all()).unwrap_err();
    assert!(matches!(error, ClientError::Cloud(CloudFault::Tls(_))), "{error}");
    assert_eq!(
        error.remedy(),
        "Check the cloud's certificate and the CA file that this client trusts."
    );

    // A client that does not speak TLS gets nothing.
    let Endpoint::Tcp { port, .. } = format!("tcp:127.0.0.1:{}", port_of(server.address()))
        .parse()
        .unwrap()
    else {
        unreachable!("a TCP endpoint was parsed")
    };
    let plain = CloudAddress::Loopback {
        host: "127.0.0.1".into(),
        port,
    };
    let error = session
        .login(&mut CloudLink::to(&plain, None).unwrap(), &all())
        .unwrap_err();
    assert!(matches!(error, ClientError::Cloud(_)), "{error}");

    let text = |error: &dyn core::error::Error| error.to_string();
    assert_eq!(
        text(&CloudLink::to(server.address(), None).unwrap_err()),
        "a tls: address needs the CA file that the cloud's certificate is checked against"
    );
    assert_eq!(
        text(&Server::start(cloud(), &listen, None).unwrap_err()),
        "a tls: address needs the cloud's certificate and private key"
    );
    let expected = format!(
        "{}: expected one certificate or more in PEM: it holds none",
        key.display()
    );
    assert_eq!(
        text(&CloudLink::to(server.address(), Some(&key)).unwrap_err()),
        expected
    );
}

fn port_of(address: &CloudAddress) -> u16 {
    match address {
        CloudAddress::Loopback { port, .. } | CloudAddress::Tls { port, .. } => *port,
    }
}
