//! A reader before anybody is authenticated: frames and garbage, and the rules of the schema's machines judge every answer.
//!
//! It is the part of the target `session` that needs no key, in a form that is closer to the line: a piece of the input
//! ends with FF; one that begins with an odd byte is the payload of a good frame, clear or sealed, any other one arrives as
//! it is.

use crate::{
    LINE, Seed,
    session::{
        begin,
        inputs::{Beginning, Input},
        play::Play,
    },
    world::{
        ends::{Attempt, Who, hello},
        log::{Log, explained},
        people::PEOPLE,
    },
};
use cardwire_codec::{
    frame::DELIMITER,
    message::{FrameKind, limits::FRAME_MIN},
};
use cardwire_peers::link::encode_frame;

/// What ends a piece.
const END: u8 = 0xFF;
/// What a piece begins with that is the payload of a clear frame, or of a sealed one.
const CLEAR: u8 = 1;
const SEALED: u8 = 3;

/// Feeds a reader with frames and garbage.
///
/// # Panics
/// Where it does anything for a stranger but what the rules say.
pub fn reader(bytes: &[u8]) {
    run(bytes, &Log::off());
}

/// Says what happens in it.
#[must_use]
pub fn explain(bytes: &[u8]) -> String {
    explained(|log| run(bytes, log))
}

fn run(bytes: &[u8], log: &Log<'_>) {
    let mut play = Play::new(begin::copy(Beginning::Locked), false, log);
    for piece in bytes.split(|byte| *byte == END) {
        let line = match piece.split_first() {
            Some((kind, payload)) if kind % 2 == 1 && payload.len() < FRAME_MIN => {
                let number = u64::from(*kind);
                let kind = if kind % 4 == CLEAR {
                    FrameKind::Clear
                } else {
                    FrameKind::Sealed
                };
                log.line(|| format!("{kind:?} frame of {} bytes", payload.len()));
                encode_frame(kind, number, payload)
            }
            _ => {
                log.line(|| format!("{} bytes", piece.len()));
                [piece, &[DELIMITER]].concat()
            }
        };
        play.lets(&Input::Line(line));
        play.lets(&Input::Wait(0));
    }
    assert!(!play.serves(), "nobody logs in without a key");
    play.ends();
}

/// Seeds of the target: what a stranger may send.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let piece = |kind: u8, payload: &[u8]| [&[kind], payload, &[END]].concat();
    let hello = hello();
    let stranger = Attempt::new(
        &hello,
        &[0x81, 1],
        Who {
            client: &PEOPLE.all.clients[0].id,
            generation: 1,
            key: &[0x66; 32],
        },
        [7; 32],
    );
    let pieces = [
        ("hello", piece(CLEAR, &hello)),
        ("hello-of-no-version", piece(CLEAR, &[1, 1, 9, 2, 0])),
        (
            "connect",
            [piece(CLEAR, &hello), piece(CLEAR, &stranger.connect)].concat(),
        ),
        ("connect-cut", piece(CLEAR, &stranger.connect[..40])),
        ("sealed", piece(SEALED, &[7; 20])),
        ("answer", piece(CLEAR, &[0x81, 1, 1])),
        ("unknown", piece(CLEAR, &[0x7E])),
        ("garbage", piece(0, &[1, 2, 3, 4, 5])),
        ("too-long", piece(2, &[0x55; LINE])),
    ];
    let all = pieces.iter().map(|(name, bytes)| Seed {
        name: (*name).to_owned(),
        bytes: bytes.clone(),
    });
    all.collect()
}
