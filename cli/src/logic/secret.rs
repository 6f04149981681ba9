//! Which registers of a run hold what no trace may show: PINs, PUKs and the keys of an AUTHENTICATE.
//!
//! The machine keeps its own account, which says what may not get into service data. It is narrower: until a PIN that
//! the client gave is presented it is a parameter like others, and keys of the air interface are a card's answer.

use cardwire_codec::message::{Instruction, Register, limits::REGISTERS};
use std::collections::BTreeSet;

const AUTHENTICATE: u8 = 0x88;

/// The account of a run.
#[derive(Debug)]
pub(super) struct Secrets {
    /// Parameters whose value is presented to the card somewhere, and those that the cloud brings.
    parameters: BTreeSet<String>,
    registers: [bool; REGISTERS],
}

impl Secrets {
    /// Nothing is loaded yet. What a `parameter` puts into a register that some `pin` presents is a secret, whatever
    /// happens in between: too much is hidden rather than too little.
    pub(super) fn of(code: &[Instruction<'_>], by_cloud: impl Iterator<Item = String>) -> Self {
        let presented = |register: Register| {
            code.iter().any(|instruction| match instruction {
                Instruction::Pin { first, second, .. } => [*first, *second].contains(&register),
                _ => false,
            })
        };
        let parameters = code.iter().filter_map(|instruction| match instruction {
            Instruction::Parameter { name, into } if presented(*into) => Some(name.as_str().to_owned()),
            _ => None,
        });
        Self {
            parameters: parameters.chain(by_cloud).collect(),
            registers: [false; REGISTERS],
        }
    }

    /// Whether what a register holds is shown.
    pub(super) fn hides(&self, register: u8) -> bool {
        self.registers.get(usize::from(register)).copied().unwrap_or(true)
    }

    /// Whether the command that an instruction sends is shown: one whose data come from a secret register is not.
    pub(super) fn hides_command(&self, instruction: &Instruction<'_>) -> bool {
        match instruction {
            Instruction::Pin { .. } => true,
            Instruction::Command { address, data, .. } => self.hides(address.0) || self.hides(data.0),
            Instruction::Exchange { command, .. } => self.hides(command.0),
            _ => false,
        }
    }

    /// Takes an instruction that has been executed; `sent` is the command APDU that it sent.
    pub(super) fn executed(&mut self, instruction: &Instruction<'_>, sent: &[u8]) {
        match instruction {
            Instruction::Parameter { name, into } => {
                let secret = self.parameters.contains(name.as_str());
                self.set(*into, secret);
            }
            Instruction::Ask { into, .. } => self.set(*into, true),
            Instruction::Pin {
                first, second, into, ..
            } => {
                self.set(*first, true);
                self.set(*second, true);
                self.set(*into, false);
            }
            Instruction::Apdu { into, .. }
            | Instruction::Command { into, .. }
            | Instruction::Exchange { into, .. } => {
                self.set(*into, sent.get(1) == Some(&AUTHENTICATE));
            }
            Instruction::Reset { into } | Instruction::Poll { into } | Instruction::Status { into } => {
                self.set(*into, false);
            }
            Instruction::Set { register, .. } => self.set(*register, false),
            Instruction::Copy { into, from } => self.set(*into, self.hides(from.0)),
            Instruction::Join { into, from } => self.set(*into, self.hides(into.0) || self.hides(from.0)),
            Instruction::Patch { register, from, .. } => {
                self.set(*register, self.hides(register.0) || self.hides(from.0));
            }
            Instruction::Split {
                register, rest: into, ..
            }
            | Instruction::Find { register, into, .. }
            | Instruction::Take { register, into } => self.set(*into, self.hides(register.0)),
            Instruction::Slice { .. }
            | Instruction::Fill { .. }
            | Instruction::Put { .. }
            | Instruction::Add { .. }
            | Instruction::Convert { .. }
            | Instruction::Show { .. }
            | Instruction::Done { .. }
            | Instruction::WhenStatus { .. }
            | Instruction::WhenEmpty { .. }
            | Instruction::WhenEqual { .. }
            | Instruction::WhenLonger { .. }
            | Instruction::WhenByte { .. }
            | Instruction::Go { .. }
            | Instruction::Loop { .. }
            | Instruction::Again
            | Instruction::Critical
            | Instruction::Settled
            | Instruction::Progress { .. }
            | Instruction::Emit { .. }
            | Instruction::Expect { .. }
            | Instruction::End { .. } => {}
        }
    }

    fn set(&mut self, register: Register, secret: bool) {
        if let Some(known) = self.registers.get_mut(usize::from(register.0)) {
            *known = secret;
        }
    }
}
