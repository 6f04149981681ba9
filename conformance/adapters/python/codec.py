"""A codec for Cardwire in plain Python, to be read beside the book by whoever writes one in another language.

What it knows of messages comes from the schema. A value has the book's JSON form from end to end: bytes are hexadecimal
digits, registry values names. The class Form reads bytes into values and writes values as bytes. The native encoding
and CBOR share its walk over fields, lists and structures; they differ in how a number, a boolean, and the length or
count before a string, a list or a structure look (`number`, `booleans`, `prefix`), and in what is around the fields
(`message`).
"""
import bisect
import pathlib
import re
import tomllib

WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
CRITICAL = 0x8000  # the highest bit of an extension's tag; the others are its number
EXTENSION = [{"name": "tag", "type": "u16"}, {"name": "value", "type": "bytes", "length": [0, 0xFFFF]}]
NUMBER, NEGATIVE, BYTES, TEXT, ARRAY, MAP = range(6)  # the major types of CBOR that messages use
KINDS = {NUMBER: "number", BYTES: "bytes", TEXT: "text"}  # and the kinds of service data that they stand for
PLACES = {  # channel, direction, and whether the message is an event
    "clear-request": ("clear", "client-to-reader", False), "clear-answer": ("clear", "reader-to-client", False),
    "request": ("sealed", "client-to-reader", False), "answer": ("sealed", "reader-to-client", False),
    "event": ("sealed", "reader-to-client", True),
    "cloud-request": ("tls", "client-to-cloud", False), "cloud-answer": ("tls", "cloud-to-client", False),
    "channel-request": ("relayed", "cloud-to-reader", False), "channel-answer": ("relayed", "reader-to-cloud", False),
}


class Refused(Exception):
    """A rule is broken: the rule, the field, the offset. Anything else that can't be done is one of Python's errors."""


def require(kept: bool, rule: str, name: str, at: int) -> None:
    if not kept:
        raise Refused(rule, name, at)


def within(bounds, number: int) -> bool:
    """Whether a number, length or count lies in the bounds of the schema, which names two or, for a length, one."""
    low, high = (bounds, bounds) if isinstance(bounds, int) else bounds
    return low <= number <= high


def is_text(charset: str, text: bytes) -> bool:
    """CW-CODEC-005; Python's decoder takes no overlong forms and no surrogates."""
    try:
        return text.decode("utf-8") is not None and (charset == "utf8" or not re.search(rb"[^A-Za-z0-9._-]", text))
    except UnicodeDecodeError:
        return False


def need(kind: type, value):
    """The value, if it is of exactly this type: true is no number, and neither is 1.0."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} is wanted, not {value}")
    return value


def from_hex(digits) -> bytes:
    """Python's fromhex alone would pass over blanks."""
    if not re.fullmatch("[0-9a-fA-F]*", need(str, digits)):
        raise ValueError("bytes are written as hexadecimal digits")
    return bytes.fromhex(digits)


class Schema:
    """The parts of protocol.toml that a codec needs, by name."""

    def __init__(self, path: pathlib.Path):
        data = tomllib.loads(path.read_text("utf-8"))
        self.revision = data["protocol"]["revision"]
        self.limits = {name: limit["value"] for name, limit in data["limit"].items()}
        self.structures = {structure["name"]: structure["fields"] for structure in data["structure"]}
        self.documents = {document["name"]: document for document in data["document"]}
        self.messages = {message["name"]: message for message in data["message"]} | self.documents
        self.closed = {name for name, registry in data["registry"].items() if not registry["open"]}
        self.widths = WIDTHS | {name: WIDTHS[registry["width"]] for name, registry in data["registry"].items()}
        self.values = {name: {value["name"]: value["value"] for value in registry["values"]}
                       for name, registry in data["registry"].items()}
        for message in self.messages.values():  # its known extensions: by number, the whole tag and the field
            message["known"] = {known["tag"]: (known["tag"] | CRITICAL * known["critical"], known["field"])
                                for known in message.get("extensions", [])}

    def at_place(self, place: str) -> list[dict]:
        """The messages that are met at a place."""
        if place.startswith("document:"):
            return [self.documents[place.removeprefix("document:")]]
        channel, direction, event = PLACES[place]
        return [message for message in self.messages.values() if message.get("channel") == channel
                and message["direction"] == direction and message.get("event", False) == event]

    def check_size(self, message: dict, size: int) -> None:
        """CW-CODEC-008: the place bounds a message; a document says its own bound."""
        in_clear = self.limits["frame_min"] - self.limits["frame_overhead"]
        bounds = {"sealed": self.limits["message_max"], "relayed": self.limits["relayed_max"]}
        most = message.get("max_size") or bounds.get(message["channel"], in_clear)
        require(size <= most, "message-size", "message", 0)

    def check_number(self, field: dict, number: int, name: str, at: int) -> None:
        """CW-CODEC-003, and CW-CODEC-004: an open registry takes every value of its width."""
        kind = field["type"]
        require(within(field.get("range", (0, 256 ** self.widths[kind] - 1)), number), "range", name, at)
        require(kind not in self.closed or number in self.values[kind].values(), "value", name, at)


