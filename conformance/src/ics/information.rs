//! A whole IXIT: how this sample is reached and moved, and what its card holds.

use super::{Answer, Form, FormError, Kind};
use cardwire_peers::Endpoint;
use cardwire_spec::{interpret::hex, problem::Problems};
use core::{fmt, time::Duration};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

/// What a laboratory must know of the sample on its bench.
#[derive(Clone, Debug, PartialEq)]
pub struct Information {
    form: Form,
    /// The folder that paths are seen from.
    folder: PathBuf,
    file: Option<PathBuf>,
    /// Files that are not read from that folder, by their names in the form.
    enclosed: BTreeMap<String, Arc<[u8]>>,
}

/// What is known of the card in the first slot. Where nothing is known, only the form of what services give is judged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// Its answer to reset.
    pub atr: Option<Vec<u8>>,
    /// Its ICCID.
    pub iccid: Option<String>,
    /// Its IMSI.
    pub imsi: Option<String>,
    /// The name of the service provider.
    pub spn: Option<String>,
    /// The subscriber's number.
    pub msisdn: Option<String>,
    /// Its PIN, what unblocks it, and how many tries it has.
    pub pin: Option<Pin>,
}

/// A PIN that cases may present, with what puts it back.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin {
    /// The PIN.
    pub pin: Zeroizing<String>,
    /// What unblocks it.
    pub puk: Zeroizing<String>,
    /// How many tries it has when none has failed.
    pub tries: u64,
}

/// Software that a reader runs when a case has installed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Software {
    /// Name and version that the reader states then.
    pub name: String,
    /// The image, without a header.
    pub image: Arc<[u8]>,
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let card = &mut f.debug_struct("Card");
        card.field("atr", &self.atr).field("iccid", &self.iccid);
        card.finish_non_exhaustive()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pin")
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

impl Information {
    /// Reads the form from a file; paths in it are seen from its folder.
    ///
    /// # Errors
    /// The file can't be read, or is void; all of its problems are named.
    pub fn load(path: &Path) -> Result<Self, FormError> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let file = Some(path.to_owned());
        Form::load(Kind::Ixit, path).map(|form| Self {
            form,
            folder,
            file,
            enclosed: BTreeMap::new(),
        })
    }

    /// Reads the form from text; `file` names it in problems, and paths in it are seen from `folder`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str, folder: &Path) -> Result<Self, Problems> {
        let folder = folder.to_owned();
        Form::parse(Kind::Ixit, file, text).map(|form| Self {
            form,
            folder,
            file: None,
            enclosed: BTreeMap::new(),
        })
    }

    /// Encloses a file that the form names, for a program that has it in itself.
    #[must_use]
    pub fn enclosing(mut self, name: &str, bytes: &[u8]) -> Self {
        self.enclosed.insert(name.to_owned(), bytes.into());
        self
    }

    /// The answers themselves.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// The file that it was read from.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Where the reader is.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.text("endpoint")?.parse().ok()
    }

    /// What the timers are multiplied with.
    #[must_use]
    pub fn timeout_scale(&self) -> Option<f64> {
        self.number("timeout-scale")
    }

    /// The file with the identities, where they are not the published ones.
    #[must_use]
    pub fn identity(&self) -> Option<PathBuf> {
        Some(self.folder.join(self.text("identity")?))
    }

    /// How long the reader takes until it answers hello, at most.
    #[must_use]
    pub fn boot_time(&self) -> Option<Duration> {
        self.number("boot-time").map(Duration::from_secs_f64)
    }

    /// Program and arguments of a command of the bench, such as `reset`.
    #[must_use]
    pub fn command(&self, name: &str) -> Option<Vec<String>> {
        match self.form.answers.get(name)? {
            Answer::List(words) => Some(words.clone()),
            Answer::Boolean(_) | Answer::Number(_) | Answer::Fraction(_) | Answer::Text(_) => None,
        }
    }

    /// What is known of the card in the first slot.
    #[must_use]
    pub fn card(&self) -> Card {
        let owned = |name| self.text(name).map(str::to_owned);
        let secret = |name| self.text(name).map(|text| Zeroizing::new(text.to_owned()));
        let pin = || {
            Some(Pin {
                pin: secret("card-pin")?,
                puk: secret("card-puk")?,
                tries: self.number("card-pin-tries")? as u64,
            })
        };
        Card {
            atr: self.text("card-atr").and_then(hex::decode),
            iccid: owned("card-iccid"),
            imsi: owned("card-imsi"),
            spn: owned("card-spn"),
            msisdn: owned("card-msisdn"),
            pin: pin(),
        }
    }

    /// Two kinds of software for the reader, where a laboratory may install them.
    ///
    /// # Errors
    /// The file that can't be read, and what the system says.
    pub fn software(&self) -> Result<Option<[Software; 2]>, (PathBuf, io::Error)> {
        let one = self.software_at("software-image", "software-name")?;
        let other = self.software_at("other-image", "other-name")?;
        Ok(one.zip(other).map(|(one, other)| [one, other]))
    }

    fn software_at(&self, image: &str, name: &str) -> Result<Option<Software>, (PathBuf, io::Error)> {
        let (Some(file), Some(name)) = (self.text(image), self.text(name)) else {
            return Ok(None);
        };
        let image = match self.enclosed.get(file) {
            Some(bytes) => Arc::clone(bytes),
            None => {
                let path = self.folder.join(file);
                fs::read(&path).map_err(|error| (path, error))?.into()
            }
        };
        let name = name.to_owned();
        Ok(Some(Software { name, image }))
    }

    /// The answers as reports show them: without secrets.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.form.to_json()
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.form.answers.get(name)? {
            Answer::Text(text) => Some(text),
            Answer::Boolean(_) | Answer::Number(_) | Answer::Fraction(_) | Answer::List(_) => None,
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.form.answers.get(name)? {
            Answer::Number(number) => Some(*number as f64),
            Answer::Fraction(number) => Some(*number),
            Answer::Boolean(_) | Answer::Text(_) | Answer::List(_) => None,
        }
    }
}

/// What a number of the IXIT may be, where more is demanded than that it is above 0: the least, the most, and whether it
/// is whole.
pub(super) fn bounds(name: &str) -> (f64, f64, bool) {
    match name {
        "timeout-scale" => (0.01, 1000.0, false),
        "boot-time" => (0.001, 3600.0, false),
        // One must be left to the card holder, and one can be lost.
        "card-pin-tries" => (3.0, 15.0, true),
        _ => (0.0, f64::MAX, false),
    }
}
