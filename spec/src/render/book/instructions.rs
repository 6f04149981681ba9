//! Instructions of execution logic.

use super::{
    Book, Table,
    fields::{self, between},
};
use crate::{
    kind::{Kind, Sizes},
    model::{Field, Instruction},
};

/// The fragment `instructions.md`: one row for each, then the operands of all of them.
pub(super) fn render(book: Book<'_>) -> String {
    let mut table = Table::new([
        "opcode",
        "instruction",
        "operands",
        "bytes",
        "module",
        "what it does",
    ]);
    for instruction in &book.protocol.instructions {
        let operands = instruction
            .operands
            .iter()
            .map(|operand| format!("`{}`", operand.name));
        let Sizes { min, max } = book.protocol.sizes(&instruction.operands);
        table.row([
            format!("`{:02X}`", instruction.opcode),
            format!("`{}`", instruction.name),
            operands.collect::<Vec<_>>().join(", "),
            between(min + 1, max + 1),
            instruction
                .module
                .as_ref()
                .map_or_else(String::new, |module| format!("`{module}`")),
            book.prose(&instruction.doc),
        ]);
    }
    table.finish() + &operands(book)
}

fn operands(book: Book<'_>) -> String {
    let mut table = Table::new(["instruction", "operand", "type", "bytes", "bounds"]);
    for Instruction { name, operands, .. } in &book.protocol.instructions {
        for operand in operands {
            table.row([
                format!("`{name}`"),
                format!("`{}`", operand.name),
                fields::type_of(book, operand),
                fields::bytes(book, operand),
                bounds(book, operand),
            ]);
        }
    }
    format!(
        "Operands follow the opcode in this order, without gaps:\n\n{}",
        table.finish()
    )
}

fn bounds(book: Book<'_>, operand: &Field) -> String {
    match book.protocol.operand_kind(&operand.type_name) {
        Some(Kind::Register) => {
            let registers = book.protocol.limit("registers");
            format!("a register's number, {}", between(0, registers.saturating_sub(1)))
        }
        Some(Kind::Label) => "the offset of an instruction in the code".to_owned(),
        Some(
            Kind::Number(_) | Kind::Bool | Kind::Bytes | Kind::Text | Kind::Registry(..) | Kind::Structure(_),
        )
        | None => fields::bounds(operand),
    }
}
