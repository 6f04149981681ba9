//! A reader and a client that also plays the cloud.

use super::*;
use cardwire_codec::{
    Frame, List, Message, Name,
    frame::{Deframer, line_size},
    message::*,
};
use cardwire_core::{Instant, ModuleCommand, ModuleEvent, Reader};
use cardwire_simcard::Card;
use snow::{Builder, HandshakeState, StatelessTransportState, TransportState};

/// What the reader told its modules, as a test reads it.
pub type Log = Vec<String>;

/// What goes wrong with a module, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It says nothing.
    Hangs,
    /// It fails instead of answering.
    Fails,
    /// It answers, and fails right after that.
    Vanishes,
    /// It answers with what was not asked.
    Strays,
    /// It answers twice.
    Stutters,
    /// The card does not answer.
    Mute,
    /// The card's answer is garbage.
    Damaged,
    /// The card is pulled out before the answer comes.
    Pulled,
}

/// What is told instead of `event` by a module with this fault.
fn spoil<'e>(event: ModuleEvent<'e>, module: ModuleId, fault: Option<Fault>) -> [Option<ModuleEvent<'e>>; 2] {
    let stray = match event {
        ModuleEvent::Shown => ModuleEvent::Atr(&[0x3B, 0x00]),
        _ => ModuleEvent::Shown,
    };
    let garbage = match event {
        ModuleEvent::Atr(_) => ModuleEvent::Atr(&[0x3B]),
        ModuleEvent::CardResponse(_) => ModuleEvent::CardResponse(&[0x90]),
        event => event,
    };
    match fault {
        None => [Some(event), None],
        Some(Fault::Hangs) => [None, None],
        Some(Fault::Fails) => [Some(ModuleEvent::Failed(module)), None],
        Some(Fault::Vanishes) => [Some(event), Some(ModuleEvent::Failed(module))],
        Some(Fault::Strays) => [Some(stray), None],
        Some(Fault::Stutters) => [Some(event), Some(event)],
        Some(Fault::Mute) => [Some(ModuleEvent::CardMute), None],
        Some(Fault::Damaged) => [Some(garbage), None],
        Some(Fault::Pulled) => [Some(ModuleEvent::CardRemoved(0)), Some(event)],
    }
}

/// The module that a command is for.
pub fn module_of(command: &ModuleCommand<'_>) -> ModuleId {
    match command {
        ModuleCommand::Enable(module) | ModuleCommand::Disable(module) => *module,
        ModuleCommand::CardReset(_) | ModuleCommand::CardLine(_) | ModuleCommand::CardTransmit(_) => {
            ModuleId::CONTACT_CARD
        }
        ModuleCommand::Show(_) => ModuleId::INDICATOR,
        ModuleCommand::Ask(_) => ModuleId::PIN_PAD,
        ModuleCommand::Poll => ModuleId::CONTACTLESS_CARD,
    }
}

pub struct Pair<E = TestEnv> {
    pub reader: Reader<E>,
    pub records: Records,
    pub card: Card,
    pub now: u64,
    pub log: Log,
    /// Modules stay silent while this is set.
    pub hung: bool,
    /// Commands to modules that were answered, or would have been.
    pub calls: usize,
    /// What goes wrong, at which of the calls.
    pub fault: Option<(usize, Fault)>,
    /// Milliseconds that a module takes for a command.
    pub takes: fn(&ModuleCommand<'_>) -> u64,
    /// Since when a module has its supply.
    since: BTreeMap<u8, u64>,
    /// For how many milliseconds each module has had it.
    pub supplied_ms: BTreeMap<u8, u64>,
    /// What the card holder enters when asked.
    pub entered: &'static [u8],
    /// What the card in the field tells of itself.
    pub polled: &'static [u8],
    next: u64,
    session: Option<StatelessTransportState>,
    pub hash: Vec<u8>,
    cloud: Option<TransportState>,
    /// The client that connects, and its key.
    pub client: (String, u32, [u8; 32]),
    /// The key of the cloud that logs the reader in.
    pub cloud_key: [u8; 32],
    pub events: Vec<Vec<u8>>,
}

impl Pair {
    pub fn new() -> Self {
        Self::with(Records::default(), identity())
    }

