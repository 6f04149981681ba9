//! The way in, in clear: hello, connect, and the refusal of everything else.

use super::{MainControl, session::Session};
use crate::{
    digest::sha256,
    env::Env,
    security::client::{ClientAuthenticated, Transcript, authenticate},
    time::Instant,
};
use cardwire_codec::{
    Frame, List, Message,
    message::{
        ClearRequest, Connect, ConnectAnswer, FrameKind, Hello, HelloAnswer, ModuleId, Refusal, Subject,
        WorkingState,
        limits::{FRAME_MIN, PROTOCOL_VERSION},
    },
};

/// Versions of the protocol that this reader speaks, ascending.
const VERSIONS: [u8; 1] = [PROTOCOL_VERSION];
/// Answers in clear: the largest is hello_answer.
const CLEAR_MAX: usize = 96;

impl<E: Env> MainControl<E> {
    //= spec/book/src/security.md#cw-sec-001
    //# A reader MUST NOT execute anything that arrives in a clear frame, in any state, but hello and connect.
    //= spec/book/src/connection.md#cw-conn-003
    //# A reader MUST answer a clear frame that holds neither hello nor an acceptable connect, and without a session every sealed frame, with the refusal, which is the same for all of them, and change nothing.
    #[inline(never)]
    pub(super) fn handle_clear(&mut self, now: Instant, frame: &Frame<'_>) {
        match ClearRequest::decode(frame.payload) {
            Ok(ClearRequest::Hello(hello)) => self.answer_hello(frame.number, &hello),
            Ok(ClearRequest::Connect(connect)) => self.handle_connect(now, frame, &connect),
            Err(_) if is_answer(frame.payload) => {}
            Err(_) => self.refuse(frame.number),
        }
    }

    //= spec/book/src/link.md#cw-link-004
    //# The answer to a clear frame MUST be a clear frame that repeats its number.
    pub(super) fn put_clear(&mut self, number: u64, payload: &[u8]) {
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
        HelloAnswer {
            version: self.common_version(hello),
            versions: List::from_items(&VERSIONS),
            max_frame: FRAME_MIN as u16,
            challenge: &self.challenge?,
            reader_id: self.identity.reader_id.view(),
            extensions: Default::default(),
        }
        .encode(out)
        .ok()
    }

    //= spec/book/src/connection.md#cw-conn-002
    //# A reader MUST state in its answer to hello the highest version that both ends speak, and 0 where there is none.
    fn common_version(&self, hello: &Hello<'_>) -> u8 {
        hello
            .versions
            .iter()
            .filter(|version| VERSIONS.contains(version))
            .max()
            .unwrap_or(0)
    }

    #[inline(never)]
    fn handle_connect(&mut self, now: Instant, frame: &Frame<'_>, connect: &Connect<'_>) {
        let received = (frame.number, sha256(frame.payload));
        //= spec/book/src/session.md#cw-sess-004
        //# A reader MUST answer a byte-for-byte repeat of its last authenticated request with the same bytes as before.
        let fresh = self
            .session
            .as_ref()
            .is_some_and(|session| session.channel.is_fresh());
        if fresh && self.accepted_connect == Some(received) {
            self.output.repeat_answer();
            return;
        }
        if !self.backoff.is_over(now) {
            return self.refuse(frame.number);
        }
        //= spec/book/src/connection.md#cw-conn-010
        //# A reader MUST enable its security module before it looks at a connect's authentication information and disable it when it has decided.
        self.set_security_module(now, WorkingState::Enabled);
        let proof = self.decide(frame, connect);
        self.set_security_module(now, WorkingState::Disabled);
        match proof {
            Some(proof) => {
                self.accept(now, frame.number, proof);
                self.accepted_connect = Some(received);
            }
            None => self.connect_failed(now, frame.number),
        }
    }

    //= spec/book/src/connection.md#cw-conn-004
    //# A reader MUST decide a connect by its method, the client's stored key of the stated generation, and a prologue with the connect's own hello, the answer that the reader gives to it now, and the connect without its handshake field.
    fn decide(&mut self, frame: &Frame<'_>, connect: &Connect<'_>) -> Option<ClientAuthenticated> {
        let hello = Hello::decode(connect.hello)
            .ok()
            .filter(|hello| self.common_version(hello) != 0)?;
        let mut hello_answer = [0; CLEAR_MAX];
        let length = self.hello_answer(&hello, &mut hello_answer)?;
        let ephemeral = self.entropy.draw(&mut self.env, &self.identity.static_key)?;
        // Behind the header come the handshake's length byte, the handshake, and what extensions there are.
        let extensions = connect.extensions.as_bytes();
        let behind = 1 + connect.handshake.len() + extensions.len();
        let header = frame.payload.get(..frame.payload.len().checked_sub(behind)?)?;
        let transcript = Transcript {
            hello: connect.hello,
            hello_answer: &hello_answer[..length],
            connect: [header, extensions],
        };
        authenticate(&self.keys, connect, &transcript, &ephemeral)
    }

    //= spec/book/src/connection.md#cw-conn-005
    //# An accepted connect MUST end the session before it, enable the platform interface and nothing more, and be answered with connect_answer.
    fn accept(&mut self, now: Instant, number: u64, proof: ClientAuthenticated) {
        self.end_session(now);
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
        self.session = Some(Session::new(proof, now));
        self.interface.set_platform(true, now, &mut self.diagnostics);
        self.renew_challenge();
        self.output
            .put_answer(FrameKind::Clear, number, &out[..answer.unwrap_or(0)]);
    }

    //= spec/book/src/connection.md#cw-conn-007
    //# A reader MUST answer a connect that it refuses with the refusal, whether the client, its generation, its method or its key is the wrong one.
    fn connect_failed(&mut self, now: Instant, number: u64) {
        self.backoff.failed(&mut self.env, now);
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
