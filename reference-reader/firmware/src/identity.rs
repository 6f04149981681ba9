//! What the reader is provisioned with: what its flash keeps, as a bench has written it there over the debug port, which
//! production then locks. The image is the same for all readers: keys decide.
//!
//! A flash that nobody ever provisioned is run with the published certification identity. **Its keys are public.** A product
//! leaves it out.
//!
//! The values are those of `vectors/identities/certification.toml`, which a test holds them against. They stand here
//! once more so that the image builds without a parser.

use crate::Board;
use crate::environment::Environment;
use cardwire_core::Identity;
use cardwire_core::codec::message::{HardwareClass, Provisioning};
use cardwire_core::env::Record;
use cardwire_core::identity::{ClientKey, Name, SecretKey};
use cardwire_core::provision::Kept;

/// Name and version of this software, as the reader states it. The build script takes them from the package, or makes a
/// version of its own where it is told one: an update has to be told from what it takes the place of.
pub const SOFTWARE: &str = env!("CARDWIRE_SOFTWARE");

const READER_ID: &str = "CERT-READER-1";
const STATIC_KEY: [u8; 32] = hex("5e9436cb52b9f028a2a27863aafd35ac6cc81877cb7555b21f3b734a69d47442");
const CLOUD_PUBLIC_KEY: [u8; 32] = hex("ad16723ce52c8c5cbaf9ad7803c6777e8c718c37a5871f443df8613c9999e21b");
/// The update authority, which also seals images.
pub const AUTHORITY_PUBLIC_KEY: [u8; 32] =
    hex("a89fd0dc433e539a3858bd5ac6badc51f8c0420e9be03e2299e3aae164d2bbac");
/// Identity, generation and pre-shared key.
const CLIENTS: [(&str, u32, [u8; 32]); 2] = [
    (
        "CERT-CLIENT-1",
        1,
        hex("0409d4d74a28ab2e20106c6645e92229e674bacb079fdcd27ec9144ecb9c6199"),
    ),
    (
        "CERT-CLIENT-2",
        1,
        hex("e6d44a4219137e85c6b26e58353c6f33136f6e0d435eb44cecc42e005bb4636b"),
    ),
];

/// Who the reader on this board is. One whose flash can't be read is nobody, and lets nobody in.
// Not inlined, nor what it calls: an identity is written where it is to stand, and not put together of pieces.
#[must_use]
#[inline(never)]
pub fn of_board<B: Board>(environment: &mut Environment<'_, B>) -> Identity {
    let kept = Kept::load(environment);
    if kept.is_none() && environment.is_blank(Record::Identity) {
        return certification();
    }
    // What was there and can't be read may have been latched, so that it counts as such.
    let latched = environment.was_stored(Record::Identity);
    let mut kept = kept.unwrap_or(Kept {
        latched,
        ..Kept::blank(HardwareClass::REFERENCE_CORTEX_M3)
    });
    if kept.identity.is_none() {
        // A reader without an identity lets nobody in, whether it has a key yet or not: the next boot tries again.
        let _ = kept.boot(environment);
    }
    kept.identity(name(SOFTWARE))
}

/// The certification identity on a Cortex-M3.
#[must_use]
#[inline(never)]
pub fn certification() -> Identity {
    Identity {
        reader_id: name(READER_ID),
        hardware_class: HardwareClass::REFERENCE_CORTEX_M3,
        provisioning: Provisioning::Certification,
        software: name(SOFTWARE),
        static_key: SecretKey(STATIC_KEY),
        cloud_public_key: CLOUD_PUBLIC_KEY,
        authority_public_key: AUTHORITY_PUBLIC_KEY,
        clients: core::array::from_fn(|index| {
            let (id, generation, key) = CLIENTS.get(index)?;
            Some(ClientKey {
                id: name(id),
                generation: *generation,
                pre_shared_key: SecretKey(*key),
            })
        }),
    }
}

/// A name that is written in this file; a test makes all of them.
fn name(text: &str) -> Name {
    Name::new(text).expect("the names in this file are names")
}