    pub fn with(records: Records, identity: Identity) -> Self {
        Self::with_slots(1, records, identity)
    }

    /// A reader with several slots; the card is in the first.
    pub fn with_slots(slots: u8, records: Records, identity: Identity) -> Self {
        let env = TestEnv {
            slots,
            ..TestEnv::new(0x5EED, records.clone())
        };
        Self {
            records,
            ..Pair::on(env, identity)
        }
    }

    /// Resets the reader: what is not in flash is gone, and the boot loader decides what starts.
    pub fn reset(&self) -> Self {
        let slot = {
            let mut flash = self.records.borrow_mut();
            flash.cut = None;
            let slot = cardwire_core::boot::choose(&mut *flash).expect("software that is whole");
            flash.running = slot;
            slot
        };
        let mut pair = Self::with(self.records.clone(), identity());
        pair.client = self.client.clone();
        pair.cloud_key = self.cloud_key;
        assert_eq!(self.records.borrow().running, slot);
        pair
    }
}

impl<E: Env> Pair<E> {
    /// A reader on an environment of the test's own, which has the records.
    pub fn on(env: E, identity: Identity) -> Self {
        let mut reader = Reader::new(identity, env, Instant::from_millis(0));
        reader.handle_module(Instant::from_millis(0), ModuleEvent::CardInserted(0));
        Self {
            reader,
            records: Records::default(),
            card: Card::default(),
            now: 0,
            log: Log::new(),
            hung: false,
            calls: 0,
            fault: None,
            takes: |_| 0,
            since: BTreeMap::new(),
            supplied_ms: BTreeMap::new(),
            entered: &[],
            polled: &[],
            next: 0,
            session: None,
            hash: Vec::new(),
            cloud: None,
            client: (CLIENT_ID.to_owned(), 1, PRE_SHARED_KEY),
            cloud_key: CLOUD_KEY,
            events: Vec::new(),
        }
    }

    pub fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Lets time pass.
    pub fn pass(&mut self, millis: u64) {
        self.now += millis;
        self.reader.handle_time(self.instant());
        self.drive();
    }

    /// Sends bytes and returns what comes back, frame by frame.
    pub fn send_bytes(&mut self, mut input: &[u8]) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        loop {
            self.reader.handle_bytes(self.instant(), &mut input);
            frames.extend(self.drive());
            if input.is_empty() {
                return frames;
            }
        }
    }

