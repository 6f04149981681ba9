//! Scripts: what an end of the tester says to a request, right or wrong.

use crate::embedded::protocol;
use cardwire_spec::{Place, interpret};
use core::time::Duration;
use serde_json::Value;

/// A request of the client, as a script sees it.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The schema's name; empty where it is no message.
    pub(crate) name: String,
    /// How many new requests of this name this end has heard before, over all sessions and connections.
    pub(crate) nth: u32,
    /// How often this very frame came before.
    pub(crate) repeats: u32,
    /// The number of its frame.
    pub(crate) number: u64,
    /// The message.
    pub(crate) message: Vec<u8>,
    /// The frame on the line, delimiter included.
    pub(crate) line: Vec<u8>,
    /// The right answer.
    pub(crate) right: Vec<u8>,
}

impl Ask {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// The first sending of the `nth` request of this name.
    pub(crate) fn first(&self, name: &str, nth: u32) -> bool {
        self.is(name) && self.nth == nth && self.repeats == 0
    }

    /// The right answer with something else in it.
    pub(crate) fn edited(&self, edit: impl FnOnce(&mut Value)) -> Vec<u8> {
        edited(&self.right, edit)
    }
}

/// A message with something else in it. One that has no encoding then is left as it was: the case is at fault, and finds
/// out because nothing happens.
pub(crate) fn edited(message: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let Ok(tree) = interpret::decode(protocol(), Place::Any, message) else {
        return message.to_vec();
    };
    let mut value = interpret::to_json(&tree);
    edit(&mut value);
    interpret::encode(protocol(), &tree.name, &value)
        .unwrap_or_else(|error| panic!("the case's message: {error}"))
}

/// The message of this name with these fields.
pub(crate) fn message(name: &str, value: &Value) -> Vec<u8> {
    // It is the suite's own, and the case says that it panicked.
    interpret::encode(protocol(), name, value).unwrap_or_else(|error| panic!("the case's {name}: {error}"))
}

/// Something that an end does when it is asked.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Gives the right answer.
    Right,
    /// Gives this message as the answer.
    Say(Vec<u8>),
    /// Says this sealed under this nonce, in a frame of this number.
    Under {
        number: u64,
        nonce: u64,
        message: Vec<u8>,
    },
    /// Says this in clear, under this number.
    Clear { number: u64, message: Vec<u8> },
    /// Says this in a sealed frame of this number, as it is.
    Unsealed { number: u64, payload: Vec<u8> },
    /// Gives the right answer with a changed byte in its payload, and a checksum that fits.
    Unauthentic,
    /// Gives the right answer with a changed byte, and the checksum of before.
    Damaged,
    /// Gives the right answer byte by byte.
    Pieces,
    /// Puts these bytes on the line.
    Bytes(Vec<u8>),
    /// Sends this event under the next number, so many numbers left out.
    Event { gap: u64, message: Vec<u8> },
    /// Sends this event under this number.
    EventUnder { number: u64, message: Vec<u8> },
    /// Waits.
    Pause(Duration),
    /// Forgets the session, as a reader that was reset.
    Forget,
    /// Closes the connection.
    Close,
}

/// What an end says.
pub(crate) type Script = Box<dyn FnMut(&Ask) -> Vec<Act> + Send>;

/// The right answers.
pub(crate) fn right() -> Script {
    Box::new(|_| vec![Act::Right])
}
