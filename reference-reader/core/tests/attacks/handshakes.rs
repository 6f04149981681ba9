//! Attacks on hello and connect.

use super::{
    noise,
    scene::{Scene, flipped},
};
use crate::hostile::{
    Held, broken,
    ends::{Attempt, NONE, encode, hello},
    must,
};
use cardwire_codec::{
    Message,
    message::{Connect, ConnectAnswer, HelloAnswer, Refusal},
};
use cardwire_peers::client::handshake::{Handshake, connect_message, prologue};

/// Longer than any back-off.
const WAIT: u64 = 1000;

fn refusal() -> Vec<u8> {
    vec![Refusal::CODE]
}

/// Flips every bit of a connect of one client while another one is at work.
pub fn flipped_connect(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let attempt = Attempt::new(&mut board, &scene.other_client())?;
    let before = board.state(Some(&mut session))?;
    let mut looked_at = 0;
    for (at, bit, connect) in flipped(&attempt.connect) {
        scene.attempt();
        let drawn = *board.drawn.lock().unwrap();
        let answers = board.clear(&connect);
        looked_at += u16::from(*board.drawn.lock().unwrap() != drawn);
        // What has become the code of an answer gets none.
        let silent = answers.is_empty() && connect[0] & 0x80 != 0;
        must(silent || answers == [refusal()], || {
            format!("bit {bit} of byte {at} flipped: the answer is {answers:02X?}")
        })?;
        board.pass(WAIT);
        if at % 4 == 0 && bit == 0 {
            board.unchanged(Some(&mut session), &before, "a connect that is not right")?;
        }
    }
    board.unchanged(Some(&mut session), &before, "a connect that is not right")?;
    let on = session.enabled(&mut board)?;
    must(on.is_empty(), || {
        format!("modules {on:?} are on after wrong connects")
    })?;
    let logged = session.status(&mut board)?.failed;
    must(logged >= looked_at && looked_at > 0, || {
        format!("{looked_at} wrong connects were looked at, and {logged} are logged")
    })?;
    // The twin: what was recorded, as it was.
    match board.clear(&attempt.connect).first() {
        Some(answer) if ConnectAnswer::decode(answer).is_ok() => Ok(()),
        other => broken("the connect as it was", other),
    }
}

/// Flips every bit of the reader's half on its way to the client.
pub fn flipped_connect_answer(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut attempt = Attempt::new(&mut board, &scene.client())?;
    let Some(answer) = board.clear(&attempt.connect).into_iter().next() else {
        return broken("connect", ());
    };
    for (at, bit, changed) in flipped(&answer) {
        scene.attempt();
        must(!attempt.takes(&changed), || {
            format!("bit {bit} of byte {at} flipped: the client takes it")
        })?;
    }
    // His own message, and halves that are cut off, are no answer either.
    let own = &attempt.connect[attempt.connect.len() - 48..];
    let own = encode(&ConnectAnswer {
        handshake: own,
        extensions: NONE,
    });
    scene.attempt();
    must(!attempt.takes(&own), || {
        "the client takes his own message for the reader's".into()
    })?;
    attempt.finish(&answer).map(drop)
}

/// Puts an extension that nobody signed into a connect.
pub fn extended_connect(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let attempt = Attempt::new(&mut board, &scene.client())?;
    for tag in 1..=32_u8 {
        scene.attempt();
        let connect = [&attempt.connect[..], &[0x00, tag, 0x00, 0x01, 0x55]].concat();
        if Connect::decode(&connect).is_err() {
            return broken("a connect with an extension", connect);
        }
        let answers = board.clear(&connect);
        must(answers == [refusal()], || {
            format!("extension {tag} was let in: {answers:02X?}")
        })?;
        board.pass(WAIT);
    }
    match board.clear(&attempt.connect).first() {
        Some(answer) => attempt.finish(answer).map(drop),
        None => broken("connect", ()),
    }
}

