"""Holds the reader's frames, codec, formats and verifier against the vectors: `python3 check_vectors.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cardwire_reader import formats
from cardwire_reader.codec import (
    CLEAR_MAX,
    CLEAR_REQUESTS,
    RELAYED,
    RELAYED_MAX,
    REQUESTS,
    SEALED_MAX,
    CodecError,
    decode,
    decode_document,
    encode,
)
from cardwire_reader.link import Frame, Receiver
from cardwire_reader.program import verify
from cardwire_reader.schema import value

_VECTORS = Path(__file__).resolve().parents[2] / "vectors"
_PLACES = {
    "clear-request": (CLEAR_REQUESTS, CLEAR_MAX),
    "request": (REQUESTS, SEALED_MAX),
    "channel-request": (RELAYED, RELAYED_MAX),
}
_ALL_MODULES = frozenset(value("module", name) for name in ("contact-card", "contactless-card", "indicator", "pin-pad"))


def _read(path: str) -> dict[str, Any]:
    return dict(json.loads((_VECTORS / path).read_text()))


def _check(name: str, found: object, wanted: object) -> int:
    if found != wanted:
        sys.exit(f"{name}: found {found!s:.400}, wanted {wanted!s:.400}")
    return 1


def messages() -> int:
    """What a reader takes: each right encoding comes back, each wrong one is refused by its rule at its place."""
    count = 0
    for path in sorted((_VECTORS / "messages").glob("*.json")):
        file = _read(f"messages/{path.name}")
        document = file["place"].startswith("document:")
        if not document and file["place"] not in _PLACES:
            continue
        for vector in file["vectors"]:
            data = bytes.fromhex(vector["hex"])
            where = f"{file['message']}, {vector['name']}"
            try:
                if document:
                    name, fields = file["message"], decode_document(data, file["message"])
                else:
                    name, fields = decode(data, *_PLACES[file["place"]])
                encoded = encode(name, fields)
                count += _check(where, (vector["result"], data[: len(encoded)]), ("valid", encoded))
            except CodecError as error:
                wanted = value("codec_rule", vector["rule"]) if "rule" in vector else None, vector.get("offset")
                count += _check(where, (error.rule, error.offset), wanted)
    return count


def frames() -> int:
    """Frames right and wrong, and what is found in streams that hold both."""
    count = 0
    for vector in _read("frames/frames.json")["vectors"]:
        line = bytes.fromhex(vector["line"])
        found = Receiver(vector.get("max_frame", 4096)).feed(line)
        if vector["result"] == "valid":
            frame = _frame(vector)
            count += _check(vector["name"], (found, frame.encode()), ([frame], line))
        else:
            count += _check(vector["name"], found, [])
    for vector in _read("frames/streams.json")["vectors"]:
        receiver = Receiver(vector["max_frame"])
        # Byte for byte, so that every cut is among them.
        found = [frame for byte in bytes.fromhex(vector["stream"]) for frame in receiver.feed(bytes([byte]))]
        count += _check(vector["name"], found, [_frame(entry) for entry in vector["found"] if "kind" in entry])
    return count


def _frame(vector: dict[str, Any]) -> Frame:
    return Frame(value("frame_kind", vector["kind"]), int(vector["number"]), bytes.fromhex(vector["payload"]))


def service_data() -> int:
    """Service data in both formats, from one to the other and back."""
    count = 0
    for vector in _read("cbor/service_data.json")["vectors"]:
        pairs = [("native", formats.NATIVE, formats.CBOR), ("cbor", formats.CBOR, formats.NATIVE)]
        for name, form, other in pairs:
            if name not in vector or vector.get("field") == "extensions":
                continue
            try:
                converted = formats.render(formats.parse(bytes.fromhex(vector[name]), form), other).hex()
            except formats.FormatError:
                converted = None
            wanted = vector["cbor" if name == "native" else "native"] if vector["result"] == "valid" else None
            count += _check(vector["name"], converted, wanted)
    return count


def logic() -> int:
    """The logic of the catalogue verifies."""
    count = 0
    for path in sorted((_VECTORS / "logic").rglob("*.bin")):
        data = path.read_bytes()
        program = verify(data, decode_document(data, "logic")["service"], _ALL_MODULES)
        count += _check(path.name, program.document["name"], path.stem)
    return count


if __name__ == "__main__":
    for part in (messages, frames, service_data, logic):
        print(f"{part.__name__}: {part()} vectors")
