//! The real reader core on a board of memory and virtual time. The board holds the reader to the rules of its modules:
//! what it may tell which of them, by the machine `module` of the schema.

use super::storage::{Faults, MODULES, Storage};
use cardwire_codec::{
    frame::Deframer,
    message::{ModuleId, WorkingState},
};
use cardwire_core::{Identity, Instant, ModuleCommand, ModuleEvent, Reader};
use cardwire_peers::link::OwnedFrame;
use cardwire_simcard::{Card, RESPONSE_MAX};
use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock},
};

use crate::LINE;

/// Commands that write to a card, by their instruction: UPDATE BINARY and UPDATE RECORD, and those of the instruction `pin`, of which the
/// question how many tries are left counts already.
const WRITING: [u8; 7] = [0xD6, 0xDC, 0x20, 0x24, 0x26, 0x28, 0x2C];

/// The card that lies in the slot: making one takes longer than copying it.
static CARD: LazyLock<Card> = LazyLock::new(Card::default);

/// What a module has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// See [`ModuleEvent`].
    Enabled(ModuleId),
    /// See [`ModuleEvent`].
    Failed(ModuleId),
    /// See [`ModuleEvent`].
    Atr(Vec<u8>),
    /// See [`ModuleEvent`].
    Response(Vec<u8>),
    /// See [`ModuleEvent`].
    LineSet,
    /// See [`ModuleEvent`].
    Mute,
    /// See [`ModuleEvent`].
    Shown,
    /// See [`ModuleEvent`].
    Entered(Vec<u8>),
    /// See [`ModuleEvent`].
    Polled(Vec<u8>),
    /// See [`ModuleEvent`].
    Inserted(u8),
    /// See [`ModuleEvent`].
    Removed(u8),
}

impl Told {
    fn event(&self) -> ModuleEvent<'_> {
        match self {
            Self::Enabled(module) => ModuleEvent::Enabled(*module),
            Self::Failed(module) => ModuleEvent::Failed(*module),
            Self::Atr(atr) => ModuleEvent::Atr(atr),
            Self::Response(response) => ModuleEvent::CardResponse(response),
            Self::LineSet => ModuleEvent::CardLineSet,
            Self::Mute => ModuleEvent::CardMute,
            Self::Shown => ModuleEvent::Shown,
            Self::Entered(digits) => ModuleEvent::Entered(digits),
            Self::Polled(card) => ModuleEvent::Polled(card),
            Self::Inserted(slot) => ModuleEvent::CardInserted(*slot),
            Self::Removed(slot) => ModuleEvent::CardRemoved(*slot),
        }
    }

    /// The module that tells it, and whether it ends a command; none for the switches of slots.
    fn of(&self) -> Option<ModuleId> {
        match self {
            Self::Enabled(module) | Self::Failed(module) => Some(*module),
            Self::Atr(_) | Self::Response(_) | Self::LineSet | Self::Mute => Some(ModuleId::CONTACT_CARD),
            Self::Shown => Some(ModuleId::INDICATOR),
            Self::Entered(_) => Some(ModuleId::PIN_PAD),
            Self::Polled(_) => Some(ModuleId::CONTACTLESS_CARD),
            Self::Inserted(_) | Self::Removed(_) => None,
        }
    }
}

/// How a module stands, as the board sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// No supply.
    Off,
    /// Supplied, and not heard of yet.
    Settling,
    /// Supplied, and waiting for a command.
    On,
    /// At work on a command.
    Busy,
    /// It has said that it failed.
    Failed,
}

/// A reader and all that it works on.
#[derive(Clone)]
pub struct Board {
    reader: Reader<Storage>,
    faults: Arc<Faults>,
    identity: &'static Identity,
    /// Milliseconds.
    pub now: u64,
    /// How each module stands, in the order of [`MODULES`].
    pub power: [Power; MODULES.len()],
    /// Whether modules tell only when they are let, one after the other.
    pub patient: bool,
    /// The card, where one was ever supplied.
    card: Option<Card>,
    untold: VecDeque<Told>,
    /// Supplies that were switched on since this was last emptied.
    pub enabled: Vec<ModuleId>,
    /// Commands to the card before which the journal is written, since this was last emptied.
    pub writes: usize,
    /// Every byte that left the reader.
    pub said: Vec<u8>,
}

