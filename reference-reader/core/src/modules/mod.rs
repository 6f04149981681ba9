//! Service modules: their working states, and the commands that the board carries out for them.
//!
//! | part | what it does |
//! | --- | --- |
//! | [`Modules`] | working states, power, time limits |
//! | [`contact_card`] | activation and transport rules of the contact card, in one place |
//! | [`energy`] | for how long each service has had each module supplied |

pub(crate) mod contact_card;
pub(crate) mod energy;

use self::{
    contact_card::{activation::CardReset, atr::Line},
    energy::{Energy, Usage},
};
use crate::{diagnostics::Diagnostics, time::Instant};
use cardwire_codec::message::{
    ModuleId, Prompt, ServiceId, Subject, WorkingState,
    limits::{T_ENTRY_MS, T_MODULE_MS},
};

/// The modules that this core knows, security module aside. Which of them a reader has its board says.
pub(crate) const SERVICE_MODULES: [ModuleId; 5] = [
    ModuleId::CONTACT_CARD,
    ModuleId::CONTACTLESS_CARD,
    ModuleId::INDICATOR,
    ModuleId::PIN_PAD,
    ModuleId::SECURE_STORAGE,
];

/// What the board has to do for a module. Commands come out in the order in which they must be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleCommand<'a> {
    /// Supply the module; answer with [`ModuleEvent::Enabled`] when it has settled, or [`ModuleEvent::Failed`].
    Enable(ModuleId),
    /// Cut the module's supply at once; no answer.
    Disable(ModuleId),
    /// Reset the card; answer with [`ModuleEvent::Atr`], or with [`ModuleEvent::CardMute`] where the card gives no
    /// answer or the slot does not have this supply.
    CardReset(CardReset),
    /// Set the line to the card, by PPS where it says so; answer with [`ModuleEvent::CardLineSet`], also where the board
    /// leaves the line as it is, or with [`ModuleEvent::CardMute`] where the card does not agree.
    CardLine(Line),
    /// Send this command TPDU to the card; answer with [`ModuleEvent::CardResponse`] or [`ModuleEvent::CardMute`].
    CardTransmit(&'a [u8]),
    /// Show a pattern: 0 off, 1 working, 2 success, 3 failure; answer with [`ModuleEvent::Shown`].
    Show(u8),
    /// Have the card holder enter a PIN or PUK; answer with [`ModuleEvent::Entered`], within `T_entry`.
    Ask(Prompt),
    /// Look for a card in the field; answer with [`ModuleEvent::Polled`].
    Poll,
}

