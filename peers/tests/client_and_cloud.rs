//! Client, cloud and scripted reader together: login, services, updates, and every way in which the cloud can be lost.

mod common;

use cardwire_codec::{
    Extensions, List,
    message::{
        ErrorCode, HardwareClass, ItemKind, LoginHeader, Outcome, PlatformAuthAnswer, ServiceId, Suite,
        UpdateKind, WorkingState,
    },
};
use cardwire_peers::{
    Cloud, Endpoint, Link,
    client::{ClientError, CloudFault, CloudLink, CloudPeer, ReaderFault, Refused, Session},
    cloud::{Certificate, CloudAddress, Conversation, DeliveryState, Granted, Server, Update},
    scripted::{PlainReader, ReaderLogin, ReaderSession, Reply, ScriptedReader, reply},
};
use common::{client, connected, identities, item, offer, reader_identity, services, timers};
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const READER: &str = "CERT-READER-1";
const CLIENT: &str = "CERT-CLIENT-1";

fn cloud() -> Arc<Cloud> {
    let cloud = Cloud::in_memory(&identities().cloud.unwrap()).unwrap().with_timers(timers());
    let granted = [ServiceId::CARD_IDENTIFY, ServiceId::SUBSCRIBER_READ, ServiceId::CERTIFICATION_ECHO];
    cloud.registry().grant(READER, CLIENT, &Granted::Services(granted.into()), 60).unwrap();
    Arc::new(cloud)
}

/// A reader that keeps to the protocol, seen from outside, and a client that is connected to it.
fn plain() -> (Arc<Mutex<PlainReader>>, ScriptedReader, Session<Link>) {
    let plain = Arc::new(Mutex::new(PlainReader::new(reader_identity(), services())));
    let answering = Arc::clone(&plain);
    let (reader, session) = connected(move |session, request| {
        Reply::Answer(answering.lock().unwrap().answer(session, request))
    });
    (plain, reader, session)
}

fn all() -> [cardwire_codec::message::Offer; 3] {
    services().iter().map(|canned| offer(canned.service)).collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn login_list_run_and_fetch() {
    let cloud = cloud();
    let (_plain, _reader, mut session) = plain();
    session.login(&mut Cloud::conversation(&cloud), &all()).unwrap();
    let record = &cloud.registry().readers().unwrap()[0];
    assert_eq!((record.logins, record.client.as_deref()), (1, Some(CLIENT)));
    assert_eq!(record.hardware_class, Some(HardwareClass::REFERENCE_HOST));

    let listed = session.services().unwrap();
    let names: Vec<_> = listed.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["card.identify", "subscriber.read", "certification.echo"]);

    let result = session.run(ServiceId::CARD_IDENTIFY, &[]).unwrap();
    assert_eq!((result.outcome, result.status_word), (Outcome::SUCCESS, 0x9000));
    let iccid = item("iccid", ItemKind::Text, b"89881200000043001");
    assert_eq!(result.items, [item("atr", ItemKind::Bytes, &[0x3B, 0x9F, 0x96]), iccid]);

    // A job that ends without success is a result with a remedy of its own.
    let result = session.run(ServiceId::SUBSCRIBER_READ, &[]).unwrap();
    assert_eq!((result.outcome, result.data.len()), (Outcome::CARD_ABSENT, 0));
    assert_eq!(result.outcome.remedy(), Some("Insert the card and run the service again."));

    let error = session.run(ServiceId(0x0BAD), &[]).unwrap_err();
    let code = ErrorCode::UNKNOWN_SERVICE;
    assert!(matches!(error, ClientError::Refused(Refused::Request { code: of, .. }) if of == code), "{error}");
    assert_eq!(error.remedy(), "List the services and choose one of them.");
}

