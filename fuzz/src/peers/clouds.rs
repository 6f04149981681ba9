//! A client against a cloud that says what it likes, and the cloud against a client that does.

use super::{
    OFFERS, is_clear,
    script::{Says, altered},
};
use crate::{
    handshake::{
        self,
        between::{Between, Shared},
    },
    session::{begin, inputs::Beginning},
    world::{encoded, log::Log, people::PEOPLE},
};
use cardwire_codec::{
    Name,
    message::{
        CloudAnswer, CloudOpen, CloudOpenAnswer, CloudRelay, CloudSecrets, HardwareClass, LoginConfirm,
        LoginHeader, ServiceId, Suite, limits::MESSAGE_MAX,
    },
};
use cardwire_peers::{
    Client, Cloud, Link,
    client::{CloudFault, CloudPeer},
    cloud::{Channel, Conversation},
    scripted::ReaderLogin,
};
use std::{sync::Arc, time::Instant};

/// A cloud that knows the reader and grants its clients everything.
pub(crate) fn cloud() -> Arc<Cloud> {
    handshake::cloud()
}

/// A cloud that says what a script says.
struct HostileCloud {
    says: std::vec::IntoIter<Says>,
    conversation: Conversation,
    /// All that it has said so far was right.
    right: bool,
    asked: usize,
}

impl CloudPeer for HostileCloud {
    fn exchange(&mut self, request: &[u8], now: Instant) -> Result<Vec<u8>, CloudFault> {
        self.asked += 1;
        let right = self.conversation.handle(request, now);
        let said = self.says.next().unwrap_or(Says::Right);
        let answer = match &said {
            Says::Damaged(at, with) => altered(right.clone(), *at, *with),
            said => said.of(right.clone()).unwrap_or_default(),
        };
        self.right &= answer == right;
        Ok(answer)
    }
}

/// A client with a right reader against a cloud that says what it likes.
pub(crate) fn client_against_cloud(says: Vec<Says>, log: &Log<'_>) {
    let board = begin::copy(Beginning::Locked).board;
    let shared = Shared::new(Between::new(board, Vec::new(), Arc::default()));
    let client = Client::new(PEOPLE.all.clients[0].clone());
    let session = client.connect(Link::played(shared.wire()));
    let mut session = session.expect("nobody is between client and reader");
    let mut hostile = HostileCloud {
        says: says.into_iter(),
        conversation: Cloud::conversation(&cloud()),
        right: true,
        asked: 0,
    };
    match session.login(&mut hostile, &OFFERS) {
        Ok(()) => assert!(
            hostile.right,
            "a reader logs in with what its cloud has said, unaltered"
        ),
        Err(error) => {
            assert!(!hostile.right, "a right cloud is taken: {error}");
            is_clear(&error, log);
        }
    }
    if let Err(error) = session.serve_cloud(&mut hostile) {
        is_clear(&error, log);
    }
    let fetched = session.fetch_secrets(
        &mut hostile,
        [7; 16],
        ServiceId::CARD_IDENTIFY,
        "8900001010123456783",
    );
    if let Err(error) = fetched {
        is_clear(&error, log);
    }
    assert!(
        hostile.asked < super::ANSWERS_MAX,
        "a client does not ask for ever"
    );
}

/// The cloud against a client, and a reader behind it, that say what they like.
pub(crate) fn cloud_against_client(says: Vec<Says>, log: &Log<'_>) {
    let reader = PEOPLE
        .all
        .reader
        .as_ref()
        .expect("the published identities have a reader");
    let mut cloud = Cloud::conversation(&cloud());
    let now = Instant::now();
    let session = [9; 32];
    let client = &PEOPLE.all.clients[0].id;
    let header = encoded(&LoginHeader {
        version: 1,
        suite: Suite::NOISE_IK,
        reader_id: Name::from_text(&reader.id),
        hardware_class: HardwareClass::REFERENCE_HOST,
        boot_counter: 1,
        client_id: Name::from_text(client),
        session: &session,
        extensions: Default::default(),
    });
    let mut login = None;
    let mut channel: Option<Channel> = None;
    // Which of the steps of a login comes next: its beginning, its confirmation, and what is said behind it.
    let mut step = 0;
    let mut confirmed = false;
    for said in says.into_iter().chain([Says::Right, Says::Right, Says::Right]) {
        let mut unaltered = true;
        let message = match step {
            0 => {
                let begun = ReaderLogin::begin(reader, header.clone()).expect("a login can be begun");
                let message = encoded(&CloudOpen {
                    version: 1,
                    client_id: Name::from_text(client),
                    session: &session,
                    header: &header,
                    handshake: &begun.first,
                    extensions: Default::default(),
                });
                login = Some(begun);
                message
            }
            1 => {
                let confirm = encoded(&LoginConfirm {
                    reader_id: Name::from_text(&reader.id),
                    client_id: Name::from_text(client),
                    software: Name::from_text("fuzzed"),
                    software_counter: 0,
                    authentication_counter: 0,
                    logic_counter: 0,
                    extensions: Default::default(),
                });
                // What is altered here is altered by the reader, and sealed.
                let inside = match &said {
                    Says::Altered(..) | Says::Instead(_) => said.of(confirm.clone()).unwrap_or_default(),
                    _ => confirm.clone(),
                };
                unaltered = inside == confirm;
                relayed(channel.as_mut(), &inside)
            }
            2 => relayed(
                channel.as_mut(),
                &said.of(vec![0xDE, 0x54, 0, 1, 0, 0]).unwrap_or_default(),
            ),
            _ => encoded(&CloudSecrets {
                job: &[7; 16],
                service: ServiceId::CARD_IDENTIFY,
                card: Name::from_text("8900001010123456783"),
                extensions: Default::default(),
            }),
        };
        let sent = match (&said, step) {
            (Says::Altered(..) | Says::Instead(_), 1 | 2) => message.clone(),
            (Says::Damaged(at, with), _) => altered(message.clone(), *at, *with),
            (said, _) => said.of(message.clone()).unwrap_or_default(),
        };
        unaltered &= sent == message;
        let was = cloud.is_logged_in();
        let answer = cloud.handle(&sent, now);
        let read = CloudAnswer::decode(&answer).expect("a cloud answers with a message of this version");
        log.line(|| format!("  step {step}: {read:?}"));
        assert!(answer.len() <= MESSAGE_MAX, "an answer fits a frame");
        if cloud.is_logged_in() && !was {
            assert!(
                step == 1 && channel.is_some(),
                "a login is confirmed by its reader"
            );
            confirmed = unaltered;
            // A reader may tell other counters and software than those above; whom it speaks for it may not.
            step = 2;
            continue;
        }
        step = match (step, &read) {
            (0, CloudAnswer::CloudOpenAnswer(CloudOpenAnswer { handshake, .. })) => {
                channel = login.take().and_then(|login| login.finish(*handshake).ok());
                if unaltered { 1 } else { 0 }
            }
            (2, CloudAnswer::CloudRelayAnswer(_)) => 3,
            _ if cloud.is_logged_in() => 2,
            _ => 0,
        };
    }
    log.line(|| format!("  confirmed: {confirmed}"));
}

/// Bytes of a reader for the cloud, as a client relays them.
fn relayed(channel: Option<&mut Channel>, message: &[u8]) -> Vec<u8> {
    let message = &message[..message.len().min(463)];
    let payload = channel
        .and_then(|channel| channel.seal(message))
        .unwrap_or_else(|| vec![0; 16]);
    encoded(&CloudRelay {
        payload: &payload,
        extensions: Default::default(),
    })
}
