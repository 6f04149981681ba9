//! The right client and the right cloud, step by step, so that somebody can take a wrong step in between.

use super::{Held, board::Board, broken};
use cardwire_codec::{
    Extensions, List, Message, Name,
    message::{
        CloudOpen, CloudOpenAnswer, CloudRelay, CloudRelayAnswer, ConnectAnswer, Diagnostics,
        DiagnosticsAnswer, ErrorAnswer, ErrorCode, FrameKind, Hello, HelloAnswer, Instruct, InstructAnswer,
        JobData, JobDataAnswer, JobState, JobStatus, JobStatusAnswer, Method, ModuleId, Offer, Outcome,
        PlatformAuth, PlatformAuthAnswer, ReaderStatus, ReaderStatusAnswer, Refusal, Relay, RelayAnswer,
        ServiceId, SessionState, Subject, WorkingState,
    },
};
use cardwire_peers::{
    client::handshake::{ConnectHeader, Established, Handshake, connect_message, prologue},
    cloud::Conversation,
    identity::{ClientIdentity, Key},
    link::OwnedFrame,
};
use std::time::Instant;

pub const NONE: Extensions<'static> = Extensions::NONE;

pub fn encode<'a>(message: &impl Message<'a>) -> Vec<u8> {
    let mut out = vec![0; 2048];
    let length = message.encode(&mut out).unwrap();
    out.truncate(length);
    out
}

pub fn hello() -> Vec<u8> {
    encode(&Hello {
        versions: List::from_items(&[1]),
        max_frame: 512,
        extensions: NONE,
    })
}

impl Board {
    /// Sends a message in clear and gives the payloads of the answers.
    pub fn clear(&mut self, message: &[u8]) -> Vec<Vec<u8>> {
        let frames = self.hear_frame(FrameKind::Clear, 42, message);
        frames.into_iter().map(|frame| frame.payload).collect()
    }

    pub fn hello_answer(&mut self) -> Held<Vec<u8>> {
        let answers = self.clear(&hello());
        match answers.into_iter().next() {
            Some(answer) if HelloAnswer::decode(&answer).is_ok() => Ok(answer),
            other => broken("hello", other),
        }
    }

    /// Connects a client that means well.
    pub fn connect(&mut self, client: &ClientIdentity) -> Held<Session> {
        let attempt = Attempt::new(self, client)?;
        let answers = self.clear(&attempt.connect);
        match answers.first() {
            Some(answer) if *answer != [Refusal::CODE] => attempt.finish(answer),
            _ => broken("connect", answers),
        }
    }
}

/// A connect that is right, and not sent yet.
pub struct Attempt {
    pub client: ClientIdentity,
    pub hello: Vec<u8>,
    pub hello_answer: Vec<u8>,
    pub header: Vec<u8>,
    pub connect: Vec<u8>,
    pub key: Key,
    handshake: Handshake,
}

impl Attempt {
    pub fn new(board: &mut Board, client: &ClientIdentity) -> Held<Self> {
        let hello_answer = board.hello_answer()?;
        Self::after(client, hello(), hello_answer)
    }

    /// After a hello that the client sent, and an answer that it got.
    pub fn after(client: &ClientIdentity, hello: Vec<u8>, hello_answer: Vec<u8>) -> Held<Self> {
        let reader_id = match HelloAnswer::decode(&hello_answer) {
            Ok(answer) => answer.reader_id.as_str().to_owned(),
            Err(error) => return broken("hello", error),
        };
        let header = ConnectHeader {
            hello: &hello,
            method: Method::NOISE_NNPSK0,
            client_id: &client.id,
            generation: client.generation,
        }
        .encode()
        .unwrap();
        let key = client.pre_shared_key(&reader_id);
        let (handshake, first) = Handshake::begin(&key, &prologue(&hello, &hello_answer, &header)).unwrap();
        let connect = connect_message(&header, &first);
        Ok(Self {
            client: client.clone(),
            hello,
            hello_answer,
            header,
            connect,
            key,
            handshake,
        })
    }

    /// Whether the client takes this for the reader's half.
    pub fn takes(&mut self, answer: &[u8]) -> bool {
        ConnectAnswer::decode(answer).is_ok_and(|answer| self.handshake.read(answer.handshake).is_ok())
    }

    pub fn finish(mut self, answer: &[u8]) -> Held<Session> {
        if !self.takes(answer) {
            return broken("connect_answer", answer);
        }
        match self.handshake.establish() {
            Ok(keys) => Ok(Session {
                keys,
                client: self.client.id,
                next: 0,
                events: Vec::new(),
            }),
            Err(error) => broken("connect_answer", error),
        }
    }
}

/// A session, seen from the client.
pub struct Session {
    pub keys: Established,
    pub client: String,
    /// Number of the next request.
    pub next: u64,
    pub events: Vec<Vec<u8>>,
}

impl Session {
    pub fn seal(&self, number: u64, message: &[u8]) -> Vec<u8> {
        self.keys.sealer.seal(number, message).unwrap()
    }

