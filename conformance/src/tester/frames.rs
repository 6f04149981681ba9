//! Frames of any content, and what comes back for them.

use super::Tester;
use crate::{
    embedded::protocol,
    standstill::Deadline,
    trace::{FrameHead, Way},
    verdict::{Step, Stop},
};
use cardwire_peers::link::ReceiveError;
use cardwire_spec::{
    Place,
    interpret::{
        self,
        frame::{self, DELIMITER, Frame, FrameFault},
    },
};
use core::time::Duration;

/// Bytes of a frame that are not its payload.
pub(super) const OVERHEAD: usize = 13;
/// A standstill of this machine that the trace tells of.
const NOTED: Duration = Duration::from_millis(10);
/// The code of connect.
const CONNECT: u8 = 0x02;
/// The whole refusal.
const REFUSAL: [u8; 1] = [0xFF];
/// What the tester declares in hello.
pub(super) const OUR_MAX_FRAME: u64 = 512;

/// A frame that came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) frame: Frame,
    /// The bytes on the line, without delimiter.
    pub(crate) line: Vec<u8>,
}

impl Seen {
    pub(crate) fn is_clear(&self) -> bool {
        self.frame.kind == "clear"
    }

    pub(crate) fn describe(&self) -> String {
        let Frame {
            kind,
            number,
            payload,
        } = &self.frame;
        let what = interpret::decode(protocol(), Place::ClearAnswer, payload).map(|tree| tree.name);
        match what {
            Ok(name) if self.is_clear() => format!("{name} in a clear frame {number}"),
            _ => format!("a {kind} frame {number} with {} bytes", payload.len()),
        }
    }
}

/// The bytes of a frame for the line, delimiter included.
pub(crate) fn encode(kind: &str, number: u64, payload: &[u8]) -> Step<Vec<u8>> {
    let frame = Frame {
        kind: kind.to_owned(),
        number,
        payload: payload.to_vec(),
    };
    frame::encode(protocol(), &frame).ok_or_else(|| Stop::Error(format!("no frame is of kind `{kind}`")))
}

