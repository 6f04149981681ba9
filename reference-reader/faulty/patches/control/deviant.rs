//! What only faulty readers do: nothing here runs unless the environment says that the reader deviates.

use super::MainControl;
use crate::{deviation::Deviation, env::Env, time::Instant};
use cardwire_codec::{
    DecodeError, Frame, List, Message,
    message::{
        CodecRule, Connect, ErrorCode, Hello, LoginResult, Request, UpdateStatus,
        limits::{MESSAGE_MAX, PROTOCOL_VERSION},
    },
    shape::Title,
};

/// What the codec calls the optional parts of a message.
const EXTENSIONS: Title = Title::new("extensions");

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

    /// Takes a message in clear for a hello, whatever its code is.
    pub(super) fn answer_as_hello(&mut self, number: u64, message: &[u8]) -> bool {
        let mut mended = [0; MESSAGE_MAX];
        let Some(mended) = mended.get_mut(..message.len()) else {
            return false;
        };
        mended.copy_from_slice(message);
        if let Some(code) = mended.first_mut() {
            *code = Hello::CODE;
        }
        match Hello::decode(mended) {
            Ok(hello) => self.answer_hello(number, &hello),
            Err(_) => return false,
        }
        true
    }

    /// Whether a connect names the first client that the reader holds a key of.
    pub(super) fn is_first_client(&self, connect: &Connect<'_>) -> bool {
        let first = self.keys.keys().next();
        first.is_some_and(|client| client.id.view() == connect.client_id)
    }

    /// Adds an extension behind an answer, where this reader says too much.
    pub(super) fn add_extension(&self, out: &mut [u8], length: usize) -> usize {
        let unassigned: &[u8] = &[0x00, 0x07, 0x00, 0x00];
        let mut secret = [0; 4 + 32];
        secret[..4].copy_from_slice(&[0x70, 0x00, 0x00, 32]);
        if let Some(client) = self.keys.keys().next() {
            secret[4..].copy_from_slice(&client.pre_shared_key.0);
        }
        let added = if self.deviates(Deviation::UsesUnassignedNumbers) {
            unassigned
        } else if self.deviates(Deviation::TellsSecrets) {
            &secret[..]
        } else {
            &[]
        };
        match out.get_mut(length..length + added.len()) {
            Some(room) => room.copy_from_slice(added),
            None => return length,
        }
        length + added.len()
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

/// A hello, written again as far as this reader understands it: with no version but its own.
pub(super) fn understood<'o>(hello: &Hello<'_>, out: &'o mut [u8]) -> Option<&'o [u8]> {
    let own = [PROTOCOL_VERSION];
    let known = hello.versions.iter().any(|version| version == PROTOCOL_VERSION);
    let again = Hello {
        versions: if known {
            List::from_items(&own)
        } else {
            hello.versions
        },
        ..*hello
    };
    let length = again.encode(out).ok()?;
    out.get(..length)
}

/// Decodes a request and passes over bytes behind its end.
pub(super) fn decode_leniently(bytes: &[u8]) -> Result<Request<'_>, DecodeError> {
    match Request::decode(bytes) {
        Err(DecodeError {
            rule: CodecRule::Truncated,
            field: EXTENSIONS,
            offset,
        }) => Request::decode(bytes.get(..offset).unwrap_or_default()),
        result => result,
    }
}

/// The rule that a reader names instead of the one that was broken.
pub(super) fn mistaken(env: &impl Env, message: &[u8], error: DecodeError) -> DecodeError {
    if let Some((front, &[tag, _, 0, 0])) = message.split_last_chunk::<4>()
        && tag & 0x80 != 0
        && (1..front.len()).contains(&error.offset)
        && env.deviates(Deviation::NamesLastRule)
    {
        return DecodeError {
            rule: CodecRule::ExtensionCritical,
            offset: front.len(),
            ..error
        };
    }
    let rule = match error.rule {
        CodecRule::Length | CodecRule::Count if env.deviates(Deviation::MistakesBounds) => {
            CodecRule::Truncated
        }
        CodecRule::Order if env.deviates(Deviation::MistakesOrder) => CodecRule::Count,
        CodecRule::ExtensionOrder if env.deviates(Deviation::MistakesExtensionOrder) => {
            CodecRule::ExtensionCritical
        }
        rule => rule,
    };
    DecodeError { rule, ..error }
}

/// Refuses a request of more than 256 bytes.
pub(super) fn refuse_large(message: &[u8]) -> Result<(), DecodeError> {
    if message.len() > 256 {
        return Err(DecodeError {
            rule: CodecRule::MessageSize,
            field: Title::new("message"),
            offset: 0,
        });
    }
    Ok(())
}

/// A login result in which a reader overlooks a byte that is wrong.
pub(super) fn mend_result<'m>(env: &impl Env, message: &'m [u8], mended: &'m mut [u8]) -> &'m [u8] {
    let Err(error) = LoginResult::decode(message) else {
        return message;
    };
    // A boolean is its own first byte; a text begins behind its length.
    let length = message.get(error.offset).map_or(0, |length| usize::from(*length));
    let (wrong, byte) = if error.rule == CodecRule::Boolean && env.deviates(Deviation::TakesAnyBoolean) {
        (error.offset..error.offset + 1, 0x01)
    } else if error.rule == CodecRule::Text && env.deviates(Deviation::TakesAnyText) {
        (error.offset + 1..error.offset + 1 + length, b'X')
    } else {
        return message;
    };
    let Some(mended) = mended.get_mut(..message.len()) else {
        return message;
    };
    mended.copy_from_slice(message);
    if let Some(wrong) = mended.get_mut(wrong) {
        wrong.fill(byte);
    }
    mended
}

/// Whether an answer to an update says that it is refused.
pub(super) fn refuses_update(answer: &[u8]) -> bool {
    UpdateStatus::decode(answer).is_ok_and(|status| status.error != ErrorCode(0))
}

/// Whether this is the message that switches the kind of identity, where there is one.
pub(super) fn is_install(message: &[u8]) -> bool {
    message.first() == Some(&0x6F)
}

/// Whether this is a disconnect.
pub(super) fn is_disconnect(message: &[u8]) -> bool {
    matches!(Request::decode(message), Ok(Request::Disconnect(_)))
}

/// Refuses a request that has extensions; it looks only at requests without fields, where they are easily told.
pub(super) fn refuse_extensions(message: &[u8], request: &Request<'_>) -> Result<(), DecodeError> {
    let has_no_fields = matches!(request, Request::ReaderStatus(_) | Request::Disconnect(_));
    if has_no_fields && message.len() > 1 {
        return Err(DecodeError {
            rule: CodecRule::ExtensionCritical,
            field: EXTENSIONS,
            offset: 1,
        });
    }
    Ok(())
}