class Form:
    """What both encodings have in common. Reading ends at the first broken rule (CW-CODEC-011, CW-CBOR-005)."""

    def __init__(self, schema: Schema, data: bytes = b"", at: int = 0):
        self.schema, self.data, self.at = schema, data, at
        self.starts = []  # name and offset of every field and extension that was read

    def take(self, count: int, name: str, start: int) -> bytes:
        """The next bytes of the field that began at `start` (CW-CODEC-002)."""
        require(count <= len(self.data) - self.at, "truncated", name, start)
        self.at += count
        return self.data[self.at - count:self.at]

    def unsigned(self, width: int, name: str, start: int) -> int:
        return int.from_bytes(self.take(width, name, start), "big")

    def parts(self, major: int, bounds, name: str) -> int:
        """The length of a string, the count of a list or structure (CW-CODEC-003)."""
        start = self.at
        number = self.prefix(major, bounds, name)
        require(within(bounds, number), "count" if major == ARRAY else "length", name, start)
        return number

    def field(self, field: dict, name: str):
        self.starts.append((name, self.at))
        if "count" not in field:
            return self.item(field, name)
        items, before = [], b""  # below every item: none is encoded in no bytes
        for _ in range(self.parts(ARRAY, field["count"], name)):
            start = self.at
            items.append(self.item(field, name))
            encoded = self.data[start:self.at]
            require("order" not in field or encoded > before, "order", name, start)  # CW-CODEC-006
            before = encoded
        return items

    def item(self, field: dict, name: str):
        """A field that is no list, or one item of a list."""
        start, kind = self.at, field["type"]
        if kind in self.schema.structures:
            fields = self.schema.structures[kind]
            self.parts(ARRAY, len(fields), name)
            return {inner["name"]: self.field(inner, f"{kind}.{inner['name']}") for inner in fields}
        if kind == "bool":
            byte = self.take(1, name, start)
            require(byte in self.booleans, self.no_boolean, name, start)
            return byte == self.booleans[True]
        if kind in self.schema.widths:
            number = self.number(self.schema.widths[kind], name)
            self.schema.check_number(field, number, name, start)
            names = self.schema.values.get(kind, {})
            return next((known for known, value in names.items() if value == number), number)
        content = self.take(self.parts(TEXT if kind == "text" else BYTES, field["length"], name), name, start)
        if kind == "bytes":
            return content.hex()
        require(is_text(field["charset"], content), "text", name, start)
        return content.decode("utf-8")

    def write_fields(self, fields: list[dict], value, owner: str = "", others=()) -> list[bytes]:
        """The fields of an object, which may lack those with defaults, and has no members but these and the others."""
        if need(dict, value).keys() - {field["name"] for field in fields} - set(others):
            raise ValueError("a member is no field")
        value = {field["name"]: field["default"] for field in fields if "default" in field} | value
        return [self.write_field(field, value[field["name"]], owner + field["name"]) for field in fields]

    def write_field(self, field: dict, value, name: str) -> bytes:
        if "count" not in field:
            return self.write_item(field, value, name)
        require(within(field["count"], len(need(list, value))), "count", name, 0)
        items = [self.write_item(field, item, name) for item in value]
        return self.write_prefix(ARRAY, field["count"], len(items)) + b"".join(items)

    def write_item(self, field: dict, value, name: str) -> bytes:
        kind = field["type"]
        if kind in self.schema.structures:
            parts = self.write_fields(self.schema.structures[kind], value, kind + ".")
            return self.write_prefix(ARRAY, len(parts), len(parts)) + b"".join(parts)
        if kind == "bool":
            return self.booleans[need(bool, value)]
        if kind in self.schema.widths:
            number = self.schema.values[kind][value] if type(value) is str else need(int, value)
            self.schema.check_number(field, number, name, 0)
            return self.write_number(number, self.schema.widths[kind])
        content = from_hex(value) if kind == "bytes" else need(str, value).encode("utf-8", "surrogatepass")
        require(within(field["length"], len(content)), "length", name, 0)
        return self.write_prefix(TEXT if kind == "text" else BYTES, field["length"], len(content)) + content


