//! Attacks on the login, from the line, from a malicious client, and from who has stolen a key.

use super::{
    noise,
    scene::{IDENTIFY, OFFERS, Scene, flipped, logins},
};
use crate::hostile::{
    Held, because,
    board::Board,
    broken,
    ends::{Login, Session, answered, opened, relay_to_cloud},
    must,
    updates::PlayedCloud,
};
use cardwire_codec::{
    List, Name,
    message::{
        ErrorCode, LoginOutcome, ServiceId, SessionState,
        limits::{RELAYED_MAX, T_HANDSHAKE_MS},
    },
};
use cardwire_peers::{Cloud, cloud::Responder};
use std::time::Instant;

/// A session that is connected and not served: what every refused login must leave.
pub fn only_connected(session: &mut Session, board: &mut Board, by: &str) -> Held {
    let state = session.status(board)?.state;
    must(state == SessionState::Connected, || {
        format!("{by} leaves it {state:?}")
    })?;
    let run = session.instruct(board, 0xEE, IDENTIFY)?;
    must(run == Err(ErrorCode::NOT_LOGGED_IN), || {
        format!("{by} opens a service: {run:?}")
    })
}

/// Flips every bit of the cloud's handshake message.
pub fn flipped_second(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let before = board.state(Some(&mut session))?;
    let cloud = scene.cloud();
    for (at, bit) in (0..48).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        scene.attempt();
        let (header, first) = session.begin_login(&mut board, &OFFERS)?;
        let open = session.cloud_open(&header, &first);
        let mut second = opened(&Cloud::conversation(&cloud).handle(&open, Instant::now()))?;
        second[at] ^= 1 << bit;
        let said = session.relay(&mut board, &second)?;
        must(said == Err(ErrorCode::CLOUD_NOT_AUTHENTICATED), || {
            format!("bit {bit} of byte {at} of the cloud's message flipped: {said:?}")
        })?;
        if bit == 0 {
            only_connected(&mut session, &mut board, "a flipped handshake message")?;
        }
    }
    board.unchanged(Some(&mut session), &before, "a flipped handshake message")?;
    must(logins(&cloud) == 0, || "the cloud counts a login".into())?;
    session
        .login(&mut board, &mut Cloud::conversation(&cloud), &OFFERS)
        .map(drop)
}

/// Flips every bit of login_result.
pub fn flipped_result(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let before = board.state(Some(&mut session))?;
    let cloud = scene.cloud();
    let mut at = 0;
    loop {
        let mut conversation = Cloud::conversation(&cloud);
        let (header, first) = session.begin_login(&mut board, &OFFERS)?;
        let second = opened(&conversation.handle(&session.cloud_open(&header, &first), Instant::now()))?;
        let confirm = session.relayed(&mut board, &second)?;
        let mut result = answered(&conversation.handle(&relay_to_cloud(&confirm), Instant::now()))?;
        if at == result.len() * 8 {
            break;
        }
        scene.attempt();
        result[at / 8] ^= 1 << (at % 8);
        let said = session.relay(&mut board, &result)?;
        must(said == Err(ErrorCode::CLOUD_NOT_AUTHENTICATED), || {
            format!("bit {at} of login_result flipped: {said:?}")
        })?;
        only_connected(&mut session, &mut board, "a flipped login_result")?;
        at += 1;
    }
    board.lose_link();
    let mut session = board.connect(&scene.client())?;
    let mut fresh = board.state(Some(&mut session))?;
    // The challenge is that of the second session.
    fresh.same_challenge(&before);
    must(fresh == before, || {
        "a flipped login_result has changed something".into()
    })
}

/// Answers in the cloud's place with a key of his own, and with every guess at a handshake message.
pub fn false_cloud(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let before = board.state(Some(&mut session))?;
    let mut keys = vec![Scene::attackers_key()];
    // Keys that are the right one but for a bit.
    keys.extend(
        flipped(scene.cloud_key().as_bytes())
            .map(|(_, _, key)| cardwire_peers::identity::Key::new(key.try_into().unwrap_or([0; 32]))),
    );
    // X25519 does not look at five bits of a private key (RFC 7748): those are the right key.
    keys.retain(|key| key.x25519_public() != scene.cloud_key().x25519_public());
    for key in &keys {
        scene.attempt();
        let cloud = PlayedCloud::begin(&mut session, &mut board, key, &OFFERS)?;
        must(cloud.is_none(), || "another cloud takes part in a login".into())?;
    }
    // Who can't read the reader's message can still answer it.
    for byte in 0..=255 {
        scene.attempt();
        session.begin_login(&mut board, &OFFERS)?;
        let said = session.relay(&mut board, &[byte; 48])?;
        must(said.is_err(), || {
            format!("48 bytes {byte:02X} are taken for the cloud's: {said:?}")
        })?;
    }
    only_connected(&mut session, &mut board, "another cloud")?;
    board.unchanged(Some(&mut session), &before, "another cloud")
}

