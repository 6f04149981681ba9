//! Names and numbers of the schema as a C header, for the guide for C; and the presets as bytes.

use super::BookError;
use crate::embedded::{protocol, service_logic};
use cardwire_spec::model::{Quantity, Registry};
use core::fmt::Write as _;

/// The text of `cardwire.h`.
pub(super) fn text() -> String {
    let protocol = protocol();
    let mut out = String::from(
        "/* Names and numbers of the protocol. Made from spec/protocol.toml; do not edit.\n\
         \x20* `cargo run --package cardwire-conformance --example book` makes it anew. */\n\
         #ifndef CARDWIRE_H\n#define CARDWIRE_H\n\n",
    );
    let line = |out: &mut String, name: &str, value: u64, doc: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "#define {name} {value} /* {doc} */");
    };
    line(
        &mut out,
        "CW_VERSION",
        u64::from(protocol.about.version),
        "The version of the protocol.",
    );
    out.push_str("\n/* Limits. */\n");
    for (name, Quantity { value, unit, doc, .. }) in &protocol.limits {
        line(&mut out, &constant(name), *value, &format!("{unit}: {doc}"));
    }
    out.push_str("\n/* Timers, in milliseconds. */\n");
    for (name, Quantity { value, doc, .. }) in &protocol.timers {
        line(&mut out, &constant(name), *value, doc);
    }
    out.push_str("\n/* Codes of messages and documents. */\nenum cw_code {\n");
    let messages = protocol
        .messages
        .iter()
        .map(|message| (&message.name, message.code, &message.doc));
    let documents = protocol
        .documents
        .iter()
        .map(|document| (&document.name, document.code, &document.doc));
    for (name, code, doc) in messages.chain(documents) {
        let _ = writeln!(out, "    {} = 0x{code:02X}, /* {doc} */", constant(name));
    }
    out.push_str("};\n");
    for (name, registry) in &protocol.registries {
        registry_text(&mut out, name, registry);
    }
    out.push_str("\n/* Opcodes of execution logic. */\nenum cw_opcode {\n");
    for instruction in &protocol.instructions {
        let name = constant(&format!("op_{}", instruction.name));
        let _ = writeln!(
            out,
            "    {name} = 0x{:02X}, /* {} */",
            instruction.opcode, instruction.doc
        );
    }
    out.push_str("};\n\n#endif\n");
    out
}

/// The services that a reader brings.
const PRESETS: [&str; 2] = ["card.identify", "subscriber.read"];

/// The text of `presets.h`.
pub(super) fn presets() -> Result<String, BookError> {
    let mut out = String::from(
        "/* The execution logic that a reader brings. Made from spec/services; do not edit.\n\
         \x20* `cargo run --package cardwire-conformance --example book` makes it anew. */\n\
         #ifndef CW_PRESETS_H\n#define CW_PRESETS_H\n\n#include \"bytes.h\"\n",
    );
    let mut spans = String::new();
    for (index, name) in PRESETS.iter().enumerate() {
        let logic = service_logic(name).ok_or(BookError::Missing("the logic of a preset"))?;
        let _ = writeln!(
            out,
            "\n/* {name} */\nstatic const uint8_t cw_preset_{index}[{}] = {{",
            logic.len()
        );
        for bytes in logic.chunks(16) {
            let bytes: Vec<_> = bytes.iter().map(|byte| format!("0x{byte:02x},")).collect();
            let _ = writeln!(out, "    {}", bytes.join(" "));
        }
        out.push_str("};\n");
        let _ = writeln!(spans, "    {{ cw_preset_{index}, sizeof cw_preset_{index} }},");
    }
    let _ = write!(
        out,
        "\nenum {{ CW_PRESETS = {} }};\nstatic const struct cw_span cw_presets[CW_PRESETS] = {{\n{spans}}};\n\n#endif\n",
        PRESETS.len()
    );
    Ok(out)
}

fn registry_text(out: &mut String, name: &str, registry: &Registry) {
    let _ = writeln!(
        out,
        "\n/* {} */\nenum {}_value {{",
        registry.doc,
        constant(name).to_ascii_lowercase()
    );
    let digits = 2 * registry.width.bytes();
    for value in &registry.values {
        let constant = constant(&format!("{name}_{}", value.name));
        let _ = writeln!(
            out,
            "    {constant} = 0x{:0digits$X}, /* {} */",
            value.value, value.doc
        );
    }
    out.push_str("};\n");
}

/// `CW_` and the name in capitals.
fn constant(name: &str) -> String {
    let letters = name.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    });
    "CW_".chars().chain(letters).collect()
}
