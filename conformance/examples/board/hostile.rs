//! A stream of bytes that mean the reader no good: noise, cut frames, right checksums around anything, and right frames
//! with a change in them. It has to go on serving, and may not have been reset.

use super::visit::{Visitor, boots, serve};
use super::{Choices, Result};
use cardwire_codec::frame::DELIMITER;
use cardwire_codec::message::FrameKind;
use cardwire_peers::Link;
use cardwire_peers::client::{ClientError, Session};
use cardwire_peers::link::encode_frame;
use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

/// So many frames go out before the reader is asked whether it is still there.
const BATCH: usize = 200;
/// What a hostile frame has at most, but for those that have no end.
const LONGEST: usize = 80;
/// How long the reader may take for what is still on its way.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(endpoint: &str, frames: &str, seed: &str) -> Result {
    let (frames, seed): (usize, u64) = (frames.parse()?, seed.parse()?);
    let visitor = Visitor::new(endpoint)?;
    let mut choices = Choices(seed);
    let (mut session, _) = visitor.log_in()?;
    let booted = boots(&mut session)?;
    serve(&mut session)?;
    session.disconnect()?;
    drop(session);
    let begun = Instant::now();
    let (mut sent, mut bytes, mut batches) = (0, 0, 0);
    // Frames of ours that the reader has taken once: what is changed is one of them.
    let mut right = VecDeque::from([hello()]);
    while sent < frames {
        // In a session, or locked: every other batch.
        let mut link = if batches % 2 == 0 {
            let (mut session, _) = visitor.log_in()?;
            remember(&mut right, sealed(&mut session));
            session.into_link()
        } else {
            visitor.link()?
        };
        batches += 1;
        for _ in 0..BATCH.min(frames - sent) {
            let frame = hostile(&mut choices, &right);
            bytes += frame.len();
            link.send(&frame)?;
            sent += 1;
        }
        alive(&visitor, &mut link)
            .map_err(|error| format!("behind {sent} frames of seed {seed}: {error}"))?;
    }
    let (mut session, _) = visitor.log_in()?;
    serve(&mut session)?;
    let now = boots(&mut session)?;
    if now != booted {
        return Err(format!("the reader was reset: it counted {booted} boots, and counts {now}").into());
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{sent} hostile frames, {bytes} bytes, in {seconds:.0} s: the reader serves, and has not been reset"
    );
    Ok(())
}

/// A hello is answered when all before it was taken; what answers something else is passed over.
fn alive(visitor: &Visitor, link: &mut Link) -> Result {
    let deadline = Instant::now() + PATIENCE;
    link.send(&[DELIMITER])?;
    loop {
        match visitor.client().greet(link) {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                return Err(format!("the reader does not answer hello: {error}").into());
            }
            Err(_) => {}
        }
    }
}

/// Sealed frames of this session that stay good for a change: a request that it has answered, and one that it has not seen.
fn sealed(session: &mut Session<Link>) -> Vec<Vec<u8>> {
    let status: core::result::Result<_, ClientError> = session.status();
    let mut frames = Vec::new();
    for number in [session.next_number().saturating_sub(1), session.next_number()] {
        if let (Ok(_), Some(payload)) = (&status, session.sealer().seal(number, &[0x11])) {
            frames.push(encode_frame(FrameKind::Sealed, number, &payload));
        }
    }
    frames
}

fn remember(right: &mut VecDeque<Vec<u8>>, frames: Vec<Vec<u8>>) {
    right.extend(frames);
    while right.len() > 16 {
        right.pop_front();
    }
}

fn hello() -> Vec<u8> {
    encode_frame(FrameKind::Clear, 7, &[0x01, 0x01, 0x01, 0x02, 0x00])
}

/// One hostile frame of some kind, with its delimiter where it has one.
fn hostile(choices: &mut Choices, right: &VecDeque<Vec<u8>>) -> Vec<u8> {
    let length = choices.below(LONGEST);
    let known = right
        .get(choices.below(right.len()))
        .cloned()
        .unwrap_or_else(hello);
    match choices.below(32) {
        // Noise.
        0..4 => choices.bytes(length),
        // Noise in a frame: the checksum is right, whatever is in it.
        4..12 => {
            let kind = if choices.below(2) == 0 {
                FrameKind::Clear
            } else {
                FrameKind::Sealed
            };
            encode_frame(kind, choices.next() >> choices.below(64), &choices.bytes(length))
        }
        // Noise behind the code of a request that is taken in clear.
        12..16 => {
            let mut payload = choices.bytes(length);
            if let Some(code) = payload.first_mut() {
                *code = [0x01, 0x02][choices.below(2)];
            }
            encode_frame(FrameKind::Clear, choices.next(), &payload)
        }
        // Cut off.
        16..20 => {
            let mut cut = known;
            cut.truncate(choices.below(cut.len()));
            if choices.below(2) == 0 {
                cut.push(DELIMITER);
            }
            cut
        }
        // Bytes of it changed.
        20..31 => {
            let mut changed = known;
            for _ in 0..=choices.below(3) {
                let at = choices.below(changed.len());
                changed[at] = choices.next() as u8;
            }
            changed
        }
        // Longer than any frame, now and then without an end.
        _ => {
            let mut long = vec![choices.next() as u8 | 1; 400 + choices.below(400)];
            if choices.below(2) == 0 {
                long.push(DELIMITER);
            }
            long
        }
    }
}
