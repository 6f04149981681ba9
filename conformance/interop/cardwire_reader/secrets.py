"""Secrets of the card that the cloud sends for one job (chapter Jobs, Secrets of the card)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .codec import Fields, encode
from .control import MainControl
from .formats import NATIVE, FormatError, Item, parse
from .login import ChannelError
from .program import Program
from .schema import MESSAGES, seconds
from .services import CLOUD, Services, takes

# A schema without job_secrets has no error of its own for what its clouds can't bring.
MISSING = "secrets-missing" if "job_secrets" in MESSAGES else "parameters-refused"
_LIFE = seconds("T_handshake")


@dataclass(frozen=True)
class _Held:
    job: bytes
    service: int
    items: list[Item]
    until: float


class Secrets:
    """Those of one job at a time, for as long as they wait for their instruction."""

    def __init__(self, control: MainControl, services: Services, clock: Callable[[], float]) -> None:
        self._control = control
        self._services = services
        self._clock = clock
        self._held: _Held | None = None

    def hold(self, fields: Fields, enabled: Callable[[int], bool]) -> bytes:
        """Takes job_secrets, or refuses it and keeps what was held."""
        job, service = fields["job"], fields["service"]
        if self._control.job(job) is not None:
            raise ChannelError("job-conflict")
        program = self._services.programs.get(service)
        if program is None:
            raise ChannelError("unknown-service")
        if not enabled(service):
            raise ChannelError("interface-disabled")
        try:
            items = parse(fields["parameters"], NATIVE)
        except FormatError:
            raise ChannelError("parameters-refused") from None
        if not takes(program, items, CLOUD):
            raise ChannelError("parameters-refused")
        self._held = _Held(job, service, items, self._clock() + _LIFE)
        return encode("job_secrets_answer", {"job": job})

    def of(self, job: bytes, service: int, program: Program) -> list[Item] | None:
        """What is held for this instruction; None where the logic demands what is not."""
        held = self._held
        mine = held is not None and (held.job, held.service) == (job, service)
        items = held.items if held is not None and mine else []
        return items if takes(program, items, CLOUD) else None

    def used(self, job: bytes, service: int) -> None:
        """The instruction was accepted: what was for it is held no more."""
        if self._held is not None and (self._held.job, self._held.service) == (job, service):
            self._held = None

    def until(self) -> float | None:
        """When those that are held end unused."""
        return self._held.until if self._held is not None else None

    def erase(self, *, late: bool = False) -> None:
        """Erases them; where `late`, only if their time has passed."""
        if self._held is not None and (not late or self._clock() >= self._held.until):
            self._held = None
