//! Execution logic as text, and as bytes with what they mean.

use super::message;
use crate::{
    book::{
        BookError, annotate,
        story::{Story, UPDATED},
    },
    embedded::{protocol, service_logic},
    hex,
};
use cardwire_spec::{
    Place,
    interpret::{self, Data, Node},
    logic::{Step, disassemble, steps},
};
use core::fmt::Write as _;

/// A service with branches, as a listing.
const BRANCHING: &str = "subscriber.read";

/// The small program whole, and a larger one as a listing.
pub(super) fn text(story: &Story) -> Result<String, BookError> {
    let larger = service_logic(BRANCHING).ok_or(BookError::Missing("the service subscriber.read"))?;
    Ok([
        source(&format!("`{UPDATED}` as text"), &story.update.logic)?,
        message(
            "The same as the document logic",
            Place::Document("logic"),
            &story.update.logic,
        )?,
        listing("Its code, instruction by instruction", &story.update.logic)?,
        source(&format!("`{BRANCHING}` as text"), &larger)?,
        listing("Its code, instruction by instruction", &larger)?,
    ]
    .concat())
}

fn source(heading: &str, document: &[u8]) -> Result<String, BookError> {
    let text = disassemble(protocol(), document).map_err(refused)?;
    Ok(format!("**{heading}**\n\n```text\n{}\n```\n\n", text.trim_end()))
}

fn listing(heading: &str, document: &[u8]) -> Result<String, BookError> {
    let tree = interpret::decode(protocol(), Place::Document("logic"), document).map_err(refused)?;
    let Some(Data::Bytes(code)) = tree.field("code") else {
        return Err(BookError::Missing("the code of execution logic"));
    };
    let steps = steps(protocol(), code).map_err(refused)?;
    let mut text =
        format!("**{heading}**\n\n| offset | bytes | instruction | meaning |\n| ---: | --- | --- | --- |\n");
    for (
        index,
        Step {
            instruction,
            offset,
            operands,
        },
    ) in steps.iter().enumerate()
    {
        let end = steps.get(index + 1).map_or(code.len(), |next| next.offset);
        let bytes = code.get(*offset..end).unwrap_or_default();
        let operands: Vec<_> = operands.iter().map(operand).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {offset} | {} | `{}` {} | {} |",
            annotate::cell(bytes),
            instruction.name,
            operands.join(", "),
            instruction.doc
        );
    }
    text.push('\n');
    Ok(text)
}

/// An operand by its name and value.
fn operand(node: &Node) -> String {
    let value = match &node.data {
        Data::Number(number) if node.size == 2 => format!("{number:04X}"),
        Data::Number(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::Bytes(bytes) => hex::encode(bytes),
        Data::Text(text) => format!("\"{text}\""),
        Data::Registered { name: Some(name), .. } => name.clone(),
        Data::Registered { value, name: None } => value.to_string(),
        Data::Structure(_) | Data::List(_) => String::new(),
    };
    format!("{} `{value}`", node.name)
}

fn refused(fault: interpret::Fault) -> BookError {
    BookError::Decode {
        place: "document:logic".to_owned(),
        fault: Box::new(fault),
    }
}
