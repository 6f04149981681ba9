//! The way in to a reader that starts with what the bench has left: real handshakes.

use super::ring::Client;
use crate::{
    LINE,
    world::{
        ends::{Attempt, Who, hello},
        storage::Storage,
    },
};
use cardwire_codec::{
    Message,
    frame::Deframer,
    message::{ConnectAnswer, FrameKind, limits::T_BACKOFF_MS},
};
use cardwire_core::{Identity, Instant, Reader};
use cardwire_peers::link::encode_frame;

/// A reader that runs.
pub struct Door {
    reader: Reader<Storage>,
    now: u64,
    tries: u8,
}

impl Door {
    /// A reader that starts.
    #[must_use]
    pub fn new(identity: Identity, storage: Storage) -> Self {
        Self {
            reader: Reader::new(identity, storage, Instant::from_millis(0)),
            now: 0,
            tries: 0,
        }
    }

    /// Whether it says in its answer to hello that this is its name.
    #[must_use]
    pub fn goes_by(&mut self, name: &str) -> bool {
        let answer = self.say(1, &hello());
        // Its length stands before it.
        let mut name = name.as_bytes().to_vec();
        name.insert(0, name.len() as u8);
        memchr::memmem::find(&answer, &name).is_some()
    }

    /// Whether a client with this key is let in, when nobody has failed for long.
    ///
    /// # Panics
    /// Where it is, and the reader has other keys for the session.
    #[must_use]
    pub fn lets_in(&mut self, client: &Client) -> bool {
        self.tries += 1;
        self.now += T_BACKOFF_MS;
        let hello = hello();
        let hello_answer = self.say(1, &hello);
        let who = Who {
            client: &client.name,
            generation: client.generation,
            key: &client.key,
        };
        let attempt = Attempt::new(&hello, &hello_answer, who, [self.tries; 32]);
        let answer = self.say(2, &attempt.connect);
        let Ok(answer) = ConnectAnswer::decode(&answer) else {
            return false;
        };
        assert!(
            attempt.finish(answer.handshake).is_some(),
            "both ends have the same keys"
        );
        true
    }

    fn say(&mut self, number: u64, payload: &[u8]) -> Vec<u8> {
        let line = encode_frame(FrameKind::Clear, number, payload);
        let mut bytes = &line[..];
        while !bytes.is_empty() {
            self.reader
                .handle_bytes(Instant::from_millis(self.now), &mut bytes);
        }
        let said = self.reader.poll_output().expect("the reader answers");
        let mut deframer = Deframer::<LINE>::new();
        let frame = deframer.feed(&mut &said[..]).and_then(Result::ok);
        frame.expect("a frame goes out").payload.to_vec()
    }
}
