"""Messages and documents to bytes and back, by the schema (chapter Codec).

One decoder for all of them: it walks over the bytes once, in the order in which the chapter names the rules, and
refuses with the first that is broken.
"""

from __future__ import annotations

import re
from typing import Any

from .schema import DOCUMENTS, MESSAGES, PRIMITIVE_WIDTH, REGISTRIES, STRUCTURES, limit, places, value, values

Fields = dict[str, Any]
Layout = dict[str, Any]

CLEAR_REQUESTS = places("client-to-reader", "clear")
REQUESTS = places("client-to-reader", "sealed")
RELAYED = places("cloud-to-reader", "relayed", answers=True)

CLEAR_MAX = limit("frame_min") - limit("frame_overhead")
SEALED_MAX = limit("message_max")
RELAYED_MAX = limit("relayed_max")

_NAME = re.compile(rb"[A-Za-z0-9._-]*\Z")


class CodecError(Exception):
    """A rule of the codec that bytes break, and where."""

    def __init__(self, rule: str, offset: int) -> None:
        super().__init__(f"{rule} at offset {offset}")
        self.rule = value("codec_rule", rule)
        self.offset = offset


class Cursor:
    """Bytes, and how far they were read."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def take(self, count: int, start: int) -> bytes:
        """So many bytes of the part that begins at `start`."""
        end = self.position + count
        if end > len(self.data):
            raise CodecError("truncated", start)
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def number(self, width: int, start: int) -> int:
        """A number of so many bytes."""
        return int.from_bytes(self.take(width, start), "big")


def decode(data: bytes, place: dict[int, Layout], size: int) -> tuple[str, Fields]:
    """The message that bytes are, of those that the place allows."""
    if not data or data[0] not in place:
        raise CodecError("message-type", 0)
    if len(data) > size:
        raise CodecError("message-size", 0)
    layout = place[data[0]]
    return layout["name"], _body(data, layout)


def decode_document(data: bytes, name: str) -> Fields:
    """The document of this name that bytes are."""
    layout = DOCUMENTS[name]
    if len(data) > layout["max_size"]:
        raise CodecError("message-size", 0)
    if not data or data[0] != layout["code"]:
        raise CodecError("message-type", 0)
    return _body(data, layout)


def encode(name: str, fields: Fields, extensions: bytes = b"") -> bytes:
    """A message or document of values that are right; fields that are left out have their defaults."""
    layout = MESSAGES.get(name) or DOCUMENTS[name]
    return bytes([layout["code"]]) + _encode_fields(layout["fields"], fields) + extensions


def _body(data: bytes, layout: Layout) -> Fields:
    cursor = Cursor(data, 1)
    fields = _fields(cursor, layout["fields"])
    known = {extension["tag"]: extension for extension in layout.get("extensions", [])}
    last = -1
    while cursor.position < len(data):
        start = cursor.position
        tag = cursor.number(2, start)
        number, critical = tag & 0x7FFF, bool(tag & 0x8000)
        if number <= last:
            raise CodecError("extension-order", start)
        last = number
        cursor.take(cursor.number(2, start), start)
        # No message that a reader takes has an extension that version 1 knows.
        assert number not in known
        if critical:
            raise CodecError("extension-critical", start)
    return fields


def _fields(cursor: Cursor, layouts: list[Layout]) -> Fields:
    return {layout["name"]: _field(cursor, layout) for layout in layouts}


def _field(cursor: Cursor, layout: Layout) -> Any:
    if "count" not in layout:
        return read_value(cursor, layout)
    start = cursor.position
    low, high = layout["count"]
    count = cursor.number(1 if high < 256 else 2, start)
    if not low <= count <= high:
        raise CodecError("count", start)
    items = []
    before: bytes | None = None
    for _ in range(count):
        begin = cursor.position
        items.append(read_value(cursor, layout))
        encoded = cursor.data[begin : cursor.position]
        if layout.get("order") == "ascending" and before is not None and encoded <= before:
            raise CodecError("order", begin)
        before = encoded
    return items


def read_value(cursor: Cursor, layout: Layout) -> Any:
    """One value of a field, or one item of a list."""
    kind = layout["type"]
    start = cursor.position
    if kind in STRUCTURES:
        return _fields(cursor, STRUCTURES[kind]["fields"])
    if kind in ("bytes", "text"):
        return _string(cursor, layout, start)
    if kind == "bool":
        number = cursor.number(1, start)
        if number > 1:
            raise CodecError("boolean", start)
        return bool(number)
    if kind in REGISTRIES:
        number = cursor.number(PRIMITIVE_WIDTH[REGISTRIES[kind]["width"]], start)
        if not REGISTRIES[kind]["open"] and number not in values(kind):
            raise CodecError("value", start)
        return number
    number = cursor.number(PRIMITIVE_WIDTH[kind], start)
    if "range" in layout and not layout["range"][0] <= number <= layout["range"][1]:
        raise CodecError("range", start)
    return number


def _string(cursor: Cursor, layout: Layout, start: int) -> bytes | str:
    bounds = layout["length"]
    if isinstance(bounds, int):
        return cursor.take(bounds, start)
    low, high = bounds
    length = cursor.number(1 if high < 256 else 2, start)
    if not low <= length <= high:
        raise CodecError("length", start)
    taken = cursor.take(length, start)
    if layout["type"] == "bytes":
        return taken
    # Every text of version 1 is of the set `name`.
    if not _NAME.match(taken):
        raise CodecError("text", start)
    return taken.decode("ascii")


def _encode_fields(layouts: list[Layout], fields: Fields) -> bytes:
    out = bytearray()
    for layout in layouts:
        content = fields[layout["name"]] if layout["name"] in fields else layout["default"]
        if "count" in layout:
            out += len(content).to_bytes(1 if layout["count"][1] < 256 else 2, "big")
            for item in content:
                out += _encoderead_value(layout, item)
        else:
            out += _encoderead_value(layout, content)
    return bytes(out)


def _encoderead_value(layout: Layout, content: Any) -> bytes:
    kind = layout["type"]
    if kind in STRUCTURES:
        return _encode_fields(STRUCTURES[kind]["fields"], content)
    if kind == "text":
        content = content.encode("ascii")
    elif kind == "bytes" and isinstance(content, str):
        content = bytes.fromhex(content)
    if isinstance(content, bytes):
        bounds = layout["length"]
        prefix = b"" if isinstance(bounds, int) else len(content).to_bytes(1 if bounds[1] < 256 else 2, "big")
        return prefix + content
    width = 1 if kind == "bool" else PRIMITIVE_WIDTH[REGISTRIES[kind]["width"] if kind in REGISTRIES else kind]
    return int(content).to_bytes(width, "big")
