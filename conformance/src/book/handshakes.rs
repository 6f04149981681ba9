//! Both handshakes of the worked examples, with everything that goes into them.

use super::{
    BookError, encode,
    noise::{self, KeyPair, SIZE, Split, Step, Symmetric},
    story::{fixed, fixed_half},
};
use crate::hex;
use cardwire_peers::Identities;
use serde_json::json;

/// Who takes part.
pub(super) const READER: &str = "CERT-READER-1";
pub(super) const CLIENT: &str = "CERT-CLIENT-1";
/// The client's key generation.
pub(super) const GENERATION: u32 = 1;
/// What the reader says of itself.
pub(super) const HARDWARE: &str = "reference-host";
pub(super) const SOFTWARE: &str = "example-reader-1.0.0";
pub(super) const BOOTS: u32 = 7;

/// The names of the two handshakes.
pub(super) const CLIENT_PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";
pub(super) const CLOUD_PATTERN: &str = "Noise_IK_25519_ChaChaPoly_SHA256";
/// What the prologues begin with.
pub(super) const CLIENT_LABEL: &str = "cardwire/1 client-reader";
pub(super) const CLOUD_LABEL: &str = "cardwire/1 reader-cloud";
/// The salt of the pre-shared key.
pub(super) const KEY_SALT: &str = "cardwire/1 client-key";

/// How a pre-shared key comes about.
#[derive(Clone, Debug)]
pub(super) struct Derivation {
    pub(super) secret: Vec<u8>,
    pub(super) info: Vec<u8>,
    /// The pseudo-random key between HKDF's two halves.
    pub(super) extracted: [u8; SIZE],
    pub(super) key: [u8; SIZE],
}

/// Hello and connect, and the handshake in them.
pub(super) struct ClientSide {
    pub(super) derivation: Derivation,
    pub(super) hello: Vec<u8>,
    pub(super) hello_answer: Vec<u8>,
    /// The connect without its handshake field.
    pub(super) header: Vec<u8>,
    pub(super) prologue: Vec<u8>,
    pub(super) client_ephemeral: KeyPair,
    pub(super) reader_ephemeral: KeyPair,
    pub(super) steps: Vec<Step>,
    /// How many of the steps belong to the first message.
    pub(super) first_steps: usize,
    pub(super) connect: Vec<u8>,
    pub(super) connect_answer: Vec<u8>,
    pub(super) split: Split,
}

/// The login header, and the handshake that it is the prologue of.
pub(super) struct CloudSide {
    pub(super) header: Vec<u8>,
    pub(super) prologue: Vec<u8>,
    pub(super) reader_static: KeyPair,
    pub(super) cloud_static: KeyPair,
    pub(super) reader_ephemeral: KeyPair,
    pub(super) cloud_ephemeral: KeyPair,
    pub(super) steps: Vec<Step>,
    pub(super) first_steps: usize,
    pub(super) first: Vec<u8>,
    pub(super) second: Vec<u8>,
    pub(super) split: Split,
}

/// Client and reader, up to the keys of their session.
pub(super) fn client_side(identities: &Identities) -> Result<ClientSide, BookError> {
    let derivation = derive(identities)?;
    let hello = encode("hello", &json!({ "versions": [1], "max_frame": 512 }))?;
    let hello_answer = encode(
        "hello_answer",
        &json!({
            "version": 1, "versions": [1], "max_frame": 512, "challenge": fixed_half("challenge")?, "reader_id": READER,
        }),
    )?;
    let connect = |handshake: &[u8]| {
        encode(
            "connect",
            &json!({
                "hello": hex::encode(&hello), "method": "noise-nnpsk0", "client_id": CLIENT,
                "generation": GENERATION, "handshake": hex::encode(handshake),
            }),
        )
    };
    // The header does not depend on the handshake that stands behind it, length byte first.
    let mut header = connect(&[0; 48])?;
    header.truncate(header.len() - 49);
    let prologue = prologue(CLIENT_LABEL, &[&hello, &hello_answer, &header])?;

    let client_ephemeral = KeyPair::of(fixed("client ephemeral key")?)?;
    let reader_ephemeral = KeyPair::of(fixed("reader ephemeral key, client's session")?)?;
    let mut state = Symmetric::new(CLIENT_PATTERN, &prologue)?;
    state.mix_key_and_hash("psk", &derivation.key)?;
    let first = [
        &ephemeral(&mut state, "client", &client_ephemeral, true)?[..],
        &state.encrypt_and_hash("empty payload", &[])?,
    ]
    .concat();
    let first_steps = state.steps().len();
    let public = ephemeral(&mut state, "reader", &reader_ephemeral, true)?;
    state.mix_dh("ee", &reader_ephemeral.private, &client_ephemeral.public)?;
    let second = [&public[..], &state.encrypt_and_hash("empty payload", &[])?].concat();
    let (split, steps) = state.split()?;
    Ok(ClientSide {
        connect: connect(&first)?,
        connect_answer: encode("connect_answer", &json!({ "handshake": hex::encode(&second) }))?,
        derivation,
        hello,
        hello_answer,
        header,
        prologue,
        client_ephemeral,
        reader_ephemeral,
        steps,
        first_steps,
        split,
    })
}

