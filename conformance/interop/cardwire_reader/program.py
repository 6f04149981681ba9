"""Execution logic: the document, its instructions, and the verifier that decides whether it may be stored.

One pass over the code in order, as the chapter Service logic has it: what holds at each instruction is the sum of all
paths to it. The first rule that is broken is the one that is named.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from .codec import CodecError, Cursor, Fields, decode_document, read_value
from .formats import NUMBER
from .schema import INSTRUCTIONS, limit, value

PER_STEP = value("policy", "per-step")
_LOOP_DEPTH = limit("loop_depth_max")

_COMMANDS = frozenset(bytes.fromhex("a4b0b2a288f2d6dc70"))
_CLASSES = frozenset(bytes.fromhex("0001020380"))
WRITING = frozenset(bytes.fromhex("d6dc"))


class LogicError(Exception):
    """The rule of the verifier that logic breaks."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = value("logic_rule", rule)


@dataclass(frozen=True)
class Instruction:
    """One instruction, and where the next one begins."""

    offset: int
    name: str
    operands: Fields
    following: int


@dataclass(frozen=True)
class Program:
    """Logic that verifies."""

    document: Fields
    digest: bytes
    code: dict[int, Instruction]


def command_allowed(command: bytes) -> bool:
    """Whether a command APDU is well formed and of the list (CW-LOGIC-007)."""
    if len(command) < 4 or command[0] not in _CLASSES or command[1] not in _COMMANDS:
        return False
    if len(command) <= 5:
        return True
    return command[4] > 0 and len(command) in (5 + command[4], 6 + command[4])


def verify(data: bytes, service: int, modules: frozenset[int]) -> Program:
    """The program that a document is; `modules` are the service modules that the reader has."""
    try:
        document = decode_document(data, "logic")
    except CodecError:
        raise LogicError("document") from None
    if document["service"] != service:
        raise LogicError("document")
    if any(module not in modules for module in document["modules"]):
        raise LogicError("module")
    _parameters(document["parameters"])
    return Program(document, hashlib.sha256(data).digest(), _Verifier(document).run())


def _parameters(parameters: list[Fields]) -> None:
    names = set()
    for parameter in parameters:
        too_long = parameter["kind"] != NUMBER and parameter["maximum"] > 255
        if parameter["name"] in names or parameter["minimum"] > parameter["maximum"] or too_long:
            raise LogicError("parameter")
        names.add(parameter["name"])


@dataclass
class _State:
    """What all paths to an instruction have in common."""

    length: int
    """Instructions of the longest path up to here."""
    critical: bool = False
    used: frozenset[int] = frozenset()
    """Modules that some path has used and is not done with."""
    done: frozenset[int] = frozenset()
    """Modules that some path is done with."""

    def merge(self, other: _State) -> _State:
        if self.critical != other.critical:
            raise LogicError("critical")
        return _State(
            max(self.length, other.length),
            self.critical,
            self.used | other.used,
            self.done | other.done,
        )


@dataclass
class _Loop:
    ident: int
    times: int
    begin: _State
    ends: list[int] = field(default_factory=list)


