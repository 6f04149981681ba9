"""The security module: decides on connects, and backs off after wrong ones (chapter Connection)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from .codec import CLEAR_MAX, CLEAR_REQUESTS, CodecError, Fields, decode, encode
from .diagnostics import DISABLED, ENABLED, MODULE, Diagnostics
from .identity import Identity
from .link import LARGEST_FRAME
from .noise import Cipher, HandshakeError, respond_nnpsk0
from .schema import seconds, value
from .store import Store

VERSION = 1
_NNPSK0 = value("method", "noise-nnpsk0")
_SECURITY = value("module", "security")
_HANDSHAKE = 48
_FIRST_BACKOFF = 0.025
_LONGEST_BACKOFF = seconds("T_backoff")
_COUNT_MAX = 0xFFFF


@dataclass(frozen=True)
class Accepted:
    """What an accepted connect yields."""

    answer: bytes
    client_id: str
    client: Cipher
    reader: Cipher
    handshake_hash: bytes
    failed_before: int


class SecurityModule:
    """Challenge, failures and back-off."""

    def __init__(self, identity: Identity, store: Store, diagnostics: Diagnostics, clock: Callable[[], float]) -> None:
        self._identity = identity
        self._store = store
        self._diagnostics = diagnostics
        self._clock = clock
        self._challenge = os.urandom(16)
        self.failures = store.record.failures
        self._from_before = self.failures > 0
        self._backoff = _LONGEST_BACKOFF if self._from_before else _FIRST_BACKOFF
        self._blind_until = clock() + _LONGEST_BACKOFF if self._from_before else 0.0

    def hello_answer(self, hello: Fields) -> bytes:
        """The answer to a hello, which is the same as long as the challenge is."""
        return encode(
            "hello_answer",
            {
                "version": VERSION if VERSION in hello["versions"] else 0,
                "versions": [VERSION],
                "max_frame": LARGEST_FRAME,
                "challenge": self._challenge,
                "reader_id": self._identity.reader_id,
            },
        )

    def connect(self, message: bytes, connect: Fields) -> Accepted | None:
        """Decides a connect that the codec takes; None where it is refused."""
        if self._clock() < self._blind_until:
            return None
        self._diagnostics.change(MODULE, _SECURITY, ENABLED)
        accepted = self._decide(message, connect)
        if accepted is None:
            self._failed()
        else:
            self._succeeded()
        self._diagnostics.change(MODULE, _SECURITY, DISABLED)
        return accepted

    def _decide(self, message: bytes, connect: Fields) -> Accepted | None:
        try:
            _, hello = decode(connect["hello"], {1: CLEAR_REQUESTS[1]}, CLEAR_MAX)
        except CodecError:
            return None
        client_id, handshake = connect["client_id"], connect["handshake"]
        # An unknown client goes through the same handshake, with a key that nobody holds.
        psk = self._identity.clients.get((client_id, connect["generation"]), os.urandom(32))
        if VERSION not in hello["versions"] or connect["method"] != _NNPSK0 or len(handshake) != _HANDSHAKE:
            return None
        prologue = _prologue(message, connect, self.hello_answer(hello))
        try:
            answer, client, reader, handshake_hash = respond_nnpsk0(
                psk, prologue, handshake, self._identity.ephemeral()
            )
        except HandshakeError:
            return None
        return Accepted(
            encode("connect_answer", {"handshake": answer}), client_id, client, reader, handshake_hash, self.failures
        )

    def _failed(self) -> None:
        self.failures = min(self.failures + 1, _COUNT_MAX)
        if self.failures & (self.failures - 1) == 0 and self.failures > self._store.record.failures:
            self._store.record.failures = self.failures
            self._store.save()
        self._blind_until = self._clock() + self._backoff
        self._backoff = min(2 * self._backoff, _LONGEST_BACKOFF)

    def _succeeded(self) -> None:
        self.failures = 0
        self._backoff = _FIRST_BACKOFF
        self._challenge = os.urandom(16)
        if self._store.record.failures:
            self._store.record.failures = 0
            self._store.save()


def _prologue(message: bytes, connect: Fields, hello_answer: bytes) -> bytes:
    """Binds all that went in clear: hello, its answer, and the connect without its field `handshake`."""
    begin = 1 + 1 + len(connect["hello"]) + 1 + 1 + len(connect["client_id"]) + 4
    without = message[:begin] + message[begin + 1 + len(connect["handshake"]) :]
    parts = (connect["hello"], hello_answer, without)
    return b"cardwire/1 client-reader" + b"".join(len(part).to_bytes(2, "big") + part for part in parts)
