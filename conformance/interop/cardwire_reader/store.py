"""What must survive a reset, in one file that is replaced as a whole."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class JournalEntry:
    """The job that began to write last (chapter Jobs, The journal)."""

    job: str
    service: int
    instruction: str
    logic_digest: str
    step: int
    ended: bool = False
    outcome: int = 0
    status_word: int = 0


@dataclass
class Record:
    """All of it."""

    production: bool = False
    """Whether the reader was ever provisioned for production: then it takes no certification identity any more."""
    boot_counter: int = 0
    failures: int = 0
    logic_counter: int = 0
    logic: dict[str, str] = field(default_factory=dict)
    journal: JournalEntry | None = None


class Store:
    """The record and its file; without a file it lasts as long as the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.record = Record()
        if path is not None and path.exists():
            loaded = json.loads(path.read_text())
            journal = loaded.pop("journal")
            self.record = Record(**loaded, journal=JournalEntry(**journal) if journal else None)

    def provision(self, production: bool) -> None:
        """Provisioning for production erases what a laboratory has left, and can't be undone (CW-SEC-005)."""
        if production and not self.record.production:
            self.record = Record(production=True, boot_counter=self.record.boot_counter)
        elif self.record.production and not production:
            raise SystemExit("this reader was provisioned for production; it takes no certification identity any more")

    def save(self) -> bool:
        """Writes the record: afterwards the file holds the new one or the old one, whole. Tells whether it could.

        What is survived is the end of this process, at any moment; not that of the machine below it.
        """
        if self._path is None:
            return True
        beside = self._path.with_name(self._path.name + ".new")
        try:
            with beside.open("w") as file:
                json.dump(asdict(self.record), file)
            os.replace(beside, self._path)
        except OSError:
            return False
        return True
