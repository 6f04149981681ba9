//! The real reader core on a board of memory and virtual time.

use crate::weak::{self, BoardEnv};
use cardwire_codec::{
    frame::{Deframer, line_size},
    message::{FrameKind, HardwareClass, ModuleId, Provisioning, limits::FRAME_MAX},
};
use cardwire_core::{
    Env, Identity, Instant, ModuleCommand, ModuleEvent, Reader,
    env::{RandomFailed, Record, StoreFailed},
    identity::{ClientKey, Name, SecretKey},
};
use cardwire_peers::{
    identity::ReaderIdentity,
    link::{OwnedFrame, encode_frame},
};
use cardwire_simcard::{Card, RESPONSE_MAX};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

/// Room for the bytes of an update.
const STAGE: usize = 1 << 16;

/// The one place in which a reader is weak, or those around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// The core has the fault of this name: one of those that only faulty readers can have.
    Core(&'static str),
    /// The storage has lost a record whenever the reader boots.
    Loses(Record),
    /// The reader was provisioned with the attacker's cloud: as if it had learnt a key from the line.
    PinsAttackersCloud,
    /// The reader was provisioned with the attacker's update authority.
    TrustsAttackersAuthority,
    /// The client's secret is one of those that are tried.
    HasGuessableSecret,
    /// The cloud has the attacker's key registered for the reader.
    RegistersAttackersReader,
    /// The cloud does not take admission back.
    AdmitsForEver,
}

impl Weakness {
    pub fn name(self) -> String {
        match self {
            Self::Core(fault) => fault.to_owned(),
            weakness => format!("{weakness:?}"),
        }
    }
}

/// What outlasts a reset, as flash does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flash {
    pub records: BTreeMap<Record, Vec<u8>>,
    pub staged: Option<([u8; 32], Vec<u8>)>,
    /// Stores that still succeed; then the storage fails. `None`: for ever.
    pub stores_left: Option<usize>,
    pub stores: usize,
}

/// Storage of a board, seen from outside too.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Flash>>);

impl Memory {
    pub fn lock(&self) -> MutexGuard<'_, Flash> {
        self.0.lock().unwrap()
    }
}

/// Randomness that is the same after every reset, which is the worst that a source can do and still be one; records in
/// memory.
pub struct HostileEnv {
    seed: u64,
    memory: Memory,
    weakness: Option<Weakness>,
    /// Random bytes drawn since boot: how much work a reader did.
    pub drawn: Arc<Mutex<u64>>,
}

impl Env for HostileEnv {
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed> {
        *self.drawn.lock().unwrap() += out.len() as u64;
        for byte in out {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 7;
            self.seed ^= self.seed << 17;
            *byte = self.seed as u8;
        }
        Ok(())
    }

    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize> {
        if self.weakness == Some(Weakness::Loses(record)) {
            return None;
        }
        let flash = self.memory.lock();
        let data = flash.records.get(&record)?;
        out.get_mut(..data.len())?.copy_from_slice(data);
        Some(data.len())
    }

    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed> {
        let mut flash = self.memory.lock();
        match &mut flash.stores_left {
            Some(0) => return Err(StoreFailed),
            Some(left) => *left -= 1,
            None => {}
        }
        flash.stores += 1;
        flash.records.insert(record, data.to_vec());
        Ok(())
    }

    fn stage_size(&self) -> u32 {
        STAGE as u32
    }

    fn stage_begin(&mut self, digest: &[u8; 32]) -> Result<(), StoreFailed> {
        self.memory.lock().staged = Some((*digest, Vec::new()));
        Ok(())
    }

    fn stage_length(&mut self, digest: &[u8; 32]) -> u32 {
        match &self.memory.lock().staged {
            Some((found, bytes)) if found == digest => bytes.len() as u32,
            _ => 0,
        }
    }

    fn stage_append(&mut self, data: &[u8]) -> Result<(), StoreFailed> {
        match &mut self.memory.lock().staged {
            Some((_, bytes)) if bytes.len() + data.len() <= STAGE => {
                bytes.extend(data);
                Ok(())
            }
            _ => Err(StoreFailed),
        }
    }

    fn stage_read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), StoreFailed> {
        let flash = self.memory.lock();
        let (_, bytes) = flash.staged.as_ref().ok_or(StoreFailed)?;
        let from = offset as usize;
        let read = bytes.get(from..from + out.len()).ok_or(StoreFailed)?;
        out.copy_from_slice(read);
        Ok(())
    }
}

/// What happens to a board between two module commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The module stays silent from here on.
    Hangs,
    /// The card is pulled out, and another one put in at once.
    CardSwapped,
}

/// What a module has to tell, until somebody lets it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Untold {
    Enabled(ModuleId),
    Atr(Vec<u8>),
    Response(Vec<u8>),
    Mute,
    LineSet,
    Shown,
    Entered(Vec<u8>),
    Polled(Vec<u8>),
}

