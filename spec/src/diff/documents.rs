//! Documents: what is encoded like a message and carried inside one, signed, hashed or stored.

use super::{
    fields,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    scope::{self, Types},
    shapes, standing, words,
};
use crate::{model::Document, source::At};

kinds! {
    /// What changes in a document as a whole.
    DocumentKind {
        /// There is a new document.
        Added = "document-added", None:
            "The document `{name}` is new, with the code {new}.",
            "Nothing that exists carries it; what begins to is told of its own, or stands in the book.",
            "";
        /// A document is gone.
        Removed = "document-removed", Senders:
            "The document `{name}` is gone, its code was {old}.",
            "Older {from} still write it, and newer {to} do not know its code and refuse it.",
            "Keep the document, and say in its documentation that newer ends do not write it.";
        /// A document has another name.
        Renamed = "document-renamed", None:
            "The document `{old}` is called `{new}`.",
            "Its code and its fields are the same, and no name goes over the wire.",
            "";
        /// A code is given to another document.
        CodeReused = "document-code-reused", Wire:
            "The code {new} is given to `{name}`, before it was that of `{old}`.",
            "An older end takes the bytes for the document that they were before.",
            "Take a code that was never used.";
        /// A document has another code.
        Code = "document-code", Wire:
            "The code of `{name}` goes from {old} to {new}.",
            "The first byte tells which document it is, and signatures and digests are over it.",
            "Keep the code; codes say nothing, so that none is better.";
        /// It may be larger.
        SizeRaised = "document-size-raised", Receivers:
            "`{name}` has {new} bytes at most, before {old}.",
            "Newer {from} write more than older {to} have room for.",
            "Keep the bound, and say what is more in a second document.";
        /// It must be smaller.
        SizeLowered = "document-size-lowered", Senders:
            "`{name}` has {new} bytes at most, before {old}.",
            "Older {from} write up to {old} bytes, and newer {to} refuse what is larger.",
            "Keep the bound.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let pairs = pairs(&finder.scope.types);
    for (old, new) in pairs.both {
        let at = At::top("document").named(new.index, new.name);
        let subject = Subject::new(at, new.name)
            .between(scope::of_document(old.name))
            .promised(old.item.stability);
        document(finder, &subject, &old, &new);
    }
    for old in pairs.removed {
        let subject = subject(&old).promised(old.item.stability);
        finder.tell(DocumentKind::Removed, &subject, Values::removed(code(old.item)));
    }
    for new in pairs.added {
        let subject = subject(&new).since(new.item.since);
        let code = code(new.item);
        let before = finder.old.documents.iter().find(|old| old.code == new.item.code);
        match before {
            Some(before) => {
                let values = Values::changed(&before.name, code);
                let subject = subject.promised(before.stability);
                finder.tell(DocumentKind::CodeReused, &subject, values);
            }
            None => finder.tell(DocumentKind::Added, &subject, Values::added(code)),
        }
    }
}

/// Which document is which: a renamed one has code, fields and meaning of the old.
pub(super) fn pairs<'p>(types: &Types<'p>) -> Pairs<'p, Document> {
    let same = |old: &Named<'_, Document>, new: &Named<'_, Document>| {
        let (old, new) = (old.item, new.item);
        old.code == new.code
            && shapes::are_alike(types, &old.fields, &new.fields)
            && words::are_same(&old.doc, &new.doc)
    };
    pairs::pair(
        pairs::of_list(&types.old.documents, |document| &document.name),
        pairs::of_list(&types.new.documents, |document| &document.name),
        same,
    )
}

fn subject(document: &Named<'_, Document>) -> Subject {
    let at = At::top("document").named(document.index, document.name);
    Subject::new(at, document.name).between(scope::of_document(document.name))
}

fn document(
    finder: &mut Finder<'_>,
    subject: &Subject,
    old: &Named<'_, Document>,
    new: &Named<'_, Document>,
) {
    if old.name != new.name {
        let values = Values::changed(old.name, new.name);
        finder.tell(DocumentKind::Renamed, &subject.key("name"), values);
    }
    let (old, new) = (old.item, new.item);
    if old.code != new.code {
        let values = Values::changed(code(old), code(new));
        finder.tell(DocumentKind::Code, &subject.key("code"), values);
    }
    if old.max_size != new.max_size {
        let kind = if new.max_size > old.max_size {
            DocumentKind::SizeRaised
        } else {
            DocumentKind::SizeLowered
        };
        let values = Values::changed(old.max_size, new.max_size);
        finder.tell(kind, &subject.key("max_size"), values);
    }
    let standings = [old.standing(), new.standing()];
    standing::compare(finder, subject, old.standing(), new.standing());
    standing::doc(finder, subject, &old.doc, &new.doc);
    fields::compare(finder, subject, "fields", standings, [&old.fields, &new.fields]);
}

fn code(document: &Document) -> String {
    format!("{:#04X}", document.code)
}
