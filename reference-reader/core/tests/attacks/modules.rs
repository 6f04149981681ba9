//! Attacks on modules and on the card: whatever ends a service, everything is off afterwards.

use super::scene::{IDENTIFY, OFFERS, SUBSCRIBER, Scene, random};
use crate::hostile::{
    Held,
    board::{Board, Mishap},
    broken,
    ends::{NONE, Session, encode},
    must,
    updates::PlayedCloud,
};
use cardwire_codec::{
    Message,
    message::{
        Disconnect, Instruct, JobAbort, JobState, Outcome, ReaderStatus, ReaderStatusAnswer, ServiceId,
        limits::{T_IDLE_MS, T_MODULE_MS},
    },
};
use cardwire_core::ModuleEvent;

/// Module commands of the longest run that is looked at.
const LONGEST: usize = 40;

fn serving(scene: &Scene) -> Held<(Board, Session)> {
    let (mut board, mut session) = scene.connected()?;
    PlayedCloud::login(&mut session, &mut board, &scene.cloud_key(), &OFFERS)?;
    Ok((board, session))
}

/// Starts a job; it runs as far as the mishap lets it.
fn start(board: &mut Board, session: &mut Session, service: ServiceId) -> Held {
    match session.instruct(board, 1, service)? {
        Ok(JobState::Running) => Ok(()),
        other => broken("instruct", other),
    }
}

/// Nothing has a supply, and the reader says so.
fn all_off(board: &mut Board, session: Option<&mut Session>, when: &str) -> Held {
    must(board.supplied.is_empty(), || {
        format!("{when}: modules {:?} are still supplied", board.supplied)
    })?;
    if let Some(session) = session {
        let on = session.enabled(board)?;
        must(on.is_empty(), || format!("{when}: it says that {on:?} are on"))?;
    }
    Ok(())
}

/// Ends a service in every way, at every one of its module commands.
pub fn left_on(scene: &mut Scene) -> Held {
    for service in [IDENTIFY, SUBSCRIBER] {
        for end in [
            "abort",
            "time-out",
            "lost link",
            "disconnect",
            "another client",
            "silence",
            "reset",
            "failed module",
        ] {
            for at in 0..LONGEST {
                let (mut board, mut session) = serving(scene)?;
                board.mishap = Some((board.commands + at, Mishap::Hangs));
                start(&mut board, &mut session, service)?;
                if session.job(&mut board, 1)?.0 == JobState::Done {
                    // It has come to its end before.
                    all_off(&mut board, Some(&mut session), "after a whole run")?;
                    break;
                }
                scene.attempt();
                let when = format!("{service:?} ended by {end} at command {at}");
                let mut kept = None;
                match end {
                    "abort" => {
                        let abort = JobAbort {
                            job: &[1; 16],
                            extensions: NONE,
                        };
                        session.request(&mut board, &abort)?;
                        // The module that is at work has its time; then it is over.
                        board.pass(T_MODULE_MS);
                        let (state, outcome, _) = session.job(&mut board, 1)?;
                        let ended = state == JobState::Done && outcome != Outcome::SUCCESS;
                        must(ended, || format!("{when}: the job is {state:?}, {outcome:?}"))?;
                        kept = Some(session);
                    }
                    "time-out" => {
                        board.pass(T_MODULE_MS);
                        let (state, outcome, _) = session.job(&mut board, 1)?;
                        let ended = state == JobState::Done && outcome == Outcome::MODULE_TIMEOUT;
                        must(ended, || format!("{when}: the job is {state:?}, {outcome:?}"))?;
                        kept = Some(session);
                    }
                    "lost link" => {
                        board.lose_link();
                        board.pass(T_MODULE_MS);
                    }
                    "disconnect" => {
                        session.request(&mut board, &Disconnect { extensions: NONE })?;
                        board.pass(T_MODULE_MS);
                    }
                    "another client" => {
                        kept = Some(board.connect(&scene.other_client())?);
                        board.pass(T_MODULE_MS);
                    }
                    "silence" => drop(board.pass(T_IDLE_MS + T_MODULE_MS)),
                    "reset" => board.reset(),
                    _ => {
                        for module in board.supplied.clone() {
                            board.tell(ModuleEvent::Failed(cardwire_codec::message::ModuleId(module)));
                        }
                        board.pass(T_MODULE_MS);
                        kept = Some(session);
                    }
                }
                all_off(&mut board, kept.as_mut(), &when)?;
            }
        }
    }
    Ok(())
}