impl Untold {
    fn of(event: ModuleEvent<'_>) -> Option<Self> {
        match event {
            ModuleEvent::Enabled(module) => Some(Self::Enabled(module)),
            ModuleEvent::Atr(atr) => Some(Self::Atr(atr.to_vec())),
            ModuleEvent::CardResponse(response) => Some(Self::Response(response.to_vec())),
            ModuleEvent::CardMute => Some(Self::Mute),
            ModuleEvent::CardLineSet => Some(Self::LineSet),
            ModuleEvent::Entered(digits) => Some(Self::Entered(digits.to_vec())),
            ModuleEvent::Polled(card) => Some(Self::Polled(card.to_vec())),
            ModuleEvent::Shown => Some(Self::Shown),
            ModuleEvent::Failed(_) | ModuleEvent::CardInserted(_) | ModuleEvent::CardRemoved(_) => None,
        }
    }

    fn event(&self) -> ModuleEvent<'_> {
        match self {
            Self::Enabled(module) => ModuleEvent::Enabled(*module),
            Self::Atr(atr) => ModuleEvent::Atr(atr),
            Self::Response(response) => ModuleEvent::CardResponse(response),
            Self::Mute => ModuleEvent::CardMute,
            Self::LineSet => ModuleEvent::CardLineSet,
            Self::Entered(digits) => ModuleEvent::Entered(digits),
            Self::Polled(card) => ModuleEvent::Polled(card),
            Self::Shown => ModuleEvent::Shown,
        }
    }
}

/// A reader and all that it works on.
pub struct Board {
    pub reader: Reader<BoardEnv>,
    pub memory: Memory,
    pub identity: Identity,
    pub weakness: Option<Weakness>,
    pub card: Card,
    pub now: u64,
    /// Modules with a supply, as the board sees it.
    pub supplied: BTreeSet<u8>,
    /// Module commands so far, and what becomes of the one with this number.
    pub commands: usize,
    pub mishap: Option<(usize, Mishap)>,
    pub hung: bool,
    /// Whether modules tell only when they are let, one after the other.
    pub patient: bool,
    untold: VecDeque<Untold>,
    /// Whether the card was swapped while a service had use for it: it was supplied, and not about to be cut off.
    swapped_in_use: bool,
    /// How often a card was reset: every service that uses one does it once.
    pub card_resets: usize,
    /// Commands that wrote to the card.
    pub writes: Vec<Vec<u8>>,
    /// Every byte that left the reader.
    pub said: Vec<u8>,
    pub drawn: Arc<Mutex<u64>>,
}

impl Board {
    pub fn new(identity: Identity, weakness: Option<Weakness>) -> Self {
        let memory = Memory::default();
        let (reader, drawn) = boot(&identity, &memory, weakness, 0);
        Self {
            reader,
            memory,
            identity,
            weakness,
            card: Card::default(),
            now: 0,
            supplied: BTreeSet::new(),
            commands: 0,
            mishap: None,
            hung: false,
            patient: false,
            untold: VecDeque::new(),
            swapped_in_use: false,
            card_resets: 0,
            writes: Vec::new(),
            said: Vec::new(),
            drawn,
        }
    }

    /// The power goes and comes back: what is in flash is still there, and every supply was cut.
    pub fn reset(&mut self) {
        self.card.power_off();
        self.supplied.clear();
        self.hung = false;
        self.untold.clear();
        self.mishap = None;
        (self.reader, self.drawn) = boot(&self.identity, &self.memory, self.weakness, self.now);
        self.drive();
    }

    pub fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Lets time pass, stopping wherever the reader has something to do. What it says is given.
    pub fn pass(&mut self, millis: u64) -> Vec<OwnedFrame> {
        let end = self.now + millis;
        let mut said = Vec::new();
        while let Some(due) = self.reader.next_timeout().map(Instant::as_millis) {
            if due > end {
                break;
            }
            self.now = self.now.max(due);
            self.reader.handle_time(self.instant());
            said.extend(self.drive());
            // A reader that leaves what is due undone would keep the test here for ever.
            if self.reader.next_timeout().map(Instant::as_millis) == Some(due) {
                break;
            }
        }
        self.now = end;
        self.reader.handle_time(self.instant());
        said.extend(self.drive());
        said
    }

    /// Brings bytes to the reader, and what it says to them.
    pub fn hear(&mut self, mut bytes: &[u8]) -> Vec<OwnedFrame> {
        let mut said = Vec::new();
        loop {
            self.reader.handle_bytes(self.instant(), &mut bytes);
            said.extend(self.drive());
            if bytes.is_empty() {
                return said;
            }
        }
    }

    pub fn hear_frame(&mut self, kind: FrameKind, number: u64, payload: &[u8]) -> Vec<OwnedFrame> {
        self.hear(&encode_frame(kind, number, payload))
    }

    pub fn tell(&mut self, event: ModuleEvent<'_>) {
        self.reader.handle_module(self.instant(), event);
        self.drive();
    }

    /// What modules have to tell.
    pub fn untold(&self) -> Vec<String> {
        self.untold.iter().map(|untold| format!("{untold:?}")).collect()
    }

