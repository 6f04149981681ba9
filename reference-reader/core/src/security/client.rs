//! Client authentication by `Noise_NNpsk0` (method `noise-nnpsk0`).

use super::keyring::Keyring;
use super::noise::{Handshake, Key, Keys, prologue};
use crate::identity::Name;
use cardwire_codec::message::{Connect, Method};
use noise_protocol::{U8Array, patterns::noise_nn_psk0};

/// Bytes of either handshake message: an ephemeral key and the tag of an empty payload.
pub(crate) const HANDSHAKE: usize = 48;

const LABEL: &[u8] = b"cardwire/1 client-reader";
/// Label, three lengths, the longest hello (64), its answer and the longest connect header (110).
const PROLOGUE_MAX: usize = 640;

/// Proof that a client has been authenticated: only [`authenticate`] makes one.
pub(crate) struct ClientAuthenticated {
    /// The client.
    pub(crate) client: Name,
    /// The generation of its key.
    pub(crate) generation: u32,
    /// The keys of its session.
    pub(crate) keys: Keys,
    /// The handshake message that it waits for.
    pub(crate) answer: [u8; HANDSHAKE],
}

/// What a handshake is bound to: all verbatim, as it went over the line.
pub(crate) struct Transcript<'a> {
    pub(crate) hello: &'a [u8],
    pub(crate) hello_answer: &'a [u8],
    /// The connect without its handshake field: what stands before the field's length, and what follows the field.
    pub(crate) connect: [&'a [u8]; 2],
}

/// Decides on the first message alone whether the client holds the key that it names.
///
/// An unknown client is put through the same handshake under a key that nobody holds, so that it takes as long.
pub(crate) fn authenticate(
    keys: &Keyring,
    connect: &Connect<'_>,
    transcript: &Transcript<'_>,
    ephemeral: &[u8; 32],
) -> Option<ClientAuthenticated> {
    if connect.method != Method::NOISE_NNPSK0 {
        return None;
    }
    // noise-protocol panics on messages of another length than it expects: it is checked before.
    let handshake: &[u8; HANDSHAKE] = connect.handshake.try_into().ok()?;
    let known = keys.client(connect.client_id.as_str(), connect.generation);
    let nobody = ephemeral;
    let pre_shared_key = known.map_or(nobody, |client| &client.pre_shared_key.0);

    let mut buffer = [0; PROLOGUE_MAX];
    let parts: [&[&[u8]]; 3] = [
        &[transcript.hello],
        &[transcript.hello_answer],
        &transcript.connect,
    ];
    let prologue = prologue(LABEL, &parts, &mut buffer)?;
    let mut noise = Handshake::new(
        noise_nn_psk0(),
        false,
        prologue,
        None,
        Some(Key::from_slice(ephemeral)),
        None,
        None,
    );
    noise.push_psk(pre_shared_key);
    noise.read_message(handshake, &mut []).ok()?;
    let mut answer = [0; HANDSHAKE];
    noise.write_message(&[], &mut answer).ok()?;
    let known = known?;
    Some(ClientAuthenticated {
        client: known.id,
        generation: known.generation,
        keys: Keys::of(&noise),
        answer,
    })
}
