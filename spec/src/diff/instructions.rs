//! Instructions of execution logic. Logic is published through clouds, run by readers, and stored in them.

use super::{
    fields,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    scope::{self, Types},
    shapes, standing, values, words,
};
use crate::{
    model::{Instruction, Protocol, Stability, Standing},
    source::At,
};

kinds! {
    /// What changes in an instruction of execution logic.
    InstructionKind {
        /// There is a new instruction.
        Added = "instruction-added", Receivers:
            "The instruction `{name}` is new, with the opcode {new}.",
            "Newer {from} publish logic that uses it, and older {to} refuse it with the rule `opcode`.",
            "Build it from the instructions that there are; or let logic for readers of the new version use it, and no other.";
        /// An instruction is gone.
        Removed = "instruction-removed", Senders:
            "The instruction `{name}` is gone, its opcode was {old}.",
            "Older {from} publish logic that uses it, and newer {to} refuse it; logic that they have stored is of no use.",
            "Keep the instruction.";
        /// An instruction has another name.
        Renamed = "instruction-renamed", None:
            "The instruction `{old}` is called `{new}`.",
            "Its opcode and its operands are the same; logic as text must be written with the new name.",
            "";
        /// An opcode is given to another instruction.
        OpcodeReused = "instruction-opcode-reused", Wire:
            "The opcode {new} is given to `{name}`, before it was that of `{old}`.",
            "Logic that is stored or published does something else with a card than its author wrote.",
            "Take an opcode that was never used.";
        /// An instruction has another opcode.
        Opcode = "instruction-opcode", Wire:
            "The opcode of `{name}` goes from {old} to {new}.",
            "Logic that is stored or published means something else, or nothing.",
            "Keep the opcode; opcodes say nothing, so that none is better.";
        /// It calls another module.
        Module = "instruction-module", Both:
            "`{name}` calls the module {new}, before {old}.",
            "Logic declares the modules that it uses: older logic declares the one before and is refused by newer {to}, and \
             newer logic by older ones.",
            "Add an instruction that calls the other module.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let pairs = pairs(&finder.scope.types);
    for (old, new) in &pairs.both {
        let subject = subject(new);
        if old.name != new.name {
            let values = Values::changed(old.name, new.name);
            finder.tell(InstructionKind::Renamed, &subject.key("name"), values);
        }
        instruction(finder, &subject, old.item, new.item);
    }
    for old in &pairs.removed {
        let values = Values::removed(opcode(old.item));
        finder.tell(InstructionKind::Removed, &subject(old), values);
    }
    for new in &pairs.added {
        let opcode = opcode(new.item);
        let mut before = finder.old.instructions.iter();
        let before = before.find(|old| old.opcode == new.item.opcode);
        let (kind, values) = match before {
            Some(before) => (
                InstructionKind::OpcodeReused,
                Values::changed(&before.name, opcode),
            ),
            None => (InstructionKind::Added, Values::added(opcode)),
        };
        finder.tell(kind, &subject(new), values);
    }
}

/// Which instruction is which: a renamed one has opcode, operands and meaning of the old.
fn pairs<'p>(types: &Types<'p>) -> Pairs<'p, Instruction> {
    let same = |old: &Named<'_, Instruction>, new: &Named<'_, Instruction>| {
        let (old, new) = (old.item, new.item);
        old.opcode == new.opcode
            && shapes::are_alike(types, &old.operands, &new.operands)
            && words::are_same(&old.doc, &new.doc)
    };
    pairs::pair(
        pairs::of_list(&types.old.instructions, |instruction| &instruction.name),
        pairs::of_list(&types.new.instructions, |instruction| &instruction.name),
        same,
    )
}

fn subject(instruction: &Named<'_, Instruction>) -> Subject {
    let at = At::top("instruction").named(instruction.index, instruction.name);
    Subject::new(at, instruction.name).between(scope::LOGIC)
}

fn instruction(finder: &mut Finder<'_>, subject: &Subject, old: &Instruction, new: &Instruction) {
    if old.opcode != new.opcode {
        let values = Values::changed(opcode(old), opcode(new));
        finder.tell(InstructionKind::Opcode, &subject.key("opcode"), values);
    }
    let module = old
        .module
        .as_deref()
        .map(|name| renamed_module(finder.old, finder.new, name));
    if module != new.module.as_deref() {
        let values = Values::optional(old.module.as_ref(), new.module.as_ref());
        finder.tell(InstructionKind::Module, &subject.key("module"), values);
    }
    standing::doc(finder, subject, &old.doc, &new.doc);
    fields::compare(
        finder,
        subject,
        "operands",
        [STANDING, STANDING],
        [&old.operands, &new.operands],
    );
}

/// Nothing special is promised of instructions, and no requirement stands at each.
const STANDING: Standing<'static> = Standing {
    requirement: "",
    since: 1,
    stability: Stability::Stable,
};

/// What an old module is called in the new schema.
fn renamed_module<'n>(old: &'n Protocol, new: &'n Protocol, name: &'n str) -> &'n str {
    let registries = (old.registries.get("module"), new.registries.get("module"));
    let (Some(old), Some(new)) = registries else {
        return name;
    };
    values::pairs(old, new).renamed(name).unwrap_or(name)
}

fn opcode(instruction: &Instruction) -> String {
    format!("{:#04X}", instruction.opcode)
}
