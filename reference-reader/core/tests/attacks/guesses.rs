//! Attacks by guessing, and by looking at how a reader says no.

use super::scene::{Scene, guess};
use crate::hostile::{
    Held,
    board::{Board, Weakness},
    broken,
    ends::Attempt,
    must,
};
use cardwire_codec::{Message, message::Refusal};
use cardwire_peers::{
    client::handshake::{Handshake, connect_message, prologue},
    identity::{ClientIdentity, ClientSecret, Key},
};

/// A right client gets in this long after the last frame of an attack (CW-CONN-009).
const RELIEF: u64 = 2000;

/// A connect with a pre-shared key that is tried.
fn guessed(board: &mut Board, client: &ClientIdentity, key: [u8; 32]) -> Held<Vec<u8>> {
    let attempt = Attempt::new(board, client)?;
    let bound = prologue(&attempt.hello, &attempt.hello_answer, &attempt.header);
    let (_, first) = Handshake::begin(&Key::new(key), &bound).unwrap();
    Ok(connect_message(&attempt.header, &first))
}

/// Tries keys as fast as the line carries them, and cuts the power every second so that the reader forgets.
pub fn flood_across_resets(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut looked_at = 0;
    for second in 0..60 {
        for tenth in 0..100 {
            scene.attempt();
            let connect = guessed(&mut board, &scene.client(), guess(1000 + second * 100 + tenth))?;
            let drawn = *board.drawn.lock().unwrap();
            let answers = board.clear(&connect);
            looked_at += u32::from(*board.drawn.lock().unwrap() != drawn);
            must(answers == [[Refusal::CODE]], || {
                format!("a guess gets {answers:02X?}")
            })?;
            board.pass(10);
        }
        board.reset();
    }
    must(looked_at <= 60 + 8, || {
        format!("{looked_at} keys were looked at within a minute: resets wipe out the back-off")
    })?;
    // With the last frame the attack ends.
    let connect = guessed(&mut board, &scene.client(), guess(1))?;
    board.clear(&connect);
    board.pass(RELIEF);
    let mut session = match board.connect(&scene.client()) {
        Ok(session) => session,
        Err(_) => {
            return must(false, || {
                "the right client is still kept out two seconds later".into()
            });
        }
    };
    let logged = session.status(&mut board)?.failed;
    must(u32::from(logged) >= looked_at / 2 && logged > 0, || {
        format!("{looked_at} guesses were looked at, and {logged} are logged")
    })
}

/// Tries a list of secrets slowly enough to be looked at each time.
pub fn list_of_secrets(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    for number in 0..256 {
        scene.attempt();
        let connect = guessed(&mut board, &scene.client(), guess(number))?;
        let answers = board.clear(&connect);
        must(answers == [[Refusal::CODE]], || {
            format!("the secret is found with guess {number}")
        })?;
        board.pass(1000);
    }
    board.connect(&scene.client()).map(drop)
}

/// Asks which clients a reader knows, by answer and by work.
pub fn oracle(scene: &mut Scene) -> Held {
    let mut seen = Vec::new();
    let secret = || ClientSecret::new(vec![0x31; 16]).unwrap();
    let named = |id: &str, generation| ClientIdentity {
        id: id.into(),
        generation,
        secret: secret(),
    };
    let clients = [
        ("a wrong key", named("CERT-CLIENT-1", 1)),
        ("a wrong key of the other client", named("CERT-CLIENT-2", 1)),
        ("a wrong generation", named("CERT-CLIENT-1", 7)),
        ("an unknown client", named("NOBODY-HERE-1", 1)),
    ];
    for (what, client) in clients {
        for _ in 0..8 {
            scene.attempt();
            let mut board = scene.board();
            let attempt = Attempt::new(&mut board, &client)?;
            let (drawn, said) = (*board.drawn.lock().unwrap(), board.said.len());
            board.clear(&attempt.connect);
            let work = *board.drawn.lock().unwrap() - drawn;
            let flash = board.memory.lock().records.clone();
            seen.push((what, board.said[said..].to_vec(), work, flash, board.now));
        }
    }
    let Some(first) = seen.first() else {
        return broken("nothing was asked", ());
    };
    for (what, said, work, flash, now) in &seen {
        must(
            (said, work, flash, now) == (&first.1, &first.2, &first.3, &first.4),
            || {
                format!(
                    "{what} is told from {}: {said:02X?} beside {:02X?}",
                    first.0, first.1
                )
            },
        )?;
    }
    Ok(())
}

/// A client that the cloud does not admit any more, and one that the reader is not provisioned with any more.
///
/// The reader of this revision has no message that takes a client away; `revoke` comes with updates of authentication
/// information. Until then a client ends with the reader's provisioning.
pub fn dismissed_client(scene: &mut Scene) -> Held {
    use super::scene::{IDENTIFY, OFFERS};
    use cardwire_codec::message::{ErrorCode, SessionState};
    use cardwire_peers::{Cloud, cloud::Granted};

    let cloud = scene.cloud();
    let mut board = scene.board();
    let mut session = board.connect(&scene.client())?;
    session.login(&mut board, &mut Cloud::conversation(&cloud), &OFFERS)?;
    session.run(&mut board, 1, IDENTIFY)?;

    // The cloud takes the grants away: the next login opens nothing.
    if scene.weakness != Some(Weakness::AdmitsForEver) {
        let nothing = Granted::Services(Vec::new());
        cloud
            .registry()
            .grant(&scene.reader().id, &scene.client().id, &nothing, 3600)
            .unwrap();
    }
    scene.attempt();
    let mut session = board.connect(&scene.client())?;
    let mut conversation = Cloud::conversation(&cloud);
    session.login(&mut board, &mut conversation, &OFFERS)?;
    let answer = session.instruct(&mut board, 2, IDENTIFY)?;
    must(answer == Err(ErrorCode::INTERFACE_DISABLED), || {
        format!("a client without grants runs a service: {answer:?}")
    })?;
    must(session.data(&mut board, 1)?.is_err(), || {
        "and gets the data of an old job".into()
    })?;

    // The cloud admits the reader no more.
    if scene.weakness != Some(Weakness::AdmitsForEver) {
        cloud.registry().admit(&scene.reader().id, false).unwrap();
    }
    scene.attempt();
    let mut session = board.connect(&scene.client())?;
    let ended = session.login(&mut board, &mut Cloud::conversation(&cloud), &OFFERS);
    must(ended.is_err(), || "a reader that is not admitted logs in".into())?;
    let state = session.status(&mut board)?.state;
    must(state == SessionState::Connected, || {
        format!("it is {state:?} after a denied login")
    })?;

    // The reader is provisioned anew without that client.
    board.identity.clients[0] = None;
    board.reset();
    for _ in 0..16 {
        scene.attempt();
        let attempt = Attempt::new(&mut board, &scene.client())?;
        let answers = board.clear(&attempt.connect);
        must(answers == [[Refusal::CODE]], || {
            "a client that was taken away is let in".into()
        })?;
        board.pass(1000);
    }
    board.connect(&scene.other_client()).map(drop)
}
