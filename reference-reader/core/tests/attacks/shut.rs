//! Attacks on interfaces that should be shut, on the way in by installing, and by garbage.

use super::scene::{IDENTIFY, OFFERS, Scene, random};
use crate::hostile::{
    Held,
    board::Board,
    broken,
    ends::{Attempt, NONE, Session, encode},
    must,
    updates::PlayedCloud,
};
use cardwire_codec::{
    Message,
    message::{
        Diagnostics, Disconnect, ErrorAnswer, ErrorCode, FrameKind, Instruct, JobAbort, JobData, JobStatus,
        Provisioning, ReaderStatus, ReaderStatusAnswer, Refusal, ServiceList,
        limits::{T_HANDSHAKE_MS, T_IDLE_MS},
    },
};
use cardwire_core::identity::ClientKey;

/// Every request that only an open interface takes.
fn service_requests() -> Vec<Vec<u8>> {
    let job = &[9; 16];
    vec![
        encode(&Instruct {
            job,
            service: IDENTIFY,
            parameters: &[],
            extensions: NONE,
        }),
        encode(&ServiceList {
            from: 0,
            extensions: NONE,
        }),
        encode(&JobStatus {
            job,
            extensions: NONE,
        }),
        encode(&JobData {
            job,
            part: 0,
            extensions: NONE,
        }),
        encode(&JobAbort {
            job,
            extensions: NONE,
        }),
    ]
}

/// Shows all of them to a session that is not logged in.
fn shut(scene: &mut Scene, board: &mut Board, session: &mut Session, when: &str) -> Held {
    let commands = board.commands;
    for message in service_requests() {
        scene.attempt();
        let answer = session.ask(board, &message)?;
        let refused = ErrorAnswer::decode(&answer).is_ok_and(|error| error.code == ErrorCode::NOT_LOGGED_IN);
        must(refused, || {
            format!("{when}: {:02X} gets {answer:02X?}", message[0])
        })?;
    }
    must(board.commands == commands, || {
        format!("{when}: a module was told something")
    })
}

/// Shows all of them to a reader that knows this session no more.
fn gone(scene: &mut Scene, board: &mut Board, session: &mut Session, when: &str) -> Held {
    let commands = board.commands;
    for message in service_requests() {
        scene.attempt();
        let sealed = session.seal(session.next, &message);
        let said = board.hear_frame(FrameKind::Sealed, session.next, &sealed);
        session.next += 1;
        let refused = said.iter().all(|frame| frame.payload == [Refusal::CODE]) && said.len() == 1;
        must(refused, || format!("{when}: {:02X} gets {said:02X?}", message[0]))?;
    }
    must(board.commands == commands, || {
        format!("{when}: a module was told something")
    })
}

/// Uses service interfaces before login, during it, after the session, after a reset.
pub fn interfaces(scene: &mut Scene) -> Held {
    let key = scene.cloud_key();
    let mut board = scene.board();
    let mut session = board.connect(&scene.client())?;
    shut(scene, &mut board, &mut session, "before login")?;
    session.begin_login(&mut board, &OFFERS)?;
    shut(scene, &mut board, &mut session, "in a login that has begun")?;
    PlayedCloud::begin(&mut session, &mut board, &key, &OFFERS)?;
    shut(
        scene,
        &mut board,
        &mut session,
        "in a login that waits for its result",
    )?;
    board.pass(T_HANDSHAKE_MS);
    shut(
        scene,
        &mut board,
        &mut session,
        "after a login that came to nothing",
    )?;

    for end in [
        "disconnect",
        "a reset of the link",
        "silence",
        "another client",
        "a reset",
    ] {
        let mut session = board.connect(&scene.client())?;
        PlayedCloud::login(&mut session, &mut board, &key, &OFFERS)?;
        session
            .run(&mut board, 0x40, IDENTIFY)
            .or_else(|_| session.data(&mut board, 0x40).map(|_| Vec::new()))?;
        match end {
            "disconnect" => drop(session.request(&mut board, &Disconnect { extensions: NONE })?),
            "a reset of the link" => board.lose_link(),
            "silence" => drop(board.pass(T_IDLE_MS + 1000)),
            "another client" => {
                let mut other = board.connect(&scene.other_client())?;
                shut(scene, &mut board, &mut other, "for the client after")?;
                let commands = board.commands;
                for message in service_requests() {
                    scene.attempt();
                    let sealed = session.seal(session.next, &message);
                    let said = board.hear_frame(FrameKind::Sealed, session.next, &sealed);
                    must(said.is_empty() && board.commands == commands, || {
                        format!("the session before is still answered: {said:02X?}")
                    })?;
                }
                continue;
            }
            _ => board.reset(),
        }
        gone(scene, &mut board, &mut session, &format!("after {end}"))?;
        let mut next = board.connect(&scene.client())?;
        shut(
            scene,
            &mut board,
            &mut next,
            &format!("in the session after {end}"),
        )?;
    }
    Ok(())
}

