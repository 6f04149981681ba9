//! Runs execution logic, instruction by instruction, until a module is needed.

use super::{
    cbor,
    convert::{Value, convert},
    verify::CODE_MAX,
};
use crate::{deviation::Deviation, env::Env};
use cardwire_codec::{
    Message, Name,
    message::{
        Conversion, Instruction, Item, ItemKind, Logic, ModuleId, Outcome, Register, ServiceData,
        limits::{JOB_DATA_MAX, LOOP_DEPTH_MAX, REGISTER_SIZE, REGISTERS},
    },
    wire::{Cursor, Part, Writer},
};

/// Items that service data may hold; the schema's bound of `service_data.items`.
const ITEMS_MAX: u8 = 32;
/// Code of the document and count of its items.
const DATA_HEAD: usize = 2;

/// What a program needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A module is called.
    Call(Call),
    /// A module's part is done.
    Done(ModuleId),
    /// The service has ended.
    End(Outcome),
}

/// A call of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Reset the card; its answer to reset goes into the register.
    Reset(Register),
    /// Send the command APDU that stands at this place of the code.
    Apdu {
        at: usize,
        length: usize,
        into: Register,
    },
    /// Show a pattern.
    Show(u8),
}

impl Call {
    /// The module that is called.
    pub(crate) fn module(self) -> ModuleId {
        match self {
            Self::Reset(_) | Self::Apdu { .. } => ModuleId::CONTACT_CARD,
            Self::Show(_) => ModuleId::INDICATOR,
        }
    }
}

#[derive(Clone, Copy)]
struct Contents {
    bytes: [u8; REGISTER_SIZE],
    length: usize,
}

#[derive(Clone, Copy)]
struct OpenLoop {
    body: usize,
    left: u8,
}

/// A program on its way: its code, and what it has done so far.
pub(crate) struct Machine {
    code: [u8; CODE_MAX],
    code_length: usize,
    budget: u16,
    state: State,
}

/// Registers, counters, and the service data made so far.
struct State {
    next: usize,
    registers: [Contents; REGISTERS],
    status_word: u16,
    steps: u16,
    loops: [OpenLoop; LOOP_DEPTH_MAX],
    depth: usize,
    data: [u8; JOB_DATA_MAX],
    data_length: usize,
    /// Size of the items in the format `cbor`.
    cbor_length: usize,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            code: [0; CODE_MAX],
            code_length: 0,
            budget: 0,
            state: State::new(),
        }
    }

    /// Takes up a program at its first instruction, with empty registers and no service data.
    pub(crate) fn load(&mut self, logic: &Logic<'_>) -> Option<()> {
        self.code.get_mut(..logic.code.len())?.copy_from_slice(logic.code);
        self.code_length = logic.code.len();
        self.budget = logic.budget;
        self.state = State::new();
        Some(())
    }

    /// Forgets what the card told, as soon as the service has ended; the service data stays.
    pub(crate) fn erase_registers(&mut self) {
        for register in &mut self.state.registers {
            *register = Contents {
                bytes: [0; REGISTER_SIZE],
                length: 0,
            };
        }
    }

    /// Instructions executed so far.
    pub(crate) fn steps(&self) -> u16 {
        self.state.steps
    }

    /// The last status word of the card.
    pub(crate) fn status_word(&self) -> u16 {
        self.state.status_word
    }

    /// The service data made so far, as the document `service_data`.
    pub(crate) fn data(&self) -> &[u8] {
        &self.state.data[..self.state.data_length]
    }

    /// The command APDU of a call.
    pub(crate) fn command(&self, at: usize, length: usize) -> &[u8] {
        self.code.get(at..at + length).unwrap_or_default()
    }

    /// Takes what a module answered.
    pub(crate) fn answer(&mut self, into: Register, bytes: &[u8]) -> Option<()> {
        self.state.set(into, bytes)
    }

    /// Takes the card's status word.
    pub(crate) fn set_status_word(&mut self, status_word: u16) {
        self.state.status_word = status_word;
    }

    /// Executes instructions up to the next that needs a module or ends the service.
    //= spec/book/src/logic.md#cw-logic-005
    //# A run MUST end within the instructions that its logic declares as budget.
    pub(crate) fn run(&mut self, env: &impl Env) -> Effect {
        while self.state.steps < self.budget {
            match self.state.step(&self.code[..self.code_length], env) {
                Some(None) => {}
                Some(Some(effect)) => return effect,
                None => return Effect::End(Outcome::LOGIC_FAULT),
            }
        }
        Effect::End(Outcome::LOGIC_FAULT)
    }
}

