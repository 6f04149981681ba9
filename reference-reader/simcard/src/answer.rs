//! How an answer leaves the card: at once, or on GET RESPONSE (ETSI TS 102 221, clauses 7.3.1.1 and 12.1.1).

use crate::{RESPONSE_MAX, command::Command, sw::StatusWord};

/// The answer to one command, written straight into the buffer of whoever asked.
pub(crate) struct Reply<'a> {
    buffer: &'a mut [u8; RESPONSE_MAX],
    length: usize,
}

impl<'a> Reply<'a> {
    pub(crate) fn new(buffer: &'a mut [u8; RESPONSE_MAX]) -> Self {
        Self { buffer, length: 0 }
    }

    /// Answers a command of case 2 with all of `data`; any other Le is told the right one.
    pub(crate) fn exactly(&mut self, data: &[u8], expected: usize) -> Result<(), StatusWord> {
        if expected != data.len() {
            return Err(StatusWord::wrong_le(data.len()));
        }
        self.append(data);
        Ok(())
    }

    /// Answers a command of case 2 with the start of `data`; an Le that is longer is told the right one.
    pub(crate) fn up_to(&mut self, data: &[u8], expected: usize) -> Result<(), StatusWord> {
        match data.get(..expected) {
            Some(start) => {
                self.append(start);
                Ok(())
            }
            None => Err(StatusWord::wrong_le(data.len())),
        }
    }

    /// Ends the answer, and says how long it is: 2 to 258 bytes.
    pub(crate) fn finish(mut self, status: StatusWord) -> usize {
        self.append(&status.to_bytes());
        self.length
    }

    fn append(&mut self, bytes: &[u8]) {
        let room = self.buffer.iter_mut().skip(self.length);
        self.length += room.zip(bytes).map(|(place, byte)| *place = *byte).count();
    }
}

/// Bytes that a command of case 4 leaves for GET RESPONSE, or that STATUS returns.
#[derive(Clone)]
pub(crate) struct Response {
    bytes: [u8; Self::CAPACITY],
    length: usize,
    taken: usize,
}

impl Response {
    /// The longest response is the template of an application, 51 bytes; on a card with more files than the
    /// certification card has, the numbers of all records of one.
    const CAPACITY: usize = if cfg!(feature = "full") { 256 } else { 64 };

    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; Self::CAPACITY],
            length: 0,
            taken: 0,
        }
    }

    /// Nothing waits any more.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
        self.taken = 0;
    }

    /// Appends bytes; there is room, as the tests show for every file.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let room = self.bytes.iter_mut().skip(self.length);
        self.length += room.zip(bytes).map(|(place, byte)| *place = *byte).count();
    }

    /// What was pushed and not yet taken.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..self.length).unwrap_or_default()
    }

    /// The end of a command that went well: `9000`, or `61xx` if something waits.
    pub(crate) fn status(&self) -> StatusWord {
        match self.rest().len() {
            0 => StatusWord::OK,
            available => StatusWord::response_available(available),
        }
    }

    /// GET RESPONSE (ETSI TS 102 221, 12.1.1). It may take a part; the next GET RESPONSE then takes the rest.
    pub(crate) fn get(&mut self, command: &Command<'_>, reply: &mut Reply<'_>) -> Result<(), StatusWord> {
        let expected = command.expected_length()?;
        command.without_parameters()?;
        if self.rest().is_empty() {
            return Err(StatusWord::NO_DIAGNOSIS);
        }
        reply.up_to(self.rest(), expected)?;
        self.taken += expected;
        Ok(())
    }
}
