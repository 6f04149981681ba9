//! The channel between reader and cloud: `Noise_IK`, the reader initiates, the client relays.

use super::noise::{Handshake, Key, Keys, X25519, open, prologue, seal_in_place};
use crate::identity::Owner;
use noise_protocol::{DH, U8Array, patterns::noise_ik};

/// Bytes of the first handshake message: ephemeral key, sealed static key, tag of an empty payload.
pub(crate) const FIRST: usize = 96;
/// Bytes of the second handshake message: ephemeral key, tag of an empty payload.
const SECOND: usize = 48;

const LABEL: &[u8] = b"cardwire/1 reader-cloud";
const PROLOGUE_MAX: usize = LABEL.len() + 2 + 160;

/// A login whose first message is out and whose second is waited for.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Pending {
    handshake: Handshake,
}

/// Proof that the cloud holds the pinned key and took part in this handshake: only [`Pending::finish`] makes one.
pub(crate) struct CloudAuthenticated {
    to_cloud: Key,
    from_cloud: Key,
    sent: u64,
    received: u64,
}

/// Whether this can be a public key: a point whose product with a secret is not all zero.
pub(crate) fn is_public_key(key: &[u8; 32]) -> bool {
    // Any scalar shows it: a point of small order gives zero with each, as scalars are multiples of the cofactor.
    X25519::dh(&Key::from_slice(&[1; 32]), key).is_ok()
}

/// Begins a login: the first handshake message for the cloud, with an empty payload.
//= spec/book/src/login.md#cw-login-015
//# A reader MUST make a login for the static key of the cloud that it was provisioned with, and learn none from the line.
pub(crate) fn begin(
    identity: &Owner,
    header: &[u8],
    cloud: [u8; 32],
    ephemeral: &[u8; 32],
) -> Option<(Pending, [u8; FIRST])> {
    let mut buffer = [0; PROLOGUE_MAX];
    let prologue = prologue(LABEL, &[&[header]], &mut buffer)?;
    let mut handshake = Handshake::new(
        noise_ik(),
        true,
        prologue,
        Some(Key::from_slice(&identity.static_key.0)),
        Some(Key::from_slice(ephemeral)),
        Some(cloud),
        None,
    );
    let mut first = [0; FIRST];
    handshake.write_message(&[], &mut first).ok()?;
    Some((Pending { handshake }, first))
}

impl Pending {
    /// Takes the cloud's handshake message; `None` where it is not from the pinned cloud.
    //= spec/book/src/login.md#cw-login-019
    //# The handshake messages of a login MUST have empty payloads.
    pub(crate) fn finish(mut self, message: &[u8]) -> Option<CloudAuthenticated> {
        // noise-protocol panics on messages of another length than it expects: it is checked before.
        let message: &[u8; SECOND] = message.try_into().ok()?;
        self.handshake.read_message(message, &mut []).ok()?;
        let Keys {
            initiator, responder, ..
        } = Keys::of(&self.handshake);
        Some(CloudAuthenticated {
            to_cloud: initiator,
            from_cloud: responder,
            sent: 0,
            received: 0,
        })
    }
}

impl CloudAuthenticated {
    /// Seals the next transport message for the cloud, which stands in the front of `room`, and returns its length.
    // In place: below a reader that verifies an update there is little stack left.
    pub(crate) fn seal(&mut self, room: &mut [u8], length: usize) -> Option<usize> {
        let length = seal_in_place(&self.to_cloud, self.sent, room, length)?;
        self.sent += 1;
        Some(length)
    }

    /// Opens the next transport message of the cloud.
    pub(crate) fn open<'o>(&mut self, sealed: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
        let message = open(&self.from_cloud, self.received, sealed, out)?;
        self.received += 1;
        Some(message)
    }
}

#[cfg(feature = "clone")]
impl Clone for CloudAuthenticated {
    fn clone(&self) -> Self {
        Self {
            to_cloud: super::noise::copy(&self.to_cloud),
            from_cloud: super::noise::copy(&self.from_cloud),
            ..*self
        }
    }
}
