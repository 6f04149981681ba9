//! The reader's identity from a TOML file: what it is provisioned with.
//!
//! The file has the form of the published `vectors/identities/certification.toml`: the key `provisioning` and the
//! section `[reader]`. Sections of other roles may stand in it and are passed over.

use cardwire_core::{
    Identity,
    codec::message::{HardwareClass, Provisioning},
    identity::{ClientKey, MAX_CLIENTS, Name, SecretKey},
    provision::Kept,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use toml::{Table, Value};
use zeroize::Zeroizing;

/// The published file, as it stands in the repository.
const CERTIFICATION: &str = include_str!("../../../vectors/identities/certification.toml");
/// Name and version of this software, as reader_status states it.
const SOFTWARE: &str = concat!("cardwire-host-", env!("CARGO_PKG_VERSION"));

/// Why an identity can't be loaded. No variant shows a value, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file can't be read.
    #[error("the identity file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("{origin}, line {line}: {reason}")]
    Syntax {
        /// Where the text is from.
        origin: String,
        /// The line, from 1.
        line: usize,
        /// What the parser expected.
        reason: String,
    },
    /// A key is missing or has another value than it may have.
    #[error("{origin}: `{key}` {fault}: expected {expected}")]
    Key {
        /// Where the text is from.
        origin: String,
        /// The key, with the sections that it stands in.
        key: String,
        /// What is wrong with it.
        fault: &'static str,
        /// What it may be.
        expected: &'static str,
    },
}

impl IdentityError {
    /// What a person who meets this error can do next.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } => "Check the path, or make an identity with `cardwire keys new`.",
            Self::Syntax { .. } | Self::Key { .. } => {
                "Correct the file; `cardwire keys new` makes one that is right, and \
                 vectors/identities/certification.toml shows the form."
            }
        }
    }
}

/// The published certification identity. Whoever has this software can log in to a reader that holds it.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    reason = "the file is part of this library, and a test reads it"
)]
pub fn certification() -> Identity {
    match parse(CERTIFICATION, "the published certification identity") {
        Ok(identity) => identity,
        Err(error) => panic!("{error}"),
    }
}

/// The identity of a reader with this on its flash.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    reason = "the name is a constant, and a test makes it"
)]
pub fn of_flash(kept: &Kept) -> Identity {
    let software = Name::new(SOFTWARE).expect("the name of this software is one");
    kept.identity(software)
}

/// Reads an identity file.
///
/// # Errors
/// A file that can't be read, or that is no identity of a reader.
pub fn load(path: &Path) -> Result<Identity, IdentityError> {
    let text = fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| IdentityError::File {
            path: path.into(),
            source,
        })?;
    parse(&text, &path.display().to_string())
}

/// Reads the text of an identity file; `origin` says in errors where it is from.
///
/// # Errors
/// A text that is no identity of a reader.
pub fn parse(text: &str, origin: &str) -> Result<Identity, IdentityError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        // The parser's own report shows the line, and with it perhaps a secret.
        let before = text.bytes().take(error.span().map_or(0, |span| span.start));
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        IdentityError::Syntax {
            origin: origin.into(),
            line,
            reason: error.message().into(),
        }
    })?;
    let file = Section {
        origin,
        path: String::new(),
        table: &table,
    };
    let reader = file.section("reader")?;
    reader.holds_only(&[
        "id",
        "static_key",
        "cloud_public_key",
        "authority_public_key",
        "client",
    ])?;
    Ok(Identity {
        reader_id: reader.name("id")?,
        hardware_class: HardwareClass::REFERENCE_HOST,
        provisioning: file.provisioning("provisioning")?,
        // The constant is of the character set `name`, and shorter than 32 bytes.
        software: Name::new(SOFTWARE).unwrap_or(reader.name("id")?),
        static_key: SecretKey(*reader.key("static_key")?),
        cloud_public_key: *reader.key("cloud_public_key")?,
        authority_public_key: *reader.key("authority_public_key")?,
        clients: clients(&reader)?,
    })
}

fn clients(reader: &Section<'_>) -> Result<[Option<ClientKey>; MAX_CLIENTS], IdentityError> {
    let mut clients = [const { None }; MAX_CLIENTS];
    let expected = "one to four sections [[reader.client]]";
    let sections = match reader.table.get("client") {
        None => return Err(reader.error("client", "is missing", expected)),
        Some(Value::Array(sections)) if (1..=MAX_CLIENTS).contains(&sections.len()) => sections,
        Some(_) => return Err(reader.error("client", "is something else", expected)),
    };
    for (index, (section, slot)) in sections.iter().zip(&mut clients).enumerate() {
        let Value::Table(table) = section else {
            return Err(reader.error("client", "is something else", expected));
        };
        let client = Section {
            origin: reader.origin,
            path: format!("reader.client[{index}]."),
            table,
        };
        client.holds_only(&["id", "generation", "pre_shared_key"])?;
        *slot = Some(ClientKey {
            id: client.name("id")?,
            generation: client.generation("generation")?,
            pre_shared_key: SecretKey(*client.key("pre_shared_key")?),
        });
    }
    Ok(clients)
}

/// A part of the file, and where it stands.
struct Section<'t> {
    origin: &'t str,
    path: String,
    table: &'t Table,
}