/// Reader and cloud, up to the keys of their channel.
pub(super) fn cloud_side(identities: &Identities, session: &ClientSide) -> Result<CloudSide, BookError> {
    let header = encode(
        "login_header",
        &json!({
            "version": 1, "suite": "noise-ik", "reader_id": READER, "hardware_class": HARDWARE,
            "boot_counter": BOOTS, "client_id": CLIENT, "session": hex::encode(&session.split.hash),
        }),
    )?;
    let prologue = prologue(CLOUD_LABEL, &[&header])?;
    let reader = identities
        .reader
        .as_ref()
        .ok_or(BookError::Missing("the reader's identity"))?;
    let cloud = identities
        .cloud
        .as_ref()
        .ok_or(BookError::Missing("the cloud's identity"))?;
    let reader_static = KeyPair::of(*reader.static_key.as_bytes())?;
    let cloud_static = KeyPair::of(*cloud.static_key.as_bytes())?;
    let reader_ephemeral = KeyPair::of(fixed("reader ephemeral key, login")?)?;
    let cloud_ephemeral = KeyPair::of(fixed("cloud ephemeral key")?)?;

    let mut state = Symmetric::new(CLOUD_PATTERN, &prologue)?;
    state.mix_hash(
        "the cloud's static key, which the reader knows before",
        &cloud_static.public,
    )?;
    let public = ephemeral(&mut state, "reader", &reader_ephemeral, false)?;
    state.mix_dh("es", &reader_ephemeral.private, &cloud_static.public)?;
    let static_key = state.encrypt_and_hash("the reader's static key", &reader_static.public)?;
    state.mix_dh("ss", &reader_static.private, &cloud_static.public)?;
    let payload = state.encrypt_and_hash("empty payload", &[])?;
    let first = [&public[..], &static_key, &payload].concat();
    let first_steps = state.steps().len();
    let public = ephemeral(&mut state, "cloud", &cloud_ephemeral, false)?;
    state.mix_dh("ee", &reader_ephemeral.private, &cloud_ephemeral.public)?;
    state.mix_dh("se", &reader_static.private, &cloud_ephemeral.public)?;
    let second = [&public[..], &state.encrypt_and_hash("empty payload", &[])?].concat();
    let (split, steps) = state.split()?;
    Ok(CloudSide {
        header,
        prologue,
        reader_static,
        cloud_static,
        reader_ephemeral,
        cloud_ephemeral,
        steps,
        first_steps,
        first,
        second,
        split,
    })
}

/// The token `e`: the public key, hashed, and under a pre-shared key also mixed into the key.
fn ephemeral(
    state: &mut Symmetric,
    whose: &str,
    pair: &KeyPair,
    has_psk: bool,
) -> Result<[u8; SIZE], BookError> {
    let what = format!("the {whose}'s ephemeral key");
    state.mix_hash(&what, &pair.public)?;
    if has_psk {
        state.mix_key(&what, &pair.public)?;
    }
    Ok(pair.public)
}

/// HKDF of the client's secret, its two halves apart.
fn derive(identities: &Identities) -> Result<Derivation, BookError> {
    let client = identities
        .client(Some(CLIENT))
        .ok_or(BookError::Missing("the client's identity"))?;
    let secret = client.secret.as_bytes();
    let mut info = Vec::new();
    for id in [CLIENT, READER] {
        // A name has 32 bytes at most.
        info.push(id.len() as u8);
        info.extend_from_slice(id.as_bytes());
    }
    info.extend_from_slice(&GENERATION.to_be_bytes());
    let extracted = noise::hmac(KEY_SALT.as_bytes(), &[secret])?;
    let key = noise::hmac(&extracted, &[&info, &[0x01]])?;
    if client.pre_shared_key(READER).as_bytes() != &key {
        return Err(BookError::Contradiction(
            "the derived key is not the one that readers store",
        ));
    }
    Ok(Derivation {
        secret: secret.to_vec(),
        info,
        extracted,
        key,
    })
}

/// A label and parts, each behind its length in two bytes.
pub(super) fn prologue(label: &str, parts: &[&[u8]]) -> Result<Vec<u8>, BookError> {
    let mut prologue = label.as_bytes().to_vec();
    for part in parts {
        let length =
            u16::try_from(part.len()).map_err(|_| BookError::Missing("room for a part of a prologue"))?;
        prologue.extend_from_slice(&length.to_be_bytes());
        prologue.extend_from_slice(part);
    }
    Ok(prologue)
}
