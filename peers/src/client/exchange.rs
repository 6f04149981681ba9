//! One request and its answer: sent, waited for, repeated byte for byte.

use super::{ClientError, LinkFault, ReaderFault};
use crate::link::{Link, OwnedFrame, ReceiveError, Received};
use core::time::Duration;

/// How long a client waits before it repeats, and how often it sends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) repeat: Duration,
    pub(super) tries: u32,
}

/// What a frame was to the one who waits for an answer.
pub(super) enum Heard<T> {
    /// The answer.
    Answer(T),
    /// Something else that is right, such as an event.
    Aside,
    /// Nothing: another number, or one that does not authenticate.
    Dropped,
}

/// Sends `line` and waits until `hear` takes a frame for the answer; repeats after `T_repeat`.
///
/// A corrupted byte on the way there or back costs one repeat: the reader answers a repeat from its cache.
//= spec/book/src/session.md#cw-sess-009
//# A client that has no answer after `T_repeat` SHOULD repeat the request's frame byte for byte.
pub(super) fn exchange<T>(
    link: &mut Link,
    patience: Patience,
    request: &'static str,
    line: &[u8],
    mut hear: impl FnMut(OwnedFrame) -> Result<Heard<T>, ClientError>,
) -> Result<T, ClientError> {
    let start = link.now();
    let (mut dropped, mut garbage) = (0, 0);
    for _ in 0..patience.tries {
        link.send(line).map_err(LinkFault::Closed)?;
        let deadline = link.now() + patience.repeat;
        loop {
            // A device that floods the line would else keep its client here for ever.
            if link.now() > deadline {
                break;
            }
            match link.receive_any(deadline) {
                Ok(Received::Garbage(_)) => garbage += 1,
                Ok(Received::Frame(frame)) => match hear(frame)? {
                    Heard::Answer(answer) => return Ok(answer),
                    Heard::Aside => {}
                    Heard::Dropped => dropped += 1,
                },
                Err(ReceiveError::Timeout) => break,
                Err(ReceiveError::Closed(error)) => return Err(LinkFault::Closed(error).into()),
            }
        }
    }
    let waited = link.now().saturating_duration_since(start);
    Err(match (dropped, garbage) {
        (0, 0) => ReaderFault::Silent {
            request,
            waited,
            tries: patience.tries,
        }
        .into(),
        (0, garbage) => LinkFault::Damaged { waited, garbage }.into(),
        (dropped, _) => ReaderFault::Unusable {
            request,
            waited,
            dropped,
        }
        .into(),
    })
}
