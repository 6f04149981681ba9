#!/usr/bin/env python3
"""The codec of `codec.py` behind the requests of the book's chapter "Testing a codec".

    cardwire certify codec -- python3 adapter.py [path/to/protocol.toml]
"""
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # nothing is left beside the program

from codec import Cbor, Native, Refused, Schema, from_hex, is_text, need, require  # noqa: E402


def crc32c(data: bytes) -> int:
    """CW-LINK-003, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def cobs_encode(data: bytes) -> bytes:
    """CW-LINK-001: each run of bytes that are not 00 ends with a block of fewer than 254, which stands for its 00."""
    out, full = b"", False
    for run in data.split(b"\0"):
        full = len(run) > 0 and len(run) % 254 == 0
        for at in range(0, len(run) + 1, 254):
            block = run[at:at + 254]
            out += bytes([len(block) + 1]) + block
    return out[:-1] if full else out  # behind a full last block there is no empty one


def cobs_decode(line: bytes) -> bytes:
    """The bytes of a line without its delimiter; CW-LINK-002 asks for the shortest form."""
    out, at, length = b"", 0, 0
    while at < len(line):
        before, length = length, line[at]
        out += line[at + 1:at + length]
        at += length
        require(at <= len(line), "cobs", "line", 0)
        require(at < len(line) or length > 1 or before < 0xFF, "cobs", "line", 0)
        if at < len(line) and length < 0xFF:
            out += b"\0"
    return out


class Adapter:
    """Answers requests; each op is a method of its name."""

    def __init__(self, schema: Schema):
        self.schema, self.kinds = schema, schema.values["frame_kind"]
        self.ops = {"decode": self.decode, "encode": self.encode, "transcode": self.transcode,
                    "frame": self.frame, "deframe": self.deframe}

    def answer(self, line: bytes) -> dict:
        answer = {}
        try:
            request = need(dict, json.loads(line.decode("utf-8"), object_pairs_hook=unique))
            answer["id"] = need(int, request["id"])
            answer |= self.describe() if request["op"] == "describe" else self.ops[need(str, request["op"])](request)
        except Refused as refusal:
            rule, field, offset = refusal.args
            answer |= {"rule": rule, "field": field} | ({} if request["op"] == "encode" else {"offset": offset})
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        return answer

    def describe(self) -> dict:
        return {"name": "cardwire reference codec in Python", "version": self.schema.revision, "ops": list(self.ops)}

    def decode(self, request: dict) -> dict:
        candidates = self.schema.at_place(need(str, request["place"]))
        message, value = Native(self.schema, from_hex(request["hex"])).message(candidates)
        return {"message": message["name"], "value": value}

    def encode(self, request: dict) -> dict:
        """What was written is read back: what a decoder refuses, no encoder may make."""
        message = self.schema.messages[need(str, request["message"])]
        data = Native(self.schema).write_message(message, request["value"])
        Native(self.schema, data).message([message])
        return {"hex": data.hex()}

    def transcode(self, request: dict) -> dict:
        message, data = self.schema.messages[need(str, request["message"])], from_hex(request["hex"])
        if {request["from"], request["to"]} != {"native", "cbor"}:
            raise ValueError("the encodings are native and cbor")
        if request["from"] == "cbor":
            return {"hex": self.to_native(message, data).hex()}
        return {"hex": self.to_cbor(message, data).hex()}

    def to_native(self, message: dict, data: bytes) -> bytes:
        native = Native(self.schema).write_message(message, Cbor(self.schema, data).message(message))
        self.schema.check_size(message, len(native))
        return native

    def to_cbor(self, message: dict, data: bytes) -> bytes:
        """As the message is known beforehand, its size comes before its code."""
        self.schema.check_size(message, len(data))
        native = Native(self.schema, data)
        _, value = native.message([message])
        if message["name"] == "service_data":
            check_kinds(value, native.starts)
        return Cbor(self.schema).write_message(message, value)

    def frame(self, request: dict) -> dict:
        if not re.fullmatch("[0-9]{1,20}", need(str, request["number"])):
            raise ValueError("the number is text of decimal digits")
        content = bytes([self.kinds[need(str, request["kind"])]]) + int(request["number"]).to_bytes(8, "big")
        content += from_hex(request["payload"])
        return {"line": (cobs_encode(content + crc32c(content).to_bytes(4, "big")) + b"\0").hex()}

    def deframe(self, request: dict) -> dict:
        """What stands between two delimiters; what is behind the last one has not ended yet."""
        lines = from_hex(request["stream"]).split(b"\0")[:-1]
        return {"frames": [self.unframe(line, need(int, request["max_frame"])) for line in lines if line]}

    def unframe(self, line: bytes, max_frame: int) -> dict:
        """One line, with the faults in the order of CW-LINK-005."""
        try:
            frame = cobs_decode(line)
            require(len(frame) >= self.schema.limits["frame_overhead"], "too-short", "line", 0)
            require(len(frame) <= max_frame, "too-long", "line", 0)
            require(crc32c(frame[:-4]) == int.from_bytes(frame[-4:], "big"), "checksum", "line", 0)
            kind = next((name for name, value in self.kinds.items() if value == frame[0]), None)
            require(kind is not None, "kind", "line", 0)
        except Refused as refusal:
            return {"fault": refusal.args[0]}
        return {"kind": kind, "number": str(int.from_bytes(frame[1:9], "big")), "payload": frame[9:-4].hex()}


def check_kinds(value: dict, starts: list[tuple[str, int]]) -> None:
    """CW-CBOR-006: values of their kinds, and no extensions."""
    offsets = [at for name, at in starts if name == "item.value"]
    for item, at in zip(value["items"], offsets):
        content = from_hex(item["value"])
        require(item["kind"] != "text" or is_text("utf8", content), "cbor-kind", "item.value", at)
        require(item["kind"] != "number" or len(content) == 4, "cbor-kind", "item.value", at)
    for name, at in starts:
        require(name != "extensions", "cbor-kind", "extensions", at)


def unique(members: list) -> dict:
    if len(dict(members)) != len(members):
        raise ValueError("a member stands twice")
    return dict(members)


def main() -> None:
    beside = pathlib.Path(__file__).resolve().parent / "../../../spec/protocol.toml"
    adapter = Adapter(Schema(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else beside))
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(adapter.answer(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
