//! Executes single instructions of execution logic.

use super::{
    call::{Call, Effect},
    convert::convert,
    filter,
    output::{Added, Output},
    registers::Registers,
};
use cardwire_codec::{
    Message, Name,
    message::{
        Instruction, Item, Label, Outcome, PinFunction, Register, ServiceData, limits::LOOP_DEPTH_MAX,
    },
    wire::Cursor,
};
use zeroize::Zeroize;

/// The longest command APDU: header, Lc, 255 bytes, Le.
const COMMAND_MAX: usize = 4 + 1 + 255 + 1;

/// Registers, counters, and the service data made so far.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(super) struct State {
    pub(super) next: usize,
    pub(super) registers: Registers,
    pub(super) status_word: u16,
    pub(super) steps: u16,
    loops: [OpenLoop; LOOP_DEPTH_MAX],
    depth: usize,
    pub(super) section: Section,
    /// Of the parameters of client and cloud, by their places, those that were taken.
    taken: [u32; 2],
    command: [u8; COMMAND_MAX],
    command_length: usize,
    pub(super) output: Output,
}

/// The parameters of a run, each the document `service_data` or nothing.
#[derive(Clone, Copy)]
pub(super) struct Given<'p> {
    pub(super) by_client: &'p [u8],
    pub(super) by_cloud: &'p [u8],
}

#[derive(Clone, Copy)]
struct OpenLoop {
    body: usize,
    left: u8,
}

/// Writes that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// None have begun.
    None,
    /// They have begun, and none was sent.
    Begun,
    /// They have begun, and the card may hold some of them.
    Torn,
}

