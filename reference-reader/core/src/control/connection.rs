//! The way in, in clear: hello, connect, and the refusal of everything else.

use super::{MainControl, deviant, session::Session};
use crate::{
    deviation::Deviation,
    env::Env,
    security::client::{ClientAuthenticated, Transcript, authenticate},
    time::Instant,
};
use cardwire_codec::{
    Frame, List, Message,
    message::{
        ClearRequest, Connect, ConnectAnswer, FrameKind, Hello, HelloAnswer, ModuleId, Refusal, SessionState,
        Subject, WorkingState,
        limits::{FRAME_MIN, PROTOCOL_VERSION},
    },
};
use sha2::{Digest, Sha256};

/// Versions of the protocol that this reader speaks, ascending.
const VERSIONS: [u8; 1] = [PROTOCOL_VERSION];
/// Answers in clear: the largest is hello_answer.
const CLEAR_MAX: usize = 96;

impl<E: Env> MainControl<E> {
    //= spec/book/src/security.md#cw-sec-001
    //# A reader MUST NOT execute anything that arrives in a clear frame, in any state, but hello and connect.
    //= spec/book/src/connection.md#cw-conn-003
    //# A reader MUST answer a clear frame that holds neither hello nor an acceptable connect, and without a session every sealed frame, with the refusal, which is the same for all of them, and change nothing.
    pub(super) fn handle_clear(&mut self, now: Instant, frame: &Frame<'_>) {
        let request = ClearRequest::decode(frame.payload);
        match request {
            Ok(ClearRequest::Hello(hello)) => self.answer_hello(frame.number, &hello),
            Ok(ClearRequest::Connect(connect)) => self.handle_connect(now, frame, &connect),
            Err(_) if is_answer(frame.payload) && !self.deviates(Deviation::AnswersAnswers) => {}
            Err(_) if self.deviates(Deviation::ExecutesInClear) && deviant::is_disconnect(frame.payload) => {
                self.end_session(now);
                self.refuse(frame.number);
            }
            Err(_) if self.deviates(Deviation::AnswersWhileLocked) && self.answer_in_clear(now, frame) => {}
            Err(_) => self.refuse(frame.number),
        }
    }

    //= spec/book/src/link.md#cw-link-004
    //# The answer to a clear frame MUST be a clear frame that repeats its number.
    pub(super) fn put_clear(&mut self, number: u64, payload: &[u8]) {
        let number = if self.deviates(Deviation::AnswersUnderNumberZero) {
            0
        } else {
            number
        };
        self.output.put_clear(number, payload);
    }

    pub(super) fn refuse(&mut self, number: u64) {
        self.put_clear(number, &[Refusal::CODE]);
    }

    //= spec/book/src/connection.md#cw-conn-001
    //# A reader MUST answer hello in every state with its versions, its largest frame, its challenge and its identity, and change nothing.
    fn answer_hello(&mut self, number: u64, hello: &Hello<'_>) {
        let mut out = [0; CLEAR_MAX];
        match self.hello_answer(hello, &mut out) {
            Some(length) => self.put_clear(number, &out[..length]),
            None => self.refuse(number),
        }
    }

    fn hello_answer(&self, hello: &Hello<'_>, out: &mut [u8]) -> Option<usize> {
        let mut challenge = self.challenge?;
        if self.deviates(Deviation::AnswersHelloDifferently) && self.session.is_some() {
            challenge[0] ^= 1;
        }
        let mut versions = &VERSIONS[..];
        if self.deviates(Deviation::DeclaresNextVersion) {
            versions = &[PROTOCOL_VERSION, PROTOCOL_VERSION + 1];
        }
        let mut max_frame = FRAME_MIN as u16;
        if self.deviates(Deviation::DeclaresLargerFrames) {
            max_frame *= 2;
        }
        HelloAnswer {
            version: self.common_version(hello),
            versions: List::from_items(versions),
            max_frame,
            challenge: &challenge,
            reader_id: self.identity.reader_id.view(),
            extensions: Default::default(),
        }
        .encode(out)
        .ok()
    }

    //= spec/book/src/connection.md#cw-conn-002
    //# A reader MUST state in its answer to hello the highest version that both ends speak, and 0 where there is none.
    fn common_version(&self, hello: &Hello<'_>) -> u8 {
        if self.deviates(Deviation::StatesLowestVersion) {
            return hello.versions.iter().next().unwrap_or(0);
        }
        hello
            .versions
            .iter()
            .filter(|version| VERSIONS.contains(version))
            .max()
            .unwrap_or(0)
    }

