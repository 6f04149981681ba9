//! Attacks on the bytes of an update: other ones, in disorder, changed after the check, cut off by the power.

use super::field::{FINE, Field};
use super::scene::{ECHO, OFFERS, Scene, flipped, random};
use crate::hostile::{
    Held,
    board::Mishap,
    broken, must,
    updates::{PlayedCloud, digest, echo, logic_of, signed},
};
use cardwire_codec::message::{ErrorCode, Instruction, JobState, ModuleId, Outcome, Register, UpdateState};

/// Cut off at every length, one byte more, every byte changed.
pub fn other_bytes(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let authority = scene.right_authority();
    let right = signed(&echo(b"right"), 6, &authority);
    let content = right.content().to_vec();
    for length in 0..content.len() {
        scene.attempt();
        let error = field.deliver(&right, &content[..length])?;
        must(error != FINE, || {
            format!("{length} bytes of {} are put into force", content.len())
        })?;
        field.forget(scene)?;
    }
    for (at, bit, changed) in flipped(&content) {
        scene.attempt();
        let error = field.deliver(&right, &changed)?;
        must(error == ErrorCode::UPDATE_DIGEST, || {
            format!("bit {bit} of byte {at} flipped: {error:?}")
        })?;
    }
    for more in 1..=64 {
        scene.attempt();
        let longer = [&content[..], &vec![0; more]].concat();
        let error = field.deliver(&right, &longer)?;
        must(error != FINE, || format!("{more} bytes too many are taken"))?;
        field.forget(scene)?;
    }
    field.unchanged("an update of other bytes")
}

/// Pieces in disorder: random chunks, held against a model of what may be taken.
pub fn disorder(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let mut seed = 0xD150;
    for (round, counter) in (6..30).enumerate() {
        let update = signed(
            &echo(format!("text {round} with some length to it").as_bytes()),
            counter,
            &scene.right_authority(),
        );
        let (content, name) = (update.content().to_vec(), digest(&update));
        let other = digest(&signed(&echo(b"another"), 99, &scene.right_authority()));
        if field.offer(update.manifest(), update.signature())?.1 != FINE {
            return broken("an offer", round);
        }
        let mut have = 0;
        let mut steps = 0;
        while have < content.len() {
            steps += 1;
            scene.attempt();
            let offset = match random(&mut seed) % 4 {
                0 | 1 => have,
                2 => (random(&mut seed) as usize) % content.len(),
                _ => have + 1 + (random(&mut seed) as usize) % 40,
            };
            let length = 1 + (random(&mut seed) as usize) % 24;
            let right_name = !random(&mut seed).is_multiple_of(5);
            let from = offset.min(content.len() - 1);
            let data = &content[from..(from + length).min(content.len())];
            let named = if right_name { &name } else { &other };
            let Field {
                board,
                session,
                cloud,
                ..
            } = &mut field;
            let (_, error) = cloud.chunk(session, board, named, offset, data)?;
            let taken = right_name && offset == have;
            must((error == FINE) == taken, || {
                format!(
                    "a chunk at {offset} of the {} update gets {error:?}, where {have} bytes are there",
                    if right_name { "right" } else { "other" }
                )
            })?;
            if taken {
                have += data.len();
            }
            // Offered again, it goes on where it was.
            if steps % 5 == 0 && have < content.len() {
                let said = field.offer(update.manifest(), update.signature())?;
                must(said.1 == FINE, || format!("the same offer again gets {said:?}"))?;
            }
        }
        let Field {
            board,
            session,
            cloud,
            ..
        } = &mut field;
        let (_, error) = cloud.chunk(session, board, &name, have, b"more")?;
        must(error != FINE, || "bytes behind the last one are taken".into())?;
        let error = cloud.commit(session, board, &name)?;
        must(error == FINE, || {
            format!("all bytes were there, in order, and the commit gets {error:?}")
        })?;
    }
    let said = field.says(1)?;
    must(String::from_utf8_lossy(&said).contains("text 23"), || {
        "what runs is not the last update".into()
    })
}