/// 32 bytes that are written in this file; others stop the compiler.
const fn hex(text: &str) -> [u8; 32] {
    let text = text.as_bytes();
    assert!(text.len() == 64, "a key has 64 digits");
    let mut key = [0; 32];
    let mut at = 0;
    while at < key.len() {
        key[at] = digit(text[2 * at]) << 4 | digit(text[2 * at + 1]);
        at += 1;
    }
    key
}

const fn digit(text: u8) -> u8 {
    match text {
        b'0'..=b'9' => text - b'0',
        b'a'..=b'f' => text - b'a' + 10,
        _ => panic!("keys are written in digits 0 to 9 and a to f"),
    }
}

#[cfg(test)]
mod tests {
    use super::{SOFTWARE, certification, of_board};
    use crate::bench::Bench;
    use crate::environment::Environment;
    use cardwire_core::Env;
    use cardwire_core::codec::message::{HardwareClass, Provisioning};
    use cardwire_core::env::Record;
    use cardwire_core::identity::{Name, SecretKey};
    use cardwire_core::provision::Kept;

    #[test]
    fn the_flash_says_who_the_reader_is() {
        let mut board = Bench::default();
        assert_eq!(
            of_board(&mut Environment::new(&mut board)).provisioning,
            Provisioning::Certification
        );
        let name = Name::new("BRANCH-7").unwrap();
        let kept = Kept {
            identity: Some((name, Provisioning::Production)),
            hardware_class: HardwareClass::REFERENCE_CORTEX_M3,
            static_key: Some(SecretKey([4; 32])),
            latched: false,
        };
        kept.store(&mut Environment::new(&mut board)).unwrap();
        let identity = of_board(&mut Environment::new(&mut board));
        assert_eq!(
            (identity.reader_id, identity.provisioning),
            (name, Provisioning::Production)
        );
        assert_eq!(identity.static_key.0, [4; 32]);
        assert_eq!(identity.software.as_str(), SOFTWARE);
    }

    #[test]
    fn what_lost_its_identity_is_nobody() {
        let mut board = Bench::default();
        Environment::new(&mut board)
            .store(Record::Identity, b"damaged")
            .unwrap();
        assert!(!of_board(&mut Environment::new(&mut board)).is_provisioned());
        // It has made itself a key, and stays unprovisioned with it.
        let key = of_board(&mut Environment::new(&mut board)).static_key.0;
        assert_ne!(key, [0; 32]);
        assert_eq!(of_board(&mut Environment::new(&mut board)).static_key.0, key);
        assert!(!of_board(&mut Environment::new(&mut board)).is_provisioned());
    }

    /// The reader's part of the published file, and this identity, in the same words.
    #[test]
    fn is_the_published_certification_identity() {
        let file = include_str!("../../../vectors/identities/certification.toml");
        let file: toml::Table = file.parse().expect("the file is TOML");
        let identity = certification();
        let mut clients = toml::value::Array::new();
        for client in identity.clients.iter().flatten() {
            let mut table = toml::Table::new();
            table.insert("id".into(), client.id.as_str().into());
            table.insert("generation".into(), i64::from(client.generation).into());
            table.insert("pre_shared_key".into(), hex(&client.pre_shared_key.0).into());
            clients.push(table.into());
        }
        let mut reader = toml::Table::new();
        reader.insert("id".into(), identity.reader_id.as_str().into());
        reader.insert("static_key".into(), hex(&identity.static_key.0).into());
        reader.insert("cloud_public_key".into(), hex(&identity.cloud_public_key).into());
        reader.insert(
            "authority_public_key".into(),
            hex(&identity.authority_public_key).into(),
        );
        reader.insert("client".into(), clients.into());
        assert_eq!(file["reader"], reader.into());
        assert_eq!(file["provisioning"].as_str(), Some("certification"));
        assert_eq!(identity.provisioning, Provisioning::Certification);
        assert_eq!(identity.software.as_str(), SOFTWARE);
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