impl State {
    fn new() -> Self {
        let mut data = [0; JOB_DATA_MAX];
        data[0] = ServiceData::CODE;
        Self {
            next: 0,
            registers: [Contents {
                bytes: [0; REGISTER_SIZE],
                length: 0,
            }; REGISTERS],
            status_word: 0,
            steps: 0,
            loops: [OpenLoop { body: 0, left: 0 }; LOOP_DEPTH_MAX],
            depth: 0,
            data,
            data_length: DATA_HEAD,
            cbor_length: 0,
        }
    }

    /// Executes one instruction; `None` where it would use what is not there.
    //= spec/book/src/logic.md#cw-logic-009
    //# A reader MUST execute each instruction as this section says.
    fn step(&mut self, code: &[u8], env: &impl Env) -> Option<Option<Effect>> {
        let mut cursor = Cursor::new(code.get(self.next..)?);
        let instruction = Instruction::read(&mut cursor).ok()?;
        let here = self.next;
        self.next += cursor.offset();
        self.steps += 1;
        match instruction {
            Instruction::Reset { into } => return Some(Some(Effect::Call(Call::Reset(into)))),
            Instruction::Apdu { command, into } => {
                // Opcode and length byte stand before the command.
                let (at, length) = (here + 2, command.len());
                return Some(Some(Effect::Call(Call::Apdu { at, length, into })));
            }
            Instruction::Show { pattern } => return Some(Some(Effect::Call(Call::Show(pattern)))),
            Instruction::Done { module } => return Some(Some(Effect::Done(module))),
            Instruction::End { outcome } => return Some(Some(Effect::End(outcome))),
            Instruction::Expect { mask, value } => {
                if self.status_word & mask != value {
                    return Some(Some(Effect::End(Outcome::CARD_STATUS)));
                }
            }
            Instruction::WhenStatus { mask, value, target } => {
                if self.status_word & mask == value {
                    self.next = usize::from(target.0);
                }
            }
            Instruction::WhenEmpty { register, target } => {
                if self.register(register)?.is_empty() {
                    self.next = usize::from(target.0);
                }
            }
            Instruction::Go { target } => self.next = usize::from(target.0),
            Instruction::Loop { times } => {
                *self.loops.get_mut(self.depth)? = OpenLoop {
                    body: self.next,
                    left: times.saturating_sub(u8::from(env.deviates(Deviation::LosesLastRound))),
                };
                self.depth += 1;
            }
            Instruction::Again => {
                let top = self.depth.checked_sub(1)?;
                let open = self.loops.get_mut(top)?;
                open.left = open.left.saturating_sub(1);
                if open.left > 0 {
                    self.next = open.body
                } else {
                    self.depth = top
                }
            }
            Instruction::Set { register, value } => self.set(register, value)?,
            Instruction::Slice {
                register,
                offset,
                length,
            } => {
                let register = self.registers.get_mut(usize::from(register.0))?;
                let (offset, mut length) = (usize::from(offset), usize::from(length));
                if env.deviates(Deviation::SlicesBeyondEnd) {
                    length = length.min(register.length.saturating_sub(offset));
                }
                //= spec/book/src/logic.md#cw-logic-004
                //# Execution logic MUST end with the outcome `logic-fault` where it would use data that is not there.
                if offset + length > register.length {
                    return None;
                }
                register.bytes.copy_within(offset..offset + length, 0);
                register.length = length;
            }
            Instruction::Emit {
                name,
                kind,
                conversion,
                register,
            } => {
                let value = convert_by(conversion, self.register(register)?, env)?;
                return Some(match self.emit(name, kind, value.as_bytes(), env)? {
                    Some(_) if env.deviates(Deviation::PassesOverLargeData) => None,
                    effect => effect,
                });
            }
        }
        Some(None)
    }