/// Storage fails or the power goes at each store of an update: the old logic runs, or the new one.
pub fn power_cut(scene: &mut Scene) -> Held {
    for left in 0..16 {
        let mut field = Field::new(scene)?;
        let update = signed(&echo(b"after the cut"), 6, &scene.right_authority());
        let stores = field.board.memory.lock().stores;
        field.board.memory.lock().stores_left = Some(left);
        scene.attempt();
        let error = field.deliver(&update, update.content())?;
        let made = field.board.memory.lock().stores - stores;
        field.board.memory.lock().stores_left = None;
        if error == FINE && made < left {
            return Ok(());
        }
        field.board.reset();
        let mut session = field.board.connect(&scene.client())?;
        PlayedCloud::login(&mut session, &mut field.board, &scene.cloud_key(), &OFFERS)?;
        let said = match session.run(&mut field.board, 1, ECHO) {
            Ok(said) => String::from_utf8_lossy(&said).into_owned(),
            Err(_) => {
                return must(false, || {
                    format!("after a cut at store {left} the service is gone")
                });
            }
        };
        let old = said.contains("in force");
        let new = said.contains("after the cut");
        must(old != new && (new || error != FINE), || {
            format!("after a cut at store {left}, answered {error:?}, it says {said:?}")
        })?;
    }
    broken("an update that is stored at some time", ())
}

/// Bytes that come after they were checked, and a commit of something else.
pub fn changed_after_check(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let update = signed(&echo(b"checked"), 6, &scene.right_authority());
    let (name, content) = (digest(&update), update.content().to_vec());
    if field.offer(update.manifest(), update.signature())?.1 != FINE {
        return broken("an offer", ());
    }
    let Field {
        board,
        session,
        cloud,
        ..
    } = &mut field;
    let (state, _) = cloud.chunk(session, board, &name, 0, &content)?;
    if state != UpdateState::Received {
        return broken("a chunk", state);
    }
    for offset in [0, 1, content.len() - 1, content.len(), content.len() + 1] {
        scene.attempt();
        let (_, error) = cloud.chunk(session, board, &name, offset, b"evil")?;
        must(error != FINE, || {
            format!("bytes at {offset} are taken after the check")
        })?;
    }
    scene.attempt();
    let error = cloud.commit(session, board, &[0x66; 32])?;
    must(error != FINE, || {
        "something that nobody offered is committed".into()
    })?;
    let error = cloud.commit(session, board, &name)?;
    must(error == FINE, || format!("the commit gets {error:?}"))?;
    let said = field.says(1)?;
    must(String::from_utf8_lossy(&said).contains("checked"), || {
        "what runs is not what was checked".into()
    })
}

/// Puts new logic into force while its service runs: the run is the old one's, from its first step to its last.
pub fn during_a_run(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    // A service that uses the card, so that it can be held.
    let code = |text: &'static [u8]| {
        [
            Instruction::Reset { into: Register(1) },
            Instruction::Set {
                register: Register(0),
                value: text,
            },
            Instruction::Emit {
                name: cardwire_codec::Name::from_text("echo"),
                kind: cardwire_codec::message::ItemKind::Text,
                conversion: cardwire_codec::message::Conversion::None,
                register: Register(0),
            },
            Instruction::End {
                outcome: Outcome::SUCCESS,
            },
        ]
    };
    let authority = scene.right_authority();
    let old = signed(
        &logic_of(ECHO, &[ModuleId::CONTACT_CARD], 8, &code(b"old half")),
        6,
        &authority,
    );
    let new = signed(
        &logic_of(ECHO, &[ModuleId::CONTACT_CARD], 8, &code(b"new half")),
        7,
        &authority,
    );
    if field.deliver(&old, old.content())? != FINE {
        return broken("an update", ());
    }
    field.board.mishap = Some((field.board.commands, Mishap::Hangs));
    field.session.instruct(&mut field.board, 1, ECHO)?.ok();
    scene.attempt();
    let error = field.deliver(&new, new.content())?;
    if error != FINE {
        return broken("an update during a run", error);
    }
    (field.board.hung, field.board.mishap) = (false, None);
    field
        .board
        .tell(cardwire_core::ModuleEvent::Enabled(ModuleId::CONTACT_CARD));
    let (state, outcome, _) = field.session.job(&mut field.board, 1)?;
    must((state, outcome) == (JobState::Done, Outcome::SUCCESS), || {
        format!("the run is {state:?}, {outcome:?}")
    })?;
    let said = field.session.data(&mut field.board, 1)?.unwrap_or_default();
    must(String::from_utf8_lossy(&said).contains("old half"), || {
        "the run has changed its logic half way".into()
    })?;
    let said = field.says(2)?;
    must(String::from_utf8_lossy(&said).contains("new half"), || {
        "the next run is not the new one's".into()
    })
}
