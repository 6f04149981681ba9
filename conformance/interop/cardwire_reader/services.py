"""The service logic part: which services the reader has, and which logic each of them runs (chapter Service logic)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .codec import decode_document
from .control import SERVICE_MODULES
from .formats import NUMBER, Item
from .program import LogicError, Program, verify
from .schema import value
from .store import Store

ROOM = 16
"""Services that the reader has room for."""

_PRESETS = Path(__file__).resolve().parents[3] / "vectors" / "logic"
_NAMES = ("card.identify", "subscriber.read")
CLIENT = value("parameter_source", "client")
CLOUD = value("parameter_source", "cloud")
_ONCE = {value("occurrence", name) for name in ("required", "optional")}
_DEMANDED = {value("occurrence", name) for name in ("required", "several")}


@dataclass
class Services:
    """The programs of all services, by number."""

    store: Store
    programs: dict[int, Program]

    @classmethod
    def load(cls, store: Store) -> Services:
        """Presets, and before them what updates have stored, as far as it verifies."""
        programs = {}
        for name in _NAMES:
            data = (_PRESETS / f"{name}.bin").read_bytes()
            service = decode_document(data, "logic")["service"]
            programs[service] = verify(data, service, SERVICE_MODULES)
        for number, text in store.record.logic.items():
            try:
                programs[int(number)] = verify(bytes.fromhex(text), int(number), SERVICE_MODULES)
            except (LogicError, ValueError):
                continue
        return cls(store, programs)

    def has_room(self, services: set[int]) -> bool:
        """Whether these services fit beside those that are there."""
        return len(self.programs.keys() | services) <= ROOM

    def install(self, logic: dict[int, bytes], programs: dict[int, Program], counter: int) -> bool:
        """Puts logic into force together with its counter; tells whether it could be stored."""
        record = self.store.record
        before = record.logic, record.logic_counter
        record.logic = {**record.logic, **{str(service): data.hex() for service, data in logic.items()}}
        record.logic_counter = counter
        if not self.store.save():
            record.logic, record.logic_counter = before
            return False
        self.programs.update(programs)
        return True


def takes(program: Program, items: list[Item], source: int) -> bool:
    """Whether these are the parameters that a service takes from this source (CW-INTF-006)."""
    declared = {
        parameter["name"]: parameter for parameter in program.document["parameters"] if parameter["source"] == source
    }
    for item in items:
        parameter = declared.get(item.name)
        if parameter is None or parameter["kind"] != item.kind:
            return False
        size = int.from_bytes(item.value, "big") if item.kind == NUMBER else len(item.value)
        if not parameter["minimum"] <= size <= parameter["maximum"]:
            return False
    for name, parameter in declared.items():
        count = sum(item.name == name for item in items)
        if (count > 1 and parameter["occurrence"] in _ONCE) or (count == 0 and parameter["occurrence"] in _DEMANDED):
            return False
    return True
