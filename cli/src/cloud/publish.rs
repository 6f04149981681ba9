//! `cardwire cloud publish`: updates made, signed and given to a cloud's database.

use super::{campaigns::RolloutArguments, changes, manage::Database};
use crate::{
    failure::{Exit, Failure},
    identity,
    protocol::protocol,
    terminal::{print, read, read_text},
};
use cardwire_codec::{Name, message::HardwareClass};
use cardwire_peers::cloud::{Part, Update, software_content};
use cardwire_spec::logic;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

const LOGIC: &str = "\
Examples:
  cardwire cloud publish logic card.identify.logic --counter 2 --db cloud.db --authority authority.toml
  cardwire cloud publish logic card.identify.logic --counter 3 --db cloud.db --stages 1,10%,100% --halt-after 5%

Readers get it after their next login, if its counter is above their own. With stages one after the other is opened;
`cardwire cloud campaigns` shows and steers that.";
const SOFTWARE: &str = "\
Example:
  cardwire cloud publish software reader.bin --name reader-2.0.0 --counter 5 --db cloud.db --stages 1,10%,100% --halt-after 1

The file is the image alone; the header that readers look for is put in front of it. A reader starts it on trial, and takes it
for good at its first login; without one it goes back, and the campaign counts a failure when the reader logs in next.";
const AUTHENTICATION: &str = "\
Examples:
  cardwire cloud publish authentication keys.toml --counter 3 --reader BRANCH-7-READER-1 --db cloud.db
  cardwire cloud publish authentication new-cloud.toml --counter 4 --db cloud.db --stages 1,10%,100%

The changes, in TOML; each part may be left out:
  [[client]]                        # a new key of a client; such changes are for one reader, --reader
  identity = \"client.toml\"          # the client's own file, beside this one; the reader gets what follows from its secret
  id = \"COUNTER-7\"                  # which client of that file; the first where none is named
  change = \"rotate\"                 # or \"replace\": at once in the place of all keys of this client
  logins_left = 10                  # logins that the rotated key is still good for; any number where none is given
  services = [\"card.identify\"]      # what the client is entitled to; everything where this is left out

  [[revoke]]
  client = \"COUNTER-3\"
  generation = 1

  [cloud]                           # a new key of the cloud, beside the present one
  public_key = \"…\"                  # or: identity = \"cloud.toml\"
  logins_left = 0

  [authority]                       # who signs manifests from now on
  public_key = \"…\"                  # or: identity = \"authority.toml\"

A file whose name does not end in .toml is taken for the document as readers take it. The keys of clients stand in the
database, for the reader to be sent: guard it as you guard them.";
const UPDATE: &str = "\
Examples:
  cardwire cloud publish update --software reader.bin --name reader-2.0.0 --software-counter 5 \\
      --logic card.identify.logic --logic pin.verify.logic --logic-counter 9 --needs-software 5 --db cloud.db
  cardwire cloud publish update --authentication keys.toml --authentication-counter 3 --reader BRANCH-7-READER-1 \\
      --logic card.identify.logic --logic-counter 9 --db cloud.db

One signed manifest, of four parts at most. A reader puts all of them into force or none; with software among them the
others wait until that has been confirmed.";

#[derive(Debug, Subcommand)]
pub(crate) enum Publish {
    /// Publish new execution logic for one service
    #[command(after_help = LOGIC)]
    Logic {
        /// The logic: text where its name ends in .logic, else the assembled document
        file: PathBuf,
        /// Its update counter, above that of the readers
        #[arg(long)]
        counter: u32,
        #[command(flatten)]
        how: How,
    },
    /// Publish new software, which readers try before they take it for good
    #[command(after_help = SOFTWARE)]
    Software {
        /// The image, without a header
        image: PathBuf,
        /// Its name and version, as readers state it: 1 to 32 letters, digits, `.`, `-` and `_`
        #[arg(long, value_name = "NAME-VERSION", value_parser = software_name)]
        name: String,
        /// Its update counter, above that of the readers
        #[arg(long)]
        counter: u32,
        #[command(flatten)]
        how: How,
    },
    /// Publish changes of keys: of clients, of the cloud, of the update authority
    #[command(after_help = AUTHENTICATION)]
    Authentication {
        /// The changes, in TOML; or the document itself
        changes: PathBuf,
        /// Its update counter, above that of the readers
        #[arg(long)]
        counter: u32,
        #[command(flatten)]
        how: How,
    },
    /// Publish several of these as one, which come into force together
    #[command(after_help = UPDATE)]
    Update(Several),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true, args = ["software", "authentication", "logic"])]
