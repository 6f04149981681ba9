//! Attacks on sealed frames: flipped, cut off, played again, out of order, sent back, joined to another session.

use super::scene::{ECHO, IDENTIFY, OFFERS, Scene, flipped, random};
use crate::hostile::{
    Held, broken,
    ends::{Attempt, NONE, encode, hello},
    must,
    state::UNNOTICED,
    updates::writing,
};
use cardwire_codec::{
    Message,
    message::{Disconnect, FrameKind, Hello, Instruct, PlatformAuth, ReaderStatus, Refusal},
};
use cardwire_core::env::Record;
use cardwire_peers::link::{OwnedFrame, encode_frame};

pub fn status() -> Vec<u8> {
    encode(&ReaderStatus { extensions: NONE })
}

/// Flips every bit of a sealed request, and of its number.
pub fn flipped_requests(scene: &mut Scene) -> Held {
    let request = encode(&Instruct {
        job: &[1; 16],
        service: IDENTIFY,
        parameters: &[],
        extensions: NONE,
    });
    // Keys are new in each session: what is flipped is made in the session in which it is sent.
    let bits = (request.len() + 16) * 8;
    let mut at = 0;
    while at < bits + 64 {
        let (mut board, mut session, _) = scene.serving()?;
        let before = board.state(Some(&mut session))?;
        let (number, sealed) = (session.next, session.seal(session.next, &request));
        for _ in 0..UNNOTICED.min(bits + 64 - at) {
            scene.attempt();
            let (mut number, mut changed) = (number, sealed.clone());
            match at.checked_sub(bits) {
                None => changed[at / 8] ^= 1 << (at % 8),
                Some(bit) => number ^= 1 << bit,
            }
            let said = board.hear_frame(FrameKind::Sealed, number, &changed);
            must(said.is_empty(), || {
                format!("bit {at} of a request flipped: it says {said:02X?}")
            })?;
            at += 1;
        }
        board.unchanged(Some(&mut session), &before, "a flipped request")?;
    }
    Ok(())
}

/// Cuts a sealed request off at every length, and its line at every byte.
pub fn truncated_requests(scene: &mut Scene) -> Held {
    let mut at = 0;
    loop {
        let (mut board, mut session, _) = scene.serving()?;
        let before = board.state(Some(&mut session))?;
        let request = encode(&Instruct {
            job: &[1; 16],
            service: IDENTIFY,
            parameters: &[],
            extensions: NONE,
        });
        let sealed = session.seal(session.next, &request);
        let line = encode_frame(FrameKind::Sealed, session.next, &sealed);
        for _ in 0..UNNOTICED {
            let said = if at < sealed.len() {
                board.hear_frame(FrameKind::Sealed, session.next, &sealed[..at])
            } else if at < sealed.len() + line.len() - 1 {
                board.hear(&[&line[..at - sealed.len()], &[0]].concat())
            } else {
                return board.unchanged(Some(&mut session), &before, "a request that is cut off");
            };
            scene.attempt();
            must(said.is_empty(), || {
                format!("cut off at {at}: it says {said:02X?}")
            })?;
            at += 1;
        }
        board.unchanged(Some(&mut session), &before, "a request that is cut off")?;
    }
}

/// Plays requests again, the last one as often as he likes, and counts what is done.
pub fn replayed_requests(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut record = 1_u32.to_be_bytes().to_vec();
    record.extend(writing(ECHO));
    board.memory.lock().records.insert(Record::Logic(0), record);
    board.reset();
    let mut session = board.connect(&scene.client())?;
    let mut cloud = cardwire_peers::Cloud::conversation(&scene.cloud());
    session.login(&mut board, &mut cloud, &OFFERS)?;

    let mut recorded: Vec<(u64, Vec<u8>)> = Vec::new();
    for job in 1..=4_u8 {
        let instruct = encode(&Instruct {
            job: &[job; 16],
            service: ECHO,
            parameters: &[],
            extensions: NONE,
        });
        for message in [instruct, status()] {
            let frame = (session.next, session.seal(session.next, &message));
            let said = board.hear_frame(FrameKind::Sealed, frame.0, &frame.1);
            session.next += 1;
            // The last one again: the same bytes, though time has passed.
            for _ in 0..4 {
                board.pass(7);
                scene.attempt();
                let again = board.hear_frame(FrameKind::Sealed, frame.0, &frame.1);
                let same = again.iter().all(|frame| said.contains(frame)) && again.len() == 1;
                must(same, || format!("a repeat gets another answer: {again:02X?}"))?;
            }
            // Those before it: nothing.
            for (number, sealed) in &recorded {
                scene.attempt();
                let said = board.hear_frame(FrameKind::Sealed, *number, sealed);
                must(said.is_empty(), || {
                    format!("an old request is answered: {said:02X?}")
                })?;
            }
            recorded.push(frame);
        }
        must(board.writes.len() == usize::from(job), || {
            format!("{job} jobs wrote {} times to the card", board.writes.len())
        })?;
    }
    Ok(())
}

