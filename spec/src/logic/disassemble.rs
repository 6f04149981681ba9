//! From the document `logic` to text.

use super::{DOCUMENT, operand::show, takes};
use crate::{
    Place,
    interpret::{self, Data, Fault, Node, Reader, Rule, Tree, hex},
    kind::Kind,
    model::{Instruction, Protocol},
};
use core::fmt::Write as _;

/// One instruction of execution logic.
#[derive(Clone, Debug)]
pub struct Step<'p> {
    /// What it is.
    pub instruction: &'p Instruction,
    /// Where it begins in the code.
    pub offset: usize,
    /// Its operands in order.
    pub operands: Vec<Node>,
}

/// The instructions of `code`, the field of the document `logic`.
///
/// # Errors
/// `value` at field `opcode` where an opcode is unknown, or what an operand breaks; the operand is called instruction
/// and operand, as in `apdu.command`.
pub fn steps<'p>(protocol: &'p Protocol, code: &[u8]) -> Result<Vec<Step<'p>>, Fault> {
    let mut reader = Reader::new(protocol, code, 0);
    let mut steps = Vec::new();
    while reader.offset < code.len() {
        let offset = reader.offset;
        let opcode = reader.number("opcode", 1)?;
        let instruction = protocol
            .instructions
            .iter()
            .find(|instruction| u64::from(instruction.opcode) == opcode)
            .ok_or_else(|| {
                let expected = String::from("the opcode of an instruction");
                reader.fault(Rule::Value, "opcode", offset, expected, format!("{opcode:02x}"))
            })?;
        let mut operands = Vec::new();
        for operand in &instruction.operands {
            operands.push(reader.field(operand, &format!("{}.{}", instruction.name, operand.name))?);
        }
        steps.push(Step {
            instruction,
            offset,
            operands,
        });
    }
    Ok(steps)
}

/// The text of execution logic; it assembles to the same bytes.
///
/// # Errors
/// The first rule that the document or its code breaks; the offset is that in the document.
pub fn disassemble(protocol: &Protocol, document: &[u8]) -> Result<String, Fault> {
    let tree = interpret::decode(protocol, Place::Document(DOCUMENT), document)?;
    let node = tree.fields.iter().find(|node| node.name == "code");
    let Some(Node {
        offset,
        size,
        data: Data::Bytes(code),
        ..
    }) = node
    else {
        // Only a schema whose document has no such field comes here.
        return Ok(header(protocol, &tree));
    };
    let steps = steps(protocol, code).map_err(|fault| fault.moved(offset + size - code.len()))?;
    let labels = labels(protocol, &steps);
    let mut text = header(protocol, &tree);
    for step in &steps {
        if let Some(index) = labels.iter().position(|target| *target == step.offset as u64) {
            line(&mut text, format_args!("{}:", label_name(index)));
        }
        let words = words_with(protocol, step, |target| {
            match labels.iter().position(|known| *known == target) {
                Some(index) => label_name(index),
                None => offset_name(target),
            }
        });
        line(&mut text, format_args!("    {words}"));
    }
    Ok(text)
}

/// One instruction as its line reads, labels by their offsets.
#[must_use]
pub fn words(protocol: &Protocol, step: &Step<'_>) -> String {
    words_with(protocol, step, offset_name)
}

fn words_with(protocol: &Protocol, step: &Step<'_>, label: impl Fn(u64) -> String) -> String {
    let mut words = step.instruction.name.clone();
    for (operand, node) in step.instruction.operands.iter().zip(&step.operands) {
        words.push(' ');
        words += &show(protocol, operand, &node.data, &label);
    }
    words
}

fn offset_name(target: u64) -> String {
    format!("@{target:04X}")
}

fn header(protocol: &Protocol, tree: &Tree) -> String {
    let mut text = String::new();
    let number = |name| tree.field(name).and_then(Data::number).unwrap_or_default();
    let name = match tree.field("name") {
        Some(Data::Text(name)) => name.as_str(),
        _ => "",
    };
    line(
        &mut text,
        format_args!("service {name} 0x{:04X}", number("service")),
    );
    line(&mut text, format_args!("version {}", number("version")));
    line(
        &mut text,
        format_args!("policy {}", tree.field("policy").map(word).unwrap_or_default()),
    );
    let loss = tree.field("on_client_loss").map(word).unwrap_or_default();
    line(&mut text, format_args!("on-client-loss {loss}"));
    if let Some(Data::List(modules)) = tree.field("modules")
        && !modules.is_empty()
    {
        let modules: Vec<String> = modules.iter().map(|node| word(&node.data)).collect();
        line(&mut text, format_args!("modules {}", modules.join(" ")));
    }
    let list = protocol
        .document(DOCUMENT)
        .and_then(|document| document.fields.iter().find(|field| field.name == takes::FIELD));
    if let (Some(list), Some(Data::List(parameters))) = (list, tree.field(takes::FIELD)) {
        for parameter in parameters {
            if let Some(words) = takes::show(protocol, list, parameter) {
                line(&mut text, format_args!("{words}"));
            }
        }
    }
    line(&mut text, format_args!("budget {}", number("budget")));
    for extension in &tree.extensions {
        let value = if extension.value.is_empty() {
            String::from("\"\"")
        } else {
            hex::encode(&extension.value)
        };
        line(
            &mut text,
            format_args!("extension 0x{:04X} {value}", extension.tag),
        );
    }
    text.push('\n');
    text
}

/// A registry's value: its name, or its number.
fn word(data: &Data) -> String {
    match data {
        Data::Registered { name: Some(name), .. } => name.clone(),
        _ => format!("0x{:X}", data.number().unwrap_or_default()),
    }
}

/// Targets of labels that are the beginning of an instruction, ascending. Others are written as an offset.
fn labels(protocol: &Protocol, steps: &[Step<'_>]) -> Vec<u64> {
    let mut targets: Vec<u64> = steps
        .iter()
        .flat_map(|step| step.instruction.operands.iter().zip(&step.operands))
        .filter(|(operand, _)| matches!(protocol.operand_kind(&operand.type_name), Some(Kind::Label)))
        .filter_map(|(_, node)| node.data.number())
        .filter(|target| steps.iter().any(|step| step.offset as u64 == *target))
        .collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

fn label_name(index: usize) -> String {
    format!("label-{}", index + 1)
}

fn line(text: &mut String, line: core::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}