/// Plays a recorded connect again: in its session, behind it, after another client, after resets.
pub fn replayed_connect(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let attempt = Attempt::new(&mut board, &scene.client())?;
    let recorded = attempt.connect.clone();
    let Some(first) = board.clear(&recorded).into_iter().next() else {
        return broken("connect", ());
    };
    let mut session = attempt.finish(&first)?;
    session.status(&mut board)?;
    let mut replay = |board: &mut crate::hostile::board::Board, when: &str| {
        scene.attempt();
        let answers = board.clear(&recorded);
        board.pass(WAIT);
        must(answers == [refusal()], || {
            format!("{when}: a recorded connect is let in: {answers:02X?}")
        })
    };
    replay(&mut board, "in its session")?;
    if session.status(&mut board).is_err() {
        return must(false, || "a recorded connect has ended the session".into());
    }
    let other = board.connect(&scene_other())?;
    drop(other);
    replay(&mut board, "while another client is connected")?;
    board.lose_link();
    replay(&mut board, "after a reset of the link")?;
    for boot in 1..=8 {
        board.reset();
        // What failed before the reset is waited for once.
        board.pass(WAIT);
        replay(&mut board, &format!("after {boot} resets"))?;
    }
    Ok(())
}

fn scene_other() -> cardwire_peers::identity::ClientIdentity {
    cardwire_peers::Identities::certification().clients[1].clone()
}

/// Puts the names of others on a connect, or the keys of others under one.
pub fn borrowed_names(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let before = board.state(Some(&mut session))?;
    let (one, other) = (scene.client(), scene.other_client());
    let swapped = |id: &str, generation: u32, secret: &cardwire_peers::identity::ClientIdentity| {
        let mut client = secret.clone();
        (client.id, client.generation) = (id.to_owned(), generation);
        client
    };
    let clients = [
        swapped(&one.id, 1, &other),
        swapped(&other.id, 1, &one),
        swapped(&one.id, 2, &one),
        swapped(&one.id, u32::MAX, &one),
        swapped("SOMEBODY", 1, &one),
        swapped("cert-client-1", 1, &one),
        swapped(board.identity.reader_id.as_str(), 1, &one),
    ];
    for client in &clients {
        scene.attempt();
        let attempt = Attempt::new(&mut board, client)?;
        let answers = board.clear(&attempt.connect);
        must(answers == [refusal()], || {
            format!(
                "{} of generation {} gets {answers:02X?}",
                client.id, client.generation
            )
        })?;
        board.pass(WAIT);
    }
    // A key that is right for another reader.
    scene.attempt();
    let answer = board.hello_answer()?;
    let mut elsewhere = answer.clone();
    let at = elsewhere.windows(4).position(|text| text == b"CERT").unwrap();
    elsewhere[at] = b'X';
    let attempt = Attempt::after(&one, hello(), elsewhere)?;
    let answers = board.clear(&attempt.connect);
    must(answers == [refusal()], || {
        format!("a key for another reader gets {answers:02X?}")
    })?;
    board.pass(WAIT);
    board.unchanged(Some(&mut session), &before, "a borrowed name")
}