#[test]
fn services_are_those_that_are_offered_and_granted() {
    let cloud = cloud();
    let granted = Granted::Services(vec![ServiceId::SUBSCRIBER_READ, ServiceId::CERTIFICATION_ECHO]);
    cloud.registry().grant(READER, CLIENT, &granted, 60).unwrap();
    let (_plain, _reader, mut session) = plain();
    session.login(&mut Cloud::conversation(&cloud), &all()[..2]).unwrap();
    let states: Vec<_> = session.services().unwrap().iter().map(|service| service.interface).collect();
    assert_eq!(states, [WorkingState::Disabled, WorkingState::Enabled, WorkingState::Disabled]);
    for service in [ServiceId::CARD_IDENTIFY, ServiceId::CERTIFICATION_ECHO] {
        let error = session.run(service, &[]).unwrap_err();
        let code = ErrorCode::INTERFACE_DISABLED;
        assert!(matches!(error, ClientError::Refused(Refused::Request { code: of, .. }) if of == code));
    }
}

#[test]
fn a_job_that_does_not_end_is_given_up() {
    let plain = Mutex::new(PlainReader::new(reader_identity(), services()));
    let reader = ScriptedReader::answering(reader_identity(), move |session, request| {
        Reply::Answer(plain.lock().unwrap().answer(session, request))
    })
    .unwrap();
    let client = client().with_job_patience(Duration::from_millis(100));
    let mut session = client.connect(Link::open(reader.endpoint()).unwrap()).unwrap();
    session.login(&mut Cloud::conversation(&cloud()), &all()).unwrap();
    let error = session.run(ServiceId::CERTIFICATION_ECHO, &[]).unwrap_err();
    assert!(matches!(error, ClientError::Reader(ReaderFault::JobOverdue { .. })), "{error}");
    assert_eq!(error.remedy(), "Ask for the job's status, or abort it.");
}

//= spec/book/src/updates.md#cw-upd-004
//= type=test
//# A reader MUST take bytes only for the accepted manifest and only at the first offset that is missing, keep what it has when the same manifest is offered again, and check size and digest when all are there.
#[test]
fn updates_arrive_whole_in_order_and_go_on_where_they_stopped() {
    let authority = identities().authority.unwrap();
    let cloud = cloud();
    let class = HardwareClass::REFERENCE_HOST;
    let image: Vec<u8> = (0..50_000_u32).map(|at| (at % 251) as u8).collect();
    let publish = |update: Update| cloud.registry().publish(&update).unwrap();
    let logic = |counter| Update::authentication(&[counter as u8; 500], counter, class, &authority).unwrap();
    publish(logic(5));
    publish(logic(4));
    publish(Update::software(&image, 9, class, &authority).unwrap());
    publish(Update::software(b"other", 9, HardwareClass::REFERENCE_CORTEX_M3, &authority).unwrap());

    let (plain, _reader, mut session) = plain();
    // The first connection to the cloud is lost in the middle of the largest update.
    let mut lossy = Lossy { inner: Cloud::conversation(&cloud), left: 60 };
    session.login(&mut lossy, &all()).unwrap();
    let error = session.serve_cloud(&mut lossy).unwrap_err();
    assert!(matches!(error, ClientError::Cloud(CloudFault::Closed(_))), "{error}");
    let delivery = cloud.registry().campaigns().unwrap().remove(2).deliveries.remove(0);
    assert_eq!(delivery.state, DeliveryState::Delivering);
    assert!(delivery.next_offset > 0 && plain.lock().unwrap().updates().is_empty());

    let mut conversation = Cloud::conversation(&cloud);
    session.login(&mut conversation, &all()).unwrap();
    let relayed = session.serve_cloud(&mut conversation).unwrap();
    // 125 chunks make the image; more than 50 of them are there already.
    assert!(relayed < 90, "{relayed}");
    let taken: Vec<_> =
        plain.lock().unwrap().updates().iter().map(|(kind, counter, _)| (*kind, *counter)).collect();
    let authentication = UpdateKind::AUTHENTICATION;
    assert_eq!(taken, [(UpdateKind::SOFTWARE, 9), (authentication, 4), (authentication, 5)]);
    assert_eq!(plain.lock().unwrap().updates()[0].2, image);
    let campaigns = cloud.registry().campaigns().unwrap();
    let states: Vec<_> =
        campaigns.iter().map(|campaign| campaign.deliveries.first().map(|delivery| delivery.state)).collect();
    let installed = Some(DeliveryState::Installed);
    assert_eq!(states, [installed, installed, installed, None]);

    // Nothing is left for the next login, which says which counters the reader has now.
    session.login(&mut conversation, &all()).unwrap();
    assert_eq!(session.serve_cloud(&mut conversation).unwrap(), 0);
    let counters = cloud.registry().readers().unwrap()[0].counters;
    assert_eq!((counters.software, counters.authentication, counters.logic), (9, 5, 0));
}

