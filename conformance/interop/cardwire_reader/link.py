"""Frames on a stream of bytes: COBS, CRC-32C, clear and sealed (chapter Link)."""

from __future__ import annotations

from dataclasses import dataclass, field

CLEAR = 0x01
SEALED = 0x02
OVERHEAD = 13
LARGEST_FRAME = 1024
"""What hello_answer declares. No message of this version needs more than 512."""


@dataclass(frozen=True)
class Frame:
    """One frame: its kind, its number, its payload."""

    kind: int
    number: int
    payload: bytes

    def encode(self) -> bytes:
        """Its bytes on the line, delimiter included."""
        body = bytes([self.kind]) + self.number.to_bytes(8, "big") + self.payload
        return cobs_encode(body + crc32c(body).to_bytes(4, "big")) + b"\x00"


@dataclass
class Receiver:
    """Takes bytes in pieces of any size, gives whole frames; what is no frame is dropped."""

    largest: int = LARGEST_FRAME
    buffer: bytearray = field(default_factory=bytearray)
    overflow: bool = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete, in order."""
        frames = []
        *ended, rest = data.split(b"\x00")
        for piece in ended:
            self._add(piece)
            if not self.overflow and (frame := decode_frame(bytes(self.buffer), self.largest)) is not None:
                frames.append(frame)
            self.reset()
        self._add(rest)
        return frames

    def reset(self) -> None:
        """Forgets the frame that has begun to arrive."""
        self.buffer.clear()
        self.overflow = False

    def _add(self, piece: bytes) -> None:
        # A frame of n bytes takes n + ceil(n / 254) bytes on the line, without the delimiter.
        if len(self.buffer) + len(piece) > self.largest + -(-self.largest // 254):
            self.overflow = True
        else:
            self.buffer += piece


def decode_frame(encoded: bytes, largest: int = LARGEST_FRAME) -> Frame | None:
    """The frame between two delimiters, or None where there is none."""
    body = cobs_decode(encoded) if encoded else None
    if body is None or not OVERHEAD <= len(body) <= largest:
        return None
    if crc32c(body[:-4]) != int.from_bytes(body[-4:], "big") or body[0] not in (CLEAR, SEALED):
        return None
    return Frame(body[0], int.from_bytes(body[1:9], "big"), body[9:-4])


def cobs_encode(data: bytes) -> bytes:
    """The shortest COBS encoding, without the delimiter."""
    out = bytearray()
    pieces = data.split(b"\x00")
    for index, piece in enumerate(pieces):
        while len(piece) > 254 or (len(piece) == 254 and index < len(pieces) - 1):
            out += b"\xff" + piece[:254]
            piece = piece[254:]
        if len(piece) == 254:
            out += b"\xff" + piece
        else:
            out += bytes([len(piece) + 1]) + piece
    return bytes(out)


def cobs_decode(encoded: bytes) -> bytes | None:
    """What COBS stands for, or None where it is none or not its shortest form."""
    out = bytearray()
    position = 0
    full = False
    while position < len(encoded):
        length = encoded[position]
        end = position + length
        if length == 0 or end > len(encoded):
            return None
        if length == 1 and full and end == len(encoded):
            return None
        out += encoded[position + 1 : end]
        full = length == 0xFF
        if not full and end < len(encoded):
            out.append(0)
        position = end
    return bytes(out)


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """CRC-32C, reflected, as the chapter Link gives it."""
    value = 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _CRC_TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF
