//! The modules of this reader: a contact slot, and an indicator that tells the program what it shows.

use crate::{
    emulator::{Done, Emulator, Script},
    faults::{Faults, Instead, ModuleFault},
    notice::{Notice, Notify},
    person::Person,
    power::{PowerTrace, Supply},
    slot::{Answer, Request, Slot, Told},
};
use cardwire_core::{Instant, ModuleCommand, ModuleEvent, codec::message::ModuleId};
use core::{fmt, time::Duration};
use std::collections::VecDeque;

/// Carries out the core's module commands, and tells what the modules did.
pub struct Board {
    slot: Box<dyn Slot>,
    /// The number under which the slot was last asked.
    ticket: u64,
    /// Whether there is a card, as far as the core was told.
    has_card: bool,
    /// The slot's supply and that of the indicator.
    supplied: Vec<ModuleId>,
    power: PowerTrace,
    times: Times,
    faults: Faults,
    emulator: Emulator,
    person: Person,
    /// What happened and when it is to be told, in the order in which it was asked for.
    happened: VecDeque<(Instant, Happened)>,
    notify: Notify,
}

/// How long the simulated modules take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From supply to settled.
    pub settle: Duration,
    /// From a command to its answer.
    pub work: Duration,
}

impl Times {
    /// Everything happens at once.
    pub const NONE: Self = Self {
        settle: Duration::ZERO,
        work: Duration::ZERO,
    };
}

impl Default for Times {
    /// Shorter than those of real modules, and long enough that a client can look at a service while it runs.
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(5),
            work: Duration::from_millis(2),
        }
    }
}

/// A [`ModuleEvent`] that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The module has settled.
    Enabled(ModuleId),
    /// There is no such module here.
    Failed(ModuleId),
    /// The card's answer to reset.
    Atr(Vec<u8>),
    /// The card's response.
    CardResponse(Vec<u8>),
    /// The line to the card is set.
    CardLineSet,
    /// The card gave no answer.
    CardMute,
    /// The pattern is shown.
    Shown,
    /// The digits that the card holder entered; none where nobody did.
    Entered(Vec<u8>),
    /// What the card in the field tells of itself; nothing where there is none.
    Polled(Vec<u8>),
    /// A card was put into the slot.
    CardInserted,
    /// The card was pulled out.
    CardRemoved,
}

impl Happened {
    /// As the core takes it.
    #[must_use]
    pub fn event(&self) -> ModuleEvent<'_> {
        match self {
            Self::Enabled(module) => ModuleEvent::Enabled(*module),
            Self::Failed(module) => ModuleEvent::Failed(*module),
            Self::Atr(atr) => ModuleEvent::Atr(atr),
            Self::CardResponse(response) => ModuleEvent::CardResponse(response),
            Self::CardLineSet => ModuleEvent::CardLineSet,
            Self::CardMute => ModuleEvent::CardMute,
            Self::Shown => ModuleEvent::Shown,
            Self::Entered(digits) => ModuleEvent::Entered(digits),
            Self::Polled(card) => ModuleEvent::Polled(card),
            Self::CardInserted => ModuleEvent::CardInserted(0),
            Self::CardRemoved => ModuleEvent::CardRemoved(0),
        }
    }

    /// The module that was asked for it; `None` for what the slot's switch tells unasked.
    fn module(&self) -> Option<ModuleId> {
        match self {
            Self::Enabled(module) | Self::Failed(module) => Some(*module),
            Self::Atr(_) | Self::CardLineSet | Self::CardResponse(_) | Self::CardMute => {
                Some(ModuleId::CONTACT_CARD)
            }
            Self::Shown => Some(ModuleId::INDICATOR),
            Self::Entered(_) => Some(ModuleId::PIN_PAD),
            Self::Polled(_) => Some(ModuleId::CONTACTLESS_CARD),
            Self::CardInserted | Self::CardRemoved => None,
        }
    }
}

/// The modules of this board.
pub(crate) const MODULES: [ModuleId; 4] = [
    ModuleId::CONTACT_CARD,
    ModuleId::CONTACTLESS_CARD,
    ModuleId::INDICATOR,
    ModuleId::PIN_PAD,
];

