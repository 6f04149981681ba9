//! Lets inputs happen to a reader, and brings every answer before the judge.

use super::{
    begin::Scene,
    inputs::{Connecting, FromCloud, Input, Instruction, Parameters, WAITS},
    judge::{Around, RightConnect, judge_frame, without_events},
    model::{Login, Sealed},
    services::{ADMINISTRATIVE_KEY, PACKAGES, SERVICES, TYPICAL, WRONG_KEY, secrets},
};
use crate::{
    LINE,
    world::{
        board::{Board, Told},
        encoded,
        ends::{Attempt, CloudEnd, Who, hello},
        log::Log,
        people::PEOPLE,
    },
};
use cardwire_codec::{
    List, Name,
    frame::{DELIMITER, Deframer},
    message::{
        Diagnostics, Disconnect, Format, FrameKind, Instruct, JobAbort, JobData, JobSecrets, JobStatus,
        LoginOutcome, LoginResult, Offer, PlatformAuth, ReaderStatus, Relay, ServiceId, ServiceList,
        UpdateChunk, UpdateCommit, UpdateOffer, UpdateQuery,
        limits::{T_ENTRY_MS, T_MODULE_MS},
    },
};
use cardwire_peers::link::{OwnedFrame, encode_frame};

/// Bytes in a chunk of an update.
const CHUNK: usize = 64;
/// Connects that one execution has time for.
const CONNECTS_MAX: usize = 4;
/// The number of clear frames.
const CLEAR: u64 = 42;
/// The longest that a module is waited for: one at which somebody enters a PIN.
const LONGEST: u64 = T_ENTRY_MS + T_MODULE_MS;

/// An execution.
pub struct Play<'l> {
    board: Board,
    model: super::model::Model,
    connects: Vec<RightConnect>,
    connects_made: usize,
    /// The line of the last connect.
    last_connect: Option<Vec<u8>>,
    /// What the reader finds of bytes that arrive.
    deframer: Deframer<LINE>,
    /// All that clients could read.
    read: Vec<u8>,
    log: &'l Log<'l>,
}

impl<'l> Play<'l> {
    /// Begins with this reader.
    #[must_use]
    pub fn new(scene: Scene, patient: bool, log: &'l Log<'l>) -> Self {
        let Scene { mut board, model } = scene;
        board.patient = patient;
        board.faults().set_stores_left(u32::MAX);
        board.faults().set_random_fails(false);
        Self {
            board,
            model,
            connects: Vec::new(),
            connects_made: 0,
            last_connect: None,
            deframer: Deframer::new(),
            read: Vec::new(),
            log,
        }
    }

    /// The reader as it stands now.
    #[must_use]
    pub fn into_scene(self) -> Scene {
        Scene {
            board: self.board,
            model: self.model,
        }
    }

    /// Whether a client is logged in.
    #[must_use]
    pub fn serves(&self) -> bool {
        let live = self.model.live.as_ref();
        live.is_some_and(|live| live.state == cardwire_codec::message::SessionState::Serving)
    }

