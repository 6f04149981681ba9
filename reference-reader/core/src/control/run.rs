//! Runs a service: enables its modules by its policy, calls them in the order of its logic, and disables them all when
//! it is done, whatever became of it.

use super::jobs::{Job, Jobs, journal};
use crate::{
    diagnostics::Diagnostics,
    env::Env,
    interface::ServiceFormat,
    logic::{
        call::{Call, Effect},
        program::{Answered, Program},
    },
    modules::{ModuleEvent, Modules},
    time::Instant,
};
use cardwire_codec::{
    List,
    message::{
        ClientLoss, Item, JobState, Logic, ModuleId, Outcome, Policy, WorkingState, limits::JOB_DATA_MAX,
    },
};

/// Modules that execution logic can declare; the schema's bound of `logic.modules`.
const DECLARED_MAX: usize = 8;

/// Everything around a running service that it works on.
pub(crate) struct Surroundings<'r, E> {
    pub(crate) env: &'r mut E,
    pub(crate) jobs: &'r mut Jobs,
    pub(crate) modules: &'r mut Modules,
    pub(crate) diagnostics: &'r mut Diagnostics,
    pub(crate) card_present: bool,
    pub(crate) now: Instant,
}

/// Where a running service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No service runs.
    Idle,
    /// Under `whole-service`: the declared module of this number is to be enabled next.
    Enabling(usize),
    /// A module is settling; then comes the next declared one.
    SettlingAll(usize),
    /// Under `per-step`: a module is settling for its first call.
    SettlingFor(Call),
    /// The logic goes on.
    Running,
    /// A module is to be called.
    Calling(Call),
    /// A module is at work on a call.
    Waiting(Call),
}

/// The service that runs, if any, and the data that the last one gave.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Run {
    program: Program,
    phase: Phase,
    /// The job that runs or ran last since the reader has booted.
    job: Option<[u8; 16]>,
    /// The format of the interface through which it was instructed: that of its data for good.
    format: ServiceFormat,
    policy: Policy,
    on_client_loss: ClientLoss,
    declared: [Option<ModuleId>; DECLARED_MAX],
    /// Why the service is to end before its next module command.
    stop: Option<Outcome>,
    journalled: bool,
    /// A job has ended since it was last asked.
    ended: bool,
    /// How much of the job is done, where it has told since it was last asked.
    percent: Option<u8>,
}

