//! Attacks on the reader's half of a login: played again, forged, joined to another session, impersonated.

use super::clouds::only_connected;
use super::{
    noise,
    scene::{OFFERS, Scene, flipped, logins},
};
use crate::hostile::{
    Held, broken,
    ends::{answered, open_as, opened, relay_to_cloud},
    must,
};
use cardwire_codec::{
    Message,
    message::{CloudError, CloudOpenAnswer, ErrorCode, LoginHeader},
};
use cardwire_peers::{Cloud, cloud::Responder, identity::ReaderIdentity, scripted::ReaderLogin};
use std::time::Instant;

/// Plays the reader's half of a recorded login to the cloud.
pub fn replayed_first(scene: &mut Scene) -> Held {
    let cloud = scene.cloud();
    let (mut board, mut session) = scene.connected()?;
    let mut conversation = Cloud::conversation(&cloud);
    let recorded = session.login(&mut board, &mut conversation, &OFFERS)?;
    let counted = logins(&cloud);
    if counted != 1 {
        return broken("the cloud counts its logins", counted);
    }
    for _ in 0..64 {
        let mut conversation = Cloud::conversation(&cloud);
        scene.attempt();
        // The first message authenticates again: nothing may come of it.
        let second = opened(&conversation.handle(&recorded.open, Instant::now()))?;
        must(second != recorded.second, || {
            "the cloud repeats its ephemeral key".into()
        })?;
        for said in [&recorded.confirm, &second, &vec![0; 80]] {
            let mut conversation = Cloud::conversation(&cloud);
            opened(&conversation.handle(&recorded.open, Instant::now()))?;
            scene.attempt();
            let answer = conversation.handle(&relay_to_cloud(said), Instant::now());
            must(
                CloudError::decode(&answer).is_ok() && !conversation.is_logged_in(),
                || format!("a recorded login goes on: {answer:02X?}"),
            )?;
        }
    }
    must(logins(&cloud) == counted, || {
        "the cloud counts a recorded login".into()
    })
}

/// Logs in under the reader's name with another key.
pub fn false_reader(scene: &mut Scene) -> Held {
    let cloud = scene.cloud();
    let (mut board, mut session) = scene.connected()?;
    let (header, _) = session.begin_login(&mut board, &OFFERS)?;
    let attacker = ReaderIdentity {
        static_key: Scene::attackers_key(),
        ..scene.reader()
    };
    for _ in 0..32 {
        scene.attempt();
        let login = ReaderLogin::begin(&attacker, header.clone()).unwrap();
        let mut conversation = Cloud::conversation(&cloud);
        let answer = conversation.handle(&session.cloud_open(&header, &login.first), Instant::now());
        must(
            CloudError::decode(&answer).is_ok_and(|error| error.code == ErrorCode::READER_UNKNOWN),
            || format!("a reader with another key is answered: {answer:02X?}"),
        )?;
    }
    must(logins(&cloud) == 0, || "the cloud counts a login".into())?;
    session
        .login(&mut board, &mut Cloud::conversation(&cloud), &OFFERS)
        .map(drop)
}

/// Flips every bit of the login header and of the reader's handshake message on their way to the cloud.
pub fn flipped_open(scene: &mut Scene) -> Held {
    let cloud = scene.cloud();
    let (mut board, mut session) = scene.connected()?;
    let (header, first) = session.begin_login(&mut board, &OFFERS)?;
    let mut refused = |what: &str, open: Vec<u8>| {
        scene.attempt();
        let mut conversation = Cloud::conversation(&cloud);
        let answer = conversation.handle(&open, Instant::now());
        must(CloudError::decode(&answer).is_ok(), || {
            format!("{what} flipped, and the cloud answers {answer:02X?}")
        })
    };
    for (at, bit, header) in flipped(&header) {
        // A client that goes along says what the header says.
        let open = match LoginHeader::decode(&header) {
            Ok(read) => open_as(read.client_id.as_str(), read.session, &header, &first),
            Err(_) => session.cloud_open(&header, &first),
        };
        refused(&format!("bit {bit} of byte {at} of the header"), open)?;
    }
    for (at, bit, first) in flipped(&first) {
        refused(
            &format!("bit {bit} of byte {at} of the reader's message"),
            session.cloud_open(&header, &first),
        )?;
    }
    must(logins(&cloud) == 0, || "the cloud counts a login".into())?;
    let answer = Cloud::conversation(&cloud).handle(&session.cloud_open(&header, &first), Instant::now());
    opened(&answer).map(drop)
}