    /// Carries out module commands and collects output until the reader wants nothing more.
    pub fn drive(&mut self) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        loop {
            let mut idle = true;
            if let Some(command) = self.reader.poll_module() {
                idle = false;
                self.log.push(format!("{command:02X?}"));
                let module = module_of(&command);
                match command {
                    ModuleCommand::Enable(_) => drop(self.since.insert(module.0, self.now)),
                    ModuleCommand::Disable(_) => {
                        let since = self.since.remove(&module.0).unwrap_or(self.now);
                        *self.supplied_ms.entry(module.0).or_default() += self.now - since;
                    }
                    _ => {}
                }
                self.now += (self.takes)(&command);
                let mut response = [0; cardwire_simcard::RESPONSE_MAX];
                let event = match command {
                    ModuleCommand::Enable(module) => Some(ModuleEvent::Enabled(module)),
                    ModuleCommand::Disable(_) => {
                        self.card.power_off();
                        None
                    }
                    ModuleCommand::CardReset(_) => Some(ModuleEvent::Atr(self.card.cold_reset())),
                    ModuleCommand::CardLine(_) => Some(ModuleEvent::CardLineSet),
                    ModuleCommand::CardTransmit(tpdu) => match self.card.transmit(tpdu, &mut response) {
                        0 => Some(ModuleEvent::CardMute),
                        length => Some(ModuleEvent::CardResponse(&response[..length])),
                    },
                    ModuleCommand::Show(_) => Some(ModuleEvent::Shown),
                    ModuleCommand::Ask(_) => Some(ModuleEvent::Entered(self.entered)),
                    ModuleCommand::Poll => Some(ModuleEvent::Polled(self.polled)),
                };
                if let Some(event) = event.filter(|_| !self.hung) {
                    let now = Instant::from_millis(self.now);
                    self.reader.handle_time(now);
                    let fault = self.fault.filter(|(at, _)| *at == self.calls);
                    self.calls += 1;
                    for event in spoil(event, module, fault.map(|(_, fault)| fault))
                        .into_iter()
                        .flatten()
                    {
                        self.reader.handle_module(now, event);
                    }
                }
            }
            if let Some(bytes) = self.reader.poll_output() {
                idle = false;
                frames.push(bytes.to_vec());
            }
            if idle {
                return frames;
            }
        }
    }

    /// Sends a frame and returns the frames that come back, decoded.
    pub fn send_frame(
        &mut self,
        kind: FrameKind,
        number: u64,
        payload: &[u8],
    ) -> Vec<(FrameKind, u64, Vec<u8>)> {
        let frame = line(kind, number, payload);
        self.send_bytes(&frame).iter().map(|bytes| parse(bytes)).collect()
    }

    /// Sends a message in clear and returns the one answer.
    pub fn clear(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut answers = self.send_frame(FrameKind::Clear, 42, payload);
        assert_eq!(answers.len(), 1, "one answer to one clear frame");
        let (kind, number, payload) = answers.remove(0);
        assert_eq!((kind, number), (FrameKind::Clear, 42));
        payload
    }

    /// Says hello and connects with this key; `false` where the reader refuses.
    pub fn connect_with(&mut self, client_id: &str, generation: u32, key: &[u8; 32]) -> bool {
        let hello = encode(&Hello {
            versions: List::from_items(&[1]),
            max_frame: 512,
            extensions: Default::default(),
        });
        let hello_answer = self.clear(&hello);
        let (connect, mut handshake) = connect(&hello, &hello_answer, client_id, generation, key);
        let answer = self.clear(&connect);
        if answer == [Refusal::CODE] {
            return false;
        }
        let answer = ConnectAnswer::decode(&answer).unwrap();
        handshake.read_message(answer.handshake, &mut []).unwrap();
        self.hash = handshake.get_handshake_hash().to_vec();
        self.session = Some(handshake.into_stateless_transport_mode().unwrap());
        self.next = 0;
        true
    }

    pub fn connect(&mut self) {
        assert!(self.try_connect());
    }

    /// Connects as this pair's client.
    pub fn try_connect(&mut self) -> bool {
        let (client, generation, key) = self.client.clone();
        self.connect_with(&client, generation, &key)
    }

    /// Seals a request under the next number.
    pub fn seal(&mut self, message: &[u8]) -> (u64, Vec<u8>) {
        let number = self.next;
        self.next += 1;
        (number, self.seal_under(number, message))
    }

    pub fn seal_under(&self, number: u64, message: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; message.len() + 16];
        self.session
            .as_ref()
            .unwrap()
            .write_message(number, message, &mut sealed)
            .unwrap();
        sealed
    }

    pub fn open(&self, number: u64, sealed: &[u8]) -> Vec<u8> {
        let mut message = vec![0; sealed.len()];
        let length = self
            .session
            .as_ref()
            .unwrap()
            .read_message(number, sealed, &mut message)
            .unwrap();
        message.truncate(length);
        message
    }

    /// Sends a sealed request and returns its answer; events are collected.
    pub fn request_bytes(&mut self, message: &[u8]) -> Vec<u8> {
        let (number, sealed) = self.seal(message);
        let frames = self.send_frame(FrameKind::Sealed, number, &sealed);
        let mut answer = None;
        for (kind, answered, payload) in frames {
            assert_eq!(kind, FrameKind::Sealed);
            let message = self.open(answered, &payload);
            if answered == number {
                assert!(answer.replace(message).is_none(), "one answer to one request");
            } else {
                assert!(answered >= 1 << 63);
                self.events.push(message);
            }
        }
        answer.expect("an answer")
    }

    pub fn request<'a, M: Message<'a>>(&mut self, message: &M) -> Vec<u8> {
        self.request_bytes(&encode(message))
    }

    /// Logs in with a cloud that grants everything, for these offers.
    pub fn login(&mut self, offers: &[Offer]) {
        let (answer, _) = self.login_with(offers, |_| {});
        let answer = RelayAnswer::decode(&answer).unwrap();
        assert_eq!((answer.state, answer.payload.len()), (SessionState::Serving, 0));
    }

    /// Logs in with a login result that `change` has changed; returns the reader's answer to it and login_confirm.
    pub fn login_with(
        &mut self,
        offers: &[Offer],
        change: impl Fn(&mut LoginResult<'_>),
    ) -> (Vec<u8>, Vec<u8>) {
        let request = PlatformAuth {
            offers: List::from_items(offers),
            extensions: Default::default(),
        };
        let answer = self.request(&request);
        let answer = PlatformAuthAnswer::decode(&answer).unwrap();
        let header = LoginHeader::decode(answer.header).unwrap();
        assert_eq!(header.session.as_slice(), self.hash);

        let mut responder = cloud_handshake(answer.header, &self.cloud_key);
        responder.read_message(answer.handshake, &mut []).unwrap();
        assert_eq!(responder.get_remote_static().unwrap(), public_key(READER_KEY));
        let mut second = [0; 48];
        responder.write_message(&[], &mut second).unwrap();
        self.cloud = Some(responder.into_transport_mode().unwrap());

        let answer = self.relay_bytes(&second);
        let answer = RelayAnswer::decode(&answer).unwrap();
        let confirm = self.open_cloud(answer.payload);
        let client = self.client.0.clone();
        let mut result = LoginResult {
            outcome: LoginOutcome::Success,
            reader_id: Name::from_text(READER_ID),
            client_id: Name::from_text(&client),
            all_services: true,
            services: List::default(),
            lifetime: 3600,
            software_latest: 0,
            authentication_latest: 0,
            logic_latest: 0,
            extensions: Default::default(),
        };
        change(&mut result);
        let sealed = self.seal_cloud(&encode(&result));
        (self.relay_bytes(&sealed), confirm)
    }

    pub fn relay_bytes(&mut self, payload: &[u8]) -> Vec<u8> {
        self.request(&Relay {
            payload,
            extensions: Default::default(),
        })
    }

    pub fn seal_cloud(&mut self, message: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; message.len() + 16];
        self.cloud
            .as_mut()
            .unwrap()
            .write_message(message, &mut sealed)
            .unwrap();
        sealed
    }

    pub fn open_cloud(&mut self, sealed: &[u8]) -> Vec<u8> {
        let mut message = vec![0; sealed.len()];
        let length = self
            .cloud
            .as_mut()
            .unwrap()
            .read_message(sealed, &mut message)
            .unwrap();
        message.truncate(length);
        message
    }

    /// Sends a message of the cloud and returns the reader's answer to the cloud.
    pub fn cloud<'a, M: Message<'a>>(&mut self, message: &M) -> Vec<u8> {
        let sealed = self.seal_cloud(&encode(message));
        let answer = self.relay_bytes(&sealed);
        let answer = RelayAnswer::decode(&answer).unwrap().payload.to_vec();
        self.open_cloud(&answer)
    }

    /// Connects and logs in, offering these services in format `native`.
    pub fn serve(&mut self, services: &[ServiceId]) {
        self.connect();
        let mut offers: Vec<Offer> = services
            .iter()
            .map(|service| Offer {
                service: *service,
                format: Format::NATIVE,
            })
            .collect();
        offers.sort_by_key(|offer| offer.service.0);
        self.login(&offers);
    }

    /// Runs a service to its end and returns its items as text.
    pub fn run(&mut self, job: u8, service: ServiceId) -> Vec<(String, String)> {
        let job = [job; 16];
        let answer = self.request(&Instruct {
            job: &job,
            service,
            parameters: &[],
            extensions: Default::default(),
        });
        assert_eq!(InstructAnswer::decode(&answer).unwrap().state, JobState::Running);
        let answer = self.request(&JobStatus {
            job: &job,
            extensions: Default::default(),
        });
        let status = JobStatusAnswer::decode(&answer).unwrap();
        assert_eq!(
            (status.state, status.outcome),
            (JobState::Done, Outcome::SUCCESS),
            "{status:?}"
        );
        let answer = self.request(&JobData {
            job: &job,
            part: 0,
            extensions: Default::default(),
        });
        let part = JobDataAnswer::decode(&answer).unwrap();
        assert!(part.last);
        let data = ServiceData::decode(part.data).unwrap();
        data.items
            .iter()
            .map(|item| (item.name.as_str().to_owned(), show(&item)))
            .collect()
    }
}

