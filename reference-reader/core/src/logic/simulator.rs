//! Runs execution logic outside of a reader, one instruction at a time: for those who write it.
//!
//! It is the machine that readers run, without power, policies, journal and session around it.

use super::{
    call::{Call, Effect},
    parameters::are_taken,
    program::{Answered, Program},
    verify::{self, Broken},
};
use crate::{
    env::{Env, RandomFailed, Record, StoreFailed},
    modules::{ModuleCommand, ModuleEvent, Queued, SERVICE_MODULES},
};
use cardwire_codec::{
    List, Message,
    message::{Item, Logic, LogicRule, ModuleId, Outcome, ParameterSource, Register, ServiceData},
};

/// Holds the document `logic` to the rules of a reader that has every module.
///
/// # Errors
/// The first rule that it breaks, in the order in which readers name them.
pub fn check(document: &[u8]) -> Result<(), Broken> {
    let logic = Logic::decode(document).map_err(|_| LogicRule::Document)?;
    verify::locate(&logic, &Offline)
}

/// What one step has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening<'s> {
    /// An instruction was executed.
    Stepped,
    /// A module is to do this; [`Simulator::answer`] takes what it tells.
    Command(ModuleCommand<'s>),
    /// A module's part is done.
    Done(ModuleId),
    /// So much of the job is done, in percent.
    Progress(u8),
    /// The run has ended.
    Ended(Outcome),
}

/// Why a run can't begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The logic breaks this rule.
    Rule(Broken),
    /// The parameters are none, or not those that the logic declares.
    Parameters,
    /// The same of what the cloud brings.
    Secrets,
}

/// A run of execution logic.
pub struct Simulator {
    program: Program,
    /// The call that a module is at work on, and what it is to do for it now.
    waiting: Option<(Call, Queued)>,
    ended: Option<Outcome>,
}

impl Simulator {
    /// A run of the document `logic`, with parameters in the document `service_data` or none at all.
    ///
    /// # Errors
    /// Logic that does not verify, or parameters that a reader would refuse.
    pub fn new(document: &[u8], parameters: &[u8]) -> Result<Self, Refused> {
        Self::with_secrets(document, parameters, &[])
    }

    /// The same with what the cloud would bring: the document `service_data` of the parameters whose source it is.
    ///
    /// # Errors
    /// As for [`Simulator::new`], and secrets that a reader would refuse or miss.
    pub fn with_secrets(document: &[u8], parameters: &[u8], secrets: &[u8]) -> Result<Self, Refused> {
        check(document).map_err(Refused::Rule)?;
        let logic = Logic::decode(document).map_err(|_| Refused::Rule(LogicRule::Document.into()))?;
        let given = items(parameters).ok_or(Refused::Parameters)?;
        if !are_taken(logic.parameters, given, ParameterSource::Client) {
            return Err(Refused::Parameters);
        }
        let sealed = items(secrets).ok_or(Refused::Secrets)?;
        if !are_taken(logic.parameters, sealed, ParameterSource::Cloud) {
            return Err(Refused::Secrets);
        }
        let mut program = Program::new();
        program.load(&logic, given, secrets).ok_or(Refused::Parameters)?;
        Ok(Self {
            program,
            waiting: None,
            ended: None,
        })
    }

    /// Executes one instruction. While a module is waited for, or when the run has ended, nothing changes, and the same
    /// is told again.
    pub fn step(&mut self) -> Happening<'_> {
        if let Some(outcome) = self.ended {
            return Happening::Ended(outcome);
        }
        match self.waiting {
            Some(_) => self.command(),
            None => match self.program.step() {
                None => Happening::Stepped,
                Some(Effect::Call(call)) => self.call(call),
                Some(Effect::Done(module)) => Happening::Done(module),
                Some(Effect::Progress(percent)) => Happening::Progress(percent),
                Some(Effect::End(outcome)) => self.end(outcome),
            },
        }
    }

    /// Takes what a module tells; what belongs to nothing that was asked changes nothing.
    pub fn answer(&mut self, event: ModuleEvent<'_>) -> Happening<'_> {
        let Some((call, _)) = self.waiting else {
            return self.step();
        };
        match self.program.answered(call, event) {
            Answered::Unasked => self.command(),
            Answered::More(command) => {
                self.waiting = Some((call, command));
                self.command()
            }
            Answered::Call(next) => self.call(next),
            Answered::Run => {
                self.waiting = None;
                Happening::Stepped
            }
            Answered::End(outcome) => self.end(outcome),
        }
    }

    /// Where the next instruction stands in the code.
    #[must_use]
    pub fn place(&self) -> usize {
        self.program.machine().place()
    }

    /// Instructions executed so far.
    #[must_use]
    pub fn steps(&self) -> u16 {
        self.program.machine().steps()
    }

    /// The last status word of the card.
    #[must_use]
    pub fn status_word(&self) -> u16 {
        self.program.machine().status_word()
    }

    /// What a register holds; `None` where there is none of this number.
    #[must_use]
    pub fn register(&self, number: u8) -> Option<&[u8]> {
        self.program.machine().register(Register(number))
    }

    /// Whether what a register holds is a secret of the card holder, that a trace does not show.
    #[must_use]
    pub fn is_secret(&self, number: u8) -> bool {
        self.program.machine().is_secret(Register(number))
    }

    /// The service data given so far, as the document `service_data`.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        self.program.machine().data()
    }

    fn call(&mut self, call: Call) -> Happening<'_> {
        match self.program.begin(call) {
            Ok(command) => {
                self.waiting = Some((call, command));
                self.command()
            }
            Err(outcome) => self.end(outcome),
        }
    }

    /// What the module that is waited for is to do.
    fn command(&mut self) -> Happening<'_> {
        match self.waiting {
            Some((_, command)) => Happening::Command(command.for_board(self.program.tpdu())),
            // Nobody is waited for, so that the program goes on.
            None => Happening::Stepped,
        }
    }

    fn end(&mut self, outcome: Outcome) -> Happening<'static> {
        let outcome = self.program.machine().outcome(outcome);
        self.waiting = None;
        self.ended = Some(outcome);
        Happening::Ended(outcome)
    }
}

/// The items of service data, or none where there are no bytes.
fn items(document: &[u8]) -> Option<List<'_, Item<'_>>> {
    match document {
        [] => Some(List::default()),
        document => ServiceData::decode(document).ok().map(|data| data.items),
    }
}

/// An environment that has every module, and nothing else.
struct Offline;

impl Env for Offline {
    fn random(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }

    fn load(&mut self, _: Record, _: &mut [u8]) -> Option<usize> {
        None
    }

    fn store(&mut self, _: Record, _: &[u8]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }

    fn modules(&self) -> &'static [ModuleId] {
        &SERVICE_MODULES
    }
}