impl Board {
    /// A reader that has just booted over this storage, with a card in its first slot.
    #[must_use]
    pub fn new(identity: &'static Identity, storage: Storage, faults: Arc<Faults>) -> Self {
        let mut board = Self {
            reader: Reader::new(identity.clone(), storage, Instant::from_millis(0)),
            faults,
            identity,
            now: 0,
            power: [Power::Off; MODULES.len()],
            patient: false,
            card: None,
            untold: VecDeque::new(),
            enabled: Vec::new(),
            writes: 0,
            said: Vec::new(),
        };
        let said = board.tell(&Told::Inserted(0));
        assert!(said.is_empty(), "nobody is there to be told of a card");
        board
    }

    /// How its storage fails.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The power goes and comes back. Every supply was cut; what is stored is still there, and works again.
    pub fn cut_power(&mut self) {
        self.faults.set_stores_left(u32::MAX);
        self.faults.set_random_fails(false);
        let old = core::mem::replace(
            &mut self.reader,
            Reader::unbooted(
                self.identity.clone(),
                Storage::new(Arc::clone(&self.faults)),
                Instant::from_millis(self.now),
            ),
        );
        let storage = old.into_env().after_reset();
        self.reader = Reader::new(self.identity.clone(), storage, Instant::from_millis(self.now));
        self.power = [Power::Off; MODULES.len()];
        self.untold.clear();
        if let Some(card) = &mut self.card {
            card.power_off();
        }
        let said = self.drive();
        assert!(said.is_empty(), "a reader that boots says nothing by itself");
    }

    /// What the reader has stored; it ends by this.
    #[must_use]
    pub fn into_storage(self) -> Storage {
        self.reader.into_env()
    }

