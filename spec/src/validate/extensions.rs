//! Optional parts of messages.

use super::{Checker, fields};
use crate::{
    model::{Channel, Message},
    source::At,
};
use indexmap::IndexMap;

/// The bit that says whether an extension is critical.
const CRITICAL: u16 = 0x8000;

/// Tags above are not the schema's: 0x7000 to 0x7EFF are for vendors, 0x7F00 to 0x7FFF for the conformance suite.
const LARGEST_TAG: u16 = 0x6FFF;

/// Bytes of an extension's tag and length.
const HEAD: u64 = 4;

/// Holds the extensions of a message to its rules, and returns the bytes that all of them take at most.
pub(super) fn check(checker: &mut Checker<'_>, at: &At, message: &Message) -> u64 {
    let mut tags = IndexMap::new();
    let mut size: u64 = 0;
    let fields = message.fields.iter().enumerate();
    let mut names = fields
        .map(|(index, field)| (field.name.clone(), at.key("fields").index(index).key("name")))
        .collect();
    for (index, extension) in message.extensions.iter().enumerate() {
        let at = at.key("extensions").index(index);
        let tag = extension.tag;
        checker.unique(&mut tags, tag, at.key("tag"), &format!("the tag {tag:#06X}"));
        if tag >= CRITICAL {
            checker.find(
                at.key("tag"),
                format!("the tag {tag:#06X} holds the critical bit"),
                "write 0 to 0x6FFF, and say `critical` beside it",
            );
        } else if tag > LARGEST_TAG {
            checker.find(
                at.key("tag"),
                format!("the tag {tag:#06X} is not the schema's: tags from 0x7000 on are for vendors and certification"),
                "write 0 to 0x6FFF",
            );
        }
        if extension.field.default.is_none() && !extension.critical {
            checker.find(
                at.key("field"),
                format!(
                    "it is not said what holds where `{}` is absent",
                    extension.field.name
                ),
                "add a default",
            );
        }
        fields::one(checker, &mut names, &at.key("field"), &extension.field);
        let value = checker.protocol.sizes(core::slice::from_ref(&extension.field));
        size = size.saturating_add(HEAD).saturating_add(value.max);
    }
    if !message.extensions.is_empty() && !protects_extensions(message) {
        checker.find(
            at.key("extensions"),
            format!(
                "nothing protects the extensions of `{}`: whoever holds the line may add and remove them",
                message.name
            ),
            "extend a message that is sealed, or hello, hello_answer or connect, which the handshake covers",
        );
    }
    size
}

/// Whether a change of the message on its way is found out.
fn protects_extensions(message: &Message) -> bool {
    message.channel != Channel::Clear || matches!(message.name.as_str(), "hello" | "hello_answer" | "connect")
}