    /// Lets the module tell that has waited longest. What the reader says to that is given.
    pub fn let_tell(&mut self) -> Vec<OwnedFrame> {
        if let Some(untold) = self.untold.pop_front() {
            self.reader.handle_module(self.instant(), untold.event());
        }
        self.drive()
    }

    pub fn lose_link(&mut self) {
        self.reader.handle_link_reset(self.instant());
        self.drive();
    }

    /// Carries out module commands and collects frames until the reader wants nothing more.
    pub fn drive(&mut self) -> Vec<OwnedFrame> {
        let mut frames = Vec::new();
        loop {
            let mut idle = !self.carry_out();
            if let Some(bytes) = self.reader.poll_output() {
                idle = false;
                self.said.extend(bytes);
                let mut deframer = Deframer::<{ line_size(FRAME_MAX) }>::new();
                if let Some(Ok(frame)) = deframer.feed(&mut &bytes[..]) {
                    frames.push(frame.into());
                }
            }
            if idle {
                return frames;
            }
        }
    }

    /// Whether the card that was swapped was in use.
    pub fn mishap_hit_card(&self) -> bool {
        self.swapped_in_use
    }

    /// Carries out one module command; whether there was one.
    fn carry_out(&mut self) -> bool {
        let Some(command) = self.reader.poll_module() else {
            return false;
        };
        let mut response = [0; RESPONSE_MAX];
        let atr: Vec<u8>;
        let in_use = self.supplied.contains(&ModuleId::CONTACT_CARD.0)
            && !matches!(command, ModuleCommand::Disable(_));
        let event = match command {
            ModuleCommand::Enable(module) => {
                self.supplied.insert(module.0);
                Some(ModuleEvent::Enabled(module))
            }
            ModuleCommand::Disable(module) => {
                self.supplied.remove(&module.0);
                if module == ModuleId::CONTACT_CARD {
                    self.card.power_off();
                }
                None
            }
            ModuleCommand::CardReset(_) => {
                self.card_resets += 1;
                // Whatever becomes of the card, this was its answer.
                atr = self.card.cold_reset().to_vec();
                Some(ModuleEvent::Atr(&atr))
            }
            ModuleCommand::CardTransmit(tpdu) => {
                if matches!(tpdu.get(1), Some(0xD6 | 0xDC)) {
                    self.writes.push(tpdu.to_vec());
                }
                match self.card.transmit(tpdu, &mut response) {
                    0 => Some(ModuleEvent::CardMute),
                    length => Some(ModuleEvent::CardResponse(&response[..length])),
                }
            }
            ModuleCommand::CardLine(_) => Some(ModuleEvent::CardLineSet),
            ModuleCommand::Show(_) => Some(ModuleEvent::Shown),
            ModuleCommand::Ask(_) => Some(ModuleEvent::Entered(b"1234")),
            ModuleCommand::Poll => Some(ModuleEvent::Polled(&[])),
        };
        self.commands += 1;
        let now = Instant::from_millis(self.now);
        match self.mishap {
            Some((at, Mishap::Hangs)) if at < self.commands => self.hung = true,
            Some((at, Mishap::CardSwapped)) if at + 1 == self.commands => {
                self.swapped_in_use = in_use;
                self.reader.handle_module(now, ModuleEvent::CardRemoved(0));
                self.card = Card::default();
                self.reader.handle_module(now, ModuleEvent::CardInserted(0));
            }
            _ => {}
        }
        if self.patient {
            self.untold.extend(event.and_then(Untold::of));
            return true;
        }
        if let Some(event) = event.filter(|_| !self.hung) {
            self.reader.handle_module(now, event);
        }
        true
    }
}

fn boot(
    identity: &Identity,
    memory: &Memory,
    weakness: Option<Weakness>,
    now: u64,
) -> (Reader<BoardEnv>, Arc<Mutex<u64>>) {
    let drawn = Arc::new(Mutex::new(0));
    let env = HostileEnv {
        seed: 0x5EED,
        memory: memory.clone(),
        weakness,
        drawn: Arc::clone(&drawn),
    };
    let now = Instant::from_millis(now);
    let fault = match weakness {
        Some(Weakness::Core(fault)) => Some(fault),
        _ => None,
    };
    let mut reader = Reader::new(identity.clone(), weak::with_fault(env, fault), now);
    reader.handle_module(now, ModuleEvent::CardInserted(0));
    (reader, drawn)
}

/// What a reader of this identity is provisioned with.
pub fn provisioned(reader: &ReaderIdentity, provisioning: Provisioning) -> Identity {
    let mut clients = reader.clients.iter().map(|client| ClientKey {
        id: Name::new(&client.id).unwrap(),
        generation: client.generation,
        pre_shared_key: SecretKey(*client.pre_shared_key.as_bytes()),
    });
    Identity {
        reader_id: Name::new(&reader.id).unwrap(),
        hardware_class: HardwareClass::REFERENCE_HOST,
        provisioning,
        software: Name::new("cardwire-test-0").unwrap(),
        static_key: SecretKey(*reader.static_key.as_bytes()),
        cloud_public_key: reader.cloud_public_key,
        authority_public_key: reader.authority_public_key,
        clients: core::array::from_fn(|_| clients.next()),
    }
}
