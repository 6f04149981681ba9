//! Registries, one section each, in alphabetical order: that is how they are looked up.

use super::{Book, Table, fields, prose::codes};
use crate::model::{Field, Registry, Width};

/// The fragment `registries.md`.
pub(super) fn render(book: Book<'_>) -> String {
    let mut registries: Vec<_> = book.protocol.registries.iter().collect();
    registries.sort_by_key(|(name, _)| name.as_str());
    let mut out = overview(book, &registries);
    for (name, registry) in registries {
        out += &section(book, name, registry);
    }
    out
}

fn overview(book: Book<'_>, registries: &[(&String, &Registry)]) -> String {
    let mut table = Table::new([
        "registry",
        "bytes",
        "open",
        "private use",
        "certification",
        "what it names",
    ]);
    for (name, registry) in registries {
        table.row([
            format!("[`{name}`](#{name})"),
            registry.width.bytes().to_string(),
            if registry.open { "yes" } else { "no" }.to_owned(),
            range(registry.width, registry.private),
            range(registry.width, registry.certification),
            book.prose(&registry.doc),
        ]);
    }
    table.finish()
}

fn section(book: Book<'_>, name: &str, registry: &Registry) -> String {
    let mut out = format!("## `{name}`\n\n{}\n\n", book.prose(&registry.doc));
    if registry.open {
        let unknown = registry.unknown.as_deref().unwrap_or_default();
        let requirement = registry
            .requirement
            .as_ref()
            .map_or_else(String::new, |id| format!(" ({})", book.requirement(id)));
        out += &format!("Open. An unknown value: {}{requirement}\n\n", book.prose(unknown));
    } else {
        out += "Closed: a decoder refuses other values, with the rule `value`.\n\n";
    }
    let used = users(book, name);
    if !used.is_empty() {
        out += &format!("Used in {}.\n\n", used.join(", "));
    }
    out + &values(book, registry)
}

fn values(book: Book<'_>, registry: &Registry) -> String {
    let has_remedies = registry.values.iter().any(|value| value.remedy.is_some());
    let mut table = if has_remedies {
        Table::new(["value", "name", "meaning", "since", "what a person can do"])
    } else {
        Table::new(["value", "name", "meaning", "since"])
    };
    for value in &registry.values {
        let remedy = value.remedy.as_deref().unwrap_or_default();
        let cells = [
            number(registry.width, value.value),
            format!("`{}`", value.name),
            book.prose(&value.doc),
            fields::standing(value.since, value.stability),
        ];
        table.row(cells.into_iter().chain(has_remedies.then(|| book.prose(remedy))));
    }
    table.finish()
}

/// What has a field or operand of this registry.
fn users(book: Book<'_>, name: &str) -> Vec<String> {
    let protocol = book.protocol;
    let holds = |fields: &[Field]| fields.iter().any(|field| field.type_name == name);
    let messages = protocol.messages.iter().filter(|message| {
        let extensions = message.extensions.iter();
        holds(&message.fields)
            || extensions
                .into_iter()
                .any(|extension| extension.field.type_name == name)
    });
    let documents = protocol
        .documents
        .iter()
        .filter(|document| holds(&document.fields));
    let structures = protocol
        .structures
        .iter()
        .filter(|structure| holds(&structure.fields));
    let instructions = protocol
        .instructions
        .iter()
        .filter(|instruction| holds(&instruction.operands));
    let sections = messages
        .map(|message| &message.name)
        .chain(documents.map(|document| &document.name))
        .chain(structures.map(|structure| &structure.name))
        .map(|name| book.section(name));
    let instructions: Vec<_> = instructions.map(|instruction| &instruction.name).collect();
    let instructions = match instructions.as_slice() {
        [] => None,
        [one] => Some(format!("the instruction {}", codes(&[one]))),
        several => Some(format!("the instructions {}", codes(several))),
    };
    sections.chain(instructions).collect()
}

fn range(width: Width, range: Option<[u64; 2]>) -> String {
    range.map_or_else(String::new, |[first, last]| {
        format!("{} to {}", number(width, first), number(width, last))
    })
}

/// A value with all its digits.
fn number(width: Width, value: u64) -> String {
    format!("`{value:0digits$X}`", digits = 2 * width.bytes())
}
