//! The envelope of a signed statement: DSSE 1.0, with one signature or more.
//!
//! What is signed is not the text of the payload alone but its type with it, each with its length before it (PAE), so
//! that nothing that was signed for something else passes for a statement.

use super::keys::{PublicKey, Signer};
use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};

/// The type of what is inside: an in-toto statement.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The most signatures that an envelope may carry.
const SIGNATURES_MAX: usize = 16;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// An envelope whose payload has not been believed yet.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) payload: Vec<u8>,
    signatures: Vec<(String, Vec<u8>)>,
}

/// The text of an envelope around a payload.
pub(crate) fn seal(payload: &[u8], signer: &Signer) -> String {
    let envelope = Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: Base64::encode_string(payload),
        signatures: vec![Signature {
            keyid: signer.public().id(),
            sig: Base64::encode_string(&signer.sign(&pae(payload))),
        }],
    };
    text(&envelope)
}

/// What an envelope holds.
///
/// # Errors
/// What is wrong with the text. It has one form, to the byte: whoever has changed anything in it is found out, also
/// where no signature covers it.
pub(crate) fn open(given: &str) -> Result<Sealed, String> {
    let envelope: Envelope =
        serde_json::from_str(given).map_err(|error| format!("it is no DSSE envelope: {error}"))?;
    if text(&envelope) != given {
        return Err("it is not written as a statement is: its bytes were changed".to_owned());
    }
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(format!("its payload is no {PAYLOAD_TYPE}"));
    }
    if !(1..=SIGNATURES_MAX).contains(&envelope.signatures.len()) {
        return Err(format!("it carries no signature, or more than {SIGNATURES_MAX}"));
    }
    let bytes = |text: &str| Base64::decode_vec(text).map_err(|_| "a part of it is no base64".to_owned());
    let signatures = envelope.signatures.iter();
    let signatures = signatures.map(|signature| Ok((signature.keyid.clone(), bytes(&signature.sig)?)));
    Ok(Sealed {
        payload: bytes(&envelope.payload)?,
        signatures: signatures.collect::<Result<_, String>>()?,
    })
}

impl Sealed {
    /// The text of the same envelope around another payload, which nobody has signed.
    pub(crate) fn with_payload(&self, payload: &[u8]) -> String {
        let signature = |(keyid, signature): &(String, Vec<u8>)| Signature {
            keyid: keyid.clone(),
            sig: Base64::encode_string(signature),
        };
        text(&Envelope {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: Base64::encode_string(payload),
            signatures: self.signatures.iter().map(signature).collect(),
        })
    }

    /// Whether this key has signed it, and is named as the one that has.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let (message, id) = (pae(&self.payload), key.id());
        let mut signatures = self.signatures.iter();
        signatures.any(|(keyid, signature)| *keyid == id && key.has_signed(&message, signature))
    }

    /// The keys that it names, as it names them.
    pub(crate) fn signers(&self) -> String {
        let names: Vec<_> = self.signatures.iter().map(|(keyid, _)| keyid.as_str()).collect();
        names.join(", ")
    }
}

/// The bytes that are signed: the pre-authentication encoding.
pub(crate) fn pae(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

fn text(envelope: &Envelope) -> String {
    // Texts and lists of texts always have a JSON form.
    serde_json::to_string_pretty(envelope).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the DSSE specification has another payload type; the encoding is the same.
    #[test]
    fn the_encoding_is_the_specification_s() {
        assert_eq!(
            pae(b"hello world"),
            b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"
        );
    }
}
