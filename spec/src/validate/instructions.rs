//! Instructions of execution logic.

use super::{Checker, fields};
use crate::{
    kind::Kind,
    model::{Field, Length},
    source::At,
};
use indexmap::IndexMap;

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    let mut names = IndexMap::new();
    let mut opcodes = IndexMap::new();
    for (index, instruction) in protocol.instructions.iter().enumerate() {
        let at = At::top("instruction").named(index, &instruction.name);
        let name = &instruction.name;
        checker.kebab_case(at.key("name"), name);
        checker.unique(
            &mut names,
            name.clone(),
            at.key("name"),
            &format!("the name `{name}`"),
        );
        let what = format!("the opcode {:#04X}", instruction.opcode);
        checker.unique(&mut opcodes, instruction.opcode, at.key("opcode"), &what);
        checker.doc(&at, &instruction.doc);
        if let Some(module) = &instruction.module {
            let registry = protocol.registries.get("module");
            if !registry.is_some_and(|known| known.values.iter().any(|value| value.name == *module)) {
                checker.find(
                    at.key("module"),
                    format!("there is no module `{module}`"),
                    "use a value of registry.module",
                );
            }
        }
        let mut operands = IndexMap::new();
        for (index, operand) in instruction.operands.iter().enumerate() {
            let at = at.key("operands").index(index);
            fields::name(checker, &mut operands, operand, &at);
            self::operand(checker, operand, &at);
        }
    }
}

fn operand(checker: &mut Checker<'_>, operand: &Field, at: &At) {
    let kind = match checker.protocol.operand_kind(&operand.type_name) {
        Some(Kind::Structure(_)) | None => {
            checker.find(
                at.key("type"),
                format!("the type `{}` is unknown", operand.type_name),
                "use register, label, u8, u16, u32, u64, bytes, text or a registry",
            );
            return;
        }
        Some(kind) => kind,
    };
    fields::value(checker, operand, kind, at);
    if operand.count.is_some() || operand.order.is_some() {
        checker.find(
            at.key("count"),
            "an operand is no list",
            "make it an operand of each",
        );
    }
    if matches!(kind, Kind::Bytes | Kind::Text)
        && !matches!(
            operand.length,
            Some(Length::Bounds(_, ..=255) | Length::Exact(_)) | None
        )
    {
        checker.find(
            at.key("length"),
            "an operand has a length prefix of one byte, or none",
            "write length = [fewest, most], 255 at most, or one number",
        );
    }
}