impl Board {
    /// A board whose modules are off and whose slot is empty.
    #[must_use]
    pub(crate) fn new(slot: Box<dyn Slot>, times: Times, notify: Notify) -> Self {
        Self {
            slot,
            ticket: 0,
            has_card: false,
            supplied: Vec::new(),
            power: PowerTrace::default(),
            times,
            faults: Faults::default(),
            emulator: Emulator::default(),
            person: Person::default(),
            happened: VecDeque::new(),
            notify,
        }
    }

    /// The same board with modules that fail.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// The same board with somebody at its keypad and its field.
    #[must_use]
    pub fn with_person(self, person: Person) -> Self {
        Self { person, ..self }
    }

    /// Carries out a command; what comes of it is told by [`next`](Self::next).
    pub fn carry_out(&mut self, now: Instant, command: ModuleCommand<'_>) {
        match self.faults.instead(&command) {
            Some(Instead::Silence) => return,
            Some(Instead::Fails(module)) => return self.happened.push_back((now, Happened::Failed(module))),
            None => {}
        }
        if let Some(happened) = self.emulate(&command) {
            return self.answer(now, happened);
        }
        match command {
            ModuleCommand::Enable(module) => self.enable(now, module),
            ModuleCommand::Disable(module) => self.disable(module),
            ModuleCommand::CardReset(_) => self.ask(now, Request::Reset),
            // The slot's driver speaks to its card as fast as both can.
            ModuleCommand::CardLine(_) => self.answer(now, Happened::CardLineSet),
            ModuleCommand::CardTransmit(tpdu) => self.ask(now, Request::Transmit(tpdu)),
            ModuleCommand::Show(pattern) => {
                (self.notify)(&Notice::Shown(pattern));
                self.answer(now, Happened::Shown);
            }
            ModuleCommand::Ask(_) => {
                let entered = self.person.enter();
                self.answer(now, Happened::Entered(entered));
            }
            ModuleCommand::Poll => self.answer(now, Happened::Polled(self.person.lays())),
        }
    }

    /// The next thing that has happened by `now`.
    pub fn next(&mut self, now: Instant) -> Option<Happened> {
        let due = self.happened.iter().position(|(at, _)| *at <= now)?;
        self.happened.remove(due).map(|(_, happened)| happened)
    }