/// Brings requests out of order, ahead of their turn, or under numbers that are not the client's.
pub fn reordered_requests(scene: &mut Scene) -> Held {
    let (mut board, mut session, _) = scene.serving()?;
    let before = board.state(Some(&mut session))?;
    let next = session.next;
    let ahead = [
        1,
        2,
        3,
        10,
        1000,
        1 << 32,
        (1 << 63) - 1 - next,
        (1 << 63) - next,
        (1 << 63) + 1 - next,
    ];
    for ahead in ahead {
        scene.attempt();
        let number = next + ahead;
        let sealed = session.seal(number, &encode(&Disconnect { extensions: NONE }));
        let said = board.hear_frame(FrameKind::Sealed, number, &sealed);
        must(said.is_empty(), || {
            format!("a request {ahead} ahead of its turn is answered: {said:02X?}")
        })?;
    }
    // Sealed for one number, sent under another.
    for number in [0, next - 1, next, next + 1] {
        scene.attempt();
        let sealed = session.seal(number + 1, &status());
        let said = board.hear_frame(FrameKind::Sealed, number, &sealed);
        must(said.is_empty(), || {
            format!("a request under another number is answered: {said:02X?}")
        })?;
    }
    board.unchanged(Some(&mut session), &before, "requests out of order")
}

/// Sends everything back that the reader says.
pub fn reflected_frames(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut frames: Vec<OwnedFrame> = Vec::new();
    frames.extend(board.hear_frame(FrameKind::Clear, 7, &hello()));
    let attempt = Attempt::new(&mut board, &scene.client())?;
    let answers = board.hear_frame(FrameKind::Clear, 9, &attempt.connect);
    frames.extend(answers.clone());
    frames.extend(board.hear_frame(FrameKind::Clear, 11, &[0x7F]));
    let Some(answer) = answers.first() else {
        return broken("connect", ());
    };
    let mut session = attempt.finish(&answer.payload)?;
    for _ in 0..8 {
        let sealed = session.seal(session.next, &status());
        frames.extend(board.hear_frame(FrameKind::Sealed, session.next, &sealed));
        session.next += 1;
    }
    // The card's events are frames that nobody asked for.
    for event in [
        cardwire_core::ModuleEvent::CardRemoved(0),
        cardwire_core::ModuleEvent::CardInserted(0),
    ] {
        board.reader.handle_module(board.instant(), event);
        frames.extend(board.drive());
    }
    let before = board.state(Some(&mut session))?;
    for frame in &frames {
        scene.attempt();
        let said = board.hear_frame(frame.kind, frame.number, &frame.payload);
        must(said.is_empty(), || {
            format!("what it said comes back and is answered: {said:02X?}")
        })?;
    }
    board.unchanged(Some(&mut session), &before, "what it had said itself")
}

/// Takes what a reader says to the cloud for what the cloud says to the reader.
pub fn reflected_login(scene: &mut Scene) -> Held {
    let (mut board, mut session) = scene.connected()?;
    let before = board.state(Some(&mut session))?;
    for length in [96, 48] {
        scene.attempt();
        let (_, first) = session.begin_login(&mut board, &OFFERS)?;
        let said = session.relay(&mut board, &first[..length])?;
        must(said.is_err(), || {
            format!("its own handshake message is taken: {said:?}")
        })?;
    }
    let mut cloud = cardwire_peers::Cloud::conversation(&scene.cloud());
    let (header, first) = session.begin_login(&mut board, &OFFERS)?;
    let open = session.cloud_open(&header, &first);
    let second = crate::hostile::ends::opened(&cloud.handle(&open, std::time::Instant::now()))?;
    let confirm = session.relayed(&mut board, &second)?;
    scene.attempt();
    let said = session.relay(&mut board, &confirm)?;
    must(said.is_err(), || {
        format!("its own login_confirm is taken for login_result: {said:?}")
    })?;
    board.unchanged(Some(&mut session), &before, "its own messages to the cloud")
}

