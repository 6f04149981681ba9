"""The service interfaces: instructions, and what is asked of jobs (chapters Interfaces and formats, Jobs)."""

from __future__ import annotations

from .codec import Fields, encode
from .control import DONE, RUNNING, UNKNOWN, Job, MainControl
from .diagnostics import SERVICE, Diagnostics
from .formats import CBOR, NATIVE, FormatError, parse
from .schema import value
from .secrets import MISSING, Secrets
from .services import CLIENT, Services, takes

_SERVICES_IN_ONE_ANSWER = 6
_PART = 256
"""Bytes of a part of service data."""


class RequestError(Exception):
    """The request is refused by this error."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class ServiceRequests:
    """Answers requests of service interfaces while the reader is logged in."""

    def __init__(self, control: MainControl, services: Services, secrets: Secrets, diagnostics: Diagnostics) -> None:
        self._control = control
        self._services = services
        self._secrets = secrets
        self._diagnostics = diagnostics
        self.formats: dict[int, int] = {}
        """The enabled interfaces, each with the format that the client offered."""

    def perform(self, name: str, fields: Fields) -> bytes:
        """The answer to a request."""
        match name:
            case "service_list":
                return self._list(fields["from"])
            case "instruct":
                return self._instruct(fields["job"], fields["service"], fields["parameters"])
            case "job_data":
                return self._data(fields["job"], fields["part"])
            case "job_abort":
                job = self._known(fields["job"])
                self._control.abort(job)
                return _status(fields["job"], job)
            case _:
                return _status(fields["job"], self._control.job(fields["job"]))

    def _known(self, ident: bytes) -> Job:
        job = self._control.job(ident)
        if job is None:
            raise RequestError("unknown-job")
        return job

    def _list(self, first: int) -> bytes:
        programs = self._services.programs
        entries = [
            {
                "service": service,
                "name": programs[service].document["name"],
                "logic_version": programs[service].document["version"],
                "policy": programs[service].document["policy"],
                "interface": self._diagnostics.state(SERVICE, service),
                "logic_digest": programs[service].digest,
            }
            for service in sorted(programs)
        ]
        return encode(
            "service_list_answer",
            {"total": len(entries), "services": entries[first : first + _SERVICES_IN_ONE_ANSWER]},
        )

    def _instruct(self, ident: bytes, service: int, parameters: bytes) -> bytes:
        control = self._control
        instruction = control.digest(service, parameters)
        job = control.job(ident)
        if job is not None:
            if job.instruction != instruction:
                raise RequestError("job-conflict")
            return encode("instruct_answer", {"job": ident, "state": job.state})
        program = self._services.programs.get(service)
        if program is None:
            raise RequestError("unknown-service")
        form = self.formats.get(service)
        if form is None:
            raise RequestError("interface-disabled")
        if form not in (NATIVE, CBOR):
            raise RequestError("format-not-supported")
        if control.running is not None:
            raise RequestError("busy")
        try:
            items = parse(parameters, form) if parameters else []
        except FormatError:
            raise RequestError("parameters-refused") from None
        if not takes(program, items, CLIENT):
            raise RequestError("parameters-refused")
        secrets = self._secrets.of(ident, service, program)
        if secrets is None:
            raise RequestError(MISSING)
        self._secrets.used(ident, service)
        control.accept(ident, service, instruction, form, program, items + secrets)
        return encode("instruct_answer", {"job": ident, "state": RUNNING})

    def _data(self, ident: bytes, part: int) -> bytes:
        job = self._known(ident)
        if job.service not in self.formats:
            raise RequestError("interface-disabled")
        data = job.data
        if job.state != DONE or data is None or part * _PART >= len(data):
            raise RequestError("no-such-part")
        begin, end = part * _PART, (part + 1) * _PART
        return encode(
            "job_data_answer", {"job": ident, "part": part, "last": end >= len(data), "data": data[begin:end]}
        )


def error_answer(request: bytes, error: str, detail: int = 0, offset: int = 0) -> bytes:
    """The error that a request is refused by."""
    first = request[0] if request else 0
    return encode("error", {"request": first, "code": value("error", error), "detail": detail, "offset": offset})


def _status(ident: bytes, job: Job | None) -> bytes:
    if job is None:
        return encode("job_status_answer", {"job": ident, "state": UNKNOWN})
    return encode(
        "job_status_answer",
        {
            "job": ident,
            "state": job.state,
            "service": job.service,
            "logic_digest": job.logic_digest,
            "step": job.step,
            "outcome": job.outcome,
            "status_word": job.status_word,
            "data_length": job.data_length,
        },
    )