    /// When [`next`](Self::next) has something to tell.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.happened.iter().map(|(at, _)| *at).min()
    }

    /// Whether what a module does next is known when it is asked for, and only told later.
    pub(crate) fn answers_at_once(&self) -> bool {
        self.slot.answers_at_once()
    }

    /// Puts the card into the slot; `false` where it is there already.
    pub fn insert_card(&mut self, now: Instant) -> bool {
        let changed = self.slot.move_card(true);
        if changed {
            self.card_moved(now, true);
        }
        changed
    }

    /// Pulls the card out of the slot, whatever it is doing; `false` where there is none.
    pub fn remove_card(&mut self, now: Instant) -> bool {
        let changed = self.slot.move_card(false);
        if changed {
            self.card_moved(now, false);
        }
        changed
    }

    /// Lets a module fail from now on, or where there is none lets all modules work.
    pub(crate) fn set_fault(&mut self, fault: Option<ModuleFault>) {
        self.faults.set(fault);
    }

    /// Has a script played in the place of the card in the slot from now on, or where there is none the card itself.
    pub(crate) fn play(&mut self, script: Option<Script>) {
        self.emulator.play(script);
    }

    /// What was done to the emulated card since this was last asked.
    pub(crate) fn take_seen(&mut self) -> Vec<Done> {
        self.emulator.take_seen()
    }

    /// What the emulated card does, where there is one and it has its supply.
    fn emulate(&mut self, command: &ModuleCommand<'_>) -> Option<Happened> {
        let supplied = self.supplied.contains(&ModuleId::CONTACT_CARD);
        supplied.then(|| self.emulator.answer(command)).flatten()
    }

    /// What the supplies have done since this was last asked.
    pub(crate) fn take_power(&mut self) -> Vec<Supply> {
        self.power.take()
    }

    /// Takes what the slot tells by itself.
    pub(crate) fn told(&mut self, now: Instant, told: Told) {
        match told {
            // An answer that comes after the supply was cut is an answer to nothing.
            Told::Answer(ticket, happened) => {
                if ticket == self.ticket && self.supplied.contains(&ModuleId::CONTACT_CARD) {
                    self.happened.push_back((now, happened));
                }
            }
            // Two threads may see the same card go.
            Told::Moved { inserted } if inserted == self.has_card => {}
            Told::Moved { inserted } => self.card_moved(now, inserted),
            Told::Trouble(what) => (self.notify)(&Notice::CardTrouble(what)),
        }
    }

    /// The reader is reset: every supply goes, and with it what was to be told; the card in the slot is told anew.
    pub(crate) fn reset(&mut self, now: Instant) {
        for module in self.supplied.clone() {
            self.disable(module);
        }
        self.happened.clear();
        if self.has_card {
            self.happened.push_back((now, Happened::CardInserted));
        }
    }

    fn card_moved(&mut self, now: Instant, inserted: bool) {
        let (notice, happened) = if inserted {
            (Notice::CardInserted, Happened::CardInserted)
        } else {
            (Notice::CardRemoved, Happened::CardRemoved)
        };
        self.has_card = inserted;
        (self.notify)(&notice);
        self.happened.push_back((now, happened));
    }

    fn ask(&mut self, now: Instant, request: Request<'_>) {
        if !self.supplied.contains(&ModuleId::CONTACT_CARD) {
            return self.answer(now, Happened::CardMute);
        }
        self.ticket += 1;
        if let Some(Answer { happened, delay }) = self.slot.ask(self.ticket, request) {
            self.answer(after(now, delay), happened);
        }
    }

    fn enable(&mut self, now: Instant, module: ModuleId) {
        if !MODULES.contains(&module) {
            return self.happened.push_back((now, Happened::Failed(module)));
        }
        if !self.supplied.contains(&module) {
            self.supplied.push(module);
            self.power.note(module, true);
        }
        (self.notify)(&Notice::Supplied(module));
        self.happened
            .push_back((after(now, self.times.settle), Happened::Enabled(module)));
    }

    fn answer(&mut self, now: Instant, happened: Happened) {
        let slower = match happened.module() {
            Some(ModuleId::CONTACT_CARD) => self.faults.slow_card,
            _ => Duration::ZERO,
        };
        self.happened
            .push_back((after(now, self.times.work + slower), happened));
    }

    //= spec/book/src/modules.md#cw-mod-002
    //# A disabled module MUST have no supply and no field.
    fn disable(&mut self, module: ModuleId) {
        if let Some(at) = self.supplied.iter().position(|supplied| *supplied == module) {
            self.supplied.remove(at);
            self.power.note(module, false);
        }
        // A module without supply says nothing more.
        self.happened
            .retain(|(_, happened)| happened.module() != Some(module));
        if module == ModuleId::CONTACT_CARD {
            self.ticket += 1;
            self.slot.power_off();
        }
        (self.notify)(&Notice::Cut(module));
    }
}