    /// The message in a frame, where it is one of this session.
    pub fn open(&self, frame: &OwnedFrame) -> Option<Vec<u8>> {
        let sealed = (frame.kind == FrameKind::Sealed).then_some(&frame.payload)?;
        self.keys.opener.open(frame.number, sealed)
    }

    /// The answer to the next request: what the reader says under its number.
    pub fn ask(&mut self, board: &mut Board, message: &[u8]) -> Held<Vec<u8>> {
        let number = self.next;
        let sealed = self.seal(number, message);
        self.next += 1;
        let frames = board.hear_frame(FrameKind::Sealed, number, &sealed);
        let mut answer = None;
        for frame in &frames {
            match self.open(frame) {
                Some(message) if frame.number == number => answer = Some(message),
                Some(message) => self.events.push(message),
                None => {}
            }
        }
        match answer {
            Some(answer) => Ok(answer),
            None => broken("a request got no answer", frames),
        }
    }

    pub fn request<'a>(&mut self, board: &mut Board, message: &impl Message<'a>) -> Held<Vec<u8>> {
        self.ask(board, &encode(message))
    }

    /// The error that a request gets, if any.
    pub fn error<'a>(&mut self, board: &mut Board, message: &impl Message<'a>) -> Held<Option<ErrorCode>> {
        let answer = self.request(board, message)?;
        Ok(ErrorAnswer::decode(&answer).ok().map(|error| error.code))
    }

    pub fn status(&mut self, board: &mut Board) -> Held<Status> {
        let answer = self.request(board, &ReaderStatus { extensions: NONE })?;
        match ReaderStatusAnswer::decode(&answer) {
            Ok(mut status) => {
                let failed = status.failed_connects;
                (status.uptime, status.failed_connects) = (0, 0);
                Ok(Status {
                    state: status.state,
                    failed,
                    rest: format!("{status:?}"),
                })
            }
            Err(error) => broken("reader_status", error),
        }
    }

    /// Modules that the reader says are not disabled, the security module among them.
    pub fn enabled(&mut self, board: &mut Board) -> Held<Vec<ModuleId>> {
        let answer = self.request(board, &ReaderStatus { extensions: NONE })?;
        let Ok(status) = ReaderStatusAnswer::decode(&answer) else {
            return broken("reader_status", answer);
        };
        let on = status
            .modules
            .iter()
            .filter(|entry| entry.state != WorkingState::Disabled);
        Ok(on.map(|entry| entry.module).collect())
    }

    /// Service interfaces that are enabled by the last record of each.
    pub fn open_interfaces(&mut self, board: &mut Board) -> Held<Vec<u16>> {
        let (records, _) = self.diagnostics(board, 0)?;
        let mut open = std::collections::BTreeSet::new();
        for (subject, id, state) in records {
            if subject == Subject::ServiceInterface {
                if state == WorkingState::Enabled {
                    open.insert(id);
                } else {
                    open.remove(&id);
                }
            }
        }
        Ok(open.into_iter().collect())
    }

    /// The diagnostic records from a number on, and the number of the next one.
    pub fn diagnostics(&mut self, board: &mut Board, from: u32) -> Held<(Vec<Change>, u32)> {
        let (mut from, mut records) = (from, Vec::new());
        loop {
            let answer = self.request(
                board,
                &Diagnostics {
                    from,
                    extensions: NONE,
                },
            )?;
            let Ok(answer) = DiagnosticsAnswer::decode(&answer) else {
                return broken("diagnostics", answer);
            };
            let before = records.len();
            for record in answer.records.iter() {
                records.push((record.subject, record.id, record.state));
                from = record.number + 1;
            }
            if records.len() == before || from >= answer.next {
                return Ok((records, answer.next));
            }
        }
    }

    // --- the login ---

    /// platform_auth: the login header and the reader's handshake message.
    pub fn begin_login(&mut self, board: &mut Board, offers: &[Offer]) -> Held<(Vec<u8>, Vec<u8>)> {
        let begin = PlatformAuth {
            offers: List::from_items(offers),
            extensions: NONE,
        };
        let answer = self.request(board, &begin)?;
        match PlatformAuthAnswer::decode(&answer) {
            Ok(answer) => Ok((answer.header.to_vec(), answer.handshake.to_vec())),
            Err(error) => broken("platform_auth", error),
        }
    }

    /// cloud_open as this client sends it.
    pub fn cloud_open(&self, header: &[u8], handshake: &[u8]) -> Vec<u8> {
        open_as(&self.client, &self.keys.session, header, handshake)
    }

    /// Relays bytes to the reader: what it says for the cloud, or its error.
    pub fn relay(
        &mut self,
        board: &mut Board,
        payload: &[u8],
    ) -> Held<Result<(SessionState, Vec<u8>), ErrorCode>> {
        let relay = Relay {
            payload,
            extensions: NONE,
        };
        let answer = self.request(board, &relay)?;
        match (RelayAnswer::decode(&answer), ErrorAnswer::decode(&answer)) {
            (Ok(answer), _) => Ok(Ok((answer.state, answer.payload.to_vec()))),
            (_, Ok(error)) => Ok(Err(error.code)),
            (Err(error), _) => broken("relay", error),
        }
    }

    /// A login from its begin to its end, and all that was said between reader and cloud.
    pub fn login(&mut self, board: &mut Board, cloud: &mut Conversation, offers: &[Offer]) -> Held<Login> {
        let (header, first) = self.begin_login(board, offers)?;
        let open = self.cloud_open(&header, &first);
        let second = opened(&cloud.handle(&open, Instant::now()))?;
        let confirm = self.relayed(board, &second)?;
        let result = answered(&cloud.handle(&relay_to_cloud(&confirm), Instant::now()))?;
        match self.relay(board, &result)? {
            Ok((SessionState::Serving, _)) => Ok(Login {
                header,
                open,
                second,
                confirm,
                result,
            }),
            other => broken("login", other),
        }
    }

    /// Relays bytes that the reader takes.
    pub fn relayed(&mut self, board: &mut Board, payload: &[u8]) -> Held<Vec<u8>> {
        match self.relay(board, payload)? {
            Ok((_, payload)) => Ok(payload),
            Err(code) => broken("relay", code),
        }
    }

    // --- services ---

    pub fn instruct(
        &mut self,
        board: &mut Board,
        job: u8,
        service: ServiceId,
    ) -> Held<Result<JobState, ErrorCode>> {
        let answer = self.request(
            board,
            &Instruct {
                job: &[job; 16],
                service,
                parameters: &[],
                extensions: NONE,
            },
        )?;
        match (InstructAnswer::decode(&answer), ErrorAnswer::decode(&answer)) {
            (Ok(answer), _) => Ok(Ok(answer.state)),
            (_, Ok(error)) => Ok(Err(error.code)),
            (Err(error), _) => broken("instruct", error),
        }
    }

    pub fn job(&mut self, board: &mut Board, job: u8) -> Held<(JobState, Outcome, [u8; 32])> {
        let answer = self.request(
            board,
            &JobStatus {
                job: &[job; 16],
                extensions: NONE,
            },
        )?;
        match JobStatusAnswer::decode(&answer) {
            Ok(status) => Ok((status.state, status.outcome, *status.logic_digest)),
            Err(error) => broken("job_status", error),
        }
    }

    /// The service data of a job, in one part, or the error.
    pub fn data(&mut self, board: &mut Board, job: u8) -> Held<Result<Vec<u8>, ErrorCode>> {
        let answer = self.request(
            board,
            &JobData {
                job: &[job; 16],
                part: 0,
                extensions: NONE,
            },
        )?;
        match (JobDataAnswer::decode(&answer), ErrorAnswer::decode(&answer)) {
            (Ok(answer), _) => Ok(Ok(answer.data.to_vec())),
            (_, Ok(error)) => Ok(Err(error.code)),
            (Err(error), _) => broken("job_data", error),
        }
    }

    /// Runs a service to its end and gives its data.
    pub fn run(&mut self, board: &mut Board, job: u8, service: ServiceId) -> Held<Vec<u8>> {
        if let Err(code) = self.instruct(board, job, service)? {
            return broken("instruct", code);
        }
        match self.job(board, job)? {
            (JobState::Done, Outcome::SUCCESS, _) => {}
            other => return broken("job", other),
        }
        match self.data(board, job)? {
            Ok(data) => Ok(data),
            Err(code) => broken("job_data", code),
        }
    }
}

