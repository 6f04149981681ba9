//! Attacks on sessions that have ended, or should have: by forged frames, by a reset, by silence.

use super::scene::{IDENTIFY, OFFERS, Scene};
use super::sealed::status;
use crate::hostile::{
    Held, broken,
    ends::{Attempt, NONE, encode, hello},
    must,
};
use cardwire_codec::{
    Message,
    message::{
        Disconnect, FrameKind, PlatformAuth, Refusal, SessionState,
        limits::{FAILURES_MAX, T_IDLE_MS},
    },
};

/// Sends forged frames until the session ends, and looks at what is left of it.
pub fn exhausted_session(scene: &mut Scene) -> Held {
    // Half of them under the right number, half under one that lies far away.
    let (mut board, mut session, _) = scene.serving()?;
    session.instruct(&mut board, 1, IDENTIFY)?.ok();
    for forged in 0..FAILURES_MAX as u64 {
        scene.attempt();
        let number = if forged % 2 == 0 {
            session.next
        } else {
            1_000_000 + forged
        };
        let said = board.hear_frame(FrameKind::Sealed, number, &[0x5A; 40]);
        must(said.is_empty(), || {
            format!("a forged frame is answered: {said:02X?}")
        })?;
    }
    let sealed = session.seal(session.next, &status());
    let said = board.hear_frame(FrameKind::Sealed, session.next, &sealed);
    let refused = said.iter().all(|frame| frame.payload == [Refusal::CODE]) && said.len() == 1;
    must(refused, || {
        format!("the session outlasts {FAILURES_MAX} forged frames: {said:02X?}")
    })?;
    let mut session = board.connect(&scene.client())?;
    let state = session.status(&mut board)?.state;
    must(state == SessionState::Connected, || {
        format!("the next client finds it {state:?}")
    })
}

/// Plays a whole recorded session to a reader that has been reset, again and again; and looks for what repeats.
pub fn replayed_after_reset(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let attempt = Attempt::new(&mut board, &scene.client())?;
    let connect = attempt.connect.clone();
    let Some(answer) = board.clear(&connect).into_iter().next() else {
        return broken("connect", ());
    };
    let mut session = attempt.finish(&answer)?;
    let mut recorded = Vec::new();
    for message in [
        status(),
        encode(&PlatformAuth {
            offers: Default::default(),
            extensions: NONE,
        }),
        encode(&Disconnect { extensions: NONE }),
    ] {
        let frame = (session.next, session.seal(session.next, &message));
        board.hear_frame(FrameKind::Sealed, frame.0, &frame.1);
        session.next += 1;
        recorded.push(frame);
    }
    // What may never come twice: challenges, and the ephemeral keys of both channels.
    let mut seen = std::collections::BTreeSet::new();
    for boot in 0..16 {
        board.reset();
        board.pass(1000);
        scene.attempt();
        let answers = board.clear(&connect);
        must(answers == [[Refusal::CODE]], || {
            format!("after {boot} resets the recorded connect is let in")
        })?;
        for (number, sealed) in &recorded {
            scene.attempt();
            let said = board.hear_frame(FrameKind::Sealed, *number, sealed);
            let refused = said.iter().all(|frame| frame.payload == [Refusal::CODE]) && said.len() == 1;
            must(refused, || {
                format!("after {boot} resets a recorded request gets {said:02X?}")
            })?;
        }
        board.pass(1000);
        let hello = board.hello_answer()?;
        let attempt = Attempt::new(&mut board, &scene.client())?;
        let Some(answer) = board.clear(&attempt.connect).into_iter().next() else {
            return broken("connect", boot);
        };
        // connect_answer: its code, a length, the ephemeral key.
        let ephemeral = answer.get(2..34).unwrap_or_default().to_vec();
        let mut session = attempt.finish(&answer)?;
        let (_, first) = session.begin_login(&mut board, &OFFERS)?;
        for (what, value) in [
            ("challenge", hello),
            ("ephemeral key", ephemeral),
            ("ephemeral key", first[..32].to_vec()),
        ] {
            must(seen.insert(value), || {
                format!("a {what} comes again after {boot} resets")
            })?;
        }
    }
    Ok(())
}

/// Keeps a session alive whose client is gone, with what he has recorded.
pub fn kept_alive(scene: &mut Scene) -> Held {
    let (mut board, mut session, _) = scene.serving()?;
    let last = (session.next, session.seal(session.next, &status()));
    board.hear_frame(FrameKind::Sealed, last.0, &last.1);
    session.next += 1;
    let mut silent = 0;
    while silent <= T_IDLE_MS {
        scene.attempt();
        board.hear_frame(FrameKind::Sealed, last.0, &last.1);
        board.hear_frame(FrameKind::Clear, 1, &hello());
        board.pass(2500);
        silent += 2500;
    }
    let sealed = session.seal(session.next, &status());
    let said = board.hear_frame(FrameKind::Sealed, session.next, &sealed);
    let refused = said.iter().all(|frame| frame.payload == [Refusal::CODE]) && said.len() == 1;
    must(refused, || {
        format!("after {silent} ms without its client the session is open: {said:02X?}")
    })
}
