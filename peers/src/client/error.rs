//! What can go wrong for a client, by who is at fault; each with a sentence, and one that says what to do next.

use crate::noise::HandshakeError;
use cardwire_codec::{
    DecodeError, EncodeError,
    message::{ErrorCode, Format, SessionState},
};
use core::time::Duration;
use std::io;

/// Why a client did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The line between client and reader.
    #[error("link: {0}")]
    Link(#[from] LinkFault),
    /// The reader did what the protocol does not allow, or nothing.
    #[error("reader: {0}")]
    Reader(#[from] ReaderFault),
    /// The cloud did what the protocol does not allow, or nothing.
    #[error("cloud: {0}")]
    Cloud(#[from] CloudFault),
    /// What this client was given to work with.
    #[error("configuration: {0}")]
    Configuration(#[from] ConfigurationFault),
    /// Everybody works; the answer is no.
    #[error("refused: {0}")]
    Refused(#[from] Refused),
}

/// A fault of the line between client and reader.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// The line can't be opened.
    #[error("{endpoint} can't be opened: {source}")]
    Open {
        /// The endpoint.
        endpoint: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// The line was closed by the other end.
    #[error("the line was closed: {0}")]
    Closed(#[source] io::Error),
    /// What came was damaged each time.
    #[error("no answer came whole within {waited:?}: {garbage} times the bytes on the line were no frame")]
    Damaged {
        /// How long the client waited and repeated.
        waited: Duration,
        /// How often bytes between two delimiters were not a frame.
        garbage: u64,
    },
}

/// A fault of the reader.
#[derive(Debug, thiserror::Error)]
pub enum ReaderFault {
    /// It does not answer.
    #[error("it gave no answer to {request} within {waited:?}, although asked {tries} times (CW-SESS-008)")]
    Silent {
        /// The request.
        request: &'static str,
        /// How long the client waited.
        waited: Duration,
        /// How often it sent the request.
        tries: u32,
    },
    /// It sends frames, and none is an answer: another number, or one that does not authenticate.
    #[error(
        "none of the {dropped} frames that it sent within {waited:?} is an authentic answer to {request}"
    )]
    Unusable {
        /// The request.
        request: &'static str,
        /// How long the client waited and repeated.
        waited: Duration,
        /// How many frames it dropped.
        dropped: u32,
    },
    /// It answers a sealed request with the refusal: it was reset, or another client has connected.
    #[error("it knows the session no more, it answered {request} with the refusal")]
    SessionLost {
        /// The request.
        request: &'static str,
    },
    /// An earlier request was not answered, and its number can't be used again.
    #[error("the session is over: an earlier request was not answered")]
    SessionOver,
    /// Its half of the handshake does not authenticate.
    #[error("it does not hold the key that this client connects with: {0}")]
    Handshake(#[source] HandshakeError),
    /// Its answer breaks a rule of the codec.
    #[error("its {what} breaks a rule of the codec: {error}")]
    Malformed {
        /// What came.
        what: &'static str,
        /// The rule, the field and the offset.
        error: DecodeError,
    },
    /// Its answer is that to another request.
    #[error("it answered {request} with the message {code:02X}")]
    WrongAnswer {
        /// The request.
        request: &'static str,
        /// Code of the answer.
        code: u8,
    },
    /// The version that it states is not the highest common one (CW-CONN-002).
    #[error("it states version {stated} where {expected} is the highest common one (CW-CONN-002)")]
    Version {
        /// The version that it states.
        stated: u8,
        /// The version that both lists give.
        expected: u8,
    },
    /// What it says does not agree with what the client knows.
    #[error("the {field} of its {message} is not the right one ({requirement})")]
    Contradiction {
        /// The message or document.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// The requirement that it breaks.
        requirement: &'static str,
    },
    /// Its service data in the format `cbor` are not what that format is.
    #[error("its service data in cbor are {0} (CW-INTF-008)")]
    Cbor(&'static str),
    /// It does not serve after the login's last step, and gives no reason.
    #[error("it is `{state}` after the login instead of `serving`")]
    NotServing {
        /// Its state.
        state: SessionState,
    },
    /// It has nothing to say to the cloud where it must answer.
    #[error("it gave no answer to the message that the cloud sent it")]
    NothingToRelay,
    /// It was reset after the job had begun to write.
    #[error("it was reset while the job was writing to the card (CW-JOB-009)")]
    JobInterrupted,
    /// It does not know the job that it accepted.
    #[error("it does not know the job that it accepted (CW-JOB-006)")]
    JobForgotten,
    /// The job does not end.
    #[error("the job has not ended within {waited:?}")]
    JobOverdue {
        /// How long the client waited.
        waited: Duration,
    },
}

/// A fault of the cloud, or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum CloudFault {
    /// No connection comes about.
    #[error("{address} can't be reached: {source}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// Its certificate is not trusted, or TLS fails otherwise.
    #[error("the TLS connection failed: {0}")]
    Tls(#[source] io::Error),
    /// It closed the connection.
    #[error("the connection was closed: {0}")]
    Closed(#[source] io::Error),
    /// It does not answer.
    #[error("it gave no answer within {waited:?}")]
    Silent {
        /// How long the client waited.
        waited: Duration,
    },
    /// Its answer breaks a rule of the codec.
    #[error("its answer breaks a rule of the codec: {0}")]
    Malformed(#[source] DecodeError),
    /// Its answer is that to another request.
    #[error("it answered {request} with the message {code:02X}")]
    WrongAnswer {
        /// The request.
        request: &'static str,
        /// Code of the answer.
        code: u8,
    },
    /// It sends bytes that no relay message can carry.
    #[error("its message for the reader has {0} bytes, which no relay carries")]
    Unrelayable(usize),
    /// It keeps on sending.
    #[error("it has not come to an end after {0} messages")]
    Endless(u32),
}

/// A fault of what this client was given to work with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationFault {
    /// Client and reader have no version in common.
    #[error("client (versions {ours:?}) and reader (versions {theirs:?}) have no version in common")]
    NoCommonVersion {
        /// The client's versions.
        ours: Vec<u8>,
        /// The reader's versions.
        theirs: Vec<u8>,
    },
    /// A value given to the client has no encoding.
    #[error("the request can't be made: {0}")]
    Request(#[source] EncodeError),
    /// A value given to the client is not of its kind.
    #[error(
        "the request can't be made: a text that is no UTF-8, or a number of another size than four bytes"
    )]
    Values,
    /// The client is to write values in a format that it does not speak.
    #[error("the request can't be made: this client does not speak the format {0}")]
    Format(Format),
    /// The client's half of a handshake can't be made.
    #[error("{0}")]
    Handshake(#[source] HandshakeError),
    /// The operating system has no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[source] io::Error),
}

/// The answer is no, and the other end says so.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The reader refused hello or connect, which it does without a reason (CW-CONN-003, CW-CONN-007).
    #[error("the reader refused {request} of client `{client_id}`, generation {generation}")]
    Connection {
        /// The request.
        request: &'static str,
        /// The client.
        client_id: String,
        /// Its generation.
        generation: u32,
    },
    /// The reader refused a request of the session.
    #[error("the reader refused {request}: {code} (detail {detail}, offset {offset})")]
    Request {
        /// The request.
        request: &'static str,
        /// What was wrong.
        code: ErrorCode,
        /// More, as the error says.
        detail: u16,
        /// Where in the request.
        offset: u16,
    },
    /// The cloud refused.
    #[error("the cloud refused {request}: {code}")]
    Cloud {
        /// The request.
        request: &'static str,
        /// What was wrong.
        code: ErrorCode,
    },
}

impl ClientError {
    /// What a person who meets this error can do next.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Link(fault) => fault.remedy(),
            Self::Reader(fault) => fault.remedy(),
            Self::Cloud(fault) => fault.remedy(),
            Self::Configuration(fault) => fault.remedy(),
            Self::Refused(refused) => refused.remedy(),
        }
    }
}

impl LinkFault {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Open { .. } => "Check the endpoint, and that nobody else uses it.",
            Self::Closed(_) => "Check the reader's power and cable, then connect again.",
            Self::Damaged { .. } => "Check the cable and the baud rate, then connect again.",
        }
    }
}

impl ReaderFault {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Unusable { .. } => "Connect again; if it comes again, suspect the line or the device.",
            Self::Silent { .. } => {
                "Check that the reader is powered, that the endpoint leads to it, and that no other client holds its line."
            }
            Self::SessionLost { .. } | Self::SessionOver => "Connect and log in again.",
            Self::Handshake(_) => "Suspect the line or the device: it is not the reader that it says it is.",
            Self::NotServing { .. } => "Log in again; if it comes again, look at the cloud's registry.",
            Self::JobInterrupted => "Look at the card before anything is written to it again.",
            Self::JobOverdue { .. } => "Ask for the job's status, or abort it.",
            Self::NothingToRelay => "Log in again: the update goes on where it stopped.",
            Self::Malformed { .. }
            | Self::WrongAnswer { .. }
            | Self::Version { .. }
            | Self::Contradiction { .. }
            | Self::Cbor(_)
            | Self::JobForgotten => {
                "Report it to the reader's vendor: the reader does not keep to the protocol."
            }
        }
    }
}

