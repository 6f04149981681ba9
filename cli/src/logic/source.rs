//! Execution logic in a file: the text that its author writes, or the document that is made of it.

use crate::{
    failure::{Exit, Failure},
    protocol::protocol,
    terminal::read,
};
use cardwire_codec::{
    Message,
    message::{Logic, LogicRule},
};
use cardwire_spec::logic::{self, Lines, Step};
use serde_json::json;
use std::path::Path;

/// Logic, and where its instructions stand.
pub(super) struct Source {
    /// The file's name, for messages.
    name: String,
    /// The document `logic`.
    pub(super) document: Vec<u8>,
    /// Offset and line of each instruction of a text.
    lines: Lines,
}

impl Source {
    /// Reads a file; `-` is standard input.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let bytes = read(file)?;
        let name = file.display().to_string();
        // Every document has the upper byte of its version or of its budget, and both are 0 in all that one meets; no
        // text has it.
        let text = match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text,
            Ok(text) => return Ok(Self::of_document(name, text.into_bytes())),
            Err(error) => return Ok(Self::of_document(name, error.into_bytes())),
        };
        let assembled = logic::assemble_with_lines(protocol(), &name, &text);
        let (document, lines) = assembled
            .map_err(|problems| Failure::new(Exit::Failed, problems, "Correct the lines that are named."))?;
        Ok(Self {
            name,
            document,
            lines,
        })
    }

    fn of_document(name: String, document: Vec<u8>) -> Self {
        Self {
            name,
            document,
            lines: Vec::new(),
        }
    }

    /// What the document says.
    pub(super) fn logic(&self) -> Result<Logic<'_>, Failure> {
        Logic::decode(&self.document).map_err(|error| {
            let what = format!("{} is no execution logic: {error}", self.name);
            let next = "Give a text, or the document that `cardwire logic asm --out` writes.";
            let document = json!({ "verifies": false, "rule": LogicRule::Document.name() });
            Failure::new(Exit::Failed, what, next).with_document(document)
        })
    }

    /// The instructions, as far as there are any.
    pub(super) fn steps(&self) -> Vec<Step<'static>> {
        let code = self.logic().map(|logic| logic.code.to_vec()).unwrap_or_default();
        logic::steps(protocol(), &code).unwrap_or_default()
    }

    /// The line of the instruction at this offset, where it is a text.
    pub(super) fn line(&self, offset: usize) -> Option<usize> {
        let found = self.lines.iter().find(|(at, _)| *at == offset);
        found.map(|(_, line)| *line)
    }

    /// How messages name the instruction at this offset, or the header.
    pub(super) fn place(&self, offset: Option<usize>) -> String {
        let name = &self.name;
        match (offset, offset.and_then(|offset| self.line(offset))) {
            (_, Some(line)) => format!("{name}:{line}"),
            (Some(offset), None) => format!("{name}, offset {offset:04X} of the code"),
            (None, None) => name.clone(),
        }
    }
}
