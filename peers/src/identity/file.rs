//! Identity files: TOML, one section a role, keys in hexadecimal digits.

use super::{
    Authority, ClientIdentity, CloudIdentity, DerivedKey, Identities, PublicKey, ReaderIdentity,
    RegisteredReader, secret::to_hex,
};
use cardwire_codec::message::Provisioning;
use core::fmt::Write as _;
use serde::{Deserialize, Deserializer, de};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Why identities can't be loaded, made or saved.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file can't be read or written.
    #[error("the identity file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The text is no identity file.
    #[error("no identity file: {reason}")]
    Text {
        /// What is wrong and in which line; without the line itself, which may hold a secret.
        reason: String,
    },
    /// An identity is no name.
    #[error("`{given}` is no identity: expected 1 to 32 letters, digits, `.`, `-` and `_`")]
    Name {
        /// What was given.
        given: String,
    },
    /// The operating system has no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] io::Error),
}

impl Identities {
    /// Reads an identity file.
    ///
    /// # Errors
    /// A file that can't be read, or that is no identity file.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let failed = |source| IdentityError::File {
            path: path.into(),
            source,
        };
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(failed)?;
        Self::parse(&text).map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))
    }

    /// Reads the text of an identity file.
    ///
    /// # Errors
    /// A text that is no identity file.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let identities: Self = toml::from_str(text).map_err(|error| without_secrets(text, &error))?;
        let Self {
            provisioning: _,
            reader,
            clients,
            cloud,
            authority: _,
            derived,
            public,
        } = &identities;
        if let Some(reader) = reader {
            check_name(&reader.id)?;
            reader
                .clients
                .iter()
                .try_for_each(|client| check_name(&client.id))?;
        }
        clients.iter().try_for_each(|client| check_name(&client.id))?;
        if let Some(cloud) = cloud {
            cloud
                .readers
                .iter()
                .try_for_each(|reader| check_name(&reader.id))?;
        }
        for derived in derived {
            check_name(&derived.reader)?;
            check_name(&derived.id)?;
        }
        public
            .iter()
            .filter_map(|public| public.id.as_deref())
            .try_for_each(check_name)?;
        Ok(identities)
    }

    /// Writes all roles to one file, readable by its owner only.
    ///
    /// # Errors
    /// A file that exists already, or that can't be written.
    pub fn save_as(&self, path: &Path) -> Result<(), IdentityError> {
        write_private(path, &self.text()).map_err(|source| IdentityError::File {
            path: path.into(),
            source,
        })
    }

    /// All roles as the text of a file.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("provisioning = \"{}\"\n", self.provisioning.name()));
        let sections = (self.reader.iter().map(reader_section))
            .chain(self.clients.iter().map(client_section))
            .chain(self.cloud.iter().map(cloud_section))
            .chain(self.authority.iter().map(authority_section))
            .chain(self.derived.iter().map(derived_section))
            .chain(self.public.iter().map(public_section));
        sections.for_each(|section| text.push_str(&section));
        text
    }

    /// Writes each role to a file of its own below `directory`: `reader.toml`, `client.toml`, `cloud.toml` and
    /// `authority.toml`, readable by their owner only. Returns the paths.
    ///
    /// # Errors
    /// A file that exists already, or that can't be written; those before it stay.
    pub fn save(&self, directory: &Path) -> Result<Vec<PathBuf>, IdentityError> {
        let mut paths = Vec::new();
        for (name, text) in self.files() {
            let path = directory.join(name);
            write_private(&path, &text).map_err(|source| IdentityError::File {
                path: path.clone(),
                source,
            })?;
            paths.push(path);
        }
        Ok(paths)
    }

    fn files(&self) -> Vec<(&'static str, Zeroizing<String>)> {
        let head = format!("provisioning = \"{}\"\n", self.provisioning.name());
        let file = |name, sections: &[Zeroizing<String>]| {
            let mut text = Zeroizing::new(head.clone());
            sections.iter().for_each(|section| text.push_str(section));
            (name, text)
        };
        let clients: Vec<_> = self.clients.iter().map(client_section).collect();
        let mut files = Vec::new();
        files.extend(
            self.reader
                .as_ref()
                .map(|reader| file("reader.toml", &[reader_section(reader)])),
        );
        files.extend((!clients.is_empty()).then(|| file("client.toml", &clients)));
        files.extend(
            self.cloud
                .as_ref()
                .map(|cloud| file("cloud.toml", &[cloud_section(cloud)])),
        );
        files.extend(
            self.authority
                .as_ref()
                .map(|key| file("authority.toml", &[authority_section(key)])),
        );
        files
    }
}

