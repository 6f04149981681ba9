"""The main control: jobs, the modules that a running service needs, and the journal (chapters Jobs, Modules)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Generator
from dataclasses import dataclass

from .card import Card
from .contact import CardDamaged, CardMute, exchange
from .diagnostics import BUSY, DISABLED, ENABLED, MODULE, Diagnostics
from .formats import Item, render
from .machine import CONTACT_CARD, INDICATOR, Call, Result, Run
from .program import Program
from .registers import Ended
from .schema import value
from .store import JournalEntry, Store

SERVICE_MODULES = frozenset({CONTACT_CARD, INDICATOR})
JOB_MEMORY = 8
SETTLING = 0.002
"""Seconds from a module's supply to its first command."""

UNKNOWN = value("job_state", "unknown")
RUNNING = value("job_state", "running")
INTERRUPTED = value("job_state", "interrupted")
DONE = value("job_state", "done")
_WHOLE_SERVICE = value("policy", "whole-service")
_FINISH = value("client_loss", "finish")

Waits = Generator[float, None, None]
"""Waits for a moment of the clock, one after the other."""


@dataclass
class Job:
    """One run of one service, as its client may ask for it."""

    ident: bytes
    service: int
    instruction: bytes
    """A digest of service and parameters, keyed: parameters may hold a PIN."""
    logic_digest: bytes
    form: int
    state: int = RUNNING
    step: int = 0
    outcome: int = 0
    status_word: int = 0
    data: bytes | None = None
    data_length: int = 0
    journal: JournalEntry | None = None
    cut: str | None = None
    """Why it ends before its next module command."""