    /// The time.
    #[must_use]
    pub const fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// When the reader has something to do next.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        self.reader.next_timeout().map(Instant::as_millis)
    }

    /// Brings bytes to the reader, and what it says to them.
    pub fn hear(&mut self, mut bytes: &[u8]) -> Vec<OwnedFrame> {
        let mut said = Vec::new();
        loop {
            let before = bytes.len();
            self.reader.handle_bytes(self.instant(), &mut bytes);
            self.drive_into(&mut said);
            if bytes.is_empty() {
                return said;
            }
            assert!(
                bytes.len() < before,
                "a reader takes bytes when its output is fetched"
            );
        }
    }

    /// Lets time pass, stopping wherever the reader has something to do, and gives what it says.
    pub fn pass(&mut self, millis: u64) -> Vec<OwnedFrame> {
        let end = self.now.saturating_add(millis);
        let mut said = Vec::new();
        let mut stops = 0;
        while let Some(due) = self.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.reader.handle_time(self.instant());
            self.drive_into(&mut said);
            assert!(
                self.due() != Some(due) || due > self.now,
                "what is due at {due} ms is done when its time has come"
            );
            stops += 1;
            assert!(stops < 64, "a reader that is left alone comes to rest");
        }
        self.now = end;
        self.reader.handle_time(self.instant());
        self.drive_into(&mut said);
        said
    }

    /// The link was closed and opened again.
    pub fn lose_link(&mut self) -> Vec<OwnedFrame> {
        self.reader.handle_link_reset(self.instant());
        self.drive()
    }

    /// How many modules wait to tell something.
    #[must_use]
    pub fn untold(&self) -> usize {
        self.untold.len()
    }

    /// Lets the module tell that has waited longest, or something else in its place.
    pub fn let_tell(&mut self, instead: Option<Told>) -> Vec<OwnedFrame> {
        match self.untold.pop_front() {
            Some(told) => self.tell(&instead.unwrap_or(told)),
            None => self.drive(),
        }
    }

    /// A module tells something, asked or not.
    pub fn tell(&mut self, told: &Told) -> Vec<OwnedFrame> {
        let mut said = Vec::new();
        self.tell_into(told, &mut said);
        self.drive_into(&mut said);
        said
    }

    fn tell_into(&mut self, told: &Told, _: &mut Vec<OwnedFrame>) {
        if let Some(power) = told.of().and_then(|module| self.power_mut(module)) {
            *power = match (*power, told) {
                (Power::Off, _) => Power::Off,
                (_, Told::Failed(_)) => Power::Failed,
                (Power::Settling, Told::Enabled(_)) => Power::On,
                (Power::Busy, told) if !matches!(told, Told::Enabled(_)) => Power::On,
                (power, _) => power,
            };
        }
        self.reader.handle_module(self.instant(), told.event());
    }

    fn drive(&mut self) -> Vec<OwnedFrame> {
        let mut said = Vec::new();
        self.drive_into(&mut said);
        said
    }

    /// Carries out module commands and collects frames until the reader wants nothing more.
    fn drive_into(&mut self, said: &mut Vec<OwnedFrame>) {
        loop {
            let mut idle = true;
            if let Some(told) = self.carry_out() {
                idle = false;
                match told {
                    Some(told) if self.patient => self.untold.push_back(told),
                    Some(told) => self.tell_into(&told, said),
                    None => {}
                }
            }
            if let Some(bytes) = self.reader.poll_output() {
                idle = false;
                self.said.extend_from_slice(bytes);
                let mut deframer = Deframer::<LINE>::new();
                let mut rest = bytes;
                let frame = deframer.feed(&mut rest);
                let Some(Ok(frame)) = frame else {
                    panic!("what goes out is a frame, not {frame:?}");
                };
                said.push(frame.into());
                assert!(rest.is_empty(), "one frame at a time");
            }
            if idle {
                return;
            }
        }
    }

    /// Carries out one module command; what the module has to tell then.
    fn carry_out(&mut self) -> Option<Option<Told>> {
        let Self {
            reader,
            power,
            card,
            enabled,
            writes,
            ..
        } = self;
        let command = reader.poll_module()?;
        let mut to_busy = |module: ModuleId| {
            let place = place(module);
            assert_eq!(
                place.map(|place| power[place]),
                Some(Power::On),
                "{module:?} gets a command, {command:?}, while it is enabled and not busy"
            );
            if let Some(place) = place {
                power[place] = Power::Busy;
            }
        };
        let card = card.get_or_insert_with(|| CARD.clone());
        Some(match command {
            ModuleCommand::Enable(module) => {
                let place = place(module).expect("a module that the board has is enabled");
                assert_eq!(power[place], Power::Off, "{module:?} is enabled when it is off");
                power[place] = Power::Settling;
                enabled.push(module);
                Some(Told::Enabled(module))
            }
            ModuleCommand::Disable(module) => {
                if let Some(place) = place(module) {
                    power[place] = Power::Off;
                }
                if module == ModuleId::CONTACT_CARD {
                    card.power_off();
                }
                None
            }
            ModuleCommand::CardReset(_) => {
                to_busy(ModuleId::CONTACT_CARD);
                Some(Told::Atr(card.cold_reset().to_vec()))
            }
            ModuleCommand::CardLine(_) => {
                to_busy(ModuleId::CONTACT_CARD);
                Some(Told::LineSet)
            }
            ModuleCommand::CardTransmit(tpdu) => {
                assert!(tpdu.len() >= 5, "a command has a header of five bytes");
                to_busy(ModuleId::CONTACT_CARD);
                if WRITING.contains(&tpdu[1]) {
                    *writes += 1;
                }
                let mut response = [0; RESPONSE_MAX];
                match card.transmit(tpdu, &mut response) {
                    0 => Some(Told::Mute),
                    length => Some(Told::Response(response[..length].to_vec())),
                }
            }
            ModuleCommand::Show(_) => {
                to_busy(ModuleId::INDICATOR);
                Some(Told::Shown)
            }
            ModuleCommand::Ask(_) => {
                to_busy(ModuleId::PIN_PAD);
                Some(Told::Entered(b"1234".to_vec()))
            }
            ModuleCommand::Poll => {
                to_busy(ModuleId::CONTACTLESS_CARD);
                Some(Told::Polled(Vec::new()))
            }
        })
    }

    fn power_mut(&mut self, module: ModuleId) -> Option<&mut Power> {
        self.power.get_mut(place(module)?)
    }

    /// Whether any module has a supply.
    #[must_use]
    pub fn is_supplied(&self) -> bool {
        self.power.iter().any(|power| *power != Power::Off)
    }

    /// Whether a reader may state this working state of a module.
    #[must_use]
    pub fn may_state(&self, module: ModuleId, state: WorkingState) -> bool {
        let Some(place) = place(module) else {
            // The security module works while a connect is decided, and nobody can ask then; others the board has not.
            return state == WorkingState::Disabled;
        };
        match self.power[place] {
            Power::Off | Power::Settling => state == WorkingState::Disabled,
            // What a module tells unasked can end its command here and not there.
            Power::On | Power::Busy => matches!(state, WorkingState::Enabled | WorkingState::Busy),
            Power::Failed => state != WorkingState::Disabled,
        }
    }
}

fn place(module: ModuleId) -> Option<usize> {
    MODULES.iter().position(|known| *known == module)
}