    /// Lets it happen.
    ///
    /// # Panics
    /// Where the reader breaks a rule.
    pub fn lets(&mut self, input: &Input) {
        match input {
            Input::Status => self.ask(&encoded(&ReaderStatus {
                extensions: Default::default(),
            })),
            Input::Diagnostics(from) => self.ask(&encoded(&Diagnostics {
                from: if *from == u8::MAX {
                    u32::MAX
                } else {
                    u32::from(*from)
                },
                extensions: Default::default(),
            })),
            Input::List(from) => self.ask(&encoded(&ServiceList {
                from: *from,
                extensions: Default::default(),
            })),
            Input::Instruct(instruction) => self.instruct(instruction),
            Input::JobStatus(job) => self.ask(&encoded(&JobStatus {
                job: &id(*job),
                extensions: Default::default(),
            })),
            Input::JobData(job, part) => self.ask(&encoded(&JobData {
                job: &id(*job),
                part: u16::from(*part),
                extensions: Default::default(),
            })),
            Input::JobAbort(job) => self.ask(&encoded(&JobAbort {
                job: &id(*job),
                extensions: Default::default(),
            })),
            Input::Disconnect => self.ask(&encoded(&Disconnect {
                extensions: Default::default(),
            })),
            Input::Sealed(message) => self.ask(&message[..message.len().min(480)]),
            Input::Repeat => self.replay(0),
            Input::Replay(back) => self.replay(usize::from(*back)),
            Input::Flip(at) => {
                if let Some((number, mut payload)) = self.status_sealed(0) {
                    let at = usize::from(*at);
                    let place = at / 8 % payload.len();
                    payload[place] ^= 1 << (at % 8);
                    self.line(&encode_frame(FrameKind::Sealed, number, &payload));
                }
            }
            Input::Numbered(ahead) => {
                let times = ahead.saturating_sub(127).max(1);
                if let Some((number, payload)) = self.status_sealed(u64::from(*ahead)) {
                    let line = encode_frame(FrameKind::Sealed, number, &payload);
                    (0..times).for_each(|_| self.line(&line));
                }
            }
            Input::Cut(at) => {
                if let Some((number, payload)) = self.status_sealed(0) {
                    let mut line = encode_frame(FrameKind::Sealed, number, &payload);
                    line.truncate(usize::from(*at) % line.len());
                    line.push(DELIMITER);
                    self.line(&line);
                }
            }
            Input::Line(bytes) => self.line(bytes),
            Input::Clear(payload) => {
                let payload = &payload[..payload.len().min(499)];
                self.line(&encode_frame(FrameKind::Clear, CLEAR, payload));
            }
            Input::Hello => self.line(&encode_frame(FrameKind::Clear, CLEAR, &hello())),
            Input::Tell(times) => {
                for _ in 0..=times % 16 {
                    if self.board.untold() == 0 {
                        break;
                    }
                    let said = self.board.let_tell(None);
                    self.unasked(said);
                }
            }
            Input::TellInstead(_) if self.board.untold() == 0 => {}
            Input::TellInstead(told) => {
                self.model.blamable = true;
                self.switched(told);
                let said = self.board.let_tell(Some(told.clone()));
                self.unasked(said);
            }
            Input::TellUnasked(told) => {
                self.model.blamable = true;
                self.switched(told);
                let said = self.board.tell(told);
                self.unasked(said);
            }
            Input::Wait(wait) => self.wait(WAITS[usize::from(*wait) % WAITS.len()]),
            Input::WaitDue(wait) => {
                let due = self
                    .board
                    .due()
                    .map_or(0, |due| due.saturating_sub(self.board.now));
                self.wait((due + u64::from(wait % 3)).saturating_sub(1));
            }
            Input::LinkReset => {
                self.deframer.reset();
                self.model.end_session();
                let said = self.board.lose_link();
                assert!(said.is_empty(), "what waits when the link is reset is lost");
                self.look();
            }
            Input::PowerCut => {
                self.deframer.reset();
                self.model.boot(self.board.now);
                self.board.cut_power();
                let said = self.board.tell(&Told::Inserted(0));
                assert!(said.is_empty(), "nobody is there to be told of a card");
                self.model.slots[0] = (true, 1);
                assert!(
                    !self.board.is_supplied(),
                    "a reader that boots supplies no module"
                );
                self.look();
            }
            Input::StoresLeft(stores) => {
                self.model.faulted = true;
                self.model.blamable = true;
                self.board.faults().set_stores_left(u32::from(*stores % 16));
            }
            Input::RandomFails => {
                self.model.faulted = true;
                self.model.blamable = true;
                self.board.faults().set_random_fails(true);
            }
            Input::Cloud(cloud) => self.cloud(cloud),
            Input::Auth(offers) => self.login(*offers),
            Input::Connect(connecting) => self.connect(*connecting),
            Input::ConnectAgain => {
                if let Some(line) = self.last_connect.clone() {
                    self.line(&line);
                }
            }
        }
    }

