//! Client, cloud and scripted reader together: login, services, updates.

mod common;

use cardwire_codec::{
    Extensions, Message, Name,
    message::{
        ErrorCode, HardwareClass, ItemKind, LoginHeader, Outcome, PlatformAuthAnswer, Relay, RelayAnswer,
        ServiceId, SessionState, Suite, UpdateKind, WorkingState,
    },
};
use cardwire_peers::{
    Cloud,
    client::{ClientError, CloudFault, CloudPeer, ReaderFault, Refused},
    cloud::{Conversation, DeliveryState, Granted, Update},
    scripted::{PlainReader, ReaderLogin, ReaderSession, Reply, reply},
};
use common::{CLIENT, READER, all, cloud, connected, identities, item, plain, reader_identity, services};
use std::{sync::Arc, time::Instant};

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
    assert_eq!(
        result.items,
        [item("atr", ItemKind::Bytes, &[0x3B, 0x9F, 0x96]), iccid]
    );

    // A job that ends without success is a result with a remedy of its own.
    let result = session.run(ServiceId::SUBSCRIBER_READ, &[]).unwrap();
    assert_eq!((result.outcome, result.data.len()), (Outcome::CARD_ABSENT, 0));
    assert_eq!(
        result.outcome.remedy(),
        Some("Insert the card and run the service again.")
    );

    let error = session.run(ServiceId(0x0BAD), &[]).unwrap_err();
    let code = ErrorCode::UNKNOWN_SERVICE;
    assert!(
        matches!(error, ClientError::Refused(Refused::Request { code: of, .. }) if of == code),
        "{error}"
    );
    assert_eq!(error.remedy(), "List the services and choose one of them.");
}

#[test]
fn services_are_those_that_are_offered_and_granted() {
    let cloud = cloud();
    let granted = Granted::Services(vec![ServiceId::SUBSCRIBER_READ, ServiceId::CERTIFICATION_ECHO]);
    cloud.registry().grant(READER, CLIENT, &granted, 60).unwrap();
    let (_plain, _reader, mut session) = plain();
    session
        .login(&mut Cloud::conversation(&cloud), &all()[..2])
        .unwrap();
    let states: Vec<_> = session
        .services()
        .unwrap()
        .iter()
        .map(|service| service.interface)
        .collect();
    assert_eq!(
        states,
        [
            WorkingState::Disabled,
            WorkingState::Enabled,
            WorkingState::Disabled
        ]
    );
    for service in [ServiceId::CARD_IDENTIFY, ServiceId::CERTIFICATION_ECHO] {
        let error = session.run(service, &[]).unwrap_err();
        let code = ErrorCode::INTERFACE_DISABLED;
        assert!(matches!(error, ClientError::Refused(Refused::Request { code: of, .. }) if of == code));
    }
}

