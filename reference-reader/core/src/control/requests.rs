//! The sealed requests: what each does, and in which state of the session it has its place.

use super::MainControl;
use crate::{env::Env, modules::SERVICE_MODULES, time::Instant};
use cardwire_codec::{
    DecodeError, EncodeError, List, Message,
    message::{
        DiagnosticRecord, Diagnostics, DiagnosticsAnswer, DisconnectAnswer, ErrorAnswer, ErrorCode,
        FrameKind, ModuleEntry, ModuleId, Provisioning, ReaderStatusAnswer, Request, SessionState, Subject,
        WorkingState,
        limits::{MESSAGE_MAX, TAG_SIZE},
    },
};

/// Records in one diagnostics_answer; the schema's bound.
const RECORDS_MAX: usize = 32;

/// Why a request is refused, as the error message says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: ErrorCode,
    pub(super) detail: u16,
    pub(super) offset: u16,
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            detail: 0,
            offset: 0,
        }
    }
}

impl From<DecodeError> for Refused {
    //= spec/book/src/codec.md#cw-codec-009
    //# A reader MUST answer an authenticated request that breaks a rule of the codec with the error `malformed`, the rule and the offset, and change nothing.
    fn from(error: DecodeError) -> Self {
        Self {
            code: ErrorCode::MALFORMED,
            detail: u16::from(error.rule.value()),
            offset: u16::try_from(error.offset).unwrap_or(u16::MAX),
        }
    }
}

impl From<EncodeError> for Refused {
    /// An answer that has no encoding is this reader's own fault; it says that it can't do what was asked.
    fn from(_: EncodeError) -> Self {
        ErrorCode::NOT_SUPPORTED.into()
    }
}

impl<E: Env> MainControl<E> {
    /// Executes one authenticated request and seals its answer.
    #[inline(never)]
    pub(super) fn handle_request(&mut self, now: Instant, message: &[u8]) {
        let mut out = [0; MESSAGE_MAX];
        let length = match self.execute(now, message, &mut out) {
            Ok(length) => length,
            Err(refused) => encode_error(message, refused, &mut out),
        };
        if self.session.is_none() {
            return;
        }
        self.put_sealed(&out[..length]);
        let disconnects = out[0] == DisconnectAnswer::CODE;
        if core::mem::take(&mut self.ends_with_answer) || disconnects {
            self.end_session(now);
        }
        self.forget_secrets(now);
        // A service begins only now: its instruction is answered before it runs (CW-JOB-001).
        let (run, mut around) = self.split(now);
        run.advance(&mut around);
        self.report_progress();
    }

    /// Seals an answer and puts it out.
    // Apart from what executes requests, which is where the stack is deepest.
    #[inline(never)]
    fn put_sealed(&mut self, answer: &[u8]) {
        let mut sealed = [0; MESSAGE_MAX + TAG_SIZE];
        if let Some(session) = self.session.as_ref()
            && let Some(end) = session.channel.seal_answer(answer, &mut sealed)
        {
            self.output
                .put_answer(FrameKind::Sealed, session.channel.answer_number(), &sealed[..end]);
        }
    }

    #[inline(never)]
    fn execute(&mut self, now: Instant, message: &[u8], out: &mut [u8]) -> Result<usize, Refused> {
        let request = Request::decode(message)?;
        self.check_state(&request)?;
        match request {
            Request::PlatformAuth(request) => self.platform_auth(now, &request, out),
            Request::Relay(request) => self.relay(now, &request, out),
            Request::ServiceList(request) => self.service_list(&request, out),
            Request::Instruct(request) => self.instruct(&request, out),
            Request::JobData(request) => self.job_data(&request, out),
            Request::JobStatus(request) => Ok(self.encode_job(request.job, out)?),
            Request::JobAbort(request) => self.job_abort(now, request.job, out),
            Request::ReaderStatus(_) => Ok(self.encode_status(now, out)?),
            Request::Diagnostics(request) => self.diagnostics(&request, out),
            Request::Disconnect(_) => Ok(DisconnectAnswer {
                extensions: Default::default(),
            }
            .encode(out)?),
        }
    }