impl State {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            registers: Registers::new(),
            status_word: 0,
            steps: 0,
            loops: [OpenLoop { body: 0, left: 0 }; LOOP_DEPTH_MAX],
            depth: 0,
            section: Section::None,
            taken: [0; 2],
            command: [0; COMMAND_MAX],
            command_length: 0,
            output: Output::new(),
        }
    }

    /// At the first instruction, with empty registers and no service data.
    pub(super) fn begin(&mut self) {
        self.erase();
        self.next = 0;
        self.status_word = 0;
        self.steps = 0;
        self.depth = 0;
        self.section = Section::None;
        self.taken = [0; 2];
        self.output.clear();
    }

    /// Forgets all but the service data, the status word and the counts.
    pub(super) fn erase(&mut self) {
        self.registers.erase();
        self.command.zeroize();
        self.command_length = 0;
    }

    /// The command APDU that was made last.
    pub(super) fn command(&self) -> &[u8] {
        &self.command[..self.command_length]
    }

    /// Executes one instruction; `None` where it would use what is not there.
    //= spec/book/src/logic.md#cw-logic-009
    //# A reader MUST execute each instruction as this section says.
    //= spec/book/src/logic.md#cw-logic-004
    //# Execution logic MUST end with the outcome `logic-fault` where it would use data that is not there.
    pub(super) fn step(&mut self, code: &[u8], given: Given<'_>) -> Option<Option<Effect>> {
        let mut cursor = Cursor::new(code.get(self.next..)?);
        let instruction = Instruction::parse(&mut cursor)?;
        self.next += cursor.offset();
        self.steps += 1;
        match instruction {
            Instruction::Reset { into } => return Some(Some(Effect::Call(Call::Reset(into)))),
            Instruction::Apdu { command, into } => {
                self.load_command(&[command])?;
                return Some(Some(self.send(into)));
            }
            Instruction::Command {
                header,
                address,
                data,
                le,
                into,
            } => {
                self.make_command(header, address, data, le)?;
                return Some(Some(self.send(into)));
            }
            Instruction::Exchange { command, into } => {
                let command = self.registers.bytes(command)?;
                if !filter::allows(command) {
                    return Some(Some(Effect::End(Outcome::COMMAND_REFUSED)));
                }
                self.command_length = copy(command, &mut self.command)?;
                return Some(Some(self.send(into)));
            }
            Instruction::Pin {
                function,
                reference,
                first,
                second,
                into,
            } => return self.pin(function, reference, [first, second], into).map(Some),
            Instruction::Ask { prompt, into } => {
                return Some(Some(Effect::Call(Call::Ask { prompt, into })));
            }
            Instruction::Poll { into } => return Some(Some(Effect::Call(Call::Poll(into)))),
            Instruction::Show { pattern } => return Some(Some(Effect::Call(Call::Show(pattern)))),
            Instruction::Done { module } => return Some(Some(Effect::Done(module))),
            Instruction::Progress { percent } => return Some(Some(Effect::Progress(percent))),
            Instruction::End { outcome } => return Some(Some(Effect::End(outcome))),
            Instruction::Expect { mask, value } => {
                if self.status_word & mask != value {
                    return Some(Some(Effect::End(Outcome::CARD_STATUS)));
                }
            }
            Instruction::WhenStatus { mask, value, target } => {
                self.go_if(self.status_word & mask == value, target);
            }
            Instruction::WhenEmpty { register, target } => {
                self.go_if(self.registers.bytes(register)?.is_empty(), target);
            }
            Instruction::WhenEqual {
                register,
                other,
                target,
            } => {
                let equal = self.registers.bytes(register)? == self.registers.bytes(other)?;
                self.go_if(equal, target);
            }
            Instruction::WhenLonger {
                register,
                other,
                target,
            } => {
                let longer = self.registers.bytes(register)?.len() > self.registers.bytes(other)?.len();
                self.go_if(longer, target);
            }
            Instruction::WhenByte {
                register,
                offset,
                mask,
                value,
                target,
            } => {
                let byte = self.registers.bytes(register)?.get(usize::from(offset))?;
                self.go_if(byte & mask == value, target);
            }
            Instruction::Go { target } => self.go_if(true, target),
            Instruction::Loop { times } => {
                *self.loops.get_mut(self.depth)? = OpenLoop {
                    body: self.next,
                    left: times,
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
            Instruction::Critical => self.section = Section::Begun,
            Instruction::Settled => self.section = Section::None,
            Instruction::Set { register, value } => self.registers.set(register, value, false)?,
            Instruction::Slice {
                register,
                offset,
                length,
            } => self
                .registers
                .slice(register, usize::from(offset), usize::from(length))?,
            Instruction::Copy { into, from } => self.registers.copy(into, from)?,
            Instruction::Join { into, from } => self.registers.join(into, from)?,
            Instruction::Split {
                register,
                length,
                rest,
            } => self.registers.split(register, usize::from(length), rest)?,
            Instruction::Fill { register, value } => self.registers.fill(register, value)?,
            Instruction::Patch {
                register,
                offset,
                from,
            } => self.registers.patch(register, usize::from(offset), from)?,
            Instruction::Put {
                register,
                offset,
                mask,
                value,
            } => self.registers.put(register, offset, mask, value)?,
            Instruction::Add { register, value } => self.registers.add(register, value)?,
            Instruction::Find { register, tag, into } => self.registers.find(register, tag, into)?,
            Instruction::Take { register, into } => self.registers.take(register, into)?,
            Instruction::Convert { conversion, register } => {
                let value = convert(conversion, self.registers.bytes(register)?)?;
                let secret = self.registers.is_secret(register);
                self.registers.set(register, value.as_bytes(), secret)?;
            }
            Instruction::Parameter { name, into } => self.parameter(given, name, into)?,
            Instruction::Status { into } => {
                self.registers.set(into, &self.status_word.to_be_bytes(), false)?;
            }
            Instruction::Emit {
                name,
                kind,
                conversion,
                register,
            } => {
                if self.registers.is_secret(register) {
                    return None;
                }
                let value = convert(conversion, self.registers.bytes(register)?)?;
                let item = Item {
                    name,
                    kind,
                    value: value.as_bytes(),
                };
                match self.output.emit(&item)? {
                    Added::Yes => {}
                    Added::TooLarge => return Some(Some(Effect::End(Outcome::DATA_TOO_LARGE))),
                }
            }
        }
        Some(None)
    }

    fn go_if(&mut self, met: bool, target: Label) {
        if met {
            self.next = usize::from(target.0);
        }
    }

    /// The call that sends the command which has been made.
    fn send(&self, into: Register) -> Effect {
        let writes = filter::writes(self.command());
        Effect::Call(Call::Command { writes, into })
    }

    /// A command APDU from its parts.
    fn make_command(&mut self, header: &[u8; 4], address: Register, data: Register, le: &[u8]) -> Option<()> {
        let address = self.registers.bytes(address)?;
        let data = self.registers.bytes(data)?;
        let mut header = *header;
        header[2..].get_mut(..address.len())?.copy_from_slice(address);
        let count = [u8::try_from(data.len()).ok()?];
        let count = if data.is_empty() { &[][..] } else { &count };
        let mut length = 0;
        for part in &[&header[..], count, data, le] {
            length += copy(part, self.command.get_mut(length..)?)?;
        }
        self.command_length = length;
        Some(())
    }

    /// A command APDU as it is.
    fn load_command(&mut self, parts: &[&[u8]]) -> Option<()> {
        let mut length = 0;
        for part in parts {
            length += copy(part, self.command.get_mut(length..)?)?;
        }
        self.command_length = length;
        Some(())
    }

    /// The command that presents a secret is made at once; the card is asked first how often that may fail.
    fn pin(
        &mut self,
        function: PinFunction,
        reference: Register,
        [first, second]: [Register; 2],
        into: Register,
    ) -> Option<Effect> {
        let &[reference] = self.registers.bytes(reference)? else {
            return None;
        };
        let one = filter::padded(self.registers.bytes(first)?)?;
        let two = if filter::takes_two(function) {
            Some(filter::padded(self.registers.bytes(second)?)?)
        } else {
            None
        };
        let header = [0x00, filter::pin_instruction(function), 0x00, reference];
        match &two {
            Some(two) => self.load_command(&[&header, &[2 * filter::SECRET as u8], &one, two])?,
            None => self.load_command(&[&header, &[filter::SECRET as u8], &one])?,
        }
        self.registers.make_secret(first)?;
        if two.is_some() {
            self.registers.make_secret(second)?;
        }
        Some(Effect::Call(Call::Tries {
            function,
            header: filter::tries_query(function, reference),
            into,
        }))
    }

    /// The next value of a parameter, or nothing.
    fn parameter(&mut self, given: Given<'_>, name: Name<'_>, into: Register) -> Option<()> {
        // A name is declared once, so that it comes from one of them only. What the cloud gives is a secret of the card.
        let sources = [(given.by_client, false), (given.by_cloud, true)];
        for (&(document, secret), taken) in sources.iter().zip(&mut self.taken) {
            if document.is_empty() {
                continue;
            }
            let items = ServiceData::decode(document).ok()?.items;
            // Service data have 32 items at most.
            let next = (0_u32..)
                .zip(items)
                .find(|(place, item)| item.name == name && *taken & 1_u32.wrapping_shl(*place) == 0);
            if let Some((place, item)) = next {
                *taken |= 1_u32.wrapping_shl(place);
                return self.registers.set(into, item.value, secret);
            }
        }
        self.registers.set(into, &[], false)
    }
}

/// Copies bytes to the front of `out`, and counts them.
fn copy(bytes: &[u8], out: &mut [u8]) -> Option<usize> {
    out.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}