/// What the board tells of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleEvent<'a> {
    /// The module is supplied and settled.
    Enabled(ModuleId),
    /// The module did not power up, or vanished.
    Failed(ModuleId),
    /// The card's answer to reset, 2 to 33 bytes.
    Atr(&'a [u8]),
    /// The card's response data and status word, 2 to 258 bytes.
    CardResponse(&'a [u8]),
    /// The line to the card is set.
    CardLineSet,
    /// The card gave no answer.
    CardMute,
    /// The pattern is shown.
    Shown,
    /// The digits that the card holder entered, 4 to 8 in ASCII; none where it was cancelled or took too long.
    Entered(&'a [u8]),
    /// What the card in the field tells of itself, as data objects (CW-LOGIC-009, `poll`); nothing where there is none.
    Polled(&'a [u8]),
    /// The contact-detect switch of the slot with this number closed.
    CardInserted(u8),
    /// The contact-detect switch of the slot with this number opened.
    CardRemoved(u8),
}

#[derive(Clone, Copy, Debug)]
struct Module {
    id: ModuleId,
    /// Whether this reader has it.
    is_present: bool,
    state: WorkingState,
    /// Until when the module must answer what it was told last.
    deadline: Option<Instant>,
}

/// A command waiting to be handed to the board; the TPDU is the contact card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    Enable(ModuleId),
    Disable(ModuleId),
    CardReset(CardReset),
    CardLine(Line),
    CardTransmit,
    Show(u8),
    Ask(Prompt),
    Poll,
}

/// Enough for every module to be enabled, called and disabled without the board looking in between.
const QUEUE: usize = 3 * SERVICE_MODULES.len();

/// Working states of the service modules, and the commands that change them.
#[cfg_attr(feature = "clone", derive(Clone))]
pub(crate) struct Modules {
    modules: [Module; SERVICE_MODULES.len()],
    queue: [Option<Queued>; QUEUE],
    energy: Energy,
}

impl Modules {
    /// The modules of a reader that has these.
    pub(crate) fn new(present: &[ModuleId]) -> Self {
        let off = |id| Module {
            id,
            is_present: present.contains(&id),
            state: WorkingState::Disabled,
            deadline: None,
        };
        Self {
            modules: SERVICE_MODULES.map(off),
            queue: [None; QUEUE],
            energy: Energy::new(),
        }
    }

    /// A run of this service begins: the modules are supplied on its account.
    pub(crate) fn serve(&mut self, service: ServiceId) {
        self.energy.begin(service);
    }

    /// For how long each service has had each module supplied.
    pub(crate) fn usages(&self) -> impl Iterator<Item = &Usage> {
        self.energy.usages()
    }

    /// Modules and their working states.
    pub(crate) fn states(&self) -> impl Iterator<Item = (ModuleId, WorkingState)> + '_ {
        let present = self.modules.iter().filter(|module| module.is_present);
        present.map(|module| (module.id, module.state))
    }

    /// The working state of a module; `disabled` for one that this reader does not have.
    pub(crate) fn state(&self, id: ModuleId) -> WorkingState {
        self.states()
            .find(|(found, _)| *found == id)
            .map_or(WorkingState::Disabled, |(_, state)| state)
    }

    /// Whether a module has its supply: it settles, or has settled and was not disabled since.
    pub(crate) fn is_supplied(&self, id: ModuleId) -> bool {
        let module = self.modules.iter().find(|module| module.id == id);
        module.is_some_and(|module| module.state != WorkingState::Disabled || module.deadline.is_some())
    }

    /// Switches a module on; it is ready when the board says so. `false` where this reader has no such module.
    pub(crate) fn enable(&mut self, id: ModuleId, now: Instant) -> bool {
        let mut modules = self.modules.iter_mut();
        let Some(module) = modules.find(|module| module.id == id && module.is_present) else {
            return false;
        };
        module.deadline = Some(now.plus_millis(T_MODULE_MS));
        self.energy.on(id, now);
        self.push(Queued::Enable(id))
    }

    /// The board says that a module has settled. `false` where nothing was waiting for it.
    pub(crate) fn enabled(&mut self, id: ModuleId, now: Instant, diagnostics: &mut Diagnostics) -> bool {
        let Some(module) = self.modules.iter_mut().find(|module| module.id == id) else {
            return false;
        };
        // Told twice, or while a command is under way, it changes nothing: least of all the limit of that command.
        if module.state != WorkingState::Disabled || module.deadline.take().is_none() {
            return false;
        }
        module.set(WorkingState::Enabled, now, diagnostics);
        true
    }

    /// Gives an enabled module a command, or a busy one what its command goes on with: all of it has one `T_module`.
    //= spec/book/src/modules.md#cw-mod-001
    //# A module MUST be enabled only while a running service needs it, and get no command unless it is enabled.
    pub(crate) fn command(
        &mut self,
        id: ModuleId,
        command: Queued,
        now: Instant,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let Some(module) = self.modules.iter_mut().find(|module| module.id == id) else {
            return false;
        };
        match module.state {
            WorkingState::Enabled => {
                module.set(WorkingState::Busy, now, diagnostics);
                module.deadline = Some(now.plus_millis(command.time_ms()));
            }
            WorkingState::Busy => {}
            WorkingState::Disabled | WorkingState::Failed => return false,
        }
        self.push(command)
    }

    /// A busy module has answered its command. `false` where nothing was waiting for it.
    pub(crate) fn answered(&mut self, id: ModuleId, now: Instant, diagnostics: &mut Diagnostics) -> bool {
        let Some(module) = self.modules.iter_mut().find(|module| module.id == id) else {
            return false;
        };
        if module.state != WorkingState::Busy {
            return false;
        }
        module.deadline = None;
        module.set(WorkingState::Enabled, now, diagnostics);
        true
    }

    /// A module did not power up, did not answer, or vanished. `false` where it was off anyway.
    pub(crate) fn failed(&mut self, id: ModuleId, now: Instant, diagnostics: &mut Diagnostics) -> bool {
        let Some(module) = self.modules.iter_mut().find(|module| module.id == id) else {
            return false;
        };
        if module.state == WorkingState::Disabled && module.deadline.is_none() {
            return false;
        }
        module.deadline = None;
        module.set(WorkingState::Failed, now, diagnostics);
        true
    }

    /// Cuts a module's supply, whatever it is doing. Commands that the board has not taken yet are dropped.
    //= spec/book/src/modules.md#cw-mod-002
    //# A disabled module MUST have no supply and no field.
    pub(crate) fn disable(&mut self, id: ModuleId, now: Instant, diagnostics: &mut Diagnostics) {
        let Some(module) = self.modules.iter_mut().find(|module| module.id == id) else {
            return;
        };
        if module.state == WorkingState::Disabled && module.deadline.is_none() {
            return;
        }
        module.deadline = None;
        module.set(WorkingState::Disabled, now, diagnostics);
        for slot in &mut self.queue {
            if slot.is_some_and(|queued| queued.module() == id) {
                *slot = None;
            }
        }
        self.energy.off(id, now);
        self.push(Queued::Disable(id));
    }

    /// The module whose answer is overdue.
    pub(crate) fn overdue(&self, now: Instant) -> Option<ModuleId> {
        let overdue = |module: &&Module| module.deadline.is_some_and(|deadline| now >= deadline);
        self.modules.iter().find(overdue).map(|module| module.id)
    }

    /// When a module's answer will be overdue.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.modules.iter().filter_map(|module| module.deadline).min()
    }

    /// The next command for the board.
    pub(crate) fn pop(&mut self) -> Option<Queued> {
        let first = self.queue.iter_mut().find(|slot| slot.is_some())?;
        first.take()
    }

    fn push(&mut self, command: Queued) -> bool {
        // Taken slots move to the front, so that order is kept.
        let mut kept = 0;
        for index in 0..QUEUE {
            if let Some(queued) = self.queue[index].take() {
                self.queue[kept] = Some(queued);
                kept += 1;
            }
        }
        match self.queue.get_mut(kept) {
            Some(slot) => {
                *slot = Some(command);
                true
            }
            None => false,
        }
    }
}

