//! Reader, line and clock of a client that is the library's own, and its way to the cloud, with somebody in between.

use super::acts::Act;
use crate::world::{
    board::{Board, Told},
    ends::FIRST_EVENT,
    log::hex,
};
use cardwire_codec::{
    Message,
    frame::{DELIMITER, Deframer},
    message::{ConnectAnswer, FrameKind, HelloAnswer},
};
use cardwire_peers::{
    client::{CloudFault, CloudPeer},
    cloud::Conversation,
    link::{Line, OwnedFrame},
};
use core::{fmt::Write as _, time::Duration};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use crate::LINE;

/// What is on its way.
enum Delivery {
    ToReader(Vec<u8>),
    ToClient(Vec<u8>),
}

/// Everything but the client and the cloud.
pub struct Between {
    board: Board,
    acts: std::vec::IntoIter<Act>,
    /// What was said in another session.
    recorded: Arc<Vec<Vec<u8>>>,
    held: Option<Delivery>,
    deliveries: BTreeMap<(u64, u64), Delivery>,
    counted: u64,
    inbox: Vec<Vec<u8>>,
    epoch: Instant,
    /// What the reader finds of what arrives.
    deframer: Deframer<LINE>,
    hello_answer: Vec<u8>,
    /// Sealed frames of the reader, by number, in one session.
    sealed: HashMap<u64, Vec<u8>>,
    /// Every connect that the reader has accepted, and what it has answered to hello last before it.
    pub accepted: Vec<(Vec<u8>, Vec<u8>)>,
    /// Payloads of frames that the client has sent.
    pub sent: Vec<Vec<u8>>,
    /// All that was said on the line and to the cloud.
    pub all: Vec<Vec<u8>>,
    words: String,
}

/// The same, from several sides.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Between>>);

impl Shared {
    /// Somebody is in between.
    #[must_use]
    pub fn new(between: Between) -> Self {
        Self(Arc::new(Mutex::new(between)))
    }

    /// A look at it.
    ///
    /// # Panics
    /// After a panic.
    pub fn lock(&self) -> MutexGuard<'_, Between> {
        self.0.lock().expect("nobody has panicked with it")
    }

    /// The client's end of the line.
    #[must_use]
    pub fn wire(&self) -> impl Line + 'static {
        Wire(self.clone())
    }
}

impl Between {
    /// A reader, and what becomes of messages.
    #[must_use]
    pub fn new(board: Board, acts: Vec<Act>, recorded: Arc<Vec<Vec<u8>>>) -> Self {
        Self {
            board,
            acts: acts.into_iter(),
            recorded,
            held: None,
            deliveries: BTreeMap::new(),
            counted: 0,
            inbox: Vec::new(),
            epoch: Instant::now(),
            deframer: Deframer::new(),
            hello_answer: Vec::new(),
            sealed: HashMap::new(),
            accepted: Vec::new(),
            sent: Vec::new(),
            all: Vec::new(),
            words: String::new(),
        }
    }

    /// The one in between has gone, with all that he holds.
    pub fn leave(&mut self) {
        self.acts = Vec::new().into_iter();
        self.held = None;
        self.deliveries.clear();
        self.inbox.clear();
    }

    /// A copy of the reader when its link was reset.
    pub fn locked(&self) -> Board {
        let mut board = self.board.clone();
        let said = board.lose_link();
        assert!(said.is_empty(), "what waits when the link is reset is lost");
        board
    }

    /// What has happened since this was last asked.
    pub fn words(&mut self) -> String {
        core::mem::take(&mut self.words)
    }

    fn now(&self) -> Instant {
        self.epoch + Duration::from_millis(self.board.now)
    }

    fn put(&mut self, later: u64, delivery: Delivery) {
        self.counted += 1;
        self.deliveries
            .insert((self.board.now + later, self.counted), delivery);
    }