/// Frames of one session in another one: of the other client, on the same reader.
pub fn spliced_frames(scene: &mut Scene) -> Held {
    let (mut board, mut old) = scene.connected()?;
    let recorded: Vec<_> = (0..UNNOTICED as u64)
        .map(|number| {
            (
                number,
                old.seal(number, &encode(&Disconnect { extensions: NONE })),
            )
        })
        .collect();
    old.status(&mut board)?;
    let mut session = board.connect(&scene.other_client())?;
    let before = board.state(Some(&mut session))?;
    for (number, sealed) in &recorded {
        scene.attempt();
        let said = board.hear_frame(FrameKind::Sealed, *number, sealed);
        must(said.is_empty(), || {
            format!("a frame of another session is answered: {said:02X?}")
        })?;
    }
    board.unchanged(Some(&mut session), &before, "frames of another session")
}

/// Everything in clear, in a session: there is nothing to fall back to.
pub fn without_encryption(scene: &mut Scene) -> Held {
    let (mut board, mut session, _) = scene.serving()?;
    let before = board.state(Some(&mut session))?;
    let mut messages: Vec<Vec<u8>> = (0..=0xFF_u8).map(|code| vec![code]).collect();
    messages.push(status());
    messages.push(encode(&Disconnect { extensions: NONE }));
    messages.push(encode(&Instruct {
        job: &[1; 16],
        service: IDENTIFY,
        parameters: &[],
        extensions: NONE,
    }));
    messages.push(encode(&PlatformAuth {
        offers: Default::default(),
        extensions: NONE,
    }));
    let mut seed = 0xC1EA;
    for code in 0..=0x7F_u8 {
        let length = random(&mut seed) % 40;
        let body = (0..length).map(|_| random(&mut seed) as u8);
        messages.push([code].into_iter().chain(body).collect());
    }
    for message in &messages {
        if Hello::decode(message).is_ok() {
            continue;
        }
        scene.attempt();
        let answers = board.clear(message);
        let refused = answers == [[Refusal::CODE]] || answers.is_empty() && message[0] & 0x80 != 0;
        must(refused, || format!("{message:02X?} in clear gets {answers:02X?}"))?;
    }
    board.unchanged(Some(&mut session), &before, "a request in clear")
}

/// Flips every bit of the reader's answers on their way to the client, and brings old ones for new.
pub fn forged_answers(scene: &mut Scene) -> Held {
    let (mut board, mut session, _) = scene.serving()?;
    session.run(&mut board, 1, IDENTIFY)?;
    let mut old: Vec<OwnedFrame> = Vec::new();
    for message in [
        encode(&cardwire_codec::message::JobStatus {
            job: &[1; 16],
            extensions: NONE,
        }),
        encode(&cardwire_codec::message::JobData {
            job: &[1; 16],
            part: 0,
            extensions: NONE,
        }),
        status(),
    ] {
        let sealed = session.seal(session.next, &message);
        let said = board.hear_frame(FrameKind::Sealed, session.next, &sealed);
        session.next += 1;
        let Some(answer) = said.into_iter().find(|frame| frame.number + 1 == session.next) else {
            return broken("an answer", ());
        };
        if session.open(&answer).is_none() {
            return broken("the answer as it was", answer);
        }
        for (at, bit, payload) in flipped(&answer.payload) {
            scene.attempt();
            let forged = OwnedFrame { payload, ..answer };
            must(session.open(&forged).is_none(), || {
                format!("bit {bit} of byte {at} of an answer flipped, and it opens")
            })?;
        }
        for frame in &old {
            scene.attempt();
            let renumbered = OwnedFrame {
                number: answer.number,
                ..frame.clone()
            };
            must(session.open(&renumbered).is_none(), || {
                "an old answer stands for a new one".into()
            })?;
        }
        old.push(answer);
    }
    // In another session they are nothing.
    let other = board.connect(&scene.client())?;
    for frame in &old {
        scene.attempt();
        must(other.open(frame).is_none(), || {
            "an answer of another session opens".into()
        })?;
    }
    Ok(())
}