    fn set(&mut self, register: Register, bytes: &[u8]) -> Option<()> {
        let contents = self.registers.get_mut(usize::from(register.0))?;
        contents.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        contents.length = bytes.len();
        Some(())
    }

    fn register(&self, register: Register) -> Option<&[u8]> {
        let contents = self.registers.get(usize::from(register.0))?;
        Some(&contents.bytes[..contents.length])
    }

    /// Adds an item to the service data.
    fn emit(
        &mut self,
        name: Name<'_>,
        kind: ItemKind,
        value: &[u8],
        env: &impl Env,
    ) -> Option<Option<Effect>> {
        let fits = match kind {
            // A conversion that gives no text says that the card holds nothing there.
            ItemKind::Text if value.is_empty() => return Some(None),
            ItemKind::Text => core::str::from_utf8(value).is_ok(),
            ItemKind::Number => value.len() == 4,
            ItemKind::Bytes => true,
        };
        if !fits {
            return None;
        }
        let item = Item { name, kind, value };
        if self
            .add(&item, env.deviates(Deviation::CountsNativeOnly))
            .is_some()
        {
            Some(None)
        } else {
            Some(Some(Effect::End(Outcome::DATA_TOO_LARGE)))
        }
    }

    /// Adds an item, or leaves all as it is where the data would be too large, in whichever format.
    //= spec/book/src/jobs.md#cw-job-007
    //# Service data MUST be the document `service_data` in the format of the service's interface, `job_data_max` bytes at most.
    fn add(&mut self, item: &Item<'_>, native_only: bool) -> Option<()> {
        let count = self.data[1];
        if count >= ITEMS_MAX {
            return None;
        }
        let cbor_length = self.cbor_length + cbor::item_size(item);
        if cbor::head_size(usize::from(count) + 1) + cbor_length > JOB_DATA_MAX && !native_only {
            return None;
        }
        let mut writer = Writer::new(&mut self.data[self.data_length..]);
        item.write(&mut writer, "items").ok()?;
        self.data_length += writer.written();
        self.cbor_length = cbor_length;
        self.data[1] = count + 1;
        Some(())
    }
}

/// Converts, and deviates in it as a faulty reader does.
fn convert_by(conversion: Conversion, bytes: &[u8], env: &impl Env) -> Option<Value> {
    match conversion {
        Conversion::Spn if env.deviates(Deviation::ReadsNamesAsAscii) => {
            let name = bytes.split(|byte| *byte == 0xFF).next()?;
            convert(Conversion::None, name.get(1..)?)
        }
        Conversion::SwappedDigits | Conversion::Imsi if env.deviates(Deviation::MixesUpDigits) => {
            let mut mixed = [0; REGISTER_SIZE];
            let mixed = mixed.get_mut(..bytes.len())?;
            mixed.copy_from_slice(bytes);
            // EF.IMSI begins with its length and a byte of which one nibble is a digit.
            let digits = if conversion == Conversion::Imsi { 2 } else { 0 };
            for byte in mixed.get_mut(digits..)? {
                if *byte & 0xF0 != 0xF0 {
                    *byte = byte.rotate_left(4);
                }
            }
            convert(conversion, mixed)
        }
        conversion => convert(conversion, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    #[test]
    fn data_are_held_to_both_formats() {
        let name = "n".repeat(24);
        let mut state = State::new();
        let mut count = 0;
        let item = Item {
            name: Name::from_text(&name),
            kind: ItemKind::Bytes,
            value: &[0; 36],
        };
        while state.add(&item, false).is_some() {
            count += 1;
        }
        // 65 bytes in `cbor`, 63 in `native`: the one counts 1 + 15 * 65 = 976, and one more would be 1041.
        assert_eq!((count, state.data_length), (15, 2 + 15 * 63));
        assert!(state.add(&item, true).is_some(), "1010 bytes of `native`");
    }
}