impl CloudFault {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "Check the cloud's address and that it runs, then log in again.",
            Self::Tls(_) => "Check the cloud's certificate and the CA file that this client trusts.",
            Self::Closed(_) | Self::Silent { .. } => {
                "Log in again; if it comes again, look at the cloud's side."
            }
            Self::Malformed(_) | Self::WrongAnswer { .. } | Self::Unrelayable(_) | Self::Endless(_) => {
                "Report it to the cloud's operator: the cloud does not keep to the protocol."
            }
        }
    }
}

impl ConfigurationFault {
    fn remedy(&self) -> &'static str {
        match self {
            Self::NoCommonVersion { .. } => "Update the older one of the two.",
            Self::Format(_) => "Offer the service with the format native or cbor.",
            Self::Request(_) | Self::Values => "Check the values that the request was made from.",
            Self::Handshake(_) | Self::Random(_) => "Check the operating system's source of random bytes.",
        }
    }
}

impl Refused {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Connection { .. } => {
                "Check the client's identity, generation and secret against what the reader was provisioned with; \
                 after a failed attempt wait two seconds."
            }
            Self::Request { code, .. } | Self::Cloud { code, .. } => code
                .remedy()
                .unwrap_or("Look the code up in the vendor's documentation."),
        }
    }
}