/// Looks for a message that installs something: every code, in clear and sealed, with all kinds of bodies.
pub fn install_mode(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut seed = 0x1257;
    let mut session = board.connect(&scene.client())?;
    let before = board.state(Some(&mut session))?;
    let identity = format!("{:?}", board.identity);
    for code in 0..=0xFF_u8 {
        for length in [0, 1, 2, 16, 33, 64, 200] {
            let body = (0..length).map(|_| random(&mut seed) as u8);
            let message: Vec<u8> = [code].into_iter().chain(body).collect();
            if Disconnect::decode(&message).is_ok() || code == 0x03 || message == [ReaderStatus::CODE] {
                continue;
            }
            scene.attempt();
            session.ask(&mut board, &message)?;
            board.clear(&message);
        }
    }
    board.pass(1000);
    board.unchanged(Some(&mut session), &before, "a message that installs something")?;
    must(identity == format!("{:?}", board.identity), || {
        "the identity has changed".into()
    })?;
    let answer = session.request(&mut board, &ReaderStatus { extensions: NONE })?;
    match ReaderStatusAnswer::decode(&answer) {
        Ok(status) => must(status.provisioning == Provisioning::Certification, || {
            format!(
                "a reader with the published identity says that it is {:?}",
                status.provisioning
            )
        }),
        Err(error) => broken("reader_status", error),
    }
}

/// A reader in production: the published clients are nobody to it, and diagnostics are not given.
pub fn production_reader(scene: &mut Scene) -> Held {
    let published = cardwire_peers::Identities::certification();
    let own = cardwire_peers::Identities::generate("FIELD-READER-7", "FIELD-CLIENT-1").unwrap();
    let reader = own.reader.clone().unwrap();
    let mut board = scene.board_of(&reader, Provisioning::Production);
    let before = board.state(None)?;
    for client in &published.clients {
        for _ in 0..8 {
            scene.attempt();
            let attempt = Attempt::new(&mut board, client)?;
            let answers = board.clear(&attempt.connect);
            must(answers == [[Refusal::CODE]], || {
                format!("{} is let in", client.id)
            })?;
            board.pass(1000);
        }
    }
    board.unchanged(None, &before, "a published client")?;
    let mut session = board.connect(&own.clients[0])?;
    scene.attempt();
    let said = session.error(
        &mut board,
        &Diagnostics {
            from: 0,
            extensions: NONE,
        },
    )?;
    must(said == Some(ErrorCode::NOT_PERMITTED), || {
        format!("diagnostics of a reader in production: {said:?}")
    })?;
    let known: usize = board
        .identity
        .clients
        .iter()
        .flatten()
        .map(|_: &ClientKey| 1)
        .sum();
    must(known == 1, || "it knows more clients than its own".into())
}

/// Garbage, half frames, and frames that lie, in every state: the right client goes on, and nothing has stopped.
pub fn garbage(scene: &mut Scene) -> Held {
    let mut seed = 0x6A2B_A6E5;
    let key = scene.cloud_key();
    for state in 0..4 {
        let mut board = scene.board();
        let mut session = board.connect(&scene.client())?;
        match state {
            0 => board.lose_link(),
            1 => {}
            2 => drop(session.begin_login(&mut board, &OFFERS)?),
            _ => drop(PlayedCloud::login(&mut session, &mut board, &key, &OFFERS)?),
        }
        let mut watched = (state == 1 || state == 3).then_some(session);
        let before = board.state(watched.as_mut())?;
        for round in 0..800 {
            scene.attempt();
            let length = random(&mut seed) % if round % 50 == 0 { 6000 } else { 90 };
            let mut bytes: Vec<u8> = (0..length).map(|_| random(&mut seed) as u8).collect();
            if round % 3 == 0 {
                // Without zeros: one frame that is none.
                bytes.iter_mut().for_each(|byte| *byte |= 1);
            }
            bytes.push(0);
            board.hear(&bytes);
            if round % 8 == 0 {
                must(board.hello_answer().is_ok(), || {
                    format!("garbage of round {round} has cost the next frame")
                })?;
            }
            board.pass(random(&mut seed) % 5);
        }
        board.unchanged(watched.as_mut(), &before, "garbage")?;
    }
    Ok(())
}

/// Malformed requests inside the channel, from a client with the right key.
pub fn malformed_requests(scene: &mut Scene) -> Held {
    let (mut board, mut session, _cloud) = scene.serving()?;
    let before = board.state(Some(&mut session))?;
    let mut seed = 0x3A1F;
    for round in 0..4000 {
        let length = random(&mut seed) % if round % 20 == 0 { 467 } else { 60 };
        let mut message: Vec<u8> = (0..length).map(|_| random(&mut seed) as u8).collect();
        // Half of them are right requests with something wrong behind.
        if round % 2 == 0 {
            message = service_requests()[(random(&mut seed) % 5) as usize].clone();
            message.push(random(&mut seed) as u8);
        }
        if cardwire_codec::message::Request::decode(&message).is_ok() {
            continue;
        }
        scene.attempt();
        let answer = session.ask(&mut board, &message);
        let named = matches!(&answer, Ok(answer) if ErrorAnswer::decode(answer).is_ok_and(|error| error.code == ErrorCode::MALFORMED));
        must(named, || format!("{message:02X?} gets {answer:02X?}"))?;
    }
    board.unchanged(Some(&mut session), &before, "a malformed request")
}
