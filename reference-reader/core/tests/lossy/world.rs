//! Reader, line and clock of a client that is the library's own, all in virtual time.

use crate::hostile::{
    board::{Board, Mishap, Weakness, provisioned},
    driver::Way,
    loss::{Counts, Fate, Loss},
};
use cardwire_codec::{
    Message,
    message::{ConnectAnswer, FrameKind, Provisioning},
};
use cardwire_peers::{
    Cloud, Identities, Link,
    client::{CloudFault, CloudPeer},
    cloud::Conversation,
    link::{Line, OwnedFrame},
};
use core::time::Duration;
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

/// Milliseconds that a frame takes at least, and so many more by chance.
const TRAVEL: u64 = 1;
const JITTER: u64 = 4;

/// What is on its way.
enum Delivery {
    ToReader(Vec<u8>),
    ToClient(Vec<u8>),
    /// The reader's power goes and comes back; whether its link goes with it.
    PowerCut(bool),
}

/// Everything but the client.
pub struct World {
    pub board: Board,
    pub up: Loss,
    pub down: Loss,
    /// What no reader may do, and this one did.
    pub wrong: Vec<String>,
    pub power_cuts: u64,
    epoch: Instant,
    deliveries: BTreeMap<(u64, u64), Delivery>,
    counted: u64,
    inbox: Vec<Vec<u8>>,
    closed: bool,
    /// Sealed frames that the reader sent in this session, by number.
    sealed: HashMap<u64, Vec<u8>>,
    answer: Vec<u8>,
}