/// A change of a working state, as diagnostics record it.
pub type Change = (Subject, u16, WorkingState);

/// reader_status without what changes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub state: SessionState,
    /// Failed connects: a reader's log of who tries to get in.
    pub failed: u16,
    pub rest: String,
}

/// All that reader and cloud said in a login, as the client relayed it.
#[derive(Clone, Debug)]
pub struct Login {
    pub header: Vec<u8>,
    pub open: Vec<u8>,
    pub second: Vec<u8>,
    pub confirm: Vec<u8>,
    pub result: Vec<u8>,
}

pub fn open_as(client: &str, session: &[u8; 32], header: &[u8], handshake: &[u8]) -> Vec<u8> {
    let Ok(handshake) = handshake.try_into() else {
        return Vec::new();
    };
    encode(&CloudOpen {
        version: 1,
        client_id: Name::from_text(client),
        session,
        header,
        handshake,
        extensions: NONE,
    })
}

pub fn relay_to_cloud(payload: &[u8]) -> Vec<u8> {
    encode(&CloudRelay {
        payload,
        extensions: NONE,
    })
}

/// The cloud's handshake message.
pub fn opened(answer: &[u8]) -> Held<Vec<u8>> {
    match CloudOpenAnswer::decode(answer) {
        Ok(answer) => Ok(answer.handshake.to_vec()),
        Err(error) => broken("cloud_open", (error, answer)),
    }
}

/// What the cloud has for the reader.
pub fn answered(answer: &[u8]) -> Held<Vec<u8>> {
    match CloudRelayAnswer::decode(answer) {
        Ok(answer) => Ok(answer.payload.to_vec()),
        Err(error) => broken("cloud_relay", (error, answer)),
    }
}
