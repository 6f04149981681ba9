//! What the suite certifies: readers, clients and codecs, each with cases and faulty products of its own.

use core::fmt;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A kind of product that the suite is put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Readers.
    Reader,
    /// Clients.
    Client,
    /// Codecs.
    Codec,
}

impl Subject {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Client, Self::Codec];

    /// Its name, as in `cardwire certify reader`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Client => "client",
            Self::Codec => "codec",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.name() == name)
    }

    /// The name under which the evidence knows a case.
    ///
    /// Codecs have a case for nearly every byte of the vectors. Those of one operation and one message stand together,
    /// under the pattern that fits them: `codec.decode.hello.*`.
    #[must_use]
    pub fn entry(self, case: &str) -> Cow<'_, str> {
        match self {
            Self::Reader | Self::Client => Cow::Borrowed(case),
            Self::Codec => match case.match_indices('.').nth(2) {
                Some((end, _)) => Cow::Owned(format!("{}.*", &case[..end])),
                None => Cow::Borrowed(case),
            },
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_codecs_stand_together_by_operation_and_message() {
        let entry = |subject: Subject, case: &'static str| subject.entry(case).into_owned();
        let invalid = "codec.decode.hello.invalid.versions-too-few";
        assert_eq!(entry(Subject::Codec, invalid), "codec.decode.hello.*");
        assert_eq!(entry(Subject::Codec, "codec.frame.hello"), "codec.frame.hello");
        assert_eq!(entry(Subject::Codec, "codec.generated"), "codec.generated");
        assert_eq!(entry(Subject::Reader, invalid), invalid);
    }
}