fn after(now: Instant, time: Duration) -> Instant {
    now.plus_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board")
            .field("supplied", &self.supplied)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{simulated::SimulatedCard, slot::simulated::SimulatedSlot};
    use cardwire_core::{CardReset, SupplyClass};
    use std::sync::Arc;

    const COLD: CardReset = CardReset::Cold(SupplyClass::C);
    const SELECT_ICCID: [u8; 7] = [0x00, 0xA4, 0x00, 0x0C, 0x02, 0x2F, 0xE2];

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn board(settle: u64, work: u64) -> Board {
        let [settle, work] = [settle, work].map(Duration::from_millis);
        let slot = SimulatedSlot::new(SimulatedCard::default());
        let mut board = Board::new(Box::new(slot), Times { settle, work }, Arc::new(|_| {}));
        assert!(board.insert_card(at(0)));
        assert_eq!(board.next(at(0)), Some(Happened::CardInserted));
        board
    }

    #[test]
    fn a_module_settles_and_answers_after_its_time() {
        let mut board = board(5, 2);
        board.carry_out(at(10), ModuleCommand::Enable(ModuleId::CONTACT_CARD));
        assert_eq!(board.next(at(14)), None);
        assert_eq!(board.next_due(), Some(at(15)));
        assert_eq!(
            board.next(at(15)),
            Some(Happened::Enabled(ModuleId::CONTACT_CARD))
        );
        board.carry_out(at(15), ModuleCommand::CardReset(COLD));
        assert_eq!((board.next(at(16)), board.next_due()), (None, Some(at(17))));
        assert!(matches!(board.next(at(17)), Some(Happened::Atr(_))));
        board.carry_out(at(15), ModuleCommand::Enable(ModuleId::SECURE_STORAGE));
        assert_eq!(
            board.next(at(15)),
            Some(Happened::Failed(ModuleId::SECURE_STORAGE))
        );
    }

    /// Whatever the core may do wrong, a module without supply does nothing.
    //= spec/book/src/modules.md#cw-mod-002
    //= type=test
    //# A disabled module MUST have no supply and no field.
    #[test]
    fn a_card_without_supply_is_mute() {
        let mut board = board(0, 0);
        board.carry_out(at(0), ModuleCommand::CardReset(COLD));
        assert_eq!(board.next(at(0)), Some(Happened::CardMute));

        board.carry_out(at(0), ModuleCommand::Enable(ModuleId::CONTACT_CARD));
        board.carry_out(at(0), ModuleCommand::CardReset(COLD));
        board.carry_out(at(0), ModuleCommand::CardTransmit(&SELECT_ICCID));
        assert_eq!(board.next(at(0)), Some(Happened::Enabled(ModuleId::CONTACT_CARD)));
        assert!(matches!(board.next(at(0)), Some(Happened::Atr(atr)) if atr.starts_with(&[0x3B])));
        assert_eq!(board.next(at(0)), Some(Happened::CardResponse(vec![0x90, 0x00])));

        board.carry_out(at(0), ModuleCommand::CardReset(COLD));
        board.carry_out(at(0), ModuleCommand::Disable(ModuleId::CONTACT_CARD));
        assert_eq!(board.next(at(0)), None, "the answer went with the supply");
        board.carry_out(at(0), ModuleCommand::CardTransmit(&SELECT_ICCID));
        assert_eq!(board.next(at(0)), Some(Happened::CardMute));
    }

    #[test]
    fn what_the_supplies_do_is_written_down_once() {
        let mut board = board(0, 0);
        let (card, indicator) = (ModuleId::CONTACT_CARD, ModuleId::INDICATOR);
        for command in [
            ModuleCommand::Enable(card),
            ModuleCommand::Enable(card),
            ModuleCommand::Enable(indicator),
            ModuleCommand::Enable(ModuleId::SECURE_STORAGE),
            ModuleCommand::Disable(card),
            ModuleCommand::Disable(card),
        ] {
            board.carry_out(at(0), command);
        }
        let told: Vec<_> = board.take_power().iter().map(Supply::to_string).collect();
        assert_eq!(told, ["contact-card on", "indicator on", "contact-card off"]);
        board.reset(at(0));
        let left = Supply {
            module: indicator,
            on: false,
        };
        assert_eq!(board.take_power(), [left]);
    }

    #[test]
    fn a_card_that_is_pulled_out_is_mute_and_comes_back() {
        let mut board = board(0, 0);
        board.carry_out(at(0), ModuleCommand::Enable(ModuleId::CONTACT_CARD));
        assert!(board.remove_card(at(0)));
        assert!(!board.remove_card(at(0)));
        board.carry_out(at(0), ModuleCommand::CardReset(COLD));
        let told: Vec<_> = core::iter::from_fn(|| board.next(at(0))).collect();
        assert_eq!(
            told,
            [
                Happened::Enabled(ModuleId::CONTACT_CARD),
                Happened::CardRemoved,
                Happened::CardMute
            ]
        );
        assert!(board.insert_card(at(0)));
        assert!(!board.insert_card(at(0)));
        board.carry_out(at(0), ModuleCommand::CardReset(COLD));
        assert_eq!(board.next(at(0)), Some(Happened::CardInserted));
        assert!(matches!(board.next(at(0)), Some(Happened::Atr(_))));
    }
}