impl Tester {
    /// Sends bytes as they are.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8], what: &str) -> Step {
        self.trace.line(Way::Sent, bytes, None);
        self.trace.meaning(what, None);
        self.put(bytes)
    }

    /// What the frame of a line carries.
    pub(crate) fn payload_of(&self, line: &[u8]) -> Step<Vec<u8>> {
        let frame = frame::decode(protocol(), line);
        let frame = frame
            .map_err(|fault| Stop::Error(format!("a line of the device is no frame any more: {fault}")))?;
        Ok(frame.payload)
    }

    /// Sends one frame and returns its bytes.
    pub(crate) fn send_frame(&mut self, kind: &str, number: u64, payload: &[u8]) -> Step<Vec<u8>> {
        let line = encode(kind, number, payload)?;
        // What the trace says of it is put together while the device works at it.
        let put = self.put(&line);
        self.trace.line(
            Way::Sent,
            &line,
            Some(FrameHead {
                kind: kind.to_owned(),
                number,
            }),
        );
        if kind == "clear" {
            self.explain(Place::Any, payload);
            self.connecting = (payload.first() == Some(&CONNECT)).then_some(number);
        }
        put.map(|()| line)
    }

    fn put(&mut self, bytes: &[u8]) -> Step {
        self.line.send(bytes).map_err(|error| self.closed(&error))
    }

    /// Says in the trace what the last frame carries.
    pub(super) fn explain(&mut self, place: Place<'_>, message: &[u8]) {
        if self.secret {
            self.trace
                .meaning("a request that holds secrets of the card", None);
            return;
        }
        match interpret::decode(protocol(), place, message) {
            Ok(tree) => {
                let fields = interpret::to_json(&tree);
                self.trace.meaning(&tree.name, Some(fields));
            }
            Err(fault) => self
                .trace
                .meaning(&format!("no message of this place ({fault})"), None),
        }
    }

    /// The next frame that comes before the deadline. What is no frame is the device's fault.
    pub(crate) fn next_frame(&mut self, deadline: impl Into<Deadline>) -> Step<Option<Seen>> {
        let line = match self.next_line(deadline.into()) {
            Ok(line) => line,
            Err(ReceiveError::Timeout) => return Ok(None),
            Err(ReceiveError::Closed(error)) => return Err(self.closed(&error)),
        };
        match frame::decode(protocol(), &line) {
            Ok(frame) => self.judge_frame(Seen { frame, line }).map(Some),
            Err(fault) => {
                self.trace.line(Way::Received, &line, None);
                let requirement = match fault {
                    FrameFault::Cobs => "CW-LINK-001",
                    FrameFault::TooLong => "CW-LINK-006",
                    FrameFault::TooShort | FrameFault::Checksum | FrameFault::Kind => "CW-LINK-003",
                };
                let seen = format!("{} bytes that are none ({fault})", line.len());
                self.under(requirement, |tester| tester.fail("a frame", seen))
            }
        }
    }

    fn next_line(&mut self, deadline: Deadline) -> Result<Vec<u8>, ReceiveError> {
        let line = self.line.next(deadline);
        let stood = deadline.put_off();
        if stood >= NOTED {
            self.trace.note(format!(
                "this machine stood still for {} ms meanwhile, by which the deadline was put off",
                stood.as_millis()
            ));
        }
        line
    }

    fn judge_frame(&mut self, seen: Seen) -> Step<Seen> {
        let Frame {
            kind,
            number,
            payload,
        } = &seen.frame;
        let head = FrameHead {
            kind: kind.clone(),
            number: *number,
        };
        self.trace.line(
            Way::Received,
            &[&seen.line[..], &[DELIMITER]].concat(),
            Some(head),
        );
        if seen.is_clear() {
            self.explain(Place::ClearAnswer, payload);
        }
        if seen.is_clear() && self.connecting == Some(*number) && *payload == REFUSAL {
            // Whoever connects behind it waits for the back-off.
            self.note_wrong_connect();
        }
        let size = payload.len() + OVERHEAD;
        if size as u64 > OUR_MAX_FRAME {
            let expected = format!("frames of {OUR_MAX_FRAME} bytes at most, as hello declared");
            return self.under("CW-LINK-006", |tester| {
                tester.fail(expected, format!("one of {size} bytes"))
            });
        }
        Ok(seen)
    }

    /// Drops whatever comes, garbage included, until a frame that `is_it`; `None` at the deadline.
    pub(super) fn skip_to(
        &mut self,
        deadline: Deadline,
        is_it: impl Fn(&Frame) -> bool,
    ) -> Step<Option<Seen>> {
        while !deadline.is_past() {
            let line = match self.next_line(deadline) {
                Ok(line) => line,
                Err(ReceiveError::Timeout) => break,
                Err(ReceiveError::Closed(error)) => return Err(self.closed(&error)),
            };
            match frame::decode(protocol(), &line) {
                Ok(frame) if is_it(&frame) => return self.judge_frame(Seen { frame, line }).map(Some),
                _ => {
                    self.trace.line(Way::Received, &line, None);
                    self.trace.meaning("dropped", None);
                }
            }
        }
        Ok(None)
    }

    /// The line has ended: nothing permits a device to do that.
    fn closed(&self, error: &std::io::Error) -> Stop {
        let words = self
            .line
            .last_words()
            .map(|words| format!("; its last words: {words}"));
        self.failure(
            "an open line",
            format!("the line closed ({error}){}", words.unwrap_or_default()),
        )
    }

    /// When the answer to what was sent last has to be there: the device has `T_answer` from its last byte on.
    pub(crate) fn answer_due(&self) -> Deadline {
        Deadline::within(self.line.on_its_way() + self.bench.timers.answer)
    }

    /// Holds the device to having kept silent about what was sent before: a hello is answered, and nothing else comes
    /// before its answer.
    pub(crate) fn silence(&mut self, about: &str) -> Step {
        self.silence_but_for(None, about)
    }

    /// The same, where the refusal under this number is legal too.
    pub(crate) fn silence_or_refusal(&mut self, number: u64, about: &str) -> Step {
        self.silence_but_for(Some(number), about)
    }

    fn silence_but_for(&mut self, refused: Option<u64>, about: &str) -> Step {
        let number = self.random.number();
        self.send_frame("clear", number, &super::hello(&[1])?)?;
        let deadline = self.answer_due();
        while let Some(seen) = self.next_frame(deadline)? {
            let (own, payload) = (seen.frame.number, &seen.frame.payload);
            if seen.is_clear() && own == number && payload.first() == Some(&0x81) {
                return Ok(());
            }
            if self.is_event(&seen) {
                self.take_event(&seen)?;
            } else if !(seen.is_clear() && Some(own) == refused && *payload == REFUSAL) {
                return self.fail(format!("no answer to {about}"), seen.describe());
            }
        }
        self.fail(format!("an answer to hello after {about}"), "none in time")
    }
}