class _Verifier:
    def __init__(self, document: Fields) -> None:
        self._code: bytes = document["code"]
        self._budget: int = document["budget"]
        self._modules = frozenset(document["modules"])
        self._names = {parameter["name"] for parameter in document["parameters"]}
        self._per_step = document["policy"] == PER_STEP
        self._loops: list[_Loop] = []
        self._count_of_loops = 0
        self._labels: dict[int, tuple[int, list[_State]]] = {}
        self._state: _State | None = _State(0)

    def run(self) -> dict[int, Instruction]:
        instructions = {}
        offset = 0
        while offset < len(self._code):
            instruction = self._decode(offset)
            instructions[offset] = instruction
            self._arrive(offset)
            self._step(instruction)
            offset = instruction.following
        if self._loops:
            raise LogicError("loop")
        if self._labels:
            raise LogicError("target")
        if self._state is not None:
            raise LogicError("end")
        return instructions

    def _decode(self, offset: int) -> Instruction:
        layout = INSTRUCTIONS.get(self._code[offset])
        if layout is None:
            raise LogicError("opcode")
        cursor = Cursor(self._code, offset + 1)
        operands = {}
        for operand in layout["operands"]:
            try:
                operands[operand["name"]] = _operand(cursor, operand)
            except CodecError:
                raise LogicError("operand") from None
        return Instruction(offset, layout["name"], operands, cursor.position)

    def _loop_ident(self) -> int:
        return self._loops[-1].ident if self._loops else 0

    def _arrive(self, offset: int) -> None:
        """Sums up all paths to the instruction, and counts it."""
        loop, states = self._labels.pop(offset, (self._loop_ident(), []))
        if self._state is not None:
            states = [self._state, *states]
        if not states or loop != self._loop_ident():
            raise LogicError("target")
        merged = states[0]
        for state in states[1:]:
            merged = merged.merge(state)
        merged.length += 1
        if merged.length > self._budget:
            raise LogicError("budget")
        self._state = merged

    def _step(self, instruction: Instruction) -> None:
        state, operands = self._state, instruction.operands
        assert state is not None
        if instruction.name == "apdu" and not command_allowed(operands["command"]):
            raise LogicError("filter")
        if instruction.name == "command" and not command_allowed(operands["header"]):
            raise LogicError("filter")
        module = INSTRUCTIONS[self._code[instruction.offset]].get("module")
        if module is not None:
            self._call(state, value("module", module))
        if "target" in operands:
            self._label(instruction, operands["target"], state)
        match instruction.name:
            case "done":
                self._done(state, operands["module"])
            case "parameter":
                if operands["name"] not in self._names:
                    raise LogicError("parameter")
            case "go":
                self._state = None
            case "loop":
                self._begin_loop(state, operands["times"])
            case "again":
                self._end_loop(state)
            case "critical" | "settled":
                if state.critical != (instruction.name == "settled"):
                    raise LogicError("critical")
                state.critical = not state.critical
            case "end":
                self._end(state)

    def _call(self, state: _State, module: int) -> None:
        if module not in self._modules:
            raise LogicError("module")
        if self._per_step:
            if module in state.done:
                raise LogicError("done")
            state.used = state.used | {module}

    def _done(self, state: _State, module: int) -> None:
        if module not in self._modules:
            raise LogicError("module")
        if self._per_step:
            if module in state.done or self._loops:
                raise LogicError("done")
            state.used, state.done = state.used - {module}, state.done | {module}

    def _label(self, instruction: Instruction, target: int, state: _State) -> None:
        if not instruction.following <= target < len(self._code):
            raise LogicError("target")
        loop, states = self._labels.setdefault(target, (self._loop_ident(), []))
        if loop != self._loop_ident():
            raise LogicError("target")
        states.append(replace(state))

    def _begin_loop(self, state: _State, times: int) -> None:
        if len(self._loops) == _LOOP_DEPTH:
            raise LogicError("loop")
        self._count_of_loops += 1
        self._loops.append(_Loop(self._count_of_loops, times, replace(state)))

    def _end_loop(self, state: _State) -> None:
        if not self._loops:
            raise LogicError("loop")
        loop = self._loops.pop()
        further = (loop.times - 1) * (state.length - loop.begin.length)
        ends = [length + further for length in loop.ends]
        state.length += further
        if max([state.length, *ends]) > self._budget:
            raise LogicError("budget")
        if state.critical != loop.begin.critical:
            raise LogicError("critical")
        if self._loops:
            self._loops[-1].ends += ends

    def _end(self, state: _State) -> None:
        if state.critical:
            raise LogicError("critical")
        if self._per_step and state.used:
            raise LogicError("done")
        if self._loops:
            self._loops[-1].ends.append(state.length)
        self._state = None


def _operand(cursor: Cursor, operand: dict[str, Any]) -> Any:
    kind = operand["type"]
    if kind == "register":
        return read_value(cursor, {"type": "u8", "range": [0, limit("registers") - 1]})
    return read_value(cursor, {**operand, "type": "u16" if kind == "label" else kind})