    /// Sends a frame on its way, or what becomes of it.
    fn carry(&mut self, frame: &[u8], to: fn(Vec<u8>) -> Delivery) {
        if frame == [DELIMITER] {
            self.put(1, to(frame.to_vec()));
            return;
        }
        self.all.push(frame.to_vec());
        let act = self.acts.next().unwrap_or(Act::Pass);
        let _ = writeln!(self.words, "{act:?} {}", hex(frame));
        let held = self.held.take();
        match act {
            Act::Pass => self.put(1, to(frame.to_vec())),
            Act::Drop => {}
            Act::Twice => {
                self.put(1, to(frame.to_vec()));
                self.put(2, to(frame.to_vec()));
            }
            Act::Alter(at, with) => self.put(1, to(altered(frame, at, with))),
            Act::Cut(at) => {
                let mut cut = frame.to_vec();
                cut.truncate(usize::from(at) % frame.len());
                cut.push(DELIMITER);
                self.put(1, to(cut));
            }
            Act::Hold => self.held = Some(to(frame.to_vec())),
            Act::Late(time) => self.put(u64::from(time) * 10, to(frame.to_vec())),
            Act::Replace(which) => {
                if let Some(other) = self.other(which) {
                    self.put(1, to(other));
                }
            }
            Act::Before(which) => {
                if let Some(other) = self.other(which) {
                    self.put(1, to(other));
                }
                self.put(2, to(frame.to_vec()));
            }
            Act::Join => self.put(1, to(frame[..frame.len() - 1].to_vec())),
            Act::Reset | Act::PowerCut => {
                self.put(1, to(frame.to_vec()));
                self.happens(act);
            }
        }
        if let Some(held) = held {
            self.put(3, held);
        }
    }

    fn happens(&mut self, act: Act) {
        match act {
            Act::Reset => drop(self.board.lose_link()),
            Act::PowerCut => {
                self.board.cut_power();
                drop(self.board.tell(&Told::Inserted(0)));
            }
            _ => return,
        }
        self.deframer.reset();
        self.sealed.clear();
    }

    fn other(&self, which: u8) -> Option<Vec<u8>> {
        let all = self.recorded.len().max(1);
        self.recorded.get(usize::from(which) % all).cloned()
    }

    /// What becomes of a message that is no frame: between client and cloud.
    fn message(&mut self, message: &[u8]) -> Vec<u8> {
        self.all.push(message.to_vec());
        let act = self.acts.next().unwrap_or(Act::Pass);
        let _ = writeln!(self.words, "{act:?} (cloud) {}", hex(message));
        match act {
            Act::Pass | Act::Twice | Act::Hold | Act::Join => message.to_vec(),
            Act::Drop => Vec::new(),
            Act::Alter(at, with) => altered(message, at, with),
            Act::Cut(at) => message[..usize::from(at) % message.len().max(1)].to_vec(),
            Act::Late(time) => {
                let said = self.board.pass(u64::from(time) * 100);
                self.said(said);
                message.to_vec()
            }
            Act::Replace(which) | Act::Before(which) => self.other(which).unwrap_or_default(),
            Act::Reset | Act::PowerCut => {
                self.happens(act);
                message.to_vec()
            }
        }
    }

