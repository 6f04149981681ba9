"""What a reader holds of a session: keys, numbers, the last answer, the login (chapter Session)."""

from __future__ import annotations

from dataclasses import dataclass

from .link import SEALED, Frame
from .login import Login
from .noise import Cipher
from .schema import value

CONNECTED = value("session_state", "connected")
_FIRST_EVENT = 1 << 63


@dataclass
class Session:
    """One client's session."""

    client_id: str
    client: Cipher
    reader: Cipher
    handshake_hash: bytes
    failed_before: int
    last_request: float
    answered: Frame
    """The request that was answered last; at first the connect."""
    answer: bytes
    """That answer, as it stood on the line."""
    state: int = CONNECTED
    next: int = 0
    dropped: int = 0
    next_event: int = _FIRST_EVENT
    login: Login | None = None
    offers: dict[int, int] | None = None
    grants_end: float = 0.0

    def keep(self, request: Frame, answer: bytes) -> bytes:
        """Seals an answer under its request's number and keeps it for a repeat; its bytes on the line."""
        sealed = Frame(SEALED, request.number, self.reader.seal(answer, request.number)).encode()
        self.answered, self.answer = request, sealed
        return sealed

    def event(self, message: bytes) -> bytes:
        """Seals an event under the next number for events; its bytes on the line."""
        number = self.next_event
        self.next_event += 1
        return Frame(SEALED, number, self.reader.seal(message, number)).encode()
