//! What only faulty readers do: nothing here runs unless the environment says that the reader deviates.

use super::MainControl;
use crate::{env::Env, time::Instant};
use cardwire_codec::{
    DecodeError, Frame,
    message::{CodecRule, Connect, Request, limits::MESSAGE_MAX},
};

impl<E: Env> MainControl<E> {
    /// Answers reader_status in clear, without a session.
    pub(super) fn answer_in_clear(&mut self, now: Instant, frame: &Frame<'_>) -> bool {
        let Ok(Request::ReaderStatus(_)) = Request::decode(frame.payload) else {
            return false;
        };
        let mut out = [0; MESSAGE_MAX];
        match self.encode_status(now, &mut out) {
            Ok(length) => self.put_clear(frame.number, &out[..length.min(100)]),
            Err(_) => return false,
        }
        true
    }

    /// Whether a connect names the first client that the reader holds a key of.
    pub(super) fn is_first_client(&self, connect: &Connect<'_>) -> bool {
        let first = self.identity.clients.iter().flatten().next();
        first.is_some_and(|client| client.id.as_str() == connect.client_id)
    }

    /// Opens a request that was executed before once more.
    pub(super) fn open_again(&self, frame: &Frame<'_>, out: &mut [u8]) -> Option<usize> {
        self.session
            .as_ref()?
            .channel
            .reopen(frame.payload, out)
            .map(<[u8]>::len)
    }
}

/// Decodes a request and passes over bytes behind its end.
pub(super) fn decode_leniently(bytes: &[u8]) -> Result<Request<'_>, DecodeError> {
    match Request::decode(bytes) {
        Err(DecodeError {
            rule: CodecRule::Truncated,
            field: "extensions",
            offset,
        }) => Request::decode(bytes.get(..offset).unwrap_or_default()),
        result => result,
    }
}

/// Refuses a request that has extensions; it looks only at requests without fields, where they are easily told.
pub(super) fn refuse_extensions(message: &[u8], request: &Request<'_>) -> Result<(), DecodeError> {
    let has_no_fields = matches!(request, Request::ReaderStatus(_) | Request::Disconnect(_));
    if has_no_fields && message.len() > 1 {
        return Err(DecodeError {
            rule: CodecRule::ExtensionCritical,
            field: "extensions",
            offset: 1,
        });
    }
    Ok(())
}
