//! Attacks on jobs: the same thing done twice, and data for who has no right to them.

use super::scene::{ECHO, IDENTIFY, OFFERS, SUBSCRIBER, Scene};
use crate::hostile::{
    Held,
    board::{Board, Mishap},
    ends::{NONE, Session},
    must,
    updates::{PlayedCloud, writing},
};
use cardwire_codec::message::{ErrorCode, Instruct, JobState, Outcome};
use cardwire_core::env::Record;

/// A reader whose service `certification.echo` writes one byte to the card.
fn writer(scene: &Scene) -> Board {
    let mut board = scene.board();
    let record = [&1_u32.to_be_bytes()[..], &writing(ECHO)].concat();
    board.memory.lock().records.insert(Record::Logic(0), record);
    board.reset();
    board
}

fn serve(scene: &Scene, board: &mut Board) -> Held<Session> {
    let mut session = board.connect(&scene.client())?;
    PlayedCloud::login(&mut session, board, &scene.cloud_key(), &OFFERS)?;
    Ok(session)
}

/// Repeats an instruction in its session, in others, after resets and cut off at every command.
pub fn done_twice(scene: &mut Scene) -> Held {
    let mut board = writer(scene);
    let mut session = serve(scene, &mut board)?;
    session.run(&mut board, 1, ECHO)?;
    let again = |board: &mut Board, session: &mut Session, when: &str| {
        session.instruct(board, 1, ECHO)?.ok();
        board.pass(100);
        must(board.writes.len() == 1, || {
            format!("{when}: the card was written {} times", board.writes.len())
        })
    };
    for _ in 0..4 {
        scene.attempt();
        again(&mut board, &mut session, "in the same session")?;
    }
    for _ in 0..4 {
        scene.attempt();
        board.lose_link();
        let mut session = serve(scene, &mut board)?;
        again(&mut board, &mut session, "in another session")?;
    }
    for _ in 0..4 {
        scene.attempt();
        board.reset();
        let mut session = serve(scene, &mut board)?;
        again(&mut board, &mut session, "after a reset")?;
    }
    // The power goes at every command of the run; the client comes back and asks for the same.
    for at in 0..12 {
        let mut board = writer(scene);
        let mut session = serve(scene, &mut board)?;
        board.mishap = Some((board.commands + at, Mishap::Hangs));
        session.instruct(&mut board, 1, ECHO)?.ok();
        if !board.hung {
            break;
        }
        scene.attempt();
        let written = board.writes.len();
        board.reset();
        let mut session = serve(scene, &mut board)?;
        let (state, _, _) = session.job(&mut board, 1)?;
        let known = matches!(state, JobState::Interrupted | JobState::Done);
        must(written == 0 || known, || {
            format!("a job that the power cut while it wrote is {state:?}")
        })?;
        session.instruct(&mut board, 1, ECHO)?.ok();
        must(board.writes.len() <= 1, || {
            format!(
                "cut at command {at}: the card was written {} times",
                board.writes.len()
            )
        })?;
    }
    Ok(())
}

/// Another instruction under the id of a job, and another client's repeat of it.
pub fn borrowed_job(scene: &mut Scene) -> Held {
    let mut board = writer(scene);
    let mut session = serve(scene, &mut board)?;
    session.run(&mut board, 1, ECHO)?;
    let commands = board.commands;
    for service in [IDENTIFY, SUBSCRIBER] {
        scene.attempt();
        let said = session.instruct(&mut board, 1, service)?;
        must(said == Err(ErrorCode::JOB_CONFLICT), || {
            format!("another instruction under a known id gets {said:?}")
        })?;
    }
    must(board.commands == commands, || {
        "a module was told something".into()
    })
}

/// Asks for the data of a job through the interface of another service, and for those of another job.
pub fn others_data(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut session = serve(scene, &mut board)?;
    let first = session.run(&mut board, 1, IDENTIFY)?;
    let second = session.run(&mut board, 2, SUBSCRIBER)?;
    scene.attempt();
    let said = session.data(&mut board, 1)?;
    must(said != Ok(second.clone()), || {
        "the data of one job are given for those of another".into()
    })?;
    if let Ok(data) = said {
        must(data == first, || "a job's data have changed".into())?;
    }
    scene.attempt();
    must(session.data(&mut board, 3)?.is_err(), || {
        "data of a job that nobody knows".into()
    })?;
    // The next client may not use the service whose data these are.
    let mut other = board.connect(&scene.other_client())?;
    PlayedCloud::login(&mut other, &mut board, &scene.cloud_key(), &OFFERS[..1])?;
    scene.attempt();
    let said = other.data(&mut board, 2)?;
    must(said == Err(ErrorCode::INTERFACE_DISABLED), || {
        format!("data of a service that is not open: {said:02X?}")
    })
}

/// Presents values to services that take none: a secret of the card would be in the client's hands.
pub fn refused_parameters(scene: &mut Scene) -> Held {
    let mut board = scene.board();
    let mut session = serve(scene, &mut board)?;
    let commands = board.commands;
    // `pin` as a native value of service data, text and bytes; and bytes that are none.
    for parameters in [
        &b"1234"[..],
        &[0x61, 0x01, 0x03, b'p', b'i', b'n', 0x01, 0x00, 0x04, 1, 2, 3, 4],
    ] {
        for service in [IDENTIFY, SUBSCRIBER] {
            scene.attempt();
            let said = session.error(
                &mut board,
                &Instruct {
                    job: &[7; 16],
                    service,
                    parameters,
                    extensions: NONE,
                },
            )?;
            must(said == Some(ErrorCode::PARAMETERS_REFUSED), || {
                format!("{parameters:02X?} get {said:?}")
            })?;
        }
    }
    let (state, outcome, _) = session.job(&mut board, 7)?;
    must(state == JobState::Unknown && outcome == Outcome::SUCCESS, || {
        format!("the job is {state:?}")
    })?;
    must(board.commands == commands, || {
        "a module was told something".into()
    })
}
