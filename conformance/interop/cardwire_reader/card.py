"""A tiny USIM: what the presets of the catalogue and the suite ask for, and no more (chapter Certification).

It takes TPDUs of T=0 and gives what the card sends back, with a status word at the end; without supply it is mute.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ATR = bytes.fromhex("3b9f96801fc78031e073fe21136743572d53494d3187")
"""That of the published card, though this one has no logical channels."""

_AID = bytes.fromhex("a0000000871002ffffffff8907090000")


@dataclass
class File:
    """A file: a folder, bytes, or records of one length."""

    ident: int
    data: bytearray | None = None
    record_length: int = 0
    children: list[File] = field(default_factory=list)
    aid: bytes = b""

    def template(self) -> bytes:
        """Its file control parameters (ETSI TS 102 221, 11.1.1.3)."""
        if self.data is None:
            descriptor = bytes.fromhex("82027821")
        elif self.record_length:
            count = len(self.data) // self.record_length
            descriptor = bytes.fromhex("82054221") + self.record_length.to_bytes(2, "big") + bytes([count])
        else:
            descriptor = bytes.fromhex("82024121")
        inner = descriptor + bytes([0x83, 2]) + self.ident.to_bytes(2, "big")
        if self.aid:
            inner += bytes([0x84, len(self.aid)]) + self.aid
        inner += bytes.fromhex("8a0105")
        if self.data is not None:
            inner += bytes([0x80, 2]) + len(self.data).to_bytes(2, "big")
        return bytes([0x62, len(inner)]) + inner


def _filled(content: bytes, size: int) -> bytearray:
    return bytearray(content.ljust(size, b"\xff"))


def _number_record(name: bytes, number: str, size: int) -> bytearray:
    return _filled(name, size - 14) + bytearray.fromhex(number)


class Card:
    """The card's files, what is selected, and its PIN."""

    def __init__(self) -> None:
        self._master = File(
            0x3F00,
            children=[
                File(0x2FE2, bytearray.fromhex("980000010121436587f3")),
                File(
                    0x7F10,
                    children=[File(0x6F3A, bytearray(b"\xff" * 28 * 10), 28)],
                ),
            ],
        )
        self._usim = File(
            0x7FFF,
            aid=_AID,
            children=[
                File(0x6F07, bytearray.fromhex("080910101032547698")),
                File(0x6F46, _filled(b"\x00Cardwire Test", 17)),
                File(0x6F40, _number_record(b"Own", "08919451228871" + "83f6ffffffffff", 28), 28),
            ],
        )
        self._supplied = False
        self._tries = 3
        self._forget()

    def _forget(self) -> None:
        self._folder = self._master
        self._file: File | None = None
        self._waiting = b""

    def power_off(self) -> None:
        """The supply goes, and with it whatever was selected."""
        self._supplied = False
        self._forget()

    def reset(self) -> bytes:
        """A cold reset."""
        self._supplied = True
        self._forget()
        return ATR

    def transmit(self, tpdu: bytes) -> bytes:
        """One exchange: response data and status word, or nothing where the card is mute."""
        if not self._supplied:
            return b""
        cla, ins, p1, p2, p3 = tpdu[:5]
        waiting, self._waiting = self._waiting, b""
        if cla not in (0x00, 0x80):
            return b"\x6e\x00"
        if (cla, ins) == (0x80, 0xF2):
            return self._respond(self._folder.template(), p3)
        if cla != 0:
            return b"\x6d\x00"
        data = tpdu[5:]
        match ins:
            case 0xC0:
                return self._get_response(waiting, p3)
            case 0xA4:
                return self._select(p1, p2, data)
            case 0xB0 | 0xD6:
                return self._binary(ins, p1 << 8 | p2, p3, data)
            case 0xB2 | 0xDC:
                return self._record(ins, p1, p2, p3, data)
            case 0x20:
                return self._verify(p2, data)
            case _:
                return b"\x6d\x00"

    def _respond(self, content: bytes, length: int) -> bytes:
        if length != len(content):
            return bytes([0x6C, len(content)])
        return content + b"\x90\x00"

    def _get_response(self, waiting: bytes, length: int) -> bytes:
        if not waiting:
            return b"\x69\x85"
        if length and length > len(waiting):
            self._waiting = waiting
            return bytes([0x6C, len(waiting)])
        taken = waiting[: length or 256]
        self._waiting = waiting[len(taken) :]
        return taken + (bytes([0x61, len(self._waiting)]) if self._waiting else b"\x90\x00")

    def _select(self, p1: int, p2: int, data: bytes) -> bytes:
        if p1 == 0x04:
            found = self._usim if 5 <= len(data) <= 16 and _AID.startswith(data) else None
        elif p1 == 0x00:
            found = self._master if not data else self._find(self._folder, data)
        elif p1 in (0x08, 0x09):
            found = self._master if p1 == 0x08 else self._folder
            for start in range(0, len(data), 2):
                found = self._find(found, data[start : start + 2]) if found is not None else None
        else:
            return b"\x6a\x86"
        if found is None:
            return b"\x6a\x82"
        if found.data is None:
            self._folder, self._file = found, None
        else:
            self._file = found
            if p1 == 0x08 and len(data) >= 4:
                self._folder = self._find(self._master, data[-4:-2]) or self._folder
        if p2 & 0x0C == 0x0C:
            return b"\x90\x00"
        self._waiting = found.template()
        return bytes([0x61, len(self._waiting)])

    def _find(self, folder: File, data: bytes) -> File | None:
        ident = int.from_bytes(data, "big")
        if len(data) != 2:
            return None
        if ident == 0x3F00:
            return self._master
        if ident == 0x7FFF:
            return self._usim
        near = folder.children + (self._master.children if folder is not self._usim else [])
        return next((file for file in near if file.ident == ident), None)

    def _binary(self, ins: int, offset: int, p3: int, data: bytes) -> bytes:
        file = self._file
        if file is None or file.data is None:
            return b"\x69\x86"
        if file.record_length:
            return b"\x69\x81"
        if offset >= len(file.data):
            return b"\x6b\x00"
        if ins == 0xB0:
            left = len(file.data) - offset
            wanted = p3 or 256
            if wanted > left:
                return bytes([0x6C, min(left, 255)])
            return bytes(file.data[offset : offset + wanted]) + b"\x90\x00"
        if offset + len(data) > len(file.data):
            return b"\x67\x00"
        # What the card is known by is not for anybody to change.
        return b"\x69\x82"

    def _record(self, ins: int, number: int, p2: int, p3: int, data: bytes) -> bytes:
        file = self._file
        if file is None or file.data is None:
            return b"\x69\x86"
        if not file.record_length or p2 & 0x07 != 0x04:
            return b"\x69\x81" if not file.record_length else b"\x6a\x86"
        start = (number - 1) * file.record_length
        if number == 0 or start >= len(file.data):
            return b"\x6a\x83"
        if ins == 0xB2:
            return self._respond(bytes(file.data[start : start + file.record_length]), p3)
        if len(data) != file.record_length:
            return b"\x67\x00"
        if file.ident != 0x6F3A:
            return b"\x69\x82"
        file.data[start : start + file.record_length] = data
        return b"\x90\x00"

    def _verify(self, reference: int, data: bytes) -> bytes:
        # PIN1 is disabled; its tries can be asked for all the same.
        if reference != 0x01:
            return b"\x6a\x88"
        if not data:
            return bytes([0x63, 0xC0 | self._tries])
        return b"\x69\x84"