/// Takes versions out of the lists on their way, or changes anything else in hello and its answer.
pub fn trimmed_hello(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let answer = board.hello_answer()?;
    let before = board.state(None)?;
    // What the client is told is not what the reader said.
    for (at, bit, changed) in flipped(&answer) {
        if HelloAnswer::decode(&changed).is_err() {
            continue;
        }
        scene.attempt();
        let attempt = Attempt::after(&scene.client(), hello(), changed)?;
        let answers = board.clear(&attempt.connect);
        must(answers == [refusal()], || {
            format!("bit {bit} of byte {at} of hello_answer flipped, and the client is let in")
        })?;
        board.pass(WAIT);
    }
    // What the reader is told is not what the client said: the client's own hello stands in the connect.
    let mut attempt = Attempt::new(&mut board, &scene.client())?;
    for (at, bit, hello) in flipped(&hello()) {
        let header = [
            &attempt.header[..1 + 1],
            &hello,
            &attempt.header[2 + hello.len()..],
        ]
        .concat();
        let first = attempt.connect[attempt.connect.len() - 48..].try_into().unwrap();
        let connect = connect_message(&header, first);
        if Connect::decode(&connect).is_err() {
            continue;
        }
        scene.attempt();
        let answers = board.clear(&connect);
        must(answers == [refusal()], || {
            format!("bit {bit} of byte {at} of the hello in a connect flipped, and the client is let in")
        })?;
        board.pass(WAIT);
    }
    // Versions that the reader does not speak: it says so, and who goes on all the same is refused.
    for version in 2..=9 {
        scene.attempt();
        let mut other = hello();
        other[2] = version;
        let Some(said) = board.clear(&other).into_iter().next() else {
            return broken("hello of another version", version);
        };
        let stated = HelloAnswer::decode(&said).map_or(0, |answer| answer.version);
        must(stated == 0, || {
            format!("it states version {stated}, which it does not speak")
        })?;
        let attempt = Attempt::after(&scene.client(), other, said)?;
        let answers = board.clear(&attempt.connect);
        must(answers == [refusal()], || {
            format!("a connect of version {version} is let in")
        })?;
        board.pass(WAIT);
    }
    board.unchanged(None, &before, "a changed hello")?;
    match board.clear(&attempt.connect).first() {
        Some(answer) if attempt.takes(answer) => Ok(()),
        other => broken("the connect as it was", other),
    }
}

/// A client with the right key and a public key that makes every shared secret zero.
pub fn low_order_connect(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let attempt = Attempt::new(&mut board, &scene.client())?;
    let bound = prologue(&attempt.hello, &attempt.hello_answer, &attempt.header);
    let before = board.state(None)?;
    for point in noise::low_order() {
        scene.attempt();
        let first = noise::client_message(&attempt.key, &bound, point);
        let answers = board.clear(&connect_message(&attempt.header, &first));
        must(answers == [refusal()], || {
            format!("the point {point:02X?} is let in: {answers:02X?}")
        })?;
        board.pass(WAIT);
    }
    board.unchanged(None, &before, "a point of low order")?;
    match board.clear(&attempt.connect).first() {
        Some(answer) => attempt.finish(answer).map(drop),
        None => broken("connect", ()),
    }
}

/// A false reader that holds the key and answers with such a point: what the client must see.
pub fn low_order_answer(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut attempt = Attempt::new(&mut board, &scene.client())?;
    let bound = prologue(&attempt.hello, &attempt.hello_answer, &attempt.header);
    let first = &attempt.connect[attempt.connect.len() - 48..].to_vec();
    for point in noise::low_order() {
        scene.attempt();
        let second = noise::reader_message(&attempt.key, &bound, first, point);
        let answer = encode(&ConnectAnswer {
            handshake: &second,
            extensions: NONE,
        });
        must(!attempt.takes(&answer), || {
            format!("the client takes the point {point:02X?}")
        })?;
    }
    match board.clear(&attempt.connect).first() {
        Some(answer) if attempt.takes(answer) => Ok(()),
        other => broken("the reader's own answer", other),
    }
}

/// Handshake fields of every length that has an encoding.
pub fn short_connects(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let attempt = Attempt::new(&mut board, &scene.client())?;
    let before = board.state(None)?;
    for length in 0..=255_u8 {
        if length == 48 {
            continue;
        }
        scene.attempt();
        let connect = [&attempt.header[..], &[length], &vec![0x5A; usize::from(length)]].concat();
        let answers = board.clear(&connect);
        must(answers == [refusal()], || {
            format!("{length} bytes of handshake get {answers:02X?}")
        })?;
        board.pass(WAIT);
    }
    board.unchanged(None, &before, "a handshake message of another length")?;
    let key = scene.client().pre_shared_key(board.identity.reader_id.as_str());
    let bound = prologue(&attempt.hello, &attempt.hello_answer, &attempt.header);
    // Who begins anew with the same challenge is let in: nothing of the above is left.
    let (_, first) = Handshake::begin(&key, &bound).unwrap();
    match board.clear(&connect_message(&attempt.header, &first)).first() {
        Some(answer) if ConnectAnswer::decode(answer).is_ok() => Ok(()),
        other => broken("connect", other),
    }
}