/// Refuses what is no text of the character set `name` with 1 to 32 bytes (CW-CODEC-005).
pub(crate) fn check_name(given: &str) -> Result<(), IdentityError> {
    let takes = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if (1..=32).contains(&given.len()) && given.bytes().all(takes) {
        Ok(())
    } else {
        Err(IdentityError::Name { given: given.into() })
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn reader_section(reader: &ReaderIdentity) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("\n[reader]\nid = \"{}\"\n", reader.id));
    line(&mut text, "static_key", reader.static_key.as_bytes());
    line(&mut text, "cloud_public_key", &reader.cloud_public_key);
    line(&mut text, "authority_public_key", &reader.authority_public_key);
    for client in &reader.clients {
        head(&mut text, "reader.client", &client.id, client.generation);
        line(&mut text, "pre_shared_key", client.pre_shared_key.as_bytes());
    }
    text
}

fn client_section(client: &ClientIdentity) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    head(&mut text, "client", &client.id, client.generation);
    line(&mut text, "secret", client.secret.as_bytes());
    text
}

fn cloud_section(cloud: &CloudIdentity) -> Zeroizing<String> {
    let mut text = Zeroizing::new("\n[cloud]\n".to_owned());
    line(&mut text, "static_key", cloud.static_key.as_bytes());
    for RegisteredReader { id, public_key } in &cloud.readers {
        let _ = write!(text, "\n[[cloud.reader]]\nid = \"{id}\"\n");
        line(&mut text, "public_key", public_key);
    }
    text
}

fn authority_section(authority: &Authority) -> Zeroizing<String> {
    let mut text = Zeroizing::new("\n[authority]\n".to_owned());
    line(&mut text, "signing_key", authority.signing_key.as_bytes());
    text
}

fn derived_section(derived: &DerivedKey) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("\n[[derived]]\nreader = \"{}\"\n", derived.reader));
    let _ = write!(
        text,
        "id = \"{}\"\ngeneration = {}\n",
        derived.id, derived.generation
    );
    line(&mut text, "pre_shared_key", derived.pre_shared_key.as_bytes());
    text
}

fn public_section(public: &PublicKey) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("\n[[public]]\nrole = \"{}\"\n", public.role.name()));
    if let Some(id) = &public.id {
        let _ = writeln!(text, "id = \"{id}\"");
    }
    line(&mut text, "key", &public.key);
    text
}

// Writing to a string can't fail.
fn head(text: &mut String, section: &str, id: &str, generation: u32) {
    let _ = write!(
        text,
        "\n[[{section}]]\nid = \"{id}\"\ngeneration = {generation}\n"
    );
}

fn line(text: &mut String, name: &str, bytes: &[u8]) {
    let _ = writeln!(text, "{name} = \"{}\"", to_hex(bytes).as_str());
}

/// What the parser found wrong. Its own report shows the line, and with it perhaps a secret.
fn without_secrets(text: &str, error: &toml::de::Error) -> IdentityError {
    let offset = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    IdentityError::Text {
        reason: format!("line {line}: {}", error.message()),
    }
}

/// The registry's names of provisioning.
pub(super) fn provisioning<'de, D: Deserializer<'de>>(source: D) -> Result<Provisioning, D::Error> {
    let name = String::deserialize(source)?;
    let known = Provisioning::ALL
        .iter()
        .copied()
        .find(|provisioning| provisioning.name() == name);
    known.ok_or_else(|| de::Error::custom("expected `production` or `certification`"))
}

#[cfg(test)]
mod tests;