pub(crate) struct Several {
    /// An image of software, without a header
    #[arg(long, value_name = "IMAGE", requires_all = ["name", "software_counter"])]
    software: Option<PathBuf>,
    /// Name and version of the software
    #[arg(long, value_name = "NAME-VERSION", requires = "software", value_parser = software_name)]
    name: Option<String>,
    /// Update counter of the software
    #[arg(long, value_name = "COUNTER", requires = "software")]
    software_counter: Option<u32>,
    /// Changes of keys, in TOML, or the document itself
    #[arg(long, value_name = "FILE", requires = "authentication_counter")]
    authentication: Option<PathBuf>,
    /// Update counter of the changes of keys
    #[arg(long, value_name = "COUNTER", requires = "authentication")]
    authentication_counter: Option<u32>,
    /// Execution logic of a service; may be repeated
    #[arg(long, value_name = "FILE", requires = "logic_counter")]
    logic: Vec<PathBuf>,
    /// Update counter of the logic
    #[arg(long, value_name = "COUNTER", requires = "logic")]
    logic_counter: Option<u32>,
    /// Readers need software of this update counter at least for the keys and the logic; that of this update counts
    #[arg(long, value_name = "COUNTER", default_value_t = 0, hide_default_value = true)]
    needs_software: u32,
    #[command(flatten)]
    how: How,
}

/// For whom an update is, who signs it, and how it is rolled out.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// The class of hardware that it is for
    #[arg(long, default_value = "reference-host", value_parser = hardware_class)]
    class: HardwareClass,
    /// The update authority's key; the published one where none is given
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    #[command(flatten)]
    rollout: RolloutArguments,
    #[command(flatten)]
    database: Database,
}

pub(super) fn run(what: &Publish) -> Result<(), Failure> {
    match what {
        Publish::Logic { file, counter, how } => how.publish(vec![logic_part(file, *counter)?]),
        Publish::Software {
            image,
            name,
            counter,
            how,
        } => how.publish(vec![how.software_part(image, name, *counter)?]),
        Publish::Authentication {
            changes,
            counter,
            how,
        } => how.publish(vec![how.authentication_part(changes, *counter)?]),
        Publish::Update(several) => several.how.publish(several.parts()?),
    }
}

impl Several {
    fn parts(&self) -> Result<Vec<Part>, Failure> {
        let mut parts = Vec::new();
        // The parser has seen to it that each has what belongs to it.
        if let (Some(image), Some(name), Some(counter)) = (&self.software, &self.name, self.software_counter)
        {
            parts.push(self.how.software_part(image, name, counter)?);
        }
        if let (Some(file), Some(counter)) = (&self.authentication, self.authentication_counter) {
            parts.push(Part {
                min_software: self.needs_software,
                ..self.how.authentication_part(file, counter)?
            });
        }
        for file in &self.logic {
            parts.push(Part {
                min_software: self.needs_software,
                ..logic_part(file, self.logic_counter.unwrap_or_default())?
            });
        }
        Ok(parts)
    }
}

impl How {
    fn software_part(&self, image: &Path, name: &str, counter: u32) -> Result<Part, Failure> {
        let image = read(image)?;
        let content = software_content(Name::from_text(name), self.class, &image)?;
        Ok(Part::software(&content, counter))
    }

    fn authentication_part(&self, file: &Path, counter: u32) -> Result<Part, Failure> {
        let document = changes::document(file, self.rollout.reader())?;
        Ok(Part::authentication(&document, counter))
    }

    /// Signs these parts as one update, and begins its campaign.
    fn publish(&self, parts: Vec<Part>) -> Result<(), Failure> {
        let identities = identity::peers(self.authority.as_deref())?;
        let authority = identities
            .authority
            .as_ref()
            .ok_or_else(|| identity::lacks("[authority]"))?;
        let told: Vec<_> = parts
            .iter()
            .map(|part| {
                let Part {
                    kind,
                    counter,
                    content,
                    ..
                } = part;
                format!("{} bytes of {kind}, counter {counter}", content.len())
            })
            .collect();
        let update = Update::of(parts, self.class, authority)?;
        let id = self
            .database
            .open()?
            .publish_in_stages(&update, &self.rollout.rollout())?;
        let whom = self
            .rollout
            .reader()
            .map_or_else(|| self.class.to_string(), |reader| format!("{reader} alone"));
        print(format_args!("update {id}: {}, for {whom}", told.join("; ")));
        Ok(())
    }
}

fn hardware_class(given: &str) -> Result<HardwareClass, String> {
    let classes = HardwareClass::ALL.iter().copied();
    classes
        .clone()
        .find(|known| known.name() == Some(given))
        .ok_or_else(|| {
            let known: Vec<_> = classes.filter_map(|known| known.name()).collect();
            format!(
                "no class of hardware is registered so; give one of {}",
                known.join(", ")
            )
        })
}

fn software_name(given: &str) -> Result<String, &'static str> {
    let name = Name::new(given).filter(|_| (1..=32).contains(&given.len()));
    name.map(|_| given.to_owned())
        .ok_or("expected 1 to 32 letters, digits, `.`, `-` and `_`")
}

fn logic_part(file: &Path, counter: u32) -> Result<Part, Failure> {
    let is_text = file.extension().is_some_and(|extension| extension == "logic");
    let document = if is_text { assemble(file)? } else { read(file)? };
    Ok(Part::logic(&document, counter)?)
}

/// Assembles the text of execution logic.
pub(crate) fn assemble(file: &Path) -> Result<Vec<u8>, Failure> {
    let text = read_text(file)?;
    logic::assemble(protocol(), &file.display().to_string(), &text)
        .map_err(|problems| Failure::new(Exit::Failed, problems, "Correct the lines that are named."))
}