#[derive(Clone)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub fn new(weakness: Option<Weakness>, seed: u64) -> Self {
        let reader = Identities::certification().reader.unwrap();
        let identity = provisioned(&reader, Provisioning::Certification);
        Self(Arc::new(Mutex::new(World {
            board: Board::new(identity, weakness),
            up: Loss::new(seed),
            down: Loss::new(seed ^ 0xD0_17),
            wrong: Vec::new(),
            power_cuts: 0,
            epoch: Instant::now(),
            deliveries: BTreeMap::new(),
            counted: 0,
            inbox: Vec::new(),
            closed: false,
            sealed: HashMap::new(),
            answer: Vec::new(),
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }
}

impl World {
    pub fn counts(&self) -> Counts {
        self.up.counts.add(self.down.counts)
    }

    /// Has a module stop at one of its next commands, and the power go some time later.
    pub fn plan_power_cut(&mut self, command: usize, later: u64, takes_link: bool) {
        self.board.mishap = Some((self.board.commands + command, Mishap::Hangs));
        self.put(later, Delivery::PowerCut(takes_link));
    }

    /// Has a module stop at one of its next commands.
    pub fn plan_hang(&mut self, command: usize) {
        self.board.mishap = Some((self.board.commands + command, Mishap::Hangs));
    }

    /// Modules work again.
    pub fn mend(&mut self) {
        (self.board.mishap, self.board.hung) = (None, false);
    }

    fn put(&mut self, later: u64, delivery: Delivery) {
        self.counted += 1;
        self.deliveries
            .insert((self.board.now + later, self.counted), delivery);
    }

    /// Sends a frame on its way, or what the line makes of it.
    fn carry(&mut self, frame: &[u8], to: fn(Vec<u8>) -> Delivery, up: bool) {
        let line = if up { &mut self.up } else { &mut self.down };
        let travel = TRAVEL + line.random(JITTER);
        // A lone delimiter is no frame.
        let fate = if frame.len() > 1 {
            line.fate(frame)
        } else {
            Fate::Passed
        };
        match fate {
            Fate::Passed => self.put(travel, to(frame.to_vec())),
            Fate::Lost => {}
            Fate::Repeated(later) => {
                self.put(travel, to(frame.to_vec()));
                self.put(travel + later, to(frame.to_vec()));
            }
            Fate::Corrupted(bytes) => self.put(travel, to(bytes)),
        }
    }

    fn said(&mut self, frames: Vec<OwnedFrame>) {
        for frame in frames {
            self.watch(&frame);
            self.carry(&frame.encode(), Delivery::ToClient, false);
        }
    }

    /// Two messages under one number of one key give the key away.
    fn watch(&mut self, frame: &OwnedFrame) {
        match frame.kind {
            FrameKind::Clear => {
                if frame.payload.first() == Some(&ConnectAnswer::CODE) && frame.payload != self.answer {
                    self.answer.clone_from(&frame.payload);
                    self.sealed.clear();
                }
            }
            FrameKind::Sealed => {
                let before = self.sealed.insert(frame.number, frame.payload.clone());
                if before.is_some_and(|before| before != frame.payload) {
                    self.wrong
                        .push(format!("two messages are sealed under number {}", frame.number));
                }
            }
        }
    }

    /// Lets time pass until something is there for the client; `false` at the deadline.
    fn advance(&mut self, until: u64) -> bool {
        loop {
            if !self.inbox.is_empty() || self.closed {
                return true;
            }
            let next = self.deliveries.keys().next().map(|(time, _)| *time);
            let Some(next) = next.filter(|next| *next <= until) else {
                let left = until.saturating_sub(self.board.now);
                let due = self.board.reader.next_timeout().map(|due| due.as_millis());
                if due.is_some_and(|due| due <= until) {
                    // What the reader does by itself may be for the client.
                    let said = self
                        .board
                        .pass(due.unwrap_or(until).saturating_sub(self.board.now).min(left));
                    let any = !said.is_empty();
                    self.said(said);
                    if any {
                        continue;
                    }
                }
                let said = self.board.pass(until.saturating_sub(self.board.now));
                self.said(said);
                return false;
            };
            let said = self.board.pass(next.saturating_sub(self.board.now));
            self.said(said);
            if let Some((_, delivery)) = self.deliveries.pop_first() {
                self.deliver(delivery);
            }
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::ToReader(bytes) => {
                let said = self.board.hear(&bytes);
                self.said(said);
            }
            Delivery::ToClient(bytes) => self.inbox.push(bytes),
            Delivery::PowerCut(takes_link) => {
                self.power_cuts += 1;
                self.board.reset();
                // What was on its way is lost with the port.
                self.deliveries
                    .retain(|_, delivery| matches!(delivery, Delivery::PowerCut(_)));
                self.closed = takes_link;
            }
        }
    }

    fn now(&self) -> Instant {
        self.epoch + Duration::from_millis(self.board.now)
    }
}

/// The client's end of the line.
struct Wire(Shared);

impl Line for Wire {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut world = self.0.lock();
        if world.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        for frame in bytes.split_inclusive(|byte| *byte == 0) {
            world.carry(frame, Delivery::ToReader, true);
        }
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        let mut world = self.0.lock();
        let until = deadline
            .saturating_duration_since(world.epoch)
            .as_micros()
            .div_ceil(1000) as u64;
        if !world.advance(until) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if world.inbox.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(world.inbox.remove(0))
    }

    fn receive_now(&mut self) -> Option<Vec<u8>> {
        let mut world = self.0.lock();
        (!world.inbox.is_empty()).then(|| world.inbox.remove(0))
    }

    fn now(&self) -> Instant {
        self.0.lock().now()
    }
}

/// The cloud, over a way that loses nothing: TCP and TLS see to that.
pub struct Beyond {
    conversation: Conversation,
    shared: Shared,
}

impl CloudPeer for Beyond {
    fn exchange(&mut self, request: &[u8], _deadline: Instant) -> Result<Vec<u8>, CloudFault> {
        let now = self.shared.lock().now();
        Ok(self.conversation.handle(request, now))
    }
}

/// The client's way through the world.
pub struct Through {
    pub shared: Shared,
    pub cloud: Arc<Cloud>,
}

impl Way for Through {
    type Cloud = Beyond;

    fn link(&mut self) -> Link {
        let mut world = self.shared.lock();
        world.closed = false;
        // Every other time the reader learns that the line was opened anew.
        if world.up.random(2) == 0 {
            world.board.lose_link();
        }
        drop(world);
        Link::played(Wire(self.shared.clone()))
    }

    fn cloud(&mut self) -> Beyond {
        Beyond {
            conversation: Cloud::conversation(&self.cloud),
            shared: self.shared.clone(),
        }
    }
}