/// Plays the cloud's half of a recorded login again: in the same session, in another one, after a reset.
pub fn replayed_cloud(scene: &mut Scene) -> Held {
    let (mut board, mut session, _cloud) = scene.serving()?;
    // A login of its own is recorded.
    let mut conversation = Cloud::conversation(&scene.cloud());
    let recorded: Login = session.login(&mut board, &mut conversation, &OFFERS)?;
    let mut replay = |board: &mut Board, session: &mut Session, when: &str| {
        for second in [&recorded.second, &recorded.result, &recorded.confirm] {
            scene.attempt();
            session.begin_login(board, &OFFERS)?;
            let said = session.relay(board, second)?;
            must(said.is_err(), || {
                format!("{when}: a recorded message of the cloud is taken")
            })?;
            let said = session.relay(board, &recorded.result)?;
            must(said.is_err(), || {
                format!("{when}: a recorded login_result is taken")
            })?;
        }
        only_connected(session, board, "a recorded login")
    };
    replay(&mut board, &mut session, "in the same session")?;
    let mut session = board.connect(&scene_client())?;
    replay(&mut board, &mut session, "in another session")?;
    for _ in 0..4 {
        board.reset();
        let mut session = board.connect(&scene_client())?;
        replay(&mut board, &mut session, "after a reset")?;
    }
    Ok(())
}

fn scene_client() -> cardwire_peers::identity::ClientIdentity {
    cardwire_peers::Identities::certification().clients[0].clone()
}

