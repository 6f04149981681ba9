"""What `emit` and `convert` make of bytes (chapter Service logic, Conversions)."""

from __future__ import annotations

from collections.abc import Callable

from .formats import is_utf8
from .schema import value

_GSM = (
    "@£$¥èéùìòÇ Øø ÅåΔ_ΦΓΛΩΠΨΣΘΞ\ufffdÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


class ConversionError(Exception):
    """The conversion can't be done: a logic fault."""


def convert(conversion: int, data: bytes) -> bytes:
    """The value that a conversion of the registry gives."""
    return _BY_NUMBER[conversion](data)


def _require(condition: bool) -> None:
    if not condition:
        raise ConversionError


def _nibbles(data: bytes) -> list[int]:
    return [nibble for byte in data for nibble in (byte & 0x0F, byte >> 4)]


def _digits(nibbles: list[int], alphabet: str) -> str:
    out = ""
    for nibble in nibbles:
        if nibble == 0x0F:
            break
        _require(nibble < len(alphabet))
        out += alphabet[nibble]
    return out


def _none(data: bytes) -> bytes:
    return data


def _swapped_digits(data: bytes) -> bytes:
    return _digits(_nibbles(data), "0123456789").encode()


def _imsi(data: bytes) -> bytes:
    _require(len(data) > 1 and 0 < data[0] < len(data))
    number = data[1 : 1 + data[0]]
    first = number[0] >> 4
    _require(first <= 9)
    return (str(first) + _digits(_nibbles(number[1:]), "0123456789")).encode()


def _spn(data: bytes) -> bytes:
    _require(len(data) > 0)
    return _name(data[1:])


def _name(data: bytes) -> bytes:
    if data[:1] != b"\x80":
        return _gsm(data.split(b"\xff")[0]).encode()
    out = ""
    for start in range(1, len(data) - 1, 2):
        number = int.from_bytes(data[start : start + 2], "big")
        if number == 0xFFFF:
            break
        out += _character(number)
    return out.encode()


def _character(number: int) -> str:
    return "\ufffd" if number > 0xFFFF or 0xD800 <= number <= 0xDFFF else chr(number)


def _gsm(data: bytes) -> str:
    return "".join(_GSM[byte] if byte < 0x80 else "\ufffd" for byte in data)


def _alpha(data: bytes) -> bytes:
    if data[:1] not in (b"\x81", b"\x82"):
        return _name(data)
    wide = data[0] == 0x82
    header = 4 if wide else 3
    _require(len(data) >= header)
    base = int.from_bytes(data[2:4], "big") if wide else data[2] << 7
    characters = data[header : header + data[1]]
    _require(len(characters) == data[1])
    return "".join(_character(base + (byte & 0x7F)) if byte & 0x80 else _GSM[byte] for byte in characters).encode()


def _address(data: bytes) -> bytes:
    """A dialling number whose length byte was judged: type of number, then digits."""
    length = data[0]
    if length in (0x00, 0xFF):
        return b""
    plus = "+" if data[1] & 0x70 == 0x10 else ""
    return (plus + _digits(_nibbles(data[2 : 1 + length]), "0123456789*#")).encode()


def _dialling_number(data: bytes) -> bytes:
    _require(len(data) >= 14)
    number = data[-14:-2]
    # A length beyond the number's 11 bytes takes these 11.
    return _address(number if number[0] in (0x00, 0xFF) else bytes([min(number[0], 11)]) + number[1:])


def _sc_address(data: bytes) -> bytes:
    _require(len(data) == 12 and (data[0] <= 11 or data[0] == 0xFF))
    return _address(data)


def _number(data: bytes) -> bytes:
    _require(1 <= len(data) <= 4)
    return data.rjust(4, b"\x00")


def _to_alpha(data: bytes) -> bytes:
    _require(is_utf8(data))
    text = data.decode()
    _require(all(ord(character) < 0xFFFD or ord(character) == 0xFFFE for character in text))
    if all(character in _GSM for character in text):
        return bytes(0x20 if character == " " else _GSM.index(character) for character in text)
    return b"\x80" + b"".join(ord(character).to_bytes(2, "big") for character in text)


def _to_address(data: bytes, tail: int) -> bytes:
    if not data:
        return b"\xff" * (12 + tail)
    plus = data[:1] == b"+"
    digits = data[1:] if plus else data
    _require(1 <= len(digits) <= 20 and all(digit in b"0123456789*#" for digit in digits))
    nibbles = [b"0123456789*#".index(digit) for digit in digits]
    nibbles += [0x0F] * (len(nibbles) % 2)
    packed = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    kind = 0x91 if plus else 0x81
    return bytes([1 + len(packed), kind]) + packed.ljust(10, b"\xff") + b"\xff" * tail


def _to_dialling_number(data: bytes) -> bytes:
    return _to_address(data, 2)


def _to_sc_address(data: bytes) -> bytes:
    return _to_address(data, 0)


_BY_NAME: dict[str, Callable[[bytes], bytes]] = {
    "none": _none,
    "swapped-digits": _swapped_digits,
    "imsi": _imsi,
    "spn": _spn,
    "dialling-number": _dialling_number,
    "alpha": _alpha,
    "sc-address": _sc_address,
    "number": _number,
    "to-alpha": _to_alpha,
    "to-dialling-number": _to_dialling_number,
    "to-sc-address": _to_sc_address,
}
_BY_NUMBER = {value("conversion", name): function for name, function in _BY_NAME.items()}
