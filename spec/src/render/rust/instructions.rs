//! Instructions of execution logic: one enum.

use super::{
    File, doc,
    fields::{field_doc, names, read, rust_type, write},
    names::{constant, type_name},
    pieces::{Piece, statements},
};
use crate::model::{Field, Instruction, Protocol};

pub(super) fn file(protocol: &Protocol) -> File {
    let instructions = &protocol.instructions;
    let each = |part: &dyn Fn(&Instruction) -> String| instructions.iter().map(part).collect::<String>();
    let variants = each(&|instruction| variant(protocol, instruction));
    let reads = each(&|instruction| read_arm(protocol, instruction));
    let writes = each(&|instruction| write_arm(protocol, instruction));
    let opcodes = each(&|instruction| {
        format!(
            "Self::{} => 0x{:02X},\n",
            any_operands(instruction),
            instruction.opcode
        )
    });
    let names = each(&|instruction| {
        format!(
            "Self::{} => \"{}\",\n",
            any_operands(instruction),
            instruction.name
        )
    });
    let modules = each(&|instruction| {
        let module = instruction.module.as_ref().map_or_else(
            || String::from("None"),
            |module| format!("Some(ModuleId::{})", constant(module)),
        );
        format!("Self::{} => {module},\n", any_operands(instruction))
    });
    let all_opcodes: Vec<String> = protocol
        .instructions
        .iter()
        .map(|instruction| format!("0x{:02X}", instruction.opcode))
        .collect();
    let body = format!(
        "{registers}
        /// One instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Instruction<'a> {{
            {variants}
        }}

        impl<'a> Instruction<'a> {{
            /// Reads one instruction.
            ///
            /// # Errors
            /// The first rule that the bytes break; `value` at field `opcode` where the opcode is unknown. Fields are
            /// called instruction and operand, as in `apdu.command`.
            pub fn read(cursor: &mut Cursor<'a>) -> Result<Self, DecodeError> {{
                let start = cursor.clone();
                Self::parse(cursor).ok_or_else(|| crate::check::instruction(shapes::INSTRUCTIONS, start))
            }}

            /// Reads one instruction; `None` where a rule is broken, which only [`read`](Self::read) looks up.
            pub fn parse(cursor: &mut Cursor<'a>) -> Option<Self> {{
                Some(match cursor.u8()? {{
                    {reads}_ => return None,
                }})
            }}

            /// Whether an instruction has this opcode.
            #[must_use]
            pub const fn is_opcode(byte: u8) -> bool {{
                matches!(byte, {all_opcodes})
            }}

            /// Writes this instruction.
            ///
            /// # Errors
            /// An operand that has no encoding, or a buffer that is too small.
            pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {{
                writer.u8(self.opcode())?;
                match *self {{
                    {writes}
                }}
                Ok(())
            }}

            /// The first byte of the encoding.
            #[must_use]
            pub const fn opcode(&self) -> u8 {{
                match self {{ {opcodes} }}
            }}

            /// The name in the text form.
            #[must_use]
            pub const fn name(&self) -> &'static str {{
                match self {{ {names} }}
            }}

            /// The module that it calls.
            #[must_use]
            pub const fn module(&self) -> Option<ModuleId> {{
                match self {{ {modules} }}
            }}
        }}
        ",
        registers = operand_types(protocol),
        all_opcodes = all_opcodes.join(" | "),
    );
    File {
        module: "instructions",
        about: "Instructions of execution logic.",
        public: false,
        exports: ["Instruction", "Register", "Label"].map(String::from).into(),
        body,
    }
}

fn operand_types(protocol: &Protocol) -> String {
    let last = protocol.limit("registers").saturating_sub(1);
    format!(
        "/// A register of execution logic: 0 to {last}.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct Register(
            /// Its number.
            pub u8,
        );

        impl Part<'_> for Register {{
            #[inline]
            fn read(cursor: &mut Cursor<'_>) -> Option<Self> {{
                cursor.u8().filter(|value| usize::from(*value) < limits::REGISTERS).map(Self)
            }}

            #[inline]
            fn write(&self, writer: &mut Writer<'_>, field: &'static str) -> Result<(), EncodeError> {{
                check(usize::from(self.0) < limits::REGISTERS, CodecRule::Range, field)?;
                writer.u8(self.0)
            }}
        }}

        /// The offset of an instruction in the code of execution logic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct Label(
            /// Bytes from the start of the code.
            pub u16,
        );

        impl Part<'_> for Label {{
            #[inline]
            fn read(cursor: &mut Cursor<'_>) -> Option<Self> {{
                cursor.u16().map(Self)
            }}

            #[inline]
            fn write(&self, writer: &mut Writer<'_>, _field: &'static str) -> Result<(), EncodeError> {{
                writer.u16(self.0)
            }}
        }}
        "
    )
}

fn variant(protocol: &Protocol, instruction: &Instruction) -> String {
    let about = doc(&instruction.doc);
    let name = type_name(&instruction.name);
    if instruction.operands.is_empty() {
        return format!("{about}{name},\n");
    }
    let operands: String = instruction
        .operands
        .iter()
        .map(|operand| {
            format!(
                "{}{}: {},\n",
                field_doc(operand),
                operand.name,
                rust_type(protocol, operand)
            )
        })
        .collect();
    format!("{about}{name} {{\n{operands}}},\n")
}

fn read_arm(protocol: &Protocol, instruction: &Instruction) -> String {
    let name = type_name(&instruction.name);
    let opcode = instruction.opcode;
    if instruction.operands.is_empty() {
        return format!("0x{opcode:02X} => Self::{name},\n");
    }
    let reads: Vec<Piece> = instruction
        .operands
        .iter()
        .flat_map(|operand| read(protocol, operand))
        .collect();
    let (reads, operands) = (statements(&reads, "cursor"), names(&instruction.operands));
    format!("0x{opcode:02X} => {{ {reads} Self::{name} {{ {operands} }} }}\n")
}

fn write_arm(protocol: &Protocol, instruction: &Instruction) -> String {
    let name = type_name(&instruction.name);
    let operands: Vec<&str> = instruction
        .operands
        .iter()
        .map(|operand| operand.name.as_str())
        .collect();
    let writes: Vec<Piece> = instruction
        .operands
        .iter()
        .flat_map(|operand| write(protocol, operand, &operand.name, &path(instruction, operand)))
        .collect();
    let writes = statements(&writes, "writer");
    if operands.is_empty() {
        return format!("Self::{name} => {{}}\n");
    }
    format!("Self::{name} {{ {} }} => {{ {writes} }}\n", operands.join(", "))
}

fn path(instruction: &Instruction, operand: &Field) -> String {
    format!("{}.{}", instruction.name, operand.name)
}

/// A pattern for the instruction, whatever its operands.
fn any_operands(instruction: &Instruction) -> String {
    let name = type_name(&instruction.name);
    if instruction.operands.is_empty() {
        name
    } else {
        name + " { .. }"
    }
}
