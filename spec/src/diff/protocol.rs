//! Name, version and revision.

use super::{
    finder::{Finder, Subject, Values},
    kind::kinds,
};
use crate::source::At;

kinds! {
    /// What changes in the protocol as a whole.
    ProtocolKind {
        /// The protocol has another name.
        Renamed = "protocol-renamed", Wire:
            "The protocol is called `{new}`, before `{old}`.",
            "The name is part of the labels that keys and signatures are made with: ends of the two names never agree.",
            "Keep the name; a new version is a new number.";
        /// The version is higher.
        VersionRaised = "version-raised", None:
            "The version is {new}, before {old}.",
            "Hello carries every version that an end speaks, and the highest common one wins: older ends keep their rules as \
             long as newer ones speak version {old} as well.",
            "";
        /// The version is lower.
        VersionLowered = "version-lowered", Both:
            "The version is {new}, before {old}.",
            "Newer ends do not offer version {old} any more, and an older end that speaks nothing else finds no common one.",
            "Take the next higher version: what is out is not taken back.";
        /// The specification has another revision.
        Revision = "revision", None:
            "The revision is {new}, before {old}.",
            "The revision is that of the text; nothing on the wire carries it.",
            "";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let (old, new) = (&finder.old.about, &finder.new.about);
    let subject = Subject::new(At::top("protocol"), "protocol");
    if old.name != new.name {
        let values = Values::changed(&old.name, &new.name);
        finder.tell(ProtocolKind::Renamed, &subject.key("name"), values);
    }
    if old.version != new.version {
        let kind = if new.version > old.version {
            ProtocolKind::VersionRaised
        } else {
            ProtocolKind::VersionLowered
        };
        let values = Values::changed(old.version, new.version);
        finder.tell(kind, &subject.key("version"), values);
    }
    if old.revision != new.revision {
        let values = Values::changed(&old.revision, &new.revision);
        finder.tell(ProtocolKind::Revision, &subject.key("revision"), values);
    }
}