    //= spec/book/src/session.md#cw-sess-012
    //# A reader MUST answer an authenticated request that has no place in the session's state with the error `unexpected`, for services before login `not-logged-in`, for relayed bytes without a login `login-expired`, and change nothing.
    fn check_state(&self, request: &Request<'_>) -> Result<(), Refused> {
        let state = self
            .session
            .as_ref()
            .map_or(SessionState::Locked, |session| session.state);
        match request {
            Request::PlatformAuth(_)
            | Request::ReaderStatus(_)
            | Request::Diagnostics(_)
            | Request::Disconnect(_) => Ok(()),
            Request::Relay(_) => match state {
                SessionState::Login | SessionState::Serving => Ok(()),
                SessionState::Locked | SessionState::Connected => Err(ErrorCode::LOGIN_EXPIRED.into()),
            },
            Request::ServiceList(_)
            | Request::Instruct(_)
            | Request::JobData(_)
            | Request::JobStatus(_)
            | Request::JobAbort(_) => match state {
                SessionState::Serving => Ok(()),
                SessionState::Locked | SessionState::Connected | SessionState::Login => {
                    Err(ErrorCode::NOT_LOGGED_IN.into())
                }
            },
        }
    }

    //= spec/book/src/session.md#cw-sess-011
    //# A reader MUST answer reader_status in every state of a session with its state, identity kind, slots and modules as they are.
    #[inline(never)]
    pub(super) fn encode_status(&self, now: Instant, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut modules = [ModuleEntry {
            module: ModuleId::SECURITY,
            state: self.security_state,
        }; 1 + SERVICE_MODULES.len()];
        let mut listed = 1;
        for (entry, (module, state)) in modules[1..].iter_mut().zip(self.modules.states()) {
            *entry = ModuleEntry { module, state };
            listed += 1;
        }
        let state = self
            .session
            .as_ref()
            .map_or(SessionState::Locked, |session| session.state);
        ReaderStatusAnswer {
            state,
            provisioning: self.identity.provisioning,
            hardware_class: self.identity.hardware_class,
            software: self.identity.software.view(),
            boot_counter: self.boot_counter,
            uptime: (now.as_millis() - self.booted.as_millis()) as u32,
            failed_connects: self.backoff.stated_failures(),
            slots: List::from_items(self.slots()),
            modules: List::from_items(&modules[..listed]),
            extensions: Default::default(),
        }
        .encode(out)
    }

    //= spec/book/src/diagnostics.md#cw-diag-003
    //# A reader with a production identity MUST refuse diagnostics with `not-permitted`.
    #[inline(never)]
    fn diagnostics(&self, request: &Diagnostics<'_>, out: &mut [u8]) -> Result<usize, Refused> {
        if self.identity.provisioning != Provisioning::Certification {
            return Err(ErrorCode::NOT_PERMITTED.into());
        }
        let blank = DiagnosticRecord {
            number: 0,
            tick: 0,
            subject: Subject::Module,
            id: 0,
            state: WorkingState::Disabled,
        };
        let mut records = [blank; RECORDS_MAX];
        let mut count = 0;
        let kept = self.diagnostics.since(request.from);
        for (slot, record) in records.iter_mut().zip(kept) {
            *slot = record;
            count += 1;
        }
        Ok(DiagnosticsAnswer {
            overflow: self.diagnostics.overflow(),
            next: self.diagnostics.next(),
            records: List::from_items(&records[..count]),
            extensions: Default::default(),
        }
        .encode(out)?)
    }
}

fn encode_error(message: &[u8], refused: Refused, out: &mut [u8]) -> usize {
    let Refused { code, detail, offset } = refused;
    // The message has fixed size and no bounds, so that it always fits.
    ErrorAnswer {
        request: message.first().copied().unwrap_or(0),
        code,
        detail,
        offset,
        extensions: Default::default(),
    }
    .encode(out)
    .unwrap_or(0)
}