/// The cloud itself says something else than this reader and this client: what a cloud does that was talked into it.
pub fn foreign_result(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let key = scene.cloud_key();
    let (reader, client) = (scene.reader().id, scene.other_client().id);
    type Change = (&'static str, ErrorCode);
    let cases: [Change; 3] = [
        ("another reader", ErrorCode::LOGIN_MISMATCH),
        ("another client", ErrorCode::LOGIN_MISMATCH),
        ("a denial", ErrorCode::LOGIN_DENIED),
    ];
    for (case, expected) in cases {
        scene.attempt();
        let Some(mut cloud) = PlayedCloud::begin(&mut session, &mut board, &key, &OFFERS)? else {
            return broken("the login", case);
        };
        let result = cloud.grant(&mut session, &mut board, |result| match case {
            "another reader" => result.reader_id = Name::from_text("CERT-READER-2"),
            "another client" => result.client_id = Name::from_text("CERT-CLIENT-2"),
            _ => result.outcome = LoginOutcome::Denied,
        })?;
        must(result == Err(expected), || {
            format!("a login_result for {case} is taken: {result:?}")
        })?;
        only_connected(&mut session, &mut board, case)?;
    }
    let _ = (reader, client);
    PlayedCloud::login(&mut session, &mut board, &key, &OFFERS).map(drop)
}

/// Opens a recorded first message with the cloud's stolen key: there is nothing in it. And sends one with a payload.
pub fn opened_later(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let key = scene.cloud_key();
    for length in 1..=64_usize {
        scene.attempt();
        let (header, first) = session.begin_login(&mut board, &OFFERS)?;
        // Responder::read takes messages with an empty payload only: 96 bytes are two keys and two tags.
        must(
            first.len() == 96 && Responder::read(&key, &header, &first).is_ok(),
            || "the first message has a payload".into(),
        )?;
        let second = noise::cloud_message_with_payload(&key, &header, &first, &vec![0x42; length]);
        let said = session.relay(&mut board, &second)?;
        must(said.is_err(), || {
            format!("a payload of {length} bytes in the handshake is taken")
        })?;
    }
    only_connected(&mut session, &mut board, "a handshake message with a payload")
}

/// The cloud's handshake message with a point of low order: from who holds its key.
pub fn low_order_cloud(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let before = board.state(Some(&mut session))?;
    let key = scene.cloud_key();
    for point in noise::low_order() {
        scene.attempt();
        let (header, first) = session.begin_login(&mut board, &OFFERS)?;
        let second = noise::cloud_message(&key, &header, &first, point);
        let said = session.relay(&mut board, &second)?;
        must(said == Err(ErrorCode::CLOUD_NOT_AUTHENTICATED), || {
            format!("the point {point:02X?} is taken: {said:?}")
        })?;
    }
    only_connected(&mut session, &mut board, "a point of low order")?;
    board.unchanged(Some(&mut session), &before, "a point of low order")?;
    PlayedCloud::login(&mut session, &mut board, &key, &OFFERS).map(drop)
}

/// Relayed bytes of every length, at every stage of a login: what a library might stop at.
pub fn relayed_lengths(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let key = scene.cloud_key();
    for length in 16..=RELAYED_MAX + 16 {
        for stage in 0..3 {
            scene.attempt();
            match stage {
                0 => drop(session.begin_login(&mut board, &OFFERS)?),
                1 => drop(PlayedCloud::begin(&mut session, &mut board, &key, &OFFERS)?),
                _ if length % 8 != 0 => continue,
                _ => drop(PlayedCloud::login(&mut session, &mut board, &key, &OFFERS)?),
            }
            let said = because(session.relay(&mut board, &vec![0x5A; length]), "relayed bytes")?;
            must(said == Err(ErrorCode::CLOUD_NOT_AUTHENTICATED), || {
                format!("{length} bytes at stage {stage} are taken: {said:?}")
            })?;
            must(board.hello_answer().is_ok(), || {
                format!("{length} bytes at stage {stage} stop the reader")
            })?;
            let state = session.status(&mut board).map(|status| status.state);
            let expected = if stage == 2 {
                SessionState::Serving
            } else {
                SessionState::Connected
            };
            must(state == Ok(expected), || {
                format!("{length} bytes at stage {stage} leave {state:?}")
            })?;
        }
    }
    // Lengths that have no encoding as a relay are malformed, and leave the login.
    PlayedCloud::login(&mut session, &mut board, &key, &OFFERS).map(drop)
}

/// Uses grants after their time, services that were not granted or not offered, and those of a login before.
pub fn stale_grants(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let key = scene.cloud_key();
    let refused = |session: &mut Session, board: &mut Board, why: &str, expected: ErrorCode| {
        let said = session.instruct(board, 7, IDENTIFY)?;
        must(said == Err(expected), || {
            format!("{why}: the service answers {said:?}")
        })
    };
    // A lifetime that is over.
    let Some(mut cloud) = PlayedCloud::begin(&mut session, &mut board, &key, &OFFERS)? else {
        return broken("the login", ());
    };
    cloud
        .grant(&mut session, &mut board, |result| result.lifetime = 5)?
        .ok();
    session.run(&mut board, 1, IDENTIFY)?;
    board.pass(5000);
    scene.attempt();
    refused(
        &mut session,
        &mut board,
        "after the lifetime of the grants",
        ErrorCode::NOT_LOGGED_IN,
    )?;
    // A new login that is begun.
    PlayedCloud::login(&mut session, &mut board, &key, &OFFERS)?;
    session.begin_login(&mut board, &OFFERS)?;
    scene.attempt();
    refused(
        &mut session,
        &mut board,
        "while a new login is open",
        ErrorCode::NOT_LOGGED_IN,
    )?;
    let open = session.open_interfaces(&mut board)?;
    must(open.is_empty(), || {
        format!("the interfaces {open:?} of the login before are open")
    })?;
    // A login that was left open, and is finished later.
    let (header, first) = session.begin_login(&mut board, &OFFERS)?;
    let late =
        Cloud::conversation(&scene.cloud()).handle(&session.cloud_open(&header, &first), Instant::now());
    let late = opened(&late)?;
    board.pass(T_HANDSHAKE_MS);
    scene.attempt();
    let said = session.relay(&mut board, &late)?;
    must(said == Err(ErrorCode::LOGIN_EXPIRED), || {
        format!("a login is finished after its time: {said:?}")
    })?;
    scene.attempt();
    refused(
        &mut session,
        &mut board,
        "after a login that was never finished",
        ErrorCode::NOT_LOGGED_IN,
    )?;
    // Services that were not granted.
    const GRANTED: [ServiceId; 1] = [ServiceId::SUBSCRIBER_READ];
    let Some(mut cloud) = PlayedCloud::begin(&mut session, &mut board, &key, &OFFERS)? else {
        return broken("the login", ());
    };
    cloud
        .grant(&mut session, &mut board, |result| {
            result.all_services = false;
            result.services = List::from_items(&GRANTED);
        })?
        .ok();
    scene.attempt();
    refused(
        &mut session,
        &mut board,
        "without a grant",
        ErrorCode::INTERFACE_DISABLED,
    )?;
    // Services that were not offered.
    PlayedCloud::login(&mut session, &mut board, &key, &OFFERS[1..])?;
    scene.attempt();
    refused(
        &mut session,
        &mut board,
        "without an offer",
        ErrorCode::INTERFACE_DISABLED,
    )?;
    // The rights of the client before.
    PlayedCloud::login(&mut session, &mut board, &key, &OFFERS)?;
    let mut other = board.connect(&scene.other_client())?;
    scene.attempt();
    refused(
        &mut other,
        &mut board,
        "with the login of the client before",
        ErrorCode::NOT_LOGGED_IN,
    )
}
