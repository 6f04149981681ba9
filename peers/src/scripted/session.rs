//! The reader's end of a session, and the faults that a script puts into it.

use super::half::{CLIENT_PATIENCE, Half, refusal};
use crate::{
    Link,
    client::{
        channel::{FIRST_EVENT, Opener, Sealer},
        handshake::Established,
    },
    encoded,
    link::{OwnedFrame, encode_frame},
};
use cardwire_codec::{
    Message,
    frame::DELIMITER,
    message::{Connect, FrameKind},
};
use std::{io, time::Instant};

/// What a script does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answers with this message.
    Answer(Vec<u8>),
    /// Answers with this message, but the first sending of it suffers; a repeat gets it whole.
    Once(Damage, Vec<u8>),
    /// Answers with this message, and every sending of it suffers.
    Always(Damage, Vec<u8>),
    /// Closes the link.
    Close,
}

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It never arrives.
    Lost,
    /// One of its bytes arrives changed.
    Flipped,
    /// Garbage arrives instead, and no end of it.
    Garbage,
    /// It is sealed under another number and comes in a frame of that number.
    WrongNumber,
    /// It comes in a frame of the right number, sealed under another one.
    WrongNonce,
    /// The refusal comes instead, in clear: this reader has forgotten the session.
    Refusal,
}

impl Reply {
    /// An answer that gets lost once.
    #[must_use]
    pub fn lost(answer: Vec<u8>) -> Self {
        Self::Once(Damage::Lost, answer)
    }
}

/// The encoding of a message for a [`Reply`].
///
/// # Panics
/// A message that has no encoding: the script is wrong.
#[must_use]
pub fn reply<'a>(message: &impl Message<'a>) -> Vec<u8> {
    match encoded(message) {
        Ok(bytes) => bytes,
        Err(error) => panic!("the script's answer has no encoding: {error}"),
    }
}

/// The reader's end of a session.
#[derive(Debug)]
pub struct ReaderSession {
    /// Seals what this reader says.
    pub sealer: Sealer,
    /// Opens what its client says.
    pub opener: Opener,
    /// The handshake hash.
    pub session: [u8; 32],
    /// The client.
    pub client_id: String,
    /// Number of the next new request.
    next: u64,
    next_event: u64,
    /// The connect that began this session, and its answer: it may be repeated until the first request.
    connected: (OwnedFrame, Vec<u8>),
    /// The last request and what goes out when it is repeated.
    last: Option<(OwnedFrame, Vec<u8>)>,
}

impl ReaderSession {
    /// The session that a connect began, from that frame and its answer; nothing where the frame holds none.
    #[must_use]
    pub fn new(established: Established, connected: (OwnedFrame, Vec<u8>)) -> Option<Self> {
        let Established {
            sealer,
            opener,
            session,
        } = established;
        let client_id = Connect::decode(&connected.0.payload)
            .ok()?
            .client_id
            .as_str()
            .to_owned();
        let next_event = FIRST_EVENT;
        Some(Self {
            sealer,
            opener,
            session,
            client_id,
            next: 0,
            next_event,
            connected,
            last: None,
        })
    }

    /// Sends an event (CW-SESS-013).
    ///
    /// # Errors
    /// The link is closed.
    pub fn send_event<'a>(&mut self, link: &mut Link, event: &impl Message<'a>) -> io::Result<()> {
        let sealed = self
            .sealer
            .seal(self.next_event, &reply(event))
            .unwrap_or_default();
        link.send_frame(FrameKind::Sealed, self.next_event, &sealed)?;
        self.next_event += 1;
        Ok(())
    }

    /// Answers requests as the script says. Returns the session that a new connect put in the place of this one, or
    /// nothing where the link is gone.
    pub fn serve(
        mut self,
        half: &mut Half,
        link: &mut Link,
        answer: &mut impl FnMut(&Self, &[u8]) -> Reply,
    ) -> Option<Self> {
        loop {
            let frame = link.receive(Instant::now() + CLIENT_PATIENCE).ok()?;
            let line = match frame.kind {
                FrameKind::Sealed => self.answer_sealed(frame, answer)?,
                FrameKind::Clear if self.last.is_none() && frame == self.connected.0 => {
                    encode_frame(FrameKind::Clear, frame.number, &self.connected.1)
                }
                FrameKind::Clear => {
                    let (answer, established) = half.answer_clear(&frame.payload);
                    if let Some(established) = established {
                        link.send_frame(FrameKind::Clear, frame.number, &answer).ok()?;
                        return Self::new(established, (frame, answer));
                    }
                    encode_frame(FrameKind::Clear, frame.number, &answer)
                }
            };
            if !line.is_empty() {
                link.send(&line).ok()?;
            }
        }
    }

    /// What goes out for a sealed frame, perhaps nothing; `None` closes the link.
    fn answer_sealed(
        &mut self,
        frame: OwnedFrame,
        answer: &mut impl FnMut(&Self, &[u8]) -> Reply,
    ) -> Option<Vec<u8>> {
        if let Some((_, line)) = self.last.as_ref().filter(|(last, _)| *last == frame) {
            return Some(line.clone());
        }
        let number = frame.number;
        let Some(message) = self
            .opener
            .open(number, &frame.payload)
            .filter(|_| number == self.next)
        else {
            return Some(Vec::new());
        };
        self.next += 1;
        let (line, repeated) = match answer(self, &message) {
            Reply::Answer(answer) => {
                let line = self.sealed(number, number, &answer);
                (line.clone(), line)
            }
            Reply::Once(damage, answer) => (
                self.damaged(damage, number, &answer),
                self.sealed(number, number, &answer),
            ),
            Reply::Always(damage, answer) => {
                let line = self.damaged(damage, number, &answer);
                (line.clone(), line)
            }
            Reply::Close => return None,
        };
        self.last = Some((frame, repeated));
        Some(line)
    }

    fn sealed(&self, number: u64, nonce: u64, answer: &[u8]) -> Vec<u8> {
        encode_frame(
            FrameKind::Sealed,
            number,
            &self.sealer.seal(nonce, answer).unwrap_or_default(),
        )
    }

    fn damaged(&self, damage: Damage, number: u64, answer: &[u8]) -> Vec<u8> {
        let whole = self.sealed(number, number, answer);
        match damage {
            Damage::Lost => Vec::new(),
            Damage::Flipped => {
                let mut line = whole;
                let middle = line.len() / 2;
                // Another byte, and not the delimiter, which would make it two frames.
                line[middle] = if line[middle] == 0x55 { 0xAA } else { 0x55 };
                line
            }
            Damage::Garbage => [vec![0x5A; 5000], vec![DELIMITER; 2]].concat(),
            Damage::WrongNumber => self.sealed(number + 1, number + 1, answer),
            Damage::WrongNonce => self.sealed(number, number + 1, answer),
            Damage::Refusal => encode_frame(FrameKind::Clear, number, &refusal()),
        }
    }
}
