"""Service data in the two client formats (chapter Interfaces and formats)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .codec import CodecError, decode_document, encode
from .schema import limit, value

NATIVE = value("format", "native")
CBOR = value("format", "cbor")
TEXT = value("item_kind", "text")
BYTES = value("item_kind", "bytes")
NUMBER = value("item_kind", "number")

ITEMS_MAX = 32
VALUE_MAX = 255
DATA_MAX = limit("job_data_max")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,24}\Z")


class FormatError(Exception):
    """The bytes are not service data in their format."""


@dataclass(frozen=True)
class Item:
    """One named value."""

    name: str
    kind: int
    value: bytes


def parse(data: bytes, form: int) -> list[Item]:
    """Service data of one of the two formats, in their only form."""
    return _parse_native(data) if form == NATIVE else _parse_cbor(data)


def render(items: list[Item], form: int) -> bytes:
    """Service data in one of the two formats."""
    if form == NATIVE:
        fields = [{"name": item.name, "kind": item.kind, "value": item.value} for item in items]
        return encode("service_data", {"items": fields})
    return _head(4, len(items)) + b"".join(
        _head(4, 2) + _head(3, len(item.name)) + item.name.encode("ascii") + _cbor_value(item) for item in items
    )


def is_utf8(data: bytes) -> bool:
    """Whether bytes are well-formed UTF-8; the strict decoder of Python takes neither surrogates nor overlong forms."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parse_native(data: bytes) -> list[Item]:
    try:
        fields = decode_document(data, "service_data")
    except CodecError as error:
        raise FormatError from error
    items = [Item(item["name"], item["kind"], item["value"]) for item in fields["items"]]
    for item in items:
        if (item.kind == TEXT and not is_utf8(item.value)) or (item.kind == NUMBER and len(item.value) != 4):
            raise FormatError
    return items


def _cbor_value(item: Item) -> bytes:
    if item.kind == NUMBER:
        return _head(0, int.from_bytes(item.value, "big"))
    return _head(3 if item.kind == TEXT else 2, len(item.value)) + item.value


def _head(major: int, number: int) -> bytes:
    for bound, short, width in ((24, number, 0), (0x100, 24, 1), (0x10000, 25, 2)):
        if number < bound:
            return bytes([major << 5 | short]) + (number.to_bytes(width, "big") if width else b"")
    return bytes([major << 5 | 26]) + number.to_bytes(4, "big")


def _parse_cbor(data: bytes) -> list[Item]:
    position = 0

    def take(count: int) -> bytes:
        nonlocal position
        position += count
        if position > len(data):
            raise FormatError
        return data[position - count : position]

    def head() -> tuple[int, int]:
        start = position
        first = take(1)[0]
        short = first & 0x1F
        if short > 26:
            raise FormatError
        number = short if short < 24 else int.from_bytes(take(1 << (short - 24)), "big")
        # There is one head for each number, the shortest.
        if data[start:position] != _head(first >> 5, number):
            raise FormatError
        return first >> 5, number

    def expect(major: int) -> int:
        found, number = head()
        if found != major:
            raise FormatError
        return number

    items = []
    count = expect(4)
    if count > ITEMS_MAX:
        raise FormatError
    for _ in range(count):
        if expect(4) != 2:
            raise FormatError
        name = take(expect(3))
        if not name.isascii() or not _NAME.match(name.decode("ascii")):
            raise FormatError
        major, number = head()
        if major == 0:
            items.append(Item(name.decode("ascii"), NUMBER, number.to_bytes(4, "big")))
            continue
        if major not in (2, 3) or number > VALUE_MAX:
            raise FormatError
        content = take(number)
        if major == 3 and not is_utf8(content):
            raise FormatError
        items.append(Item(name.decode("ascii"), TEXT if major == 3 else BYTES, content))
    if position != len(data) or len(render(items, NATIVE)) > DATA_MAX:
        raise FormatError
    return items