/// Pulls the card out and puts another one in, between every two commands.
pub fn swapped_card(scene: &mut Scene) -> Held {
    for service in [IDENTIFY, SUBSCRIBER] {
        for at in 0..LONGEST {
            let (mut board, mut session) = serving(scene)?;
            let first = board.commands;
            let generation = generation(&mut board, &mut session)?;
            board.mishap = Some((first + at, Mishap::CardSwapped));
            start(&mut board, &mut session, service)?;
            if board.commands <= first + at {
                break;
            }
            // Where the card has no supply any more the service has nothing of it: such a swap does no harm.
            let (state, outcome, _) = session.job(&mut board, 1)?;
            let counted = self::generation(&mut board, &mut session)?;
            must(counted == generation + 2, || {
                format!(
                    "a card was pulled out and put in, and {} changes are counted",
                    counted - generation
                )
            })?;
            scene.attempt();
            let over = state == JobState::Done;
            let used = board.mishap_hit_card();
            must(over && (outcome == Outcome::CARD_REMOVED || !used), || {
                format!(
                    "{service:?}: the card was swapped at command {at}, and the job is {state:?}, {outcome:?}"
                )
            })?;
            all_off(&mut board, Some(&mut session), "after a swapped card")?;
        }
    }
    Ok(())
}

fn generation(board: &mut Board, session: &mut Session) -> Held<u32> {
    let answer = session.request(board, &ReaderStatus { extensions: NONE })?;
    match ReaderStatusAnswer::decode(&answer) {
        Ok(status) => Ok(status.slots.iter().map(|slot| slot.generation).sum::<u32>()),
        Err(error) => broken("reader_status", error),
    }
}

/// A card that answers with any bytes: the reader goes on, every job ends, and everything is off.
pub fn hostile_card(scene: &mut Scene) -> Held {
    let mut seed = 0xCA4D;
    let (mut board, mut session) = serving(scene)?;
    for round in 0..600_u32 {
        scene.attempt();
        let job = [round.to_be_bytes(); 4].concat();
        let job: &[u8; 16] = job.as_slice().try_into().unwrap();
        let service = if round % 2 == 0 { IDENTIFY } else { SUBSCRIBER };
        board.hung = true;
        let instruct = Instruct {
            job,
            service,
            parameters: &[],
            extensions: NONE,
        };
        session.ask(&mut board, &encode(&instruct))?;
        for step in 0..400 {
            let length = random(&mut seed) % if step % 7 == 0 { 259 } else { 4 };
            let mut bytes: Vec<u8> = (0..length).map(|_| random(&mut seed) as u8).collect();
            if let [.., first, _] = bytes.as_mut_slice() {
                // Status words that a card has.
                *first = [0x90, 0x61, 0x6C, 0x62, 0x91, 0x9F][(random(&mut seed) % 6) as usize];
            }
            let event = match random(&mut seed) % 8 {
                0 => ModuleEvent::Atr(&bytes[..bytes.len().min(40)]),
                1 => ModuleEvent::Atr(&[0x3B, 0x00]),
                2 => ModuleEvent::Enabled(cardwire_codec::message::ModuleId((random(&mut seed) % 8) as u8)),
                3 => ModuleEvent::Shown,
                4 if random(&mut seed).is_multiple_of(40) => ModuleEvent::CardMute,
                _ => ModuleEvent::CardResponse(&bytes),
            };
            board.tell(event);
        }
        board.pass(T_MODULE_MS);
        must(board.hello_answer().is_ok(), || {
            "the card has stopped the reader".into()
        })?;
        must(board.supplied.is_empty(), || {
            format!("round {round}: modules {:?} are supplied", board.supplied)
        })?;
    }
    board.hung = false;
    session.run(&mut board, 0xFE, IDENTIFY)?;
    Ok(())
}
