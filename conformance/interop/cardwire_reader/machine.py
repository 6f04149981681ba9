"""The machine that runs verified logic (chapter Service logic, The machine and Instructions).

A run is a generator: it yields a call where a module has to work, and is sent what the module gave.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from .formats import CBOR, DATA_MAX, ITEMS_MAX, NATIVE, NUMBER, TEXT, VALUE_MAX, Item, is_utf8, render
from .program import WRITING, Instruction, Program, command_allowed
from .registers import Ended, Registers, converted, need
from .schema import limit, value

CONTACT_CARD = value("module", "contact-card")
INDICATOR = value("module", "indicator")
_CLOUD = value("parameter_source", "cloud")
_PIN_GUARD = limit("pin_guard")
_PIN_INS = {
    value("pin_function", name): ins
    for name, ins in (("verify", 0x20), ("change", 0x24), ("disable", 0x26), ("enable", 0x28), ("unblock", 0x2C))
}
_ENABLE = value("pin_function", "enable")
_UNBLOCK = value("pin_function", "unblock")
_TWO_SECRETS = (value("pin_function", "change"), _UNBLOCK)


@dataclass(frozen=True)
class Call:
    """What a module is to do."""

    module: int
    command: bytes = b""
    """A command APDU for the contact card; none for its reset, and for the indicator."""
    writing: bool = False
    """Whether it changes the card."""
    journal: bool = False
    """Whether the journal is written before it."""
    question: bool = False
    """Whether it asks for the tries of a secret."""


@dataclass(frozen=True)
class Result:
    """What a module gave; a reset of the card and a pattern leave no status word."""

    data: bytes = b""
    status: int | None = None


Calls = Generator["Call | int", Result, None]
"""Calls of modules; a number instead is a module that the logic is done with."""


class Run:
    """One run of a program."""

    def __init__(self, program: Program, parameters: list[Item]) -> None:
        self.program = program
        self.steps = 0
        self.status = 0
        self.items: list[Item] = []
        self.percent = 0
        self.critical = False
        self.wrote = False
        """Whether a writing command was sent since `critical`."""
        self._registers = Registers()
        self._values = {
            declared["name"]: [item.value for item in parameters if item.name == declared["name"]]
            for declared in program.document["parameters"]
        }
        self._cloud = {d["name"] for d in program.document["parameters"] if d["source"] == _CLOUD}
        self._loops: list[list[int]] = []
        self._place = 0

    def run(self) -> Calls:
        """Executes one instruction after the other; ends by `Ended` and in no other way."""
        while True:
            instruction = self.program.code.get(self._place)
            if instruction is None or self.steps >= self.program.document["budget"]:
                raise Ended("logic-fault")
            self.steps += 1
            self._place = instruction.following
            if instruction.name in _CALLING:
                yield from _CALLING[instruction.name](self, instruction)
            elif instruction.name == "done":
                yield int(instruction.operands["module"])
            else:
                self._execute(instruction)

    def _reset(self, instruction: Instruction) -> Calls:
        result = yield Call(CONTACT_CARD)
        self._registers.set(instruction.operands["into"], result.data)

    def _show(self, instruction: Instruction) -> Calls:
        yield Call(INDICATOR)

    def _send(self, command: bytes, into: int) -> Calls:
        writing = command[1] in WRITING
        result = yield Call(CONTACT_CARD, command, writing, journal=writing)
        assert result.status is not None
        self.status = result.status
        self._registers.set(into, result.data)

    def _apdu(self, instruction: Instruction) -> Calls:
        yield from self._send(instruction.operands["command"], instruction.operands["into"])

    def _command(self, instruction: Instruction) -> Calls:
        operands = instruction.operands
        address = self._registers[operands["address"]]
        data = self._registers[operands["data"]]
        need(len(address) <= 2 and len(data) <= 255)
        header = operands["header"][:2] + address + operands["header"][2 + len(address) :]
        body = bytes([len(data)]) + data if data else b""
        yield from self._send(header + body + operands["le"], operands["into"])

    def _exchange(self, instruction: Instruction) -> Calls:
        command = self._registers[instruction.operands["command"]]
        if not command_allowed(command):
            raise Ended("command-refused")
        yield from self._send(command, instruction.operands["into"])

    def _pin(self, instruction: Instruction) -> Calls:
        operands = instruction.operands
        function = operands["function"]
        reference = self._registers[operands["reference"]]
        secrets = [operands["first"]] + ([operands["second"]] if function in _TWO_SECRETS else [])
        need(len(reference) == 1 and all(4 <= len(self._registers[secret]) <= 8 for secret in secrets))
        for secret in secrets:
            self._registers.secret[secret] = True
        data = b"".join(self._registers[secret].ljust(8, b"\xff") for secret in secrets)
        question = 0x2C if function == _UNBLOCK else 0x20
        result = yield Call(CONTACT_CARD, bytes([0, question, 0]) + reference, journal=True, question=True)
        assert result.status is not None
        self.status = result.status
        if self.status & 0xFFF0 == 0x63C0:
            if self.status & 0x0F <= _PIN_GUARD:
                raise Ended("pin-tries-low")
        elif self.status != 0x9000 and not (function == _ENABLE and self.status == 0x6984):
            self._registers.set(operands["into"], b"")
            return
        command = bytes([0, _PIN_INS[function], 0]) + reference + bytes([len(data)]) + data
        result = yield Call(CONTACT_CARD, command, writing=True, journal=True)
        assert result.status is not None
        self.status = result.status
        left = bytes([self.status & 0x0F]) if self.status & 0xFFF0 == 0x63C0 else b""
        self._registers.set(operands["into"], left)

    def _execute(self, instruction: Instruction) -> None:
        operands = instruction.operands
        if "target" in operands:
            if self._goes(instruction.name, operands):
                self._place = operands["target"]
            return
        match instruction.name:
            case "loop":
                self._loops.append([self._place, operands["times"] - 1])
            case "again":
                begin, left = self._loops[-1]
                if left:
                    self._loops[-1][1] -= 1
                    self._place = begin
                else:
                    self._loops.pop()
            case "critical" | "settled":
                self.critical = instruction.name == "critical"
                self.wrote = False
            case "status":
                self._registers.set(operands["into"], self.status.to_bytes(2, "big"))
            case "progress":
                self.percent = operands["percent"]
            case "parameter":
                left_over = self._values[operands["name"]]
                taken = left_over.pop(0) if left_over else b""
                self._registers.set(operands["into"], taken, operands["name"] in self._cloud)
            case "emit":
                self._emit(operands["name"], operands["kind"], operands["conversion"], operands["register"])
            case "expect":
                if self.status & operands["mask"] != operands["value"]:
                    raise Ended("card-status")
            case "end":
                raise Ended(operands["outcome"])
            case _:
                self._registers.execute(instruction)

    def _goes(self, name: str, operands: dict[str, int]) -> bool:
        if name == "go":
            return True
        if name == "when-status":
            return self.status & operands["mask"] == operands["value"]
        register = self._registers[operands["register"]]
        match name:
            case "when-empty":
                return not register
            case "when-equal":
                return register == self._registers[operands["other"]]
            case "when-longer":
                return len(register) > len(self._registers[operands["other"]])
            case _:
                need(operands["offset"] < len(register))
                return register[operands["offset"]] & operands["mask"] == operands["value"]

    def _emit(self, name: str, kind: int, conversion: int, register: int) -> None:
        need(not self._registers.secret[register])
        content = converted(conversion, self._registers[register])
        need(len(content) <= VALUE_MAX)
        if kind == TEXT and not content:
            return
        need(not (kind == TEXT and not is_utf8(content)) and not (kind == NUMBER and len(content) != 4))
        items = [*self.items, Item(name, kind, content)]
        if len(items) > ITEMS_MAX or any(len(render(items, form)) > DATA_MAX for form in (NATIVE, CBOR)):
            raise Ended("data-too-large")
        self.items = items


_CALLING: dict[str, Callable[[Run, Instruction], Calls]] = {
    "reset": Run._reset,
    "show": Run._show,
    "apdu": Run._apdu,
    "command": Run._command,
    "exchange": Run._exchange,
    "pin": Run._pin,
}