impl Module {
    fn set(&mut self, state: WorkingState, now: Instant, diagnostics: &mut Diagnostics) {
        if self.state != state {
            self.state = state;
            diagnostics.record(now, Subject::Module, u16::from(self.id.0), state);
        }
    }
}

impl Queued {
    /// The command as the board gets it, with the TPDU that goes to the card.
    pub(crate) fn for_board(self, tpdu: &[u8]) -> ModuleCommand<'_> {
        match self {
            Self::Enable(module) => ModuleCommand::Enable(module),
            Self::Disable(module) => ModuleCommand::Disable(module),
            Self::CardReset(reset) => ModuleCommand::CardReset(reset),
            Self::CardLine(line) => ModuleCommand::CardLine(line),
            Self::CardTransmit => ModuleCommand::CardTransmit(tpdu),
            Self::Show(pattern) => ModuleCommand::Show(pattern),
            Self::Ask(prompt) => ModuleCommand::Ask(prompt),
            Self::Poll => ModuleCommand::Poll,
        }
    }

    fn module(self) -> ModuleId {
        match self {
            Self::Enable(id) | Self::Disable(id) => id,
            Self::CardReset(_) | Self::CardLine(_) | Self::CardTransmit => ModuleId::CONTACT_CARD,
            Self::Show(_) => ModuleId::INDICATOR,
            Self::Ask(_) => ModuleId::PIN_PAD,
            Self::Poll => ModuleId::CONTACTLESS_CARD,
        }
    }

    /// How long the module has for it.
    fn time_ms(self) -> u64 {
        match self {
            // People are slower than modules.
            Self::Ask(_) => T_ENTRY_MS + T_MODULE_MS,
            Self::Enable(_)
            | Self::Disable(_)
            | Self::CardReset(_)
            | Self::CardLine(_)
            | Self::CardTransmit
            | Self::Show(_)
            | Self::Poll => T_MODULE_MS,
        }
    }
}