//= spec/book/src/login.md#cw-login-002
//= type=test
//# The login header MUST state the session's version, the reader's identity and class of hardware, the client that the reader authenticated, and the handshake hash of that client's session.
#[test]
fn a_header_that_names_another_login_goes_no_further() {
    type Change = fn(&mut LoginHeader<'_>);
    let fields: [(&str, Change); 4] = [
        ("version", |header| header.version = 2),
        ("reader_id", |header| {
            header.reader_id = Name::from_text("ANOTHER")
        }),
        ("client_id", |header| {
            header.client_id = Name::from_text("ANOTHER")
        }),
        ("session", |header| header.session = &[0; 32]),
    ];
    for (field, change) in fields {
        let (_reader, mut session) = connected(move |session: &ReaderSession, _| {
            let mut header = LoginHeader {
                version: 1,
                suite: Suite::NOISE_IK,
                reader_id: Name::from_text(READER),
                hardware_class: HardwareClass::REFERENCE_HOST,
                boot_counter: 1,
                client_id: Name::from_text(CLIENT),
                session: &session.session,
                extensions: Extensions::NONE,
            };
            change(&mut header);
            let login = ReaderLogin::begin(&reader_identity(), reply(&header)).unwrap();
            let (header, handshake) = (&*login.header, &login.first);
            Reply::Answer(reply(&PlatformAuthAnswer {
                header,
                handshake,
                extensions: Extensions::NONE,
            }))
        });
        let mut nobody = Lossy {
            inner: Cloud::conversation(&cloud()),
            left: 0,
        };
        let error = session.login(&mut nobody, &[]).unwrap_err();
        let ClientError::Reader(ReaderFault::Contradiction {
            message: "login_header",
            field: found,
            ..
        }) = error
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
    let error = session
        .login(&mut Cloud::conversation(&cloud), &all())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: the reader refused relay: login-denied (detail 0, offset 0)"
    );
    assert_eq!(
        error.remedy(),
        "Ask the carrier why this reader or client is not admitted."
    );

    let mut stranger = identities().cloud.unwrap();
    stranger.readers.clear();
    let stranger = Arc::new(Cloud::in_memory(&stranger).unwrap());
    let error = session
        .login(&mut Cloud::conversation(&stranger), &all())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: the cloud refused cloud_open: reader-unknown"
    );
    assert_eq!(error.remedy(), "Register the reader's identity with the cloud.");

    cloud.registry().admit(READER, true).unwrap();
    session.login(&mut Cloud::conversation(&cloud), &all()).unwrap();
}

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
    let mut lossy = Lossy {
        inner: Cloud::conversation(&cloud),
        left: 60,
    };
    session.login(&mut lossy, &all()).unwrap();
    let error = session.serve_cloud(&mut lossy).unwrap_err();
    assert!(
        matches!(error, ClientError::Cloud(CloudFault::Closed(_))),
        "{error}"
    );
    let delivery = cloud
        .registry()
        .campaigns()
        .unwrap()
        .remove(2)
        .deliveries
        .remove(0);
    assert_eq!(delivery.state, DeliveryState::Delivering);
    assert!(delivery.next_offset > 0 && plain.lock().unwrap().updates().is_empty());

    let mut conversation = Cloud::conversation(&cloud);
    session.login(&mut conversation, &all()).unwrap();
    let relayed = session.serve_cloud(&mut conversation).unwrap();
    // 125 chunks make the image; more than 50 of them are there already.
    assert!(relayed < 90, "{relayed}");
    let taken: Vec<_> = plain
        .lock()
        .unwrap()
        .updates()
        .iter()
        .map(|(kind, counter, _)| (*kind, *counter))
        .collect();
    let authentication = UpdateKind::AUTHENTICATION;
    assert_eq!(
        taken,
        [
            (UpdateKind::SOFTWARE, 9),
            (authentication, 4),
            (authentication, 5)
        ]
    );
    assert_eq!(plain.lock().unwrap().updates()[0].2, image);
    let campaigns = cloud.registry().campaigns().unwrap();
    let states: Vec<_> = campaigns
        .iter()
        .map(|campaign| campaign.deliveries.first().map(|delivery| delivery.state))
        .collect();
    let installed = Some(DeliveryState::Installed);
    assert_eq!(states, [installed, installed, installed, None]);

    // Nothing is left for the next login, which says which counters the reader has now.
    session.login(&mut conversation, &all()).unwrap();
    assert_eq!(session.serve_cloud(&mut conversation).unwrap(), 0);
    let counters = cloud.registry().readers().unwrap()[0].counters;
    assert_eq!(
        (counters.software, counters.authentication, counters.logic),
        (9, 5, 0)
    );
}

/// A connection with the cloud that is lost after some messages.
struct Lossy {
    inner: Conversation,
    left: u32,
}

impl CloudPeer for Lossy {
    fn exchange(&mut self, request: &[u8], deadline: Instant) -> Result<Vec<u8>, CloudFault> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| CloudFault::Closed(std::io::ErrorKind::ConnectionReset.into()))?;
        self.inner.exchange(request, deadline)
    }
}

#[test]
fn a_reader_that_does_not_serve_after_the_last_step_is_told() {
    let mut plain = PlainReader::new(reader_identity(), services());
    let mut relays = 0;
    let (_reader, mut session) = connected(move |session, request| {
        let answer = plain.answer(session, request);
        relays += u32::from(request.first() == Some(&Relay::CODE));
        let (state, payload) = (SessionState::Connected, &[][..]);
        Reply::Answer(match relays {
            2 => reply(&RelayAnswer {
                state,
                payload,
                extensions: Extensions::NONE,
            }),
            _ => answer,
        })
    });
    let error = session
        .login(&mut Cloud::conversation(&cloud()), &all())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "reader: it is `connected` after the login instead of `serving`"
    );
}

#[test]
fn a_reader_with_nothing_to_say_to_the_cloud_is_told() {
    let mut plain = PlainReader::new(reader_identity(), services());
    let (_reader, mut session) = connected(move |session, request| {
        let (state, payload) = (SessionState::Login, &[][..]);
        Reply::Answer(match request.first() {
            Some(&Relay::CODE) => reply(&RelayAnswer {
                state,
                payload,
                extensions: Extensions::NONE,
            }),
            _ => plain.answer(session, request),
        })
    });
    let error = session
        .login(&mut Cloud::conversation(&cloud()), &all())
        .unwrap_err();
    assert!(
        matches!(error, ClientError::Reader(ReaderFault::NothingToRelay)),
        "{error}"
    );
}