class Native(Form):
    booleans, no_boolean = (b"\x00", b"\x01"), "boolean"  # CW-CODEC-004

    def message(self, candidates: list[dict]) -> tuple[dict, dict]:
        """Code, size, fields, extensions (CW-CODEC-001); of a document the size comes first."""
        if candidates[0]["name"] in self.schema.documents:
            self.schema.check_size(candidates[0], len(self.data))
        message = next((one for one in candidates if self.data[:1] == bytes([one["code"]])), None)
        require(message is not None, "message-type", "code", 0)
        self.schema.check_size(message, len(self.data))
        self.at = 1
        value = {field["name"]: self.field(field, field["name"]) for field in message["fields"]}
        number = -1
        while self.at < len(self.data):
            number = self.extension(message, value, number)
        return message, value

    def extension(self, message: dict, value: dict, before: int) -> int:
        """Adds the next extension to the value and gives its number (CW-CODEC-007, -010, -012)."""
        start, name = self.at, "extensions"
        self.starts.append((name, start))
        tag = self.unsigned(2, name, start)
        number = tag & ~CRITICAL
        require(number > before, "extension-order", name, start)
        content = self.take(self.unsigned(2, name, start), name, start)
        if number not in message["known"]:
            require(tag == number, "extension-critical", name, start)
            value.setdefault(name, []).append({"tag": tag, "value": content.hex()})
            return number
        whole_tag, field = message["known"][number]
        require(tag == whole_tag, "extension-bit", name, start)
        inside = Native(self.schema, self.data[:self.at], self.at - len(content))
        value[field["name"]] = inside.field(field, field["name"])
        require(inside.at == self.at, "extension-tail", name, start)
        return number

    def number(self, width: int, name: str) -> int:
        return self.unsigned(width, name, self.at)

    def prefix(self, major: int, bounds, name: str) -> int:
        """One byte where the upper bound is below 256, else two; none where there is but one bound."""
        return bounds if isinstance(bounds, int) else self.unsigned(1 if bounds[1] < 256 else 2, name, self.at)

    def write_message(self, message: dict, value) -> bytes:
        """The bytes of a value. Order, texts, extensions and size are left to who reads the bytes back."""
        names = {field["name"] for _, field in message["known"].values()}
        parts = self.write_fields(message["fields"], value, others=names | {"extensions"})
        extensions = list(need(list, value.get("extensions", [])))
        for tag, field in message["known"].values():
            if field["name"] in value:
                known = {"tag": tag, "value": self.write_field(field, value[field["name"]], field["name"]).hex()}
                bisect.insort(extensions, known, key=lambda extension: extension["tag"] & ~CRITICAL)
        parts += [part for extension in extensions for part in self.write_fields(EXTENSION, extension)]
        return bytes([message["code"]]) + b"".join(parts)

    def write_number(self, number: int, width: int) -> bytes:
        return number.to_bytes(width, "big")

    def write_prefix(self, major: int, bounds, number: int) -> bytes:
        return b"" if isinstance(bounds, int) else number.to_bytes(1 if bounds[1] < 256 else 2, "big")


