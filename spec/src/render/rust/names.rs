//! Rust names for the schema's names.

use crate::model::{Document, Message, Structure};

/// `CamelCase` of a name in snake or kebab case, with or without full stops.
#[must_use]
pub fn type_name(name: &str) -> String {
    name.split(['_', '-', '.'])
        .map(|part| {
            let mut chars = part.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + chars.as_str()
            })
        })
        .collect()
}

/// `SCREAMING_CASE` of a name.
pub(super) fn constant(name: &str) -> String {
    name.replace(['-', '.'], "_").to_ascii_uppercase()
}

/// The Rust type of a registry. Names that would shadow others, or say too little, get a longer one.
#[must_use]
pub fn registry_type(name: &str) -> String {
    match name {
        "error" => String::from("ErrorCode"),
        "service" => String::from("ServiceId"),
        "module" => String::from("ModuleId"),
        _ => type_name(name),
    }
}

/// The Rust type of a message.
#[must_use]
pub fn message_type(name: &str) -> String {
    match name {
        "error" => String::from("ErrorAnswer"),
        _ => type_name(name),
    }
}

/// What has fields and a name, and becomes a struct.
pub(super) trait Named {
    fn rust_name(&self) -> String;
}

impl Named for Message {
    fn rust_name(&self) -> String {
        message_type(&self.name)
    }
}

impl Named for Document {
    fn rust_name(&self) -> String {
        type_name(&self.name)
    }
}

impl Named for Structure {
    fn rust_name(&self) -> String {
        type_name(&self.name)
    }
}