impl<'t> Section<'t> {
    fn error(&self, key: &str, fault: &'static str, expected: &'static str) -> IdentityError {
        let key = format!("{}{key}", self.path);
        IdentityError::Key {
            origin: self.origin.into(),
            key,
            fault,
            expected,
        }
    }

    /// Takes a value by `take`, which gives `None` where the value is something else.
    fn take<T>(
        &self,
        key: &str,
        expected: &'static str,
        take: impl FnOnce(&'t Value) -> Option<T>,
    ) -> Result<T, IdentityError> {
        let value = self
            .table
            .get(key)
            .ok_or_else(|| self.error(key, "is missing", expected))?;
        take(value).ok_or_else(|| self.error(key, "is something else", expected))
    }

    fn section(&self, key: &str) -> Result<Section<'t>, IdentityError> {
        let table = self.take(key, "the section of the reader, [reader]", Value::as_table)?;
        Ok(Section {
            origin: self.origin,
            path: format!("{}{key}.", self.path),
            table,
        })
    }

    /// A key with a slip of the pen in it must not be passed over.
    fn holds_only(&self, known: &[&str]) -> Result<(), IdentityError> {
        match self.table.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(self.error(key, "is unknown", "a key of the published file")),
            None => Ok(()),
        }
    }

    fn name(&self, key: &str) -> Result<Name, IdentityError> {
        let expected = "1 to 32 letters, digits, `.`, `-` and `_`, in quotes";
        self.take(key, expected, |value| Name::new(value.as_str()?))
    }

    fn key(&self, key: &str) -> Result<Zeroizing<[u8; 32]>, IdentityError> {
        self.take(
            key,
            "a key of 32 bytes: 64 hexadecimal digits, in quotes",
            |value| from_hex(value.as_str()?),
        )
    }

    fn generation(&self, key: &str) -> Result<u32, IdentityError> {
        self.take(key, "a number from 0 to 4294967295", |value| {
            value.as_integer()?.try_into().ok()
        })
    }

    fn provisioning(&self, key: &str) -> Result<Provisioning, IdentityError> {
        self.take(key, "\"production\" or \"certification\"", |value| {
            let name = value.as_str()?;
            Provisioning::ALL
                .iter()
                .copied()
                .find(|known| known.name() == name)
        })
    }
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    //= spec/book/src/certification.md#cw-cert-001
    //= type=test
    //# A reader that holds the certification identity MUST state `certification` in reader_status.
    #[test]
    fn the_published_identity() {
        let identity = certification();
        assert_eq!(identity.reader_id.as_str(), "CERT-READER-1");
        assert_eq!(identity.provisioning, Provisioning::Certification);
        assert_eq!(identity.software.as_str(), SOFTWARE);
        assert_eq!(identity.static_key.0[..2], [0x5E, 0x94]);
        assert!(identity.client("CERT-CLIENT-2", 1).is_some());
        assert!(identity.client("CERT-CLIENT-1", 2).is_none());
    }

    #[test]
    fn a_wrong_file_is_told_by_key_and_what_was_expected() {
        let with = |from: &str, to: &str| CERTIFICATION.replacen(from, to, 1);
        for (text, expected) in [
            (
                String::new(),
                "f: `reader` is missing: expected the section of the reader, [reader]",
            ),
            (
                with("provisioning", "other"),
                "f: `provisioning` is missing: expected \"production\"",
            ),
            (
                with("= \"certification\"", "= \"test\""),
                "f: `provisioning` is something else",
            ),
            (
                with("CERT-READER-1", "A B"),
                "f: `reader.id` is something else: expected 1 to 32 letters",
            ),
            (
                with("5e94", "5e9"),
                "f: `reader.static_key` is something else: expected a key of 32 bytes",
            ),
            (
                with("5e94", "xx94"),
                "f: `reader.static_key` is something else: expected a key of 32 bytes",
            ),
            (
                with("5e94", "é94"),
                "f: `reader.static_key` is something else: expected a key of 32 bytes",
            ),
            (
                with("cloud_public_key", "cloud_key"),
                "f: `reader.cloud_key` is unknown",
            ),
            (
                with("generation = 1", "generation = -1"),
                "f: `reader.client[0].generation` is something else",
            ),
            (
                with("pre_shared_key", "psk"),
                "f: `reader.client[0].psk` is unknown",
            ),
            (with("static_key = \"", "static_key = "), "f, line 9: "),
        ] {
            let error = parse(&text, "f").unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
            assert!(
                !format!("{error} {error:?}").contains("36cb52b9"),
                "a secret is shown: {error}"
            );
            assert!(error.remedy().contains("cardwire keys new"));
        }
    }

    #[test]
    fn clients_are_one_to_four() {
        let client = CERTIFICATION.split("[[reader.client]]").nth(1).unwrap();
        let head = CERTIFICATION.split("[[reader.client]]").next().unwrap();
        let with = |count| format!("{head}{}", format!("[[reader.client]]{client}").repeat(count));
        assert!(parse(&with(4), "f").is_ok());
        for count in [0, 5] {
            let error = parse(&with(count), "f").unwrap_err().to_string();
            assert!(error.starts_with("f: `reader.client` is"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there() {
        let error = load(Path::new("/nowhere/reader.toml")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the identity file /nowhere/reader.toml: "),
            "{error}"
        );
    }
}