class Cbor(Form):
    booleans, no_boolean = (b"\xf4", b"\xf5"), "cbor-type"
    last_key = b""  # as it is encoded: keys ascend as their encodings do

    def message(self, message: dict) -> dict:
        """The whole, and nothing behind it (CW-CBOR-001). Service data are no map, but an array of items."""
        is_list = message["name"] == "service_data"
        value = {"items": self.field(message["fields"][0], "items")} if is_list else self.map(message)
        require(self.at == len(self.data), "cbor-tail", "message", self.at)
        return value

    def map(self, message: dict) -> dict:
        """The code under key 0, then the fields, then the extensions."""
        pairs = self.head("message", MAP)[1]
        value, fields = {}, message["fields"]
        for wanted in range(max(pairs, 1 + len(fields))):
            field = fields[wanted - 1] if 0 < wanted <= len(fields) else None
            name = field["name"] if field else "extensions" if wanted else "code"
            require(wanted < pairs, "cbor-key-missing", name, self.at)
            key, start = self.key(name, wanted, len(fields)), self.at
            if key == 0:
                require(self.number(1, name) == message["code"], "message-type", name, start)
            elif key < 0 and -1 - key not in message["known"]:
                content = self.item(EXTENSION[1], name)
                value.setdefault(name, []).append({"tag": -1 - key, "value": content})
            else:
                field = field or message["known"][-1 - key][1]
                value[field["name"]] = self.field(field, field["name"])
        return value

    def key(self, name: str, wanted: int, last: int) -> int:
        """The next key of the map; behind the last field, no certain one is wanted (CW-CBOR-004)."""
        start, before = self.at, self.last_key
        major, number = self.head(name, NUMBER, NEGATIVE)
        key = number if major == NUMBER else -1 - number
        self.last_key = self.data[start:self.at]
        require(self.last_key != before, "cbor-key-duplicate", name, start)
        require(self.last_key > before, "cbor-key-order", name, start)
        require(-1 - 0x7FFF <= key <= last, "cbor-key-unknown", name, start)
        require(key == wanted or wanted > last, "cbor-key-missing", name, start)
        return key

    def head(self, name: str, *majors: int) -> tuple[int, int]:
        """Major type and number of the next data item (CW-CBOR-002, CW-CBOR-003)."""
        start = self.at
        first = self.unsigned(1, name, start)
        major, low = first >> 5, first & 31
        require(major in majors, "cbor-type", name, start)
        require(low < 28, "cbor-indefinite" if low == 31 else "cbor-head", name, start)
        number = low if low < 24 else self.unsigned(1 << low - 24, name, start)
        require(self.data[start:self.at] == self.write_head(major, number), "cbor-head", name, start)
        return major, number

    def number(self, width: int, name: str) -> int:
        return self.head(name, NUMBER)[1]

    def prefix(self, major: int, bounds, name: str) -> int:
        return self.head(name, major)[1]

    def item(self, field: dict, name: str):
        """An item of service data is a pair of name and value, whose type tells the kind."""
        if field["type"] != "item":
            return super().item(field, name)
        name_field, _, value_field = self.schema.structures["item"]
        self.parts(ARRAY, 2, name)
        item_name = self.field(name_field, "item.name")
        start, name = self.at, "item.value"
        major, number = self.head(name, *KINDS)
        require(major != NUMBER or number < 2 ** 32, "range", name, start)
        require(major == NUMBER or within(value_field["length"], number), "length", name, start)
        content = number.to_bytes(4, "big") if major == NUMBER else self.take(number, name, start)
        require(major != TEXT or is_text("utf8", content), "text", name, start)
        return {"name": item_name, "kind": KINDS[major], "value": content.hex()}

    def write_message(self, message: dict, value: dict) -> bytes:
        """The CBOR of a value that a native message had; critical bits are not written."""
        fields = [self.write_field(field, value[field["name"]], field["name"]) for field in message["fields"]]
        if message["name"] == "service_data":
            return fields[0]
        extensions = {extension["tag"]: self.write_item(EXTENSION[1], extension["value"], "extensions")
                      for extension in value.get("extensions", [])}
        for number, (_, field) in message["known"].items():
            if field["name"] in value:
                extensions[number] = self.write_field(field, value[field["name"]], field["name"])
        pairs = [self.write_head(NUMBER, key) + part
                 for key, part in enumerate([self.write_head(NUMBER, message["code"])] + fields)]
        pairs += [self.write_head(NEGATIVE, number) + extensions[number] for number in sorted(extensions)]
        return self.write_head(MAP, len(pairs)) + b"".join(pairs)

    def write_head(self, major: int, number: int) -> bytes:
        """The shortest there is."""
        if number < 24:
            return bytes([major << 5 | number])
        step = next(step for step in range(4) if number < 256 ** (1 << step))
        return bytes([major << 5 | 24 + step]) + number.to_bytes(1 << step, "big")

    def write_number(self, number: int, width: int) -> bytes:
        return self.write_head(NUMBER, number)

    def write_prefix(self, major: int, bounds, number: int) -> bytes:
        return self.write_head(major, number)

    def write_item(self, field: dict, value, name: str) -> bytes:
        if field["type"] != "item":
            return super().write_item(field, value, name)
        content = from_hex(value["value"])
        major = next(major for major, kind in KINDS.items() if kind == value["kind"])
        number = int.from_bytes(content, "big") if major == NUMBER else len(content)
        pair = self.write_head(ARRAY, 2) + self.write_item(self.schema.structures["item"][0], value["name"], name)
        return pair + self.write_head(major, number) + (b"" if major == NUMBER else content)