    /// Brings bytes to the reader, frame by frame.
    fn arrive(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == DELIMITER) {
            let mut rest = piece;
            let frame = self.deframer.feed(&mut rest);
            let frame = frame.and_then(Result::ok).map(OwnedFrame::from);
            let said = self.board.hear(piece);
            for answer in &said {
                self.watch(frame.as_ref(), answer);
            }
            self.said(said);
        }
    }

    fn said(&mut self, frames: Vec<OwnedFrame>) {
        for frame in frames {
            self.carry(&frame.encode(), Delivery::ToClient);
        }
    }

    /// What the reader says tells whether it has taken something that nobody has sent.
    fn watch(&mut self, frame: Option<&OwnedFrame>, answer: &OwnedFrame) {
        match (answer.kind, answer.payload.first().copied()) {
            (FrameKind::Clear, Some(HelloAnswer::CODE)) => self.hello_answer.clone_from(&answer.payload),
            (FrameKind::Clear, Some(ConnectAnswer::CODE)) => {
                let connect = frame.map_or(&[][..], |frame| &frame.payload);
                assert!(
                    self.sent.iter().any(|sent| sent == connect),
                    "only a connect that the client has sent now is taken, and as it was sent"
                );
                if self.accepted.last().is_none_or(|(last, _)| last != connect) {
                    self.accepted.push((connect.to_vec(), self.hello_answer.clone()));
                    self.sealed.clear();
                }
            }
            (FrameKind::Clear, _) => {}
            (FrameKind::Sealed, _) => {
                if answer.number < FIRST_EVENT {
                    let payload = frame.map_or(&[][..], |frame| &frame.payload);
                    assert!(
                        self.sent.iter().any(|sent| sent == payload),
                        "only what the client has sealed is answered"
                    );
                }
                let before = self.sealed.insert(answer.number, answer.payload.clone());
                assert!(
                    before.is_none_or(|before| before == answer.payload),
                    "one number of one key seals one message"
                );
            }
        }
    }

    /// Lets time pass until something is there for the client; `false` at the deadline.
    fn advance(&mut self, until: u64) -> bool {
        loop {
            if !self.inbox.is_empty() {
                return true;
            }
            let next = self.deliveries.keys().next().map(|(time, _)| *time);
            let stop = next.filter(|next| *next <= until);
            let said = self
                .board
                .pass(stop.unwrap_or(until).saturating_sub(self.board.now));
            let any = !said.is_empty();
            self.said(said);
            if stop.is_none() && !any {
                return false;
            }
            let due = self
                .deliveries
                .first_entry()
                .filter(|first| first.key().0 <= self.board.now);
            match due.map(std::collections::btree_map::OccupiedEntry::remove) {
                Some(Delivery::ToReader(bytes)) => self.arrive(&bytes),
                Some(Delivery::ToClient(bytes)) => self.inbox.push(bytes),
                None => {}
            }
        }
    }
}

fn altered(bytes: &[u8], at: u16, with: u8) -> Vec<u8> {
    let mut altered = bytes.to_vec();
    let at = usize::from(at) % altered.len().max(1);
    if let Some(byte) = altered.get_mut(at) {
        *byte ^= with.max(1);
    }
    altered
}

/// The client's end of the line.
struct Wire(Shared);

impl Line for Wire {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut between = self.0.lock();
        let mut deframer = Deframer::<LINE>::new();
        let mut rest = bytes;
        while let Some(frame) = deframer.feed(&mut rest) {
            if let Ok(frame) = frame {
                between.sent.push(frame.payload.to_vec());
            }
        }
        for frame in bytes.split_inclusive(|byte| *byte == DELIMITER) {
            between.carry(frame, Delivery::ToReader);
        }
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        let mut between = self.0.lock();
        let left = deadline.saturating_duration_since(between.epoch);
        let until = left.as_micros().div_ceil(1000) as u64;
        if !between.advance(until) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(between.inbox.remove(0))
    }

    fn receive_now(&mut self) -> Option<Vec<u8>> {
        let mut between = self.0.lock();
        (!between.inbox.is_empty()).then(|| between.inbox.remove(0))
    }

    fn now(&self) -> Instant {
        self.0.lock().now()
    }
}

/// The client's way to the cloud.
pub struct ToCloud {
    conversation: Conversation,
    shared: Shared,
}

impl ToCloud {
    /// With somebody in between.
    #[must_use]
    pub fn new(conversation: Conversation, shared: Shared) -> Self {
        Self { conversation, shared }
    }

    /// The cloud's side, when the client has done with it.
    #[must_use]
    pub fn into_conversation(self) -> Conversation {
        self.conversation
    }
}

impl CloudPeer for ToCloud {
    fn exchange(&mut self, request: &[u8], _: Instant) -> Result<Vec<u8>, CloudFault> {
        let mut between = self.shared.lock();
        let request = between.message(request);
        let now = between.now();
        let answer = self.conversation.handle(&request, now);
        Ok(between.message(&answer))
    }
}
