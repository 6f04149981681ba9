//! Messages as bytes of their own.

use cardwire_codec::{EncodeError, Message};

/// The encoding of a message.
pub(crate) fn encoded<'a, M: Message<'a>>(message: &M) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = vec![0; M::PLACE_SIZE];
    let length = message.encode(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}
