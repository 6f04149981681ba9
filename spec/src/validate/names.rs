//! Names that must differ from each other across the whole schema.

use super::Checker;
use crate::{render::rust, source::At};
use indexmap::IndexMap;

/// Names of types that no registry and no structure can take.
const PRIMITIVES: [&str; 9] = [
    "u8", "u16", "u32", "u64", "bool", "bytes", "text", "register", "label",
];

/// Types of the codec that no generated one may shadow.
const CODEC_TYPES: [&str; 17] = [
    "Answer",
    "ChannelAnswer",
    "ChannelRequest",
    "Charset",
    "ClearAnswer",
    "ClearRequest",
    "CloudAnswer",
    "CloudRequest",
    "Cursor",
    "Event",
    "Extensions",
    "Instruction",
    "Label",
    "List",
    "Message",
    "Register",
    "Request",
];

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    let mut types = IndexMap::new();
    let mut coded = IndexMap::new();
    let mut codes = IndexMap::new();
    let mut rust_names = IndexMap::new();
    for name in protocol.registries.keys() {
        let at = At::top("registry").key(name);
        type_name(checker, &mut types, name, at.clone());
        rust_name(checker, &mut rust_names, rust::registry_type(name), at);
    }
    for (index, structure) in protocol.structures.iter().enumerate() {
        let at = At::top("structure").named(index, &structure.name).key("name");
        type_name(checker, &mut types, &structure.name, at.clone());
        rust_name(checker, &mut rust_names, rust::type_name(&structure.name), at);
    }
    let messages = protocol.messages.iter().enumerate().map(|(index, message)| {
        let rust_name = rust::message_type(&message.name);
        (
            At::top("message").named(index, &message.name),
            &message.name,
            message.code,
            rust_name,
        )
    });
    let documents = protocol.documents.iter().enumerate().map(|(index, document)| {
        let rust_name = rust::type_name(&document.name);
        (
            At::top("document").named(index, &document.name),
            &document.name,
            document.code,
            rust_name,
        )
    });
    for (at, name, code, rust) in messages.chain(documents) {
        let at_name = at.key("name");
        checker.snake_case(at_name.clone(), name);
        if coded.contains_key(name) {
            checker.unique(&mut coded, name.clone(), at_name, &format!("the name `{name}`"));
        } else {
            coded.insert(name.clone(), at_name.clone());
            rust_name(checker, &mut rust_names, rust, at_name);
        }
        // Also across places: a tool that sees bytes without their place tells them apart by their code.
        checker.unique(&mut codes, code, at.key("code"), &format!("the code {code:#04X}"));
    }
}

fn type_name(checker: &mut Checker<'_>, types: &mut IndexMap<String, At>, name: &str, at: At) {
    checker.snake_case(at.clone(), name);
    if PRIMITIVES.contains(&name) {
        checker.find(
            at,
            format!("the name `{name}` is that of a primitive"),
            "choose another name",
        );
    } else {
        checker.unique(types, name.to_owned(), at, &format!("the name `{name}`"));
    }
}

fn rust_name(checker: &mut Checker<'_>, names: &mut IndexMap<String, At>, name: String, at: At) {
    if CODEC_TYPES.contains(&name.as_str()) {
        checker.find(
            at,
            format!("{name} is a type of the codec"),
            "choose another name",
        );
    } else {
        let what = format!("the type name {name} in code");
        checker.unique(names, name, at, &what);
    }
}
