//! What a script does, put on the line.

use super::{
    port::Connection,
    script::{Act, Ask},
    tape::Said,
};
use crate::embedded::protocol;
use cardwire_peers::client::channel::{FIRST_EVENT, Sealer};
use cardwire_spec::interpret::frame::{self, Frame};

/// The session that answers belong to, as far as saying something goes.
pub(super) struct Voice<'a> {
    /// Seals; nothing where answers are in clear.
    pub(super) sealer: Option<&'a Sealer>,
    /// Which session, from 1.
    pub(super) session: usize,
    pub(super) next_event: &'a mut u64,
}

/// What a frame is to the request at hand.
#[derive(Clone, Copy)]
struct Is {
    answers: bool,
    as_is: bool,
}

impl Is {
    const RIGHT: Self = Self {
        answers: true,
        as_is: true,
    };
    const NOTHING: Self = Self {
        answers: false,
        as_is: false,
    };
}

/// What follows from a script beyond what it said.
pub(super) enum After {
    GoOn,
    Forget,
    Close,
}

/// Does what a script wants done.
pub(super) fn perform(
    connection: &mut Connection,
    voice: &mut Voice<'_>,
    ask: &Ask,
    acts: Vec<Act>,
) -> After {
    let mut after = After::GoOn;
    for act in acts {
        match act {
            Act::Right => answer(connection, voice, ask.number, ask.number, &ask.right, Is::RIGHT),
            Act::Say(message) => answer(
                connection,
                voice,
                ask.number,
                ask.number,
                &message,
                Is {
                    answers: true,
                    as_is: message == ask.right,
                },
            ),
            Act::Under {
                number,
                nonce,
                message,
            } => {
                let answers = number == ask.number && nonce == number;
                let as_is = answers && message == ask.right;
                answer(connection, voice, number, nonce, &message, Is { answers, as_is });
            }
            Act::Clear { number, message } => {
                let answers = voice.sealer.is_none() && number == ask.number;
                let is = Is {
                    answers,
                    as_is: answers && message == ask.right,
                };
                say(connection, voice.session, "clear", number, &message, &message, is);
            }
            Act::Unsealed { number, payload } => {
                say(
                    connection,
                    voice.session,
                    "sealed",
                    number,
                    &payload,
                    &payload,
                    Is::NOTHING,
                );
            }
            Act::Unauthentic => {
                let mut frame = framed(voice, ask.number, ask.number, &ask.right);
                let last = frame.payload.len() - 1;
                frame.payload[last] ^= 0x01;
                put(connection, voice.session, frame, &[], Is::NOTHING);
            }
            Act::Damaged => {
                let mut line = line(&framed(voice, ask.number, ask.number, &ask.right));
                let middle = line.len() / 2;
                // Another byte, and not the delimiter, which would make it two lines.
                line[middle] = if line[middle] == 0x55 { 0xAA } else { 0x55 };
                bytes(connection, voice.session, &line);
            }
            Act::Pieces => {
                let frame = framed(voice, ask.number, ask.number, &ask.right);
                log(connection, voice.session, &frame, &ask.right, Is::RIGHT);
                for byte in line(&frame) {
                    connection.send(&[byte]);
                }
            }
            Act::Bytes(raw) => bytes(connection, voice.session, &raw),
            Act::Event { gap, message } => {
                let number = *voice.next_event + gap;
                *voice.next_event = number + 1;
                event(connection, voice, number, &message);
            }
            Act::EventUnder { number, message } => event(connection, voice, number, &message),
            Act::Pause(time) => connection.pause(time),
            Act::Forget => after = After::Forget,
            Act::Close => return After::Close,
        }
    }
    after
}

/// The number of the first event of a session.
pub(super) const EVENTS: u64 = FIRST_EVENT;

fn answer(connection: &mut Connection, voice: &Voice<'_>, number: u64, nonce: u64, message: &[u8], is: Is) {
    let frame = framed(voice, number, nonce, message);
    put(connection, voice.session, frame, message, is);
}

fn event(connection: &mut Connection, voice: &Voice<'_>, number: u64, message: &[u8]) {
    let frame = framed(voice, number, number, message);
    put(connection, voice.session, frame, message, Is::NOTHING);
}

fn say(
    connection: &mut Connection,
    session: usize,
    kind: &str,
    number: u64,
    payload: &[u8],
    message: &[u8],
    is: Is,
) {
    let frame = Frame {
        kind: kind.into(),
        number,
        payload: payload.to_vec(),
    };
    put(connection, session, frame, message, is);
}

fn framed(voice: &Voice<'_>, number: u64, nonce: u64, message: &[u8]) -> Frame {
    let (kind, payload) = match voice.sealer {
        Some(sealer) => ("sealed", sealer.seal(nonce, message).unwrap_or_default()),
        None => ("clear", message.to_vec()),
    };
    Frame {
        kind: kind.into(),
        number,
        payload,
    }
}

fn line(frame: &Frame) -> Vec<u8> {
    frame::encode(protocol(), frame).unwrap_or_default()
}

fn put(connection: &mut Connection, session: usize, frame: Frame, message: &[u8], is: Is) {
    // Written down before it is sent: the client's next frame must find it on the tape.
    log(connection, session, &frame, message, is);
    connection.send(&line(&frame));
}

fn log(connection: &Connection, session: usize, frame: &Frame, message: &[u8], is: Is) {
    let said = Said {
        number: frame.number,
        session,
        message: message.to_vec(),
        answers: is.answers,
        as_is: is.as_is,
    };
    let mut tape = connection.tape.lock();
    tape.said(connection.end, &line(frame), Some(frame), said);
}

fn bytes(connection: &mut Connection, session: usize, raw: &[u8]) {
    let said = Said {
        number: 0,
        session,
        message: Vec::new(),
        answers: false,
        as_is: false,
    };
    connection.tape.lock().said(connection.end, raw, None, said);
    connection.send(raw);
}