fn show(item: &Item<'_>) -> String {
    match item.kind {
        ItemKind::Text => String::from_utf8(item.value.to_vec()).unwrap(),
        ItemKind::Bytes | ItemKind::Number => item.value.iter().map(|byte| format!("{byte:02X}")).collect(),
    }
}

/// A connect message and the handshake that it begins.
pub fn connect(
    hello: &[u8],
    hello_answer: &[u8],
    client_id: &str,
    generation: u32,
    key: &[u8; 32],
) -> (Vec<u8>, HandshakeState) {
    let blank = [0; 48];
    let mut message = encode(&Connect {
        hello,
        method: Method::NOISE_NNPSK0,
        client_id: Name::from_text(client_id),
        generation,
        handshake: &blank,
        extensions: Default::default(),
    });
    let header_length = message.len() - 49;
    let mut prologue = b"cardwire/1 client-reader".to_vec();
    for part in [hello, hello_answer, &message[..header_length]] {
        prologue.extend((part.len() as u16).to_be_bytes());
        prologue.extend(part);
    }
    let mut handshake = Builder::new("Noise_NNpsk0_25519_ChaChaPoly_SHA256".parse().unwrap())
        .prologue(&prologue)
        .unwrap()
        .psk(0, key)
        .unwrap()
        .build_initiator()
        .unwrap();
    let length = message.len();
    handshake.write_message(&[], &mut message[length - 48..]).unwrap();
    (message, handshake)
}