class MainControl:
    """Runs one service at a time, and keeps what became of those before."""

    def __init__(
        self,
        store: Store,
        diagnostics: Diagnostics,
        card: Card,
        clock: Callable[[], float],
        key: bytes,
        exchange_time: float,
        tell: Callable[[Job, int], None],
    ) -> None:
        self._store = store
        self._diagnostics = diagnostics
        self._card = card
        self._clock = clock
        self._key = key
        self._exchange_time = exchange_time
        self._tell = tell
        self._jobs: dict[bytes, Job] = {}
        self.running: Job | None = None
        self._run: Run | None = None
        self._waits: Waits | None = None
        self.wake = 0.0
        self._settling: int | None = None
        self.card_present = False
        self.generation = 0
        self._recall()

    def _recall(self) -> None:
        entry = self._store.record.journal
        if entry is None:
            return
        job = Job(
            bytes.fromhex(entry.job),
            entry.service,
            bytes.fromhex(entry.instruction),
            bytes.fromhex(entry.logic_digest),
            form=0,
            state=DONE if entry.ended else INTERRUPTED,
            step=entry.step,
            outcome=entry.outcome,
            status_word=entry.status_word,
        )
        self._jobs[job.ident] = job

    def digest(self, service: int, parameters: bytes) -> bytes:
        """What two instructions have in common if they are the same."""
        return hmac.digest(self._key, b"instruction" + service.to_bytes(2, "big") + parameters, "sha256")

    def job(self, ident: bytes) -> Job | None:
        """The job of this id, with its steps as they are."""
        job = self._jobs.get(ident)
        if job is not None and job is self.running and self._run is not None:
            job.step = self._run.steps
        return job

    def accept(
        self, ident: bytes, service: int, instruction: bytes, form: int, program: Program, items: list[Item]
    ) -> None:
        """Begins a job; no module is touched before `work`."""
        for job in self._jobs.values():
            job.data = None
        job = Job(ident, service, instruction, program.digest, form)
        self._jobs[ident] = job
        self.running = job
        self._run = Run(program, items)
        self._waits = self._service(job, self._run)
        self.wake = self._clock()

    def abort(self, job: Job) -> None:
        """Has a running job end before its next module command."""
        if job is self.running and job.cut is None:
            job.cut = "aborted"

    def client_lost(self) -> None:
        """The session that gave the instruction has ended."""
        job, run = self.running, self._run
        if job is None or run is None or run.program.document["on_client_loss"] == _FINISH:
            return
        if job.cut is None:
            job.cut = "client-lost"

    def work(self) -> None:
        """Goes on with the running service, as far as it need not wait."""
        while self._waits is not None and self._clock() >= self.wake:
            try:
                self.wake = next(self._waits)
            except StopIteration:
                self._waits = None

    def move_card(self, present: bool) -> bool:
        """Takes what the contact-detect switch says; tells whether that is news."""
        if present == self.card_present:
            return False
        self.card_present = present
        self.generation += 1
        used = self._settling == CONTACT_CARD or self._state(CONTACT_CARD) != DISABLED
        if not present and used and self._waits is not None:
            try:
                self.wake = self._waits.throw(Ended("card-removed"))
            except StopIteration:
                self._waits = None
        return True

    def _state(self, module: int) -> int:
        return self._diagnostics.state(MODULE, module)

    def _service(self, job: Job, run: Run) -> Waits:
        outcome = 0
        try:
            if run.program.document["policy"] == _WHOLE_SERVICE:
                for module in run.program.document["modules"]:
                    yield from self._enable(job, run, module)
            yield from self._logic(job, run)
        except Ended as ended:
            outcome = ended.outcome
        if run.critical and run.wrote:
            outcome = value("outcome", "card-inconsistent")
        self._settling = None
        for module in sorted(SERVICE_MODULES, reverse=True):
            self._disable(module)
        self._close(job, run, outcome)

    def _logic(self, job: Job, run: Run) -> Waits:
        calls = run.run()
        call = next(calls)
        percent = 0
        while True:
            if isinstance(call, int):
                if run.program.document["policy"] != _WHOLE_SERVICE:
                    self._disable(call)
                result = Result()
            else:
                result = yield from self._call(job, run, call)
            if run.percent != percent:
                percent = run.percent
                job.step = run.steps
                self._tell(job, percent)
            call = calls.send(result)

    def _call(self, job: Job, run: Run, call: Call) -> Generator[float, None, Result]:
        if self._state(call.module) == DISABLED:
            yield from self._enable(job, run, call.module)
        self._cut(job, run)
        if call.journal and job.journal is None:
            self._begin_journal(job, run)
        run.wrote = run.wrote or call.writing
        self._diagnostics.change(MODULE, call.module, BUSY)
        result, exchanges = self._work(call)
        yield self._clock() + exchanges * self._exchange_time
        if isinstance(result, Ended):
            raise result
        self._diagnostics.change(MODULE, call.module, ENABLED)
        return result

    def _work(self, call: Call) -> tuple[Result | Ended, int]:
        """What the module gives, or how the job ends for it; and how many exchanges that takes."""
        if call.module == INDICATOR:
            return Result(), 1
        if not call.command:
            return Result(self._card.reset()), 1
        try:
            response = exchange(self._card, call.command, question=call.question)
        except CardMute:
            return Ended("card-mute"), 1
        except CardDamaged:
            return Ended("card-damaged"), 1
        return Result(response.data, response.status), response.tpdus

    def _enable(self, job: Job, run: Run, module: int) -> Waits:
        self._cut(job, run)
        if module not in run.program.document["modules"]:
            raise Ended("logic-fault")
        if module == CONTACT_CARD and not self.card_present:
            raise Ended("card-absent")
        self._settling = module
        yield self._clock() + SETTLING
        self._settling = None
        self._diagnostics.change(MODULE, module, ENABLED)

    def _disable(self, module: int) -> None:
        if module == CONTACT_CARD:
            self._card.power_off()
        self._diagnostics.change(MODULE, module, DISABLED)

    def _cut(self, job: Job, run: Run) -> None:
        if job.cut is not None and not run.critical:
            raise Ended(job.cut)

    def _begin_journal(self, job: Job, run: Run) -> None:
        entry = JournalEntry(job.ident.hex(), job.service, job.instruction.hex(), job.logic_digest.hex(), run.steps)
        before, self._store.record.journal = self._store.record.journal, entry
        if not self._store.save():
            self._store.record.journal = before
            raise Ended("storage-failed")
        job.journal = entry

    def _close(self, job: Job, run: Run, outcome: int) -> None:
        job.step, job.outcome, job.status_word = run.steps, outcome, run.status
        job.data = render(run.items, job.form)
        job.data_length = len(job.data)
        if job.journal is not None:
            entry = job.journal
            entry.ended, entry.step, entry.outcome, entry.status_word = True, job.step, outcome, job.status_word
            self._store.save()
        job.state = DONE
        self.running = self._run = None
        for ident in list(self._jobs)[:-JOB_MEMORY]:
            del self._jobs[ident]
        self._tell(job, run.percent)