/// A connection with the cloud that is lost after some messages.
struct Lossy {
    inner: Conversation,
    left: u32,
}

impl CloudPeer for Lossy {
    fn exchange(&mut self, request: &[u8], deadline: Instant) -> Result<Vec<u8>, CloudFault> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            CloudFault::Closed(std::io::ErrorKind::ConnectionReset.into())
        })?;
        self.inner.exchange(request, deadline)
    }
}

//= spec/book/src/login.md#cw-login-002
//= type=test
//# The login header MUST state the session's version, the reader's identity and class of hardware, the client that the reader authenticated, and the handshake hash of that client's session.
#[test]
fn a_header_that_names_another_login_goes_no_further() {
    let fields: [(&str, fn(&mut LoginHeader<'_>)); 5] = [
        ("version", |header| header.version = 2),
        ("suite", |header| header.suite = Suite(9)),
        ("reader_id", |header| header.reader_id = "ANOTHER"),
        ("client_id", |header| header.client_id = "ANOTHER"),
        ("session", |header| header.session = &[0; 32]),
    ];
    for (field, change) in fields {
        let (_reader, mut session) = connected(move |session: &ReaderSession, _| {
            let mut header = LoginHeader {
                version: 1,
                suite: Suite::NOISE_IK,
                reader_id: READER,
                hardware_class: HardwareClass::REFERENCE_HOST,
                boot_counter: 1,
                client_id: CLIENT,
                session: &session.session,
                extensions: Extensions::NONE,
            };
            change(&mut header);
            let login = ReaderLogin::begin(&reader_identity(), reply(&header)).unwrap();
            let (header, handshake) = (&*login.header, &login.first);
            Reply::Answer(reply(&PlatformAuthAnswer { header, handshake, extensions: Extensions::NONE }))
        });
        let mut nobody = Lossy { inner: Cloud::conversation(&cloud()), left: 0 };
        let error = session.login(&mut nobody, &[]).unwrap_err();
        let ClientError::Reader(ReaderFault::Contradiction { message: "login_header", field: found, .. }) = error
        else {
            panic!("{field}: {error}")
        };
        assert_eq!(found, field);
    }
}

#[test]
fn what_cloud_and_reader_deny_has_a_name_and_a_remedy() {
    let cloud = cloud();
    let (_plain, _reader, mut session) = plain();
    cloud.registry().admit(READER, false).unwrap();
    let error = session.login(&mut Cloud::conversation(&cloud), &all()).unwrap_err();
    assert_eq!(error.to_string(), "refused: the reader refused relay: login-denied (detail 0, offset 0)");
    assert_eq!(error.remedy(), "Ask the carrier why this reader or client is not admitted.");

    let mut stranger = identities().cloud.unwrap();
    stranger.readers.clear();
    let stranger = Arc::new(Cloud::in_memory(&stranger).unwrap());
    let error = session.login(&mut Cloud::conversation(&stranger), &all()).unwrap_err();
    assert_eq!(error.to_string(), "refused: the cloud refused cloud_open: reader-unknown");
    assert_eq!(error.remedy(), "Register the reader's identity with the cloud.");

    cloud.registry().admit(READER, true).unwrap();
    session.login(&mut Cloud::conversation(&cloud), &all()).unwrap();
}

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
    assert!(matches!(error, ClientError::Cloud(CloudFault::Closed(_))), "{error}");
    let start = Instant::now();
    let error = session.login(&mut link, &all()).unwrap_err();
    assert!(matches!(error, ClientError::Cloud(CloudFault::Unreachable { .. })), "{error}");
    assert!(start.elapsed() < timers().handshake);
    assert!(error.to_string().starts_with(&format!("cloud: {address} can't be reached: ")), "{error}");
    assert_eq!(error.remedy(), "Check the cloud's address and that it runs, then log in again.");
    // The reader is not to blame: its session goes on.
    session.disconnect().unwrap();
}

#[test]
fn a_cloud_that_listens_and_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:{}", listener.local_addr().unwrap()).parse().unwrap();
    let (_plain, _reader, mut session) = plain();
    let start = Instant::now();
    let error = session.login(&mut CloudLink::to(&address, None).unwrap(), &all()).unwrap_err();
    assert!(matches!(error, ClientError::Cloud(CloudFault::Silent { .. })), "{error}");
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
        (vec![0xB2, 0, 0], "cloud: it answered cloud_open with the message B2"),
        (vec![0xB1, 0], "cloud: its answer breaks a rule of the codec: truncated: handshake at offset 1"),
        (vec![0xBE, 0, 0x15], "refused: the cloud refused cloud_open: unreachable"),
    ] {
        let error = session.login(&mut Canned(answer), &all()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    // A handshake message of somebody else: the reader finds that out.
    let error = session.login(&mut Canned([&[0xB1][..], &[9; 48]].concat()), &all()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: the reader refused relay: cloud-not-authenticated (detail 0, offset 0)"
    );
    assert_eq!(error.remedy(), "Check that the client talks to the cloud that owns this reader.");
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
    let certificate = Certificate { chain: &chain, key: &key };
    let server = Server::start(cloud(), &listen, Some(certificate)).unwrap();
    let (_plain, _reader, mut session) = plain();
    let mut trusting = CloudLink::to(server.address(), Some(&ca_file)).unwrap();
    session.login(&mut trusting, &all()).unwrap();
    assert_eq!(session.serve_cloud(&mut trusting).unwrap(), 0);

    let mut distrusting = CloudLink::to(server.address(), Some(&other_file)).unwrap();
    let error = session.login(&mut distrusting, &all()).unwrap_err();
    assert!(matches!(error, ClientError::Cloud(CloudFault::Tls(_))), "{error}");
    assert_eq!(error.remedy(), "Check the cloud's certificate and the CA file that this client trusts.");

    // A client that does not speak TLS gets nothing.
    let Endpoint::Tcp { port, .. } = format!("tcp:127.0.0.1:{}", port_of(server.address())).parse().unwrap() else {
        unreachable!("a TCP endpoint was parsed")
    };
    let plain = CloudAddress::Loopback { host: "127.0.0.1".into(), port };
    let error = session.login(&mut CloudLink::to(&plain, None).unwrap(), &all()).unwrap_err();
    assert!(matches!(error, ClientError::Cloud(_)), "{error}");

    let text = |error: &dyn std::error::Error| error.to_string();
    assert_eq!(
        text(&CloudLink::to(server.address(), None).unwrap_err()),
        "a tls: address needs the CA file that the cloud's certificate is checked against"
    );
    assert_eq!(
        text(&Server::start(cloud(), &listen, None).unwrap_err()),
        "a tls: address needs the cloud's certificate and private key"
    );
    let expected = format!("{}: expected one certificate or more in PEM: it holds none", key.display());
    assert_eq!(text(&CloudLink::to(server.address(), Some(&key)).unwrap_err()), expected);
}

fn port_of(address: &CloudAddress) -> u16 {
    match address {
        CloudAddress::Loopback { port, .. } | CloudAddress::Tls { port, .. } => *port,
    }
}

#[test]
fn a_list_of_services_that_does_not_end_is_the_readers_fault() {
    use cardwire_codec::message::ServiceListAnswer;
    for (total, expected) in [(1, "total"), (0, "")] {
        let plain = Mutex::new(PlainReader::new(reader_identity(), services()));
        let (_reader, mut session) = connected(move |session, request| {
            Reply::Answer(match request.first() {
                Some(0x05) => {
                    let services = List::from_items(&[]);
                    reply(&ServiceListAnswer { total, services, extensions: Extensions::NONE })
                }
                _ => plain.lock().unwrap().answer(session, request),
            })
        });
        session.login(&mut Cloud::conversation(&cloud()), &all()).unwrap();
        match session.services() {
            Ok(none) => assert!(none.is_empty() && expected.is_empty()),
            Err(ClientError::Reader(ReaderFault::Contradiction { field, .. })) => assert_eq!(field, expected),
            Err(error) => panic!("{error}"),
        }
    }
}
