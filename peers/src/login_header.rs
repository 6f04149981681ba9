//! The login header, compared with what client and cloud know (CW-LOGIN-002).

use cardwire_codec::message::LoginHeader;

/// What client and cloud know of a login before they see its header.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedLogin<'a> {
    /// The session's version.
    pub version: u8,
    /// The client.
    pub client_id: &'a str,
    /// The handshake hash of that client's session.
    pub session: &'a [u8; 32],
}

/// The first field of a login header that is not what client or cloud know.
//= spec/book/src/login.md#cw-login-002
//# The login header MUST state the session's version, the reader's identity and class of hardware, the client that the reader authenticated, and the handshake hash of that client's session.
#[must_use]
pub fn contradiction(header: &LoginHeader<'_>, expected: ExpectedLogin<'_>) -> Option<&'static str> {
    let fields = [
        ("version", header.version == expected.version),
        ("client_id", header.client_id == expected.client_id),
        ("session", header.session == expected.session),
    ];
    fields
        .into_iter()
        .find(|(_, agrees)| !agrees)
        .map(|(field, _)| field)
}
