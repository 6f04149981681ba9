//! What a command ends with: an exit code, and for a failure one sentence and one that says what to do next.

use crate::terminal::{self, BOLD, ERROR, Format};
use cardwire_peers::{
    client::{ClientError, CloudFault, LinkFault, ReaderFault},
    cloud::{PublishError, RegistryError, ServeError},
    identity::IdentityError,
};
use serde_json::{Value, json};

/// How a command ended; the number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, certified.
    Done = 0,
    /// The service or the protocol failed; not certified.
    Failed = 1,
    /// What was asked for can't be asked for so.
    Usage = 2,
    /// The other end is not reached.
    Unreached = 3,
    /// The tester is at fault.
    Tester = 4,
    /// A run was stopped before its end.
    Interrupted = 130,
}

/// Why a command did not do what it is for.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// One sentence, without a full stop.
    what: String,
    /// One sentence, with a full stop.
    next: String,
    /// How the command was to speak.
    format: Format,
    /// What else it has to say to programs.
    document: Option<Box<Value>>,
}

/// What a command gives.
pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, what: impl ToString, next: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.to_string(),
            next: next.into(),
            format: Format::Text,
            document: None,
        }
    }

    /// The same failure of a command that speaks this format.
    pub(crate) fn told_as(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// The same failure with what else there is to say: an object gets the failure's sentences as members, anything
    /// else is told as it is.
    pub(crate) fn with_document(self, document: Value) -> Self {
        Self {
            document: Some(Box::new(document)),
            ..self
        }
    }

    /// Tells the failure on standard error; programs that read JSON get a document all the same.
    pub(crate) fn report(self) -> Exit {
        let Self {
            exit,
            what,
            next,
            format,
            document,
        } = self;
        if format == Format::Json {
            let mut document = document.map_or_else(|| json!({}), |document| *document);
            if let Some(members) = document.as_object_mut() {
                members.insert(String::from("error"), Value::from(what.as_str()));
                members.insert(String::from("what_to_do_next"), Value::from(next.as_str()));
            }
            terminal::print_json(&document);
        }
        terminal::say(format_args!("{ERROR}error:{ERROR:#} {what}"));
        terminal::say(format_args!("{BOLD}what to do next:{BOLD:#} {next}"));
        exit
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::Link(LinkFault::Open { .. })
            | ClientError::Reader(ReaderFault::Silent { request: "hello", .. })
            | ClientError::Cloud(CloudFault::Unreachable { .. } | CloudFault::Tls(_)) => Exit::Unreached,
            ClientError::Link(_)
            | ClientError::Reader(_)
            | ClientError::Cloud(_)
            | ClientError::Configuration(_)
            | ClientError::Refused(_) => Exit::Failed,
        };
        Self::new(exit, &error, error.remedy())
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        let next = match &error {
            IdentityError::File { .. } | IdentityError::Text { .. } => {
                "Check the file; `cardwire keys new` makes one that is right."
            }
            IdentityError::Name { .. } => "Choose another name.",
            IdentityError::Random(_) => "Check the operating system's source of random bytes.",
        };
        Self::new(Exit::Usage, error, next)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let next = match &error {
            RegistryError::Manifest(_) => "Report it: this software has made a manifest that it can't read.",
            RegistryError::Database(_) => {
                "Check the path of the database, and that it is one of a Cardwire cloud."
            }
            RegistryError::Version { .. } => {
                "Use a version of cardwire as late as the one that made it; there is no way back from it."
            }
            RegistryError::Name(_) => "Choose another name.",
            RegistryError::OtherKey { .. } => {
                "Check which of the two keys is the reader's; a new reader needs a new name."
            }
            RegistryError::UnknownReader { .. } => "Add it with `cardwire cloud readers add`.",
            RegistryError::RevokedReader { .. } => {
                "Admit it with `cardwire cloud readers admit` if it is in good hands again."
            }
            RegistryError::RevokedClient { .. } => {
                "Admit it with `cardwire cloud clients admit` if it is in good hands again."
            }
            RegistryError::NotRevoked { .. } => {
                "Look for whom it is revoked with `cardwire cloud clients list`."
            }
            RegistryError::Grants => "Grant `all`, or fewer services, for a lifetime in these bounds.",
            RegistryError::Secrets => {
                "Give the ICCID of the card, and the parameters that the service has from the cloud."
            }
            RegistryError::CounterTaken { .. } => "Publish it with a higher counter.",
            RegistryError::UnknownCampaign { .. } => "List them with `cardwire cloud campaigns list`.",
            RegistryError::Steering { .. } => {
                "Look at it with `cardwire cloud campaigns show`; its --help says what may be done when."
            }
            RegistryError::LastStage { .. } => {
                "Nothing is left to open; its readers get it when they log in."
            }
            RegistryError::Audit { .. } => {
                "Keep the database as it is, and find out who had access to it; rows before this one are as they were written."
            }
        };
        Self::new(Exit::Failed, error, next)
    }
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let next = match error {
            PublishError::Registry(error) => return error.into(),
            PublishError::Logic(_) => {
                "Assemble it with `cardwire logic asm`, which says what is wrong in which line."
            }
            PublishError::ClientName { .. } => "Correct the name.",
            PublishError::Changes(_) => {
                "Give four new keys of clients at most, and four that end; the rest comes with a later update."
            }
            PublishError::Manifest(_) => {
                "Give one to four parts, each of 1 byte to 16 MiB and with a counter from 1."
            }
            PublishError::Twice => "Publish one of them with a later update.",
            PublishError::Mismatch => "Sign the manifest of exactly these bytes.",
        };
        Self::new(Exit::Usage, error, next)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let next = match &error {
            ServeError::Listen { .. } => "Take another port, or 0 and read the one that was chosen.",
            ServeError::Tls(_) => {
                "Give --tls-cert and --tls-key: the certificate chain and the private key, in PEM."
            }
        };
        Self::new(Exit::Usage, error, next)
    }
}