/// The cloud's half of a login.
pub fn cloud_handshake(header: &[u8], key: &[u8; 32]) -> HandshakeState {
    let mut prologue = b"cardwire/1 reader-cloud".to_vec();
    prologue.extend((header.len() as u16).to_be_bytes());
    prologue.extend(header);
    Builder::new("Noise_IK_25519_ChaChaPoly_SHA256".parse().unwrap())
        .prologue(&prologue)
        .unwrap()
        .local_private_key(key)
        .unwrap()
        .build_responder()
        .unwrap()
}

pub fn encode<'a, M: Message<'a>>(message: &M) -> Vec<u8> {
    let mut out = vec![0; 1100];
    let length = message.encode(&mut out).unwrap();
    out.truncate(length);
    out
}

pub fn line(kind: FrameKind, number: u64, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; line_size(payload.len() + 13)];
    let length = Frame {
        kind,
        number,
        payload,
    }
    .encode(&mut out)
    .unwrap();
    out.truncate(length);
    out
}

pub fn parse(bytes: &[u8]) -> (FrameKind, u64, Vec<u8>) {
    let mut deframer = Deframer::<600>::new();
    let frame = deframer.feed(&mut &bytes[..]).unwrap().unwrap();
    (frame.kind, frame.number, frame.payload.to_vec())
}
