"""Records of every change of a working state (chapter Diagnostics)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from .schema import value

DISABLED = value("working_state", "disabled")
ENABLED = value("working_state", "enabled")
BUSY = value("working_state", "busy")
FAILED = value("working_state", "failed")

MODULE = value("subject", "module")
PLATFORM = value("subject", "platform-interface")
SERVICE = value("subject", "service-interface")

KEPT = 1024
_IN_ONE_ANSWER = 32


class Diagnostics:
    """Working states, and the newest records of how they changed."""

    def __init__(self, uptime_ms: Callable[[], int]) -> None:
        self._uptime_ms = uptime_ms
        self._states: dict[tuple[int, int], int] = {}
        self._records: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._next = 0

    def state(self, subject: int, ident: int) -> int:
        """The working state as it is."""
        return self._states.get((subject, ident), DISABLED)

    def change(self, subject: int, ident: int, state: int) -> None:
        """Sets a working state; a record is made where it is another one."""
        if self.state(subject, ident) == state:
            return
        self._states[subject, ident] = state
        self._records.append(
            {"number": self._next, "tick": self._uptime_ms(), "subject": subject, "id": ident, "state": state}
        )
        self._next += 1

    def answer(self, first: int) -> dict[str, Any]:
        """The fields of diagnostics_answer from this record on."""
        oldest = self._next - len(self._records)
        begin = max(first, oldest) - oldest
        records = [self._records[index] for index in range(begin, min(begin + _IN_ONE_ANSWER, len(self._records)))]
        return {"overflow": oldest, "next": self._next, "records": records}
