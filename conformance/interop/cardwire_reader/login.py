"""The login with the cloud, and the channel that stays open behind it (chapter Login)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .codec import RELAYED, RELAYED_MAX, CodecError, Fields, decode, encode
from .identity import Identity
from .noise import Cipher, HandshakeError, InitiatorIK
from .schema import seconds, value
from .security import VERSION
from .services import Services
from .update import counters

SOFTWARE = "interop-python-1.0.0"
HARDWARE_CLASS = 0xF0F7
"""Of the registry's private range: a class of this make alone."""

_RESULT = {code: layout for code, layout in RELAYED.items() if layout["name"] == "login_result"}
_SUCCESS = value("login_outcome", "success")
_SUITE = value("suite", "noise-ik")
_HANDSHAKE_TIME = seconds("T_handshake")


class LoginError(Exception):
    """Relayed bytes are refused by this error; the login, or the channel behind it, is gone."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class ChannelError(Exception):
    """A message of the channel is refused by this error; the channel stays."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Grants:
    """What a login_result that admits the reader allows."""

    all_services: bool
    services: frozenset[int]
    lifetime: int


class Login:
    """One login, from platform_auth to the end of its channel."""

    def __init__(
        self,
        identity: Identity,
        services: Services,
        perform: Callable[[str, Fields], bytes],
        client_id: str,
        session: bytes,
        now: float,
    ) -> None:
        self._identity = identity
        self._services = services
        self._perform = perform
        self._client_id = client_id
        self.expires = now + _HANDSHAKE_TIME
        self.header = encode(
            "login_header",
            {
                "version": VERSION,
                "suite": _SUITE,
                "reader_id": identity.reader_id,
                "hardware_class": HARDWARE_CLASS,
                "boot_counter": identity.boot_counter,
                "client_id": client_id,
                "session": session,
            },
        )
        prologue = b"cardwire/1 reader-cloud" + len(self.header).to_bytes(2, "big") + self.header
        self._handshake = InitiatorIK(prologue, identity.static(), identity.cloud_key, identity.ephemeral())
        self.handshake = self._handshake.first()
        self._send: Cipher | None = None
        self._receive: Cipher | None = None
        self._logged_in = False

    def relay(self, payload: bytes, admitted: Callable[[Grants], None]) -> bytes:
        """Takes relayed bytes; gives those for the cloud. Calls back when the cloud admits the reader."""
        if self._send is None or self._receive is None:
            return self._second(payload)
        message = self._receive.open(payload)
        if message is None:
            raise LoginError("cloud-not-authenticated")
        if self._logged_in:
            return self._send.seal(self._answer(message))
        admitted(self._result(message))
        self._logged_in = True
        return b""

    def _second(self, payload: bytes) -> bytes:
        try:
            self._send, self._receive = self._handshake.second(payload)
        except HandshakeError:
            raise LoginError("cloud-not-authenticated") from None
        confirm = {
            "reader_id": self._identity.reader_id,
            "client_id": self._client_id,
            "software": SOFTWARE,
            **counters(self._services.store.record),
        }
        return self._send.seal(encode("login_confirm", confirm))

    def _result(self, message: bytes) -> Grants:
        try:
            _, result = decode(message, _RESULT, RELAYED_MAX)
        except CodecError:
            raise LoginError("cloud-not-authenticated") from None
        if (result["reader_id"], result["client_id"]) != (self._identity.reader_id, self._client_id):
            raise LoginError("login-mismatch")
        if result["outcome"] != _SUCCESS:
            raise LoginError("login-denied")
        return Grants(result["all_services"], frozenset(result["services"]), result["lifetime"])

    def _answer(self, message: bytes) -> bytes:
        try:
            name, fields = decode(message, RELAYED, RELAYED_MAX)
        except CodecError as error:
            return _channel_error(message, "malformed", error.rule)
        if name == "login_result":
            return _channel_error(message, "unexpected")
        try:
            return self._perform(name, fields)
        except ChannelError as error:
            return _channel_error(message, error.error)


def _channel_error(message: bytes, error: str, detail: int = 0) -> bytes:
    fields: Fields = {"request": message[0] if message else 0, "code": value("error", error), "detail": detail}
    return encode("channel_error", fields)