    fn handle_connect(&mut self, now: Instant, frame: &Frame<'_>, connect: &Connect<'_>) {
        let received = (frame.number, Sha256::digest(frame.payload).into());
        //= spec/book/src/session.md#cw-sess-004
        //# A reader MUST answer a byte-for-byte repeat of its last authenticated request with the same bytes as before.
        let fresh = self
            .session
            .as_ref()
            .is_some_and(|session| session.channel.is_fresh());
        if fresh && self.accepted_connect == Some(received) && !self.deviates(Deviation::ForgetsConnectAnswer)
        {
            self.output.repeat_answer();
            return;
        }
        let locked_out = self.deviates(Deviation::LocksOut) && self.backoff.failures() > 0;
        if !self.backoff.is_over(now) || locked_out {
            return self.refuse(frame.number);
        }
        //= spec/book/src/connection.md#cw-conn-010
        //# A reader MUST enable its security module before it looks at a connect's authentication information and disable it when it has decided.
        self.set_security_module(now, WorkingState::Enabled);
        let proof = self.decide(frame, connect);
        if !self.deviates(Deviation::LeavesSecurityModuleOn) {
            self.set_security_module(now, WorkingState::Disabled);
        }
        match proof {
            Some(proof) => {
                self.accept(now, frame.number, proof);
                self.accepted_connect = Some(received);
            }
            None => self.connect_failed(now, frame.number, connect),
        }
    }

    //= spec/book/src/connection.md#cw-conn-004
    //# A reader MUST decide a connect by its method, the client's stored key of the stated generation, and a prologue with the connect's own hello, the answer that the reader gives to it now, and the connect without its handshake field.
    fn decide(&mut self, frame: &Frame<'_>, connect: &Connect<'_>) -> Option<ClientAuthenticated> {
        if self.deviates(Deviation::KnowsOneClient) && !self.is_first_client(connect) {
            return None;
        }
        let hello = Hello::decode(connect.hello)
            .ok()
            .filter(|hello| self.common_version(hello) != 0 || self.deviates(Deviation::TakesAnyVersion))?;
        let mut hello_answer = [0; CLEAR_MAX];
        let length = self.hello_answer(&hello, &mut hello_answer)?;
        let ephemeral = self.entropy.draw(&mut self.env, &self.identity.static_key)?;
        // Behind the header come the handshake's length byte, the handshake, and what extensions there are.
        let extensions = connect.extensions.as_bytes();
        let behind = 1 + connect.handshake.len() + extensions.len();
        let header = frame.payload.get(..frame.payload.len().checked_sub(behind)?)?;
        let bound = if self.deviates(Deviation::LeavesExtensionsUnbound) {
            &[]
        } else {
            extensions
        };
        let transcript = Transcript {
            hello: connect.hello,
            hello_answer: &hello_answer[..length],
            connect: [header, bound],
        };
        let takes_low_order = self.deviates(Deviation::TakesLowOrderKeys);
        authenticate(&self.keys, connect, &transcript, &ephemeral, takes_low_order)
    }

    //= spec/book/src/connection.md#cw-conn-005
    //# An accepted connect MUST end the session before it, enable the platform interface and nothing more, and be answered with connect_answer.
    fn accept(&mut self, now: Instant, number: u64, proof: ClientAuthenticated) {
        let login = self.deviates(Deviation::InheritsLogin) && self.interface.serves();
        if !login {
            self.end_session(now);
        }
        self.backoff.succeeded(&mut self.env, now);
        self.keys
            .used(&mut self.env, proof.client.as_str(), proof.generation);
        let mut out = [0; CLEAR_MAX];
        // The message has fixed size, so that it always fits.
        let answer = ConnectAnswer {
            handshake: &proof.answer,
            extensions: Default::default(),
        }
        .encode(&mut out);
        let mut session = Session::new(proof, now);
        if login {
            session.state = SessionState::Serving;
        }
        self.session = Some(session);
        self.interface.set_platform(true, now, &mut self.diagnostics);
        if !self.deviates(Deviation::KeepsChallenge) {
            self.renew_challenge();
        }
        self.output
            .put_answer(FrameKind::Clear, number, &out[..answer.unwrap_or(0)]);
    }

    //= spec/book/src/connection.md#cw-conn-007
    //# A reader MUST answer a connect that it refuses with the refusal, whether the client, its generation, its method or its key is the wrong one.
    fn connect_failed(&mut self, now: Instant, number: u64, connect: &Connect<'_>) {
        self.backoff.failed(&mut self.env, now);
        if self.deviates(Deviation::RenewsChallengeOnFailure) {
            self.renew_challenge();
        }
        if self.deviates(Deviation::FailedConnectEndsSession) {
            self.end_session(now);
        }
        let known = self
            .keys
            .client(connect.client_id.as_str(), connect.generation)
            .is_some();
        if self.deviates(Deviation::TellsUnknownClients) && !known {
            return self.put_clear(number, &[Refusal::CODE, 0x00, 0x01, 0x00, 0x00]);
        }
        self.refuse(number);
    }

    fn set_security_module(&mut self, now: Instant, state: WorkingState) {
        if self.security_state != state {
            self.security_state = state;
            self.diagnostics
                .record(now, Subject::Module, u16::from(ModuleId::SECURITY.0), state);
        }
    }

    //= spec/book/src/connection.md#cw-conn-008
    //# A reader's challenge MUST change at boot and with every accepted connect, and only then.
    pub(super) fn renew_challenge(&mut self) {
        let drawn = self.entropy.draw(&mut self.env, &self.identity.static_key);
        self.challenge = drawn.and_then(|bytes| bytes.first_chunk().copied());
    }
}

/// Whether a message carries the code of an answer: those are not answered (CW-LINK-007).
fn is_answer(payload: &[u8]) -> bool {
    payload.first().is_some_and(|code| code & 0x80 != 0)
}