impl Run {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self {
            program: Program::new(),
            phase: Phase::Idle,
            job: None,
            format: ServiceFormat::Native,
            policy: Policy::WholeService,
            on_client_loss: ClientLoss::Abort,
            declared: [None; DECLARED_MAX],
            stop: None,
            journalled: false,
            ended: false,
            percent: None,
        }
    }

    /// Whether a service runs.
    pub(crate) fn is_running(&self) -> bool {
        self.phase != Phase::Idle
    }

    /// The job that runs or ran last.
    pub(crate) fn job(&self) -> Option<&[u8; 16]> {
        self.job.as_ref()
    }

    /// Instructions that the running service has executed.
    pub(crate) fn steps(&self) -> u16 {
        self.program.machine().steps()
    }

    /// The format in which the data of the job that runs or ran last leave.
    pub(crate) fn format(&self) -> ServiceFormat {
        self.format
    }

    /// The service data of the job that ended last, in the reader's own form.
    pub(crate) fn data(&self) -> &[u8] {
        self.program.machine().data()
    }

    /// Whether a job has ended since this was last asked.
    pub(crate) fn take_ended(&mut self) -> bool {
        core::mem::take(&mut self.ended)
    }

    /// How much of the job is done, where it has told since this was last asked.
    pub(crate) fn take_percent(&mut self) -> Option<u8> {
        self.percent.take()
    }

    /// Takes up the logic of a job; [`Run::begin`] makes it run.
    pub(crate) fn load(
        &mut self,
        job: [u8; 16],
        format: ServiceFormat,
        logic: &Logic<'_>,
        parameters: List<'_, Item<'_>>,
        secrets: &[u8],
    ) -> Option<()> {
        self.program.load(logic, parameters, secrets)?;
        self.job = Some(job);
        self.format = format;
        self.policy = logic.policy;
        self.on_client_loss = logic.on_client_loss;
        self.declared = [None; DECLARED_MAX];
        for (slot, module) in self.declared.iter_mut().zip(logic.modules) {
            *slot = Some(module);
        }
        self.stop = None;
        self.journalled = false;
        self.percent = None;
        Some(())
    }

    /// Makes the loaded job the running one; its first step comes with the next [`Run::advance`].
    pub(crate) fn begin(&mut self) {
        self.phase = match self.policy {
            Policy::WholeService => Phase::Enabling(0),
            Policy::PerStep => Phase::Running,
        };
    }

    /// Asks the running service to end before its next module command (CW-JOB-005).
    pub(crate) fn abort<E: Env>(&mut self, around: &mut Surroundings<'_, E>) {
        if self.is_running() {
            self.stop.get_or_insert(Outcome::ABORTED);
            self.advance(around);
        }
    }

    /// The client is lost: the service does what its logic declares.
    pub(crate) fn client_lost<E: Env>(&mut self, around: &mut Surroundings<'_, E>) {
        if self.is_running() && self.on_client_loss == ClientLoss::Abort {
            self.stop.get_or_insert(Outcome::CLIENT_LOST);
            self.advance(around);
        }
    }

    /// Goes on until a module is waited for or the service has ended.
    pub(crate) fn advance<E: Env>(&mut self, around: &mut Surroundings<'_, E>) {
        loop {
            self.phase = match self.phase {
                Phase::Idle | Phase::SettlingAll(_) | Phase::SettlingFor(_) | Phase::Waiting(_) => return,
                Phase::Enabling(index) => match self.declared.get(index).copied().flatten() {
                    None => Phase::Running,
                    Some(module) => match self.enable(module, around) {
                        Ok(()) => Phase::SettlingAll(index),
                        Err(outcome) => return self.end(outcome, around),
                    },
                },
                Phase::Running => match self.program.run() {
                    Effect::Call(call) => Phase::Calling(call),
                    Effect::Done(module) => {
                        if self.policy == Policy::PerStep {
                            around.modules.disable(module, around.now, around.diagnostics);
                        }
                        Phase::Running
                    }
                    Effect::Progress(percent) => {
                        self.percent = Some(percent);
                        Phase::Running
                    }
                    Effect::End(outcome) => return self.end(outcome, around),
                },
                Phase::Calling(call) => match self.call(call, around) {
                    Ok(phase) => phase,
                    Err(outcome) => return self.end(outcome, around),
                },
            };
        }
    }

    /// Calls a module, enabling it first where the policy is `per-step` and this is its first call.
    fn call<E: Env>(&mut self, call: Call, around: &mut Surroundings<'_, E>) -> Result<Phase, Outcome> {
        let module = call.module();
        if around.modules.state(module) == WorkingState::Disabled {
            self.enable(module, around)?;
            return Ok(Phase::SettlingFor(call));
        }
        //= spec/book/src/jobs.md#cw-job-005
        //# An aborted job MUST end before its next module command, with the outcome `aborted`.
        if let Some(outcome) = self.stop() {
            return Err(outcome);
        }
        if call.is_journalled() && !self.journalled {
            let job = self.job.as_ref().and_then(|id| around.jobs.find(id));
            let job = Job {
                step: self.steps(),
                ..*job.ok_or(Outcome::LOGIC_FAULT)?
            };
            //= spec/book/src/jobs.md#cw-job-012
            //# A reader MUST end a job whose journal it can't write with the outcome `storage-failed` before it sends the first writing command.
            journal(around.env, &job).map_err(|_| Outcome::STORAGE_FAILED)?;
            self.journalled = true;
        }
        let command = self.program.begin(call)?;
        if around
            .modules
            .command(module, command, around.now, around.diagnostics)
        {
            Ok(Phase::Waiting(call))
        } else {
            Err(Outcome::MODULE_FAILED)
        }
    }

    //= spec/book/src/modules.md#cw-mod-006
    //# A reader MUST enable no module that the service's logic does not declare.
    fn enable<E: Env>(&self, module: ModuleId, around: &mut Surroundings<'_, E>) -> Result<(), Outcome> {
        if let Some(outcome) = self.stop() {
            return Err(outcome);
        }
        if !self.declared.contains(&Some(module)) {
            return Err(Outcome::LOGIC_FAULT);
        }
        // The contact-detect switch tells without power whether there is a card to be supplied.
        //= spec/book/src/services.md#cw-svc-003
        //# A service on a slot without a card MUST end with the outcome `card-absent`.
        if module == ModuleId::CONTACT_CARD && !around.card_present {
            return Err(Outcome::CARD_ABSENT);
        }
        if around.modules.enable(module, around.now) {
            Ok(())
        } else {
            Err(Outcome::MODULE_FAILED)
        }
    }

    /// Why the service is to end now; between writes that belong together it waits.
    fn stop(&self) -> Option<Outcome> {
        self.stop.filter(|_| !self.program.machine().is_critical())
    }

    /// Takes what the board tells of a module.
    pub(crate) fn handle<E: Env>(&mut self, event: ModuleEvent<'_>, around: &mut Surroundings<'_, E>) {
        match event {
            ModuleEvent::Enabled(module) => {
                if around.modules.enabled(module, around.now, around.diagnostics) {
                    self.phase = match self.phase {
                        Phase::SettlingAll(index) => Phase::Enabling(index + 1),
                        Phase::SettlingFor(call) => Phase::Calling(call),
                        phase => phase,
                    };
                    self.advance(around);
                }
            }
            ModuleEvent::Failed(module) => self.fail(module, Outcome::MODULE_FAILED, around),
            // Services work with the first slot.
            ModuleEvent::CardRemoved(0) => {
                //= spec/book/src/modules.md#cw-mod-009
                //# A card that is pulled out while a service uses it MUST end the job with `card-removed`.
                let uses_card = self.is_running() && around.modules.is_supplied(ModuleId::CONTACT_CARD);
                if uses_card {
                    self.end(Outcome::CARD_REMOVED, around);
                }
            }
            ModuleEvent::CardInserted(_) | ModuleEvent::CardRemoved(_) => {}
            ModuleEvent::Atr(_)
            | ModuleEvent::CardLineSet
            | ModuleEvent::CardResponse(_)
            | ModuleEvent::CardMute
            | ModuleEvent::Shown
            | ModuleEvent::Entered(_)
            | ModuleEvent::Polled(_) => self.answered(event, around),
        }
    }

    /// Ends the service if a module has not answered in time (CW-MOD-007).
    pub(crate) fn handle_time<E: Env>(&mut self, around: &mut Surroundings<'_, E>) {
        while let Some(module) = around.modules.overdue(around.now) {
            self.fail(module, Outcome::MODULE_TIMEOUT, around);
        }
    }

    fn fail<E: Env>(&mut self, module: ModuleId, outcome: Outcome, around: &mut Surroundings<'_, E>) {
        if around.modules.failed(module, around.now, around.diagnostics) {
            if self.is_running() {
                self.end(outcome, around);
            } else {
                around.modules.disable(module, around.now, around.diagnostics);
            }
        }
    }

    fn answered<E: Env>(&mut self, event: ModuleEvent<'_>, around: &mut Surroundings<'_, E>) {
        let Phase::Waiting(call) = self.phase else { return };
        let phase = match self.program.answered(call, event) {
            // An answer to something that was not asked is dropped.
            Answered::Unasked => return,
            Answered::More(command) => {
                around
                    .modules
                    .command(call.module(), command, around.now, around.diagnostics);
                return;
            }
            Answered::Call(call) => Ok(Phase::Calling(call)),
            Answered::Run => Ok(Phase::Running),
            Answered::End(outcome) => Err(outcome),
        };
        around
            .modules
            .answered(call.module(), around.now, around.diagnostics);
        match phase {
            Ok(phase) => {
                self.phase = phase;
                self.advance(around);
            }
            Err(outcome) => self.end(outcome, around),
        }
    }

    /// The TPDU that the board is to send to the card.
    pub(crate) fn tpdu(&self) -> &[u8] {
        self.program.tpdu()
    }

    /// Ends the service: every module is disabled, the outcome is kept.
    //= spec/book/src/modules.md#cw-mod-003
    //# Every module MUST be disabled when no service runs, also after one that failed, was aborted, timed out, or was cut by a reset.
    fn end<E: Env>(&mut self, outcome: Outcome, around: &mut Surroundings<'_, E>) {
        let outcome = self.program.machine().outcome(outcome);
        for module in self.declared.iter().rev().flatten() {
            around.modules.disable(*module, around.now, around.diagnostics);
        }
        self.phase = Phase::Idle;
        self.ended = true;
        self.program.erase();
        let mut room = [0; JOB_DATA_MAX];
        let data = self.format.give(self.data(), &mut room).unwrap_or_default();
        let data_length = data.len() as u16;
        let job = self.job.as_ref().and_then(|id| around.jobs.find_mut(id));
        if let Some(job) = job {
            *job = Job {
                state: JobState::Done,
                outcome,
                status_word: self.program.machine().status_word(),
                step: self.steps(),
                data_length,
                ..*job
            };
            if self.journalled {
                // If it can't be stored, the job is `interrupted` after a reset: the client then knows that it has
                // to look at the card.
                let _ = journal(around.env, job);
            }
        }
    }
}
