"""The registers of execution logic, and the instructions that work on nothing else (chapter Service logic)."""

from __future__ import annotations

from .contact import REGISTER_SIZE
from .conversions import ConversionError, convert
from .program import Instruction
from .schema import limit, value


class Ended(Exception):
    """The run is over, with this outcome."""

    def __init__(self, outcome: str | int) -> None:
        super().__init__(outcome)
        self.outcome = outcome if isinstance(outcome, int) else value("outcome", outcome)


def need(condition: bool) -> None:
    """A logic fault where logic would use what is not there."""
    if not condition:
        raise Ended("logic-fault")


def converted(conversion: int, content: bytes) -> bytes:
    """What a conversion makes of bytes; a logic fault where it can't be done."""
    try:
        return convert(conversion, content)
    except ConversionError:
        raise Ended("logic-fault") from None


class Registers:
    """What each register holds, and whether that is secret."""

    def __init__(self) -> None:
        self.contents = [b""] * limit("registers")
        self.secret = [False] * limit("registers")

    def __getitem__(self, register: int) -> bytes:
        """What a register holds."""
        return self.contents[register]

    def set(self, register: int, content: bytes, secret: bool = False) -> None:
        """Replaces the contents of a register."""
        if len(content) > REGISTER_SIZE:
            raise Ended("logic-fault")
        self.contents[register] = content
        self.secret[register] = secret

    def execute(self, instruction: Instruction) -> None:
        """An instruction that works on registers alone."""
        o = instruction.operands
        main = o["register"] if "register" in o else o["into"]
        content, secret = self.contents[main], self.secret[main]
        other = self.contents[o["from"]] if "from" in o else b""
        from_secret = self.secret[o["from"]] if "from" in o else False
        match instruction.name:
            case "set":
                self.set(main, o["value"])
            case "slice":
                need(o["offset"] + o["length"] <= len(content))
                self.set(main, content[o["offset"] : o["offset"] + o["length"]], secret)
            case "copy":
                self.set(main, other, from_secret)
            case "join":
                self.set(main, content + other, secret or from_secret)
            case "split":
                need(o["length"] <= len(content))
                self.set(main, content[: -o["length"]], secret)
                self.set(o["rest"], content[-o["length"] :], secret)
            case "fill":
                self.set(main, bytes([o["value"]]) * len(content), secret)
            case "patch":
                end = o["offset"] + len(other)
                need(end <= len(content))
                self.set(main, content[: o["offset"]] + other + content[end:], secret or from_secret)
            case "put":
                need(o["offset"] < len(content))
                changed = bytearray(content)
                changed[o["offset"]] = changed[o["offset"]] & ~o["mask"] | o["value"] & o["mask"]
                self.set(main, bytes(changed), secret)
            case "add":
                total = int.from_bytes(content, "big") + o["value"]
                need(bool(content) and total < 1 << 8 * len(content))
                self.set(main, total.to_bytes(len(content), "big"), secret)
            case "find":
                self.set(o["into"], find(content, o["tag"]), secret)
            case "take":
                need(bool(content) and content[0] < len(content))
                end = 1 + content[0]
                self.set(main, content[end:], secret)
                self.set(o["into"], content[1:end], secret)
            case "convert":
                self.set(main, converted(o["conversion"], content), secret)
            case _:
                # Verified logic has no other instruction; a reader that meets one ends the run all the same.
                raise Ended("logic-fault")


def find(content: bytes, wanted: int) -> bytes:
    """The value of the first BER-TLV data object with this tag."""
    position = 0

    def byte() -> int:
        nonlocal position
        need(position < len(content))
        position += 1
        return content[position - 1]

    while position < len(content):
        tag = byte()
        if tag in (0x00, 0xFF):
            continue
        if tag & 0x1F == 0x1F:
            second = byte()
            need(second < 0x80)
            tag = tag << 8 | second
        length = byte()
        if length == 0x81:
            length = byte()
        else:
            need(length < 0x80)
        need(position + length <= len(content))
        if tag == wanted:
            return content[position : position + length]
        position += length
    return b""