    /// Nothing secret was heard, and whoever is left alone comes to rest.
    ///
    /// # Panics
    /// Where it is not so.
    pub fn ends(mut self) {
        let said = self.board.lose_link();
        assert!(said.is_empty(), "what waits when the link is reset is lost");
        self.model.end_session();
        self.board.patient = false;
        if self.board.is_supplied() {
            let said = self.board.pass(LONGEST * 3);
            assert!(said.is_empty(), "nobody is there to be told anything");
            // What still answers may finish its service; what does not is given up.
            let due = self.board.due();
            assert!(
                !self.board.is_supplied() || due.is_some(),
                "a module is supplied, and nobody waits for it"
            );
        }
        for secret in &PEOPLE.secrets {
            self.is_unheard(secret, "a key");
        }
        for secret in [ADMINISTRATIVE_KEY, WRONG_KEY] {
            self.is_unheard(secret, "a secret of the card");
        }
    }

    fn is_unheard(&self, secret: &[u8], what: &str) {
        for heard in [&self.read, &self.board.said] {
            let found = memchr::memmem::find(heard, secret);
            assert!(found.is_none(), "{what} was heard");
        }
    }

    // --- what arrives on the line ---

    /// Brings bytes to the reader, frame by frame, and what it says to each before the judge.
    fn line(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == DELIMITER) {
            let mut rest = piece;
            let frame = self.deframer.feed(&mut rest);
            let frame = frame.and_then(Result::ok).map(OwnedFrame::from);
            let supplied = self.board.is_supplied();
            let said = self.board.hear(piece);
            match frame {
                Some(frame) => self.judge(&frame, said, supplied),
                None => {
                    self.model.time(self.board.now);
                    self.unasked(said);
                }
            }
        }
    }

    fn judge(&mut self, frame: &OwnedFrame, said: Vec<OwnedFrame>, supplied: bool) {
        let (board, log) = (&self.board, self.log);
        let mut around = Around {
            now: board.now,
            connects: &mut self.connects,
            read: &mut self.read,
            supplied,
            may_state: &|module, state| board.may_state(module, state),
            log,
        };
        judge_frame(&mut self.model, frame, said, &mut around);
        self.look();
    }

    /// What was said without a frame: events, and nothing else.
    fn unasked(&mut self, said: Vec<OwnedFrame>) {
        if !said.is_empty() {
            let (board, log) = (&self.board, self.log);
            let mut around = Around {
                now: board.now,
                connects: &mut self.connects,
                read: &mut self.read,
                supplied: board.is_supplied(),
                may_state: &|module, state| board.may_state(module, state),
                log,
            };
            let rest = without_events(&mut self.model, said, &mut around);
            assert!(rest.is_empty(), "nobody has asked: {rest:?}");
        }
        self.look();
    }

    /// Looks at the modules.
    fn look(&mut self) {
        let enabled = core::mem::take(&mut self.board.enabled);
        let accepted = self.model.jobs.last().filter(|job| !job.before_reset);
        assert!(
            enabled.is_empty() || accepted.is_some(),
            "{enabled:?} is supplied, and no job was accepted"
        );
        if self.board.writes > 0 {
            let job = self.model.jobs.last_mut().filter(|job| !job.before_reset);
            let job = job.expect("only a job writes to a card");
            job.wrote = true;
            self.model.journal_lost = self.model.faulted;
            self.board.writes = 0;
        }
        if self.board.is_supplied() {
            let due = self.board.due();
            assert!(
                due.is_some_and(|due| due <= self.board.now + LONGEST),
                "a module is supplied, and nobody waits for it"
            );
        }
    }

    /// The client sends a message as its next request.
    fn ask(&mut self, message: &[u8]) {
        match &mut self.model.live {
            Some(live) => {
                let number = live.next;
                let payload = live.end.seal(number, message);
                live.sealed.push(Sealed {
                    number,
                    payload: payload.clone(),
                    message: message.to_vec(),
                });
                self.line(&encode_frame(FrameKind::Sealed, number, &payload));
            }
            // Whoever has no session has no keys either.
            None => self.line(&encode_frame(FrameKind::Sealed, 0, message)),
        }
    }

    /// A request that is sealed under a number ahead of the next one, and the number.
    fn status_sealed(&mut self, ahead: u64) -> Option<(u64, Vec<u8>)> {
        let live = self.model.live.as_mut()?;
        let number = live.next + ahead;
        let message = encoded(&ReaderStatus {
            extensions: Default::default(),
        });
        let payload = live.end.seal(number, &message);
        live.sealed.push(Sealed {
            number,
            payload: payload.clone(),
            message,
        });
        Some((number, payload))
    }

    fn replay(&mut self, back: usize) {
        let sealed = self.model.live.as_ref().and_then(|live| {
            let all = live.sealed.len();
            live.sealed.get(all.checked_sub(1 + back % all.max(1))?)
        });
        if let Some(Sealed { number, payload, .. }) = sealed {
            let line = encode_frame(FrameKind::Sealed, *number, payload);
            self.line(&line);
        }
    }

    fn instruct(&mut self, instruction: &Instruction) {
        let place = usize::from(instruction.service) % SERVICES.len();
        let service = SERVICES[place];
        let live = self.model.live.as_ref();
        let format = live
            .and_then(|live| live.enabled(service))
            .map_or(Format::NATIVE, |offer| offer.format);
        let other = if format == Format::CBOR {
            Format::NATIVE
        } else {
            Format::CBOR
        };
        let parameters = match &instruction.parameters {
            Parameters::None => &[],
            Parameters::Typical => TYPICAL[place].in_format(format),
            Parameters::OtherFormat => TYPICAL[place].in_format(other),
            Parameters::Bytes(bytes) => &bytes[..bytes.len().min(400)],
        };
        let message = encoded(&Instruct {
            job: &id(instruction.job),
            service,
            parameters,
            extensions: Default::default(),
        });
        self.ask(&message);
    }

    // --- time and modules ---

    fn wait(&mut self, millis: u64) {
        // Who is not let tell is late.
        self.model.blamable |= self.board.untold() != 0;
        let end = self.board.now + millis;
        // Stop by stop: what is told on the way is told in the session that is open then.
        while let Some(due) = self
            .board
            .due()
            .filter(|due| *due <= end && *due > self.board.now)
        {
            let said = self.board.pass(due - self.board.now);
            let before = self.board.now;
            if !said.is_empty() {
                self.unasked(said);
            }
            self.model.time(before);
        }
        let said = self.board.pass(end.saturating_sub(self.board.now));
        self.model.time(self.board.now);
        self.unasked(said);
    }

    /// A switch of a slot has opened or closed.
    fn switched(&mut self, told: &Told) {
        let (slot, present) = match told {
            Told::Inserted(slot) => (*slot, true),
            Told::Removed(slot) => (*slot, false),
            _ => return,
        };
        if let Some((known, generation)) = self.model.slots.get_mut(usize::from(slot))
            && *known != present
        {
            *known = present;
            *generation = generation.wrapping_add(1);
        }
    }

    // --- the way in ---

    fn connect(&mut self, connecting: Connecting) {
        if self.connects_made == CONNECTS_MAX {
            return;
        }
        self.connects_made += 1;
        self.line(&encode_frame(FrameKind::Clear, CLEAR, &hello()));
        let Some(hello_answer) = self.model.hello_answer.clone() else {
            return;
        };
        let client = match connecting {
            Connecting::Right(client) => usize::from(client) % PEOPLE.client_keys.len(),
            _ => 0,
        };
        let identity = &PEOPLE.all.clients[client];
        let who = match connecting {
            Connecting::WrongKey => Who {
                client: &identity.id,
                generation: identity.generation,
                key: &[0x66; 32],
            },
            Connecting::Unknown => Who {
                client: "NOBODY",
                generation: 1,
                key: &[0x66; 32],
            },
            Connecting::Generation => Who {
                client: &identity.id,
                generation: identity.generation + 7,
                key: &PEOPLE.client_keys[client],
            },
            Connecting::Right(_) | Connecting::Altered(_) => Who {
                client: &identity.id,
                generation: identity.generation,
                key: &PEOPLE.client_keys[client],
            },
        };
        // Another one for each connect of an execution.
        let mut ephemeral = [self.connects_made as u8; 32];
        ephemeral[..4].copy_from_slice(&self.model.boots.to_be_bytes());
        let mut attempt = Attempt::new(&hello(), &hello_answer, who, ephemeral);
        if let Connecting::Altered(at) = connecting {
            let place = usize::from(at) % attempt.connect.len();
            attempt.connect[place] ^= 1 << (at % 8);
        }
        let line = encode_frame(FrameKind::Clear, CLEAR, &attempt.connect);
        if matches!(connecting, Connecting::Right(_)) {
            self.connects.push(RightConnect {
                attempt,
                client,
                hello_answer,
            });
        }
        self.line(&line);
        self.last_connect = Some(line);
    }

    fn login(&mut self, which: u8) {
        let offers: Vec<Offer> = SERVICES
            .iter()
            .enumerate()
            .filter(|(place, _)| match which % 4 {
                0 => true,
                1 => place % 2 == 0,
                2 => *place < 3,
                _ => false,
            })
            .map(|(place, service)| Offer {
                service: *service,
                format: match (usize::from(which / 4) + place) % 4 {
                    3 => Format::CBOR,
                    2 if which >= 128 => Format(77),
                    _ => Format::NATIVE,
                },
            })
            .collect();
        let message = encoded(&PlatformAuth {
            offers: List::from_items(&offers),
            extensions: Default::default(),
        });
        self.ask(&message);
    }

    // --- the cloud ---

    fn cloud(&mut self, said: &FromCloud) {
        let payload = match said {
            FromCloud::Strange(bytes) => bytes[..bytes.len().min(479)].to_vec(),
            FromCloud::Second => self.second().unwrap_or_else(|| vec![0; 48]),
            FromCloud::SecondFlipped(at) => {
                let mut second = self.second().unwrap_or_else(|| vec![0; 48]);
                let place = usize::from(*at) % second.len();
                second[place] ^= 1 << (at % 8);
                second
            }
            FromCloud::Again => {
                let live = self.model.live.as_ref();
                let last = live.and_then(|live| live.relayed.last());
                last.map_or_else(|| vec![0; 16], |last| last.payload.clone())
            }
            FromCloud::Sealed(bytes) => self.seal_cloud(&bytes[..bytes.len().min(463)]),
            FromCloud::LoginResult(which) => {
                let message = self.login_result(*which);
                self.seal_cloud(&message)
            }
            FromCloud::Offer(place) => {
                let package = &PACKAGES[usize::from(*place) % PACKAGES.len()];
                self.seal_cloud(&encoded(&UpdateOffer {
                    manifest: &package.manifest,
                    signature: &package.signature,
                    extensions: Default::default(),
                }))
            }
            FromCloud::Chunk(place, how) => {
                let message = chunk(usize::from(*place), *how);
                self.seal_cloud(&message)
            }
            FromCloud::Commit(place) => {
                let digest = &PACKAGES[usize::from(*place) % PACKAGES.len()].digest;
                self.seal_cloud(&encoded(&UpdateCommit {
                    digest,
                    extensions: Default::default(),
                }))
            }
            FromCloud::Query(place) => {
                let digest = &PACKAGES[usize::from(*place) % PACKAGES.len()].digest;
                self.seal_cloud(&encoded(&UpdateQuery {
                    digest,
                    extensions: Default::default(),
                }))
            }
            FromCloud::Secrets(job, which) => {
                let service = if which & 8 == 0 {
                    ServiceId::FILE_UPDATE_ADMIN
                } else {
                    ServiceId::CARD_IDENTIFY
                };
                self.seal_cloud(&encoded(&JobSecrets {
                    job: &id(*job),
                    service,
                    parameters: &secrets(*which),
                    extensions: Default::default(),
                }))
            }
        };
        if payload.len() < 16 {
            return;
        }
        self.ask(&encoded(&Relay {
            payload: &payload,
            extensions: Default::default(),
        }));
    }

    /// The cloud's handshake message to the login that the reader has begun.
    fn second(&mut self) -> Option<Vec<u8>> {
        let ephemeral = [0x70 ^ self.model.boots as u8; 32];
        let live = self.model.live.as_mut()?;
        let Login::Begun(header, first, second) = &mut live.login else {
            return None;
        };
        if second.is_none() {
            *second = CloudEnd::answer(&PEOPLE.cloud_key, header, first, ephemeral);
            assert!(second.is_some(), "the cloud can read what the reader has begun");
        }
        second.as_ref().map(|(second, _)| second.clone())
    }

    /// A message sealed as the cloud's next one, where it has keys.
    fn seal_cloud(&mut self, message: &[u8]) -> Vec<u8> {
        let live = self.model.live.as_mut();
        let Some(live) = live else { return vec![0; 16] };
        let cloud = match &live.login {
            Login::Confirming(cloud) | Login::Open(cloud) => cloud,
            Login::Begun(_, _, Some((_, cloud))) => cloud,
            Login::None | Login::Begun(_, _, None) => return vec![0; 16],
        };
        let message = &message[..message.len().min(463)];
        let payload = cloud.seal(message);
        let number = cloud.sent;
        live.relayed.push(Sealed {
            number,
            payload: payload.clone(),
            message: message.to_vec(),
        });
        payload
    }

    fn login_result(&self, which: u8) -> Vec<u8> {
        let live = self.model.live.as_ref();
        let client = live.map_or("NOBODY", |live| live.client_id());
        let some = [SERVICES[0], SERVICES[4], SERVICES[18]];
        let denied = which % 8 == 1;
        encoded(&LoginResult {
            outcome: if denied {
                LoginOutcome::Denied
            } else {
                LoginOutcome::Success
            },
            reader_id: Name::from_text(if which % 8 == 2 {
                "ANOTHER"
            } else {
                &PEOPLE.reader_id
            }),
            client_id: Name::from_text(if which % 8 == 3 { "ANOTHER" } else { client }),
            all_services: which % 8 != 4 && !denied,
            services: List::from_items(if which % 8 == 4 { &some } else { &[] }),
            lifetime: match which / 8 % 4 {
                0 => 3600,
                1 => 1,
                2 => 60,
                _ => 86_400,
            },
            software_latest: 0,
            authentication_latest: 0,
            logic_latest: u32::from(which),
            extensions: Default::default(),
        })
    }
}

/// A chunk of a package: one of its own in its order, or something else.
fn chunk(place: usize, how: u8) -> Vec<u8> {
    let package = &PACKAGES[place % PACKAGES.len()];
    let content = &package.content;
    let whole = how < 128;
    let size = if whole { 400 } else { CHUNK };
    let from = (usize::from(how % 16) * size).min(content.len());
    let to = (from + size).min(content.len());
    let mut data = content[from..to].to_vec();
    let altered = how % 128 >= 112;
    if let Some(first) = data.first_mut().filter(|_| altered) {
        *first ^= 1;
    }
    if data.is_empty() {
        data.push(0);
    }
    encoded(&UpdateChunk {
        digest: &package.digest,
        offset: from as u32,
        data: &data,
        extensions: Default::default(),
    })
}

/// The id of a job.
fn id(job: u8) -> [u8; 16] {
    [job % 8 + 1; 16]
}