/// Joins the login of one reader or client to the session of another.
pub fn spliced_logins(scene: &mut Scene) -> Held {
    let cloud = scene.cloud();
    let twin = ReaderIdentity {
        id: "CERT-READER-2".into(),
        static_key: cardwire_peers::identity::Key::new([0x44; 32]),
        clients: vec![cardwire_peers::identity::ReaderClient {
            id: scene.client().id,
            generation: 1,
            pre_shared_key: scene.client().pre_shared_key("CERT-READER-2"),
        }],
        ..scene.reader()
    };
    let public = twin.static_key.x25519_public();
    cloud.registry().add_reader(&twin.id, &public).unwrap();
    let (mut here, mut session) = scene.connected()?;
    let mut there = scene.board_of(&twin, cardwire_codec::message::Provisioning::Certification);
    let mut far = there.connect(&scene.client())?;
    let before = here.state(Some(&mut session))?;

    // The login of the reader over there, told as that of this session.
    let (header, first) = far.begin_login(&mut there, &OFFERS)?;
    for (client, id) in [
        (&session.client, &session.keys.session),
        (&scene.other_client().id, &far.keys.session),
    ] {
        scene.attempt();
        let answer =
            Cloud::conversation(&cloud).handle(&open_as(client, id, &header, &first), Instant::now());
        must(
            CloudError::decode(&answer).is_ok_and(|error| error.code == ErrorCode::CLIENT_MISMATCH),
            || format!("the cloud takes a login for another session: {answer:02X?}"),
        )?;
    }
    // A malicious client tells the truth to the cloud, and brings the answer to the other reader.
    let mut conversation = Cloud::conversation(&cloud);
    let second = opened(&conversation.handle(&far.cloud_open(&header, &first), Instant::now()))?;
    scene.attempt();
    session.begin_login(&mut here, &OFFERS)?;
    let said = session.relay(&mut here, &second)?;
    must(said.is_err(), || {
        format!("the reader takes the answer to another reader: {said:?}")
    })?;
    let confirm = far.relayed(&mut there, &second)?;
    let result = answered(&conversation.handle(&relay_to_cloud(&confirm), Instant::now()))?;
    scene.attempt();
    let said = session.relay(&mut here, &result)?;
    must(said.is_err(), || {
        format!("the reader takes the login_result of another reader: {said:?}")
    })?;
    only_connected(&mut session, &mut here, "another reader's login")?;
    here.unchanged(Some(&mut session), &before, "another reader's login")
}

/// The header and login_confirm name the client that is connected, so that the cloud logs whose login it is.
pub fn hidden_client(scene: &mut Scene) -> Held {
    use cardwire_codec::message::LoginConfirm;
    let mut board = scene.board();
    for client in [scene.client(), scene.other_client()] {
        scene.attempt();
        let mut session = board.connect(&client)?;
        let (header, first) = session.begin_login(&mut board, &OFFERS)?;
        let Ok(read) = LoginHeader::decode(&header) else {
            return broken("the header", header);
        };
        must(
            read.client_id == *client.id && *read.session == session.keys.session,
            || {
                format!(
                    "the header names {:?} where {} is connected",
                    read.client_id, client.id
                )
            },
        )?;
        let Some(responder) = Responder::read(&scene.cloud_key(), &header, &first).ok() else {
            return broken("the reader's message", ());
        };
        let key = responder.reader_key();
        let Some(Ok((second, mut channel))) = responder.registered(&key).map(|it| it.answer()) else {
            return broken("the cloud's answer", ());
        };
        let confirm = session.relayed(&mut board, &second)?;
        let confirm = channel.open(&confirm).unwrap_or_default();
        let named = LoginConfirm::decode(&confirm).is_ok_and(|confirm| confirm.client_id == *client.id);
        must(named, || "login_confirm names another client".into())?;
    }
    Ok(())
}

/// Who has stolen the cloud's key makes the first message of any reader. The second step needs the reader's own.
pub fn impersonated_reader(scene: &mut Scene) -> Held {
    let cloud = scene.cloud();
    let (mut board, mut session) = scene.connected()?;
    let (header, _) = session.begin_login(&mut board, &OFFERS)?;
    let public = scene.reader().static_key.x25519_public();
    for fill in 0..64_u8 {
        let (mut thief, first) = noise::Impersonation::begin(&scene.cloud_key(), public, &header);
        let mut conversation = Cloud::conversation(&cloud);
        let answer = conversation.handle(&session.cloud_open(&header, &first), Instant::now());
        let second = match CloudOpenAnswer::decode(&answer) {
            Ok(answer) => answer.handshake.to_vec(),
            // If it did not authenticate the theft would not be shown.
            Err(error) => return broken("the thief's first message", error),
        };
        scene.attempt();
        must(!thief.reads(&second), || {
            "the thief reads the cloud's answer".into()
        })?;
        scene.attempt();
        let answer = conversation.handle(&relay_to_cloud(&[fill; 100]), Instant::now());
        must(
            CloudError::decode(&answer).is_ok() && !conversation.is_logged_in(),
            || "the thief is logged in".into(),
        )?;
    }
    must(logins(&cloud) == 0, || "the cloud counts a thief's login".into())?;
    session
        .login(&mut board, &mut Cloud::conversation(&cloud), &OFFERS)
        .map(drop)
}
