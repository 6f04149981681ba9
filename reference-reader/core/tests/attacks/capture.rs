//! Attacks by listening: everything that was ever said, searched for what nobody may learn.

use super::scene::{IDENTIFY, OFFERS, SUBSCRIBER, Scene};
use crate::hostile::{
    Held, broken,
    ends::{NONE, encode},
    must,
};
use cardwire_codec::{
    Message,
    message::{Diagnostics, FrameKind, HelloAnswer, ReaderStatus},
};
use cardwire_peers::Cloud;

/// Listens to a whole session, and searches the line for secrets, for the card's data and for what only the cloud reads.
pub fn overheard(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let reader = scene.reader();
    let mut session = board.connect(&scene.client())?;
    session.login(&mut board, &mut Cloud::conversation(&scene.cloud()), &OFFERS)?;
    let mut told = Vec::new();
    let identity = session.run(&mut board, 1, IDENTIFY)?;
    let subscriber = session.run(&mut board, 2, SUBSCRIBER)?;
    for message in [
        encode(&ReaderStatus { extensions: NONE }),
        encode(&Diagnostics {
            from: 0,
            extensions: NONE,
        }),
    ] {
        told.extend(session.ask(&mut board, &message)?);
    }
    let iccid = b"8900001010123456783";
    let has = |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).any(|found| found == wanted);
    if !has(&identity, iccid) || !has(&subscriber, b"001010123456789") {
        return broken("the services give what is searched for", ());
    }
    let keys = [
        ("the reader's static key", *reader.static_key.as_bytes()),
        ("a client's key", *reader.clients[0].pre_shared_key.as_bytes()),
        (
            "another client's key",
            *reader.clients[1].pre_shared_key.as_bytes(),
        ),
        ("the cloud's key", *scene.cloud_key().as_bytes()),
    ];
    for (what, key) in &keys {
        scene.attempt();
        must(!has(&board.said, key), || format!("{what} is on the line"))?;
        scene.attempt();
        must(!has(&told, key), || format!("{what} is told to the client"))?;
    }
    // What the line shows of frames is COBS: without zeros in them, text stays as it is.
    for (what, text) in [
        ("the ICCID", &iccid[..]),
        ("the ICCID as it is on the card", &[0x98, 0x00, 0x00, 0x01][..]),
        ("the IMSI", b"001010123456789"),
        ("the client's name", scene.client().id.as_bytes()),
        ("the software", b"cardwire-test"),
        ("the name of a service", b"card.identify"),
    ] {
        scene.attempt();
        must(!has(&board.said, text), || format!("{what} is on the line"))?;
    }
    Ok(())
}

/// Asks a locked reader for everything: it tells its versions, its frame size, a challenge and who it is.
pub fn asked_while_locked(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let answer = board.hello_answer()?;
    let Ok(hello) = HelloAnswer::decode(&answer) else {
        return broken("hello_answer", answer);
    };
    let expected = 1 + 1 + 1 + 1 + 2 + 16 + 1 + hello.reader_id.as_str().len();
    scene.attempt();
    must(answer.len() == expected, || {
        format!("hello_answer tells {} bytes instead of {expected}", answer.len())
    })?;
    let mut refusals = std::collections::BTreeSet::new();
    for kind in [FrameKind::Clear, FrameKind::Sealed] {
        for code in 0..=0x7F_u8 {
            for body in [&[][..], &[0; 16], &[0xFF; 40]] {
                let message = [&[code], body].concat();
                if kind == FrameKind::Clear && board_hello(&message) {
                    continue;
                }
                scene.attempt();
                for frame in board.hear_frame(kind, 5, &message) {
                    refusals.insert(frame.payload);
                }
                board.pass(1000);
            }
        }
    }
    must(refusals.len() == 1, || {
        format!(
            "{} different answers to who is nobody: {refusals:02X?}",
            refusals.len()
        )
    })
}

fn board_hello(message: &[u8]) -> bool {
    cardwire_codec::message::Hello::decode(message).is_ok()
}
