//! A program on its way, from instruction to instruction.

use super::{
    call::Effect,
    execute::{Given, Section, State},
    verify::CODE_MAX,
};
use crate::{control::SECRETS_MAX, interface::PARAMETERS_MAX};
use cardwire_codec::{
    List, Message,
    message::{Item, Logic, Outcome, Register, ServiceData},
};
use zeroize::Zeroize;

/// A program on its way: its code, and what it has done so far.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Machine {
    code: [u8; CODE_MAX],
    code_length: usize,
    budget: u16,
    /// The document `service_data`.
    parameters: [u8; PARAMETERS_MAX],
    parameters_length: usize,
    /// What the cloud brings: the document `service_data`, or nothing.
    secrets: [u8; SECRETS_MAX],
    secrets_length: usize,
    state: State,
}

impl Machine {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self {
            code: [0; CODE_MAX],
            code_length: 0,
            budget: 0,
            parameters: [0; PARAMETERS_MAX],
            parameters_length: 0,
            secrets: [0; SECRETS_MAX],
            secrets_length: 0,
            state: State::new(),
        }
    }

    /// Takes up a program at its first instruction, with empty registers and no service data.
    pub(crate) fn load(
        &mut self,
        logic: &Logic<'_>,
        parameters: List<'_, Item<'_>>,
        secrets: &[u8],
    ) -> Option<()> {
        self.erase();
        self.code.get_mut(..logic.code.len())?.copy_from_slice(logic.code);
        self.code_length = logic.code.len();
        self.budget = logic.budget;
        let given = ServiceData {
            items: parameters,
            extensions: Default::default(),
        };
        self.parameters_length = given.encode(&mut self.parameters).ok()?;
        self.secrets.get_mut(..secrets.len())?.copy_from_slice(secrets);
        self.secrets_length = secrets.len();
        self.state.begin();
        Some(())
    }

    /// Forgets what the card told and what client and cloud gave, as soon as the service has ended; the service data stays.
    pub(crate) fn erase(&mut self) {
        self.parameters.zeroize();
        self.parameters_length = 0;
        self.secrets.zeroize();
        self.secrets_length = 0;
        self.state.erase();
    }

    /// Instructions executed so far.
    pub(crate) fn steps(&self) -> u16 {
        self.state.steps
    }

    /// Where the next instruction stands in the code.
    pub(crate) fn place(&self) -> usize {
        self.state.next
    }

    /// What a register holds.
    pub(crate) fn register(&self, register: Register) -> Option<&[u8]> {
        self.state.registers.bytes(register)
    }

    /// Whether what a register holds is nothing for service data.
    pub(crate) fn is_secret(&self, register: Register) -> bool {
        self.state.registers.is_secret(register)
    }

    /// The last status word of the card.
    pub(crate) fn status_word(&self) -> u16 {
        self.state.status_word
    }

    /// The service data made so far, as the document `service_data`.
    pub(crate) fn data(&self) -> &[u8] {
        self.state.output.document()
    }

    /// The command APDU of a call.
    pub(crate) fn command(&self) -> &[u8] {
        self.state.command()
    }

    /// Takes what a module answered.
    pub(crate) fn answer(&mut self, into: Register, bytes: &[u8]) -> Option<()> {
        self.state.registers.set(into, bytes, false)
    }

    /// Takes what a card holder entered.
    pub(crate) fn answer_secretly(&mut self, into: Register, bytes: &[u8]) -> Option<()> {
        self.state.registers.set(into, bytes, true)
    }

    /// Takes the card's status word.
    pub(crate) fn set_status_word(&mut self, status_word: u16) {
        self.state.status_word = status_word;
    }

    /// Whether writes that belong together have begun: nothing may end the run between them that can wait.
    pub(crate) fn is_critical(&self) -> bool {
        self.state.section != Section::None
    }

    /// A writing command goes to the card.
    pub(crate) fn note_write(&mut self) {
        if self.is_critical() {
            self.state.section = Section::Torn;
        }
    }

    /// The outcome of a run that ends here with this one.
    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        match self.state.section {
            Section::None | Section::Begun => outcome,
            Section::Torn => Outcome::CARD_INCONSISTENT,
        }
    }

    /// Executes instructions up to the next that needs a module or ends the service.
    pub(crate) fn run(&mut self) -> Effect {
        loop {
            if let Some(effect) = self.step() {
                return effect;
            }
        }
    }

    /// Executes one instruction.
    //= spec/book/src/logic.md#cw-logic-005
    //# A run MUST end within the instructions that its logic declares as budget.
    pub(crate) fn step(&mut self) -> Option<Effect> {
        if self.state.steps >= self.budget {
            return Some(Effect::End(Outcome::LOGIC_FAULT));
        }
        let given = Given {
            by_client: &self.parameters[..self.parameters_length],
            by_cloud: &self.secrets[..self.secrets_length],
        };
        self.state
            .step(&self.code[..self.code_length], given)
            .unwrap_or(Some(Effect::End(Outcome::LOGIC_FAULT)))
    }
}
